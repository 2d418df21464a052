
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * "state_path": whether each file is of one issuer.
 */


#include "ngx_http_auth_tenant_conf.h"
#include "ngx_http_auth_tenant_keys.h"
#include "ngx_http_auth_tenant_net.h"


static ngx_uint_t ngx_http_auth_tenant_state_over(const ngx_str_t *path,
    const ngx_str_t *file);
static ngx_uint_t ngx_http_auth_tenant_state_shared(
    const ngx_http_auth_tenant_net_t *a, const ngx_http_auth_tenant_net_t *b);
static ngx_uint_t ngx_http_auth_tenant_state_meet(const ngx_str_t *a,
    const ngx_str_t *b);
static ngx_uint_t ngx_http_auth_tenant_state_label(const u_char *p,
    const u_char *last);


/*
 * Two that write one file would take each other's keys away; and who writes a
 * file that another one trusts would speak for it.
 */

ngx_int_t
ngx_http_auth_tenant_state_check(ngx_conf_t *cf,
    ngx_http_auth_tenant_main_conf_t *mcf)
{
    ngx_str_t                          *file;
    ngx_uint_t                          i, k;
    ngx_http_auth_tenant_net_t         *a, *b;
    ngx_http_auth_tenant_provider_t   **pp;

    pp = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {

        for (k = 0; k < i; k++) {

            a = pp[k]->net;
            b = pp[i]->net;

            if (a && b && ngx_http_auth_tenant_state_shared(a, b)) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"state_path\" \"%V\" of "
                                   "\"auth_tenant_provider\" \"%V\" in %s:%ui "
                                   "can be a file of \"%V\", which writes "
                                   "\"%V\": they would write over each "
                                   "other's keys; write a directory of its "
                                   "own for each", &b->state_path,
                                   &pp[i]->name, b->file, b->line,
                                   &pp[k]->name, &a->state_path);
                return NGX_ERROR;
            }
        }

        b = pp[i]->net;

        for (k = 0; b && k < mcf->providers.nelts; k++) {

            a = pp[k]->net;
            file = a ? &a->route.certificate : &pp[k]->source->path;

            if (ngx_http_auth_tenant_state_over(&b->state_path, file)) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"state_path\" \"%V\" of "
                                   "\"auth_tenant_provider\" \"%V\" in %s:%ui "
                                   "can be the \"%s\" of \"%V\", and would "
                                   "be written over it; write a directory of "
                                   "its own", &b->state_path, &pp[i]->name,
                                   b->file, b->line,
                                   a ? "ssl_trusted_certificate" : "jwks_file",
                                   &pp[k]->name);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* 1 if one that writes to "path" can write over "file", which is there. */

static ngx_uint_t
ngx_http_auth_tenant_state_over(const ngx_str_t *path, const ngx_str_t *file)
{
    ngx_file_info_t  one, two;

    if (path->len == 0 || file->len == 0) {
        return 0;
    }

    if (ngx_http_auth_tenant_state_meet(path, file)) {
        return 1;
    }

    return ngx_file_info(path->data, &one) == 0
           && ngx_file_info(file->data, &two) == 0
           && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}


static ngx_uint_t
ngx_http_auth_tenant_state_shared(const ngx_http_auth_tenant_net_t *a,
    const ngx_http_auth_tenant_net_t *b)
{
    if (a->state_path.len == 0 || b->state_path.len == 0) {
        return 0;
    }

    /* of one issuer, fetched in the same way, they have the same keys */

    if (a->state_path.len == b->state_path.len
        && ngx_memcmp(a->state_path.data, b->state_path.data,
                      a->state_path.len)
           == 0)
    {
        return ngx_memcmp(a->digest, b->digest, AUTH_TENANT_STORE_ID) != 0;
    }

    return ngx_http_auth_tenant_state_meet(&a->state_path, &b->state_path);
}


/* 1 if two paths, of which either may have a {tenant}, can be of one file. */

static ngx_uint_t
ngx_http_auth_tenant_state_meet(const ngx_str_t *a, const ngx_str_t *b)
{
    size_t   before, after, la, lb, ta, tb;
    u_char  *pa, *pb;

    pa = (u_char *) ngx_strstr(a->data, NGX_HTTP_AUTH_TENANT_PLACEHOLDER);
    pb = (u_char *) ngx_strstr(b->data, NGX_HTTP_AUTH_TENANT_PLACEHOLDER);

    if (pa == NULL) {
        return pb && ngx_http_auth_tenant_state_meet(b, a);
    }

    la = pa - a->data;
    ta = a->len - la - (sizeof(NGX_HTTP_AUTH_TENANT_PLACEHOLDER) - 1);

    if (pb == NULL) {
        return b->len > la + ta
               && ngx_memcmp(a->data, b->data, la) == 0
               && ngx_memcmp(a->data + a->len - ta, b->data + b->len - ta, ta)
                  == 0
               && ngx_http_auth_tenant_state_label(b->data + la,
                                                   b->data + b->len - ta);
    }

    lb = pb - b->data;
    tb = b->len - lb - (sizeof(NGX_HTTP_AUTH_TENANT_PLACEHOLDER) - 1);

    before = ngx_min(la, lb);
    after = ngx_min(ta, tb);

    /* what one has more of, the other one's tenant has to have */

    return ngx_memcmp(a->data, b->data, before) == 0
           && ngx_memcmp(a->data + a->len - after, b->data + b->len - after,
                         after)
              == 0
           && ngx_http_auth_tenant_state_label(a->data + before, pa)
           && ngx_http_auth_tenant_state_label(b->data + before, pb)
           && ngx_http_auth_tenant_state_label(a->data + a->len - ta,
                                               a->data + a->len - after)
           && ngx_http_auth_tenant_state_label(b->data + b->len - tb,
                                               b->data + b->len - after);
}


/* 1 if all of it can be part of a tenant's name */

static ngx_uint_t
ngx_http_auth_tenant_state_label(const u_char *p, const u_char *last)
{
    u_char  c;

    while (p < last) {
        c = ngx_tolower(*p);
        p++;

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            return 0;
        }
    }

    return 1;
}

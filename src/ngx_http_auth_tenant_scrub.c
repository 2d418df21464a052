
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_headers.h"


static ngx_http_auth_tenant_scrub_t *ngx_http_auth_tenant_scrubbed(
    ngx_array_t *scrub, u_char *data, size_t len);
static ngx_int_t ngx_http_auth_tenant_scrub_connection(ngx_http_request_t *r,
    ngx_array_t *scrub, ngx_table_elt_t *h);


static ngx_str_t  ngx_http_auth_tenant_connection = ngx_string("connection");


/*
 * One form of all spellings of a header's name: applications read X-User-Id,
 * X_User_Id and x.user.id as one (CGI, WSGI).
 */

u_char
ngx_http_auth_tenant_fold(u_char ch)
{
    ch = ngx_tolower(ch);

    return ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')) ? ch : '-';
}


static ngx_http_auth_tenant_scrub_t *
ngx_http_auth_tenant_scrubbed(ngx_array_t *scrub, u_char *data, size_t len)
{
    size_t                         n;
    ngx_uint_t                     i;
    ngx_http_auth_tenant_scrub_t  *s;

    s = scrub->elts;

    for (i = 0; i < scrub->nelts; i++) {

        if (s[i].name.len != len || s[i].cookie) {
            continue;
        }

        for (n = 0; n < len; n++) {
            if (ngx_http_auth_tenant_fold(data[n]) != s[i].name.data[n]) {
                break;
            }
        }

        if (n == len) {
            return &s[i];
        }
    }

    return NULL;
}


/* Removes what only this server may set from the request of a client. */

ngx_int_t
ngx_http_auth_tenant_scrub_handler(ngx_http_request_t *r)
{
    ngx_array_t                            *scrub;
    ngx_table_elt_t                        *h;
    ngx_http_auth_tenant_walk_t             walk;
    ngx_http_auth_tenant_scrub_t           *s;
    const ngx_http_auth_tenant_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_auth_tenant_module);

    if (r != r->main || !scf->used || scf->scrub == NULL) {
        return NGX_DECLINED;
    }

    scrub = scf->scrub;

    ngx_http_auth_tenant_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {

        s = ngx_http_auth_tenant_scrubbed(scrub, h->key.data, h->key.len);

        if (s) {

            ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                          "auth_tenant: removed the client's header \"%V\"",
                          &s->name);

            if (ngx_http_auth_tenant_walk_unlink(&walk) != NGX_OK) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            continue;
        }

        if (ngx_http_auth_tenant_is_header(h, &ngx_http_auth_tenant_connection)
            && ngx_http_auth_tenant_scrub_connection(r, scrub, h) != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_auth_tenant_walk_next(&walk);
    }

    if (ngx_http_auth_tenant_remove_cookies(r, scrub->elts, scrub->nelts)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * An error while the headers are read, 400 for one, leads to its error_page
 * without the post-read phase: what comes there is looked at again.
 */

ngx_int_t
ngx_http_auth_tenant_rescrub_handler(ngx_http_request_t *r)
{
    if (!r->internal) {
        return NGX_DECLINED;
    }

    return ngx_http_auth_tenant_scrub_handler(r);
}


/*
 * "Connection: X-User-Id" would have the next proxy, to which this value may
 * be passed on, remove the header that this server sets.
 */

static ngx_int_t
ngx_http_auth_tenant_scrub_connection(ngx_http_request_t *r,
    ngx_array_t *scrub, ngx_table_elt_t *h)
{
    u_char      *p, *data, *start, *end, *pos, *last;
    ngx_uint_t   found;

    p = NULL;
    data = NULL;
    last = h->value.data + h->value.len;

again:

    found = 0;

    for (pos = h->value.data; pos < last; pos++) {

        start = pos;

        while (pos < last && *pos != ',') {
            pos++;
        }

        end = pos;

        while (start < end && (*start == ' ' || *start == '\t')) {
            start++;
        }

        while (start < end && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }

        if (ngx_http_auth_tenant_scrubbed(scrub, start, end - start)) {
            found = 1;
            continue;
        }

        if (data) {

            if (p != data) {
                *p++ = ',';
                *p++ = ' ';
            }

            p = ngx_cpymem(p, start, end - start);
        }
    }

    if (!found) {
        return NGX_OK;
    }

    if (data == NULL) {

        /* each "," may become ", " */

        data = ngx_pnalloc(r->pool, 2 * h->value.len + 1);
        if (data == NULL) {
            return NGX_ERROR;
        }

        p = data;

        goto again;
    }

    *p = '\0';

    h->value.data = data;
    h->value.len = p - data;

    return NGX_OK;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"
#include "ngx_http_auth_tenant_headers.h"


static char *ngx_http_auth_tenant_scrub_add(ngx_conf_t *cf,
    ngx_array_t *scrub, ngx_str_t *value);
static char *ngx_http_auth_tenant_scrub_header(ngx_conf_t *cf,
    ngx_http_auth_tenant_scrub_t *s, ngx_str_t *value);
static char *ngx_http_auth_tenant_scrub_cookie(ngx_conf_t *cf,
    ngx_http_auth_tenant_scrub_t *s, ngx_str_t *value);


ngx_array_t *
ngx_http_auth_tenant_scrub_default(ngx_conf_t *cf)
{
    ngx_array_t                   *scrub;
    ngx_http_auth_tenant_scrub_t  *s;

    scrub = ngx_array_create(cf->pool, 1,
                             sizeof(ngx_http_auth_tenant_scrub_t));
    if (scrub == NULL) {
        return NULL;
    }

    s = ngx_array_push(scrub);
    if (s == NULL) {
        return NULL;
    }

    ngx_str_set(&s->name, "x-user-id");
    s->cookie = 0;
    s->prefix = 0;

    return scrub;
}


char *
ngx_http_auth_tenant_scrub(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t     *value;
    ngx_uint_t     i;
    ngx_array_t  **scrub;

    scrub = (ngx_array_t **) (p + cmd->offset);

    if (*scrub != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        *scrub = NULL;
        return NGX_CONF_OK;
    }

    /* names are added to the default one: what sets it trusts it */

    *scrub = ngx_http_auth_tenant_scrub_default(cf);
    if (*scrub == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "off") == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"off\" stands alone in \"auth_tenant_scrub\","
                               " write either it or the names");
            return NGX_CONF_ERROR;
        }

        if (ngx_http_auth_tenant_scrub_add(cf, *scrub, &value[i])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_scrub_add(ngx_conf_t *cf, ngx_array_t *scrub,
    ngx_str_t *value)
{
    char                          *rv;
    ngx_uint_t                     i;
    ngx_http_auth_tenant_scrub_t  *s, *other;

    s = ngx_array_push(scrub);
    if (s == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(s, sizeof(ngx_http_auth_tenant_scrub_t));

    s->name.len = value->len;
    s->name.data = ngx_pstrdup(cf->pool, value);
    if (s->name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_strncmp(value->data, "cookie:", 7) == 0) {
        rv = ngx_http_auth_tenant_scrub_cookie(cf, s, value);

    } else {
        rv = ngx_http_auth_tenant_scrub_header(cf, s, value);
    }

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    other = scrub->elts;

    for (i = 0; i < scrub->nelts - 1; i++) {
        if (other[i].cookie == s->cookie
            && other[i].prefix == s->prefix
            && other[i].name.len == s->name.len
            && ngx_strncmp(other[i].name.data, s->name.data, s->name.len) == 0)
        {
            if (i == 0) {

                /* the default one, said aloud */

                scrub->nelts--;
                return NGX_CONF_OK;
            }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate name \"%V\" in "
                               "\"auth_tenant_scrub\", every spelling of a "
                               "header is one name", value);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_scrub_header(ngx_conf_t *cf,
    ngx_http_auth_tenant_scrub_t *s, ngx_str_t *value)
{
    u_char      ch;
    ngx_uint_t  i;

    for (i = 0; i < value->len; i++) {

        ch = ngx_tolower(value->data[i]);

        if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')
              || (i > 0 && (ch == '-' || ch == '_' || ch == '.'))))
        {
            break;
        }

        s->name.data[i] = ngx_http_auth_tenant_fold(ch);
    }

    if (i == 0 || i < value->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"auth_tenant_scrub\", "
                           "write a header in full, for example X-User-Id, "
                           "or cookie:NAME or cookie:PREFIX*", value);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_auth_tenant_known_header(&s->name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_scrub\" can't remove \"%V\", which "
                           "nginx itself reads, write a header that only "
                           "applications read%s", value,
                           s->name.len == 6
                           && ngx_strncmp(s->name.data, "cookie", 6) == 0
                           ? ", or cookie:NAME" : "");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_scrub_cookie(ngx_conf_t *cf,
    ngx_http_auth_tenant_scrub_t *s, ngx_str_t *value)
{
    u_char      ch;
    ngx_uint_t  i;

    s->cookie = 1;
    s->name.data += 7;
    s->name.len -= 7;

    if (s->name.len && s->name.data[s->name.len - 1] == '*') {
        s->prefix = 1;
        s->name.len--;
    }

    for (i = 0; i < s->name.len; i++) {

        ch = s->name.data[i];

        if (ch < 0x21 || ch > 0x7e || ch == '=' || ch == ';' || ch == ','
            || ch == '"' || ch == '*')
        {
            break;
        }
    }

    if (i == 0 || i < s->name.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid cookie \"%V\" in \"auth_tenant_scrub\", "
                           "write cookie:NAME, or cookie:PREFIX* for all "
                           "whose names begin so", value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Tells whether nginx reads a header, in whatever spelling, itself. */

ngx_int_t
ngx_http_auth_tenant_known_header(ngx_str_t *name)
{
    ngx_uint_t          i;
    ngx_http_header_t  *h;

    for (h = ngx_http_headers_in; h->name.len; h++) {

        if (h->name.len != name->len) {
            continue;
        }

        for (i = 0; i < name->len; i++) {
            if (ngx_http_auth_tenant_fold(h->name.data[i])
                != ngx_http_auth_tenant_fold(name->data[i]))
            {
                break;
            }
        }

        if (i == name->len) {
            return 1;
        }
    }

    return 0;
}

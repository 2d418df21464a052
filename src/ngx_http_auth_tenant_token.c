
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_authority.h"
#include "ngx_http_auth_tenant_headers.h"


static auth_tenant_verdict_e ngx_http_auth_tenant_token_source(
    ngx_http_request_t *r, const ngx_http_auth_tenant_token_t *source,
    ngx_str_t *token);
static ngx_int_t ngx_http_auth_tenant_bearer(ngx_str_t *value);
static ngx_uint_t ngx_http_auth_tenant_origin_listed(ngx_http_request_t *r,
    const ngx_http_auth_tenant_origin_t *of, const ngx_str_t *value);


static ngx_str_t  ngx_http_auth_tenant_authorization =
    ngx_string("authorization");
static ngx_str_t  ngx_http_auth_tenant_upgrade = ngx_string("upgrade");
static ngx_str_t  ngx_http_auth_tenant_origin_name = ngx_string("origin");


/*
 * The first source that is there is judged, and never a later one instead: a
 * bad token must not be passed over in favour of another.
 */

auth_tenant_verdict_e
ngx_http_auth_tenant_find_token(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    const ngx_http_auth_tenant_token_t **source, auth_tenant_str_t *token)
{
    ngx_str_t                            value;
    ngx_uint_t                           i;
    auth_tenant_verdict_e                verdict;
    const ngx_http_auth_tenant_token_t  *tokens;

    tokens = lcf->tokens->elts;

    for (i = 0; i < lcf->tokens->nelts; i++) {

        verdict = ngx_http_auth_tenant_token_source(r, &tokens[i], &value);

        if (verdict == AUTH_TENANT_NO_TOKEN) {
            continue;
        }

        if (verdict != AUTH_TENANT_OK) {
            return verdict;
        }

        if (value.len > lcf->max_size) {
            return AUTH_TENANT_TOO_LARGE;
        }

        *source = &tokens[i];
        *token = ngx_http_auth_tenant_str(&value);

        return AUTH_TENANT_OK;
    }

    return AUTH_TENANT_NO_TOKEN;
}


ngx_uint_t
ngx_http_auth_tenant_token_eq(const ngx_http_auth_tenant_token_t *a,
    const ngx_http_auth_tenant_token_t *b)
{
    return a->type == b->type
           && a->index == b->index
           && a->name.len == b->name.len
           && ngx_strncmp(a->name.data, b->name.data, a->name.len) == 0;
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_token_source(ngx_http_request_t *r,
    const ngx_http_auth_tenant_token_t *source, ngx_str_t *token)
{
    ngx_uint_t                  count;
    ngx_table_elt_t            *h;
    ngx_http_variable_value_t  *vv;

    switch (source->type) {

    case NGX_HTTP_AUTH_TENANT_BEARER:

        h = ngx_http_auth_tenant_header(r, &ngx_http_auth_tenant_authorization,
                                        &count);
        if (h == NULL) {
            return AUTH_TENANT_NO_TOKEN;
        }

        *token = h->value;

        if (count == 1
            && ngx_http_auth_tenant_bearer(token) != NGX_OK)
        {
            return AUTH_TENANT_NO_TOKEN;
        }

        break;

    case NGX_HTTP_AUTH_TENANT_COOKIE:

        count = ngx_http_auth_tenant_cookie(r, &source->name, token);

        if (token->data == NULL && count == 1) {
            return AUTH_TENANT_NO_TOKEN;
        }

        break;

    case NGX_HTTP_AUTH_TENANT_HEADER:

        h = ngx_http_auth_tenant_header(r, &source->name, &count);
        if (h == NULL) {
            return AUTH_TENANT_NO_TOKEN;
        }

        *token = h->value;
        break;

    default: /* NGX_HTTP_AUTH_TENANT_VARIABLE */

        vv = ngx_http_get_flushed_variable(r, source->index);

        if (vv == NULL) {
            return AUTH_TENANT_ERROR;
        }

        if (vv->not_found) {
            return AUTH_TENANT_NO_TOKEN;
        }

        token->data = vv->data;
        token->len = vv->len;
        count = 1;

        (void) ngx_http_auth_tenant_bearer(token);
    }

    if (count > 1) {
        return AUTH_TENANT_DUPLICATE_TOKEN;
    }

    return token->len ? AUTH_TENANT_OK : AUTH_TENANT_NO_TOKEN;
}


/*
 * Takes the scheme off a "Bearer" credential: in any case, RFC 9110 section
 * 11.1, and one run of spaces, RFC 6750 section 2.1.
 */

static ngx_int_t
ngx_http_auth_tenant_bearer(ngx_str_t *value)
{
    u_char  *p, *last;

    if (value->len < sizeof("Bearer") - 1
        || ngx_strncasecmp(value->data, (u_char *) "Bearer",
                           sizeof("Bearer") - 1)
           != 0)
    {
        return NGX_DECLINED;
    }

    p = value->data + sizeof("Bearer") - 1;
    last = value->data + value->len;

    if (p < last && *p != ' ') {
        return NGX_DECLINED;
    }

    while (p < last && *p == ' ') {
        p++;
    }

    value->data = p;
    value->len = last - p;

    return NGX_OK;
}


auth_tenant_methods_t
ngx_http_auth_tenant_request_method(ngx_http_request_t *r)
{
    ngx_table_elt_t              *h;
    auth_tenant_str_t             name;
    auth_tenant_methods_t         method;
    ngx_http_auth_tenant_walk_t   walk;

    name = ngx_http_auth_tenant_str(&r->method_name);
    method = auth_tenant_request_method(&name, 0);

    if (r->headers_in.upgrade == NULL) {
        return method;
    }

    ngx_http_auth_tenant_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {
        ngx_http_auth_tenant_walk_next(&walk);

        if (ngx_http_auth_tenant_is_header(h, &ngx_http_auth_tenant_upgrade)
            && ngx_strlcasestrn(h->value.data, h->value.data + h->value.len,
                                (u_char *) "websocket",
                                sizeof("websocket") - 2)
               != NULL)
        {
            return auth_tenant_request_method(&name, 1);
        }
    }

    return method;
}


/*
 * A browser sends cookies along with requests that any site makes it send, so
 * whoever changes something, or opens a WebSocket (RFC 6455 section 10.2), by
 * a cookie must say where the request comes from.
 */

auth_tenant_verdict_e
ngx_http_auth_tenant_check_origin(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_methods_t method,
    const ngx_http_auth_tenant_token_t *source)
{
    ngx_uint_t        count;
    ngx_table_elt_t  *h;

    if (source->type != NGX_HTTP_AUTH_TENANT_COOKIE
        || (method & AUTH_TENANT_METHODS_SAFE)
        || lcf->origin->any)
    {
        return AUTH_TENANT_OK;
    }

    h = ngx_http_auth_tenant_header(r, &ngx_http_auth_tenant_origin_name,
                                    &count);

    if (h == NULL || count != 1
        || !ngx_http_auth_tenant_origin_listed(r, lcf->origin, &h->value))
    {
        return AUTH_TENANT_BAD_ORIGIN;
    }

    return AUTH_TENANT_OK;
}


/* RFC 6454 section 6.1; "null", which any page can have, is no origin here */

static ngx_uint_t
ngx_http_auth_tenant_origin_listed(ngx_http_request_t *r,
    const ngx_http_auth_tenant_origin_t *of, const ngx_str_t *value)
{
    ngx_str_t                          rest;
    ngx_uint_t                         i;
    ngx_http_auth_tenant_authority_t   origin, *listed;

    if (ngx_http_auth_tenant_authority(&origin, value, &rest) != NGX_OK
        || rest.len != 0)
    {
        return 0;
    }

    listed = of->origins ? of->origins->elts : NULL;

    for (i = 0; listed && i < of->origins->nelts; i++) {
        if (ngx_http_auth_tenant_authority_eq(&origin, &listed[i])) {
            return 1;
        }
    }

    return of->same && ngx_http_auth_tenant_authority_own(r, &origin);
}


/* anybody can replay early data: RFC 8446 section 8, RFC 8470 */

ngx_uint_t
ngx_http_auth_tenant_early_data(ngx_http_request_t *r)
{
#if (NGX_HTTP_SSL)

    ngx_str_t  s;

    if (r->connection->ssl
        && ngx_ssl_get_early_data(r->connection, r->pool, &s) == NGX_OK
        && s.len)
    {
        return 1;
    }

#endif

    return 0;
}

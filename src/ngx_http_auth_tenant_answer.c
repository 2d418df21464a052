
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a client gets to see of a decision: status, challenge, redirects.
 */


#include "ngx_http_auth_tenant_module.h"


#define NGX_HTTP_AUTH_TENANT_RETRY_AFTER  "5"


static ngx_int_t ngx_http_auth_tenant_set_header(ngx_http_request_t *r,
    ngx_table_elt_t **header, const char *key, ngx_str_t *value);
static ngx_int_t ngx_http_auth_tenant_redirect(ngx_http_request_t *r,
    ngx_str_t *location, ngx_uint_t args);
static ngx_uint_t ngx_http_auth_tenant_page_load(ngx_http_request_t *r);


static ngx_str_t  ngx_http_auth_tenant_challenges[] = {
    ngx_null_string,
    ngx_string("Bearer realm=\"auth_tenant\""),
    ngx_string("Bearer realm=\"auth_tenant\", error=\"invalid_request\""),
    ngx_string("Bearer realm=\"auth_tenant\", error=\"invalid_token\""),
    ngx_string("Bearer realm=\"auth_tenant\", error=\"insufficient_scope\"")
};


ngx_int_t
ngx_http_auth_tenant_answer(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx)
{
    ngx_str_t                     value;
    const auth_tenant_verdict_t  *verdict;

    verdict = auth_tenant_verdict(ctx->verdict);

    ngx_str_set(&value, "no-store");

    if (ngx_http_auth_tenant_set_header(r, &ctx->no_store, "Cache-Control",
                                        &value)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->verdict == AUTH_TENANT_OK) {
        return ngx_http_auth_tenant_redirect(r, &ctx->location, 1);
    }

    if (lcf->login_url
        && (ctx->verdict == AUTH_TENANT_NO_TOKEN
            || ctx->verdict == AUTH_TENANT_EXPIRED)
        && ngx_http_auth_tenant_page_load(r))
    {
        if (ngx_http_complex_value(r, lcf->login_url, &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_auth_tenant_redirect(r, &value, 0);
    }

    if (verdict->challenge != AUTH_TENANT_CHALLENGE_NONE) {

        value = ngx_http_auth_tenant_challenges[verdict->challenge];

        if (ngx_http_auth_tenant_set_header(r, &ctx->challenge,
                                            "WWW-Authenticate", &value)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (r->headers_out.www_authenticate == NULL) {
            r->headers_out.www_authenticate = ctx->challenge;
        }
    }

    if (verdict->status == NGX_HTTP_SERVICE_UNAVAILABLE) {

        ngx_str_set(&value, NGX_HTTP_AUTH_TENANT_RETRY_AFTER);

        if (ngx_http_auth_tenant_set_header(r, &ctx->retry_after,
                                            "Retry-After", &value)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return verdict->status;
}


/* takes back what an earlier decision about this request had to say */

void
ngx_http_auth_tenant_clear_answer(ngx_http_auth_tenant_ctx_t *ctx)
{
    if (ctx->challenge) {
        ctx->challenge->hash = 0;
    }

    if (ctx->no_store) {
        ctx->no_store->hash = 0;
    }

    if (ctx->retry_after) {
        ctx->retry_after->hash = 0;
    }
}


static ngx_int_t
ngx_http_auth_tenant_set_header(ngx_http_request_t *r,
    ngx_table_elt_t **header, const char *key, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = *header;

    if (h == NULL) {

        h = ngx_list_push(&r->headers_out.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(h, sizeof(ngx_table_elt_t));

        h->key.data = (u_char *) key;
        h->key.len = ngx_strlen(key);

        *header = h;
    }

    h->hash = 1;
    h->value = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_redirect(ngx_http_request_t *r, ngx_str_t *location,
    ngx_uint_t args)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    ngx_http_clear_location(r);

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Location");
    h->value = *location;

    if (args && r->args.len) {

        h->value.len = location->len + 1 + r->args.len;
        h->value.data = ngx_pnalloc(r->pool, h->value.len);
        if (h->value.data == NULL) {
            h->hash = 0;
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        p = ngx_cpymem(h->value.data, location->data, location->len);
        *p++ = '?';
        ngx_memcpy(p, r->args.data, r->args.len);
    }

    r->headers_out.location = h;

    return NGX_HTTP_MOVED_TEMPORARILY;
}


/*
 * A browser that loads a page can be sent to log in; a program that calls an
 * API needs the 401.
 */

static ngx_uint_t
ngx_http_auth_tenant_page_load(ngx_http_request_t *r)
{
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    static ngx_str_t  accept = ngx_string("accept");
    static ngx_str_t  fetch_mode = ngx_string("sec-fetch-mode");
    static ngx_str_t  requested_with = ngx_string("x-requested-with");

    if (r->method != NGX_HTTP_GET
        || ngx_http_auth_tenant_request_method(r) != AUTH_TENANT_METHOD_GET
        || ngx_http_auth_tenant_header(r, &requested_with, &n) != NULL)
    {
        return 0;
    }

    h = ngx_http_auth_tenant_header(r, &fetch_mode, &n);

    if (h && (h->value.len != sizeof("navigate") - 1
              || ngx_strncmp(h->value.data, "navigate", h->value.len) != 0))
    {
        return 0;
    }

    h = ngx_http_auth_tenant_header(r, &accept, &n);

    return (h && ngx_strlcasestrn(h->value.data, h->value.data + h->value.len,
                                  (u_char *) "text/html",
                                  sizeof("text/html") - 2)
                 != NULL);
}


/*
 * The request URI to come back to: always relative to this host.  Browsers
 * read "//host" and "/\host" as another host, so that a run of slashes at the
 * beginning becomes one.
 */

ngx_int_t
ngx_http_auth_tenant_return_url(ngx_http_request_t *r, ngx_str_t *url)
{
    u_char     *p, *last;
    uintptr_t   n;
    ngx_str_t   uri;

    p = r->main->unparsed_uri.data;
    last = p + r->main->unparsed_uri.len;

    while (p < last && (*p == '/' || *p == '\\')) {
        p++;
    }

    uri.data = p;
    uri.len = last - p;

    for ( /* void */ ; p < last; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            uri.len = 0;
            break;
        }
    }

    n = ngx_escape_uri(NULL, uri.data, uri.len, NGX_ESCAPE_URI_COMPONENT);

    url->len = sizeof("%2F") - 1 + uri.len + 2 * n;
    url->data = ngx_pnalloc(r->pool, url->len);
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(url->data, "%2F", sizeof("%2F") - 1);
    ngx_escape_uri(p, uri.data, uri.len, NGX_ESCAPE_URI_COMPONENT);

    return NGX_OK;
}

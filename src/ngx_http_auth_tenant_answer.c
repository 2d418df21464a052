
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a client gets to see of a decision: status, challenge, redirects.
 */


#include "ngx_http_auth_tenant_headers.h"


#define NGX_HTTP_AUTH_TENANT_RETRY_AFTER  "5"


static ngx_table_elt_t *ngx_http_auth_tenant_set_header(
    ngx_http_request_t *r, u_char *key, const ngx_str_t *value);
static ngx_int_t ngx_http_auth_tenant_redirect(ngx_http_request_t *r,
    const ngx_str_t *location);
static ngx_int_t ngx_http_auth_tenant_with_args(ngx_http_request_t *r,
    const ngx_str_t *path, ngx_str_t *location);
static ngx_uint_t ngx_http_auth_tenant_clean(const ngx_str_t *value);
static ngx_uint_t ngx_http_auth_tenant_page_load(ngx_http_request_t *r);


/*
 * Headers of ours are known by the addresses of their keys.  These are arrays,
 * since a linker gives equal string literals one address.
 */

static u_char  ngx_http_auth_tenant_cache_control[] = "Cache-Control";
static u_char  ngx_http_auth_tenant_www_authenticate[] = "WWW-Authenticate";
static u_char  ngx_http_auth_tenant_retry_after[] = "Retry-After";

static ngx_str_t  ngx_http_auth_tenant_no_store = ngx_string("no-store");
static ngx_str_t  ngx_http_auth_tenant_seconds =
    ngx_string(NGX_HTTP_AUTH_TENANT_RETRY_AFTER);


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
    const ngx_http_auth_tenant_ctx_t *ctx)
{
    ngx_str_t                     value;
    ngx_table_elt_t              *h;
    const auth_tenant_verdict_t  *verdict;

    verdict = auth_tenant_verdict(ctx->verdict);

    ngx_http_auth_tenant_clear_answer(r);

    if (ngx_http_auth_tenant_set_header(r, ngx_http_auth_tenant_cache_control,
                                        &ngx_http_auth_tenant_no_store)
        == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->verdict == AUTH_TENANT_OK) {

        if (ngx_http_auth_tenant_with_args(r, &ctx->location, &value)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_auth_tenant_redirect(r, &value);
    }

    if (lcf->login_url
        && (ctx->verdict == AUTH_TENANT_NO_TOKEN
            || ctx->verdict == AUTH_TENANT_EXPIRED)
        && ngx_http_auth_tenant_page_load(r))
    {
        if (ngx_http_complex_value(r, lcf->login_url, &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (value.len && ngx_http_auth_tenant_clean(&value)) {
            return ngx_http_auth_tenant_redirect(r, &value);
        }
    }

    if (verdict->challenge != AUTH_TENANT_CHALLENGE_NONE) {

        h = ngx_http_auth_tenant_set_header(r,
                             ngx_http_auth_tenant_www_authenticate,
                             &ngx_http_auth_tenant_challenges
                                                        [verdict->challenge]);
        if (h == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (r->headers_out.www_authenticate == NULL
            || r->headers_out.www_authenticate->hash == 0)
        {
            r->headers_out.www_authenticate = h;
        }
    }

    if (verdict->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_auth_tenant_set_header(r,
                                           ngx_http_auth_tenant_retry_after,
                                           &ngx_http_auth_tenant_seconds)
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return verdict->status;
}


/* takes back what an earlier decision about this request had to say */

void
ngx_http_auth_tenant_clear_answer(ngx_http_request_t *r)
{
    ngx_table_elt_t              *h;
    ngx_http_auth_tenant_walk_t   walk;

    ngx_http_auth_tenant_walk(&walk, &r->headers_out.headers);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {
        ngx_http_auth_tenant_walk_next(&walk);

        if (h->key.data == ngx_http_auth_tenant_cache_control
            || h->key.data == ngx_http_auth_tenant_www_authenticate
            || h->key.data == ngx_http_auth_tenant_retry_after)
        {
            h->hash = 0;
        }
    }
}


static ngx_table_elt_t *
ngx_http_auth_tenant_set_header(ngx_http_request_t *r, u_char *key,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = key;
    h->key.len = ngx_strlen(key);
    h->value = *value;

    return h;
}


static ngx_int_t
ngx_http_auth_tenant_redirect(ngx_http_request_t *r, const ngx_str_t *location)
{
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

    r->headers_out.location = h;

    return NGX_HTTP_MOVED_TEMPORARILY;
}


/* what a client asked of "/" it asks of its own path */

static ngx_int_t
ngx_http_auth_tenant_with_args(ngx_http_request_t *r, const ngx_str_t *path,
    ngx_str_t *location)
{
    u_char  *p;

    *location = *path;

    if (r->args.len == 0 || !ngx_http_auth_tenant_clean(&r->args)) {
        return NGX_OK;
    }

    location->len = path->len + 1 + r->args.len;
    location->data = ngx_pnalloc(r->pool, location->len);
    if (location->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(location->data, path->data, path->len);
    *p++ = '?';
    ngx_memcpy(p, r->args.data, r->args.len);

    return NGX_OK;
}


/* a line break in a header's value would begin another header */

static ngx_uint_t
ngx_http_auth_tenant_clean(const ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
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

    if (ngx_http_auth_tenant_request_method(r) != AUTH_TENANT_METHOD_GET
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

    if (!ngx_http_auth_tenant_clean(&uri)) {
        uri.len = 0;
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

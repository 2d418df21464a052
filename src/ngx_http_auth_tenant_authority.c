
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * "http://host:port" in headers that a browser or a WebDAV client sends.
 */


#include "ngx_http_auth_tenant_authority.h"


static ngx_int_t ngx_http_auth_tenant_authority_parse(
    ngx_http_auth_tenant_authority_t *authority, u_char *p, u_char *last);
static ngx_uint_t ngx_http_auth_tenant_authority_same(const ngx_str_t *a,
    const ngx_str_t *b);


/* RFC 3986 section 3; `rest` begins with the "/" behind it, or is empty */

ngx_int_t
ngx_http_auth_tenant_authority(ngx_http_auth_tenant_authority_t *authority,
    const ngx_str_t *url, ngx_str_t *rest)
{
    u_char  *p, *last, *end;

    if (url->len > sizeof("https://") - 1
        && ngx_strncasecmp(url->data, (u_char *) "https://",
                           sizeof("https://") - 1)
           == 0)
    {
        ngx_str_set(&authority->scheme, "https");

    } else if (url->len > sizeof("http://") - 1
               && ngx_strncasecmp(url->data, (u_char *) "http://",
                                  sizeof("http://") - 1)
                  == 0)
    {
        ngx_str_set(&authority->scheme, "http");

    } else {
        return NGX_DECLINED;
    }

    p = url->data + authority->scheme.len + sizeof("://") - 1;
    last = url->data + url->len;

    end = ngx_strlchr(p, last, '/');

    if (end == NULL) {
        end = last;
    }

    rest->data = end;
    rest->len = last - end;

    return ngx_http_auth_tenant_authority_parse(authority, p, end);
}


/* the scheme is there already: its default port is none */

static ngx_int_t
ngx_http_auth_tenant_authority_parse(
    ngx_http_auth_tenant_authority_t *authority, u_char *p, u_char *last)
{
    ngx_str_t  own;

    authority->host.data = p;

    if (p < last && *p == '[') {

        while (p < last && *p != ']') {
            p++;
        }
    }

    while (p < last && *p != ':') {
        p++;
    }

    authority->host.len = p - authority->host.data;

    if (authority->host.len == 0) {
        return NGX_DECLINED;
    }

    ngx_str_null(&authority->port);

    if (p == last) {
        return NGX_OK;
    }

    authority->port.data = ++p;
    authority->port.len = last - p;

    if (p == last) {
        return NGX_DECLINED;
    }

    for ( /* void */ ; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return NGX_DECLINED;
        }
    }

    if (authority->scheme.len == sizeof("https") - 1) {
        ngx_str_set(&own, "443");

    } else {
        ngx_str_set(&own, "80");
    }

    if (ngx_http_auth_tenant_authority_same(&authority->port, &own)) {
        ngx_str_null(&authority->port);
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_auth_tenant_authority_eq(const ngx_http_auth_tenant_authority_t *a,
    const ngx_http_auth_tenant_authority_t *b)
{
    return ngx_http_auth_tenant_authority_same(&a->scheme, &b->scheme)
           && ngx_http_auth_tenant_authority_same(&a->host, &b->host)
           && ngx_http_auth_tenant_authority_same(&a->port, &b->port);
}


/* TLS may end in front of us, so that the scheme is the client's word */

ngx_uint_t
ngx_http_auth_tenant_authority_own(ngx_http_request_t *r,
    const ngx_http_auth_tenant_authority_t *authority)
{
    ngx_str_t                         *host;
    ngx_http_auth_tenant_authority_t   own;

    if (r->headers_in.host == NULL) {
        return 0;
    }

    host = &r->headers_in.host->value;

    own.scheme = authority->scheme;

    return ngx_http_auth_tenant_authority_parse(&own, host->data,
                                                host->data + host->len)
           == NGX_OK
           && ngx_http_auth_tenant_authority_eq(authority, &own);
}


static ngx_uint_t
ngx_http_auth_tenant_authority_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len
           && ngx_strncasecmp(a->data, b->data, a->len) == 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#ifndef _NGX_HTTP_AUTH_TENANT_AUTHORITY_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_AUTHORITY_H_INCLUDED_


#include "ngx_http_auth_tenant_module.h"


typedef struct {
    ngx_str_t                        scheme;
    ngx_str_t                        host;
    ngx_str_t                        port;       /* empty: the scheme's own */
} ngx_http_auth_tenant_authority_t;


ngx_int_t ngx_http_auth_tenant_authority(
    ngx_http_auth_tenant_authority_t *authority, const ngx_str_t *url,
    ngx_str_t *rest);
ngx_uint_t ngx_http_auth_tenant_authority_eq(
    const ngx_http_auth_tenant_authority_t *a,
    const ngx_http_auth_tenant_authority_t *b);
ngx_uint_t ngx_http_auth_tenant_authority_own(ngx_http_request_t *r,
    const ngx_http_auth_tenant_authority_t *authority);


#endif /* _NGX_HTTP_AUTH_TENANT_AUTHORITY_H_INCLUDED_ */

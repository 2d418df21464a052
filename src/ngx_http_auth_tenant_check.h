
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the files that check merged locations share.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_CHECK_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_CHECK_H_INCLUDED_


#include "ngx_http_auth_tenant_conf.h"


char *ngx_http_auth_tenant_check_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
char *ngx_http_auth_tenant_check_audiences(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
ngx_uint_t ngx_http_auth_tenant_lacking(ngx_http_auth_tenant_loc_conf_t *conf,
    ngx_uint_t name, ngx_http_auth_tenant_provider_t **provider);
ngx_uint_t ngx_http_auth_tenant_realms(ngx_http_auth_tenant_loc_conf_t *conf);


#endif /* _NGX_HTTP_AUTH_TENANT_CHECK_H_INCLUDED_ */

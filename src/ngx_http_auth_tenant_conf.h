
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the files that read the configuration share.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_CONF_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_CONF_H_INCLUDED_


#include "ngx_http_auth_tenant_module.h"


/* _conf.c */

ngx_int_t ngx_http_auth_tenant_client_variable(ngx_str_t *value,
    ngx_str_t *name);
ngx_http_complex_value_t *ngx_http_auth_tenant_complex_value(ngx_conf_t *cf,
    ngx_str_t *value);


/* _conf_token.c */

char *ngx_http_auth_tenant_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_auth_tenant_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* _conf_match.c */

char *ngx_http_auth_tenant_host(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_auth_tenant_path(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_auth_tenant_match_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_auth_tenant_require(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_auth_tenant_template_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* _conf_scrub.c */

char *ngx_http_auth_tenant_scrub(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_array_t *ngx_http_auth_tenant_scrub_default(ngx_conf_t *cf);
ngx_int_t ngx_http_auth_tenant_known_header(ngx_str_t *name);


/* _provider.c */

ngx_http_auth_tenant_provider_t *ngx_http_auth_tenant_provider_by_name(
    ngx_http_auth_tenant_main_conf_t *mcf, const ngx_str_t *name);
char *ngx_http_auth_tenant_provider_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* _provider_claims.c */

char *ngx_http_auth_tenant_provider_audience(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider);
char *ngx_http_auth_tenant_provider_claims(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider);


/* _provider_conf.c */

char *ngx_http_auth_tenant_provider_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);


/* _provider_net.c */

ngx_http_auth_tenant_net_t *ngx_http_auth_tenant_net_create(ngx_conf_t *cf);
char *ngx_http_auth_tenant_net_string(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider);
char *ngx_http_auth_tenant_net_time(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider);
char *ngx_http_auth_tenant_net_flag(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider);


/* _provider_net_check.c */

char *ngx_http_auth_tenant_net_finish(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider);


/* _zone_conf.c */

char *ngx_http_auth_tenant_zone_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_auth_tenant_zone_finish(ngx_conf_t *cf);


/* _conf_vars.c */

char *ngx_http_auth_tenant_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_auth_tenant_check_bypass(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
void ngx_http_auth_tenant_refresh_variables(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);


/* _vars.c */

ngx_int_t ngx_http_auth_tenant_claim_set_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/* _conf_path.c */

ngx_uint_t ngx_http_auth_tenant_differs(
    ngx_http_auth_tenant_loc_conf_t *conf);
void ngx_http_auth_tenant_count_location(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t differ);


/* _check.c */

ngx_uint_t ngx_http_auth_tenant_unreachable(ngx_conf_t *cf);
char *ngx_http_auth_tenant_check_given(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
char *ngx_http_auth_tenant_check_loc_conf(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
char *ngx_http_auth_tenant_check_off(ngx_conf_t *cf);
const char *ngx_http_auth_tenant_name(ngx_uint_t names);
char *ngx_http_auth_tenant_refuse(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, const char *fmt, ...);


#endif /* _NGX_HTTP_AUTH_TENANT_CONF_H_INCLUDED_ */

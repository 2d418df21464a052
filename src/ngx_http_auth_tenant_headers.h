
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Taking headers and cookies out of a request.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_HEADERS_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_HEADERS_H_INCLUDED_


#include "ngx_http_auth_tenant_module.h"


/* a walk over headers_in.headers during which elements may be unlinked */

typedef struct {
    ngx_list_t                      *list;
    ngx_list_part_t                 *prev;       /* NULL in the first part */
    ngx_list_part_t                 *part;
    ngx_uint_t                       i;
} ngx_http_auth_tenant_walk_t;


/* _headers.c */

void ngx_http_auth_tenant_walk(ngx_http_auth_tenant_walk_t *walk,
    ngx_list_t *list);
ngx_table_elt_t *ngx_http_auth_tenant_walk_header(
    ngx_http_auth_tenant_walk_t *walk);
ngx_int_t ngx_http_auth_tenant_walk_unlink(ngx_http_auth_tenant_walk_t *walk);

#define ngx_http_auth_tenant_walk_next(walk)  (walk)->i++

ngx_int_t ngx_http_auth_tenant_is_header(ngx_table_elt_t *h,
    const ngx_str_t *lowcase);


/* _scrub.c */

u_char ngx_http_auth_tenant_fold(u_char ch);


/* _cookie.c */

ngx_uint_t ngx_http_auth_tenant_cookie(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_str_t *value);
ngx_int_t ngx_http_auth_tenant_remove_cookies(ngx_http_request_t *r,
    const ngx_http_auth_tenant_scrub_t *names, ngx_uint_t nnames);


#endif /* _NGX_HTTP_AUTH_TENANT_HEADERS_H_INCLUDED_ */

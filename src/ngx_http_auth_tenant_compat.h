
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What differs between nginx versions, and nothing else.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_COMPAT_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* since 1.23.0 headers of one name are linked by "next" */

#define NGX_HTTP_AUTH_TENANT_LINKED_HEADERS  (nginx_version >= 1023000)


#endif /* _NGX_HTTP_AUTH_TENANT_COMPAT_H_INCLUDED_ */

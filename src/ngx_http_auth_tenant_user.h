
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the workers' user may do with files: the configuration is read by
 * root, who may do everything.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_USER_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_USER_H_INCLUDED_


#include "ngx_http_auth_tenant_module.h"


typedef struct {
    const char  *name;
    uid_t        uid;
    int          ngroups;
    gid_t        groups[64];
    unsigned     other:1;       /* than the one who reads the configuration */
    char         number[NGX_INT_T_LEN + 1];      /* a name for the nameless */
} ngx_http_auth_tenant_user_t;


void ngx_http_auth_tenant_user(ngx_cycle_t *cycle,
    ngx_http_auth_tenant_user_t *user);


/*
 * NULL if the user may read a file, or create files in a directory; else what
 * they can't do: "read", "write to", "enter the directory of".  What is not
 * there is no fault.
 */
const char *ngx_http_auth_tenant_user_reads(
    const ngx_http_auth_tenant_user_t *user, const char *path);
const char *ngx_http_auth_tenant_user_creates(
    const ngx_http_auth_tenant_user_t *user, const char *dir);


/* _provider_net_files.c: warnings about the files of a provider */

void ngx_http_auth_tenant_net_files(ngx_cycle_t *cycle,
    const ngx_http_auth_tenant_provider_t *provider,
    const ngx_http_auth_tenant_user_t *user);


#endif /* _NGX_HTTP_AUTH_TENANT_USER_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Key files.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_KEYS_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_KEYS_H_INCLUDED_


#include "ngx_http_auth_tenant_module.h"


#define NGX_HTTP_AUTH_TENANT_DIGEST  32


/* what tells one state of a file from another */

typedef struct {
    dev_t                            dev;
    ino_t                            ino;
    off_t                            size;
    struct timespec                  mtime;
    struct timespec                  ctime;
} ngx_http_auth_tenant_stamp_t;


/* why a file gives no keys; texts are static, NULL if nothing is wrong */

typedef struct {
    const char                      *what;
    const char                      *todo;
    ngx_err_t                        err;
} ngx_http_auth_tenant_problem_t;


struct ngx_http_auth_tenant_source_s {
    ngx_http_auth_tenant_source_t   *next;

    ngx_str_t                        path;
    auth_tenant_algs_t               algs;
    ngx_str_t                        provider;
    u_char                          *file;       /* where it was written */
    ngx_uint_t                       line;

    auth_tenant_keys_t              *keys;       /* never NULL */
    u_char                           digest[NGX_HTTP_AUTH_TENANT_DIGEST];

    /* the last look at the file */
    ngx_http_auth_tenant_stamp_t     seen;
    ngx_http_auth_tenant_problem_t   problem;
    ngx_uint_t                       differed;   /* looks in a row */

    ngx_http_auth_tenant_stamp_t     judged;     /* of the keys there are */
    ngx_http_auth_tenant_problem_t   logged;

    unsigned                         looked:1;
    unsigned                         known:1;    /* "judged" is set */
};


/* _keys.c */

void ngx_http_auth_tenant_source_report(
    const ngx_http_auth_tenant_source_t *source,
    const auth_tenant_keys_report_t *report, ngx_uint_t level, ngx_log_t *log);


/* _keys_file.c */

ngx_int_t ngx_http_auth_tenant_file_look(ngx_str_t *path,
    ngx_http_auth_tenant_stamp_t *stamp,
    ngx_http_auth_tenant_problem_t *problem);
ngx_int_t ngx_http_auth_tenant_file_read(ngx_str_t *path, ngx_str_t *document,
    ngx_http_auth_tenant_stamp_t *stamp,
    ngx_http_auth_tenant_problem_t *problem, ngx_log_t *log);
void ngx_http_auth_tenant_file_free(ngx_str_t *document);
ngx_int_t ngx_http_auth_tenant_stamp_eq(
    const ngx_http_auth_tenant_stamp_t *a,
    const ngx_http_auth_tenant_stamp_t *b);
auth_tenant_keys_t *ngx_http_auth_tenant_file_parse(
    ngx_http_auth_tenant_source_t *source, ngx_str_t *document,
    u_char *digest, auth_tenant_keys_report_t *report,
    ngx_http_auth_tenant_problem_t *problem);


#endif /* _NGX_HTTP_AUTH_TENANT_KEYS_H_INCLUDED_ */

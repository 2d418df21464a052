
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * "state_path": the last good document of a realm on disk.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_STATE_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_STATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "auth_tenant_core.h"


/*
 * `owner` is whose keys a document has, in one line: an issuer, and what else
 * decides where its keys are fetched (see _restore.c).
 */

/* lines before the document: a mark, owner, time, length and checksum */

#define NGX_HTTP_AUTH_TENANT_STATE_HEAD  256     /* without the owner */
#define NGX_HTTP_AUTH_TENANT_STATE_MARK  "auth_tenant state 1\n"


/*
 * Reads a state file (path null-terminated) and checks it: regular, owned by
 * root, us or `user` (the workers' own), writable by nobody else, of its size,
 * checksum and owner.  For start and reload only.  NGX_OK with *document (to
 * be freed by ngx_free()) and *fetched (seconds since the epoch) set;
 * NGX_DECLINED if there is no such file; NGX_ERROR with *why set to a static
 * text.
 */
ngx_int_t ngx_http_auth_tenant_state_read(const ngx_str_t *path,
    const ngx_str_t *owner, ngx_uid_t user, ngx_str_t *document,
    time_t *fetched, const char **why, ngx_log_t *log);


/*
 * Writes to dst, of at least _STATE_HEAD bytes and the owner's length, what
 * stands before a document.  Returns the length, or 0 if OpenSSL fails.
 */
size_t ngx_http_auth_tenant_state_head(u_char *dst, const ngx_str_t *owner,
    const ngx_str_t *document, time_t fetched);


/*
 * Writes a state file from a thread of its own, since a disk may be slow:
 * mode 0600, written beside it, flushed, renamed, the directory flushed.
 * Whoever else writes the same file wins or loses as a whole; but a process
 * that exits, whose settings may be those of before a reload, leaves a file
 * of another owner alone.  Copies what it is given.  NGX_OK if it is under
 * way (what became of it is told by ngx_http_auth_tenant_state_reap()),
 * NGX_BUSY if the last one of this path still is, NGX_ERROR.
 */
ngx_int_t ngx_http_auth_tenant_state_write(const ngx_str_t *path,
    const ngx_str_t *owner, const ngx_str_t *document, time_t fetched,
    ngx_log_t *log);


/* 1 if this path is being written. */
ngx_uint_t ngx_http_auth_tenant_state_busy(const ngx_str_t *path,
    ngx_log_t *log);


/* 1 if this process could not write it when it last tried. */
ngx_uint_t ngx_http_auth_tenant_state_unwritten(const ngx_str_t *path);


/* Collects writes that have ended; logs each path's failure once. */
void ngx_http_auth_tenant_state_reap(ngx_log_t *log);


/* Waits (at most `timeout` ms) for the last writes, when a worker exits. */
void ngx_http_auth_tenant_state_done(ngx_msec_t timeout, ngx_log_t *log);


/* one write: what its thread is given, and how it ended */

typedef struct {
    char          *path;
    char          *temp;
    char          *dir;
    u_char        *text;
    size_t         len;
    size_t         ours;                         /* a file that begins in
                                                    another way than the text
                                                    does so far is left */
    const char    *what;                         /* failed, with this errno */
    int            err;
    int            done;                         /* set last, atomically */
} ngx_http_auth_tenant_job_t;


void *ngx_http_auth_tenant_state_run(void *job);


#endif /* _NGX_HTTP_AUTH_TENANT_STATE_H_INCLUDED_ */

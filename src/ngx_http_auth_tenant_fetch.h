
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * One GET over HTTP(S), without blocking: libcurl behind start, cancel and a
 * callback.  Nothing else knows libcurl, and this knows nothing of keys.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_FETCH_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_FETCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* how a provider's servers are reached; texts end in a null character */

typedef struct {
    ngx_msec_t                             connect_timeout;
    ngx_str_t                              certificate; /* CA file; empty: the
                                                           system's */
    ngx_str_t                              proxy;       /* URL; empty: none */
    size_t                                 max_size;    /* of a body */

    unsigned                               verify:1;    /* TLS */
    unsigned                               http:1;      /* http:// too */
    unsigned                               loopback:1;  /* addresses of this
                                                           host, too */
} ngx_http_auth_tenant_route_t;


/* what came of it; gone when the callback returns */

typedef struct {
    ngx_uint_t                             status;      /* 0: no answer */
    ngx_str_t                              url;         /* of whom */
    ngx_str_t                              body;        /* status 200 only */
    ngx_str_t                              cache_control;
    ngx_str_t                              error;       /* why there is none;
                                                           empty: all well */
} ngx_http_auth_tenant_answer_t;


typedef struct ngx_http_auth_tenant_fetch_s  ngx_http_auth_tenant_fetch_t;

typedef void (*ngx_http_auth_tenant_fetch_pt)(void *data,
    const ngx_http_auth_tenant_answer_t *answer);


/*
 * Starts a GET of `url` (null-terminated).  `timeout` is what the whole of it
 * may take, in milliseconds.  `handler` is called once, from nginx's event
 * loop and never from within this call, unless the fetch is cancelled.
 * Returns NULL if there is no memory or libcurl refuses.
 */
ngx_http_auth_tenant_fetch_t *ngx_http_auth_tenant_fetch_start(
    const ngx_http_auth_tenant_route_t *route, const u_char *url,
    ngx_msec_t timeout, ngx_http_auth_tenant_fetch_pt handler, void *data);


/* Ends a fetch whose handler has not been called yet; it won't be. */
void ngx_http_auth_tenant_fetch_cancel(ngx_http_auth_tenant_fetch_t *fetch);


/*
 * For "nginx -t": NGX_OK, or NGX_ERROR with *why set to a static text if this
 * libcurl can't be used: no asynchronous DNS, no TLS, or TLS by another
 * library than OpenSSL.
 */
ngx_int_t ngx_http_auth_tenant_fetch_check(const char **why);


/*
 * For a process that fetches, after its fork: NGX_OK, also if it was done
 * before; NGX_ERROR, which is logged.  Done ends all fetches, without calling
 * their handlers, and is of no effect where nothing was begun.
 */
ngx_int_t ngx_http_auth_tenant_fetch_init(ngx_log_t *log);
void ngx_http_auth_tenant_fetch_done(void);


#endif /* _NGX_HTTP_AUTH_TENANT_FETCH_H_INCLUDED_ */

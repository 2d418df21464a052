
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the files that know libcurl share: its multi handle on nginx's event
 * loop, and one transfer, that is, its options and what is taken of an answer.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_CURL_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_CURL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <curl/curl.h>

#include "ngx_http_auth_tenant_fetch.h"


#define NGX_HTTP_AUTH_TENANT_MAX_HEAD  65536
#define NGX_HTTP_AUTH_TENANT_BODY      8192        /* allocated first */
#define NGX_HTTP_AUTH_TENANT_MESSAGE   256


struct ngx_http_auth_tenant_fetch_s {
    ngx_queue_t                       queue;       /* of running or ended */
    ngx_http_auth_tenant_fetch_pt     handler;
    void                             *data;

    CURL                             *easy;
    CURLcode                          code;        /* how it ended */
    const char                       *why;         /* we gave it up */

    u_char                           *body;
    size_t                            len;
    size_t                            allocated;
    size_t                            max_size;
    size_t                            head;        /* headers so far, bytes */
    size_t                            cache_len;

    unsigned                          added:1;     /* to the multi handle */
    unsigned                          checked:1;   /* addresses are */
    unsigned                          loopback:1;
    unsigned                          trailer:1;   /* the headers have ended */

    char                              refused[INET6_ADDRSTRLEN];
    u_char                            cache_control[512];
    char                              buffer[CURL_ERROR_SIZE];
    u_char                            error[NGX_HTTP_AUTH_TENANT_MESSAGE];
};


/*
 * Of a process, never of a cycle: a single process keeps its events over a
 * reload, while the cycle that they were made in goes, and its log with it.
 */

typedef struct {
    CURLM                            *multi;
    struct curl_slist                *headers;
    ngx_queue_t                       running;
    ngx_queue_t                       ended;
    ngx_queue_t                       sockets;
    ngx_event_t                       timer;
    ngx_event_t                       posted;

    /* the file of CAs as it was last seen, and when it had changed */
    struct stat                       ca;
    ngx_msec_t                        ca_changed;

    /* debug messages of events want both; this log takes nothing */
    ngx_connection_t                  connection;
    ngx_log_t                         log;

    unsigned                          ready:1;
    unsigned                          nudge:1;     /* all transfers */
} ngx_http_auth_tenant_curl_t;


extern ngx_http_auth_tenant_curl_t  ngx_http_auth_tenant_curl;


/* _fetch.c: what has happened to a socket, or CURL_SOCKET_TIMEOUT */

void ngx_http_auth_tenant_curl_act(curl_socket_t s, int what);


/* _curl_event.c */

void ngx_http_auth_tenant_curl_timer_handler(ngx_event_t *ev);
int ngx_http_auth_tenant_curl_watch(CURL *easy, curl_socket_t s, int what,
    void *data, void *socket_data);
int ngx_http_auth_tenant_curl_alarm(CURLM *multi, long ms, void *data);
void ngx_http_auth_tenant_curl_replaced(curl_socket_t s);
void ngx_http_auth_tenant_curl_forget(ngx_connection_t *c);


/* _curl_option.c: makes fetch->easy; NGX_OK or NGX_ERROR */

ngx_int_t ngx_http_auth_tenant_curl_options(
    ngx_http_auth_tenant_fetch_t *fetch,
    const ngx_http_auth_tenant_route_t *route, const u_char *url,
    ngx_msec_t timeout);


/* _curl_answer.c: two callbacks of libcurl, and what came of a transfer */

size_t ngx_http_auth_tenant_curl_header(char *p, size_t size, size_t n,
    void *data);
size_t ngx_http_auth_tenant_curl_body(char *p, size_t size, size_t n,
    void *data);
void ngx_http_auth_tenant_curl_answer(ngx_http_auth_tenant_fetch_t *fetch,
    ngx_http_auth_tenant_answer_t *answer);


#endif /* _NGX_HTTP_AUTH_TENANT_CURL_H_INCLUDED_ */

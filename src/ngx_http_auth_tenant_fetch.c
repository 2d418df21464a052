
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_curl.h"
#include <openssl/crypto.h>


static void ngx_http_auth_tenant_fetch_nudge(void);
static void ngx_http_auth_tenant_fetch_collect(CURLMcode rc);
static void ngx_http_auth_tenant_fetch_end(
    ngx_http_auth_tenant_fetch_t *fetch, CURLcode code);
static void ngx_http_auth_tenant_fetch_posted_handler(ngx_event_t *ev);
static void ngx_http_auth_tenant_fetch_free(
    ngx_http_auth_tenant_fetch_t *fetch);
static void ngx_http_auth_tenant_fetch_free_all(ngx_queue_t *queue);


ngx_http_auth_tenant_curl_t  ngx_http_auth_tenant_curl;


ngx_int_t
ngx_http_auth_tenant_fetch_check(const char **why)
{
    size_t                   len;
    unsigned long            version;
    const char              *ssl;
    curl_version_info_data  *info;

    info = curl_version_info(CURLVERSION_NOW);

    if (info->version_num < 0x075700) {
        *why = "libcurl is older than 7.87.0";
        return NGX_ERROR;
    }

    if (!(info->features & CURL_VERSION_ASYNCHDNS)) {
        *why = "libcurl waits for DNS: build it with its threaded resolver "
               "or c-ares";
        return NGX_ERROR;
    }

    if (!(info->features & CURL_VERSION_SSL) || info->ssl_version == NULL) {
        *why = "libcurl has no TLS: install its OpenSSL flavour";
        return NGX_ERROR;
    }

    /* two OpenSSLs in one process would call each other's functions */

    version = OpenSSL_version_num() >> 28;
    ssl = (version == 1) ? "OpenSSL/1.1." : "OpenSSL/";
    len = ngx_strlen(ssl);

    if (ngx_strncmp(info->ssl_version, ssl, len) != 0
        || (version != 1
            && strtoul(info->ssl_version + len, NULL, 10) != version))
    {
        *why = "libcurl takes its TLS from another library than nginx: "
               "install its flavour for nginx's OpenSSL";
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* After the fork: sockets and threads of libcurl are of one process. */

ngx_int_t
ngx_http_auth_tenant_fetch_init(ngx_log_t *log)
{
    unsigned                      rc;
    ngx_event_t                  *ev;
    ngx_http_auth_tenant_curl_t  *curl;

    curl = &ngx_http_auth_tenant_curl;

    if (curl->ready) {
        return NGX_OK;
    }

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "auth_tenant: curl_global_init() failed");
        return NGX_ERROR;
    }

    curl->ready = 1;

    ngx_queue_init(&curl->running);
    ngx_queue_init(&curl->ended);
    ngx_queue_init(&curl->sockets);

    curl->connection.fd = (ngx_socket_t) -1;

    ev = &curl->timer;
    ev->handler = ngx_http_auth_tenant_curl_timer_handler;
    ev->data = &curl->connection;
    ev->log = &curl->log;
    ev->cancelable = 1;

    ev = &curl->posted;
    ev->handler = ngx_http_auth_tenant_fetch_posted_handler;
    ev->data = &curl->connection;
    ev->log = &curl->log;

    curl->headers = curl_slist_append(NULL, "Accept: application/json");
    curl->multi = curl_multi_init();

    if (curl->headers == NULL || curl->multi == NULL) {
        goto failed;
    }

    rc = curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION,
                           ngx_http_auth_tenant_curl_watch);
    rc |= curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION,
                            ngx_http_auth_tenant_curl_alarm);
    rc |= curl_multi_setopt(curl->multi, CURLMOPT_PIPELINING,
                            (long) CURLPIPE_NOTHING);
    if (rc == CURLM_OK) {
        return NGX_OK;
    }

failed:

    ngx_log_error(NGX_LOG_ALERT, log, 0, "auth_tenant: curl_multi_init() "
                  "or an option of it failed");

    ngx_http_auth_tenant_fetch_done();

    return NGX_ERROR;
}


void
ngx_http_auth_tenant_fetch_done(void)
{
    ngx_queue_t                  *q;
    ngx_http_auth_tenant_curl_t  *curl;

    curl = &ngx_http_auth_tenant_curl;

    if (!curl->ready) {
        return;
    }

    ngx_http_auth_tenant_fetch_free_all(&curl->running);
    ngx_http_auth_tenant_fetch_free_all(&curl->ended);

    if (curl->multi) {
        (void) curl_multi_cleanup(curl->multi);
        curl->multi = NULL;
    }

    /* none is left by any libcurl known */

    while (!ngx_queue_empty(&curl->sockets)) {
        q = ngx_queue_head(&curl->sockets);
        ngx_http_auth_tenant_curl_forget(
                                  ngx_queue_data(q, ngx_connection_t, queue));
    }

    if (curl->timer.timer_set) {
        ngx_del_timer(&curl->timer);
    }

    if (curl->posted.posted) {
        ngx_delete_posted_event(&curl->posted);
    }

    curl_slist_free_all(curl->headers);
    curl->headers = NULL;

    curl_global_cleanup();
    curl->ready = 0;
}


ngx_http_auth_tenant_fetch_t *
ngx_http_auth_tenant_fetch_start(const ngx_http_auth_tenant_route_t *route,
    const u_char *url, ngx_msec_t timeout,
    ngx_http_auth_tenant_fetch_pt handler, void *data)
{
    ngx_http_auth_tenant_curl_t   *curl;
    ngx_http_auth_tenant_fetch_t  *fetch;

    curl = &ngx_http_auth_tenant_curl;

    if (!curl->ready) {
        return NULL;
    }

    fetch = ngx_calloc(sizeof(ngx_http_auth_tenant_fetch_t), ngx_cycle->log);
    if (fetch == NULL) {
        return NULL;
    }

    fetch->handler = handler;
    fetch->data = data;

    ngx_queue_insert_tail(&curl->running, &fetch->queue);

    if (ngx_http_auth_tenant_curl_options(fetch, route, url, timeout) != NGX_OK
        || curl_multi_add_handle(curl->multi, fetch->easy) != CURLM_OK)
    {
        ngx_http_auth_tenant_fetch_free(fetch);
        return NULL;
    }

    fetch->added = 1;

    return fetch;
}


void
ngx_http_auth_tenant_fetch_cancel(ngx_http_auth_tenant_fetch_t *fetch)
{
    ngx_http_auth_tenant_fetch_free(fetch);
}


/*
 * What has ended is told later, by a posted event: whoever is told may start
 * and cancel transfers as it likes.
 */

void
ngx_http_auth_tenant_curl_act(curl_socket_t s, int what)
{
    int        n;
    CURLMcode  rc;

    rc = curl_multi_socket_action(ngx_http_auth_tenant_curl.multi, s, what,
                                  &n);

    ngx_http_auth_tenant_fetch_collect(rc);
}


/* libcurl has no other call for a transfer that waits for nothing */

#if (__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif


static void
ngx_http_auth_tenant_fetch_nudge(void)
{
    int        n;
    CURLMcode  rc;

    rc = curl_multi_socket_all(ngx_http_auth_tenant_curl.multi, &n);

    ngx_http_auth_tenant_fetch_collect(rc);
}


#if (__GNUC__)
#pragma GCC diagnostic pop
#endif


static void
ngx_http_auth_tenant_fetch_collect(CURLMcode rc)
{
    int                            n;
    char                          *private;
    CURLMsg                       *msg;
    ngx_http_auth_tenant_curl_t   *curl;

    curl = &ngx_http_auth_tenant_curl;

    if (rc != CURLM_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "auth_tenant: libcurl's multi handle failed: %s",
                      curl_multi_strerror(rc));
    }

    while ((msg = curl_multi_info_read(curl->multi, &n)) != NULL) {

        private = NULL;

        if (msg->msg == CURLMSG_DONE
            && curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private)
               == CURLE_OK
            && private)
        {
            ngx_http_auth_tenant_fetch_end(
                (ngx_http_auth_tenant_fetch_t *) private, msg->data.result);
        }
    }
}


static void
ngx_http_auth_tenant_fetch_end(ngx_http_auth_tenant_fetch_t *fetch,
    CURLcode code)
{
    ngx_http_auth_tenant_curl_t  *curl;

    curl = &ngx_http_auth_tenant_curl;

    (void) curl_multi_remove_handle(curl->multi, fetch->easy);

    fetch->added = 0;
    fetch->code = code;

    ngx_queue_remove(&fetch->queue);
    ngx_queue_insert_tail(&curl->ended, &fetch->queue);
    ngx_post_event(&curl->posted, &ngx_posted_events);
}


static void
ngx_http_auth_tenant_fetch_posted_handler(ngx_event_t *ev)
{
    ngx_queue_t                    *q;
    ngx_http_auth_tenant_curl_t    *curl;
    ngx_http_auth_tenant_fetch_t   *fetch;
    ngx_http_auth_tenant_answer_t   answer;

    curl = &ngx_http_auth_tenant_curl;

    if (curl->nudge) {
        curl->nudge = 0;
        ngx_http_auth_tenant_fetch_nudge();
    }

    while (!ngx_queue_empty(&curl->ended)) {

        q = ngx_queue_head(&curl->ended);
        fetch = ngx_queue_data(q, ngx_http_auth_tenant_fetch_t, queue);

        /* from here on it is in no queue, and still can be taken out */

        ngx_queue_remove(q);
        ngx_queue_init(q);

        ngx_http_auth_tenant_curl_answer(fetch, &answer);
        fetch->handler(fetch->data, &answer);

        ngx_http_auth_tenant_fetch_free(fetch);
    }
}


static void
ngx_http_auth_tenant_fetch_free(ngx_http_auth_tenant_fetch_t *fetch)
{
    if (fetch->added) {
        (void) curl_multi_remove_handle(ngx_http_auth_tenant_curl.multi,
                                        fetch->easy);
    }

    if (fetch->easy) {
        curl_easy_cleanup(fetch->easy);
    }

    free(fetch->body);

    ngx_queue_remove(&fetch->queue);
    ngx_free(fetch);
}


static void
ngx_http_auth_tenant_fetch_free_all(ngx_queue_t *queue)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_http_auth_tenant_fetch_free(
                       ngx_queue_data(q, ngx_http_auth_tenant_fetch_t, queue));
    }
}

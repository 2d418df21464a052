
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_curl.h"


static ngx_connection_t *ngx_http_auth_tenant_curl_connection(
    curl_socket_t s);
static ngx_int_t ngx_http_auth_tenant_curl_event(ngx_event_t *ev,
    ngx_int_t event, ngx_uint_t wanted);
static void ngx_http_auth_tenant_curl_renew(ngx_event_t *ev,
    ngx_int_t event);
static void *ngx_http_auth_tenant_curl_inode(curl_socket_t s);
static void ngx_http_auth_tenant_curl_fail(CURL *easy);
static void ngx_http_auth_tenant_curl_socket_handler(ngx_event_t *ev);


/*
 * libcurl says what it wants to know of a socket.  Level-triggered, since it
 * need not read until there is nothing left.  The descriptor is libcurl's: it
 * is watched, and let go without being closed.
 */

int
ngx_http_auth_tenant_curl_watch(CURL *easy, curl_socket_t s, int what,
    void *data, void *socket_data)
{
    ngx_connection_t  *c;

    c = socket_data;

    if (what == CURL_POLL_REMOVE) {

        if (c) {
            (void) curl_multi_assign(ngx_http_auth_tenant_curl.multi, s, NULL);
            ngx_http_auth_tenant_curl_forget(c);
        }

        return 0;
    }

    if (c == NULL) {
        c = ngx_http_auth_tenant_curl_connection(s);

        if (c == NULL) {
            ngx_http_auth_tenant_curl_fail(easy);
            return 0;
        }
    }

    c->log = ngx_cycle->log;

    if (ngx_http_auth_tenant_curl_event(c->read, NGX_READ_EVENT,
                                        what & CURL_POLL_IN)
        != NGX_OK
        || ngx_http_auth_tenant_curl_event(c->write, NGX_WRITE_EVENT,
                                           what & CURL_POLL_OUT)
           != NGX_OK)
    {
        ngx_http_auth_tenant_curl_fail(easy);
    }

    return 0;
}


static ngx_connection_t *
ngx_http_auth_tenant_curl_connection(curl_socket_t s)
{
    ngx_connection_t             *c;
    ngx_http_auth_tenant_curl_t  *curl;

    curl = &ngx_http_auth_tenant_curl;

    c = ngx_get_connection(s, ngx_cycle->log);
    if (c == NULL) {
        return NULL;
    }

    c->data = ngx_http_auth_tenant_curl_inode(s);
    c->read->handler = ngx_http_auth_tenant_curl_socket_handler;
    c->write->handler = ngx_http_auth_tenant_curl_socket_handler;

    ngx_queue_insert_tail(&curl->sockets, &c->queue);

    if (curl_multi_assign(curl->multi, s, c) != CURLM_OK) {
        ngx_http_auth_tenant_curl_forget(c);
        return NULL;
    }

    return c;
}


static ngx_int_t
ngx_http_auth_tenant_curl_event(ngx_event_t *ev, ngx_int_t event,
    ngx_uint_t wanted)
{
    ngx_connection_t  *c;

    c = ev->data;
    ev->log = c->log;

    if (wanted) {
        return ev->active ? NGX_OK
                          : ngx_add_event(ev, event, NGX_LEVEL_EVENT);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

    return ev->active ? ngx_del_event(ev, event, 0) : NGX_OK;
}


void
ngx_http_auth_tenant_curl_forget(ngx_connection_t *c)
{
    ngx_uint_t  flags;

    c->log = ngx_cycle->log;
    c->read->log = c->log;
    c->write->log = c->log;

    /*
     * A connection that failed is closed before libcurl says so, and a thread
     * that looks up a name may have a file of that number by now.
     */

    if (c->data == ngx_http_auth_tenant_curl_inode(c->fd)) {
        flags = 0;

    } else {
        flags = NGX_CLOSE_EVENT;

        /* nor does it go on to the next address by itself then */

        ngx_http_auth_tenant_curl.nudge = 1;
        ngx_post_event(&ngx_http_auth_tenant_curl.posted, &ngx_posted_events);
    }

    /* not ngx_del_conn(), which select and poll do not have */

    if (c->read->active) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, flags);
    }

    if (c->write->active) {
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, flags);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    c->read->closed = 1;
    c->write->closed = 1;

    ngx_queue_remove(&c->queue);
    ngx_free_connection(c);

    /* else an exiting worker would tell of an open socket */

    c->fd = (ngx_socket_t) -1;
}


/*
 * For the same reason the next address of a name may get a socket of the same
 * number: what was watched of the old one is watched of the new one, since
 * libcurl sees no difference, and the kernel has forgotten it.
 */

void
ngx_http_auth_tenant_curl_replaced(curl_socket_t s)
{
    ngx_queue_t                  *q;
    ngx_connection_t             *c;
    ngx_http_auth_tenant_curl_t  *curl;

    curl = &ngx_http_auth_tenant_curl;

    for (q = ngx_queue_head(&curl->sockets);
         q != ngx_queue_sentinel(&curl->sockets);
         q = ngx_queue_next(q))
    {
        c = ngx_queue_data(q, ngx_connection_t, queue);

        if (c->fd == s) {
            c->log = ngx_cycle->log;
            c->data = ngx_http_auth_tenant_curl_inode(s);
            ngx_http_auth_tenant_curl_renew(c->read, NGX_READ_EVENT);
            ngx_http_auth_tenant_curl_renew(c->write, NGX_WRITE_EVENT);
            return;
        }
    }
}


/* If it can't be watched, the transfer ends with its time. */

static void
ngx_http_auth_tenant_curl_renew(ngx_event_t *ev, ngx_int_t event)
{
    if (!ev->active) {
        return;
    }

    (void) ngx_del_event(ev, event, NGX_CLOSE_EVENT);
    (void) ngx_http_auth_tenant_curl_event(ev, event, 1);
}


/* What tells a socket from whatever has its number later; NULL: closed. */

static void *
ngx_http_auth_tenant_curl_inode(curl_socket_t s)
{
    struct stat  st;

    return fstat(s, &st) == 0 ? (void *) (uintptr_t) st.st_ino : NULL;
}


/*
 * A transfer whose socket can't be watched.  It is only marked here: libcurl
 * is told when it is not in the middle of something, and all other transfers
 * go on.
 */

static void
ngx_http_auth_tenant_curl_fail(CURL *easy)
{
    char                          *private;
    ngx_http_auth_tenant_curl_t   *curl;
    ngx_http_auth_tenant_fetch_t  *fetch;

    private = NULL;

    /* sockets that libcurl itself is closing are of no transfer of ours */

    if (easy == NULL
        || curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) != CURLE_OK
        || private == NULL)
    {
        return;
    }

    curl = &ngx_http_auth_tenant_curl;
    fetch = (ngx_http_auth_tenant_fetch_t *) private;

    fetch->why = "its socket can't be watched: raise \"worker_connections\"";
    fetch->code = CURLE_ABORTED_BY_CALLBACK;

    ngx_queue_remove(&fetch->queue);
    ngx_queue_insert_tail(&curl->ended, &fetch->queue);
    ngx_post_event(&curl->posted, &ngx_posted_events);
}


/*
 * The timer is set anew each time: nginx would leave it where it is for a
 * difference of less than 300 ms.
 */

int
ngx_http_auth_tenant_curl_alarm(CURLM *multi, long ms, void *data)
{
    ngx_event_t  *ev;

    ev = &ngx_http_auth_tenant_curl.timer;

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ms >= 0) {
        ngx_add_timer(ev, (ngx_msec_t) ms);
    }

    return 0;
}


static void
ngx_http_auth_tenant_curl_socket_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    ngx_http_auth_tenant_curl_act(c->fd, ev->write ? CURL_CSELECT_OUT
                                                   : CURL_CSELECT_IN);
}


void
ngx_http_auth_tenant_curl_timer_handler(ngx_event_t *ev)
{
    ngx_http_auth_tenant_curl_act(CURL_SOCKET_TIMEOUT, 0);
}

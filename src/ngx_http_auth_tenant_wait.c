
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Requests whose keys are being fetched.
 */


#include "ngx_http_auth_tenant_net.h"


#define NGX_HTTP_AUTH_TENANT_MAX_WAITS  3


static ngx_int_t ngx_http_auth_tenant_ask_provider(
    ngx_http_auth_tenant_realm_t *realm);
static void ngx_http_auth_tenant_waiter_handler(ngx_event_t *ev);


/*
 * A token can't be judged with the keys that there are.  Asks the provider
 * for newer ones if it is time for that.  NGX_AGAIN if the request waits for
 * them: its phases go on when they are there, or when it has waited for long
 * enough; NGX_DECLINED if it is to be answered now.
 */

ngx_int_t
ngx_http_auth_tenant_ask(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, ngx_uint_t wait)
{
    ngx_int_t                       rc;
    ngx_event_t                    *ev;
    ngx_http_auth_tenant_realm_t   *realm;
    ngx_http_auth_tenant_waiter_t  *waiter;

    realm = ctx->realm;
    ctx->realm = NULL;

    rc = ngx_http_auth_tenant_ask_provider(realm);

    if (rc == NGX_DECLINED
        || !wait
        || ctx->waits >= NGX_HTTP_AUTH_TENANT_MAX_WAITS
        || realm->waiting + realm->worker->waiting
           >= NGX_HTTP_AUTH_TENANT_MAX_WAITING)
    {
        /* a realm whose fetch takes long leaves as many places as it takes */

        return NGX_DECLINED;
    }

    /* a client that goes away is noticed */

    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        return NGX_DECLINED;
    }

    waiter = ngx_pcalloc(r->pool, sizeof(ngx_http_auth_tenant_waiter_t));
    if (waiter == NULL) {
        return NGX_DECLINED;
    }

    waiter->realm = realm;
    waiter->request = r;
    waiter->ctx = ctx;

    ev = &waiter->event;

    ev->handler = ngx_http_auth_tenant_waiter_handler;
    ev->log = r->connection->log;

    /* debug messages of timers read the descriptor of a connection */

    waiter->connection.fd = (ngx_socket_t) -1;
    waiter->connection.data = waiter;
    ev->data = &waiter->connection;

    /* not cancelable: a worker that exits answers it first */

    ngx_add_timer(ev, realm->provider->net->read_timeout + 1500);

    if (realm->ticket == 0) {

        /*
         * Another process fetches, or the lock is held, for a moment: then
         * what others wait for already is not given up.
         */

        if (rc == NGX_AGAIN) {
            realm->awaited = ngx_http_auth_tenant_load(&realm->slot->ticket);

        } else if (ngx_queue_empty(&realm->waiters)) {
            realm->awaited = 0;
        }

        ngx_http_auth_tenant_look_soon();
    }

    ngx_queue_insert_tail(&realm->waiters, &waiter->queue);
    realm->waiting++;
    realm->worker->waiting++;

    ctx->waiter = waiter;
    ctx->waits++;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "auth_tenant: waits for keys of \"%V\"", &realm->issuer);

    return NGX_AGAIN;
}


/*
 * No timer has the keys of a tenant fetched that nobody uses, so that they may
 * be as old as "stale" allows though its provider is well.  Who uses them next
 * has to fetch them first.
 */

ngx_uint_t
ngx_http_auth_tenant_forgotten(const ngx_http_auth_tenant_realm_t *realm,
    int64_t now)
{
    auth_tenant_str_t                  tenant;
    const ngx_http_auth_tenant_net_t  *net;

    net = realm->provider->net;
    tenant = ngx_http_auth_tenant_str(&realm->tenant);

    /* whom the operator names is never forgotten */

    return tenant.len
           && ngx_http_auth_tenant_unused(net, realm->slot, now)
           && now >= ngx_http_auth_tenant_due(net, realm->slot, now)
           && (realm->provider->policy.tenants == NULL
               || !ngx_http_auth_tenant_accepts(realm->provider, &tenant));
}


/*
 * Nor has any timer an exiting worker fetch: who came after it does, unless
 * that has other settings, or another zone.  Then its keys may have been
 * withdrawn by now, and a request that still comes has to fetch them first.  A
 * fetch that fails makes the next one due later: what there is serves until
 * then.
 */

ngx_uint_t
ngx_http_auth_tenant_overdue(const ngx_http_auth_tenant_realm_t *realm,
    int64_t now)
{
    int64_t  due;

    if (!ngx_exiting) {
        return ngx_http_auth_tenant_forgotten(realm, now);
    }

    due = ngx_http_auth_tenant_due(realm->provider->net, realm->slot, now);

    return ngx_http_auth_tenant_since(due, now)
           >= 2 * NGX_HTTP_AUTH_TENANT_TICK;
}


/* NGX_DECLINED: there is nothing to wait for */

static ngx_int_t
ngx_http_auth_tenant_ask_provider(ngx_http_auth_tenant_realm_t *realm)
{
    int64_t                       now, wait;
    ngx_int_t                     rc;
    ngx_http_auth_tenant_slot_t  *slot;

    slot = realm->slot;
    now = ngx_http_auth_tenant_clock();

    /* a flood of such tokens does not contend for the lock meanwhile */

    if (realm->ticket || ngx_http_auth_tenant_slot_leased(slot, now)) {
        return NGX_AGAIN;
    }

    /* a provider that fails is not asked more often because clients ask */

    if (ngx_http_auth_tenant_load(&slot->failures)
        && now < ngx_http_auth_tenant_due(realm->provider->net, slot, now))
    {
        return NGX_DECLINED;
    }

    wait = (int64_t) realm->provider->net->cooldown;

    /* what strangers name is paid for each time, not when it is new only */

    if (realm->tenant.len
        && !ngx_http_auth_tenant_slot_proven(slot)
        && ngx_http_auth_tenant_load(&slot->attempted))
    {
        if (ngx_http_auth_tenant_slot_tried(slot, now, wait)) {

            /* who began it a moment ago may be about to get the lease */

            return ngx_http_auth_tenant_refresh(realm,
                                             wait + NGX_HTTP_AUTH_TENANT_TICK);
        }

        rc = ngx_http_auth_tenant_zone_spend(realm->worker->zone,
                                             realm->provider->net->digest,
                                             now, wait,
                                             NGX_HTTP_AUTH_TENANT_FIRST_USES);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (ngx_http_auth_tenant_overdue(realm, now)) {
        wait = ngx_min(wait, NGX_HTTP_AUTH_TENANT_TICK);
    }

    rc = ngx_http_auth_tenant_refresh(realm, wait);

    return (rc == NGX_ERROR) ? NGX_DECLINED : rc;
}


/* Lets all requests go on that wait for a realm; none runs from in here. */

void
ngx_http_auth_tenant_wake(ngx_http_auth_tenant_realm_t *realm)
{
    ngx_queue_t                    *q;
    ngx_http_auth_tenant_waiter_t  *waiter;

    while (!ngx_queue_empty(&realm->waiters)) {

        q = ngx_queue_head(&realm->waiters);
        waiter = ngx_queue_data(q, ngx_http_auth_tenant_waiter_t, queue);

        ngx_queue_remove(q);
        waiter->realm->waiting--;
        waiter->realm->worker->waiting--;
        waiter->realm = NULL;

        if (waiter->event.timer_set) {
            ngx_del_timer(&waiter->event);
        }

        ngx_post_event(&waiter->event, &ngx_posted_events);
    }
}


void
ngx_http_auth_tenant_stop_waiting(ngx_http_auth_tenant_ctx_t *ctx)
{
    ngx_http_auth_tenant_waiter_t  *waiter;

    waiter = ctx->waiter;

    if (waiter == NULL) {
        return;
    }

    ctx->waiter = NULL;

    if (waiter->realm) {
        ngx_queue_remove(&waiter->queue);
        waiter->realm->waiting--;
        waiter->realm->worker->waiting--;
        waiter->realm = NULL;
    }

    if (waiter->event.timer_set) {
        ngx_del_timer(&waiter->event);
    }

    if (waiter->event.posted) {
        ngx_delete_posted_event(&waiter->event);
    }
}


static void
ngx_http_auth_tenant_waiter_handler(ngx_event_t *ev)
{
    ngx_connection_t               *c;
    ngx_http_request_t             *r;
    ngx_http_auth_tenant_ctx_t     *ctx;
    ngx_http_auth_tenant_waiter_t  *waiter;

    c = ev->data;
    waiter = c->data;
    ctx = waiter->ctx;
    r = waiter->request;
    c = r->connection;

    if (ev->timedout) {
        ctx->waits = NGX_HTTP_AUTH_TENANT_MAX_WAITS;
    }

    ngx_http_auth_tenant_stop_waiting(ctx);

    ngx_http_set_log_request(c->log, r);

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);

    ngx_http_run_posted_requests(c);
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a worker does about keys from the network by itself, each second.
 */


#include "ngx_http_auth_tenant_net.h"
#include "ngx_http_auth_tenant_state.h"


static void ngx_http_auth_tenant_tick_handler(ngx_event_t *ev);
static void ngx_http_auth_tenant_tick_provider(
    ngx_http_auth_tenant_provider_t *provider);
static void ngx_http_auth_tenant_tick_tenants(
    ngx_http_auth_tenant_worker_t *worker);
static void ngx_http_auth_tenant_tick_realm(
    ngx_http_auth_tenant_realm_t *realm);
static void ngx_http_auth_tenant_tick_purge(
    ngx_http_auth_tenant_worker_t *worker);
static ngx_http_auth_tenant_provider_t *
    ngx_http_auth_tenant_tick_owner(ngx_http_auth_tenant_worker_t *worker,
    ngx_http_auth_tenant_slot_t *slot, int64_t now);
static void ngx_http_auth_tenant_look_handler(ngx_event_t *ev);


/* static, for the same reason as in _keys_watch.c */

static ngx_event_t       ngx_http_auth_tenant_tick_event;
static ngx_event_t       ngx_http_auth_tenant_look_event;
static ngx_connection_t  ngx_http_auth_tenant_tick_connection;


ngx_int_t
ngx_http_auth_tenant_net_init_process(ngx_cycle_t *cycle)
{
    ngx_event_t  *ev;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    if (ngx_process == NGX_PROCESS_WORKER
        && ngx_http_auth_tenant_worker(cycle) == NULL)
    {
        return NGX_OK;
    }

    ngx_http_auth_tenant_tick_connection.fd = (ngx_socket_t) -1;

    ev = &ngx_http_auth_tenant_look_event;

    ev->handler = ngx_http_auth_tenant_look_handler;
    ev->data = &ngx_http_auth_tenant_tick_connection;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ev = &ngx_http_auth_tenant_tick_event;

    ev->handler = ngx_http_auth_tenant_tick_handler;
    ev->data = &ngx_http_auth_tenant_tick_connection;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, 1);

    return NGX_OK;
}


static void
ngx_http_auth_tenant_tick_handler(ngx_event_t *ev)
{
    ngx_uint_t                         i;
    ngx_http_auth_tenant_worker_t     *worker;
    ngx_http_auth_tenant_provider_t  **pp;

    ev->log = ngx_cycle->log;

    ngx_add_timer(ev, NGX_HTTP_AUTH_TENANT_TICK);

    worker = ngx_http_auth_tenant_worker(ngx_cycle);

    if (worker == NULL) {
        return;
    }

    ngx_http_auth_tenant_state_reap(ev->log);
    ngx_http_auth_tenant_tick_purge(worker);
    ngx_http_auth_tenant_keep_unsaved(worker);

    if (ngx_exiting) {
        return;
    }

    pp = worker->conf->providers.elts;

    for (i = 0; i < worker->conf->providers.nelts; i++) {
        if (pp[i]->net) {
            ngx_http_auth_tenant_tick_provider(pp[i]);
        }
    }

    ngx_http_auth_tenant_tick_tenants(worker);
}


/* realms that the configuration names */

static void
ngx_http_auth_tenant_tick_provider(ngx_http_auth_tenant_provider_t *provider)
{
    ngx_uint_t                     i, n;
    auth_tenant_str_t              none;
    const auth_tenant_str_t       *tenants;
    ngx_http_auth_tenant_realm_t  *realm;

    ngx_memzero(&none, sizeof(auth_tenant_str_t));
    tenants = &none;
    n = 1;

    if (provider->net->issuer.tenant) {
        tenants = provider->policy.tenants;
        n = provider->policy.ntenants;
    }

    for (i = 0; i < n; i++) {

        realm = ngx_http_auth_tenant_realm_get(provider, &tenants[i],
                                             NGX_HTTP_AUTH_TENANT_CLAIM_FREE);
        if (realm) {

            /* no stranger takes the place of whom the operator names */

            ngx_http_auth_tenant_realm_proven(realm);
            ngx_http_auth_tenant_tick_realm(realm);
        }
    }
}


/* realms that somebody has asked for, in whichever process */

static void
ngx_http_auth_tenant_tick_tenants(ngx_http_auth_tenant_worker_t *worker)
{
    int64_t                           now;
    ngx_uint_t                        n;
    u_char                            buf[AUTH_TENANT_MAX_LABEL];
    auth_tenant_str_t                 tenant;
    ngx_http_auth_tenant_slot_t      *slot;
    ngx_http_auth_tenant_realm_t     *realm;
    ngx_http_auth_tenant_provider_t  *provider;

    now = ngx_http_auth_tenant_clock();

    for (n = 0; /* void */ ; n++) {

        slot = ngx_http_auth_tenant_zone_slot(worker->zone, n);

        if (slot == NULL) {
            return;
        }

        if (!ngx_http_auth_tenant_load(&slot->used)
            || ngx_http_auth_tenant_load(&slot->tenant_len) == 0)
        {
            continue;
        }

        provider = ngx_http_auth_tenant_tick_owner(worker, slot, now);
        if (provider == NULL) {
            continue;
        }

        /*
         * A tenant that isn't there is looked for when it is asked for, and
         * so is one that may not be: whose keys nobody has ever had.
         */

        if (ngx_http_auth_tenant_load(&slot->outcome)
            == NGX_HTTP_AUTH_TENANT_FETCH_UNKNOWN
            || (!ngx_http_auth_tenant_slot_proven(slot)
                && ngx_http_auth_tenant_slot_generation(worker->zone, slot)
                   == 0))
        {
            continue;
        }

        ngx_http_auth_tenant_slot_tenant(slot, buf, &tenant);

        realm = ngx_http_auth_tenant_realm_get(provider, &tenant,
                                               NGX_HTTP_AUTH_TENANT_NO_CLAIM);

        if (realm && realm->slot == slot) {
            ngx_http_auth_tenant_tick_realm(realm);
        }
    }
}


/* The provider for which it is due, if anybody has asked for it lately. */

static ngx_http_auth_tenant_provider_t *
ngx_http_auth_tenant_tick_owner(ngx_http_auth_tenant_worker_t *worker,
    ngx_http_auth_tenant_slot_t *slot, int64_t now)
{
    u_char                             buf[AUTH_TENANT_MAX_LABEL];
    ngx_uint_t                         i;
    auth_tenant_str_t                  tenant;
    ngx_http_auth_tenant_net_t        *net;
    ngx_http_auth_tenant_provider_t  **pp;

    ngx_http_auth_tenant_slot_tenant(slot, buf, &tenant);

    pp = worker->conf->providers.elts;

    for (i = 0; i < worker->conf->providers.nelts; i++) {

        net = pp[i]->net;

        if (net
            && ngx_memcmp(net->digest, slot->provider, AUTH_TENANT_STORE_ID)
               == 0
            && now >= ngx_http_auth_tenant_due(net, slot, now)
            && !ngx_http_auth_tenant_unused(net, slot, now)
            && ngx_http_auth_tenant_accepts(pp[i], &tenant))
        {
            return pp[i];
        }
    }

    return NULL;
}


static void
ngx_http_auth_tenant_tick_realm(ngx_http_auth_tenant_realm_t *realm)
{
    int64_t  now, wait;

    ngx_http_auth_tenant_realm_follow(realm);

    now = ngx_http_auth_tenant_clock();
    wait = (int64_t) realm->provider->net->cooldown;

    if (!realm->damaged) {

        if (now < ngx_http_auth_tenant_due(realm->provider->net, realm->slot,
                                           now))
        {
            return;
        }

        /* two workers may find it due; the second one comes too late */

        wait = ngx_min(wait, NGX_HTTP_AUTH_TENANT_TICK);
    }

    (void) ngx_http_auth_tenant_refresh(realm, wait);
}


/* realms whose slots went to others */

static void
ngx_http_auth_tenant_tick_purge(ngx_http_auth_tenant_worker_t *worker)
{
    ngx_queue_t                   *q, *next;
    ngx_http_auth_tenant_realm_t  *realm;

    for (q = ngx_queue_head(&worker->realms);
         q != ngx_queue_sentinel(&worker->realms);
         q = next)
    {
        next = ngx_queue_next(q);
        realm = ngx_queue_data(q, ngx_http_auth_tenant_realm_t, queue);

        if (!ngx_http_auth_tenant_slot_is(realm->slot, realm->id)) {
            ngx_http_auth_tenant_realm_free(realm);
        }
    }
}


/*
 * Requests may wait for what another process fetches, and an outcome for the
 * zone's lock: both are looked after more often, while there are any.
 */

void
ngx_http_auth_tenant_look_soon(void)
{
    ngx_event_t  *ev;

    ev = &ngx_http_auth_tenant_look_event;

    if (!ev->timer_set) {
        ev->log = ngx_cycle->log;
        ngx_add_timer(ev, NGX_HTTP_AUTH_TENANT_POLL);
    }
}


static void
ngx_http_auth_tenant_look_handler(ngx_event_t *ev)
{
    int64_t                         now;
    ngx_queue_t                    *q, *next;
    ngx_http_auth_tenant_realm_t   *realm;
    ngx_http_auth_tenant_worker_t  *worker;

    ev->log = ngx_cycle->log;

    worker = ngx_http_auth_tenant_worker(ngx_cycle);

    if (worker == NULL) {
        return;
    }

    now = ngx_http_auth_tenant_clock();

    for (q = ngx_queue_head(&worker->realms);
         q != ngx_queue_sentinel(&worker->realms);
         q = next)
    {
        next = ngx_queue_next(q);
        realm = ngx_queue_data(q, ngx_http_auth_tenant_realm_t, queue);

        if (realm->finishing) {
            ngx_http_auth_tenant_refresh_finish(realm);
            continue;
        }

        if (realm->ticket || ngx_queue_empty(&realm->waiters)) {
            continue;
        }

        if (!ngx_http_auth_tenant_slot_is(realm->slot, realm->id)
            || ngx_http_auth_tenant_load(&realm->slot->finished)
               >= realm->awaited
            || !ngx_http_auth_tenant_slot_leased(realm->slot, now))
        {
            ngx_http_auth_tenant_wake(realm);
            continue;
        }

        ngx_http_auth_tenant_look_soon();
    }
}

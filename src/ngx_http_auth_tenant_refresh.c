
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Fetching the keys of a realm: lease, discovery, JWK Set, publishing.  One
 * process does it, whichever gets the lease; all of them see the outcome in
 * the zone.
 */


#include "ngx_http_auth_tenant_net.h"


static ngx_uint_t ngx_http_auth_tenant_refresh_room(
    const ngx_http_auth_tenant_realm_t *realm);
static ngx_int_t ngx_http_auth_tenant_refresh_get(
    ngx_http_auth_tenant_realm_t *realm, const u_char *url,
    ngx_http_auth_tenant_fetch_pt handler);
static void ngx_http_auth_tenant_refresh_discovered(void *data,
    const ngx_http_auth_tenant_answer_t *answer);
static void ngx_http_auth_tenant_refresh_fetched(void *data,
    const ngx_http_auth_tenant_answer_t *answer);
static void ngx_http_auth_tenant_refresh_failed(
    ngx_http_auth_tenant_realm_t *realm, const char *what,
    const ngx_str_t *why, ngx_uint_t unknown);


/* what a refused document says, as ngx_str_t */

static ngx_str_t
ngx_http_auth_tenant_refresh_text(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    return s;
}


/* Keys get stale when the next fetch should have been done. */

ngx_uint_t
ngx_http_auth_tenant_usable(const ngx_http_auth_tenant_net_t *net,
    int64_t fetched, int64_t now)
{
    int64_t  next;

    next = ngx_http_auth_tenant_next(net);

    return auth_tenant_fresh_usable(fetched, now, next, (int64_t) net->stale);
}


/*
 * Starts a fetch if this process may: NGX_OK.  NGX_AGAIN if one is under way,
 * here or in another process; NGX_DECLINED if it is too early: the last one
 * began less than `wait` ms ago, or the provider fails and is left alone for
 * a while; NGX_BUSY if the lock is held, NGX_ERROR if it could not be started.
 */

ngx_int_t
ngx_http_auth_tenant_refresh(ngx_http_auth_tenant_realm_t *realm,
    int64_t wait)
{
    u_char                             url[AUTH_TENANT_MAX_URL + 1];
    size_t                             len;
    int64_t                            now;
    uint64_t                           ticket;
    ngx_int_t                          rc;
    ngx_str_t                          why;
    auth_tenant_str_t                  iss;
    ngx_http_auth_tenant_slot_t       *slot;
    const ngx_http_auth_tenant_net_t  *net;

    if (realm->ticket) {
        return NGX_AGAIN;
    }

    slot = realm->slot;
    net = realm->provider->net;
    now = ngx_http_auth_tenant_clock();

    if (!ngx_http_auth_tenant_refresh_room(realm)
        || ngx_http_auth_tenant_fetch_init(ngx_cycle->log) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_auth_tenant_slot_lease(realm->worker->zone, slot, realm->id,
                                         now, wait,
                                         (int64_t) net->read_timeout + 1000,
                                         &ticket);
    if (rc != NGX_OK) {
        return rc;
    }

    realm->ticket = ticket;
    realm->started = now;
    realm->worker->fetches++;
    realm->worker->fetching[realm->provider->number]++;

    if (net->jwks_uri.len) {
        rc = ngx_http_auth_tenant_refresh_get(realm, net->jwks_uri.data,
                                        ngx_http_auth_tenant_refresh_fetched);

    } else {
        iss = ngx_http_auth_tenant_str(&realm->issuer);
        len = auth_tenant_discovery_url(&iss, url, sizeof(url) - 1);
        url[len] = '\0';

        rc = len ? ngx_http_auth_tenant_refresh_get(realm, url,
                                     ngx_http_auth_tenant_refresh_discovered)
                 : NGX_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_str_set(&why, "no memory, or libcurl refuses its URL");
        ngx_http_auth_tenant_refresh_failed(realm, "can't be asked for", &why,
                                            0);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Whether a realm may be fetched beside all that this process fetches now: a
 * provider leaves as many places as it takes.  Strangers, and tenants that
 * have failed, may be slow: they leave half of them to the others.
 */

static ngx_uint_t
ngx_http_auth_tenant_refresh_room(const ngx_http_auth_tenant_realm_t *realm)
{
    ngx_uint_t                      most;
    ngx_http_auth_tenant_worker_t  *worker;

    worker = realm->worker;

    /* clients need connections, too */

    most = ngx_min(NGX_HTTP_AUTH_TENANT_MAX_FETCHES,
                   ngx_cycle->connection_n / 2);

    if (realm->tenant.len
        && (!ngx_http_auth_tenant_slot_proven(realm->slot)
            || ngx_http_auth_tenant_load(&realm->slot->failures)))
    {
        most /= 2;
    }

    return worker->fetches + worker->fetching[realm->provider->number] < most;
}


/* what is left of the time that discovery and keys have together */

static ngx_int_t
ngx_http_auth_tenant_refresh_get(ngx_http_auth_tenant_realm_t *realm,
    const u_char *url, ngx_http_auth_tenant_fetch_pt handler)
{
    int64_t                            left;
    const ngx_http_auth_tenant_net_t  *net;

    net = realm->provider->net;

    left = realm->started + (int64_t) net->read_timeout
           - ngx_http_auth_tenant_clock();

    if (left < 1) {
        left = 1;
    }

    realm->fetch = ngx_http_auth_tenant_fetch_start(&net->route, url,
                                                    (ngx_msec_t) left, handler,
                                                    realm);

    return realm->fetch ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_auth_tenant_refresh_discovered(void *data,
    const ngx_http_auth_tenant_answer_t *answer)
{
    ngx_http_auth_tenant_realm_t *realm = data;

    u_char                             url[AUTH_TENANT_MAX_URL + 1];
    size_t                             len;
    ngx_str_t                          why;
    const char                        *error;
    auth_tenant_str_t                  document, iss;
    const ngx_http_auth_tenant_net_t  *net;

    realm->fetch = NULL;

    if (!ngx_http_auth_tenant_worker_current(realm->worker)) {
        return;
    }

    net = realm->provider->net;

    if (answer->error.len) {

        ngx_http_auth_tenant_refresh_unfetched(realm, answer, 1, &why);

        /* of a provider with one issuer it says that something is wrong */

        ngx_http_auth_tenant_refresh_failed(realm,
                                     "discovery document can't be fetched",
                                     &why,
                                     net->issuer.tenant
                                     && answer->status == NGX_HTTP_NOT_FOUND);
        return;
    }

    document = ngx_http_auth_tenant_str(&answer->body);
    iss = ngx_http_auth_tenant_str(&realm->issuer);

    error = auth_tenant_discovery_parse(&document, &iss, net->route.http,
                                        url, sizeof(url) - 1, &len);
    if (error) {
        ngx_http_auth_tenant_refresh_refused(realm, &document, error, &why);
        ngx_http_auth_tenant_refresh_failed(realm,
                                            "discovery document is refused",
                                            &why, 0);
        return;
    }

    url[len] = '\0';

    if (ngx_http_auth_tenant_refresh_get(realm, url,
                                         ngx_http_auth_tenant_refresh_fetched)
        != NGX_OK)
    {
        ngx_str_set(&why, "no memory, or libcurl refuses their URL");
        ngx_http_auth_tenant_refresh_failed(realm, "can't be asked for", &why,
                                            0);
    }
}


static void
ngx_http_auth_tenant_refresh_fetched(void *data,
    const ngx_http_auth_tenant_answer_t *answer)
{
    ngx_http_auth_tenant_realm_t *realm = data;

    size_t                             len;
    int64_t                            max_age;
    ngx_str_t                          why;
    auth_tenant_str_t                  text;
    auth_tenant_keys_report_t          report;
    const ngx_http_auth_tenant_net_t  *net;

    static u_char  document[NGX_HTTP_AUTH_TENANT_LARGE];

    realm->fetch = NULL;

    if (!ngx_http_auth_tenant_worker_current(realm->worker)) {
        return;
    }

    net = realm->provider->net;

    if (answer->error.len) {
        ngx_http_auth_tenant_refresh_unfetched(realm, answer, 0, &why);
        ngx_http_auth_tenant_refresh_failed(realm, "can't be fetched", &why,
                                            0);
        return;
    }

    text = ngx_http_auth_tenant_str(&answer->body);

    len = auth_tenant_keys_compact(&text, realm->provider->policy.algs,
                                   document,
                                   ngx_http_auth_tenant_slot_capacity(
                                           realm->worker->zone, realm->slot),
                                   &report);
    if (len == 0) {
        why = ngx_http_auth_tenant_refresh_text(report.error
                              ? report.error
                              : "they are too large for their place in "
                                "\"auth_tenant_zone\"");
        ngx_http_auth_tenant_refresh_failed(realm, "are refused", &why, 0);
        return;
    }

    text = ngx_http_auth_tenant_str(&answer->cache_control);
    max_age = auth_tenant_fresh_max_age(&text);

    realm->document.data = ngx_alloc(len, ngx_cycle->log);

    if (realm->document.data == NULL) {
        ngx_str_set(&why, "no memory");
        ngx_http_auth_tenant_refresh_failed(realm, "can't be kept", &why, 0);
        return;
    }

    ngx_memcpy(realm->document.data, document, len);
    realm->document.len = len;

    realm->ended = ngx_http_auth_tenant_clock();
    realm->due = realm->ended + auth_tenant_fresh_next((int64_t) net->refresh,
                                                       max_age,
                                                       (uint32_t)
                                                       ngx_random());
    realm->outcome = NGX_HTTP_AUTH_TENANT_FETCH_OK;

    ngx_http_auth_tenant_refresh_log(realm, &report);
    ngx_http_auth_tenant_refresh_finish(realm);
}


static void
ngx_http_auth_tenant_refresh_failed(ngx_http_auth_tenant_realm_t *realm,
    const char *what, const ngx_str_t *why, ngx_uint_t unknown)
{
    int64_t                            now;
    uint64_t                           failures;
    ngx_uint_t                         usable;
    const ngx_http_auth_tenant_net_t  *net;

    net = realm->provider->net;
    now = ngx_http_auth_tenant_clock();

    failures = ngx_http_auth_tenant_load(&realm->slot->failures) + 1;

    realm->ended = now;
    realm->due = now + auth_tenant_fresh_backoff((int64_t) net->cooldown,
                                      (int64_t) net->refresh,
                                      (uint32_t) ngx_min(failures, 1000),
                                      (uint32_t) ngx_random());

    ngx_http_auth_tenant_realm_follow(realm);

    usable = realm->keys && ngx_http_auth_tenant_usable(net, realm->fetched,
                                                        now);

    /* a tenant whose keys are in use does not vanish with one answer */

    realm->outcome = NGX_HTTP_AUTH_TENANT_FETCH_FAILED;

    if (unknown && !usable) {
        realm->outcome = NGX_HTTP_AUTH_TENANT_FETCH_UNKNOWN;
        realm->due = now + ngx_http_auth_tenant_unknown_time(net);
    }

    ngx_http_auth_tenant_refresh_complain(realm, what, why, unknown, usable);
    ngx_http_auth_tenant_refresh_finish(realm);
}


/*
 * Publishes the outcome, as soon as the zone's lock is free: it is held for
 * the time of a copy, by another process that may have been stopped.
 */

void
ngx_http_auth_tenant_refresh_finish(ngx_http_auth_tenant_realm_t *realm)
{
    ngx_int_t           rc;
    auth_tenant_str_t   document;

    document = ngx_http_auth_tenant_str(&realm->document);

    rc = ngx_http_auth_tenant_slot_finish(realm->worker->zone, realm->slot,
                                  realm->id, realm->ticket, realm->outcome,
                                  document.len ? &document : NULL,
                                  realm->ended, realm->due);

    if (rc == NGX_BUSY) {
        realm->finishing = 1;
        ngx_http_auth_tenant_look_soon();
        return;
    }

    if (rc == NGX_OK && document.len) {
        ngx_http_auth_tenant_keep(realm);
    }

    ngx_http_auth_tenant_refresh_abandon(realm);
    ngx_http_auth_tenant_realm_follow(realm);
    ngx_http_auth_tenant_wake(realm);
}


/* Gives up a fetch of this process, or what is left of it. */

void
ngx_http_auth_tenant_refresh_abandon(ngx_http_auth_tenant_realm_t *realm)
{
    if (realm->fetch) {
        ngx_http_auth_tenant_fetch_cancel(realm->fetch);
        realm->fetch = NULL;
    }

    realm->finishing = 0;

    if (realm->ticket) {
        realm->ticket = 0;
        realm->worker->fetches--;
        realm->worker->fetching[realm->provider->number]--;
    }

    if (realm->document.data) {
        ngx_free(realm->document.data);
        ngx_str_null(&realm->document);
    }
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The slots of the zone.  A process may be killed between any two of the
 * stores below: each order of them leaves what the others can live with, and
 * nothing "in progress" lasts longer than its deadline.
 */


#include "ngx_http_auth_tenant_zone.h"


/*
 * Workers of the configuration before still use its realms, and touch them
 * each second, for as long as they have requests.
 */

#define NGX_HTTP_AUTH_TENANT_LEFT_TIME  2000


/* what the configuration says of a slot's realm */

typedef enum {
    NGX_HTTP_AUTH_TENANT_SLOT_LEFT = 0,           /* it is of no use */
    NGX_HTTP_AUTH_TENANT_SLOT_KNOWN,
    NGX_HTTP_AUTH_TENANT_SLOT_NAMED
} ngx_http_auth_tenant_slot_whose_e;


static ngx_http_auth_tenant_slot_t *ngx_http_auth_tenant_slot_choose(
    ngx_http_auth_tenant_zone_t *zone, const u_char *id, ngx_uint_t large,
    int64_t now, int64_t idle);
static ngx_http_auth_tenant_slot_whose_e ngx_http_auth_tenant_slot_whose(
    const ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot);


ngx_int_t
ngx_http_auth_tenant_zone_find(ngx_http_auth_tenant_zone_t *zone,
    const u_char *id, ngx_http_auth_tenant_slot_t **slot)
{
    ngx_uint_t  n;

    for (n = 0; n < zone->large + zone->small; n++) {

        if (ngx_http_auth_tenant_slot_is(&zone->slots[n], id)) {
            *slot = &zone->slots[n];
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_auth_tenant_zone_claim(ngx_http_auth_tenant_zone_t *zone,
    const u_char *id, const u_char *provider, const auth_tenant_str_t *tenant,
    int64_t now, int64_t idle, ngx_http_auth_tenant_slot_t **slot)
{
    ngx_http_auth_tenant_slot_t  *chosen;

    if (ngx_http_auth_tenant_zone_find(zone, id, slot) == NGX_OK) {
        return NGX_OK;
    }

    if (tenant->len > sizeof(chosen->tenant)) {
        return NGX_DECLINED;
    }

    if (!ngx_http_auth_tenant_zone_lock(zone)) {
        return NGX_BUSY;
    }

    chosen = ngx_http_auth_tenant_slot_choose(zone, id, tenant->len == 0, now,
                                              idle);

    if (chosen && !ngx_http_auth_tenant_slot_is(chosen, id)) {
        ngx_http_auth_tenant_slot_fill(zone, chosen, id, provider, tenant,
                                       now);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (chosen == NULL) {
        return NGX_DECLINED;
    }

    *slot = chosen;

    return NGX_OK;
}


/*
 * Which slot a realm gets: the one that it has by now, or a free one, or the
 * one whose owner misses it least.
 */

static ngx_http_auth_tenant_slot_t *
ngx_http_auth_tenant_slot_choose(ngx_http_auth_tenant_zone_t *zone,
    const u_char *id, ngx_uint_t large, int64_t now, int64_t idle)
{
    int64_t                       touched, least, longest;
    uint64_t                      since;
    ngx_uint_t                    n, end;
    ngx_http_auth_tenant_slot_t  *slot, *spare, *left, *unproven, *unused;
    ngx_http_auth_tenant_slot_whose_e  whose;

    spare = NULL;
    left = NULL;
    unproven = NULL;
    unused = NULL;
    least = 0;
    longest = 0;

    n = large ? 0 : zone->large;
    end = large ? zone->large : zone->large + zone->small;

    for ( /* void */ ; n < end; n++) {

        slot = &zone->slots[n];

        if (slot->used != 1) {
            if (spare == NULL) {
                spare = slot;
            }

            continue;
        }

        if (ngx_memcmp(slot->id, id, AUTH_TENANT_STORE_ID) == 0) {
            return slot;
        }

        if (spare || ngx_http_auth_tenant_slot_leased(slot, now)) {
            continue;
        }

        touched = ngx_http_auth_tenant_slot_touched(slot, now);
        since = ngx_http_auth_tenant_since(touched, now);
        whose = ngx_http_auth_tenant_slot_whose(zone, slot);

        if (whose == NGX_HTTP_AUTH_TENANT_SLOT_NAMED) {
            continue;
        }

        if (whose == NGX_HTTP_AUTH_TENANT_SLOT_LEFT
            && since >= NGX_HTTP_AUTH_TENANT_LEFT_TIME)
        {
            left = slot;

        } else if (!large && !ngx_http_auth_tenant_slot_proven(slot)) {

            if (unproven == NULL || touched < least) {
                unproven = slot;
                least = touched;
            }

        } else if (whose == NGX_HTTP_AUTH_TENANT_SLOT_KNOWN
                   && since >= (uint64_t) idle
                   && (unused == NULL || touched < longest))
        {
            unused = slot;
            longest = touched;
        }
    }

    if (spare) {
        return spare;
    }

    if (left) {
        return left;
    }

    return unproven ? unproven : unused;
}


/*
 * Whether its provider is configured as it was when the slot was taken, and
 * still for this tenant.  What an exiting worker does not know is what came
 * after it.
 */

static ngx_http_auth_tenant_slot_whose_e
ngx_http_auth_tenant_slot_whose(const ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot)
{
    u_char                               buf[AUTH_TENANT_MAX_LABEL];
    ngx_uint_t                           i;
    auth_tenant_str_t                    tenant;
    const ngx_http_auth_tenant_known_t  *known;
    ngx_http_auth_tenant_slot_whose_e    whose;

    whose = (zone->nproviders == 0 || ngx_exiting)
            ? NGX_HTTP_AUTH_TENANT_SLOT_KNOWN : NGX_HTTP_AUTH_TENANT_SLOT_LEFT;

    ngx_http_auth_tenant_slot_tenant(slot, buf, &tenant);

    for (i = 0; i < zone->nproviders; i++) {

        known = &zone->providers[i];

        if (ngx_memcmp(known->digest, slot->provider, AUTH_TENANT_STORE_ID)
            != 0)
        {
            continue;
        }

        if (tenant.len && known->tenants == NULL) {
            whose = NGX_HTTP_AUTH_TENANT_SLOT_KNOWN;

        } else if (tenant.len == 0
                   || auth_tenant_str_listed(&tenant, known->tenants,
                                             known->ntenants))
        {
            return NGX_HTTP_AUTH_TENANT_SLOT_NAMED;
        }
    }

    return whose;
}


/* When somebody last used it, or fetched it; 0 if that can't be. */

int64_t
ngx_http_auth_tenant_slot_touched(const ngx_http_auth_tenant_slot_t *slot,
    int64_t now)
{
    int64_t  used, attempted;

    used = ngx_http_auth_tenant_load(&slot->last_used);
    attempted = ngx_http_auth_tenant_load(&slot->attempted);

    if (ngx_http_auth_tenant_ahead(used, now)) {
        used = 0;
    }

    if (ngx_http_auth_tenant_ahead(attempted, now)) {
        attempted = 0;
    }

    return ngx_max(used, attempted);
}


/*
 * The slot is nobody's until it is whole.  The fence keeps what follows from
 * being seen while it still seems to be the old owner's.
 */

void
ngx_http_auth_tenant_slot_fill(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id,
    const u_char *provider, const auth_tenant_str_t *tenant, int64_t now)
{
    ngx_http_auth_tenant_set(&slot->used, 0);
    ngx_http_auth_tenant_set(&slot->epoch, slot->epoch + 1);
    ngx_http_auth_tenant_fence();

    ngx_http_auth_tenant_stop("claim");

    auth_tenant_store_clear(ngx_http_auth_tenant_slot_store(zone, slot));

    ngx_memcpy(slot->id, id, AUTH_TENANT_STORE_ID);
    ngx_memcpy(slot->provider, provider, AUTH_TENANT_STORE_ID);
    slot->tenant_len = tenant->len;

    if (tenant->len) {
        ngx_memcpy(slot->tenant, tenant->data, tenant->len);
    }

    slot->proven_epoch = 0;
    slot->last_used = now;
    slot->owner = 0;
    slot->deadline = 0;
    slot->attempted = 0;
    slot->due = 0;
    slot->finished = slot->ticket;
    slot->failures = 0;
    slot->outcome = NGX_HTTP_AUTH_TENANT_FETCH_NONE;

    ngx_http_auth_tenant_set(&slot->used, 1);
}


ngx_http_auth_tenant_slot_t *
ngx_http_auth_tenant_zone_slot(ngx_http_auth_tenant_zone_t *zone, ngx_uint_t n)
{
    return n < zone->large + zone->small ? &zone->slots[n] : NULL;
}


ngx_uint_t
ngx_http_auth_tenant_slot_is(const ngx_http_auth_tenant_slot_t *slot,
    const u_char *id)
{
    return ngx_http_auth_tenant_load(&slot->used) == 1
           && ngx_memcmp(slot->id, id, AUTH_TENANT_STORE_ID) == 0;
}


ngx_uint_t
ngx_http_auth_tenant_slot_proven(const ngx_http_auth_tenant_slot_t *slot)
{
    return ngx_http_auth_tenant_load(&slot->proven_epoch)
           == ngx_http_auth_tenant_load(&slot->epoch);
}


void
ngx_http_auth_tenant_slot_tenant(const ngx_http_auth_tenant_slot_t *slot,
    u_char *buf, auth_tenant_str_t *tenant)
{
    uint64_t  len;

    len = ngx_http_auth_tenant_load(&slot->tenant_len);

    tenant->data = buf;
    tenant->len = ngx_min(len, AUTH_TENANT_MAX_LABEL);

    ngx_memcpy(buf, slot->tenant, tenant->len);
}


/* A mark that comes too late names an epoch of the past, and marks nothing. */

void
ngx_http_auth_tenant_slot_touch(ngx_http_auth_tenant_slot_t *slot,
    const u_char *id, int64_t now, ngx_uint_t proven)
{
    int64_t   last;
    uint64_t  epoch;

    epoch = ngx_http_auth_tenant_load(&slot->epoch);

    if (!ngx_http_auth_tenant_slot_is(slot, id)) {
        return;
    }

    last = ngx_http_auth_tenant_load(&slot->last_used);

    if (ngx_http_auth_tenant_ahead(last, now)
        || ngx_http_auth_tenant_since(last, now) >= 1000)
    {
        ngx_http_auth_tenant_set(&slot->last_used, now);
    }

    if (proven && ngx_http_auth_tenant_load(&slot->proven_epoch) != epoch) {
        ngx_http_auth_tenant_set(&slot->proven_epoch, epoch);
    }
}


uint64_t
ngx_http_auth_tenant_slot_generation(ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot)
{
    return auth_tenant_store_generation(
                              ngx_http_auth_tenant_slot_store(zone, slot));
}


ngx_int_t
ngx_http_auth_tenant_slot_read(ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot, const u_char *id, u_char *dst,
    size_t *len, int64_t *fetched, uint64_t *generation)
{
    switch (auth_tenant_store_read(ngx_http_auth_tenant_slot_store(zone, slot),
                              ngx_http_auth_tenant_slot_capacity(zone, slot),
                              id, dst, len, fetched, generation))
    {
    case 1:
        return NGX_OK;

    case 0:
        return NGX_DECLINED;

    default:
        return NGX_ERROR;
    }
}


size_t
ngx_http_auth_tenant_slot_capacity(ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot)
{
    return slot < zone->slots + zone->large ? NGX_HTTP_AUTH_TENANT_LARGE
                                            : NGX_HTTP_AUTH_TENANT_SMALL;
}


auth_tenant_store_t *
ngx_http_auth_tenant_slot_store(const ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot)
{
    u_char      *store;
    ngx_uint_t   n;

    n = slot - zone->slots;
    store = zone->stores
            + ngx_min(n, zone->large)
              * auth_tenant_store_size(NGX_HTTP_AUTH_TENANT_LARGE);

    if (n > zone->large) {
        store += (n - zone->large)
                 * auth_tenant_store_size(NGX_HTTP_AUTH_TENANT_SMALL);
    }

    return (auth_tenant_store_t *) store;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Who may fetch a realm's keys, and what came of it.
 */


#include "ngx_http_auth_tenant_zone.h"


#define NGX_HTTP_AUTH_TENANT_FINISH_TRIES  3


static ngx_http_auth_tenant_budget_t *ngx_http_auth_tenant_zone_budget(
    ngx_http_auth_tenant_zone_t *zone, const u_char *provider, int64_t now);


ngx_uint_t
ngx_http_auth_tenant_slot_leased(const ngx_http_auth_tenant_slot_t *slot,
    int64_t now)
{
    int64_t  deadline;

    deadline = ngx_http_auth_tenant_load(&slot->deadline);

    return deadline > now && !ngx_http_auth_tenant_ahead(deadline, now);
}


ngx_uint_t
ngx_http_auth_tenant_slot_tried(const ngx_http_auth_tenant_slot_t *slot,
    int64_t now, int64_t wait)
{
    int64_t  attempted;

    attempted = ngx_http_auth_tenant_load(&slot->attempted);

    return attempted != 0
           && !ngx_http_auth_tenant_ahead(attempted, now)
           && ngx_http_auth_tenant_since(attempted, now) < (uint64_t) wait;
}


/* The deadline, which makes it a lease, comes last. */

ngx_int_t
ngx_http_auth_tenant_slot_lease(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id, int64_t now,
    int64_t wait, int64_t lasts, uint64_t *ticket)
{
    ngx_int_t  rc;

    if (!ngx_http_auth_tenant_zone_lock(zone)) {
        return NGX_BUSY;
    }

    if (!ngx_http_auth_tenant_slot_is(slot, id)) {
        rc = NGX_ERROR;

    } else if (ngx_http_auth_tenant_slot_leased(slot, now)) {
        rc = NGX_AGAIN;

    } else if (ngx_http_auth_tenant_slot_tried(slot, now, wait)) {
        rc = NGX_DECLINED;

    } else {
        ngx_http_auth_tenant_set(&slot->attempted, now);

        ngx_http_auth_tenant_stop("lease");

        *ticket = slot->ticket + 1 ? slot->ticket + 1 : 1;

        ngx_http_auth_tenant_set(&slot->ticket, *ticket);
        ngx_http_auth_tenant_set(&slot->owner, (uint64_t) ngx_pid);
        ngx_http_auth_tenant_set(&slot->deadline,
                         now + ngx_min(lasts, NGX_HTTP_AUTH_TENANT_LEASE_MAX));
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


int64_t
ngx_http_auth_tenant_slot_due(const ngx_http_auth_tenant_slot_t *slot,
    int64_t now, int64_t most)
{
    int64_t  due;

    due = ngx_http_auth_tenant_load(&slot->due);

    return ngx_http_auth_tenant_since(now, due) > (uint64_t) most ? 0 : due;
}


ngx_int_t
ngx_http_auth_tenant_slot_finish(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id, uint64_t ticket,
    ngx_http_auth_tenant_fetch_e outcome, const auth_tenant_str_t *document,
    int64_t fetched, int64_t due)
{
    size_t                     capacity;
    ngx_int_t                  rc;
    ngx_uint_t                 tries;
    auth_tenant_store_t       *store;
    auth_tenant_store_head_t   head;

    rc = NGX_OK;
    store = ngx_http_auth_tenant_slot_store(zone, slot);
    capacity = ngx_http_auth_tenant_slot_capacity(zone, slot);

    for (tries = 0; tries < NGX_HTTP_AUTH_TENANT_FINISH_TRIES; tries++) {

        if (outcome == NGX_HTTP_AUTH_TENANT_FETCH_OK
            && (document == NULL
                || !auth_tenant_store_prepare(store, capacity, id, document,
                                              fetched, &head)))
        {
            outcome = NGX_HTTP_AUTH_TENANT_FETCH_FAILED;
            rc = NGX_ERROR;
        }

        if (!ngx_http_auth_tenant_zone_lock(zone)) {
            return NGX_BUSY;
        }

        if (!ngx_http_auth_tenant_slot_is(slot, id)
            || slot->ticket != ticket
            || slot->finished == ticket)
        {
            ngx_shmtx_unlock(&zone->shpool->mutex);
            return NGX_DECLINED;
        }

        if (outcome == NGX_HTTP_AUTH_TENANT_FETCH_OK
            && auth_tenant_store_commit(store, capacity, &head, document) == 0)
        {
            ngx_shmtx_unlock(&zone->shpool->mutex);
            continue;
        }

        ngx_http_auth_tenant_stop("finish");

        /* a fetch that was given up says nothing about the provider */

        if (outcome != NGX_HTTP_AUTH_TENANT_FETCH_NONE) {
            ngx_http_auth_tenant_set(&slot->failures,
                              outcome == NGX_HTTP_AUTH_TENANT_FETCH_FAILED
                                  ? slot->failures + 1 : 0);
            ngx_http_auth_tenant_set(&slot->outcome, (uint64_t) outcome);
        }

        ngx_http_auth_tenant_set(&slot->due, due);
        ngx_http_auth_tenant_set(&slot->finished, ticket);
        ngx_http_auth_tenant_set(&slot->owner, 0);
        ngx_http_auth_tenant_set(&slot->deadline, 0);

        ngx_shmtx_unlock(&zone->shpool->mutex);

        return rc;
    }

    return NGX_BUSY;
}


ngx_int_t
ngx_http_auth_tenant_slot_restore(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id,
    const auth_tenant_str_t *document, int64_t fetched)
{
    size_t                     capacity;
    ngx_int_t                  rc;
    auth_tenant_store_t       *store;
    auth_tenant_store_head_t   head;

    store = ngx_http_auth_tenant_slot_store(zone, slot);
    capacity = ngx_http_auth_tenant_slot_capacity(zone, slot);

    if (!auth_tenant_store_prepare(store, capacity, id, document, fetched,
                                   &head))
    {
        return NGX_ERROR;
    }

    if (!ngx_http_auth_tenant_zone_lock(zone)) {
        return NGX_BUSY;
    }

    if (!ngx_http_auth_tenant_slot_is(slot, id)
        || auth_tenant_store_generation(store) != 0)
    {
        rc = NGX_DECLINED;

    } else {
        rc = auth_tenant_store_commit(store, capacity, &head, document)
                 ? NGX_OK : NGX_BUSY;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


ngx_int_t
ngx_http_auth_tenant_zone_spend(ngx_http_auth_tenant_zone_t *zone,
    const u_char *provider, int64_t now, int64_t window, ngx_uint_t limit)
{
    ngx_int_t                       rc;
    ngx_http_auth_tenant_budget_t  *budget;

    if (limit == 0) {
        return NGX_DECLINED;
    }

    if (!ngx_http_auth_tenant_zone_lock(zone)) {
        return NGX_BUSY;
    }

    rc = NGX_OK;
    budget = ngx_http_auth_tenant_zone_budget(zone, provider, now);

    if (budget == NULL) {
        rc = NGX_DECLINED;

    } else if (budget->until <= now
               || (uint64_t) budget->until - (uint64_t) now
                  > (uint64_t) window)
    {
        ngx_http_auth_tenant_set(&budget->until, now + window);

        ngx_http_auth_tenant_stop("spend");

        ngx_http_auth_tenant_set(&budget->count, 1);

    } else if (budget->count < limit) {
        ngx_http_auth_tenant_set(&budget->count, budget->count + 1);

    } else {
        rc = NGX_DECLINED;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


/* Where a provider is counted; a place goes with its window. */

static ngx_http_auth_tenant_budget_t *
ngx_http_auth_tenant_zone_budget(ngx_http_auth_tenant_zone_t *zone,
    const u_char *provider, int64_t now)
{
    ngx_uint_t                      n;
    ngx_http_auth_tenant_budget_t  *budget, *spare;

    spare = NULL;

    for (n = 0; n < NGX_HTTP_AUTH_TENANT_BUDGETS; n++) {
        budget = &zone->root->budgets[n];

        if (budget->used == 1
            && ngx_memcmp(budget->provider, provider, AUTH_TENANT_STORE_ID)
               == 0)
        {
            return budget;
        }

        if (spare == NULL && (budget->used != 1 || budget->until <= now)) {
            spare = budget;
        }
    }

    if (spare) {
        ngx_http_auth_tenant_set(&spare->used, 0);
        ngx_http_auth_tenant_fence();

        ngx_memcpy(spare->provider, provider, AUTH_TENANT_STORE_ID);
        spare->count = 0;

        ngx_http_auth_tenant_set(&spare->used, 1);
    }

    return spare;
}

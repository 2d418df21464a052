
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a zone of the configuration before holds, for a new one.
 */


#include "ngx_http_auth_tenant_zone.h"


/* a realm, and what it is worth if there are too many */

typedef struct {
    ngx_http_auth_tenant_slot_t     *slot;
    ngx_uint_t                       proven;
    int64_t                          touched;
} ngx_http_auth_tenant_carried_t;


static void ngx_http_auth_tenant_zone_carry_all(
    ngx_http_auth_tenant_zone_t *zone, ngx_http_auth_tenant_zone_t *old,
    ngx_shm_t *shm);
static ngx_int_t ngx_http_auth_tenant_zone_carry_slot(
    ngx_http_auth_tenant_zone_t *zone, ngx_http_auth_tenant_slot_t *slot,
    ngx_http_auth_tenant_zone_t *old, ngx_http_auth_tenant_slot_t *from,
    u_char *buffer);
static void ngx_http_auth_tenant_zone_carry_document(
    ngx_http_auth_tenant_zone_t *zone, ngx_http_auth_tenant_slot_t *slot,
    ngx_http_auth_tenant_zone_t *old, ngx_http_auth_tenant_slot_t *from,
    u_char *buffer);
static int ngx_libc_cdecl ngx_http_auth_tenant_carried_cmp(const void *one,
    const void *two);


/*
 * A zone of another size, or name, is new memory.  What the one of the
 * configuration before holds is copied, from under the workers that use it.
 */

void
ngx_http_auth_tenant_zone_carry(ngx_http_auth_tenant_zone_t *zone,
    ngx_shm_t *shm)
{
    ngx_uint_t                    i;
    ngx_shm_zone_t               *old;
    ngx_list_part_t              *part;
    ngx_http_auth_tenant_zone_t   from;

    part = zone->old_cycle ? &zone->old_cycle->shared_memory.part : NULL;
    zone->old_cycle = NULL;

    for ( /* void */ ; part; part = part->next) {

        old = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (ngx_http_auth_tenant_zone_attach(&from, &old[i].shm)
                == NGX_OK)
            {
                ngx_http_auth_tenant_zone_carry_all(zone, &from, shm);
                return;
            }
        }
    }
}


static void
ngx_http_auth_tenant_zone_carry_all(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_zone_t *old, ngx_shm_t *shm)
{
    u_char                          *buffer;
    int64_t                          now;
    ngx_uint_t                       i, n, taken, nold;
    ngx_http_auth_tenant_slot_t     *slot, *large, *small, **to, *end;
    ngx_http_auth_tenant_carried_t  *carried;

    nold = old->large + old->small;

    buffer = ngx_alloc(NGX_HTTP_AUTH_TENANT_LARGE
                       + nold * sizeof(ngx_http_auth_tenant_carried_t),
                       shm->log);
    if (buffer == NULL) {
        return;
    }

    carried = (ngx_http_auth_tenant_carried_t *)
                  (buffer + NGX_HTTP_AUTH_TENANT_LARGE);
    now = ngx_http_auth_tenant_clock();
    n = 0;

    for (i = 0; i < nold; i++) {
        slot = &old->slots[i];

        if (ngx_http_auth_tenant_load(&slot->used) == 1) {
            carried[n].slot = slot;
            carried[n].proven = ngx_http_auth_tenant_slot_proven(slot);
            carried[n].touched = ngx_http_auth_tenant_slot_touched(slot, now);
            n++;
        }
    }

    ngx_qsort(carried, n, sizeof(ngx_http_auth_tenant_carried_t),
              ngx_http_auth_tenant_carried_cmp);

    taken = 0;
    large = zone->slots;
    small = zone->slots + zone->large;

    for (i = 0; i < n; i++) {

        if (carried[i].slot < old->slots + old->large) {
            to = &large;
            end = zone->slots + zone->large;

        } else {
            to = &small;
            end = zone->slots + zone->large + zone->small;
        }

        if (*to < end
            && ngx_http_auth_tenant_zone_carry_slot(zone, *to, old,
                                                    carried[i].slot, buffer)
               == NGX_OK)
        {
            (*to)++;
            taken++;
        }
    }

    ngx_free(buffer);

    ngx_memcpy(zone->root->budgets, old->root->budgets,
               sizeof(zone->root->budgets));

    ngx_log_error(NGX_LOG_NOTICE, shm->log, 0,
                  "auth_tenant: zone \"%V\" took over %ui of %ui realms",
                  &shm->name, taken, n);
}


/*
 * A lease is not taken over, since its fetch will end in the zone of before;
 * when it began is, since that is what the next one has to wait for.
 */

static ngx_int_t
ngx_http_auth_tenant_zone_carry_slot(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, ngx_http_auth_tenant_zone_t *old,
    ngx_http_auth_tenant_slot_t *from, u_char *buffer)
{
    uint64_t                      epoch;
    auth_tenant_str_t             tenant;
    ngx_http_auth_tenant_slot_t   copy;

    epoch = ngx_http_auth_tenant_load(&from->epoch);

    if (ngx_http_auth_tenant_load(&from->used) != 1) {
        return NGX_DECLINED;
    }

    ngx_memcpy(copy.id, from->id, sizeof(copy.id));
    ngx_memcpy(copy.provider, from->provider, sizeof(copy.provider));
    ngx_memcpy(copy.tenant, from->tenant, sizeof(copy.tenant));

    copy.tenant_len = ngx_http_auth_tenant_load(&from->tenant_len);
    copy.proven_epoch = ngx_http_auth_tenant_load(&from->proven_epoch);
    copy.last_used = ngx_http_auth_tenant_load(&from->last_used);
    copy.ticket = ngx_http_auth_tenant_load(&from->ticket);
    copy.attempted = ngx_http_auth_tenant_load(&from->attempted);
    copy.due = ngx_http_auth_tenant_load(&from->due);
    copy.failures = ngx_http_auth_tenant_load(&from->failures);
    copy.outcome = ngx_http_auth_tenant_load(&from->outcome);

    /* all of that was one owner's */

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    if (copy.tenant_len > sizeof(copy.tenant)
        || ngx_http_auth_tenant_load(&from->epoch) != epoch)
    {
        return NGX_DECLINED;
    }

    tenant.len = copy.tenant_len;
    tenant.data = copy.tenant;

    ngx_http_auth_tenant_slot_fill(zone, slot, copy.id, copy.provider, &tenant,
                                   copy.last_used);

    slot->proven_epoch = copy.proven_epoch == epoch ? slot->epoch : 0;
    slot->ticket = copy.ticket;
    slot->finished = copy.ticket;
    slot->attempted = copy.attempted;
    slot->due = copy.due;
    slot->failures = copy.failures;
    slot->outcome = copy.outcome;

    ngx_http_auth_tenant_zone_carry_document(zone, slot, old, from, buffer);

    return NGX_OK;
}


/* Its generation stays, for a single process that knows it by that. */

static void
ngx_http_auth_tenant_zone_carry_document(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, ngx_http_auth_tenant_zone_t *old,
    ngx_http_auth_tenant_slot_t *from, u_char *buffer)
{
    size_t                len, capacity;
    int64_t               fetched;
    uint64_t              generation;
    auth_tenant_str_t     document;
    auth_tenant_store_t  *store;

    if (ngx_http_auth_tenant_slot_read(old, from, slot->id, buffer, &len,
                                       &fetched, &generation)
        != NGX_OK)
    {
        return;
    }

    document.len = len;
    document.data = buffer;

    store = ngx_http_auth_tenant_slot_store(zone, slot);
    capacity = ngx_http_auth_tenant_slot_capacity(zone, slot);

    auth_tenant_store_init(store, generation - 1);
    (void) auth_tenant_store_write(store, capacity, slot->id, &document,
                                   fetched);
}


/* the proven ones first, then those touched last */

static int ngx_libc_cdecl
ngx_http_auth_tenant_carried_cmp(const void *one, const void *two)
{
    const ngx_http_auth_tenant_carried_t  *a = one;
    const ngx_http_auth_tenant_carried_t  *b = two;

    if (a->proven != b->proven) {
        return a->proven ? -1 : 1;
    }

    if (a->touched != b->touched) {
        return a->touched > b->touched ? -1 : 1;
    }

    return 0;
}

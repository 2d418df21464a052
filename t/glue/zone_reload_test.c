
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * E13, E15: what a reload makes of the zone, with the same size and with
 * another; and that damaged memory misleads nobody.
 */


#include "zone.h"

#include "../unit/random.h"


static void
test_reload(void)
{
    size_t                        size;
    unsigned                      i, allocated, refused;
    uint64_t                      was, ticket, *number;
    ngx_shm_zone_t               *shm_zone;
    ngx_http_auth_tenant_zone_t  *old;
    ngx_http_auth_tenant_slot_t  *a;

    static u_char  before[SMALLEST];

    start();
    a = claim(1, NOW);
    (void) lease(a, 1, NOW, &ticket);
    (void) finish(a, 1, ticket, 1, 100);

    shm_zone = zone_cycle.shared_memory.part.elts;
    size = shm_zone->shm.size - ((u_char *) zone->root - shm_zone->shm.addr);
    memcpy(before, zone->root, size);

    allocated = zone_allocated;
    old = zone;
    zone = zone_load(SMALLEST);

    ok(zone && zone != old && zone->root == old->root
       && zone->shpool == old->shpool && zone->slots == old->slots,
       "E13: a reload goes on with the same memory");
    ok(memcmp(before, zone->root, size) == 0 && zone_allocated == allocated,
       "and does not touch it, since old workers use it");
    ok(has(1) && holds(a, 1, 1, 100), "all is there");

    number = (uint64_t *) zone->root;
    refused = 0;

    for (i = 0; i < 4; i++) {
        was = number[i];
        set(&number[i], (int64_t) was + 1);

        if (zone_load(SMALLEST) == NULL && strstr(zone_said, "version")) {
            refused++;
        }

        set(&number[i], (int64_t) was);
    }

    is(refused, 4, "E13: memory of another layout is refused");

    refused = 0;

    for (i = 0; i < 4; i++) {
        zone->shpool->data = i == 0 ? NULL
                             : i == 1 ? (u_char *) zone->root + 4
                             : i == 2 ? (u_char *) zone->root + SMALLEST
                             : (u_char *) zone->shpool + 8;

        refused += zone_load(SMALLEST) == NULL;
    }

    zone->shpool->data = zone->root;

    is(refused, 4, "E15: and a pointer that leaves it is not followed");
    ok(zone_load(SMALLEST) != NULL, "with what was, all is well");
}


/*
 * Realms 1 to n of tenants, with documents of their numbers, used in this
 * order; every third is proven.  Realm 1000 has no tenant.
 */

static void
populate(unsigned n)
{
    unsigned                      i;
    uint64_t                      ticket;
    ngx_http_auth_tenant_slot_t  *slot;

    zone_guard(0);
    zone_guarded = 0;

    slot = claim_large(1000, NOW);
    (void) lease(slot, 1000, NOW, &ticket);
    (void) finish(slot, 1000, ticket, 1000, 20000);
    touch(slot, 1000, NOW + 5000, 1);

    for (i = 1; i <= n; i++) {
        slot = claim(i, NOW + i);
        (void) lease(slot, i, NOW + i, &ticket);
        (void) finish(slot, i, ticket, i, 1000 + i);
        touch(slot, i, NOW + 2000 + i, i % 3 == 0);
    }
}


/* The slot of a realm; all of its numbers are those of before. */

static ngx_http_auth_tenant_slot_t *
carried(unsigned n, const ngx_http_auth_tenant_slot_t *old)
{
    ngx_http_auth_tenant_slot_t  *slot;

    if (ngx_http_auth_tenant_zone_find(zone, zone_id(n), &slot) != NGX_OK) {
        return NULL;
    }

    if (memcmp(slot->provider, old->provider, sizeof(slot->provider)) != 0
        || slot->tenant_len != old->tenant_len
        || memcmp(slot->tenant, old->tenant, old->tenant_len) != 0
        || ngx_http_auth_tenant_slot_proven(slot)
           != ngx_http_auth_tenant_slot_proven(old)
        || slot->last_used != old->last_used || slot->due != old->due
        || slot->attempted != old->attempted || slot->ticket != old->ticket
        || slot->failures != old->failures || slot->outcome != old->outcome)
    {
        return NULL;
    }

    return slot;
}


static void
test_larger(void)
{
    unsigned                      i, n, kept;
    uint64_t                      ticket, count;
    ngx_http_auth_tenant_zone_t  *old;
    ngx_http_auth_tenant_slot_t  *slot, *oslot;

    start();
    populate(6);

    old = zone;

    /* a fetch is under way, one has failed, one has written twice */

    ngx_http_auth_tenant_zone_find(old, zone_id(1), &slot);
    (void) lease(slot, 1, NOW + 20000, &ticket);

    ngx_http_auth_tenant_zone_find(old, zone_id(2), &slot);
    (void) lease(slot, 2, NOW + 20000, &ticket);
    (void) ngx_http_auth_tenant_slot_finish(zone, slot, zone_id(2), ticket,
                                            NGX_HTTP_AUTH_TENANT_FETCH_FAILED,
                                            NULL, 0, NOW + 77);

    ngx_http_auth_tenant_zone_find(old, zone_id(3), &slot);
    (void) lease(slot, 3, NOW + 20000, &ticket);
    (void) finish(slot, 3, ticket, 3, 1003);

    /* and one is damaged */

    ngx_http_auth_tenant_zone_find(old, zone_id(4), &slot);
    ((u_char *) (ngx_http_auth_tenant_slot_store(old, slot) + 1))[9000] ^= 1;

    /* or says that its tenant's name is longer than there is room for */

    ngx_http_auth_tenant_zone_find(old, zone_id(5), &slot);
    slot->tenant_len = sizeof(slot->tenant) + 1;

    for (count = 0; count < 3; count++) {
        (void) ngx_http_auth_tenant_zone_spend(old, zone_id(0), NOW, 1000, 3);
    }

    zone = zone_load(4 * SMALLEST);

    ok(zone && zone->root != old->root && zone->small > old->small,
       "E13: a larger zone is new memory");
    ok(strstr(zone_said, "took over") != NULL, "which is said");

    kept = 0;

    for (i = 1; i <= 6; i++) {
        ngx_http_auth_tenant_zone_find(old, zone_id(i), &oslot);
        slot = carried(i, oslot);
        kept += slot != NULL
                && (i == 4 ? get(slot, i) == NGX_DECLINED
                           : holds(slot, i, i, 1000 + i)
                             && generation
                                == ngx_http_auth_tenant_slot_generation(old,
                                                                      oslot));
    }

    is(kept, 5, "realms are there, with their keys but for the damaged");
    ok(!has(5), "and without those whose numbers can't be");

    n = old->large + 5;
    old->slots[n].used = 0;
    is(ngx_http_auth_tenant_zone_carry_slot(zone, &zone->slots[n], old,
                                            &old->slots[n], copy),
       NGX_DECLINED, "none is copied while it changes its owner");

    ngx_http_auth_tenant_zone_find(old, zone_id(1000), &oslot);
    slot = carried(1000, oslot);
    ok(slot && holds(slot, 1000, 1000, 20000)
       && ngx_http_auth_tenant_slot_capacity(zone, slot)
          == NGX_HTTP_AUTH_TENANT_LARGE, "and so is the one without tenant");

    ngx_http_auth_tenant_zone_find(zone, zone_id(1), &slot);
    ok(!ngx_http_auth_tenant_slot_leased(slot, NOW + 20001)
       && lease(slot, 1, NOW + 20001, &ticket) == NGX_DECLINED
       && lease(slot, 1, NOW + 30000, &ticket) == NGX_OK,
       "a fetch that ends elsewhere is not waited for, its cooldown is");
    is(finish(slot, 1, ticket, 9, 900), NGX_OK, "which goes on from there");

    ngx_http_auth_tenant_zone_find(zone, zone_id(3), &slot);
    is(finish(slot, 3, slot->ticket, 9, 900), NGX_DECLINED,
       "no ticket of before is of use");

    is(ngx_http_auth_tenant_zone_spend(zone, zone_id(0), NOW, 1000, 3),
       NGX_DECLINED, "what was spent is spent");
    ok(claim(50, NOW + 3000) != NULL && has(50), "there is room for others");
}


static void
test_smaller(void)
{
    unsigned                      i, n, kept, proven;
    ngx_http_auth_tenant_zone_t  *old;
    ngx_http_auth_tenant_slot_t  *slot;

    zone_guarded = 0;
    zone = zone_start(4 * SMALLEST);
    old = zone;
    n = zone->small;
    populate(n);

    zone = zone_load(SMALLEST);

    ok(zone && zone->small < n, "E13: a smaller zone");

    kept = proven = 0;

    for (i = 0; i < zone->small; i++) {
        slot = &zone->slots[zone->large + i];
        kept += slot->used == 1
                && get(slot, (unsigned) slot->last_used - NOW - 2000)
                   == NGX_OK;
        proven += ngx_http_auth_tenant_slot_proven(slot);
    }

    is(kept, zone->small, "is filled");
    is(proven, ngx_min(n / 3, zone->small), "with the proven ones first");
    ok(has(n / 3 * 3) && (n / 3 <= zone->small || !has(3)),
       "the last used first");
    ok(ngx_http_auth_tenant_zone_find(zone, zone_id(1000), &slot) == NGX_OK
       && holds(slot, 1000, 1000, 20000), "and the one without tenant");

    /* of unproven ones too, the last used */

    zone = zone_start(4 * SMALLEST);
    populate(n);

    for (i = 0; i < n; i++) {
        zone->slots[zone->large + i].proven_epoch = 0;
    }

    zone = zone_load(SMALLEST);
    ok(has(n) && has(n - zone->small + 1) && !has(n - zone->small),
       "none is proven: the last used ones");

    (void) old;
}


/* Other modules' zones are looked at, and left. */

static void
test_others(void)
{
    ngx_uint_t        i;
    ngx_list_part_t   part;
    ngx_shm_zone_t    zones[4], *own;
    ngx_slab_pool_t  *pool;

    start();
    populate(3);

    own = zone_cycle.shared_memory.part.elts;
    ngx_memzero(zones, sizeof(zones));

    for (i = 1; i < 4; i++) {
        zones[i].shm.size = i * SMALLEST;
        zone_memory(&zones[i].shm);
    }

    pool = (ngx_slab_pool_t *) zones[2].shm.addr;
    pool->data = pool + 1;
    pool = (ngx_slab_pool_t *) zones[3].shm.addr;
    pool->data = (u_char *) pool - 8;

    part.elts = own;
    part.nelts = 1;
    part.next = NULL;

    zone_cycle.shared_memory.part.elts = zones;
    zone_cycle.shared_memory.part.nelts = 4;
    zone_cycle.shared_memory.part.next = &part;

    zone = zone_load(2 * SMALLEST);
    ok(zone && has(1) && has(2) && has(3) && has(1000),
       "its own zone is found among others");

    ngx_memzero(&zone_cycle, sizeof(ngx_cycle_t));
    zone_cycle.shared_memory.part.elts = zones;
    zone_cycle.shared_memory.part.nelts = 4;

    zone = zone_load(2 * SMALLEST);
    ok(zone && !has(1) && zone_said[0] == '\0', "or there is none");
}


/*
 * E15: bytes are poked anywhere while all functions are called.  None crashes,
 * no realm reads another's keys, and no other keys than were published.
 */

static void
test_poked(void)
{
    unsigned                      i, n, all, numbers, wrong, served;
    uint64_t                      ticket;
    ngx_http_auth_tenant_slot_t  *slot;

    start();
    populate(6);

    all = (unsigned) zone->rest;
    numbers = (unsigned) (zone->stores - (u_char *) zone->root);
    wrong = served = 0;

    for (i = 0; i < 300000; i++) {

        /* mostly where numbers are */

        n = random_below(8) ? numbers : all;
        ((u_char *) zone->root)[random_below(n)] ^= 1 << random_below(8);

        n = 1 + random_below(8);
        slot = claim(n, NOW + i);

        if (slot == NULL) {
            continue;
        }

        touch(slot, n, NOW + i, random_below(2));
        (void) ngx_http_auth_tenant_zone_spend(zone, zone_id(n), NOW + i, 1000,
                                               5);

        switch (random_below(4)) {

        case 0:
            if (lease(slot, n, NOW + i, &ticket) == NGX_OK) {
                (void) finish(slot, n, ticket, n, 1000 + n);
            }

            break;

        case 1:
            if (get(slot, n) == NGX_OK) {
                wrong += !holds(slot, n, n, 1000 + n);
                served++;
            }

            break;

        case 2:
            wrong += get(slot, n + 1) == NGX_OK;
            break;
        }
    }

    is(wrong, 0, "E15: no wrong keys from damaged memory");
    ok(served > 1000, "and %u times the right ones", served);
    ok(zone->shpool->lock.lock == 0, "the lock is free");

    zone = zone_load(2 * SMALLEST);
    ok(zone != NULL, "a reload copies what it can");
}


int
main(void)
{
    test_reload();
    test_larger();
    test_smaller();
    test_others();
    test_poked();

    return done();
}

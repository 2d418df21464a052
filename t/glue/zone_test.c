
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The zone: which realm gets a slot.  Its memory can be written only while its
 * lock is held.
 */


#include "zone.h"


/* All small slots taken by realms 1, 2, 3 .., used in this order. */

static void
fill(int proven)
{
    ngx_uint_t                    n;
    ngx_http_auth_tenant_slot_t  *slot;

    start();

    for (n = 1; n <= zone->small; n++) {
        slot = claim(n, NOW + n);
        touch(slot, n, NOW + n, proven);
    }
}


static void
test_layout(void)
{
    size_t                        size;
    ngx_uint_t                    n, bad, nlarge, nsmall;
    u_char                       *end, *store;
    ngx_http_auth_tenant_slot_t  *slot;

    ok(zone_load(SMALLEST - 1) == NULL
       && strstr(zone_said, "too small") != NULL, "E15: too small is refused");

    is(ngx_http_auth_tenant_zone_large(4096), 0, "no store where no room is");
    is(ngx_http_auth_tenant_zone_small(4096), 0, "of either kind");

    bad = 0;
    nlarge = nsmall = 1;

    for (size = SMALLEST; size < 32 * 1024 * 1024; size += 8192) {
        bad += ngx_http_auth_tenant_zone_large(size) < nlarge;
        bad += ngx_http_auth_tenant_zone_small(size) == 0;
        nlarge = ngx_http_auth_tenant_zone_large(size);
    }

    is(bad, 0, "any other size has room for both kinds of stores");

    for (bad = 0, size = 4096; size < SMALLEST; size += 1024) {
        bad += ngx_http_auth_tenant_zone_large(size)
               * auth_tenant_store_size(NGX_HTTP_AUTH_TENANT_LARGE)
               + ngx_http_auth_tenant_zone_small(size)
                 * auth_tenant_store_size(NGX_HTTP_AUTH_TENANT_SMALL)
               > size / 2;
    }

    is(bad, 0, "and none has more than there is room for");

    size = NGX_HTTP_AUTH_TENANT_ZONE_SIZE;
    nlarge = ngx_http_auth_tenant_zone_large(size);
    nsmall = ngx_http_auth_tenant_zone_small(size);

    zone = zone_start(size);

    /* docs/directives.md has these numbers: for pages of 4 KiB */

    ok(nlarge == 15 && nsmall == 130, "8m: %u providers, %u tenants",
       (unsigned) nlarge, (unsigned) nsmall);
    is(auth_tenant_cache_room(&zone->cache, AUTH_TENANT_CACHE_SMALL), 3568,
       "and 3568 tokens of the usual length");
    is(auth_tenant_cache_room(&zone->cache, AUTH_TENANT_CACHE_MIDDLE), 240,
       "and 240 longer ones");
    is(auth_tenant_cache_room(&zone->cache, AUTH_TENANT_CACHE_MAX), 24,
       "and 24 of the longest");

    ok(zone->large == nlarge && zone->small == nsmall, "as many are made");
    ok(zone->shpool->log_nomem == 0 && zone->shpool->log_ctx != NULL,
       "nginx's own messages name the zone");
    ok(zone->root->rest == zone->rest && zone->rest >= zone->end / 2
       && zone->rest < zone->end / 2 + 4096, "half of it is for tokens");

    end = (u_char *) &zone->slots[nlarge + nsmall];
    bad = 0;

    for (n = 0; n < nlarge + nsmall; n++) {
        slot = ngx_http_auth_tenant_zone_slot(zone, n);
        store = (u_char *) ngx_http_auth_tenant_slot_store(zone, slot);

        bad += store < end || (uintptr_t) store % 8 != 0;

        size = ngx_http_auth_tenant_slot_capacity(zone, slot);
        bad += size != (n < nlarge ? NGX_HTTP_AUTH_TENANT_LARGE
                                   : NGX_HTTP_AUTH_TENANT_SMALL);
        end = store + auth_tenant_store_size(size);
    }

    is(bad, 0, "slots and stores stand one after another");
    ok(end <= (u_char *) zone->root + zone->rest, "in the half of keys");
    ok(ngx_http_auth_tenant_zone_slot(zone, n) == NULL, "then there is none");
    ok(ngx_http_auth_tenant_clock() > 0
       && ngx_http_auth_tenant_clock() - ngx_http_auth_tenant_clock() <= 0,
       "E16: the clock only goes on");
}


static void
claim_between(void)
{
    touch(claim(3, NOW), 3, NOW, 1);
}


static void
test_claim(void)
{
    ngx_http_auth_tenant_slot_t  *a, *b, *slot;
    u_char                        name[AUTH_TENANT_MAX_LABEL];
    auth_tenant_str_t             longest, tenant;

    start();

    ok(!has(1), "a realm has no slot");

    a = claim(1, NOW);
    b = claim_large(2, NOW);

    ok(a && b && has(1) && has(2), "until one is claimed for it");
    ok(claim(1, NOW) == a && claim_large(2, NOW) == b, "and keeps it");
    ok(ngx_http_auth_tenant_slot_capacity(zone, a)
       == NGX_HTTP_AUTH_TENANT_SMALL
       && ngx_http_auth_tenant_slot_capacity(zone, b)
          == NGX_HTTP_AUTH_TENANT_LARGE,
       "of a tenant a small one, else a large one");
    ok(a->tenant_len == 4 && memcmp(a->tenant, "acme", 4) == 0
       && memcmp(a->provider, zone_id(0), 32) == 0, "it says whose it is");
    ok(ngx_http_auth_tenant_slot_is(a, zone_id(1))
       && !ngx_http_auth_tenant_slot_is(a, zone_id(2)), "to who asks");

    ngx_http_auth_tenant_slot_tenant(a, name, &tenant);
    ok(tenant.len == 4 && memcmp(name, "acme", 4) == 0 && tenant.data == name,
       "and its tenant's name");
    set(&a->tenant_len, -1);
    ngx_http_auth_tenant_slot_tenant(a, name, &tenant);
    is(tenant.len, AUTH_TENANT_MAX_LABEL,
       "E15: which is never longer than a label");

    longest.data = copy;
    longest.len = sizeof(a->tenant) + 1;
    is(ngx_http_auth_tenant_zone_claim(zone, zone_id(3), zone_id(0), &longest,
                                       NOW, IDLE, &slot),
       NGX_DECLINED, "a tenant that does not fit has none");

    zone->shpool->lock.lock = 99;
    is(ngx_http_auth_tenant_zone_claim(zone, zone_id(3), zone_id(0), &acme,
                                       NOW, IDLE, &slot),
       NGX_BUSY, "nobody waits for the lock");
    ok(claim(1, NOW) == a, "or needs it for a slot that is there");
    zone->shpool->lock.lock = 0;

    /* two processes claim for the same one */

    zone_before_lock = claim_between;
    a = claim(3, NOW);
    ok(a && ngx_http_auth_tenant_slot_proven(a),
       "a slot that was claimed meanwhile is taken as it is");
}


/* who makes place where all slots are taken */

static void
test_claim_full(void)
{
    ngx_http_auth_tenant_slot_t   *a;
    ngx_http_auth_tenant_known_t   known;

    fill(1);

    ok(claim(100, NOW + IDLE - 1) == NULL && !has(100),
       "E15: all are proven and in use: there is none");
    ok(has(1) && has(zone->small), "and nobody lost one");

    a = claim(100, NOW + 1 + IDLE);
    ok(a && !has(1) && has(2), "who was idle for longest loses it");
    touch(a, 100, NOW + 1 + IDLE, 1);
    ok(claim(101, NOW + 1 + IDLE) == NULL, "one of them");

    fill(1);
    set(&ngx_http_auth_tenant_zone_slot(zone, zone->large)->attempted,
        NOW + IDLE);
    ok(claim(100, NOW + 1 + IDLE) == NULL && claim(100, NOW + 2 + IDLE)
       && has(1) && !has(2), "one that is fetched is not idle");

    /* E13: of a provider that is no longer configured */

    fill(1);
    ngx_memzero(&known, sizeof(known));
    known.digest = zone_id(9);
    zone->providers = &known;
    zone->nproviders = 1;

    ok(claim(100, NOW + 1500) == NULL,
       "E13: what is left of another configuration may still be in use");

    ngx_exiting = 1;
    ok(claim(100, NOW + 2500) == NULL,
       "and who is leaving does not know what came later");
    ngx_exiting = 0;

    ok(claim(100, NOW + 2500) && has(100), "then whoever comes may have it");

    fill(1);
    known.digest = zone_id(0);
    ok(claim(100, NOW + 2500) == NULL, "but not what is configured");

    zone->nproviders = 0;
}


/* which tenants the operator names, and which he no longer does */

static void
test_claim_named(void)
{
    u_char                              ids[2][AUTH_TENANT_STORE_ID];
    ngx_http_auth_tenant_slot_t        *a;
    ngx_http_auth_tenant_known_t        known[2];

    static const auth_tenant_str_t      one = auth_tenant_string("acme");
    static const auth_tenant_str_t      two = auth_tenant_string("globex");

    ngx_memzero(known, sizeof(known));
    ngx_memcpy(ids[0], zone_id(0), AUTH_TENANT_STORE_ID);
    ngx_memcpy(ids[1], zone_id(9), AUTH_TENANT_STORE_ID);
    known[0].digest = ids[0];
    known[0].tenants = &one;
    known[0].ntenants = 1;
    known[1].digest = ids[1];

    fill(0);
    zone->providers = known;
    zone->nproviders = 2;

    ok(claim(100, NOW + 10 * IDLE) == NULL,
       "E15: whom the operator names keeps its slot, whatever has been of it");
    (void) ngx_http_auth_tenant_zone_claim(zone, zone_id(100), zone_id(0),
                                           &two, NOW + 10 * IDLE, 0, &a);
    ok(!has(100), "also if another one needs it at once");

    known[0].tenants = &two;
    ok(claim(100, NOW + 2500) && has(100),
       "A6.1: it is left when he names others");

    fill(1);
    zone->providers = known;
    zone->nproviders = 2;
    known[1].digest = ids[0];

    ok(claim(100, NOW + 2500) == NULL,
       "unless another provider takes whoever comes, in the same way");

    (void) ngx_http_auth_tenant_zone_claim(zone, zone_id(100), zone_id(0),
                                           &two, NOW + 100, 0, &a);
    ok(has(100) && !has(1) && has(2),
       "who is not idle makes place for whom the operator names");

    start();
    a = claim_large(1, NOW);
    zone->providers = known;
    zone->nproviders = 2;
    ok(a && claim_large(2, NOW + 10 * IDLE) == NULL && has(1),
       "a provider with one issuer is named by itself");

    zone->nproviders = 0;
}


static void
test_claim_clean(void)
{
    uint64_t                      epoch, ticket;
    ngx_http_auth_tenant_slot_t  *a, *slot;

    fill(0);
    claim(1, NOW);
    ngx_http_auth_tenant_zone_find(zone, zone_id(1), &a);
    (void) lease(a, 1, NOW, &ticket);
    (void) finish(a, 1, ticket, 1, 100);
    touch(a, 1, NOW + 1, 0);
    epoch = a->epoch;
    set(&a->attempted, NOW - 5);
    set(&a->deadline, NOW - 5);
    set(&a->finished, 0);
    set(&a->failures, 3);

    ok(holds(a, 1, 1, 100) && !ngx_http_auth_tenant_slot_proven(a),
       "a realm has keys, which no token has needed");

    slot = claim(100, NOW + 100);
    ok(slot == a && !has(1) && has(100), "the least used one makes place");
    ok(a->epoch != epoch && a->ticket == ticket && a->attempted == 0
       && a->deadline == 0 && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_NONE
       && a->failures == 0 && a->due == 0,
       "the next owner begins anew, but for tickets");
    ok(get(a, 100) == NGX_DECLINED && get(a, 1) == NGX_DECLINED
       && ngx_http_auth_tenant_slot_generation(zone, a) == 0,
       "and without keys");
    is(ngx_http_auth_tenant_slot_finish(zone, a, zone_id(100), ticket,
                                        NGX_HTTP_AUTH_TENANT_FETCH_FAILED,
                                        NULL, 0, 0),
       NGX_DECLINED, "old tickets are of no use to it");
}


static void
test_proven(void)
{
    ngx_uint_t                    n;
    uint64_t                      ticket;
    ngx_http_auth_tenant_slot_t  *a, *b;

    fill(1);
    ngx_http_auth_tenant_zone_find(zone, zone_id(3), &a);
    set(&a->proven_epoch, 0);

    ok(claim(100, NOW + 100) == a && !has(3) && has(1) && has(2),
       "an unproven one makes place, though it was used later");

    for (n = 101; n < 200; n++) {
        claim(n, NOW + 100 + n);
    }

    ok(has(1) && has(2) && !has(3) && has(4) && has(199),
       "any number of unproven ones evict each other only");

    b = claim(200, NOW + 400);
    is(lease(b, 200, NOW + 400, &ticket), NGX_OK, "one is being fetched");
    ok(claim(201, NOW + 5399) == NULL && has(200), "and keeps its place");
    ok(claim(201, NOW + 5400) != NULL && !has(200),
       "while its fetch can last");

    /* a mark for one that has gone marks nobody */

    touch(a, 200, NOW + 400000, 1);
    ok(!ngx_http_auth_tenant_slot_proven(a)
       && a->last_used == NOW + 5400, "the next owner is not marked");
    touch(a, 201, NOW + 400000, 1);
    ok(ngx_http_auth_tenant_slot_proven(a)
       && a->last_used == NOW + 400000, "until it is itself");

    touch(a, 201, NOW + 400999, 0);
    is(a->last_used, NOW + 400000, "nothing is written twice in a second");
    touch(a, 201, NOW + 401000, 0);
    is(a->last_used, NOW + 401000, "but then");
    set(&a->last_used, INT64_MAX);
    touch(a, 201, NOW + 401000, 0);
    is(a->last_used, NOW + 401000, "E15: or over what can't be");

    /* only the operator can name a realm without tenant */

    start();
    a = claim_large(1, NOW);

    for (n = 2; n <= zone->large; n++) {
        claim_large(n, NOW + n);
    }

    ok(claim_large(100, NOW + IDLE - 1) == NULL && has(1),
       "a provider's only issuer keeps its slot");
    ok(claim_large(100, NOW + IDLE) == a && !has(1),
       "while it is used or fetched");
    ok(claim(100, NOW + IDLE) == NULL || claim(100, NOW + IDLE) == a,
       "and it has one");

    fill(1);
    ok(claim_large(100, NOW) && has(1) && has(zone->small),
       "neither kind takes the other's");

    fill(0);
    ngx_http_auth_tenant_zone_find(zone, zone_id(5), &a);
    set(&a->last_used, INT64_MAX);
    set(&a->attempted, INT64_MAX - 1);
    ok(claim(100, NOW + 100) == a, "E15: times that can't be hold nothing");
}


int
main(void)
{
    test_layout();
    test_claim();
    test_claim_full();
    test_claim_named();
    test_claim_clean();
    test_proven();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * F8, E14: a worker is killed while it holds the zone's lock, once after each
 * of its instructions.  nginx unlocks for it and mends nothing; the others go
 * on: no slot and no lease is lost for ever, no realm is another's, and no
 * more is fetched or spent than without the killing.
 */


#include "zone.h"
#include "../unit/step.h"


#define WORKER  4242       /* the one that is killed */
#define LATER   (NOW + 20000)
#define OTHER   100        /* a realm that comes later */
#define LIMIT   3


static u_char    image[SMALLEST];
static size_t    image_size;
static unsigned  nrealms;
static uint64_t  ticket;

static ngx_http_auth_tenant_slot_t  *own;    /* of realm 1, or a free one */


static ngx_http_auth_tenant_slot_t *
slot_of(unsigned n)
{
    ngx_http_auth_tenant_slot_t  *slot;

    return ngx_http_auth_tenant_zone_find(zone, zone_id(n), &slot) == NGX_OK
               ? slot : NULL;
}


/*
 * Realms 1 to n with keys, all proven but number 2; a budget that is used up.
 * Each run begins with this.
 */

static void
prepare(unsigned n)
{
    unsigned                      i;
    uint64_t                      t;
    ngx_http_auth_tenant_slot_t  *slot;

    zone_guarded = 0;
    zone = zone_start(SMALLEST);
    nrealms = n;

    for (i = 1; i <= n; i++) {
        slot = claim(i, NOW + i);
        (void) lease(slot, i, NOW + i, &t);
        (void) finish(slot, i, t, i, 100 + i);
        touch(slot, i, NOW + 2000 + i, i != 2);
    }

    for (i = 0; i < LIMIT; i++) {
        (void) ngx_http_auth_tenant_zone_spend(zone, zone_id(0), NOW, 1000,
                                               LIMIT);
    }

    own = slot_of(1);
}


static void
keep(void)
{
    image_size = zone->rest;
    memcpy(image, zone->root, image_size);
}


/* What a worker does; steps begin where it takes the lock. */

static void
begin(void)
{
    ngx_pid = WORKER;
    zone_before_lock = step_here;
}


static void
do_claim(void *data)
{
    (void) data;

    begin();
    (void) claim(OTHER, LATER);
}


static void
do_lease(void *data)
{
    uint64_t  t;

    (void) data;

    begin();
    (void) lease(own, 1, LATER, &t);
}


static auth_tenant_str_t  document;

static void
do_finish(void *data)
{
    ngx_http_auth_tenant_fetch_e  *outcome = data;

    begin();
    (void) ngx_http_auth_tenant_slot_finish(zone, own, zone_id(1), ticket,
                                            *outcome, &document, 50,
                                            LATER + 7);
}


static void
do_spend(void *data)
{
    int64_t  *now = data;

    begin();
    (void) ngx_http_auth_tenant_zone_spend(zone, zone_id(0), *now, 1000,
                                           LIMIT);
}


static void
do_spend_other(void *data)
{
    (void) data;

    begin();
    (void) ngx_http_auth_tenant_zone_spend(zone, zone_id(OTHER), NOW, 1000,
                                           LIMIT);
}


/* What is wrong with a realm's slot; `anew`: it may have other keys. */

static unsigned
realm_wrong(unsigned n, int anew)
{
    unsigned                      i, bad;
    ngx_http_auth_tenant_slot_t  *slot;

    slot = slot_of(n);

    if (slot == NULL) {
        return 1;
    }

    bad = !(holds(slot, n, n, 100 + n) || (anew && holds(slot, n, 50, 60)));

    for (i = 1; i <= nrealms; i++) {
        bad += i != n && get(slot, i) == NGX_OK;
    }

    return bad + (get(slot, OTHER) == NGX_OK);
}


/*
 * Others go on: each realm can be fetched again in time, and as many new ones
 * as there are slots find one.
 */

static unsigned
stuck(void)
{
    int64_t                       now;
    unsigned                      i, bad;
    uint64_t                      t;
    ngx_http_auth_tenant_slot_t  *slot;

    bad = 0;
    now = LATER + 10000;

    for (i = 0; i < zone->small; i++) {
        slot = &zone->slots[zone->large + i];

        if (slot->used != 1) {
            continue;
        }

        bad += ngx_http_auth_tenant_slot_lease(zone, slot, slot->id, now,
                                               10000, 5000, &t)
               != NGX_OK;
        bad += ngx_http_auth_tenant_slot_finish(zone, slot, slot->id, t,
                                            NGX_HTTP_AUTH_TENANT_FETCH_FAILED,
                                                NULL, 0, 0)
               != NGX_OK;
    }

    for (i = 0; i < zone->small; i++) {
        slot = claim(200 + i, now + IDLE);
        bad += slot == NULL;

        if (slot) {
            touch(slot, 200 + i, now + IDLE, 1);
        }
    }

    return bad;
}


/* One run; 1 if the worker was killed, 0 if it had done its work. */

static int
killed(step_pt what, void *data, unsigned steps)
{
    int  rc;

    memcpy(zone->root, image, image_size);

    rc = step_kill(what, data, steps);

    (void) ngx_shmtx_force_unlock(&zone->shpool->mutex, WORKER);

    return rc && zone->shpool->lock.lock == 0;
}


/* A new realm takes a slot: a free one, or that of realm 2. */

static void
test_claim(unsigned n, const char *name)
{
    unsigned                      i, steps, bad, there, fails;
    ngx_http_auth_tenant_slot_t  *slot;

    prepare(n);
    keep();

    bad = there = fails = 0;

    for (steps = 0; killed(do_claim, NULL, steps); steps++) {

        for (i = 1; i <= n; i++) {
            bad += i != 2 && realm_wrong(i, 0);
        }

        bad += slot_of(2) ? realm_wrong(2, 0) : n < zone->small;

        slot = slot_of(OTHER);

        if (slot) {
            there++;
            bad += ngx_http_auth_tenant_slot_proven(slot)
                   || ngx_http_auth_tenant_slot_leased(slot, LATER)
                   || get(slot, OTHER) != NGX_DECLINED
                   || slot->attempted != 0 || slot->due != 0
                   || slot->outcome != NGX_HTTP_AUTH_TENANT_FETCH_NONE
                   || slot->last_used != LATER || slot->tenant_len != 4;
        }

        bad += claim(OTHER, LATER) == NULL;
        fails += stuck();
    }

    is(bad, 0, "E14: %s: realms are whole, or not there", name);
    ok(there > 0 && there < steps, "killed %u times, %u times when it was",
       steps, there);
    is(fails, 0, "no slot is lost");
}


static void
test_lease(void)
{
    unsigned  steps, bad, had, owed, fails;
    uint64_t  t, was;

    prepare(zone->small);
    keep();

    bad = had = owed = fails = 0;
    was = own->ticket;

    for (steps = 0; killed(do_lease, NULL, steps); steps++) {

        bad += realm_wrong(1, 0);

        if (own->attempted != LATER) {
            owed++;
            bad += own->ticket != was;
        }

        had += ngx_http_auth_tenant_slot_leased(own, LATER);

        switch (lease(own, 1, LATER, &t)) {

        case NGX_OK:
            bad += own->attempted != LATER || t <= was || had;
            bad += finish(own, 1, t, 50, 60) != NGX_OK;
            owed--;
            break;

        case NGX_AGAIN:
            bad += !ngx_http_auth_tenant_slot_leased(own, LATER);
            break;

        default:
            bad += ngx_http_auth_tenant_slot_leased(own, LATER);
        }

        fails += stuck();
    }

    is(bad, 0, "E14: a lease: stamped before it is given");
    is(owed, 0, "no second fetch in a cooldown");
    ok(had > 0 && had < steps, "killed %u times, %u times with the lease",
       steps, had);
    is(fails, 0, "no lease is for ever");
}


static void
test_finish(ngx_http_auth_tenant_fetch_e outcome, const char *name)
{
    unsigned  steps, bad, anew, ended, fails;

    prepare(zone->small);
    (void) lease(own, 1, LATER - 1000, &ticket);
    own->failures = 4;
    keep();

    document = zone_document(50, 60);
    bad = anew = ended = fails = 0;

    for (steps = 0; killed(do_finish, &outcome, steps); steps++) {

        bad += realm_wrong(1, outcome == NGX_HTTP_AUTH_TENANT_FETCH_OK);
        anew += holds(own, 1, 50, 60);

        if (own->finished == ticket) {
            ended++;
            bad += own->outcome != outcome || own->due != LATER + 7
                   || own->failures
                      != (outcome == NGX_HTTP_AUTH_TENANT_FETCH_OK ? 0 : 5)
                   || (outcome == NGX_HTTP_AUTH_TENANT_FETCH_OK
                       && !holds(own, 1, 50, 60));
        }

        fails += stuck();
    }

    is(bad, 0, "E14: %s: old keys or new ones, and what is true of them",
       name);
    ok(ended > 0 && ended < steps
       && (anew > 0) == (outcome == NGX_HTTP_AUTH_TENANT_FETCH_OK),
       "killed %u times, %u times after its end", steps, ended);
    is(fails, 0, "no lease is for ever");
}


static void
test_spend(step_pt what, int64_t now, unsigned provider, const char *name)
{
    unsigned  i, steps, bad, fails, given;

    prepare(2);
    keep();

    bad = fails = 0;

    for (steps = 0; killed(what, &now, steps); steps++) {

        given = 0;

        for (i = 0; i < 2 * LIMIT; i++) {
            given += ngx_http_auth_tenant_zone_spend(zone, zone_id(provider),
                                                     now, 1000, LIMIT)
                     == NGX_OK;
        }

        bad += given > LIMIT;
        given = 0;

        for (i = 0; i < 2 * LIMIT; i++) {
            given += ngx_http_auth_tenant_zone_spend(zone, zone_id(provider),
                                                     now + 1000, 1000, LIMIT)
                     == NGX_OK;
        }

        fails += given != LIMIT;
    }

    is(bad, 0, "E14: %s: no more is spent than may be", name);
    ok(steps > 20, "killed %u times", steps);
    is(fails, 0, "and as much, the next time");
}


/*
 * Those without the lock are overtaken: the slot of realm 2 becomes another
 * one's while it is marked as proven, or copied to a zone of another size.
 */

static ngx_http_auth_tenant_zone_t  *larger;

static void
do_touch(void *data)
{
    (void) data;

    ngx_http_auth_tenant_slot_touch(&zone->slots[zone->large + 1], zone_id(2),
                                    LATER, 1);
}


static void
do_carry(void *data)
{
    static u_char  buffer[NGX_HTTP_AUTH_TENANT_LARGE];

    (void) data;

    (void) ngx_http_auth_tenant_zone_carry_slot(larger, &larger->slots[5],
                                           zone,
                                           &zone->slots[zone->large + 1],
                                           buffer);
}


static void
evict(void *data)
{
    (void) data;

    (void) claim(OTHER, LATER);
}


static void
test_overtaken(void)
{
    unsigned                     steps, bad, other, done;
    ngx_http_auth_tenant_zone_t *small;
    ngx_http_auth_tenant_slot_t *slot;

    step_inside = 0;
    prepare(zone->small);

    slot = &zone->slots[zone->large + 1];
    keep();

    bad = other = 0;

    for (steps = 0; step_between(do_touch, NULL, steps, evict); steps++) {

        if (slot_of(OTHER)) {
            other++;
            bad += ngx_http_auth_tenant_slot_proven(slot);
        }

        memcpy(zone->root, image, image_size);
    }

    ok(bad == 0 && other > 0 && other <= steps,
       "no mark for another realm, %u times", other);

    /* its numbers and its keys are one owner's */

    small = zone;
    larger = zone_load(2 * SMALLEST);
    zone = small;
    slot = &larger->slots[5];

    bad = other = done = 0;

    for (steps = 0; done < 100; steps++) {

        memcpy(zone->root, image, image_size);
        zone->slots[zone->large + 1].due = 222;
        ngx_memzero(slot, sizeof(*slot));

        if (!step_between(do_carry, NULL, steps, evict)) {
            break;
        }

        zone = larger;

        if (slot->used != 1) {
            other++;

        } else if (ngx_http_auth_tenant_slot_is(slot, zone_id(OTHER))) {
            other++;
            bad += slot->due != 0 || slot->attempted != 0
                   || get(slot, OTHER) != NGX_DECLINED;

        } else {
            done++;
            bad += !ngx_http_auth_tenant_slot_is(slot, zone_id(2))
                   || slot->due != 222 || slot->attempted == 0
                   || (get(slot, 2) == NGX_OK && !holds(slot, 2, 2, 102))
                   || get(slot, 2) == NGX_ERROR;
        }

        zone = small;
    }

    ok(bad == 0 && other > 0 && done > 0,
       "no realm is carried with another's numbers, %u times", other);
}


int
main(void)
{
    if (!step_possible()) {
        ok(1, "no process may step another here # SKIP ptrace is refused");
        return done();
    }

    step_inside = 1;
    zone = zone_start(SMALLEST);

    test_claim(zone->small - 1, "a free slot is taken");
    test_claim(zone->small, "the slot of another realm is taken");
    test_lease();
    test_finish(NGX_HTTP_AUTH_TENANT_FETCH_FAILED, "a fetch that failed");
    test_finish(NGX_HTTP_AUTH_TENANT_FETCH_OK, "a fetch with new keys");
    test_spend(do_spend, NOW + 1000, 0, "the first use of a window");
    test_spend(do_spend_other, NOW, OTHER, "the first use of a provider");
    test_overtaken();

    return done();
}

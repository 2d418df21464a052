
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The zone: who may fetch, whose keys are published, who is counted.  Its
 * memory can be written only while its lock is held.
 */


#include "zone.h"


static void
test_lease(void)
{
    uint64_t                      t1, t2, t3;
    ngx_http_auth_tenant_slot_t  *a;

    start();
    a = claim(1, NOW);

    set(&a->due, NOW + 100);
    is(ngx_http_auth_tenant_slot_due(a, NOW, 100), NOW + 100,
       "what is due is as was said");
    is(ngx_http_auth_tenant_slot_due(a, NOW, 99), 0,
       "A7.9, E15: or now, if that would be later than it can be");
    set(&a->due, INT64_MAX);
    is(ngx_http_auth_tenant_slot_due(a, -NOW, 100), 0, "however late");
    set(&a->due, INT64_MIN);
    ok(ngx_http_auth_tenant_slot_due(a, NOW, 100) <= NOW, "or long ago");
    set(&a->due, 0);

    is(lease(a, 1, NOW, &t1), NGX_OK, "one may fetch");
    ok(a->attempted == NOW && a->deadline == NOW + 5000
       && a->owner == (uint64_t) ngx_pid && a->ticket == t1 && t1 != 0,
       "which is noted, with an end");
    is(lease(a, 1, NOW + 4999, &t2), NGX_AGAIN, "others wait for it");
    is(lease(a, 1, NOW + 5000, &t2), NGX_DECLINED,
       "E14: or, if it was killed, for the cooldown");
    is(lease(a, 1, NOW + 9999, &t2), NGX_DECLINED, "all of it");
    is(lease(a, 1, NOW + 10000, &t2), NGX_OK,
       "E14: another one takes over then");
    ok(t2 > t1 && a->attempted == NOW + 10000, "with a later ticket");

    is(finish(a, 1, t1, 1, 100), NGX_DECLINED,
       "A7.11: what the first one brings is refused");
    ok(get(a, 1) == NGX_DECLINED
       && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_NONE && a->finished != t1
       && ngx_http_auth_tenant_slot_leased(a, NOW + 10001),
       "and changes nothing");

    is(finish(a, 1, t2, 2, 200), NGX_OK, "the second one's is taken");
    ok(holds(a, 1, 2, 200) && generation == 1
       && ngx_http_auth_tenant_slot_generation(zone, a) == 1, "as it is");
    ok(a->finished == t2 && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_OK
       && a->failures == 0 && a->due == NOW + 600000 && a->deadline == 0
       && a->owner == 0, "the lease has ended, well");
    is(finish(a, 1, t1, 1, 100), NGX_DECLINED,
       "A7.11: the first one's still is refused");
    is(finish(a, 1, t2, 3, 100), NGX_DECLINED, "and the second one's again");
    ok(holds(a, 1, 2, 200), "the newest stands");

    is(lease(a, 1, NOW + 19999, &t3), NGX_DECLINED, "a fetch each cooldown");
    is(lease(a, 2, NOW + 20000, &t3), NGX_ERROR, "by who owns the slot");
    is(ngx_http_auth_tenant_slot_lease(zone, a, zone_id(1), NOW + 12000, 0,
                                       5000, &t3),
       NGX_OK, "or without waiting");
}


static void
test_finish(void)
{
    int64_t                       at;
    uint64_t                      ticket;
    ngx_http_auth_tenant_slot_t  *a;

    start();
    a = claim(1, NOW);

    (void) lease(a, 1, NOW, &ticket);
    (void) finish(a, 1, ticket, 2, 200);
    (void) lease(a, 1, NOW + 12000, &ticket);

    is(ngx_http_auth_tenant_slot_finish(zone, a, zone_id(2), ticket,
                                        NGX_HTTP_AUTH_TENANT_FETCH_FAILED,
                                        NULL, 0, 0),
       NGX_DECLINED, "only who owns the slot can end it");
    is(ngx_http_auth_tenant_slot_finish(zone, a, zone_id(1), ticket,
                                        NGX_HTTP_AUTH_TENANT_FETCH_FAILED,
                                        NULL, 0, NOW + 7),
       NGX_OK, "a fetch fails");
    ok(a->failures == 1 && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_FAILED
       && a->due == NOW + 7 && a->finished == ticket
       && !ngx_http_auth_tenant_slot_leased(a, NOW + 12001),
       "which is counted");
    ok(holds(a, 1, 2, 200), "the keys stay");

    (void) lease(a, 1, NOW + 25000, &ticket);
    is(ngx_http_auth_tenant_slot_finish(zone, a, zone_id(1), ticket,
                                        NGX_HTTP_AUTH_TENANT_FETCH_NONE, NULL,
                                        0, NOW + 8),
       NGX_OK, "a fetch is given up");
    ok(a->failures == 1 && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_FAILED
       && a->due == NOW + 8 && a->finished == ticket
       && !ngx_http_auth_tenant_slot_leased(a, NOW + 25001),
       "which says nothing of the provider");

    at = NOW + 40000;
    (void) lease(a, 1, at, &ticket);
    is(finish(a, 1, ticket, 4, NGX_HTTP_AUTH_TENANT_SMALL + 1), NGX_ERROR,
       "keys that don't fit");
    ok(a->failures == 2 && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_FAILED
       && a->finished == ticket && holds(a, 1, 2, 200), "fail likewise");

    at += 10000;
    (void) lease(a, 1, at, &ticket);
    is(ngx_http_auth_tenant_slot_finish(zone, a, zone_id(1), ticket,
                                        NGX_HTTP_AUTH_TENANT_FETCH_OK, NULL,
                                        0, 0),
       NGX_ERROR, "and so does none");

    at += 10000;
    (void) lease(a, 1, at, &ticket);
    is(ngx_http_auth_tenant_slot_finish(zone, a, zone_id(1), ticket,
                                        NGX_HTTP_AUTH_TENANT_FETCH_UNKNOWN,
                                        NULL, 0, 0),
       NGX_OK, "that there is no such realm");
    ok(a->failures == 0 && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_UNKNOWN,
       "is an answer, no failure");

    at += 10000;
    (void) lease(a, 1, at, &ticket);
    is(finish(a, 1, ticket, 5, NGX_HTTP_AUTH_TENANT_SMALL), NGX_OK,
       "the largest that fit");
    ok(holds(a, 1, 5, NGX_HTTP_AUTH_TENANT_SMALL) && generation == 2,
       "replace the old ones");
}


static void
test_lease_times(void)
{
    ngx_int_t                     rc;
    unsigned                      i, given;
    uint64_t                      ticket;
    ngx_http_auth_tenant_slot_t  *a;

    static const int64_t  times[] = {
        INT64_MIN, -1, INT64_MAX, INT64_MAX - NOW,
        NOW + NGX_HTTP_AUTH_TENANT_LEASE_MAX + 1
    };

    start();
    a = claim(1, NOW);
    given = 0;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        set(&a->deadline, times[i]);
        set(&a->attempted, 0);
        given += lease(a, 1, NOW, &ticket) == NGX_OK;

        set(&a->deadline, 0);
        set(&a->attempted, times[i]);
        given += lease(a, 1, NOW, &ticket) == NGX_OK;
    }

    is(given, 2 * i, "E15: times that can't be stop no fetch");

    set(&a->deadline, 0);
    set(&a->attempted, NOW + 3);
    is(lease(a, 1, NOW, &ticket), NGX_DECLINED,
       "E16: a clock that is a little ahead is believed");

    set(&a->attempted, 0);
    (void) ngx_http_auth_tenant_slot_lease(zone, a, zone_id(1), NOW, 0,
                                           INT64_MAX / 2, &ticket);
    ok(a->deadline == NOW + NGX_HTTP_AUTH_TENANT_LEASE_MAX,
       "no lease is longer than can be believed");

    set(&a->ticket, -1);
    set(&a->deadline, 0);
    set(&a->attempted, 0);
    ok(lease(a, 1, NOW, &ticket) == NGX_OK && ticket == 1,
       "0 is nobody's ticket");

    set(&a->attempted, 0);
    set(&a->deadline, 0);
    zone->shpool->lock.lock = 99;
    rc = lease(a, 1, NOW, &ticket);
    is(rc, NGX_BUSY, "a lease does not wait for the lock");
    is(finish(a, 1, 1, 1, 100), NGX_BUSY, "nor does its end");
    zone->shpool->lock.lock = 0;
    is(finish(a, 1, 1, 1, 100), NGX_OK, "which can be tried again");
}


static ngx_http_auth_tenant_slot_t  *racing;

static void
write_between(void)
{
    auth_tenant_str_t  s;

    s = zone_document(9, 90);

    zone_guard(0);
    (void) auth_tenant_store_write(ngx_http_auth_tenant_slot_store(zone,
                                                                   racing),
                                   NGX_HTTP_AUTH_TENANT_SMALL, zone_id(1), &s,
                                   9);
    zone_guard(1);
}


static void
test_documents(void)
{
    uint64_t                      ticket;
    auth_tenant_str_t             s;
    ngx_http_auth_tenant_slot_t  *a;

    start();
    a = claim(1, NOW);
    racing = a;

    (void) lease(a, 1, NOW, &ticket);
    zone_before_lock = write_between;
    is(finish(a, 1, ticket, 1, 100), NGX_OK,
       "another document, between the digest and the lock");
    ok(holds(a, 1, 1, 100) && generation == 2, "is overwritten all the same");

    s = zone_document(7, 70);
    is(ngx_http_auth_tenant_slot_restore(zone, a, zone_id(1), &s, 7),
       NGX_DECLINED, "a kept document is not put over another");
    ok(holds(a, 1, 1, 100), "which stands");

    start();
    a = claim(1, NOW);
    racing = a;
    s = zone_document(7, 70);

    is(ngx_http_auth_tenant_slot_restore(zone, a, zone_id(2), &s, 7),
       NGX_DECLINED, "or into another realm's slot");
    zone->shpool->lock.lock = 99;
    is(ngx_http_auth_tenant_slot_restore(zone, a, zone_id(1), &s, 7), NGX_BUSY,
       "or without the lock");
    zone->shpool->lock.lock = 0;
    zone_before_lock = write_between;
    is(ngx_http_auth_tenant_slot_restore(zone, a, zone_id(1), &s, 7),
       NGX_DECLINED, "or over one that came meanwhile");

    start();
    a = claim(1, NOW);
    s = zone_document(7, NGX_HTTP_AUTH_TENANT_SMALL + 1);
    is(ngx_http_auth_tenant_slot_restore(zone, a, zone_id(1), &s, 7),
       NGX_ERROR, "or where it does not fit");
    s = zone_document(7, 70);
    is(ngx_http_auth_tenant_slot_restore(zone, a, zone_id(1), &s, 7), NGX_OK,
       "but where there is none");
    ok(holds(a, 1, 7, 70) && a->attempted == 0
       && a->outcome == NGX_HTTP_AUTH_TENANT_FETCH_NONE,
       "and nobody has fetched");

    ok(get(a, 2) == NGX_ERROR, "no other realm reads it");
    set(&ngx_http_auth_tenant_slot_store(zone, a)->head[1].time, 8);
    set(&ngx_http_auth_tenant_slot_store(zone, a)->head[0].time, 8);
    is(get(a, 1), NGX_ERROR, "E15: and nobody, once it is damaged");
}


static ngx_int_t
spend(unsigned provider, int64_t now, ngx_uint_t limit)
{
    return ngx_http_auth_tenant_zone_spend(zone, zone_id(provider), now, 1000,
                                           limit);
}


static void
test_budget(void)
{
    ngx_uint_t  n;

    start();

    ok(spend(1, NOW, 3) == NGX_OK && spend(1, NOW, 3) == NGX_OK
       && spend(1, NOW + 1, 3) == NGX_OK, "a provider's first uses");
    is(spend(1, NOW + 999, 3), NGX_DECLINED, "are limited");
    is(spend(2, NOW + 999, 3), NGX_OK, "each one's by itself");
    is(spend(1, NOW + 1000, 3), NGX_OK, "for some time");
    ok(spend(1, NOW + 1000, 3) == NGX_OK && spend(1, NOW + 1000, 3) == NGX_OK
       && spend(1, NOW + 1000, 3) == NGX_DECLINED, "again and again");
    is(spend(3, NOW, 0), NGX_DECLINED, "none can be all");

    zone->shpool->lock.lock = 99;
    is(spend(4, NOW, 3), NGX_BUSY, "nobody waits for the lock");
    zone->shpool->lock.lock = 0;

    start();

    for (n = 1; n <= NGX_HTTP_AUTH_TENANT_BUDGETS; n++) {
        (void) spend(n, NOW + n, 1);
    }

    is(spend(100, NOW + 1000, 1), NGX_DECLINED,
       "E15: without a place to count there is nothing to spend");
    is(spend(100, NOW + 1001, 1), NGX_OK, "until a window is over");
    is(spend(2, NOW + 1001, 1), NGX_DECLINED, "and only that place is taken");
    is(spend(101, NOW + 1001, 1), NGX_DECLINED, "once");

    set(&zone->root->budgets[9].used, 2);
    set(&zone->root->budgets[9].until, NOW + 1500);
    is(spend(102, NOW + 1001, 1), NGX_OK, "E15: who takes it begins anew");

    set(&zone->root->budgets[5].until, INT64_MAX);
    set(&zone->root->budgets[5].count, -1);
    is(spend(6, NOW + 50, 1), NGX_OK, "E15: a window that can't be is over");
}


int
main(void)
{
    test_lease();
    test_finish();
    test_lease_times();
    test_documents();
    test_budget();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The table of verified tokens: which entry goes when a set is full.
 */


#include "cache_one_set.h"


/* Eight, put at NOW + 100, + 200, ... */

static void
fill(void)
{
    unsigned  i;

    empty();

    for (i = 1; i <= 8; i++) {
        put(i, NOW + 100 * i);
    }
}


static void
test_order(void)
{
    unsigned  i, bad;

    fill();
    is(count(1, 8), 8, "a set is of eight");

    bad = 0;

    for (i = 9; i < 50; i++) {
        put(i, NOW + 100 * i);
        bad += there(i - 8) || count(i - 7, 8) != 8;
    }

    is(bad, 0, "if it is full, the one goes that was put first");

    fill();
    find(1, NOW + 900);
    find(3, NOW + 901);
    put(9, NOW + 1000);
    put(10, NOW + 1100);
    ok(there(1) && !there(2) && there(3) && !there(4) && count(5, 6) == 6,
       "or, if others were found since, the one not used for longest");

    fill();
    put(1, NOW + 900);
    put(9, NOW + 1000);
    ok(there(1) && !there(2), "or put again");

    fill();
    put_as(5, TAG, 6, 100, NOW + 650, NOW + 900);
    put(9, NOW + 1000);
    ok(!there(5) && count(1, 4) == 4, "one that has expired goes before");
    put(10, NOW + 1000);
    ok(!there(1) && there(9), "then the oldest again");

    fill();
    put_as(5, TAG, 6, 100, NOW + 650, NOW + 900);
    cache_slot(&cache, 0, cache_way(&cache, 0, 6, TAG))->sequence |= 1;
    put(9, NOW + 1000);
    ok(there(5) && !there(6), "before that, one whose writer was killed");

    put(10, NOW + 1000);
    ok(!there(5) && count(1, 4) == 4, "then the expired one");

    fill();
    put_as(5, TAG, 6, 100, NOW + 650, NOW + 900);
    cache_slot(&cache, 0, cache_way(&cache, 0, 6, TAG))->sequence |= 1;
    cache_slot(&cache, 0, cache_way(&cache, 0, 7, TAG))->len = SMALL + 1;
    put(9, NOW + 1000);
    ok(!there(7) && there(5) && there(6) && count(1, 4) == 4,
       "before that, one that is none by its length");

    /* the same one is taken, whatever it is like, and whatever else is */

    cache_slot(&cache, 0, cache_way(&cache, 0, 8, TAG))->sequence |= 1;
    put(8, NOW + 1100);
    ok(there(8) && there(5) && there(6) && find(8, NOW + 1100) == 100,
       "but its own one, if it was killed");

    find(4, NOW + 1100);
    put(4, NOW + 1100);
    ok(count(1, 6) == 6, "or not");
}


/* Also of longer ones, which are as many, whatever there is of the others. */

static void
test_order_longer(void)
{
    size_t    len;
    unsigned  i, n, bad;

    fill();
    bad = 0;

    for (n = 1; n < AUTH_TENANT_CACHE_CLASSES; n++) {

        for (i = n * 100 + 1; i < n * 100 + 50; i++) {
            len = n * 1500 + i;
            put_as(i, TAG, i, len, LATER, NOW + 100 * i);

            bad += found_as(i, TAG, len, NOW + 100 * i) != i;
            bad += classes_of(i) != n + 1;
            bad += i > n * 100 + 8 && classes_of(i - 8) != 0;
            bad += i > n * 100 + 7 && classes_of(i - 7) != n + 1;
        }
    }

    is(bad, 0, "middle and large ones go in the same order");

    for (i = 142; i < 150; i++) {
        bad += classes_of(i) != 2;
    }

    ok(bad == 0 && count(1, 8) == 8, "and take no place from others");
}


static void
test_used(void)
{
    unsigned                   i, bad, ways;
    auth_tenant_cache_slot_t  *slot;

    empty();
    put(1, NOW);
    slot = cache_slot(&cache, 0, cache_way(&cache, 0, 1, TAG));

    is(slot->used, NOW, "an entry is used when it is put");
    find(1, NOW + 7);
    is(slot->used, NOW, "being found is not noted each time");
    find(1, NOW + 8);
    is(slot->used, NOW + 8, "but after some seconds");
    find(1, NOW + 15);
    is(slot->used, NOW + 8, "and not for some");
    find(1, NOW + 1);
    is(slot->used, NOW + 8, "a process whose clock is behind notes nothing");
    find(1, NOW);
    is(slot->used, NOW, "but a clock that was set back");
    find(1, LATER);
    is(slot->used, NOW, "nothing of one that is not found");

    for (i = 0, bad = 0; i < 64; i++) {
        slot->used = 1ULL << i;
        bad += find(1, NOW) != 100 || slot->used != NOW;
    }

    is(bad, 0, "whatever else is noted there is put right");

    /* of many in one second, not always the same one goes */

    empty();

    for (i = 1; i <= 8; i++) {
        put(i, NOW);
    }

    ways = 0;

    for (i = 100; i < 200; i++) {
        put(i, NOW);
        ways |= 1u << cache_way(&cache, 0, i, TAG);
    }

    is(ways, 0xff, "within a second each may have to go");
}


static void
test_clock(void)
{
    unsigned  i;

    /* used at NOW + 100 to + 800; the clock is set to before all of that */

    fill();
    find(3, NOW - 1000);
    put(9, NOW - 900);
    ok(there(3) && there(9) && count(1, 8) == 7,
       "set back: one that was not used since goes");

    for (i = 10; i < 16; i++) {
        put(i, NOW - 800 + (int) i);
    }

    ok(there(3) && count(1, 8) == 1 && count(9, 7) == 7,
       "as all of these do, before one that was");

    put(16, NOW - 700);
    ok(!there(3) && count(9, 8) == 8, "then it is the order of use again");

    /* clocks of two processes, a few seconds apart */

    fill();
    find(8, NOW + 1007);
    put(9, NOW + 1000);
    ok(!there(1) && there(8), "one that was used in a moment is not old");

    fill();
    put(9, LATER + 5);
    ok(there(9) && count(1, 8) == 7 && find(2, LATER + 5) == 0
       && find(9, LATER + 5) == 0, "set ahead: all have expired");
    ok(find(7, NOW) + find(8, NOW) >= 100,
       "and are there again when that is mended");
}


int
main(void)
{
    memory = guard_memory(SIZE);
    copy = guard_memory(MAX);

    is(auth_tenant_cache_layout(&cache, memory, SIZE), 1,
       "one set of each class");

    test_order();
    test_order_longer();
    test_used();
    test_clock();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The table of verified tokens: what is found is what was put for that token
 * and tag, whole and not expired, or nothing; and which entry goes when a set
 * is full.
 */


#include "cache.h"


#define SIZE    CACHE_SMALLEST
#define SMALL   AUTH_TENANT_CACHE_SMALL
#define MIDDLE  AUTH_TENANT_CACHE_MIDDLE
#define MAX     AUTH_TENANT_CACHE_MAX

#define NOW     1700000000
#define LATER   (NOW + 100000)

#define TAG     1000000


static auth_tenant_cache_t   cache;        /* one set of each class */
static unsigned char        *memory;       /* SIZE bytes */
static unsigned char        *copy;         /* MAX bytes, then no memory */
static unsigned char         tag[AUTH_TENANT_CACHE_DIGEST];


static void
empty(void)
{
    memset(memory, 0, SIZE);
}


static int
put_as(unsigned token, unsigned tagged, uint32_t serial, size_t len,
    int64_t expires, int64_t now)
{
    auth_tenant_str_t  s;

    s = cache_data(serial, len);

    return auth_tenant_cache_put(&cache, cache_digest(token),
                                 cache_digest(tagged), &s, expires, now);
}


static int
put(unsigned token, int64_t now)
{
    return put_as(token, TAG, token + 1, 100, LATER, now);
}


static size_t
find(unsigned token, int64_t now)
{
    return auth_tenant_cache_find(&cache, cache_digest(token),
                                  cache_digest(TAG), now, copy, tag);
}


/* The serial number of what is found for a token and tag; 0: none. */

static uint32_t
found_as(unsigned token, unsigned tagged, size_t len, int64_t now)
{
    if (auth_tenant_cache_find(&cache, cache_digest(token),
                               cache_digest(tagged), now, copy, tag)
        != len)
    {
        return 0;
    }

    return memcmp(tag, cache_digest(tagged), 32) == 0
           ? cache_serial(copy, len) : 0;
}


/* The classes that have a slot for the token, as digits: 1, 2 and 3. */

static unsigned
classes_of(unsigned token)
{
    unsigned  n, digits;

    for (n = 0, digits = 0; n < AUTH_TENANT_CACHE_CLASSES; n++) {

        if (cache_way(&cache, n, token, TAG) != -1) {
            digits = digits * 10 + n + 1;
        }
    }

    return digits;
}


/* Whether there is a slot for the token, without using it. */

static int
there(unsigned token)
{
    return cache_way(&cache, 0, token, TAG) != -1;
}


static size_t
count(unsigned first, unsigned n)
{
    size_t  sum;

    for (sum = 0; n > 0; n--) {
        sum += there(first++);
    }

    return sum;
}


static void
test_entries(void)
{
    size_t             len, bad;
    auth_tenant_str_t  s;

    empty();

    is(find(1, NOW), 0, "memory of zeros is an empty table");
    is(auth_tenant_cache_find(&cache, memory, memory, NOW, copy, tag), 0,
       "also for a digest of zeros");
    is(auth_tenant_cache_find(&cache, memory, NULL, NOW, copy, tag), 0,
       "of whatever tag");

    is(put_as(1, TAG, 7, 500, LATER, NOW), 1, "an entry");
    is(found_as(1, TAG, 500, NOW), 7, "is found as it was put");
    is(found_as(1, TAG, 500, NOW), 7, "again and again");

    memset(tag, 0, sizeof(tag));
    is(auth_tenant_cache_find(&cache, cache_digest(1), NULL, NOW, copy, tag),
       500, "of whatever tag");
    ok(memcmp(tag, cache_digest(TAG), 32) == 0, "which is told");

    is(find(2, NOW), 0, "no other token's");
    is(found_as(1, TAG + 1, 500, NOW), 0, "nor another tag's");

    s = cache_data(8, 0);
    is(auth_tenant_cache_put(&cache, cache_digest(1), cache_digest(TAG), &s,
                             LATER, NOW), 0, "empty data is refused");
    s = cache_data(8, MAX + 1);
    is(auth_tenant_cache_put(&cache, cache_digest(1), cache_digest(TAG), &s,
                             LATER, NOW), 0, "and data that is too long");
    is(found_as(1, TAG, 500, NOW), 7, "what was put before stands");

    bad = 0;

    for (len = 1; len <= MAX; len++) {
        bad += !put_as(3, TAG, 200, len, LATER, NOW);

        /* what was larger before must not show */

        memset(copy, 0xaa, MAX);
        bad += found_as(3, TAG, len, NOW) != 200;
        bad += classes_of(3) != cache_class(len) + 1;
    }

    is(bad, 0, "data of 1 to %d bytes, each in its class only", MAX);
    is(found_as(1, TAG, 500, NOW), 7, "beside another");
}


/* Where one class ends and the next begins. */

static void
test_classes(void)
{
    unsigned  i;

    static const struct {
        const char  *name;
        size_t       len;
        unsigned     class;
    } edges[] = {
        { "the shortest",             1,          1 },
        { "the longest small one",    SMALL,      1 },
        { "the shortest middle one",  SMALL + 1,  2 },
        { "the longest middle one",   MIDDLE,     2 },
        { "the shortest large one",   MIDDLE + 1, 3 },
        { "the longest",              MAX,        3 }
    };

    empty();

    for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        put_as(10 + i, TAG, 20 + i, edges[i].len, LATER, NOW);
    }

    for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        is(classes_of(10 + i), edges[i].class, "%s, of %zu bytes",
           edges[i].name, edges[i].len);
        is(found_as(10 + i, TAG, edges[i].len, NOW), 20 + i, "is found there");
    }
}


/* A digest whose first words are zero is like any other. */

static void
test_zeros(void)
{
    unsigned           i;
    unsigned char      zeros[AUTH_TENANT_CACHE_DIGEST];
    auth_tenant_str_t  s;

    static const size_t  lens[] = { 50, 2000, 5000, 50 };

    memset(zeros, 0, sizeof(zeros));
    empty();

    for (i = 0; i < 4; i++) {
        s = cache_data(5 + i, lens[i]);
        is(auth_tenant_cache_put(&cache, zeros, zeros, &s, LATER, NOW), 1,
           "a digest of zeros");
        is(auth_tenant_cache_find(&cache, zeros, zeros, NOW, copy, tag),
           s.len, "is one");
        is(cache_serial(copy, s.len), 5 + i, "with its data");
    }
}


static void
test_tags(void)
{
    size_t  len;

    empty();

    put_as(1, TAG, 11, 300, LATER, NOW);
    put_as(1, TAG + 1, 12, 310, LATER, NOW);
    put_as(1, TAG + 2, 13, 3000, LATER, NOW);
    put_as(1, TAG + 3, 17, 1500, LATER, NOW);

    is(found_as(1, TAG, 300, NOW), 11, "one token with four tags");
    is(found_as(1, TAG + 1, 310, NOW), 12, "each");
    is(found_as(1, TAG + 2, 3000, NOW), 13, "has its data");
    is(found_as(1, TAG + 3, 1500, NOW), 17, "in each class");

    len = auth_tenant_cache_find(&cache, cache_digest(1), NULL, NOW, copy,
                                 tag);
    ok((len == 300 && cache_serial(copy, len) == 11
        && memcmp(tag, cache_digest(TAG), 32) == 0)
       || (len == 310 && cache_serial(copy, len) == 12
           && memcmp(tag, cache_digest(TAG + 1), 32) == 0),
       "without a tag, it is one of them, with its own tag");

    put_as(1, TAG + 1, 14, 300, LATER, NOW);

    is(found_as(1, TAG, 300, NOW), 11, "one of them is replaced");
    is(found_as(1, TAG + 1, 300, NOW), 14, "which is found");
    is(found_as(1, TAG + 2, 3000, NOW), 13, "the others stand");
    is(found_as(1, TAG + 3, 1500, NOW), 17, "all of them");

    put_as(1, TAG, 15, 300, NOW + 5, NOW);
    put_as(1, TAG + 1, 16, 300, NOW + 5, NOW);

    is(auth_tenant_cache_find(&cache, cache_digest(1), NULL, NOW + 6, copy,
                              tag), 1500,
       "of whatever tag is one that has not expired");

    put_as(1, TAG + 3, 18, 1500, NOW + 5, NOW);

    is(auth_tenant_cache_find(&cache, cache_digest(1), NULL, NOW + 6, copy,
                              tag), 3000, "in whatever class");
}


static void
test_replaced(void)
{
    unsigned  i;

    empty();

    for (i = 0; i < 20; i++) {
        put_as(1, TAG, 50 + i, 100 + i, LATER, NOW);
    }

    is(found_as(1, TAG, 119, NOW), 69, "the last one is found");

    for (i = 2; i < 9; i++) {
        put(i, NOW);
    }

    is(count(1, 8), 8, "it has taken one slot only");

    put_as(1, TAG, 70, SMALL + 1, LATER, NOW);
    is(found_as(1, TAG, SMALL + 1, NOW), 70, "it may grow to another class");
    is(classes_of(1), 2, "its slot in the first is free");

    put(9, NOW);
    is(count(2, 8), 8, "and taken next");
}


/* From each class to each other one: it stays in none of before. */

static void
test_moved(void)
{
    unsigned  from, to, serial;

    static const size_t  lens[] = { SMALL, MIDDLE, MAX };

    serial = 0;

    for (from = 0; from < 3; from++) {

        for (to = 0; to < 3; to++) {
            empty();
            put_as(1, TAG, ++serial, lens[from], LATER, NOW);
            put_as(1, TAG + 1, 100, lens[from], LATER, NOW);
            put_as(1, TAG, ++serial, lens[to] - 1, LATER, NOW);

            is(classes_of(1), to + 1, "from class %u to class %u", from + 1,
               to + 1);
            is(found_as(1, TAG, lens[to] - 1, NOW), serial,
               "the new one is found");
            is(found_as(1, TAG + 1, lens[from], NOW), 100,
               "and another tag's stands");
        }
    }
}


static void
test_expired(void)
{
    empty();

    put_as(1, TAG, 7, 100, NOW + 10, NOW);

    ok(find(1, NOW + 9) == 100 && find(1, NOW + 10) == 0
       && find(1, INT64_MAX) == 0, "an entry is found until it expires");
    is(find(1, NOW), 100, "and again, if the clock is set back");
    is(find(1, INT64_MIN), 100, "however far");

    put_as(2, TAG, 8, 100, NOW, NOW);
    is(find(2, NOW), 0, "one that has expired is never found");

    put_as(3, TAG, 9, 100, INT64_MAX, INT64_MIN);
    ok(find(3, INT64_MAX - 1) == 100 && find(3, INT64_MAX) == 0,
       "the last second of time");

    put_as(4, TAG, 9, 100, INT64_MIN, NOW);
    is(find(4, INT64_MIN), 0, "and the first");

    put_as(5, TAG, 10, 100, -5, -10);
    ok(find(5, -6) == 100 && find(5, -5) == 0 && find(5, 0) == 0,
       "times before the epoch are times");
}


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

    test_entries();
    test_classes();
    test_zeros();
    test_tags();
    test_replaced();
    test_moved();
    test_expired();
    test_order();
    test_order_longer();
    test_used();
    test_clock();

    return done();
}

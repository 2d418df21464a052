
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The table of verified tokens: what is found is what was put for that token
 * and tag, whole and not expired, or nothing.
 */


#include "cache_one_set.h"


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

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The table of verified tokens in memory with any bytes in it: an entry is
 * found as it was put, or not at all, and nothing is touched outside.
 */


#include "cache.h"
#include "random.h"

/* for the checksum, which makes entries that no writer would */

#include "auth_tenant_cache_slot.c"


#define SMALL   AUTH_TENANT_CACHE_SMALL
#define MIDDLE  AUTH_TENANT_CACHE_MIDDLE
#define MAX     AUTH_TENANT_CACHE_MAX

#define NOW     1700000000
#define LATER   (NOW + 100000)

#define TAG     1000000

#define FILLED  6            /* entries: four small ones, then one of each */


static auth_tenant_cache_t   cache;        /* one set of each class */
static unsigned char        *memory;
static unsigned char        *copy;         /* MAX bytes, then no memory */
static unsigned char         tag[AUTH_TENANT_CACHE_DIGEST];


static int
put(unsigned token, size_t len)
{
    auth_tenant_str_t  s;

    s = cache_data(token + 1, len);

    return auth_tenant_cache_put(&cache, cache_digest(token),
                                 cache_digest(TAG), &s, LATER, NOW);
}


static size_t
find(unsigned token)
{
    return auth_tenant_cache_find(&cache, cache_digest(token),
                                  cache_digest(TAG), NOW, copy, tag);
}


/* 1 if it is found as it was put, 0 if not at all, -1 if it is another. */

static int
found(unsigned token, size_t len)
{
    size_t  n;

    n = find(token);

    if (n == 0) {
        return 0;
    }

    return n == len && cache_serial(copy, n) == token + 1
           && memcmp(tag, cache_digest(TAG), 32) == 0 ? 1 : -1;
}


static void
hint_all(unsigned token)
{
    unsigned  i, n;

    for (n = 0; n < AUTH_TENANT_CACHE_CLASSES; n++) {

        for (i = 0; i < CACHE_WAYS; i++) {
            memcpy(&cache.classes[n].hints[i], cache_digest(token), 8);
        }
    }
}


/* The length of an entry that is there: of 1 to FILLED. */

static size_t
length(unsigned token)
{
    static const size_t  lens[] = { 100, 200, 300, 400, 1000, 2500 };

    return lens[token - 1];
}


static void
fill(void)
{
    unsigned  i;

    memset(memory, 0, CACHE_SMALLEST);

    for (i = 1; i <= FILLED; i++) {
        put(i, length(i));
    }
}


/* E15: each bit of all the memory is turned over once. */

static void
test_bits(void)
{
    size_t                     i;
    unsigned                   n, bit, bad, lost, kept, mended;
    unsigned char              was;

    fill();
    bad = lost = kept = mended = 0;

    for (i = 0; i < CACHE_SMALLEST; i++) {

        for (bit = 1; bit < 256; bit <<= 1) {
            was = memory[i];
            memory[i] ^= bit;

            for (n = 1; n <= FILLED; n++) {

                switch (found(n, length(n))) {
                case 1:
                    kept++;
                    break;

                case 0:
                    lost++;
                    put(n, length(n));
                    mended += found(n, length(n)) == 1;
                    fill();
                    break;

                default:
                    bad++;
                }
            }

            memory[i] = was;
        }
    }

    is(bad, 0, "E15: a bit of the memory is wrong: none is found damaged");

    /* heads but `used`, hints, and data with what fills its last word up */

    is(lost, (6 * (12 + 1) * 8 + 104 + 200 + 304 + 400 + 1000 + 2504) * 8,
       "every bit of an entry is seen (%u times it was another's)", kept);
    is(mended, lost, "and the next writer mends it");
}


/* E15: more than a bit: as if others had written there. */

static void
test_blocks(void)
{
    size_t    from, to, len;
    unsigned  i, k, n, bad, lost;
    uint64_t  word;

    bad = lost = 0;

    for (i = 0; i < 20000; i++) {
        fill();

        for (k = random_below(4) + 1; k > 0; k--) {
            len = random_below(i % 2 ? 300 : 10) + 1;
            from = random_below(30000 - len);
            to = random_below(30000 - len);

            switch (random_below(3)) {
            case 0:
                memmove(memory + to, memory + from, len);
                break;

            case 1:
                memset(memory + to, random_below(256), len);
                break;

            default:
                memcpy(&word, memory + to / 8 * 8, 8);
                memcpy(memory + to / 8 * 8, memory + from / 8 * 8, 8);
                memcpy(memory + from / 8 * 8, &word, 8);
            }
        }

        for (n = 1; n <= FILLED; n++) {

            switch (found(n, length(n))) {
            case 1:
                break;

            case 0:
                lost++;
                break;

            default:
                bad++;
            }
        }

        put(7, 700);
        bad += found(7, 700) != 1;
    }

    is(bad, 0, "E15: blocks were moved and filled: none is found damaged");
    ok(lost > 1000, "%u times an entry was lost", lost);
}


/* What is no accident in a single word. */

static void
test_hostile(void)
{
    int                         way;
    size_t                      len;
    unsigned                    i, k, n, token, bad;
    uint64_t                    was;
    auth_tenant_cache_slot_t   *slot;
    auth_tenant_cache_class_t  *class;

    static const uint64_t  words[] = {
        0, 1, 2, 99, 101, 104, SMALL, SMALL + 1, MIDDLE, MIDDLE + 1, MAX,
        MAX + 1, 65536, UINT32_MAX, INT64_MAX, (uint64_t) INT64_MAX + 1,
        UINT64_MAX - 7, UINT64_MAX - 1, UINT64_MAX
    };

    bad = 0;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {

        for (k = 0; k < 5 * AUTH_TENANT_CACHE_CLASSES; k++) {
            fill();
            n = k % 5;
            token = 4 + k / 5;
            len = length(token);
            slot = cache_slot(&cache, k / 5,
                              cache_way(&cache, k / 5, token, TAG));

            was = ((uint64_t *) slot)[n];
            ((uint64_t *) slot)[n] = words[i];

            /* `used` is covered by nothing */

            bad += found(token, len) != (n == 1 || was == words[i]);

            put(token, len + 50);
            bad += found(token, len + 50) != 1;
            bad += found(2, 200) != 1 || (token != 5 && found(5, 1000) != 1);
        }
    }

    is(bad, 0, "E15: whatever stands in a head, the entry is none");

    /* a head that is longer than its slot, of the last slot of each class */

    for (n = 0; n < AUTH_TENANT_CACHE_CLASSES; n++) {
        class = &cache.classes[n];
        len = class->capacity;

        fill();
        put(7, len);
        way = cache_way(&cache, n, 7, TAG);
        slot = cache_slot(&cache, n, 7);
        memmove(slot, cache_slot(&cache, n, way), class->slot_size);

        if (way != 7) {
            cache_slot(&cache, n, way)->len = 0;
            class->hints[7] = class->hints[way];
        }

        is(found(7, len), 1, "a slot that was moved with its hint is whole");

        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            slot->len = words[i];
            bad += words[i] != len && found(7, len) != 0;
        }

        is(bad, 0, "E15: its length is not followed out of it");
    }
}


static void
test_names(void)
{
    auth_tenant_cache_slot_t  *slot, *other;

    /* another token's data under this one's name */

    fill();
    slot = cache_slot(&cache, 0, cache_way(&cache, 0, 1, TAG));
    memcpy(slot->token, cache_digest(2), 32);
    hint_all(2);
    is(found(2, 200), 1, "a token's name on another's slot is not its data");

    cache_slot(&cache, 0, cache_way(&cache, 0, 3, TAG))->len = 0;
    memcpy(slot->token, cache_digest(3), 32);
    hint_all(3);
    is(find(3), 0, "also where it has none itself");

    fill();
    slot = cache_slot(&cache, 0, cache_way(&cache, 0, 3, TAG));
    memcpy(slot->tag, cache_digest(TAG + 1), 32);
    is(auth_tenant_cache_find(&cache, cache_digest(3), cache_digest(TAG + 1),
                              NOW, copy, tag), 0, "nor another's tag");

    fill();
    slot = cache_slot(&cache, 0, cache_way(&cache, 0, 4, TAG));
    other = cache_slot(&cache, 0, cache_way(&cache, 0, 3, TAG));
    memcpy(slot + 1, other + 1, SMALL);
    is(find(4), 0, "nor another's data");
}


/* What is wrong in spite of a checksum that is right. */

static void
test_sums(void)
{
    auth_tenant_cache_slot_t  *slot;

    fill();
    slot = cache_slot(&cache, 0, cache_way(&cache, 0, 1, TAG));

    slot->checksum = auth_tenant_cache_slot_copy(slot, (uint64_t *) (slot + 1),
                                                 copy);
    is(found(1, 100), 1, "the checksum is what it should be");

    slot->sequence++;
    slot->checksum = auth_tenant_cache_slot_copy(slot, (uint64_t *) (slot + 1),
                                                 copy);
    is(find(1), 0, "E14: what is being written is none");

    slot->sequence++;
    slot->len = 0;
    slot->checksum = auth_tenant_cache_slot_copy(slot, (uint64_t *) (slot + 1),
                                                 copy);
    is(find(1), 0, "what is empty is none");
}


/* The hint is one: what counts is the slot. */

static void
test_hints(void)
{
    unsigned  i, n, bad;

    fill();
    bad = 0;

    for (n = 1; n <= FILLED; n++) {
        hint_all(n);
        bad += found(n, length(n)) != 1;
    }

    is(bad, 0, "hints that fit all slots lead to the right one");

    memset(memory, 0, AUTH_TENANT_CACHE_CLASSES * 64);

    for (n = 1; n <= FILLED; n++) {
        bad += find(n) != 0;
        put(n, length(n));
        bad += found(n, length(n)) != 1;
    }

    is(bad, 0, "without a hint they are not found until they are put again");

    for (i = 10; i < 14; i++) {
        put(i, 50);
    }

    for (i = 14; i < 21; i++) {
        put(i, 1200);
        put(i + 10, 2200);
    }

    for (i = 1; i <= FILLED; i++) {
        bad += cache_way(&cache, cache_class(length(i)), i, TAG) == -1;
    }

    is(bad, 0, "into the slots that they were in");
}


/* Many slots of one token and tag, in all classes, which only damage makes. */

static void
test_twice(void)
{
    int                         way;
    unsigned                    i, n, to;
    auth_tenant_cache_slot_t   *slot;
    auth_tenant_cache_class_t  *class;

    for (to = 0; to < AUTH_TENANT_CACHE_CLASSES; to++) {
        fill();
        way = cache_way(&cache, 0, 1, TAG);
        slot = cache_slot(&cache, 0, way);

        for (n = 0; n < AUTH_TENANT_CACHE_CLASSES; n++) {
            class = &cache.classes[n];

            for (i = 0; i < CACHE_WAYS; i++) {

                if (cache_slot(&cache, n, i)->len == 0) {
                    memcpy(cache_slot(&cache, n, i), slot,
                           cache.classes[0].slot_size);
                    class->hints[i] = cache.classes[0].hints[way];
                }
            }
        }

        put(1, length(4 + to) + 70);
        is(found(1, length(4 + to) + 70), 1, "the one that was put is found");
        way = cache_way(&cache, to, 1, TAG);
        cache_slot(&cache, to, way)->len = 0;
        is(find(1), 0, "and no other, in whatever class");
    }
}


static void
test_rubbish(void)
{
    size_t    i;
    unsigned  n, k, bad;

    static const size_t  lens[] = { 3000, 300, 1500 };

    bad = 0;

    for (n = 0; n < 50; n++) {

        for (i = 0; i < CACHE_SMALLEST; i += 4) {
            k = n < 3 ? UINT32_MAX / (n + 1) : random_below(UINT32_MAX);
            memcpy(memory + i, &k, 4);
        }

        for (k = 0; k < 20; k++) {
            bad += find(k) != 0;
            bad += !put(k, lens[k % 3]);
            bad += found(k, lens[k % 3]) != 1;
        }
    }

    is(bad, 0, "E15: rubbish is none, and can be written over");
}


int
main(void)
{
    copy = guard_memory(MAX);

    memory = guard_memory(CACHE_SMALLEST);
    auth_tenant_cache_layout(&cache, memory, CACHE_SMALLEST);

    test_bits();
    test_blocks();
    test_hostile();
    test_names();
    test_sums();
    test_hints();
    test_twice();
    test_rubbish();

    return done();
}

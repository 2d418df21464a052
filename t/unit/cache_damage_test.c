
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The table of verified tokens in memory of any size, with any bytes in it:
 * an entry is found as it was put, or not at all, and nothing is touched
 * outside.
 */


#include "cache.h"
#include "random.h"

/* for the checksum, which makes entries that no writer would */

#include "auth_tenant_cache_slot.c"


#define SMALL   AUTH_TENANT_CACHE_SMALL
#define MAX     AUTH_TENANT_CACHE_MAX

#define NOW     1700000000
#define LATER   (NOW + 100000)

#define TAG     1000000


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


static size_t
fits(size_t size, size_t len)
{
    return auth_tenant_cache_layout(&cache, memory, size)
           ? auth_tenant_cache_room(&cache, len) : 0;
}


/* Whether all that belongs to a table lies in its memory, each apart. */

static int
lies_well(size_t size)
{
    unsigned char                    *next;
    const auth_tenant_cache_class_t  *small, *large;

    small = &cache.classes[0];
    large = &cache.classes[1];
    next = memory;

    if ((unsigned char *) small->hints != next) {
        return 0;
    }

    next += small->sets * 64;

    if ((unsigned char *) large->hints != next) {
        return 0;
    }

    next += large->sets * 64;

    if (small->slots != next || small->slot_size % 64 != 0) {
        return 0;
    }

    next += small->sets * 8 * small->slot_size;

    if (large->slots != next || large->slot_size % 64 != 0) {
        return 0;
    }

    next += large->sets * 8 * large->slot_size;

    return next <= memory + size
           && small->slot_size == sizeof(auth_tenant_cache_slot_t) + SMALL
           && large->slot_size == sizeof(auth_tenant_cache_slot_t) + MAX;
}


static void
test_layout(void)
{
    size_t  size, share, large, bad, uneven;

    memory = mmap(NULL, 1 << 24, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    is(fits(0, 1), 0, "no memory is too little");
    is(fits(1, 1), 0, "one byte too");
    is(fits(CACHE_SMALLEST - 1, 1), 0, "all that is less than a set of each");
    is(fits(CACHE_SMALLEST, 1), 8, "a set of each class is enough");
    is(fits(CACHE_SMALLEST, MAX), 8, "of large ones too");

    bad = uneven = 0;

    for (size = CACHE_SMALLEST; size < 1 << 24; size += size / 500 + 1) {
        bad += !auth_tenant_cache_layout(&cache, memory, size)
               || !lies_well(size);

        share = auth_tenant_cache_room(&cache, SMALL) * 968;
        large = auth_tenant_cache_room(&cache, MAX) * 8136;

        uneven += large > size / 4 && large != 8 * 8136;
        uneven += size / 4 >= large + 8 * 8136 || share + large > size
                  || share + large + 8 * 968 <= size;
    }

    is(bad, 0, "sizes to 16 MiB: each part has its place (and none is read)");
    is(uneven, 0, "large ones have a quarter, small ones the rest");

    munmap(memory, 1 << 24);
}


static void
test_room(void)
{
    size_t    size, len, room, n;
    unsigned  i;

    size = 3000000;
    memory = guard_memory(size - size % 64);
    auth_tenant_cache_layout(&cache, memory, size - size % 64);

    room = auth_tenant_cache_room(&cache, SMALL);

    ok(auth_tenant_cache_room(&cache, 0) == room
       && auth_tenant_cache_room(&cache, 1) == room,
       "%zu of up to %d bytes", room, SMALL);
    ok(room * 1024 >= size * 3 / 4, "which take at most 1 KiB each");

    n = auth_tenant_cache_room(&cache, MAX);

    ok(auth_tenant_cache_room(&cache, SMALL + 1) == n && n < room,
       "%zu of up to %d bytes", n, MAX);
    is(auth_tenant_cache_room(&cache, MAX + 1), 0, "none of more");
    is(auth_tenant_cache_room(&cache, SIZE_MAX), 0, "nor of much more");

    for (len = 400; len < 1000; len += 500) {

        for (i = 1; i < 40000; i++) {
            put(i, len);
        }

        for (i = 1, n = 0; i < 40000; i++) {
            n += found(i, len) == 1;
        }

        is(n, auth_tenant_cache_room(&cache, len),
           "so many are found, of %zu bytes, when it is full", len);
    }
}


static void
hint_all(unsigned token)
{
    unsigned  i;

    for (i = 0; i < CACHE_WAYS; i++) {
        memcpy(&cache.classes[0].hints[i], cache_digest(token), 8);
    }
}


/* Four small ones, and a large one. */

static void
fill(void)
{
    unsigned  i;

    memset(memory, 0, CACHE_SMALLEST);

    for (i = 1; i <= 4; i++) {
        put(i, 100 * i);
    }

    put(5, 1000);
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

            for (n = 1; n <= 5; n++) {

                switch (found(n, n < 5 ? 100 * n : 1000)) {
                case 1:
                    kept++;
                    break;

                case 0:
                    lost++;
                    put(n, n < 5 ? 100 * n : 1000);
                    mended += found(n, n < 5 ? 100 * n : 1000) == 1;
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

    is(lost, (5 * (12 + 1) * 8 + 104 + 200 + 304 + 400 + 1000) * 8,
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
            from = random_below(12000 - len);
            to = random_below(12000 - len);

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

        for (n = 1; n <= 5; n++) {

            switch (found(n, n < 5 ? 100 * n : 1000)) {
            case 1:
                break;

            case 0:
                lost++;
                break;

            default:
                bad++;
            }
        }

        put(6, 700);
        bad += found(6, 700) != 1;
    }

    is(bad, 0, "E15: blocks were moved and filled: none is found damaged");
    ok(lost > 1000, "%u times an entry was lost", lost);
}


/* What is no accident in a single word. */

static void
test_hostile(void)
{
    int                        way;
    unsigned                   i, n, bad;
    uint64_t                   was;
    auth_tenant_cache_slot_t  *slot, *other;

    static const uint64_t  words[] = {
        0, 1, 2, 99, 101, 104, SMALL, SMALL + 1, MAX, MAX + 1, 65536,
        UINT32_MAX, INT64_MAX, (uint64_t) INT64_MAX + 1, UINT64_MAX - 7,
        UINT64_MAX - 1, UINT64_MAX
    };

    bad = 0;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {

        for (n = 0; n < 5; n++) {
            fill();
            way = cache_way(&cache, 0, 1, TAG);
            slot = cache_slot(&cache, 0, way);

            was = ((uint64_t *) slot)[n];
            ((uint64_t *) slot)[n] = words[i];

            /* `used` is covered by nothing */

            bad += found(1, 100) != (n == 1 || was == words[i]);

            put(1, 150);
            bad += found(1, 150) != 1;
            bad += found(2, 200) != 1 || found(5, 1000) != 1;
        }
    }

    is(bad, 0, "E15: whatever stands in a head, the entry is none");

    /* a head that is longer than its slot, of the last slot of all */

    fill();
    put(6, MAX);
    way = cache_way(&cache, 1, 6, TAG);
    memcpy(cache_slot(&cache, 1, 7), cache_slot(&cache, 1, way),
           cache.classes[1].slot_size);
    cache_slot(&cache, 1, way)->len = 0;
    cache.classes[1].hints[7] = cache.classes[1].hints[way];
    is(found(6, MAX), 1, "a slot that was moved with its hint is whole");

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        cache_slot(&cache, 1, 7)->len = words[i];
        bad += words[i] != MAX && found(6, MAX) != 0;
    }

    is(bad, 0, "E15: its length is not followed out of the memory");

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

    for (n = 1; n <= 4; n++) {
        hint_all(n);
        bad += found(n, 100 * n) != 1;
    }

    is(bad, 0, "hints that fit all slots lead to the right one");

    memset(cache.classes[0].hints, 0, 64);
    is(find(1), 0, "without a hint it is not found");

    put(1, 100);
    is(found(1, 100), 1, "until it is put again");

    for (i = 10; i < 14; i++) {
        put(i, 50);
    }

    for (i = 1; i <= 4; i++) {
        bad += cache_way(&cache, 0, i, TAG) == -1;
    }

    is(bad, 0, "into the slot that it was in");
}


/* Two slots of one token and tag, which only damage makes. */

static void
test_twice(void)
{
    int                        way;
    unsigned                   i;
    auth_tenant_cache_slot_t  *slot;

    fill();
    way = cache_way(&cache, 0, 1, TAG);
    slot = cache_slot(&cache, 0, way);

    for (i = 0; i < 8; i++) {

        if (cache_slot(&cache, 0, i)->len == 0) {
            memcpy(cache_slot(&cache, 0, i), slot,
                   cache.classes[0].slot_size);
            cache.classes[0].hints[i] = cache.classes[0].hints[way];
        }
    }

    put(1, 170);
    is(found(1, 170), 1, "the one that was put is found");
    way = cache_way(&cache, 0, 1, TAG);
    cache_slot(&cache, 0, way)->len = 0;
    is(find(1), 0, "and no other");
}


static void
test_rubbish(void)
{
    size_t    i;
    unsigned  n, k, bad;

    bad = 0;

    for (n = 0; n < 50; n++) {

        for (i = 0; i < CACHE_SMALLEST; i += 4) {
            k = n < 3 ? UINT32_MAX / (n + 1) : random_below(UINT32_MAX);
            memcpy(memory + i, &k, 4);
        }

        for (k = 0; k < 20; k++) {
            bad += find(k) != 0;
            bad += !put(k, k % 3 ? 300 : 3000);
            bad += found(k, k % 3 ? 300 : 3000) != 1;
        }
    }

    is(bad, 0, "E15: rubbish is none, and can be written over");
}


int
main(void)
{
    copy = guard_memory(MAX);

    test_layout();
    test_room();

    memory = guard_memory(CACHE_SMALLEST);
    auth_tenant_cache_layout(&cache, memory, CACHE_SMALLEST);

    test_bits();
    test_blocks();
    test_hostile();
    test_sums();
    test_hints();
    test_twice();
    test_rubbish();

    return done();
}

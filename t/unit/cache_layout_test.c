
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The table of verified tokens in memory of any size: where things stand in
 * it, and how many entries of each class it has room for.
 */


#include "cache.h"


#define SMALL   AUTH_TENANT_CACHE_SMALL
#define MIDDLE  AUTH_TENANT_CACHE_MIDDLE
#define MAX     AUTH_TENANT_CACHE_MAX

#define NOW     1700000000
#define LATER   (NOW + 100000)

#define TAG     1000000


static auth_tenant_cache_t   cache;
static unsigned char        *memory;
static unsigned char        *copy;
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


/* Whether it is found as it was put. */

static int
found(unsigned token, size_t len)
{
    size_t  n;

    n = find(token);

    return n == len && cache_serial(copy, n) == token + 1;
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
    unsigned                          n;
    unsigned char                    *next;
    const auth_tenant_cache_class_t  *class;

    static const size_t  lens[] = { SMALL, MIDDLE, MAX };

    next = memory;

    for (n = 0; n < AUTH_TENANT_CACHE_CLASSES; n++) {
        class = &cache.classes[n];

        if ((unsigned char *) class->hints != next) {
            return 0;
        }

        next += class->sets * 64;
    }

    for (n = 0; n < AUTH_TENANT_CACHE_CLASSES; n++) {
        class = &cache.classes[n];

        if (class->slots != next || class->capacity != lens[n]
            || class->slot_size != sizeof(auth_tenant_cache_slot_t) + lens[n]
            || class->slot_size % 128 != 64)
        {
            return 0;
        }

        next += class->sets * 8 * class->slot_size;
    }

    return next <= memory + size;
}


static void
test_layout(void)
{
    size_t  size, small, middle, large, bad, uneven;

    memory = mmap(NULL, 1 << 24, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    is(fits(0, 1), 0, "no memory is too little");
    is(fits(1, 1), 0, "one byte too");
    is(auth_tenant_cache_layout(&cache, memory, CACHE_SMALLEST - 1), 0,
       "all that is less than a set of each");
    is(fits(CACHE_SMALLEST, 1), 8, "a set of each class is enough");
    is(fits(CACHE_SMALLEST, MIDDLE), 8, "of middle ones too");
    is(fits(CACHE_SMALLEST, MAX), 8, "and of large ones");

    bad = uneven = 0;

    for (size = CACHE_SMALLEST; size < 1 << 24; size += size / 500 + 1) {
        bad += !auth_tenant_cache_layout(&cache, memory, size)
               || !lies_well(size);

        small = auth_tenant_cache_room(&cache, SMALL) * 968;
        middle = auth_tenant_cache_room(&cache, MIDDLE) * 2120;
        large = auth_tenant_cache_room(&cache, MAX) * 8136;

        uneven += large > size / 16 && large != 8 * 8136;
        uneven += size / 16 >= large + 8 * 8136;
        uneven += middle > size / 8 && middle != 8 * 2120;
        uneven += size / 8 >= middle + 8 * 2120;
        uneven += small + middle + large > size
                  || small + middle + large + 8 * 968 <= size;
    }

    is(bad, 0, "sizes to 16 MiB: each part has its place (and none is read)");
    is(uneven, 0, "large ones have a sixteenth, middle ones an eighth, small "
       "ones the rest");

    munmap(memory, 1 << 24);
}


static void
test_room(void)
{
    size_t    size, len, room, middle, n;
    unsigned  i, k;

    static const size_t  lens[] = { 400, 1500, 3000 };

    size = 3000000;
    memory = guard_memory(size - size % 64);
    auth_tenant_cache_layout(&cache, memory, size - size % 64);

    room = auth_tenant_cache_room(&cache, SMALL);

    ok(auth_tenant_cache_room(&cache, 0) == room
       && auth_tenant_cache_room(&cache, 1) == room,
       "%zu of up to %d bytes", room, SMALL);
    ok(room * 1024 >= size * 13 / 16, "which take at most 1 KiB each");

    middle = auth_tenant_cache_room(&cache, MIDDLE);

    ok(auth_tenant_cache_room(&cache, SMALL + 1) == middle && middle < room,
       "%zu of up to %d bytes", middle, MIDDLE);

    n = auth_tenant_cache_room(&cache, MAX);

    ok(auth_tenant_cache_room(&cache, MIDDLE + 1) == n && n < middle,
       "%zu of up to %d bytes", n, MAX);
    is(auth_tenant_cache_room(&cache, MAX + 1), 0, "none of more");
    is(auth_tenant_cache_room(&cache, SIZE_MAX), 0, "nor of much more");

    for (k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
        len = lens[k];

        for (i = 1; i < 40000; i++) {
            put(i, len);
        }

        for (i = 1, n = 0; i < 40000; i++) {
            n += found(i, len);
        }

        is(n, auth_tenant_cache_room(&cache, len),
           "so many are found, of %zu bytes, when it is full", len);
    }
}


int
main(void)
{
    copy = guard_memory(MAX);

    test_layout();
    test_room();

    return done();
}

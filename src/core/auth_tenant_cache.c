
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_cache_slot.h"


#define AUTH_TENANT_CACHE_WAYS     8
#define AUTH_TENANT_CACHE_LINE     64

/* lines of a slot that nearly every entry has */

#define AUTH_TENANT_CACHE_AHEAD    8

/*
 * An odd number of cache lines in a slot: otherwise the heads of all slots
 * would compete for the same few places of a processor's cache.
 */

#define AUTH_TENANT_CACHE_SLOTS    { 15 * 64, 33 * 64, 127 * 64 }

/* one part of so many of the memory; the first class has what is left */

#define AUTH_TENANT_CACHE_SHARES   { 1, 8, 16 }

/* seconds that `used` may lag behind, and that processes' clocks may differ */

#define AUTH_TENANT_CACHE_STAMP    8


/* Whom to take a slot from: first one of the last kind. */

typedef enum {
    AUTH_TENANT_CACHE_USED = 0,
    AUTH_TENANT_CACHE_EXPIRED,
    AUTH_TENANT_CACHE_KILLED,
    AUTH_TENANT_CACHE_FREE
} auth_tenant_cache_state_e;


static const auth_tenant_cache_class_t *auth_tenant_cache_class(
    const auth_tenant_cache_t *cache, size_t len);
static unsigned auth_tenant_cache_choose(
    const auth_tenant_cache_class_t *class, size_t set,
    const auth_tenant_cache_slot_t *head, int64_t now);
static auth_tenant_cache_state_e auth_tenant_cache_state(
    const auth_tenant_cache_class_t *class,
    const auth_tenant_cache_slot_t *slot, int64_t now, uint64_t *age);
static void auth_tenant_cache_forget(const auth_tenant_cache_t *cache,
    const auth_tenant_cache_slot_t *head,
    const auth_tenant_cache_slot_t *except);
static uint64_t auth_tenant_cache_age(const auth_tenant_cache_slot_t *slot,
    int64_t now);
static size_t auth_tenant_cache_set(const auth_tenant_cache_class_t *class,
    const uint64_t *token);
static auth_tenant_cache_slot_t *auth_tenant_cache_slot(
    const auth_tenant_cache_class_t *class, size_t set, unsigned way);


int
auth_tenant_cache_layout(auth_tenant_cache_t *cache, void *memory,
    size_t size)
{
    size_t                      i, least, left;
    size_t                      whole[AUTH_TENANT_CACHE_CLASSES];
    unsigned char              *p;
    auth_tenant_cache_class_t  *class;

    static const size_t  slots[] = AUTH_TENANT_CACHE_SLOTS;
    static const size_t  shares[] = AUTH_TENANT_CACHE_SHARES;

    least = 0;

    for (i = 0; i < AUTH_TENANT_CACHE_CLASSES; i++) {
        class = &cache->classes[i];

        class->slot_size = slots[i];
        class->capacity = slots[i] - sizeof(auth_tenant_cache_slot_t);

        whole[i] = AUTH_TENANT_CACHE_LINE + AUTH_TENANT_CACHE_WAYS * slots[i];
        least += whole[i];
    }

    if (size < least) {
        return 0;
    }

    left = size;

    for (i = AUTH_TENANT_CACHE_CLASSES - 1; i > 0; i--) {
        class = &cache->classes[i];
        class->sets = size / shares[i] / whole[i];

        if (class->sets == 0) {
            class->sets = 1;
        }

        left -= class->sets * whole[i];
    }

    cache->classes[0].sets = left / whole[0];

    /* the hints first: 64 bytes of each set, one after the other */

    p = memory;

    for (i = 0; i < AUTH_TENANT_CACHE_CLASSES; i++) {
        cache->classes[i].hints = (uint64_t *) p;
        p += cache->classes[i].sets * AUTH_TENANT_CACHE_LINE;
    }

    for (i = 0; i < AUTH_TENANT_CACHE_CLASSES; i++) {
        class = &cache->classes[i];

        class->slots = p;
        p += class->sets * AUTH_TENANT_CACHE_WAYS * class->slot_size;
    }

    return 1;
}


size_t
auth_tenant_cache_room(const auth_tenant_cache_t *cache, size_t len)
{
    const auth_tenant_cache_class_t  *class;

    class = auth_tenant_cache_class(cache, len);

    return class ? class->sets * AUTH_TENANT_CACHE_WAYS : 0;
}


size_t
auth_tenant_cache_find(const auth_tenant_cache_t *cache,
    const unsigned char *token, const unsigned char *tag, int64_t now,
    unsigned char *dst, unsigned char *tag_found)
{
    size_t                            n, len, set;
    unsigned                          i, way;
    uint64_t                          tokens[AUTH_TENANT_CACHE_WORDS];
    uint64_t                          tags[AUTH_TENANT_CACHE_WORDS];
    const uint64_t                   *hints;
    auth_tenant_cache_slot_t         *slot;
    const auth_tenant_cache_class_t  *class;

    memcpy(tokens, token, AUTH_TENANT_CACHE_DIGEST);

    if (tag != NULL) {
        memcpy(tags, tag, AUTH_TENANT_CACHE_DIGEST);
    }

    for (n = 0; n < AUTH_TENANT_CACHE_CLASSES; n++) {
        class = &cache->classes[n];

        set = auth_tenant_cache_set(class, tokens);
        hints = class->hints + set * AUTH_TENANT_CACHE_WAYS;

        for (way = 0; way < AUTH_TENANT_CACHE_WAYS; way++) {

            if (auth_tenant_cache_load(&hints[way]) != tokens[0]) {
                continue;
            }

            slot = auth_tenant_cache_slot(class, set, way);

            /* all at once: they are seldom in the processor's cache */

            for (i = 0; i < AUTH_TENANT_CACHE_AHEAD; i++) {
                __builtin_prefetch((unsigned char *) slot
                                   + i * AUTH_TENANT_CACHE_LINE);
            }

            len = auth_tenant_cache_slot_read(slot, class->capacity, tokens,
                                              tag ? tags : NULL, now, dst,
                                              tag_found);
            if (len == 0) {
                continue;
            }

            /* seldom: the line would wander between processors */

            if (auth_tenant_cache_age(slot, now) >= AUTH_TENANT_CACHE_STAMP) {
                auth_tenant_cache_store(&slot->used, (uint64_t) now);
            }

            return len;
        }
    }

    return 0;
}


int
auth_tenant_cache_put(const auth_tenant_cache_t *cache,
    const unsigned char *token, const unsigned char *tag,
    const auth_tenant_str_t *data, int64_t expires, int64_t now)
{
    size_t                            set;
    unsigned                          way;
    auth_tenant_cache_slot_t          head, *slot;
    const auth_tenant_cache_class_t  *class;

    class = auth_tenant_cache_class(cache, data->len);

    if (data->len == 0 || class == NULL) {
        return 0;
    }

    head.used = (uint64_t) now;
    head.expires = (uint64_t) expires;
    head.len = data->len;
    memcpy(head.token, token, AUTH_TENANT_CACHE_DIGEST);
    memcpy(head.tag, tag, AUTH_TENANT_CACHE_DIGEST);

    set = auth_tenant_cache_set(class, head.token);
    way = auth_tenant_cache_choose(class, set, &head, now);
    slot = auth_tenant_cache_slot(class, set, way);

    /* first, so that none that is older is found after this one was */

    auth_tenant_cache_forget(cache, &head, slot);

    auth_tenant_cache_slot_write(slot, class->hints
                                       + set * AUTH_TENANT_CACHE_WAYS + way,
                                 &head, data->data);

    return 1;
}


/* The class that data goes to, or NULL if it is too long for any. */

static const auth_tenant_cache_class_t *
auth_tenant_cache_class(const auth_tenant_cache_t *cache, size_t len)
{
    size_t  i;

    for (i = 0; i < AUTH_TENANT_CACHE_CLASSES; i++) {

        if (len <= cache->classes[i].capacity) {
            return &cache->classes[i];
        }
    }

    return NULL;
}


/* The way to take.  Hints aren't asked: they may be wrong. */

static unsigned
auth_tenant_cache_choose(const auth_tenant_cache_class_t *class, size_t set,
    const auth_tenant_cache_slot_t *head, int64_t now)
{
    unsigned                   i, way, best;
    uint64_t                   age, oldest;
    auth_tenant_cache_slot_t  *slot;
    auth_tenant_cache_state_e  state, found;

    best = 0;
    oldest = 0;
    found = AUTH_TENANT_CACHE_USED;

    for (i = 0; i < AUTH_TENANT_CACHE_WAYS; i++) {

        /* where many are of one second, not always the same one goes */

        way = (i + (unsigned) head->token[2]) % AUTH_TENANT_CACHE_WAYS;
        slot = auth_tenant_cache_slot(class, set, way);

        if (auth_tenant_cache_slot_same(slot, head)) {
            return way;
        }

        state = auth_tenant_cache_state(class, slot, now, &age);

        if (i == 0 || state > found || (state == found && age > oldest)) {
            best = way;
            found = state;
            oldest = age;
        }
    }

    return best;
}


static auth_tenant_cache_state_e
auth_tenant_cache_state(const auth_tenant_cache_class_t *class,
    const auth_tenant_cache_slot_t *slot, int64_t now, uint64_t *age)
{
    uint64_t  len;

    len = auth_tenant_cache_load(&slot->len);
    *age = 0;

    if (len == 0 || len > class->capacity) {
        return AUTH_TENANT_CACHE_FREE;
    }

    if (auth_tenant_cache_load(&slot->sequence) & 1) {
        return AUTH_TENANT_CACHE_KILLED;
    }

    if ((int64_t) auth_tenant_cache_load(&slot->expires) <= now) {
        return AUTH_TENANT_CACHE_EXPIRED;
    }

    *age = auth_tenant_cache_age(slot, now);

    return AUTH_TENANT_CACHE_USED;
}


/* Takes away what else there is of the same token and tag, in all classes. */

static void
auth_tenant_cache_forget(const auth_tenant_cache_t *cache,
    const auth_tenant_cache_slot_t *head,
    const auth_tenant_cache_slot_t *except)
{
    size_t                            i, set;
    unsigned                          way;
    auth_tenant_cache_slot_t         *slot;
    const auth_tenant_cache_class_t  *class;

    for (i = 0; i < AUTH_TENANT_CACHE_CLASSES; i++) {
        class = &cache->classes[i];
        set = auth_tenant_cache_set(class, head->token);

        for (way = 0; way < AUTH_TENANT_CACHE_WAYS; way++) {
            slot = auth_tenant_cache_slot(class, set, way);

            if (slot != except && auth_tenant_cache_slot_same(slot, head)) {
                auth_tenant_cache_slot_forget(slot);
            }
        }
    }
}


/*
 * Seconds since it was used.  Where the clock was set back, a time that is to
 * come says nothing: it counts as the oldest, until it is used again.
 */

static uint64_t
auth_tenant_cache_age(const auth_tenant_cache_slot_t *slot, int64_t now)
{
    uint64_t  used;

    used = auth_tenant_cache_load(&slot->used);

    if ((int64_t) used <= now) {
        return (uint64_t) now - used;
    }

    return used - (uint64_t) now < AUTH_TENANT_CACHE_STAMP ? 0 : UINT64_MAX;
}


/* Other bits of the digest than the hint. */

static size_t
auth_tenant_cache_set(const auth_tenant_cache_class_t *class,
    const uint64_t *token)
{
    return (size_t) ((token[1] & UINT32_MAX) * class->sets >> 32);
}


static auth_tenant_cache_slot_t *
auth_tenant_cache_slot(const auth_tenant_cache_class_t *class, size_t set,
    unsigned way)
{
    return (auth_tenant_cache_slot_t *)
               (class->slots
                + (set * AUTH_TENANT_CACHE_WAYS + way) * class->slot_size);
}

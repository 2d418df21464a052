
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * E15: the table of verified tokens, with any bytes written to its memory
 * between its uses.  What is found is an entry that was put for that token and
 * tag, whole and not expired; what was put last is found; and as long as
 * nobody else has written there, nothing is lost but what had to go.
 */


#include <stdlib.h>
#include <string.h>

#include "auth_tenant_cache_slot.h"


#define SIZE    89792              /* a set of each class */
#define TOKENS  16
#define TAGS    2
#define PUTS    255
#define WAYS    8


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* what was put; its place in the table is its serial number */

typedef struct {
    unsigned              token;
    unsigned              tag;
    size_t                len;
    int64_t               expires;
    int64_t               used;
    int                   there;
} put_t;


static auth_tenant_cache_t   cache;
static unsigned char        *memory;
static unsigned char         digests[TOKENS + TAGS][AUTH_TENANT_CACHE_DIGEST];
static put_t                 puts[PUTS + 1];
static unsigned              last;
static int                   damaged;
static int64_t               now;


static void
require(int holds)
{
    if (!holds) {
        abort();
    }
}


static uint64_t
scramble(uint64_t word)
{
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
    word = (word ^ word >> 27) * 0x94d049bb133111ebULL;

    return word ^ word >> 31;
}


static void
start(void)
{
    unsigned  i, k;
    uint64_t  word;

    if (memory == NULL) {
        memory = aligned_alloc(64, SIZE);
        require(memory != NULL);
        require(auth_tenant_cache_layout(&cache, memory, SIZE));
        require(!auth_tenant_cache_layout(&cache, memory, SIZE - 1));
        require(auth_tenant_cache_layout(&cache, memory, SIZE));

        for (i = 0; i < TOKENS + TAGS; i++) {

            for (k = 0; k < 4; k++) {
                word = scramble(i * 4 + k + 1);
                memcpy(digests[i] + k * 8, &word, 8);
            }
        }
    }

    memset(memory, 0, SIZE);
    memset(puts, 0, sizeof(puts));

    last = 0;
    damaged = 0;
    now = 1000;
}


/* The serial number of what is found, 0: none. */

static unsigned
find(unsigned token, int tag)
{
    size_t          i, len;
    unsigned        serial;
    const put_t    *p;
    unsigned char  *dst, found[AUTH_TENANT_CACHE_DIGEST];

    /* of exactly this size, so that ASan sees a byte too far */

    dst = malloc(AUTH_TENANT_CACHE_MAX);
    require(dst != NULL);

    len = auth_tenant_cache_find(&cache, digests[token],
                                 tag < 0 ? NULL : digests[TOKENS + tag], now,
                                 dst, found);
    if (len == 0) {
        free(dst);
        return 0;
    }

    serial = dst[0];
    p = &puts[serial];

    require(serial > 0 && serial <= last);
    require(p->token == token && (tag < 0 || p->tag == (unsigned) tag));
    require(memcmp(found, digests[TOKENS + p->tag], sizeof(found)) == 0);
    require(p->len == len && p->expires > now);

    for (i = 0; i < len; i++) {
        require(dst[i] == serial);
    }

    free(dst);

    return serial;
}


static unsigned
class_of(const put_t *p)
{
    return (p->len > AUTH_TENANT_CACHE_SMALL)
           + (p->len > AUTH_TENANT_CACHE_MIDDLE);
}


/* Whether a slot says to be of what was put. */

static int
has_slot(const put_t *p)
{
    unsigned                   way;
    auth_tenant_cache_slot_t  *slot;
    auth_tenant_cache_class_t *class;

    class = &cache.classes[class_of(p)];

    for (way = 0; way < WAYS; way++) {
        slot = (auth_tenant_cache_slot_t *)
                   (class->slots + way * class->slot_size);

        if (slot->len == p->len && slot->expires == (uint64_t) p->expires
            && memcmp(slot->token, digests[p->token], 32) == 0
            && memcmp(slot->tag, digests[TOKENS + p->tag], 32) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Seconds since it was used; of a time to come, more than any. */

static int64_t
age(const put_t *p)
{
    return p->used <= now ? now - p->used
                          : p->used - now < 8 ? 0 : INT64_MAX;
}


/* Who may go for the new one, and that nobody else does. */

static void
account(const put_t *new)
{
    int       expired, full;
    int64_t   oldest;
    unsigned  i, n, gone;
    put_t    *p;

    n = gone = 0;
    expired = 0;
    oldest = 0;

    for (i = 1; i <= last; i++) {
        p = &puts[i];

        if (!p->there || p == new) {
            continue;
        }

        if (p->token == new->token && p->tag == new->tag) {
            p->there = 0;
            n += class_of(p) == class_of(new) ? WAYS + 1 : 0;
            continue;
        }

        if (class_of(p) != class_of(new)) {
            continue;
        }

        n++;

        if (p->expires <= now) {
            expired = 1;

        } else if (age(p) > oldest) {
            oldest = age(p);
        }
    }

    full = (n == WAYS);

    for (i = 1; i <= last; i++) {
        p = &puts[i];

        if (!p->there || p == new || has_slot(p)) {
            continue;
        }

        require(full && class_of(p) == class_of(new));
        require(expired ? p->expires <= now : age(p) == oldest);

        p->there = 0;
        gone++;
    }

    require(gone == (unsigned) full);
}


static void
put(unsigned token, unsigned tag, unsigned size, int64_t expires)
{
    put_t              *p;
    auth_tenant_str_t   s;

    static const size_t   sizes[] = {
        1, 8, 9, 400, 855, 856, 857, 8024, 1400, 2007, 2008, 2009
    };

    static unsigned char  text[AUTH_TENANT_CACHE_MAX];

    if (last == PUTS) {
        return;
    }

    p = &puts[++last];

    p->token = token;
    p->tag = tag;
    p->len = sizes[size % 12];
    p->expires = expires;
    p->used = now;
    p->there = 1;

    memset(text, (int) last, p->len);

    s.data = text;
    s.len = p->len;

    require(auth_tenant_cache_put(&cache, digests[token],
                                  digests[TOKENS + tag], &s, expires, now));

    if (!damaged) {
        account(p);
    }

    require(find(token, (int) tag) == (expires > now ? last : 0));
}


/* What is asked for, and all else that there is. */

static void
look(unsigned token, int tag)
{
    unsigned  i, serial;
    put_t    *p;

    serial = find(token, tag);

    if (damaged) {
        return;
    }

    for (i = 1; i <= last; i++) {
        p = &puts[i];

        if (i == serial) {
            require(p->there);

            if (age(p) >= 8) {
                p->used = now;
            }

        } else if (p->token == token && (tag < 0 || p->tag == (unsigned) tag)
                   && p->there && p->expires > now)
        {
            require(tag < 0 && serial > 0);
        }
    }
}


/* Checksums can't be chosen: whoever could is not kept out. */

static void
damage(size_t at, const uint8_t *bytes, size_t n)
{
    size_t                            i, offset;
    uint64_t                          word;
    const auth_tenant_cache_class_t  *class;

    damaged = 1;

    for (i = 0; i < n; i++, at++) {
        at %= SIZE;
        memory[at] ^= bytes[i];

        class = &cache.classes[AUTH_TENANT_CACHE_CLASSES - 1];

        while (class > cache.classes && memory + at < class->slots) {
            class--;
        }

        if (memory + at < class->slots) {
            continue;
        }

        offset = at - (size_t) (class->slots - memory);
        offset -= offset % class->slot_size;
        offset += (size_t) (class->slots - memory)
                  + offsetof(auth_tenant_cache_slot_t, checksum);

        if (at / 8 == offset / 8) {
            memcpy(&word, memory + offset, 8);
            word = scramble(word);
            memcpy(memory + offset, &word, 8);
        }
    }
}


/* A writer was killed before it had changed anything; or one slot's bytes. */

static void
slots(unsigned op, unsigned from, unsigned to)
{
    auth_tenant_cache_class_t  *class;
    auth_tenant_cache_slot_t   *slot, *other;

    damaged = 1;

    class = &cache.classes[from % AUTH_TENANT_CACHE_CLASSES];
    slot = (auth_tenant_cache_slot_t *)
               (class->slots + to % WAYS * class->slot_size);
    other = (auth_tenant_cache_slot_t *)
                (class->slots + to / WAYS % WAYS * class->slot_size);

    if (op == 0) {
        slot->sequence |= 1;

    } else if (slot != other) {
        memcpy(slot, other, class->slot_size);
        class->hints[to % WAYS] = class->hints[to / WAYS % WAYS];
    }
}


/* Operations of four bytes. */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          n;
    const uint8_t  *end, *p;

    start();
    end = data + size;

    for (p = data; end - p >= 4 && p < data + 4000; p += 4) {

        switch (p[0] % 8) {

        case 0:
        case 1:
        case 2:
            put(p[1] % TOKENS, p[1] / TOKENS % TAGS, p[2],
                now + (p[3] < 250 ? p[3] * 10 : 250 - p[3]));
            break;

        case 3:
        case 4:
            look(p[1] % TOKENS, p[2] % (TAGS + 1) - 1);
            break;

        case 5:

            /* mostly on, in small steps */

            now += p[1] < 240 ? p[1] % 64 : (int64_t) -p[2] * p[3];
            break;

        case 6:
            slots(p[1] % 2, p[2], p[3]);
            break;

        default:

            /* a byte, or as many as there are */

            n = p[3] ? 1 : (size_t) (end - p);
            damage(p[1] * 256u + p[2], p + (n == 1 ? 3 : 0), n);
        }
    }

    return 0;
}

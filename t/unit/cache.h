
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * For the tests of the table of verified tokens: digests, and data that tells
 * for which token and tag it was put.
 */


#ifndef _CACHE_H_INCLUDED_
#define _CACHE_H_INCLUDED_


#include "guard.h"
#include "tap.h"
#include "auth_tenant_cache_slot.h"


#define CACHE_SMALLEST  89792          /* a set of each class */
#define CACHE_WAYS      8

/* data: a serial number first, which all else follows from */

#define CACHE_LEAST     4


/* The digest with a number; one of the last 16 that were asked for. */

__attribute__((unused))
static const unsigned char *
cache_digest(unsigned n)
{
    unsigned  i;
    uint64_t  word, *digest;

    static uint64_t  digests[16][AUTH_TENANT_CACHE_WORDS];
    static unsigned  last;

    last = (last + 1) % 16;
    digest = digests[last];

    for (i = 0; i < AUTH_TENANT_CACHE_WORDS; i++) {
        word = (n * 4ULL + i + 1) * 0x9e3779b97f4a7c15ULL;
        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
        word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
        digest[i] = word ^ word >> 31;
    }

    return (unsigned char *) digest;
}


__attribute__((unused))
static unsigned char
cache_byte(uint32_t serial, size_t i)
{
    return i < CACHE_LEAST ? (unsigned char) (serial >> 8 * i)
                           : (unsigned char) (serial * 31 + i * (serial | 1)
                                              + (i >> 8));
}


__attribute__((unused))
static auth_tenant_str_t
cache_data(uint32_t serial, size_t len)
{
    size_t             i;
    auth_tenant_str_t  s;

    static unsigned char  *end;

    /* what is read beyond its end is no memory */

    if (end == NULL) {
        end = (unsigned char *) guard_memory(AUTH_TENANT_CACHE_MAX + 1)
              + AUTH_TENANT_CACHE_MAX + 1;
    }

    s.data = end - len;
    s.len = len;

    for (i = 0; i < len; i++) {
        (end - len)[i] = cache_byte(serial, i);
    }

    return s;
}


/* The serial number of data that is whole, from end to end; 0: it is not. */

__attribute__((unused))
static uint32_t
cache_serial(const unsigned char *data, size_t len)
{
    size_t    i;
    uint32_t  serial;

    serial = 0;

    for (i = 0; i < len && i < CACHE_LEAST; i++) {
        serial |= (uint32_t) data[i] << 8 * i;
    }

    for (i = 0; i < len; i++) {
        if (data[i] != cache_byte(serial, i)) {
            return 0;
        }
    }

    return serial;
}


/* The class that data of a length belongs to. */

__attribute__((unused))
static unsigned
cache_class(size_t len)
{
    return len <= AUTH_TENANT_CACHE_SMALL ? 0
           : len <= AUTH_TENANT_CACHE_MIDDLE ? 1 : 2;
}


__attribute__((unused))
static auth_tenant_cache_slot_t *
cache_slot(const auth_tenant_cache_t *cache, unsigned n, unsigned way)
{
    return (auth_tenant_cache_slot_t *)
               (cache->classes[n].slots + way * cache->classes[n].slot_size);
}


/* The way that says to be of a token and tag, of the first set; -1: none. */

__attribute__((unused))
static int
cache_way(const auth_tenant_cache_t *cache, unsigned n, unsigned token,
    unsigned tag)
{
    int                        way;
    auth_tenant_cache_slot_t  *slot;

    for (way = 0; way < CACHE_WAYS; way++) {
        slot = cache_slot(cache, n, way);

        if (slot->len != 0
            && memcmp(slot->token, cache_digest(token), 32) == 0
            && memcmp(slot->tag, cache_digest(tag), 32) == 0)
        {
            return way;
        }
    }

    return -1;
}


#endif /* _CACHE_H_INCLUDED_ */

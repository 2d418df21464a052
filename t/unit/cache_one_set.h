
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * A table of one set of each class, and how unit tests put and find there.
 */


#ifndef _CACHE_ONE_SET_H_INCLUDED_
#define _CACHE_ONE_SET_H_INCLUDED_


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


__attribute__((unused))
static void
empty(void)
{
    memset(memory, 0, SIZE);
}


__attribute__((unused))
static int
put_as(unsigned token, unsigned tagged, uint32_t serial, size_t len,
    int64_t expires, int64_t now)
{
    auth_tenant_str_t  s;

    s = cache_data(serial, len);

    return auth_tenant_cache_put(&cache, cache_digest(token),
                                 cache_digest(tagged), &s, expires, now);
}


__attribute__((unused))
static int
put(unsigned token, int64_t now)
{
    return put_as(token, TAG, token + 1, 100, LATER, now);
}


__attribute__((unused))
static size_t
find(unsigned token, int64_t now)
{
    return auth_tenant_cache_find(&cache, cache_digest(token),
                                  cache_digest(TAG), now, copy, tag);
}


/* The serial number of what is found for a token and tag; 0: none. */

__attribute__((unused))
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

__attribute__((unused))
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

__attribute__((unused))
static int
there(unsigned token)
{
    return cache_way(&cache, 0, token, TAG) != -1;
}


__attribute__((unused))
static size_t
count(unsigned first, unsigned n)
{
    size_t  sum;

    for (sum = 0; n > 0; n--) {
        sum += there(first++);
    }

    return sum;
}


#endif /* _CACHE_ONE_SET_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * One slot of the table of verified tokens; for auth_tenant_cache.c alone.
 */


#ifndef _AUTH_TENANT_CACHE_SLOT_H_INCLUDED_
#define _AUTH_TENANT_CACHE_SLOT_H_INCLUDED_


#include "auth_tenant_cache.h"


#define AUTH_TENANT_CACHE_WORDS  (AUTH_TENANT_CACHE_DIGEST / 8)


/* Shared words: a word is loaded or stored at once, and never twice. */

#define auth_tenant_cache_load(word)                                          \
    __atomic_load_n(word, __ATOMIC_RELAXED)

#define auth_tenant_cache_store(word, value)                                  \
    __atomic_store_n(word, value, __ATOMIC_RELAXED)


/*
 * What a slot begins with; data follows, in words of 8 bytes, the last one
 * filled up with zeros.  The sequence number is odd while the slot is written:
 * to who holds the writers' lock that says that another one was killed.  The
 * checksum is over all else but `used`, and over the data.
 */

typedef struct {
    uint64_t                    sequence;
    uint64_t                    used;
    uint64_t                    checksum;
    uint64_t                    expires;
    uint64_t                    len;
    uint64_t                    token[AUTH_TENANT_CACHE_WORDS];
    uint64_t                    tag[AUTH_TENANT_CACHE_WORDS];
} auth_tenant_cache_slot_t;


/*
 * Copies the data to `dst`, which has room for `capacity` bytes, a multiple of
 * 8, and the tag to `tag_found`, if the slot is of this token and, unless
 * `tag` is NULL, of this tag, has not expired, is whole and was while it was
 * copied.  Returns the length, or 0.
 */
size_t auth_tenant_cache_slot_read(const auth_tenant_cache_slot_t *slot,
    size_t capacity, const uint64_t *token, const uint64_t *tag, int64_t now,
    unsigned char *dst, unsigned char *tag_found);


/*
 * Writes a slot that is as large as the data needs, and its hint.  Of `head`,
 * the sequence number and the checksum are set.  For writers only.
 */
void auth_tenant_cache_slot_write(auth_tenant_cache_slot_t *slot,
    uint64_t *hint, auth_tenant_cache_slot_t *head,
    const unsigned char *data);


/* Makes it a free one.  For writers only. */
void auth_tenant_cache_slot_forget(auth_tenant_cache_slot_t *slot);


/* 1 if it says to be of the token and tag of `head`, whole or not; else 0. */
int auth_tenant_cache_slot_same(const auth_tenant_cache_slot_t *slot,
    const auth_tenant_cache_slot_t *head);


#endif /* _AUTH_TENANT_CACHE_SLOT_H_INCLUDED_ */

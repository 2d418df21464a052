
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Verified tokens in memory that processes share: a table of fixed slots, in
 * sets of eight, with what was found out about a token under its SHA-256.
 * There is no allocation, list or tree in it, and whichever process is killed
 * at whichever instruction, the others read whole entries only.
 *
 * The processes are trusted to write nothing but what they have verified.
 * Other than that nothing in the memory is believed: whatever bytes are there,
 * a reader finds an entry as it was put, or none.  That rests on a checksum
 * that finds damage; it is not cryptographic, and keeps nobody out who can
 * write to the memory on purpose.
 */


#ifndef _AUTH_TENANT_CACHE_H_INCLUDED_
#define _AUTH_TENANT_CACHE_H_INCLUDED_


#include "auth_tenant_sha256.h"


#define AUTH_TENANT_CACHE_DIGEST  AUTH_TENANT_SHA256_SIZE


/*
 * Bytes of data that a slot of each class holds: small, middle, large.  A
 * large one takes 8136 bytes of the memory, hint included; they have a
 * sixteenth of it.  A middle one takes 2120; they have an eighth.  Both have
 * one set if that is more.  A small one takes 968; they have the rest.  Data
 * goes to the first class that it fits into, and nowhere else.
 */

#define AUTH_TENANT_CACHE_CLASSES  3

#define AUTH_TENANT_CACHE_SMALL    856
#define AUTH_TENANT_CACHE_MIDDLE   2008
#define AUTH_TENANT_CACHE_MAX      8024


typedef struct {
    uint64_t                   *hints;      /* eight for each set, a line */
    unsigned char              *slots;
    size_t                      slot_size;
    size_t                      capacity;   /* of a slot, in bytes of data */
    size_t                      sets;
} auth_tenant_cache_class_t;


/*
 * Where things stand.  Each process computes it from the size alone; it never
 * stands in shared memory.
 */

typedef struct {
    auth_tenant_cache_class_t   classes[AUTH_TENANT_CACHE_CLASSES];
} auth_tenant_cache_t;


/*
 * Finds out where things stand in `size` bytes of memory that is aligned to
 * 64 bytes.  Touches nothing: memory that is all zero is an empty cache, and
 * the same memory and size are always the same cache.  Returns 1, or 0 if that
 * is too little for a set of each class (89792 bytes).
 */
int auth_tenant_cache_layout(auth_tenant_cache_t *cache, void *memory,
    size_t size);


/*
 * Copies the data that was put for `token`, the SHA-256 of a token, and for
 * `tag`, or for whatever tag if that is NULL (any one, if there are several),
 * to `dst`, and its tag to `tag_found` of AUTH_TENANT_CACHE_DIGEST bytes.
 * `dst` is of AUTH_TENANT_CACHE_MAX bytes, whatever the length will be, and
 * may be aligned to nothing.  Takes no lock, and waits for nobody.
 *
 * Returns the length; 0 if there is none, or none that is whole: it has
 * expired (expires <= now), is being written, its writer was killed, it was
 * damaged, or replaced while it was read.  Then what `dst` and `tag_found`
 * hold means nothing.  An entry that is found counts as used at `now`, to
 * within eight seconds.
 */
size_t auth_tenant_cache_find(const auth_tenant_cache_t *cache,
    const unsigned char *token, const unsigned char *tag, int64_t now,
    unsigned char *dst, unsigned char *tag_found);


/*
 * Puts data for a token and a tag.  One writer at a time: the caller sees to
 * it with a lock; the writer may be killed at any instruction.  Of the slots
 * of its set it takes the one of the same token and tag; else one that is
 * free, one whose writer was killed, one that has expired (expires <= now),
 * or the one that was used least recently; among equals, any.  Others of the
 * same token and tag, in other classes, are forgotten.
 *
 * While an entry is being replaced, or if its writer is killed, there may be
 * none; an older one of the same token and tag may be found only until put has
 * returned 1.
 *
 * Times are seconds since the epoch, of a clock that may be set: if it steps,
 * worse entries are given up, or some stay unused for long, but none is found
 * beyond its `expires`.
 *
 * Returns 1, or 0 if the data is empty or longer than AUTH_TENANT_CACHE_MAX;
 * nothing is touched then, and what was put before stands.
 */
int auth_tenant_cache_put(const auth_tenant_cache_t *cache,
    const unsigned char *token, const unsigned char *tag,
    const auth_tenant_str_t *data, int64_t expires, int64_t now);


/*
 * How many entries of `len` bytes of data it has room for, if they spread
 * evenly over its sets: those of the class that such data goes to; 0 if it is
 * longer than AUTH_TENANT_CACHE_MAX.
 */
size_t auth_tenant_cache_room(const auth_tenant_cache_t *cache, size_t len);


#endif /* _AUTH_TENANT_CACHE_H_INCLUDED_ */

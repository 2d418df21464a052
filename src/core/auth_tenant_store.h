
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * One document in memory that processes share, so that whichever of them is
 * killed at whichever instruction, the others can still read the last whole
 * document.  Two buffers: the one that is not in use is written, then one
 * atomic store makes it the one in use.
 */


#ifndef _AUTH_TENANT_STORE_H_INCLUDED_
#define _AUTH_TENANT_STORE_H_INCLUDED_


#include "auth_tenant_core.h"


#define AUTH_TENANT_STORE_ID  32


typedef struct {
    uint64_t                  generation;
    int64_t                   time;
    uint64_t                  len;
    unsigned char             digest[32];
} auth_tenant_store_head_t;


/*
 * Both buffers, each of the store's capacity, follow in memory.  published:
 * the generation, times two, plus the buffer's number; 0: there is no
 * document.  counter: the last generation that was given to a writer.
 *
 * Nothing in this memory is believed: the capacity is the caller's to know, of
 * init, write and read alike, and never stands in it.
 */

typedef struct {
    uint64_t                  published;
    uint64_t                  counter;
    auth_tenant_store_head_t  head[2];
} auth_tenant_store_t;


/* What the memory of a store must hold: a multiple of 8 bytes. */
size_t auth_tenant_store_size(size_t capacity);


/*
 * Makes an empty store of memory that is aligned to 8 bytes.  Its first
 * document will be of generation `counter` + 1.
 */
void auth_tenant_store_init(auth_tenant_store_t *store, uint64_t counter);


/* The generation of the document, 0 if there is none.  One atomic load. */
uint64_t auth_tenant_store_generation(const auth_tenant_store_t *store);


/*
 * Publishes a document that belongs to `id` (AUTH_TENANT_STORE_ID bytes), with
 * a time that it is to be known by.  One writer at a time: the caller sees to
 * it.  The digest (SHA-256 over id, generation, time, length and bytes) is
 * computed before anything is touched.  Returns the new generation, or 0 if
 * the document is empty or longer than the capacity, or OpenSSL fails; the old
 * one stands then.
 */
uint64_t auth_tenant_store_write(auth_tenant_store_t *store, size_t capacity,
    const unsigned char *id, const auth_tenant_str_t *document, int64_t time);


/*
 * The same in two steps, for a caller that holds a lock while it writes: what
 * takes time first, without the lock, which touches nothing; then the copying,
 * with it.  Prepare returns 1, or 0 as above.  Commit returns the generation,
 * or 0 if another document was written meanwhile: prepare anew then.
 */
int auth_tenant_store_prepare(const auth_tenant_store_t *store,
    size_t capacity, const unsigned char *id,
    const auth_tenant_str_t *document, int64_t time,
    auth_tenant_store_head_t *head);

uint64_t auth_tenant_store_commit(auth_tenant_store_t *store, size_t capacity,
    const auth_tenant_store_head_t *head, const auth_tenant_str_t *document);


/*
 * Takes the document away.  Generations go on counting.  For writers only.
 */
void auth_tenant_store_clear(auth_tenant_store_t *store);


/*
 * Copies the document to `dst` of at least `capacity` bytes, without a lock.
 * Returns 1 with *len, *time and *generation set; 0 if there is none; -1 if
 * what is there does not have its digest under this `id`: it is of another
 * owner, was damaged, or writers overtook the reader several times over.
 * Without 1, what `dst` holds means nothing.
 */
int auth_tenant_store_read(const auth_tenant_store_t *store, size_t capacity,
    const unsigned char *id, unsigned char *dst, size_t *len, int64_t *time,
    uint64_t *generation);


#endif /* _AUTH_TENANT_STORE_H_INCLUDED_ */

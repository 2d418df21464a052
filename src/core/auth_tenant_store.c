
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "auth_tenant_store.h"


#define AUTH_TENANT_STORE_TRIES  8

/* generations above would not fit into `published`; only damage leads there */

#define AUTH_TENANT_STORE_LAST   (UINT64_MAX >> 1)


static uint64_t auth_tenant_store_next(const auth_tenant_store_t *store);
static int auth_tenant_store_digest(const unsigned char *id,
    const auth_tenant_store_head_t *head, const unsigned char *data,
    unsigned char *digest);
static size_t auth_tenant_store_room(size_t capacity);
static unsigned char *auth_tenant_store_buffer(
    const auth_tenant_store_t *store, size_t capacity, unsigned n);


size_t
auth_tenant_store_size(size_t capacity)
{
    return sizeof(auth_tenant_store_t) + 2 * auth_tenant_store_room(capacity);
}


void
auth_tenant_store_init(auth_tenant_store_t *store, uint64_t counter)
{
    memset(store, 0, sizeof(auth_tenant_store_t));
    store->counter = counter;
}


uint64_t
auth_tenant_store_generation(const auth_tenant_store_t *store)
{
    return __atomic_load_n(&store->published, __ATOMIC_ACQUIRE) >> 1;
}


uint64_t
auth_tenant_store_write(auth_tenant_store_t *store, size_t capacity,
    const unsigned char *id, const auth_tenant_str_t *document, int64_t time)
{
    auth_tenant_store_head_t  head;

    if (!auth_tenant_store_prepare(store, capacity, id, document, time, &head))
    {
        return 0;
    }

    return auth_tenant_store_commit(store, capacity, &head, document);
}


int
auth_tenant_store_prepare(const auth_tenant_store_t *store, size_t capacity,
    const unsigned char *id, const auth_tenant_str_t *document, int64_t time,
    auth_tenant_store_head_t *head)
{
    if (document->len == 0 || document->len > capacity) {
        return 0;
    }

    head->generation = auth_tenant_store_next(store);
    head->time = time;
    head->len = document->len;

    return auth_tenant_store_digest(id, head, document->data, head->digest);
}


uint64_t
auth_tenant_store_commit(auth_tenant_store_t *store, size_t capacity,
    const auth_tenant_store_head_t *head, const auth_tenant_str_t *document)
{
    unsigned   n;
    uint64_t   published;

    if (head->len != document->len || head->len > capacity
        || head->generation != auth_tenant_store_next(store))
    {
        return 0;
    }

    published = __atomic_load_n(&store->published, __ATOMIC_ACQUIRE);
    n = (published & 1) ^ 1;

    __atomic_store_n(&store->counter, head->generation, __ATOMIC_RELEASE);

    /*
     * Readers of this buffer, which was the published one before, must be able
     * to see that it no longer is before they can see what it becomes.
     */

    __atomic_thread_fence(__ATOMIC_SEQ_CST);

    memcpy(&store->head[n], head, sizeof(auth_tenant_store_head_t));
    memcpy(auth_tenant_store_buffer(store, capacity, n), document->data,
           document->len);

    __atomic_store_n(&store->published, head->generation << 1 | n,
                     __ATOMIC_RELEASE);

    return head->generation;
}


void
auth_tenant_store_clear(auth_tenant_store_t *store)
{
    __atomic_store_n(&store->published, 0, __ATOMIC_RELEASE);
}


int
auth_tenant_store_read(const auth_tenant_store_t *store, size_t capacity,
    const unsigned char *id, unsigned char *dst, size_t *len, int64_t *time,
    uint64_t *generation)
{
    unsigned                         n, tries;
    uint64_t                         published, now;
    unsigned char                    digest[32];
    auth_tenant_store_head_t         head;
    const auth_tenant_store_head_t  *shared;

    published = __atomic_load_n(&store->published, __ATOMIC_ACQUIRE);

    for (tries = 0; tries < AUTH_TENANT_STORE_TRIES; tries++) {

        if (published >> 1 == 0) {
            return 0;
        }

        n = published & 1;
        shared = &store->head[n];

        /* each once: what is checked must be what is used */

        head.generation = __atomic_load_n(&shared->generation,
                                          __ATOMIC_RELAXED);
        head.time = __atomic_load_n(&shared->time, __ATOMIC_RELAXED);
        head.len = __atomic_load_n(&shared->len, __ATOMIC_RELAXED);
        memcpy(head.digest, shared->digest, sizeof(head.digest));

        if (head.len > 0 && head.len <= capacity) {
            memcpy(dst, auth_tenant_store_buffer(store, capacity, n),
                   head.len);
        }

        __atomic_thread_fence(__ATOMIC_ACQUIRE);

        now = __atomic_load_n(&store->published, __ATOMIC_ACQUIRE);

        if (now != published) {
            published = now;
            continue;
        }

        /* it stood still: now it is what it says, or damaged */

        if (head.generation != published >> 1
            || head.len == 0 || head.len > capacity
            || !auth_tenant_store_digest(id, &head, dst, digest)
            || CRYPTO_memcmp(digest, head.digest, sizeof(digest)) != 0)
        {
            return -1;
        }

        *len = head.len;
        *time = head.time;
        *generation = head.generation;

        return 1;
    }

    return -1;
}


/*
 * The generation of the next document: another than that of any before, even
 * where a writer was killed after it had taken one.
 */

static uint64_t
auth_tenant_store_next(const auth_tenant_store_t *store)
{
    uint64_t  counter, published;

    counter = __atomic_load_n(&store->counter, __ATOMIC_ACQUIRE);
    published = auth_tenant_store_generation(store);

    if (counter < published || counter >= AUTH_TENANT_STORE_LAST) {
        counter = published;
    }

    return counter < AUTH_TENANT_STORE_LAST ? counter + 1 : 1;
}


/* SHA-256 over the owner, generation, time, length and bytes. */

static int
auth_tenant_store_digest(const unsigned char *id,
    const auth_tenant_store_head_t *head, const unsigned char *data,
    unsigned char *digest)
{
    int          rc;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();

    rc = ctx != NULL
         && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
         && EVP_DigestUpdate(ctx, id, AUTH_TENANT_STORE_ID) == 1
         && EVP_DigestUpdate(ctx, &head->generation,
                             sizeof(head->generation)) == 1
         && EVP_DigestUpdate(ctx, &head->time, sizeof(head->time)) == 1
         && EVP_DigestUpdate(ctx, &head->len, sizeof(head->len)) == 1
         && EVP_DigestUpdate(ctx, data, head->len) == 1
         && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;

    EVP_MD_CTX_free(ctx);

    if (!rc) {
        ERR_clear_error();
    }

    return rc;
}


static size_t
auth_tenant_store_room(size_t capacity)
{
    return (capacity + 7) & ~(size_t) 7;
}


static unsigned char *
auth_tenant_store_buffer(const auth_tenant_store_t *store, size_t capacity,
    unsigned n)
{
    return (unsigned char *) (store + 1)
           + n * auth_tenant_store_room(capacity);
}

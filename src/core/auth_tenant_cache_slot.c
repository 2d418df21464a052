
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_cache_slot.h"


#define AUTH_TENANT_CACHE_STEP  (4 * sizeof(uint64_t))


/* Four sums that a processor can compute side by side. */

typedef struct {
    uint64_t                    a, b, c, d;
} auth_tenant_cache_sum_t;


static uint64_t auth_tenant_cache_slot_copy(
    const auth_tenant_cache_slot_t *head, const uint64_t *src,
    unsigned char *dst);


/*
 * The checksum.  Each step is a bijection of the sum and of the word: if one
 * word alone has changed, that is never missed.
 */

static inline uint64_t
auth_tenant_cache_mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;

    return sum ^ sum >> 32;
}


/* One word from the slot to `dst`, which may be aligned to nothing. */

static inline uint64_t
auth_tenant_cache_take(const uint64_t *src, unsigned char *dst)
{
    uint64_t  word;

    word = auth_tenant_cache_load(src);
    memcpy(dst, &word, sizeof(word));

    return word;
}


static inline void
auth_tenant_cache_sum(auth_tenant_cache_sum_t *sum, const uint64_t *words)
{
    sum->a = auth_tenant_cache_mix(sum->a, words[0]);
    sum->b = auth_tenant_cache_mix(sum->b, words[1]);
    sum->c = auth_tenant_cache_mix(sum->c, words[2]);
    sum->d = auth_tenant_cache_mix(sum->d, words[3]);
}


static inline void
auth_tenant_cache_sum_head(auth_tenant_cache_sum_t *sum,
    const auth_tenant_cache_slot_t *head)
{
    sum->a = head->sequence;
    sum->b = head->expires;
    sum->c = head->len;
    sum->d = 1;

    auth_tenant_cache_sum(sum, head->token);
    auth_tenant_cache_sum(sum, head->tag);
}


static inline uint64_t
auth_tenant_cache_sum_all(const auth_tenant_cache_sum_t *sum)
{
    uint64_t  all;

    all = auth_tenant_cache_mix(1, sum->a);
    all = auth_tenant_cache_mix(all, sum->b);
    all = auth_tenant_cache_mix(all, sum->c);

    return auth_tenant_cache_mix(all, sum->d);
}


/*
 * Each word of the slot is loaded once: what is checked is what is used.  The
 * sequence number tells whether it stood still meanwhile, the checksum whether
 * it is what was put.
 */

size_t
auth_tenant_cache_slot_read(const auth_tenant_cache_slot_t *slot,
    size_t capacity, const uint64_t *token, const uint64_t *tag, int64_t now,
    unsigned char *dst, unsigned char *tag_found)
{
    unsigned                  i;
    uint64_t                  sum;
    auth_tenant_cache_slot_t  head;

    head.sequence = __atomic_load_n(&slot->sequence, __ATOMIC_ACQUIRE);

    if (head.sequence & 1) {
        return 0;
    }

    head.checksum = auth_tenant_cache_load(&slot->checksum);
    head.expires = auth_tenant_cache_load(&slot->expires);
    head.len = auth_tenant_cache_load(&slot->len);

    for (i = 0; i < AUTH_TENANT_CACHE_WORDS; i++) {
        head.token[i] = auth_tenant_cache_load(&slot->token[i]);
        head.tag[i] = auth_tenant_cache_load(&slot->tag[i]);
    }

    if (memcmp(head.token, token, AUTH_TENANT_CACHE_DIGEST) != 0
        || (tag && memcmp(head.tag, tag, AUTH_TENANT_CACHE_DIGEST) != 0)
        || head.len > capacity
        || (int64_t) head.expires <= now)
    {
        return 0;
    }

    sum = auth_tenant_cache_slot_copy(&head, (const uint64_t *) (slot + 1),
                                      dst);

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    if (auth_tenant_cache_load(&slot->sequence) != head.sequence
        || sum != head.checksum)
    {
        return 0;
    }

    memcpy(tag_found, head.tag, AUTH_TENANT_CACHE_DIGEST);

    return (size_t) head.len;
}


/* Copies the data, and sums up what was copied. */

static uint64_t
auth_tenant_cache_slot_copy(const auth_tenant_cache_slot_t *head,
    const uint64_t *src, unsigned char *dst)
{
    size_t                   i, n;
    uint64_t                 words[4];
    auth_tenant_cache_sum_t  sum;

    auth_tenant_cache_sum_head(&sum, head);

    for (n = (size_t) (head->len + 7) / 8; n >= 4; n -= 4) {
        sum.a = auth_tenant_cache_mix(sum.a,
                                      auth_tenant_cache_take(src, dst));
        sum.b = auth_tenant_cache_mix(sum.b,
                                      auth_tenant_cache_take(src + 1,
                                                             dst + 8));
        sum.c = auth_tenant_cache_mix(sum.c,
                                      auth_tenant_cache_take(src + 2,
                                                             dst + 16));
        sum.d = auth_tenant_cache_mix(sum.d,
                                      auth_tenant_cache_take(src + 3,
                                                             dst + 24));
        src += 4;
        dst += AUTH_TENANT_CACHE_STEP;
    }

    if (n > 0) {
        memset(words, 0, AUTH_TENANT_CACHE_STEP);

        for (i = 0; i < n; i++) {
            words[i] = auth_tenant_cache_take(src++, dst);
            dst += sizeof(uint64_t);
        }

        auth_tenant_cache_sum(&sum, words);
    }

    return auth_tenant_cache_sum_all(&sum);
}


void
auth_tenant_cache_slot_write(auth_tenant_cache_slot_t *slot, uint64_t *hint,
    auth_tenant_cache_slot_t *head, const unsigned char *data)
{
    size_t                   i, left, n;
    uint64_t                *dst, words[4];
    auth_tenant_cache_sum_t  sum;

    /* odd, also where the one before was killed; then even, and another */

    head->sequence = auth_tenant_cache_load(&slot->sequence) | 1;

    auth_tenant_cache_store(&slot->sequence, head->sequence);
    __atomic_thread_fence(__ATOMIC_RELEASE);

    head->sequence++;

    auth_tenant_cache_store(hint, head->token[0]);
    auth_tenant_cache_store(&slot->used, head->used);
    auth_tenant_cache_store(&slot->expires, head->expires);
    auth_tenant_cache_store(&slot->len, head->len);

    for (i = 0; i < AUTH_TENANT_CACHE_WORDS; i++) {
        auth_tenant_cache_store(&slot->token[i], head->token[i]);
        auth_tenant_cache_store(&slot->tag[i], head->tag[i]);
    }

    auth_tenant_cache_sum_head(&sum, head);

    dst = (uint64_t *) (slot + 1);

    for (left = (size_t) head->len; left > 0; left -= n) {
        n = left < AUTH_TENANT_CACHE_STEP ? left : AUTH_TENANT_CACHE_STEP;

        memset(words, 0, AUTH_TENANT_CACHE_STEP);
        memcpy(words, data, n);
        auth_tenant_cache_sum(&sum, words);

        for (i = 0; i * sizeof(uint64_t) < n; i++) {
            auth_tenant_cache_store(dst++, words[i]);
        }

        data += n;
    }

    head->checksum = auth_tenant_cache_sum_all(&sum);

    auth_tenant_cache_store(&slot->checksum, head->checksum);

    __atomic_store_n(&slot->sequence, head->sequence, __ATOMIC_RELEASE);
}


void
auth_tenant_cache_slot_forget(auth_tenant_cache_slot_t *slot)
{
    uint64_t  sequence;

    sequence = auth_tenant_cache_load(&slot->sequence) | 1;

    auth_tenant_cache_store(&slot->sequence, sequence);
    __atomic_thread_fence(__ATOMIC_RELEASE);

    auth_tenant_cache_store(&slot->len, 0);

    __atomic_store_n(&slot->sequence, sequence + 1, __ATOMIC_RELEASE);
}


int
auth_tenant_cache_slot_same(const auth_tenant_cache_slot_t *slot,
    const auth_tenant_cache_slot_t *head)
{
    unsigned  i;

    for (i = 0; i < AUTH_TENANT_CACHE_WORDS; i++) {

        if (auth_tenant_cache_load(&slot->token[i]) != head->token[i]
            || auth_tenant_cache_load(&slot->tag[i]) != head->tag[i])
        {
            return 0;
        }
    }

    return 1;
}

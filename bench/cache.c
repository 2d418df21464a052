
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the table of verified tokens costs, as a ratio to the SHA-256 of such a
 * token, which it is asked with.
 */


#define _POSIX_C_SOURCE  200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth_tenant_cache.h"
#include "auth_tenant_sha256.h"
#include "rounds.h"


#define TOKEN   900                   /* bytes, as browsers send them */
#define CACHE   (64 << 20)            /* bytes of the table */
#define CACHED  4096                  /* tokens in it */


struct bench_s {
    auth_tenant_cache_t      cache;
    auth_tenant_sha256_t    *sha256;
    auth_tenant_str_t        token;
    auth_tenant_str_t        entry;
    size_t                   tokens;
    size_t                   next;
    int64_t                  now;
};


static void bench_setup(bench_t *b);
static void bench_find(bench_t *b);
static void bench_put(bench_t *b);
static void bench_sha256(bench_t *b);
static void bench_die(const char *what);


static unsigned char  bench_token[TOKEN];
static unsigned char  bench_digests[CACHED][AUTH_TENANT_CACHE_DIGEST];
static unsigned char  bench_data[AUTH_TENANT_CACHE_MAX];


/* One token, then so many that no cache of a processor near it holds them. */

int
main(void)
{
    void      *memory;
    double     find[ROUNDS], put[ROUNDS], sha256[ROUNDS], base;
    size_t     i;
    bench_t    b;
    unsigned   k, n;

    static const size_t  sizes[] = { 100, 500, 800, 1800, 8000 };

    bench_setup(&b);

    memory = aligned_alloc(64, CACHE);

    if (memory == NULL
        || !auth_tenant_cache_layout(&b.cache, memset(memory, 0, CACHE),
                                     CACHE))
    {
        bench_die("no memory");
    }

    printf("\nA verified token, whose claims take so many bytes, found among "
           "so many in the\nzone, or put there; the SHA-256 that it is found "
           "by comes on top; find : SHA-256:\n\n");
    printf("%-8s %6s %12s %12s %12s %8s\n", "entry", "tokens", "find, ns",
           "put, ns", "SHA-256, ns", "ratio");

    for (i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        b.entry.data = bench_data;
        b.entry.len = sizes[i / 2];
        b.tokens = 1;
        n = 20000;

        if (i % 2) {
            b.tokens = auth_tenant_cache_room(&b.cache, b.entry.len) / 4;
            b.tokens = b.tokens < CACHED ? b.tokens : CACHED;
        }

        memset(memory, 0, CACHE);

        for (b.next = 0, k = 0; k < b.tokens; k++) {
            bench_put(&b);
        }

        for (k = 0; k < ROUNDS; k++) {
            find[k] = bench_round(bench_find, &b, n);
            put[k] = bench_round(bench_put, &b, n);
            sha256[k] = bench_round(bench_sha256, &b, n);
        }

        base = bench_median(sha256, ROUNDS);

        printf("%-8zu %6zu %12.1f %12.1f %12.1f %8.3f\n", b.entry.len,
               b.tokens, bench_median(find, ROUNDS) * 1e9,
               bench_median(put, ROUNDS) * 1e9, base * 1e9,
               bench_median(find, ROUNDS) / base);
    }

    auth_tenant_sha256_free(b.sha256);
    free(memory);

    return 0;
}


static void
bench_setup(bench_t *b)
{
    size_t             i;
    auth_tenant_str_t  text;

    memset(b, 0, sizeof(bench_t));
    memset(bench_token, 'x', TOKEN);

    b->now = 1700000000;
    b->token.data = bench_token;
    b->token.len = TOKEN;
    b->sha256 = auth_tenant_sha256_new();

    for (i = 0; i < CACHED; i++) {
        text.data = (unsigned char *) &i;
        text.len = sizeof(i);

        if (b->sha256 == NULL
            || !auth_tenant_sha256(b->sha256, &text, bench_digests[i]))
        {
            bench_die("no SHA-256");
        }
    }
}


static void
bench_find(bench_t *b)
{
    unsigned char  copy[AUTH_TENANT_CACHE_MAX];
    unsigned char  tag[AUTH_TENANT_CACHE_DIGEST];

    b->next = (b->next + 7919) % b->tokens;

    if (auth_tenant_cache_find(&b->cache, bench_digests[b->next],
                               bench_digests[0], b->now, copy, tag)
        != b->entry.len)
    {
        bench_die("a token that was put is not found");
    }
}


static void
bench_put(bench_t *b)
{
    b->next = (b->next + 7919) % b->tokens;

    auth_tenant_cache_put(&b->cache, bench_digests[b->next], bench_digests[0],
                          &b->entry, b->now + 600, b->now);
}


static void
bench_sha256(bench_t *b)
{
    unsigned char  digest[AUTH_TENANT_CACHE_DIGEST];

    if (!auth_tenant_sha256(b->sha256, &b->token, digest)) {
        bench_die("no SHA-256");
    }
}


static void
bench_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    abort();
}

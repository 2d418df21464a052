
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Tokens that were verified before: in this process, where the token is
 * compared as a whole, and in the zone, by its SHA-256.  What is found is not
 * believed for being found: it was verified under the configuration and the
 * keys that its tag stands for, and the caller compares that with its own.
 */


#include "ngx_http_auth_tenant_cache.h"
#include "ngx_http_auth_tenant_zone.h"

#include <openssl/rand.h>


#define NGX_HTTP_AUTH_TENANT_CACHE_SETS   512    /* a power of 2 */
#define NGX_HTTP_AUTH_TENANT_CACHE_WAYS   4
#define NGX_HTTP_AUTH_TENANT_CACHE_BYTES  (8 * 1024 * 1024)

/* a signature, of which nobody guesses the end, is never this short */

#define NGX_HTTP_AUTH_TENANT_CACHE_END    16


typedef struct {
    uint64_t                      newcomer;
    uint64_t                      mark[NGX_HTTP_AUTH_TENANT_CACHE_WAYS];
    ngx_http_auth_tenant_kept_t  *kept[NGX_HTTP_AUTH_TENANT_CACHE_WAYS];
} ngx_http_auth_tenant_set_t;


/* of one process, over all its configurations */

typedef struct {
    ngx_http_auth_tenant_set_t   *sets;
    auth_tenant_sha256_t         *sha256;
    uint64_t                      key[2];
    uint64_t                      used;
    size_t                        bytes;
    ngx_uint_t                    hand;
} ngx_http_auth_tenant_cache_t;


static ngx_uint_t ngx_http_auth_tenant_kept_is(
    const ngx_http_auth_tenant_kept_t *kept,
    const ngx_http_auth_tenant_seen_t *seen);
static ngx_http_auth_tenant_kept_t *ngx_http_auth_tenant_cache_keep(
    const ngx_http_auth_tenant_seen_t *seen,
    const auth_tenant_claims_t *claims, const u_char *tag);
static void ngx_http_auth_tenant_cache_insert(
    ngx_http_auth_tenant_kept_t *kept);
static void ngx_http_auth_tenant_cache_shrink(size_t size);
static ngx_uint_t ngx_http_auth_tenant_cache_digest(
    ngx_http_auth_tenant_seen_t *seen);
static ngx_http_auth_tenant_zone_t *ngx_http_auth_tenant_cache_zone(
    ngx_http_request_t *r);
static ngx_http_auth_tenant_kept_t **ngx_http_auth_tenant_cache_memo(
    ngx_http_request_t *r, ngx_uint_t create);
static void ngx_http_auth_tenant_cache_forget(void *data);


static ngx_http_auth_tenant_cache_t  ngx_http_auth_tenant_cache;


ngx_int_t
ngx_http_auth_tenant_cache_init_process(ngx_cycle_t *cycle)
{
    ngx_http_auth_tenant_cache_t      *cache;
    ngx_http_auth_tenant_main_conf_t  *mcf;

    cache = &ngx_http_auth_tenant_cache;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_auth_tenant_module);

    if (mcf == NULL || mcf->zone == NULL || cache->sets) {
        return NGX_OK;
    }

    if (RAND_bytes((u_char *) cache->key, sizeof(cache->key)) != 1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "auth_tenant: RAND_bytes() failed");
        return NGX_ERROR;
    }

    cache->sha256 = auth_tenant_sha256_new();

    if (cache->sha256 == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "auth_tenant: OpenSSL has no SHA-256");
        return NGX_ERROR;
    }

    cache->sets = ngx_calloc(NGX_HTTP_AUTH_TENANT_CACHE_SETS
                             * sizeof(ngx_http_auth_tenant_set_t),
                             cycle->log);

    return cache->sets ? NGX_OK : NGX_ERROR;
}


void
ngx_http_auth_tenant_cache_exit_process(void)
{
    ngx_uint_t                     i, n;
    ngx_http_auth_tenant_cache_t  *cache;

    cache = &ngx_http_auth_tenant_cache;

    for (n = 0; cache->sets && n < NGX_HTTP_AUTH_TENANT_CACHE_SETS; n++) {
        for (i = 0; i < NGX_HTTP_AUTH_TENANT_CACHE_WAYS; i++) {
            ngx_http_auth_tenant_release(cache->sets[n].kept[i]);
        }
    }

    auth_tenant_sha256_free(cache->sha256);

    if (cache->sets) {
        ngx_free(cache->sets);
    }

    ngx_memzero(cache, sizeof(ngx_http_auth_tenant_cache_t));
}


/* NULL is allowed */

void
ngx_http_auth_tenant_release(ngx_http_auth_tenant_kept_t *kept)
{
    if (kept && --kept->refs == 0) {
        ngx_free(kept);
    }
}


/*
 * A token is looked up by its end, and then compared as a whole.  Whoever
 * sends tokens to learn from the time of that comparison how much of another
 * one they have guessed has to guess 16 characters of its signature at once.
 */

ngx_http_auth_tenant_kept_t *
ngx_http_auth_tenant_cache_own(ngx_http_request_t *r,
    ngx_http_auth_tenant_seen_t *seen)
{
    uint64_t                        end[2];
    ngx_uint_t                      i;
    const auth_tenant_str_t        *token;
    ngx_http_auth_tenant_set_t     *set;
    ngx_http_auth_tenant_kept_t   **memo, *kept;
    ngx_http_auth_tenant_cache_t   *cache;

    cache = &ngx_http_auth_tenant_cache;
    token = &seen->token;

    if (cache->sets == NULL || token->len < NGX_HTTP_AUTH_TENANT_CACHE_END) {
        seen->mark = 0;
        return NULL;
    }

    ngx_memcpy(end, token->data + token->len - sizeof(end), sizeof(end));

    seen->mark = (end[0] ^ cache->key[0]) * 0x9e3779b97f4a7c15ULL;
    seen->mark ^= seen->mark >> 32;
    seen->mark = (seen->mark ^ end[1] ^ cache->key[1]) * 0xd6e8feb86659fd93ULL;
    seen->mark ^= seen->mark >> 32;

    memo = ngx_http_auth_tenant_cache_memo(r, 0);

    if (memo && ngx_http_auth_tenant_kept_is(*memo, seen)) {

        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "auth tenant token: known on this connection");

        (*memo)->refs++;
        return *memo;
    }

    set = &cache->sets[seen->mark & (NGX_HTTP_AUTH_TENANT_CACHE_SETS - 1)];

    for (i = 0; i < NGX_HTTP_AUTH_TENANT_CACHE_WAYS; i++) {

        if (set->mark[i] != seen->mark) {
            continue;
        }

        kept = set->kept[i];

        if (ngx_http_auth_tenant_kept_is(kept, seen)) {

            ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                           "auth tenant token: known to this process");

            kept->used = ++cache->used;
            kept->refs++;
            return kept;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_auth_tenant_kept_is(const ngx_http_auth_tenant_kept_t *kept,
    const ngx_http_auth_tenant_seen_t *seen)
{
    return kept
           && kept->mark == seen->mark
           && kept->token.len == seen->token.len
           && ngx_memcmp(kept->token.data, seen->token.data, seen->token.len)
              == 0;
}


ngx_http_auth_tenant_kept_t *
ngx_http_auth_tenant_cache_shared(ngx_http_request_t *r,
    ngx_http_auth_tenant_seen_t *seen, const u_char *tag)
{
    u_char                        found[NGX_HTTP_AUTH_TENANT_TAG];
    auth_tenant_str_t             flat;
    auth_tenant_claims_t          claims;
    ngx_http_auth_tenant_zone_t  *zone;

    static u_char  data[AUTH_TENANT_CACHE_MAX];

    zone = ngx_http_auth_tenant_cache_zone(r);

    if (zone == NULL || !ngx_http_auth_tenant_cache_digest(seen)) {
        return NULL;
    }

    flat.data = data;
    flat.len = auth_tenant_cache_find(&zone->cache, seen->digest, tag,
                                      ngx_time(), data, found);

    if (flat.len == 0 || !auth_tenant_claims_open(&claims, &flat)) {
        return NULL;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "auth tenant token: known in the zone");

    return ngx_http_auth_tenant_cache_keep(seen, &claims, found);
}


ngx_http_auth_tenant_kept_t *
ngx_http_auth_tenant_cache_add(ngx_http_request_t *r,
    ngx_http_auth_tenant_seen_t *seen, const auth_tenant_claims_t *claims,
    const u_char *tag, int64_t expires)
{
    ngx_http_auth_tenant_zone_t  *zone;

    zone = ngx_http_auth_tenant_cache_zone(r);

    /* who holds the lock may have been stopped: nobody waits for it */

    if (zone
        && ngx_http_auth_tenant_cache_digest(seen)
        && ngx_shmtx_trylock(&zone->shpool->mutex))
    {
        (void) auth_tenant_cache_put(&zone->cache, seen->digest, tag,
                                     &claims->flat, expires, ngx_time());

        ngx_shmtx_unlock(&zone->shpool->mutex);
    }

    return ngx_http_auth_tenant_cache_keep(seen, claims, tag);
}


static ngx_http_auth_tenant_kept_t *
ngx_http_auth_tenant_cache_keep(const ngx_http_auth_tenant_seen_t *seen,
    const auth_tenant_claims_t *claims, const u_char *tag)
{
    u_char                       *p;
    size_t                        size;
    ngx_http_auth_tenant_kept_t  *kept;

    size = sizeof(ngx_http_auth_tenant_kept_t) + seen->token.len
           + claims->flat.len;

    kept = ngx_alloc(size, ngx_cycle->log);
    if (kept == NULL) {
        return NULL;
    }

    kept->refs = 1;
    kept->mark = seen->mark;
    kept->size = size;
    ngx_memcpy(kept->tag, tag, NGX_HTTP_AUTH_TENANT_TAG);

    p = (u_char *) (kept + 1);

    kept->token.len = seen->token.len;
    kept->token.data = p;
    p = ngx_cpymem(p, seen->token.data, seen->token.len);

    kept->claims = *claims;
    auth_tenant_claims_move(&kept->claims, p);

    if (kept->mark) {
        ngx_http_auth_tenant_cache_insert(kept);
    }

    return kept;
}


/*
 * In the place of what it was before under another tag, or in a free one.
 * Where there is none, the oldest has to go for one that is asked for twice
 * before another newcomer is: a crowd of tokens that are seldom asked for
 * neither pushes out those that come often, nor pays for trying.
 */

static void
ngx_http_auth_tenant_cache_insert(ngx_http_auth_tenant_kept_t *kept)
{
    ngx_uint_t                     i, n;
    ngx_http_auth_tenant_set_t    *set;
    ngx_http_auth_tenant_cache_t  *cache;

    cache = &ngx_http_auth_tenant_cache;
    set = &cache->sets[kept->mark & (NGX_HTTP_AUTH_TENANT_CACHE_SETS - 1)];
    n = 0;

    for (i = 0; i < NGX_HTTP_AUTH_TENANT_CACHE_WAYS; i++) {

        if (set->kept[i] == NULL || set->mark[i] == kept->mark) {
            n = i;
            break;
        }

        if (set->kept[i]->used < set->kept[n]->used) {
            n = i;
        }
    }

    if (i == NGX_HTTP_AUTH_TENANT_CACHE_WAYS
        && set->newcomer != kept->mark)
    {
        set->newcomer = kept->mark;
        return;
    }

    ngx_http_auth_tenant_cache_shrink(kept->size);

    if (set->kept[n]) {
        cache->bytes -= set->kept[n]->size;
        ngx_http_auth_tenant_release(set->kept[n]);
    }

    kept->refs++;
    kept->used = ++cache->used;

    set->mark[n] = kept->mark;
    set->kept[n] = kept;
    cache->bytes += kept->size;
}


/* Where tokens are long, sets are emptied one after the other. */

static void
ngx_http_auth_tenant_cache_shrink(size_t size)
{
    ngx_uint_t                     i;
    ngx_http_auth_tenant_set_t    *set;
    ngx_http_auth_tenant_cache_t  *cache;

    cache = &ngx_http_auth_tenant_cache;

    while (cache->bytes
           && cache->bytes + size > NGX_HTTP_AUTH_TENANT_CACHE_BYTES)
    {
        set = &cache->sets[cache->hand++ % NGX_HTTP_AUTH_TENANT_CACHE_SETS];

        for (i = 0; i < NGX_HTTP_AUTH_TENANT_CACHE_WAYS; i++) {
            if (set->kept[i]) {
                cache->bytes -= set->kept[i]->size;
                ngx_http_auth_tenant_release(set->kept[i]);
                set->kept[i] = NULL;
            }
        }
    }
}


static ngx_uint_t
ngx_http_auth_tenant_cache_digest(ngx_http_auth_tenant_seen_t *seen)
{
    if (!seen->digested) {
        seen->digested = auth_tenant_sha256(ngx_http_auth_tenant_cache.sha256,
                                            &seen->token, seen->digest);
    }

    return seen->digested;
}


/*
 * A single process goes on over a reload, which may take the old zone away,
 * and the module with it: connections that still ask by the old configuration
 * do without.
 */

static ngx_http_auth_tenant_zone_t *
ngx_http_auth_tenant_cache_zone(ngx_http_request_t *r)
{
    ngx_http_auth_tenant_main_conf_t  *mcf, *current;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_auth_tenant_module);
    current = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                                  ngx_http_auth_tenant_module);

    return (mcf == current && mcf->zone && ngx_http_auth_tenant_cache.sets)
           ? ngx_http_auth_tenant_zone(mcf->zone) : NULL;
}


void
ngx_http_auth_tenant_cache_remember(ngx_http_request_t *r,
    ngx_http_auth_tenant_kept_t *kept)
{
    ngx_http_auth_tenant_kept_t  **memo;

    memo = ngx_http_auth_tenant_cache_memo(r, 1);

    if (memo == NULL || *memo == kept) {
        return;
    }

    ngx_http_auth_tenant_release(*memo);

    kept->refs++;
    *memo = kept;
}


/* Streams of HTTP/2 have their connection's pool, and share this with it. */

static ngx_http_auth_tenant_kept_t **
ngx_http_auth_tenant_cache_memo(ngx_http_request_t *r, ngx_uint_t create)
{
    ngx_pool_t                    *pool;
    ngx_pool_cleanup_t            *cln;
    ngx_http_auth_tenant_kept_t  **memo;

    pool = r->connection->pool;

    for (cln = pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_auth_tenant_cache_forget) {
            return cln->data;
        }
    }

    cln = create ? ngx_pool_cleanup_add(pool, sizeof(*memo)) : NULL;

    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_auth_tenant_cache_forget;

    memo = cln->data;
    *memo = NULL;

    return memo;
}


static void
ngx_http_auth_tenant_cache_forget(void *data)
{
    ngx_http_auth_tenant_kept_t  **memo = data;

    ngx_http_auth_tenant_release(*memo);
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The zone's files on nginx's own types, and as much of nginx as they call.
 */


#ifndef _ZONE_H_INCLUDED_
#define _ZONE_H_INCLUDED_


#include "../../src/core/auth_tenant_cache.c"
#include "../../src/core/auth_tenant_cache_slot.c"
#include "../../src/core/auth_tenant_store.c"
#include "../../src/core/auth_tenant_str.c"
#include "../../src/ngx_http_auth_tenant_zone.c"
#include "../../src/ngx_http_auth_tenant_zone_carry.c"
#include "../../src/ngx_http_auth_tenant_slot.c"
#include "../../src/ngx_http_auth_tenant_lease.c"

#include "../unit/tap.h"

#include <sys/mman.h>


ngx_uint_t                ngx_pagesize = 4096;
ngx_pid_t                 ngx_pid = 1;
ngx_uint_t                ngx_exiting;
volatile ngx_msec_t       ngx_current_msec;

static ngx_cycle_t        zone_old_cycle;
static ngx_cycle_t        zone_cycle;
static ngx_log_t          zone_log;
static char               zone_said[1024];      /* the last message */
static unsigned           zone_allocated;

/* the memory may be written only while the lock is held, if this is set */

static int                zone_guarded;
static void              *zone_guarded_addr;
static size_t             zone_guarded_size;

/* what happens before the next lock is taken */
static void             (*zone_before_lock)(void);


static void
zone_guard(int closed)
{
    if (zone_guarded
        && mprotect(zone_guarded_addr, zone_guarded_size,
                    closed ? PROT_READ : PROT_READ|PROT_WRITE) != 0)
    {
        abort();
    }
}


ngx_uint_t
ngx_shmtx_trylock(ngx_shmtx_t *mtx)
{
    ngx_uint_t   locked;
    void       (*before)(void);

    before = zone_before_lock;
    zone_before_lock = NULL;

    if (before) {
        before();
    }

    zone_guard(0);

    locked = *mtx->lock == 0 && ngx_atomic_cmp_set(mtx->lock, 0, ngx_pid);

    if (!locked) {
        zone_guard(1);
    }

    return locked;
}


void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    if (!ngx_atomic_cmp_set(mtx->lock, ngx_pid, 0)) {
        abort();
    }

    zone_guard(1);
}


ngx_uint_t
ngx_shmtx_force_unlock(ngx_shmtx_t *mtx, ngx_pid_t pid)
{
    return ngx_atomic_cmp_set(mtx->lock, pid, 0);
}


/* as much as a zone has, page by page */

void *
ngx_slab_alloc(ngx_slab_pool_t *pool, size_t size)
{
    u_char  *p;

    p = pool->start;
    size = ngx_align(size, ngx_pagesize);

    if ((size_t) (pool->end - p) < size) {
        return NULL;
    }

    pool->start += size;
    zone_allocated++;

    return p;
}


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    (void) log;

    return malloc(size);
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    (void) pool;

    return calloc(1, size);
}


u_char * ngx_cdecl
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    (void) fmt;

    *buf = '\0';

    return buf + 1;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    (void) level;
    (void) log;
    (void) err;

    snprintf(zone_said, sizeof(zone_said), "%s", fmt);
}


void ngx_cdecl
ngx_conf_log_error(ngx_uint_t level, ngx_conf_t *cf, ngx_err_t err,
    const char *fmt, ...)
{
    (void) level;
    (void) cf;
    (void) err;

    snprintf(zone_said, sizeof(zone_said), "%s", fmt);
}


/* One zone of one cycle: what has been added is there. */

ngx_shm_zone_t *
ngx_shared_memory_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    ngx_list_part_t  *part;
    ngx_shm_zone_t   *shm_zone;

    part = &cf->cycle->shared_memory.part;

    if (part->nelts) {
        return part->elts;
    }

    shm_zone = calloc(1, sizeof(ngx_shm_zone_t));

    shm_zone->shm.name = *name;
    shm_zone->shm.size = size;
    shm_zone->shm.log = &zone_log;
    shm_zone->tag = tag;

    part->elts = shm_zone;
    part->nelts = 1;

    return shm_zone;
}


/* Memory as nginx makes it for a zone. */

static void
zone_memory(ngx_shm_t *shm)
{
    size_t            size;
    ngx_slab_pool_t  *pool;

    size = ngx_align(shm->size, ngx_pagesize);

    shm->addr = mmap(NULL, size + 1024 * 1024, PROT_READ|PROT_WRITE,
                     MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    /* what comes behind is nobody's */

    if (shm->addr == MAP_FAILED
        || mprotect(shm->addr + size, 1024 * 1024, PROT_NONE) != 0)
    {
        abort();
    }

    pool = (ngx_slab_pool_t *) shm->addr;

    pool->mutex.lock = &pool->lock.lock;
    pool->addr = pool;
    pool->end = shm->addr + shm->size;
    pool->start = shm->addr
                  + ngx_align(sizeof(ngx_slab_pool_t)
                              + shm->size / ngx_pagesize
                                * sizeof(ngx_slab_page_t), ngx_pagesize);
    pool->log_nomem = 1;
}


/*
 * A configuration with a zone of that size is read, in place of the one
 * before, as nginx does it at start and at reload.  NULL if it is refused.
 */

static ngx_http_auth_tenant_zone_t *
zone_load(size_t size)
{
    void                    *data;
    ngx_int_t                rc;
    ngx_str_t                name = ngx_string("tenants");
    ngx_conf_t               cf;
    ngx_shm_zone_t          *shm_zone, *old;
    static ngx_cycle_t       cycle;

    ngx_memzero(&cf, sizeof(ngx_conf_t));
    ngx_memzero(&cycle, sizeof(ngx_cycle_t));

    zone_log.log_level = NGX_LOG_DEBUG;
    zone_old_cycle = zone_cycle;
    cycle.old_cycle = &zone_old_cycle;
    cf.cycle = &cycle;
    zone_said[0] = '\0';

    shm_zone = ngx_http_auth_tenant_zone_add(&cf, &name, size);

    if (shm_zone == NULL) {
        return NULL;
    }

    data = NULL;
    old = zone_old_cycle.shared_memory.part.nelts
              ? zone_old_cycle.shared_memory.part.elts : NULL;

    if (old && old->shm.size == size && old->tag == shm_zone->tag) {
        shm_zone->shm.addr = old->shm.addr;
        data = old->data;

    } else {
        zone_memory(&shm_zone->shm);
    }

    rc = shm_zone->init(shm_zone, data);

    if (rc != NGX_OK) {
        return NULL;
    }

    zone_cycle = cycle;

    return ngx_http_auth_tenant_zone(shm_zone);
}


/* The first configuration of all. */

__attribute__((unused))
static ngx_http_auth_tenant_zone_t *
zone_start(size_t size)
{
    ngx_shm_zone_t  *old;

    old = zone_cycle.shared_memory.part.elts;

    if (old && old->shm.addr) {
        (void) munmap(old->shm.addr, ngx_align(old->shm.size, ngx_pagesize)
                                     + 1024 * 1024);
    }

    ngx_memzero(&zone_cycle, sizeof(ngx_cycle_t));

    return zone_load(size);
}


/* Realms: the id, and the provider, of number n. */

__attribute__((unused))
static const u_char *
zone_id(unsigned n)
{
    static u_char    id[8][AUTH_TENANT_STORE_ID];
    static unsigned  last;

    last = (last + 1) % 8;

    ngx_memset(id[last], 'a' + n % 26, AUTH_TENANT_STORE_ID);
    ngx_memcpy(id[last], &n, sizeof(n));

    return id[last];
}


__attribute__((unused))
static auth_tenant_str_t
zone_document(unsigned serial, size_t len)
{
    auth_tenant_str_t     s;
    static unsigned char  text[3][NGX_HTTP_AUTH_TENANT_LARGE + 1];

    memset(text[serial % 3], 'A' + serial % 50, sizeof(text[0]));

    s.len = len;
    s.data = text[serial % 3];

    return s;
}


/* For the tests: one zone, and what is done with it. */

#define SMALLEST  NGX_HTTP_AUTH_TENANT_ZONE_MIN
#define NOW       1000000
#define IDLE      60000


static ngx_http_auth_tenant_zone_t  *zone;
static const auth_tenant_str_t       none;
static const auth_tenant_str_t       acme = auth_tenant_string("acme");

static u_char                        copy[NGX_HTTP_AUTH_TENANT_LARGE];
static size_t                        len;
static int64_t                       fetched;
static uint64_t                      generation;


__attribute__((unused))
static void
start(void)
{
    ngx_shm_zone_t  *shm_zone;

    zone_guarded = 0;
    zone = zone_start(SMALLEST);
    shm_zone = zone_cycle.shared_memory.part.elts;

    zone_guarded = 1;
    zone_guarded_addr = (u_char *) zone->root;
    zone_guarded_size = shm_zone->shm.addr + shm_zone->shm.size
                        - (u_char *) zone->root;
    zone_guard(1);
}


__attribute__((unused))
static void
set(void *number, int64_t value)
{
    zone_guard(0);
    *(int64_t *) number = value;
    zone_guard(1);
}


__attribute__((unused))
static void
touch(ngx_http_auth_tenant_slot_t *slot, unsigned n, int64_t now,
    ngx_uint_t proven)
{
    zone_guard(0);
    ngx_http_auth_tenant_slot_touch(slot, zone_id(n), now, proven);
    zone_guard(1);
}


/* The slot of realm n, of a tenant; NULL if there is none for it. */

__attribute__((unused))
static ngx_http_auth_tenant_slot_t *
claim(unsigned n, int64_t now)
{
    ngx_http_auth_tenant_slot_t  *slot;

    if (ngx_http_auth_tenant_zone_claim(zone, zone_id(n), zone_id(0), &acme,
                                        now, IDLE, &slot)
        != NGX_OK)
    {
        return NULL;
    }

    return slot;
}


__attribute__((unused))
static ngx_http_auth_tenant_slot_t *
claim_large(unsigned n, int64_t now)
{
    ngx_http_auth_tenant_slot_t  *slot;

    if (ngx_http_auth_tenant_zone_claim(zone, zone_id(n), zone_id(0), &none,
                                        now, IDLE, &slot)
        != NGX_OK)
    {
        return NULL;
    }

    return slot;
}


__attribute__((unused))
static ngx_int_t
has(unsigned n)
{
    ngx_http_auth_tenant_slot_t  *slot;

    return ngx_http_auth_tenant_zone_find(zone, zone_id(n), &slot) == NGX_OK;
}


__attribute__((unused))
static ngx_int_t
get(ngx_http_auth_tenant_slot_t *slot, unsigned n)
{
    return ngx_http_auth_tenant_slot_read(zone, slot, zone_id(n), copy, &len,
                                          &fetched, &generation);
}


__attribute__((unused))
static ngx_int_t
lease(ngx_http_auth_tenant_slot_t *slot, unsigned n, int64_t now,
    uint64_t *ticket)
{
    return ngx_http_auth_tenant_slot_lease(zone, slot, zone_id(n), now, 10000,
                                           5000, ticket);
}


__attribute__((unused))
static ngx_int_t
finish(ngx_http_auth_tenant_slot_t *slot, unsigned n, uint64_t ticket,
    unsigned serial, size_t size)
{
    auth_tenant_str_t  s;

    s = zone_document(serial, size);

    return ngx_http_auth_tenant_slot_finish(zone, slot, zone_id(n), ticket,
                                            NGX_HTTP_AUTH_TENANT_FETCH_OK, &s,
                                            serial, NOW + 600000);
}


/* 1 if the slot holds that document of realm n */

__attribute__((unused))
static int
holds(ngx_http_auth_tenant_slot_t *slot, unsigned n, unsigned serial,
    size_t size)
{
    auth_tenant_str_t  s;

    s = zone_document(serial, size);

    return get(slot, n) == NGX_OK && len == size && fetched == (int64_t) serial
           && memcmp(copy, s.data, size) == 0;
}


#endif /* _ZONE_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_zone.h"


#define NGX_HTTP_AUTH_TENANT_ZONE_MAGIC    0x746e616e65745f61ULL
#define NGX_HTTP_AUTH_TENANT_ZONE_VERSION  3

/* pages that the slab allocator may keep for itself, and log_ctx takes */

#define NGX_HTTP_AUTH_TENANT_ZONE_SPARE    4

/* tens of microseconds, on any machine */

#define NGX_HTTP_AUTH_TENANT_ZONE_SPIN     512


static ngx_int_t ngx_http_auth_tenant_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_auth_tenant_zone_layout(
    ngx_http_auth_tenant_zone_t *zone, size_t size);
static void ngx_http_auth_tenant_zone_place(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_root_t *root);
static ngx_int_t ngx_http_auth_tenant_zone_create(
    ngx_http_auth_tenant_zone_t *zone, ngx_shm_t *shm);


/*
 * The tag of the zone.  It stands in this very image, so that another version
 * of the module, loaded from another file, is never handed memory that this
 * one has laid out.
 */

static const char  ngx_http_auth_tenant_zone_tag[] = "auth_tenant_zone";


int64_t
ngx_http_auth_tenant_clock(void)
{
#if (NGX_HAVE_CLOCK_MONOTONIC)

    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;

#else

    return (int64_t) ngx_current_msec;

#endif
}


ngx_shm_zone_t *
ngx_http_auth_tenant_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    size_t                        need;
    ngx_shm_zone_t               *shm_zone;
    ngx_http_auth_tenant_zone_t   layout, *zone;

    if (size < NGX_HTTP_AUTH_TENANT_ZONE_MIN
        || ngx_http_auth_tenant_zone_layout(&layout, size) != NGX_OK)
    {
        need = NGX_HTTP_AUTH_TENANT_ZONE_MIN;

        /* the larger a machine's pages, the more of them is lost */

        while (ngx_http_auth_tenant_zone_layout(&layout, need) != NGX_OK) {
            need *= 2;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_zone\" \"%V\" of %uzk is too small, "
                           "write at least %uzk", name, size / 1024,
                           need / 1024);
        return NULL;
    }

    shm_zone = ngx_shared_memory_add(cf, name, size,
                                     (void *) ngx_http_auth_tenant_zone_tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        return shm_zone;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    zone->old_cycle = cf->cycle->old_cycle;

    shm_zone->init = ngx_http_auth_tenant_zone_init;
    shm_zone->data = zone;

    return shm_zone;
}


ngx_http_auth_tenant_zone_t *
ngx_http_auth_tenant_zone(ngx_shm_zone_t *shm_zone)
{
    return shm_zone->data;
}


ngx_uint_t
ngx_http_auth_tenant_zone_large(size_t size)
{
    ngx_http_auth_tenant_zone_t  zone;

    return ngx_http_auth_tenant_zone_layout(&zone, size) == NGX_OK ? zone.large
                                                                   : 0;
}


ngx_uint_t
ngx_http_auth_tenant_zone_small(size_t size)
{
    ngx_http_auth_tenant_zone_t  zone;

    return ngx_http_auth_tenant_zone_layout(&zone, size) == NGX_OK ? zone.small
                                                                   : 0;
}


/*
 * A reload hands the memory of before, if name and size are the same: there,
 * nothing is written, since old workers go on using it.
 */

static ngx_int_t
ngx_http_auth_tenant_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_auth_tenant_zone_t  *zone = shm_zone->data;

    if (data || shm_zone->shm.exists) {

        if (ngx_http_auth_tenant_zone_attach(zone, &shm_zone->shm) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "auth_tenant: shared memory zone \"%V\" is damaged "
                          "or of another version of the module; give it "
                          "another size, or restart nginx",
                          &shm_zone->shm.name);
            return NGX_ERROR;
        }

        zone->old_cycle = NULL;

        return NGX_OK;
    }

    if (ngx_http_auth_tenant_zone_create(zone, &shm_zone->shm) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_auth_tenant_zone_carry(zone, &shm_zone->shm);

    return NGX_OK;
}


/*
 * What fits into a zone, from its size alone.  Keys take half of it, large
 * stores half of that, but for at least one.
 */

static ngx_int_t
ngx_http_auth_tenant_zone_layout(ngx_http_auth_tenant_zone_t *zone,
    size_t size)
{
    size_t  pages, left, large, small;

    pages = size / (ngx_pagesize + sizeof(ngx_slab_page_t));

    if (pages <= NGX_HTTP_AUTH_TENANT_ZONE_SPARE) {
        return NGX_ERROR;
    }

    zone->end = (pages - NGX_HTTP_AUTH_TENANT_ZONE_SPARE) * ngx_pagesize;
    zone->rest = ngx_align(zone->end / 2, 64);

    if (zone->rest < sizeof(ngx_http_auth_tenant_root_t)) {
        return NGX_ERROR;
    }

    left = zone->rest - sizeof(ngx_http_auth_tenant_root_t);

    large = sizeof(ngx_http_auth_tenant_slot_t)
            + auth_tenant_store_size(NGX_HTTP_AUTH_TENANT_LARGE);
    small = sizeof(ngx_http_auth_tenant_slot_t)
            + auth_tenant_store_size(NGX_HTTP_AUTH_TENANT_SMALL);

    zone->large = ngx_max(left / 2 / large, 1);

    if (left < zone->large * large) {
        return NGX_ERROR;
    }

    zone->small = (left - zone->large * large) / small;

    return zone->small ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_auth_tenant_zone_place(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_root_t *root)
{
    zone->root = root;
    zone->slots = (ngx_http_auth_tenant_slot_t *) (root + 1);
    zone->stores = (u_char *) (zone->slots + zone->large + zone->small);

    /* the other half is no smaller than one that has a large store */

    (void) auth_tenant_cache_layout(&zone->cache, (u_char *) root + zone->rest,
                                    zone->end - zone->rest);
}


/* Memory that has a layout already, which is looked at but not believed. */

ngx_int_t
ngx_http_auth_tenant_zone_attach(ngx_http_auth_tenant_zone_t *zone,
    ngx_shm_t *shm)
{
    size_t                        at;
    ngx_http_auth_tenant_root_t  *root;

    if (shm->addr == NULL
        || ngx_http_auth_tenant_zone_layout(zone, shm->size) != NGX_OK)
    {
        return NGX_ERROR;
    }

    zone->shpool = (ngx_slab_pool_t *) shm->addr;

    root = zone->shpool->data;
    at = (uintptr_t) root - (uintptr_t) shm->addr;

    if (at > shm->size - zone->end
        || at % sizeof(uint64_t) != 0
        || root->magic != NGX_HTTP_AUTH_TENANT_ZONE_MAGIC
        || root->version != NGX_HTTP_AUTH_TENANT_ZONE_VERSION
        || root->size != shm->size
        || root->rest != zone->rest)
    {
        return NGX_ERROR;
    }

    ngx_http_auth_tenant_zone_place(zone, root);

    return NGX_OK;
}


/* Nothing is allocated from the pool after this. */

static ngx_int_t
ngx_http_auth_tenant_zone_create(ngx_http_auth_tenant_zone_t *zone,
    ngx_shm_t *shm)
{
    size_t                        len;
    ngx_uint_t                    n;
    ngx_slab_pool_t              *shpool;
    ngx_http_auth_tenant_root_t  *root;

    if (ngx_http_auth_tenant_zone_layout(zone, shm->size) != NGX_OK) {
        return NGX_ERROR;
    }

    shpool = (ngx_slab_pool_t *) shm->addr;
    zone->shpool = shpool;

    len = sizeof(" in auth_tenant_zone \"\"") + shm->name.len;

    shpool->log_ctx = ngx_slab_alloc(shpool, len);
    if (shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(shpool->log_ctx, " in auth_tenant_zone \"%V\"%Z", &shm->name);

    root = ngx_slab_alloc(shpool, zone->end);
    if (root == NULL) {
        return NGX_ERROR;
    }

    shpool->log_nomem = 0;
    shpool->data = root;

    ngx_http_auth_tenant_zone_place(zone, root);

    ngx_memzero(root, zone->stores - (u_char *) root);

    for (n = 0; n < zone->large + zone->small; n++) {
        auth_tenant_store_init(ngx_http_auth_tenant_slot_store(zone,
                                                         &zone->slots[n]), 0);
    }

    root->version = NGX_HTTP_AUTH_TENANT_ZONE_VERSION;
    root->size = shm->size;
    root->rest = zone->rest;
    root->magic = NGX_HTTP_AUTH_TENANT_ZONE_MAGIC;

    return NGX_OK;
}


/*
 * 1 if the lock is ours.  Whoever has it keeps it for microseconds, or was
 * stopped, or killed: so others wait for it, but not for long.
 */

ngx_uint_t
ngx_http_auth_tenant_zone_lock(ngx_http_auth_tenant_zone_t *zone)
{
    ngx_uint_t  i, n;

    for (n = 1; n <= NGX_HTTP_AUTH_TENANT_ZONE_SPIN; n *= 2) {

        if (ngx_shmtx_trylock(&zone->shpool->mutex)) {
            return 1;
        }

        for (i = 0; i < n; i++) {
            ngx_cpu_pause();
        }
    }

    return ngx_shmtx_trylock(&zone->shpool->mutex);
}


#if (NGX_HTTP_AUTH_TENANT_TEST_STOP)

void
ngx_http_auth_tenant_zone_stop(const char *place)
{
    char   name[NGX_MAX_PATH];
    char  *prefix;

    prefix = getenv("AUTH_TENANT_TEST_STOP");

    if (prefix == NULL
        || (size_t) snprintf(name, sizeof(name), "%s.%s", prefix, place)
           >= sizeof(name))
    {
        return;
    }

    if (unlink(name) == 0) {
        raise(SIGSTOP);
    }
}

#endif


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Shared memory: a fixed table of realms, each with its last good key document
 * and with the numbers that decide which worker fetches it, and when; and the
 * tokens that were verified.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_ZONE_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "auth_tenant_cache.h"
#include "auth_tenant_core.h"
#include "auth_tenant_store.h"


#define NGX_HTTP_AUTH_TENANT_ZONE_MIN    (512 * 1024)
#define NGX_HTTP_AUTH_TENANT_ZONE_SIZE   (8 * 1024 * 1024)

#define NGX_HTTP_AUTH_TENANT_LARGE       65536   /* capacity of a store */
#define NGX_HTTP_AUTH_TENANT_SMALL       8192

/* a deadline or stamp that is further ahead than this is damaged: ignored */

#define NGX_HTTP_AUTH_TENANT_LEASE_MAX   (10 * 60 * 1000)

/* first uses are counted for as many providers */

#define NGX_HTTP_AUTH_TENANT_BUDGETS     64


/* how the last fetch of a realm ended */

typedef enum {
    NGX_HTTP_AUTH_TENANT_FETCH_NONE = 0,         /* none has ended yet */
    NGX_HTTP_AUTH_TENANT_FETCH_OK,
    NGX_HTTP_AUTH_TENANT_FETCH_FAILED,
    NGX_HTTP_AUTH_TENANT_FETCH_UNKNOWN           /* there is no such realm */
} ngx_http_auth_tenant_fetch_e;


/*
 * A realm: one issuer as one provider block has it fetched.  Written under the
 * zone's lock (but for what ngx_http_auth_tenant_slot_touch() writes), read
 * without it: each number is whole by itself, and ngx_http_auth_tenant_load()
 * reads it in order with others.  Times are milliseconds of the monotonic
 * clock, which all processes share; 0: never.  A slot is somebody's only while
 * `used` is 1; `epoch` changes with each owner, tickets and generations count
 * on.
 */

typedef struct {
    uint64_t                         used;
    uint64_t                         epoch;

    u_char                           id[AUTH_TENANT_STORE_ID];
    u_char                           provider[AUTH_TENANT_STORE_ID];
    uint64_t                         tenant_len;  /* 0: no {tenant} */
    u_char                           tenant[64];

    uint64_t                         proven_epoch;  /* in which a token was
                                                       verified */
    int64_t                          last_used;   /* by a request */

    /* the lease: who fetches, with which ticket, and until when */
    uint64_t                         owner;
    uint64_t                         ticket;
    int64_t                          deadline;

    int64_t                          attempted;   /* last fetch's beginning */
    int64_t                          due;         /* next background fetch */
    uint64_t                         finished;    /* ticket that ended last */
    uint64_t                         failures;    /* in a row */
    uint64_t                         outcome;     /* .._fetch_e, of that */
} ngx_http_auth_tenant_slot_t;


/* the budget of a provider for the first use of its realms */

typedef struct {
    u_char                           provider[AUTH_TENANT_STORE_ID];
    uint64_t                         used;
    int64_t                          until;       /* its window's end */
    uint64_t                         count;
} ngx_http_auth_tenant_budget_t;


/* what the memory begins with; nothing in it is a pointer or is followed */

typedef struct {
    uint64_t                         magic;       /* written last */
    uint64_t                         version;
    uint64_t                         size;        /* of the whole zone */
    uint64_t                         rest;        /* where the half begins
                                                     that is for tokens */
    ngx_http_auth_tenant_budget_t    budgets[NGX_HTTP_AUTH_TENANT_BUDGETS];
} ngx_http_auth_tenant_root_t;


/* a provider that is configured, and whose keys it may have */

typedef struct {
    const u_char                    *digest;
    const auth_tenant_str_t         *tenants;     /* NULL: of any tenant */
    ngx_uint_t                       ntenants;
} ngx_http_auth_tenant_known_t;


/* where all of it stands, as this process computed it from the zone's size */

typedef struct {
    ngx_slab_pool_t                 *shpool;      /* for its mutex */
    ngx_http_auth_tenant_root_t     *root;
    ngx_http_auth_tenant_slot_t     *slots;       /* those of large stores come
                                                     first */
    u_char                          *stores;
    auth_tenant_cache_t              cache;       /* of verified tokens */
    ngx_uint_t                       large;
    ngx_uint_t                       small;
    size_t                           rest;        /* offsets from root */
    size_t                           end;

    ngx_cycle_t                     *old_cycle;   /* while the zone is made */

    ngx_http_auth_tenant_known_t    *providers;
    ngx_uint_t                       nproviders;  /* 0: nobody knows */
} ngx_http_auth_tenant_zone_t;


/*
 * Numbers in shared memory.  Each store is ordered after all before it, so
 * that a process killed between two leaves the first ones; a store that later
 * ones must not overtake takes a fence.
 */

#define ngx_http_auth_tenant_load(p)                                          \
    __atomic_load_n(p, __ATOMIC_ACQUIRE)

#define ngx_http_auth_tenant_set(p, value)                                    \
    __atomic_store_n(p, value, __ATOMIC_RELEASE)

#define ngx_http_auth_tenant_fence()                                          \
    __atomic_thread_fence(__ATOMIC_SEQ_CST)


/* milliseconds of the monotonic clock */
int64_t ngx_http_auth_tenant_clock(void);


/*
 * The directive "auth_tenant_zone NAME SIZE", and the zone that is there
 * without it.  Says what is wrong, and returns NULL, also if the size has no
 * room for a store of either kind.
 */
ngx_shm_zone_t *ngx_http_auth_tenant_zone_add(ngx_conf_t *cf, ngx_str_t *name,
    size_t size);

ngx_http_auth_tenant_zone_t *ngx_http_auth_tenant_zone(
    ngx_shm_zone_t *shm_zone);


/*
 * How many stores of 64k, one for each provider with one issuer, and of 8k,
 * one for each tenant's realm, there are in a zone.
 */
ngx_uint_t ngx_http_auth_tenant_zone_large(size_t size);
ngx_uint_t ngx_http_auth_tenant_zone_small(size_t size);


/*
 * The slot of a realm.  With `claim`, one is taken for it if it has none, with
 * a large store if `tenant` is empty, else with a small one: a free one, else
 * one that a provider has left behind that is no longer configured, or no
 * longer for its tenant, else that of the unproven realm that was touched
 * (used or fetched) least recently, or, if there is none, of any that nobody
 * has touched for `idle` ms.  No other is ever taken from its owner: not one
 * that the operator names, as a tenant or as a provider with one issuer, nor
 * while a fetch is under way.  NGX_OK with *slot set; NGX_DECLINED if there is
 * none, or all are taken; NGX_BUSY if the lock is held: try again later.
 */
ngx_int_t ngx_http_auth_tenant_zone_find(ngx_http_auth_tenant_zone_t *zone,
    const u_char *id, ngx_http_auth_tenant_slot_t **slot);

ngx_int_t ngx_http_auth_tenant_zone_claim(ngx_http_auth_tenant_zone_t *zone,
    const u_char *id, const u_char *provider, const auth_tenant_str_t *tenant,
    int64_t now, int64_t idle, ngx_http_auth_tenant_slot_t **slot);


/* the slot with a number, or NULL beyond the last one; used or not */
ngx_http_auth_tenant_slot_t *ngx_http_auth_tenant_zone_slot(
    ngx_http_auth_tenant_zone_t *zone, ngx_uint_t n);


/* 1 if the slot is (still) this realm's */
ngx_uint_t ngx_http_auth_tenant_slot_is(
    const ngx_http_auth_tenant_slot_t *slot, const u_char *id);


/* 1 if a token was verified with keys of the realm that the slot is of */
ngx_uint_t ngx_http_auth_tenant_slot_proven(
    const ngx_http_auth_tenant_slot_t *slot);


/*
 * A copy of the slot's tenant, to `buf` of AUTH_TENANT_MAX_LABEL bytes: the
 * slot may become another tenant's at any moment, and the name with it.
 */
void ngx_http_auth_tenant_slot_tenant(const ngx_http_auth_tenant_slot_t *slot,
    u_char *buf, auth_tenant_str_t *tenant);


/*
 * A request has used the realm; `proven`: a token was verified.  Takes no
 * lock, and stores nothing more often than each second.
 */
void ngx_http_auth_tenant_slot_touch(ngx_http_auth_tenant_slot_t *slot,
    const u_char *id, int64_t now, ngx_uint_t proven);


/*
 * The realm's document.  The generation is one atomic load, 0 if there is no
 * document.  Reading copies it to `dst`, of NGX_HTTP_AUTH_TENANT_LARGE bytes
 * whatever the store's capacity: NGX_OK with the rest set; NGX_DECLINED if
 * there is none; NGX_ERROR if it is damaged or another realm's.
 */
uint64_t ngx_http_auth_tenant_slot_generation(
    ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot);

ngx_int_t ngx_http_auth_tenant_slot_read(ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot, const u_char *id, u_char *dst,
    size_t *len, int64_t *fetched, uint64_t *generation);

size_t ngx_http_auth_tenant_slot_capacity(ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot);


/*
 * Asks for the right to fetch.  It is given if no lease runs and the last
 * fetch began at least `wait` ms ago; then `attempted` is stamped, before
 * anything else, and *ticket set (tickets count up, so that a later fetch's
 * outcome is never overwritten by an earlier one's).  NGX_OK; NGX_AGAIN while
 * another fetch is under way; NGX_DECLINED inside `wait`; NGX_BUSY if the lock
 * is held; NGX_ERROR if the slot is another realm's by now.
 */
ngx_int_t ngx_http_auth_tenant_slot_lease(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id, int64_t now,
    int64_t wait, int64_t lasts, uint64_t *ticket);


/*
 * 1 while a lease runs; 1 if the last fetch began less than `wait` ms ago.  A
 * deadline, or a beginning, that can't be is none.
 */
ngx_uint_t ngx_http_auth_tenant_slot_leased(
    const ngx_http_auth_tenant_slot_t *slot, int64_t now);

ngx_uint_t ngx_http_auth_tenant_slot_tried(
    const ngx_http_auth_tenant_slot_t *slot, int64_t now, int64_t wait);


/*
 * When the next background fetch is due.  No configuration lets more than
 * `most` ms pass until then: a time further ahead is that of one with a longer
 * "refresh", or damaged, and means at once.
 */
int64_t ngx_http_auth_tenant_slot_due(const ngx_http_auth_tenant_slot_t *slot,
    int64_t now, int64_t most);


/*
 * Ends a lease.  With a document (outcome OK) it is published first.  A ticket
 * that is not the newest, or has ended already, is refused, and nothing
 * changes.  NGX_OK; NGX_DECLINED if refused; NGX_ERROR if the document can't
 * be published (is empty or exceeds the capacity): the lease has ended then,
 * as one that failed, and the old document stands; NGX_BUSY if the lock is
 * held.  Outcome NONE: the fetch was given up, which counts as no outcome.
 */
ngx_int_t ngx_http_auth_tenant_slot_finish(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id, uint64_t ticket,
    ngx_http_auth_tenant_fetch_e outcome, const auth_tenant_str_t *document,
    int64_t fetched, int64_t due);


/*
 * Publishes a document that was kept elsewhere, if the realm has none: no
 * lease, no outcome, no stamp.  NGX_OK; NGX_DECLINED if it has one, or the
 * slot is another realm's by now; NGX_ERROR and NGX_BUSY as above.
 */
ngx_int_t ngx_http_auth_tenant_slot_restore(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id,
    const auth_tenant_str_t *document, int64_t fetched);


/*
 * Takes one of `limit` first uses that a provider has in each `window` ms over
 * all workers.  NGX_OK, NGX_DECLINED if they are used up, NGX_BUSY.  Fails
 * closed: without a place for the provider's count there is no budget.
 */
ngx_int_t ngx_http_auth_tenant_zone_spend(ngx_http_auth_tenant_zone_t *zone,
    const u_char *provider, int64_t now, int64_t window, ngx_uint_t limit);


/* what _zone.c, _zone_carry.c, _slot.c and _lease.c share */

ngx_uint_t ngx_http_auth_tenant_zone_lock(ngx_http_auth_tenant_zone_t *zone);

ngx_int_t ngx_http_auth_tenant_zone_attach(ngx_http_auth_tenant_zone_t *zone,
    ngx_shm_t *shm);
void ngx_http_auth_tenant_zone_carry(ngx_http_auth_tenant_zone_t *zone,
    ngx_shm_t *shm);

auth_tenant_store_t *ngx_http_auth_tenant_slot_store(
    const ngx_http_auth_tenant_zone_t *zone,
    const ngx_http_auth_tenant_slot_t *slot);
void ngx_http_auth_tenant_slot_fill(ngx_http_auth_tenant_zone_t *zone,
    ngx_http_auth_tenant_slot_t *slot, const u_char *id,
    const u_char *provider, const auth_tenant_str_t *tenant, int64_t now);
int64_t ngx_http_auth_tenant_slot_touched(
    const ngx_http_auth_tenant_slot_t *slot, int64_t now);


/* how long ago a time was, 0 if it was not; whatever the numbers are */

static ngx_inline uint64_t
ngx_http_auth_tenant_since(int64_t time, int64_t now)
{
    return time < now ? (uint64_t) now - (uint64_t) time : 0;
}


/* clocks of two processes may differ a little; more than that is damage */

static ngx_inline ngx_uint_t
ngx_http_auth_tenant_ahead(int64_t time, int64_t now)
{
    return ngx_http_auth_tenant_since(now, time)
           > NGX_HTTP_AUTH_TENANT_LEASE_MAX;
}


/*
 * For tests only: where a build with -DNGX_HTTP_AUTH_TENANT_TEST_STOP=1 finds
 * the file "$AUTH_TENANT_TEST_STOP.PLACE", it removes that and stops, with the
 * zone's lock held, so that the process can be killed right there.  Places:
 * claim, lease, finish, spend.
 */

#if (NGX_HTTP_AUTH_TENANT_TEST_STOP)

void ngx_http_auth_tenant_zone_stop(const char *place);

#define ngx_http_auth_tenant_stop(place)  ngx_http_auth_tenant_zone_stop(place)

#else

#define ngx_http_auth_tenant_stop(place)

#endif


#endif /* _NGX_HTTP_AUTH_TENANT_ZONE_H_INCLUDED_ */

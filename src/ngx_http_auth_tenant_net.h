
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Keys from the network: what is shared by the files that read their
 * configuration, follow them, fetch them and let requests wait for them.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_NET_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_NET_H_INCLUDED_


#include "ngx_http_auth_tenant_module.h"
#include "ngx_http_auth_tenant_fetch.h"
#include "ngx_http_auth_tenant_zone.h"
#include "auth_tenant_fresh.h"
#include "auth_tenant_issuer.h"


/* whether a realm may take a slot in the zone */

#define NGX_HTTP_AUTH_TENANT_NO_CLAIM       0
#define NGX_HTTP_AUTH_TENANT_CLAIM          1   /* from the budget */
#define NGX_HTTP_AUTH_TENANT_CLAIM_FREE     2   /* it is configured */

/* what an unknown tenant is remembered for, at most */

#define NGX_HTTP_AUTH_TENANT_UNKNOWN_TIME   60000

/* who asks for a tenant less often may lose its slot: at least, see `idle` */

#define NGX_HTTP_AUTH_TENANT_MIN_IDLE       3600000

/*
 * fetches of a {tenant} issuer's realms that no token has been verified by, in
 * one cooldown
 */

#define NGX_HTTP_AUTH_TENANT_FIRST_USES     20

/* of one worker */

#define NGX_HTTP_AUTH_TENANT_MAX_FETCHES    64
#define NGX_HTTP_AUTH_TENANT_MAX_WAITING    1024

/* between two alarms of one worker about what strangers cause */

#define NGX_HTTP_AUTH_TENANT_COMPLAIN       60000

#define NGX_HTTP_AUTH_TENANT_TICK           1000
#define NGX_HTTP_AUTH_TENANT_POLL           20


/* of a provider whose keys come from the network */

struct ngx_http_auth_tenant_net_s {
    auth_tenant_issuer_t             issuer;
    ngx_str_t                        jwks_uri;       /* empty: discovery */
    ngx_str_t                        state_path;

    ngx_http_auth_tenant_route_t     route;
    ngx_msec_t                       refresh;
    ngx_msec_t                       cooldown;
    ngx_msec_t                       stale;
    ngx_msec_t                       read_timeout;
    ngx_flag_t                       ssl_verify;
    ngx_flag_t                       allow_http;

    u_char                           cas[AUTH_TENANT_STORE_ID];

    /* of all that decides whose keys these are */
    u_char                           digest[AUTH_TENANT_STORE_ID];

    u_char                          *file;           /* for messages */
    ngx_uint_t                       line;
    ngx_str_t                        first;          /* directive written that
                                                        is of no use with
                                                        "jwks_file" */
};


/*
 * A realm, that is, one issuer of one provider, as this process sees it.  It
 * is made when it is first asked for, and goes with its slot.
 */

struct ngx_http_auth_tenant_realm_s {
    ngx_str_node_t                         node;     /* by provider, tenant */
    ngx_queue_t                            queue;    /* of all realms */

    const ngx_http_auth_tenant_provider_t *provider;
    ngx_http_auth_tenant_worker_t         *worker;
    ngx_str_t                              issuer;
    ngx_str_t                              tenant;   /* empty: one issuer */
    u_char                                 id[AUTH_TENANT_STORE_ID];
    ngx_http_auth_tenant_slot_t           *slot;

    auth_tenant_keys_t                    *keys;     /* NULL: none yet */
    u_char                                 digest[AUTH_TENANT_STORE_ID];
    ngx_http_auth_tenant_tag_t             tag;
    uint64_t                               generation;
    int64_t                                fetched;

    ngx_queue_t                            waiters;
    ngx_uint_t                             waiting;
    uint64_t                               awaited;  /* their ticket */

    /* a fetch that this process makes */
    ngx_http_auth_tenant_fetch_t          *fetch;
    uint64_t                               ticket;   /* 0: none */
    int64_t                                started;

    /* its outcome, until the zone's lock is free */
    ngx_http_auth_tenant_fetch_e           outcome;
    ngx_str_t                              document;
    int64_t                                ended;
    int64_t                                due;

    unsigned                               finishing:1;
    unsigned                               damaged:1;

    unsigned                               unsaved:1;

    uint64_t                               kept;     /* generation that was
                                                        written down last */
    int64_t                                retry;    /* when that failed, it
                                                        is tried again */
};


/* all of one process and one configuration */

struct ngx_http_auth_tenant_worker_s {
    ngx_http_auth_tenant_main_conf_t      *conf;
    ngx_http_auth_tenant_zone_t           *zone;     /* NULL: it is of before
                                                        a reload */
    ngx_uid_t                              user;     /* the workers' */

    ngx_rbtree_t                           tree;
    ngx_rbtree_node_t                      sentinel;
    ngx_queue_t                            realms;

    ngx_uint_t                             fetches;
    ngx_uint_t                            *fetching; /* of them, by provider */
    ngx_uint_t                             waiting;
    int64_t                                complained;  /* of no room */
    int64_t                                alarmed;     /* by strangers' */
    u_char                                *told;     /* by provider: that no
                                                        tenant was found */
    int64_t                                idle;     /* who asks for a tenant
                                                        less often may lose
                                                        its slot */
};


/* one request that waits */

struct ngx_http_auth_tenant_waiter_s {
    ngx_queue_t                            queue;
    ngx_event_t                            event;    /* its end, or timer */
    ngx_connection_t                       connection; /* for the event */
    ngx_http_auth_tenant_realm_t          *realm;    /* NULL: woken */
    ngx_http_request_t                    *request;
    ngx_http_auth_tenant_ctx_t            *ctx;
};


/*
 * From one successful fetch to the end of the next one, at most: that is moved
 * by ten percent, begins at a tick and takes its time.
 */

static ngx_inline int64_t
ngx_http_auth_tenant_next(const ngx_http_auth_tenant_net_t *net)
{
    return (int64_t) net->refresh + (int64_t) net->refresh / 10
           + 2 * NGX_HTTP_AUTH_TENANT_TICK + (int64_t) net->read_timeout;
}


/* how long a tenant is remembered not to exist */

static ngx_inline int64_t
ngx_http_auth_tenant_unknown_time(const ngx_http_auth_tenant_net_t *net)
{
    return (int64_t) ngx_min(net->refresh, NGX_HTTP_AUTH_TENANT_UNKNOWN_TIME);
}


/*
 * When a realm is fetched again: as _refresh.c has set it, which is never more
 * than a tenth above the longer of "refresh" and "cooldown".
 */

static ngx_inline int64_t
ngx_http_auth_tenant_due(const ngx_http_auth_tenant_net_t *net,
    const ngx_http_auth_tenant_slot_t *slot, int64_t now)
{
    int64_t  most;

    most = (int64_t) ngx_max(net->refresh, net->cooldown);

    return ngx_http_auth_tenant_slot_due(slot, now, most + most / 10);
}


/* whether nobody has used a realm for so long that no timer has it fetched */

static ngx_inline ngx_uint_t
ngx_http_auth_tenant_unused(const ngx_http_auth_tenant_net_t *net,
    const ngx_http_auth_tenant_slot_t *slot, int64_t now)
{
    int64_t  last;

    last = ngx_http_auth_tenant_load(&slot->last_used);

    return ngx_http_auth_tenant_since(last, now)
           > (uint64_t) net->stale + net->refresh;
}


/* whether a provider speaks for a tenant, if its issuer is one for each */

static ngx_inline ngx_uint_t
ngx_http_auth_tenant_accepts(const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant)
{
    return provider->policy.tenants == NULL
           || auth_tenant_str_listed(tenant, provider->policy.tenants,
                                     provider->policy.ntenants);
}


/* _realm.c */

ngx_http_auth_tenant_realm_t *ngx_http_auth_tenant_realm_find(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant);
ngx_http_auth_tenant_realm_t *ngx_http_auth_tenant_realm_get(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, ngx_uint_t claim);
void ngx_http_auth_tenant_realm_free(ngx_http_auth_tenant_realm_t *realm);
void ngx_http_auth_tenant_realm_follow(ngx_http_auth_tenant_realm_t *realm);
ngx_int_t ngx_http_auth_tenant_realm_issuer(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, ngx_str_t *issuer, u_char *id);


/* _refresh.c */

ngx_uint_t ngx_http_auth_tenant_usable(const ngx_http_auth_tenant_net_t *net,
    int64_t fetched, int64_t now);
ngx_int_t ngx_http_auth_tenant_refresh(ngx_http_auth_tenant_realm_t *realm,
    int64_t wait);
void ngx_http_auth_tenant_refresh_finish(ngx_http_auth_tenant_realm_t *realm);
void ngx_http_auth_tenant_refresh_abandon(
    ngx_http_auth_tenant_realm_t *realm);


/* _refresh_log.c; *why is good until the next call */

void ngx_http_auth_tenant_refresh_log(ngx_http_auth_tenant_realm_t *realm,
    auth_tenant_keys_report_t *report);
void ngx_http_auth_tenant_refresh_complain(
    ngx_http_auth_tenant_realm_t *realm, const char *what,
    const ngx_str_t *why, ngx_uint_t unknown, ngx_uint_t usable);
void ngx_http_auth_tenant_refresh_unfetched(
    ngx_http_auth_tenant_realm_t *realm,
    const ngx_http_auth_tenant_answer_t *answer, ngx_uint_t discovery,
    ngx_str_t *why);
void ngx_http_auth_tenant_refresh_refused(ngx_http_auth_tenant_realm_t *realm,
    const auth_tenant_str_t *document, const char *error, ngx_str_t *why);


/* _keep.c */

void ngx_http_auth_tenant_keep(ngx_http_auth_tenant_realm_t *realm);
void ngx_http_auth_tenant_keep_unsaved(ngx_http_auth_tenant_worker_t *worker);


/* _wait.c */

ngx_uint_t ngx_http_auth_tenant_forgotten(
    const ngx_http_auth_tenant_realm_t *realm, int64_t now);
ngx_uint_t ngx_http_auth_tenant_overdue(
    const ngx_http_auth_tenant_realm_t *realm, int64_t now);
void ngx_http_auth_tenant_wake(ngx_http_auth_tenant_realm_t *realm);


/* _worker.c */

ngx_http_auth_tenant_worker_t *ngx_http_auth_tenant_worker(
    volatile ngx_cycle_t *cycle);
ngx_uint_t ngx_http_auth_tenant_worker_current(
    const ngx_http_auth_tenant_worker_t *worker);
ngx_http_auth_tenant_worker_t *ngx_http_auth_tenant_worker_create(
    ngx_conf_t *cf, ngx_http_auth_tenant_main_conf_t *mcf);


/* _tick.c */

void ngx_http_auth_tenant_look_soon(void);


/* _provider_net_state.c */

ngx_int_t ngx_http_auth_tenant_state_check(ngx_conf_t *cf,
    ngx_http_auth_tenant_main_conf_t *mcf);


/* _restore.c */

/* what stands for the tenant in a "state_path" */

#define NGX_HTTP_AUTH_TENANT_PLACEHOLDER    "{tenant}"

#define NGX_HTTP_AUTH_TENANT_MAX_OWNER                                        \
    (AUTH_TENANT_MAX_URL + 1 + 2 * AUTH_TENANT_STORE_ID)

void ngx_http_auth_tenant_state_owner(const ngx_str_t *issuer,
    const u_char *id, ngx_str_t *owner);
ngx_int_t ngx_http_auth_tenant_state_file(
    const ngx_http_auth_tenant_provider_t *provider, const ngx_str_t *tenant,
    ngx_str_t *path);
void ngx_http_auth_tenant_restore(ngx_cycle_t *cycle,
    ngx_http_auth_tenant_worker_t *worker);


#endif /* _NGX_HTTP_AUTH_TENANT_NET_H_INCLUDED_ */

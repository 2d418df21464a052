
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Keys from the network, as one process and one configuration has them: how
 * that begins, and how it ends.
 */


#include "ngx_http_auth_tenant_net.h"
#include "ngx_http_auth_tenant_state.h"


static void ngx_http_auth_tenant_worker_cleanup(void *data);
static ngx_http_auth_tenant_worker_t *ngx_http_auth_tenant_worker_before(
    ngx_cycle_t *cycle);
static void ngx_http_auth_tenant_leave(ngx_http_auth_tenant_worker_t *worker);


ngx_http_auth_tenant_worker_t *
ngx_http_auth_tenant_worker(volatile ngx_cycle_t *cycle)
{
    ngx_http_auth_tenant_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_auth_tenant_module);

    return mcf ? mcf->worker : NULL;
}


/*
 * 0: of a single process, which has another configuration by now.  That may
 * have taken the module away, which nobody tells it, and the zone with it.
 */

ngx_uint_t
ngx_http_auth_tenant_worker_current(
    const ngx_http_auth_tenant_worker_t *worker)
{
    return worker == ngx_http_auth_tenant_worker(ngx_cycle);
}


ngx_http_auth_tenant_worker_t *
ngx_http_auth_tenant_worker_create(ngx_conf_t *cf,
    ngx_http_auth_tenant_main_conf_t *mcf)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_auth_tenant_worker_t  *worker;

    worker = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_worker_t));
    if (worker == NULL) {
        return NULL;
    }

    worker->conf = mcf;

    ngx_rbtree_init(&worker->tree, &worker->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&worker->realms);

    /* a single process keeps an old configuration beside the new one */

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_auth_tenant_worker_cleanup;
    cln->data = worker;

    return worker;
}


static void
ngx_http_auth_tenant_worker_cleanup(void *data)
{
    ngx_http_auth_tenant_worker_t  *worker = data;

    ngx_queue_t  *q;

    while (!ngx_queue_empty(&worker->realms)) {
        q = ngx_queue_head(&worker->realms);
        ngx_http_auth_tenant_realm_free(ngx_queue_data(q,
                                        ngx_http_auth_tenant_realm_t, queue));
    }
}


ngx_int_t
ngx_http_auth_tenant_net_init_module(ngx_cycle_t *cycle)
{
    ngx_http_auth_tenant_worker_t  *worker, *old;

    worker = ngx_http_auth_tenant_worker(cycle);

    if (worker) {
        worker->zone = ngx_http_auth_tenant_zone(worker->conf->zone);
        ngx_http_auth_tenant_restore(cycle, worker);
    }

    /*
     * A single process goes on; its old zone may be gone in a moment, so what
     * it fetches has to end now.
     */

    old = ngx_http_auth_tenant_worker_before(cycle);

    if (old) {
        ngx_http_auth_tenant_leave(old);
        ngx_http_auth_tenant_worker_cleanup(old);
    }

    return NGX_OK;
}


/*
 * In a configuration that had not loaded the module, its index is beyond the
 * end, or another module's.
 */

static ngx_http_auth_tenant_worker_t *
ngx_http_auth_tenant_worker_before(ngx_cycle_t *cycle)
{
    ngx_uint_t    i;
    ngx_cycle_t  *old;

    old = cycle->old_cycle;

    if (ngx_process != NGX_PROCESS_SINGLE
        || old == NULL || old->conf_ctx == NULL)
    {
        return NULL;
    }

    for (i = 0; old->modules[i]; i++) {
        if (old->modules[i] == &ngx_http_auth_tenant_module) {
            return ngx_http_auth_tenant_worker(old);
        }
    }

    return NULL;
}


void
ngx_http_auth_tenant_net_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_auth_tenant_worker_t  *worker;

    worker = ngx_http_auth_tenant_worker(cycle);

    if (worker) {
        ngx_http_auth_tenant_leave(worker);
    }

    ngx_http_auth_tenant_fetch_done();
    ngx_http_auth_tenant_state_done(1000, cycle->log);

    if (worker && worker->zone) {
        ngx_http_auth_tenant_keep_unsaved(worker);
        ngx_http_auth_tenant_state_done(1000, cycle->log);
    }
}


/* What a worker was fetching, another may fetch right away. */

static void
ngx_http_auth_tenant_leave(ngx_http_auth_tenant_worker_t *worker)
{
    int64_t                        now;
    ngx_queue_t                   *q;
    ngx_http_auth_tenant_realm_t  *realm;

    now = ngx_http_auth_tenant_clock();

    for (q = ngx_queue_head(&worker->realms);
         q != ngx_queue_sentinel(&worker->realms);
         q = ngx_queue_next(q))
    {
        realm = ngx_queue_data(q, ngx_http_auth_tenant_realm_t, queue);

        if (realm->ticket) {
            (void) ngx_http_auth_tenant_slot_finish(worker->zone, realm->slot,
                                             realm->id, realm->ticket,
                                             NGX_HTTP_AUTH_TENANT_FETCH_NONE,
                                             NULL, now, now);
        }

        ngx_http_auth_tenant_refresh_abandon(realm);
    }
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * "state_path": which documents of the zone are written down, and when.
 */


#include "ngx_http_auth_tenant_net.h"
#include "ngx_http_auth_tenant_state.h"


/* ms until the next try after one that failed */

#define NGX_HTTP_AUTH_TENANT_KEEP_RETRY  10000


/*
 * Writes down what the zone has of a realm.  A document that comes while an
 * older one is being written has to wait, and what another worker writes may
 * be older than what it writes over: so each one that has written looks again,
 * at a tick after that, whether it was the newest.
 */

void
ngx_http_auth_tenant_keep(ngx_http_auth_tenant_realm_t *realm)
{
    u_char     buf[NGX_MAX_PATH], own[NGX_HTTP_AUTH_TENANT_MAX_OWNER];
    int64_t    now, fetched;
    uint64_t   generation, age;
    ngx_int_t  rc;
    ngx_str_t  path, owner, document;

    static u_char  text[NGX_HTTP_AUTH_TENANT_LARGE];

    realm->unsaved = 0;
    path.data = buf;

    /* strangers name tenants: a start would take them for customers */

    if ((realm->tenant.len && !ngx_http_auth_tenant_slot_proven(realm->slot))
        || ngx_http_auth_tenant_state_file(realm->provider, &realm->tenant,
                                           &path)
           != NGX_OK)
    {
        return;
    }

    if (ngx_http_auth_tenant_state_busy(&path, ngx_cycle->log)) {
        realm->unsaved = 1;
        return;
    }

    now = ngx_http_auth_tenant_clock();

    if (ngx_http_auth_tenant_slot_generation(realm->worker->zone, realm->slot)
        == realm->kept)
    {
        if (!ngx_http_auth_tenant_state_unwritten(&path)) {
            return;
        }

        /* what the file still has may have been withdrawn */

        if (realm->retry == 0) {
            realm->retry = now + NGX_HTTP_AUTH_TENANT_KEEP_RETRY;
        }

        if (now < realm->retry) {
            realm->unsaved = 1;
            return;
        }
    }

    document.data = text;

    rc = ngx_http_auth_tenant_slot_read(realm->worker->zone, realm->slot,
                                        realm->id, document.data,
                                        &document.len, &fetched, &generation);
    if (rc != NGX_OK) {
        return;
    }

    age = ngx_http_auth_tenant_since(fetched, now);

    owner.data = own;
    ngx_http_auth_tenant_state_owner(&realm->issuer, realm->id, &owner);

    if (ngx_http_auth_tenant_state_write(&path, &owner, &document,
                                         ngx_time() - (time_t) (age / 1000),
                                         ngx_cycle->log)
        == NGX_OK)
    {
        realm->kept = generation;
        realm->retry = 0;
        realm->unsaved = 1;
    }
}


/* Each second, and at the end: what has been written may not be the newest. */

void
ngx_http_auth_tenant_keep_unsaved(ngx_http_auth_tenant_worker_t *worker)
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

        if (realm->unsaved && now >= realm->retry) {
            ngx_http_auth_tenant_keep(realm);
        }
    }
}

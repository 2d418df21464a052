
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Keys of the last run, so that a restart while a provider is down serves.
 * The master reads them before there are workers, never on a request.
 */


#include "ngx_http_auth_tenant_net.h"
#include "ngx_http_auth_tenant_state.h"

#include <dirent.h>


static void ngx_http_auth_tenant_restore_tenants(
    ngx_http_auth_tenant_provider_t *provider, ngx_cycle_t *cycle);
static ngx_int_t ngx_http_auth_tenant_restore_realm(
    ngx_http_auth_tenant_provider_t *provider, ngx_str_t *tenant,
    ngx_cycle_t *cycle);
static ngx_int_t ngx_http_auth_tenant_restore_document(
    ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, const u_char *id, ngx_str_t *document,
    int64_t age);


/*
 * Writes the name of a realm's state file to path->data, which has room for
 * NGX_MAX_PATH bytes, null-terminated.  NGX_DECLINED if there is none.
 */

ngx_int_t
ngx_http_auth_tenant_state_file(
    const ngx_http_auth_tenant_provider_t *provider, const ngx_str_t *tenant,
    ngx_str_t *path)
{
    u_char           *p, *after;
    const ngx_str_t  *template;

    template = &provider->net->state_path;

    if (template->len == 0 || template->len + tenant->len >= NGX_MAX_PATH) {
        return NGX_DECLINED;
    }

    if (!provider->net->issuer.tenant) {
        p = ngx_cpymem(path->data, template->data, template->len);

    } else {
        after = (u_char *) ngx_strstr(template->data,
                                      NGX_HTTP_AUTH_TENANT_PLACEHOLDER);

        p = ngx_cpymem(path->data, template->data, after - template->data);
        p = ngx_cpymem(p, tenant->data, tenant->len);

        after += sizeof(NGX_HTTP_AUTH_TENANT_PLACEHOLDER) - 1;

        p = ngx_cpymem(p, after, template->data + template->len - after);
    }

    *p = '\0';
    path->len = p - path->data;

    return NGX_OK;
}


/*
 * Whose keys are in a state file: those of an issuer, fetched as configured.
 * Like in the zone, keys of other settings are not taken over.  owner->data
 * has room for NGX_HTTP_AUTH_TENANT_MAX_OWNER bytes.
 */

void
ngx_http_auth_tenant_state_owner(const ngx_str_t *issuer, const u_char *id,
    ngx_str_t *owner)
{
    u_char  *p;

    p = ngx_cpymem(owner->data, issuer->data, issuer->len);
    *p++ = ' ';
    p = ngx_hex_dump(p, (u_char *) id, AUTH_TENANT_STORE_ID);

    owner->len = p - owner->data;
}


void
ngx_http_auth_tenant_restore(ngx_cycle_t *cycle,
    ngx_http_auth_tenant_worker_t *worker)
{
    ngx_str_t                          none;
    ngx_uint_t                         i;
    ngx_core_conf_t                   *ccf;
    ngx_http_auth_tenant_provider_t  **pp;

    ngx_str_null(&none);

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);
    worker->user = ccf->user;

    pp = worker->conf->providers.elts;

    for (i = 0; i < worker->conf->providers.nelts; i++) {

        if (pp[i]->net == NULL || pp[i]->net->state_path.len == 0) {
            continue;
        }

        if (pp[i]->net->issuer.tenant) {
            ngx_http_auth_tenant_restore_tenants(pp[i], cycle);

        } else {
            (void) ngx_http_auth_tenant_restore_realm(pp[i], &none, cycle);
        }
    }
}


/* Whichever files of the directory fit the name, in no special order. */

static void
ngx_http_auth_tenant_restore_tenants(
    ngx_http_auth_tenant_provider_t *provider, ngx_cycle_t *cycle)
{
    DIR              *dir;
    u_char           *p, *slash, *after;
    size_t            len, before;
    ngx_str_t         path, tenant;
    ngx_uint_t        n;
    struct dirent    *entry;

    path = provider->net->state_path;

    p = (u_char *) ngx_strstr(path.data, NGX_HTTP_AUTH_TENANT_PLACEHOLDER);

    for (slash = p; *slash != '/'; slash--) { /* void */ }

    before = p - slash - 1;
    after = p + sizeof(NGX_HTTP_AUTH_TENANT_PLACEHOLDER) - 1;

    *slash = '\0';
    dir = opendir((slash == path.data) ? "/" : (char *) path.data);
    *slash = '/';

    if (dir == NULL) {

        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                          "auth_tenant: directory of \"state_path\" \"%V\" of "
                          "provider \"%V\" can't be read", &path,
                          &provider->name);
        }

        return;
    }

    n = provider->worker->zone->small;

    while (n && (entry = readdir(dir)) != NULL) {

        len = ngx_strlen(entry->d_name);

        if (len <= before + ngx_strlen(after)
            || ngx_strncmp(entry->d_name, slash + 1, before) != 0
            || ngx_strcmp(entry->d_name + len - ngx_strlen(after), after) != 0)
        {
            continue;
        }

        tenant.data = (u_char *) entry->d_name + before;
        tenant.len = len - before - ngx_strlen(after);

        if (ngx_http_auth_tenant_restore_realm(provider, &tenant, cycle)
            == NGX_OK)
        {
            n--;
        }
    }

    closedir(dir);
}


/* NGX_OK if the zone has its keys now, from a file. */

static ngx_int_t
ngx_http_auth_tenant_restore_realm(ngx_http_auth_tenant_provider_t *provider,
    ngx_str_t *tenant, ngx_cycle_t *cycle)
{
    u_char                        buf[NGX_MAX_PATH];
    u_char                        id[AUTH_TENANT_STORE_ID];
    u_char                        iss[AUTH_TENANT_MAX_URL];
    u_char                        own[NGX_HTTP_AUTH_TENANT_MAX_OWNER];
    time_t                        fetched;
    int64_t                       age;
    ngx_int_t                     rc;
    ngx_str_t                     path, issuer, owner, document;
    const char                   *why;
    auth_tenant_str_t             text, name;
    auth_tenant_keys_t           *keys;
    auth_tenant_keys_report_t     report;
    ngx_http_auth_tenant_slot_t  *slot;
    ngx_http_auth_tenant_zone_t  *zone;

    path.data = buf;
    issuer.data = iss;
    name = ngx_http_auth_tenant_str(tenant);

    if (ngx_http_auth_tenant_realm_issuer(provider, &name, &issuer, id)
        != NGX_OK
        || ngx_http_auth_tenant_state_file(provider, tenant, &path) != NGX_OK
        || (name.len && !ngx_http_auth_tenant_accepts(provider, &name)))
    {
        return NGX_DECLINED;
    }

    /* what the zone has kept over a reload is newer than any file */

    zone = provider->worker->zone;

    if (ngx_http_auth_tenant_zone_find(zone, id, &slot) == NGX_OK
        && ngx_http_auth_tenant_slot_generation(zone, slot))
    {
        return NGX_DECLINED;
    }

    owner.data = own;
    ngx_http_auth_tenant_state_owner(&issuer, id, &owner);

    rc = ngx_http_auth_tenant_state_read(&path, &owner,
                                         provider->worker->user, &document,
                                         &fetched, &why, cycle->log);

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (rc == NGX_OK) {

        /* a clock that was set back makes nothing younger than new */

        age = (ngx_time() > fetched) ? (int64_t) (ngx_time() - fetched) : 0;
        age = ngx_min(age, NGX_MAX_INT32_VALUE) * 1000;

        text = ngx_http_auth_tenant_str(&document);
        keys = auth_tenant_keys_parse(&text, provider->policy.algs, &report);

        if (keys == NULL) {
            why = report.error ? report.error : "it has no usable key";
            rc = NGX_ERROR;

        } else if (!ngx_http_auth_tenant_usable(provider->net, -age, 0)) {
            why = "it is older than \"stale\" allows";
            rc = NGX_ERROR;

        } else {
            rc = ngx_http_auth_tenant_restore_document(provider, &name, id,
                                                       &document, age);
        }

        auth_tenant_keys_free(keys);
        ngx_free(document.data);
    }

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "auth_tenant: \"state_path\" \"%V\" of provider \"%V\" "
                      "is not used: %s; the next good fetch writes it anew",
                      &path, &provider->name, why);
    }

    return rc;
}


static ngx_int_t
ngx_http_auth_tenant_restore_document(
    ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, const u_char *id, ngx_str_t *document,
    int64_t age)
{
    int64_t                            now;
    auth_tenant_str_t                  text;
    ngx_http_auth_tenant_slot_t       *slot;
    ngx_http_auth_tenant_zone_t       *zone;
    const ngx_http_auth_tenant_net_t  *net;

    net = provider->net;
    zone = provider->worker->zone;
    now = ngx_http_auth_tenant_clock();
    text = ngx_http_auth_tenant_str(document);

    if (ngx_http_auth_tenant_zone_claim(zone, id, net->digest, tenant, now,
                                        provider->worker->idle, &slot)
        != NGX_OK
        || ngx_http_auth_tenant_slot_restore(zone, slot, id, &text, now - age)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_http_auth_tenant_slot_touch(slot, id, now, 1);

    return NGX_OK;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Realms: which keys a token of a provider, or of one tenant of it, is judged
 * by.
 */


#include "ngx_http_auth_tenant_net.h"


static ngx_int_t ngx_http_auth_tenant_realm_slot(
    ngx_http_auth_tenant_realm_t *realm, ngx_uint_t claim);
static ngx_int_t ngx_http_auth_tenant_realm_name(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, u_char *buf, ngx_str_t *name);
static ngx_http_auth_tenant_realm_t *ngx_http_auth_tenant_realm_create(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, const ngx_str_t *name);
static void ngx_http_auth_tenant_realm_forget_keys(
    ngx_http_auth_tenant_realm_t *realm);
static void ngx_http_auth_tenant_realm_full(
    ngx_http_auth_tenant_worker_t *worker, int64_t now);


/* a provider's number and the tenant */

#define NGX_HTTP_AUTH_TENANT_REALM_NAME                                       \
    (sizeof(ngx_uint_t) + AUTH_TENANT_MAX_LABEL)


/*
 * The keys for tokens of a provider, of this tenant if its issuer is one for
 * each.  AUTH_TENANT_OK with *keys set; otherwise AUTH_TENANT_KEYS_UNAVAILABLE
 * or _UNKNOWN_TENANT.  *realm is set in all cases where asking the provider
 * could help; it lasts until the event ends.
 */

auth_tenant_verdict_e
ngx_http_auth_tenant_realm_keys(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, ngx_http_auth_tenant_realm_t **realm,
    const auth_tenant_keys_t **keys)
{
    int64_t                               now, unknown;
    ngx_http_auth_tenant_slot_t          *slot;
    ngx_http_auth_tenant_realm_t         *re;
    const ngx_http_auth_tenant_net_t     *net;

    *realm = NULL;

    if (!ngx_http_auth_tenant_worker_current(provider->worker)) {
        return AUTH_TENANT_KEYS_UNAVAILABLE;
    }

    net = provider->net;

    re = ngx_http_auth_tenant_realm_get(provider, tenant,
                                        NGX_HTTP_AUTH_TENANT_CLAIM);
    *realm = re;

    if (re == NULL) {
        return AUTH_TENANT_KEYS_UNAVAILABLE;
    }

    slot = re->slot;
    now = ngx_http_auth_tenant_clock();

    /* else who comes next would not know that nobody has fetched them */

    if (!ngx_http_auth_tenant_forgotten(re, now)) {
        ngx_http_auth_tenant_slot_touch(slot, re->id, now, 0);
    }

    ngx_http_auth_tenant_realm_follow(re);

    if (re->keys && ngx_http_auth_tenant_usable(net, re->fetched, now)
        && !ngx_http_auth_tenant_overdue(re, now))
    {
        *keys = re->keys;
        return AUTH_TENANT_OK;
    }

    /* a tenant that did not exist a moment ago, or when we asked, doesn't */

    unknown = ngx_max(ngx_http_auth_tenant_unknown_time(net),
                      (int64_t) net->cooldown);

    if (ngx_http_auth_tenant_load(&slot->outcome)
        == NGX_HTTP_AUTH_TENANT_FETCH_UNKNOWN
        && ngx_http_auth_tenant_slot_tried(slot, now, unknown))
    {
        *realm = NULL;
        return AUTH_TENANT_UNKNOWN_TENANT;
    }

    return AUTH_TENANT_KEYS_UNAVAILABLE;
}


/* What tokens are verified under that the realm's keys verify. */

const u_char *
ngx_http_auth_tenant_realm_tag(ngx_http_auth_tenant_realm_t *realm)
{
    return ngx_http_auth_tenant_tag(&realm->tag, realm->provider,
                                    &realm->issuer, realm->keys);
}


/* A token was verified by a key of this realm: it keeps its place. */

void
ngx_http_auth_tenant_realm_proven(ngx_http_auth_tenant_realm_t *realm)
{
    if (!ngx_http_auth_tenant_slot_proven(realm->slot)) {
        ngx_http_auth_tenant_slot_touch(realm->slot, realm->id,
                                        ngx_http_auth_tenant_clock(), 1);
        ngx_http_auth_tenant_keep(realm);
    }
}


ngx_http_auth_tenant_realm_t *
ngx_http_auth_tenant_realm_find(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant)
{
    u_char           buf[NGX_HTTP_AUTH_TENANT_REALM_NAME];
    ngx_str_t        name;
    ngx_str_node_t  *node;

    if (ngx_http_auth_tenant_realm_name(provider, tenant, buf, &name)
        != NGX_OK)
    {
        return NULL;
    }

    node = ngx_str_rbtree_lookup(&provider->worker->tree, &name,
                                 ngx_crc32_short(name.data, name.len));

    return (ngx_http_auth_tenant_realm_t *) node;
}


/*
 * The realm of a tenant with its slot, made if it is not there yet; whether it
 * may get a slot if it has none in the zone is what `claim` says.
 */

ngx_http_auth_tenant_realm_t *
ngx_http_auth_tenant_realm_get(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, ngx_uint_t claim)
{
    u_char                         buf[NGX_HTTP_AUTH_TENANT_REALM_NAME];
    ngx_str_t                      name;
    ngx_http_auth_tenant_realm_t  *realm;

    realm = ngx_http_auth_tenant_realm_find(provider, tenant);

    if (realm) {

        if (ngx_http_auth_tenant_slot_is(realm->slot, realm->id)) {
            return realm;
        }

        /* the slot is somebody else's by now */

        ngx_http_auth_tenant_refresh_abandon(realm);
        ngx_http_auth_tenant_realm_forget_keys(realm);

        if (ngx_http_auth_tenant_realm_slot(realm, claim) == NGX_OK) {
            return realm;
        }

        ngx_http_auth_tenant_realm_free(realm);
        return NULL;
    }

    if (ngx_http_auth_tenant_realm_name(provider, tenant, buf, &name)
        != NGX_OK)
    {
        return NULL;
    }

    realm = ngx_http_auth_tenant_realm_create(provider, tenant, &name);
    if (realm == NULL) {
        return NULL;
    }

    if (ngx_http_auth_tenant_realm_slot(realm, claim) != NGX_OK) {
        ngx_http_auth_tenant_realm_free(realm);
        return NULL;
    }

    return realm;
}


/*
 * The Host header is anybody's: before a tenant gets a slot it has to be paid
 * for from the budget that its provider has for all workers.
 */

static ngx_int_t
ngx_http_auth_tenant_realm_slot(ngx_http_auth_tenant_realm_t *realm,
    ngx_uint_t claim)
{
    int64_t                             now, idle;
    ngx_int_t                           rc;
    auth_tenant_str_t                   tenant;
    const ngx_http_auth_tenant_net_t   *net;
    ngx_http_auth_tenant_zone_t        *zone;

    zone = realm->worker->zone;
    net = realm->provider->net;

    rc = ngx_http_auth_tenant_zone_find(zone, realm->id, &realm->slot);

    if (rc == NGX_OK || !claim) {
        return rc;
    }

    now = ngx_http_auth_tenant_clock();
    tenant = ngx_http_auth_tenant_str(&realm->tenant);

    /* whom the operator names finds a place before all others do */

    if (tenant.len && realm->provider->policy.tenants
        && ngx_http_auth_tenant_accepts(realm->provider, &tenant))
    {
        claim = NGX_HTTP_AUTH_TENANT_CLAIM_FREE;
    }

    if (tenant.len
        && claim == NGX_HTTP_AUTH_TENANT_CLAIM
        && ngx_http_auth_tenant_zone_spend(zone, net->digest, now,
                                           (int64_t) net->cooldown,
                                           NGX_HTTP_AUTH_TENANT_FIRST_USES)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    idle = (claim == NGX_HTTP_AUTH_TENANT_CLAIM_FREE) ? 0
                                                      : realm->worker->idle;

    rc = ngx_http_auth_tenant_zone_claim(zone, realm->id, net->digest,
                                         &tenant, now, idle, &realm->slot);

    /* for those that are configured there is room, in a moment */

    if (rc == NGX_DECLINED && claim == NGX_HTTP_AUTH_TENANT_CLAIM) {
        ngx_http_auth_tenant_realm_full(realm->worker, now);
    }

    return rc;
}


static void
ngx_http_auth_tenant_realm_full(ngx_http_auth_tenant_worker_t *worker,
    int64_t now)
{
    if (worker->complained
        && now - worker->complained < NGX_HTTP_AUTH_TENANT_COMPLAIN)
    {
        return;
    }

    worker->complained = now;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "auth_tenant: \"auth_tenant_zone\" \"%V\" is full, keys of "
                  "further tenants find no place in it; make it larger",
                  &worker->conf->zone->shm.name);
}


static ngx_int_t
ngx_http_auth_tenant_realm_name(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, u_char *buf, ngx_str_t *name)
{
    size_t  len;

    len = provider->net->issuer.tenant ? tenant->len : 0;

    if (len > AUTH_TENANT_MAX_LABEL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(buf, &provider->number, sizeof(ngx_uint_t));

    if (len) {
        ngx_memcpy(buf + sizeof(ngx_uint_t), tenant->data, len);
    }

    name->data = buf;
    name->len = sizeof(ngx_uint_t) + len;

    return NGX_OK;
}


static ngx_http_auth_tenant_realm_t *
ngx_http_auth_tenant_realm_create(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, const ngx_str_t *name)
{
    u_char                        *p, id[AUTH_TENANT_STORE_ID];
    u_char                         buf[AUTH_TENANT_MAX_URL];
    ngx_str_t                      issuer;
    ngx_http_auth_tenant_realm_t  *realm;

    issuer.data = buf;

    if (ngx_http_auth_tenant_realm_issuer(provider, tenant, &issuer, id)
        != NGX_OK)
    {
        return NULL;
    }

    realm = ngx_calloc(sizeof(ngx_http_auth_tenant_realm_t) + issuer.len + 1
                       + name->len, ngx_cycle->log);
    if (realm == NULL) {
        return NULL;
    }

    p = (u_char *) (realm + 1);

    realm->issuer.data = p;
    realm->issuer.len = issuer.len;
    p = ngx_cpymem(p, issuer.data, issuer.len);
    *p++ = '\0';

    realm->node.str.data = p;
    realm->node.str.len = name->len;
    ngx_memcpy(p, name->data, name->len);

    realm->tenant.data = p + sizeof(ngx_uint_t);
    realm->tenant.len = name->len - sizeof(ngx_uint_t);

    ngx_memcpy(realm->id, id, AUTH_TENANT_STORE_ID);

    realm->provider = provider;
    realm->worker = provider->worker;
    realm->node.node.key = ngx_crc32_short(name->data, name->len);

    ngx_queue_init(&realm->waiters);

    ngx_rbtree_insert(&realm->worker->tree, &realm->node.node);
    ngx_queue_insert_tail(&realm->worker->realms, &realm->queue);

    return realm;
}


/*
 * The issuer of a tenant, written to issuer->data, which has room for
 * AUTH_TENANT_MAX_URL bytes; and what its realm is known by: a digest of it
 * and of how the provider's keys are fetched.
 */

ngx_int_t
ngx_http_auth_tenant_realm_issuer(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, ngx_str_t *issuer, u_char *id)
{
    u_char  text[AUTH_TENANT_STORE_ID + AUTH_TENANT_MAX_URL];

    issuer->len = auth_tenant_issuer_expand(&provider->net->issuer, tenant,
                                            issuer->data,
                                            AUTH_TENANT_MAX_URL);
    if (issuer->len == 0) {
        return NGX_DECLINED;
    }

    ngx_memcpy(text, provider->net->digest, AUTH_TENANT_STORE_ID);
    ngx_memcpy(text + AUTH_TENANT_STORE_ID, issuer->data, issuer->len);

    if (EVP_Digest(text, AUTH_TENANT_STORE_ID + issuer->len, id, NULL,
                   EVP_sha256(), NULL)
        != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_auth_tenant_realm_free(ngx_http_auth_tenant_realm_t *realm)
{
    ngx_http_auth_tenant_refresh_abandon(realm);
    ngx_http_auth_tenant_wake(realm);
    ngx_http_auth_tenant_realm_forget_keys(realm);

    ngx_rbtree_delete(&realm->worker->tree, &realm->node.node);
    ngx_queue_remove(&realm->queue);

    ngx_free(realm);
}


static void
ngx_http_auth_tenant_realm_forget_keys(ngx_http_auth_tenant_realm_t *realm)
{
    auth_tenant_keys_free(realm->keys);

    realm->keys = NULL;
    realm->generation = 0;
    realm->fetched = 0;
    realm->kept = 0;
}


/*
 * Takes over the document that the zone has, if it is another than before: no
 * request holds keys from one event to the next, so the old ones can go.  A
 * document that is damaged is not used, and neither are the keys before it
 * any longer than they would be.
 */

void
ngx_http_auth_tenant_realm_follow(ngx_http_auth_tenant_realm_t *realm)
{
    size_t                        len;
    int64_t                       time;
    uint64_t                      generation;
    ngx_int_t                     rc;
    auth_tenant_str_t             text;
    auth_tenant_keys_t           *keys;
    auth_tenant_keys_report_t     report;
    ngx_http_auth_tenant_zone_t  *zone;

    static u_char  document[NGX_HTTP_AUTH_TENANT_LARGE];

    zone = realm->worker->zone;

    if (ngx_http_auth_tenant_slot_generation(zone, realm->slot)
        == realm->generation)
    {
        return;
    }

    rc = ngx_http_auth_tenant_slot_read(zone, realm->slot, realm->id,
                                        document, &len, &time, &generation);

    if (rc == NGX_DECLINED) {
        ngx_http_auth_tenant_realm_forget_keys(realm);
        return;
    }

    if (rc == NGX_ERROR) {

        if (!realm->damaged) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "auth_tenant: keys of provider \"%V\" in "
                          "\"auth_tenant_zone\" are damaged, they are fetched "
                          "again", &realm->provider->name);
        }

        realm->damaged = 1;
        return;
    }

    realm->damaged = 0;
    text.data = document;
    text.len = len;

    (void) EVP_Digest(document, len, realm->digest, NULL, EVP_sha256(), NULL);

    keys = auth_tenant_keys_parse(&text, realm->provider->policy.algs,
                                  &report);

    /* with none that fits "algorithms" there is nothing to judge with */

    auth_tenant_keys_free(realm->keys);

    realm->keys = keys;
    realm->generation = generation;
    realm->fetched = time;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What is said of fetches.  What a provider says is anybody's: of it only
 * printable ASCII gets into a message, and not much.
 */


#include "ngx_http_auth_tenant_net.h"
#include "auth_tenant_json.h"


#define NGX_HTTP_AUTH_TENANT_SAID  200     /* bytes of a provider's, at most */


static ngx_uint_t ngx_http_auth_tenant_refresh_level(
    ngx_http_auth_tenant_realm_t *realm, ngx_uint_t unknown);
static void ngx_http_auth_tenant_refresh_none_found(
    ngx_http_auth_tenant_realm_t *realm);
static u_char *ngx_http_auth_tenant_refresh_value(u_char *p,
    const auth_tenant_str_t *value);


static u_char  ngx_http_auth_tenant_refresh_buf[1024];


void
ngx_http_auth_tenant_refresh_log(ngx_http_auth_tenant_realm_t *realm,
    auth_tenant_keys_report_t *report)
{
    u_char      digest[AUTH_TENANT_STORE_ID];
    ngx_uint_t  level;

    ngx_http_auth_tenant_realm_follow(realm);

    level = NGX_LOG_NOTICE;

    if (EVP_Digest(realm->document.data, realm->document.len, digest, NULL,
                   EVP_sha256(), NULL)
        == 1
        && realm->keys
        && ngx_memcmp(digest, realm->digest, sizeof(digest)) == 0
        && ngx_http_auth_tenant_load(&realm->slot->failures) == 0)
    {
        level = NGX_LOG_INFO;
    }

    ngx_log_error(level, ngx_cycle->log, 0,
                  "auth_tenant: keys of provider \"%V\", issuer \"%V\": "
                  "%ui usable, %ui skipped, next fetch in %L s",
                  &realm->provider->name, &realm->issuer,
                  (ngx_uint_t) report->keys, (ngx_uint_t) report->skipped,
                  (realm->due - realm->ended + 999) / 1000);

    if (report->leaked) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "auth_tenant: keys of provider \"%V\", issuer \"%V\": "
                      "%ui are published with private members, they are not "
                      "used and no longer secret", &realm->provider->name,
                      &realm->issuer, (ngx_uint_t) report->leaked);
    }
}


/* Why there are no new keys, what judges meanwhile, when the next try is. */

void
ngx_http_auth_tenant_refresh_complain(ngx_http_auth_tenant_realm_t *realm,
    const char *what, const ngx_str_t *why, ngx_uint_t unknown,
    ngx_uint_t usable)
{
    u_char                            *p, until[sizeof(" until ") + 64];
    time_t                             end;
    ngx_tm_t                           tm;
    ngx_uint_t                         level;
    const char                        *then;
    const ngx_http_auth_tenant_net_t  *net;

    net = realm->provider->net;
    level = ngx_http_auth_tenant_refresh_level(realm, unknown);
    p = until;

    if (realm->keys == NULL) {
        then = "there are none to judge with";

    } else if (usable) {
        then = "the last good ones stay in use";

        end = ngx_time() + (realm->fetched
                            + ngx_http_auth_tenant_next(net)
                            + (int64_t) net->stale - realm->ended) / 1000;

        ngx_localtime(end, &tm);

        p = ngx_sprintf(until, " until %4d/%02d/%02d %02d:%02d:%02d",
                        tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                        tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);

    } else {
        then = "the last good ones are too old";
    }

    ngx_log_error(level, ngx_cycle->log, 0,
                  "auth_tenant: keys of provider \"%V\", issuer \"%V\": %s: "
                  "%V; %s%*s, next try in %L s", &realm->provider->name,
                  &realm->issuer, what, why, then, (size_t) (p - until), until,
                  (realm->due - realm->ended + 999) / 1000);

    if (unknown && level == NGX_LOG_INFO) {
        ngx_http_auth_tenant_refresh_none_found(realm);
    }
}


/*
 * Whoever asks for a tenant that isn't there is nobody's alarm, unless
 * "tenants" names it; and what becomes of other names of strangers is not one
 * each time.
 */

static ngx_uint_t
ngx_http_auth_tenant_refresh_level(ngx_http_auth_tenant_realm_t *realm,
    ngx_uint_t unknown)
{
    int64_t                         now;
    ngx_http_auth_tenant_worker_t  *worker;

    worker = realm->worker;

    if (unknown && realm->keys == NULL
        && realm->provider->policy.ntenants == 0)
    {
        return NGX_LOG_INFO;
    }

    if (realm->tenant.len == 0
        || ngx_http_auth_tenant_slot_proven(realm->slot))
    {
        return NGX_LOG_ERR;
    }

    now = ngx_http_auth_tenant_clock();

    if (worker->alarmed
        && now - worker->alarmed < NGX_HTTP_AUTH_TENANT_COMPLAIN)
    {
        return NGX_LOG_INFO;
    }

    worker->alarmed = now;

    return NGX_LOG_ERR;
}


/* A path that is wrong makes every tenant unknown: said once by a worker. */

static void
ngx_http_auth_tenant_refresh_none_found(ngx_http_auth_tenant_realm_t *realm)
{
    ngx_uint_t                              n;
    ngx_http_auth_tenant_slot_t            *slot;
    ngx_http_auth_tenant_worker_t          *worker;
    const ngx_http_auth_tenant_provider_t  *provider;

    worker = realm->worker;
    provider = realm->provider;

    if (worker->told == NULL) {
        worker->told = ngx_pcalloc(ngx_cycle->pool,
                                   worker->conf->providers.nelts);
        if (worker->told == NULL) {
            return;
        }
    }

    if (worker->told[provider->number]) {
        return;
    }

    worker->told[provider->number] = 1;

    for (n = 0; /* void */ ; n++) {

        slot = ngx_http_auth_tenant_zone_slot(worker->zone, n);

        if (slot == NULL) {
            break;
        }

        if (ngx_http_auth_tenant_load(&slot->used)
            && ngx_memcmp(slot->provider, provider->net->digest,
                          AUTH_TENANT_STORE_ID)
               == 0
            && ngx_http_auth_tenant_slot_generation(worker->zone, slot))
        {
            return;
        }
    }

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "auth_tenant: no tenant of provider \"%V\" has been found "
                  "so far, it answers with status 404: if that is so for all "
                  "of them, look at the path of \"issuer\" \"%V\"",
                  &provider->name, &provider->issuer);
}


/* A fetch that failed: of what, and what to write instead. */

void
ngx_http_auth_tenant_refresh_unfetched(ngx_http_auth_tenant_realm_t *realm,
    const ngx_http_auth_tenant_answer_t *answer, ngx_uint_t discovery,
    ngx_str_t *why)
{
    u_char             *p, *last;
    ngx_uint_t          many;
    const char         *where;
    auth_tenant_str_t   url;

    p = ngx_http_auth_tenant_refresh_buf;
    last = p + sizeof(ngx_http_auth_tenant_refresh_buf);

    many = realm->provider->net->issuer.tenant;
    where = "";

    if (answer->status >= 300 && answer->status <= 399) {

        if (discovery) {
            where = many ? " in \"issuer\""
                         : " in \"issuer\" if tokens have it as \"iss\", else "
                           "write \"jwks_uri\"";

        } else if (!many) {
            where = " in \"jwks_uri\"";
        }
    }

    url = ngx_http_auth_tenant_str(&answer->url);

    why->data = p;

    p = ngx_http_auth_tenant_refresh_value(p, &url);
    p = ngx_slprintf(p, last, ": %V%s", &answer->error, where);

    why->len = p - why->data;
}


/* A discovery document that is refused: what it says, and what to write. */

void
ngx_http_auth_tenant_refresh_refused(ngx_http_auth_tenant_realm_t *realm,
    const auth_tenant_str_t *document, const char *error, ngx_str_t *why)
{
    int                     rc;
    u_char                 *p, *last;
    json_t                 *json;
    ngx_uint_t              issuer, many;
    auth_tenant_str_t       value;
    auth_tenant_verdict_e   verdict;

    p = ngx_http_auth_tenant_refresh_buf;
    last = p + sizeof(ngx_http_auth_tenant_refresh_buf);

    many = realm->provider->net->issuer.tenant;
    issuer = (ngx_strncmp(error, "\"issuer\"", 8) == 0);

    why->data = p;
    p = ngx_slprintf(p, last, "%s", error);
    why->len = p - why->data;

    if (!issuer && ngx_strncmp(error, "\"jwks_uri\"", 10) != 0) {
        return;
    }

    json = auth_tenant_json_parse(document, &verdict);
    if (json == NULL) {
        return;
    }

    rc = auth_tenant_json_string(json, issuer ? "issuer" : "jwks_uri", &value);

    if (rc == 1) {
        p = ngx_cpymem(p, ": it says \"", 11);
        p = ngx_http_auth_tenant_refresh_value(p, &value);
        *p++ = '"';

    } else {
        p = ngx_slprintf(why->data, last, "it has no \"%s\"",
                         issuer ? "issuer" : "jwks_uri");
    }

    json_decref(json);

    if (!issuer && rc != 1 && !many) {
        p = ngx_slprintf(p, last, "; write the URL of its keys in "
                         "\"jwks_uri\"");
    }

    if (ngx_strstr(error, "another host")) {
        p = ngx_slprintf(p, last, "; if that host may say what its keys are, "
                         "write this in \"jwks_uri\"%s",
                         many ? " of a provider for this tenant alone" : "");
    }

    why->len = p - why->data;
}


/* A URL, or what stands for one, without password and query. */

static u_char *
ngx_http_auth_tenant_refresh_value(u_char *p, const auth_tenant_str_t *value)
{
    u_char        c;
    size_t        i, n, host, end, at;

    host = 0;

    for (i = 0; i + 3 <= value->len; i++) {
        if (ngx_memcmp(value->data + i, "://", 3) == 0) {
            host = i + 3;
            break;
        }
    }

    at = host;

    for (end = host; end < value->len; end++) {

        c = value->data[end];

        if (c == '/' || c == '?' || c == '#') {
            break;
        }

        if (c == '@') {
            at = end + 1;
        }
    }

    n = 0;

    for (i = 0; i < value->len && n < NGX_HTTP_AUTH_TENANT_SAID; i++) {

        c = value->data[i];

        if (c == '?' || c == '#') {
            break;
        }

        if (i >= host && i < at) {
            continue;
        }

        *p++ = (c > ' ' && c <= '~' && c != '"' && c != '\\') ? c : '?';
        n++;
    }

    return (i < value->len) ? ngx_cpymem(p, "...", 3) : p;
}

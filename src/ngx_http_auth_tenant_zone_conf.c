
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"
#include "ngx_http_auth_tenant_net.h"


static ngx_int_t ngx_http_auth_tenant_zone_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_main_conf_t *mcf);
static ngx_int_t ngx_http_auth_tenant_zone_room(ngx_conf_t *cf,
    ngx_shm_zone_t *shm_zone, ngx_uint_t n, ngx_uint_t (*count)(size_t size),
    const char *what);


static ngx_str_t  ngx_http_auth_tenant_zone_default =
    ngx_string("auth_tenant");


char *
ngx_http_auth_tenant_zone_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_auth_tenant_main_conf_t *mcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (mcf->zone) {
        return "is duplicate, write one zone for all providers";
    }

    if (cf->args->nelts != 3) {
        return "takes a name and a size, write for example tenants 16m";
    }

    if (value[1].len == 0) {
        return "has no name, write for example tenants 16m";
    }

    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" of \"auth_tenant_zone\", "
                           "write it in k or m, for example 16m", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (size < 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "size \"%V\" of \"auth_tenant_zone\" is in bytes, "
                           "write it in k or m, for example 16m", &value[2]);
        return NGX_CONF_ERROR;
    }

    mcf->zone = ngx_http_auth_tenant_zone_add(cf, &value[1], size);

    return mcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* Keys from the network need a place for each provider's in it. */

ngx_int_t
ngx_http_auth_tenant_zone_finish(ngx_conf_t *cf)
{
    ngx_uint_t                          i, single, named;
    ngx_http_auth_tenant_provider_t   **pp;
    ngx_http_auth_tenant_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_auth_tenant_module);

    if (mcf->providers.nelts == 0) {
        return NGX_OK;
    }

    if (mcf->zone == NULL) {
        mcf->zone = ngx_http_auth_tenant_zone_add(cf,
                                        &ngx_http_auth_tenant_zone_default,
                                        NGX_HTTP_AUTH_TENANT_ZONE_SIZE);
        if (mcf->zone == NULL) {
            return NGX_ERROR;
        }
    }

    if (mcf->worker == NULL) {
        return NGX_OK;
    }

    if (ngx_http_auth_tenant_state_check(cf, mcf) != NGX_OK
        || ngx_http_auth_tenant_zone_providers(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    single = 0;
    named = 0;
    pp = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {

        if (pp[i]->net == NULL) {
            continue;
        }

        if (pp[i]->net->issuer.tenant) {
            named += pp[i]->policy.ntenants;

        } else {
            single++;
        }
    }

    if (ngx_http_auth_tenant_zone_room(cf, mcf->zone, single,
                                       ngx_http_auth_tenant_zone_large,
                                       "providers")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_auth_tenant_zone_room(cf, mcf->zone, named,
                                          ngx_http_auth_tenant_zone_small,
                                          "named tenants");
}


/*
 * What others left behind in a zone is told by what is configured now; and no
 * provider's settings decide how long another one's tenants keep their place.
 */

static ngx_int_t
ngx_http_auth_tenant_zone_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_main_conf_t *mcf)
{
    int64_t                             usable;
    ngx_uint_t                          i;
    ngx_http_auth_tenant_zone_t        *zone;
    ngx_http_auth_tenant_known_t       *known;
    ngx_http_auth_tenant_provider_t   **pp;

    zone = ngx_http_auth_tenant_zone(mcf->zone);

    zone->providers = ngx_palloc(cf->pool,
                                 mcf->providers.nelts
                                 * sizeof(ngx_http_auth_tenant_known_t));
    if (zone->providers == NULL) {
        return NGX_ERROR;
    }

    mcf->worker->fetching = ngx_pcalloc(cf->pool, mcf->providers.nelts
                                                  * sizeof(ngx_uint_t));
    if (mcf->worker->fetching == NULL) {
        return NGX_ERROR;
    }

    zone->nproviders = 0;
    mcf->worker->idle = NGX_HTTP_AUTH_TENANT_MIN_IDLE;

    pp = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {

        if (pp[i]->net == NULL) {
            continue;
        }

        known = &zone->providers[zone->nproviders++];

        known->digest = pp[i]->net->digest;
        known->tenants = pp[i]->policy.tenants;
        known->ntenants = pp[i]->policy.ntenants;

        usable = ngx_http_auth_tenant_next(pp[i]->net)
                 + (int64_t) pp[i]->net->stale;
        mcf->worker->idle = ngx_max(mcf->worker->idle, usable);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_zone_room(ngx_conf_t *cf, ngx_shm_zone_t *shm_zone,
    ngx_uint_t n, ngx_uint_t (*count)(size_t size), const char *what)
{
    size_t      size, need;
    ngx_uint_t  room;

    size = shm_zone->shm.size;
    room = count(size);

    if (n <= room) {
        return NGX_OK;
    }

    for (need = 1; /* void */ ; need++) {
        if (count(need * 1024 * 1024) >= n) {
            break;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"auth_tenant_zone\" \"%V\" of %uzk has room for the "
                       "keys of %ui %s, but there are %ui; write at least "
                       "%uzm", &shm_zone->shm.name, size / 1024, room, what, n,
                       need);
    return NGX_ERROR;
}

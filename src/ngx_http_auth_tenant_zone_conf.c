
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"
#include "ngx_http_auth_tenant_net.h"


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

    if (value[1].len == 0) {
        return "has no name, write for example tenants 16m";
    }

    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" of \"auth_tenant_zone\", "
                           "write for example 16m", &value[2]);
        return NGX_CONF_ERROR;
    }

    mcf->zone = ngx_http_auth_tenant_zone_add(cf, &value[1], size);

    return mcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* Keys from the network need a zone with a place for each provider's. */

ngx_int_t
ngx_http_auth_tenant_zone_finish(ngx_conf_t *cf)
{
    size_t                              size, need;
    ngx_uint_t                          i, single, room;
    ngx_http_auth_tenant_provider_t   **pp;
    ngx_http_auth_tenant_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_auth_tenant_module);

    if (mcf->worker == NULL) {
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

    single = 0;
    pp = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {
        if (pp[i]->net && !pp[i]->net->issuer.tenant) {
            single++;
        }
    }

    size = mcf->zone->shm.size;
    room = ngx_http_auth_tenant_zone_large(size);

    if (single > room) {

        for (need = 1; /* void */ ; need++) {
            if (ngx_http_auth_tenant_zone_large(need * 1024 * 1024) >= single)
            {
                break;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_zone\" \"%V\" of %uzk has room for "
                           "the keys of %ui providers, but there are %ui; "
                           "write at least %uzm", &mcf->zone->shm.name,
                           size / 1024, room, single, need);
        return NGX_ERROR;
    }

    return NGX_OK;
}

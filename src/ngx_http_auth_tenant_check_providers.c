
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What "nginx -t" refuses: providers that a location can't have, or not
 * together.
 */


#include "ngx_http_auth_tenant_check.h"


static void ngx_http_auth_tenant_issuer(
    const ngx_http_auth_tenant_provider_t *provider,
    auth_tenant_issuer_t *issuer);
static ngx_uint_t ngx_http_auth_tenant_lacks(
    const ngx_http_auth_tenant_provider_t *provider, ngx_uint_t name);


char *
ngx_http_auth_tenant_check_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t                         i, j;
    auth_tenant_issuer_t               issuer, other;
    ngx_http_auth_tenant_provider_t  **pp;

    pp = conf->providers->elts;

    for (i = 0; i < conf->providers->nelts; i++) {

        /* each of a provider's realms speaks for its own tenant alone */

        if (conf->providers->nelts > 1
            && !pp[i]->bound
            && pp[i]->policy.realms == NULL)
        {
            return ngx_http_auth_tenant_refuse(cf, conf,
                          "several providers, but \"%V\" is not bound to "
                          "tenants: one tenant's provider could speak for "
                          "another; write \"tenants NAME ...\" in each of "
                          "them, or \"tenants any\" in one that may speak "
                          "for all", &pp[i]->name);
        }

        if (pp[i]->tenants
            && ngx_http_auth_tenant_lacks(pp[i], AUTH_TENANT_TENANT)
            && conf->from[AUTH_TENANT_TENANT]
               == NGX_HTTP_AUTH_TENANT_FROM_NONE)
        {
            return ngx_http_auth_tenant_refuse(cf, conf,
                          "provider \"%V\" is bound by \"tenants\", but "
                          "nothing tells the tenant, so that no token could "
                          "pass; write tenant=CLAIM in its \"claims\", or an "
                          "\"auth_tenant_host\", \"auth_tenant_path\" or "
                          "\"auth_tenant_match\" for the tenant",
                          &pp[i]->name);
        }

        ngx_http_auth_tenant_issuer(pp[i], &issuer);

        for (j = 0; j < i; j++) {
            ngx_http_auth_tenant_issuer(pp[j], &other);

            if (auth_tenant_issuer_overlap(&issuer, &other)) {
                return ngx_http_auth_tenant_refuse(cf, conf,
                          "providers \"%V\" and \"%V\" have an "
                          "\"issuer\" in common, by which a token chooses "
                          "between them; write only one of them here",
                          &pp[j]->name, &pp[i]->name);
            }
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_auth_tenant_check_audiences(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    unsigned                           names;
    ngx_uint_t                         i, j;
    ngx_http_auth_tenant_provider_t  **pp;

    pp = conf->providers->elts;

    for (i = 0; i < conf->providers->nelts; i++) {

        names = 0;

        for (j = 0; j < pp[i]->policy.naudience; j++) {
            names |= pp[i]->policy.audience[j].names;
        }

        names &= ~conf->ruleset.captured;

        if (names) {
            return ngx_http_auth_tenant_refuse(cf, conf,
                          "the \"audience\" of provider \"%V\" uses {%s}, "
                          "which nothing gives here; write an "
                          "\"auth_tenant_host\", \"auth_tenant_path\" or "
                          "\"auth_tenant_match\" for it", &pp[i]->name,
                          ngx_http_auth_tenant_name(names));
        }
    }

    return NGX_CONF_OK;
}


static void
ngx_http_auth_tenant_issuer(const ngx_http_auth_tenant_provider_t *provider,
    auth_tenant_issuer_t *issuer)
{
    if (provider->policy.realms) {
        *issuer = *provider->policy.realms;
        return;
    }

    ngx_memzero(issuer, sizeof(auth_tenant_issuer_t));
    issuer->before = provider->policy.issuer;
}


/* the issuer of a tenant says which tenant it is, whatever claims there are */

static ngx_uint_t
ngx_http_auth_tenant_lacks(const ngx_http_auth_tenant_provider_t *provider,
    ngx_uint_t name)
{
    return provider->policy.claims[name] == NULL
           && (name != AUTH_TENANT_TENANT || provider->policy.realms == NULL);
}


/* whether a provider of the location has nothing to compare a name with */

ngx_uint_t
ngx_http_auth_tenant_lacking(ngx_http_auth_tenant_loc_conf_t *conf,
    ngx_uint_t name, ngx_http_auth_tenant_provider_t **provider)
{
    ngx_uint_t                         i;
    ngx_http_auth_tenant_provider_t  **pp;

    pp = conf->providers->elts;

    for (i = 0; i < conf->providers->nelts; i++) {
        if (ngx_http_auth_tenant_lacks(pp[i], name)) {
            *provider = pp[i];
            return 1;
        }
    }

    return 0;
}


/* whether every token that is accepted here is by its tenant's own issuer */

ngx_uint_t
ngx_http_auth_tenant_realms(ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t                         i;
    ngx_http_auth_tenant_provider_t  **pp;

    pp = conf->providers->elts;

    for (i = 0; i < conf->providers->nelts; i++) {
        if (pp[i]->policy.realms == NULL) {
            return 0;
        }
    }

    return 1;
}

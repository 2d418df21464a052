
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"
#include "ngx_http_auth_tenant_net.h"


static char *ngx_http_auth_tenant_provider_finish(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_keys(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider);


static auth_tenant_str_t  ngx_http_auth_tenant_default_types[] = {
    auth_tenant_string("JWT"),
    auth_tenant_string("absent")
};


char *
ngx_http_auth_tenant_provider_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_auth_tenant_main_conf_t *mcf = conf;

    char                              *rv;
    ngx_str_t                         *value;
    ngx_conf_t                         save;
    ngx_http_auth_tenant_provider_t   *provider, **pp;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0
        || ngx_strcmp(value[1].data, "on") == 0
        || value[1].len == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_provider\" can't be named \"%V\", "
                           "write another name", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_auth_tenant_provider_by_name(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"auth_tenant_provider\" \"%V\", "
                           "write each provider once", &value[1]);
        return NGX_CONF_ERROR;
    }

    provider = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_provider_t));
    if (provider == NULL) {
        return NGX_CONF_ERROR;
    }

    provider->net = ngx_http_auth_tenant_net_create(cf);
    if (provider->net == NULL) {
        return NGX_CONF_ERROR;
    }

    provider->name = value[1];
    provider->number = mcf->providers.nelts;
    provider->leeway = NGX_CONF_UNSET;
    provider->max_age = NGX_CONF_UNSET;

    pp = ngx_array_push(&mcf->providers);
    if (pp == NULL) {
        return NGX_CONF_ERROR;
    }

    *pp = provider;

    save = *cf;
    cf->handler = ngx_http_auth_tenant_provider_directive;
    cf->handler_conf = (char *) provider;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_auth_tenant_provider_finish(cf, provider);
}


ngx_http_auth_tenant_provider_t *
ngx_http_auth_tenant_provider_by_name(ngx_http_auth_tenant_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t                         i;
    ngx_http_auth_tenant_provider_t  **pp;

    pp = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {
        if (pp[i]->name.len == name->len
            && ngx_strncmp(pp[i]->name.data, name->data, name->len) == 0)
        {
            return pp[i];
        }
    }

    return NULL;
}


static char *
ngx_http_auth_tenant_provider_finish(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider)
{
    const char            *what;
    auth_tenant_policy_t  *policy;

    policy = &provider->policy;
    what = NULL;

    if (provider->issuer.data == NULL) {
        what = "\"issuer\", write the \"iss\" of its tokens";

    } else if (provider->audience == NULL && !provider->audience_off) {
        what = "\"audience\", write the client ID that its tokens are for, or "
               "\"audience off\"";

    } else if (policy->claims[AUTH_TENANT_USER] == NULL
               && (policy->claims[AUTH_TENANT_TENANT]
                   || policy->claims[AUTH_TENANT_MODULE]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"claims\" has no user=CLAIM in "
                           "\"auth_tenant_provider\" \"%V\", write which "
                           "claim names the user", &provider->name);
        return NGX_CONF_ERROR;

    } else if (policy->claims[AUTH_TENANT_USER] == NULL) {
        what = "\"claims\", write for example claims user=preferred_username "
               "tenant=tenant modules=permissions, as they stand in its "
               "tokens";
    }

    if (what) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_provider\" \"%V\" has no %s",
                           &provider->name, what);
        return NGX_CONF_ERROR;
    }

    if (provider->audience) {
        policy->audience = provider->audience->elts;
        policy->naudience = provider->audience->nelts;
    }

    if (provider->azp) {
        policy->azp = provider->azp->elts;
        policy->nazp = provider->azp->nelts;
    }

    if (provider->tenants) {
        policy->tenants = provider->tenants->elts;
        policy->ntenants = provider->tenants->nelts;
    }

    if (provider->spaced) {
        policy->spaced = provider->spaced->elts;
        policy->nspaced = provider->spaced->nelts;
    }

    if (provider->types) {
        policy->types = provider->types->elts;
        policy->ntypes = provider->types->nelts;

    } else {
        policy->types = ngx_http_auth_tenant_default_types;
        policy->ntypes = sizeof(ngx_http_auth_tenant_default_types)
                         / sizeof(auth_tenant_str_t);
    }

    if (provider->algorithms == NULL) {
        policy->algs = AUTH_TENANT_ALGS_DEFAULT;
    }

    policy->leeway = (provider->leeway == NGX_CONF_UNSET) ? 30
                                                          : provider->leeway;
    policy->max_age = (provider->max_age == NGX_CONF_UNSET)
                      ? 0 : provider->max_age;

    if (provider->jwks_file.data == NULL) {
        return ngx_http_auth_tenant_net_finish(cf, provider);
    }

    return ngx_http_auth_tenant_provider_keys(cf, provider);
}


static char *
ngx_http_auth_tenant_provider_keys(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider)
{
    ngx_uint_t          alg;
    auth_tenant_algs_t  fit;

    if (provider->net->first.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" of \"auth_tenant_provider\" \"%V\" is "
                           "for keys from the network, write either it or "
                           "\"jwks_file\"", &provider->net->first,
                           &provider->name);
        return NGX_CONF_ERROR;
    }

    provider->net = NULL;

    if (ngx_strchr(provider->issuer.data, '{')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"issuer\" \"%V\" can't have a placeholder with "
                           "\"jwks_file\": its keys would speak for every "
                           "tenant; write one \"auth_tenant_provider\" for "
                           "each tenant, bound to it by \"tenants\"",
                           &provider->issuer);
        return NGX_CONF_ERROR;
    }

    provider->tag = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_tag_t));
    if (provider->tag == NULL) {
        return NGX_CONF_ERROR;
    }

    provider->source = ngx_http_auth_tenant_source_add(cf,
                                       &provider->jwks_file,
                                       provider->policy.algs, &provider->name);
    if (provider->source == NULL) {
        return NGX_CONF_ERROR;
    }

    fit = auth_tenant_keys_algs(
                          ngx_http_auth_tenant_source_keys(provider->source));

    /* an HMAC secret that isn't there is a typing error, not a rotation */

    for (alg = 0; alg < AUTH_TENANT_NALGS; alg++) {

        if ((provider->policy.algs & AUTH_TENANT_ALGS_HMAC & ~fit)
            & auth_tenant_alg_bit(alg))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"algorithms\" has %s, but \"jwks_file\" "
                               "\"%V\" has no key of kty \"oct\" for it; "
                               "write a key no shorter than the hash, or "
                               "take %s out", auth_tenant_alg_name(alg),
                               &provider->jwks_file,
                               auth_tenant_alg_name(alg));
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}

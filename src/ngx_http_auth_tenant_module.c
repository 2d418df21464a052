
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"


static ngx_int_t ngx_http_auth_tenant_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_auth_tenant_init_process(ngx_cycle_t *cycle);
static void ngx_http_auth_tenant_exit_process(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_auth_tenant_preconfiguration(ngx_conf_t *cf);
static void ngx_http_auth_tenant_configuration_cleanup(void *data);
static ngx_int_t ngx_http_auth_tenant_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_auth_tenant_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_auth_tenant_create_srv_conf(ngx_conf_t *cf);
static void *ngx_http_auth_tenant_create_loc_conf(ngx_conf_t *cf);


/* how many there are, also one that is being read, and the one before it */

static ngx_uint_t  ngx_http_auth_tenant_configurations;


static ngx_http_module_t  ngx_http_auth_tenant_module_ctx = {
    ngx_http_auth_tenant_preconfiguration,   /* preconfiguration */
    ngx_http_auth_tenant_postconfiguration,  /* postconfiguration */

    ngx_http_auth_tenant_create_main_conf,   /* create main conf */
    NULL,                                    /* init main conf */

    ngx_http_auth_tenant_create_srv_conf,    /* create server conf */
    ngx_http_auth_tenant_merge_srv_conf,     /* merge server conf */

    ngx_http_auth_tenant_create_loc_conf,    /* create location conf */
    ngx_http_auth_tenant_merge_loc_conf      /* merge location conf */
};


ngx_module_t  ngx_http_auth_tenant_module = {
    NGX_MODULE_V1,
    &ngx_http_auth_tenant_module_ctx,        /* module context */
    ngx_http_auth_tenant_commands,           /* module directives */
    NGX_HTTP_MODULE,                         /* module type */
    NULL,                                    /* init master */
    ngx_http_auth_tenant_init_module,        /* init module */
    ngx_http_auth_tenant_init_process,       /* init process */
    NULL,                                    /* init thread */
    NULL,                                    /* exit thread */
    ngx_http_auth_tenant_exit_process,       /* exit process */
    NULL,                                    /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_auth_tenant_init_module(ngx_cycle_t *cycle)
{
    if (ngx_http_auth_tenant_keys_init_module(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_auth_tenant_net_init_module(cycle);
}


static ngx_int_t
ngx_http_auth_tenant_init_process(ngx_cycle_t *cycle)
{
    if (ngx_http_auth_tenant_keys_init_process(cycle) != NGX_OK
        || ngx_http_auth_tenant_cache_init_process(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_auth_tenant_net_init_process(cycle);
}


static void
ngx_http_auth_tenant_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_auth_tenant_net_exit_process(cycle);
    ngx_http_auth_tenant_cache_exit_process();
}


static ngx_int_t
ngx_http_auth_tenant_preconfiguration(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_auth_tenant_configuration_cleanup;

    ngx_http_auth_tenant_configurations++;

    return ngx_http_auth_tenant_add_variables(cf);
}


/*
 * A module that is in no configuration has no index: nginx gives it to another
 * one.  It would forget it by being unloaded, which this one never is, see
 * "config".
 */

static void
ngx_http_auth_tenant_configuration_cleanup(void *data)
{
    if (--ngx_http_auth_tenant_configurations == 0) {
        ngx_http_auth_tenant_module.ctx_index = NGX_MODULE_UNSET_INDEX;
    }
}


static ngx_int_t
ngx_http_auth_tenant_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_handler_pt               *h, *handlers;
    ngx_http_core_main_conf_t         *cmcf;
    ngx_http_auth_tenant_main_conf_t  *mcf;

    if (ngx_http_auth_tenant_check_variables(cf) != NGX_OK
        || ngx_http_auth_tenant_zone_finish(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_auth_tenant_module);

    if (!mcf->used) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_auth_tenant_scrub_handler;

    /* rewrite handlers run from the last to the first: ours before "set" */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_SERVER_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_auth_tenant_rescrub_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_auth_tenant_rescrub_handler;

    /*
     * Access handlers run from the last to the first: at index 0 ours comes
     * after auth_request, whose variables it may read, in dynamic and static
     * builds alike.
     */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    handlers = cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers.elts;

    ngx_memmove(&handlers[1], &handlers[0],
                (u_char *) h - (u_char *) handlers);

    handlers[0] = ngx_http_auth_tenant_access_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_auth_tenant_guard_handler;

    return NGX_OK;
}


static void *
ngx_http_auth_tenant_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_auth_tenant_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&mcf->providers, cf->pool, 4,
                       sizeof(ngx_http_auth_tenant_provider_t *))
        != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


static void *
ngx_http_auth_tenant_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_auth_tenant_srv_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_srv_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    scf->scrub = NGX_CONF_UNSET_PTR;

    return scf;
}


static void *
ngx_http_auth_tenant_create_loc_conf(ngx_conf_t *cf)
{
    ngx_uint_t                        i;
    ngx_http_auth_tenant_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->from[] = NGX_HTTP_AUTH_TENANT_FROM_NONE;
     *     conf->own_rules = NULL;
     *     conf->ruleset = { 0 };
     *     conf->rules_none = 0;
     */

    conf->names = NGX_CONF_UNSET_PTR;
    conf->providers = NGX_CONF_UNSET_PTR;
    conf->bypass = NGX_CONF_UNSET_PTR;
    conf->tokens = NGX_CONF_UNSET_PTR;
    conf->max_size = NGX_CONF_UNSET_SIZE;
    conf->forward = NGX_CONF_UNSET;
    conf->origin = NGX_CONF_UNSET_PTR;
    conf->hosts = NGX_CONF_UNSET_PTR;
    conf->path = NGX_CONF_UNSET_PTR;
    conf->upstream = NGX_CONF_UNSET_PTR;
    conf->home = NGX_CONF_UNSET_PTR;
    conf->login_url = NGX_CONF_UNSET_PTR;
    conf->dry_run = NGX_CONF_UNSET_PTR;
    conf->claim_sets = NGX_CONF_UNSET_PTR;

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        conf->match[i] = NGX_CONF_UNSET_PTR;
    }

    return conf;
}

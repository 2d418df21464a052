
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"


static char *ngx_http_auth_tenant_merge_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf);
static void ngx_http_auth_tenant_merge_names(
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t *own);
static char *ngx_http_auth_tenant_merge_rules(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t own);
static char *ngx_http_auth_tenant_merge_claim_sets(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf);
static char *ngx_http_auth_tenant_merge_tokens(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf);


char *
ngx_http_auth_tenant_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_auth_tenant_srv_conf_t *prev = parent;
    ngx_http_auth_tenant_srv_conf_t *conf = child;

    if (conf->scrub != NGX_CONF_UNSET_PTR) {
        return NGX_CONF_OK;
    }

    if (prev->scrub == NGX_CONF_UNSET_PTR) {

        prev->scrub = ngx_http_auth_tenant_scrub_default(cf);
        if (prev->scrub == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    conf->scrub = prev->scrub;

    return NGX_CONF_OK;
}


char *
ngx_http_auth_tenant_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_auth_tenant_loc_conf_t *prev = parent;
    ngx_http_auth_tenant_loc_conf_t *conf = child;

    ngx_uint_t                         own, differ;
    ngx_http_auth_tenant_main_conf_t  *mcf;

    differ = ngx_http_auth_tenant_differs(conf);

    ngx_http_auth_tenant_merge_names(prev, conf, &own);

    if (ngx_http_auth_tenant_merge_providers(cf, prev, conf) != NGX_CONF_OK
        || ngx_http_auth_tenant_merge_rules(cf, prev, conf, own)
           != NGX_CONF_OK
        || ngx_http_auth_tenant_merge_tokens(cf, prev, conf) != NGX_CONF_OK
        || ngx_http_auth_tenant_merge_claim_sets(cf, prev, conf)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_ptr_value(conf->bypass, prev->bypass, NULL);
    ngx_conf_merge_size_value(conf->max_size, prev->max_size, 8192);
    ngx_conf_merge_value(conf->forward, prev->forward, 0);
    ngx_conf_merge_ptr_value(conf->upstream, prev->upstream, NULL);
    ngx_conf_merge_ptr_value(conf->home, prev->home, NULL);
    ngx_conf_merge_ptr_value(conf->login_url, prev->login_url, NULL);
    ngx_conf_merge_ptr_value(conf->dry_run, prev->dry_run, NULL);

    ngx_http_auth_tenant_count_location(cf, conf, differ);

    if (conf->providers == NULL) {

        if (conf->file == NULL && (own || conf->own_rules)) {
            return ngx_http_auth_tenant_check_off(cf);
        }

        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_auth_tenant_module);
    mcf->used = 1;

    ngx_http_auth_tenant_refresh_variables(cf, conf);

    return ngx_http_auth_tenant_check_loc_conf(cf, conf);
}


static char *
ngx_http_auth_tenant_merge_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_str_t                          *name;
    ngx_uint_t                          i;
    ngx_http_auth_tenant_provider_t    *provider, **pp;
    ngx_http_auth_tenant_main_conf_t   *mcf;

    if (conf->names == NGX_CONF_UNSET_PTR) {

        if (prev->providers == NGX_CONF_UNSET_PTR) {
            prev->providers = NULL;
        }

        conf->providers = prev->providers;
        conf->file = prev->file;
        conf->line = prev->line;

        return NGX_CONF_OK;
    }

    if (conf->names == NULL) {
        conf->providers = NULL;
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_auth_tenant_module);

    conf->providers = ngx_array_create(cf->pool, conf->names->nelts,
                                    sizeof(ngx_http_auth_tenant_provider_t *));
    if (conf->providers == NULL) {
        return NGX_CONF_ERROR;
    }

    name = conf->names->elts;

    for (i = 0; i < conf->names->nelts; i++) {

        provider = ngx_http_auth_tenant_provider_by_name(mcf, &name[i]);

        if (provider == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"auth_tenant\" names the unknown provider \"%V\", "
                          "write an \"auth_tenant_provider %V { ... }\" in "
                          "\"http\", in %s:%ui",
                          &name[i], &name[i], conf->file, conf->line);
            return NGX_CONF_ERROR;
        }

        pp = ngx_array_push(conf->providers);
        if (pp == NULL) {
            return NGX_CONF_ERROR;
        }

        *pp = provider;
    }

    return NGX_CONF_OK;
}


/*
 * A name comes from the closest level that gives it.  `own` gets the names
 * that this level gives.
 */

static void
ngx_http_auth_tenant_merge_names(ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t *own)
{
    u_char                  from;
    ngx_uint_t              i, host, path;
    auth_tenant_pattern_t  *pattern;

    host = 0;
    path = 0;
    *own = 0;

    if (conf->hosts != NGX_CONF_UNSET_PTR) {
        pattern = conf->hosts->elts;
        host = pattern->names;
    }

    if (conf->path != NGX_CONF_UNSET_PTR) {
        path = conf->path->names;
    }

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {

        from = NGX_HTTP_AUTH_TENANT_FROM_NONE;

        if (host & auth_tenant_name_bit(i)) {
            from = NGX_HTTP_AUTH_TENANT_FROM_HOST;

        } else if (path & auth_tenant_name_bit(i)) {
            from = NGX_HTTP_AUTH_TENANT_FROM_PATH;

        } else if (conf->match[i] != NGX_CONF_UNSET_PTR) {
            from = NGX_HTTP_AUTH_TENANT_FROM_MATCH;
        }

        if (from != NGX_HTTP_AUTH_TENANT_FROM_NONE) {
            *own |= auth_tenant_name_bit(i);

        } else {
            from = prev->from[i];

            /* a template of this level replaces the outer one */

            if ((from == NGX_HTTP_AUTH_TENANT_FROM_HOST
                 && conf->hosts != NGX_CONF_UNSET_PTR)
                || (from == NGX_HTTP_AUTH_TENANT_FROM_PATH
                    && conf->path != NGX_CONF_UNSET_PTR))
            {
                from = NGX_HTTP_AUTH_TENANT_FROM_NONE;
            }
        }

        conf->from[i] = from;

        ngx_conf_merge_ptr_value(conf->match[i], prev->match[i], NULL);
    }

    ngx_conf_merge_ptr_value(conf->hosts, prev->hosts, NULL);
    ngx_conf_merge_ptr_value(conf->path, prev->path, NULL);
}


static char *
ngx_http_auth_tenant_merge_rules(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t own)
{
    ngx_uint_t                  i, n;
    auth_tenant_rule_t        **own_rule;
    auth_tenant_ruleset_t      *set;
    const auth_tenant_rule_t  **rp;

    set = &conf->ruleset;

    set->captured = 0;

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        if (conf->from[i] != NGX_HTTP_AUTH_TENANT_FROM_NONE) {
            set->captured |= auth_tenant_name_bit(i);
        }
    }

    /*
     * "none" frees the names that are given where it stands or further out;
     * a name that an inner level gives has its default rule again.
     */

    if (conf->rules_none) {
        set->none = 1;
        set->waived = set->captured;

    } else {
        set->none = prev->ruleset.none;
        set->waived = prev->ruleset.waived & set->captured & ~own;

        conf->lost = prev->lost;

        if (prev->providers) {
            conf->lost |= prev->ruleset.captured & ~prev->ruleset.waived;
        }

        conf->lost &= ~set->captured;
    }

    set->rules = prev->ruleset.rules;
    set->nrules = (conf->rules_none) ? 0 : prev->ruleset.nrules;

    conf->level = prev->level + 1;

    if (conf->own_rules == NULL) {
        return NGX_CONF_OK;
    }

    own_rule = conf->own_rules->elts;
    n = conf->own_rules->nelts;

    rp = ngx_palloc(cf->pool,
                    (set->nrules + n) * sizeof(auth_tenant_rule_t *));
    if (rp == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < set->nrules; i++) {
        rp[i] = set->rules[i];
    }

    for (i = 0; i < n; i++) {
        own_rule[i]->level = conf->level;
        rp[set->nrules + i] = own_rule[i];
    }

    set->rules = rp;
    set->nrules += n;

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_merge_tokens(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_http_auth_tenant_token_t  *token;

    if (prev->tokens == NGX_CONF_UNSET_PTR) {

        prev->tokens = ngx_array_create(cf->pool, 1,
                                        sizeof(ngx_http_auth_tenant_token_t));
        if (prev->tokens == NULL) {
            return NGX_CONF_ERROR;
        }

        token = ngx_array_push(prev->tokens);
        if (token == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(token, sizeof(ngx_http_auth_tenant_token_t));
        token->type = NGX_HTTP_AUTH_TENANT_BEARER;
        ngx_str_set(&token->name, "");
    }

    if (prev->origin == NGX_CONF_UNSET_PTR) {

        prev->origin = ngx_pcalloc(cf->pool,
                                   sizeof(ngx_http_auth_tenant_origin_t));
        if (prev->origin == NULL) {
            return NGX_CONF_ERROR;
        }

        prev->origin->same = 1;
    }

    ngx_conf_merge_ptr_value(conf->tokens, prev->tokens, NULL);
    ngx_conf_merge_ptr_value(conf->origin, prev->origin, NULL);

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_merge_claim_sets(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *prev,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t                         i, j, n;
    ngx_http_auth_tenant_claim_set_t  *outer, *inner, *set;

    if (prev->claim_sets == NGX_CONF_UNSET_PTR) {
        prev->claim_sets = NULL;
    }

    if (conf->claim_sets == NGX_CONF_UNSET_PTR) {
        conf->claim_sets = prev->claim_sets;
        return NGX_CONF_OK;
    }

    if (prev->claim_sets == NULL) {
        return NGX_CONF_OK;
    }

    outer = prev->claim_sets->elts;
    n = conf->claim_sets->nelts;

    for (i = 0; i < prev->claim_sets->nelts; i++) {

        inner = conf->claim_sets->elts;

        for (j = 0; j < n; j++) {
            if (inner[j].index == outer[i].index) {
                break;
            }
        }

        if (j < n) {
            continue;
        }

        set = ngx_array_push(conf->claim_sets);
        if (set == NULL) {
            return NGX_CONF_ERROR;
        }

        *set = outer[i];
    }

    return NGX_CONF_OK;
}

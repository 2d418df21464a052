
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What "nginx -t" refuses: merged locations that can't be right.
 */


#include "ngx_http_auth_tenant_conf.h"


#define ngx_http_auth_tenant_refuse(cf, conf, ...)                            \
    ngx_http_auth_tenant_refuse_location(cf, conf, __VA_ARGS__)


static ngx_uint_t ngx_http_auth_tenant_unreachable(ngx_conf_t *cf);
static char *ngx_http_auth_tenant_check_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
static char *ngx_http_auth_tenant_check_rules(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
static char *ngx_http_auth_tenant_check_defaults(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
static char *ngx_http_auth_tenant_check_templates(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
static ngx_uint_t ngx_http_auth_tenant_lacking(
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t name,
    ngx_http_auth_tenant_provider_t **provider);
static const char *ngx_http_auth_tenant_name(ngx_uint_t names);
static char *ngx_http_auth_tenant_refuse_location(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, const char *fmt, ...);


static const char  *ngx_http_auth_tenant_claim_names[] = {
    "tenant", "modules", "user"
};


char *
ngx_http_auth_tenant_check_loc_conf(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    /* what no request reaches need not be complete */

    if (ngx_http_auth_tenant_unreachable(cf)) {
        return NGX_CONF_OK;
    }

    if (ngx_http_auth_tenant_check_providers(cf, conf) != NGX_CONF_OK
        || ngx_http_auth_tenant_check_rules(cf, conf) != NGX_CONF_OK
        || ngx_http_auth_tenant_check_defaults(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_auth_tenant_check_templates(cf, conf);
}


/* a server that has "location /" handles no request by its own level */

static ngx_uint_t
ngx_http_auth_tenant_unreachable(ngx_conf_t *cf)
{
    ngx_queue_t                *q;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_location_queue_t  *lq;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len || clcf->noname || clcf->locations == NULL) {
        return 0;
    }

    for (q = ngx_queue_head(clcf->locations);
         q != ngx_queue_sentinel(clcf->locations);
         q = ngx_queue_next(q))
    {
        lq = (ngx_http_location_queue_t *) q;

        if (lq->inclusive
            && lq->inclusive->name.len == 1
            && lq->inclusive->name.data[0] == '/')
        {
            return 1;
        }
    }

    return 0;
}


static char *
ngx_http_auth_tenant_check_providers(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t                         i, j;
    ngx_http_auth_tenant_provider_t  **pp;

    if (conf->providers->nelts == 1) {
        return NGX_CONF_OK;
    }

    pp = conf->providers->elts;

    for (i = 0; i < conf->providers->nelts; i++) {

        if (!pp[i]->bound) {
            return ngx_http_auth_tenant_refuse(cf, conf,
                          "several providers, but \"%V\" is not bound to "
                          "tenants: one tenant's provider could speak for "
                          "another; write \"tenants NAME ...;\" in each of "
                          "them, or \"tenants any;\" in one that may speak "
                          "for all", &pp[i]->name);
        }

        for (j = 0; j < i; j++) {
            if (auth_tenant_str_eq(&pp[i]->policy.issuer,
                                   &pp[j]->policy.issuer))
            {
                return ngx_http_auth_tenant_refuse(cf, conf,
                          "providers \"%V\" and \"%V\" have the same "
                          "\"issuer\", by which a token chooses between them; "
                          "write only one of them here",
                          &pp[j]->name, &pp[i]->name);
            }
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_check_rules(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    unsigned                          names;
    ngx_uint_t                        i, j;
    auth_tenant_methods_t             methods;
    const auth_tenant_rule_t         *rule;
    const auth_tenant_ruleset_t      *set;

    set = &conf->ruleset;

    if (set->nrules == 0 && set->captured == 0 && !set->none) {
        return ngx_http_auth_tenant_refuse(cf, conf,
                          "no rule: any user of any tenant would pass; write "
                          "\"auth_tenant_host\", \"auth_tenant_path\" or "
                          "\"auth_tenant_match\", an \"auth_tenant_require\" "
                          "rule, or \"auth_tenant_require none\"");
    }

    for (i = 0; i < set->nrules; i++) {

        rule = set->rules[i];
        names = rule->claim.names;

        for (j = 0; j < rule->nvalues; j++) {
            names |= rule->values[j].names;
        }

        names &= ~set->captured;

        if (names) {
            return ngx_http_auth_tenant_refuse(cf, conf,
                          "the \"auth_tenant_require\" rule in %V:%ui uses "
                          "{%s}, which nothing gives here, so that it could "
                          "never hold; write an \"auth_tenant_host\", "
                          "\"auth_tenant_path\" or \"auth_tenant_match\" for "
                          "it", &rule->file, (ngx_uint_t) rule->line,
                          ngx_http_auth_tenant_name(names));
        }
    }

    names = auth_tenant_rules_unconstrained(set, &methods);

    if (names) {
        return ngx_http_auth_tenant_refuse(cf, conf,
                          "{%s} is not constrained for every method: where "
                          "an \"auth_tenant_require\" rule constrains it, its "
                          "default rule no longer stands; write a rule "
                          "without \"methods=\", or for the other methods, "
                          "that has {%s} in every value",
                          ngx_http_auth_tenant_name(names),
                          ngx_http_auth_tenant_name(names));
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_check_defaults(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    unsigned                          names;
    ngx_uint_t                        i;
    ngx_http_auth_tenant_provider_t  *provider;

    names = auth_tenant_rules_defaults(&conf->ruleset);

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {

        if (!(names & auth_tenant_name_bit(i))
            || !ngx_http_auth_tenant_lacking(conf, i, &provider))
        {
            continue;
        }

        return ngx_http_auth_tenant_refuse(cf, conf,
                          "{%s} is not constrained: provider \"%V\" does not "
                          "say which claim to compare it with; write %s=CLAIM "
                          "in its \"claims\", or an \"auth_tenant_require\" "
                          "rule with {%s} in every value",
                          ngx_http_auth_tenant_name(auth_tenant_name_bit(i)),
                          &provider->name,
                          ngx_http_auth_tenant_claim_names[i],
                          ngx_http_auth_tenant_name(auth_tenant_name_bit(i)));
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_check_templates(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    unsigned                          names;
    ngx_uint_t                        i, j;
    const char                       *directive;
    ngx_http_auth_tenant_provider_t  *provider, **pp;

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

    for (i = 0; i < 2; i++) {

        directive = i ? "auth_tenant_home" : "auth_tenant_upstream";
        names = 0;

        if (i == 0 && conf->upstream) {
            names = conf->upstream->names;

        } else if (i == 1 && conf->home) {
            names = conf->home->names;
        }

        if ((names & ~conf->ruleset.captured)
            & auth_tenant_name_bit(AUTH_TENANT_MODULE))
        {
            return ngx_http_auth_tenant_refuse(cf, conf,
                          "\"%s\" uses {module}, which nothing gives here "
                          "(a token may name many); write an "
                          "\"auth_tenant_host\", \"auth_tenant_path\" or "
                          "\"auth_tenant_match module\" for it", directive);
        }

        if ((names & auth_tenant_name_bit(AUTH_TENANT_TENANT))
            && ngx_http_auth_tenant_lacking(conf, AUTH_TENANT_TENANT,
                                            &provider))
        {
            return ngx_http_auth_tenant_refuse(cf, conf,
                          "\"%s\" uses {tenant}, which is the verified claim, "
                          "but provider \"%V\" does not say which; write "
                          "tenant=CLAIM in its \"claims\"", directive,
                          &provider->name);
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_auth_tenant_lacking(ngx_http_auth_tenant_loc_conf_t *conf,
    ngx_uint_t name, ngx_http_auth_tenant_provider_t **provider)
{
    ngx_uint_t                         i;
    ngx_http_auth_tenant_provider_t  **pp;

    pp = conf->providers->elts;

    for (i = 0; i < conf->providers->nelts; i++) {
        if (pp[i]->policy.claims[name] == NULL) {
            *provider = pp[i];
            return 1;
        }
    }

    return 0;
}


static const char *
ngx_http_auth_tenant_name(ngx_uint_t names)
{
    if (names & auth_tenant_name_bit(AUTH_TENANT_TENANT)) {
        return "tenant";
    }

    if (names & auth_tenant_name_bit(AUTH_TENANT_MODULE)) {
        return "module";
    }

    return "user";
}


static char *
ngx_http_auth_tenant_refuse_location(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, const char *fmt, ...)
{
    u_char                    *p, text[NGX_MAX_CONF_ERRSTR];
    va_list                    args;
    ngx_str_t                 *name;
    ngx_http_core_loc_conf_t  *clcf;

    static ngx_str_t  server = ngx_string("server");

    va_start(args, fmt);
    p = ngx_vslprintf(text, text + sizeof(text), fmt, args);
    va_end(args);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    name = clcf->name.len ? &clcf->name : &server;

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"auth_tenant\" has %*s, in %s\"%V\" under %s:%ui",
                  (size_t) (p - text), text, clcf->name.len ? "location " : "",
                  name, conf->file, conf->line);

    return NGX_CONF_ERROR;
}

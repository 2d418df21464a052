
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What "nginx -t" refuses: merged locations that can't be right.
 */


#include "ngx_http_auth_tenant_check.h"


static char *ngx_http_auth_tenant_check_rules(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
static char *ngx_http_auth_tenant_check_defaults(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);
static char *ngx_http_auth_tenant_check_template(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, const char *directive,
    const auth_tenant_template_t *template);
static char *ngx_http_auth_tenant_check_home(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf);


static const char  *ngx_http_auth_tenant_claim_names[] = {
    "tenant", "modules", "user"
};


/* `conf` is one level yet: the closest level that gives a name wins later */

char *
ngx_http_auth_tenant_check_given(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    unsigned                host, path, match, twice;
    ngx_uint_t              i;
    auth_tenant_pattern_t  *pattern;

    host = 0;
    path = 0;
    match = 0;

    if (conf->hosts != NGX_CONF_UNSET_PTR) {
        pattern = conf->hosts->elts;
        host = pattern->names;
    }

    if (conf->path != NGX_CONF_UNSET_PTR) {
        path = conf->path->names;
    }

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        if (conf->match[i] != NGX_CONF_UNSET_PTR) {
            match |= auth_tenant_name_bit(i);
        }
    }

    twice = (host & path) | (host & match) | (path & match);

    if (twice) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_%s\" and \"auth_tenant_%s\" both "
                           "give {%s} at one level; write it in only one of "
                           "them", (twice & host) ? "host" : "path",
                           (twice & match) ? "match" : "path",
                           ngx_http_auth_tenant_name(twice));
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


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
        || ngx_http_auth_tenant_check_defaults(cf, conf) != NGX_CONF_OK
        || ngx_http_auth_tenant_check_audiences(cf, conf) != NGX_CONF_OK
        || ngx_http_auth_tenant_check_bypass(cf, conf) != NGX_CONF_OK
        || ngx_http_auth_tenant_check_template(cf, conf,
                             "auth_tenant_upstream", conf->upstream)
           != NGX_CONF_OK
        || ngx_http_auth_tenant_check_template(cf, conf, "auth_tenant_home",
                                               conf->home)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_auth_tenant_check_home(cf, conf);
}


/*
 * A server that has "location /" handles no request by its own level; an "if"
 * of a server never does.
 */

ngx_uint_t
ngx_http_auth_tenant_unreachable(ngx_conf_t *cf)
{
    ngx_queue_t                *q;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_location_queue_t  *lq;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len) {
        return 0;
    }

    if (clcf->noname) {
        return 1;
    }

    if (clcf->locations == NULL) {
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
ngx_http_auth_tenant_check_rules(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    unsigned                          names;
    ngx_uint_t                        i, j;
    auth_tenant_methods_t             methods;
    const auth_tenant_rule_t         *rule;
    const auth_tenant_ruleset_t      *set;

    set = &conf->ruleset;

    if (conf->lost) {
        return ngx_http_auth_tenant_refuse(cf, conf,
                          "a template replaces one that gives {%s}, which is "
                          "compared with the token at an outer level: here "
                          "more would be allowed than there; write {%s} in "
                          "it, an \"auth_tenant_match\" for it, or "
                          "\"auth_tenant_require none\" and the rules that "
                          "hold here", ngx_http_auth_tenant_name(conf->lost),
                          ngx_http_auth_tenant_name(conf->lost));
    }

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

    if (ngx_http_auth_tenant_realms(conf)) {
        names &= ~auth_tenant_name_bit(AUTH_TENANT_TENANT);
    }

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
ngx_http_auth_tenant_check_template(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, const char *directive,
    const auth_tenant_template_t *template)
{
    ngx_http_auth_tenant_provider_t  *provider;

    if (template == NULL) {
        return NGX_CONF_OK;
    }

    if ((template->names & ~conf->ruleset.captured)
        & auth_tenant_name_bit(AUTH_TENANT_MODULE))
    {
        return ngx_http_auth_tenant_refuse(cf, conf,
                          "\"%s\" uses {module}, which nothing gives here "
                          "(a token may name many); write an "
                          "\"auth_tenant_host\", \"auth_tenant_path\" or "
                          "\"auth_tenant_match module\" for it", directive);
    }

    if ((template->names & auth_tenant_name_bit(AUTH_TENANT_TENANT))
        && ngx_http_auth_tenant_lacking(conf, AUTH_TENANT_TENANT, &provider))
    {
        return ngx_http_auth_tenant_refuse(cf, conf,
                          "\"%s\" uses {tenant}, which is the verified claim, "
                          "but provider \"%V\" does not say which; write "
                          "tenant=CLAIM in its \"claims\"", directive,
                          &provider->name);
    }

    return NGX_CONF_OK;
}


/* at "/" the path names nobody: the claims must be able to say it instead */

static char *
ngx_http_auth_tenant_check_home(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    if (conf->home == NULL) {
        return NGX_CONF_OK;
    }

    if (conf->home->nparts == 1
        && conf->home->parts[0].type == AUTH_TENANT_PART_LITERAL
        && conf->home->parts[0].text.len == 1)
    {
        return ngx_http_auth_tenant_refuse(cf, conf,
                          "\"auth_tenant_home\" sends \"/\" to itself; write "
                          "a path of the user's own, as in \"/{user}/\"");
    }

    if (conf->from[AUTH_TENANT_MODULE] == NGX_HTTP_AUTH_TENANT_FROM_PATH) {
        return ngx_http_auth_tenant_refuse(cf, conf,
                          "\"auth_tenant_home\" answers at \"/\", where "
                          "\"auth_tenant_path\" gives no {module} (a token "
                          "may name many); write an \"auth_tenant_match "
                          "module\" for it, or \"auth_tenant_home off\"");
    }

    return NGX_CONF_OK;
}


const char *
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


char *
ngx_http_auth_tenant_refuse(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, const char *fmt, ...)
{
    u_char                    *p, text[NGX_MAX_CONF_ERRSTR];
    va_list                    args;
    ngx_http_core_loc_conf_t  *clcf;

    va_start(args, fmt);
    p = ngx_vslprintf(text, text + sizeof(text), fmt, args);
    va_end(args);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"auth_tenant\" in location \"%V\": %*s, in %s:%ui",
                      &clcf->name, (size_t) (p - text), text,
                      conf->file, conf->line);

    } else {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"auth_tenant\" in the server, outside of its "
                      "locations: %*s, in %s:%ui",
                      (size_t) (p - text), text, conf->file, conf->line);
    }

    return NGX_CONF_ERROR;
}


/*
 * Templates and rules without a check: somebody relies on them.  With nested
 * locations they may be meant for those.
 */

char *
ngx_http_auth_tenant_check_off(ngx_conf_t *cf)
{
    ngx_uint_t                 level;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len == 0 || clcf->noname) {
        return NGX_CONF_OK;
    }

    level = clcf->locations ? NGX_LOG_WARN : NGX_LOG_EMERG;

    ngx_log_error(level, cf->log, 0,
                  "location \"%V\" has \"auth_tenant_...\" directives, but "
                  "checks nothing: no \"auth_tenant\" is written in it or "
                  "around it; write \"auth_tenant PROVIDER\", or "
                  "\"auth_tenant off\"", &clcf->name);

    return clcf->locations ? NGX_CONF_OK : NGX_CONF_ERROR;
}

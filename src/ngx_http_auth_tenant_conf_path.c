
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the path decides in a server: by choosing among locations that judge
 * differently, and in variables.
 */


#include "ngx_http_auth_tenant_conf.h"


static ngx_uint_t ngx_http_auth_tenant_segments(ngx_str_t *name);
static ngx_uint_t ngx_http_auth_tenant_varies(
    ngx_http_auth_tenant_loc_conf_t *conf);


/* does this level say something of its own about who may pass? */

ngx_uint_t
ngx_http_auth_tenant_differs(ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t  i;

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        if (conf->match[i] != NGX_CONF_UNSET_PTR) {
            return 1;
        }
    }

    return (conf->names != NGX_CONF_UNSET_PTR
            || conf->bypass != NGX_CONF_UNSET_PTR
            || conf->dry_run != NGX_CONF_UNSET_PTR
            || conf->tokens != NGX_CONF_UNSET_PTR
            || conf->origin != NGX_CONF_UNSET_PTR
            || conf->hosts != NGX_CONF_UNSET_PTR
            || conf->path != NGX_CONF_UNSET_PTR
            || conf->own_rules
            || conf->rules_none);
}


/*
 * Takes note of what the path decides in this server by choosing a location.
 * A regular expression chooses by what stands anywhere, and so may whatever
 * leads to a named location.
 */

void
ngx_http_auth_tenant_count_location(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t differ)
{
    ngx_uint_t                        segments;
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_auth_tenant_srv_conf_t  *scf;

    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_auth_tenant_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->providers == NULL) {

        if (clcf->name.len && !clcf->exact_match && !clcf->noname) {
            scf->open = 1;
        }

        return;
    }

    scf->used = 1;

    if (ngx_http_auth_tenant_varies(conf)) {
        scf->vary = 1;
    }

    if (clcf->noname
        || (clcf->named && !differ)
        || ngx_http_auth_tenant_unreachable(cf))
    {
        return;
    }

    scf->checked++;

    if (clcf->named) {
        scf->regex = 1;
    }

#if (NGX_PCRE)

    if (clcf->regex) {
        scf->regex = 1;
    }

#endif

    if (!differ || clcf->name.len == 0) {
        return;
    }

    scf->differ = 1;

    segments = ngx_http_auth_tenant_segments(&clcf->name);

    if (segments > scf->deepest) {
        scf->deepest = segments;
    }
}


static ngx_uint_t
ngx_http_auth_tenant_segments(ngx_str_t *name)
{
    size_t      i;
    ngx_uint_t  n;

    n = 0;

    for (i = 1; i < name->len; i++) {
        if (name->data[i] != '/' && name->data[i - 1] == '/') {
            n++;
        }
    }

    return n;
}


static ngx_uint_t
ngx_http_auth_tenant_varies(ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t                     i, j, k;
    const auth_tenant_template_t  *value;

    if (conf->bypass || (conf->dry_run && conf->dry_run->lengths)) {
        return 1;
    }

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        if (conf->match[i] && conf->match[i]->lengths) {
            return 1;
        }
    }

    for (i = 0; i < conf->ruleset.nrules; i++) {

        for (j = 0; j < conf->ruleset.rules[i]->nvalues; j++) {

            value = &conf->ruleset.rules[i]->values[j];

            for (k = 0; k < value->nparts; k++) {
                if (value->parts[k].type == AUTH_TENANT_PART_VARIABLE) {
                    return 1;
                }
            }
        }
    }

    return 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the path decides in a server: by choosing among locations that judge
 * differently, and in variables.
 */


#include "ngx_http_auth_tenant_conf.h"


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
 * Takes note of what the path decides in this server by choosing a location;
 * named locations and those of "if" are not chosen by it.
 */

void
ngx_http_auth_tenant_count_location(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_uint_t differ)
{
    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_auth_tenant_srv_conf_t  *scf;

    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_auth_tenant_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    scf->used = 1;

    if (ngx_http_auth_tenant_varies(conf)) {
        scf->vary = 1;
    }

    if (clcf->named || clcf->noname || ngx_http_auth_tenant_unreachable(cf)) {
        return;
    }

    scf->checked++;

    if (differ && clcf->name.len) {
        scf->differ = 1;
    }

#if (NGX_PCRE)

    if (clcf->regex) {
        scf->regex = 1;
    }

#endif
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

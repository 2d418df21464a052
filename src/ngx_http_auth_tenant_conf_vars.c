
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the configuration says of variables: those that are made of claims,
 * and those that decisions rest on.
 */


#include "ngx_http_auth_tenant_conf.h"


static ngx_int_t ngx_http_auth_tenant_claim_set_index(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_http_variable_t *ngx_http_auth_tenant_known_variable(
    ngx_conf_t *cf, ngx_str_t *name);
static char *ngx_http_auth_tenant_check_written(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_http_complex_value_t *cv,
    const char *refusal);
static ngx_uint_t ngx_http_auth_tenant_written_variable(ngx_conf_t *cf,
    const ngx_str_t *name);
static void ngx_http_auth_tenant_refresh_value(ngx_conf_t *cf,
    ngx_http_complex_value_t *cv);
static void ngx_http_auth_tenant_refresh_variable(ngx_conf_t *cf,
    ngx_uint_t index);


char *
ngx_http_auth_tenant_claim_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    ngx_str_t                         *value, name;
    ngx_int_t                          index;
    ngx_uint_t                         i;
    const char                        *error;
    auth_tenant_str_t                  source;
    ngx_http_auth_tenant_claim_set_t  *set;

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable name \"%V\" in "
                           "\"auth_tenant_claim_set\", write "
                           "$variable CLAIM", &value[1]);
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data + 1;
    name.len = value[1].len - 1;

    index = ngx_http_auth_tenant_claim_set_index(cf, &name);
    if (index == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    if (lcf->claim_sets == NGX_CONF_UNSET_PTR) {
        lcf->claim_sets = ngx_array_create(cf->pool, 4,
                                     sizeof(ngx_http_auth_tenant_claim_set_t));
        if (lcf->claim_sets == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    set = lcf->claim_sets->elts;

    for (i = 0; i < lcf->claim_sets->nelts; i++) {
        if (set[i].index == index) {
            return "is duplicate";
        }
    }

    set = ngx_array_push(lcf->claim_sets);
    if (set == NULL) {
        return NGX_CONF_ERROR;
    }

    set->index = index;

    source = ngx_http_auth_tenant_str(&value[2]);

    error = auth_tenant_claim_compile(&set->claim, &source);
    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_claim_set\" claim \"%V\": %s",
                           &value[2], error);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * The same variable may be set in many places, but by nothing else: once it
 * is ours, it is no longer "changeable".
 */

static ngx_int_t
ngx_http_auth_tenant_claim_set_index(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_int_t             index;
    ngx_http_variable_t  *var;

    var = ngx_http_auth_tenant_known_variable(cf, name);

    if (var && var->get_handler == ngx_http_auth_tenant_claim_set_variable) {
        return var->data;
    }

    if (var && var->get_handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_claim_set\" can't set \"$%V\", "
                           "which something else sets already; write another "
                           "name", name);
        return NGX_ERROR;
    }

    var = ngx_http_add_variable(cf, name, NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    index = ngx_http_get_variable_index(cf, name);
    if (index == NGX_ERROR) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_auth_tenant_claim_set_variable;
    var->data = index;

    return index;
}


static ngx_http_variable_t *
ngx_http_auth_tenant_known_variable(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_hash_key_t             *key;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {
        if (key[i].key.len == name->len
            && ngx_strncasecmp(key[i].key.data, name->data, name->len) == 0)
        {
            return key[i].value;
        }
    }

    return NULL;
}


/* "set $auth_claim_email" and the like would hide the claim */

ngx_int_t
ngx_http_auth_tenant_check_variables(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_hash_key_t             *key;
    ngx_http_variable_t        *var;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {

        var = key[i].value;

        if (key[i].key.len >= sizeof("auth_claim_") - 1
            && ngx_strncmp(key[i].key.data, "auth_claim_",
                           sizeof("auth_claim_") - 1)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"$%V\" is a claim of the verified token and "
                               "can't be set by anything else; write another "
                               "name", &var->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * A bypass, or a dry run, is something that somebody meant.  Few of nginx's
 * own variables are ever empty: "$host" is not, nor "$ssl_client_verify",
 * which is "NONE"; and "$https" is "on" for everybody.
 */

char *
ngx_http_auth_tenant_check_bypass(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *cv;

    if (conf->bypass) {

        cv = conf->bypass->elts;

        for (i = 0; i < conf->bypass->nelts; i++) {

            if (ngx_http_auth_tenant_check_written(cf, conf, &cv[i],
                          "\"auth_tenant_bypass\" can't use \"$%V\": it is "
                          "nginx's own or a module's, and would bypass "
                          "whatever it is unless empty or \"0\"; write a "
                          "\"map\" of it that says when to bypass")
                != NGX_CONF_OK)
            {
                return NGX_CONF_ERROR;
            }
        }
    }

    if (conf->dry_run == NULL) {
        return NGX_CONF_OK;
    }

    return ngx_http_auth_tenant_check_written(cf, conf, conf->dry_run,
                          "\"auth_tenant_dry_run\" can't use \"$%V\": it is "
                          "nginx's own or a module's, and \"on\" in it was "
                          "not meant for this; write a \"map\" of it that "
                          "says when to be dry");
}


static char *
ngx_http_auth_tenant_check_written(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf, ngx_http_complex_value_t *cv,
    const char *refusal)
{
    ngx_uint_t                 *index;
    ngx_http_variable_t        *indexed;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    indexed = cmcf->variables.elts;

    for (index = cv->flushes; index && *index != (ngx_uint_t) -1; index++) {

        if (!ngx_http_auth_tenant_written_variable(cf, &indexed[*index].name))
        {
            return ngx_http_auth_tenant_refuse(cf, conf, refusal,
                                               &indexed[*index].name);
        }
    }

    return NGX_CONF_OK;
}


/*
 * Whether a variable is of the configuration: "map", "geo", "set", a named
 * capture and so on make "changeable" ones.  Some of nginx's own are so, too,
 * but modules add theirs before the configuration is read, nginx's before us.
 */

static ngx_uint_t
ngx_http_auth_tenant_written_variable(ngx_conf_t *cf, const ngx_str_t *name)
{
    ngx_uint_t                  i, written;
    ngx_hash_key_t             *key;
    ngx_http_variable_t        *var, *prefix;
    ngx_http_core_main_conf_t  *cmcf;

    static ngx_str_t  own = ngx_string("auth_user");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    prefix = cmcf->prefix_variables.elts;

    for (i = 0; i < cmcf->prefix_variables.nelts; i++) {
        if (name->len >= prefix[i].name.len
            && ngx_strncmp(name->data, prefix[i].name.data,
                           prefix[i].name.len)
               == 0)
        {
            return 0;
        }
    }

    written = 0;
    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {

        var = key[i].value;

        if (var->name.len == name->len
            && ngx_strncmp(var->name.data, name->data, name->len) == 0)
        {
            return written && (var->flags & NGX_HTTP_VAR_CHANGEABLE);
        }

        if (var->name.len == own.len
            && ngx_strncmp(var->name.data, own.data, own.len) == 0)
        {
            written = 1;
        }
    }

    return 0;
}


/*
 * nginx keeps the value of a "map" for as long as the request lives, and
 * shares it with subrequests.  What a decision rests on must be that of the
 * URI that is decided about, so that the variables are made as "volatile" as
 * a map can be; a value that "set", a capture or "auth_request_set" gave
 * stays nevertheless.
 */

void
ngx_http_auth_tenant_refresh_variables(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *conf)
{
    ngx_uint_t                     i, j, k;
    const auth_tenant_part_t      *part;
    const auth_tenant_rule_t      *rule;
    ngx_http_complex_value_t      *cv;
    ngx_http_auth_tenant_token_t  *token;

    if (conf->bypass) {
        cv = conf->bypass->elts;

        for (i = 0; i < conf->bypass->nelts; i++) {
            ngx_http_auth_tenant_refresh_value(cf, &cv[i]);
        }
    }

    ngx_http_auth_tenant_refresh_value(cf, conf->dry_run);

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        ngx_http_auth_tenant_refresh_value(cf, conf->match[i]);
    }

    token = conf->tokens->elts;

    for (i = 0; i < conf->tokens->nelts; i++) {
        if (token[i].type == NGX_HTTP_AUTH_TENANT_VARIABLE) {
            ngx_http_auth_tenant_refresh_variable(cf, token[i].index);
        }
    }

    for (i = 0; i < conf->ruleset.nrules; i++) {

        rule = conf->ruleset.rules[i];

        for (j = 0; j < rule->nvalues; j++) {

            for (k = 0; k < rule->values[j].nparts; k++) {

                part = &rule->values[j].parts[k];

                if (part->type == AUTH_TENANT_PART_VARIABLE) {
                    ngx_http_auth_tenant_refresh_variable(cf, part->index);
                }
            }
        }
    }
}


static void
ngx_http_auth_tenant_refresh_value(ngx_conf_t *cf,
    ngx_http_complex_value_t *cv)
{
    ngx_uint_t  *index;

    if (cv == NULL || cv->flushes == NULL) {
        return;
    }

    for (index = cv->flushes; *index != (ngx_uint_t) -1; index++) {
        ngx_http_auth_tenant_refresh_variable(cf, *index);
    }
}


/* a map may take its value from another one: all of its sort */

static void
ngx_http_auth_tenant_refresh_variable(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_uint_t                  i;
    ngx_hash_key_t             *key;
    ngx_http_variable_t        *var, *other, *indexed;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    indexed = cmcf->variables.elts;

    var = ngx_http_auth_tenant_known_variable(cf, &indexed[index].name);

    if (var == NULL
        || var->get_handler == NULL
        || (var->flags & NGX_HTTP_VAR_NOCACHEABLE)
        || !(var->flags & NGX_HTTP_VAR_CHANGEABLE))
    {
        return;
    }

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {

        other = key[i].value;

        if (other->get_handler == var->get_handler
            && (other->flags & NGX_HTTP_VAR_CHANGEABLE))
        {
            other->flags |= NGX_HTTP_VAR_NOCACHEABLE;
        }
    }
}

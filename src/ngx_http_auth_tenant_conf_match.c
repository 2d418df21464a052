
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"


static char *ngx_http_auth_tenant_rule(ngx_conf_t *cf,
    ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_rule_t *rule);
static char *ngx_http_auth_tenant_rule_methods(ngx_conf_t *cf,
    ngx_str_t *value, auth_tenant_rule_t *rule);
static char *ngx_http_auth_tenant_rule_value(ngx_conf_t *cf, ngx_str_t *value,
    auth_tenant_template_t *template);
static auth_tenant_str_t *ngx_http_auth_tenant_source(ngx_conf_t *cf,
    ngx_str_t *value);


char *
ngx_http_auth_tenant_host(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    const char             *error;
    ngx_str_t              *value;
    ngx_uint_t              i, j;
    auth_tenant_str_t      *source;
    auth_tenant_pattern_t  *pattern, *other;

    if (lcf->hosts != NGX_CONF_UNSET_PTR) {
        return "is duplicate; write all templates in one directive";
    }

    lcf->hosts = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                  sizeof(auth_tenant_pattern_t));
    if (lcf->hosts == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        pattern = ngx_array_push(lcf->hosts);
        source = ngx_http_auth_tenant_source(cf, &value[i]);
        if (pattern == NULL || source == NULL) {
            return NGX_CONF_ERROR;
        }

        error = auth_tenant_host_compile(pattern, source);
        if (error) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"auth_tenant_host\" \"%V\": %s",
                               &value[i], error);
            return NGX_CONF_ERROR;
        }

        other = lcf->hosts->elts;

        for (j = 0; j < lcf->hosts->nelts - 1; j++) {

            if (other[j].names != pattern->names) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"auth_tenant_host\" \"%V\" and \"%V\" "
                                   "must name the same placeholders; write "
                                   "them in two servers or locations",
                                   &value[j + 1], &value[i]);
                return NGX_CONF_ERROR;
            }

            if (auth_tenant_host_overlap(&other[j], pattern)) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"auth_tenant_host\" \"%V\" and \"%V\" "
                                   "are ambiguous, some host fits both; write "
                                   "only one of them",
                                   &value[j + 1], &value[i]);
                return NGX_CONF_ERROR;
            }
        }
    }

    return ngx_http_auth_tenant_check_given(cf, lcf);
}


char *
ngx_http_auth_tenant_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    const char         *error;
    ngx_str_t          *value;
    auth_tenant_str_t  *source;

    if (lcf->path != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    lcf->path = ngx_pcalloc(cf->pool, sizeof(auth_tenant_pattern_t));
    source = ngx_http_auth_tenant_source(cf, &value[1]);
    if (lcf->path == NULL || source == NULL) {
        return NGX_CONF_ERROR;
    }

    error = auth_tenant_path_compile(lcf->path, source);
    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_path\" \"%V\": %s",
                           &value[1], error);
        return NGX_CONF_ERROR;
    }

    return ngx_http_auth_tenant_check_given(cf, lcf);
}


char *
ngx_http_auth_tenant_match_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    ngx_str_t   *value, var;
    ngx_uint_t   name;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "tenant") == 0) {
        name = AUTH_TENANT_TENANT;

    } else if (ngx_strcmp(value[1].data, "module") == 0) {
        name = AUTH_TENANT_MODULE;

    } else if (ngx_strcmp(value[1].data, "user") == 0) {
        name = AUTH_TENANT_USER;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"auth_tenant_match\", "
                           "write tenant, module or user", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (lcf->match[name] != NGX_CONF_UNSET_PTR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"auth_tenant_match %V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (value[2].len == 0) {
        return "has an empty value, which would match no request; write a "
               "constant or a $variable";
    }

    if (ngx_http_auth_tenant_client_variable(&value[2], &var) == NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_match\" can't use \"$%V\": the "
                           "client could give it twice, or otherwise than "
                           "the application reads it; write a \"map\" of "
                           "$host, or a named capture of the \"location\"",
                           &var);
        return NGX_CONF_ERROR;
    }

    lcf->match[name] = ngx_http_auth_tenant_complex_value(cf, &value[2]);
    if (lcf->match[name] == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_auth_tenant_check_given(cf, lcf);
}


char *
ngx_http_auth_tenant_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    ngx_str_t           *value;
    auth_tenant_rule_t  *rule, **rp;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "none") == 0) {

        if (lcf->rules_none) {
            return "is duplicate";
        }

        lcf->rules_none = 1;
        return NGX_CONF_OK;
    }

    if (lcf->own_rules == NULL) {
        lcf->own_rules = ngx_array_create(cf->pool, 4,
                                          sizeof(auth_tenant_rule_t *));
        if (lcf->own_rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rule = ngx_pcalloc(cf->pool, sizeof(auth_tenant_rule_t));
    rp = ngx_array_push(lcf->own_rules);
    if (rule == NULL || rp == NULL) {
        return NGX_CONF_ERROR;
    }

    *rp = rule;

    rule->file.data = cf->conf_file->file.name.data;
    rule->file.len = cf->conf_file->file.name.len;
    rule->line = cf->conf_file->line;

    return ngx_http_auth_tenant_rule(cf, lcf, rule);
}


static char *
ngx_http_auth_tenant_rule(ngx_conf_t *cf, ngx_http_auth_tenant_loc_conf_t *lcf,
    auth_tenant_rule_t *rule)
{
    const char              *error;
    ngx_str_t               *value;
    ngx_uint_t               i;
    auth_tenant_str_t       *source;
    auth_tenant_template_t  *values;

    value = cf->args->elts;

    if (cf->args->nelts < 4) {
        goto invalid;
    }

    source = ngx_http_auth_tenant_source(cf, &value[1]);
    values = ngx_pcalloc(cf->pool, (cf->args->nelts - 3)
                                   * sizeof(auth_tenant_template_t));
    if (source == NULL || values == NULL) {
        return NGX_CONF_ERROR;
    }

    error = auth_tenant_claim_compile(&rule->claim, source);
    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_require\" claim \"%V\": %s",
                           &value[1], error);
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[2].data, "is") == 0) {
        rule->op = AUTH_TENANT_RULE_IS;

    } else if (ngx_strcmp(value[2].data, "has") == 0) {
        rule->op = AUTH_TENANT_RULE_HAS;

    } else {
        goto invalid;
    }

    rule->values = values;

    for (i = 3; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "methods=", 8) == 0) {

            if (ngx_http_auth_tenant_rule_methods(cf, &value[i], rule)
                != NGX_CONF_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_http_auth_tenant_rule_value(cf, &value[i],
                                            &values[rule->nvalues])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        rule->nvalues++;
    }

    if (rule->nvalues == 0) {
        goto invalid;
    }

    rule->names = auth_tenant_rule_names(rule);

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"auth_tenant_require\", write "
                       "CLAIM is VALUE, CLAIM has VALUE (more than one VALUE "
                       "means any of them), or none");

    return NGX_CONF_ERROR;
}


static char *
ngx_http_auth_tenant_rule_methods(ngx_conf_t *cf, ngx_str_t *value,
    auth_tenant_rule_t *rule)
{
    u_char                 *p, *last, *start;
    auth_tenant_str_t       name;
    auth_tenant_methods_t   method;

    if (rule->methods) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"methods=\" in "
                           "\"auth_tenant_require\", write one list parted "
                           "by commas");
        return NGX_CONF_ERROR;
    }

    last = value->data + value->len;

    for (p = value->data + 8; p <= last; p++) {

        start = p;

        while (p < last && *p != ',') {
            p++;
        }

        name.data = start;
        name.len = p - start;

        method = auth_tenant_method(&name);

        if (method == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown method \"%*s\" in "
                               "\"auth_tenant_require\", write for example "
                               "methods=GET,POST,WEBSOCKET",
                               (size_t) (p - start), start);
            return NGX_CONF_ERROR;
        }

        rule->methods |= method;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_rule_value(ngx_conf_t *cf, ngx_str_t *value,
    auth_tenant_template_t *template)
{
    ngx_str_t           name;
    ngx_int_t           index;
    const char         *error;
    ngx_uint_t          i;
    auth_tenant_str_t  *source;

    source = ngx_http_auth_tenant_source(cf, value);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    error = auth_tenant_template_compile(template, source,
                                         AUTH_TENANT_TEMPLATE_VARIABLES);
    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_require\" value \"%V\": %s",
                           value, error);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_auth_tenant_client_variable(value, &name) == NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_require\" can't use \"$%V\": the "
                           "client would choose what its own token is "
                           "compared with; write a constant, a placeholder, "
                           "or a \"map\" variable", &name);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < template->nparts; i++) {

        if (template->parts[i].type != AUTH_TENANT_PART_VARIABLE) {
            continue;
        }

        name.len = template->parts[i].text.len;
        name.data = ngx_pnalloc(cf->pool, name.len);
        if (name.data == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_strlow(name.data, (u_char *) template->parts[i].text.data,
                   name.len);

        index = ngx_http_get_variable_index(cf, &name);
        if (index == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }

        template->parts[i].index = index;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_auth_tenant_template_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char  *p = conf;

    const char               *error;
    ngx_str_t                *value;
    auth_tenant_str_t        *source;
    auth_tenant_template_t  **template;

    template = (auth_tenant_template_t **) (p + cmd->offset);

    if (*template != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        *template = NULL;
        return NGX_CONF_OK;
    }

    *template = ngx_pcalloc(cf->pool, sizeof(auth_tenant_template_t));
    source = ngx_http_auth_tenant_source(cf, &value[1]);
    if (*template == NULL || source == NULL) {
        return NGX_CONF_ERROR;
    }

    error = auth_tenant_template_compile(*template, source,
                                         (uintptr_t) cmd->post);
    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" \"%V\": %s",
                           &cmd->name, &value[1], error);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static auth_tenant_str_t *
ngx_http_auth_tenant_source(ngx_conf_t *cf, ngx_str_t *value)
{
    auth_tenant_str_t  *source;

    source = ngx_palloc(cf->pool, sizeof(auth_tenant_str_t));
    if (source) {
        *source = ngx_http_auth_tenant_str(value);
    }

    return source;
}

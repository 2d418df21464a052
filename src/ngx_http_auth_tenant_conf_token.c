
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_authority.h"
#include "ngx_http_auth_tenant_conf.h"


static char *ngx_http_auth_tenant_token_source(ngx_conf_t *cf,
    ngx_str_t *value, ngx_http_auth_tenant_token_t *token);
static char *ngx_http_auth_tenant_token_variable(ngx_conf_t *cf,
    ngx_str_t *value, ngx_http_auth_tenant_token_t *token);


char *
ngx_http_auth_tenant_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    ngx_str_t                     *value;
    ngx_uint_t                     i, j;
    ngx_http_auth_tenant_token_t  *token, *other;

    if (lcf->tokens != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->tokens = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                   sizeof(ngx_http_auth_tenant_token_t));
    if (lcf->tokens == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        token = ngx_array_push(lcf->tokens);
        if (token == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(token, sizeof(ngx_http_auth_tenant_token_t));
        ngx_str_set(&token->name, "");

        if (ngx_http_auth_tenant_token_source(cf, &value[i], token)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        other = lcf->tokens->elts;

        for (j = 0; j < lcf->tokens->nelts - 1; j++) {
            if (ngx_http_auth_tenant_token_eq(&other[j], token)) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate source \"%V\" in "
                                   "\"auth_tenant_token\"", &value[i]);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_token_source(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_auth_tenant_token_t *token)
{
    u_char      ch;
    ngx_uint_t  i;

    if (ngx_strcmp(value->data, "bearer") == 0) {
        token->type = NGX_HTTP_AUTH_TENANT_BEARER;
        return NGX_CONF_OK;
    }

    if (value->data[0] == '$') {
        return ngx_http_auth_tenant_token_variable(cf, value, token);
    }

    if (value->len > 7 && ngx_strncmp(value->data, "cookie:", 7) == 0) {
        token->type = NGX_HTTP_AUTH_TENANT_COOKIE;

    } else if (value->len > 7 && ngx_strncmp(value->data, "header:", 7) == 0) {
        token->type = NGX_HTTP_AUTH_TENANT_HEADER;

    } else {
        goto invalid;
    }

    token->name.len = value->len - 7;
    token->name.data = ngx_pstrdup(cf->pool, value);
    if (token->name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    token->name.data += 7;

    for (i = 0; i < token->name.len; i++) {

        ch = token->name.data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_'
              || (ch == '.' && token->type == NGX_HTTP_AUTH_TENANT_COOKIE)))
        {
            goto invalid;
        }

        if (token->type == NGX_HTTP_AUTH_TENANT_HEADER) {
            token->name.data[i] = ngx_tolower(ch);
        }
    }

    if (token->type == NGX_HTTP_AUTH_TENANT_HEADER
        && ((token->name.len == 13
             && ngx_strncmp(token->name.data, "authorization", 13) == 0)
            || (token->name.len == 6
                && ngx_strncmp(token->name.data, "cookie", 6) == 0)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_token\" can't use \"%V\", write "
                           "bearer or cookie:NAME", value);
        return NGX_CONF_ERROR;
    }

    if (token->type == NGX_HTTP_AUTH_TENANT_HEADER
        && ngx_http_auth_tenant_known_header(&token->name))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_token\" can't use \"%V\", which "
                           "nginx itself reads, write another header", value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid source \"%V\" in \"auth_tenant_token\", write "
                       "bearer, cookie:NAME, header:NAME or $variable", value);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_auth_tenant_token_variable(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_auth_tenant_token_t *token)
{
    u_char      ch;
    ngx_str_t   name;
    ngx_uint_t  i;

    if (ngx_http_auth_tenant_client_variable(value, &name) == NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_token\" can't use \"%V\", write "
                           "bearer, cookie:NAME or header:NAME, so that the "
                           "token can be removed from the request", value);
        return NGX_CONF_ERROR;
    }

    name.data = value->data + 1;
    name.len = value->len - 1;

    if (name.len > 2
        && name.data[0] == '{' && name.data[name.len - 1] == '}')
    {
        name.data++;
        name.len -= 2;
    }

    for (i = 0; i < name.len; i++) {

        ch = ngx_tolower(name.data[i]);

        if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')
              || ch == '_'))
        {
            break;
        }
    }

    if (i == 0 || i < name.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid source \"%V\" in \"auth_tenant_token\", "
                           "write $variable, alone", value);
        return NGX_CONF_ERROR;
    }

    token->type = NGX_HTTP_AUTH_TENANT_VARIABLE;
    token->index = ngx_http_get_variable_index(cf, &name);

    return (token->index == NGX_ERROR) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


char *
ngx_http_auth_tenant_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    ngx_str_t                         *value, rest;
    ngx_uint_t                         i;
    ngx_http_auth_tenant_origin_t     *of;
    ngx_http_auth_tenant_authority_t  *origin;

    if (lcf->origin != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    of = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_origin_t));
    if (of == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->origin = of;

    of->origins = ngx_array_create(cf->pool, 4,
                                   sizeof(ngx_http_auth_tenant_authority_t));
    if (of->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "same") == 0) {
            of->same = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "any") == 0) {

            if (cf->args->nelts != 2) {
                return "\"any\" stands alone";
            }

            of->any = 1;
            continue;
        }

        origin = ngx_array_push(of->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        if (ngx_http_auth_tenant_authority(origin, &value[i], &rest) != NGX_OK
            || rest.len != 0
            || strpbrk((char *) value[i].data, "?#@*\\") != NULL)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\" in "
                               "\"auth_tenant_origin\", write same, any or "
                               "for example https://app.example.com",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}

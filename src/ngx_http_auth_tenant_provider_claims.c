
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"


static void ngx_http_auth_tenant_provider_warn_user(ngx_conf_t *cf,
    auth_tenant_str_t *claim);


/* claims whose values some providers let people edit themselves */

static ngx_str_t  ngx_http_auth_tenant_editable_claims[] = {
    ngx_string("name"),
    ngx_string("nickname"),
    ngx_null_string
};


char *
ngx_http_auth_tenant_provider_audience(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    const char              *error;
    ngx_uint_t               i;
    auth_tenant_str_t       *source;
    auth_tenant_template_t  *template;

    if (provider->audience || provider->audience_off) {
        return "is duplicate";
    }

    if (n == 1 && ngx_strcmp(value->data, "off") == 0) {
        provider->audience_off = 1;
        return NGX_CONF_OK;
    }

    provider->audience = ngx_array_create(cf->pool, n,
                                          sizeof(auth_tenant_template_t));
    if (provider->audience == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {

        template = ngx_array_push(provider->audience);
        source = ngx_palloc(cf->pool, sizeof(auth_tenant_str_t));
        if (template == NULL || source == NULL) {
            return NGX_CONF_ERROR;
        }

        *source = ngx_http_auth_tenant_str(&value[i]);

        error = auth_tenant_template_compile(template, source, 0);

        if (error == NULL
            && template->names & auth_tenant_name_bit(AUTH_TENANT_USER))
        {
            error = "only {tenant} and {module} can stand here";
        }

        if (error == NULL && ngx_strcmp(value[i].data, "off") == 0) {
            error = "\"off\" stands alone; write either it or names";
        }

        if (error) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"audience\" \"%V\" of "
                               "\"auth_tenant_provider\" \"%V\": %s",
                               &value[i], &provider->name, error);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_auth_tenant_provider_claims(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    const char           *error;
    ngx_uint_t            i, name;
    auth_tenant_str_t     source;
    auth_tenant_claim_t  *claim;

    static ngx_str_t  keys[] = {
        ngx_string("tenant="),
        ngx_string("modules="),
        ngx_string("user=")
    };

    for (i = 0; i < n; i++) {

        for (name = 0; name < AUTH_TENANT_NNAMES; name++) {
            if (ngx_strncmp(value[i].data, keys[name].data, keys[name].len)
                == 0)
            {
                break;
            }
        }

        if (name == AUTH_TENANT_NNAMES) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"claims\", write "
                               "user=CLAIM tenant=CLAIM modules=CLAIM",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (provider->policy.claims[name]) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"%V\" in \"claims\"", &keys[name]);
            return NGX_CONF_ERROR;
        }

        claim = ngx_pcalloc(cf->pool, sizeof(auth_tenant_claim_t));
        if (claim == NULL) {
            return NGX_CONF_ERROR;
        }

        source.data = value[i].data + keys[name].len;
        source.len = value[i].len - keys[name].len;

        error = auth_tenant_claim_compile(claim, &source);

        if (error == NULL && claim->names) {
            error = "placeholders can't stand here";
        }

        if (error) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"claims\" \"%V\": %s", &value[i], error);
            return NGX_CONF_ERROR;
        }

        provider->policy.claims[name] = claim;

        if (name != AUTH_TENANT_USER) {
            continue;
        }

        if (source.len == 5 && ngx_memcmp(source.data, "email", 5) == 0) {
            provider->policy.email = 1;
        }

        ngx_http_auth_tenant_provider_warn_user(cf, &source);
    }

    return NGX_CONF_OK;
}


static void
ngx_http_auth_tenant_provider_warn_user(ngx_conf_t *cf,
    auth_tenant_str_t *claim)
{
    ngx_str_t  *name;

    for (name = ngx_http_auth_tenant_editable_claims; name->len; name++) {

        if (name->len == claim->len
            && ngx_memcmp(name->data, claim->data, claim->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"claims\" user=%V is a display name, which "
                               "some providers let people edit; make sure "
                               "that yours does not", name);
        }
    }
}

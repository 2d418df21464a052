
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"


/*
 * A directive of the block: one value, or, if `many`, any number of them.  A
 * list goes to the array at `list`, unless it is the keyword `alone`.
 */

typedef struct {
    ngx_str_t    name;
    const char  *values;
    ngx_uint_t   many;
    char      *(*set)(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t n,
                      ngx_http_auth_tenant_provider_t *provider);
    size_t       list;
    const char  *alone;
} ngx_http_auth_tenant_provider_command_t;


static char *ngx_http_auth_tenant_provider_slip(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_issuer(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_azp(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_tenants(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_jwks_file(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_algorithms(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_leeway(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_max_age(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_provider_time(ngx_conf_t *cf,
    ngx_str_t *value, time_t *field);
static char *ngx_http_auth_tenant_provider_list(ngx_conf_t *cf,
    ngx_str_t *value, ngx_uint_t n, ngx_array_t **field, const char *alone);


#define NGX_HTTP_AUTH_TENANT_WELL_KNOWN  "/.well-known/openid-configuration"

#define ngx_http_auth_tenant_provider_field(field)                            \
    offsetof(ngx_http_auth_tenant_provider_t, field)


static ngx_http_auth_tenant_provider_command_t
    ngx_http_auth_tenant_provider_commands[] = {

    { ngx_string("issuer"), "URL", 0,
      ngx_http_auth_tenant_provider_issuer,
      0, NULL },

    { ngx_string("audience"), "NAME ... or off", 1,
      ngx_http_auth_tenant_provider_audience,
      0, NULL },

    { ngx_string("azp"), "NAME ... or off", 1,
      ngx_http_auth_tenant_provider_azp,
      ngx_http_auth_tenant_provider_field(azp), "off" },

    { ngx_string("claims"), "user=CLAIM tenant=CLAIM modules=CLAIM", 1,
      ngx_http_auth_tenant_provider_claims,
      0, NULL },

    { ngx_string("space_delimited"), "CLAIM ...", 1,
      NULL,
      ngx_http_auth_tenant_provider_field(spaced), NULL },

    { ngx_string("tenants"), "NAME ... or any", 1,
      ngx_http_auth_tenant_provider_tenants,
      ngx_http_auth_tenant_provider_field(tenants), "any" },

    { ngx_string("jwks_file"), "PATH", 0,
      ngx_http_auth_tenant_provider_jwks_file,
      0, NULL },

    { ngx_string("algorithms"), "NAME ...", 1,
      ngx_http_auth_tenant_provider_algorithms,
      ngx_http_auth_tenant_provider_field(algorithms), NULL },

    { ngx_string("types"), "NAME ...", 1,
      NULL,
      ngx_http_auth_tenant_provider_field(types), NULL },

    { ngx_string("leeway"), "TIME", 0,
      ngx_http_auth_tenant_provider_leeway,
      0, NULL },

    { ngx_string("max_age"), "TIME or off", 0,
      ngx_http_auth_tenant_provider_max_age,
      0, NULL },

    { ngx_string("jwks_uri"), "URL", 0,
      ngx_http_auth_tenant_net_string,
      0, NULL },

    { ngx_string("refresh"), "TIME", 0,
      ngx_http_auth_tenant_net_time,
      0, NULL },

    { ngx_string("cooldown"), "TIME", 0,
      ngx_http_auth_tenant_net_time,
      0, NULL },

    { ngx_string("stale"), "TIME", 0,
      ngx_http_auth_tenant_net_time,
      0, NULL },

    { ngx_string("state_path"), "PATH", 0,
      ngx_http_auth_tenant_net_string,
      0, NULL },

    { ngx_string("connect_timeout"), "TIME", 0,
      ngx_http_auth_tenant_net_time,
      0, NULL },

    { ngx_string("read_timeout"), "TIME", 0,
      ngx_http_auth_tenant_net_time,
      0, NULL },

    { ngx_string("ssl_trusted_certificate"), "PATH", 0,
      ngx_http_auth_tenant_net_string,
      0, NULL },

    { ngx_string("ssl_verify"), "on or off", 0,
      ngx_http_auth_tenant_net_flag,
      0, NULL },

    { ngx_string("proxy"), "URL", 0,
      ngx_http_auth_tenant_net_string,
      0, NULL },

    { ngx_string("allow_http"), "on or off", 0,
      ngx_http_auth_tenant_net_flag,
      0, NULL },

    { ngx_null_string, NULL, 0, NULL, 0, NULL }
};


char *
ngx_http_auth_tenant_provider_directive(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    ngx_http_auth_tenant_provider_t *provider = conf;

    char                                     *rv;
    ngx_str_t                                *value;
    ngx_uint_t                                n;
    ngx_http_auth_tenant_provider_command_t  *cmd;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    if (n == 1 && ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    if (ngx_http_auth_tenant_tag_setting(provider, cf->args) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (cmd = ngx_http_auth_tenant_provider_commands; cmd->name.len; cmd++) {
        if (cmd->name.len == value[0].len
            && ngx_strcmp(cmd->name.data, value[0].data) == 0)
        {
            break;
        }
    }

    if (cmd->name.len == 0) {
        rv = "is not known here, write issuer, audience, azp, claims, "
             "space_delimited, tenants, jwks_file, jwks_uri, algorithms, "
             "types, leeway, max_age, refresh, cooldown, stale, state_path, "
             "connect_timeout, read_timeout, ssl_trusted_certificate, "
             "ssl_verify, proxy or allow_http";

    } else if (n == 0 || (n > 1 && !cmd->many)) {

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" of \"auth_tenant_provider\" \"%V\" has "
                           "%ui values, write %V %s", &value[0],
                           &provider->name, n, &value[0], cmd->values);
        return NGX_CONF_ERROR;

    } else {

        rv = ngx_http_auth_tenant_provider_slip(cf, value, n, provider);

        if (rv == NGX_CONF_OK && cmd->set) {
            rv = cmd->set(cf, &value[1], n, provider);
        }

        if (rv == NGX_CONF_OK && cmd->list
            && !(n == 1 && cmd->alone
                 && ngx_strcmp(value[1].data, cmd->alone) == 0))
        {
            rv = ngx_http_auth_tenant_provider_list(cf, &value[1], n,
                            (ngx_array_t **) ((char *) provider + cmd->list),
                            cmd->alone);
        }
    }

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" of \"auth_tenant_provider\" \"%V\" %s",
                           &value[0], &provider->name, rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


/* slips of the pen that would make a list of names another one */

static char *
ngx_http_auth_tenant_provider_slip(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    ngx_uint_t                                i;
    ngx_http_auth_tenant_provider_command_t  *cmd;

    for (i = 1; i <= n; i++) {

        if (value[i].len && value[i].data[value[i].len - 1] == ',') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" of \"auth_tenant_provider\" \"%V\" "
                               "has a comma after \"%V\", write spaces "
                               "between values", &value[0], &provider->name,
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (i == n) {
            break;
        }

        /* the last value can't be a directive: that has values of its own */

        for (cmd = ngx_http_auth_tenant_provider_commands;
             cmd->name.len;
             cmd++)
        {
            if (cmd->name.len == value[i].len
                && ngx_strcmp(cmd->name.data, value[i].data) == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" of \"auth_tenant_provider\" "
                                   "\"%V\" has the value \"%V\", write the "
                                   "\";\" that is missing before it",
                                   &value[0], &provider->name, &value[i]);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_issuer(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    if (provider->issuer.data) {
        return "is duplicate";
    }

    if (value->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"issuer\" is empty, write the \"iss\" of the "
                           "provider's tokens");
        return NGX_CONF_ERROR;
    }

    if (ngx_strchr(value->data, '$')) {
        return "can't have a variable, write it as it stands in tokens";
    }

    if (value->len >= sizeof(NGX_HTTP_AUTH_TENANT_WELL_KNOWN) - 1
        && ngx_strcmp(value->data + value->len
                      - (sizeof(NGX_HTTP_AUTH_TENANT_WELL_KNOWN) - 1),
                      NGX_HTTP_AUTH_TENANT_WELL_KNOWN)
           == 0)
    {
        return "is the URL of a discovery document, leave "
               NGX_HTTP_AUTH_TENANT_WELL_KNOWN " out";
    }

    provider->issuer = *value;
    provider->policy.issuer = ngx_http_auth_tenant_str(value);

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_azp(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    if (provider->azp || provider->policy.azp_off) {
        return "is duplicate";
    }

    if (n == 1 && ngx_strcmp(value->data, "off") == 0) {
        provider->policy.azp_off = 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_tenants(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    if (provider->bound) {
        return "is duplicate";
    }

    provider->bound = 1;

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_jwks_file(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    if (provider->jwks_file.data) {
        return "is duplicate";
    }

    provider->jwks_file = *value;

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_algorithms(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    ngx_uint_t         i;
    auth_tenant_str_t  name;
    auth_tenant_alg_e  alg;

    if (provider->algorithms) {
        return "is duplicate";
    }

    for (i = 0; i < n; i++) {

        if (ngx_strcasecmp(value[i].data, (u_char *) "none") == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"algorithms\" can't have \"%V\": a token "
                               "without a signature proves nothing; write the "
                               "algorithm that the provider signs with",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        name = ngx_http_auth_tenant_str(&value[i]);
        alg = auth_tenant_alg_by_name(&name);

        if (alg == AUTH_TENANT_ALG_UNKNOWN) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown algorithm \"%V\" in \"algorithms\", "
                               "write some of RS256 RS384 RS512 PS256 PS384 "
                               "PS512 ES256 ES384 ES512 EdDSA", &value[i]);
            return NGX_CONF_ERROR;
        }

        provider->policy.algs |= auth_tenant_alg_bit(alg);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_leeway(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    char  *rv;

    rv = ngx_http_auth_tenant_provider_time(cf, value, &provider->leeway);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (provider->leeway > 300) {
        return "is for clocks that differ, write at most 300s";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_max_age(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    char  *rv;

    if (ngx_strcmp(value->data, "off") == 0) {

        if (provider->max_age != NGX_CONF_UNSET) {
            return "is duplicate";
        }

        provider->max_age = 0;
        return NGX_CONF_OK;
    }

    rv = ngx_http_auth_tenant_provider_time(cf, value, &provider->max_age);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (provider->max_age == 0) {
        return "would let no token pass, write for example 8h, or off";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_time(ngx_conf_t *cf, ngx_str_t *value,
    time_t *field)
{
    if (*field != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    *field = ngx_parse_time(value, 1);

    if (*field == (time_t) NGX_ERROR) {
        return "has an invalid time, write for example 30s or 5m";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_auth_tenant_provider_list(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_array_t **field, const char *alone)
{
    ngx_uint_t          i;
    auth_tenant_str_t  *s;

    if (*field) {
        return "is duplicate";
    }

    *field = ngx_array_create(cf->pool, n, sizeof(auth_tenant_str_t));
    if (*field == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (value[i].len == 0) {
            return "has an empty value, write a name";
        }

        if (alone && ngx_strcmp(value[i].data, alone) == 0) {
            return "has a keyword beside names, write either it or them";
        }

        s = ngx_array_push(*field);
        if (s == NULL) {
            return NGX_CONF_ERROR;
        }

        *s = ngx_http_auth_tenant_str(&value[i]);
    }

    return NGX_CONF_OK;
}

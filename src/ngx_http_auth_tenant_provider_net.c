
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Directives of a provider whose keys come from the network.
 */


#include "ngx_http_auth_tenant_conf.h"
#include "ngx_http_auth_tenant_net.h"


#define NGX_HTTP_AUTH_TENANT_MAX_COOLDOWN  3600000
#define NGX_HTTP_AUTH_TENANT_MAX_TIMEOUT   60000


static void ngx_http_auth_tenant_net_first(ngx_conf_t *cf,
    ngx_http_auth_tenant_net_t *net);
static ngx_uint_t ngx_http_auth_tenant_net_port(const ngx_str_t *url);


ngx_http_auth_tenant_net_t *
ngx_http_auth_tenant_net_create(ngx_conf_t *cf)
{
    ngx_http_auth_tenant_net_t  *net;

    net = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_net_t));
    if (net == NULL) {
        return NULL;
    }

    net->refresh = NGX_CONF_UNSET_MSEC;
    net->cooldown = NGX_CONF_UNSET_MSEC;
    net->stale = NGX_CONF_UNSET_MSEC;
    net->route.connect_timeout = NGX_CONF_UNSET_MSEC;
    net->read_timeout = NGX_CONF_UNSET_MSEC;
    net->ssl_verify = NGX_CONF_UNSET;
    net->allow_http = NGX_CONF_UNSET;

    net->file = cf->conf_file->file.name.data;
    net->line = cf->conf_file->line;

    return net;
}


static void
ngx_http_auth_tenant_net_first(ngx_conf_t *cf,
    ngx_http_auth_tenant_net_t *net)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (net->first.data == NULL) {
        net->first = value[0];
    }
}


char *
ngx_http_auth_tenant_net_string(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    ngx_str_t                   *directive, *field;
    ngx_http_auth_tenant_net_t  *net;

    net = provider->net;
    directive = cf->args->elts;

    switch (directive->data[0]) {

    case 'j':
        field = &net->jwks_uri;
        break;

    case 'p':
        field = &net->route.proxy;
        break;

    default: /* "ssl_trusted_certificate", "state_path" */
        field = (directive->data[1] == 's') ? &net->route.certificate
                                            : &net->state_path;
    }

    if (field->data) {
        return "is duplicate";
    }

    if (value->len == 0) {
        return "has an empty value, write one or leave the directive out";
    }

    if (ngx_strchr(value->data, '$')) {
        return "can't have a variable, write it as it is";
    }

    if (field == &net->route.proxy
        && ngx_strncmp(value->data, "http://", 7) != 0
        && ngx_strncmp(value->data, "https://", 8) != 0)
    {
        return "is no HTTP proxy's URL, write for example "
               "http://proxy.example.com:3128";
    }

    if (field == &net->route.proxy && !ngx_http_auth_tenant_net_port(value)) {
        return "has no port, write for example http://proxy.example.com:3128";
    }

    *field = *value;
    ngx_http_auth_tenant_net_first(cf, net);

    return NGX_CONF_OK;
}


/* libcurl would take 1080, where hardly any HTTP proxy listens */

static ngx_uint_t
ngx_http_auth_tenant_net_port(const ngx_str_t *url)
{
    u_char  *p, *last, *port;

    p = (u_char *) ngx_strstr(url->data, "://") + 3;

    last = (u_char *) ngx_strchr(p, '/');
    if (last == NULL) {
        last = url->data + url->len;
    }

    for (port = last; port > p && port[-1] >= '0' && port[-1] <= '9'; port--) {
        /* void */
    }

    /* with a host before the colon; a password has one, too */

    return port < last && port - 1 > p && port[-1] == ':' && port[-2] != '@';
}


char *
ngx_http_auth_tenant_net_time(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    ngx_int_t                    time;
    ngx_str_t                   *directive;
    ngx_msec_t                  *field;
    ngx_http_auth_tenant_net_t  *net;

    net = provider->net;
    directive = cf->args->elts;

    if (ngx_strcmp(directive->data, "refresh") == 0) {
        field = &net->refresh;

    } else if (ngx_strcmp(directive->data, "cooldown") == 0) {
        field = &net->cooldown;

    } else if (ngx_strcmp(directive->data, "stale") == 0) {
        field = &net->stale;

    } else if (ngx_strcmp(directive->data, "connect_timeout") == 0) {
        field = &net->route.connect_timeout;

    } else {
        field = &net->read_timeout;
    }

    if (*field != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    time = ngx_parse_time(value, 0);

    if (time == NGX_ERROR && field == &net->stale) {
        return "has an invalid time, write for example 12h, or 0";
    }

    if (time == NGX_ERROR) {
        return "has an invalid time, write for example 10s or 5m";
    }

    if (time == 0 && field != &net->stale) {
        return "can't be 0, write for example 10s or 5m";
    }

    if (field == &net->cooldown && time > NGX_HTTP_AUTH_TENANT_MAX_COOLDOWN) {
        return "would keep new keys unknown for long, write at most 1h";
    }

    if ((field == &net->route.connect_timeout || field == &net->read_timeout)
        && time > NGX_HTTP_AUTH_TENANT_MAX_TIMEOUT)
    {
        return "would keep requests waiting for long, write at most 60s";
    }

    if (time > NGX_MAX_INT32_VALUE) {
        return "is too long, write at most 24d";
    }

    *field = (ngx_msec_t) time;
    ngx_http_auth_tenant_net_first(cf, net);

    return NGX_CONF_OK;
}


char *
ngx_http_auth_tenant_net_flag(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_http_auth_tenant_provider_t *provider)
{
    ngx_str_t                   *directive;
    ngx_flag_t                  *field;
    ngx_http_auth_tenant_net_t  *net;

    net = provider->net;
    directive = cf->args->elts;

    field = (directive->data[0] == 'a') ? &net->allow_http
                                        : &net->ssl_verify;

    if (*field != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    if (ngx_strcasecmp(value->data, (u_char *) "on") == 0) {
        *field = 1;

    } else if (ngx_strcasecmp(value->data, (u_char *) "off") == 0) {
        *field = 0;

    } else {
        return "has another value, write on or off";
    }

    ngx_http_auth_tenant_net_first(cf, net);

    return NGX_CONF_OK;
}

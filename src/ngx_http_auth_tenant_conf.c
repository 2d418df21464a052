
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"


static char *ngx_http_auth_tenant(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_auth_tenant_bypass(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_auth_tenant_login_url(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_auth_tenant_dry_run(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_auth_tenant_max_size(ngx_conf_t *cf, void *post,
    void *data);


static ngx_conf_post_t  ngx_http_auth_tenant_max_size_post = {
    ngx_http_auth_tenant_max_size
};


ngx_command_t  ngx_http_auth_tenant_commands[] = {

    { ngx_string("auth_tenant"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_provider"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_auth_tenant_provider_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant_zone_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_bypass"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant_bypass,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_auth_tenant_loc_conf_t, bypass),
      NULL },

    { ngx_string("auth_tenant_token"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_token_max_size"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_auth_tenant_loc_conf_t, max_size),
      &ngx_http_auth_tenant_max_size_post },

    { ngx_string("auth_tenant_forward_token"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_auth_tenant_loc_conf_t, forward),
      NULL },

    { ngx_string("auth_tenant_origin"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_host"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant_host,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_path"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_auth_tenant_path,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_match"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_auth_tenant_match_name,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_require"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_upstream"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_auth_tenant_template_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_auth_tenant_loc_conf_t, upstream),
      (void *) AUTH_TENANT_TEMPLATE_UPSTREAM },

    { ngx_string("auth_tenant_scrub"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_auth_tenant_scrub,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_auth_tenant_srv_conf_t, scrub),
      NULL },

    { ngx_string("auth_tenant_home"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_auth_tenant_template_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_auth_tenant_loc_conf_t, home),
      (void *) AUTH_TENANT_TEMPLATE_PATH },

    { ngx_string("auth_tenant_login_url"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_auth_tenant_login_url,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_dry_run"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_auth_tenant_dry_run,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_tenant_claim_set"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_auth_tenant_claim_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static char *
ngx_http_auth_tenant(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i, j;

    if (lcf->names != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->file = cf->conf_file->file.name.data;
    lcf->line = cf->conf_file->line;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->names = NULL;
        return NGX_CONF_OK;
    }

    lcf->names = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                  sizeof(ngx_str_t));
    if (lcf->names == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "off") == 0) {
            return "\"off\" stands alone; write either it or the providers";
        }

        if (ngx_strcmp(value[i].data, "on") == 0) {
            return "\"on\" is no provider; write the name of a provider";
        }

        name = lcf->names->elts;

        for (j = 0; j < lcf->names->nelts; j++) {
            if (name[j].len == value[i].len
                && ngx_strncmp(name[j].data, value[i].data, value[i].len) == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate provider \"%V\" in "
                                   "\"auth_tenant\"", &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        name = ngx_array_push(lcf->names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


/*
 * Finds a variable in `value` that a client makes as it likes, so that no
 * decision may rest on it directly.
 */

ngx_int_t
ngx_http_auth_tenant_client_variable(ngx_str_t *value, ngx_str_t *name)
{
    u_char      *p, *last, *start;
    ngx_str_t   *v;

    static ngx_str_t  prefixes[] = {
        ngx_string("arg_"),
        ngx_string("http_"),
        ngx_string("cookie_"),
        ngx_null_string
    };

    static ngx_str_t  names[] = {
        ngx_string("args"),
        ngx_string("query_string"),
        ngx_string("is_args"),
        ngx_string("request"),
        ngx_string("request_uri"),
        ngx_string("request_body"),
        ngx_string("request_body_file"),
        ngx_string("content_type"),
        ngx_string("content_length"),
        ngx_string("request_method"),
        ngx_string("request_filename"),
        ngx_string("uri"),
        ngx_string("document_uri"),
        ngx_string("remote_user"),
        ngx_string("proxy_add_x_forwarded_for"),
        ngx_string("ssl_server_name"),
        ngx_string("invalid_referer"),
        ngx_string("http2"),
        ngx_string("http3"),
        ngx_string("fastcgi_script_name"),
        ngx_string("fastcgi_path_info"),
        ngx_string("realpath_root"),
        ngx_string("uid_got"),
        ngx_null_string
    };

    last = value->data + value->len;

    for (p = value->data; p < last; /* void */) {

        if (*p++ != '$') {
            continue;
        }

        if (p < last && *p == '{') {
            p++;
        }

        start = p;

        while (p < last
               && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
                   || (*p >= '0' && *p <= '9') || *p == '_'))
        {
            p++;
        }

        name->data = start;
        name->len = p - start;

        /* a numbered capture is that of whatever regex ran last */

        if (start < p && *start >= '0' && *start <= '9') {
            return NGX_OK;
        }

        for (v = prefixes; v->len; v++) {
            if (name->len >= v->len
                && ngx_strncasecmp(start, v->data, v->len) == 0)
            {
                return NGX_OK;
            }
        }

        for (v = names; v->len; v++) {
            if (name->len == v->len
                && ngx_strncasecmp(start, v->data, v->len) == 0)
            {
                return NGX_OK;
            }
        }
    }

    return NGX_DECLINED;
}


static char *
ngx_http_auth_tenant_bypass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value, name;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_auth_tenant_client_variable(&value[i], &name) == NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"auth_tenant_bypass\" can't use \"$%V\": any "
                               "client can send it; write a \"map\" or "
                               "\"geo\" variable that decides by the location "
                               "or address", &name);
            return NGX_CONF_ERROR;
        }

        if (ngx_strchr(value[i].data, '$') == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"auth_tenant_bypass\" \"%V\" has no variable "
                               "and would be the same for every request; "
                               "write \"auth_tenant off\" instead", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_set_predicate_slot(cf, cmd, conf);
}


static char *
ngx_http_auth_tenant_login_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    u_char     *p;
    size_t      len;
    ngx_str_t  *value, url;

    static ngx_str_t  from = ngx_string("{uri}");
    static ngx_str_t  to = ngx_string("${auth_return_url}");

    if (lcf->login_url != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "is empty; write a URL, for example "
               "\"/oauth2/start?rd={uri}\"";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->login_url = NULL;
        return NGX_CONF_OK;
    }

    url.data = ngx_pnalloc(cf->pool, value[1].len / from.len * to.len
                                     + value[1].len + 1);
    if (url.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = url.data;

    for (len = 0; len < value[1].len; /* void */) {

        if (value[1].len - len >= from.len
            && ngx_strncmp(value[1].data + len, from.data, from.len) == 0)
        {
            p = ngx_cpymem(p, to.data, to.len);
            len += from.len;
            continue;
        }

        if (value[1].data[len] == '{'
            && (len == 0 || value[1].data[len - 1] != '$'))
        {
            return "has an unknown placeholder; write {uri} for the address "
                   "to come back to, or a variable as ${name}";
        }

        *p++ = value[1].data[len++];
    }

    *p = '\0';
    url.len = p - url.data;

    lcf->login_url = ngx_http_auth_tenant_complex_value(cf, &url);

    return lcf->login_url ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_auth_tenant_dry_run(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_auth_tenant_loc_conf_t *lcf = conf;

    ngx_str_t  *value, name;

    if (lcf->dry_run != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->dry_run = NULL;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") != 0 && value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"auth_tenant_dry_run\", "
                           "write on, off or a $variable", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_auth_tenant_client_variable(&value[1], &name) == NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_dry_run\" can't use \"$%V\": any "
                           "client could switch the check off; write a "
                           "\"map\" or \"geo\" variable", &name);
        return NGX_CONF_ERROR;
    }

    lcf->dry_run = ngx_http_auth_tenant_complex_value(cf, &value[1]);

    return lcf->dry_run ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_auth_tenant_max_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t *size = data;

    if (*size < 64 || *size > AUTH_TENANT_MAX_TOKEN) {
        return "is out of range, write from 64 to 64k";
    }

    return NGX_CONF_OK;
}


ngx_http_complex_value_t *
ngx_http_auth_tenant_complex_value(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_http_complex_value_t          *cv;
    ngx_http_compile_complex_value_t   ccv;

    cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (cv == NULL) {
        return NULL;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NULL;
    }

    return cv;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_conf.h"


static ngx_int_t ngx_http_auth_tenant_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_auth_tenant_upstream_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_auth_tenant_exp_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_auth_tenant_result_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_auth_tenant_return_url_variable(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_auth_tenant_connection_variable(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_auth_tenant_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_auth_tenant_claim_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const auth_tenant_node_t *node);
static void ngx_http_auth_tenant_set_value(ngx_http_variable_value_t *v,
    const u_char *data, size_t len);
static const ngx_http_auth_tenant_ctx_t *ngx_http_auth_tenant_allowed(
    ngx_http_request_t *r);


/*
 * Not cacheable: subrequests share the variables of their main request, and
 * a later decision must not show an earlier one's names.
 */

static ngx_http_variable_t  ngx_http_auth_tenant_vars[] = {

    { ngx_string("auth_user"), NULL,
      ngx_http_auth_tenant_name_variable, AUTH_TENANT_USER,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_tenant"), NULL,
      ngx_http_auth_tenant_name_variable, AUTH_TENANT_TENANT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_module"), NULL,
      ngx_http_auth_tenant_name_variable, AUTH_TENANT_MODULE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_upstream"), NULL,
      ngx_http_auth_tenant_upstream_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_exp"), NULL,
      ngx_http_auth_tenant_exp_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_result"), NULL,
      ngx_http_auth_tenant_result_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_return_url"), NULL,
      ngx_http_auth_tenant_return_url_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_connection"), NULL,
      ngx_http_auth_tenant_connection_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("auth_claim_"), NULL,
      ngx_http_auth_tenant_claim_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_auth_tenant_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_auth_tenant_vars; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* $auth_user is who acts; the tenant and the module are what is acted in */

static ngx_int_t
ngx_http_auth_tenant_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const auth_tenant_str_t           *name;
    const ngx_http_auth_tenant_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_auth_tenant_allowed(r);
    if (ctx == NULL) {
        return NGX_OK;
    }

    name = &ctx->identity.name[data];

    if (data != AUTH_TENANT_USER && ctx->matched.name[data].data) {
        name = &ctx->matched.name[data];
    }

    if (name->data) {
        ngx_http_auth_tenant_set_value(v, name->data, name->len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_upstream_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const ngx_http_auth_tenant_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_auth_tenant_allowed(r);

    if (ctx && ctx->upstream.len) {
        ngx_http_auth_tenant_set_value(v, ctx->upstream.data,
                                       ctx->upstream.len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_exp_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                            *p, *last;
    const ngx_http_auth_tenant_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_auth_tenant_allowed(r);
    if (ctx == NULL) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "%L", ctx->credential->claims.exp);

    ngx_http_auth_tenant_set_value(v, p, last - p);

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_result_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const auth_tenant_verdict_t       *verdict;
    const ngx_http_auth_tenant_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_auth_tenant_get_ctx(r);

    if (ctx) {
        verdict = auth_tenant_verdict(ctx->verdict);
        ngx_http_auth_tenant_set_value(v, verdict->word.data,
                                       verdict->word.len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_return_url_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  url;

    if (ngx_http_auth_tenant_return_url(r, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_auth_tenant_set_value(v, url.data, url.len);

    return NGX_OK;
}


/*
 * For "proxy_set_header Connection": an upgrade goes on only where the rules
 * were asked about a WebSocket.
 */

static ngx_int_t
ngx_http_auth_tenant_connection_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    v->not_found = 1;

    if (ngx_http_auth_tenant_request_method(r)
        == AUTH_TENANT_METHOD_WEBSOCKET)
    {
        ngx_http_auth_tenant_set_value(v, (u_char *) "upgrade",
                                       sizeof("upgrade") - 1);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    auth_tenant_str_t                  member;
    auth_tenant_node_t                 root, node;
    const ngx_http_auth_tenant_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_auth_tenant_allowed(r);
    if (ctx == NULL) {
        return NGX_OK;
    }

    member.data = name->data + sizeof("auth_claim_") - 1;
    member.len = name->len - (sizeof("auth_claim_") - 1);

    auth_tenant_claims_root(&ctx->credential->claims, &root);

    if (!auth_tenant_node_member(&root, &member, &node)) {
        return NGX_OK;
    }

    return ngx_http_auth_tenant_claim_value(r, v, &node);
}


ngx_int_t
ngx_http_auth_tenant_claim_set_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t                              i;
    auth_tenant_node_t                      node;
    ngx_http_auth_tenant_claim_set_t       *set;
    const ngx_http_auth_tenant_ctx_t       *ctx;
    const ngx_http_auth_tenant_loc_conf_t  *lcf;

    v->not_found = 1;

    ctx = ngx_http_auth_tenant_allowed(r);
    if (ctx == NULL) {
        return NGX_OK;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_auth_tenant_module);

    if (lcf->claim_sets == NULL) {
        return NGX_OK;
    }

    set = lcf->claim_sets->elts;

    for (i = 0; i < lcf->claim_sets->nelts; i++) {

        if (set[i].index != (ngx_int_t) data) {
            continue;
        }

        if (auth_tenant_claim_find(&set[i].claim, &ctx->credential->claims,
                                   &ctx->matched, &node))
        {
            return ngx_http_auth_tenant_claim_value(r, v, &node);
        }

        break;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_claim_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const auth_tenant_node_t *node)
{
    u_char             *p;
    auth_tenant_str_t   text;

    p = ngx_pnalloc(r->pool, node->value.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (auth_tenant_claim_text(node, p, node->value.len, &text)) {
        ngx_http_auth_tenant_set_value(v, text.data, text.len);
    }

    return NGX_OK;
}


static void
ngx_http_auth_tenant_set_value(ngx_http_variable_value_t *v,
    const u_char *data, size_t len)
{
    v->data = (u_char *) data;
    v->len = len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}


/* names and claims show only after a yes, and not while one is made */

static const ngx_http_auth_tenant_ctx_t *
ngx_http_auth_tenant_allowed(ngx_http_request_t *r)
{
    const ngx_http_auth_tenant_ctx_t  *ctx;

    ctx = ngx_http_auth_tenant_get_ctx(r);

    return (ctx && ctx->verdict == AUTH_TENANT_OK) ? ctx : NULL;
}

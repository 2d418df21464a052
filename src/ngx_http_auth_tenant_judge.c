
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * One decision: what the request names against what a verified token says.
 */


#include "ngx_http_auth_tenant_module.h"


static auth_tenant_verdict_e ngx_http_auth_tenant_decide(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx);
static auth_tenant_verdict_e ngx_http_auth_tenant_authorize(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_methods_t method);
static auth_tenant_verdict_e ngx_http_auth_tenant_set_home(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx);
static auth_tenant_verdict_e ngx_http_auth_tenant_set_upstream(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx);
static auth_tenant_verdict_e ngx_http_auth_tenant_expand(
    ngx_http_request_t *r, const ngx_http_auth_tenant_ctx_t *ctx,
    const auth_tenant_template_t *template, ngx_str_t *value);
static int ngx_http_auth_tenant_variable(void *data, uintptr_t index,
    auth_tenant_str_t *value);


void
ngx_http_auth_tenant_judge(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx)
{
    ngx_http_auth_tenant_settle(r, ctx, AUTH_TENANT_ERROR);

    ctx->decided = 0;
    ctx->realm = NULL;
    ctx->verdict = ngx_http_auth_tenant_decide(r, lcf, ctx);
    ctx->decided = 1;
}


/* a verdict on this location, and nothing of an earlier one */

void
ngx_http_auth_tenant_settle(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_verdict_e verdict)
{
    ctx->verdict = verdict;
    ctx->decided = 1;
    ctx->pass = ngx_http_auth_tenant_pass(r);
    ctx->failed = NULL;
    ctx->provider = NULL;

    ngx_str_null(&ctx->upstream);
    ngx_str_null(&ctx->location);
    ngx_memzero(&ctx->matched, sizeof(auth_tenant_names_t));
    ngx_memzero(&ctx->identity, sizeof(auth_tenant_names_t));
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_decide(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx)
{
    ngx_uint_t              i, home;
    auth_tenant_methods_t   method;
    auth_tenant_verdict_e   verdict;

    method = ngx_http_auth_tenant_request_method(r);

    if (!(method & AUTH_TENANT_METHODS_SAFE)
        && ngx_http_auth_tenant_early_data(r))
    {
        return AUTH_TENANT_EARLY_DATA;
    }

    verdict = ngx_http_auth_tenant_match(r, lcf, &ctx->matched, &home);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    if (ctx->credential) {
        verdict = ngx_http_auth_tenant_accept_credential(r, lcf, ctx, method);

    } else {
        verdict = ngx_http_auth_tenant_authenticate(r, lcf, ctx, method);
    }

    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    verdict = auth_tenant_policy_identity(&ctx->credential->provider->policy,
                                          &ctx->credential->claims,
                                          &ctx->matched, &ctx->identity);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    if (home) {

        /* "/" names nobody: whoever opens it is sent to what is theirs */

        for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
            if (lcf->from[i] == NGX_HTTP_AUTH_TENANT_FROM_PATH) {

                if (ctx->identity.name[i].data == NULL) {
                    return AUTH_TENANT_NO_MATCH;
                }

                ctx->matched.name[i] = ctx->identity.name[i];
            }
        }
    }

    verdict = ngx_http_auth_tenant_authorize(r, lcf, ctx, method);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    if (home) {
        return ngx_http_auth_tenant_set_home(r, lcf, ctx);
    }

    return ngx_http_auth_tenant_set_upstream(r, lcf, ctx);
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_authorize(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_methods_t method)
{
    auth_tenant_values_t                      values;
    const ngx_http_auth_tenant_credential_t  *credential;

    credential = ctx->credential;

    values.names = &ctx->matched;
    values.variable = ngx_http_auth_tenant_variable;
    values.data = r;

    return auth_tenant_rules_judge(&lcf->ruleset, method,
                                   &credential->provider->policy,
                                   &credential->claims, &values,
                                   &ctx->failed);
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_set_home(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx)
{
    return ngx_http_auth_tenant_expand(r, ctx, lcf->home, &ctx->location);
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_set_upstream(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx)
{
    unsigned            names;
    ngx_uint_t          i;
    auth_tenant_str_t  *matched, *identity;

    if (lcf->upstream == NULL) {
        return AUTH_TENANT_OK;
    }

    /*
     * The claims select the instance.  Where special rules let a request
     * name somebody else, there is no telling whose instance is meant.
     */

    names = lcf->upstream->names & lcf->ruleset.captured
            & ~lcf->ruleset.waived & ~auth_tenant_name_bit(AUTH_TENANT_MODULE);

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {

        matched = &ctx->matched.name[i];
        identity = &ctx->identity.name[i];

        if ((names & auth_tenant_name_bit(i))
            && identity->data
            && !auth_tenant_str_eq(matched, identity))
        {
            return (i == AUTH_TENANT_USER) ? AUTH_TENANT_WRONG_USER
                                           : AUTH_TENANT_WRONG_TENANT;
        }
    }

    return ngx_http_auth_tenant_expand(r, ctx, lcf->upstream, &ctx->upstream);
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_expand(ngx_http_request_t *r,
    const ngx_http_auth_tenant_ctx_t *ctx,
    const auth_tenant_template_t *template, ngx_str_t *value)
{
    size_t                 len;
    u_char                *p, text[AUTH_TENANT_MAX_EXPANDED];
    auth_tenant_names_t    names;
    auth_tenant_values_t   values;
    auth_tenant_verdict_e  verdict;

    names = ctx->identity;
    names.name[AUTH_TENANT_MODULE] = ctx->matched.name[AUTH_TENANT_MODULE];

    values.names = &names;
    values.variable = NULL;
    values.data = NULL;

    verdict = auth_tenant_template_expand(template, &values, text,
                                          sizeof(text), &len);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return AUTH_TENANT_ERROR;
    }

    ngx_memcpy(p, text, len);

    value->data = p;
    value->len = len;

    return AUTH_TENANT_OK;
}


static int
ngx_http_auth_tenant_variable(void *data, uintptr_t index,
    auth_tenant_str_t *value)
{
    ngx_http_request_t *r = data;

    ngx_http_variable_value_t  *vv;

    vv = ngx_http_get_flushed_variable(r, (ngx_uint_t) index);

    if (vv == NULL || vv->not_found || vv->len == 0) {
        return 0;
    }

    value->data = vv->data;
    value->len = vv->len;

    return 1;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_module.h"


static ngx_int_t ngx_http_auth_tenant_forget(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf);
static ngx_int_t ngx_http_auth_tenant_take(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx);
static ngx_int_t ngx_http_auth_tenant_open(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf);
static ngx_int_t ngx_http_auth_tenant_exempt(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf);
static ngx_int_t ngx_http_auth_tenant_is_dry(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, ngx_uint_t *dry);
static ngx_uint_t ngx_http_auth_tenant_in_access_phase(ngx_http_request_t *r);
static ngx_http_auth_tenant_ctx_t *ngx_http_auth_tenant_find_ctx(
    ngx_http_request_t *r);
static ngx_http_auth_tenant_ctx_t *ngx_http_auth_tenant_make_ctx(
    ngx_http_request_t *r);
static void ngx_http_auth_tenant_cleanup(void *data);
static void ngx_http_auth_tenant_log(ngx_http_request_t *r,
    const ngx_http_auth_tenant_ctx_t *ctx, const char *what);


ngx_int_t
ngx_http_auth_tenant_access_handler(ngx_http_request_t *r)
{
    ngx_int_t                               rc;
    ngx_uint_t                              dry;
    ngx_http_auth_tenant_ctx_t             *ctx;
    const ngx_http_auth_tenant_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_auth_tenant_module);

    rc = ngx_http_auth_tenant_exempt(r, lcf);

    if (rc == NGX_DECLINED) {
        return ngx_http_auth_tenant_open(r, lcf);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_http_auth_tenant_make_ctx(r);

    if (ctx == NULL
        || ngx_http_auth_tenant_is_dry(r, lcf, &dry) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->waiter) {
        return NGX_AGAIN;
    }

    ngx_http_auth_tenant_judge(r, lcf, ctx);

    if (ctx->realm && ngx_http_auth_tenant_ask(r, ctx, !dry) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (ctx->verdict != AUTH_TENANT_OK) {
        ngx_http_auth_tenant_log(r, ctx, dry ? "would refuse" : "refused");
    }

    if (dry) {
        return NGX_DECLINED;
    }

    if (ctx->verdict != AUTH_TENANT_OK || ctx->location.len) {

        rc = ngx_http_auth_tenant_answer(r, lcf, ctx);

        if (rc != NGX_HTTP_UNAUTHORIZED && rc != NGX_HTTP_FORBIDDEN) {

            /* the end even with "satisfy any", but not in an error page */

            r->access_code = 0;
        }

        return rc;
    }

    ngx_http_auth_tenant_clear_answer(r);

    return ngx_http_auth_tenant_take(r, lcf, ctx);
}


/*
 * nginx runs no access handlers in subrequests.  A subrequest gets into a
 * protected location only with claims that fit this very location; exempt
 * is one that is made before the main request has a verdict, as auth_request
 * does, into a location that clients can't reach.
 */

ngx_int_t
ngx_http_auth_tenant_guard_handler(ngx_http_request_t *r)
{
    ngx_int_t                               rc;
    ngx_uint_t                              dry;
    ngx_http_core_loc_conf_t               *clcf;
    ngx_http_auth_tenant_ctx_t             *ctx, *main;
    const ngx_http_auth_tenant_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_auth_tenant_module);

    if (r == r->main) {
        return ngx_http_auth_tenant_forget(r, lcf);
    }

    rc = ngx_http_auth_tenant_exempt(r, lcf);
    if (rc != NGX_OK) {
        return rc;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->internal && ngx_http_auth_tenant_in_access_phase(r->main)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_auth_tenant_make_ctx(r);

    if (ctx == NULL
        || ngx_http_auth_tenant_is_dry(r, lcf, &dry) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    main = ngx_http_auth_tenant_find_ctx(r->main);

    if (main && main->decided && main->verdict == AUTH_TENANT_OK) {
        ctx->credential = main->credential;
        ngx_http_auth_tenant_judge(r, lcf, ctx);

    } else {
        ngx_http_auth_tenant_settle(r, ctx, AUTH_TENANT_BLOCKED);
    }

    if (ctx->verdict != AUTH_TENANT_OK) {
        ngx_http_auth_tenant_log(r, ctx, dry ? "would refuse subrequest"
                                             : "refused subrequest");
    }

    if (dry) {
        return NGX_DECLINED;
    }

    if (ctx->verdict != AUTH_TENANT_OK) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (main->stripped) {
        return NGX_DECLINED;
    }

    rc = ngx_http_auth_tenant_take(r, lcf, ctx);

    return (rc == NGX_OK) ? NGX_DECLINED : rc;
}


/*
 * With "satisfy any" another handler may let a request in before ours is
 * asked: what was decided about an earlier location, before an internal
 * redirect, is not said of this one.
 */

static ngx_int_t
ngx_http_auth_tenant_forget(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf)
{
    ngx_int_t                    rc;
    ngx_http_auth_tenant_ctx_t  *ctx;

    ctx = ngx_http_auth_tenant_find_ctx(r);

    if (ctx == NULL || ctx->pass == ngx_http_auth_tenant_pass(r)) {
        return NGX_DECLINED;
    }

    rc = ngx_http_auth_tenant_exempt(r, lcf);

    if (rc == NGX_OK) {
        ctx->decided = 0;
        return NGX_DECLINED;
    }

    return rc;
}


/* takes the credential that was verified out of the request */

static ngx_int_t
ngx_http_auth_tenant_take(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx)
{
    if (lcf->forward || ctx->stripped) {
        return NGX_OK;
    }

    if (ngx_http_auth_tenant_strip(r, ctx->credential->source) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->stripped = 1;

    return NGX_OK;
}


/*
 * Where nothing is checked, the path must at least lead the backend where it
 * led us: "/user/bob/../../static/" is no way into a checked location, and
 * neither is "/user;x/bob/", which falls to a location that takes what no
 * other one does, nor a "Destination" that nobody judges.
 */

static ngx_int_t
ngx_http_auth_tenant_open(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf)
{
    ngx_uint_t                              dry;
    ngx_http_auth_tenant_ctx_t             *ctx;
    const ngx_http_auth_tenant_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_auth_tenant_module);

    if (!scf->used) {
        return NGX_DECLINED;
    }

    if (ngx_http_auth_tenant_plain_path(r, AUTH_TENANT_PATH_STRICT)
        && ngx_http_auth_tenant_match_destination(r, lcf, NULL)
           == AUTH_TENANT_OK)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_auth_tenant_make_ctx(r);

    if (ctx == NULL
        || ngx_http_auth_tenant_is_dry(r, lcf, &dry) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_auth_tenant_settle(r, ctx, AUTH_TENANT_BAD_PATH);

    ngx_http_auth_tenant_log(r, ctx, dry ? "would refuse" : "refused");

    if (dry) {
        return NGX_DECLINED;
    }

    return ngx_http_auth_tenant_answer(r, lcf, ctx);
}


/* NGX_OK: judge this request; NGX_DECLINED: "off", or "auth_tenant_bypass" */

static ngx_int_t
ngx_http_auth_tenant_exempt(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf)
{
    if (lcf->providers == NULL) {
        return NGX_DECLINED;
    }

    if (lcf->bypass == NULL) {
        return NGX_OK;
    }

    switch (ngx_http_test_predicates(r, lcf->bypass)) {

    case NGX_OK:
        return NGX_OK;

    case NGX_DECLINED:
        return NGX_DECLINED;

    default: /* NGX_ERROR */
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_http_auth_tenant_is_dry(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, ngx_uint_t *dry)
{
    ngx_str_t  value;

    *dry = 0;

    if (lcf->dry_run == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, lcf->dry_run, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    *dry = (value.len == 2 && ngx_memcmp(value.data, "on", 2) == 0);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_auth_tenant_in_access_phase(ngx_http_request_t *r)
{
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    return (cmcf->phase_engine.handlers[r->phase_handler].checker
            == ngx_http_core_access_phase);
}


/*
 * The context of this request, or of the request that it belongs to: what
 * variables show.
 */

const ngx_http_auth_tenant_ctx_t *
ngx_http_auth_tenant_get_ctx(ngx_http_request_t *r)
{
    ngx_http_auth_tenant_ctx_t  *ctx;

    for ( /* void */ ; r; r = r->parent) {

        ctx = ngx_http_auth_tenant_find_ctx(r);

        if (ctx) {
            return ctx->decided ? ctx : NULL;
        }
    }

    return NULL;
}


/* internal redirects and named locations forget r->ctx, the pool does not */

static ngx_http_auth_tenant_ctx_t *
ngx_http_auth_tenant_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_auth_tenant_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_auth_tenant_module);

    if (ctx || (r == r->main && !r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_http_auth_tenant_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_http_auth_tenant_module);
            return ctx;
        }
    }

    return NULL;
}


static ngx_http_auth_tenant_ctx_t *
ngx_http_auth_tenant_make_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_auth_tenant_ctx_t  *ctx;

    ctx = ngx_http_auth_tenant_find_ctx(r);
    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_auth_tenant_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_auth_tenant_ctx_t));

    cln->handler = ngx_http_auth_tenant_cleanup;

    ctx->request = r;

    ngx_http_set_ctx(r, ctx, ngx_http_auth_tenant_module);

    return ctx;
}


static void
ngx_http_auth_tenant_cleanup(void *data)
{
    ngx_http_auth_tenant_ctx_t  *ctx = data;

    /* also marks our entry in the list; the pool frees the rest */

    ngx_http_auth_tenant_stop_waiting(ctx);
    ngx_http_auth_tenant_release(ctx->kept);
}


static void
ngx_http_auth_tenant_log(ngx_http_request_t *r,
    const ngx_http_auth_tenant_ctx_t *ctx, const char *what)
{
    u_char                                 *p, *last;
    u_char                                  text[NGX_MAX_ERROR_STR / 4];
    ngx_uint_t                              level;
    const auth_tenant_verdict_t            *verdict;
    const ngx_http_auth_tenant_provider_t  *provider;

    verdict = auth_tenant_verdict(ctx->verdict);

    /* an operator hears of a provider's outage once, not per request */

    level = (verdict->fault == AUTH_TENANT_FAULT_OURS) ? NGX_LOG_ERR
                                                       : NGX_LOG_INFO;

    if (r->connection->log->log_level < level) {
        return;
    }

    p = text;
    last = text + sizeof(text);

    provider = ctx->credential ? ctx->credential->provider : ctx->provider;

    if (provider) {
        p = ngx_slprintf(p, last, ", provider \"%V\"", &provider->name);
    }

    if (ctx->failed) {
        p = ngx_slprintf(p, last, ", rule %*s:%ui",
                         ctx->failed->file.len, ctx->failed->file.data,
                         (ngx_uint_t) ctx->failed->line);
    }

    if (ctx->verdict == AUTH_TENANT_BLOCKED) {
        p = ngx_slprintf(p, last, "; write \"auth_tenant off\" in it if "
                         "every client may see what it answers, or "
                         "\"internal\" if it is for \"auth_request\"");
    }

    ngx_log_error(level, r->connection->log, 0, "auth_tenant: %s: %*s: %s%*s",
                  what, verdict->word.len, verdict->word.data, verdict->text,
                  (size_t) (p - text), text);
}

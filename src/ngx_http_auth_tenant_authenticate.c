
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Whose token it is.
 */


#include "ngx_http_auth_tenant_cache.h"


static ngx_int_t ngx_http_auth_tenant_known(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx, ngx_http_auth_tenant_seen_t *seen,
    const ngx_http_auth_tenant_token_t *source);
static void ngx_http_auth_tenant_hold(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, ngx_http_auth_tenant_kept_t *kept);
static const u_char *ngx_http_auth_tenant_current_tag(
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    const ngx_http_auth_tenant_ctx_t *ctx, const auth_tenant_claims_t *claims,
    const ngx_http_auth_tenant_provider_t **provider,
    ngx_http_auth_tenant_realm_t **realm);
static auth_tenant_verdict_e ngx_http_auth_tenant_verify(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_jws_t *jws, const auth_tenant_claims_t *claims,
    ngx_http_auth_tenant_realm_t **realm, const u_char **tag);
static auth_tenant_verdict_e ngx_http_auth_tenant_read_claims(
    ngx_http_request_t *r, const auth_tenant_jws_t *jws,
    auth_tenant_claims_t *claims);
static ngx_int_t ngx_http_auth_tenant_set_credential(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, const auth_tenant_claims_t *claims,
    const ngx_http_auth_tenant_provider_t *provider,
    const ngx_http_auth_tenant_token_t *source);
static const ngx_http_auth_tenant_provider_t *ngx_http_auth_tenant_provider(
    const ngx_http_auth_tenant_loc_conf_t *lcf, const auth_tenant_str_t *iss);
static auth_tenant_verdict_e ngx_http_auth_tenant_check_claims(
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims,
    const auth_tenant_names_t *names);


/*
 * From the cheapest check to the dearest: a token that is malformed, foreign
 * or expired costs no signature operation.
 */

auth_tenant_verdict_e
ngx_http_auth_tenant_authenticate(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_methods_t method)
{
    ngx_int_t                               rc;
    const u_char                           *tag;
    auth_tenant_jws_t                       jws;
    auth_tenant_claims_t                    claims;
    auth_tenant_verdict_e                   verdict;
    const auth_tenant_policy_t             *policy;
    ngx_http_auth_tenant_seen_t             seen;
    const ngx_http_auth_tenant_token_t     *source;
    const ngx_http_auth_tenant_provider_t  *provider;

    seen.digested = 0;

    verdict = ngx_http_auth_tenant_find_token(r, lcf, &source, &seen.token);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    verdict = ngx_http_auth_tenant_check_origin(r, lcf, method, source);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    rc = ngx_http_auth_tenant_known(r, lcf, ctx, &seen, source);
    if (rc != NGX_DECLINED) {
        return rc == NGX_OK ? AUTH_TENANT_OK : AUTH_TENANT_ERROR;
    }

    verdict = auth_tenant_jws_parse(&jws, &seen.token);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    verdict = ngx_http_auth_tenant_read_claims(r, &jws, &claims);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    provider = ngx_http_auth_tenant_provider(lcf, &claims.iss);
    if (provider == NULL) {
        return AUTH_TENANT_WRONG_ISSUER;
    }

    ctx->provider = provider;
    policy = &provider->policy;

    verdict = auth_tenant_jws_accept(&jws, policy->algs, policy->types,
                                     policy->ntypes);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    verdict = ngx_http_auth_tenant_check_claims(policy, &claims,
                                                &ctx->matched);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    verdict = ngx_http_auth_tenant_verify(provider, &jws, &claims,
                                          &ctx->realm, &tag);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "auth tenant token: verified");

    if (tag) {
        ngx_http_auth_tenant_hold(r, ctx,
                   ngx_http_auth_tenant_cache_add(r, &seen, &claims, tag,
                                               claims.exp + policy->leeway));
    }

    return ngx_http_auth_tenant_set_credential(r, ctx, &claims, provider,
                                               source)
           == NGX_OK ? AUTH_TENANT_OK : AUTH_TENANT_ERROR;
}


/*
 * A token that was verified before, by the keys and the settings of now.  Its
 * signature was, and so its form; all else is looked at again.  It is accepted
 * here, or else judged like any other: NGX_OK, NGX_DECLINED or NGX_ERROR.
 */

static ngx_int_t
ngx_http_auth_tenant_known(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx, ngx_http_auth_tenant_seen_t *seen,
    const ngx_http_auth_tenant_token_t *source)
{
    const u_char                           *tag;
    ngx_http_auth_tenant_kept_t            *kept;
    ngx_http_auth_tenant_realm_t           *realm;
    const ngx_http_auth_tenant_provider_t  *provider;

    kept = ngx_http_auth_tenant_cache_own(r, seen);

    if (kept == NULL) {
        kept = ngx_http_auth_tenant_cache_shared(r, seen, NULL);
    }

    if (kept == NULL) {
        return NGX_DECLINED;
    }

    tag = ngx_http_auth_tenant_current_tag(lcf, ctx, &kept->claims, &provider,
                                           &realm);

    if (tag && ngx_memcmp(tag, kept->tag, NGX_HTTP_AUTH_TENANT_TAG) != 0) {

        /* it was verified with other keys, or for another provider, too */

        ngx_http_auth_tenant_release(kept);
        kept = ngx_http_auth_tenant_cache_shared(r, seen, tag);
    }

    if (tag == NULL || kept == NULL) {
        ngx_http_auth_tenant_release(kept);
        return NGX_DECLINED;
    }

    if (realm) {
        ngx_http_auth_tenant_realm_proven(realm);
    }

    ngx_http_auth_tenant_hold(r, ctx, kept);

    return ngx_http_auth_tenant_set_credential(r, ctx, &kept->claims, provider,
                                               source);
}


/* The request and its connection hold it; NULL is allowed. */

static void
ngx_http_auth_tenant_hold(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, ngx_http_auth_tenant_kept_t *kept)
{
    /* of a try that ended for lack of memory: there is no credential of it */

    ngx_http_auth_tenant_release(ctx->kept);

    ctx->kept = kept;

    if (kept) {
        ngx_http_auth_tenant_cache_remember(r, kept);
    }
}


/*
 * The tag that a token with these claims would get if it were verified here
 * and now; NULL if it would not be accepted, or not be verified.  *realm is
 * NULL where keys are in a file.
 */

static const u_char *
ngx_http_auth_tenant_current_tag(const ngx_http_auth_tenant_loc_conf_t *lcf,
    const ngx_http_auth_tenant_ctx_t *ctx, const auth_tenant_claims_t *claims,
    const ngx_http_auth_tenant_provider_t **provider,
    ngx_http_auth_tenant_realm_t **realm)
{
    auth_tenant_str_t                       tenant;
    const auth_tenant_keys_t               *keys;
    const ngx_http_auth_tenant_provider_t  *pr;

    pr = ngx_http_auth_tenant_provider(lcf, &claims->iss);

    if (pr == NULL
        || ngx_http_auth_tenant_check_claims(&pr->policy, claims,
                                             &ctx->matched)
           != AUTH_TENANT_OK)
    {
        return NULL;
    }

    *provider = pr;
    *realm = NULL;

    if (pr->source) {
        return ngx_http_auth_tenant_tag(pr->tag, pr, &pr->issuer,
                                ngx_http_auth_tenant_source_keys(pr->source));
    }

    if (!auth_tenant_policy_issuer(&pr->policy, &claims->iss, &tenant)
        || ngx_http_auth_tenant_realm_keys(pr, &tenant, realm, &keys)
           != AUTH_TENANT_OK)
    {
        return NULL;
    }

    return ngx_http_auth_tenant_realm_tag(*realm);
}


/*
 * *realm is set if the provider is to be asked for newer keys; *tag, which may
 * be NULL, to what the token was verified under.
 */

static auth_tenant_verdict_e
ngx_http_auth_tenant_verify(const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_jws_t *jws, const auth_tenant_claims_t *claims,
    ngx_http_auth_tenant_realm_t **realm, const u_char **tag)
{
    auth_tenant_str_t              tenant;
    auth_tenant_verdict_e          verdict;
    const auth_tenant_keys_t      *keys;
    ngx_http_auth_tenant_realm_t  *re;

    if (provider->source) {
        keys = ngx_http_auth_tenant_source_keys(provider->source);
        *tag = ngx_http_auth_tenant_tag(provider->tag, provider,
                                        &provider->issuer, keys);

        return auth_tenant_jws_verify(jws, keys);
    }

    if (!auth_tenant_policy_issuer(&provider->policy, &claims->iss, &tenant)) {
        return AUTH_TENANT_WRONG_ISSUER;
    }

    verdict = ngx_http_auth_tenant_realm_keys(provider, &tenant, realm, &keys);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    re = *realm;
    *tag = ngx_http_auth_tenant_realm_tag(re);

    verdict = auth_tenant_jws_verify(jws, keys);

    if (verdict == AUTH_TENANT_OK) {
        ngx_http_auth_tenant_realm_proven(re);
    }

    if (verdict != AUTH_TENANT_UNKNOWN_KEY) {
        *realm = NULL;
    }

    return verdict;
}


/* `claims` live as long as the request, or as what ctx->kept holds. */

static ngx_int_t
ngx_http_auth_tenant_set_credential(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, const auth_tenant_claims_t *claims,
    const ngx_http_auth_tenant_provider_t *provider,
    const ngx_http_auth_tenant_token_t *source)
{
    ngx_http_auth_tenant_credential_t  *credential;

    credential = ngx_palloc(r->pool,
                            sizeof(ngx_http_auth_tenant_credential_t));
    if (credential == NULL) {
        return NGX_ERROR;
    }

    credential->claims = *claims;
    credential->provider = provider;
    credential->source = source;

    ctx->provider = provider;
    ctx->credential = credential;

    return NGX_OK;
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_read_claims(ngx_http_request_t *r,
    const auth_tenant_jws_t *jws, auth_tenant_claims_t *claims)
{
    size_t                 size;
    u_char                *p, *scratch;
    auth_tenant_str_t      text;
    auth_tenant_verdict_e  verdict;

    if (jws->payload.len > AUTH_TENANT_MAX_PAYLOAD / 3 * 4 + 4) {
        return AUTH_TENANT_MALFORMED;
    }

    size = auth_tenant_b64url_decoded_len(jws->payload.len);

    /* parsing takes six times the room of what is kept with the request */

    scratch = ngx_alloc(size + auth_tenant_claims_size(size),
                        r->connection->log);
    if (scratch == NULL) {
        return AUTH_TENANT_ERROR;
    }

    verdict = auth_tenant_jws_payload(jws, scratch, size, &text);

    if (verdict == AUTH_TENANT_OK) {
        verdict = auth_tenant_claims_parse(claims, &text, scratch + size);
    }

    if (verdict == AUTH_TENANT_OK) {

        p = ngx_pnalloc(r->pool, claims->flat.len);

        if (p) {
            auth_tenant_claims_move(claims, p);

        } else {
            verdict = AUTH_TENANT_ERROR;
        }
    }

    ngx_free(scratch);

    return verdict;
}


static const ngx_http_auth_tenant_provider_t *
ngx_http_auth_tenant_provider(const ngx_http_auth_tenant_loc_conf_t *lcf,
    const auth_tenant_str_t *iss)
{
    ngx_uint_t                         i;
    auth_tenant_str_t                  tenant;
    ngx_http_auth_tenant_provider_t  **pp;

    pp = lcf->providers->elts;

    for (i = 0; i < lcf->providers->nelts; i++) {
        if (auth_tenant_policy_issuer(&pp[i]->policy, iss, &tenant)) {
            return pp[i];
        }
    }

    return NULL;
}


/*
 * After an internal redirect, and in a subrequest, the claims are those that
 * were verified before; this location must accept them as if they came now.
 */

auth_tenant_verdict_e
ngx_http_auth_tenant_accept_credential(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    const ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_methods_t method)
{
    ngx_uint_t                                i;
    auth_tenant_verdict_e                     verdict;
    ngx_http_auth_tenant_token_t             *token;
    const ngx_http_auth_tenant_token_t       *source;
    const ngx_http_auth_tenant_credential_t  *credential;

    credential = ctx->credential;
    source = credential->source;

    token = lcf->tokens->elts;

    for (i = 0; i < lcf->tokens->nelts; i++) {
        if (ngx_http_auth_tenant_token_eq(&token[i], source)) {
            break;
        }
    }

    if (i == lcf->tokens->nelts) {
        return AUTH_TENANT_NO_TOKEN;
    }

    if (ngx_http_auth_tenant_provider(lcf, &credential->claims.iss)
        != credential->provider)
    {
        return AUTH_TENANT_WRONG_ISSUER;
    }

    verdict = ngx_http_auth_tenant_check_origin(r, lcf, method, source);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    return ngx_http_auth_tenant_check_claims(&credential->provider->policy,
                                             &credential->claims,
                                             &ctx->matched);
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_check_claims(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names)
{
    auth_tenant_verdict_e  verdict;

    verdict = auth_tenant_policy_audience(policy, claims, names);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    return auth_tenant_policy_times(policy, claims, ngx_time());
}

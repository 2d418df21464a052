
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Whose token it is.
 */


#include "ngx_http_auth_tenant_module.h"


static auth_tenant_verdict_e ngx_http_auth_tenant_verify(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_jws_t *jws, const auth_tenant_claims_t *claims,
    ngx_http_auth_tenant_realm_t **realm);
static auth_tenant_verdict_e ngx_http_auth_tenant_read_claims(
    ngx_http_request_t *r, const auth_tenant_jws_t *jws,
    auth_tenant_claims_t *claims);
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
    auth_tenant_jws_t                       jws;
    auth_tenant_str_t                       token;
    auth_tenant_claims_t                    claims;
    auth_tenant_verdict_e                   verdict;
    const auth_tenant_policy_t             *policy;
    ngx_http_auth_tenant_credential_t      *credential;
    const ngx_http_auth_tenant_token_t     *source;
    const ngx_http_auth_tenant_provider_t  *provider;

    verdict = ngx_http_auth_tenant_find_token(r, lcf, &source, &token);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    verdict = ngx_http_auth_tenant_check_origin(r, lcf, method, source);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    verdict = auth_tenant_jws_parse(&jws, &token);
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
                                          &ctx->realm);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    credential = ngx_palloc(r->pool,
                            sizeof(ngx_http_auth_tenant_credential_t));
    if (credential == NULL) {
        return AUTH_TENANT_ERROR;
    }

    credential->claims = claims;
    credential->provider = provider;
    credential->source = source;

    ctx->credential = credential;

    return AUTH_TENANT_OK;
}


/* *realm is set if the provider is to be asked for newer keys */

static auth_tenant_verdict_e
ngx_http_auth_tenant_verify(const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_jws_t *jws, const auth_tenant_claims_t *claims,
    ngx_http_auth_tenant_realm_t **realm)
{
    auth_tenant_str_t              tenant;
    auth_tenant_verdict_e          verdict;
    const auth_tenant_keys_t      *keys;
    ngx_http_auth_tenant_realm_t  *re;

    if (provider->source) {
        return auth_tenant_jws_verify(jws,
                          ngx_http_auth_tenant_source_keys(provider->source));
    }

    if (!auth_tenant_policy_issuer(&provider->policy, &claims->iss, &tenant)) {
        return AUTH_TENANT_WRONG_ISSUER;
    }

    verdict = ngx_http_auth_tenant_realm_keys(provider, &tenant, realm, &keys);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    re = *realm;
    verdict = auth_tenant_jws_verify(jws, keys);

    if (verdict == AUTH_TENANT_OK) {
        ngx_http_auth_tenant_realm_proven(re);
    }

    if (verdict != AUTH_TENANT_UNKNOWN_KEY) {
        *realm = NULL;
    }

    return verdict;
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


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a provider's tokens must say, whatever location asks: issuer,
 * audience, times, and who the token is about.
 */


#ifndef _AUTH_TENANT_POLICY_H_INCLUDED_
#define _AUTH_TENANT_POLICY_H_INCLUDED_


#include "auth_tenant_claims.h"
#include "auth_tenant_issuer.h"
#include "auth_tenant_jwk.h"
#include "auth_tenant_template.h"


typedef struct {
    auth_tenant_str_t               issuer;
    const auth_tenant_issuer_t     *realms;     /* with {tenant}; NULL: only
                                                   `issuer` */

    const auth_tenant_template_t   *audience;   /* NULL: not checked */
    size_t                          naudience;
    const auth_tenant_str_t        *azp;
    size_t                          nazp;

    auth_tenant_algs_t              algs;
    const auth_tenant_str_t        *types;
    size_t                          ntypes;

    int64_t                         leeway;     /* seconds */
    int64_t                         max_age;    /* seconds; 0: off */

    /* where a name stands in the token; NULL if the provider has none */
    const auth_tenant_claim_t      *claims[AUTH_TENANT_NNAMES];

    const auth_tenant_str_t        *tenants;    /* NULL: any */
    size_t                          ntenants;

    const auth_tenant_str_t        *spaced;     /* "space_delimited" claims */
    size_t                          nspaced;

    unsigned                        azp_off:1;
    unsigned                        email:1;    /* user claim is an address;
                                                   "email" is one anyway */
} auth_tenant_policy_t;


/*
 * Checks the times with the clock passed in (seconds): now < exp + leeway;
 * nbf and iat not beyond now + leeway; with max_age, now < iat + max_age +
 * leeway (RFC 7519 sections 4.1.4 to 4.1.6).  AUTH_TENANT_OK, _EXPIRED or
 * _NOT_YET_VALID.
 */
auth_tenant_verdict_e auth_tenant_policy_times(
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims,
    int64_t now);


/*
 * Tells whether `iss` is an issuer of this provider: `issuer`, byte for byte,
 * or with `realms` that of some tenant, who is *tenant then (otherwise
 * absent).  Returns 1 or 0.
 */
int auth_tenant_policy_issuer(const auth_tenant_policy_t *policy,
    const auth_tenant_str_t *iss, auth_tenant_str_t *tenant);


/*
 * Checks "iss" as above, "aud" (a string, or an array of strings, of which at
 * least one equals an audience with the names filled in), and "azp": with
 * several audiences in the token, a present "azp" must be one of policy->azp
 * or of the audiences (OpenID Connect Core 3.1.3.7, steps 2 to 5).  `names`
 * are those of the request; an audience with a name that it lacks fits
 * nothing.  With `realms` the issuer's tenant must be the one that the
 * request names, if it names any, and one of policy->tenants.
 * AUTH_TENANT_OK, _WRONG_ISSUER, _WRONG_AUDIENCE or _BAD_CLAIM.
 */
auth_tenant_verdict_e auth_tenant_policy_audience(
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims,
    const auth_tenant_names_t *names);


/*
 * Reads who the token is about.  identity->name[USER] and [TENANT] are set
 * from the provider's claims, data NULL where the provider names no claim or
 * the token lacks it; [MODULE] stays absent (a token may name many).  A value
 * that is no string or no valid name is refused, "email" without
 * "email_verified" true too, and a tenant that isn't among policy->tenants.
 * The user must be there.  With `realms` the tenant is the issuer's; if the
 * provider names a claim as well, that must be there and equal to it.
 * `matched` is what the request names: with bound tenants, its tenant must be
 * among them, and if neither token nor request names a tenant, the binding
 * can't be kept.  AUTH_TENANT_OK, or _NO_CLAIM (also for "email" that isn't
 * verified), _BAD_NAME or _WRONG_TENANT with no name set at all.
 */
auth_tenant_verdict_e auth_tenant_policy_identity(
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims,
    const auth_tenant_names_t *matched, auth_tenant_names_t *identity);


/* 1 if this claim's string value is split at spaces ("scope", "scp", …). */
int auth_tenant_policy_spaced(const auth_tenant_policy_t *policy,
    const auth_tenant_claim_t *claim);


#endif /* _AUTH_TENANT_POLICY_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_policy.h"


static int64_t auth_tenant_policy_span(int64_t seconds);
static auth_tenant_verdict_e auth_tenant_policy_name(
    const auth_tenant_claim_t *claim, const auth_tenant_claims_t *claims,
    const auth_tenant_names_t *names, auth_tenant_str_t *name);
static auth_tenant_verdict_e auth_tenant_policy_tenant(
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims,
    const auth_tenant_names_t *names, auth_tenant_str_t *tenant);
static int auth_tenant_policy_email_verified(
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims);
static int auth_tenant_policy_bound(const auth_tenant_policy_t *policy,
    const auth_tenant_str_t *named, const auth_tenant_str_t *matched);
static int auth_tenant_policy_placed(const auth_tenant_claim_t *claim,
    const auth_tenant_str_t *place);


static const auth_tenant_str_t  auth_tenant_policy_claim_email =
    auth_tenant_string("email");
static const auth_tenant_str_t  auth_tenant_policy_claim_email_verified =
    auth_tenant_string("email_verified");
static const auth_tenant_str_t  auth_tenant_policy_claim_scope =
    auth_tenant_string("scope");
static const auth_tenant_str_t  auth_tenant_policy_claim_scp =
    auth_tenant_string("scp");


/* A time span within which no sum of times can overflow. */

static int64_t
auth_tenant_policy_span(int64_t seconds)
{
    if (seconds < 0) {
        return 0;
    }

    return seconds < AUTH_TENANT_MAX_DATE ? seconds : AUTH_TENANT_MAX_DATE;
}


auth_tenant_verdict_e
auth_tenant_policy_times(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, int64_t now)
{
    int64_t  leeway;

    leeway = auth_tenant_policy_span(policy->leeway);

    if (now >= claims->exp + leeway) {
        return AUTH_TENANT_EXPIRED;
    }

    if (policy->max_age != 0
        && now >= claims->iat + auth_tenant_policy_span(policy->max_age)
                  + leeway)
    {
        return AUTH_TENANT_EXPIRED;
    }

    /* the leeway is on the claims' side: they are bounded, `now` is not */

    if (claims->nbf - leeway > now || claims->iat - leeway > now) {
        return AUTH_TENANT_NOT_YET_VALID;
    }

    return AUTH_TENANT_OK;
}


static auth_tenant_verdict_e
auth_tenant_policy_name(const auth_tenant_claim_t *claim,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names,
    auth_tenant_str_t *name)
{
    auth_tenant_node_t  node;

    if (claim == NULL
        || !auth_tenant_claim_find(claim, claims, names, &node))
    {
        return AUTH_TENANT_NO_CLAIM;
    }

    if (node.type != AUTH_TENANT_NODE_STRING
        || !auth_tenant_name_valid(&node.value))
    {
        return AUTH_TENANT_BAD_NAME;
    }

    *name = node.value;

    return AUTH_TENANT_OK;
}


/*
 * The tenant's own issuer says which tenant it is; what it writes into a claim
 * can only agree.
 */

static auth_tenant_verdict_e
auth_tenant_policy_tenant(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names,
    auth_tenant_str_t *tenant)
{
    auth_tenant_str_t      realm;
    auth_tenant_verdict_e  rc;

    rc = auth_tenant_policy_name(policy->claims[AUTH_TENANT_TENANT], claims,
                                 names, tenant);

    if (policy->realms == NULL) {
        return (rc == AUTH_TENANT_NO_CLAIM) ? AUTH_TENANT_OK : rc;
    }

    if (!auth_tenant_policy_issuer(policy, &claims->iss, &realm)) {
        return AUTH_TENANT_WRONG_TENANT;
    }

    if (policy->claims[AUTH_TENANT_TENANT] != NULL) {

        if (rc != AUTH_TENANT_OK) {
            return rc;
        }

        if (!auth_tenant_str_eq(tenant, &realm)) {
            return AUTH_TENANT_WRONG_TENANT;
        }
    }

    *tenant = realm;

    return AUTH_TENANT_OK;
}


/* An address that nobody verified is a name that anybody may choose. */

static int
auth_tenant_policy_email_verified(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims)
{
    auth_tenant_node_t  root, verified;

    if (!policy->email
        && !auth_tenant_policy_placed(policy->claims[AUTH_TENANT_USER],
                                      &auth_tenant_policy_claim_email))
    {
        return 1;
    }

    auth_tenant_claims_root(claims, &root);

    return auth_tenant_node_member(&root,
                                   &auth_tenant_policy_claim_email_verified,
                                   &verified)
           && verified.type == AUTH_TENANT_NODE_TRUE;
}


/*
 * A provider that is bound to tenants speaks for them alone: what the token
 * names and what the request names must be among them, and one of the two
 * must name a tenant.
 */

static int
auth_tenant_policy_bound(const auth_tenant_policy_t *policy,
    const auth_tenant_str_t *named, const auth_tenant_str_t *matched)
{
    if (policy->tenants == NULL) {
        return 1;
    }

    if (named->data == NULL && matched->data == NULL) {
        return 0;
    }

    if (named->data != NULL
        && !auth_tenant_str_listed(named, policy->tenants, policy->ntenants))
    {
        return 0;
    }

    return matched->data == NULL
           || auth_tenant_str_listed(matched, policy->tenants,
                                     policy->ntenants);
}


auth_tenant_verdict_e
auth_tenant_policy_identity(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *matched,
    auth_tenant_names_t *identity)
{
    auth_tenant_names_t    names;
    auth_tenant_verdict_e  rc;

    memset(identity, 0, sizeof(auth_tenant_names_t));
    memset(&names, 0, sizeof(auth_tenant_names_t));

    /* one claim and no other: a second choice would be a second user */

    rc = auth_tenant_policy_name(policy->claims[AUTH_TENANT_USER], claims,
                                 matched, &names.name[AUTH_TENANT_USER]);
    if (rc != AUTH_TENANT_OK) {
        return rc;
    }

    if (!auth_tenant_policy_email_verified(policy, claims)) {
        return AUTH_TENANT_NO_CLAIM;
    }

    rc = auth_tenant_policy_tenant(policy, claims, matched,
                                   &names.name[AUTH_TENANT_TENANT]);
    if (rc != AUTH_TENANT_OK) {
        return rc;
    }

    if (!auth_tenant_policy_bound(policy, &names.name[AUTH_TENANT_TENANT],
                                  &matched->name[AUTH_TENANT_TENANT]))
    {
        return AUTH_TENANT_WRONG_TENANT;
    }

    *identity = names;

    return AUTH_TENANT_OK;
}


/*
 * Whether a claim is the one that `place` writes.  A pointer of one name and
 * that name alone are the same place, if there is nothing to unescape.
 */

static int
auth_tenant_policy_placed(const auth_tenant_claim_t *claim,
    const auth_tenant_str_t *place)
{
    unsigned                  pointer;
    auth_tenant_str_t         text, rest;
    const auth_tenant_str_t  *last;

    if (claim->ntokens == 0 || place->len == 0) {
        return 0;
    }

    /* the tokens are slices of one text, parted by "/" */

    last = &claim->tokens[claim->ntokens - 1].text;

    text.data = claim->tokens[0].text.data;
    text.len = last->data + last->len - text.data;

    rest = *place;
    pointer = (place->data[0] == '/');

    if (pointer) {
        rest.data++;
        rest.len--;
    }

    if (!auth_tenant_str_eq(&text, &rest)) {
        return 0;
    }

    return claim->pointer == pointer
           || (memchr(text.data, '/', text.len) == NULL
               && memchr(text.data, '~', text.len) == NULL);
}


int
auth_tenant_policy_spaced(const auth_tenant_policy_t *policy,
    const auth_tenant_claim_t *claim)
{
    size_t  i;

    if (auth_tenant_policy_placed(claim, &auth_tenant_policy_claim_scope)
        || auth_tenant_policy_placed(claim, &auth_tenant_policy_claim_scp))
    {
        return 1;
    }

    for (i = 0; i < policy->nspaced; i++) {
        if (auth_tenant_policy_placed(claim, &policy->spaced[i])) {
            return 1;
        }
    }

    return 0;
}

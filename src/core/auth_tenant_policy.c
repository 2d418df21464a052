
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_policy.h"


static int64_t auth_tenant_policy_span(int64_t seconds);
static ptrdiff_t auth_tenant_policy_aud_count(const auth_tenant_node_t *aud);
static int auth_tenant_policy_aud_holds(const auth_tenant_node_t *aud,
    const auth_tenant_str_t *audience);
static auth_tenant_verdict_e auth_tenant_policy_aud_check(
    const auth_tenant_policy_t *policy, const auth_tenant_node_t *aud,
    const auth_tenant_str_t *azp, const auth_tenant_names_t *names);
static auth_tenant_verdict_e auth_tenant_policy_name(
    const auth_tenant_claim_t *claim, const auth_tenant_claims_t *claims,
    const auth_tenant_names_t *names, auth_tenant_str_t *name);
static int auth_tenant_policy_email_verified(
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims);
static int auth_tenant_policy_bound(const auth_tenant_policy_t *policy,
    const auth_tenant_str_t *named, const auth_tenant_str_t *matched);
static int auth_tenant_policy_listed(const auth_tenant_str_t *value,
    const auth_tenant_str_t *list, size_t n);
static int auth_tenant_policy_placed(const auth_tenant_claim_t *claim,
    const auth_tenant_str_t *place);


static const auth_tenant_str_t  auth_tenant_policy_claim_aud =
    auth_tenant_string("aud");
static const auth_tenant_str_t  auth_tenant_policy_claim_azp =
    auth_tenant_string("azp");
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


/*
 * "aud", RFC 7519 section 4.1.3: the number of audiences, or -1 if it is
 * neither a string nor an array of strings alone.
 */

static ptrdiff_t
auth_tenant_policy_aud_count(const auth_tenant_node_t *aud)
{
    size_t              pos;
    ptrdiff_t           n;
    auth_tenant_node_t  child;

    if (aud->type == AUTH_TENANT_NODE_STRING) {
        return 1;
    }

    if (aud->type != AUTH_TENANT_NODE_ARRAY) {
        return -1;
    }

    n = 0;
    pos = 0;

    while (auth_tenant_node_next(aud, &pos, &child)) {

        if (child.type != AUTH_TENANT_NODE_STRING) {
            return -1;
        }

        n++;
    }

    return n;
}


static int
auth_tenant_policy_aud_holds(const auth_tenant_node_t *aud,
    const auth_tenant_str_t *audience)
{
    size_t              pos;
    auth_tenant_node_t  child;

    if (aud->type == AUTH_TENANT_NODE_STRING) {
        return auth_tenant_str_eq(&aud->value, audience);
    }

    pos = 0;

    while (auth_tenant_node_next(aud, &pos, &child)) {
        if (auth_tenant_str_eq(&child.value, audience)) {
            return 1;
        }
    }

    return 0;
}


/*
 * Compares with the audiences of the policy: at least one must be in `aud`,
 * and `azp`, if there, must be one of them or of policy->azp.
 */

static auth_tenant_verdict_e
auth_tenant_policy_aud_check(const auth_tenant_policy_t *policy,
    const auth_tenant_node_t *aud, const auth_tenant_str_t *azp,
    const auth_tenant_names_t *names)
{
    int                    found, authorized;
    size_t                 i;
    unsigned char          buf[AUTH_TENANT_MAX_EXPANDED];
    auth_tenant_str_t      audience;
    auth_tenant_values_t   values;

    found = (policy->audience == NULL);

    authorized = (azp == NULL
                  || auth_tenant_policy_listed(azp, policy->azp,
                                               policy->nazp));

    values.names = names;
    values.variable = NULL;
    values.data = NULL;

    for (i = 0; policy->audience != NULL && i < policy->naudience; i++) {

        audience.data = buf;

        /* an audience that can't be filled in is nobody's */

        if (auth_tenant_template_expand(&policy->audience[i], &values, buf,
                                        sizeof(buf), &audience.len)
            != AUTH_TENANT_OK)
        {
            continue;
        }

        found = found || auth_tenant_policy_aud_holds(aud, &audience);
        authorized = authorized || auth_tenant_str_eq(azp, &audience);
    }

    return (found && authorized) ? AUTH_TENANT_OK : AUTH_TENANT_WRONG_AUDIENCE;
}


auth_tenant_verdict_e
auth_tenant_policy_audience(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names)
{
    ptrdiff_t                 n;
    auth_tenant_node_t        root, aud, azp;
    const auth_tenant_str_t  *party;

    /* an absent issuer equals no issuer, not even an empty one */

    if (claims->iss.len == 0
        || !auth_tenant_str_eq(&claims->iss, &policy->issuer))
    {
        return AUTH_TENANT_WRONG_ISSUER;
    }

    if (policy->audience == NULL && policy->nazp == 0) {
        return AUTH_TENANT_OK;
    }

    auth_tenant_claims_root(claims, &root);

    if (!auth_tenant_node_member(&root, &auth_tenant_policy_claim_aud, &aud)) {
        return policy->audience ? AUTH_TENANT_BAD_CLAIM : AUTH_TENANT_OK;
    }

    n = auth_tenant_policy_aud_count(&aud);
    if (n < 0) {
        return AUTH_TENANT_BAD_CLAIM;
    }

    /* OpenID Connect Core 3.1.3.7, steps 4 and 5 */

    party = NULL;

    if (n > 1
        && !policy->azp_off
        && auth_tenant_node_member(&root, &auth_tenant_policy_claim_azp, &azp))
    {
        if (azp.type != AUTH_TENANT_NODE_STRING) {
            return AUTH_TENANT_BAD_CLAIM;
        }

        party = &azp.value;
    }

    return auth_tenant_policy_aud_check(policy, &aud, party, names);
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
        && !auth_tenant_policy_listed(named, policy->tenants,
                                      policy->ntenants))
    {
        return 0;
    }

    return matched->data == NULL
           || auth_tenant_policy_listed(matched, policy->tenants,
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

    rc = auth_tenant_policy_name(policy->claims[AUTH_TENANT_TENANT], claims,
                                 matched, &names.name[AUTH_TENANT_TENANT]);

    if (rc != AUTH_TENANT_OK && rc != AUTH_TENANT_NO_CLAIM) {
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


static int
auth_tenant_policy_listed(const auth_tenant_str_t *value,
    const auth_tenant_str_t *list, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (auth_tenant_str_eq(value, &list[i])) {
            return 1;
        }
    }

    return 0;
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

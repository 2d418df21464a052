
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Who issued a token, and for whom.
 */


#include "auth_tenant_policy.h"


static int auth_tenant_audience_issuer(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names);
static ptrdiff_t auth_tenant_audience_count(const auth_tenant_node_t *aud);
static int auth_tenant_audience_holds(const auth_tenant_node_t *aud,
    const auth_tenant_str_t *audience);
static auth_tenant_verdict_e auth_tenant_audience_check(
    const auth_tenant_policy_t *policy, const auth_tenant_node_t *aud,
    const auth_tenant_str_t *azp, const auth_tenant_names_t *names);


static const auth_tenant_str_t  auth_tenant_claim_aud =
    auth_tenant_string("aud");
static const auth_tenant_str_t  auth_tenant_claim_azp =
    auth_tenant_string("azp");


int
auth_tenant_policy_issuer(const auth_tenant_policy_t *policy,
    const auth_tenant_str_t *iss, auth_tenant_str_t *tenant)
{
    tenant->data = NULL;
    tenant->len = 0;

    /* an absent issuer equals no issuer, not even an empty one */

    if (iss->len == 0) {
        return 0;
    }

    if (policy->realms == NULL) {
        return auth_tenant_str_eq(iss, &policy->issuer);
    }

    return auth_tenant_issuer_match(policy->realms, iss, tenant)
           && tenant->data != NULL;
}


/*
 * RFC 8725 section 3.8: the keys are those of the issuer, and the issuer of
 * one tenant has no word in another's matters.
 */

static int
auth_tenant_audience_issuer(const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names)
{
    auth_tenant_str_t         tenant;
    const auth_tenant_str_t  *asked;

    if (!auth_tenant_policy_issuer(policy, &claims->iss, &tenant)) {
        return 0;
    }

    if (policy->realms == NULL) {
        return 1;
    }

    asked = &names->name[AUTH_TENANT_TENANT];

    if (asked->data != NULL && !auth_tenant_str_eq(asked, &tenant)) {
        return 0;
    }

    /* nobody's keys are fetched for a tenant that is not to be spoken for */

    return policy->tenants == NULL
           || auth_tenant_str_listed(&tenant, policy->tenants,
                                     policy->ntenants);
}


/*
 * "aud", RFC 7519 section 4.1.3: the number of audiences, or -1 if it is
 * neither a string nor an array of strings alone.
 */

static ptrdiff_t
auth_tenant_audience_count(const auth_tenant_node_t *aud)
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
auth_tenant_audience_holds(const auth_tenant_node_t *aud,
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
auth_tenant_audience_check(const auth_tenant_policy_t *policy,
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
                  || auth_tenant_str_listed(azp, policy->azp, policy->nazp));

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

        found = found || auth_tenant_audience_holds(aud, &audience);
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

    if (!auth_tenant_audience_issuer(policy, claims, names)) {
        return AUTH_TENANT_WRONG_ISSUER;
    }

    if (policy->audience == NULL && policy->nazp == 0) {
        return AUTH_TENANT_OK;
    }

    auth_tenant_claims_root(claims, &root);

    if (!auth_tenant_node_member(&root, &auth_tenant_claim_aud, &aud)) {
        return policy->audience ? AUTH_TENANT_BAD_CLAIM : AUTH_TENANT_OK;
    }

    n = auth_tenant_audience_count(&aud);
    if (n < 0) {
        return AUTH_TENANT_BAD_CLAIM;
    }

    /* OpenID Connect Core 3.1.3.7, steps 4 and 5 */

    party = NULL;

    if (n > 1
        && !policy->azp_off
        && auth_tenant_node_member(&root, &auth_tenant_claim_azp, &azp))
    {
        if (azp.type != AUTH_TENANT_NODE_STRING) {
            return AUTH_TENANT_BAD_CLAIM;
        }

        party = &azp.value;
    }

    return auth_tenant_audience_check(policy, &aud, party, names);
}

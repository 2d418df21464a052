
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Who a token is about.
 */


#include "tap.h"
#include "given.h"
#include "auth_tenant_policy.h"


static auth_tenant_claims_t  claims;


static const struct {
    const char             *user;       /* places */
    const char             *tenant;
    const char             *members;
    auth_tenant_verdict_e   verdict;
    const char             *is_user;
    const char             *is_tenant;
    const char             *name;
} identities[] = {
    { "name", "org", "'name':'maksym','org':'acme'", AUTH_TENANT_OK,
      "maksym", "acme", "user and tenant" },
    { "/a/name", NULL, "'a':{'name':'maksym'}", AUTH_TENANT_OK,
      "maksym", NULL, "a pointer, no tenant" },
    { "name", "org", "'name':'maksym'", AUTH_TENANT_OK,
      "maksym", NULL, "a token without the tenant" },
    { "/of/{tenant}", NULL, "'of':{'acme':'maksym'}", AUTH_TENANT_OK,
      "maksym", NULL, "a user per tenant" },
    { "name", NULL, "'name':'caf\\u00e9'", AUTH_TENANT_OK,
      "caf\xc3\xa9", NULL, "UTF-8" },

    { NULL, NULL, "'name':'maksym'", AUTH_TENANT_NO_CLAIM, NULL, NULL,
      "a provider without a user claim" },
    { "name", NULL, "'sub':'evil','preferred_username':'maksym'",
      AUTH_TENANT_NO_CLAIM, NULL, NULL,
      "never sub, or another claim, instead" },
    { "name", NULL, "'name':''", AUTH_TENANT_BAD_NAME, NULL, NULL,
      "an empty user" },
    { "name", NULL, "'name':null", AUTH_TENANT_BAD_NAME, NULL, NULL,
      "A2.10 null" },
    { "name", NULL, "'name':7", AUTH_TENANT_BAD_NAME, NULL, NULL,
      "A2.10 a number" },
    { "name", NULL, "'name':['maksym']", AUTH_TENANT_BAD_NAME, NULL, NULL,
      "A2.10 an array" },
    { "name", NULL, "'name':'a\\r\\nb'", AUTH_TENANT_BAD_NAME, NULL, NULL,
      "F2, A2.11 CR LF" },
    { "name", NULL, "'name':'maksym '", AUTH_TENANT_BAD_NAME, NULL, NULL,
      "a space that a header would lose" },
    { "name", "org", "'name':'maksym','org':7", AUTH_TENANT_BAD_NAME,
      NULL, NULL, "A2.10 a tenant that is a number" },
    { "name", "org", "'name':'maksym','org':null", AUTH_TENANT_BAD_NAME,
      NULL, NULL, "A2.10 a tenant that is null" },
    { "name", "org", "'name':'maksym','org':''", AUTH_TENANT_BAD_NAME,
      NULL, NULL, "an empty tenant" },

    { "email", NULL, "'email':'a@b','email_verified':true",
      AUTH_TENANT_OK, "a@b", NULL, "A6.5 a verified address" },
    { "email", NULL, "'email':'a@b'", AUTH_TENANT_NO_CLAIM, NULL, NULL,
      "A6.5 email, nothing about it" },
    { "email", NULL, "'email':'a@b','email_verified':false",
      AUTH_TENANT_NO_CLAIM, NULL, NULL, "A6.5 email, not verified" },
    { "email", NULL, "'email':'a@b','email_verified':'true'",
      AUTH_TENANT_NO_CLAIM, NULL, NULL, "A6.5 \"true\" is no boolean" },
    { "email", NULL, "'email':'a@b','email_verified':1",
      AUTH_TENANT_NO_CLAIM, NULL, NULL, "A6.5 nor is 1" },
    { "email", NULL, "'email':'a@b','x':{'email_verified':true}",
      AUTH_TENANT_NO_CLAIM, NULL, NULL, "A6.5 nor is it elsewhere" },
    { "/email", NULL, "'email':'a@b'", AUTH_TENANT_NO_CLAIM, NULL, NULL,
      "A6.5 email as a pointer" },
    { "/x/email", NULL, "'x':{'email':'a@b'}", AUTH_TENANT_OK, "a@b",
      NULL, "another claim of that name is the operator's choice" }
};


static const struct {
    const char             *matched;
    const char             *token;
    size_t                  n;
    auth_tenant_verdict_e   verdict;
    const char             *name;
} bound[] = {
    { "acme", "acme", 2, AUTH_TENANT_OK, "its own tenant" },
    { NULL, "acme", 2, AUTH_TENANT_OK, "named by the token alone" },
    { "acme", NULL, 2, AUTH_TENANT_OK, "named by the request alone" },
    { "acme", "evil", 2, AUTH_TENANT_WRONG_TENANT,
      "the token names a foreign one" },
    { NULL, "evil", 2, AUTH_TENANT_WRONG_TENANT,
      "the token alone, a foreign one" },
    { "evil", "acme", 2, AUTH_TENANT_WRONG_TENANT,
      "the request names a foreign one" },
    { "evil", NULL, 2, AUTH_TENANT_WRONG_TENANT,
      "the request alone, a foreign one" },
    { NULL, NULL, 2, AUTH_TENANT_WRONG_TENANT, "nobody names one" },
    { "acme", "acme", 0, AUTH_TENANT_WRONG_TENANT,
      "bound to a list of none" },
    { "acm", "acme", 2, AUTH_TENANT_WRONG_TENANT, "a prefix" },
    { "evil", "evil", 3, AUTH_TENANT_OK, "any" }
};


static void
test_identity(void)
{
    char                   json[512];
    size_t                 i;
    auth_tenant_names_t    matched, identity;
    auth_tenant_claim_t    user, tenant;
    auth_tenant_policy_t   policy;

    matched = given_names("acme", NULL, NULL);

    for (i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
        memset(&policy, 0, sizeof(policy));
        memset(&identity, 'x', sizeof(identity));

        if (identities[i].user) {
            user = given_claim(identities[i].user);
            policy.claims[AUTH_TENANT_USER] = &user;
        }

        if (identities[i].tenant) {
            tenant = given_claim(identities[i].tenant);
            policy.claims[AUTH_TENANT_TENANT] = &tenant;
        }

        snprintf(json, sizeof(json), "{'iss':'i',%s'exp':1,'iat':1,%s}",
                 strstr(identities[i].members, "'sub'") ? "" : "'sub':'s',",
                 identities[i].members);
        is(given_claims(&claims, json), AUTH_TENANT_OK, "%s: claims",
           identities[i].name);

        is(auth_tenant_policy_identity(&policy, &claims, &matched, &identity),
           identities[i].verdict, "%s", identities[i].name);

        is_str(&identity.name[AUTH_TENANT_USER], identities[i].is_user,
               "%s: user", identities[i].name);
        is_str(&identity.name[AUTH_TENANT_TENANT], identities[i].is_tenant,
               "%s: tenant", identities[i].name);
        is_str(&identity.name[AUTH_TENANT_MODULE], NULL, "%s: no module",
               identities[i].name);
    }
}


static void
test_address(void)
{
    auth_tenant_names_t    matched, identity;
    auth_tenant_claim_t    user;
    auth_tenant_policy_t   policy;

    matched = given_names("acme", NULL, NULL);

    memset(&policy, 0, sizeof(policy));
    user = given_claim("mail");
    policy.claims[AUTH_TENANT_USER] = &user;
    policy.email = 1;

    given_members(&claims, "'mail':'a@b'");
    is(auth_tenant_policy_identity(&policy, &claims, &matched, &identity),
       AUTH_TENANT_NO_CLAIM, "A6.5 a claim that was said to be an address");
}


/* A6.1: a provider that is bound to tenants speaks for no other. */

static void
test_bound(void)
{
    char                   members[128];
    size_t                 i;
    auth_tenant_str_t      tenants[2];
    auth_tenant_names_t    matched, identity;
    auth_tenant_claim_t    user, tenant;
    auth_tenant_policy_t   policy;

    user = given_claim("name");
    tenant = given_claim("org");
    tenants[0] = str("globex");
    tenants[1] = str("acme");

    for (i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
        memset(&policy, 0, sizeof(policy));
        policy.claims[AUTH_TENANT_USER] = &user;
        policy.claims[AUTH_TENANT_TENANT] = &tenant;

        if (bound[i].n < 3) {
            policy.tenants = tenants;
            policy.ntenants = bound[i].n;
        }

        snprintf(members, sizeof(members), "'name':'maksym'%s%s%s",
                 bound[i].token ? ",'org':'" : "",
                 bound[i].token ? bound[i].token : "",
                 bound[i].token ? "'" : "");

        given_members(&claims, members);
        matched = given_names(bound[i].matched, NULL, NULL);

        is(auth_tenant_policy_identity(&policy, &claims, &matched,
                                       &identity),
           bound[i].verdict, "bound to tenants: %s", bound[i].name);
        is_str(&identity.name[AUTH_TENANT_USER],
               bound[i].verdict == AUTH_TENANT_OK ? "maksym" : NULL,
               "bound to tenants: %s: user", bound[i].name);
    }
}


int
main(void)
{
    test_identity();
    test_address();
    test_bound();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a provider's tokens must say: times, issuer, audience.
 */


#include "tap.h"
#include "given.h"
#include "auth_tenant_policy.h"


static auth_tenant_claims_t  claims;


/* A6.4: the clock, and the leeway at every edge. */

static void
test_times(void)
{
    size_t                 i;
    auth_tenant_policy_t   policy;

    static const struct {
        int64_t                 exp;
        int64_t                 nbf;
        int64_t                 iat;
        int64_t                 leeway;
        int64_t                 max_age;
        int64_t                 now;
        auth_tenant_verdict_e   verdict;
        const char             *name;
    } cases[] = {
        { 1000, 0, 500, 0, 0, 999, AUTH_TENANT_OK, "before exp" },
        { 1000, 0, 500, 0, 0, 1000, AUTH_TENANT_EXPIRED, "at exp" },
        { 1000, 0, 500, 30, 0, 1029, AUTH_TENANT_OK, "before exp + leeway" },
        { 1000, 0, 500, 30, 0, 1030, AUTH_TENANT_EXPIRED,
          "at exp + leeway" },
        { 0, 0, 0, 0, 0, 0, AUTH_TENANT_EXPIRED, "exp 0 is a time like any" },

        { 1000, 600, 500, 0, 0, 600, AUTH_TENANT_OK, "at nbf" },
        { 1000, 600, 500, 0, 0, 599, AUTH_TENANT_NOT_YET_VALID,
          "before nbf" },
        { 1000, 600, 500, 30, 0, 570, AUTH_TENANT_OK, "at nbf - leeway" },
        { 1000, 600, 500, 30, 0, 569, AUTH_TENANT_NOT_YET_VALID,
          "before nbf - leeway" },

        { 1000, 0, 500, 0, 0, 500, AUTH_TENANT_OK, "at iat" },
        { 1000, 0, 500, 0, 0, 499, AUTH_TENANT_NOT_YET_VALID, "before iat" },
        { 1000, 0, 500, 30, 0, 470, AUTH_TENANT_OK, "at iat - leeway" },
        { 1000, 0, 500, 30, 0, 469, AUTH_TENANT_NOT_YET_VALID,
          "before iat - leeway" },

        { 1000, 0, 500, 0, 60, 559, AUTH_TENANT_OK, "before max_age" },
        { 1000, 0, 500, 0, 60, 560, AUTH_TENANT_EXPIRED, "at max_age" },
        { 1000, 0, 500, 30, 60, 589, AUTH_TENANT_OK,
          "before max_age + leeway" },
        { 1000, 0, 500, 30, 60, 590, AUTH_TENANT_EXPIRED,
          "at max_age + leeway" },

        { AUTH_TENANT_MAX_DATE, 0, 0, 30, 0, 4102444800, AUTH_TENANT_OK,
          "E16 the year 2100" },
        { 2147483647, 0, 0, 0, 0, 2147483648, AUTH_TENANT_EXPIRED,
          "E16 the year 2038" },

        { 1000, 0, 500, -30, 0, 999, AUTH_TENANT_OK,
          "a negative leeway is none: before exp" },
        { 1000, 0, 500, -30, 0, 500, AUTH_TENANT_OK,
          "a negative leeway is none: at iat" },
        { 1000, 0, 500, 0, -5, 500, AUTH_TENANT_EXPIRED,
          "a negative max_age isn't \"off\"" },

        { AUTH_TENANT_MAX_DATE, 0, 0, INT64_MAX, INT64_MAX, 1000,
          AUTH_TENANT_OK, "A2.9 the widest spans don't overflow" },
        { AUTH_TENANT_MAX_DATE, 0, 0, INT64_MAX, INT64_MAX, INT64_MAX,
          AUTH_TENANT_EXPIRED, "A2.9 nor does the latest clock" },
        { AUTH_TENANT_MAX_DATE, 0, 0, 30, 0, INT64_MIN,
          AUTH_TENANT_NOT_YET_VALID, "A2.9 nor the earliest" },
        { AUTH_TENANT_MAX_DATE, AUTH_TENANT_MAX_DATE, 0, 0, INT64_MAX,
          INT64_MIN, AUTH_TENANT_NOT_YET_VALID, "A2.9 with all at an edge" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&policy, 0, sizeof(policy));
        memset(&claims, 0, sizeof(claims));

        claims.exp = cases[i].exp;
        claims.nbf = cases[i].nbf;
        claims.iat = cases[i].iat;
        policy.leeway = cases[i].leeway;
        policy.max_age = cases[i].max_age;

        is(auth_tenant_policy_times(&policy, &claims, cases[i].now),
           cases[i].verdict, "A6.4 %s", cases[i].name);
    }
}


/* A6.1: byte for byte. */

static void
test_issuer(void)
{
    size_t                 i;
    auth_tenant_names_t    names;
    auth_tenant_policy_t   policy;

    static const struct {
        const char  *issuer;
        const char  *name;
    } cases[] = {
        { "https://a.example/", "a slash at the end" },
        { "https://a.exampl", "a prefix" },
        { "https://a.example.evil.example", "a longer one" },
        { "https://A.example", "another case" },
        { "http://a.example", "another scheme" },
        { "https://a.example:443", "its default port" },
        { "https://a.examplf", "another last byte" },
        { "", "none" }
    };

    memset(&policy, 0, sizeof(policy));
    names = given_names(NULL, NULL, NULL);
    given_members(&claims, "");

    policy.issuer = str("https://a.example");
    is(auth_tenant_policy_audience(&policy, &claims, &names), AUTH_TENANT_OK,
       "A6.1 the issuer itself");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        policy.issuer = str(cases[i].issuer);
        is(auth_tenant_policy_audience(&policy, &claims, &names),
           AUTH_TENANT_WRONG_ISSUER, "A6.1 %s", cases[i].name);
    }

    memset(&claims, 0, sizeof(claims));
    is(auth_tenant_policy_audience(&policy, &claims, &names),
       AUTH_TENANT_WRONG_ISSUER, "A6.1 no issuer equals no issuer");
}


/* The audiences are "{tenant}-app", "app" and "{module}.x", azp "client". */

enum { PLAIN = 0, AUDIENCE_OFF, AZP_OFF, BOTH_OFF, NO_AZP };


static const struct {
    const char             *members;
    const char             *tenant;
    int                     mode;
    auth_tenant_verdict_e   verdict;
    const char             *name;
} audiences[] = {
    { "'aud':'app'", NULL, PLAIN, AUTH_TENANT_OK, "A6.2 a string" },
    { "'aud':['app']", NULL, PLAIN, AUTH_TENANT_OK, "A6.2 an array" },
    { "'aud':['x','app']", NULL, PLAIN, AUTH_TENANT_OK,
      "A6.2 among others" },
    { "'aud':'apple'", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 a longer one" },
    { "'aud':'ap'", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 a prefix" },
    { "'aud':'App'", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 another case" },
    { "'aud':'x app'", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 never split at spaces" },
    { "'aud':['x','y']", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 others alone" },
    { "'aud':[]", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 an empty array" },
    { "'aud':''", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 an empty string" },
    { "", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM, "A6.2 no aud" },
    { "'a':{'aud':'app'}", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM,
      "A6.2 an aud further down" },
    { "'aud':null", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM, "A2.10 null" },
    { "'aud':7", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM, "A2.10 a number" },
    { "'aud':{'app':'app'}", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM,
      "A2.10 an object" },
    { "'aud':['app',7]", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM,
      "A2.10 a number beside the right one" },
    { "'aud':['app',['app']]", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM,
      "A2.10 an array beside it" },
    { "'aud':[null,'app']", NULL, PLAIN, AUTH_TENANT_BAD_CLAIM,
      "A2.10 null before it" },

    { "'aud':'acme-app'", "acme", PLAIN, AUTH_TENANT_OK,
      "A6.2 the tenant's" },
    { "'aud':'acme-app'", "other", PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 another tenant's" },
    { "'aud':'-app'", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 a missing tenant isn't an empty one" },
    { "'aud':'{tenant}-app'", NULL, PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 nor is it the template" },
    { "'aud':'-app'", "", PLAIN, AUTH_TENANT_WRONG_AUDIENCE,
      "A6.2 an empty tenant" },
    { "'aud':'app'", NULL, PLAIN, AUTH_TENANT_OK,
      "A6.2 one audience that can't be filled in harms no other" },

    { "'aud':['app','x'],'azp':'client'", NULL, PLAIN, AUTH_TENANT_OK,
      "A6.3 a known azp" },
    { "'aud':['app','x'],'azp':'app'", NULL, PLAIN, AUTH_TENANT_OK,
      "A6.3 one of the audiences" },
    { "'aud':['app','x'],'azp':'acme-app'", "acme", PLAIN,
      AUTH_TENANT_OK, "A6.3 one of them, filled in" },
    { "'aud':['app','x']", NULL, PLAIN, AUTH_TENANT_OK, "A6.3 no azp" },
    { "'aud':['app','x'],'azp':'x'", NULL, PLAIN,
      AUTH_TENANT_WRONG_AUDIENCE, "A6.3 for another client" },
    { "'aud':['app','x'],'azp':''", NULL, PLAIN,
      AUTH_TENANT_WRONG_AUDIENCE, "A6.3 an empty azp" },
    { "'aud':['app','x'],'azp':'client'", NULL, NO_AZP,
      AUTH_TENANT_WRONG_AUDIENCE, "A6.3 a client that isn't named" },
    { "'aud':['app','x'],'azp':['app']", NULL, PLAIN,
      AUTH_TENANT_BAD_CLAIM, "A2.10 azp in an array" },
    { "'aud':['app','x'],'azp':null", NULL, PLAIN,
      AUTH_TENANT_BAD_CLAIM, "A2.10 azp null" },
    { "'aud':['x','y'],'azp':'client'", NULL, PLAIN,
      AUTH_TENANT_WRONG_AUDIENCE, "A6.3 a known azp is no audience" },
    { "'aud':['app'],'azp':'x'", NULL, PLAIN, AUTH_TENANT_OK,
      "A6.3 not asked for with a single audience" },
    { "'aud':'app','azp':'x'", NULL, PLAIN, AUTH_TENANT_OK,
      "A6.3 nor with a string" },
    { "'aud':['app','x'],'azp':'x'", NULL, AZP_OFF, AUTH_TENANT_OK,
      "azp off" },
    { "'aud':['x','y']", NULL, AZP_OFF, AUTH_TENANT_WRONG_AUDIENCE,
      "azp off leaves the audience" },

    { "", NULL, AUDIENCE_OFF, AUTH_TENANT_OK, "audience off: no aud" },
    { "'aud':'x'", NULL, AUDIENCE_OFF, AUTH_TENANT_OK,
      "audience off: another" },
    { "'aud':['x','y'],'azp':'client'", NULL, AUDIENCE_OFF,
      AUTH_TENANT_OK, "audience off: a known azp" },
    { "'aud':['x','y'],'azp':'x'", NULL, AUDIENCE_OFF,
      AUTH_TENANT_WRONG_AUDIENCE, "audience off: azp is named still" },
    { "'aud':['x','y'],'azp':'x'", NULL, BOTH_OFF, AUTH_TENANT_OK,
      "audience off, no azp named" },
    { "'aud':7", NULL, BOTH_OFF, AUTH_TENANT_OK,
      "audience off: not looked at" }
};


/* A6.2, A6.3 */

static void
test_audience(void)
{
    size_t                   i;
    auth_tenant_str_t        azp[1];
    auth_tenant_names_t      names;
    auth_tenant_policy_t     policy;
    auth_tenant_template_t   audience[3];

    audience[0] = given_template("{tenant}-app");
    audience[1] = given_template("app");
    audience[2] = given_template("{module}.x");
    azp[0] = str("client");

    for (i = 0; i < sizeof(audiences) / sizeof(audiences[0]); i++) {
        memset(&policy, 0, sizeof(policy));

        policy.issuer = str("https://a.example");

        if (audiences[i].mode != AUDIENCE_OFF
            && audiences[i].mode != BOTH_OFF)
        {
            policy.audience = audience;
            policy.naudience = 3;
        }

        if (audiences[i].mode != BOTH_OFF && audiences[i].mode != NO_AZP) {
            policy.azp = azp;
            policy.nazp = 1;
        }

        policy.azp_off = (audiences[i].mode == AZP_OFF);

        given_members(&claims, audiences[i].members);
        names = given_names(audiences[i].tenant, NULL, NULL);

        is(auth_tenant_policy_audience(&policy, &claims, &names),
           audiences[i].verdict, "%s", audiences[i].name);
    }

    given_members(&claims, "'aud':'jupyter.x'");
    names = given_names("acme", "jupyter", NULL);
    policy.audience = audience;
    policy.naudience = 3;
    is(auth_tenant_policy_audience(&policy, &claims, &names), AUTH_TENANT_OK,
       "A6.2 the module's");

    policy.naudience = 0;
    is(auth_tenant_policy_audience(&policy, &claims, &names),
       AUTH_TENANT_WRONG_AUDIENCE, "A6.2 a list of none admits none");
}


static void
test_spaced(void)
{
    size_t                 i;
    auth_tenant_str_t      spaced[4];
    auth_tenant_claim_t    claim;
    auth_tenant_policy_t   policy;

    static const struct {
        const char  *place;
        int          spaced;
    } cases[] = {
        { "scope", 1 },
        { "scp", 1 },
        { "/scope", 1 },
        { "/scp", 1 },
        { "groups", 1 },
        { "/groups", 1 },
        { "/realm/roles", 1 },
        { "/x~1y", 1 },
        { "a/b", 1 },

        { "Scope", 0 },
        { "scopes", 0 },
        { "scop", 0 },
        { "/x/scope", 0 },
        { "/scope/x", 0 },
        { "realm/roles", 0 },
        { "/a/b", 0 },
        { "/a~1b", 0 },
        { "x~1y", 0 },
        { "/groups/{tenant}", 0 },
        { "name", 0 }
    };

    memset(&policy, 0, sizeof(policy));

    spaced[0] = str("groups");
    spaced[1] = str("/realm/roles");
    spaced[2] = str("a/b");
    spaced[3] = str("/x~1y");

    policy.spaced = spaced;
    policy.nspaced = 4;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        claim = given_claim(cases[i].place);
        is(auth_tenant_policy_spaced(&policy, &claim), cases[i].spaced,
           "\"%s\" is %ssplit at spaces", cases[i].place,
           cases[i].spaced ? "" : "not ");
    }

    spaced[0].data = NULL;
    spaced[0].len = 0;
    claim = given_claim("groups");
    ok(!auth_tenant_policy_spaced(&policy, &claim), "an empty entry is none");

    memset(&claim, 0, sizeof(claim));
    ok(!auth_tenant_policy_spaced(&policy, &claim),
       "nor is a place that was never compiled");
}


int
main(void)
{
    test_times();
    test_issuer();
    test_audience();
    test_spaced();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * A provider with an issuer for each tenant: whose token is whose.  Nobody is
 * let in by the issuer of another tenant, whatever the token's claims say.
 */


#include "tap.h"
#include "given.h"
#include "auth_tenant_rules.h"


static auth_tenant_claims_t   claims;
static auth_tenant_policy_t   policy;
static auth_tenant_issuer_t   issuer;
static auth_tenant_claim_t    user, tenant;


/* A provider; NULL: it names no claim for the tenant. */

static void
provider(const char *place)
{
    auth_tenant_str_t  s;

    memset(&policy, 0, sizeof(policy));

    s = str("https://idp.example/realms/{tenant}");

    if (auth_tenant_issuer_compile(&issuer, &s, 1) != NULL) {
        printf("Bail out! the issuer\n");
        exit(2);
    }

    policy.issuer = s;
    policy.realms = &issuer;

    user = given_claim("name");
    policy.claims[AUTH_TENANT_USER] = &user;

    if (place != NULL) {
        tenant = given_claim(place);
        policy.claims[AUTH_TENANT_TENANT] = &tenant;
    }
}


/* A token of `iss`, with further members. */

static void
token(const char *iss, const char *members)
{
    char  json[1024];

    snprintf(json, sizeof(json), "{'iss':'%s','sub':'s','exp':2,'iat':1,"
             "'name':'maksym'%s%s}", iss, *members ? "," : "", members);

    if (given_claims(&claims, json) != AUTH_TENANT_OK) {
        printf("Bail out! the claims\n");
        exit(2);
    }
}


#define ACME    "https://idp.example/realms/acme"
#define GLOBEX  "https://idp.example/realms/globex"


static void
test_issuer(void)
{
    size_t             i;
    auth_tenant_str_t  s, of;

    static const char  *const others[] = {
        "https://idp.example/realms/", "https://idp.example/realms",
        "https://idp.example/realms/acme/", ACME "/x",
        "https://idp.example/realms/{tenant}", "https://evil/realms/acme", ""
    };

    provider(NULL);

    s = str(ACME);
    is(auth_tenant_policy_issuer(&policy, &s, &of), 1, "A6.1: a tenant's");
    is_str(&of, "acme", "A6.1: it says whose");

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        s = str(others[i]);
        of = str("old");
        is(auth_tenant_policy_issuer(&policy, &s, &of), 0,
           "A6.1: nobody's: \"%s\"", others[i]);
        is_str(&of, NULL, "A6.1: and no tenant's");
    }

    policy.realms = NULL;
    s = str("https://idp.example/realms/{tenant}");
    of = str("old");
    is(auth_tenant_policy_issuer(&policy, &s, &of), 1,
       "A6.1: without realms the issuer is text");
    is_str(&of, NULL, "A6.1: and no tenant's");

    /* a slip of the caller's: an issuer that is the same for all */

    s = str(ACME);
    auth_tenant_issuer_compile(&issuer, &s, 1);
    policy.realms = &issuer;
    is(auth_tenant_policy_issuer(&policy, &s, &of), 0,
       "A6.1: realms without {tenant} are nobody's");
}


static void
test_audience(void)
{
    size_t                i, n;
    auth_tenant_str_t     tenants[2];
    auth_tenant_names_t   names;

    static const struct {
        const char             *iss;
        const char             *asked;     /* the tenant of the request */
        auth_tenant_verdict_e   verdict;
        auth_tenant_verdict_e   listed;    /* if bound to acme and globex */
        const char             *name;
    } rows[] = {
        { ACME, "acme", AUTH_TENANT_OK, AUTH_TENANT_OK, "its own tenant" },
        { ACME, NULL, AUTH_TENANT_OK, AUTH_TENANT_OK,
          "a request that names none" },
        { ACME, "globex", AUTH_TENANT_WRONG_ISSUER, AUTH_TENANT_WRONG_ISSUER,
          "another tenant's" },
        { GLOBEX, "acme", AUTH_TENANT_WRONG_ISSUER, AUTH_TENANT_WRONG_ISSUER,
          "and the other way" },
        { ACME, "acm", AUTH_TENANT_WRONG_ISSUER, AUTH_TENANT_WRONG_ISSUER,
          "a longer name" },
        { ACME, "acmes", AUTH_TENANT_WRONG_ISSUER, AUTH_TENANT_WRONG_ISSUER,
          "a shorter name" },
        { "https://idp.example/realms/Acme", "acme", AUTH_TENANT_WRONG_ISSUER,
          AUTH_TENANT_WRONG_ISSUER, "another case" },
        { ACME, "", AUTH_TENANT_WRONG_ISSUER, AUTH_TENANT_WRONG_ISSUER,
          "a request that names an empty one" },
        { "https://idp.example/realms/evil", "evil", AUTH_TENANT_OK,
          AUTH_TENANT_WRONG_ISSUER, "a tenant that is in no list" },
        { "https://idp.example/realms/evil", NULL, AUTH_TENANT_OK,
          AUTH_TENANT_WRONG_ISSUER, "the same, the request names none" },
        { "https://evil.example/realms/acme", "acme",
          AUTH_TENANT_WRONG_ISSUER, AUTH_TENANT_WRONG_ISSUER,
          "another provider's" },
        { "https://idp.example/realms/{tenant}", NULL,
          AUTH_TENANT_WRONG_ISSUER, AUTH_TENANT_WRONG_ISSUER,
          "the template itself" }
    };

    provider(NULL);

    tenants[0] = str("globex");
    tenants[1] = str("acme");

    for (n = 0; n < 2; n++) {

        policy.tenants = n ? tenants : NULL;
        policy.ntenants = n ? 2 : 0;

        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            token(rows[i].iss, "");
            names = given_names(rows[i].asked, NULL, NULL);

            is(auth_tenant_policy_audience(&policy, &claims, &names),
               n ? rows[i].listed : rows[i].verdict, "A6.1%s: issuer: %s",
               n ? ", A7.3, bound" : "", rows[i].name);
        }
    }
}


static void
test_identity(void)
{
    size_t                i;
    auth_tenant_str_t     tenants[1];
    auth_tenant_names_t   matched, identity;

    static const struct {
        const char             *place;
        const char             *iss;
        const char             *members;
        auth_tenant_verdict_e   verdict;
        const char             *name;
    } rows[] = {
        { NULL, ACME, "", AUTH_TENANT_OK, "no claim is asked for" },
        { NULL, ACME, "'org':'globex'", AUTH_TENANT_OK,
          "nor one that nobody named" },
        { "org", ACME, "'org':'acme'", AUTH_TENANT_OK, "a claim that agrees" },
        { "org", ACME, "'org':'globex'", AUTH_TENANT_WRONG_TENANT,
          "a claim of another tenant" },
        { "org", ACME, "'org':'Acme'", AUTH_TENANT_WRONG_TENANT,
          "in another case" },
        { "org", ACME, "", AUTH_TENANT_NO_CLAIM, "a claim that is missing" },
        { "org", ACME, "'org':null", AUTH_TENANT_BAD_NAME, "A2.10 null" },
        { "org", ACME, "'org':['acme']", AUTH_TENANT_BAD_NAME,
          "A2.10 a list" },
        { NULL, "https://evil.example/realms/acme", "",
          AUTH_TENANT_WRONG_TENANT, "an issuer of somebody else" },
        { "org", "https://evil.example/realms/acme", "'org':'acme'",
          AUTH_TENANT_WRONG_TENANT, "though its claim is right" }
    };

    matched = given_names("acme", NULL, NULL);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        provider(rows[i].place);
        token(rows[i].iss, rows[i].members);

        memset(&identity, 'x', sizeof(identity));

        is(auth_tenant_policy_identity(&policy, &claims, &matched, &identity),
           rows[i].verdict, "A6.1: tenant: %s", rows[i].name);
        is_str(&identity.name[AUTH_TENANT_TENANT],
               rows[i].verdict == AUTH_TENANT_OK ? "acme" : NULL,
               "%s: the issuer's", rows[i].name);
        is_str(&identity.name[AUTH_TENANT_USER],
               rows[i].verdict == AUTH_TENANT_OK ? "maksym" : NULL,
               "%s: user", rows[i].name);
    }

    /* bound, with a request that names no tenant */

    provider(NULL);
    tenants[0] = str("acme");
    policy.tenants = tenants;
    policy.ntenants = 1;
    memset(&matched, 0, sizeof(matched));

    token(ACME, "");
    is(auth_tenant_policy_identity(&policy, &claims, &matched, &identity),
       AUTH_TENANT_OK, "A6.1: bound to the issuer's tenant");

    token(GLOBEX, "");
    is(auth_tenant_policy_identity(&policy, &claims, &matched, &identity),
       AUTH_TENANT_WRONG_TENANT, "A6.1: bound to another");

    policy.tenants = NULL;
    is(auth_tenant_policy_identity(&policy, &claims, &matched, &identity),
       AUTH_TENANT_OK, "A6.1: bound to none");
    is_str(&identity.name[AUTH_TENANT_TENANT], "globex",
           "A6.1: the issuer says which");
}


/* Letters of `captured`: t, m, u, and n for "none", w for a waived tenant. */

static const struct {
    const char             *place;
    const char             *iss;
    const char             *asked;
    const char             *members;
    const char             *captured;
    const char             *rule;         /* of the claim "c"; or NULL */
    auth_tenant_verdict_e   verdict;
    const char             *name;
} judged[] = {
    { NULL, ACME, "acme", "", "t", NULL, AUTH_TENANT_OK,
      "the issuer is rule enough" },
    { NULL, GLOBEX, "acme", "", "t", NULL, AUTH_TENANT_WRONG_TENANT,
      "another tenant's issuer" },
    { NULL, "https://evil.example/realms/acme", "acme", "", "t", NULL,
      AUTH_TENANT_WRONG_TENANT, "another provider's issuer" },
    { NULL, ACME, NULL, "", "t", NULL, AUTH_TENANT_WRONG_TENANT,
      "captured, and yet without a name" },
    { NULL, ACME, "", "", "t", NULL, AUTH_TENANT_WRONG_TENANT,
      "an empty name" },

    { "org", ACME, "acme", "'org':'acme'", "t", NULL, AUTH_TENANT_OK,
      "a claim that agrees" },
    { "org", ACME, "acme", "'org':'globex'", "t", NULL,
      AUTH_TENANT_WRONG_TENANT, "a claim that does not" },
    { "org", GLOBEX, "acme", "'org':'acme'", "t", NULL,
      AUTH_TENANT_WRONG_TENANT, "a claim makes up for nothing" },
    { "org", ACME, "acme", "", "t", NULL, AUTH_TENANT_NO_CLAIM,
      "a claim that is missing" },

    { NULL, ACME, "acme", "'c':'acme'", "t", "{tenant}", AUTH_TENANT_OK,
      "a rule on the tenant holds, too" },
    { NULL, ACME, "acme", "'c':'globex'", "t", "{tenant}", AUTH_TENANT_RULE,
      "it does not" },
    { NULL, GLOBEX, "acme", "'c':'acme'", "t", "{tenant}",
      AUTH_TENANT_WRONG_TENANT, "it holds for another tenant's issuer" },
    { "org", ACME, "acme", "'c':'acme'", "t", "{tenant}", AUTH_TENANT_OK,
      "a rule replaces the provider's claim" },
    { NULL, ACME, "acme", "'c':'x'", "t", "x", AUTH_TENANT_OK,
      "a rule on something else" },
    { NULL, ACME, "acme", "'c':'y'", "t", "x", AUTH_TENANT_RULE,
      "one that does not hold" },

    /* "methods=": this rule is for another method than the request's */

    { NULL, ACME, "acme", "'c':'acme'", "t", "!{tenant}", AUTH_TENANT_METHOD,
      "a rule for another method" },
    { NULL, ACME, "acme", "'c':'x'", "t", "+x", AUTH_TENANT_OK,
      "two rules, that on the tenant for another method" },
    { NULL, GLOBEX, "acme", "'c':'x'", "t", "+x", AUTH_TENANT_WRONG_TENANT,
      "the same of another tenant's issuer" },

    { NULL, GLOBEX, "acme", "", "tw", NULL, AUTH_TENANT_RULE,
      "waived, and no other rule" },
    { NULL, GLOBEX, "acme", "", "twn", NULL, AUTH_TENANT_OK,
      "\"none\", said aloud" },
    { NULL, GLOBEX, "acme", "'c':'x'", "tw", "x", AUTH_TENANT_OK,
      "waived, and another rule" },

    { NULL, ACME, "acme", "", "", NULL, AUTH_TENANT_RULE,
      "nothing is captured, and there is no rule" },
    { NULL, GLOBEX, NULL, "'c':'x'", "", "x", AUTH_TENANT_OK,
      "nothing is captured, a rule is enough" },
    { NULL, ACME, "acme", "", "tu", NULL, AUTH_TENANT_OK,
      "user and tenant" },
    { NULL, ACME, "acme", "", "tm", NULL, AUTH_TENANT_NO_CLAIM,
      "the issuer says nothing about modules" }
};


static void
test_rules(void)
{
    size_t                      i, n;
    const char                 *text;
    auth_tenant_rule_t          rule[2];
    auth_tenant_names_t         names;
    auth_tenant_values_t        values;
    auth_tenant_ruleset_t       set;
    auth_tenant_template_t      t[2];
    const auth_tenant_rule_t   *list[2], *failed;

    memset(&values, 0, sizeof(values));
    values.names = &names;

    list[0] = &rule[0];
    list[1] = &rule[1];

    for (i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
        provider(judged[i].place);
        token(judged[i].iss, judged[i].members);

        names = given_names(judged[i].asked, "jupyter", "maksym");

        memset(&set, 0, sizeof(set));
        memset(rule, 0, sizeof(rule));

        set.rules = list;
        set.none = (strchr(judged[i].captured, 'n') != NULL);
        set.waived = strchr(judged[i].captured, 'w') ? 1 : 0;
        set.captured = (strchr(judged[i].captured, 't') ? 1 : 0)
                       | (strchr(judged[i].captured, 'm') ? 2 : 0)
                       | (strchr(judged[i].captured, 'u') ? 4 : 0);

        text = judged[i].rule;

        if (text != NULL) {

            if (*text == '!') {
                rule[0].methods = AUTH_TENANT_METHOD_POST;
                text++;

            } else if (*text == '+') {
                rule[0].methods = AUTH_TENANT_METHOD_GET;
                rule[1].methods = AUTH_TENANT_METHOD_POST;
                text++;
                set.nrules++;
            }

            t[0] = given_template(text);
            t[1] = given_template("{tenant}");
            set.nrules++;

            for (n = 0; n < 2; n++) {
                rule[n].claim = given_claim("c");
                rule[n].values = &t[n];
                rule[n].nvalues = 1;
                rule[n].names = auth_tenant_rule_names(&rule[n]);
            }
        }

        is(auth_tenant_rules_judge(&set, AUTH_TENANT_METHOD_GET, &policy,
                                   &claims, &values, &failed),
           judged[i].verdict, "A6.1: rules: %s", judged[i].name);
        ok((failed != NULL) == (judged[i].verdict == AUTH_TENANT_RULE
                                && judged[i].rule != NULL),
           "%s: the rule that failed", judged[i].name);
    }
}


int
main(void)
{
    test_issuer();
    test_audience();
    test_identity();
    test_rules();

    return done();
}

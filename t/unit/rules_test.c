
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Rules: one rule at a time, and the default rules.
 */


#include "tap.h"
#include "given.h"
#include "auth_tenant_rules.h"


static auth_tenant_claims_t    claims;
static auth_tenant_claim_t     places[AUTH_TENANT_NNAMES];
static auth_tenant_policy_t    policy;


static const struct {
    const char             *place;
    auth_tenant_rule_e      op;
    const char             *value;
    const char             *members;
    auth_tenant_verdict_e   verdict;
    const char             *name;
} rules[] = {

#define IS   AUTH_TENANT_RULE_IS
#define HAS  AUTH_TENANT_RULE_HAS

    { "c", IS, "a", "'c':'a'", AUTH_TENANT_OK, "is: equal" },
    { "c", IS, "a", "'c':'ab'", AUTH_TENANT_RULE, "is: longer" },
    { "c", IS, "ab", "'c':'a'", AUTH_TENANT_RULE, "is: shorter" },
    { "c", IS, "a", "'c':'A'", AUTH_TENANT_RULE, "A2.8 is: another case" },
    { "c", IS, "ss", "'c':'\\u00df'", AUTH_TENANT_RULE, "A2.8 is: folded" },
    { "c", IS, "a", "'c':' a'", AUTH_TENANT_RULE, "is: a space" },
    { "c", IS, "a", "'c':''", AUTH_TENANT_RULE, "is: empty" },
    { "c", IS, "a", "'d':'a'", AUTH_TENANT_NO_CLAIM, "is: missing" },
    { "c", IS, "null", "'c':null", AUTH_TENANT_RULE, "A2.10 is: null" },
    { "c", IS, "true", "'c':true", AUTH_TENANT_RULE, "A2.10 is: boolean" },
    { "c", IS, "7", "'c':7", AUTH_TENANT_RULE, "A2.10 is: number" },
    { "c", IS, "a", "'c':['a']", AUTH_TENANT_RULE, "A2.10 is: array" },
    { "c", IS, "a", "'c':{'a':true}", AUTH_TENANT_RULE, "A2.10 is: object" },
    { "scope", IS, "a", "'scope':'a b'", AUTH_TENANT_RULE,
      "is: never a word of a scope" },
    { "scope", IS, "a b", "'scope':'a b'", AUTH_TENANT_OK,
      "is: a scope as a whole" },

    { "c", HAS, "a", "'c':['a']", AUTH_TENANT_OK, "has: an element" },
    { "c", HAS, "b", "'c':['a','b']", AUTH_TENANT_OK, "has: the second" },
    { "c", HAS, "a", "'c':[7,null,'a']", AUTH_TENANT_OK,
      "has: beside other types" },
    { "c", HAS, "a", "'c':['ab','A',' a','']", AUTH_TENANT_RULE,
      "has: nothing that is like it" },
    { "c", HAS, "7", "'c':[7]", AUTH_TENANT_RULE, "A2.10 has: a number" },
    { "c", HAS, "true", "'c':[true]", AUTH_TENANT_RULE,
      "A2.10 has: a boolean" },
    { "c", HAS, "a", "'c':[['a']]", AUTH_TENANT_RULE,
      "has: not in an inner array" },
    { "c", HAS, "a", "'c':[{'a':true}]", AUTH_TENANT_RULE,
      "has: not in an inner object" },
    { "c", HAS, "a b", "'c':['a','b']", AUTH_TENANT_RULE,
      "has: nothing is joined" },
    { "c", HAS, "a", "'c':['a b']", AUTH_TENANT_RULE,
      "has: no element is split" },
    { "c", HAS, "a", "'c':[]", AUTH_TENANT_RULE, "has: an empty array" },

    { "c", HAS, "a", "'c':{'a':true}", AUTH_TENANT_OK, "has: a member" },
    { "c", HAS, "a", "'c':{'b':1,'a':'x'}", AUTH_TENANT_OK,
      "has: a member with a text" },
    { "c", HAS, "a", "'c':{'a':['x']}", AUTH_TENANT_OK,
      "has: a member with a list" },
    { "c", HAS, "a", "'c':{'a':{'x':null}}", AUTH_TENANT_OK,
      "has: a member with a member" },
    { "c", HAS, "a", "'c':{'a':0}", AUTH_TENANT_OK,
      "has: the number 0 is a value" },
    { "c", HAS, "a", "'c':{'a':-0.0}", AUTH_TENANT_OK, "has: and -0.0" },
    { "c", HAS, "a", "'c':{'a':false}", AUTH_TENANT_RULE,
      "has: a member that is false" },
    { "c", HAS, "a", "'c':{'a':null}", AUTH_TENANT_RULE,
      "has: a member that is null" },
    { "c", HAS, "a", "'c':{'a':''}", AUTH_TENANT_RULE,
      "has: a member without a text" },
    { "c", HAS, "a", "'c':{'a':[]}", AUTH_TENANT_RULE,
      "has: a member with an empty list" },
    { "c", HAS, "a", "'c':{'a':{}}", AUTH_TENANT_RULE,
      "has: a member without members" },
    { "c", HAS, "a", "'c':{'b':'a'}", AUTH_TENANT_RULE,
      "has: a value is no name" },
    { "c", HAS, "a", "'c':{'b':{'a':true}}", AUTH_TENANT_RULE,
      "has: not further down" },
    { "c", HAS, "a", "'c':{}", AUTH_TENANT_RULE, "has: an empty object" },

    { "c", HAS, "a", "'c':'a'", AUTH_TENANT_RULE,
      "has: a string isn't a list" },
    { "c", HAS, "a", "'c':'a b'", AUTH_TENANT_RULE,
      "has: nor is it split" },
    { "scope", HAS, "a", "'scope':'a'", AUTH_TENANT_OK, "scope: one word" },
    { "scope", HAS, "b", "'scope':'a b c'", AUTH_TENANT_OK,
      "scope: a word in the middle" },
    { "scp", HAS, "c", "'scp':'a b c'", AUTH_TENANT_OK, "scp: the last" },
    { "/scope", HAS, "a", "'scope':'a  c'", AUTH_TENANT_OK,
      "scope: the first, two spaces" },
    { "spaced", HAS, "a", "'spaced':'x a'", AUTH_TENANT_OK,
      "scope: a claim that was named" },
    { "scope", HAS, "a", "'scope':'ab aa A'", AUTH_TENANT_RULE,
      "scope: nothing that is like it" },
    { "scope", HAS, "b", "'scope':'a\\tb'", AUTH_TENANT_RULE,
      "scope: only spaces part words" },
    { "scope", HAS, "a b", "'scope':'a b'", AUTH_TENANT_RULE,
      "scope: two words are no word" },
    { "scope", HAS, "a", "'scope':''", AUTH_TENANT_RULE, "scope: empty" },
    { "scope", HAS, "a", "'scope':['b','a']", AUTH_TENANT_OK,
      "scope: as an array" },
    { "x/scope", HAS, "a", "'x/scope':'a b'", AUTH_TENANT_RULE,
      "scope: another claim" },
    { "c", HAS, "a", "'c':null", AUTH_TENANT_RULE, "A2.10 has: null" },
    { "c", HAS, "true", "'c':true", AUTH_TENANT_RULE, "A2.10 has: true" },
    { "c", HAS, "7", "'c':7", AUTH_TENANT_RULE, "A2.10 has: a number" },
    { "c", HAS, "a", "'d':['a']", AUTH_TENANT_NO_CLAIM, "has: missing" },

    /* the request names tenant acme and user maksym, but no module */

    { "c", IS, "{tenant}", "'c':'acme'", AUTH_TENANT_OK, "a placeholder" },
    { "c", IS, "{tenant}", "'c':'other'", AUTH_TENANT_RULE,
      "a placeholder, another tenant" },
    { "c", IS, "{tenant}", "'c':'{tenant}'", AUTH_TENANT_RULE,
      "a placeholder is never its own text" },
    { "c", HAS, "{tenant}/{user}", "'c':['acme/maksym']", AUTH_TENANT_OK,
      "two placeholders" },
    { "c", IS, "{module}", "'c':''", AUTH_TENANT_RULE,
      "a name that is missing equals no empty claim" },
    { "c", HAS, "{module}", "'c':['',null]", AUTH_TENANT_RULE,
      "nor any element" },
    { "c", HAS, "{module}", "'c':{'':true}", AUTH_TENANT_RULE,
      "nor a member named \"\"" },
    { "scope", HAS, "{module}", "'scope':' '", AUTH_TENANT_RULE,
      "nor an empty word" },
    { "c", IS, "a{module}", "'c':'a'", AUTH_TENANT_RULE,
      "nor is the rest left over" },
    { "/c/{tenant}", HAS, "{user}", "'c':{'acme':['maksym']}",
      AUTH_TENANT_OK, "a placeholder in the pointer" },
    { "/c/{tenant}", HAS, "{user}", "'c':{'other':['maksym']}",
      AUTH_TENANT_NO_CLAIM, "of another tenant" },
    { "/c/{module}", HAS, "{user}", "'c':{'':['maksym']}",
      AUTH_TENANT_NO_CLAIM, "a missing name in the pointer" },
    { "c", IS, "$full", "'c':'value'", AUTH_TENANT_OK, "a variable" },
    { "c", IS, "$full", "'c':'other'", AUTH_TENANT_RULE,
      "a variable, another value" },
    { "c", IS, "$empty", "'c':''", AUTH_TENANT_RULE,
      "an empty variable never matches" },
    { "c", IS, "x$empty", "'c':'x'", AUTH_TENANT_RULE,
      "not even with a text beside it" },
    { "c", IS, "$missing", "'c':''", AUTH_TENANT_RULE,
      "a missing variable never matches" },
    { "c", IS, "$crlf", "'c':'a\\r\\nb'", AUTH_TENANT_RULE,
      "a value with controls never matches" }
};


static int
variable(void *data, uintptr_t index, auth_tenant_str_t *value)
{
    static const char *const  values[] = { "value", "", "a\r\nb", NULL };

    (void) data;

    if (values[index] == NULL) {
        return 0;
    }

    *value = str(values[index]);

    return 1;
}


/* What the caller does at configuration: gives each variable its index. */

static auth_tenant_template_t
value_of(const char *text)
{
    size_t                  i, n;
    auth_tenant_template_t  t;

    static const char *const  names[] = { "full", "empty", "crlf" };

    t = given_template(text);

    for (i = 0; i < t.nparts; i++) {

        if (t.parts[i].type != AUTH_TENANT_PART_VARIABLE) {
            continue;
        }

        for (n = 0; n < 3; n++) {
            if (t.parts[i].text.len == strlen(names[n])
                && memcmp(t.parts[i].text.data, names[n], strlen(names[n]))
                   == 0)
            {
                break;
            }
        }

        t.parts[i].index = n;
    }

    return t;
}


static void
test_rules(void)
{
    size_t                      i;
    auth_tenant_str_t           spaced;
    auth_tenant_rule_t          rule;
    auth_tenant_names_t         names;
    auth_tenant_values_t        values;
    auth_tenant_ruleset_t       set;
    auth_tenant_template_t      t;
    const auth_tenant_rule_t   *list[1], *failed;

    memset(&policy, 0, sizeof(policy));
    spaced = str("spaced");
    policy.spaced = &spaced;
    policy.nspaced = 1;

    names = given_names("acme", NULL, "maksym");
    values.names = &names;
    values.variable = variable;
    values.data = NULL;

    memset(&set, 0, sizeof(set));
    list[0] = &rule;
    set.rules = list;
    set.nrules = 1;

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        memset(&rule, 0, sizeof(rule));

        t = value_of(rules[i].value);

        rule.claim = given_claim(rules[i].place);
        rule.op = rules[i].op;
        rule.values = &t;
        rule.nvalues = 1;
        rule.names = auth_tenant_rule_names(&rule);

        is(given_members(&claims, rules[i].members), AUTH_TENANT_OK,
           "%s: claims", rules[i].name);

        is(auth_tenant_rules_judge(&set, AUTH_TENANT_METHOD_GET, &policy,
                                   &claims, &values, &failed),
           rules[i].verdict, "%s", rules[i].name);

        ok(failed == (rules[i].verdict == AUTH_TENANT_OK ? NULL : &rule),
           "%s: the rule that failed", rules[i].name);
    }

    /* several values: any of them */

    {
        auth_tenant_template_t  any[3];

        any[0] = given_template("{module}");
        any[1] = given_template("a");
        any[2] = given_template("b");

        memset(&rule, 0, sizeof(rule));
        rule.claim = given_claim("c");
        rule.values = any;
        rule.nvalues = 3;

        given_members(&claims, "'c':'b'");
        is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values,
                                   &failed),
           AUTH_TENANT_OK, "several values mean any");

        given_members(&claims, "'c':'c'");
        is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values,
                                   &failed),
           AUTH_TENANT_RULE, "but one of them");

        rule.nvalues = 0;
        is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values,
                                   &failed),
           AUTH_TENANT_RULE, "no values: nothing matches");
    }

    values.names = NULL;
    is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values, &failed),
       AUTH_TENANT_ERROR, "no names at all is our fault, and a no");
}


/* Provider's claims: tenant, /of/{tenant}/modules or scope, user. */

static const struct {
    const char             *captured;     /* letters of t, m, u */
    const char             *members;
    auth_tenant_verdict_e   verdict;
    const char             *name;
} defaults[] = {
    { "t", "'tenant':'acme'", AUTH_TENANT_OK, "tenant is" },
    { "t", "'tenant':'other'", AUTH_TENANT_WRONG_TENANT, "another tenant" },
    { "t", "'tenant':'acm'", AUTH_TENANT_WRONG_TENANT, "a prefix" },
    { "t", "'tenant':''", AUTH_TENANT_WRONG_TENANT, "an empty tenant" },
    { "t", "'tenant':['acme']", AUTH_TENANT_WRONG_TENANT, "A2.10 a list" },
    { "t", "'tenant':null", AUTH_TENANT_WRONG_TENANT, "A2.10 null" },
    { "t", "'user':'maksym'", AUTH_TENANT_NO_CLAIM, "no tenant claim" },

    { "u", "'user':'maksym'", AUTH_TENANT_OK, "user is" },
    { "u", "'user':'Maksym'", AUTH_TENANT_WRONG_USER, "another user" },
    { "u", "'user':{'maksym':true}", AUTH_TENANT_WRONG_USER,
      "A2.10 an object" },
    { "u", "'sub':'maksym'", AUTH_TENANT_NO_CLAIM, "no user claim" },

    { "m", "'of':{'acme':['jupyter']}", AUTH_TENANT_OK, "modules have" },
    { "m", "'of':{'acme':{'jupyter':true}}", AUTH_TENANT_OK, "as an object" },
    { "m", "'of':{'acme':{'jupyter':false}}", AUTH_TENANT_WRONG_MODULE,
      "a module that is false" },
    { "m", "'of':{'acme':['billing']}", AUTH_TENANT_WRONG_MODULE,
      "another module" },
    { "m", "'of':{'acme':'jupyter'}", AUTH_TENANT_WRONG_MODULE,
      "a string isn't a list" },
    { "m", "'of':{'other':['jupyter']}", AUTH_TENANT_NO_CLAIM,
      "another tenant's modules" },

    { "tmu", "'tenant':'acme','user':'maksym','of':{'acme':['jupyter']}",
      AUTH_TENANT_OK, "all three" },
    { "tmu", "'tenant':'x','user':'y','of':{'acme':[]}",
      AUTH_TENANT_WRONG_TENANT, "the tenant first" },
    { "tmu", "'tenant':'acme','user':'y','of':{'acme':[]}",
      AUTH_TENANT_WRONG_USER, "then the user" },
    { "tmu", "'tenant':'acme','user':'maksym','of':{'acme':[]}",
      AUTH_TENANT_WRONG_MODULE, "then the module" }
};


static void
test_defaults(void)
{
    char                        json[256];
    size_t                      i;
    auth_tenant_names_t         names;
    auth_tenant_values_t        values;
    auth_tenant_ruleset_t       set;
    const auth_tenant_rule_t   *failed;

    memset(&policy, 0, sizeof(policy));

    places[AUTH_TENANT_TENANT] = given_claim("tenant");
    places[AUTH_TENANT_MODULE] = given_claim("/of/{tenant}");
    places[AUTH_TENANT_USER] = given_claim("user");

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        policy.claims[i] = &places[i];
    }

    names = given_names("acme", "jupyter", "maksym");
    memset(&values, 0, sizeof(values));
    values.names = &names;

    memset(&set, 0, sizeof(set));

    for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {

        set.captured = (strchr(defaults[i].captured, 't') ? 1 : 0)
                       | (strchr(defaults[i].captured, 'm') ? 2 : 0)
                       | (strchr(defaults[i].captured, 'u') ? 4 : 0);

        is(auth_tenant_rules_defaults(&set), set.captured,
           "%s: defaults stand", defaults[i].name);

        snprintf(json, sizeof(json), "{'iss':'i',%s'exp':1,'iat':1,%s}",
                 strstr(defaults[i].members, "'sub'") ? "" : "'sub':'s',",
                 defaults[i].members);
        is(given_claims(&claims, json), AUTH_TENANT_OK, "%s: claims",
           defaults[i].name);

        is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values,
                                   &failed),
           defaults[i].verdict, "A1.4 default: %s", defaults[i].name);
        ok(failed == NULL, "%s: no rule of the operator's failed",
           defaults[i].name);
    }

    /* what is captured and yet has no value */

    given_members(&claims, "'tenant':'','user':'','of':{'':['']}");
    names = given_names("", NULL, "");
    set.captured = 1;
    is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values, &failed),
       AUTH_TENANT_WRONG_TENANT, "an empty name isn't an empty claim");

    set.captured = 4;
    is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values, &failed),
       AUTH_TENANT_WRONG_USER, "nor an empty user");

    places[AUTH_TENANT_MODULE] = given_claim("scope");
    given_members(&claims, "'scope':'a  b'");
    set.captured = 2;
    is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values, &failed),
       AUTH_TENANT_WRONG_MODULE, "nor a missing module an empty word");

    names = given_names(NULL, "b", NULL);
    is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values, &failed),
       AUTH_TENANT_OK, "modules in a scope are words");

    policy.claims[AUTH_TENANT_MODULE] = NULL;
    is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values, &failed),
       AUTH_TENANT_NO_CLAIM, "a provider without such a claim");

    policy.claims[AUTH_TENANT_TENANT] = NULL;
    names = given_names("acme", NULL, NULL);
    set.captured = 1;
    is(auth_tenant_rules_judge(&set, 0, &policy, &claims, &values, &failed),
       AUTH_TENANT_NO_CLAIM, "nor one for the tenant");
}


int
main(void)
{
    test_rules();
    test_defaults();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Rules together: methods, levels, names that must be constrained, and that
 * an inner level can only narrow what an outer one allows.
 */


#include "tap.h"
#include "given.h"
#include "auth_tenant_rules.h"


#define GET   AUTH_TENANT_METHOD_GET
#define HEAD  AUTH_TENANT_METHOD_HEAD
#define POST  AUTH_TENANT_METHOD_POST
#define WS    AUTH_TENANT_METHOD_WEBSOCKET

#define T     auth_tenant_name_bit(AUTH_TENANT_TENANT)
#define M     auth_tenant_name_bit(AUTH_TENANT_MODULE)
#define U     auth_tenant_name_bit(AUTH_TENANT_USER)

#define MAX_RULES  6


static auth_tenant_claims_t        claims;
static auth_tenant_names_t         names;
static auth_tenant_values_t        values;
static auth_tenant_policy_t        policy;
static auth_tenant_claim_t         places[AUTH_TENANT_NNAMES];

static auth_tenant_rule_t          rules[MAX_RULES];
static const auth_tenant_rule_t   *list[MAX_RULES];
static auth_tenant_ruleset_t       set;


/* The rules to choose from; the claims fit those in upper case. */

static struct {
    char                     letter;
    const char              *place;
    const char              *value;
    auth_tenant_template_t   t;
} pool[] = {
    { 'A', "groups", "a", { 0 } },
    { 'B', "groups", "b", { 0 } },
    { 'x', "groups", "x", { 0 } },
    { 'T', "tenants", "{tenant}", { 0 } },
    { 't', "groups", "{tenant}", { 0 } },
    { 'U', "users", "{user}", { 0 } },
    { 'u', "groups", "{user}", { 0 } },
    { 'M', "/of/{tenant}", "{module}", { 0 } },
    { 'm', "missing", "{module}", { 0 } }
};

#define NPOOL  (sizeof(pool) / sizeof(pool[0]))


static void
make_rule(auth_tenant_rule_t *rule, size_t n, auth_tenant_methods_t methods,
    unsigned level)
{
    memset(rule, 0, sizeof(auth_tenant_rule_t));

    rule->claim = given_claim(pool[n].place);
    rule->op = AUTH_TENANT_RULE_HAS;
    rule->values = &pool[n].t;
    rule->nvalues = 1;
    rule->methods = methods;
    rule->level = level;
    rule->names = auth_tenant_rule_names(rule);
}


/* "A:G x:P | T": rules with the letters of methods, "|" parts the levels. */

static void
make_set(const char *text, unsigned captured, unsigned waived)
{
    size_t                 n;
    unsigned               level;
    auth_tenant_methods_t  methods;

    memset(&set, 0, sizeof(set));
    set.rules = list;
    set.captured = captured;
    set.waived = waived;

    level = 0;

    while (*text) {

        if (*text == '|') {
            level++;
        }

        if (*text == ' ' || *text == '|') {
            text++;
            continue;
        }

        for (n = 0; n < NPOOL && pool[n].letter != *text; n++) { /* void */ }

        methods = 0;
        text++;

        if (*text == ':') {
            for (text++; *text && *text != ' '; text++) {
                methods |= (*text == 'G') ? GET
                           : (*text == 'H') ? HEAD
                           : (*text == 'P') ? POST : WS;
            }
        }

        make_rule(&rules[set.nrules], n, methods, level);
        list[set.nrules] = &rules[set.nrules];
        set.nrules++;
    }
}


static auth_tenant_verdict_e
judge(auth_tenant_methods_t method)
{
    const auth_tenant_rule_t  *failed;

    return auth_tenant_rules_judge(&set, method, &policy, &claims, &values,
                                   &failed);
}


static const struct {
    const char             *rules;
    unsigned                captured;
    unsigned                waived;
    unsigned                none;
    auth_tenant_methods_t   method;
    auth_tenant_verdict_e   verdict;
    const char             *name;
} cases[] = {
    { "A", 0, 0, 0, GET, AUTH_TENANT_OK, "one rule that holds" },
    { "A B", 0, 0, 0, GET, AUTH_TENANT_OK, "two" },
    { "A x", 0, 0, 0, GET, AUTH_TENANT_RULE, "every rule must hold" },
    { "x A", 0, 0, 0, GET, AUTH_TENANT_RULE, "in either order" },
    { "A | x", 0, 0, 0, GET, AUTH_TENANT_RULE, "the inner one too" },
    { "x | A", 0, 0, 0, GET, AUTH_TENANT_RULE, "and the outer one" },
    { "A m", 0, 0, 0, GET, AUTH_TENANT_NO_CLAIM, "one without its claim" },

    { "", 0, 0, 0, GET, AUTH_TENANT_RULE, "nothing to judge is a no" },
    { "", 0, 0, 1, GET, AUTH_TENANT_OK, "unless \"none\" was said" },
    { "", T, T, 0, GET, AUTH_TENANT_RULE, "nor do waived names judge" },
    { "", T, T, 1, GET, AUTH_TENANT_OK, "with \"none\" they may be free" },
    { "", T, 0, 1, GET, AUTH_TENANT_OK, "a default that stands is judged" },
    { "", U, 0, 1, GET, AUTH_TENANT_WRONG_USER, "with \"none\" as well" },
    { "x", 0, 0, 1, GET, AUTH_TENANT_RULE, "\"none\" excuses no rule" },

    { "A:G", 0, 0, 0, GET, AUTH_TENANT_OK, "B2.15 a method that is named" },
    { "A:G", 0, 0, 0, HEAD, AUTH_TENANT_OK, "B2.15 GET names HEAD" },
    { "A:H", 0, 0, 0, GET, AUTH_TENANT_METHOD, "B2.15 HEAD isn't GET" },
    { "A:G", 0, 0, 0, POST, AUTH_TENANT_METHOD, "B2.15 one that isn't" },
    { "A:G", 0, 0, 0, WS, AUTH_TENANT_METHOD, "a WebSocket is never GET" },
    { "A:W", 0, 0, 0, WS, AUTH_TENANT_OK, "a WebSocket by its own name" },
    { "A:W", 0, 0, 0, GET, AUTH_TENANT_METHOD, "and nothing else by it" },
    { "A:GP", 0, 0, 0, 0, AUTH_TENANT_METHOD, "B2.15 an unknown method" },
    { "A", 0, 0, 0, 0, AUTH_TENANT_OK, "rules for all are for unknown ones" },
    { "x", 0, 0, 0, 0, AUTH_TENANT_RULE, "and judge them" },
    { "A:G x:P", 0, 0, 0, GET, AUTH_TENANT_OK, "POST's rule is POST's" },
    { "A:G x:P", 0, 0, 0, POST, AUTH_TENANT_RULE, "and holds it up" },
    { "A B:G", 0, 0, 0, POST, AUTH_TENANT_METHOD,
      "a rule for all names no method" },
    { "x B:G", 0, 0, 0, GET, AUTH_TENANT_RULE, "but it is judged" },
    { "A", 0, 0, 0, GET|POST, AUTH_TENANT_ERROR, "two methods at once" },

    { "A:G | B:P", 0, 0, 0, POST, AUTH_TENANT_METHOD,
      "an inner level can't admit what an outer one refuses" },
    { "A:G | B:P", 0, 0, 0, GET, AUTH_TENANT_METHOD,
      "and may refuse what that admits" },
    { "A:GP | B:P", 0, 0, 0, POST, AUTH_TENANT_OK, "both admit it" },
    { "A:GP | B:P", 0, 0, 0, GET, AUTH_TENANT_METHOD, "one doesn't" },
    { "A:G | B", 0, 0, 0, POST, AUTH_TENANT_METHOD,
      "an inner level that names none leaves the outer's" },
    { "A | B:G", 0, 0, 0, GET, AUTH_TENANT_OK, "an outer one too" },
    { "A:G B:P | A", 0, 0, 0, POST, AUTH_TENANT_OK,
      "the rules of one level together name methods" },

    { "T", T, 0, 0, GET, AUTH_TENANT_OK, "a rule instead of the default" },
    { "t", T, 0, 0, GET, AUTH_TENANT_RULE, "it is judged" },
    { "A", T, 0, 0, GET, AUTH_TENANT_OK, "the default beside a rule" },
    { "A", U, 0, 0, GET, AUTH_TENANT_WRONG_USER, "it is judged as well" },
    { "U", U, 0, 0, GET, AUTH_TENANT_OK, "the user by a rule" },
    { "A", U, U, 0, GET, AUTH_TENANT_OK, "a waived default" },
    { "M", T|M, 0, 0, GET, AUTH_TENANT_OK,
      "a pointer and a value constrain two names" },
    { "T:G A:P", T, 0, 0, GET, AUTH_TENANT_OK, "constrained for GET" },
    { "T:G A:P", T, 0, 0, POST, AUTH_TENANT_RULE, "but not for POST" },
    { "T:G A:P", T, T, 0, POST, AUTH_TENANT_OK, "unless it is waived" },
    { "T:G A:P", 0, 0, 0, POST, AUTH_TENANT_OK, "or not captured" },
    { "T:G T:P", T, 0, 0, POST, AUTH_TENANT_OK, "or constrained there too" }
};


static void
test_judge(void)
{
    size_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_set(cases[i].rules, cases[i].captured, cases[i].waived);
        set.none = cases[i].none;

        is(judge(cases[i].method), cases[i].verdict, "\"%s\": %s",
           cases[i].rules, cases[i].name);
    }
}


static void
test_methods(void)
{
    size_t              i;
    auth_tenant_str_t   name;

    static const struct {
        const char             *name;
        auth_tenant_methods_t   rule;
        auth_tenant_methods_t   request;
        auth_tenant_methods_t   upgrade;
    } methods[] = {
        { "GET",        0x0001,  0x0001,  0x8000 },
        { "HEAD",       0x0002,  0x0002,  0 },
        { "POST",       0x0004,  0x0004,  0 },
        { "PUT",        0x0008,  0x0008,  0 },
        { "DELETE",     0x0010,  0x0010,  0 },
        { "OPTIONS",    0x0020,  0x0020,  0 },
        { "PATCH",      0x0040,  0x0040,  0 },
        { "MKCOL",      0x0080,  0x0080,  0 },
        { "COPY",       0x0100,  0x0100,  0 },
        { "MOVE",       0x0200,  0x0200,  0 },
        { "PROPFIND",   0x0400,  0x0400,  0 },
        { "PROPPATCH",  0x0800,  0x0800,  0 },
        { "LOCK",       0x1000,  0x1000,  0 },
        { "UNLOCK",     0x2000,  0x2000,  0 },
        { "TRACE",      0x4000,  0x4000,  0 },
        { "WEBSOCKET",  0x8000,  0,       0 },
        { "get",        0,       0,       0 },
        { "GE",         0,       0,       0 },
        { "GETS",       0,       0,       0 },
        { "CONNECT",    0,       0,       0 },
        { "",           0,       0,       0 }
    };

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        name = str(methods[i].name);

        is(auth_tenant_method(&name), methods[i].rule, "\"%s\" in a rule",
           methods[i].name);
        is(auth_tenant_request_method(&name, 0), methods[i].request,
           "\"%s\" of a request", methods[i].name);
        is(auth_tenant_request_method(&name, 1), methods[i].upgrade,
           "\"%s\" with an upgrade", methods[i].name);
    }
}


static void
test_names(void)
{
    auth_tenant_rule_t      rule;
    auth_tenant_template_t  t[3];

    memset(&rule, 0, sizeof(rule));
    rule.values = t;
    rule.claim = given_claim("c");

    t[0] = given_template("{tenant}/{user}");
    t[1] = given_template("{tenant}");
    t[2] = given_template("admin");

    is(auth_tenant_rule_names(&rule), 0, "no values constrain nothing");

    rule.nvalues = 1;
    is(auth_tenant_rule_names(&rule), T|U, "a value with two names");

    rule.nvalues = 2;
    is(auth_tenant_rule_names(&rule), T, "only what every value names");

    rule.nvalues = 3;
    is(auth_tenant_rule_names(&rule), 0, "one literal lets all through");

    rule.claim = given_claim("/of/{module}");
    is(auth_tenant_rule_names(&rule), M, "the pointer counts for all values");

    rule.nvalues = 0;
    is(auth_tenant_rule_names(&rule), M, "and without any");
}


static void
test_unconstrained(void)
{
    size_t                  i;
    auth_tenant_methods_t   methods;

    static const struct {
        const char             *rules;
        unsigned                captured;
        unsigned                waived;
        unsigned                missing;
        auth_tenant_methods_t   methods;
        unsigned                defaults;
    } sets[] = {
        { "",                T|M|U,  0,  0,    0,     T|M|U },
        { "A",               T|U,    0,  0,    0,     T|U },
        { "T",               T|U,    0,  0,    0,     U },
        { "T:G",             T,      0,  0,    0,     0 },
        { "T:G A:P",         T,      0,  T,    POST,  0 },
        { "T:G A:P",         T,      T,  0,    0,     0 },
        { "T:G A:P",         U,      0,  0,    0,     U },
        { "T:G A:P",         0,      0,  0,    0,     0 },
        { "T:G T:P",         T,      0,  0,    0,     0 },
        { "T:GPW U:G A:PW",  T|U,    0,  U,    POST|WS, 0 },
        { "T:P A:G",         T,      0,  T,    GET|HEAD, 0 },
        { "T:G U:P",         T|U,    0,  T|U,  GET|HEAD|POST, 0 },
        { "A:P | T:G",       T,      0,  0,    0,     0 },
        { "A:GP | T:G",      T,      0,  0,    0,     0 },
        { "T:G A:P | B:G",   T,      0,  0,    0,     0 },
        { "T:G A:P | B:P",   T,      0,  T,    POST,  0 },
        { "T:G A:P | T",     T,      0,  0,    0,     0 },
        { "M:G A:P",         T|M,    0,  T|M,  POST,  0 }
    };

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        make_set(sets[i].rules, sets[i].captured, sets[i].waived);

        methods = 0xdead;

        is(auth_tenant_rules_unconstrained(&set, &methods), sets[i].missing,
           "B2.6 \"%s\": names that a method leaves free", sets[i].rules);
        is(methods, sets[i].methods, "\"%s\": the methods", sets[i].rules);
        is(auth_tenant_rules_defaults(&set), sets[i].defaults,
           "\"%s\": defaults", sets[i].rules);
    }
}


static unsigned
random_below(unsigned n)
{
    static uint32_t  seed = 20240001;

    seed = seed * 1664525 + 1013904223;

    return (seed >> 8) % n;
}


/*
 * An inner level may take a default's place, and without any rule there is
 * nothing to narrow.  But for that, and in configurations that pass the
 * check, no rule that an inner level adds turns a no into a yes.
 */

static void
test_narrowing(void)
{
    size_t                  i, n;
    unsigned                constrained, checked, widened, narrowed;
    auth_tenant_verdict_e   outer, inner;
    auth_tenant_methods_t   method, methods;

    static const auth_tenant_methods_t  some[] = {
        0, GET, HEAD, POST, WS, GET|POST, HEAD|WS, GET|HEAD|POST|WS
    };
    static const auth_tenant_methods_t  requests[] = {
        0, GET, HEAD, POST, WS, AUTH_TENANT_METHOD_PUT
    };

    checked = 0;
    widened = 0;
    narrowed = 0;

    for (i = 0; i < 200000; i++) {

        make_set("", random_below(8), random_below(3) ? 0 : random_below(8));

        n = random_below(MAX_RULES);

        while (set.nrules < n) {
            make_rule(&rules[set.nrules], random_below(NPOOL),
                      some[random_below(8)], set.nrules / 2);
            list[set.nrules] = &rules[set.nrules];
            set.nrules++;
        }

        method = requests[random_below(6)];

        if (auth_tenant_rules_unconstrained(&set, &methods)
            || (n == 0 && set.captured == 0))
        {
            continue;
        }

        outer = judge(method);

        constrained = set.waived | ~set.captured;

        while (n-- > 0) {
            constrained |= rules[n].names;
        }

        make_rule(&rules[set.nrules], random_below(NPOOL),
                  some[random_below(8)], MAX_RULES);
        list[set.nrules] = &rules[set.nrules];

        if (rules[set.nrules].names & ~constrained) {
            continue;
        }

        if (set.nrules == 0 && auth_tenant_rules_defaults(&set) == 0) {
            continue;
        }

        set.nrules++;
        inner = judge(method);

        checked++;
        widened += (outer != AUTH_TENANT_OK && inner == AUTH_TENANT_OK);
        narrowed += (outer == AUTH_TENANT_OK && inner != AUTH_TENANT_OK);
    }

    ok(checked > 10000, "%u random sets with one more rule", checked);
    is(widened, 0, "B2.6 none of them allows more than before");
    ok(narrowed > 1000, "%u of them allow less", narrowed);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < NPOOL; i++) {
        pool[i].t = given_template(pool[i].value);
    }

    places[AUTH_TENANT_TENANT] = given_claim("tenant");
    policy.claims[AUTH_TENANT_TENANT] = &places[AUTH_TENANT_TENANT];
    places[AUTH_TENANT_USER] = given_claim("name");
    policy.claims[AUTH_TENANT_USER] = &places[AUTH_TENANT_USER];
    places[AUTH_TENANT_MODULE] = given_claim("groups");
    policy.claims[AUTH_TENANT_MODULE] = &places[AUTH_TENANT_MODULE];

    /* the default of the user doesn't hold, the others do */

    given_members(&claims, "'groups':['a','b','jupyter'],'tenant':'acme',"
                  "'tenants':['acme'],'name':'other','users':['maksym'],"
                  "'of':{'acme':['jupyter']}");

    names = given_names("acme", "jupyter", "maksym");
    values.names = &names;

    test_methods();
    test_names();
    test_judge();
    test_unconstrained();
    test_narrowing();

    return done();
}

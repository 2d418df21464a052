
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Rules.  The bytes choose claims, names, rules and methods out of the tables
 * below; the verdict must be that of the second reading of the same sentences
 * in naive.h, which works on jansson's tree and C strings.
 */


#include "tree.h"
#include "naive.h"
#include "auth_tenant_rules.h"


typedef struct {
    const uint8_t  *p;
    const uint8_t  *last;
} input_t;


static const char *const  words[] = {
    "acme", "maksym", "jupyter", "a", "b", "", "a b", "acme/maksym", "globex",
    "x--y", " a", "a\nb", "A", "b a", "a--maksym", "0"
};

static const char *const  keys[] = {
    "c", "scope", "of", "acme", "a/b", "x~y", "", "maksym", "jupyter", "a",
    "tenant", "user", "globex", "spaced", "b", "0"
};

static const char *const  places[] = {
    "c", "/c", "scope", "/scope", "/of/{tenant}", "/of/{tenant}/{module}",
    "/{user}", "/a~1b", "/x~0y", "tenant", "user", "spaced", "/of/acme",
    "/c/0", "a/b", "/of/{user}/{tenant}"
};

static const char *const  texts[] = {
    "a", "{tenant}", "{user}", "{module}", "{tenant}/{user}",
    "{user}--{tenant}", "a b", "$v", "b", "{module}-$v", "acme", "x{tenant}",
    "$v/{tenant}", "{tenant}/$v", "maksym", "{user}@{module}@{tenant}"
};

static const char *const  tenants[] = { "acme", "globex", "", NULL };
static const char *const  modules[] = { "jupyter", "a", "x--y", NULL };
static const char *const  users[] = { "maksym", "acme/maksym", "a\nb", "a-" };
static const char *const  variables[] = { "a", "", " a", NULL };

static const char *const  realms[] = { "https://i/acme", "https://i/globex" };

static auth_tenant_issuer_t    realm;
static auth_tenant_claim_t     compiled[16];
static auth_tenant_template_t  templates[16];
static unsigned char           form[8 * AUTH_TENANT_MAX_PAYLOAD];


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    size_t             i;
    auth_tenant_str_t  source;

    (void) argc;
    (void) argv;

    source.data = (const unsigned char *) "https://i/{tenant}";
    source.len = strlen("https://i/{tenant}");
    check(auth_tenant_issuer_compile(&realm, &source, 1) == NULL);

    for (i = 0; i < 16; i++) {
        source.data = (const unsigned char *) places[i];
        source.len = strlen(places[i]);
        check(auth_tenant_claim_compile(&compiled[i], &source) == NULL);

        source.data = (const unsigned char *) texts[i];
        source.len = strlen(texts[i]);
        check(auth_tenant_template_compile(&templates[i], &source,
                                           AUTH_TENANT_TEMPLATE_VARIABLES)
              == NULL);
    }

    return 0;
}


static unsigned
take(input_t *in)
{
    return in->p < in->last ? *in->p++ : 0;
}


static json_t *
take_value(input_t *in, unsigned depth)
{
    unsigned   n, kind;
    json_t    *json;

    kind = take(in);

    switch (depth < 4 ? kind % 9 : kind % 7) {

    case 0:
        return json_null();

    case 1:
        return json_false();

    case 2:
        return json_true();

    case 3:
        return json_integer(kind / 9 % 2);

    case 4:
        return json_real(kind / 9 % 2);

    case 7:
        json = json_array();

        for (n = kind / 9 % 5; n > 0; n--) {
            json_array_append_new(json, take_value(in, depth + 1));
        }

        return json;

    case 8:
        json = json_object();

        for (n = kind / 9 % 5; n > 0; n--) {
            json_object_set_new(json, keys[take(in) % 16],
                                take_value(in, depth + 1));
        }

        return json;

    default:
        return json_string(words[kind / 9 % 16]);
    }
}


static json_t *
take_claims(input_t *in, const char *iss)
{
    unsigned   n;
    json_t    *json;

    json = json_object();

    for (n = take(in) % 10; n > 0; n--) {
        json_object_set_new(json, keys[take(in) % 16], take_value(in, 1));
    }

    json_object_set_new(json, "iss", json_string(iss));
    json_object_set_new(json, "sub", json_string("s"));
    json_object_set_new(json, "exp", json_integer(2));
    json_object_set_new(json, "iat", json_integer(1));

    return json;
}


static int
variable(void *data, uintptr_t index, auth_tenant_str_t *value)
{
    const char  *text = data;

    check(index == 0);

    if (text == NULL) {
        return 0;
    }

    value->data = data;
    value->len = strlen(text);

    return 1;
}


static void
take_rule(input_t *in, auth_tenant_rule_t *rule, naive_rule_t *naive,
    auth_tenant_template_t *values)
{
    size_t    i;
    unsigned  n;

    memset(rule, 0, sizeof(auth_tenant_rule_t));
    memset(naive, 0, sizeof(naive_rule_t));

    n = take(in);

    rule->claim = compiled[n % 16];
    naive->place = places[n % 16];

    rule->op = n / 16 % 2 ? AUTH_TENANT_RULE_HAS : AUTH_TENANT_RULE_IS;
    naive->has = n / 16 % 2;

    rule->nvalues = n / 32 % 4;
    rule->values = values;

    for (i = 0; i < rule->nvalues; i++) {
        n = take(in) % 16;
        values[i] = templates[n];
        naive->values[i] = texts[n];
    }

    /* half of the rules are for all methods */

    n = take(in);

    rule->methods = (n & 1) ? (n & 0x0e) >> 1 | (n & 0x10) << 11 : 0;
    naive->methods = rule->methods;

    rule->level = n >> 6;
    naive->level = rule->level;

    rule->names = auth_tenant_rule_names(rule);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                       *text;
    size_t                      i;
    unsigned                    n;
    json_t                     *json;
    const char                 *iss, *const *issuer;
    input_t                     in;
    naive_t                     naive;
    auth_tenant_rule_t          rules[NAIVE_MAX_RULES];
    auth_tenant_str_t           payload, spaced;
    auth_tenant_names_t         names;
    auth_tenant_values_t        values;
    auth_tenant_policy_t        policy;
    auth_tenant_claims_t        claims;
    auth_tenant_ruleset_t       set;
    auth_tenant_methods_t       method;
    auth_tenant_verdict_e       verdict;
    auth_tenant_template_t      expected[NAIVE_MAX_RULES][NAIVE_MAX_VALUES];
    const auth_tenant_rule_t   *list[NAIVE_MAX_RULES], *failed;

    static const auth_tenant_methods_t  methods[] = {
        0, AUTH_TENANT_METHOD_GET, AUTH_TENANT_METHOD_HEAD,
        AUTH_TENANT_METHOD_POST, AUTH_TENANT_METHOD_WEBSOCKET,
        AUTH_TENANT_METHOD_PUT
    };

    in.p = data;
    in.last = data + size;

    memset(&naive, 0, sizeof(naive));
    memset(&set, 0, sizeof(set));
    memset(&names, 0, sizeof(names));
    memset(&policy, 0, sizeof(policy));

    /* the request */

    n = take(&in);
    naive.names[AUTH_TENANT_TENANT] = tenants[n % 4];
    naive.names[AUTH_TENANT_MODULE] = modules[n / 4 % 4];
    naive.names[AUTH_TENANT_USER] = users[n / 16 % 4];
    naive.variable = variables[n / 64];

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        if (naive.names[i]) {
            names.name[i].data = (const unsigned char *) naive.names[i];
            names.name[i].len = strlen(naive.names[i]);
        }
    }

    method = methods[take(&in) % 6];
    naive.method = method;

    /* the location */

    n = take(&in);
    set.captured = naive.captured = n % 8;
    set.waived = naive.waived = (n & 0x80) ? n / 8 % 8 : 0;
    set.none = naive.none = n >> 6 & 1;
    set.rules = list;
    set.nrules = naive.nrules = take(&in) % (NAIVE_MAX_RULES + 1);

    for (i = 0; i < set.nrules; i++) {
        take_rule(&in, &rules[i], &naive.rules[i], expected[i]);
        list[i] = &rules[i];

        if (i > 0 && rules[i].level < rules[i - 1].level) {
            rules[i].level = naive.rules[i].level = rules[i - 1].level;
        }
    }

    /* the provider */

    issuer = realms;

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        n = take(&in);

        if (n % 8 != 7) {
            policy.claims[i] = &compiled[n / 8 % 16];
            naive.claims[i] = places[n / 8 % 16];
        }

        /* an issuer for each tenant, and this one's is of the second */

        if (i == AUTH_TENANT_TENANT && (n & 0x80)) {
            policy.realms = &realm;
        }

        if (i == AUTH_TENANT_USER && (n & 0x80)) {
            issuer++;
        }
    }

    iss = policy.realms ? *issuer : "i";
    naive.issuer = policy.realms ? strrchr(iss, '/') + 1 : NULL;

    spaced.data = (const unsigned char *) "spaced";
    spaced.len = sizeof("spaced") - 1;
    policy.spaced = &spaced;
    policy.nspaced = 1;

    /* the token */

    json = take_claims(&in, iss);
    text = json_dumps(json, JSON_COMPACT);

    payload.data = (const unsigned char *) text;
    payload.len = strlen(text);

    if (auth_tenant_claims_parse(&claims, &payload, form) == AUTH_TENANT_OK) {

        values.names = &names;
        values.variable = variable;
        values.data = (void *) naive.variable;

        verdict = auth_tenant_rules_judge(&set, method, &policy, &claims,
                                          &values, &failed);

        naive.json = json;

        check(verdict == naive_judge(&naive));
        check((failed == NULL ? -1 : failed - rules) == naive.failed);
    }

    free(text);
    json_decref(json);

    return 0;
}

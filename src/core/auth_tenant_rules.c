
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_rules.h"


typedef struct {
    auth_tenant_str_t             name;
    auth_tenant_methods_t         method;
} auth_tenant_method_name_t;


/* What a rule is judged against. */

typedef struct {
    auth_tenant_methods_t         method;
    const auth_tenant_policy_t   *policy;
    const auth_tenant_claims_t   *claims;
    const auth_tenant_values_t   *values;
} auth_tenant_rules_ctx_t;


static const auth_tenant_method_name_t  auth_tenant_methods[] = {
    { auth_tenant_string("GET"),       AUTH_TENANT_METHOD_GET },
    { auth_tenant_string("HEAD"),      AUTH_TENANT_METHOD_HEAD },
    { auth_tenant_string("POST"),      AUTH_TENANT_METHOD_POST },
    { auth_tenant_string("PUT"),       AUTH_TENANT_METHOD_PUT },
    { auth_tenant_string("DELETE"),    AUTH_TENANT_METHOD_DELETE },
    { auth_tenant_string("OPTIONS"),   AUTH_TENANT_METHOD_OPTIONS },
    { auth_tenant_string("PATCH"),     AUTH_TENANT_METHOD_PATCH },
    { auth_tenant_string("MKCOL"),     AUTH_TENANT_METHOD_MKCOL },
    { auth_tenant_string("COPY"),      AUTH_TENANT_METHOD_COPY },
    { auth_tenant_string("MOVE"),      AUTH_TENANT_METHOD_MOVE },
    { auth_tenant_string("PROPFIND"),  AUTH_TENANT_METHOD_PROPFIND },
    { auth_tenant_string("PROPPATCH"), AUTH_TENANT_METHOD_PROPPATCH },
    { auth_tenant_string("LOCK"),      AUTH_TENANT_METHOD_LOCK },
    { auth_tenant_string("UNLOCK"),    AUTH_TENANT_METHOD_UNLOCK },
    { auth_tenant_string("TRACE"),     AUTH_TENANT_METHOD_TRACE },
    { auth_tenant_string("WEBSOCKET"), AUTH_TENANT_METHOD_WEBSOCKET }
};


static auth_tenant_methods_t auth_tenant_rule_methods(
    const auth_tenant_rule_t *rule);
static int auth_tenant_rule_applies(const auth_tenant_rule_t *rule,
    auth_tenant_methods_t method);
static int auth_tenant_rules_admit(const auth_tenant_ruleset_t *set,
    auth_tenant_methods_t method);
static unsigned auth_tenant_rules_constrained(
    const auth_tenant_ruleset_t *set);
static auth_tenant_verdict_e auth_tenant_rules_default(
    const auth_tenant_rules_ctx_t *ctx, auth_tenant_name_e name);
static auth_tenant_verdict_e auth_tenant_rules_one(
    const auth_tenant_rules_ctx_t *ctx, const auth_tenant_rule_t *rule);
static int auth_tenant_rules_has_word(const auth_tenant_str_t *text,
    const auth_tenant_str_t *value);
static int auth_tenant_rules_has(const auth_tenant_node_t *node,
    const auth_tenant_str_t *value, int spaced);


auth_tenant_methods_t
auth_tenant_method(const auth_tenant_str_t *name)
{
    size_t  i;

    for (i = 0;
         i < sizeof(auth_tenant_methods) / sizeof(auth_tenant_methods[0]);
         i++)
    {
        if (auth_tenant_str_eq(name, &auth_tenant_methods[i].name)) {
            return auth_tenant_methods[i].method;
        }
    }

    return 0;
}


auth_tenant_methods_t
auth_tenant_request_method(const auth_tenant_str_t *name, int upgrade)
{
    auth_tenant_methods_t  method;

    method = auth_tenant_method(name);

    if (method == AUTH_TENANT_METHOD_WEBSOCKET) {
        return 0;
    }

    if (upgrade) {
        return (method == AUTH_TENANT_METHOD_GET)
               ? AUTH_TENANT_METHOD_WEBSOCKET : 0;
    }

    return method;
}


unsigned
auth_tenant_rule_names(const auth_tenant_rule_t *rule)
{
    size_t    i;
    unsigned  names;

    if (rule->nvalues == 0) {
        return rule->claim.names;
    }

    /* any value will do, so that only what is in all of them is asked for */

    names = rule->values[0].names;

    for (i = 1; i < rule->nvalues; i++) {
        names &= rule->values[i].names;
    }

    return names | rule->claim.names;
}


static auth_tenant_methods_t
auth_tenant_rule_methods(const auth_tenant_rule_t *rule)
{
    return (rule->methods & AUTH_TENANT_METHOD_GET)
           ? rule->methods | AUTH_TENANT_METHOD_HEAD : rule->methods;
}


/* Whether a rule is to be judged for a method. */

static int
auth_tenant_rule_applies(const auth_tenant_rule_t *rule,
    auth_tenant_methods_t method)
{
    return rule->methods == 0 || (auth_tenant_rule_methods(rule) & method);
}


/* Whether every level that names methods names this one. */

static int
auth_tenant_rules_admit(const auth_tenant_ruleset_t *set,
    auth_tenant_methods_t method)
{
    size_t                 i;
    auth_tenant_methods_t  methods;

    methods = 0;

    for (i = 0; i < set->nrules; i++) {

        methods |= auth_tenant_rule_methods(set->rules[i]);

        if (i + 1 < set->nrules
            && set->rules[i + 1]->level == set->rules[i]->level)
        {
            continue;
        }

        /* the last rule of its level */

        if (methods != 0 && !(methods & method)) {
            return 0;
        }

        methods = 0;
    }

    return 1;
}


static unsigned
auth_tenant_rules_constrained(const auth_tenant_ruleset_t *set)
{
    size_t    i;
    unsigned  names;

    names = 0;

    for (i = 0; i < set->nrules; i++) {
        names |= set->rules[i]->names;
    }

    return names;
}


unsigned
auth_tenant_rules_defaults(const auth_tenant_ruleset_t *set)
{
    return set->captured & ~set->waived & ~auth_tenant_rules_constrained(set);
}


unsigned
auth_tenant_rules_unconstrained(const auth_tenant_ruleset_t *set,
    auth_tenant_methods_t *methods)
{
    size_t                 i;
    unsigned               asked, names, missing;
    auth_tenant_methods_t  method;

    asked = set->captured & ~set->waived & auth_tenant_rules_constrained(set);

    missing = 0;
    *methods = 0;

    for (method = 1; method & AUTH_TENANT_METHODS_ALL; method <<= 1) {

        if (!auth_tenant_rules_admit(set, method)) {
            continue;
        }

        names = 0;

        for (i = 0; i < set->nrules; i++) {
            if (auth_tenant_rule_applies(set->rules[i], method)) {
                names |= set->rules[i]->names;
            }
        }

        if (asked & ~names) {
            missing |= asked & ~names;
            *methods |= method;
        }
    }

    return missing;
}


auth_tenant_verdict_e
auth_tenant_rules_judge(const auth_tenant_ruleset_t *set,
    auth_tenant_methods_t method, const auth_tenant_policy_t *policy,
    const auth_tenant_claims_t *claims, const auth_tenant_values_t *values,
    const auth_tenant_rule_t **failed)
{
    size_t                           i;
    unsigned                         defaults, held;
    auth_tenant_str_t                tenant;
    auth_tenant_verdict_e            rc;
    auth_tenant_rules_ctx_t          ctx;

    static const auth_tenant_name_e  order[] = {
        AUTH_TENANT_TENANT, AUTH_TENANT_USER, AUTH_TENANT_MODULE
    };

    *failed = NULL;

    /* two methods at once would be judged by the rules of either */

    if ((method & (method - 1)) || values->names == NULL) {
        return AUTH_TENANT_ERROR;
    }

    if (!auth_tenant_rules_admit(set, method)) {
        return AUTH_TENANT_METHOD;
    }

    ctx.method = method;
    ctx.policy = policy;
    ctx.claims = claims;
    ctx.values = values;

    defaults = auth_tenant_rules_defaults(set);
    held = 0;

    /* a tenant's own issuer is a rule on the tenant that no other replaces */

    if (policy->realms != NULL
        && (set->captured & ~set->waived
            & auth_tenant_name_bit(AUTH_TENANT_TENANT)))
    {
        if (!auth_tenant_policy_issuer(policy, &claims->iss, &tenant)
            || !auth_tenant_str_eq(&tenant,
                                   &values->names->name[AUTH_TENANT_TENANT]))
        {
            return AUTH_TENANT_WRONG_TENANT;
        }

        held |= auth_tenant_name_bit(AUTH_TENANT_TENANT);
    }

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {

        if (!(defaults & auth_tenant_name_bit(order[i]))) {
            continue;
        }

        rc = auth_tenant_rules_default(&ctx, order[i]);
        if (rc != AUTH_TENANT_OK) {
            return rc;
        }

        held |= auth_tenant_name_bit(order[i]);
    }

    for (i = 0; i < set->nrules; i++) {

        if (!auth_tenant_rule_applies(set->rules[i], method)) {
            continue;
        }

        rc = auth_tenant_rules_one(&ctx, set->rules[i]);
        if (rc != AUTH_TENANT_OK) {
            *failed = set->rules[i];
            return rc;
        }

        held |= set->rules[i]->names;
    }

    if (set->captured & ~set->waived & ~held) {
        return AUTH_TENANT_RULE;
    }

    if (set->nrules == 0 && defaults == 0 && !set->none) {
        return AUTH_TENANT_RULE;
    }

    return AUTH_TENANT_OK;
}


static auth_tenant_verdict_e
auth_tenant_rules_default(const auth_tenant_rules_ctx_t *ctx,
    auth_tenant_name_e name)
{
    auth_tenant_node_t                  node;
    const auth_tenant_str_t            *value;
    const auth_tenant_claim_t          *claim;
    static const auth_tenant_verdict_e  wrong[] = {
        AUTH_TENANT_WRONG_TENANT, AUTH_TENANT_WRONG_MODULE,
        AUTH_TENANT_WRONG_USER
    };

    claim = ctx->policy->claims[name];
    value = &ctx->values->names->name[name];

    /* what the issuer says needs no claim beside it */

    if (claim == NULL && name == AUTH_TENANT_TENANT
        && ctx->policy->realms != NULL)
    {
        return AUTH_TENANT_OK;
    }

    if (claim == NULL
        || !auth_tenant_claim_find(claim, ctx->claims, ctx->values->names,
                                   &node))
    {
        return AUTH_TENANT_NO_CLAIM;
    }

    if (value->len == 0) {
        return wrong[name];
    }

    if (name == AUTH_TENANT_MODULE) {
        return auth_tenant_rules_has(&node, value,
                                     auth_tenant_policy_spaced(ctx->policy,
                                                               claim))
               ? AUTH_TENANT_OK : wrong[name];
    }

    return (node.type == AUTH_TENANT_NODE_STRING
            && auth_tenant_str_eq(&node.value, value))
           ? AUTH_TENANT_OK : wrong[name];
}


static auth_tenant_verdict_e
auth_tenant_rules_one(const auth_tenant_rules_ctx_t *ctx,
    const auth_tenant_rule_t *rule)
{
    int                 spaced;
    size_t              i;
    unsigned char       buf[AUTH_TENANT_MAX_EXPANDED];
    auth_tenant_str_t   value;
    auth_tenant_node_t  node;

    if (!auth_tenant_claim_find(&rule->claim, ctx->claims, ctx->values->names,
                                &node))
    {
        return AUTH_TENANT_NO_CLAIM;
    }

    spaced = auth_tenant_policy_spaced(ctx->policy, &rule->claim);

    for (i = 0; i < rule->nvalues; i++) {

        value.data = buf;

        /* a value that can't be filled in is no value that a claim has */

        if (auth_tenant_template_expand(&rule->values[i], ctx->values, buf,
                                        sizeof(buf), &value.len)
            != AUTH_TENANT_OK)
        {
            continue;
        }

        if (rule->op == AUTH_TENANT_RULE_HAS) {

            if (auth_tenant_rules_has(&node, &value, spaced)) {
                return AUTH_TENANT_OK;
            }

        } else if (node.type == AUTH_TENANT_NODE_STRING
                   && auth_tenant_str_eq(&node.value, &value))
        {
            return AUTH_TENANT_OK;
        }
    }

    return AUTH_TENANT_RULE;
}


/* A word between spaces, RFC 6749 section 3.3. */

static int
auth_tenant_rules_has_word(const auth_tenant_str_t *text,
    const auth_tenant_str_t *value)
{
    size_t             i;
    auth_tenant_str_t  word;

    word.data = text->data;
    word.len = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] != ' ') {
            word.len++;
            continue;
        }

        if (auth_tenant_str_eq(&word, value)) {
            return 1;
        }

        word.data = text->data + i + 1;
        word.len = 0;
    }

    return auth_tenant_str_eq(&word, value);
}


static int
auth_tenant_rules_has(const auth_tenant_node_t *node,
    const auth_tenant_str_t *value, int spaced)
{
    size_t              pos;
    auth_tenant_node_t  child;

    switch (node->type) {

    case AUTH_TENANT_NODE_STRING:
        return spaced && auth_tenant_rules_has_word(&node->value, value);

    case AUTH_TENANT_NODE_ARRAY:
        pos = 0;

        while (auth_tenant_node_next(node, &pos, &child)) {
            if (child.type == AUTH_TENANT_NODE_STRING
                && auth_tenant_str_eq(&child.value, value))
            {
                return 1;
            }
        }

        return 0;

    case AUTH_TENANT_NODE_OBJECT:

        /* {"admin": false} says that there is no "admin"; null is empty */

        return auth_tenant_node_member(node, value, &child)
               && child.type != AUTH_TENANT_NODE_FALSE
               && child.value.len != 0;

    default:
        return 0;
    }
}

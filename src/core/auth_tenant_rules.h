
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The rule algebra: every rule must hold; several values of one rule mean
 * any.
 */


#ifndef _AUTH_TENANT_RULES_H_INCLUDED_
#define _AUTH_TENANT_RULES_H_INCLUDED_


#include "auth_tenant_policy.h"


/*
 * Methods as bits.  A request whose method isn't in the table has no bit; a
 * WebSocket upgrade is WEBSOCKET and never GET; naming GET names HEAD too
 * (RFC 9110 section 9.3.2).
 */

typedef uint32_t  auth_tenant_methods_t;

#define AUTH_TENANT_METHOD_GET        0x0001
#define AUTH_TENANT_METHOD_HEAD       0x0002
#define AUTH_TENANT_METHOD_POST       0x0004
#define AUTH_TENANT_METHOD_PUT        0x0008
#define AUTH_TENANT_METHOD_DELETE     0x0010
#define AUTH_TENANT_METHOD_OPTIONS    0x0020
#define AUTH_TENANT_METHOD_PATCH      0x0040
#define AUTH_TENANT_METHOD_MKCOL      0x0080
#define AUTH_TENANT_METHOD_COPY       0x0100
#define AUTH_TENANT_METHOD_MOVE       0x0200
#define AUTH_TENANT_METHOD_PROPFIND   0x0400
#define AUTH_TENANT_METHOD_PROPPATCH  0x0800
#define AUTH_TENANT_METHOD_LOCK       0x1000
#define AUTH_TENANT_METHOD_UNLOCK     0x2000
#define AUTH_TENANT_METHOD_TRACE      0x4000
#define AUTH_TENANT_METHOD_WEBSOCKET  0x8000
#define AUTH_TENANT_METHODS_ALL       0xffff

/* Methods that change nothing, RFC 9110 section 9.2.1. */

#define AUTH_TENANT_METHODS_SAFE                                              \
    (AUTH_TENANT_METHOD_GET|AUTH_TENANT_METHOD_HEAD                           \
     |AUTH_TENANT_METHOD_OPTIONS|AUTH_TENANT_METHOD_TRACE)


typedef enum {
    AUTH_TENANT_RULE_IS = 0,
    AUTH_TENANT_RULE_HAS
} auth_tenant_rule_e;


typedef struct {
    auth_tenant_claim_t             claim;
    auth_tenant_rule_e              op;
    const auth_tenant_template_t   *values;
    size_t                          nvalues;
    auth_tenant_methods_t           methods;    /* 0: all, known or not */
    unsigned                        names;      /* bits: names that it
                                                   constrains */
    unsigned                        level;      /* of the configuration: 0 is
                                                   the outermost */
    auth_tenant_str_t               file;       /* where it was written */
    unsigned                        line;
} auth_tenant_rule_t;


/*
 * The rules of one location, outer levels first, the rules of one level
 * together.  `captured` are the names that the request gives; `waived` those
 * of them that "none", said aloud, left free; `none`: it was said aloud that
 * no rule is needed at all.
 */

typedef struct {
    const auth_tenant_rule_t *const  *rules;
    size_t                            nrules;
    unsigned                          captured;
    unsigned                          waived;
    unsigned                          none:1;
} auth_tenant_ruleset_t;


/*
 * The bit of a method's name as rules write it (exact, upper case), 0 if it
 * isn't known.
 */
auth_tenant_methods_t auth_tenant_method(const auth_tenant_str_t *name);


/*
 * The bit of a request: of its method's name, or, if it asks for an upgrade
 * to WebSocket, WEBSOCKET if its method is GET (RFC 6455 section 4.1) and none
 * otherwise.  A request line that says "WEBSOCKET" has no bit.
 */
auth_tenant_methods_t auth_tenant_request_method(
    const auth_tenant_str_t *name, int upgrade);


/*
 * Which names a rule constrains: those in its claim's pointer, and those in
 * every one of its values.
 */
unsigned auth_tenant_rule_names(const auth_tenant_rule_t *rule);


/*
 * For a configuration check: the names that are captured, not waived, have a
 * rule that constrains them (so that their default rule is gone) and yet are
 * constrained by no rule for some method that the set admits.  0 if all is
 * well.  *methods is set to the methods concerned, if any.  Where every
 * provider has `realms`, the tenant is constrained by them, whatever is said
 * here.
 */
unsigned auth_tenant_rules_unconstrained(const auth_tenant_ruleset_t *set,
    auth_tenant_methods_t *methods);


/* The captured names whose default rules stand (no rule constrains them). */
unsigned auth_tenant_rules_defaults(const auth_tenant_ruleset_t *set);


/*
 * Judges a request.  `method` is a single bit, or 0.  `values->names` are the
 * names that the request gives.  First, on each level where any rule carries
 * methods, one of them must name this method (AUTH_TENANT_METHOD), so that an
 * inner level can't admit what an outer one refuses.  With policy->realms and
 * a captured tenant that is not waived: the issuer is that tenant's
 * (AUTH_TENANT_WRONG_TENANT), which constrains the tenant, whatever other
 * rules do.  Then the default rule of each captured name that no rule
 * constrains: the tenant is, the user is, the modules have
 * (AUTH_TENANT_WRONG_TENANT, _WRONG_USER, _WRONG_MODULE, or _NO_CLAIM if the
 * provider or the token has no such claim; the tenant's is not asked for if
 * there are realms and the provider names no claim).  Then every rule
 * that applies to the method, in order (AUTH_TENANT_RULE, or _NO_CLAIM if its
 * claim is missing); an empty or missing value never matches.  At last every
 * captured name, unless waived, must have been constrained by a rule that
 * held, else AUTH_TENANT_RULE; and so it is if there was nothing at all to
 * judge, no default rule and no other, unless `none` is set.
 *
 * "is": the claim is a string equal to a value.  "has": it is an array with a
 * string element equal to a value, or an object with a member of that name
 * whose value is not false, null or empty (of text, elements or members; the
 * number 0 is a value like any other), or, for the claims that
 * auth_tenant_policy_spaced() tells, a string with such a word.
 *
 * *failed is set to the rule that did not hold, or NULL.  AUTH_TENANT_ERROR if
 * `method` is more than one bit or `values` has no names: a slip of the
 * caller's.
 */
auth_tenant_verdict_e auth_tenant_rules_judge(
    const auth_tenant_ruleset_t *set, auth_tenant_methods_t method,
    const auth_tenant_policy_t *policy, const auth_tenant_claims_t *claims,
    const auth_tenant_values_t *values, const auth_tenant_rule_t **failed);


#endif /* _AUTH_TENANT_RULES_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The claims of a JWT (RFC 7519 section 4) in a flat form: one run of bytes,
 * position independent, made once from the JSON text.  Everything that asks
 * for a claim reads this form, so that a token that was verified before needs
 * no JSON parser.
 */


#ifndef _AUTH_TENANT_CLAIMS_H_INCLUDED_
#define _AUTH_TENANT_CLAIMS_H_INCLUDED_


#include "auth_tenant_core.h"


typedef enum {
    AUTH_TENANT_NODE_NULL = 0,
    AUTH_TENANT_NODE_FALSE,
    AUTH_TENANT_NODE_TRUE,
    AUTH_TENANT_NODE_INTEGER,
    AUTH_TENANT_NODE_REAL,
    AUTH_TENANT_NODE_STRING,
    AUTH_TENANT_NODE_ARRAY,
    AUTH_TENANT_NODE_OBJECT
} auth_tenant_node_e;


/* A value inside a flat form; slices of it. */

typedef struct {
    auth_tenant_node_e    type;
    auth_tenant_str_t     key;        /* member name; empty in an array */
    auth_tenant_str_t     value;      /* string: its text; number, boolean:
                                         as JSON writes it; array, object:
                                         its children; null: empty */
} auth_tenant_node_t;


typedef struct {
    auth_tenant_str_t     flat;       /* the whole form */
    auth_tenant_str_t     iss;        /* slices of it */
    auth_tenant_str_t     sub;
    int64_t               exp;        /* seconds since the epoch */
    int64_t               nbf;        /* 0 if absent */
    int64_t               iat;
} auth_tenant_claims_t;


/* Room that the flat form of a payload of `len` bytes can't exceed. */
size_t auth_tenant_claims_size(size_t len);


/*
 * Parses a decoded payload into `dst` (auth_tenant_claims_size() bytes), which
 * must outlive the claims, unless they are moved; the payload need not.
 * AUTH_TENANT_MALFORMED if it isn't strict JSON with an object on top, or is
 * longer than AUTH_TENANT_MAX_PAYLOAD;
 * AUTH_TENANT_BAD_CLAIM unless "iss" and "sub" are non-empty strings ("sub"
 * of at most 255 ASCII characters without controls: OpenID Connect Core
 * section 2), "exp" and "iat" are numbers, and "nbf", if present, is one
 * (NumericDate, RFC 7519 section 2: fractions are allowed and rounded so that
 * no token lives longer; 0 to 9999-12-31); AUTH_TENANT_BAD_TYPE if "events" is
 * present (a logout or security event token, RFC 8417); AUTH_TENANT_ERROR if
 * memory ran out.  Otherwise AUTH_TENANT_OK.
 */
auth_tenant_verdict_e auth_tenant_claims_parse(auth_tenant_claims_t *claims,
    const auth_tenant_str_t *payload, unsigned char *dst);


/*
 * Moves a flat form of claims->flat.len bytes to `dst`, with its slices.  From
 * then on it is `dst` that must outlive the claims.
 */
void auth_tenant_claims_move(auth_tenant_claims_t *claims,
    unsigned char *dst);


/*
 * Opens a flat form that was kept, and that must outlive the claims; the same
 * checks and fields as parsing, without JSON.  1, or 0 if `flat` is damaged.
 */
int auth_tenant_claims_open(auth_tenant_claims_t *claims,
    const auth_tenant_str_t *flat);


/* The root object, to start from. */
void auth_tenant_claims_root(const auth_tenant_claims_t *claims,
    auth_tenant_node_t *root);


/* Gets a member of an object by its name.  1 if there, else 0. */
int auth_tenant_node_member(const auth_tenant_node_t *object,
    const auth_tenant_str_t *name, auth_tenant_node_t *member);


/*
 * Walks the children of an array or object: *pos starts at 0.  1 with *child
 * set, or 0 at the end.
 */
int auth_tenant_node_next(const auth_tenant_node_t *container, size_t *pos,
    auth_tenant_node_t *child);


/*
 * Where a claim stands: a name at the top level, or, if written with a
 * leading "/", a JSON pointer (RFC 6901) through members only.  A token of
 * the pointer may be one placeholder, which stands for the name as it is:
 * nothing in it is read as "/" or "~".  Names that are empty, or that hold a
 * brace and are no placeholder, are refused: they'd be slips of the pen.
 */

#define AUTH_TENANT_MAX_TOKENS  8

typedef struct {
    unsigned              names;      /* bits: which placeholders occur */
    unsigned              ntokens;
    struct {
        int               name;       /* auth_tenant_name_e, or -1 */
        auth_tenant_str_t text;       /* as written: in a pointer with "~0",
                                         "~1"; placeholders with braces */
    } tokens[AUTH_TENANT_MAX_TOKENS];
    unsigned              pointer;
} auth_tenant_claim_t;


/*
 * Compiles a claim's place; `source` must outlive it.  Returns NULL, or a
 * static text that says what to write instead.
 */
const char *auth_tenant_claim_compile(auth_tenant_claim_t *claim,
    const auth_tenant_str_t *source);


/*
 * Finds a claim.  `names` may be NULL if the claim has no placeholders; a
 * placeholder without a value finds nothing.  1 if there, else 0.  Array
 * elements are never addressed.
 */
int auth_tenant_claim_find(const auth_tenant_claim_t *claim,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names,
    auth_tenant_node_t *node);


/*
 * A claim as text for a variable: a string or number as it is, a boolean as
 * "true" or "false", an array of those joined by ",".  Writes to `dst` of
 * `size` bytes and returns 1.  node->value.len always suffices: in an array
 * two bytes or more stand before each element's text.  Returns 0,
 * so that the variable is empty, for null, objects, nested arrays, any text
 * that isn't fit for a header or a log (auth_tenant_text_valid()), or
 * an array element that is empty or holds a comma, since such a list couldn't
 * be read back.
 */
int auth_tenant_claim_text(const auth_tenant_node_t *node,
    unsigned char *dst, size_t size, auth_tenant_str_t *text);


#endif /* _AUTH_TENANT_CLAIMS_H_INCLUDED_ */

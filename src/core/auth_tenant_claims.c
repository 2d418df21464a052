
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The flat form of a payload: a byte that tells its layout, then the members
 * of the root object.
 */


#include <string.h>

#include "auth_tenant_flat.h"
#include "auth_tenant_scan.h"


#define AUTH_TENANT_CLAIMS_LAYOUT  1


/* The claims that are looked at here, found in one pass. */

enum {
    AUTH_TENANT_CLAIM_ISS = 0,
    AUTH_TENANT_CLAIM_SUB,
    AUTH_TENANT_CLAIM_EXP,
    AUTH_TENANT_CLAIM_NBF,
    AUTH_TENANT_CLAIM_IAT,
    AUTH_TENANT_CLAIM_EVENTS,
    AUTH_TENANT_CLAIM_N
};


static int auth_tenant_claims_date(const auth_tenant_node_t *node, int up,
    int64_t *date);
static int auth_tenant_claims_subject(const auth_tenant_str_t *sub);
static unsigned auth_tenant_claims_which(const auth_tenant_str_t *name);
static int auth_tenant_claims_scan(const auth_tenant_claims_t *claims,
    auth_tenant_node_t *found, unsigned *present);
static auth_tenant_verdict_e auth_tenant_claims_check(
    auth_tenant_claims_t *claims, const auth_tenant_node_t *found,
    unsigned present);
static auth_tenant_verdict_e auth_tenant_claims_load(
    auth_tenant_claims_t *claims, const auth_tenant_str_t *flat);


size_t
auth_tenant_claims_size(size_t len)
{
    if (len > AUTH_TENANT_MAX_PAYLOAD) {
        len = AUTH_TENANT_MAX_PAYLOAD;
    }

    return 1 + auth_tenant_scan_size(len);
}


auth_tenant_verdict_e
auth_tenant_claims_parse(auth_tenant_claims_t *claims,
    const auth_tenant_str_t *payload, unsigned char *dst)
{
    size_t                  len;
    auth_tenant_str_t       flat;
    auth_tenant_verdict_e   verdict;

    memset(claims, 0, sizeof(auth_tenant_claims_t));

    if (payload->len > AUTH_TENANT_MAX_PAYLOAD) {
        return AUTH_TENANT_MALFORMED;
    }

    dst[0] = AUTH_TENANT_CLAIMS_LAYOUT;

    verdict = auth_tenant_scan_object(payload, dst + 1,
                                      auth_tenant_scan_size(payload->len),
                                      &len);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    flat.data = dst;
    flat.len = 1 + len;

    /* what is kept and opened again passes the very same checks */

    return auth_tenant_claims_load(claims, &flat);
}


/*
 * NumericDate, RFC 7519 section 2: a number, which may have a fraction.  Its
 * decimal text is read, which is exact for a double of 17 digits, so that no
 * value out of range is ever cast.  A fraction of a second is dropped, or
 * with `up` makes the next full one.
 */

static int
auth_tenant_claims_date(const auth_tenant_node_t *node, int up, int64_t *date)
{
    int                   fraction;
    int64_t               value;
    const unsigned char  *p, *e, *last;

    if (node->type != AUTH_TENANT_NODE_INTEGER
        && node->type != AUTH_TENANT_NODE_REAL)
    {
        return 0;
    }

    p = node->value.data;
    last = p + node->value.len;

    if (*p == '-') {
        return 0;
    }

    value = 0;
    fraction = 0;

    e = memchr(p, 'e', node->value.len);

    if (e != NULL) {

        /* "%.17g": either below 0.0001 or far beyond any date */

        if (e[1] != '-') {
            return 0;
        }

        fraction = 1;
        p = last;
    }

    for ( /* void */ ; p < last && *p != '.'; p++) {

        value = value * 10 + (*p - '0');

        if (value > AUTH_TENANT_MAX_DATE) {
            return 0;
        }
    }

    for ( /* void */ ; p < last; p++) {
        if (*p != '.' && *p != '0') {
            fraction = 1;
        }
    }

    if (fraction && value == AUTH_TENANT_MAX_DATE) {
        return 0;
    }

    *date = value + (fraction && up);

    return 1;
}


/* OpenID Connect Core 1.0 section 2: at most 255 ASCII characters. */

static int
auth_tenant_claims_subject(const auth_tenant_str_t *sub)
{
    size_t  i;

    if (sub->len == 0 || sub->len > 255) {
        return 0;
    }

    for (i = 0; i < sub->len; i++) {
        if (sub->data[i] < 0x20 || sub->data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


/* Which of the claims above has this name; AUTH_TENANT_CLAIM_N: none. */

static unsigned
auth_tenant_claims_which(const auth_tenant_str_t *name)
{
    unsigned  i;

    static const char  names[AUTH_TENANT_CLAIM_EVENTS][3] = {
        { 'i', 's', 's' }, { 's', 'u', 'b' }, { 'e', 'x', 'p' },
        { 'n', 'b', 'f' }, { 'i', 'a', 't' }
    };

    if (name->len == 3) {

        for (i = 0; i < AUTH_TENANT_CLAIM_EVENTS; i++) {
            if (memcmp(name->data, names[i], 3) == 0) {
                return i;
            }
        }

    } else if (name->len == 6 && memcmp(name->data, "events", 6) == 0) {
        return AUTH_TENANT_CLAIM_EVENTS;
    }

    return AUTH_TENANT_CLAIM_N;
}


/*
 * Proves that every node of a form lies inside it, and finds the claims that
 * stand for themselves.  A name that occurs twice among those could not come
 * from parsing (RFC 7519 section 4).
 */

static int
auth_tenant_claims_scan(const auth_tenant_claims_t *claims,
    auth_tenant_node_t *found, unsigned *present)
{
    size_t              pos;
    unsigned            i;
    auth_tenant_node_t  root, child;

    auth_tenant_claims_root(claims, &root);

    *present = 0;
    pos = 0;

    while (auth_tenant_node_next(&root, &pos, &child)) {

        if (!auth_tenant_flat_check(&child, 1)) {
            return 0;
        }

        i = auth_tenant_claims_which(&child.key);

        if (i == AUTH_TENANT_CLAIM_N) {
            continue;
        }

        if (*present & (1u << i)) {
            return 0;
        }

        *present |= 1u << i;
        found[i] = child;
    }

    return pos == root.value.len;
}


static auth_tenant_verdict_e
auth_tenant_claims_check(auth_tenant_claims_t *claims,
    const auth_tenant_node_t *found, unsigned present)
{
    const unsigned  required = (1u << AUTH_TENANT_CLAIM_ISS)
                               | (1u << AUTH_TENANT_CLAIM_SUB)
                               | (1u << AUTH_TENANT_CLAIM_EXP)
                               | (1u << AUTH_TENANT_CLAIM_IAT);

    /* a security event token, a logout token above all, is no id_token */

    if (present & (1u << AUTH_TENANT_CLAIM_EVENTS)) {
        return AUTH_TENANT_BAD_TYPE;
    }

    if ((present & required) != required) {
        return AUTH_TENANT_BAD_CLAIM;
    }

    if (found[AUTH_TENANT_CLAIM_ISS].type != AUTH_TENANT_NODE_STRING
        || found[AUTH_TENANT_CLAIM_ISS].value.len == 0
        || found[AUTH_TENANT_CLAIM_SUB].type != AUTH_TENANT_NODE_STRING
        || !auth_tenant_claims_subject(&found[AUTH_TENANT_CLAIM_SUB].value))
    {
        return AUTH_TENANT_BAD_CLAIM;
    }

    /* rounded so that no token lives longer */

    if (!auth_tenant_claims_date(&found[AUTH_TENANT_CLAIM_EXP], 0,
                                 &claims->exp)
        || !auth_tenant_claims_date(&found[AUTH_TENANT_CLAIM_IAT], 1,
                                    &claims->iat))
    {
        return AUTH_TENANT_BAD_CLAIM;
    }

    if ((present & (1u << AUTH_TENANT_CLAIM_NBF))
        && !auth_tenant_claims_date(&found[AUTH_TENANT_CLAIM_NBF], 1,
                                    &claims->nbf))
    {
        return AUTH_TENANT_BAD_CLAIM;
    }

    claims->iss = found[AUTH_TENANT_CLAIM_ISS].value;
    claims->sub = found[AUTH_TENANT_CLAIM_SUB].value;

    return AUTH_TENANT_OK;
}


static auth_tenant_verdict_e
auth_tenant_claims_load(auth_tenant_claims_t *claims,
    const auth_tenant_str_t *flat)
{
    unsigned               present;
    auth_tenant_node_t     found[AUTH_TENANT_CLAIM_N];
    auth_tenant_verdict_e  verdict;

    memset(claims, 0, sizeof(auth_tenant_claims_t));

    if (flat->len == 0 || flat->data[0] != AUTH_TENANT_CLAIMS_LAYOUT) {
        return AUTH_TENANT_MALFORMED;
    }

    claims->flat = *flat;

    verdict = AUTH_TENANT_MALFORMED;

    if (auth_tenant_claims_scan(claims, found, &present)) {
        verdict = auth_tenant_claims_check(claims, found, present);
    }

    if (verdict != AUTH_TENANT_OK) {
        memset(claims, 0, sizeof(auth_tenant_claims_t));
    }

    return verdict;
}


void
auth_tenant_claims_move(auth_tenant_claims_t *claims, unsigned char *dst)
{
    const unsigned char  *src;

    src = claims->flat.data;

    memmove(dst, src, claims->flat.len);

    claims->iss.data = dst + (claims->iss.data - src);
    claims->sub.data = dst + (claims->sub.data - src);
    claims->flat.data = dst;
}


int
auth_tenant_claims_open(auth_tenant_claims_t *claims,
    const auth_tenant_str_t *flat)
{
    return auth_tenant_claims_load(claims, flat) == AUTH_TENANT_OK;
}


void
auth_tenant_claims_root(const auth_tenant_claims_t *claims,
    auth_tenant_node_t *root)
{
    memset(root, 0, sizeof(auth_tenant_node_t));

    root->type = AUTH_TENANT_NODE_OBJECT;

    /* claims that were refused have no form; their root has no members */

    if (claims->flat.len != 0) {
        root->value.data = claims->flat.data + 1;
        root->value.len = claims->flat.len - 1;
    }
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Where a claim stands, and a claim as text.
 */


#include <string.h>

#include "auth_tenant_claims.h"


static const auth_tenant_str_t  auth_tenant_claim_placeholders[] = {
    auth_tenant_string("{tenant}"),
    auth_tenant_string("{module}"),
    auth_tenant_string("{user}")
};


static const char *auth_tenant_claim_token(auth_tenant_claim_t *claim,
    const auth_tenant_str_t *text);
static int auth_tenant_claim_unescaped_eq(const auth_tenant_str_t *token,
    const auth_tenant_str_t *key);
static int auth_tenant_claim_step(const auth_tenant_node_t *object,
    const auth_tenant_str_t *token, auth_tenant_node_t *member);
static int auth_tenant_claim_scalar(const auth_tenant_node_t *node);


const char *
auth_tenant_claim_compile(auth_tenant_claim_t *claim,
    const auth_tenant_str_t *source)
{
    const char           *error;
    auth_tenant_str_t     text;
    const unsigned char  *p, *last;

    memset(claim, 0, sizeof(auth_tenant_claim_t));

    if (source->len == 0) {
        return "write the name of a claim, or a JSON pointer to it";
    }

    if (source->data[0] != '/') {

        if (memchr(source->data, '{', source->len) != NULL
            || memchr(source->data, '}', source->len) != NULL)
        {
            return "a placeholder needs a JSON pointer: "
                   "write \"/name/{tenant}\"";
        }

        claim->tokens[0].name = -1;
        claim->tokens[0].text = *source;
        claim->ntokens = 1;

        return NULL;
    }

    claim->pointer = 1;

    p = source->data + 1;
    last = source->data + source->len;

    for ( ;; ) {
        text.data = p;

        while (p < last && *p != '/') {
            p++;
        }

        text.len = p - text.data;

        error = auth_tenant_claim_token(claim, &text);

        if (error != NULL || p == last) {
            return error;
        }

        p++;
    }
}


static const char *
auth_tenant_claim_token(auth_tenant_claim_t *claim,
    const auth_tenant_str_t *text)
{
    int     name;
    size_t  i;

    if (text->len == 0) {
        return "a JSON pointer has no empty names: write \"/name/name\"";
    }

    if (claim->ntokens == AUTH_TENANT_MAX_TOKENS) {
        return "a JSON pointer may hold at most 8 names";
    }

    for (name = AUTH_TENANT_NNAMES - 1; name >= 0; name--) {
        if (auth_tenant_str_eq(text, &auth_tenant_claim_placeholders[name])) {
            claim->names |= auth_tenant_name_bit(name);
            break;
        }
    }

    for (i = 0; name < 0 && i < text->len; i++) {

        if (text->data[i] == '{' || text->data[i] == '}') {
            return "in a JSON pointer {tenant}, {module} or {user} is a whole "
                   "name: write \"/name/{tenant}\"";
        }

        /* RFC 6901 section 3: a "~" alone is an error */

        if (text->data[i] == '~'
            && (i + 1 == text->len
                || (text->data[i + 1] != '0' && text->data[i + 1] != '1')))
        {
            return "in a JSON pointer \"~\" is written \"~0\" and "
                   "\"/\" is written \"~1\"";
        }
    }

    claim->tokens[claim->ntokens].name = name;
    claim->tokens[claim->ntokens].text = *text;
    claim->ntokens++;

    return NULL;
}


int
auth_tenant_claim_find(const auth_tenant_claim_t *claim,
    const auth_tenant_claims_t *claims, const auth_tenant_names_t *names,
    auth_tenant_node_t *node)
{
    int                       rc;
    unsigned                  i;
    auth_tenant_node_t        object, member;
    const auth_tenant_str_t  *name;

    auth_tenant_claims_root(claims, &object);

    for (i = 0; i < claim->ntokens; i++) {

        if (claim->tokens[i].name >= 0) {

            if (names == NULL) {
                return 0;
            }

            name = &names->name[claim->tokens[i].name];

            /* an empty name would address a member that is named "" */

            if (name->len == 0) {
                return 0;
            }

            /* as it is: what a client chose never becomes a path */

            rc = auth_tenant_node_member(&object, name, &member);

        } else if (claim->pointer) {
            rc = auth_tenant_claim_step(&object, &claim->tokens[i].text,
                                        &member);

        } else {
            rc = auth_tenant_node_member(&object, &claim->tokens[i].text,
                                         &member);
        }

        if (!rc) {
            return 0;
        }

        object = member;
    }

    if (i == 0) {
        return 0;
    }

    *node = object;

    return 1;
}


/* Whether a member has the name that an escaped token stands for. */

static int
auth_tenant_claim_unescaped_eq(const auth_tenant_str_t *token,
    const auth_tenant_str_t *key)
{
    size_t         i, n;
    unsigned char  c;

    n = 0;

    for (i = 0; i < token->len; i++) {

        c = token->data[i];

        if (c == '~') {
            c = token->data[++i] == '0' ? '~' : '/';
        }

        if (n == key->len || key->data[n++] != c) {
            return 0;
        }
    }

    return n == key->len;
}


static int
auth_tenant_claim_step(const auth_tenant_node_t *object,
    const auth_tenant_str_t *token, auth_tenant_node_t *member)
{
    size_t              pos;
    auth_tenant_node_t  child;

    if (memchr(token->data, '~', token->len) == NULL) {
        return auth_tenant_node_member(object, token, member);
    }

    /* a token is never empty, and elements of an array have no name */

    pos = 0;

    while (auth_tenant_node_next(object, &pos, &child)) {
        if (auth_tenant_claim_unescaped_eq(token, &child.key)) {
            *member = child;
            return 1;
        }
    }

    return 0;
}


int
auth_tenant_claim_text(const auth_tenant_node_t *node,
    unsigned char *dst, size_t size, auth_tenant_str_t *text)
{
    size_t               n, pos;
    auth_tenant_node_t   child;

    text->data = dst;
    text->len = 0;

    if (node->type != AUTH_TENANT_NODE_ARRAY) {

        if (!auth_tenant_claim_scalar(node) || node->value.len > size) {
            return 0;
        }

        memcpy(dst, node->value.data, node->value.len);
        text->len = node->value.len;

        return 1;
    }

    n = 0;
    pos = 0;

    while (auth_tenant_node_next(node, &pos, &child)) {

        if (!auth_tenant_claim_scalar(&child)
            || child.value.len == 0
            || memchr(child.value.data, ',', child.value.len) != NULL)
        {
            return 0;
        }

        if (child.value.len + (n != 0) > size - n) {
            return 0;
        }

        if (n != 0) {
            dst[n++] = ',';
        }

        memcpy(dst + n, child.value.data, child.value.len);
        n += child.value.len;
    }

    text->len = n;

    return 1;
}


static int
auth_tenant_claim_scalar(const auth_tenant_node_t *node)
{
    switch (node->type) {

    case AUTH_TENANT_NODE_FALSE:
    case AUTH_TENANT_NODE_TRUE:
    case AUTH_TENANT_NODE_INTEGER:
    case AUTH_TENANT_NODE_REAL:
        return 1;

    case AUTH_TENANT_NODE_STRING:
        return auth_tenant_text_valid(&node->value);

    default:
        return 0;
    }
}

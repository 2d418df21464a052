
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The flat form is made of nodes, each of which is
 *
 *     type, one byte, as in auth_tenant_node_e
 *     length of the name                          (in an object only)
 *     length of the value
 *     name                                        (in an object only)
 *     value: text, or the nodes of an array or object
 *
 * Lengths are base 128, low bits first, at most three bytes, in the shortest
 * form.  Both stand before the name, so that a search compares lengths and
 * steps over what differs.  Nothing is aligned and nothing points anywhere.
 */


#include <string.h>

#include "auth_tenant_flat.h"


static const unsigned char *auth_tenant_flat_length(const unsigned char *p,
    const unsigned char *end, size_t *len);
static const unsigned char *auth_tenant_flat_read(const unsigned char *p,
    const unsigned char *end, int keyed, auth_tenant_node_t *node);
static int auth_tenant_flat_order(const auth_tenant_str_t *a,
    const auth_tenant_str_t *b);
static const unsigned char *auth_tenant_flat_digits(const unsigned char *p,
    const unsigned char *end);
static int auth_tenant_flat_check_number(const auth_tenant_node_t *node);


static const unsigned char *
auth_tenant_flat_length(const unsigned char *p, const unsigned char *end,
    size_t *len)
{
    unsigned  shift;

    if (p < end && *p < 0x80) {
        *len = *p;
        return p + 1;
    }

    *len = 0;

    for (shift = 0; shift < 21 && p < end; shift += 7) {

        *len |= (size_t) (*p & 0x7f) << shift;

        if (*p++ & 0x80) {
            continue;
        }

        /* a zero byte at the end isn't the shortest form */

        return (p[-1] == 0 && shift > 0) ? NULL : p;
    }

    return NULL;
}


/* Reads a node; the byte behind it, or NULL if it doesn't fit before `end`. */

static const unsigned char *
auth_tenant_flat_read(const unsigned char *p, const unsigned char *end,
    int keyed, auth_tenant_node_t *node)
{
    if (p == end || *p > AUTH_TENANT_NODE_OBJECT) {
        return NULL;
    }

    node->type = *p++;
    node->key.len = 0;

    if (keyed && end - p > 1 && p[0] < 0x80 && p[1] < 0x80) {

        /* most are that short */

        node->key.len = *p++;
        node->value.len = *p++;

    } else {

        if (keyed) {
            p = auth_tenant_flat_length(p, end, &node->key.len);
        }

        if (p != NULL) {
            p = auth_tenant_flat_length(p, end, &node->value.len);
        }
    }

    if (p == NULL
        || node->key.len > (size_t) (end - p)
        || node->value.len > (size_t) (end - p) - node->key.len)
    {
        return NULL;
    }

    node->key.data = p;
    node->value.data = p + node->key.len;

    return node->value.data + node->value.len;
}


int
auth_tenant_node_next(const auth_tenant_node_t *container, size_t *pos,
    auth_tenant_node_t *child)
{
    const unsigned char  *p;

    if (container->type < AUTH_TENANT_NODE_ARRAY
        || *pos >= container->value.len)
    {
        return 0;
    }

    p = auth_tenant_flat_read(container->value.data + *pos,
                              container->value.data + container->value.len,
                              container->type == AUTH_TENANT_NODE_OBJECT,
                              child);
    if (p == NULL) {
        return 0;
    }

    *pos = p - container->value.data;

    return 1;
}


int
auth_tenant_node_member(const auth_tenant_node_t *object,
    const auth_tenant_str_t *name, auth_tenant_node_t *member)
{
    size_t                len;
    auth_tenant_node_t    child;
    const unsigned char  *p, *end;

    if (object->type != AUTH_TENANT_NODE_OBJECT) {
        return 0;
    }

    p = object->value.data;
    end = p + object->value.len;

    while (p < end) {

        /* most have lengths of one byte each, and another name */

        if (end - p > 3 && p[1] < 0x80 && p[2] < 0x80) {

            len = 3 + (size_t) p[1] + p[2];

            if (len > (size_t) (end - p)) {
                return 0;
            }

            if (p[1] != name->len
                || (name->len != 0 && p[3] != name->data[0]))
            {
                p += len;
                continue;
            }
        }

        p = auth_tenant_flat_read(p, end, 1, &child);

        if (p == NULL) {
            return 0;
        }

        if (auth_tenant_str_eq(&child.key, name)) {
            *member = child;
            return 1;
        }
    }

    return 0;
}


/*
 * Names are put in order one by one.  A search halves what is left, whatever
 * names a sender thinks of, where a hash table would need a secret.
 */

int
auth_tenant_flat_unique(const auth_tenant_str_t *members)
{
    int                  order;
    size_t               pos;
    unsigned             n, low, high, middle;
    auth_tenant_str_t    names[AUTH_TENANT_MAX_MEMBERS];
    auth_tenant_node_t   object, member;

    object.type = AUTH_TENANT_NODE_OBJECT;
    object.value = *members;

    pos = 0;

    for (n = 0; auth_tenant_node_next(&object, &pos, &member); n++) {

        if (n == AUTH_TENANT_MAX_MEMBERS) {
            return 0;
        }

        low = 0;
        high = n;

        while (low < high) {

            middle = (low + high) / 2;
            order = auth_tenant_flat_order(&member.key, &names[middle]);

            if (order == 0) {
                return 0;
            }

            if (order < 0) {
                high = middle;

            } else {
                low = middle + 1;
            }
        }

        memmove(&names[low + 1], &names[low],
                (n - low) * sizeof(auth_tenant_str_t));
        names[low] = member.key;
    }

    return 1;
}


/* Any order does, so the quickest: by lengths. */

static int
auth_tenant_flat_order(const auth_tenant_str_t *a, const auth_tenant_str_t *b)
{
    if (a->len != b->len) {
        return (a->len < b->len) ? -1 : 1;
    }

    return memcmp(a->data, b->data, a->len);
}


static const unsigned char *
auth_tenant_flat_digits(const unsigned char *p, const unsigned char *end)
{
    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }

    return p;
}


/* A number's text is nothing but a number: it may go into a header. */

static int
auth_tenant_flat_check_number(const auth_tenant_node_t *node)
{
    const unsigned char  *p, *end, *last;

    p = node->value.data;
    last = p + node->value.len;

    if (p < last && *p == '-') {
        p++;
    }

    end = auth_tenant_flat_digits(p, last);

    if (end == p || (*p == '0' && end - p > 1)) {
        return 0;
    }

    if (node->type == AUTH_TENANT_NODE_INTEGER) {
        return end == last;
    }

    if (end < last && *end == '.') {
        p = end + 1;
        end = auth_tenant_flat_digits(p, last);

        if (end == p) {
            return 0;
        }
    }

    if (end < last && *end == 'e') {
        p = end + 1;

        if (p < last && *p == '-') {
            p++;
        }

        end = auth_tenant_flat_digits(p, last);

        if (end == p) {
            return 0;
        }
    }

    return end == last;
}


int
auth_tenant_flat_check(const auth_tenant_node_t *node, unsigned depth)
{
    size_t              pos;
    auth_tenant_node_t  child;

    switch (node->type) {

    case AUTH_TENANT_NODE_NULL:
        return node->value.len == 0;

    case AUTH_TENANT_NODE_FALSE:
        return node->value.len == 5
               && memcmp(node->value.data, "false", 5) == 0;

    case AUTH_TENANT_NODE_TRUE:
        return node->value.len == 4
               && memcmp(node->value.data, "true", 4) == 0;

    case AUTH_TENANT_NODE_INTEGER:
    case AUTH_TENANT_NODE_REAL:
        return auth_tenant_flat_check_number(node);

    case AUTH_TENANT_NODE_STRING:
        return 1;

    default: /* AUTH_TENANT_NODE_ARRAY, AUTH_TENANT_NODE_OBJECT */
        break;
    }

    if (depth == AUTH_TENANT_MAX_DEPTH) {
        return 0;
    }

    pos = 0;

    while (auth_tenant_node_next(node, &pos, &child)) {
        if (!auth_tenant_flat_check(&child, depth + 1)) {
            return 0;
        }
    }

    /* stopped before the end: a child doesn't fit */

    return pos == node->value.len;
}


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


#include <stdio.h>
#include <string.h>

#include "auth_tenant_flat.h"


#define AUTH_TENANT_FLAT_MAX_LENGTH  ((1u << 21) - 1)   /* three bytes */
#define AUTH_TENANT_FLAT_NUMBER      32                 /* 17 digits: 24 */


typedef struct {
    unsigned char          *pos;
    unsigned char          *end;
} auth_tenant_flat_t;


static int auth_tenant_flat_put_length(auth_tenant_flat_t *flat, size_t len);
static int auth_tenant_flat_put(auth_tenant_flat_t *flat, const char *data,
    size_t len);
static int auth_tenant_flat_put_head(auth_tenant_flat_t *flat,
    auth_tenant_node_e type, const char *key, size_t len);
static size_t auth_tenant_flat_number(char *text, const json_t *value);
static int auth_tenant_flat_put_children(auth_tenant_flat_t *flat,
    json_t *container);
static int auth_tenant_flat_put_container(auth_tenant_flat_t *flat,
    const char *key, json_t *value);
static int auth_tenant_flat_put_node(auth_tenant_flat_t *flat,
    const char *key, json_t *value);
static const unsigned char *auth_tenant_flat_length(const unsigned char *p,
    const unsigned char *end, size_t *len);
static const unsigned char *auth_tenant_flat_read(const unsigned char *p,
    const unsigned char *end, int keyed, auth_tenant_node_t *node);
static const unsigned char *auth_tenant_flat_digits(const unsigned char *p,
    const unsigned char *end);
static int auth_tenant_flat_check_number(const auth_tenant_node_t *node);


ptrdiff_t
auth_tenant_flat_write(unsigned char *dst, size_t size, json_t *object)
{
    auth_tenant_flat_t  flat;

    flat.pos = dst;
    flat.end = dst + size;

    if (!auth_tenant_flat_put_children(&flat, object)) {
        return -1;
    }

    return flat.pos - dst;
}


static int
auth_tenant_flat_put_length(auth_tenant_flat_t *flat, size_t len)
{
    do {
        if (flat->pos == flat->end) {
            return 0;
        }

        *flat->pos++ = (len & 0x7f) | (len > 0x7f ? 0x80 : 0);
        len >>= 7;

    } while (len != 0);

    return 1;
}


static int
auth_tenant_flat_put(auth_tenant_flat_t *flat, const char *data, size_t len)
{
    if (len > (size_t) (flat->end - flat->pos)) {
        return 0;
    }

    memcpy(flat->pos, data, len);
    flat->pos += len;

    return 1;
}


/* Writes a type, both lengths and the name. */

static int
auth_tenant_flat_put_head(auth_tenant_flat_t *flat, auth_tenant_node_e type,
    const char *key, size_t len)
{
    size_t  key_len;

    if (flat->pos == flat->end) {
        return 0;
    }

    *flat->pos++ = type;

    if (key == NULL) {
        return auth_tenant_flat_put_length(flat, len);
    }

    /* a name holds no NUL: auth_tenant_json_parse() refuses it */

    key_len = strlen(key);

    return auth_tenant_flat_put_length(flat, key_len)
           && auth_tenant_flat_put_length(flat, len)
           && auth_tenant_flat_put(flat, key, key_len);
}


/* The text of a number, whatever the locale; 0 bytes without memory. */

static size_t
auth_tenant_flat_number(char *text, const json_t *value)
{
    if (json_is_integer(value)) {
        return snprintf(text, AUTH_TENANT_FLAT_NUMBER,
                        "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    }

    return json_dumpb(value, text, AUTH_TENANT_FLAT_NUMBER,
                      JSON_ENCODE_ANY|JSON_REAL_PRECISION(17));
}


static int
auth_tenant_flat_put_children(auth_tenant_flat_t *flat, json_t *container)
{
    int      rc;
    void    *iter;
    size_t   i;

    rc = 1;

    for (i = 0; i < json_array_size(container) && rc; i++) {
        rc = auth_tenant_flat_put_node(flat, NULL,
                                       json_array_get(container, i));
    }

    for (iter = json_object_iter(container);
         iter != NULL && rc;
         iter = json_object_iter_next(container, iter))
    {
        rc = auth_tenant_flat_put_node(flat, json_object_iter_key(iter),
                                       json_object_iter_value(iter));
    }

    return rc;
}


/*
 * The length is known only at the end: room for one byte of it is left, and
 * what follows is moved in the rare case that it takes more.
 */

static int
auth_tenant_flat_put_container(auth_tenant_flat_t *flat, const char *key,
    json_t *value)
{
    size_t                len, name, more;
    unsigned char        *start;
    auth_tenant_flat_t    length;
    auth_tenant_node_e    type;

    type = json_is_array(value) ? AUTH_TENANT_NODE_ARRAY
                                : AUTH_TENANT_NODE_OBJECT;

    if (!auth_tenant_flat_put_head(flat, type, key, 0)) {
        return 0;
    }

    start = flat->pos;

    if (!auth_tenant_flat_put_children(flat, value)) {
        return 0;
    }

    len = flat->pos - start;
    name = key ? strlen(key) : 0;
    more = (len > 0x7f) + (len > 0x3fff);

    if (len > AUTH_TENANT_FLAT_MAX_LENGTH
        || more > (size_t) (flat->end - flat->pos))
    {
        return 0;
    }

    start -= name;

    memmove(start + more, start, name + len);
    flat->pos += more;

    length.pos = start - 1;
    length.end = start + more;

    return auth_tenant_flat_put_length(&length, len);
}


static int
auth_tenant_flat_put_node(auth_tenant_flat_t *flat, const char *key,
    json_t *value)
{
    char                  number[AUTH_TENANT_FLAT_NUMBER];
    size_t                len;
    const char           *text;
    auth_tenant_node_e    type;

    switch (json_typeof(value)) {

    case JSON_ARRAY:
    case JSON_OBJECT:
        return auth_tenant_flat_put_container(flat, key, value);

    case JSON_STRING:
        type = AUTH_TENANT_NODE_STRING;
        text = json_string_value(value);
        len = json_string_length(value);
        break;

    case JSON_INTEGER:
    case JSON_REAL:
        type = json_is_integer(value) ? AUTH_TENANT_NODE_INTEGER
                                      : AUTH_TENANT_NODE_REAL;
        len = auth_tenant_flat_number(number, value);
        text = number;

        if (len == 0 || len > sizeof(number)) {
            return 0;
        }

        break;

    case JSON_TRUE:
        type = AUTH_TENANT_NODE_TRUE;
        text = "true";
        len = 4;
        break;

    case JSON_FALSE:
        type = AUTH_TENANT_NODE_FALSE;
        text = "false";
        len = 5;
        break;

    default: /* JSON_NULL */
        type = AUTH_TENANT_NODE_NULL;
        text = "";
        len = 0;
        break;
    }

    return auth_tenant_flat_put_head(flat, type, key, len)
           && auth_tenant_flat_put(flat, text, len);
}


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

    if (keyed) {
        p = auth_tenant_flat_length(p, end, &node->key.len);
    }

    if (p != NULL) {
        p = auth_tenant_flat_length(p, end, &node->value.len);
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

        /* most have lengths of one byte each, and names of other lengths */

        if (end - p > 3 && p[1] < 0x80 && p[2] < 0x80 && p[1] != name->len) {

            len = 3 + (size_t) p[1] + p[2];

            if (len > (size_t) (end - p)) {
                return 0;
            }

            p += len;
            continue;
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

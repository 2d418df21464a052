
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The flat form of claims by another way: jansson's tree of a text, written
 * node by node.  What auth_tenant_scan_object() makes must be the same, byte
 * for byte.
 */


#ifndef _TREE_WRITE_H_INCLUDED_
#define _TREE_WRITE_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth_tenant_claims.h"
#include "auth_tenant_json.h"


static size_t tree_write_node(unsigned char *dst, const char *key,
    json_t *value);


static size_t
tree_write_length(unsigned char *dst, size_t len)
{
    size_t  n;

    for (n = 0; len > 0x7f; len >>= 7) {
        dst[n++] = 0x80 | (len & 0x7f);
    }

    dst[n++] = len;

    return n;
}


static size_t
tree_write_children(unsigned char *dst, json_t *container)
{
    void    *iter;
    size_t   i, n;

    n = 0;

    for (i = 0; i < json_array_size(container); i++) {
        n += tree_write_node(dst + n, NULL, json_array_get(container, i));
    }

    for (iter = json_object_iter(container);
         iter != NULL;
         iter = json_object_iter_next(container, iter))
    {
        n += tree_write_node(dst + n, json_object_iter_key(iter),
                             json_object_iter_value(iter));
    }

    return n;
}


static size_t
tree_write_node(unsigned char *dst, const char *key, json_t *value)
{
    char            number[64];
    size_t          n, len;
    const void     *text;
    unsigned char  *children;

    static const unsigned char  types[] = {
        [JSON_OBJECT] = AUTH_TENANT_NODE_OBJECT,
        [JSON_ARRAY] = AUTH_TENANT_NODE_ARRAY,
        [JSON_STRING] = AUTH_TENANT_NODE_STRING,
        [JSON_INTEGER] = AUTH_TENANT_NODE_INTEGER,
        [JSON_REAL] = AUTH_TENANT_NODE_REAL,
        [JSON_TRUE] = AUTH_TENANT_NODE_TRUE,
        [JSON_FALSE] = AUTH_TENANT_NODE_FALSE,
        [JSON_NULL] = AUTH_TENANT_NODE_NULL
    };

    text = number;
    children = NULL;

    switch (json_typeof(value)) {

    case JSON_OBJECT:
    case JSON_ARRAY:
        children = malloc(8 * AUTH_TENANT_MAX_PAYLOAD);
        text = children;
        len = tree_write_children(children, value);
        break;

    case JSON_STRING:
        text = json_string_value(value);
        len = json_string_length(value);
        break;

    case JSON_INTEGER:
        len = sprintf(number, "%" JSON_INTEGER_FORMAT,
                      json_integer_value(value));
        break;

    case JSON_REAL:
        len = json_dumpb(value, number, sizeof(number),
                         JSON_ENCODE_ANY|JSON_REAL_PRECISION(17));
        break;

    default:
        len = json_is_null(value)
              ? 0 : (size_t) sprintf(number, "%s", json_is_true(value)
                                                   ? "true" : "false");
    }

    n = 0;
    dst[n++] = types[json_typeof(value)];

    if (key != NULL) {
        n += tree_write_length(dst + n, strlen(key));
    }

    n += tree_write_length(dst + n, len);

    if (key != NULL) {
        memcpy(dst + n, key, strlen(key));
        n += strlen(key);
    }

    memcpy(dst + n, text, len);

    free(children);

    return n + len;
}


static unsigned
tree_reals(json_t *value)
{
    void      *iter;
    size_t     i;
    unsigned   n;

    n = json_is_real(value);

    for (i = 0; i < json_array_size(value); i++) {
        n += tree_reals(json_array_get(value, i));
    }

    for (iter = json_object_iter(value);
         iter != NULL;
         iter = json_object_iter_next(value, iter))
    {
        n += tree_reals(json_object_iter_value(iter));
    }

    return n;
}


/* `dst` has 8 * AUTH_TENANT_MAX_PAYLOAD bytes. */

__attribute__((unused))
static auth_tenant_verdict_e
tree_write(const auth_tenant_str_t *text, unsigned char *dst, size_t *len)
{
    json_t                 *json;
    auth_tenant_verdict_e   verdict;

    json = auth_tenant_json_parse(text, &verdict);

    if (json == NULL) {
        return verdict;
    }

    if (tree_reals(json) > AUTH_TENANT_MAX_REALS) {
        json_decref(json);
        return AUTH_TENANT_MALFORMED;
    }

    *len = tree_write_children(dst, json);

    json_decref(json);

    return AUTH_TENANT_OK;
}


#endif /* _TREE_WRITE_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * A flat form against jansson's tree; what the fuzz targets of claims and
 * rules share.
 */


#ifndef _TREE_H_INCLUDED_
#define _TREE_H_INCLUDED_


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "auth_tenant_claims.h"


#define check(cond)                                                           \
    do {                                                                      \
        if (!(cond)) {                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);        \
            abort();                                                          \
        }                                                                     \
    } while (0)


/* What is equal in the form and in the tree, with all that is below. */

__attribute__((unused))
static void
compare_tree(const auth_tenant_node_t *node, json_t *json)
{
    void                *iter;
    size_t               i, pos;
    char                 number[64];
    auth_tenant_node_t   child;

    pos = 0;

    switch (json_typeof(json)) {

    case JSON_OBJECT:
        check(node->type == AUTH_TENANT_NODE_OBJECT);

        for (iter = json_object_iter(json); iter;
             iter = json_object_iter_next(json, iter))
        {
            check(auth_tenant_node_next(node, &pos, &child));
            check(child.key.len == strlen(json_object_iter_key(iter)));
            check(memcmp(child.key.data, json_object_iter_key(iter),
                         child.key.len) == 0);
            compare_tree(&child, json_object_iter_value(iter));
        }

        check(!auth_tenant_node_next(node, &pos, &child));
        check(pos == node->value.len);
        break;

    case JSON_ARRAY:
        check(node->type == AUTH_TENANT_NODE_ARRAY);

        for (i = 0; i < json_array_size(json); i++) {
            check(auth_tenant_node_next(node, &pos, &child));
            compare_tree(&child, json_array_get(json, i));
        }

        check(!auth_tenant_node_next(node, &pos, &child));
        check(pos == node->value.len);
        break;

    case JSON_STRING:
        check(node->type == AUTH_TENANT_NODE_STRING);
        check(node->value.len == json_string_length(json));
        check(memcmp(node->value.data, json_string_value(json),
                     node->value.len) == 0);
        break;

    case JSON_INTEGER:
    case JSON_REAL:
        check(node->type == (json_is_integer(json) ? AUTH_TENANT_NODE_INTEGER
                                                   : AUTH_TENANT_NODE_REAL));
        check(node->value.len < sizeof(number));
        memcpy(number, node->value.data, node->value.len);
        number[node->value.len] = '\0';

        if (json_is_integer(json)) {
            check(strtoll(number, NULL, 10) == json_integer_value(json));

        } else {
            check(strtod(number, NULL) == json_real_value(json));
        }

        break;

    default:
        check(node->type == (json_is_true(json) ? AUTH_TENANT_NODE_TRUE
                             : json_is_false(json) ? AUTH_TENANT_NODE_FALSE
                                                   : AUTH_TENANT_NODE_NULL));
    }
}


#endif /* _TREE_H_INCLUDED_ */

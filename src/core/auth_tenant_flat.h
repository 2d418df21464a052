
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The bytes of the flat form; for auth_tenant_claims.c alone.
 */


#ifndef _AUTH_TENANT_FLAT_H_INCLUDED_
#define _AUTH_TENANT_FLAT_H_INCLUDED_


#include <jansson.h>

#include "auth_tenant_claims.h"


/*
 * Writes the members of an object as nodes to `dst` of `size` bytes.  Returns
 * the number of bytes, or -1 if there is too little room.
 */
ptrdiff_t auth_tenant_flat_write(unsigned char *dst, size_t size,
    json_t *object);


/*
 * Proves that a node, `depth` levels below the root, is what writing makes:
 * all that is in it lies inside it, and numbers and booleans are spelt as
 * such.  1, or 0 if it is damaged.
 */
int auth_tenant_flat_check(const auth_tenant_node_t *node, unsigned depth);


#endif /* _AUTH_TENANT_FLAT_H_INCLUDED_ */

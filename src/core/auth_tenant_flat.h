
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The bytes of the flat form; for auth_tenant_claims.c and auth_tenant_scan.c
 * alone.
 */


#ifndef _AUTH_TENANT_FLAT_H_INCLUDED_
#define _AUTH_TENANT_FLAT_H_INCLUDED_


#include "auth_tenant_claims.h"


#define AUTH_TENANT_FLAT_MAX_LENGTH  ((1u << 21) - 1)   /* three bytes */


/*
 * Tells whether the members of an object are no more than
 * AUTH_TENANT_MAX_MEMBERS and have each a name of its own (RFC 7515 section 4,
 * RFC 7519 section 4).  1 or 0.
 */
int auth_tenant_flat_unique(const auth_tenant_str_t *members);


/*
 * Proves that a node, `depth` levels below the root, is what writing makes:
 * all that is in it lies inside it, and numbers and booleans are spelt as
 * such.  1, or 0 if it is damaged.
 */
int auth_tenant_flat_check(const auth_tenant_node_t *node, unsigned depth);


#endif /* _AUTH_TENANT_FLAT_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the files about paths share.
 */


#ifndef _AUTH_TENANT_PATH_H_INCLUDED_
#define _AUTH_TENANT_PATH_H_INCLUDED_


#include "auth_tenant_match.h"


/*
 * Decodes the character that `p` begins with, after percent-decoding all of
 * it `times` times (RFC 3986 section 2.1); an incomplete escape stands for
 * itself.  `len` is not 0.  Sets *c and returns its length at `p`.
 */
size_t auth_tenant_path_decode(const unsigned char *p, size_t len,
    unsigned times, unsigned *c);


/*
 * 1 unless the path holds a control character or DEL, read as it is, decoded
 * once or decoded twice: a server that writes the decoded path into a header
 * would write a line break.  In a target that isn't `decoded` yet a "#" is
 * refused as well.
 */
int auth_tenant_path_clean(const auth_tenant_str_t *path, int decoded);


#endif /* _AUTH_TENANT_PATH_H_INCLUDED_ */

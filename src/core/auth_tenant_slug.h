
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Names to DNS labels (RFC 1035 section 2.3.1), equal to what JupyterHub's
 * kubespawner makes of them.
 */


#ifndef _AUTH_TENANT_SLUG_H_INCLUDED_
#define _AUTH_TENANT_SLUG_H_INCLUDED_


#include "auth_tenant_core.h"


/*
 * All three write to `dst`, which has room for AUTH_TENANT_MAX_LABEL bytes,
 * and return the length, or 0 if the name has no such form (empty, invalid
 * UTF-8, longer than AUTH_TENANT_MAX_NAME, or a result over 63 bytes: never a
 * cut that could make two names one).  `name` is the raw value of the claim.
 */


/* kubespawner >= 7: {user_server} of the default server ("safe" slugs). */
size_t auth_tenant_slug(unsigned char *dst, const auth_tenant_str_t *name);


/*
 * kubespawner < 7: every byte outside a-z 0-9 as "-" and hex, lower case.  A
 * name with a byte below 0x10 has no such form: its hex is one digit, which
 * could be read together with what follows.
 */
size_t auth_tenant_escape(unsigned char *dst, const auth_tenant_str_t *name);


/* The name itself if it already is a lower-case LDH label, RFC 5890 2.3.1. */
size_t auth_tenant_label(unsigned char *dst, const auth_tenant_str_t *name);


/* 1 if `s` is a lower-case LDH label of 1 to 63 bytes, else 0. */
int auth_tenant_label_valid(const auth_tenant_str_t *s);


#endif /* _AUTH_TENANT_SLUG_H_INCLUDED_ */

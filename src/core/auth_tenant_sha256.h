
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * SHA-256 (FIPS 180-4), made ready once: on a request it is the digest alone.
 */


#ifndef _AUTH_TENANT_SHA256_H_INCLUDED_
#define _AUTH_TENANT_SHA256_H_INCLUDED_


#include "auth_tenant_core.h"


#define AUTH_TENANT_SHA256_SIZE  32


/* For one process, or thread, at a time: it is scratch space. */

typedef struct auth_tenant_sha256_s  auth_tenant_sha256_t;


/* Returns what the caller frees, or NULL if OpenSSL has no memory. */
auth_tenant_sha256_t *auth_tenant_sha256_new(void);


/* NULL is allowed. */
void auth_tenant_sha256_free(auth_tenant_sha256_t *sha256);


/*
 * Writes the digest of `text` to `digest`, AUTH_TENANT_SHA256_SIZE bytes.
 * Returns 1, or 0 if OpenSSL fails.  Its error queue is empty afterwards.
 */
int auth_tenant_sha256(auth_tenant_sha256_t *sha256,
    const auth_tenant_str_t *text, unsigned char *digest);


#endif /* _AUTH_TENANT_SHA256_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the tests of signatures share: a key, a text, and the verdict.
 */


#ifndef _VERIFY_H_INCLUDED_
#define _VERIFY_H_INCLUDED_


#include "keys.h"
#include "auth_tenant_key.h"


static auth_tenant_key_t  *key;
static auth_tenant_str_t   input = auth_tenant_string("header.payload");


mint_unused
static auth_tenant_verdict_e
verify(const char *alg, const unsigned char *sig, size_t len)
{
    unsigned char          *copy;
    auth_tenant_str_t       name, signature;
    auth_tenant_verdict_e   rc;

    name = str(alg);

    copy = malloc(len ? len : 1);
    memcpy(copy, sig, len);

    signature.len = len;
    signature.data = copy;

    rc = auth_tenant_key_verify(key, auth_tenant_alg_by_name(&name), &input,
                                &signature);

    if (ERR_peek_error() != 0) {
        printf("# the error queue is not empty\n");
        ERR_clear_error();
        rc = AUTH_TENANT_NVERDICTS;
    }

    free(copy);

    return rc;
}


mint_unused
static void
use(const char *kind)
{
    mint_jwk(jwk, kind, "");
    key = key_of(jwk, ALL);
}


#endif /* _VERIFY_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <openssl/crypto.h>
#include <openssl/err.h>

#include "auth_tenant_key.h"


auth_tenant_key_t *
auth_tenant_jwk_from_pkey(EVP_PKEY *pkey, auth_tenant_algs_t algs,
    const char **error)
{
    unsigned char         *der;
    auth_tenant_key_t     *key;
    auth_tenant_public_t   public;

    if (!auth_tenant_spki_of(&public, &der, pkey)) {
        *error = "key is not RSA, EC on a named curve, Ed25519 or Ed448";
        ERR_clear_error();
        return NULL;
    }

    key = OPENSSL_zalloc(sizeof(auth_tenant_key_t));

    if (key == NULL) {
        *error = AUTH_TENANT_NO_MEMORY;

    } else {
        key->any_id = 1;
        *error = auth_tenant_key_set_public(key, &public, algs);
    }

    OPENSSL_free(der);
    ERR_clear_error();

    if (*error != NULL) {
        auth_tenant_key_free(key);
        return NULL;
    }

    return key;
}


void
auth_tenant_key_free(auth_tenant_key_t *key)
{
    if (key == NULL) {
        return;
    }

    auth_tenant_pkey_free(key->pkey);
    auth_tenant_secret_free(key->secret);

    OPENSSL_free(key);
}


const auth_tenant_str_t *
auth_tenant_key_id(const auth_tenant_key_t *key)
{
    return &key->kid;
}


auth_tenant_algs_t
auth_tenant_key_algs(const auth_tenant_key_t *key)
{
    return key->algs;
}


int
auth_tenant_key_any_id(const auth_tenant_key_t *key)
{
    return key->any_id ? 1 : 0;
}


auth_tenant_verdict_e
auth_tenant_key_verify(const auth_tenant_key_t *key, auth_tenant_alg_e alg,
    const auth_tenant_str_t *input, const auth_tenant_str_t *signature)
{
    auth_tenant_algs_t  bit;

    bit = auth_tenant_alg(alg) ? auth_tenant_alg_bit(alg) : 0;

    if ((key->algs & bit) == 0) {
        return AUTH_TENANT_BAD_ALGORITHM;
    }

    /* RFC 8725 section 2.1: an HMAC never meets the bytes of a public key */

    if (bit & AUTH_TENANT_ALGS_HMAC) {
        return key->secret
               ? auth_tenant_secret_verify(key->secret, alg, input, signature)
               : AUTH_TENANT_BAD_ALGORITHM;
    }

    return key->pkey
           ? auth_tenant_pkey_verify(key->pkey, alg, input, signature)
           : AUTH_TENANT_BAD_ALGORITHM;
}


const char *
auth_tenant_key_set_public(auth_tenant_key_t *key,
    const auth_tenant_public_t *public, auth_tenant_algs_t algs)
{
    const char  *error;

    key->algs = auth_tenant_algs_fitting(algs, public->kty, public->crv, 0);

    if (key->algs == 0) {
        return AUTH_TENANT_NO_FIT;
    }

    key->pkey = auth_tenant_pkey_new(public, key->algs, &error);

    return key->pkey ? NULL : error;
}

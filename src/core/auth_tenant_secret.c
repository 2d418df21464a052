
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Secrets for HMAC (RFC 7518 section 3.2), apart from public keys.
 */


#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <string.h>

#include "auth_tenant_key.h"


struct auth_tenant_secret_s {
    size_t                len;
    unsigned char         bytes[AUTH_TENANT_MAX_SECRET];
};


auth_tenant_secret_t *
auth_tenant_secret_new(const auth_tenant_str_t *bytes)
{
    auth_tenant_secret_t  *secret;

    if (bytes->len > AUTH_TENANT_MAX_SECRET) {
        return NULL;
    }

    secret = OPENSSL_zalloc(sizeof(auth_tenant_secret_t));
    if (secret == NULL) {
        return NULL;
    }

    secret->len = bytes->len;
    memcpy(secret->bytes, bytes->data, bytes->len);

    return secret;
}


void
auth_tenant_secret_free(auth_tenant_secret_t *secret)
{
    OPENSSL_clear_free(secret, sizeof(auth_tenant_secret_t));
}


int
auth_tenant_secret_digest(const auth_tenant_secret_t *secret,
    unsigned char *digest)
{
    return EVP_Digest(secret->bytes, secret->len, digest, NULL, EVP_sha256(),
                      NULL)
           == 1;
}


auth_tenant_verdict_e
auth_tenant_secret_verify(const auth_tenant_secret_t *secret,
    auth_tenant_alg_e alg, const auth_tenant_str_t *input,
    const auth_tenant_str_t *signature)
{
    unsigned                  len;
    unsigned char             mac[EVP_MAX_MD_SIZE];
    auth_tenant_verdict_e     rc;
    const auth_tenant_alg_t  *row;

    row = auth_tenant_alg(alg);

    /* a secret shorter than the hash, or none at all, verifies nothing */

    if (row == NULL || row->kty != AUTH_TENANT_KTY_OCT
        || secret->len < row->hash)
    {
        return AUTH_TENANT_BAD_ALGORITHM;
    }

    if (signature->len != row->hash) {
        return AUTH_TENANT_BAD_SIGNATURE;
    }

    len = 0;

    if (HMAC(row->md(), secret->bytes, (int) secret->len, input->data,
             input->len, mac, &len)
        == NULL
        || len != row->hash)
    {
        rc = AUTH_TENANT_ERROR;

    } else if (CRYPTO_memcmp(mac, signature->data, len) != 0) {
        rc = AUTH_TENANT_BAD_SIGNATURE;

    } else {
        rc = AUTH_TENANT_OK;
    }

    OPENSSL_cleanse(mac, sizeof(mac));
    ERR_clear_error();

    return rc;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <openssl/crypto.h>
#include <openssl/err.h>

#include "auth_tenant_key.h"
#include "auth_tenant_sha256.h"


struct auth_tenant_sha256_s {
    EVP_MD_CTX           *ctx;
    EVP_MD               *md;         /* fetched */
};


auth_tenant_sha256_t *
auth_tenant_sha256_new(void)
{
    auth_tenant_sha256_t  *sha256;

    sha256 = OPENSSL_zalloc(sizeof(auth_tenant_sha256_t));

    if (sha256 != NULL) {
        sha256->ctx = EVP_MD_CTX_new();
        sha256->md = auth_tenant_md_fetch(EVP_sha256());

        if (sha256->ctx == NULL || sha256->md == NULL) {
            auth_tenant_sha256_free(sha256);
            sha256 = NULL;
        }
    }

    ERR_clear_error();

    return sha256;
}


void
auth_tenant_sha256_free(auth_tenant_sha256_t *sha256)
{
    if (sha256 == NULL) {
        return;
    }

    EVP_MD_CTX_free(sha256->ctx);
    auth_tenant_md_free(sha256->md);

    OPENSSL_free(sha256);
}


int
auth_tenant_sha256(auth_tenant_sha256_t *sha256, const auth_tenant_str_t *text,
    unsigned char *digest)
{
    if (EVP_DigestInit_ex(sha256->ctx, sha256->md, NULL) == 1
        && EVP_DigestUpdate(sha256->ctx, text->data, text->len) == 1
        && EVP_DigestFinal_ex(sha256->ctx, digest, NULL) == 1)
    {
        return 1;
    }

    ERR_clear_error();

    return 0;
}

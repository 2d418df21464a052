
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * One JWK.  Whatever key is accepted, it fits only what was allowed, and
 * nobody signs with it by writing zeros and ones.
 */


#include <openssl/err.h>

#include "expand.h"
#include "auth_tenant_json.h"
#include "auth_tenant_jwk.h"


#define ALL  ((auth_tenant_algs_t) ~1u)


int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    expand_init();

    return 0;
}


static void
forge(const auth_tenant_key_t *key, unsigned alg)
{
    size_t              i, k;
    unsigned char       bytes[512];
    auth_tenant_str_t   input, signature;

    static const size_t  sizes[] = {
        0, 32, 48, 64, 96, 114, 132, 256, 384, 512
    };

    input.data = (const unsigned char *) "header.payload";
    input.len = 14;
    signature.data = bytes;

    for (k = 0; k < 4; k++) {

        /* zeros, ones, and the neutral points of the Edwards curves */

        memset(bytes, k == 1 ? 0xff : 0, sizeof(bytes));

        if (k > 1) {
            bytes[k == 2 ? 0 : 31] = 1;
        }

        for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            signature.len = sizes[i];

            if (auth_tenant_key_verify(key, (auth_tenant_alg_e) alg, &input,
                                       &signature)
                == AUTH_TENANT_OK)
            {
                abort();
            }
        }
    }
}


static void
try(const json_t *jwk, auth_tenant_algs_t algs)
{
    unsigned            alg;
    const char         *error;
    auth_tenant_algs_t  fitting;
    auth_tenant_key_t  *key;

    error = NULL;
    key = auth_tenant_jwk_parse(jwk, algs, &error);

    if (ERR_peek_error() != 0) {
        abort();
    }

    if (key == NULL) {

        if (error == NULL) {
            abort();
        }

        return;
    }

    fitting = auth_tenant_key_algs(key);

    if (fitting == 0 || (fitting & ~algs) != 0
        || auth_tenant_key_any_id(key)
        || auth_tenant_key_id(key)->len > AUTH_TENANT_MAX_KID)
    {
        abort();
    }

    /* secrets and public keys have no algorithm in common */

    if ((fitting & AUTH_TENANT_ALGS_HMAC)
        && (fitting & ~AUTH_TENANT_ALGS_HMAC))
    {
        abort();
    }

    if (json_object_get(jwk, "d") != NULL) {
        abort();
    }

    for (alg = 0; alg < AUTH_TENANT_NALGS; alg++) {
        forge(key, alg);
    }

    auth_tenant_key_free(key);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t                 *jwk;
    auth_tenant_str_t       text;
    auth_tenant_verdict_e   verdict;

    static unsigned char  buffer[EXPAND_MAX];

    text.len = expand(buffer, data, size);
    text.data = buffer;

    jwk = auth_tenant_json_parse(&text, &verdict);

    if (jwk != NULL) {
        try(jwk, ALL);
        try(jwk, AUTH_TENANT_ALGS_DEFAULT);
        json_decref(jwk);
    }

    return 0;
}

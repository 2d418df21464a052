
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Key sets from PEM files: keys that OpenSSL reads and that are refused, and
 * other ways to write good ones.
 */


#include "pem.h"


/* SubjectPublicKeyInfo of an uncompressed key, made compressed. */

static size_t
compress(unsigned char *dst, EVP_PKEY *pkey)
{
    unsigned char  *der;

    static const unsigned char  head[] = {
        0x30, 0x39, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
        0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
        0x07, 0x03, 0x22, 0x00
    };

    der = NULL;
    i2d_PUBKEY(pkey, &der);

    memcpy(dst, head, sizeof(head));
    dst[sizeof(head)] = (unsigned char) (2 + (der[90] & 1));
    memcpy(dst + sizeof(head) + 1, der + 27, 32);

    OPENSSL_free(der);

    return sizeof(head) + 33;
}


static void
test_foreign_keys(void)
{
    size_t          len;
    EVP_PKEY       *pkey;
    EVP_PKEY_CTX   *ctx;
    unsigned char   der[256];

    begin();
    add_new("RSA1024");
    end(ALL);
    ok(reported(0, 1, 0, "RSA modulus is not of"), "A4.1: RSA of 1024 bits");

    begin();
    add_new("secp256k1");
    end(ALL);
    ok(reported(0, 1, 0, "key is not RSA"), "A4.2: another curve");

    begin();
    add_new("X25519");
    end(ALL);
    ok(reported(0, 1, 0, "key is not RSA"), "A4.12: a key for agreement");

    begin();
    len = compress(der, mint_kept_key("P-256"));
    add_der("PUBLIC KEY", der, len);
    end(ALL);
    ok(reported(0, 1, 0, "key is not RSA"), "A4.2, F7: a compressed point");

    /* the same curve, its parameters written out */

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    EVP_PKEY_keygen_init(ctx);
    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1);
    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_EXPLICIT_CURVE);
    EVP_PKEY_keygen(ctx, &pkey);
    begin();
    PEM_write_bio_PUBKEY(file, pkey);
    end(ALL);
    ok(reported(0, 1, 0, "key is not RSA"),
       "A4.2: parameters written out (CVE-2020-0601)");
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);

    /* a key that brings PSS parameters of its own */

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
    EVP_PKEY_keygen_init(ctx);
    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048);
    EVP_PKEY_keygen(ctx, &pkey);
    begin();
    PEM_write_bio_PUBKEY(file, pkey);
    end(ALL);
    ok(reported(0, 1, 0, "key is not RSA"), "A4.5: RSASSA-PSS keys");
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);

    memset(der, 0, 32);
    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, der, 32);
    begin();
    PEM_write_bio_PUBKEY(file, pkey);
    end(ALL);
    ok(reported(0, 1, 0, "point is of small order"),
       "A4.4, F7: a small-order point");
    EVP_PKEY_free(pkey);

    memset(der, 0, 57);
    der[0] = 1;
    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, NULL, der, 57);
    begin();
    PEM_write_bio_PUBKEY(file, pkey);
    end(ALL);
    ok(reported(0, 1, 0, "point is of small order"),
       "A4.4, F7: of edwards448, too");
    EVP_PKEY_free(pkey);
}


/* RSA with an exponent of 1: any block is its own signature. */

static void
test_exponent_one(void)
{
    int             len;
    size_t          at;
    unsigned char  *der;

    der = NULL;
    len = i2d_PUBKEY(mint_kept_key("RSA2048"), &der);
    at = (size_t) len - 3;

    der[at] = 0;
    der[at + 2] = 1;

    begin();
    add_der("PUBLIC KEY", der, (size_t) len);
    end(ALL);
    ok(keys == NULL && report.skipped == 1, "A4.1, F6: exponent 00 00 01");

    /* shorten the integer and all that holds it by two bytes */

    der[3] = (unsigned char) (der[3] - 2);
    der[22] = (unsigned char) (der[22] - 2);
    der[27] = (unsigned char) (der[27] - 2);
    der[at - 1] = 1;
    der[at] = 1;

    begin();
    add_der("PUBLIC KEY", der, (size_t) len - 2);
    end(ALL);
    ok(reported(0, 1, 0, "RSA exponent is not in"), "A4.1, F6: exponent 1");

    OPENSSL_free(der);
}


static void
test_pkcs1(void)
{
    int             len;
    EVP_PKEY       *pkey;
    unsigned char  *der;

    pkey = mint_kept_key("RSA2048");
    der = NULL;
    len = i2d_PublicKey(pkey, &der);

    begin();
    add_der("RSA PUBLIC KEY", der, (size_t) len);
    end(ALL);
    ok(reported(1, 0, 0, NULL), "RSA PUBLIC KEY of PKCS#1");

    OPENSSL_free(der);
}


static void
test_from_pkey(void)
{
    auth_tenant_key_t  *key;

    key = auth_tenant_jwk_from_pkey(NULL, ALL, &why);
    ok(key == NULL && strncmp(why, "key is not RSA", 14) == 0, "no key");

    key = auth_tenant_jwk_from_pkey(mint_kept_key("P-384"), ALL, &why);
    is(key ? auth_tenant_key_algs(key) : 0, bit(ES384) | bit(ESP384),
       "of a private key the public half is taken");
    auth_tenant_key_free(key);

    is(ERR_peek_error(), 0, "E24: the error queue is empty");
}


int
main(void)
{
    test_foreign_keys();
    test_exponent_one();
    test_pkcs1();
    test_from_pkey();

    auth_tenant_keys_free(keys);
    BIO_free(file);

    return done();
}

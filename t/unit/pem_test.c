
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Key sets from PEM files: public keys and certificates.
 */


#include <openssl/pem.h>
#include <openssl/ui.h>

#include "keys.h"
#include "auth_tenant_jwks.h"


static BIO                        *file;
static auth_tenant_keys_t         *keys;
static auth_tenant_keys_report_t   report;
static unsigned                    asked;


/* Whoever asks for a password gets here. */

static int
ask(UI *ui)
{
    (void) ui;
    asked++;

    return 0;
}


static void
begin(void)
{
    BIO_free(file);
    file = BIO_new(BIO_s_mem());
}


static void
end(auth_tenant_algs_t algs)
{
    char               *data, *copy;
    auth_tenant_str_t   s;

    auth_tenant_keys_free(keys);

    s.len = (size_t) BIO_get_mem_data(file, &data);
    copy = malloc(s.len ? s.len : 1);
    memcpy(copy, data, s.len);
    s.data = (unsigned char *) copy;

    ERR_clear_error();
    memset(&report, 0xff, sizeof(report));
    keys = auth_tenant_keys_parse(&s, algs, &report);

    free(copy);

    if (ERR_peek_error() != 0) {
        printf("# the error queue is not empty\n");
        report.error = "dirty";
        report.keys = 9999;
    }
}


static int
reported(unsigned good, unsigned skipped, unsigned leaked, const char *error)
{
    if (report.keys == good && report.skipped == skipped
        && report.leaked == leaked
        && (error == NULL ? report.error == NULL
                          : (report.error != NULL
                             && strncmp(report.error, error, strlen(error))
                                == 0))
        && (keys != NULL) == (good != 0))
    {
        return 1;
    }

    printf("# %u usable, %u skipped, %u leaked: %s\n", report.keys,
           report.skipped, report.leaked,
           report.error ? report.error : "no error");

    return 0;
}


static void
add(const char *kind)
{
    PEM_write_bio_PUBKEY(file, mint_kept_key(kind));
}


static void
add_new(const char *kind)
{
    EVP_PKEY  *pkey;

    pkey = mint_key(kind);
    PEM_write_bio_PUBKEY(file, pkey);
    EVP_PKEY_free(pkey);
}


static void
add_certificate(const char *kind)
{
    X509  *x509;

    x509 = mint_certificate(mint_kept_key(kind), mint_kept_key("P-256"));
    PEM_write_bio_X509(file, x509);
    X509_free(x509);
}


static void
add_der(const char *label, const unsigned char *der, size_t len)
{
    PEM_write_bio(file, label, "", der, (long) len);
}


static void
test_kinds(void)
{
    size_t                    i;
    auth_tenant_str_t         kid;
    const auth_tenant_key_t  *key;

    static const struct {
        const char           *kind;
        auth_tenant_algs_t    algs;
        auth_tenant_alg_e     alg;
    } kinds[] = {
        { "RSA2048", bit(RS256) | bit(RS384) | bit(RS512)
          | bit(PS256) | bit(PS384) | bit(PS512), AUTH_TENANT_PS256 },
        { "P-256", bit(ES256) | bit(ESP256), AUTH_TENANT_ES256 },
        { "P-384", bit(ES384) | bit(ESP384), AUTH_TENANT_ES384 },
        { "P-521", bit(ES512) | bit(ESP512), AUTH_TENANT_ES512 },
        { "Ed25519", bit(EDDSA) | bit(ED25519), AUTH_TENANT_EDDSA },
        { "Ed448", bit(EDDSA) | bit(ED448), AUTH_TENANT_EDDSA }
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        begin();
        add(kinds[i].kind);
        end(ALL);

        ok(reported(1, 0, 0, NULL), "%s: a public key", kinds[i].kind);
        is(auth_tenant_keys_algs(keys), kinds[i].algs,
           "A3.4: %s: its algorithms, no HMAC", kinds[i].kind);

        begin();
        add_certificate(kinds[i].kind);
        end(ALL);

        ok(reported(1, 0, 0, NULL), "%s: a certificate, long expired",
           kinds[i].kind);

        kid = str("anything");
        key = auth_tenant_keys_find(keys, &kid, kinds[i].alg);
        ok(key != NULL && key == auth_tenant_keys_find(keys, NULL,
                                                       kinds[i].alg)
           && auth_tenant_key_any_id(key) == 1
           && auth_tenant_key_id(key)->data == NULL,
           "A4.10: %s: found under any ID, and without one", kinds[i].kind);
        ok(auth_tenant_keys_find(keys, &kid, AUTH_TENANT_HS256) == NULL,
           "A3.4: %s: not for HS256", kinds[i].kind);
    }

    begin();
    add("P-256");
    end(bit(RS256));
    ok(reported(0, 1, 0, "no accepted algorithm"),
       "A3.1: a key for which no algorithm is accepted");
}


static void
test_several(void)
{
    auth_tenant_str_t  kid;

    kid = str("a");

    begin();
    BIO_puts(file, "some text in front\r\nsubject=/CN=x\n");
    add("RSA2048");
    BIO_puts(file, "and between\n\n");
    add_certificate("P-256");
    add("Ed25519");
    BIO_puts(file, "and behind");
    end(ALL);
    ok(reported(3, 0, 0, NULL), "three keys and text around them");
    ok(auth_tenant_keys_find(keys, &kid, AUTH_TENANT_RS256) != NULL
       && auth_tenant_keys_find(keys, &kid, AUTH_TENANT_ES256) != NULL
       && auth_tenant_keys_find(keys, &kid, AUTH_TENANT_EDDSA) != NULL,
       "each is found by its algorithm");

    begin();
    add("RSA2048");
    add("RSA3072");
    end(ALL);
    ok(reported(2, 0, 0, NULL), "two RSA keys");
    ok(auth_tenant_keys_find(keys, &kid, AUTH_TENANT_RS256) == NULL
       && auth_tenant_keys_find(keys, NULL, AUTH_TENANT_RS256) == NULL,
       "A4.10: neither is tried after the other");

    begin();
    BIO_puts(file, "{\"keys\":[],\"x\":\"-----BEGIN\"}");
    end(ALL);
    ok(reported(0, 0, 0, "document has no keys"),
       "a document that says -----BEGIN is read as PEM");

    begin();
    BIO_puts(file, "-----BEGIN");
    end(ALL);
    ok(reported(0, 0, 0, "document has no keys"), "that alone is no key");

    begin();
    BIO_puts(file, "-----BEGI-----");
    end(ALL);
    ok(reported(0, 0, 0, "document is neither"), "and less is no PEM");
}


static void
test_private(void)
{
    EVP_PKEY  *rsa, *ec;

    rsa = mint_kept_key("RSA2048");
    ec = mint_kept_key("P-256");

    begin();
    PEM_write_bio_PrivateKey(file, rsa, NULL, NULL, 0, NULL, NULL);
    end(ALL);
    ok(reported(0, 1, 1, "PEM block is a private key"),
       "A4.8: a private key is refused");

    begin();
    PEM_write_bio_PrivateKey_traditional(file, rsa, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_PrivateKey_traditional(file, ec, NULL, NULL, 0, NULL, NULL);
    add("Ed25519");
    end(ALL);
    ok(reported(1, 2, 2, "PEM block is a private key"),
       "A4.8: in the formats of old, too; the public one stays");

    begin();
    PEM_write_bio_PKCS8PrivateKey(file, rsa, EVP_aes_128_cbc(), "secret", 6,
                                  NULL, NULL);
    PEM_write_bio_PrivateKey_traditional(file, rsa, EVP_aes_128_cbc(),
                                         (unsigned char *) "secret", 6, NULL,
                                         NULL);
    end(ALL);
    ok(reported(0, 2, 2, "PEM block is a private key"),
       "A4.8: encrypted private keys");

    begin();
    BIO_puts(file, "-----BEGIN PUBLIC KEY-----\n"
                   "Proc-Type: 4,ENCRYPTED\n"
                   "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                   "AAAAAAAAAAAAAAAAAAAAAA==\n"
                   "-----END PUBLIC KEY-----\n");
    end(ALL);
    ok(reported(0, 1, 0, "PEM block does not hold"),
       "an encrypted public key");
    is(asked, 0, "nobody was asked for a password");
}


static void
test_damaged(void)
{
    int             len;
    size_t          i;
    X509           *x509;
    unsigned char  *der;
    unsigned char   longer[1024];

    static const char *const  bad[] = {
        "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n",
        "-----BEGIN PUBLIC KEY-----\n"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        begin();
        BIO_puts(file, bad[i]);
        end(ALL);
        ok(reported(0, 1, 0, "damaged PEM block"), "E18: damaged: %zu", i);
    }

    begin();
    BIO_puts(file, bad[0]);
    add("RSA2048");
    end(ALL);
    ok(reported(1, 1, 0, "damaged PEM block"),
       "A7.10: a good key behind a damaged one");

    begin();
    BIO_puts(file, "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n");
    end(ALL);
    ok(report.keys == 0 && keys == NULL, "an empty block");

    der = NULL;
    len = i2d_PUBKEY(mint_kept_key("P-256"), &der);
    memcpy(longer, der, (size_t) len);
    longer[len] = 0;

    begin();
    add_der("PUBLIC KEY", longer, (size_t) len);
    end(ALL);
    ok(reported(1, 0, 0, NULL), "DER under its label");

    begin();
    add_der("PUBLIC KEY", longer, (size_t) len + 1);
    add_der("CERTIFICATE", longer, (size_t) len);
    add_der("RSA PUBLIC KEY", longer, (size_t) len);
    end(ALL);
    ok(reported(0, 3, 0, "PEM block does not hold"),
       "a trailing byte, and other labels");

    OPENSSL_free(der);

    x509 = mint_certificate(mint_kept_key("P-256"), mint_kept_key("P-256"));
    der = NULL;
    len = i2d_X509(x509, &der);
    memcpy(longer, der, (size_t) len);
    longer[len] = 0;

    begin();
    add_der("CERTIFICATE", longer, (size_t) len + 1);
    add_der("PUBLIC KEY", longer, (size_t) len);
    add_der("X509 CRL", longer, (size_t) len);
    add_der("CERTIFICATE REQUEST", longer, (size_t) len);
    add_der("EC PARAMETERS", longer, (size_t) len);
    end(ALL);
    ok(reported(0, 5, 0, "PEM block does not hold"),
       "a certificate under other labels");

    OPENSSL_free(der);
    X509_free(x509);
}


static void
test_number(void)
{
    unsigned  i;

    begin();

    for (i = 0; i < AUTH_TENANT_MAX_KEYS; i++) {
        add("Ed25519");
    }

    end(ALL);
    ok(reported(64, 0, 0, NULL), "A7.4: 64 keys");

    add("Ed25519");
    end(ALL);
    ok(report.keys == 0 && keys == NULL && report.error != NULL
       && strcmp(report.error, "document has more than 64 keys") == 0,
       "A7.4: 65 keys");

    begin();

    for (i = 0; i <= AUTH_TENANT_MAX_KEYS; i++) {
        BIO_puts(file, "-----BEGIN X-----\n!\n-----END X-----\n");
    }

    end(ALL);
    ok(report.keys == 0 && keys == NULL && report.error != NULL
       && strcmp(report.error, "document has more than 64 keys") == 0,
       "A7.4: 65 damaged blocks");
}


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
    UI_METHOD  *method;

    method = UI_create_method("a test");
    UI_method_set_opener(method, ask);
    UI_set_default_method(method);

    test_kinds();
    test_several();
    test_private();
    test_damaged();
    test_number();
    test_foreign_keys();
    test_exponent_one();
    test_pkcs1();
    test_from_pkey();

    auth_tenant_keys_free(keys);
    BIO_free(file);
    UI_destroy_method(method);

    return done();
}

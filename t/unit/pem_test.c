
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Key sets from PEM files: public keys and certificates.
 */


#include <openssl/ui.h>

#include "pem.h"


#define PRIVATE                                                               \
    "PEM block is a private key, whose public one \"openssl pkey -in FILE "   \
    "-pubout\" prints"


static unsigned  asked;


/* Whoever asks for a password gets here. */

static int
ask(UI *ui)
{
    (void) ui;
    asked++;

    return 0;
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
    ok(reported(0, 1, 1, PRIVATE),
       "A4.8: a private key is refused");

    begin();
    PEM_write_bio_PrivateKey_traditional(file, rsa, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_PrivateKey_traditional(file, ec, NULL, NULL, 0, NULL, NULL);
    add("Ed25519");
    end(ALL);
    ok(reported(1, 2, 2, PRIVATE),
       "A4.8: in the formats of old, too; the public one stays");

    begin();
    PEM_write_bio_PKCS8PrivateKey(file, rsa, EVP_aes_128_cbc(), "secret", 6,
                                  NULL, NULL);
    PEM_write_bio_PrivateKey_traditional(file, rsa, EVP_aes_128_cbc(),
                                         (unsigned char *) "secret", 6, NULL,
                                         NULL);
    end(ALL);
    ok(reported(0, 2, 2, PRIVATE),
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

    auth_tenant_keys_free(keys);
    BIO_free(file);
    UI_destroy_method(method);

    return done();
}

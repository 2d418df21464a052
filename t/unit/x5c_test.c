
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * A JWK's certificate carries the JWK's key, or the JWK is refused.
 */


#include "keys.h"


#define OTHER      "the certificate in \"x5c\" is of another key"
#define NO_CERT    "\"x5c\" does not begin with a certificate"


/* The certificate's DER in base64, with `extra` zeros behind it. */

static void
certificate(char *text, EVP_PKEY *subject, EVP_PKEY *issuer, size_t extra)
{
    int             len;
    X509           *x509;
    unsigned char  *der;
    unsigned char   bytes[4096];

    x509 = mint_certificate(subject, issuer);
    der = NULL;
    len = i2d_X509(x509, &der);

    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, der, (size_t) len);
    EVP_EncodeBlock((unsigned char *) text, bytes, len + (int) extra);

    OPENSSL_free(der);
    X509_free(x509);
}


static void
with_x5c(const char *kind, const char *x5c)
{
    char  *more;

    more = malloc(strlen(x5c) + 64);
    sprintf(more, ",'kid':'a','x5c':%s", x5c);
    mint_jwk(jwk, kind, more);
    free(more);
}


static void
with_certificate(const char *kind, const char *base64, const char *behind)
{
    char  *x5c;

    x5c = malloc(strlen(base64) + strlen(behind) + 16);
    sprintf(x5c, "['%s'%s]", base64, behind);
    with_x5c(kind, x5c);
    free(x5c);
}


static void
test_kinds(void)
{
    char       text[8192];
    size_t     i;
    EVP_PKEY  *other;

    static const char *const  kinds[] = {
        "RSA2048", "P-256", "P-384", "P-521", "Ed25519", "Ed448"
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        certificate(text, mint_kept_key(kinds[i]), mint_kept_key("P-256"), 0);
        with_certificate(kinds[i], text, "");
        ok(algs_of(ALL), "A4.11: %s: the same key", kinds[i]);

        with_certificate(kinds[i], text, ",'whatever',7");
        ok(algs_of(ALL), "A4.11: %s: the chain isn't looked at", kinds[i]);

        other = mint_key(kinds[i]);
        certificate(text, other, mint_kept_key("P-256"), 0);
        EVP_PKEY_free(other);
        with_certificate(kinds[i], text, "");
        ok(refused(OTHER), "A4.11: %s: another key", kinds[i]);

        certificate(text, mint_kept_key(kinds[(i + 1) % 6]),
                    mint_kept_key("P-256"), 0);
        with_certificate(kinds[i], text, "");
        ok(refused(OTHER), "A4.11: %s: a key of another kind", kinds[i]);
    }
}


static void
test_malformed(void)
{
    char       text[8192], good[8192], *p;
    size_t     i, len, wrong, padded;
    EVP_PKEY  *rsa, *pkey;

    rsa = mint_kept_key("RSA2048");

    with_x5c("RSA2048", "[]");
    ok(refused(NO_CERT), "A4.11: an empty array");
    with_x5c("RSA2048", "'MIIB'");
    ok(refused(NO_CERT), "A4.11: no array");
    with_x5c("RSA2048", "null");
    ok(refused(NO_CERT), "A4.11: null");
    with_x5c("RSA2048", "[7]");
    ok(refused(NO_CERT), "A4.11: a number");
    with_x5c("RSA2048", "['']");
    ok(refused(NO_CERT), "A4.11: an empty string");
    with_x5c("RSA2048", "['====']");
    ok(refused(NO_CERT), "A4.11: padding only");
    with_x5c("RSA2048", "['AAAA']");
    ok(refused(NO_CERT), "A4.11: no certificate");

    certificate(good, rsa, rsa, 0);

    strcpy(text, good);
    text[strlen(text) - 4] = '\0';
    with_certificate("RSA2048", text, "");
    ok(refused(NO_CERT), "A4.11: a certificate cut off");

    strcpy(text + 1, good);
    text[0] = ' ';
    with_certificate("RSA2048", text, "");
    ok(refused(NO_CERT), "A4.11: white space");

    /* whatever the length modulo three, padding is right or refused */

    wrong = padded = 0;

    for (i = 0; i < 3; i++) {
        certificate(text, rsa, rsa, i);
        with_certificate("RSA2048", text, "");
        wrong += (i == 0) ? algs_of(ALL) == 0 : !refused(NO_CERT);

        p = strchr(text, '=');

        if (p != NULL) {
            padded++;
            *p = '\0';
            with_certificate("RSA2048", text, "");
            wrong += !refused(NO_CERT);
        }
    }

    ok(wrong == 0 && padded > 0,
       "A4.11: trailing bytes, and padding left out");

    certificate(text, rsa, rsa, 0);
    len = strlen(text);
    memset(text + len, 'A', 4);
    text[len + 4] = '\0';
    with_certificate("RSA2048", text, "");
    ok(refused(NO_CERT), "A4.11: more behind the padding");

    /* the URL alphabet: certificates until one holds a + or / */

    do {
        pkey = mint_key("P-256");
        certificate(text, rsa, pkey, 0);
        EVP_PKEY_free(pkey);
    } while (strchr(text, '+') == NULL || strchr(text, '/') == NULL);

    with_certificate("RSA2048", text, "");
    ok(algs_of(ALL), "A4.11: the plain alphabet");

    p = strchr(text, '+');
    *p = '-';
    with_certificate("RSA2048", text, "");
    ok(refused(NO_CERT), "A4.11: - of the URL alphabet");
    *p = '+';

    p = strchr(text, '/');
    *p = '_';
    with_certificate("RSA2048", text, "");
    ok(refused(NO_CERT), "A4.11: _ of the URL alphabet");
}


/* A certificate whose key is one that is never used. */

static void
test_foreign(void)
{
    char       text[8192];
    EVP_PKEY  *pkey;

    pkey = mint_key("secp256k1");
    certificate(text, pkey, pkey, 0);
    EVP_PKEY_free(pkey);
    with_certificate("P-256", text, "");
    ok(refused(OTHER), "A4.11: a key on another curve");
}


int
main(void)
{
    test_kinds();
    test_malformed();
    test_foreign();

    return done();
}

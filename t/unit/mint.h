
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Keys and tokens for unit tests and fuzz targets, minted when they are asked
 * for.  Nothing here uses the code under test.
 */


#ifndef _MINT_H_INCLUDED_
#define _MINT_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "auth_tenant_core.h"


#define MINT_TEXT       16384
#define MINT_SIGNATURE   1024

#define mint_unused  __attribute__((unused))


typedef struct {
    const char           *alg;
    const char           *kind;
} mint_alg_t;


/* Every algorithm with the kind of key that it needs. */

mint_unused
static const mint_alg_t  mint_algs[] = {
    { "RS256", "RSA2048" }, { "RS384", "RSA2048" }, { "RS512", "RSA2048" },
    { "PS256", "RSA2048" }, { "PS384", "RSA2048" }, { "PS512", "RSA2048" },
    { "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" },
    { "ESP256", "P-256" }, { "ESP384", "P-384" }, { "ESP512", "P-521" },
    { "EdDSA", "Ed25519" }, { "EdDSA", "Ed448" },
    { "Ed25519", "Ed25519" }, { "Ed448", "Ed448" },
    { "HS256", "oct" }, { "HS384", "oct" }, { "HS512", "oct" }
};

#define MINT_NALGS  (sizeof(mint_algs) / sizeof(mint_algs[0]))


/* The secret of the "oct" kind; as good as any for a test. */

mint_unused
static const unsigned char  mint_secret[64] =
    "a secret of sixty-four bytes, no longer than SHA-512's own hash";


static void
mint_die(const char *what)
{
    fprintf(stderr, "mint: %s\n", what);
    abort();
}


mint_unused
static size_t
mint_b64u(char *dst, const void *bytes, size_t len)
{
    char                 *p;
    size_t                i, k;
    unsigned              bits, n;
    const unsigned char  *src;

    static const char  alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    p = dst;
    src = bytes;

    for (i = 0; i < len; i += 3) {
        n = (len - i < 3) ? (unsigned) (len - i) : 3;
        bits = 0;

        for (k = 0; k < 3; k++) {
            bits = bits << 8 | (k < n ? src[i + k] : 0);
        }

        for (k = 0; k <= n; k++) {
            *p++ = alphabet[bits >> (18 - 6 * k) & 63];
        }
    }

    *p = '\0';

    return (size_t) (p - dst);
}


/* The bytes of good base64url; no check whatever. */

mint_unused
static size_t
mint_unb64u(unsigned char *dst, const char *text, size_t len)
{
    size_t          i;
    unsigned        bits;
    unsigned char  *p;

    static const char  alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    p = dst;
    bits = 0;

    for (i = 0; i < len; i++) {
        bits = bits << 6 | (unsigned) (strchr(alphabet, text[i]) - alphabet);

        if (i % 4 != 0) {
            *p++ = (unsigned char) (bits >> (6 - 2 * (i % 4)));
        }
    }

    return (size_t) (p - dst);
}


/* A new key: "RSA" and the bits, a curve's name, Ed25519 or Ed448. */

mint_unused
static EVP_PKEY *
mint_key(const char *kind)
{
    int            id, nid;
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    nid = NID_undef;

    if (strncmp(kind, "RSA", 3) == 0) {
        id = EVP_PKEY_RSA;

    } else if (strcmp(kind, "Ed25519") == 0) {
        id = EVP_PKEY_ED25519;

    } else if (strcmp(kind, "Ed448") == 0) {
        id = EVP_PKEY_ED448;

    } else if (strcmp(kind, "X25519") == 0) {
        id = EVP_PKEY_X25519;

    } else {
        id = EVP_PKEY_EC;
        nid = strcmp(kind, "P-256") == 0 ? NID_X9_62_prime256v1
              : strcmp(kind, "P-384") == 0 ? NID_secp384r1
              : strcmp(kind, "P-521") == 0 ? NID_secp521r1
              : NID_secp256k1;
    }

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_id(id, NULL);

    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0
        || (id == EVP_PKEY_RSA
            && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, atoi(kind + 3)) <= 0)
        || (id == EVP_PKEY_EC
            && EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, nid) <= 0)
        || EVP_PKEY_keygen(ctx, &pkey) <= 0)
    {
        mint_die("no key");
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


/* The one key of a kind: made once, kept to the end.  NULL for "oct". */

mint_unused
static EVP_PKEY *
mint_kept_key(const char *kind)
{
    size_t  i;

    static size_t     nkeys;
    static EVP_PKEY  *keys[16];
    static char       kinds[16][16];

    if (strcmp(kind, "oct") == 0) {
        return NULL;
    }

    for (i = 0; i < nkeys; i++) {
        if (strcmp(kinds[i], kind) == 0) {
            return keys[i];
        }
    }

    if (nkeys == 16) {
        mint_die("too many kinds of keys");
    }

    snprintf(kinds[nkeys], sizeof(kinds[0]), "%s", kind);
    keys[nkeys] = mint_key(kind);

    return keys[nkeys++];
}


/*
 * The parameters of a public key, as bytes: n (RSA; e is 65537), or x and y.
 * They stand at the end of its DER form.
 */

mint_unused
static void
mint_public(EVP_PKEY *pkey, unsigned char *first, size_t *nfirst,
    unsigned char *second, size_t *nsecond)
{
    int             len;
    size_t          size;
    unsigned char  *der, *p;

    der = NULL;
    len = i2d_PUBKEY(pkey, &der);

    if (len <= 0) {
        mint_die("no public key");
    }

    p = der + len;
    *nsecond = 0;

    switch (EVP_PKEY_base_id(pkey)) {

    case EVP_PKEY_RSA:
        *nfirst = (size_t) (EVP_PKEY_bits(pkey) + 7) / 8;
        *nsecond = 3;
        memcpy(second, p - 3, 3);
        memcpy(first, p - 5 - *nfirst, *nfirst);
        break;

    case EVP_PKEY_EC:
        size = (size_t) (EVP_PKEY_bits(pkey) + 7) / 8;
        *nfirst = *nsecond = size;
        memcpy(second, p - size, size);
        memcpy(first, p - 2 * size, size);
        break;

    default:
        *nfirst = EVP_PKEY_base_id(pkey) == EVP_PKEY_ED448 ? 57 : 32;
        memcpy(first, p - *nfirst, *nfirst);
    }

    OPENSSL_free(der);
}


/* In JSON written in tests "'" stands for a quotation mark. */

mint_unused
static char *
mint_quotes(char *text)
{
    char  *p;

    for (p = text; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    return text;
}


/* A JWK from parameters; `more` are further members, each with its comma. */

mint_unused
static void
mint_jwk_of(char *jwk, const char *kind, const unsigned char *first,
    size_t nfirst, const unsigned char *second, size_t nsecond,
    const char *more)
{
    char  a[2048], b[2048];

    mint_b64u(a, first, nfirst);
    mint_b64u(b, second, nsecond);

    if (strncmp(kind, "RSA", 3) == 0) {
        snprintf(jwk, MINT_TEXT,
                 "{'kty':'RSA','n':'%s','e':'%s'%s}", a, b, more);

    } else if (strncmp(kind, "Ed", 2) == 0 || kind[0] == 'X') {
        snprintf(jwk, MINT_TEXT,
                 "{'kty':'OKP','crv':'%s','x':'%s'%s}", kind, a, more);

    } else {
        snprintf(jwk, MINT_TEXT,
                 "{'kty':'EC','crv':'%s','x':'%s','y':'%s'%s}",
                 kind, a, b, more);
    }

    mint_quotes(jwk);
}


/*
 * The JWK of the kept key of a kind; `jwk` has room for MINT_TEXT bytes, as
 * all texts here.
 */

mint_unused
static void
mint_jwk(char *jwk, const char *kind, const char *more)
{
    char           k[128];
    size_t         nfirst, nsecond;
    unsigned char  first[1024], second[1024];

    if (strcmp(kind, "oct") == 0) {
        mint_b64u(k, mint_secret, sizeof(mint_secret));
        snprintf(jwk, MINT_TEXT, "{'kty':'oct','k':'%s'%s}", k, more);
        mint_quotes(jwk);
        return;
    }

    mint_public(mint_kept_key(kind), first, &nfirst, second, &nsecond);
    mint_jwk_of(jwk, kind, first, nfirst, second, nsecond, more);
}


/* A certificate for a key, signed by another, long expired. */

mint_unused
static X509 *
mint_certificate(EVP_PKEY *subject, EVP_PKEY *issuer)
{
    int        id;
    X509      *x509;
    X509_NAME *name;

    x509 = X509_new();
    name = X509_get_subject_name(x509);
    id = EVP_PKEY_base_id(issuer);

    if (X509_set_version(x509, 2) != 1
        || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                      (const unsigned char *) "a test", -1, -1,
                                      0)
           != 1
        || X509_set_issuer_name(x509, name) != 1
        || X509_gmtime_adj(X509_getm_notBefore(x509), -200000) == NULL
        || X509_gmtime_adj(X509_getm_notAfter(x509), -100000) == NULL
        || X509_set_pubkey(x509, subject) != 1
        || X509_sign(x509, issuer,
                     id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448
                     ? NULL : EVP_sha256())
           == 0)
    {
        mint_die("no certificate");
    }

    return x509;
}


/* A signature as JWS carries it; `salt`: of PSS, -1 as long as the hash. */

mint_unused
static size_t
mint_sign(unsigned char *sig, const char *alg, EVP_PKEY *pkey,
    const void *input, size_t len, int salt)
{
    size_t                size, half;
    unsigned              n;
    ECDSA_SIG            *rs;
    EVP_MD_CTX           *ctx;
    EVP_PKEY_CTX         *pctx;
    const EVP_MD         *md;
    const unsigned char  *p;

    n = (unsigned) strlen(alg);

    md = strncmp(alg, "Ed", 2) == 0 ? NULL
         : strcmp(alg + n - 3, "256") == 0 ? EVP_sha256()
         : strcmp(alg + n - 3, "384") == 0 ? EVP_sha384()
         : EVP_sha512();

    if (alg[0] == 'H') {
        HMAC(md, mint_secret, sizeof(mint_secret), input, len, sig, &n);
        return n;
    }

    size = MINT_SIGNATURE;
    ctx = EVP_MD_CTX_new();

    if (EVP_DigestSignInit(ctx, &pctx, md, NULL, pkey) != 1
        || (alg[0] == 'P'
            && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1
                || EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) != 1))
        || EVP_DigestSign(ctx, sig, &size, input, len) != 1)
    {
        mint_die("no signature");
    }

    EVP_MD_CTX_free(ctx);

    if (EVP_PKEY_base_id(pkey) == EVP_PKEY_EC) {
        p = sig;
        rs = d2i_ECDSA_SIG(NULL, &p, (long) size);
        half = (size_t) (EVP_PKEY_bits(pkey) + 7) / 8;

        BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, (int) half);
        BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + half, (int) half);

        ECDSA_SIG_free(rs);

        size = 2 * half;
    }

    return size;
}


/* A token: header and payload as they are given, signed with the kept key. */

mint_unused
static auth_tenant_str_t
mint_token(char *token, const char *alg, const char *kind, const char *header,
    const void *payload, size_t len)
{
    size_t             n, siglen;
    unsigned char      sig[MINT_SIGNATURE];
    auth_tenant_str_t  s;

    n = mint_b64u(token, header, strlen(header));
    token[n++] = '.';
    n += mint_b64u(token + n, payload, len);

    siglen = mint_sign(sig, alg, mint_kept_key(kind), token, n, -1);

    token[n++] = '.';
    n += mint_b64u(token + n, sig, siglen);

    s.len = n;
    s.data = (const unsigned char *) token;

    return s;
}


#endif /* _MINT_H_INCLUDED_ */

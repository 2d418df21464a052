
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Signatures that a lax verifier would take.
 */


#include "verify.h"


/* Signs a padded block as it is: what a holder of the key could do. */

static size_t
rsa_raw(unsigned char *sig, const unsigned char *block)
{
    size_t         len;
    EVP_PKEY_CTX  *ctx;

    len = MINT_SIGNATURE;
    ctx = EVP_PKEY_CTX_new(mint_kept_key("RSA2048"), NULL);

    if (EVP_PKEY_sign_init(ctx) != 1
        || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1
        || EVP_PKEY_sign(ctx, sig, &len, block, 256) != 1)
    {
        mint_die("no raw signature");
    }

    EVP_PKEY_CTX_free(ctx);

    return len;
}


static void
test_rsa_padding(void)
{
    size_t         len, i, at;
    unsigned char  hash[32];
    unsigned char  sig[MINT_SIGNATURE], block[256], info[64];

    static const unsigned char  sha256[] = {
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
        0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20
    };

    use("RSA2048");

    EVP_Digest(input.data, input.len, hash, NULL, EVP_sha256(), NULL);

    memcpy(info, sha256, sizeof(sha256));
    memcpy(info + sizeof(sha256), hash, 32);

    at = 256 - sizeof(sha256) - 32;

    memset(block, 0xff, sizeof(block));
    block[0] = 0;
    block[1] = 1;
    block[at - 1] = 0;
    memcpy(block + at, info, sizeof(sha256) + 32);

    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_OK,
       "A4.6: RFC 8017 section 9.2, by hand");

    block[1] = 2;
    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: block type 2");
    block[1] = 0;
    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: block type 0");
    block[1] = 1;

    block[10] = 0xfe;
    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: padding that isn't all ones");
    block[10] = 0xff;

    block[at - 1] = 1;
    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: no zero after the padding");
    block[at - 1] = 0;

    block[at + 16] = 1;
    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: the DER of the hash's name altered");

    /* short padding, then whatever fits (Bleichenbacher 2006) */

    memset(block, 0xaa, sizeof(block));
    block[0] = 0;
    block[1] = 1;
    memset(block + 2, 0xff, 8);
    block[10] = 0;
    memcpy(block + 11, info, sizeof(sha256) + 32);
    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: garbage behind the hash");

    /* the hash's parameters left out */

    memset(block, 0xff, sizeof(block));
    block[0] = 0;
    block[1] = 1;
    at += 2;
    block[at - 1] = 0;
    memcpy(block + at, sha256, 15);
    block[at + 1] -= 2;
    block[at + 3] -= 2;
    memcpy(block + at + 15, sha256 + 17, 2);
    memcpy(block + at + 17, hash, 32);
    len = rsa_raw(sig, block);
    ok(verify("RS256", sig, len) != AUTH_TENANT_OK,
       "A4.6: the hash's name without its NULL");

    /* no name of the hash at all, as with RSA_NO_MD5 of old */

    memset(block, 0xff, sizeof(block));
    block[0] = 0;
    block[1] = 1;
    block[256 - 33] = 0;
    memcpy(block + 256 - 32, hash, 32);
    len = rsa_raw(sig, block);
    is(verify("RS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: the bare hash");

    for (i = 0; i < sizeof(block); i++) {
        block[i] = 0;
    }

    block[255] = 1;
    is(verify("RS256", block, 256), AUTH_TENANT_BAD_SIGNATURE,
       "A4.6: the signature 1");

    auth_tenant_key_free(key);
}


static size_t
pss(unsigned char *sig, const EVP_MD *md, const EVP_MD *mgf1, int salt)
{
    size_t         len;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    len = MINT_SIGNATURE;
    ctx = EVP_MD_CTX_new();

    if (EVP_DigestSignInit(ctx, &pctx, md, NULL, mint_kept_key("RSA2048")) != 1
        || EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1
        || EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) != 1
        || EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, mgf1) != 1
        || EVP_DigestSign(ctx, sig, &len, input.data, input.len) != 1)
    {
        mint_die("no PSS signature");
    }

    EVP_MD_CTX_free(ctx);

    return len;
}


static void
test_pss(void)
{
    size_t         i, len;
    unsigned char  sig[MINT_SIGNATURE];

    static const int  salts[] = { 0, 20, 31, 33, 48, 222 };

    use("RSA2048");

    len = pss(sig, EVP_sha256(), EVP_sha256(), 32);
    is(verify("PS256", sig, len), AUTH_TENANT_OK, "A4.5: salt of 32 bytes");

    for (i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
        len = pss(sig, EVP_sha256(), EVP_sha256(), salts[i]);
        is(verify("PS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
           "A4.5: salt of %d bytes", salts[i]);
    }

    /* OpenSSL itself would take a number whose zeros are left out */

    do {
        len = pss(sig, EVP_sha256(), EVP_sha256(), 32);
    } while (sig[0] != 0);

    is(verify("PS256", sig, len), AUTH_TENANT_OK, "PS256: a leading zero");
    is(verify("PS256", sig + 1, len - 1), AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: PS256: the leading zero left out");

    len = pss(sig, EVP_sha256(), EVP_sha1(), 32);
    is(verify("PS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.5: MGF1 with SHA-1");
    len = pss(sig, EVP_sha256(), EVP_sha512(), 32);
    is(verify("PS256", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.5: MGF1 with SHA-512");
    len = pss(sig, EVP_sha512(), EVP_sha512(), 64);
    is(verify("PS512", sig, len), AUTH_TENANT_OK, "A4.5: PS512");
    len = pss(sig, EVP_sha512(), EVP_sha512(), 32);
    is(verify("PS512", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "A4.5: PS512 with a salt of 32 bytes");

    auth_tenant_key_free(key);
}


/* The DER that OpenSSL itself makes of r and s. */

static int
same_der(auth_tenant_crv_e crv, const unsigned char *raw, size_t size)
{
    int                 rc, len;
    ECDSA_SIG          *sig;
    unsigned char      *der;
    unsigned char       ours[AUTH_TENANT_MAX_ECDSA];
    auth_tenant_str_t   s;

    sig = ECDSA_SIG_new();
    ECDSA_SIG_set0(sig, BN_bin2bn(raw, (int) size, NULL),
                   BN_bin2bn(raw + size, (int) size, NULL));

    der = NULL;
    len = i2d_ECDSA_SIG(sig, &der);

    s.len = 2 * size;
    s.data = raw;

    rc = auth_tenant_ecdsa_der(ours, crv, &s) == (size_t) len
         && memcmp(ours, der, (size_t) len) == 0;

    OPENSSL_free(der);
    ECDSA_SIG_free(sig);

    return rc;
}


static void
test_ecdsa(const char *alg, const char *kind, auth_tenant_crv_e crv)
{
    size_t              size, i, k, wrong, len;
    ECDSA_SIG          *rs;
    unsigned char       raw[132], der[AUTH_TENANT_MAX_ECDSA];
    unsigned char       sig[MINT_SIGNATURE], *p;
    auth_tenant_str_t   s, order;

    size = auth_tenant_curve(crv)->size;
    order = auth_tenant_curve(crv)->order;

    s.len = 2 * size;
    s.data = raw;
    wrong = 0;

    /* every number of leading zeros, with and without the top bit */

    for (i = 0; i < size; i++) {
        for (k = 0; k < 4; k++) {
            memset(raw, 0, sizeof(raw));
            memset(raw + i, (k & 1) ? 0x80 : 0x01, size - i);
            memset(raw + size + size - 1 - i, (k & 2) ? 0xf0 : 0x7f, i + 1);

            if (crv == AUTH_TENANT_CRV_P521) {
                raw[0] = 0;
                raw[size] = 0;
            }

            if (memcmp(raw + size, order.data, size) < 0) {
                wrong += !same_der(crv, raw, size);
            }
        }
    }

    is(wrong, 0, "A4.3: %s: DER as OpenSSL makes it", kind);

    memset(raw, 0, sizeof(raw));
    raw[size - 1] = raw[2 * size - 1] = 1;
    is(auth_tenant_ecdsa_der(der, crv, &s), 8, "A4.3: %s: r = s = 1", kind);

    raw[size - 1] = 0;
    is(auth_tenant_ecdsa_der(der, crv, &s), 0, "A4.3: %s: r = 0", kind);
    raw[size - 1] = 1;
    raw[2 * size - 1] = 0;
    is(auth_tenant_ecdsa_der(der, crv, &s), 0, "A4.3: %s: s = 0", kind);
    raw[2 * size - 1] = 1;

    memcpy(raw, order.data, size);
    is(auth_tenant_ecdsa_der(der, crv, &s), 0, "A4.3: %s: r = n", kind);
    raw[size - 1]--;
    ok(auth_tenant_ecdsa_der(der, crv, &s) != 0, "A4.3: %s: r = n - 1", kind);
    raw[size - 1] += 2;
    is(auth_tenant_ecdsa_der(der, crv, &s), 0, "A4.3: %s: r = n + 1", kind);

    memset(raw, 0, sizeof(raw));
    raw[size - 1] = 1;
    memcpy(raw + size, order.data, size);
    is(auth_tenant_ecdsa_der(der, crv, &s), 0, "A4.3: %s: s = n", kind);
    memset(raw, 0xff, sizeof(raw));
    is(auth_tenant_ecdsa_der(der, crv, &s), 0,
       "A4.3: %s: nothing but ones", kind);

    memset(raw, 1, sizeof(raw));
    s.len = 2 * size - 1;
    is(auth_tenant_ecdsa_der(der, crv, &s), 0, "A4.3: %s: too short", kind);
    s.len = 2 * size + 1;
    is(auth_tenant_ecdsa_der(der, crv, &s), 0, "A4.3: %s: too long", kind);

    /* the same signature in DER, as X.509 has it */

    use(kind);
    len = mint_sign(sig, alg, mint_kept_key(kind), input.data, input.len, -1);
    is(verify(alg, sig, len), AUTH_TENANT_OK, "A4.3: %s: raw", alg);

    rs = ECDSA_SIG_new();
    ECDSA_SIG_set0(rs, BN_bin2bn(sig, (int) size, NULL),
                   BN_bin2bn(sig + size, (int) size, NULL));
    p = sig;
    len = (size_t) i2d_ECDSA_SIG(rs, &p);
    ECDSA_SIG_free(rs);

    is(verify(alg, sig, len), AUTH_TENANT_BAD_SIGNATURE, "A4.3: %s: DER", alg);

    auth_tenant_key_free(key);
}


/* HAProxy 648b0e7be: an ES256 signature of 21830 characters, unverified. */

static void
test_long_signature(void)
{
    unsigned char  *sig;

    sig = calloc(1, 65536);

    use("P-256");
    is(verify("ES256", sig, 16372), AUTH_TENANT_BAD_SIGNATURE,
       "F9, A2.4: a signature of 16372 bytes");
    is(verify("ES256", sig, 65536), AUTH_TENANT_BAD_SIGNATURE,
       "F9, A2.4: a signature of 65536 bytes");
    auth_tenant_key_free(key);

    use("RSA2048");
    is(verify("RS256", sig, 65536), AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: RS256 of 65536 bytes");
    auth_tenant_key_free(key);

    use("oct");
    is(verify("HS256", sig, 65536), AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: HS256 of 65536 bytes");
    auth_tenant_key_free(key);

    free(sig);
}


/* RFC 8032: s is below the order; s + L would verify just as well. */

static void
test_eddsa_malleable(void)
{
    unsigned       i, sum;
    unsigned char  sig[MINT_SIGNATURE];

    static const unsigned char  order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
        0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0x10
    };

    use("Ed25519");
    mint_sign(sig, "EdDSA", mint_kept_key("Ed25519"), input.data, input.len,
              -1);
    is(verify("EdDSA", sig, 64), AUTH_TENANT_OK, "Ed25519: s");

    sum = 0;

    for (i = 0; i < 32; i++) {
        sum += sig[32 + i] + order[i];
        sig[32 + i] = (unsigned char) sum;
        sum >>= 8;
    }

    is(verify("EdDSA", sig, 64), AUTH_TENANT_BAD_SIGNATURE, "Ed25519: s + L");

    auth_tenant_key_free(key);
}


int
main(void)
{
    test_rsa_padding();
    test_pss();
    test_ecdsa("ES256", "P-256", AUTH_TENANT_CRV_P256);
    test_ecdsa("ES384", "P-384", AUTH_TENANT_CRV_P384);
    test_ecdsa("ES512", "P-521", AUTH_TENANT_CRV_P521);
    test_long_signature();
    test_eddsa_malleable();

    return done();
}

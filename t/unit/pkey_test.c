
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Verification: every algorithm, good and bad in turns, and forgeries.
 */


#include "keys.h"
#include "auth_tenant_key.h"


static auth_tenant_key_t  *key;
static auth_tenant_str_t   input = auth_tenant_string("header.payload");


static auth_tenant_verdict_e
verify(const char *alg, const unsigned char *sig, size_t len)
{
    unsigned char          *copy;
    auth_tenant_str_t       name, signature;
    auth_tenant_verdict_e   rc;

    name = str(alg);

    copy = malloc(len ? len : 1);
    memcpy(copy, sig, len);

    signature.len = len;
    signature.data = copy;

    rc = auth_tenant_key_verify(key, auth_tenant_alg_by_name(&name), &input,
                                &signature);

    if (ERR_peek_error() != 0) {
        printf("# the error queue is not empty\n");
        ERR_clear_error();
        rc = AUTH_TENANT_NVERDICTS;
    }

    free(copy);

    return rc;
}


static void
use(const char *kind)
{
    mint_jwk(jwk, kind, "");
    key = key_of(jwk, ALL);
}


/* A context that refused a signature must be as good as new. */

static void
test_algorithm(const char *alg, const char *kind)
{
    size_t              len, i, wrong;
    unsigned            other;
    unsigned char       good[MINT_SIGNATURE], bad[MINT_SIGNATURE + 1];
    auth_tenant_str_t   name, saved, longer;

    use(kind);

    len = mint_sign(good, alg, mint_kept_key(kind), input.data, input.len, -1);

    memcpy(bad, good, len);
    bad[len] = 0;
    bad[len / 2] ^= 1;

    is(verify(alg, bad, len), AUTH_TENANT_BAD_SIGNATURE,
       "%s, %s: a bad signature", alg, kind);
    is(verify(alg, good, len), AUTH_TENANT_OK,
       "%s, %s: a good one after it", alg, kind);
    is(verify(alg, bad, len), AUTH_TENANT_BAD_SIGNATURE,
       "%s, %s: a bad one after that", alg, kind);
    is(verify(alg, good, len), AUTH_TENANT_OK,
       "%s, %s: and a good one again", alg, kind);

    saved = input;
    longer = str("header.payloae");
    input = longer;
    is(verify(alg, good, len), AUTH_TENANT_BAD_SIGNATURE,
       "%s, %s: another text", alg, kind);
    input = str("");
    is(verify(alg, good, len), AUTH_TENANT_BAD_SIGNATURE,
       "%s, %s: no text", alg, kind);
    input = saved;

    memcpy(bad, good, len);
    is(verify(alg, bad, 0), AUTH_TENANT_BAD_SIGNATURE,
       "A2.2: %s, %s: no signature", alg, kind);
    is(verify(alg, bad, len - 1), AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: %s, %s: a byte too short", alg, kind);
    is(verify(alg, bad, len + 1), AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: %s, %s: a byte too long", alg, kind);

    memset(bad, 0, sizeof(bad));
    is(verify(alg, bad, len), AUTH_TENANT_BAD_SIGNATURE,
       "%s, %s: nothing but zeros", alg, kind);
    memset(bad, 0xff, sizeof(bad));
    is(verify(alg, bad, len), AUTH_TENANT_BAD_SIGNATURE,
       "%s, %s: nothing but ones", alg, kind);

    wrong = 0;

    for (i = 0; i < len * 8; i += 1 + len / 16) {
        memcpy(bad, good, len);
        bad[i / 8] ^= (unsigned char) (1 << i % 8);
        wrong += verify(alg, bad, len) != AUTH_TENANT_BAD_SIGNATURE;
    }

    is(wrong, 0, "%s, %s: no single bit can change", alg, kind);

    /* with the names that the key doesn't fit */

    wrong = 0;

    for (other = 0; other < AUTH_TENANT_NALGS + 1; other++) {
        name = str(auth_tenant_alg_name(other));

        if ((auth_tenant_key_algs(key) & auth_tenant_alg_bit(other)) == 0) {
            wrong += verify((const char *) name.data, good, len)
                     != AUTH_TENANT_BAD_ALGORITHM;

        } else if (strncmp(alg, "E", 1) != 0
                   && strcmp((const char *) name.data, alg) != 0)
        {
            wrong += verify((const char *) name.data, good, len)
                     != AUTH_TENANT_BAD_SIGNATURE;
        }
    }

    is(wrong, 0, "A3.3: %s, %s: the signature is of one algorithm", alg, kind);
    is(verify(alg, good, len), AUTH_TENANT_OK,
       "%s, %s: the key is as good as new", alg, kind);

    auth_tenant_key_free(key);

    /* another key of the kind */

    if (strcmp(kind, "oct") != 0) {
        EVP_PKEY  *pkey;

        use(kind);
        pkey = mint_key(kind);
        len = mint_sign(bad, alg, pkey, input.data, input.len, -1);
        is(verify(alg, bad, len), AUTH_TENANT_BAD_SIGNATURE,
           "%s, %s: signed by another key", alg, kind);
        EVP_PKEY_free(pkey);
        auth_tenant_key_free(key);
    }
}


/* Algorithms of one RSA key in turns: each has a context of its own. */

static void
test_interleaved(void)
{
    unsigned        i, round, wrong;
    size_t          len[6];
    unsigned char   sig[6][MINT_SIGNATURE];

    use("RSA2048");
    wrong = 0;

    for (i = 0; i < 6; i++) {
        len[i] = mint_sign(sig[i], mint_algs[i].alg, mint_kept_key("RSA2048"),
                           input.data, input.len, -1);
    }

    for (round = 0; round < 36; round++) {
        wrong += verify(mint_algs[round % 6].alg, sig[round / 6],
                        len[round / 6])
                 != (round % 6 == round / 6 ? AUTH_TENANT_OK
                                            : AUTH_TENANT_BAD_SIGNATURE);
    }

    is(wrong, 0, "A3.3: six algorithms with one RSA key");

    auth_tenant_key_free(key);
}


static void
test_rsa_sizes(void)
{
    size_t         len;
    unsigned char  sig[MINT_SIGNATURE];

    use("RSA3072");
    len = mint_sign(sig, "RS256", mint_kept_key("RSA3072"), input.data,
                    input.len, -1);
    is(verify("RS256", sig, len), AUTH_TENANT_OK, "A4.1: RSA-3072");
    auth_tenant_key_free(key);

    use("RSA4096");
    len = mint_sign(sig, "PS512", mint_kept_key("RSA4096"), input.data,
                    input.len, -1);
    is(verify("PS512", sig, len), AUTH_TENANT_OK, "A4.1: RSA-4096");
    auth_tenant_key_free(key);
}


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


/* RFC 8037 appendix A.4. */

static void
test_rfc8037(void)
{
    size_t              len;
    unsigned char       sig[64];
    auth_tenant_str_t   saved;

    static const char  text[] =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhV"
        "sPt9g7sVvpAr_MuM0KAg";

    strcpy(jwk, "{'kty':'OKP','crv':'Ed25519',"
                "'x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}");
    mint_quotes(jwk);
    key = key_of(jwk, ALL);

    saved = input;
    input = str("eyJhbGciOiJFZERTQSJ9."
                "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");

    len = mint_unb64u(sig, text, strlen(text));

    is(verify("EdDSA", sig, len), AUTH_TENANT_OK, "RFC 8037 A.4: Ed25519");
    is(verify("Ed25519", sig, len), AUTH_TENANT_OK,
       "RFC 9864: the same under its full name");
    sig[0] ^= 1;
    is(verify("EdDSA", sig, len), AUTH_TENANT_BAD_SIGNATURE,
       "RFC 8037 A.4: a bit changed");

    input = saved;
    auth_tenant_key_free(key);
}


static void
test_secret(void)
{
    unsigned char          sig[64];
    unsigned char          bytes[AUTH_TENANT_MAX_SECRET + 1];
    auth_tenant_str_t      s, mac;
    auth_tenant_secret_t  *secret;

    memset(bytes, 's', sizeof(bytes));

    s.data = bytes;
    s.len = sizeof(bytes);
    ok(auth_tenant_secret_new(&s) == NULL, "A2.4: a secret that is too long");

    s.len = 31;
    secret = auth_tenant_secret_new(&s);
    HMAC(EVP_sha256(), bytes, 31, input.data, input.len, sig, NULL);
    mac.data = sig;
    mac.len = 32;

    is(auth_tenant_secret_verify(secret, AUTH_TENANT_HS256, &input, &mac),
       AUTH_TENANT_BAD_ALGORITHM,
       "A3.4: a secret of 31 bytes verifies nothing, whoever made it");
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_RS256, &input, &mac),
       AUTH_TENANT_BAD_ALGORITHM, "A3.3: a secret verifies no RS256");
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_ALG_UNKNOWN, &input,
                                 &mac),
       AUTH_TENANT_BAD_ALGORITHM, "A3.11: nor what isn't known");
    auth_tenant_secret_free(secret);

    s.len = 32;
    secret = auth_tenant_secret_new(&s);
    HMAC(EVP_sha256(), bytes, 32, input.data, input.len, sig, NULL);
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_HS256, &input, &mac),
       AUTH_TENANT_OK, "A3.4: a secret of 32 bytes");
    auth_tenant_secret_free(secret);

    auth_tenant_secret_free(NULL);
    auth_tenant_pkey_free(NULL);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < MINT_NALGS; i++) {
        test_algorithm(mint_algs[i].alg, mint_algs[i].kind);
    }

    test_interleaved();
    test_rsa_sizes();
    test_rsa_padding();
    test_pss();
    test_ecdsa("ES256", "P-256", AUTH_TENANT_CRV_P256);
    test_ecdsa("ES384", "P-384", AUTH_TENANT_CRV_P384);
    test_ecdsa("ES512", "P-521", AUTH_TENANT_CRV_P521);
    test_long_signature();
    test_eddsa_malleable();
    test_rfc8037();
    test_secret();

    return done();
}

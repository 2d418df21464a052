
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Verification: every algorithm, good and bad in turns.
 */


#include "verify.h"


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
    auth_tenant_secret_free(secret);

    s.len = 32;
    secret = auth_tenant_secret_new(&s);
    HMAC(EVP_sha256(), bytes, 32, input.data, input.len, sig, NULL);
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_HS256, &input, &mac),
       AUTH_TENANT_OK, "A3.4: a secret of 32 bytes");

    mac.len = 31;
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_HS256, &input, &mac),
       AUTH_TENANT_BAD_SIGNATURE, "A2.4: the MAC, a byte of it not counted");
    mac.len = 0;
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_HS256, &input, &mac),
       AUTH_TENANT_BAD_SIGNATURE, "A2.4: no MAC at all");
    mac.len = 32;

    is(auth_tenant_secret_verify(secret, AUTH_TENANT_RS256, &input, &mac),
       AUTH_TENANT_BAD_ALGORITHM, "A3.3: a secret verifies no RS256");
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_ES256, &input, &mac),
       AUTH_TENANT_BAD_ALGORITHM, "A3.3: a secret verifies no ES256");
    is(auth_tenant_secret_verify(secret, AUTH_TENANT_ALG_UNKNOWN, &input,
                                 &mac),
       AUTH_TENANT_BAD_ALGORITHM, "A3.11: nor what isn't known");
    auth_tenant_secret_free(secret);

    auth_tenant_secret_free(NULL);
    auth_tenant_pkey_free(NULL);
}


/* What a key was not made ready for, it does not verify. */

static void
test_unprepared(void)
{
    size_t                 len, nsecond;
    const char            *error;
    unsigned char          x[64], second[8], sig[MINT_SIGNATURE];
    auth_tenant_str_t      signature;
    auth_tenant_pkey_t    *pkey;
    auth_tenant_public_t   public;

    memset(&public, 0, sizeof(public));
    mint_public(mint_kept_key("Ed25519"), x, &len, second, &nsecond);

    public.kty = AUTH_TENANT_KTY_OKP;
    public.crv = AUTH_TENANT_CRV_ED25519;
    public.first.len = len;
    public.first.data = x;

    pkey = auth_tenant_pkey_new(&public, bit(EDDSA), &error);

    signature.data = sig;
    signature.len = mint_sign(sig, "EdDSA", mint_kept_key("Ed25519"),
                              input.data, input.len, -1);

    is(auth_tenant_pkey_verify(pkey, AUTH_TENANT_EDDSA, &input, &signature),
       AUTH_TENANT_OK, "A3.3: EdDSA, for which the key was made");
    is(auth_tenant_pkey_verify(pkey, AUTH_TENANT_ED25519, &input, &signature),
       AUTH_TENANT_BAD_ALGORITHM, "A3.3: Ed25519, for which it was not");
    is(auth_tenant_pkey_verify(pkey, AUTH_TENANT_RS256, &input, &signature),
       AUTH_TENANT_BAD_ALGORITHM, "A3.3: an algorithm of other keys");

    auth_tenant_pkey_free(pkey);
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
    test_rfc8037();
    test_secret();
    test_unprepared();

    return done();
}

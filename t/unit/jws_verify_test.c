
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Tokens: the key, and the signature.
 */


#include "tokens.h"


static auth_tenant_keys_t *
keys_of(const char *kind, const char *more)
{
    char                        document[MINT_TEXT + 32];
    auth_tenant_str_t           s;
    auth_tenant_keys_report_t   report;

    mint_jwk(jwk, kind, more);
    snprintf(document, sizeof(document), "{\"keys\":[%s]}", jwk);
    s = str(document);

    return auth_tenant_keys_parse(&s, ALL, &report);
}


static auth_tenant_verdict_e
verify(const char *text, const auth_tenant_keys_t *keys)
{
    auth_tenant_verdict_e  rc;

    rc = parse(text);

    return (rc == AUTH_TENANT_OK) ? auth_tenant_jws_verify(&jws, keys) : rc;
}


static void
test_verify(const char *alg, const char *kind)
{
    char                 json[128], *dot;
    size_t               i, wrong;
    auth_tenant_keys_t  *keys;

    keys = keys_of(kind, ",'kid':'a'");

    snprintf(json, sizeof(json), "{\"alg\":\"%s\",\"kid\":\"a\"}", alg);
    mint_token(token, alg, kind, json, "{\"sub\":\"maksym\"}", 16);

    is(verify(token, keys), AUTH_TENANT_OK, "%s, %s: a token", alg, kind);

    wrong = 0;
    dot = strchr(token, '.');

    for (i = 1; i < 12; i++) {
        dot[i] ^= 1;
        wrong += (verify(token, keys) == AUTH_TENANT_OK);
        dot[i] ^= 1;
    }

    is(wrong, 0, "%s, %s: its payload altered", alg, kind);

    snprintf(json, sizeof(json), "{\"alg\":\"%s\",\"kid\":\"b\"}", alg);
    mint_token(token, alg, kind, json, "{}", 2);
    is(verify(token, keys), AUTH_TENANT_UNKNOWN_KEY,
       "A3.8: %s, %s: under another kid", alg, kind);

    snprintf(json, sizeof(json), "{\"alg\":\"%s\",\"kid\":\"\"}", alg);
    mint_token(token, alg, kind, json, "{}", 2);
    is(verify(token, keys), AUTH_TENANT_UNKNOWN_KEY,
       "A3.8: %s, %s: an empty kid is not an absent one", alg, kind);

    snprintf(json, sizeof(json), "{\"alg\":\"%s\"}", alg);
    mint_token(token, alg, kind, json, "{}", 2);
    is(verify(token, keys), AUTH_TENANT_OK,
       "A4.10: %s, %s: without a kid", alg, kind);

    strcat(token, "A");
    ok(verify(token, keys) == AUTH_TENANT_MALFORMED
       || verify(token, keys) == AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: %s, %s: the signature longer", alg, kind);

    auth_tenant_keys_free(keys);
}


/* RFC 8725 section 2.1: the public key's bytes, all of them public. */

static void
test_confusion(void)
{
    int                  len;
    char                 text[4096];
    size_t               n;
    unsigned             mac_len;
    unsigned char        mac[64], *der;
    auth_tenant_keys_t  *keys;

    keys = keys_of("RSA2048", "");

    der = NULL;
    len = i2d_PUBKEY(mint_kept_key("RSA2048"), &der);

    strcpy(text, "eyJhbGciOiJIUzI1NiJ9.e30");
    HMAC(EVP_sha256(), der, len, (unsigned char *) text, strlen(text), mac,
         &mac_len);
    OPENSSL_free(der);

    n = strlen(text);
    text[n++] = '.';
    mint_b64u(text + n, mac, 32);

    is(verify(text, keys), AUTH_TENANT_UNKNOWN_KEY,
       "A3.4: HS256 with an RSA key as the secret");

    auth_tenant_keys_free(keys);
}


static void
test_signature_encoding(void)
{
    size_t               n;
    auth_tenant_keys_t  *keys;

    keys = keys_of("P-256", "");

    mint_token(token, "ES256", "P-256", "{\"alg\":\"ES256\"}", "{}", 2);
    is(verify(token, keys), AUTH_TENANT_OK, "a signature of 64 bytes");

    /* 86 characters: the last one has four unused bits */

    n = strlen(token);
    token[n - 1] = (char) (token[n - 1] == 'A' ? 'B' : token[n - 1] + 1);
    is(verify(token, keys), AUTH_TENANT_MALFORMED,
       "A2.3: unused bits of the signature");

    strcpy(token, "eyJhbGciOiJFUzI1NiJ9.e30.AAAAA");
    is(verify(token, keys), AUTH_TENANT_MALFORMED,
       "A2.3: a signature of an impossible length");

    strcpy(token, "eyJhbGciOiJSUzI1NiJ9.e30.AAAAA");
    is(verify(token, keys), AUTH_TENANT_MALFORMED,
       "a malformed signature is no reason to look for keys");

    strcpy(token, "eyJhbGciOiJSUzI1NiJ9.e30.AAAA");
    is(verify(token, keys), AUTH_TENANT_UNKNOWN_KEY, "no key for RS256");

    strcpy(token, "eyJhbGciOiJFUzI1NiJ9.e30.");
    n = strlen(token);
    memset(token + n, 'A', 21830);
    token[n + 21830] = '\0';
    is(verify(token, keys), AUTH_TENANT_BAD_SIGNATURE,
       "F9: HAProxy's signature of 21830 characters");

    token[n + 684] = '\0';
    is(verify(token, keys), AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: longer than any key's");
    token[n + 683] = '\0';
    is(verify(token, keys), AUTH_TENANT_BAD_SIGNATURE,
       "A2.4: as long as the longest key's");

    auth_tenant_keys_free(keys);

    keys = keys_of("RSA4096", "");
    mint_token(token, "RS512", "RSA4096", "{\"alg\":\"RS512\"}", "{}", 2);
    is(verify(token, keys), AUTH_TENANT_OK, "A2.4: RSA-4096");
    auth_tenant_keys_free(keys);
}


/* RFC 7515, appendix A: published for this. */

#define RFC_CLAIMS                                                            \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"    \
    "LmNvbS9pc19yb290Ijp0cnVlfQ"

static void
test_rfc7515(void)
{
    size_t                      i;
    char                        document[2048];
    auth_tenant_str_t           s;
    auth_tenant_keys_t         *keys;
    auth_tenant_keys_report_t   report;

    static const struct {
        const char   *name;
        const char   *jwk;
        const char   *token;
    } vectors[] = {
        { "A.1: HS256",
          "'kty':'oct','k':'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0"
          "gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'",
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." RFC_CLAIMS
          ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },

        { "A.2: RS256",
          "'kty':'RSA','e':'AQAB','n':'"
          "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
          "Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG"
          "6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9"
          "e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT"
          "6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDT"
          "W9gb54h4FRWyuXpoQ'",
          "eyJhbGciOiJSUzI1NiJ9." RFC_CLAIMS
          ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
          "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4B"
          "AynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0G"
          "arZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1"
          "phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
          "cN_IoypGlUPQGe77Rw" },

        { "A.3: ES256",
          "'kty':'EC','crv':'P-256',"
          "'x':'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',"
          "'y':'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'",
          "eyJhbGciOiJFUzI1NiJ9." RFC_CLAIMS
          ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
          "pmWQxfKTUJqPP3-Kg6NU1Q" },

        { "A.4: ES512",
          "'kty':'EC','crv':'P-521',"
          "'x':'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ"
          "6OvLFV1jSfS9tsz4qUxcWceqwQGk',"
          "'y':'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79a"
          "jL4Kkd0AZMaZmh9ubmf63e3kyMj2'",
          "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA"
          ".AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq"
          "wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpE"
          "HwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn" }
    };

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        snprintf(document, sizeof(document), "{'keys':[{%s}]}",
                 vectors[i].jwk);
        mint_quotes(document);
        s = str(document);
        keys = auth_tenant_keys_parse(&s, ALL, &report);

        is(keys ? verify(vectors[i].token, keys) : AUTH_TENANT_ERROR,
           AUTH_TENANT_OK, "RFC 7515 %s", vectors[i].name);

        strcpy(token, vectors[i].token);
        *(strchr(token, '.') + 3) ^= 1;
        is(keys ? verify(token, keys) : AUTH_TENANT_ERROR,
           AUTH_TENANT_BAD_SIGNATURE, "RFC 7515 %s, a bit changed",
           vectors[i].name);

        auth_tenant_keys_free(keys);
    }
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < MINT_NALGS; i++) {
        test_verify(mint_algs[i].alg, mint_algs[i].kind);
    }

    test_confusion();
    test_signature_encoding();
    test_rfc7515();
    parse("");

    return done();
}

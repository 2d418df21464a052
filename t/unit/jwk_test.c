
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * JWKs: what a key says of itself, and which algorithms it fits.
 */


#include "keys.h"


#define RSA_ALGS  (bit(RS256) | bit(RS384) | bit(RS512)                       \
                   | bit(PS256) | bit(PS384) | bit(PS512))


static void
test_algorithms(void)
{
    unsigned           alg, back;
    auth_tenant_str_t  name;

    static const char *const  unknown[] = {
        "", "none", "None", "NONE", "noNE", "rs256", "RS256 ", "RS25",
        "RS2566", "HS1", "RSA1_5", "RSA-OAEP", "dir", "ES256K", "unknown",
        "EDDSA", "ed25519"
    };

    back = 0;

    for (alg = 1; alg < AUTH_TENANT_NALGS; alg++) {
        name = str(auth_tenant_alg_name(alg));
        back += (auth_tenant_alg_by_name(&name) == alg);
    }

    is(back, AUTH_TENANT_NALGS - 1, "every algorithm's name is its own");

    ok(strcmp(auth_tenant_alg_name(AUTH_TENANT_RS256), "RS256") == 0
       && strcmp(auth_tenant_alg_name(AUTH_TENANT_HS512), "HS512") == 0
       && strcmp(auth_tenant_alg_name(AUTH_TENANT_ED448), "Ed448") == 0,
       "names");
    ok(strcmp(auth_tenant_alg_name(0), "unknown") == 0
       && strcmp(auth_tenant_alg_name(AUTH_TENANT_NALGS), "unknown") == 0
       && strcmp(auth_tenant_alg_name(9999), "unknown") == 0,
       "numbers outside the table have none");

    for (alg = 0; alg < sizeof(unknown) / sizeof(unknown[0]); alg++) {
        name = str(unknown[alg]);
        is(auth_tenant_alg_by_name(&name), AUTH_TENANT_ALG_UNKNOWN,
           "A3.1, A3.2: \"%s\" is no algorithm", unknown[alg]);
    }

    is(AUTH_TENANT_ALGS_DEFAULT,
       RSA_ALGS | bit(ES256) | bit(ES384) | bit(ES512) | bit(EDDSA),
       "A3.4, A3.10: by default no HMAC and no name of RFC 9864");
}


static void
test_fitting(void)
{
    is(algs_with("RSA2048", ""), RSA_ALGS, "A3.3: RSA");
    is(algs_with("P-256", ""), bit(ES256) | bit(ESP256), "A3.3: P-256");
    is(algs_with("P-384", ""), bit(ES384) | bit(ESP384), "A3.3: P-384");
    is(algs_with("P-521", ""), bit(ES512) | bit(ESP512), "A3.3: P-521");
    is(algs_with("Ed25519", ""), bit(EDDSA) | bit(ED25519), "A3.3: Ed25519");
    is(algs_with("Ed448", ""), bit(EDDSA) | bit(ED448), "A3.3: Ed448");
    is(algs_with("oct", ""), AUTH_TENANT_ALGS_HMAC, "A3.3: oct");

    mint_jwk(jwk, "RSA2048", "");
    is(algs_of(bit(PS384) | bit(ES256)), bit(PS384),
       "A3.1: no algorithm that isn't allowed");
    is(algs_of(bit(ES256) | bit(HS256)), 0,
       "A3.3: a key that fits nothing is refused");
    is(algs_of(0), 0, "A3.1: nothing is allowed");

    mint_jwk(jwk, "P-256", "");
    is(algs_of(AUTH_TENANT_ALGS_DEFAULT), bit(ES256),
       "A3.10: ESP256 only if it is configured");
    mint_jwk(jwk, "Ed25519", "");
    is(algs_of(AUTH_TENANT_ALGS_DEFAULT), bit(EDDSA),
       "A3.10: Ed25519 only if it is configured");
}


static void
test_alg_member(void)
{
    is(algs_with("RSA2048", ",'alg':'RS256'"), bit(RS256),
       "A3.3: a key with alg RS256 fits RS256 only");
    is(algs_with("RSA2048", ",'alg':'PS512'"), bit(PS512),
       "A3.3: a key with alg PS512 fits PS512 only");
    is(algs_with("Ed25519", ",'alg':'EdDSA'"), bit(EDDSA),
       "A3.3: a key with alg EdDSA fits EdDSA only");
    is(algs_with("oct", ",'alg':'HS384'"), bit(HS384),
       "A3.3: a key with alg HS384 fits HS384 only");

    mint_jwk(jwk, "RSA2048", ",'alg':'PS256'");
    is(algs_of(bit(RS256)), 0, "A3.3: PS256 of the key is not allowed");

    ok(refused_with("RSA2048", ",'alg':'ES256'", "no accepted algorithm"),
       "A3.3: RSA with alg ES256");
    ok(refused_with("RSA2048", ",'alg':'HS256'", "no accepted algorithm"),
       "A3.4: RSA with alg HS256");
    ok(refused_with("oct", ",'alg':'RS256'", "secret is shorter"),
       "A3.4: oct with alg RS256");
    ok(refused_with("P-256", ",'alg':'ES384'", "no accepted algorithm"),
       "A4.2: P-256 with alg ES384");
    ok(refused_with("P-384", ",'alg':'ES256'", "no accepted algorithm"),
       "A4.2: P-384 with alg ES256");
    ok(refused_with("Ed448", ",'alg':'Ed25519'", "no accepted algorithm"),
       "A3.3: Ed448 with alg Ed25519");
    ok(refused_with("RSA2048", ",'alg':'RSA-OAEP'", "\"alg\" is not"),
       "A4.12: an algorithm for encryption");
    ok(refused_with("RSA2048", ",'alg':'none'", "\"alg\" is not"),
       "A3.2: alg none in a key");
    ok(refused_with("RSA2048", ",'alg':7", "\"alg\" is not"),
       "A4.12: alg that is no string");
    ok(refused_with("RSA2048", ",'alg':''", "\"alg\" is not"),
       "A4.12: an empty alg");
}


static void
test_usage(void)
{
    ok(algs_with("RSA2048", ",'use':'sig'"), "A4.7: use sig");
    ok(algs_with("RSA2048", ",'key_ops':['verify']"), "A4.7: verify");
    ok(algs_with("RSA2048", ",'key_ops':['verify','sign']"),
       "A4.7: verify and sign");
    ok(algs_with("RSA2048", ",'use':'sig','key_ops':['sign','verify']"),
       "A4.7: use sig with verify and sign");
    ok(algs_with("RSA2048", ",'key_ops':['verify','encrypt']"),
       "A4.7: verify among others, without use");

    ok(refused_with("RSA2048", ",'use':'enc'", "\"use\" is not"),
       "A4.7: use enc");
    ok(refused_with("RSA2048", ",'use':'SIG'", "\"use\" is not"),
       "A4.7: use in another case");
    ok(refused_with("RSA2048", ",'use':['sig']", "\"use\" is not"),
       "A4.7: use that is no string");
    ok(refused_with("RSA2048", ",'use':null", "\"use\" is not"),
       "A4.7: use null");
    ok(refused_with("RSA2048", ",'key_ops':[]", "\"key_ops\" lacks"),
       "A4.7: no operation");
    ok(refused_with("RSA2048", ",'key_ops':['sign']", "\"key_ops\" lacks"),
       "A4.7: sign only");
    ok(refused_with("RSA2048", ",'key_ops':['verify','verify']",
                    "\"key_ops\" has a duplicate"),
       "A4.7: verify twice");
    ok(refused_with("RSA2048", ",'key_ops':['x','verify','x']",
                    "\"key_ops\" has a duplicate"),
       "A4.7: another twice");
    ok(refused_with("RSA2048", ",'key_ops':'verify'",
                    "\"key_ops\" is not an array"),
       "A4.7: a string");
    ok(refused_with("RSA2048", ",'key_ops':['verify',1]",
                    "\"key_ops\" is not an array of strings"),
       "A4.7: an element that is no string");
    ok(refused_with("RSA2048", ",'use':'sig','key_ops':['verify','encrypt']",
                    "\"key_ops\" disagrees"),
       "A4.7: use sig, yet encrypt");
}


static void
test_kid(void)
{
    char                kid[AUTH_TENANT_MAX_KID + 2];
    char                more[512];
    auth_tenant_key_t  *key;

    mint_jwk(jwk, "P-256", ",'kid':'a key \\u00e9'");
    key = key_of(jwk, ALL);
    is_str(auth_tenant_key_id(key), "a key \xc3\xa9", "kid");
    is(auth_tenant_key_any_id(key), 0, "A4.10: a JWK answers to its own ID");
    auth_tenant_key_free(key);

    mint_jwk(jwk, "P-256", ",'kid':''");
    key = key_of(jwk, ALL);
    is_str(auth_tenant_key_id(key), "", "an empty kid is one");
    auth_tenant_key_free(key);

    mint_jwk(jwk, "P-256", "");
    key = key_of(jwk, ALL);
    is_str(auth_tenant_key_id(key), NULL, "no kid");
    is(auth_tenant_key_any_id(key), 0,
       "A4.10: a JWK without an ID answers to none");
    auth_tenant_key_free(key);

    memset(kid, 'k', sizeof(kid));
    kid[AUTH_TENANT_MAX_KID] = '\0';
    snprintf(more, sizeof(more), ",'kid':'%s'", kid);
    ok(algs_with("P-256", more), "A2.4: a kid of 256 bytes");

    kid[AUTH_TENANT_MAX_KID] = 'k';
    kid[AUTH_TENANT_MAX_KID + 1] = '\0';
    snprintf(more, sizeof(more), ",'kid':'%s'", kid);
    ok(refused_with("P-256", more, "\"kid\" is not"),
       "A2.4: a kid of 257 bytes");
    ok(refused_with("P-256", ",'kid':1", "\"kid\" is not"),
       "A4.12: a kid that is no string");
}


static void
test_kty(void)
{
    size_t  i;

    static const char *const  bad[] = {
        "{}", "{'kty':'rsa'}", "{'kty':'XYZ','n':'AQAB'}", "{'kty':1}",
        "{'kty':null}", "{'kty':'RSA '}", "{'kty':'AKP','pub':'AQAB'}"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        strcpy(jwk, bad[i]);
        mint_quotes(jwk);
        ok(refused("\"kty\" is none of"), "A4.12: %s", bad[i]);
    }

    strcpy(jwk, "[]");
    ok(refused("key is not a JSON object"), "A4.12: an array");
    strcpy(jwk, "\"RSA\"");
    ok(refused("key is not a JSON object"), "A4.12: a string");

    ok(algs_with("RSA2048", ",'x5t':7,'kid_':null,'future':{'a':[1]}"),
       "RFC 7517 section 4: other members are ignored");
}


static void
test_private(void)
{
    size_t  i;
    char    more[32];

    static const char *const  members[] = {
        "d", "p", "q", "dp", "dq", "qi", "oth", "priv", "k"
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        snprintf(more, sizeof(more), ",'%s':'AQAB'", members[i]);
        ok(refused_with("RSA2048", more, "key has private"),
           "A4.8: RSA with %s", members[i]);
    }

    ok(refused_with("P-256", ",'d':'AQAB'", "key has private"),
       "A4.8: EC with d");
    ok(refused_with("Ed25519", ",'d':null", "key has private"),
       "A4.8: OKP with d, whatever its value");
    ok(refused_with("P-256", ",'k':'AQAB'", "key has private"),
       "A4.8: EC with k");
    ok(refused_with("oct", ",'d':'AQAB'", "key has private"),
       "A4.8: oct with d");

    mint_jwk(jwk, "oct", "");
    is(algs_of(AUTH_TENANT_ALGS_DEFAULT), 0,
       "A4.8: oct where no HMAC is allowed");
    ok(strncmp(why, "key has private", 15) == 0, "A4.8: counts as a leak");
}


/* An oct key whose secret has `len` bytes. */

static void
oct(size_t len, const char *more)
{
    char           k[2048];
    unsigned char  bytes[1100];

    memset(bytes, 's', sizeof(bytes));
    mint_b64u(k, bytes, len);
    snprintf(jwk, sizeof(jwk), "{'kty':'oct','k':'%s'%s}", k, more);
    mint_quotes(jwk);
}


static void
test_oct(void)
{
    oct(31, "");
    ok(refused("secret is shorter"), "A3.4: 31 bytes fit nothing");
    oct(32, "");
    is(algs_of(ALL), bit(HS256), "A3.4: 32 bytes fit HS256");
    oct(47, "");
    is(algs_of(ALL), bit(HS256), "A3.4: 47 bytes fit HS256");
    oct(48, "");
    is(algs_of(ALL), bit(HS256) | bit(HS384), "A3.4: 48 bytes");
    oct(63, "");
    is(algs_of(ALL), bit(HS256) | bit(HS384), "A3.4: 63 bytes");
    oct(64, "");
    is(algs_of(ALL), AUTH_TENANT_ALGS_HMAC, "A3.4: 64 bytes");
    oct(1000, "");
    is(algs_of(ALL), AUTH_TENANT_ALGS_HMAC, "1000 bytes");
    oct(1090, "");
    ok(refused("\"k\" is missing, too long"), "A2.4: 1090 bytes");

    oct(0, "");
    ok(refused("secret is shorter"), "F7: an empty secret");
    oct(32, ",'alg':'HS512'");
    ok(refused("secret is shorter"), "A3.4: 32 bytes with alg HS512");
    oct(64, ",'x5c':[]");
    ok(refused("a symmetric key has"), "A4.11: oct with x5c");

    strcpy(jwk, "{'kty':'oct'}");
    mint_quotes(jwk);
    ok(refused("\"k\" is missing"), "A3.4: no secret");
    strcpy(jwk, "{'kty':'oct','k':7}");
    mint_quotes(jwk);
    ok(refused("\"k\" is missing"), "A3.4: a secret that is no string");
    oct(64, "");
    jwk[strlen(jwk) - 3] = '=';
    ok(refused("\"k\" is missing"), "A2.3: a secret that isn't base64url");
}


/* CVE-2026-44699: an RSA key without alg, taken for an empty secret. */

static void
test_typed(void)
{
    size_t              len;
    unsigned            alg;
    unsigned char       mac[64];
    auth_tenant_str_t   input, signature;
    auth_tenant_key_t  *key;

    mint_jwk(jwk, "RSA2048", "");
    key = key_of(jwk, ALL);
    input = str("header.payload");

    HMAC(EVP_sha256(), "", 0, input.data, input.len, mac, NULL);

    signature.data = mac;
    signature.len = 32;

    is(auth_tenant_key_verify(key, AUTH_TENANT_HS256, &input, &signature),
       AUTH_TENANT_BAD_ALGORITHM, "A3.3: HS256 with an RSA key");
    auth_tenant_key_free(key);

    mint_jwk(jwk, "oct", "");
    key = key_of(jwk, ALL);

    for (alg = 0; alg < AUTH_TENANT_NALGS + 20; alg++) {

        if (alg < 32 && (auth_tenant_alg_bit(alg) & AUTH_TENANT_ALGS_HMAC)) {
            continue;
        }

        for (len = 0; len <= sizeof(mac); len += 32) {
            signature.len = len;

            if (auth_tenant_key_verify(key, (auth_tenant_alg_e) alg, &input,
                                       &signature)
                != AUTH_TENANT_BAD_ALGORITHM)
            {
                break;
            }
        }

        ok(len > sizeof(mac), "A3.3: %s (%u) with a secret",
           auth_tenant_alg_name(alg), alg);
    }

    auth_tenant_key_free(key);

    mint_jwk(jwk, "oct", ",'alg':'HS384'");
    key = key_of(jwk, ALL);
    signature.len = mint_sign(mac, "HS256", NULL, input.data, input.len, 0);
    is(auth_tenant_key_verify(key, AUTH_TENANT_HS256, &input, &signature),
       AUTH_TENANT_BAD_ALGORITHM, "A3.3: HS256 with a secret for HS384");
    signature.len = mint_sign(mac, "HS384", NULL, input.data, input.len, 0);
    is(auth_tenant_key_verify(key, AUTH_TENANT_HS384, &input, &signature),
       AUTH_TENANT_OK, "A3.3: HS384 with it");

    auth_tenant_key_free(key);
    auth_tenant_key_free(NULL);
}


int
main(void)
{
    test_algorithms();
    test_fitting();
    test_alg_member();
    test_usage();
    test_kid();
    test_kty();
    test_private();
    test_oct();
    test_typed();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The digest of a key set: equal where every token would get the same verdict,
 * and another one as soon as some token might not.  Tokens that were verified
 * before hang on it.
 */


#include <openssl/x509.h>

#include "memory.h"
#include "document.h"
#include "auth_tenant_key.h"
#include "auth_tenant_keys.h"


#define ES256  ((auth_tenant_algs_t) bit(ES256))


static char           base64[8192];
static unsigned char  base[AUTH_TENANT_KEYS_DIGEST];


static auth_tenant_keys_t *
parse(auth_tenant_algs_t algs)
{
    auth_tenant_str_t          s;
    auth_tenant_keys_report_t  report;

    s = str(document);

    return auth_tenant_keys_parse(&s, algs, &report);
}


/* another key of that kind each time */

static void
add_new(const char *kind, const char *more)
{
    size_t          nfirst, nsecond;
    EVP_PKEY       *pkey;
    unsigned char   first[1024], second[1024];

    pkey = mint_key(kind);
    mint_public(pkey, first, &nfirst, second, &nsecond);
    mint_jwk_of(jwk, kind, first, nfirst, second, nsecond, more);
    EVP_PKEY_free(pkey);

    add_text(jwk);
}


/* The digest of the document of so many keys; all of them have to be good. */

static int
digest(unsigned char *dst, const char *end, unsigned n,
    auth_tenant_algs_t algs)
{
    auth_tenant_keys_t  *keys;

    strcat(document, end);

    keys = parse(algs);

    if (keys == NULL || keys->nkeys != n) {
        printf("# not %u keys: %s\n", n, document);
        auth_tenant_keys_free(keys);
        return 0;
    }

    memcpy(dst, auth_tenant_keys_digest(keys), AUTH_TENANT_KEYS_DIGEST);
    auth_tenant_keys_free(keys);

    return 1;
}


/* What the document begun is to `base`. */

typedef enum { SAME = 1, OTHER } outcome_e;


static outcome_e
end_with(const char *end, unsigned n, auth_tenant_algs_t algs)
{
    unsigned char  got[AUTH_TENANT_KEYS_DIGEST];

    if (!digest(got, end, n, algs)) {
        return 0;
    }

    return memcmp(got, base, sizeof(got)) == 0 ? SAME : OTHER;
}


static outcome_e
end(unsigned n)
{
    return end_with("]}", n, ALL);
}


static void
base_is(unsigned n)
{
    ok(digest(base, "]}", n, ALL), "a set of %u", n);
}


static void
test_same(void)
{
    begin();
    add("P-256", ",'kid':'a'");
    add("RSA2048", ",'kid':'b'");
    add("Ed25519", ",'kid':'c'");
    base_is(3);

    begin();
    add("P-256", ",'kid':'a'");
    add("RSA2048", ",'kid':'b'");
    add("Ed25519", ",'kid':'c'");
    is(end(3), SAME, "the same again");

    begin();
    add("Ed25519", ",'kid':'c'");
    add("P-256", ",'kid':'a'");
    add("RSA2048", ",'kid':'b'");
    is(end(3), SAME, "in another order");

    begin();
    add("RSA2048", ",'kid':'b'");
    add("P-256", ",'kid':'a'");
    add("Ed25519", ",'kid':'c'");
    is(end(3), SAME, "and in another one");

    begin();
    add("P-256", ",'kid':'a','use':'sig','key_ops':['verify'],'ext':true");
    add("RSA2048", ",'kid':'b','x5t':'AAAA'");
    add("Ed25519", ",'kid':'c'");
    is(end_with("],\"more\":{}}", 3, ALL), SAME,
       "with members that change nothing");

    begin();
    add("P-256", ",'kid':'a'");
    add("P-384", ",'kid':'enc','use':'enc'");
    add("RSA2048", ",'kid':'b'");
    add_text("{\"kty\":\"XYZ\"}");
    add("Ed25519", ",'kid':'c'");
    is(end(3), SAME, "beside keys that can't be used");

    begin();
    add("P-256", ",'kid':'a'");
    add("RSA2048", ",'kid':'b'");
    add("P-384", ",'kid':'d'");
    add_new("P-384", ",'kid':'d'");
    add("Ed25519", ",'kid':'c'");
    is(end(3), SAME, "beside two that nobody can tell apart");

    begin();
    add("P-256", ",'kid':'a','alg':'ES256'");
    add("RSA2048", ",'kid':'b'");
    add("Ed25519", ",'kid':'c'");
    is(end_with("]}", 3, ALL), OTHER, "one that is for one algorithm only");
}


static void
test_keys(void)
{
    begin();
    add("P-256", ",'kid':'a'");
    add("RSA2048", ",'kid':'b'");
    base_is(2);

    begin();
    add("P-256", ",'kid':'a'");
    is(end(1), OTHER, "a key less");

    begin();
    add("P-256", ",'kid':'a'");
    add("RSA2048", ",'kid':'b'");
    add("Ed25519", ",'kid':'c'");
    is(end(3), OTHER, "a key more");

    begin();
    add_new("P-256", ",'kid':'a'");
    add("RSA2048", ",'kid':'b'");
    is(end(2), OTHER, "another key of the same name");

    begin();
    add("P-256", ",'kid':'a2'");
    add("RSA2048", ",'kid':'b'");
    is(end(2), OTHER, "the same key of another name");

    begin();
    add("P-256", ",'kid':'b'");
    add("RSA2048", ",'kid':'a'");
    is(end(2), OTHER, "names that are swapped");

    begin();
    add("P-256", "");
    add("RSA2048", ",'kid':'b'");
    is(end(2), OTHER, "a key without a name");
}


static void
test_names(void)
{
    begin();
    add("P-256", "");
    base_is(1);

    begin();
    add("P-256", ",'kid':''");
    is(end(1), OTHER, "an empty name is not none");

    begin();
    add("P-256", "");
    add("P-256", "");
    is(end(2), OTHER, "nor are two keys without a name one");

    begin();
    add("P-256", ",'kid':'ab'");
    base_is(1);

    begin();
    add("P-256", ",'kid':'a'");
    is(end(1), OTHER, "nor is a name its beginning");
}


static void
test_algs(void)
{
    begin();
    add("RSA2048", ",'kid':'a'");
    base_is(1);

    begin();
    add("RSA2048", ",'kid':'a','alg':'RS256'");
    is(end(1), OTHER, "\"alg\"");

    begin();
    add("RSA2048", ",'kid':'a'");
    is(end_with("]}", 1, bit(RS256) | bit(PS256)), OTHER,
       "fewer algorithms that are accepted");

    begin();
    add("P-256", ",'kid':'a','alg':'ES256'");
    base_is(1);

    begin();
    add("P-256", ",'kid':'a'");
    is(end_with("]}", 1, ES256), SAME, "a restriction, wherever it is from");

    begin();
    add("P-256", ",'kid':'a','alg':'ES256'");
    is(end_with("]}", 1, ES256), SAME, "and from both");
}


/* a PEM key is for tokens of any "kid", a JWK without one is not */

static void
test_pem(void)
{
    int                        len;
    unsigned char             *der, got[AUTH_TENANT_KEYS_DIGEST];

    der = NULL;
    len = i2d_PUBKEY(mint_kept_key("P-256"), &der);
    EVP_EncodeBlock((unsigned char *) base64, der, len);
    OPENSSL_free(der);

    begin();
    add("P-256", "");
    base_is(1);

    snprintf(document, sizeof(document), "-----BEGIN PUBLIC KEY-----\n"
             "%.64s\n%.64s\n-----END PUBLIC KEY-----\n", base64, base64 + 64);
    ok(digest(got, "", 1, ALL), "the same key as PEM");
    ok(memcmp(got, base, sizeof(got)) != 0, "is not the same set");
}


static void
test_secrets(void)
{
    begin();
    add("oct", ",'kid':'a'");
    base_is(1);

    begin();
    add("oct", ",'kid':'a'");
    is(end(1), SAME, "the same secret");

    begin();
    add_text("{\"kty\":\"oct\",\"kid\":\"a\","
             "\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");
    is(end(1), OTHER, "another one");
}


/*
 * Each member by itself, also where no document says so: the digest must not
 * rest on what parsing happens to refuse.
 */

static int
differs(auth_tenant_keys_t *keys, const unsigned char *before)
{
    return auth_tenant_keys_make_digest(keys)
           && memcmp(keys->digest, before, AUTH_TENANT_KEYS_DIGEST) != 0;
}


static void
test_members(void)
{
    int                   len;
    unsigned char        *der, before[AUTH_TENANT_KEYS_DIGEST];
    auth_tenant_str_t     bytes;
    auth_tenant_key_t    *key, was;
    auth_tenant_keys_t   *keys;

    begin();
    add("P-256", ",'kid':'a'");
    strcat(document, "]}");

    keys = parse(ES256);
    key = keys->key[0];
    was = *key;

    memcpy(before, keys->digest, sizeof(before));
    ok(!differs(keys, before), "a key");

    key->kid.len = 2;
    ok(differs(keys, before), "with a name that ends in a zero");
    *key = was;

    key->kid_data[0] = 'b';
    ok(differs(keys, before), "of another name");
    *key = was;

    key->algs |= bit(HS256);
    ok(differs(keys, before), "for another algorithm, too");
    *key = was;

    key->any_id = 1;
    ok(differs(keys, before), "for tokens of any \"kid\"");
    *key = was;

    key->kid.data = NULL;
    ok(differs(keys, before), "of no name");

    key->kid.len = 0;
    (void) auth_tenant_keys_make_digest(keys);
    memcpy(before, keys->digest, sizeof(before));

    key->kid.data = key->kid_data;
    ok(differs(keys, before), "of none, and of one that is empty");
    *key = was;

    /* RFC 8725 section 2.1: a secret of the bytes of a public key */

    (void) auth_tenant_keys_make_digest(keys);
    memcpy(before, keys->digest, sizeof(before));

    der = NULL;
    len = i2d_PUBKEY(mint_kept_key("P-256"), &der);
    bytes.data = der;
    bytes.len = (size_t) len;

    key->pkey = NULL;
    key->secret = auth_tenant_secret_new(&bytes);
    ok(differs(keys, before), "a secret of the same bytes");

    auth_tenant_secret_free(key->secret);
    OPENSSL_free(der);
    *key = was;

    ok(!differs(keys, before), "as it was");

    auth_tenant_keys_free(keys);
}


/* E17: a set whose digest can't be computed is none */

static void
test_memory(void)
{
    unsigned             n, wrong, none;
    auth_tenant_keys_t  *keys;

    begin();
    add("P-256", ",'kid':'a'");
    add("oct", ",'kid':'b'");
    base_is(2);

    wrong = none = 0;

    for (n = 1; n < 100000; n++) {
        memory_fail(n);
        keys = parse(ALL);

        if (!memory_failed()) {
            memory_fail(0);
            wrong += (keys == NULL);
            auth_tenant_keys_free(keys);
            break;
        }

        memory_fail(0);

        none += (keys == NULL);
        wrong += (ERR_peek_error() != 0)
                 || (keys && keys->nkeys == 2
                     && memcmp(keys->digest, base, sizeof(base)) != 0)
                 || (keys && keys->nkeys != 2
                     && memcmp(keys->digest, base, sizeof(base)) == 0);

        ERR_clear_error();
        auth_tenant_keys_free(keys);
    }

    ok(wrong == 0 && none > 0, "E17: each of %u allocations failed, %u times "
       "there was no set, and never a wrong digest", n - 1, none);

    /* by itself, with a set that is there */

    keys = parse(ALL);
    wrong = none = 0;

    for (n = 1; n < 1000; n++) {
        memset(keys->digest, 0, sizeof(keys->digest));

        memory_fail(n);
        if (auth_tenant_keys_make_digest(keys)) {
            wrong += (memcmp(keys->digest, base, sizeof(base)) != 0);

        } else {
            none++;
        }

        wrong += (ERR_peek_error() != 0);

        if (!memory_failed()) {
            n = 1000;
        }

        memory_fail(0);
        ERR_clear_error();
    }

    ok(wrong == 0 && none > 0, "E17: it is the same, or there is none, %u "
       "times", none);

    auth_tenant_keys_free(keys);
}


int
main(void)
{
    memory_init();

    test_same();
    test_keys();
    test_names();
    test_algs();
    test_pem();
    test_secrets();
    test_members();
    test_memory();

    return done();
}

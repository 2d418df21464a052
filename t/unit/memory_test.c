
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * E17: keys and tokens when memory runs out.  Every allocation fails once (of
 * the long documents every third or seventeenth); nothing crashes or leaks,
 * which the sanitizer build sees, and nothing is accepted that should not be.
 */


#include <openssl/pem.h>

#include "memory.h"
#include "keys.h"
#include "auth_tenant_jws.h"


static char   document[4 * MINT_TEXT];
static char   token[MINT_TEXT];
static char   base64[8192];


static auth_tenant_keys_t *
parse(auth_tenant_keys_report_t *report)
{
    auth_tenant_str_t  s;

    s = str(document);

    return auth_tenant_keys_parse(&s, ALL, report);
}


/*
 * A document, parsed with one allocation after another failing.  A key that
 * could not be made is skipped, but the report never says more than is there.
 */

static void
test_document(const char *name, unsigned expected, unsigned step)
{
    unsigned                    n, wrong, fewer;
    auth_tenant_keys_t         *keys;
    auth_tenant_keys_report_t   report;

    keys = parse(&report);

    if (!is(report.keys, expected, "%s: with memory", name)) {
        printf("# %s\n", report.error);
    }

    auth_tenant_keys_free(keys);

    wrong = fewer = 0;

    for (n = 1; n < 100000; n += step) {
        memory_fail(n);
        keys = parse(&report);

        if (!memory_failed()) {
            memory_fail(0);
            wrong += (report.keys != expected);
            auth_tenant_keys_free(keys);
            break;
        }

        memory_fail(0);

        fewer += (report.keys < expected);
        wrong += (report.keys > expected)
                 || ((keys != NULL) != (report.keys != 0))
                 || (report.keys < expected && report.error == NULL);

        if (ERR_peek_error() != 0) {
            ERR_clear_error();
            wrong++;
        }

        auth_tenant_keys_free(keys);
    }

    ok(wrong == 0 && fewer > 0,
       "E17: %s: each of %u allocations failed, %u times a key was missing",
       name, (n - 1) / step, fewer);
}


static void
test_keys(void)
{
    size_t          i;
    BIO            *bio;
    X509           *x509;
    char           *text;
    int             len;
    unsigned char  *der;

    static const char *const  kinds[] = {
        "RSA2048", "P-256", "P-521", "Ed25519", "Ed448", "oct"
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        mint_jwk(jwk, kinds[i], ",'kid':'a','key_ops':['verify']");
        snprintf(document, sizeof(document), "{\"keys\":[%s]}", jwk);
        test_document(kinds[i], 1, 1);
    }

    x509 = mint_certificate(mint_kept_key("P-256"), mint_kept_key("P-256"));
    der = NULL;
    len = i2d_X509(x509, &der);
    EVP_EncodeBlock((unsigned char *) base64, der, len);
    OPENSSL_free(der);

    snprintf(document, sizeof(document), ",'x5c':['%s']", base64);
    mint_jwk(jwk, "P-256", document);
    snprintf(document, sizeof(document), "{\"keys\":[%s]}", jwk);
    test_document("x5c", 1, 3);

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, mint_kept_key("RSA2048"));
    PEM_write_bio_X509(bio, x509);
    PEM_write_bio_PUBKEY(bio, mint_kept_key("Ed25519"));
    len = (int) BIO_get_mem_data(bio, &text);
    memcpy(document, text, (size_t) len);
    document[len] = '\0';
    BIO_free(bio);
    X509_free(x509);

    test_document("PEM", 3, 17);
}


/* The verdict of a token, all the way. */

static auth_tenant_verdict_e
judge(const auth_tenant_str_t *s, const auth_tenant_keys_t *keys)
{
    auth_tenant_jws_t      jws;
    auth_tenant_verdict_e  rc;

    rc = auth_tenant_jws_parse(&jws, s);

    return (rc == AUTH_TENANT_OK) ? auth_tenant_jws_verify(&jws, keys) : rc;
}


static void
test_token(const char *alg, const char *kind)
{
    char                        header[64];
    unsigned                    n, wrong;
    auth_tenant_str_t           good, bad;
    auth_tenant_keys_t         *keys;
    auth_tenant_verdict_e       rc;
    auth_tenant_keys_report_t   report;

    mint_jwk(jwk, kind, "");
    snprintf(document, sizeof(document), "{\"keys\":[%s]}", jwk);
    keys = parse(&report);

    snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);
    good = mint_token(token, alg, kind, header, "{}", 2);

    bad.len = good.len;
    bad.data = (unsigned char *) document;
    memcpy(document, token, good.len);
    document[good.len - 20] = (token[good.len - 20] == 'A') ? 'B' : 'A';

    wrong = 0;

    /* the same key set throughout: what fails once must not spoil it */

    for (n = 1; n < 100000; n++) {
        memory_fail(n);
        rc = judge(&good, keys);

        if (!memory_failed()) {
            memory_fail(0);
            wrong += (rc != AUTH_TENANT_OK);
            break;
        }

        wrong += (rc == AUTH_TENANT_MALFORMED);

        memory_fail(n);
        wrong += (judge(&bad, keys) == AUTH_TENANT_OK);
        memory_fail(0);

        if (ERR_peek_error() != 0) {
            ERR_clear_error();
            wrong++;
        }

        wrong += (judge(&good, keys) != AUTH_TENANT_OK);
        wrong += (judge(&bad, keys) != AUTH_TENANT_BAD_SIGNATURE);
    }

    ok(wrong == 0 && n > 5, "E17: %s with %s: %u allocations failed, never a "
       "wrong yes", alg, kind, n - 1);

    auth_tenant_keys_free(keys);
}


int
main(void)
{
    size_t  i;

    memory_init();

    test_keys();

    for (i = 0; i < MINT_NALGS; i++) {
        test_token(mint_algs[i].alg, mint_algs[i].kind);
    }

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What is kept of a fetched document: the same keys, and nothing else.
 */


#include <openssl/pem.h>

#include "document.h"
#include "random.h"
#include "auth_tenant_jws.h"


#define DEFAULT  AUTH_TENANT_ALGS_DEFAULT


static unsigned char               compact[AUTH_TENANT_MAX_DOCUMENT];
static size_t                      compact_len;
static auth_tenant_keys_report_t   report;


static void
make_into(auth_tenant_algs_t algs, unsigned char *dst, size_t size)
{
    unsigned char      *copy;
    auth_tenant_str_t   s;

    s.len = strlen(document);

    copy = malloc(s.len ? s.len : 1);
    memcpy(copy, document, s.len);
    s.data = copy;

    memset(&report, 0xff, sizeof(report));
    compact_len = auth_tenant_keys_compact(&s, algs, dst, size, &report);

    free(copy);

    if (ERR_peek_error() != 0) {
        printf("# the error queue is not empty\n");
        compact_len = 0;
        report.error = "dirty";
    }
}


static void
make(auth_tenant_algs_t algs)
{
    memset(compact, '!', sizeof(compact));
    make_into(algs, compact, sizeof(compact));
}


static void
end(auth_tenant_algs_t algs)
{
    strcat(document, "]}");
    make(algs);
}


static int
holds(const char *text)
{
    size_t  i, len;

    len = strlen(text);

    for (i = 0; i + len <= compact_len; i++) {
        if (memcmp(compact + i, text, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
refused_set(const char *reason)
{
    if (compact_len == 0 && report.error != NULL
        && strncmp(report.error, reason, strlen(reason)) == 0)
    {
        return 1;
    }

    printf("# %u bytes: %s\n", (unsigned) compact_len,
           report.error ? report.error : "no error");

    return 0;
}


static auth_tenant_keys_t *
parse(const void *text, size_t len, auth_tenant_algs_t algs)
{
    auth_tenant_str_t           s;
    auth_tenant_keys_report_t   ignored;

    s.data = text;
    s.len = len;

    return auth_tenant_keys_parse(&s, algs, &ignored);
}


/* The same key, or none, for every ID and algorithm, from both documents. */

static int
same_keys(auth_tenant_algs_t algs, const char *const *kids, size_t nkids)
{
    int                       same;
    size_t                    i;
    unsigned                  alg;
    auth_tenant_str_t         kid;
    auth_tenant_keys_t       *a, *b;
    const auth_tenant_key_t  *x, *y;

    a = parse(document, strlen(document), algs);
    b = parse(compact, compact_len, algs);

    if (a == NULL || b == NULL) {
        printf("# nothing to compare\n");
        return 0;
    }

    same = (auth_tenant_keys_algs(a) == auth_tenant_keys_algs(b));

    for (i = 0; i <= nkids; i++) {

        if (i < nkids) {
            kid = str(kids[i]);
        }

        for (alg = 0; alg < AUTH_TENANT_NALGS; alg++) {
            x = auth_tenant_keys_find(a, i < nkids ? &kid : NULL, alg);
            y = auth_tenant_keys_find(b, i < nkids ? &kid : NULL, alg);

            if (x == NULL || y == NULL) {
                same &= (x == y);
                continue;
            }

            same &= auth_tenant_key_algs(x) == auth_tenant_key_algs(y)
                    && auth_tenant_str_eq(auth_tenant_key_id(x),
                                          auth_tenant_key_id(y))
                    && !auth_tenant_key_any_id(y);
        }
    }

    auth_tenant_keys_free(a);
    auth_tenant_keys_free(b);

    return same;
}


static void
test_text(void)
{
    begin();
    add("P-256", ",'kid':'a','use':'sig','key_ops':['verify'],'alg':'ES256',"
                 "'x5t':'abc','x5u':'https://evil','iat':7,'more':{'d':[1]}");
    strcat(document, "],\"other\":{\"keys\":[]}}");
    make(DEFAULT);

    begin();
    mint_jwk(jwk, "P-256", "");
    snprintf(document, sizeof(document), "{\"keys\":[{\"kty\":\"EC\",\"kid\":"
             "\"a\",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":"
             "\"ES256\",%s]}", strstr(jwk, "\"crv\""));

    ok(compact_len == strlen(document)
       && memcmp(compact, document, compact_len) == 0,
       "A7.10: members that verifying needs, in one order, and no others");
    ok(report.keys == 1 && report.skipped == 0 && report.error == NULL,
       "the report is that of parsing");

    make(DEFAULT);
    ok(compact_len == strlen(document)
       && memcmp(compact, document, compact_len) == 0,
       "what is compact stays as it is");

    begin();
    add("RSA2048", ",'crv':{'d':'x'},'x':['y'],'y':'z'");
    add("Ed25519", ",'n':'x','e':7,'y':{}");
    add("P-384", ",'n':'x','e':[]");
    end(DEFAULT);
    ok(report.keys == 3 && !holds("\"crv\":{") && !holds("\"y\":\"z\"")
       && !holds("\"n\":\"x\"") && !holds("\"e\":7") && !holds("\"y\":{}"),
       "members of another type of key are left out");
    ok(same_keys(DEFAULT, NULL, 0), "and the keys stay the same");
}


static void
test_skipped(void)
{
    static const char  *const kids[] = { "rsa", "enc", "twice", "last" };

    begin();
    add_text("7");
    add("RSA2048", ",'kid':'enc','use':'enc'");
    add("RSA2048", ",'kid':'rsa'");
    add_text("{\"kty\":\"AKP\",\"kid\":\"akp\",\"pub\":\"AQAB\"}");
    add("P-256", ",'kid':'twice'");
    add("P-256", ",'kid':'twice','alg':'ES256'");
    add("Ed25519", ",'kid':'last'");
    end(DEFAULT);

    ok(report.keys == 2 && report.skipped == 5 && report.leaked == 0
       && report.error != NULL, "A4.12: what was skipped is reported");
    ok(holds("\"rsa\"") && holds("\"last\""), "A4.12: good keys are kept");
    ok(!holds("\"enc\"") && !holds("\"akp\"") && !holds("\"twice\"")
       && !holds("7,"), "A4.12: what can't be used is not");

    ok(same_keys(DEFAULT, kids, 4), "A7.10: the same keys are found");

    begin();
    add("RSA2048", ",'kid':'rsa'");
    add("P-256", ",'kid':'ec'");
    end(bit(ES256));
    ok(holds("\"ec\"") && !holds("\"rsa\""),
       "A3.1: only keys for algorithms that are accepted");

    begin();
    add("RSA2048", ",'use':'enc'");
    end(DEFAULT);
    ok(refused_set("\"use\" is not \"sig\""), "A4.12: no usable key, no set");

    begin();
    end(DEFAULT);
    ok(refused_set("document has no keys"), "A4.12: no key, no set");

    strcpy(document, "<html>");
    make(DEFAULT);
    ok(refused_set("document is neither"), "E5: no JSON, no set");

    strcpy(document, "");
    make(DEFAULT);
    ok(refused_set("document is neither"), "E6: nothing, no set");
}


static void
test_secrets(void)
{
    begin();
    add("RSA2048", ",'kid':'a','d':'cHJpdmF0ZQ'");
    add("P-256", ",'kid':'b','priv':'cHJpdmF0ZQ'");
    add("oct", ",'kid':'c'");
    add("Ed25519", ",'kid':'d','k':'cHJpdmF0ZQ'");
    add("P-384", ",'kid':'good'");
    end(ALL);

    ok(report.keys == 1 && report.leaked == 4,
       "A4.8: keys with private or symmetric members are counted");
    ok(holds("\"good\"") && !holds("cHJpdmF0ZQ") && !holds("oct")
       && !holds("\"d\"") && !holds("\"k\"") && !holds("\"priv\""),
       "A4.8: and never kept, though HMAC is asked for");

    begin();
    add("oct", ",'kid':'c'");
    end(ALL);
    ok(refused_set("key has private or symmetric"),
       "A4.8: only a secret, no set");

    begin();
    add("oct", ",'kid':'c'");
    end(bit(HS256));
    ok(refused_set("key has private or symmetric"), "A4.8: for HMAC alone");
}


static void
test_pem(void)
{
    BIO   *bio;
    char  *text;
    long   len;

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, mint_kept_key("P-256"));
    len = BIO_get_mem_data(bio, &text);
    memcpy(document, text, (size_t) len);
    document[len] = '\0';
    BIO_free(bio);

    make(DEFAULT);
    ok(refused_set("document is PEM"), "a good PEM file is no JWK Set");

    /* escaped it is JSON, and would be PEM when it is read back */

    begin();
    add("P-256", ",'kid':'\\u002d----BEGIN PUBLIC KEY-----'");
    end(DEFAULT);
    is(report.keys, 1, "a good key, its ID like PEM");
    ok(refused_set("document has \"-----BEGIN\""),
       "A7.10: never what reads differently the second time");

    begin();
    add("P-256", ",'kid':'a','other':'\\u002d----BEGIN'");
    end(DEFAULT);
    ok(same_keys(DEFAULT, NULL, 0), "A7.10: unless it is left out anyway");
}


static void
test_kids(void)
{
    size_t  i;
    char    more[1024];

    static const struct {
        const char  *escaped, *kid;
    } rows[] = {
        { "", "" },
        { "a b", "a b" },
        { "\\u0061", "a" },
        { "\\\\\\/\\\"", "\\/\"" },
        { "\\n\\t\\u001f\\u007f", "\n\t\x1f\x7f" },
        { "\\u00e4\xc3\xa4", "\xc3\xa4\xc3\xa4" },
        { "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
        { "</script>", "</script>" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        snprintf(more, sizeof(more), ",'kid':'%s'", rows[i].escaped);
        add("P-256", more);
        end(DEFAULT);
        ok(compact_len != 0 && compact_len <= strlen(document)
           && same_keys(DEFAULT, &rows[i].kid, 1),
           "A7.10: key ID %s", rows[i].escaped);
    }
}


static void
test_room(void)
{
    size_t          size, len;
    unsigned char   buf[512];

    begin();
    add("P-256", ",'kid':'a'");
    end(DEFAULT);

    len = compact_len;
    ok(len != 0 && compact[len] == '!' && len < sizeof(buf), "it fits");

    memset(buf, '!', sizeof(buf));

    for (size = 0; size < len; size++) {
        make_into(DEFAULT, buf, size);

        if (!refused_set("usable keys do not fit") || buf[size] != '!') {
            break;
        }
    }

    is(size, len, "A7.4: not into less, and nothing beyond is touched");

    make_into(DEFAULT, buf, len);
    ok(compact_len == len && buf[len] == '!' && report.error == NULL,
       "A7.4: into just as much");
}


/* Verifying is what keys are for: with those that were kept it goes on. */

static void
test_verify(void)
{
    size_t               i;
    auth_tenant_str_t    token;
    auth_tenant_jws_t    jws;
    auth_tenant_keys_t  *keys;
    char                 header[64], text[MINT_TEXT];

    for (i = 0; i < MINT_NALGS; i++) {

        if (mint_algs[i].alg[0] == 'H') {
            continue;
        }

        begin();
        add(mint_algs[i].kind, ",'kid':'a'");
        end(ALL);

        keys = parse(compact, compact_len, ALL);

        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"a\"}",
                 mint_algs[i].alg);
        token = mint_token(text, mint_algs[i].alg, mint_algs[i].kind, header,
                           "{}", 2);

        ok(keys != NULL
           && auth_tenant_jws_parse(&jws, &token) == AUTH_TENANT_OK
           && auth_tenant_jws_verify(&jws, keys) == AUTH_TENANT_OK,
           "A7.10: %s with %s", mint_algs[i].alg, mint_algs[i].kind);

        auth_tenant_keys_free(keys);
    }
}


/* Sets of any keys, good and bad, with few IDs, so that they often clash. */

static void
test_property(void)
{
    char                more[256];
    size_t              n, k;
    unsigned            wrong, made, none;
    auth_tenant_algs_t  algs;

    static const char  *const kids[] = { "a", "b", "c" };
    static const char  *const kinds[] = {
        "RSA2048", "P-256", "P-384", "Ed25519", "oct"
    };
    static const char  *const extra[] = {
        "", "", "", ",'use':'sig'", ",'use':'enc'", ",'alg':'RS256'",
        ",'alg':'ES256'", ",'alg':'EdDSA'", ",'key_ops':['verify','sign']",
        ",'d':'AQAB'", ",'key_ops':[]", ",'x5t':'\\u002d----BEGIN'"
    };

    wrong = made = none = 0;

    for (n = 0; n < 4000; n++) {
        begin();

        for (k = random_below(6); k > 0; k--) {
            snprintf(more, sizeof(more), "%s%s%s%s",
                     random_below(4) ? ",'kid':'" : ",'other':'",
                     kids[random_below(3)], "'", extra[random_below(12)]);
            add(kinds[random_below(5)], more);
        }

        algs = random_below(4) ? DEFAULT : bit(ES256) | bit(RS256);

        end(algs);

        if (compact_len == 0) {
            none++;
            wrong += (report.keys != 0 || report.error == NULL);
            continue;
        }

        made++;
        wrong += !same_keys(algs, kids, 3)
                 || report.keys == 0
                 || compact_len > strlen(document);
    }

    ok(wrong == 0 && made > 1000 && none > 500,
       "A7.10: %u sets with the same keys as before, %u without any", made,
       none);
}


int
main(void)
{
    test_text();
    test_skipped();
    test_secrets();
    test_pem();
    test_kids();
    test_room();
    test_verify();
    test_property();

    return done();
}

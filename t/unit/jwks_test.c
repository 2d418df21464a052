
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Key sets: JWK Set documents, and which key a token gets.
 */


#include "document.h"


static auth_tenant_keys_t         *keys;
static auth_tenant_keys_report_t   report;


static void
parse_text(const char *text, size_t len, auth_tenant_algs_t algs)
{
    char               *copy;
    auth_tenant_str_t   s;

    auth_tenant_keys_free(keys);

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = (unsigned char *) copy;

    memset(&report, 0xff, sizeof(report));
    keys = auth_tenant_keys_parse(&s, algs, &report);

    free(copy);

    if (ERR_peek_error() != 0) {
        printf("# the error queue is not empty\n");
        report.error = "dirty";
        report.keys = 9999;
    }
}


static void
end(auth_tenant_algs_t algs)
{
    strcat(document, "]}");
    parse_text(document, strlen(document), algs);
}


static int
reported(unsigned good, unsigned skipped, unsigned leaked, const char *error)
{
    if (report.keys == good && report.skipped == skipped
        && report.leaked == leaked
        && (error == NULL ? report.error == NULL
                          : (report.error != NULL
                             && strncmp(report.error, error, strlen(error))
                                == 0))
        && (keys != NULL) == (good != 0))
    {
        return 1;
    }

    printf("# %u usable, %u skipped, %u leaked: %s\n", report.keys,
           report.skipped, report.leaked,
           report.error ? report.error : "no error");

    return 0;
}


/* The ID of the key found, "-" if it has none, NULL if none was found. */

static const char *
found(const char *kid, auth_tenant_alg_e alg)
{
    auth_tenant_str_t         s;
    const auth_tenant_str_t  *id;
    const auth_tenant_key_t  *key;

    static char  text[AUTH_TENANT_MAX_KID + 1];

    if (kid != NULL) {
        s = str(kid);
    }

    key = auth_tenant_keys_find(keys, kid ? &s : NULL, alg);

    if (key == NULL) {
        return NULL;
    }

    id = auth_tenant_key_id(key);

    if (id->data == NULL) {
        return "-";
    }

    memcpy(text, id->data, id->len);
    text[id->len] = '\0';

    return text;
}


static int
finds(const char *kid, auth_tenant_alg_e alg, const char *expected)
{
    const char  *id;

    id = found(kid, alg);

    return (id == NULL || expected == NULL) ? id == expected
                                            : strcmp(id, expected) == 0;
}


static void
test_documents(void)
{
    size_t  i;

    static const struct {
        const char   *text;
        const char   *error;
    } bad[] = {
        { "", "document is neither" },
        { "keys", "document is neither" },
        { "{}", "document has no \"keys\" array" },
        { "[]", "document is neither" },
        { "{\"keys\":{}}", "document has no \"keys\" array" },
        { "{\"keys\":null}", "document has no \"keys\" array" },
        { "{\"keys\":[]}", "document has no keys" },
        { "{\"keys\":[],\"keys\":[]}", "document is neither" },
        { "{\"keys\":[]}}", "document is neither" },
        { "{\"keys\":[{\"kty\":\"RSA\",\"kty\":\"EC\"}]}",
          "document is neither" },
        { "<html></html>", "document is neither" },
        { "\xef\xbb\xbf{\"keys\":[]}", "document is neither" }
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        parse_text(bad[i].text, strlen(bad[i].text), ALL);
        ok(reported(0, 0, 0, bad[i].error), "A4.12: refused: %s", bad[i].text);
    }

    begin();
    add("RSA2048", ",'kid':'a'");
    strcat(document, "],\"future\":{\"keys\":[]}}");
    parse_text(document, strlen(document), ALL);
    ok(reported(1, 0, 0, NULL), "RFC 7517 section 5: other members");

    is(auth_tenant_keys_algs(keys),
       bit(RS256) | bit(RS384) | bit(RS512)
       | bit(PS256) | bit(PS384) | bit(PS512), "the algorithms of a set");

    strcat(document, "]");
    parse_text(document, strlen(document), ALL);
    ok(reported(0, 0, 0, "document is neither"), "A2.6: trailing bytes");

    begin();
    add("RSA2048", "");
    strcat(document, "]}");
    i = strlen(document);
    memset(document + i, ' ', AUTH_TENANT_MAX_DOCUMENT + 1);
    parse_text(document, AUTH_TENANT_MAX_DOCUMENT, ALL);
    ok(reported(1, 0, 0, NULL), "A7.4: a document of 256K");
    parse_text(document, AUTH_TENANT_MAX_DOCUMENT + 1, ALL);
    ok(reported(0, 0, 0, "document is over"), "A7.4: a byte more");
}


static void
test_skipping(void)
{
    begin();
    add_text("7");
    add_text("null");
    add_text("[]");
    add_text("\"key\"");
    add_text("{}");
    add("RSA2048", ",'kid':'a','use':'enc'");
    add_text("{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AQAB\"}");
    add("P-256", ",'kid':'b'");
    add("Ed25519", ",'kid':'c','alg':'ES256'");
    end(ALL);
    ok(reported(1, 8, 0, "key is not a JSON object"),
       "A4.12, A7.10: one good key among many bad ones");
    ok(finds("b", AUTH_TENANT_ES256, "b"), "A4.12: the good one is found");

    begin();
    add("RSA2048", ",'use':'enc'");
    add("P-256", ",'alg':'ECDH-ES'");
    end(ALL);
    ok(reported(0, 2, 0, "\"use\" is not \"sig\""),
       "A4.12: no usable key; the first reason is told");

    begin();
    add("RSA2048", ",'kid':'a'");
    add("P-256", ",'kid':'b'");
    end(bit(ES256));
    ok(reported(1, 1, 0, "no accepted algorithm"),
       "A3.1: keys that fit no accepted algorithm are skipped");
    is(auth_tenant_keys_algs(keys), bit(ES256), "A3.1: nothing else fits");
    ok(finds(NULL, AUTH_TENANT_ES256, "b"), "A3.1: the other one is there");
}


static void
test_leaks(void)
{
    begin();
    add("RSA2048", ",'kid':'a','d':'AQAB'");
    add("P-256", ",'kid':'b'");
    add("oct", ",'kid':'c'");
    add_text("{\"kty\":\"AKP\",\"priv\":\"AQAB\"}");
    end(AUTH_TENANT_ALGS_DEFAULT);
    ok(reported(1, 3, 3, "key has private or symmetric"),
       "A4.8: private and symmetric keys are skipped and counted");
    ok(finds("a", AUTH_TENANT_RS256, NULL), "A4.8: the leaked one isn't used");
    ok(finds("c", AUTH_TENANT_HS256, NULL), "A4.8: neither is the secret");

    begin();
    add("oct", ",'kid':'c','alg':'HS256'");
    end(AUTH_TENANT_ALGS_DEFAULT | bit(HS256));
    ok(reported(1, 0, 0, NULL), "A3.4: a secret where HMAC is allowed");
    ok(finds("c", AUTH_TENANT_HS256, "c"), "A3.4: is found");
    ok(finds("c", AUTH_TENANT_RS256, NULL), "A3.4: for HS256 only");
}


static void
test_number_of_keys(void)
{
    unsigned  i;
    char      more[32];

    begin();

    for (i = 0; i < AUTH_TENANT_MAX_KEYS; i++) {
        snprintf(more, sizeof(more), ",'kid':'key %u'", i);
        add("Ed25519", more);
    }

    end(ALL);
    ok(reported(64, 0, 0, NULL), "A7.4: 64 keys");
    ok(finds("key 0", AUTH_TENANT_EDDSA, "key 0")
       && finds("key 63", AUTH_TENANT_EDDSA, "key 63")
       && finds("key 64", AUTH_TENANT_EDDSA, NULL), "A7.4: each is found");

    begin();

    for (i = 0; i <= AUTH_TENANT_MAX_KEYS; i++) {
        snprintf(more, sizeof(more), ",'kid':'key %u'", i);
        add("Ed25519", more);
    }

    end(ALL);
    ok(reported(0, 0, 0, "document has more than 64 keys"),
       "A7.4: 65 keys, good ones");

    begin();

    for (i = 0; i <= AUTH_TENANT_MAX_KEYS; i++) {
        add_text("{}");
    }

    end(ALL);
    ok(reported(0, 0, 0, "document has more than 64 keys"),
       "A7.4: 65 keys, bad ones");
}


static void
test_duplicates(void)
{
    begin();
    add("RSA2048", ",'kid':'a'");
    add("RSA3072", ",'kid':'a'");
    end(ALL);
    ok(reported(0, 2, 0, "two keys with one \"kid\""),
       "A4.9: two RSA keys of one ID: neither is used");

    begin();
    add("RSA2048", ",'kid':'a'");
    add("P-256", ",'kid':'b'");
    add("RSA3072", ",'kid':'a'");
    end(ALL);
    ok(reported(1, 2, 0, "two keys with one \"kid\""), "A4.9: apart");
    ok(finds("a", AUTH_TENANT_RS256, NULL) && finds("b", AUTH_TENANT_ES256,
                                                    "b"),
       "A4.9: a third one stays");

    begin();
    add("RSA2048", ",'kid':'a'");
    add("RSA2048", ",'kid':'a'");
    end(ALL);
    ok(reported(0, 2, 0, "two keys with one \"kid\""),
       "A4.9: the same key twice");

    begin();
    add("RSA2048", ",'kid':'a'");
    add("RSA3072", ",'kid':'a'");
    add("RSA4096", ",'kid':'a'");
    end(ALL);
    ok(reported(0, 3, 0, "two keys with one \"kid\""), "A4.9: thrice");

    begin();
    add("RSA2048", ",'kid':'a'");
    add("P-256", ",'kid':'a'");
    add("Ed25519", ",'kid':'a'");
    end(ALL);
    ok(reported(3, 0, 0, NULL), "A4.9: one ID, three types");
    ok(auth_tenant_key_algs(auth_tenant_keys_find(keys, NULL,
                                                  AUTH_TENANT_ES256))
       == (bit(ES256) | bit(ESP256)), "A4.9: the algorithm tells them apart");
    ok(finds("a", AUTH_TENANT_RS256, "a") && finds("a", AUTH_TENANT_ES256, "a")
       && finds("a", AUTH_TENANT_EDDSA, "a"), "A4.9: each is found");

    begin();
    add("RSA2048", ",'kid':'a','alg':'RS256'");
    add("RSA3072", ",'kid':'a','alg':'PS256'");
    end(ALL);
    ok(reported(2, 0, 0, NULL), "A4.9: one ID, one type, two algorithms");
    ok(finds("a", AUTH_TENANT_RS256, "a") && finds("a", AUTH_TENANT_PS256, "a")
       && finds("a", AUTH_TENANT_RS512, NULL), "A4.9: each has its own");

    begin();
    add("RSA2048", ",'kid':'a','alg':'RS256'");
    add("RSA3072", ",'kid':'a'");
    end(ALL);
    ok(reported(0, 2, 0, "two keys with one \"kid\""),
       "A4.9: one names its algorithm, the other fits it too");

    begin();
    add("RSA2048", ",'kid':'a'");
    add("RSA3072", ",'kid':'a','use':'enc'");
    end(ALL);
    ok(reported(1, 1, 0, "\"use\""),
       "A4.9: a key for encryption takes nothing from its namesake");

    begin();
    add("RSA2048", "");
    add("RSA3072", "");
    end(ALL);
    ok(reported(2, 0, 0, NULL), "A4.9: no ID is no common ID");

    begin();
    add("RSA2048", ",'kid':''");
    add("RSA3072", ",'kid':''");
    end(ALL);
    ok(reported(0, 2, 0, "two keys"), "A4.9: an empty ID is one");
}


static void
test_finding(void)
{
    begin();
    add("RSA2048", ",'kid':'rsa','alg':'RS256'");
    add("P-256", ",'kid':'ec'");
    add("P-384", "");
    end(ALL);

    ok(finds("rsa", AUTH_TENANT_RS256, "rsa"), "A3.8: by ID");
    ok(finds("ec", AUTH_TENANT_ES256, "ec"), "A3.8: by another");
    ok(finds("ec", AUTH_TENANT_RS256, NULL), "A3.3: the ID's key must fit");
    ok(finds("rsa", AUTH_TENANT_PS256, NULL), "A3.3: alg of the key");
    ok(finds("rs", AUTH_TENANT_RS256, NULL)
       && finds("rsa2", AUTH_TENANT_RS256, NULL)
       && finds("RSA", AUTH_TENANT_RS256, NULL)
       && finds("", AUTH_TENANT_RS256, NULL), "A3.8: byte for byte");
    ok(finds("other", AUTH_TENANT_ES384, NULL),
       "A4.10: a key without an ID is not for a token with one");
    ok(finds("", AUTH_TENANT_ES384, NULL), "A4.10: not even an empty one");
    ok(finds(NULL, AUTH_TENANT_ES384, "-"),
       "A4.10: no ID in the token: the one key that fits");
    ok(finds(NULL, AUTH_TENANT_RS256, "rsa"),
       "A4.10: though it has an ID");
    ok(finds(NULL, AUTH_TENANT_RS384, NULL), "A4.10: none fits");
    ok(finds("rsa", AUTH_TENANT_ALG_UNKNOWN, NULL)
       && finds(NULL, AUTH_TENANT_NALGS, NULL)
       && finds(NULL, (auth_tenant_alg_e) 40, NULL),
       "A3.11: nothing fits an unknown algorithm");

    begin();
    add("RSA2048", ",'kid':'a'");
    add("RSA3072", ",'kid':'b','alg':'RS256'");
    add("RSA4096", "");
    end(ALL);
    ok(finds(NULL, AUTH_TENANT_RS256, NULL),
       "A4.10: no ID in the token and several fit: none is tried");
    ok(finds("a", AUTH_TENANT_RS256, "a") && finds("b", AUTH_TENANT_RS256,
                                                   "b"),
       "A4.10: with an ID there is no doubt");
}


int
main(void)
{
    test_documents();
    test_skipping();
    test_leaks();
    test_number_of_keys();
    test_duplicates();
    test_finding();

    auth_tenant_keys_free(keys);
    auth_tenant_keys_free(NULL);

    return done();
}

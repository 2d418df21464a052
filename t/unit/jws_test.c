
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Tokens: three parts, a header that says nothing strange, one key.
 */


#include "keys.h"
#include "auth_tenant_jws.h"


static char                token[2 * AUTH_TENANT_MAX_TOKEN];
static auth_tenant_jws_t   jws;


static auth_tenant_verdict_e
parse_bytes(const char *text, size_t len)
{
    static unsigned char  *copy;

    auth_tenant_str_t  s;

    /* kept until the next one: slices of it are looked at */

    free(copy);

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = copy;

    memset(&jws, 0xff, sizeof(jws));

    return auth_tenant_jws_parse(&jws, &s);
}


static auth_tenant_verdict_e
parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}


/* A token with this header ("'" stands for a quotation mark). */

static auth_tenant_verdict_e
header(const char *json)
{
    char    *copy;
    size_t   n;

    copy = mint_quotes(strcpy(malloc(strlen(json) + 1), json));
    n = mint_b64u(token, copy, strlen(copy));
    free(copy);

    strcpy(token + n, ".e30.AAAA");

    return parse(token);
}


#define GOOD_HEADER  "eyJhbGciOiJSUzI1NiJ9"


static void
test_parts(void)
{
    size_t  i;

    static const char *const  bad[] = {
        "", ".", "..", "...", "e30", GOOD_HEADER, GOOD_HEADER ".",
        GOOD_HEADER ".e30", GOOD_HEADER ".e30.", GOOD_HEADER "..AAAA",
        ".e30.AAAA", GOOD_HEADER ".e30.AAAA.", "." GOOD_HEADER ".e30.AAAA",
        GOOD_HEADER ".e30.AAAA.AAAA", GOOD_HEADER ".e30..AAAA",
        GOOD_HEADER ".AAAA.AAAA.AAAA.AAAA", GOOD_HEADER "....",
        "{\"payload\":\"e30\",\"signatures\":[]}",
        "Bearer " GOOD_HEADER ".e30.AAAA", " " GOOD_HEADER ".e30.AAAA",
        GOOD_HEADER ".e30.AAAA ", GOOD_HEADER ".e30.AAAA\n",
        GOOD_HEADER ".e30.AAAA=", GOOD_HEADER "=.e30.AAAA",
        GOOD_HEADER ".e30=.AAAA"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is(parse(bad[i]), AUTH_TENANT_MALFORMED, "A2.2: \"%s\"", bad[i]);
    }

    is(parse(GOOD_HEADER ".e30.AAAA"), AUTH_TENANT_OK, "A2.2: three parts");
    is_str(&jws.input, GOOD_HEADER ".e30", "the signing input");
    is_str(&jws.payload, "e30", "the payload, encoded");
    is_str(&jws.signature, "AAAA", "the signature, encoded");
    is(jws.alg, AUTH_TENANT_RS256, "the algorithm");
    is_str(&jws.kid, NULL, "no kid");
    is_str(&jws.typ, NULL, "no typ");

    memset(token, '.', sizeof(token));
    is(parse_bytes(token, AUTH_TENANT_MAX_TOKEN), AUTH_TENANT_MALFORMED,
       "A2.2: CVE-2025-30204: nothing but dots");
}


static void
test_bytes(void)
{
    char      text[64];
    size_t    place, len, wrong, accepted;
    unsigned  ch;

    static const char    good[] = GOOD_HEADER ".AAAA.AAAA";
    static const size_t  places[] = { 22, 24, 26, 28 };

    len = sizeof(good) - 1;

    for (place = 0; place < 4; place++) {
        wrong = accepted = 0;

        for (ch = 0; ch < 256; ch++) {
            memcpy(text, good, sizeof(good));
            text[places[place]] = (char) ch;

            if (parse_bytes(text, len) == AUTH_TENANT_OK) {
                accepted++;
                wrong += !(ch < 0x80
                           && (strchr("-_", (int) ch) != NULL
                               || (ch >= '0' && ch <= '9')
                               || (ch >= 'a' && ch <= 'z')
                               || (ch >= 'A' && ch <= 'Z')));
            }
        }

        ok(wrong == 0 && accepted == 64,
           "A2.1: 64 characters and no others at %zu", places[place]);
    }
}


static void
test_sizes(void)
{
    size_t  n;
    char    json[2048];

    /* the longest header: 2048 characters are 1536 bytes */

    n = (size_t) sprintf(json, "{\"alg\":\"RS256\"");
    memset(json + n, ' ', sizeof(json) - n);
    json[1535] = '}';

    n = mint_b64u(token, json, 1536);
    strcpy(token + n, ".e30.AAAA");
    is(n, AUTH_TENANT_MAX_HEADER, "a header of 2048 characters");
    is(parse(token), AUTH_TENANT_OK, "A2.4: is read");

    json[1535] = ' ';
    json[1536] = '}';
    n = mint_b64u(token, json, 1537);
    strcpy(token + n, ".e30.AAAA");
    is(parse(token), AUTH_TENANT_MALFORMED, "A2.4: a longer one is not");

    strcpy(token, GOOD_HEADER ".e30.");
    n = strlen(token);
    memset(token + n, 'A', sizeof(token) - n);
    is(parse_bytes(token, AUTH_TENANT_MAX_TOKEN), AUTH_TENANT_OK,
       "A2.4: a token of 65536 bytes");
    is(parse_bytes(token, AUTH_TENANT_MAX_TOKEN + 1), AUTH_TENANT_MALFORMED,
       "A2.4: a longer one");
}


static void
test_header_json(void)
{
    size_t  i;

    static const char *const  bad[] = {
        "[]", "'RS256'", "null", "{'alg':'RS256'", "{'alg':'RS256'}}",
        "{'alg':'RS256'} x", "{'alg':'RS256','alg':'RS256'}",
        "{'alg':'RS256','\\u0061lg':'HS256'}", "\xef\xbb\xbf{'alg':'RS256'}",
        "{'alg':'RS256','x':[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",
        "{'alg':'RS256','x':'\xff'}", "{'alg':'RS256','x':'\\u0000'}"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is(header(bad[i]), AUTH_TENANT_MALFORMED, "A2.5, A2.6: %s", bad[i]);
    }

    is(parse("eyJhbGciOiJSUzI1NiJ.e30.AAAA"), AUTH_TENANT_MALFORMED,
       "A2.3: a header cut off");
    is(parse("eyJhbGciOiJSUzI1NiJ9A.e30.AAAA"), AUTH_TENANT_MALFORMED,
       "A2.3: a header of an impossible length");
    is(parse("eyJhbGciOiJSUzI1NiIgfR.e30.AAAA"), AUTH_TENANT_MALFORMED,
       "A2.3: a header with unused bits");

    is(header("{ 'typ' : 'JWT' ,\r\n 'alg' : 'RS256' }"), AUTH_TENANT_OK,
       "white space");
    is(header("{'alg':'RS256','x5t':'AQAB','nonce':7,'future':{'a':[]}}"),
       AUTH_TENANT_OK, "RFC 7515 section 4: unknown members are ignored");
    is(header("{'alg':'RS256','CRIT':[],'Jwk':1}"), AUTH_TENANT_OK,
       "names are compared with case");
}


static void
test_refused_members(void)
{
    size_t  i, k, wrong;
    char    json[256];

    static const struct {
        const char   *name;
        const char   *id;
    } members[] = {
        { "crit", "A3.6" }, { "b64", "A3.7" }, { "jwk", "A3.5" },
        { "jku", "A3.5" }, { "x5u", "A3.5" }, { "x5c", "A3.5" },
        { "zip", "A5.4" }, { "enc", "A5.1" }, { "cty", "A3.9" }
    };

    static const char *const  values[] = {
        "null", "true", "false", "0", "''", "'JWT'", "[]", "['exp']",
        "['b64']", "{}", "{'kty':'oct','k':'AAAA'}",
        "'https://attacker.example/jwks'"
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        wrong = 0;

        for (k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            snprintf(json, sizeof(json), "{'alg':'RS256','%s':%s}",
                     members[i].name, values[k]);
            wrong += (header(json) != AUTH_TENANT_MALFORMED);
            snprintf(json, sizeof(json), "{'%s':%s,'alg':'RS256'}",
                     members[i].name, values[k]);
            wrong += (header(json) != AUTH_TENANT_MALFORMED);
        }

        is(wrong, 0, "%s: %s is refused, whatever it says", members[i].id,
           members[i].name);
    }

    is(header("{'alg':'RS256','\\u0063rit':['x']}"), AUTH_TENANT_MALFORMED,
       "A3.6: crit, escaped");
}


static void
test_alg(void)
{
    size_t    i;
    unsigned  alg;
    char      json[64];

    static const char *const  bad[] = {
        "{}", "{'typ':'JWT'}", "{'alg':null}", "{'alg':256}", "{'alg':true}",
        "{'alg':['RS256']}", "{'alg':{}}", "{'alg':''}", "{'alg':'none'}",
        "{'alg':'None'}", "{'alg':'NONE'}", "{'alg':'nOnE'}",
        "{'alg':'rs256'}", "{'alg':'RS256 '}", "{'alg':'RS255'}",
        "{'alg':'RSA1_5'}", "{'alg':'dir'}", "{'alg':'ES256K'}",
        "{'ALG':'RS256'}"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is(header(bad[i]), AUTH_TENANT_BAD_ALGORITHM, "A3.1, A3.2: %s",
           bad[i]);
        is(jws.alg, AUTH_TENANT_ALG_UNKNOWN, "A3.11: no algorithm is left");
    }

    is(parse("eyJhbGciOiJub25lIn0."
             "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9le"
             "GFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."),
       AUTH_TENANT_MALFORMED, "A3.2: RFC 7515 A.5, unsecured");

    for (alg = 1; alg < AUTH_TENANT_NALGS; alg++) {
        snprintf(json, sizeof(json), "{'alg':'%s'}",
                 auth_tenant_alg_name(alg));
        ok(header(json) == AUTH_TENANT_OK && jws.alg == alg, "%s",
           auth_tenant_alg_name(alg));
    }
}


static void
test_kid_and_typ(void)
{
    size_t  n;
    char    json[512], text[300];

    is(header("{'alg':'RS256','kid':'k\\u00e9y','typ':'JWT'}"),
       AUTH_TENANT_OK, "kid and typ");
    is_str(&jws.kid, "k\xc3\xa9y", "the kid");
    is_str(&jws.typ, "JWT", "the typ");

    is(header("{'alg':'RS256','kid':'','typ':''}"), AUTH_TENANT_OK,
       "both empty");
    is_str(&jws.kid, "", "an empty kid is one");
    is_str(&jws.typ, "", "an empty typ is one");

    is(header("{'alg':'RS256','kid':7}"), AUTH_TENANT_MALFORMED,
       "A3.8: a kid that is a number");
    is(header("{'alg':'RS256','kid':null}"), AUTH_TENANT_MALFORMED,
       "A3.8: a kid that is null");
    is(header("{'alg':'RS256','kid':['a']}"), AUTH_TENANT_MALFORMED,
       "A3.8: a kid that is an array");
    is(header("{'alg':'RS256','typ':7}"), AUTH_TENANT_MALFORMED,
       "A3.9: a typ that is a number");
    is(header("{'alg':'RS256','typ':null}"), AUTH_TENANT_MALFORMED,
       "A3.9: a typ that is null");

    for (n = 256; n <= 257; n++) {
        memset(text, 'k', n);
        text[n] = '\0';
        snprintf(json, sizeof(json), "{'alg':'RS256','kid':'%s'}", text);
        is(header(json), n == 256 ? AUTH_TENANT_OK : AUTH_TENANT_MALFORMED,
           "A2.4: a kid of %zu bytes", n);
    }

    for (n = 64; n <= 65; n++) {
        memset(text, 't', n);
        text[n] = '\0';
        snprintf(json, sizeof(json), "{'alg':'RS256','typ':'%s'}", text);
        is(header(json), n == 64 ? AUTH_TENANT_OK : AUTH_TENANT_MALFORMED,
           "A2.4: a typ of %zu bytes", n);
    }
}


static auth_tenant_verdict_e
accept(const char *typ, auth_tenant_algs_t algs, const char *one,
    const char *two)
{
    char                json[128];
    auth_tenant_str_t   types[2];

    snprintf(json, sizeof(json), typ ? "{'alg':'RS256','typ':'%s'}"
                                     : "{'alg':'RS256'%s}", typ ? typ : "");

    if (header(json) != AUTH_TENANT_OK) {
        return AUTH_TENANT_ERROR;
    }

    types[0] = str(one ? one : "");
    types[1] = str(two ? two : "");

    return auth_tenant_jws_accept(&jws, algs, types,
                                  (size_t) (one != NULL) + (two != NULL));
}


static void
test_accept(void)
{
    size_t  i;

    static const char *const  foreign[] = {
        "at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt",
        "dpop+jwt", "JW", "JWTS", " JWT", "", "application/",
        "application/JWT/x", "text/JWT", "absent", "JOSE", "application",
        "application/application/JWT"
    };

    is(accept("JWT", bit(RS256), "JWT", "absent"), AUTH_TENANT_OK, "JWT");
    is(accept("JWT", bit(ES256) | bit(RS512), "JWT", "absent"),
       AUTH_TENANT_BAD_ALGORITHM, "A3.1: an algorithm that isn't accepted");
    is(accept("JWT", 0, "JWT", "absent"), AUTH_TENANT_BAD_ALGORITHM,
       "A3.1: none is accepted");

    is(accept("jwt", bit(RS256), "JWT", NULL), AUTH_TENANT_OK,
       "A3.9: without case");
    is(accept("JWT", bit(RS256), "jwt", NULL), AUTH_TENANT_OK,
       "A3.9: without case, the other way");
    is(accept("application/jwt", bit(RS256), "JWT", NULL), AUTH_TENANT_OK,
       "A3.9: with application/");
    is(accept("APPLICATION/jwt", bit(RS256), "JWT", NULL), AUTH_TENANT_OK,
       "A3.9: with application/ in upper case");
    is(accept("jwt", bit(RS256), "application/JWT", NULL), AUTH_TENANT_OK,
       "A3.9: with application/ in the configuration");
    is(accept("a@b[`{", bit(RS256), "A@B[`{", NULL), AUTH_TENANT_OK,
       "A3.9: letters have case");
    is(accept("a@b[`{", bit(RS256), "a`b{@[", NULL), AUTH_TENANT_BAD_TYPE,
       "A3.9: nothing else has");

    is(accept(NULL, bit(RS256), "JWT", "absent"), AUTH_TENANT_OK,
       "A3.9: absent");
    is(accept(NULL, bit(RS256), "JWT", NULL), AUTH_TENANT_BAD_TYPE,
       "A3.9: absent, where it must be there");
    is(accept("JWT", bit(RS256), "absent", NULL), AUTH_TENANT_BAD_TYPE,
       "A3.9: there, where it must be absent");
    is(accept("JWT", bit(RS256), NULL, NULL), AUTH_TENANT_BAD_TYPE,
       "A3.9: no type is accepted");
    is(accept(NULL, bit(RS256), NULL, NULL), AUTH_TENANT_BAD_TYPE,
       "A3.9: not even none");
    is(accept("", bit(RS256), "", "JWT"), AUTH_TENANT_BAD_TYPE,
       "A3.9: an empty type is none that can be accepted");
    is(accept("at+jwt", bit(RS256), "JWT", "at+jwt"), AUTH_TENANT_OK,
       "A3.9: the second one");

    for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        is(accept(foreign[i], bit(RS256), "JWT", "absent"),
           AUTH_TENANT_BAD_TYPE, "A3.9: typ \"%s\"", foreign[i]);
    }
}


/* The payload `encoded`, decoded into `size` bytes and none more. */

static auth_tenant_verdict_e
payload(const char *encoded, size_t len, size_t size, auth_tenant_str_t *text)
{
    unsigned char          *dst;
    auth_tenant_verdict_e   rc;

    static unsigned char  kept[AUTH_TENANT_MAX_PAYLOAD + 16];

    jws.payload.len = len;
    jws.payload.data = (const unsigned char *) encoded;

    dst = malloc(size ? size : 1);
    text->data = NULL;
    text->len = 0;

    rc = auth_tenant_jws_payload(&jws, dst, size, text);

    if (rc == AUTH_TENANT_OK) {
        memcpy(kept, dst, text->len);
        text->data = kept;
    }

    free(dst);

    return rc;
}


static void
test_payload(void)
{
    auth_tenant_str_t  text;

    is(payload("Zm9vYg", 6, 4, &text), AUTH_TENANT_OK, "room to the byte");
    is_str(&text, "foob", "the payload, decoded");
    is(payload("Zm9vYg", 6, 3, &text), AUTH_TENANT_MALFORMED,
       "A2.4: no room, four bytes");
    is(payload("Zm9vYmE", 7, 5, &text), AUTH_TENANT_OK, "five bytes");
    is(payload("Zm9vYmE", 7, 4, &text), AUTH_TENANT_MALFORMED,
       "A2.4: no room, five bytes");
    is(payload("Zm9vYmFy", 8, 6, &text), AUTH_TENANT_OK, "six bytes");
    is(payload("Zm9vYmFy", 8, 5, &text), AUTH_TENANT_MALFORMED,
       "A2.4: no room, six bytes");
    is(payload("Zm9vYh", 6, 100, &text), AUTH_TENANT_MALFORMED,
       "A2.3: unused bits");
    is(payload("Zm9vY", 5, 100, &text), AUTH_TENANT_MALFORMED,
       "A2.3: an impossible length");

    memset(token, 'A', sizeof(token));
    is(payload(token, 21846, 65536, &text), AUTH_TENANT_OK,
       "A2.4: a payload of 16384 bytes");
    is(text.len, AUTH_TENANT_MAX_PAYLOAD, "its length");
    is(payload(token, 21847, 65536, &text), AUTH_TENANT_MALFORMED,
       "A2.4: a payload of 16385 bytes");
}


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

    test_parts();
    test_bytes();
    test_sizes();
    test_header_json();
    test_refused_members();
    test_alg();
    test_kid_and_typ();
    test_accept();
    test_payload();

    for (i = 0; i < MINT_NALGS; i++) {
        test_verify(mint_algs[i].alg, mint_algs[i].kind);
    }

    test_confusion();
    test_signature_encoding();
    test_rfc7515();
    parse("");

    return done();
}

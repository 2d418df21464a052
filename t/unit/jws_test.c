
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Tokens: three parts, and a header that says nothing strange.
 */


#include "tokens.h"


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

    is(accept("application/a/b", bit(RS256), "a/b", NULL),
       AUTH_TENANT_BAD_TYPE, "A3.9: application/ before two words stays");
    is(accept("application/a/b", bit(RS256), "APPLICATION/a/b", NULL),
       AUTH_TENANT_OK, "A3.9: and is compared like the rest");

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


int
main(void)
{
    test_parts();
    test_bytes();
    test_sizes();
    test_header_json();
    test_refused_members();
    test_alg();
    test_kid_and_typ();
    test_accept();
    test_payload();
    parse("");

    return done();
}

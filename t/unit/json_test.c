
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Strict JSON.
 */


#include <stdlib.h>

#include "tap.h"
#include "auth_tenant_json.h"


/*
 * Parses a copy without a byte to spare, so that ASan sees every overrun.  1
 * for an object, 0 if the text is refused, -2 if memory is said to be short.
 */

static int
parses_bytes(const char *text, size_t len)
{
    int                     rc;
    char                   *copy;
    json_t                 *json;
    auth_tenant_str_t       s;
    auth_tenant_verdict_e   verdict;

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = (unsigned char *) copy;

    json = auth_tenant_json_parse(&s, &verdict);
    rc = (json != NULL);

    if (json == NULL && verdict != AUTH_TENANT_MALFORMED) {
        rc = (verdict == AUTH_TENANT_ERROR) ? -2 : -3;
    }

    if (json != NULL && !json_is_object(json)) {
        rc = -1;
    }

    json_decref(json);
    free(copy);

    return rc;
}


static int
parses(const char *text)
{
    return parses_bytes(text, strlen(text));
}


/* `n` levels: {"a":{"a": ... }}, or arrays inside one object. */

static int
parses_nested(unsigned n, const char *open, const char *innermost, char close)
{
    int       rc;
    char     *text, *p;
    unsigned  i;

    text = malloc(8 * n + 16);
    p = text;

    for (i = 0; i < n; i++) {
        p += sprintf(p, "%s", (i == 0) ? "{\"a\":" : open);
    }

    p += sprintf(p, "%s", innermost);

    for (i = n; i > 0; i--) {
        *p++ = (i == 1) ? '}' : close;
    }

    *p = '\0';
    rc = parses(text);
    free(text);

    return rc;
}


/* A container with `n` members or elements, inside `prefix` and `suffix`. */

static int
parses_wide(unsigned n, const char *prefix, int members, const char *suffix)
{
    int       rc;
    char     *text, *p;
    unsigned  i;

    text = malloc(16 * n + 256);
    p = text + sprintf(text, "%s", prefix);

    for (i = 0; i < n; i++) {
        p += members ? sprintf(p, "%s\"%u\":0", i ? "," : "", i)
                     : sprintf(p, "%s%u", i ? "," : "", i % 10);
    }

    sprintf(p, "%s", suffix);
    rc = parses(text);
    free(text);

    return rc;
}


static void
test_structure(void)
{
    ok(parses("{}"), "an empty object");
    ok(parses(" \t\r\n{ \"a\" : [ 1 , { } , \"b\" ] } \n"), "white space");
    ok(parses("{\"a\":null,\"b\":true,\"c\":false,\"d\":-1.5e3}"),
       "every type");

    ok(!parses(""), "A2.6: nothing");
    ok(!parses("   "), "A2.6: white space only");
    ok(!parses("[]"), "A2.6: an array on top");
    ok(!parses("{\"a\" \"b\":1}"), "A2.6: no colon");
    ok(!parses("{\"a\":1 \"b\":1}"), "A2.6: no comma");
    ok(!parses("[{}]"), "A2.6: an object in an array on top");
    ok(!parses("\"a\""), "A2.6: a string on top");
    ok(!parses("123"), "A2.6: a number on top");
    ok(!parses("null"), "A2.6: null on top");
    ok(!parses("true"), "A2.6: true on top");

    ok(!parses("{}{}"), "A2.6: a second object behind");
    ok(!parses("{}x"), "A2.6: a trailing byte");
    ok(!parses("{},"), "A2.6: a trailing comma");
    ok(!parses_bytes("{}\0", 3), "A2.6: a trailing NUL");
    ok(!parses_bytes("123\0", 4), "A2.6: a number and a NUL");
    ok(!parses_bytes("{\0}", 3), "A2.6: a NUL inside");
    ok(!parses("\xef\xbb\xbf{}"), "A2.6: a byte order mark");
    ok(!parses_bytes("{\0\"\0a\0\"\0:\0" "1\0}\0", 14), "A2.8: UTF-16");

    ok(!parses("{"), "an open object");
    ok(!parses("}"), "a closing brace only");
    ok(!parses("{\"a\":1"), "an object cut off");
    ok(!parses("{\"a\":[1}"), "an array closed as an object");
    ok(!parses("{\"a\":[1]"), "an object left open");
    ok(!parses("{\"a\":1]"), "an object closed as an array");
    ok(!parses("{\"a\":1}}"), "closed once too often");
    ok(!parses(","), "a comma on top");
    ok(!parses("{\"a\":1,}"), "a comma before the end");
    ok(!parses("{'a':1}"), "other quotation marks");
    ok(!parses("{\"a\":1/*c*/}"), "a comment");
    ok(!parses("{a:1}"), "a name without quotation marks");
    ok(!parses("{\"a\":\"b}"), "a string cut off");
    ok(!parses("{\"a\":\"b\\"), "a string cut off after a backslash");
    ok(!parses("{\"a\":\"b\\\"}"), "a string whose quotation mark is escaped");
}


static void
test_limits(void)
{
    char  text[64];

    ok(parses_nested(16, "{\"a\":", "1", '}'), "A2.7: 16 objects");
    ok(!parses_nested(17, "{\"a\":", "1", '}'), "A2.7: 17 objects");
    ok(parses_nested(16, "[", "1", ']'), "A2.7: 15 arrays in an object");
    ok(!parses_nested(17, "[", "1", ']'), "A2.7: 16 arrays in an object");
    ok(parses_nested(15, "[", "{},{},[],[]", ']'),
       "A2.7: depth is counted down again");
    ok(!parses_nested(2000, "[", "1", ']'), "A2.7: 2000 levels");
    ok(!parses_nested(100000, "[", "1", ']'), "A2.7: 100000 levels");
    ok(!parses_nested(17, "[", "", ']'), "A2.7: 17 levels, all empty");

    ok(parses_wide(256, "{", 1, "}"), "A2.7: 256 members");
    ok(!parses_wide(257, "{", 1, "}"), "A2.7: 257 members");
    ok(parses_wide(256, "{\"a\":[", 0, "]}"), "A2.7: 256 elements");
    ok(!parses_wide(257, "{\"a\":[", 0, "]}"), "A2.7: 257 elements");
    ok(parses_wide(255, "{\"a\":[[1,2,3],{\"b\":1,\"c\":2},", 0, "]}") == 0,
       "A2.7: 257 elements, of which two are containers");
    ok(parses_wide(254, "{\"a\":[[1,2,3],{\"b\":1,\"c\":2},", 0, "]}"),
       "A2.7: each container is counted for itself");
    ok(parses_wide(200, "{\"a\":[1],\"b\":[", 0, "],\"c\":[2,3]}"),
       "A2.7: a container's count ends with it");

    ok(parses("{\"[[[[[[[[[[[[[[[[[[[[\":\"{{{{{{{{{{{{{{{{{{{{\"}"),
       "A2.7: brackets in strings are none");
    ok(parses("{\"a\":\"]}]}\\\"]}\\\\\",\"b\":\"\\\\\"}"),
       "A2.7: escaped quotation marks and backslashes in strings");
    ok(!parses_wide(257, "{\"\\\\\":[", 0, "]}"),
       "A2.7: a string that ends with a backslash ends");
    ok(!parses_nested(17, "{\"\\\"\":", "1", '}'),
       "A2.7: a string with an escaped quotation mark ends");

    memset(text, ',', sizeof(text));
    ok(!parses_bytes(text, sizeof(text)), "A2.7: nothing but commas");
}


static void
test_names(void)
{
    ok(!parses("{\"a\":1,\"a\":1}"), "A2.5: a name twice");
    ok(!parses("{\"a\":1,\"b\":2,\"a\":3}"), "A2.5: a name twice, apart");
    ok(!parses("{\"a\":1,\"\\u0061\":2}"), "A2.5: a name twice, escaped");
    ok(!parses("{\"x\":{\"y\":[{\"a\":1,\"a\":2}]}}"),
       "A2.5: a name twice, deep down");
    ok(parses("{\"a\":1,\"A\":2,\"b\":{\"a\":3}}"),
       "A2.5: other case or another object is another name");
    ok(parses("{\"\":1}"), "an empty name");
}


static void
test_strings(void)
{
    ok(parses("{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"),
       "A2.8: UTF-8 of two, three and four bytes");
    ok(parses("{\"a\":\"\\ud83d\\ude00\"}"), "A2.8: a surrogate pair");

    ok(!parses("{\"a\":\"\xc0\xaf\"}"), "A2.8: overlong, two bytes");
    ok(!parses("{\"a\":\"\xe0\x80\xaf\"}"), "A2.8: overlong, three bytes");
    ok(!parses("{\"a\":\"\xed\xa0\x80\"}"), "A2.8: a surrogate in UTF-8");
    ok(!parses("{\"a\":\"\xf4\x90\x80\x80\"}"), "A2.8: beyond U+10FFFF");
    ok(!parses("{\"a\":\"\xff\"}"), "A2.8: no UTF-8 at all");
    ok(!parses("{\"a\":\"\xc3\"}"), "A2.8: a sequence cut off");
    ok(!parses("{\"\xc3\":1}"), "A2.8: in a name, too");
    ok(!parses("{\"a\":\"\\ud800\"}"), "A2.8: a lone high surrogate");
    ok(!parses("{\"a\":\"\\udc00\"}"), "A2.8: a lone low surrogate");
    ok(!parses("{\"a\":\"\\u0000\"}"), "A2.8: an escaped NUL");
    ok(!parses("{\"\\u0000\":1}"), "A2.8: an escaped NUL in a name");

    ok(!parses("{\"a\":\"b\nc\"}"), "A2.11: a raw line feed");
    ok(!parses("{\"a\":\"b\x01\"}"), "A2.11: a raw control character");
    ok(parses("{\"a\":\"b\\nc\"}"),
       "A2.11: an escaped one passes here; names are judged elsewhere");
    ok(!parses("{\"a\":\"\\x41\"}"), "an unknown escape");
    ok(!parses("{\"a\":\"\\u\"}"), "an escape without digits");
    ok(!parses("{\"a\":\"caf\\u00e\"}"), "an escape with three digits");
    ok(!parses("{\"\\u00e\":1}"), "in a name, too");
    ok(parses("{\"a\":\"\\u00e9\"}"), "an escape with four digits");
}


static void
test_numbers(void)
{
    ok(parses("{\"a\":9223372036854775807}"), "A2.9: 2^63 - 1");
    ok(!parses("{\"a\":9223372036854775808}"), "A2.9: 2^63");
    ok(parses("{\"a\":-9223372036854775808}"), "A2.9: -2^63");
    ok(!parses("{\"a\":-9223372036854775809}"), "A2.9: below -2^63");
    ok(parses("{\"a\":1e300}"),
       "A2.9: 1e300 is a double; range-check before a cast");
    ok(!parses("{\"a\":1e400}"), "A2.9: 1e400");
    ok(!parses("{\"a\":-1e400}"), "A2.9: -1e400");
    ok(!parses("{\"a\":NaN}"), "A2.9: NaN");
    ok(!parses("{\"a\":Infinity}"), "A2.9: Infinity");
    ok(!parses("{\"a\":01}"), "A2.9: a leading zero");
    ok(!parses("{\"a\":+1}"), "A2.9: a plus sign");
    ok(!parses("{\"a\":.5}"), "A2.9: no digit before the point");
    ok(!parses("{\"a\":0x10}"), "A2.9: hexadecimal");
}


static void
test_string_member(void)
{
    json_t                 *json;
    auth_tenant_str_t       value;
    auth_tenant_verdict_e   verdict;

    value = str("{\"s\":\"text\",\"e\":\"\",\"n\":1,\"z\":null}");
    json = auth_tenant_json_parse(&value, &verdict);

    is(auth_tenant_json_string(json, "s", &value), 1, "a string member");
    is_str(&value, "text", "its value");

    is(auth_tenant_json_string(json, "e", &value), 1, "an empty string");
    is_str(&value, "", "its value is there, and empty");

    is(auth_tenant_json_string(json, "x", &value), 0, "an absent member");
    is(auth_tenant_json_string(json, "n", &value), -1,
       "A2.10: a number is no string");
    is(auth_tenant_json_string(json, "z", &value), -1,
       "A2.10: null is no string");

    json_decref(json);

    is(auth_tenant_json_string(NULL, "s", &value), 0, "no object at all");
}


/* jansson without memory: no object, and nothing lost. */

static unsigned  allocations;
static unsigned  failing;
static unsigned  last;
static long      outstanding;


static void *
failing_malloc(size_t size)
{
    allocations++;

    if (allocations >= failing && allocations <= last) {
        return NULL;
    }

    outstanding++;

    return malloc(size);
}


static void
counting_free(void *p)
{
    outstanding -= (p != NULL);
    free(p);
}


static void
run_short(const char *text, int all)
{
    unsigned  parsed, blamed;

    json_set_alloc_funcs(failing_malloc, counting_free);

    parsed = 0;
    blamed = 0;
    outstanding = 0;

    for (failing = 1; ; failing++) {
        allocations = 0;
        last = all ? 100000 : failing;

        switch (parses(text)) {

        case 1:
            parsed++;
            break;

        case -2:
            break;

        default:
            blamed++;
        }

        if (allocations < failing) {
            break;
        }
    }

    json_set_alloc_funcs(malloc, free);

    ok(failing > 10, "E17: %s failed once", all ? "all from each allocation on"
                                                : "every allocation");
    is(parsed, 1, "E17: only the run without a failure gave an object");
    is(blamed, 0, "E17: the text was never at fault");
    is(outstanding, 0, "E17: nothing is lost");
}


static void
test_memory(void)
{
    char  longer[3000];

    static const char  text[] =
        "{\"a\":[1,\"\",3, \"x\\\"\" , \"y\",{\"b\" : \"c\",\"d\":null},"
        "\"\\\\ud\",\"\\\\\\\\u\",\"\\u00e9\"],"
        "\"e\":1.5,\"\\u00e9\":{\"g\":[true,-1e-9]}}";

    run_short(text, 0);
    run_short(text, 1);

    /* jansson's buffer has to grow */

    snprintf(longer, sizeof(longer), "{\"a\":\"%02000d\",\"b\":[\"c\"]}", 7);
    run_short(longer, 0);
    run_short(longer, 1);
}


int
main(void)
{
    test_structure();
    test_limits();
    test_names();
    test_strings();
    test_numbers();
    test_string_member();
    test_memory();

    return done();
}

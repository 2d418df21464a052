
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * JSON to the flat form: one rule a line, and what a text becomes.
 */


#include "tap.h"
#include "scan.h"


#define bytes(text)  text, sizeof(text) - 1


static void
test_forms(void)
{
    size_t  i;

    static const struct {
        const char  *json;
        const char  *form;
        size_t       len;
    } cases[] = {
        { "{}",                  bytes("") },
        { " \t\r\n{ \n } \t\r\n", bytes("") },
        { "{'a':null}",          bytes("\0\1\0a") },
        { "{'a':false}",         bytes("\1\1\5afalse") },
        { "{'a':true}",          bytes("\2\1\4atrue") },
        { "{'a':'b'}",           bytes("\5\1\1ab") },
        { "{'':''}",             bytes("\5\0\0") },
        { "{'a':[]}",            bytes("\6\1\0a") },
        { "{'a':{}}",            bytes("\7\1\0a") },
        { "{'a':[1,'b',[{}]]}",  bytes("\6\1\12a\3\0011\5\1b\6\2\7\0") },
        { "{'a':{'b':{'c':2}}}", bytes("\7\1\11a\7\1\5b\3\1\1c2") },
        { " { 'b' : 1 , 'a' : [ 2 , { } ] } ",
          bytes("\3\1\1b1\6\1\5a\3\0012\7\0") },
        { "{'a'\n:\t'b'\r,'c':\n[\n]\n}", bytes("\5\1\1ab\6\1\0c") },

        { "{'a':0}",             bytes("\3\1\1a0") },
        { "{'a':-0}",            bytes("\3\1\1a0") },
        { "{'a':-1}",            bytes("\3\1\2a-1") },
        { "{'a':10}",            bytes("\3\1\2a10") },
        { "{'a':1000000000000000000}",
          bytes("\3\1\23a1000000000000000000") },
        { "{'a':9223372036854775807}",
          bytes("\3\1\23a9223372036854775807") },
        { "{'a':-9223372036854775808}",
          bytes("\3\1\24a-9223372036854775808") },

        { "{'a':0.0}",           bytes("\4\1\3a0.0") },
        { "{'a':-0.0}",          bytes("\4\1\4a-0.0") },
        { "{'a':1.50}",          bytes("\4\1\3a1.5") },
        { "{'a':0.1}",           bytes("\4\1\23a0.10000000000000001") },
        { "{'a':1e0}",           bytes("\4\1\3a1.0") },
        { "{'a':1E+2}",          bytes("\4\1\5a100.0") },
        { "{'a':0e-07}",         bytes("\4\1\3a0.0") },
        { "{'a':-0.00000095367431640625}",
          bytes("\4\1\23a-9.5367431640625e-7") },
        { "{'a':1e22}",          bytes("\4\1\4a1e22") },
        { "{'a':1e-400}",        bytes("\4\1\3a0.0") },
        { "{'a':100000000000000000000.0}", bytes("\4\1\4a1e20") },
        { "{'a':0.30000000000000000000000000000000001}",
          bytes("\4\1\23a0.29999999999999999") },

        { "{'a':'\\'\\\\\\/\\b\\f\\n\\r\\t'}",
          bytes("\5\1\10a\"\\/\b\f\n\r\t") },
        { "{'a':'\\u0041\\u00E9\\u20aC\\uD83D\\ude00'}",
          bytes("\5\1\12aA\303\251\342\202\254\360\237\230\200") },
        { "{'a':'\\ud800\\udc00\\udbff\\udfff'}",
          bytes("\5\1\10a\360\220\200\200\364\217\277\277") },
        { "{'a':'\\u0001\\u007f\\u0080\\u07ff\\u0800\\ud7ff\\ue000\\uffff'}",
          bytes("\5\1\22a\1\177\302\200\337\277\340\240\200\355\237\277"
                "\356\200\200\357\277\277") },
        { "{'a':'\303\251\342\202\254\360\237\230\200\177'}",
          bytes("\5\1\12a\303\251\342\202\254\360\237\230\200\177") },
        { "{'\\u0061b':'12345678\\n12345678'}",
          bytes("\5\2\21ab12345678\n12345678") },
        { "{'a':'{}[],:/*'}",    bytes("\5\1\10a{}[],:/*") },

        { "{'a':{'b':1},'b':1}", bytes("\7\1\5a\3\1\1b1\3\1\1b1") },
        { "{'a':1,'A':2,'aa':3}",
          bytes("\3\1\1a1\3\1\1A2\3\2\1aa3") }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is(scan_text(cases[i].json), cases[i].len, "text %zu: length", i);
        ok(memcmp(scan_form, cases[i].form, cases[i].len) == 0,
           "text %zu: form", i);
    }
}


static void
test_refused(void)
{
    size_t  i;

    static const struct {
        const char  *json;
        size_t       len;
        const char  *name;
    } cases[] = {
        { bytes(""),                "A2.6: nothing" },
        { bytes(" \t\r\n"),         "A2.6: white space only" },
        { bytes("[]"),              "A2.6: an array on top" },
        { bytes("['a':1}"),         "A2.6: an object opened as an array" },
        { bytes("'a'"),             "A2.6: a string on top" },
        { bytes("1"),               "A2.6: a number on top" },
        { bytes("null"),            "A2.6: null on top" },
        { bytes("{}{}"),            "A2.6: a second object behind" },
        { bytes("{}x"),             "A2.6: a trailing byte" },
        { bytes("{} ,"),            "A2.6: a trailing comma" },
        { bytes("{}\0"),            "A2.6: a trailing NUL" },
        { bytes("\0{}"),            "A2.6: a NUL before" },
        { bytes("{\0}"),            "A2.6: a NUL inside" },
        { bytes("\357\273\277{}"),  "A2.6: a byte order mark" },
        { bytes("{\0'\0a\0'\0:\0" "1\0}\0"), "A2.8: UTF-16" },
        { bytes("{\f}"),            "A2.6: a form feed is no white space" },
        { bytes("{\v}"),            "A2.6: nor a vertical tab" },
        { bytes("{\302\240}"),      "A2.6: nor U+00A0" },

        { bytes("{"),               "an open object" },
        { bytes("{'a'"),            "cut off behind a name" },
        { bytes("{'a':"),           "cut off behind the colon" },
        { bytes("{'a':1"),          "cut off behind a value" },
        { bytes("{'a':1,"),         "cut off behind a comma" },
        { bytes("{'a':[1,2"),       "cut off in an array" },
        { bytes("{'a':{'b':1}"),    "cut off behind an object" },
        { bytes("{'a':[1}"),        "an array closed as an object" },
        { bytes("{'a':1]"),         "an object closed as an array" },
        { bytes("{'a':1}}"),        "closed once too often" },
        { bytes("{'a':1]}"),        "an array closed that is not open" },
        { bytes("{'a' 1}"),         "no colon" },
        { bytes("{'a'::1}"),        "two colons" },
        { bytes("{'a',1}"),         "a comma for a colon" },
        { bytes("{'a':1 'b':1}"),   "no comma" },
        { bytes("{'a':[1 2]}"),     "no comma in an array" },
        { bytes("{'a':1,}"),        "a comma before the end" },
        { bytes("{,'a':1}"),        "a comma at the beginning" },
        { bytes("{'a':[1,]}"),      "a comma before an array's end" },
        { bytes("{'a':[,1]}"),      "a comma at an array's beginning" },
        { bytes("{'a':1,,'b':1}"),  "two commas" },
        { bytes("{'a':}"),          "no value" },
        { bytes("{'a':/**/1}"),     "a comment" },
        { bytes("{a:1}"),           "a name without quotation marks" },
        { bytes("{a':1}"),          "a name without its first one" },
        { bytes("{1:1}"),           "a number for a name" },
        { bytes("{'a':'b''c'}"),    "two strings for a value" },

        { bytes("{'a':tru}"),       "true cut short" },
        { bytes("{'a':trux}"),      "true spelt otherwise" },
        { bytes("{'a':True}"),      "true in another case" },
        { bytes("{'a':truee}"),     "true with more behind it" },
        { bytes("{'a':t"),          "true cut off" },
        { bytes("{'a':fals}"),      "false cut short" },
        { bytes("{'a':nul}"),       "null cut short" },
        { bytes("{'a':nullnull}"),  "null twice" },

        { bytes("{'a':1,'a':1}"),   "A2.5: a name twice" },
        { bytes("{'a':1,'b':2,'c':3,'b':4}"), "A2.5: a name twice, apart" },
        { bytes("{'a':1,'\\u0061':2}"), "A2.5: a name twice, escaped" },
        { bytes("{'\303\251':1,'\\u00e9':2}"), "A2.5: not only in ASCII" },
        { bytes("{'':1,'':2}"),     "A2.5: the empty name twice" },
        { bytes("{'b':1,'x':{'y':[{'a':1,'a':2}]}}"),
          "A2.5: a name twice, deep down" },
        { bytes("{'a':1,'c':{'b':2},'a':3}"),
          "A2.5: a name twice, an object between" },

        { bytes("{'a':'b}"),        "a string cut off" },
        { bytes("{'a':'b\\"),       "a string cut off after a backslash" },
        { bytes("{'a':'b\\'}"),     "a quotation mark that is escaped" },
        { bytes("{'a"),             "a name cut off" },
        { bytes("{'a':'12345678901234567890"), "a long string cut off" },
        { bytes("{'a':'b\nc'}"),    "A2.11: a raw line feed" },
        { bytes("{'a':'b\tc'}"),    "A2.11: a raw tab" },
        { bytes("{'a':'\37'}"),     "A2.11: the last of the controls" },
        { bytes("{'a':'12345\0018901'}"), "A2.11: a control in the middle" },
        { bytes("{'a':'b\0'}"),     "A2.8: a raw NUL in a string" },
        { bytes("{'a\0':1}"),       "A2.8: a raw NUL in a name" },
        { bytes("{'a':'\\u0000'}"), "A2.8: an escaped NUL" },
        { bytes("{'\\u0000':1}"),   "A2.8: an escaped NUL in a name" },
        { bytes("{'a':'\\x41'}"),   "an unknown escape" },
        { bytes("{'a':'\\N'}"),     "an escape in another case" },
        { bytes("{'a':'\\U0041'}"), "\\u in another case" },
        { bytes("{'a':'\\0'}"),     "an octal escape" },
        { bytes("{'a':'\\u'}"),     "an escape without digits" },
        { bytes("{'a':'\\u00e'}"),  "an escape with three digits" },
        { bytes("{'a':'\\u00eg'}"), "an escape with a letter behind f" },
        { bytes("{'a':'\\u00e`'}"), "an escape with a byte before a" },
        { bytes("{'a':'\\u00e:'}"), "an escape with a byte behind 9" },
        { bytes("{'a':'\\u00e/'}"), "an escape with a byte before 0" },
        { bytes("{'a':'\\u+0e9'}"), "an escape with a sign" },
        { bytes("{'a':'\\u00"),     "an escape cut off" },
        { bytes("{'a':'\\ud800'}"), "A2.8: a lone high surrogate" },
        { bytes("{'a':'\\udc00'}"), "A2.8: a lone low surrogate" },
        { bytes("{'a':'\\udfff'}"), "A2.8: the last of them" },
        { bytes("{'a':'\\udbffx'}"), "A2.8: a byte behind a high surrogate" },
        { bytes("{'a':'\\ud800\\n\\udc00'}"), "A2.8: an escape between" },
        { bytes("{'a':'\\ud800xudc00'}"), "A2.8: no backslash between" },
        { bytes("{'a':'\\ud800\\xdc00'}"), "A2.8: no u between" },
        { bytes("{'a':'\\ud800\\ud800'}"), "A2.8: two high surrogates" },
        { bytes("{'a':'\\udc00\\ud800'}"), "A2.8: surrogates turned round" },
        { bytes("{'a':'\\ud800\\ue000'}"), "A2.8: a high one and U+E000" },
        { bytes("{'a':'\\ud800\\udc0'}"), "A2.8: half a low surrogate" },
        { bytes("{'a':'\\ud800\\udc0"), "A2.8: a low surrogate cut off" },
        { bytes("{'a':'\\ud800\\"), "A2.8: behind its backslash" },
        { bytes("{'a':'\\ud800"), "A2.8: and before it" },
        { bytes("{'a':'\300\257'}"), "A2.8: overlong, two bytes" },
        { bytes("{'a':'\340\200\257'}"), "A2.8: overlong, three bytes" },
        { bytes("{'a':'\360\200\200\257'}"), "A2.8: overlong, four bytes" },
        { bytes("{'a':'\355\240\200'}"), "A2.8: a surrogate in UTF-8" },
        { bytes("{'a':'\364\220\200\200'}"), "A2.8: beyond U+10FFFF" },
        { bytes("{'a':'\377'}"),    "A2.8: no UTF-8 at all" },
        { bytes("{'a':'\200'}"),    "A2.8: a byte that continues nothing" },
        { bytes("{'a':'\303'}"),    "A2.8: a sequence cut short" },
        { bytes("{'a':'\342\202"),  "A2.8: a sequence cut off" },
        { bytes("{'12345678\303':1}"), "A2.8: in a name, too" },

        { bytes("{'a':9223372036854775808}"), "A2.9: 2^63" },
        { bytes("{'a':-9223372036854775809}"), "A2.9: below -2^63" },
        { bytes("{'a':10000000000000000000}"), "A2.9: 20 digits" },
        { bytes("{'a':-10000000000000000000}"), "A2.9: and a sign" },
        { bytes("{'a':1e400}"),     "A2.9: beyond a double" },
        { bytes("{'a':-1e400}"),    "A2.9: below a double" },
        { bytes("{'a':NaN}"),       "A2.9: NaN" },
        { bytes("{'a':Infinity}"),  "A2.9: Infinity" },
        { bytes("{'a':-Infinity}"), "A2.9: -Infinity" },
        { bytes("{'a':01}"),        "A2.9: a leading zero" },
        { bytes("{'a':-01}"),       "A2.9: a leading zero behind a sign" },
        { bytes("{'a':00}"),        "A2.9: two zeros" },
        { bytes("{'a':01.5}"),      "A2.9: a leading zero in a fraction" },
        { bytes("{'a':+1}"),        "A2.9: a plus sign" },
        { bytes("{'a':-}"),         "A2.9: a sign alone" },
        { bytes("{'a':--1}"),       "A2.9: two signs" },
        { bytes("{'a':- 1}"),       "A2.9: a space behind the sign" },
        { bytes("{'a':.5}"),        "A2.9: no digit before the point" },
        { bytes("{'a':1.}"),        "A2.9: no digit behind the point" },
        { bytes("{'a':1.e5}"),      "A2.9: nor before the exponent" },
        { bytes("{'a':1.5.5}"),     "A2.9: two points" },
        { bytes("{'a':1e}"),        "A2.9: no digit in the exponent" },
        { bytes("{'a':1e+}"),       "A2.9: nor behind its sign" },
        { bytes("{'a':1e+-5}"),     "A2.9: two signs in the exponent" },
        { bytes("{'a':1e5.5}"),     "A2.9: a point in the exponent" },
        { bytes("{'a':0x10}"),      "A2.9: hexadecimal" },
        { bytes("{'a':1,5}"),       "A2.9: a decimal comma" },
        { bytes("{'a':-"),          "A2.9: cut off behind the sign" },
        { bytes("{'a':1"),          "A2.9: cut off behind a digit" },
        { bytes("{'a':1."),         "A2.9: cut off behind the point" },
        { bytes("{'a':1e"),         "A2.9: cut off in the exponent" },
        { bytes("{'a':1e-"),        "A2.9: cut off behind its sign" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is(scan_bytes(cases[i].json, cases[i].len), -1, "%s", cases[i].name);
    }
}


/* `n` times a text that counts, between two others. */

static long
scan_many(const char *before, const char *item, unsigned n, const char *after)
{
    long       rc;
    char      *text, *p;
    unsigned   i;

    text = malloc(strlen(before) + strlen(after) + n * 32 + 1);
    p = text + sprintf(text, "%s", before);

    for (i = 0; i < n; i++) {
        *p = ',';
        p += (i != 0);
        p += sprintf(p, item, i);
    }

    strcpy(p, after);

    rc = scan_text(text);
    free(text);

    return rc;
}


/* `n` containers in each other, the root among them. */

static long
scan_nested(unsigned n, const char *open, const char *inner, const char *close)
{
    char      text[4096];
    unsigned  i;

    strcpy(text, "{'a':");

    for (i = 1; i < n; i++) {
        strcat(text, open);
    }

    strcat(text, inner);

    for (i = 1; i < n; i++) {
        strcat(text, close);
    }

    strcat(text, "}");

    return scan_text(text);
}


static void
test_limits(void)
{
    ok(scan_many("{", "'%u':0", 256, "}") > 0, "A2.7: 256 members");
    is(scan_many("{", "'%u':0", 257, "}"), -1, "A2.7: 257 members");
    ok(scan_many("{'a':[{", "'%u':0", 256, "}]}") > 0,
       "A2.7: 256 members, deep down");
    is(scan_many("{'a':[{", "'%u':0", 257, "}]}"), -1,
       "A2.7: 257 members, deep down");
    ok(scan_many("{'a':[", "%u", 256, "]}") > 0, "A2.7: 256 elements");
    is(scan_many("{'a':[", "%u", 257, "]}"), -1, "A2.7: 257 elements");
    ok(scan_many("{'a':[[1,2,3],{'b':1,'c':2},", "%u", 254, "]}") > 0,
       "A2.7: each container is counted for itself");
    is(scan_many("{'a':[[1,2,3],{'b':1,'c':2},", "%u", 255, "]}"), -1,
       "A2.7: and is one element");
    is(scan_many("{", "'%u':0", 255, ",'17':1}"), -1,
       "A2.5: a name twice among 256");
    is(scan_many("{'17':1,", "'%u':0", 255, "}"), -1,
       "A2.5: whichever comes first");
    is(scan_many("{", "'k%03u':0", 255, ",'k000':1}"), -1,
       "A2.5: among 256 of one length");
    is(scan_many("{", "'k%03u':0", 255, ",'k254':1}"), -1,
       "A2.5: at the other end");
    ok(scan_many("{", "'k%03u':0", 255, ",'k255':1}") > 0,
       "A2.5: and 256 names of one length that differ");

    ok(scan_nested(16, "{'a':", "1", "}") > 0, "A2.7: 16 objects");
    is(scan_nested(17, "{'a':", "1", "}"), -1, "A2.7: 17 objects");
    ok(scan_nested(16, "[", "1", "]") > 0, "A2.7: 15 arrays in an object");
    is(scan_nested(17, "[", "1", "]"), -1, "A2.7: 16 arrays in an object");
    is(scan_nested(17, "[", "", "]"), -1, "A2.7: the last one empty");
    ok(scan_nested(15, "[", "[],{},[]", "]") > 0,
       "A2.7: depth is counted down again");
    is(scan_nested(1000, "[", "1", "]"), -1, "A2.7: 1000 levels");
}


int
main(void)
{
    test_forms();
    test_refused();
    test_limits();

    return done();
}

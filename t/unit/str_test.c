
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Names: what may become a header value, a log field or part of a host name.
 */


#include <stdlib.h>

#include "tap.h"


static int
valid(const char *data, size_t len)
{
    int                res;
    unsigned char     *copy;
    auth_tenant_str_t  name;

    /* a copy of the exact size lets AddressSanitizer see a read behind it */

    copy = malloc(len ? len : 1);
    memcpy(copy, data, len);

    name.data = copy;
    name.len = len;

    res = auth_tenant_name_valid(&name);

    free(copy);

    return res;
}


#define valid_text(text)  valid(text, sizeof(text) - 1)


static void
test_equal(void)
{
    auth_tenant_str_t  a, b, absent = { 0, NULL };

    a = str("maksym");
    b = str("maksym");
    ok(auth_tenant_str_eq(&a, &b), "A2.8: same bytes, other places: equal");

    b = str("maksyM");
    ok(!auth_tenant_str_eq(&a, &b), "A2.8: case differs: not equal");

    b = str("maksymo");
    ok(!auth_tenant_str_eq(&a, &b), "A2.8: a prefix is not equal");
    ok(!auth_tenant_str_eq(&b, &a), "A2.8: nor is the longer one");

    a.data = (const unsigned char *) "a\0b";
    a.len = 3;
    b.data = (const unsigned char *) "a\0c";
    b.len = 3;
    ok(!auth_tenant_str_eq(&a, &b), "A2.8: bytes behind a NUL count");

    b = str("");
    ok(auth_tenant_str_eq(&absent, &b), "absent and empty have no bytes");
    ok(!auth_tenant_str_eq(&absent, &a), "absent and a text differ");
}


static void
test_listed(void)
{
    auth_tenant_str_t  s, list[3];

    list[0] = str("acme");
    list[1] = str("globex");
    list[2] = str("initech");

    s = str("acme");
    ok(auth_tenant_str_listed(&s, list, 3), "the first of a list");
    s = str("initech");
    ok(auth_tenant_str_listed(&s, list, 3), "the last");
    ok(!auth_tenant_str_listed(&s, list, 2), "behind its end");
    s = str("Acme");
    ok(!auth_tenant_str_listed(&s, list, 3), "A2.8: none in another case");
    ok(!auth_tenant_str_listed(&s, NULL, 0), "nothing is in no list");
}


static void
test_names(void)
{
    char  text[257];

    memset(text, 'a', sizeof(text));

    ok(valid_text("maksym"), "a plain name");
    ok(valid_text("user@email.com"), "an address");
    ok(valid_text("Maksym Melnyk"), "a space inside");
    ok(valid_text("a\\b/c%d;e\"f"), "punctuation is for others to judge");
    ok(valid_text("\x7e"), "the last printable byte of ASCII");

    ok(!valid_text(""), "an empty name");
    ok(valid(text, 255), "255 bytes");
    ok(!valid(text, 256), "256 bytes");

    ok(!valid_text(" maksym"), "a space first");
    ok(!valid_text("maksym "), "a space last");
    ok(!valid_text(" "), "a space alone");
}


/* A claim as text has no limit of length, and may be empty. */

static void
test_texts(void)
{
    char               data[300];
    auth_tenant_str_t  text;

    memset(data, 'a', sizeof(data));

    text.data = (unsigned char *) data;
    text.len = sizeof(data);
    ok(auth_tenant_text_valid(&text), "a text of 300 bytes");

    data[299] = '\n';
    ok(!auth_tenant_text_valid(&text), "F2: a line feed at its end");

    text.data = NULL;
    text.len = 0;
    ok(auth_tenant_text_valid(&text), "no text at all");
    ok(!auth_tenant_name_valid(&text), "which is no name");
}


static void
test_controls(void)
{
    int   i, refused;
    char  text[4];

    refused = 0;

    for (i = 0; i < 0x20; i++) {
        text[0] = 'a';
        text[1] = (char) i;
        text[2] = 'b';
        refused += !valid(text, 3);
    }

    is(refused, 0x20, "A2.11, F2: every C0 control, NUL, CR and LF too");

    ok(!valid_text("a\x7f" "b"), "A2.11: DEL");

    refused = 0;

    for (i = 0x80; i < 0xa0; i++) {
        text[0] = (char) 0xc2;
        text[1] = (char) i;
        refused += !valid(text, 2);
    }

    is(refused, 0x20, "A2.11: every C1 control, U+0085 NEL too");

    ok(valid_text("\xc2\xa0"), "U+00A0 is the first behind them");
    ok(!valid_text("a\xe2\x80\xa8" "b"), "B2.17: U+2028 LINE SEPARATOR");
    ok(!valid_text("a\xe2\x80\xa9" "b"), "B2.17: U+2029 PARAGRAPH SEPARATOR");
    ok(valid_text("a\xe2\x80\xa7" "b"), "U+2027 just before them");
    ok(valid_text("a\xe2\x80\xaa" "b"), "U+202A just behind them");
}


static void
test_utf8(void)
{
    unsigned  i;

    static const struct {
        const char  *text;
        int          valid;
        const char  *what;
    } rows[] = {
        { "\xc2\xa2", 1, "two bytes, U+00A2" },
        { "\xdf\xbf", 1, "the last of two bytes, U+07FF" },
        { "\xe0\xa0\x80", 1, "the first of three bytes, U+0800" },
        { "\xed\x9f\xbf", 1, "U+D7FF, the last before the surrogates" },
        { "\xee\x80\x80", 1, "U+E000, the first behind the surrogates" },
        { "\xef\xbf\xbd", 1, "U+FFFD" },
        { "\xf0\x90\x80\x80", 1, "the first of four bytes, U+10000" },
        { "\xf4\x8f\xbf\xbf", 1, "the last character, U+10FFFF" },
        { "\xd0\xbc\xd0\xb0\xd0\xba", 1, "Cyrillic" },

        { "\xc0\xaf", 0, "overlong: \"/\" in two bytes" },
        { "\xc1\xbf", 0, "overlong: DEL in two bytes" },
        { "\xe0\x9f\xbf", 0, "overlong: U+07FF in three bytes" },
        { "\xf0\x8f\xbf\xbf", 0, "overlong: U+FFFF in four bytes" },
        { "\xed\xa0\x80", 0, "U+D800, the first surrogate" },
        { "\xed\xbf\xbf", 0, "U+DFFF, the last surrogate" },
        { "\xf4\x90\x80\x80", 0, "U+110000, above the last character" },
        { "\xf5\x80\x80\x80", 0, "U+140000" },
        { "\xf8\x88\x80\x80\x80", 0, "five bytes" },
        { "\xf9\x80\x80\x80", 0, "a first byte of five, in four" },
        { "\xff", 0, "0xFF" },
        { "\x80", 0, "a continuation byte first" },
        { "\xbf\xbf", 0, "a continuation byte for a first byte" },
        { "a\xbf", 0, "a continuation byte behind ASCII" },
        { "\xc2", 0, "cut after the first of two" },
        { "\xe2\x82", 0, "cut after the second of three" },
        { "\xf0\x9f\x98", 0, "cut after the third of four" },
        { "\xc2\x41", 0, "ASCII for a continuation byte" },
        { "\xc3\xc3", 0, "a first byte for a continuation byte" },
        { "\xe2\x82\x41", 0, "ASCII for the third byte" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(valid(rows[i].text, strlen(rows[i].text)), rows[i].valid,
           "A2.8: %s", rows[i].what);
    }
}


static void
test_decode(void)
{
    uint32_t  c;

    c = 1;

    is(auth_tenant_utf8_decode((const unsigned char *) "", 0, &c), 0,
       "no bytes, no character");
    is(auth_tenant_utf8_decode((const unsigned char *) "\0", 1, &c), 1,
       "NUL is a character of one byte");
    is(c, 0, "U+0000");
    is(auth_tenant_utf8_decode((const unsigned char *) "\xe2\x84\xaam", 4, &c),
       3, "the first character alone");
    is(c, 0x212a, "U+212A");
    is(auth_tenant_utf8_decode((const unsigned char *) "\xf0\x9f\x98\x80", 4,
                               &c),
       4, "four bytes");
    is(c, 0x1f600, "U+1F600");
}


int
main(void)
{
    test_equal();
    test_listed();
    test_names();
    test_texts();
    test_controls();
    test_utf8();
    test_decode();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * base64url: one text for each byte string, and nothing else.
 */


#include "tap.h"
#include "mint.h"
#include "random.h"
#include "auth_tenant_b64url.h"


static const char  alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static unsigned char  decoded[1024];
static size_t         decoded_len;


/* Decodes a copy without a byte to spare, so that ASan sees every overrun. */

static int
decode_bytes(const void *text, size_t len)
{
    int                 rc;
    unsigned char      *dst, *copy;
    auth_tenant_str_t   src;

    copy = malloc(len ? len : 1);
    dst = malloc(auth_tenant_b64url_decoded_len(len));

    memcpy(copy, text, len);

    src.len = len;
    src.data = copy;
    decoded_len = 0;

    rc = auth_tenant_b64url_decode(dst, &decoded_len, &src);

    if (rc) {
        memcpy(decoded, dst, decoded_len);
    }

    free(copy);
    free(dst);

    return rc;
}


static int
decode(const char *text)
{
    return decode_bytes(text, strlen(text));
}


static int
decodes_to(const char *text, const char *bytes, size_t len)
{
    return decode(text) && decoded_len == len
           && memcmp(decoded, bytes, len) == 0;
}


static void
test_vectors(void)
{
    ok(decodes_to("", "", 0), "RFC 4648 section 10: nothing");
    ok(decodes_to("Zg", "f", 1), "RFC 4648 section 10: f");
    ok(decodes_to("Zm8", "fo", 2), "RFC 4648 section 10: fo");
    ok(decodes_to("Zm9v", "foo", 3), "RFC 4648 section 10: foo");
    ok(decodes_to("Zm9vYg", "foob", 4), "RFC 4648 section 10: foob");
    ok(decodes_to("Zm9vYmE", "fooba", 5), "RFC 4648 section 10: fooba");
    ok(decodes_to("Zm9vYmFy", "foobar", 6), "RFC 4648 section 10: foobar");
    ok(decodes_to("A-z_4ME", "\x03\xec\xff\xe0\xc1", 5),
       "RFC 7515 appendix C");
    ok(decodes_to("-_-_", "\xfb\xff\xbf", 3), "both of the URL alphabet");
}


static void
test_round_trip(void)
{
    char           text[512];
    size_t         len, i, good;
    unsigned char  bytes[300];

    good = 0;

    for (len = 0; len < sizeof(bytes); len++) {

        for (i = 0; i < len; i++) {
            bytes[i] = (unsigned char) random_below(256);
        }

        mint_b64u(text, bytes, len);

        good += decode(text) && decoded_len == len
                && memcmp(decoded, bytes, len) == 0;
    }

    is(good, sizeof(bytes), "bytes of every length come back");
}


static void
test_alphabet(void)
{
    char      text[8];
    size_t    at, len, accepted, wrong;
    unsigned  ch;

    /* the last of 2 or 3 characters is another matter: unused bits */

    static const struct {
        size_t  len;
        size_t  at;
    } places[] = {
        { 4, 0 }, { 4, 1 }, { 4, 2 }, { 4, 3 },
        { 2, 0 }, { 3, 0 }, { 3, 1 },
        { 7, 4 }, { 7, 5 }, { 6, 4 }
    };

    for (at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
        accepted = wrong = 0;
        len = places[at].len;

        for (ch = 0; ch < 256; ch++) {
            memset(text, 'A', sizeof(text));
            text[places[at].at] = (char) ch;

            if (decode_bytes(text, len)) {
                accepted++;
                wrong += (ch == 0 || strchr(alphabet, (int) ch) == NULL);
            }
        }

        ok(accepted == 64 && wrong == 0,
           "A2.1: 64 characters and no others at %zu of %zu",
           places[at].at, len);
    }
}


static void
test_last_character(void)
{
    char      text[4];
    size_t    accepted;
    unsigned  ch;

    accepted = 0;

    for (ch = 0; ch < 256; ch++) {
        text[0] = 'A';
        text[1] = (char) ch;
        accepted += (size_t) decode_bytes(text, 2);
    }

    is(accepted, 4, "A2.3: four of two characters have no unused bit set");

    accepted = 0;

    for (ch = 0; ch < 256; ch++) {
        text[0] = text[1] = 'A';
        text[2] = (char) ch;
        accepted += (size_t) decode_bytes(text, 3);
    }

    is(accepted, 16, "A2.3: sixteen of three characters have none set");

    ok(!decode("Zh"), "A2.3: \"f\" with an unused bit");
    ok(!decode("Zm9"), "A2.3: \"fo\" with an unused bit");
    ok(!decode("Zm9vYh"), "A2.3: unused bit after whole groups");
}


static void
test_refused(void)
{
    ok(!decode("A"), "A2.3: one character is no byte");
    ok(!decode("Zm9vY"), "A2.3: five characters");
    ok(!decode("Zg=="), "A2.3: padding");
    ok(!decode("Zm8="), "A2.3: padding by one");
    ok(!decode("Zm9vYg=="), "A2.3: padding after whole groups");
    ok(!decode("===="), "A2.3: nothing but padding");
    ok(!decode("Zm9+"), "A2.1: + of the other alphabet");
    ok(!decode("Zm9/"), "A2.1: / of the other alphabet");
    ok(!decode(" Zm9v"), "A2.3: space in front");
    ok(!decode("Zm9v\n"), "A2.3: line feed behind");
    ok(!decode("Zm\n9v"), "A2.3: line feed inside");
    ok(!decode_bytes("Zm9v\0\0\0\0", 8), "A2.1: NUL");
    ok(!decode("Zm9\xc3\xa4"), "A2.1: not ASCII");
}


/* What is accepted is exactly what encoding its bytes gives. */

static void
test_canonical(void)
{
    char      text[16], again[32];
    size_t    len, i, accepted;
    unsigned  round, wrong;

    accepted = 0;
    wrong = 0;

    for (round = 0; round < 200000; round++) {
        len = random_below(12);

        for (i = 0; i < len; i++) {
            text[i] = random_below(40) ? alphabet[random_below(64)]
                                       : (char) random_below(256);
        }

        if (!decode_bytes(text, len)) {
            continue;
        }

        accepted++;

        if (mint_b64u(again, decoded, decoded_len) != len
            || memcmp(again, text, len) != 0)
        {
            wrong++;
        }
    }

    ok(accepted > 10000 && wrong == 0,
       "A2.3: re-encoding gives the same text back");
}


int
main(void)
{
    test_vectors();
    test_round_trip();
    test_alphabet();
    test_last_character();
    test_refused();
    test_canonical();

    return done();
}

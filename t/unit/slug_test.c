
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * DNS labels: the expected texts are what kubespawner 7.1's slugs.py gives.
 */


#include <openssl/err.h>
#include <openssl/evp.h>

#include "tap.h"
#include "auth_tenant_slug.h"
#include "random.h"


#define X10  "xxxxxxxxxx"
#define X17  X10 "xxxxxxx"
#define X46  X10 X10 X10 X10 "xxxxxx"


typedef size_t (*label_pt)(unsigned char *dst, const auth_tenant_str_t *name);


static auth_tenant_str_t
made(label_pt make, const char *text)
{
    size_t                n;
    auth_tenant_str_t     name, res;

    static unsigned char  buf[AUTH_TENANT_MAX_LABEL];

    name = str(text);
    memset(buf, '!', sizeof(buf));

    n = make(buf, &name);

    res.len = n;
    res.data = n ? buf : NULL;

    return res;
}


static void
test_kubespawner(void)
{
    unsigned           i;
    auth_tenant_str_t  got;

    static const struct {
        const char  *name;
        const char  *slug;
        const char  *escape;
    } rows[] = {
        { "maksym", "maksym", "maksym" },
        { "has-hyphen", "has-hyphen", "has-2dhyphen" },
        { "Alice", "alice---3bc51062", "-41lice" },
        { "user@email.com", "user-email-com---0925f997",
          "user-40email-2ecom" },
        { "first.last", "first-last---23e1b5a0", "first-2elast" },
        { "first_last", "first-last---4e57291c", "first-5flast" },
        { "123", "x-123---a665a459", "123" },
        { "a--b", "a-b---90827a2e", "a-2d-2db" },
        { "-start", "start---f587e2dc", "-2dstart" },

        /* 47 and 48 long meet the room for "--" and an absent server */

        { X46, X46, X46 },
        { X46 "x", X17 "--x---cfcbdd85", X46 "x" },
        { X46 "xx", X17 "--x---e13c8ee2", X46 "xx" },
        { X46 "xxx", X17 "--x---9b942dee", X46 "xxx" },

        /* so does a slug of 36 and 37 before the hash */

        { "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx---7e5c8a23", NULL },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bc",
          "aaaaaaaaaaaaaaaaa--x---b807ae6e",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-2ebc" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bc",
          "aaaaaaaaaaaaaaaaa--x---d2a75d96",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-2ebc" },

        /* a cut that meets a hyphen, first and after "x-" */

        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_b",
          "aaaaaaaaaaaaaaaaa--x---09d0ab65",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-5fb" },
        { "1111111111111111.2", "x-1111111111111111-2---db86f339",
          "1111111111111111-2e2" },
        { "9999999999999999999999999999999999999999",
          "x-999999999999999--x---9febfb11",
          "9999999999999999999999999999999999999999" },
        { "99999999999999.999999999999999999999999999999",
          "x-99999999999999---x---f4a0805e",
          "99999999999999-2e999999999999999999999999999999" },

        /* the two characters that lower-case into ASCII, and others */

        { "\xc4\xb0", "i---a65018cf", "-c4-b0" },
        { "abc\xc4\xb0", "abci---e6d60065", "abc-c4-b0" },
        { "aaaaaaaaaaaaaaaa\xc4\xb0" X10 X10 X10,
          NULL, "aaaaaaaaaaaaaaaa-c4-b0" X10 X10 X10 },
        { "\xe2\x84\xaaim", "kim---9b8e5d4e", "-e2-84-aaim" },
        { "Stra\xc3\x9f" "e", "stra-e---58a3778c", "-53tra-c3-9fe" },
        { "\xe6\x97\xa5\xe6\x9c\xac", "x---cf2abf0c",
          "-e6-97-a5-e6-9c-ac" },
        { "@", "x---c3641f85", "-40" },
        { "a-", "a---9baf4407", "a-2d" },
        { "1-", "x-1---172946ec", "1-2d" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (rows[i].slug) {
            got = made(auth_tenant_slug, rows[i].name);
            is_str(&got, rows[i].slug, "slug of \"%s\"", rows[i].name);
        }

        got = made(auth_tenant_escape, rows[i].name);
        is_str(&got, rows[i].escape, "escape of \"%s\"%s", rows[i].name,
               rows[i].escape ? "" : ": more than 63, none");
    }

    /* the room for 17 ends between the two characters U+0130 turns into */

    got = made(auth_tenant_slug,
               "aaaaaaaaaaaaaaaa\xc4\xb0"
               "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    is_str(&got, "aaaaaaaaaaaaaaaai--x---b91c04fd", "U+0130 at the cut");
}


static void
test_limits(void)
{
    char               text[257];
    unsigned           i, n;
    label_pt           make;
    auth_tenant_str_t  got;

    static const struct {
        const char  *what;
        label_pt     make;
    } all[] = {
        { "slug", auth_tenant_slug },
        { "escape", auth_tenant_escape },
        { "label", auth_tenant_label }
    };

    for (i = 0; i < 3; i++) {
        make = all[i].make;

        got = made(make, "");
        is_str(&got, NULL, "%s of nothing", all[i].what);

        got = made(make, "a\xff");
        is_str(&got, NULL, "%s of invalid UTF-8", all[i].what);

        got = made(make, "a\xc0\xae");
        is_str(&got, NULL, "%s of an overlong \".\"", all[i].what);
    }

    memset(text, 'a', sizeof(text));
    text[256] = '\0';

    got = made(auth_tenant_slug, text);
    is_str(&got, NULL, "slug of 256 bytes");

    text[255] = '\0';
    got = made(auth_tenant_slug, text);
    is(got.len, 31, "slug of 255 bytes");

    text[64] = '\0';
    got = made(auth_tenant_escape, text);
    is_str(&got, NULL, "escape to 64 bytes is none, not a cut");
    got = made(auth_tenant_label, text);
    is_str(&got, NULL, "label of 64 bytes is none");

    text[63] = '\0';
    got = made(auth_tenant_escape, text);
    is(got.len, 63, "escape to 63 bytes");
    got = made(auth_tenant_label, text);
    is(got.len, 63, "label of 63 bytes");

    text[61] = '.';
    text[62] = '\0';
    got = made(auth_tenant_escape, text);
    is_str(&got, NULL, "61 and an escaped byte are 64");

    text[60] = '.';
    text[61] = '\0';
    got = made(auth_tenant_escape, text);
    is(got.len, 63, "60 and an escaped byte are 63");

    n = 0;

    for (i = 1; i < 0x10; i++) {
        text[0] = (char) i;
        text[1] = '2';
        text[2] = '\0';
        got = made(auth_tenant_escape, text);
        n += (got.len == 0);
    }

    is(n, 15, "B2.3: escape of a byte with one hex digit is none");

    got = made(auth_tenant_escape, "\x10");
    is_str(&got, "-10", "the first with two");
}


static void
test_label(void)
{
    unsigned           i;
    auth_tenant_str_t  got;

    static const char  *const good[] = {
        "a", "0", "maksym", "a-b", "a--b", "xn--mnich-kva", "0a9z"
    };

    static const char  *const bad[] = {
        "-a", "a-", "-", "A", "maksyM", "a.b", "a_b", "a b", "a@m", "m%2et",
        "{", "`", "/", ":", "a:80", "\xc3\xa4", "*"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        got = made(auth_tenant_label, good[i]);
        is_str(&got, good[i], "\"%s\" is its own label", good[i]);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        got = made(auth_tenant_label, bad[i]);
        is_str(&got, NULL, "B2.7: \"%s\" is no label", bad[i]);
    }
}


/* What distinct names must keep apart: case, ".", "-", "_" (B2.3). */

static void
test_distinct(void)
{
    char           a[8], b[8];
    size_t         n, m;
    unsigned       i, k, pairs, same, unfit;
    unsigned char  buf[2][2][AUTH_TENANT_MAX_LABEL];
    auth_tenant_str_t  s, made[2][2];

    static const char  alphabet[] = "ab-._A1";

    pairs = 0;
    same = 0;
    unfit = 0;

    while (pairs < 1000000) {

        n = 1 + random_below(5);
        m = 1 + random_below(5);

        for (i = 0; i < 7; i++) {
            a[i] = alphabet[random_below(sizeof(alphabet) - 1)];
            b[i] = random_below(3) ? a[i]
                                : alphabet[random_below(sizeof(alphabet) - 1)];
        }

        a[n] = '\0';
        b[m] = '\0';

        if (strcmp(a, b) == 0) {
            continue;
        }

        pairs++;

        for (i = 0; i < 2; i++) {
            s = str(i ? b : a);

            made[i][0].data = buf[i][0];
            made[i][0].len = auth_tenant_slug(buf[i][0], &s);

            made[i][1].data = buf[i][1];
            made[i][1].len = auth_tenant_escape(buf[i][1], &s);

            unfit += !auth_tenant_label_valid(&made[i][0]);
        }

        for (k = 0; k < 2; k++) {
            same += auth_tenant_str_eq(&made[0][k], &made[1][k]);
        }
    }

    is(same, 0, "B2.3: %u pairs of distinct names stay distinct", pairs);
    is(unfit, 0, "every slug is a DNS label");
}


/* E24: a provider that is missing is no reason to route somewhere. */

static void
test_no_digest(void)
{
#if (OPENSSL_VERSION_NUMBER >= 0x30000000L)

    auth_tenant_str_t  got;

    EVP_set_default_properties(NULL, "provider=absent");

    got = made(auth_tenant_slug, "Alice");
    is_str(&got, NULL, "E24: no SHA-256, no slug");

    got = made(auth_tenant_slug, X46 "x");
    is_str(&got, NULL, "E24: nor a long one");

    is(ERR_peek_error(), 0, "E24: OpenSSL's error queue is empty");

    got = made(auth_tenant_slug, "maksym");
    is_str(&got, "maksym", "a name that needs no hash needs no SHA-256");

    EVP_set_default_properties(NULL, "");

    got = made(auth_tenant_slug, "Alice");
    is_str(&got, "alice---3bc51062", "back again");

#endif
}


int
main(void)
{
    test_kubespawner();
    test_limits();
    test_label();
    test_distinct();
    test_no_digest();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * URLs that keys are fetched from, and addresses that nothing is.
 */


#include <stdlib.h>

#include "tap.h"
#include "auth_tenant_url.h"


#define X10   "xxxxxxxxxx"
#define X50   X10 X10 X10 X10 X10
#define X63   X50 X10 "xxx"
#define X61   X50 X10 "x"


static auth_tenant_url_t  url;


/* The text is copied without its NUL, so that ASan sees a step too far. */

static const char *
parse(const char *text, size_t len)
{
    const char         *error;
    auth_tenant_str_t   s;

    static unsigned char  *copy;

    free(copy);
    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = copy;

    memset(&url, 0xff, sizeof(url));

    error = auth_tenant_url_parse(&url, &s);

    if (len == 0) {
        free(copy);
        copy = NULL;
    }

    return error;
}


static int
takes(const char *text)
{
    const char  *error;

    error = parse(text, strlen(text));

    if (error != NULL) {
        printf("# refused: %s\n", error);
    }

    return error == NULL;
}


static int
refuses(const char *text, const char *reason)
{
    const char  *error;

    error = parse(text, strlen(text));

    if (error == NULL || strstr(error, reason) == NULL) {
        printf("# %s\n", error ? error : "accepted");
        return 0;
    }

    return 1;
}


static void
test_parts(void)
{
    size_t  i;

    static const struct {
        const char  *text, *host, *port, *path;
        int          https, loopback;
    } rows[] = {
        { "https://login.example.com", "login.example.com", "", "", 1, 0 },
        { "https://login.example.com/", "login.example.com", "", "/", 1, 0 },
        { "http://idp/realms/a?b=c/d", "idp", "", "/realms/a?b=c/d", 0, 0 },
        { "https://idp:8443/a:b@c//..", "idp", "8443", "/a:b@c//..", 1, 0 },
        { "https://a:1", "a", "1", "", 1, 0 },
        { "https://a:65535/", "a", "65535", "/", 1, 0 },
        { "https://LOGIN.Example.com", "LOGIN.Example.com", "", "", 1, 0 },
        { "https://xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "", "",
          1, 0 },
        { "https://9to5.example", "9to5.example", "", "", 1, 0 },
        { "https://1.2.3.4x", "1.2.3.4x", "", "", 1, 0 },
        { "https://0xg", "0xg", "", "", 1, 0 },
        { "https://xA", "xA", "", "", 1, 0 },
        { "https://x0", "x0", "", "", 1, 0 },
        { "https://10.0.0.1:443", "10.0.0.1", "443", "", 1, 0 },
        { "https://0.10.100.255", "0.10.100.255", "", "", 1, 0 },
        { "https://[2001:db8::1]", "2001:db8::1", "", "", 1, 0 },
        { "https://[2001:DB8::1]:8443/x", "2001:DB8::1", "8443", "/x", 1, 0 },
        { "https://[::ffff:10.0.0.1]", "::ffff:10.0.0.1", "", "", 1, 0 },
        { "https://[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
          "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "", "", 1, 0 },
        { "https://a/!\"$%&'()*+,-.;<=>?@[]^_`{|}~", "a", "",
          "/!\"$%&'()*+,-.;<=>?@[]^_`{|}~", 1, 0 },

        /* plain http may be allowed to these */

        { "http://localhost:8080/", "localhost", "8080", "/", 0, 1 },
        { "http://LocalHost", "LocalHost", "", "", 0, 1 },
        { "http://127.0.0.1", "127.0.0.1", "", "", 0, 1 },
        { "http://127.255.0.9", "127.255.0.9", "", "", 0, 1 },
        { "http://[::1]:80", "::1", "80", "", 0, 1 },
        { "http://[0:0::0:01]", "0:0::0:01", "", "", 0, 1 },

        /* and not to their likes */

        { "http://localhost.example.com", "localhost.example.com", "", "",
          0, 0 },
        { "http://localhosts", "localhosts", "", "", 0, 0 },
        { "http://localhosx", "localhosx", "", "", 0, 0 },
        { "http://127.0.0.1.example", "127.0.0.1.example", "", "", 0, 0 },
        { "http://128.0.0.1", "128.0.0.1", "", "", 0, 0 },
        { "http://1.127.0.1", "1.127.0.1", "", "", 0, 0 },
        { "http://[::2]", "::2", "", "", 0, 0 },
        { "http://[::ffff:127.0.0.1]", "::ffff:127.0.0.1", "", "", 0, 0 },
        { "http://[1::1]", "1::1", "", "", 0, 0 },

        /* labels of 63 bytes, a name of 253 */

        { "https://" X63 "." X63, X63 "." X63, "", "", 1, 0 },
        { "https://" X63 "." X63 "." X63 "." X61,
          X63 "." X63 "." X63 "." X61, "", "", 1, 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ok(takes(rows[i].text), "a URL: %s", rows[i].text);
        is_str(&url.host, rows[i].host, "its host");
        is_str(&url.port, rows[i].port[0] ? rows[i].port : NULL, "its port");
        is_str(&url.path, rows[i].path, "its path");
        is(url.https, rows[i].https, "its scheme");
        is(url.loopback, rows[i].loopback, "whether it is this machine");
    }
}


static void
test_refused(void)
{
    size_t  i;

    static const struct {
        const char  *text, *reason;
    } rows[] = {
        { "", "must begin with" },
        { "https:/", "must begin with" },
        { "http:/", "must begin with" },
        { "https:/a", "must begin with" },
        { "HTTPS://a", "must begin with" },
        { "Http://a", "must begin with" },
        { "ftp://a", "must begin with" },
        { "file:///etc/passwd", "must begin with" },
        { " https://a", "must begin with" },
        { "//a", "must begin with" },
        { "a", "must begin with" },
        { "httpsx://a", "must begin with" },

        { "https://", "empty host" },
        { "http://", "empty host" },
        { "https:///a", "empty host" },
        { "https://:80", "empty host" },
        { "https://.", "empty label" },
        { "https://a..b", "empty label" },
        { "https://.a", "empty label" },
        { "https://a.", "empty label" },
        { "https://a./x", "empty label" },
        { "https://127.0.0.1.", "empty label" },

        { "https://user@a", "has a user name" },
        { "https://user:secret@a", "has a user name" },
        { "https://@a", "has a user name" },
        { "https://a@b/", "has a user name" },
        { "https://a%2eb", "other than letters" },
        { "https://a%00b", "other than letters" },
        { "https://a_b", "other than letters" },
        { "https://a b", "other than letters" },
        { "https://a?b", "other than letters" },
        { "https://a#b", "other than letters" },
        { "https://a\\b", "other than letters" },
        { "https://a\tb", "other than letters" },
        { "https://\xc3\xa4", "other than letters" },
        { "https://`", "other than letters" },
        { "https://{", "other than letters" },
        { "https://*.a", "other than letters" },
        { "https://::1", "empty host" },
        { "https://2001:db8::1", "ends in a number" },

        { "https://-a", "\"-\" at an end" },
        { "https://a-.b", "\"-\" at an end" },
        { "https://a.-", "\"-\" at an end" },
        { "https://" X63 "x", "more than 63" },
        { "https://a." X63 "x.b", "more than 63" },
        { "https://" X63 "." X63 "." X63 "." X61 "x", "more than 253" },

        /* E9: how an address can hide */

        { "https://0177.0.0.1", "ends in a number" },
        { "https://127.0.0.01", "ends in a number" },
        { "https://00.0.0.1", "ends in a number" },
        { "https://127.1", "ends in a number" },
        { "https://2130706433", "ends in a number" },
        { "https://0", "ends in a number" },
        { "https://0x7f000001", "ends in a number" },
        { "https://0X7F000001", "ends in a number" },
        { "https://0x", "ends in a number" },
        { "https://0x7f.0x0.0x0.0x1", "ends in a number" },
        { "https://127.0.0.0x1", "ends in a number" },
        { "https://a.b.c.1", "ends in a number" },
        { "https://a.0xabc", "ends in a number" },
        { "https://127.0.0.256", "ends in a number" },
        { "https://127.0.0.1.1", "ends in a number" },
        { "https://127.0.0.4294967297", "ends in a number" },
        { "https://99999999999999999999.0.0.1", "ends in a number" },

        { "https://[", "without \"]\"" },
        { "https://[::1", "without \"]\"" },
        { "https://[::1/]", "without \"]\"" },
        { "https://[]", "no IPv6 address" },
        { "https://[a]", "no IPv6 address" },
        { "https://[1.2.3.4]", "no IPv6 address" },
        { "https://[::1%lo]", "no IPv6 address" },
        { "https://[fe80::1%25eth0]", "no IPv6 address" },
        { "https://[::1]a", "more than a port" },
        { "https://[::1]a:80", "more than a port" },
        { "https://[::1]]", "more than a port" },
        { "https://[v1.a]", "no IPv6 address" },
        { "https://[0000:0000:0000:0000:0000:0000:0000:00000000000000001]",
          "no IPv6 address" },

        { "https://a:", "is not a number" },
        { "https://a:/", "is not a number" },
        { "https://[::1]:", "is not a number" },
        { "https://a:0", "is not a number" },
        { "https://a:00", "is not a number" },
        { "https://a:080", "is not a number" },
        { "https://a:65536", "is not a number" },
        { "https://a:4294967297", "is not a number" },
        { "https://a:18446744073709551617", "is not a number" },
        { "https://a:8a", "is not a number" },
        { "https://a:+80", "is not a number" },
        { "https://a:80:80", "is not a number" },

        { "https://a/ ", "a space" },
        { "https://a/\n", "a space" },
        { "https://a/\x7f", "a space" },
        { "https://a/\xc3\xa4", "a space" },
        { "https://a/#", "a fragment" },
        { "https://a/b?c#d", "a fragment" },
        { "https://a/\\", "write \"/\"" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ok(refuses(rows[i].text, rows[i].reason), "A7.2: no URL: %s",
           rows[i].text);
    }

    ok(parse("https://a\0.example", 18) != NULL, "a NUL in the host");
    ok(parse("https://[::1\0]", 14) != NULL, "a NUL in an address");
    ok(parse("https://a/\0", 11) != NULL, "a NUL in the path");
    ok(parse("https://a:80\0", 13) != NULL, "a NUL in the port");
}


static void
test_length(void)
{
    static char  text[AUTH_TENANT_MAX_URL + 1];

    memset(text, 'x', sizeof(text));
    memcpy(text, "https://a/", 10);

    ok(parse(text, AUTH_TENANT_MAX_URL) == NULL, "A7.4: a URL of 2048 bytes");
    is(url.path.len, AUTH_TENANT_MAX_URL - 9, "all of it");
    ok(parse(text, AUTH_TENANT_MAX_URL + 1) != NULL, "A7.4: not of 2049");
}


static void
test_hosts(void)
{
    size_t             i;
    auth_tenant_str_t  s;
    auth_tenant_url_t  a, b;

    static const struct {
        const char  *a, *b;
        int          host;
    } rows[] = {
        { "https://a.b", "https://a.b", 1 },
        { "https://a.b", "https://A.B/x", 1 },
        { "https://a.b", "http://a.b", 1 },
        { "https://a.b:8443", "https://a.b", 1 },
        { "https://[2001:db8::A]", "https://[2001:DB8::a]:443", 1 },

        { "https://a.b", "https://a.c", 0 },
        { "https://a.b", "https://xa.b", 0 },
        { "https://a.b", "https://a.bx", 0 },
        { "https://a.b", "https://x.a.b", 0 },
        { "https://a-b", "https://amb", 0 },
        { "https://1.2.3.4", "https://1.2.3.5", 0 },
        { "https://[::1]", "https://[::01]", 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s = str(rows[i].a);
        ok(auth_tenant_url_parse(&a, &s) == NULL, "%s", rows[i].a);
        s = str(rows[i].b);
        ok(auth_tenant_url_parse(&b, &s) == NULL, "and %s", rows[i].b);

        is(auth_tenant_url_same_host(&a, &b), rows[i].host,
           "A7.3: %s host", rows[i].host ? "one" : "not one");
    }
}


static void
test_addresses(void)
{
    size_t         i;
    unsigned char  address[17];

    static const struct {
        const char    *what;
        unsigned char  address[4];
        int            public;
    } v4[] = {
        { "unspecified", { 0, 0, 0, 0 }, 0 },
        { "this network", { 0, 1, 2, 3 }, 0 },
        { "1.0.0.0", { 1, 0, 0, 0 }, 1 },
        { "private", { 10, 0, 0, 1 }, 1 },
        { "126.255.255.255", { 126, 255, 255, 255 }, 1 },
        { "loopback", { 127, 0, 0, 1 }, 0 },
        { "all of loopback", { 127, 255, 255, 255 }, 0 },
        { "128.0.0.0", { 128, 0, 0, 0 }, 1 },
        { "169.253.0.0", { 169, 253, 0, 0 }, 1 },
        { "a cloud's metadata", { 169, 254, 169, 254 }, 0 },
        { "169.255.0.0", { 169, 255, 0, 0 }, 1 },
        { "168.254.0.0", { 168, 254, 0, 0 }, 1 },
        { "private", { 172, 16, 0, 1 }, 1 },
        { "private", { 192, 168, 0, 1 }, 1 },
        { "223.255.255.255", { 223, 255, 255, 255 }, 1 },
        { "multicast", { 224, 0, 0, 1 }, 0 },
        { "multicast", { 239, 255, 255, 255 }, 0 },
        { "reserved", { 240, 0, 0, 1 }, 0 },
        { "broadcast", { 255, 255, 255, 255 }, 0 }
    };

    static const struct {
        const char    *what;
        unsigned char  address[16];
        int            public;
    } v6[] = {
        { "::", { 0 }, 0 },
        { "::1", { [15] = 1 }, 0 },
        { "2001:db8::1", { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, 1 },
        { "fc00::1", { 0xfc, [15] = 1 }, 1 },
        { "fd00::1", { 0xfd, [15] = 1 }, 1 },
        { "fd00:ec1::254", { 0xfd, 0x00, 0x0e, 0xc1, [14] = 2, 0x54 }, 1 },
        { "fd00:ec2::254", { 0xfd, 0x00, 0x0e, 0xc2, [14] = 2, 0x54 }, 0 },
        { "fd20:cd::254", { 0xfd, 0x20, 0x00, 0xcd, [14] = 2, 0x54 }, 1 },
        { "fd20:ce::254", { 0xfd, 0x20, 0x00, 0xce, [14] = 2, 0x54 }, 0 },
        { "fe80::1", { 0xfe, 0x80, [15] = 1 }, 0 },
        { "febf::1", { 0xfe, 0xbf, [15] = 1 }, 0 },
        { "fec0::1", { 0xfe, 0xc0, [15] = 1 }, 1 },
        { "fe7f::1", { 0xfe, 0x7f, [15] = 1 }, 1 },
        { "fd80::1", { 0xfd, 0x80, [15] = 1 }, 1 },
        { "ff02::1", { 0xff, 0x02, [15] = 1 }, 0 },
        { "::ffff:127.0.0.1", { [10] = 0xff, 0xff, 127, 0, 0, 1 }, 0 },
        { "::ffff:169.254.169.254",
          { [10] = 0xff, 0xff, 169, 254, 169, 254 }, 0 },
        { "::ffff:10.0.0.1", { [10] = 0xff, 0xff, 10, 0, 0, 1 }, 1 },
        { "::fffe:127.0.0.1", { [10] = 0xff, 0xfe, 127, 0, 0, 1 }, 1 },
        { "::127.0.0.1", { [12] = 127, 0, 0, 1 }, 0 },
        { "::10.0.0.1", { [12] = 10, 0, 0, 1 }, 1 },
        { "64:ff9b::127.0.0.1",
          { 0, 0x64, 0xff, 0x9b, [12] = 127, 0, 0, 1 }, 0 },
        { "64:ff9b::8.8.8.8", { 0, 0x64, 0xff, 0x9b, [12] = 8, 8, 8, 8 }, 1 },
        { "2002:7f00:1::", { 0x20, 0x02, 127, 0, 0, 1 }, 0 },
        { "2002:a9fe:a9fe::1", { 0x20, 0x02, 169, 254, 169, 254, [15] = 1 },
          0 },
        { "2002:808:808::1", { 0x20, 0x02, 8, 8, 8, 8, [15] = 1 }, 1 },
        { "2003:7f00:1::", { 0x20, 0x03, 127, 0, 0, 1 }, 1 },
        { "2102:7f00:1::", { 0x21, 0x02, 127, 0, 0, 1 }, 1 }
    };

    for (i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
        is(auth_tenant_address_public(v4[i].address, 4), v4[i].public,
           "A7.3, E9: %s address is %s", v4[i].what,
           v4[i].public ? "allowed" : "forbidden");
    }

    for (i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
        is(auth_tenant_address_public(v6[i].address, 16), v6[i].public,
           "A7.3, E9: %s is %s", v6[i].what,
           v6[i].public ? "allowed" : "forbidden");
    }

    memset(address, 8, sizeof(address));

    for (i = 0; i <= sizeof(address); i++) {
        is(auth_tenant_address_public(address, i), i == 4 || i == 16,
           "A7.3: an address of %u bytes", (unsigned) i);
    }
}


int
main(void)
{
    test_parts();
    test_refused();
    test_length();
    test_hosts();
    test_addresses();

    return done();
}

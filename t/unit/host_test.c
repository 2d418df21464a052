
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Hosts: whole labels, from the first to the last.
 */


#include "pattern.h"


#define X10  "xxxxxxxxxx"
#define X63  X10 X10 X10 X10 X10 X10 "xxx"


static auth_tenant_pattern_t
pattern(const char *text)
{
    return compiled(auth_tenant_host_compile, text);
}


static void
test_compile(void)
{
    auth_tenant_pattern_t  p;

    static const refusal_t  refusals[] = {
        { "", "write one" },
        { "example.com", "no placeholder" },
        { "{user}.example.com", "write it in a path" },
        { "{tenant}.{tenant}.example.com", "each once" },
        { "{group}.example.com", "whole labels" },
        { "{tenant", "whole labels" },
        { "m-{tenant}.example.com", "whole labels" },
        { "{module}{tenant}.example.com", "whole labels" },
        { "{tenant}.Example.com", "lower-case" },
        { "*.{tenant}.example.com", "without port, wildcard" },
        { "{tenant}.example.com:80", "without port" },
        { "{tenant}.example.com.", "trailing dot" },
        { ".{tenant}.example.com", "whole labels" },
        { "{tenant}..example.com", "whole labels" },
        { "{tenant}.ex_ample.com", "whole labels" },
        { "{tenant}.-a.com", "whole labels" },
        { "{tenant}", "your own domain" },
        { "www.{tenant}", "your own domain" },
        { "{module}.{tenant}", "your own domain" },
        { "{tenant}.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", "a shorter one" }
    };

    p = pattern("{module}.{tenant}.example.com");

    is(p.npieces, 4, "four labels");
    is(p.ncaptured, 2, "two to the last placeholder");
    is(p.names, auth_tenant_name_bit(AUTH_TENANT_TENANT)
                | auth_tenant_name_bit(AUTH_TENANT_MODULE),
       "what it captures");
    is(p.pieces[0].name, AUTH_TENANT_MODULE, "the module first");
    is(p.pieces[3].name, -1, "a literal at the end");
    is_str(&p.pieces[3].text, "com", "its text");
    is(pattern("{tenant}.localhost").npieces, 2, "one label of one's own");

    is(pattern("{tenant}.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a").npieces, 16,
       "16 labels");

    refused(auth_tenant_host_compile, refusals);
}


static void
test_overlap(void)
{
    unsigned               i;
    auth_tenant_pattern_t  a, b;

    static const struct {
        const char  *a;
        const char  *b;
        int          overlap;
    } rows[] = {
        { "{tenant}.example.com", "{tenant}.example.com", 1 },
        { "{tenant}.example.com", "{module}.example.com", 1 },
        { "{tenant}.example.com", "{module}.example.org", 0 },
        { "{module}.{tenant}.example.com", "hub.{tenant}.example.com", 1 },
        { "lab.{tenant}.example.com", "hub.{tenant}.example.com", 0 },
        { "lab.{tenant}.example.com", "{module}.acme.example.com", 1 },
        { "{tenant}.example.com", "{module}.{tenant}.example.com", 0 },
        { "{tenant}.a", "{module}.a.a", 0 },
        { "{tenant}.a.com", "{tenant}.ab.com", 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        a = pattern(rows[i].a);
        b = pattern(rows[i].b);

        is(auth_tenant_host_overlap(&a, &b), rows[i].overlap,
           "\"%s\" and \"%s\"", rows[i].a, rows[i].b);
        is(auth_tenant_host_overlap(&b, &a), rows[i].overlap,
           "and the other way round");
    }
}


static auth_tenant_verdict_e
match(const auth_tenant_pattern_t *p, const char *text, size_t len,
    auth_tenant_names_t *names)
{
    unsigned                i;
    unsigned char          *copy;
    auth_tenant_str_t       host, *name;
    auth_tenant_verdict_e   rc;

    static unsigned char    kept[AUTH_TENANT_NNAMES][64];

    /* a copy of the exact size lets AddressSanitizer see a read behind it */

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    host.data = copy;
    host.len = len;

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        names->name[i] = str("before");
    }

    rc = auth_tenant_host_match(p, &host, names);

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        name = &names->name[i];

        if (name->data >= copy && name->data < copy + len && name->len < 64) {
            memcpy(kept[i], name->data, name->len);
            name->data = kept[i];
        }
    }

    free(copy);

    return rc;
}


static void
test_match(void)
{
    unsigned                i;
    const char             *module;
    auth_tenant_names_t     names;
    auth_tenant_pattern_t   p;
    auth_tenant_verdict_e   rc;

    static const struct {
        const char  *host;
        const char  *module;
        const char  *tenant;
        const char  *why;
    } rows[] = {
        { "lab.acme.example.com", "lab", "acme", "module and tenant" },
        { "a.b.example.com", "a", "b", "labels of one byte" },
        { "0.9z.example.com", "0", "9z", "digits" },
        { "a-b.c--d.example.com", "a-b", "c--d", "hyphens inside" },
        { X63 ".t.example.com", X63, "t", "a label of 63" },

        { X63 "x.t.example.com", NULL, NULL, "a label of 64" },
        { "acme.example.com", NULL, NULL, "a label too few" },
        { "a.lab.acme.example.com", NULL, NULL, "a label too many" },
        { "lab.acme.example.com.evil.org", NULL, NULL, "a longer suffix" },
        { "lab.acme.example", NULL, NULL, "a shorter one" },
        { "lab.acme.example.co", NULL, NULL, "a cut one" },
        { "lab.acme.example.comx", NULL, NULL, "a last label that begins so" },
        { "lab.acme.evilexample.com", NULL, NULL,
          "a suffix on no label boundary" },
        { "lab.acme.example.org", NULL, NULL, "another suffix" },
        { "lab.acme.examplexcom", NULL, NULL, "a dot is a dot" },
        { "lab.acme.example.com.", NULL, NULL, "a trailing dot" },
        { ".acme.example.com", NULL, NULL, "an empty first label" },
        { "lab..example.com", NULL, NULL, "an empty label" },
        { "lab.acme..example.com", NULL, NULL, "an empty label more" },
        { "lab.acme.example.com:80", NULL, NULL, "a port" },
        { "Lab.acme.example.com", NULL, NULL, "upper case: not normalised" },
        { "lab.acme.Example.com", NULL, NULL, "in the suffix, too" },
        { "m%2et.acme.example.com", NULL, NULL, "F10: an escape" },
        { "a@m.acme.example.com", NULL, NULL, "F10: user information" },
        { "a_b.acme.example.com", NULL, NULL, "an underscore" },
        { "-a.acme.example.com", NULL, NULL, "a hyphen first" },
        { "a-.acme.example.com", NULL, NULL, "a hyphen last" },
        { "lab.\xc3\xa4.example.com", NULL, NULL, "no ASCII" },
        { "lab.a b.example.com", NULL, NULL, "a space" },
        { "*.acme.example.com", NULL, NULL, "a wildcard" },
        { "127.0.0.1", NULL, NULL, "an address" },
        { "[::1]", NULL, NULL, "an address of IPv6" },
        { "", NULL, NULL, "nothing" },
        { ".", NULL, NULL, "a dot" },
        { "...", NULL, NULL, "dots" }
    };

    p = pattern("{module}.{tenant}.example.com");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rc = match(&p, rows[i].host, strlen(rows[i].host), &names);

        module = rows[i].module;

        is(rc, module ? AUTH_TENANT_OK : AUTH_TENANT_NO_MATCH,
           "B2.7: \"%s\": %s", rows[i].host, rows[i].why);
        is_str(&names.name[AUTH_TENANT_MODULE], module ? module : "before",
               "the module");
        is_str(&names.name[AUTH_TENANT_TENANT],
               module ? rows[i].tenant : "before", "the tenant");
        is_str(&names.name[AUTH_TENANT_USER], "before", "never the user");
    }

    rc = match(&p, "lab\0.acme.example.com", 21, &names);
    is(rc, AUTH_TENANT_NO_MATCH, "a NUL");

    rc = match(&p, "lab.acme.example.com\0", 21, &names);
    is(rc, AUTH_TENANT_NO_MATCH, "a NUL at the end");
}


static void
test_length(void)
{
    auth_tenant_names_t    names;
    auth_tenant_pattern_t  p;

    static const char  host[] =
        X63 "." X63 "." X63 "." X10 X10 X10 X10 X10 "xxxxxxx.com";

    p = pattern("{module}.{tenant}." X63 "." X10 X10 X10 X10 X10
                "xxxxxxx.com");
    is(match(&p, host, sizeof(host) - 1, &names), AUTH_TENANT_OK,
       "%zu bytes", sizeof(host) - 1);

    p = pattern("{module}.{tenant}." X63 "." X10 X10 X10 X10 X10
                "xxxxxxx.coms");

    is(match(&p, X63 "." X63 "." X63 "." X10 X10 X10 X10 X10 "xxxxxxx.coms",
             sizeof(host), &names),
       AUTH_TENANT_NO_MATCH, "more than a DNS name can have");
}


int
main(void)
{
    test_compile();
    test_overlap();
    test_match();
    test_length();

    return done();
}

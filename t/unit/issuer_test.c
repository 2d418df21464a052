
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * One issuer, or one for each tenant: which "iss" is whose.
 */


#include "tap.h"
#include "auth_tenant_issuer.h"
#include "random.h"


#define X10  "xxxxxxxxxx"
#define X60  X10 X10 X10 X10 X10 X10
#define X63  X60 "xxx"

#define PATH  "https://login.example.com/realms/{tenant}"
#define HOST  "https://{tenant}.login.example.com/oidc"


static auth_tenant_issuer_t  issuer;


static const char *
compile(const char *text, int url)
{
    auth_tenant_str_t  s;

    s = str(text);

    memset(&issuer, 0xff, sizeof(issuer));

    return auth_tenant_issuer_compile(&issuer, &s, url);
}


static int
compiles(const char *text, int url)
{
    const char  *error;

    error = compile(text, url);

    if (error != NULL) {
        printf("# refused: %s\n", error);
    }

    return error == NULL;
}


static int
refuses(const char *text, int url, const char *reason)
{
    const char  *error;

    error = compile(text, url);

    if (error == NULL || strstr(error, reason) == NULL) {
        printf("# %s\n", error ? error : "accepted");
        return 0;
    }

    return 1;
}


/* The tenant of an "iss" as text, "" if the issuer has none, NULL: no match */

static const char *
tenant_of(const char *iss)
{
    auth_tenant_str_t  s, tenant;

    static char  text[AUTH_TENANT_MAX_LABEL + 1];

    s = str(iss);
    tenant = str("of another call");

    if (!auth_tenant_issuer_match(&issuer, &s, &tenant)) {
        return tenant.data == NULL && tenant.len == 0 ? NULL : "not cleared";
    }

    if (tenant.data == NULL) {
        return "";
    }

    if (tenant.len > AUTH_TENANT_MAX_LABEL) {
        return "over 63 bytes";
    }

    memcpy(text, tenant.data, tenant.len);
    text[tenant.len] = '\0';

    return text;
}


static int
matches(const char *iss, const char *expected)
{
    const char  *tenant;

    tenant = tenant_of(iss);

    if ((tenant == NULL) != (expected == NULL)
        || (tenant != NULL && strcmp(tenant, expected) != 0))
    {
        printf("# \"%s\" is of %s\n", iss, tenant ? tenant : "nobody");
        return 0;
    }

    return 1;
}


static void
test_compile(void)
{
    ok(compiles("https://idp.example", 1), "one issuer");
    ok(!issuer.tenant && !issuer.authority, "has no placeholder");
    is_str(&issuer.before, "https://idp.example", "is what is before it");
    is_str(&issuer.after, NULL, "nothing is after it");

    ok(compiles(PATH, 1), "one for each tenant, in the path");
    ok(issuer.tenant && !issuer.authority, "has a placeholder");
    is_str(&issuer.before, "https://login.example.com/realms/", "before");
    is_str(&issuer.after, "", "after");

    ok(compiles("http://[::1]:8080/a/{tenant}/v2.0", 0), "amid a path");
    ok(issuer.tenant && !issuer.authority, "in the path");
    is_str(&issuer.before, "http://[::1]:8080/a/", "before");
    is_str(&issuer.after, "/v2.0", "after");

    ok(compiles("https://idp.example/{tenant}", 0), "the path alone");
    ok(compiles("https://idp.example/{tenant}/", 0), "and a slash");

    ok(compiles(HOST, 1), "one for each tenant, in the host");
    ok(issuer.tenant && issuer.authority, "has it there");
    is_str(&issuer.before, "https://", "before");
    is_str(&issuer.after, ".login.example.com/oidc", "after");

    ok(compiles("http://{tenant}.idp.test:8080", 1), "http, and a port");
    ok(issuer.tenant && issuer.authority, "has it there");
}


static void
test_refused(void)
{
    size_t  i;

    static const struct {
        const char  *text, *reason;
    } rows[] = {
        { "https://idp.example/{tenant}/{tenant}", "only once" },
        { "https://{tenant}.idp.example/{tenant}", "only once" },
        { "https://idp.example/{user}", "no other placeholder" },
        { "https://idp.example/{module}", "no other placeholder" },
        { "https://idp.example/{Tenant}", "no other placeholder" },
        { "https://idp.example/{tenant:lower}", "no other placeholder" },
        { "https://idp.example/{tenant", "no other placeholder" },
        { "https://idp.example/tenant}", "no other placeholder" },
        { "https://idp.example/{", "no other placeholder" },
        { "https://idp.example/{tenant}}", "no other placeholder" },
        { "https://idp.example/{{tenant}", "no other placeholder" },
        { "https://idp.example/{}/{tenant}", "no other placeholder" },

        { "https://idp.example/x{tenant}", "only as a whole segment" },
        { "https://idp.example/{tenant}x", "only as a whole segment" },
        { "https://idp.example/{tenant}.x", "only as a whole segment" },
        { "https://idp.example/a-{tenant}/b", "only as a whole segment" },
        { "https://idp.example/{tenant}?x", "only as a whole segment" },
        { "https://idp.example?{tenant}", "only as a whole segment" },
        { "https://idp.example:{tenant}/", "only as a whole segment" },
        { "https://idp.example:{tenant}", "only as a whole segment" },
        { "https://{tenant}", "only as a whole segment" },
        { "https://{tenant}/", "only as a whole segment" },
        { "https://{tenant}:443", "only as a whole segment" },
        { "https://{tenant}/a.b.c", "only as a whole segment" },
        { "https://{tenant}.example", "before at least two others" },
        { "https://{tenant}.example/a.b", "before at least two others" },
        { "https://{tenant}.example:443", "before at least two others" },
        { "https://{tenant}x.example.com", "only as a whole segment" },
        { "https://{tenant}-x.example.com", "only as a whole segment" },
        { "https://x{tenant}.example.com", "only as a whole segment" },
        { "https://a.{tenant}.example.com", "only as a whole segment" },
        { "https://user@{tenant}.example.com", "only as a whole segment" },
        { "https://{tenant}@idp.example", "only as a whole segment" },
        { "{tenant}", "only as a whole segment" },
        { "{tenant}.example.com", "only as a whole segment" },
        { "https:{tenant}", "only as a whole segment" },

        { "https:/{tenant}.example.com", "must begin with" },
        { "https:///{tenant}", "empty host" },
        { "HTTPS://idp.example/{tenant}", "must begin with" },
        { "ftp://idp.example/{tenant}", "must begin with" },
        { "/realms/x/{tenant}", "must begin with" },
        { "https://a@idp.example/{tenant}", "has a user name" },
        { "https://idp.example:0/{tenant}", "has a port" },
        { "https://{tenant}.a..b", "empty label" },
        { "https://{tenant}.a.b.", "empty label" },
        { "https://{tenant}.0.0.1", "ends in a number" },
        { "https://idp.example/{tenant}/#", "fragment" },
        { "https://idp.example/?/{tenant}", "no query" },
        { "https://idp.example/{tenant}/?x", "no query" },
        { "https://{tenant}.idp.example.com/?x", "no query" },

        { "", "is empty" }
    };

    static const char  *const no_url[] = {
        "accounts.example.com", "https://idp.example/?a=b",
        "https://idp.example/#x", "urn:issuer", "https://a@idp.example", " "
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ok(refuses(rows[i].text, 0, rows[i].reason)
           && refuses(rows[i].text, 1, rows[i].reason),
           "A7.3: refused: \"%s\"", rows[i].text);
    }

    for (i = 0; i < sizeof(no_url) / sizeof(no_url[0]); i++) {
        ok(compile(no_url[i], 1) != NULL, "A7.2: no URL: \"%s\"", no_url[i]);
        ok(compiles(no_url[i], 0) && matches(no_url[i], ""),
           "A6.1: but an issuer, if nothing is fetched from it");
    }
}


static void
test_length(void)
{
    char  text[AUTH_TENANT_MAX_URL + 16];

    memset(text, 'x', sizeof(text));
    memcpy(text, "https://idp.example/", 20);

    text[AUTH_TENANT_MAX_URL] = '\0';
    ok(compiles(text, 1), "A7.4: an issuer of 2048 bytes");

    text[AUTH_TENANT_MAX_URL] = 'x';
    text[AUTH_TENANT_MAX_URL + 1] = '\0';
    ok(refuses(text, 1, "2048"), "A7.4: not of 2049");
    ok(compiles(text, 0), "unless nothing is fetched from it");

    memset(text, 'x', sizeof(text));
    memcpy(text, "https://idp.example/{tenant}/", 29);

    text[AUTH_TENANT_MAX_URL - 63 + 8] = '\0';
    ok(compiles(text, 0), "A7.4: 2048 bytes with the longest name");

    text[AUTH_TENANT_MAX_URL - 63 + 8] = 'x';
    text[AUTH_TENANT_MAX_URL - 63 + 9] = '\0';
    ok(refuses(text, 0, "63 of them"), "A7.4: not 2049");

    ok(compiles("https://{tenant}." X63 "." X63 "." X60 "x", 0),
       "A7.4: a host of 253 bytes with the longest name");
    ok(refuses("https://{tenant}." X63 "." X63 "." X60 "xx", 0, "253"),
       "A7.4: not of 254");
}


static void
test_one(void)
{
    auth_tenant_str_t  s, tenant;

    compile("https://idp.example/a", 1);

    ok(matches("https://idp.example/a", ""), "A6.1: the issuer");
    ok(matches("https://idp.example/a/", NULL), "A6.1: no slash more");
    ok(matches("https://idp.example/", NULL), "A6.1: no prefix");
    ok(matches("https://idp.example/ab", NULL), "A6.1: nothing longer");
    ok(matches("https://IDP.example/a", NULL), "A6.1: no other case");
    ok(matches("https://idp.example:443/a", NULL), "A6.1: no port");
    ok(matches("", NULL), "A6.1: not nothing");

    s.data = NULL;
    s.len = 0;

    ok(!auth_tenant_issuer_match(&issuer, &s, &tenant), "A6.1: nor none");
}


static void
test_path(void)
{
    compile(PATH, 1);

    ok(matches("https://login.example.com/realms/acme", "acme"),
       "A6.1: a tenant's issuer");
    ok(matches("https://login.example.com/realms/Acme", "Acme"),
       "A6.1: case counts in a path");
    ok(matches("https://login.example.com/realms/0-AZaz-9", "0-AZaz-9"),
       "letters, digits and hyphens");
    ok(matches("https://login.example.com/realms/" X63, X63), "63 of them");
    ok(matches("https://login.example.com/realms/x", "x"), "one");

    ok(matches("https://login.example.com/realms/" X63 "x", NULL), "not 64");
    ok(matches("https://login.example.com/realms/", NULL), "not none");
    ok(matches("https://login.example.com/realms", NULL), "less");
    ok(matches("", NULL), "nothing");
    ok(matches("https://login.example.com/realms/-a", NULL), "no \"-\" first");
    ok(matches("https://login.example.com/realms/a-", NULL), "nor last");
    ok(matches("https://login.example.com/realms/-", NULL), "nor alone");

    ok(matches("https://login.example.com/realms/acme/", NULL),
       "A6.1: no slash more");
    ok(matches("https://login.example.com/realms/acme/x", NULL), "no more");
    ok(matches("https://login.example.com/realms/a.b", NULL), "no dot");
    ok(matches("https://login.example.com/realms/..", NULL), "no dots alone");
    ok(matches("https://login.example.com/realms/a_b", NULL), "no underscore");
    ok(matches("https://login.example.com/realms/a%2fb", NULL), "no escape");
    ok(matches("https://login.example.com/realms/a@b", NULL), "no at");
    ok(matches("https://login.example.com/realms/a`b", NULL), "no backquote");
    ok(matches("https://login.example.com/realms/a[b", NULL), "no bracket");
    ok(matches("https://login.example.com/realms/a b", NULL), "no space");
    ok(matches("https://login.example.com/realms/\xc3\xa4", NULL), "ASCII");
    ok(matches("https://login.example.com/realms/{tenant}", NULL),
       "A6.1: not the template itself");
    ok(matches("https://login.example.com/Realms/acme", NULL),
       "A6.1: byte for byte");
    ok(matches("https://login.example.org/realms/acme", NULL),
       "A6.1: of no other host");
    ok(matches("xhttps://login.example.com/realms/acme", NULL),
       "A6.1: from the beginning");

    compile("https://login.example.com/{tenant}/v2.0", 1);

    ok(matches("https://login.example.com/acme/v2.0", "acme"),
       "A6.1: amid the path");
    ok(matches("https://login.example.com/acme/v2.1", NULL),
       "A6.1: what is behind counts");
    ok(matches("https://login.example.com/acme/v2.0/", NULL),
       "A6.1: to the end");
    ok(matches("https://login.example.com/acme", NULL), "all of it");
    ok(matches("https://login.example.com//v2.0", NULL), "no name");
    ok(matches("https://login.example.com/v2.0", NULL), "no overlap");
    ok(matches("https://login.example.com/a/v2.0/v2.0", NULL), "no longer");
}


static void
test_host(void)
{
    compile(HOST, 1);

    ok(matches("https://acme.login.example.com/oidc", "acme"),
       "A6.1: a tenant's issuer");
    ok(matches("https://xn--a-9.login.example.com/oidc", "xn--a-9"), "LDH");
    ok(matches("https://Acme.login.example.com/oidc", NULL),
       "A6.1: case means nothing in a host, so that there is one");
    ok(matches("https://a.b.login.example.com/oidc", NULL), "one label");
    ok(matches("https://.login.example.com/oidc", NULL), "not none");
    ok(matches("https://login.example.com/oidc", NULL), "not less");
    ok(matches("https://evil.net/.login.example.com/oidc", NULL),
       "A7.3: nobody else's host");
    ok(matches("https://evil@x.login.example.com/oidc", NULL),
       "A7.3: no user name");
    ok(matches("https://evil:1.login.example.com/oidc", NULL),
       "A7.3: no port");
    ok(matches("http://acme.login.example.com/oidc", NULL),
       "A7.2: no other scheme");
    ok(matches("https://acme.login.example.com/oidc/", NULL),
       "A6.1: no slash more");
    ok(matches("https://" X63 ".login.example.com/oidc", X63), "63 bytes");
    ok(matches("https://" X63 "x.login.example.com/oidc", NULL), "not 64");
}


static int
expands(const char *tenant, const char *expected)
{
    size_t             len, size;
    auth_tenant_str_t  s, got;
    unsigned char      buf[128];

    s = str(tenant);

    got.len = auth_tenant_issuer_expand(&issuer, &s, buf, sizeof(buf));
    got.data = buf;

    if (expected == NULL) {
        return got.len == 0;
    }

    s = str(expected);

    if (!auth_tenant_str_eq(&got, &s)) {
        printf("# \"%.*s\"\n", (int) got.len, (char *) buf);
        return 0;
    }

    /* room for exactly that many bytes, and for fewer */

    for (size = 0; size <= s.len; size++) {
        memset(buf, '!', sizeof(buf));
        got = str(tenant);
        len = auth_tenant_issuer_expand(&issuer, &got, buf, size);

        if (len != (size == s.len ? size : 0) || buf[size] != '!') {
            printf("# %u bytes into %u\n", (unsigned) len, (unsigned) size);
            return 0;
        }
    }

    return 1;
}


static void
test_expand(void)
{
    compile("https://idp.example", 1);
    ok(expands("acme", "https://idp.example"), "one issuer for all");
    is(auth_tenant_issuer_expand(&issuer, NULL, (unsigned char *) "", 0), 0,
       "also without a tenant");

    compile(PATH, 1);
    ok(expands("Acme", "https://login.example.com/realms/Acme"), "in a path");

    compile("https://login.example.com/{tenant}/v2.0", 1);
    ok(expands("a", "https://login.example.com/a/v2.0"), "amid it");
    ok(expands("", NULL), "A7.3: not for nobody");
    ok(expands("a/../b", NULL), "A7.3: not for a path");
    ok(expands("a.b", NULL), "A7.3: not for a name with a dot");
    ok(expands("a?b", NULL), "A7.3: nor with a query");
    ok(expands("-a", NULL), "A7.3: nor with a hyphen in front");
    ok(expands(X63 "x", NULL), "A7.3: nor of 64 bytes");

    compile(HOST, 1);
    ok(expands("acme", "https://acme.login.example.com/oidc"), "in a host");
    ok(expands("Acme", NULL), "A6.1: not with capitals");
    ok(expands("evil.net/", NULL), "A7.3: nor for another host");
}


/* Whatever is expanded is matched again, and whatever matches expands. */

static void
test_property(void)
{
    size_t                i, k, n;
    unsigned              wrong, made, none;
    unsigned char         name[80], buf[AUTH_TENANT_MAX_URL];
    auth_tenant_str_t     s, iss, tenant;

    static const char  *const templates[] = {
        PATH, HOST, "https://a.b/{tenant}/x", "http://{tenant}.a.b"
    };

    static const char  letters[] = "aazZ09--._/@%\x80";

    wrong = made = none = 0;

    for (i = 0; i < 400000; i++) {

        compile(templates[i % 4], 1);

        n = random_below(8) ? random_below(6) : random_below(70);

        for (k = 0; k < n; k++) {
            name[k] = (unsigned char) letters[random_below(
                                 random_below(4) ? 8 : sizeof(letters) - 1)];
        }

        s.data = name;
        s.len = n;

        iss.data = buf;
        iss.len = auth_tenant_issuer_expand(&issuer, &s, buf, sizeof(buf));

        if (iss.len != 0) {
            made++;
            wrong += !auth_tenant_issuer_match(&issuer, &iss, &tenant)
                     || !auth_tenant_str_eq(&tenant, &s);
            continue;
        }

        /* what could not be made does not match either */

        none++;

        memcpy(buf, issuer.before.data, issuer.before.len);
        memcpy(buf + issuer.before.len, name, n);
        memcpy(buf + issuer.before.len + n, issuer.after.data,
               issuer.after.len);

        iss.len = issuer.before.len + n + issuer.after.len;

        wrong += auth_tenant_issuer_match(&issuer, &iss, &tenant);
    }

    ok(wrong == 0 && made > 50000 && none > 50000,
       "A6.1: %u names there and back, %u that are none", made, none);
}


static void
test_overlap(void)
{
    int                    given;
    size_t                 i;
    auth_tenant_issuer_t   a, b;

    static const struct {
        const char  *a, *b;
        int          overlap;
    } rows[] = {
        { "https://a.b/x", "https://a.b/x", 1 },
        { "https://a.b/x", "https://a.b/y", 0 },
        { "https://a.b/x", "https://a.b/x/", 0 },

        { "https://a.b/{tenant}", "https://a.b/x", 1 },
        { "https://a.b/{tenant}", "https://a.b/x/", 0 },
        { "https://a.b/{tenant}", "https://a.b/x.y", 0 },
        { "https://a.b/{tenant}", "https://a.b/", 0 },
        { "https://a.b/{tenant}", "https://a.c/x", 0 },
        { "https://{tenant}.a.b", "https://x.a.b", 1 },
        { "https://{tenant}.a.b", "https://X.a.b", 0 },

        { "https://a.b/{tenant}", "https://a.b/{tenant}", 1 },
        { "https://a.b/{tenant}", "https://a.b/{tenant}/", 0 },
        { "https://[::1]/{tenant}", "https://[::1]/{tenant}", 1 },
        { "https://{tenant}.A.B", "https://{tenant}.A.B", 1 },
        { "https://a.b/{tenant}", "https://a.b/x/{tenant}", 0 },
        { "https://a.b/{tenant}/y", "https://a.b/x/{tenant}", 1 },
        { "https://a.b/{tenant}/y", "https://a.b/x.z/{tenant}", 0 },
        { "https://a.b/{tenant}/y/z", "https://a.b/x/{tenant}", 0 },
        { "https://a.b/{tenant}/y/z", "https://a.b/x/{tenant}/z", 1 },
        { "https://a.b/{tenant}/y/z", "https://a.b/x/y/{tenant}", 1 },
        { "https://a.b/{tenant}/y/-", "https://a.b/x/y/{tenant}", 0 },
        { "https://a.b/p/{tenant}/q/r/s", "https://a.b/p/x/q/{tenant}/s", 1 },
        { "https://a.b/p/{tenant}/q/r/s", "https://a.b/p/x/q/{tenant}/t", 0 },

        { "https://{tenant}.a.b", "https://{tenant}.a.b", 1 },
        { "https://{tenant}.a.b", "https://{tenant}.a.c", 0 },
        { "https://{tenant}.a.b", "https://{tenant}.x.a.b", 0 },
        { "https://{tenant}.a.b/y", "https://x.a.b/{tenant}", 1 },
        { "https://{tenant}.a.b/y", "https://X.a.b/{tenant}", 0 },
        { "https://{tenant}.a.b/y", "https://x.y.a.b/{tenant}", 0 },
        { "http://{tenant}.a.b/y", "https://x.a.b/{tenant}", 0 }
    };

    given = 1;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        given &= compiles(rows[i].a, 1);
        a = issuer;
        given &= compiles(rows[i].b, 1);
        b = issuer;

        is(auth_tenant_issuer_overlap(&a, &b), rows[i].overlap,
           "A6.1: %s and %s %s", rows[i].a, rows[i].b,
           rows[i].overlap ? "meet" : "never meet");
        is(auth_tenant_issuer_overlap(&b, &a), rows[i].overlap,
           "either way");
    }

    ok(given, "all of them are issuers");
}


/*
 * Two issuers of few and short segments: they overlap if and only if, of all
 * texts that there are, one is matched by both.
 */

static void
test_overlap_property(void)
{
    char                  text[2][64];
    size_t                i, k, n, at;
    unsigned              wrong, meet, apart, found, x, y, z;
    auth_tenant_str_t     iss, tenant;
    auth_tenant_issuer_t  both[2];

    static const char  *const segments[] = { "a", "b", "c" };

    wrong = meet = apart = 0;

    for (i = 0; i < 20000; i++) {

        for (k = 0; k < 2; k++) {
            n = 1 + random_below(3);
            at = random_below(4);
            strcpy(text[k], "https://i.j");

            for (x = 0; x < n; x++) {
                strcat(text[k], "/");
                strcat(text[k], x == at ? "{tenant}"
                                        : segments[random_below(2)]);
            }

            compile(text[k], 1);
            both[k] = issuer;
        }

        /* "c" stands for every segment that neither has written */

        found = 0;

        for (x = 0; x < 3; x++) {
            for (y = 0; y < 4; y++) {
                for (z = 0; z < 4; z++) {
                    char  all[64];

                    snprintf(all, sizeof(all), "https://i.j/%s%s%s%s%s",
                             segments[x], y < 3 ? "/" : "",
                             y < 3 ? segments[y] : "",
                             y < 3 && z < 3 ? "/" : "",
                             y < 3 && z < 3 ? segments[z] : "");

                    iss = str(all);
                    found |= auth_tenant_issuer_match(&both[0], &iss, &tenant)
                             && auth_tenant_issuer_match(&both[1], &iss,
                                                         &tenant);
                }
            }
        }

        wrong += (found
                  != (unsigned) auth_tenant_issuer_overlap(&both[0],
                                                           &both[1]));
        meet += found;
        apart += !found;
    }

    ok(wrong == 0 && meet > 1000 && apart > 1000,
       "A6.1: %u pairs of issuers meet, %u never do", meet, apart);
}


int
main(void)
{
    test_compile();
    test_refused();
    test_length();
    test_one();
    test_path();
    test_host();
    test_expand();
    test_property();
    test_overlap();
    test_overlap_property();

    return done();
}

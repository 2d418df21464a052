
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The discovery document of an issuer: where it is, and what it may say.
 */


#include "memory.h"
#include "tap.h"
#include "mint.h"
#include "auth_tenant_issuer.h"


#define ISS  "https://idp.example/a"


static char           document[2 * AUTH_TENANT_MAX_DOCUMENT];
static unsigned char  uri[AUTH_TENANT_MAX_URL];
static size_t         uri_len;


static const char *
parse_text(const char *iss, int http, size_t size)
{
    auth_tenant_str_t  s, i;

    s = str(document);
    i = str(iss);

    uri_len = 9999;

    return auth_tenant_discovery_parse(&s, &i, http, uri, size, &uri_len);
}


/* As everywhere in these tests "'" stands for a quotation mark. */

static const char *
parse(const char *text, const char *iss, int http)
{
    snprintf(document, sizeof(document), "%s", text);
    mint_quotes(document);

    return parse_text(iss, http, sizeof(uri));
}


static int
finds(const char *text, const char *iss, int http, const char *expected)
{
    const char         *error;
    auth_tenant_str_t   s, got;

    error = parse(text, iss, http);

    if (error != NULL) {
        printf("# refused: %s\n", error);
        return 0;
    }

    s = str(expected);
    got.data = uri;
    got.len = uri_len;

    return auth_tenant_str_eq(&s, &got);
}


static int
refuses(const char *text, const char *iss, int http, const char *reason)
{
    const char  *error;

    error = parse(text, iss, http);

    if (error == NULL || strstr(error, reason) == NULL || uri_len != 0) {
        printf("# %s\n", error ? error : "accepted");
        return 0;
    }

    return 1;
}


static void
test_url(void)
{
    size_t             i, size, len;
    auth_tenant_str_t  s, got;
    unsigned char      buf[128];

    static const struct {
        const char  *iss, *url;
    } rows[] = {
        { ISS, ISS "/.well-known/openid-configuration" },
        { ISS "/", ISS "/.well-known/openid-configuration" },
        { ISS "//", ISS "//.well-known/openid-configuration" },
        { "https://idp.example",
          "https://idp.example/.well-known/openid-configuration" },
        { "https://idp.example/",
          "https://idp.example/.well-known/openid-configuration" },
        { "", "/.well-known/openid-configuration" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s = str(rows[i].iss);
        got.data = buf;
        got.len = auth_tenant_discovery_url(&s, buf, sizeof(buf));
        is_str(&got, rows[i].url, "the document of \"%s\"", rows[i].iss);
    }

    s = str(ISS);

    for (size = 0; size < strlen(rows[0].url); size++) {
        memset(buf, '!', sizeof(buf));
        len = auth_tenant_discovery_url(&s, buf, size);

        if (len != 0 || buf[size] != '!') {
            break;
        }
    }

    is(size, strlen(rows[0].url), "none where it does not fit");
    is(auth_tenant_discovery_url(&s, buf, size), size, "just where it does");
}


static void
test_good(void)
{
    ok(finds("{'issuer':'" ISS "','jwks_uri':'https://idp.example/keys'}", ISS,
             0, "https://idp.example/keys"), "A7.1: the issuer's document");
    ok(finds("{'jwks_uri':'https://idp.example/keys?a=b','x':{'issuer':'y'},"
             "'issuer':'https:\\/\\/idp.example\\/a'}", ISS, 0,
             "https://idp.example/keys?a=b"),
       "A7.1: other members, in any order, and escapes");
    ok(finds("{'issuer':'" ISS "','jwks_uri':'https://IDP.example:8443/'}",
             ISS, 0, "https://IDP.example:8443/"),
       "A7.3: one host, whatever its port and case");
    ok(finds("{'issuer':'" ISS "','jwks_uri':'https://idp.example'}", ISS, 1,
             "https://idp.example"), "A7.3: http where it is allowed is no "
       "matter to https");
    ok(finds("{'issuer':'http://idp.example','jwks_uri':'https://idp.example'"
             "}", "http://idp.example", 0, "https://idp.example"),
       "A7.2: from http to https");
    ok(finds("{'issuer':'http://idp.example','jwks_uri':'http://idp.example'}",
             "http://idp.example", 1, "http://idp.example"),
       "A7.2: http, if it is allowed");
    ok(finds("{'issuer':'https://[::1]','jwks_uri':'https://[::1]:1/'}",
             "https://[::1]", 0, "https://[::1]:1/"), "an address");
}


static void
test_refused(void)
{
    size_t  i;

    static const struct {
        const char  *text, *reason;
    } rows[] = {
        { "", "is not strict JSON" },
        { "<html></html>", "is not strict JSON" },
        { "[]", "is not strict JSON" },
        { "{'issuer':'" ISS "','issuer':'" ISS "','jwks_uri':'https://idp.exa"
          "mple/'}", "is not strict JSON" },
        { "\xef\xbb\xbf{}", "is not strict JSON" },
        { "{'issuer':'" ISS "','jwks_uri':'https://idp.example/'}}",
          "is not strict JSON" },

        { "{}", "\"issuer\" is not" },
        { "{'jwks_uri':'https://idp.example/'}", "\"issuer\" is not" },
        { "{'issuer':null,'jwks_uri':'https://idp.example/'}",
          "\"issuer\" is not" },
        { "{'issuer':['" ISS "'],'jwks_uri':'https://idp.example/'}",
          "\"issuer\" is not" },
        { "{'issuer':'" ISS "/','jwks_uri':'https://idp.example/'}",
          "\"issuer\" is not" },
        { "{'issuer':'https://idp.example/','jwks_uri':'https://idp.example/"
          "'}", "\"issuer\" is not" },
        { "{'issuer':'https://idp.example/A','jwks_uri':'https://idp.example/"
          "'}", "\"issuer\" is not" },
        { "{'issuer':'','jwks_uri':'https://idp.example/'}",
          "\"issuer\" is not" },

        { "{'issuer':'" ISS "'}", "is not a URL" },
        { "{'issuer':'" ISS "','jwks_uri':7}", "is not a URL" },
        { "{'issuer':'" ISS "','jwks_uri':''}", "is not a URL" },
        { "{'issuer':'" ISS "','jwks_uri':'/keys'}", "is not a URL" },
        { "{'issuer':'" ISS "','jwks_uri':'file:///etc/passwd'}",
          "is not a URL" },
        { "{'issuer':'" ISS "','jwks_uri':'https://idp.example@evil/'}",
          "is not a URL" },
        { "{'issuer':'" ISS "','jwks_uri':'https://idp.example/\\n'}",
          "is not a URL" },

        { "{'issuer':'" ISS "','jwks_uri':'https://evil.example/'}",
          "another host" },
        { "{'issuer':'" ISS "','jwks_uri':'https://keys.idp.example/'}",
          "another host" },
        { "{'issuer':'" ISS "','jwks_uri':'https://127.0.0.1/'}",
          "another host" },
        { "{'issuer':'" ISS "','jwks_uri':'https://169.254.169.254/latest'}",
          "another host" },

        { "{'issuer':'" ISS "','jwks_uri':'http://idp.example/'}",
          "is not https" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ok(refuses(rows[i].text, ISS, 0, rows[i].reason)
           && refuses(rows[i].text, ISS, 1, rows[i].reason),
           "A7.1 to A7.3: refused: %s", rows[i].text);
    }

    ok(refuses("{'issuer':'http://idp.example','jwks_uri':'http://idp.example"
               "'}", "http://idp.example", 0, "is not https"),
       "A7.2: http, if it isn't allowed");
    ok(refuses("{'issuer':'idp','jwks_uri':'https://idp'}", "idp", 1,
               "another host"), "A7.3: an issuer that is no URL has no host");
}


static void
test_limits(void)
{
    size_t  len;

    parse("{'issuer':'" ISS "','jwks_uri':'https://idp.example/'}", ISS, 0);

    ok(parse_text(ISS, 0, 20) == NULL && uri_len == 20, "it just fits");
    ok(parse_text(ISS, 0, 19) != NULL && uri_len == 0, "it does not");

    len = strlen(document);
    memset(document + len, ' ', AUTH_TENANT_MAX_DOCUMENT);

    document[AUTH_TENANT_MAX_DOCUMENT] = '\0';
    ok(parse_text(ISS, 0, sizeof(uri)) == NULL, "A7.4: a document of 256K");

    document[AUTH_TENANT_MAX_DOCUMENT] = ' ';
    document[AUTH_TENANT_MAX_DOCUMENT + 1] = '\0';
    ok(parse_text(ISS, 0, sizeof(uri)) != NULL, "A7.4: a byte more");
}


static void
test_memory(void)
{
    unsigned     n, wrong;
    const char  *error;

    parse("{'issuer':'" ISS "','jwks_uri':'https://idp.example/',"
          "'x':['a','b',{'c':'d'}]}", ISS, 0);

    wrong = 0;

    for (n = 1; n < 1000; n++) {
        memory_fail(n);
        error = parse_text(ISS, 0, sizeof(uri));

        if (!memory_failed()) {
            memory_fail(0);
            wrong += (error != NULL);
            break;
        }

        memory_fail(0);

        wrong += (error == NULL || strcmp(error, "out of memory") != 0
                  || uri_len != 0);
    }

    ok(wrong == 0 && n > 10, "E17: each of %u allocations failed, and it was "
       "no fault of the document's", n - 1);
}


int
main(void)
{
    memory_init();

    test_url();
    test_good();
    test_refused();
    test_limits();
    test_memory();

    return done();
}

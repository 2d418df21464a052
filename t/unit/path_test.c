
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Paths: what a path names, and that every backend sees the same names in
 * what is forwarded to it.
 */


#include "pattern.h"
#include "path_model.h"


static auth_tenant_pattern_t
pattern(const char *text)
{
    return compiled(auth_tenant_path_compile, text);
}


static void
test_compile(void)
{
    auth_tenant_pattern_t  p;

    static const refusal_t  refusals[] = {
        { "", "begins with \"/\"" },
        { "{user}/", "begins with \"/\"" },
        { "/", "no placeholder" },
        { "/hub/", "no placeholder" },
        { "/{user}/{user}", "each once" },
        { "/{group}/", "whole segments" },
        { "/u-{user}/", "whole segments" },
        { "/{user}{tenant}/", "whole segments" },
        { "/a%20b/{user}", "whole segments" },
        { "/a\\b/{user}", "whole segments" },
        { "/a;b/{user}", "whole segments" },
        { "//{user}/", "an empty segment" },
        { "/{user}//", "an empty segment" },
        { "/./{user}/", "an empty segment" },
        { "/../{user}/", "an empty segment" },
        { "/{user}/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "a shorter one" }
    };

    p = pattern("/hub/{tenant}/x/{user}/lab/");

    is(p.npieces, 5, "five segments; the last \"/\" makes none");
    is(p.ncaptured, 4, "four to the last placeholder");
    is(p.names, auth_tenant_name_bit(AUTH_TENANT_TENANT)
                | auth_tenant_name_bit(AUTH_TENANT_USER), "what it captures");
    is(p.pieces[0].name, -1, "a literal");
    is_str(&p.pieces[0].text, "hub", "its text");
    is(p.pieces[3].name, AUTH_TENANT_USER, "a placeholder");

    is(pattern("/~a.b_c-d@e/{module}").npieces, 2, "what a literal may hold");
    is(pattern("/.../{user}").npieces, 2, "three dots are a name");

    is(pattern("/{user}/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a").npieces, 16,
       "16 segments");

    refused(auth_tenant_path_compile, refusals);
}


/* Copies of exact size let AddressSanitizer see a read behind them. */

static auth_tenant_verdict_e
match(const char *text, const unsigned char *uri, size_t uri_len,
    const unsigned char *raw, size_t raw_len, const char *user)
{
    int                     same;
    unsigned char          *u, *r;
    auth_tenant_str_t       su, sr, expected;
    auth_tenant_names_t     names;
    auth_tenant_pattern_t   p;
    auth_tenant_verdict_e   rc;

    p = pattern(text);

    u = malloc(uri_len ? uri_len : 1);
    memcpy(u, uri, uri_len);
    su.data = u;
    su.len = uri_len;

    r = NULL;
    sr.data = NULL;
    sr.len = 0;

    if (raw) {
        r = malloc(raw_len ? raw_len : 1);
        memcpy(r, raw, raw_len);
        sr.data = r;
        sr.len = raw_len;
    }

    names.name[AUTH_TENANT_TENANT] = str("before");
    names.name[AUTH_TENANT_MODULE] = str("before");
    names.name[AUTH_TENANT_USER] = str("before");

    rc = auth_tenant_path_match(&p, &su, &sr, &names);

    /* on a no nothing is set, on a yes a slice of the URI */

    expected = str(rc == AUTH_TENANT_OK ? user : "before");
    same = auth_tenant_str_eq(&names.name[AUTH_TENANT_USER], &expected);

    free(u);
    free(r);

    return same ? rc : AUTH_TENANT_ERROR;
}


static const char *
word(auth_tenant_verdict_e rc)
{
    return (const char *) auth_tenant_verdict(rc)->word.data;
}


#define OK    AUTH_TENANT_OK
#define NONE  AUTH_TENANT_NO_MATCH
#define BAD   AUTH_TENANT_BAD_PATH


/* The target as it was sent; the URI is what nginx makes of it. */

static void
test_targets(void)
{
    size_t                  len, cut;
    unsigned                i, merge;
    unsigned char           uri[256];
    auth_tenant_verdict_e   rc;
    const unsigned char    *raw;

    static const struct {
        const char             *target;
        auth_tenant_verdict_e   verdict;
        const char             *why;
    } rows[] = {
        { "/maksym", OK, "the segment alone" },
        { "/maksym/", OK, "with a slash" },
        { "/maksym/lab/tree", OK, "and more" },
        { "/maksym?a=../alice", OK, "arguments are no path" },
        { "/maksym/a%20b/%d0%bc", OK, "escapes behind the name" },
        { "/maksym/a%2fb", OK, "an encoded slash behind the name" },
        { "/maksym/a%252fb", OK, "a file that is named so" },
        { "/maksym/a//b", OK, "an empty segment behind the name" },
        { "/maksym/a/../b", OK, "a step back that stays" },
        { "/maksym/a/b/../../c", OK, "two steps back that stay" },
        { "/maksym/a;v=1/b/../../c", OK, "also behind a parameter" },
        { "/maksym/a%2f..%2fb/../c", OK, "down again behind a step back" },
        { "/maksym/.../%2e%2e/b", OK, "three dots are a step" },
        { "/maksym/./b", OK, "a \".\" behind the name" },
        { "/maksym/a;v=1/b", OK, "a parameter behind the name" },
        { "/maksym/..a/.../b..", OK, "dots that are names" },
        { "/maksym/a%2fb/../c", OK, "one step back, behind two or one" },
        { "/maksym/a/%2e%2e/b", OK, "an encoded step back that stays" },

        { "/", NONE, "no segment" },

        { "/maksym/..%2falice/x", BAD, "F1: nginx sees /alice/x" },
        { "/maksym/%2e%2e/alice", BAD, "F1: encoded dots" },
        { "/maksym/.%2e/alice", BAD, "F1: half encoded dots" },
        { "/maksym/..%5calice", BAD, "F1: encoded backslash" },
        { "/maksym/..\\alice", BAD, "a backslash" },
        { "/maksym/%252e%252e/alice", BAD, "F1: dots encoded twice" },
        { "/maksym/%252e%2e/alice", BAD, "one dot twice, one once" },
        { "/maksym/%252e./alice", BAD, "one dot twice, one not" },
        { "/maksym/..%252falice", BAD, "F1: slash encoded twice" },
        { "/maksym/%252e%252e%252falice", BAD, "all encoded twice" },
        { "/maksym/..%255calice", BAD, "backslash encoded twice" },
        { "/maksym/%25%32%65%25%32%65/alice", BAD, "every digit encoded" },
        { "/maksym/../alice", BAD, "plain dots: the target names maksym" },
        { "/maksym/..", NONE, "nginx sees /" },
        { "/maksym/..;x=1/alice", BAD, "a step back with a parameter" },
        { "/maksym/..%3bx/alice", BAD, "with an encoded parameter" },
        { "/maksym/..;%2fb/../alice", BAD, "a parameter with a slash" },
        { "/maksym/a/..;/..;/alice", BAD, "two, behind one segment" },
        { "/maksym/;x=1/..;/alice", BAD, "a parameter of nothing is no step" },
        { "/maksym/..%2500/alice", BAD, "a NUL ends the dots" },
        { "/maksym/..%3f/alice", BAD, "so does an encoded \"?\"" },
        { "/maksym/..%2523/alice", BAD, "and an encoded \"#\"" },
        { "/maksym/a%2fb/%252e%252e/%252e%252e/alice", BAD,
          "a%2fb counts once where %2f is no separator" },
        { "/maksym/a\\b/%252e%252e/%252e%252e/alice", BAD,
          "so does a\\b" },
        { "/maksym/a%2f%252e%252e%2f%252e%252e/alice", BAD,
          "up twice inside one segment" },
        { "/maksym/;%2fa/%252e%252e/alice", BAD,
          "a segment that a parameter swallows is no step down" },
        { "/maksym//%252e%252e/alice", BAD, "an empty segment is no step" },
        { "/maksym/./%252e%252e/alice", BAD, "nor is \".\"" },
        { "/maksym/%252e/%252e%252e/alice", BAD, "nor an encoded \".\"" },

        { "/%6daksym/", BAD, "B2.1: the name must be its own decoded form" },
        { "/mak%73ym", BAD, "B2.1: to its end" },
        { "/mak%2573ym", BAD, "B2.1: encoded twice" },
        { "/maksym%2f", BAD, "an encoded slash ends the name for nginx only" },
        { "/maksym%2flab", BAD, "and splits it" },
        { "/maksym%5clab", BAD, "an encoded backslash in the name" },
        { "/maksym\\lab", BAD, "a backslash in the name" },
        { "/maksym;x=1/lab", BAD, "a parameter of the name" },
        { "/maksym%3bx/lab", BAD, "encoded" },
        { "/maksym%0d%0aX-Inj:%20evil/x", BAD, "F2: CR and LF in the name" },
        { "/maksym%01/x", BAD, "F2: a control byte in the name" },
        { "/maksym%7f/x", BAD, "F2: DEL in the name" },
        { "/maksym%c2%85/x", BAD, "F2: a C1 control in the name" },
        { "/mak\xff/x", BAD, "invalid UTF-8 in the name" },
        { "/maksym%20/x", BAD, "a space behind the name" },
        { "/./maksym/", BAD, "a \".\" before the name" },
        { "/a/../maksym/", BAD, "a step back before the name" },
        { "/%2e/maksym/", BAD, "an encoded \".\" before the name" },
        { "/maksym#/../alice", BAD, "CVE-2021-39156: a fragment" },
        { "/maksym/a#b", BAD, "CVE-2021-39156: behind the name" },
        { "/maksym/a\tb", BAD, "a control byte" },
        { "/maksym/a\x7f" "b", BAD, "DEL" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        raw = (const unsigned char *) rows[i].target;
        cut = strcspn(rows[i].target, "?");

        for (merge = 0; merge < 2; merge++) {

            if (!model_nginx_uri(raw, strlen(rows[i].target), (int) merge, uri,
                                 &len))
            {
                ok(0, "nginx takes the target of row %u", i);
                continue;
            }

            rc = match("/{user}/", uri, len, raw, cut, "maksym");

            ok(rc == rows[i].verdict, "B2.1: %s: %s, merge_slashes %s",
               rows[i].why, word(rc), merge ? "on" : "off");
        }
    }
}


/* The URI and the target apart: what rewrites and odd callers give. */

static void
test_pairs(void)
{
    unsigned               i;
    auth_tenant_verdict_e  rc;

    static const struct {
        const char             *template;
        const char             *uri;
        const char             *raw;
        auth_tenant_verdict_e   verdict;
        const char             *why;
    } rows[] = {
        { "/{user}/", "/maksym/x", NULL, OK, "a rewritten URI has no target" },
        { "/{user}/", "/maksym", "/maksym", OK, "both end with the name" },
        { "/{user}/", "/maksym", "/maksym/", OK, "what follows may differ" },
        { "/{user}/", "/maksym/x", "/maksym", OK, "either way" },
        { "/{user}/", "/maksym/x", "/maksy", BAD, "a shorter target" },
        { "/{user}/", "/maksym/x", "", BAD, "an empty target" },
        { "/{user}/", "/maksym/x", "/maksymo/x", BAD, "a longer name" },
        { "/{user}/", "/maksym", "/maksymo", BAD, "to the end" },
        { "/{user}/", "/maksym/x", "//maksym/x", BAD, "merged slashes" },
        { "/{user}/", "/maksym/x", "/Maksym/x", BAD, "other case" },
        { "/{user}/", "/maksym/x", "http://h/maksym/x", BAD,
          "a target in absolute form" },
        { "/{user}/", "/maksym/x", "*", BAD, "a target that is no path" },
        { "/{user}/", "", NULL, NONE, "an empty URI" },
        { "/{user}/", "maksym", NULL, NONE, "a URI without a slash" },
        { "/{user}/", "*", "*", NONE, "OPTIONS *" },
        { "/{user}/", "//maksym", "//maksym", NONE,
          "an empty segment, merge_slashes off" },
        { "/{user}/", "/.", NULL, BAD, "\".\" for a name" },
        { "/{user}/", "/..", NULL, BAD, "\"..\" for a name" },
        { "/{user}/", "/mak%73ym", NULL, BAD, "B2.1: \"%\" in a name" },
        { "/{user}/", "/a;b", NULL, BAD, "B2.1: \";\" in a name" },
        { "/{user}/", "/a?b", NULL, BAD, "\"?\" in a name" },
        { "/{user}/", "/a#b", NULL, BAD, "\"#\" in a name" },
        { "/{user}/", "/a\\b", NULL, BAD, "B2.1: \"\\\" in a name" },
        { "/{user}/", "/maksym/%2e%2e/alice", NULL, BAD,
          "encoded dots in a URI that is forwarded escaped" },
        { "/{user}/", "/maksym/%2e%2e/alice", "/maksym/x", BAD,
          "both are looked at" },
        { "/{user}/", "/maksym/x", "/maksym/../x", BAD, "both, again" },
        { "/{user}/", "/maksym/..", NULL, BAD, "dots at the very end" },
        { "/{user}/", "/maksym/..%2", NULL, OK, "a broken escape is text" },
        { "/{user}/", "/maksym/..%", NULL, OK, "so is a lone \"%\"" },
        { "/{user}/", "/maksym/..%zz", NULL, OK, "and \"%zz\"" },
        { "/{user}/", "/maksym/..%2z", NULL, OK, "and \"%2z\"" },
        { "/{user}/", "/maksym/%2/%2e%2e/%2e%2e/a", NULL, BAD,
          "\"%2\" takes no slash with it" },
        { "/{user}/", "/maksym/%%32e%2E/a", NULL, BAD,
          "%%32e is %2e is \".\"" },

        { "/u/{user}/lab", "/u/maksym/lab/x", "/u/maksym/lab/x", OK,
          "literals around the name" },
        { "/u/{user}/lab", "/u/maksym/lab", "/u/maksym/l%61b", BAD,
          "a literal behind the name is judged, too" },
        { "/u/{user}/lab", "/u/maksym/lab", "/%75/maksym/lab", BAD,
          "one before it may not" },
        { "/u/{user}/lab", "/v/maksym/lab", NULL, NONE, "another literal" },
        { "/u/{user}/lab", "/u/maksym/labs", NULL, NONE, "a longer literal" },
        { "/u/{user}/lab", "/u/maksym", NULL, NONE, "too few segments" },
        { "/u/{user}/lab", "/u//lab", NULL, NONE, "an empty segment" },
        { "/u/{user}/lab", "/u/maksym/lab/%2e%2e/%2e%2e/", NULL, BAD,
          "out of the literal, and of the name" },
        { "/u/{user}/lab", "/u/maksym/lab", "/u/maksym/x/../lab", BAD,
          "and is no way round another one" },
        { "/u/{user}/", "/u/maksym/x", "/u/maksym/y/../x", OK,
          "a step back behind the pattern stays the user's" },
        { "/u/{user}/", "/u/maksym/\nX-User-Id: eve", NULL, BAD,
          "F2: a line break behind the name" },
        { "/u/{user}/", "/u/maksym/\n", "/u/maksym/%0a", BAD,
          "F2: an encoded one" },
        { "/u/{user}/", "/u/maksym/%0a", "/u/maksym/%250a", BAD,
          "F2: one encoded twice" },
        { "/u/{user}/", "/u/maksym/%7f", NULL, BAD, "DEL" },
        { "/{tenant}/{user}", "/acme/maksym", "/acme/maksym", OK,
          "two names" },
        { "/{tenant}/{user}", "/a%63me/maksym", NULL, BAD,
          "the first is judged, too" },
        { "/{tenant}/{user}", "/acme/maksym/a/%2e%2e/%2e%2e/olga", NULL, BAD,
          "not even to the same tenant's next user" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rc = match(rows[i].template, (const unsigned char *) rows[i].uri,
                   strlen(rows[i].uri), (const unsigned char *) rows[i].raw,
                   rows[i].raw ? strlen(rows[i].raw) : 0, "maksym");

        ok(rc == rows[i].verdict, "B2.1: %s: %s", rows[i].why, word(rc));
    }
}


/* Names that are captured as they stand, whatever a rule makes of them. */

static void
test_names(void)
{
    unsigned  i;

    static const char  *const names[] = {
        "m", "...", ".a", "user@example.com", "a+b:c~d_e-f", "a%b", "a b",
        "\xd0\xbc\xd0\xb0\xd0\xba"
    };

    char                   path[64];
    size_t                 len;
    auth_tenant_verdict_e  rc;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        len = (size_t) snprintf(path, sizeof(path), "/%s/lab", names[i]);

        rc = match("/{user}/", (const unsigned char *) path, len,
                   (const unsigned char *) path, len, names[i]);

        is(rc, strchr(names[i], '%') ? BAD : OK, "the name \"%s\": %s",
           names[i], word(rc));
    }
}


int
main(void)
{
    test_compile();
    test_targets();
    test_pairs();
    test_names();

    return done();
}

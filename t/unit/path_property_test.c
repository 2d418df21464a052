
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * B2.1, F1: for every target that is accepted, a backend sees the captured
 * names where they were captured, however it reads what nginx forwards: it
 * may decode never, once or twice, before or after splitting, take "\" and
 * encoded slashes for separators, merge slashes, cut parameters off.
 */


#include "tap.h"
#include "auth_tenant_match.h"
#include "path_model.h"
#include "random.h"


#define CASES  1000000


static const char  *const tokens[] = {
    "/", "/", "/", "/", "//", "a", "b", "maksym", "olga", ".", "..", "...",
    "%2e", "%2E", "%252e", "%2f", "%2F", "%252f", "%5c", "%255C", "\\", ";",
    ";x=1", "%3b", "%253b", "%00", "%2500", "#", "%23", "%2523", "?", "%3f",
    "%253F", "%", "%25", "%2", "%zz", "%32", "%65", "%66", "\x01", "\x7f",
    "%0a", "\xc3\xa9", "%c3%a9", " ", "%20", "+", "/..", "/../", "%2f..",
    "..%2f", "..;/", "%2e%2e", "%2e%2e/", "/%252e%252e/", "..%5c"
};

static const char  *const templates[] = {
    "/{user}/", "/hub/{tenant}/x/{user}", "/{user}/lab/", "/{tenant}/{user}"
};

static const char  *const prefixes[] = {
    "/maksym", "/hub/acme/x/maksym", "/maksym/lab", "/acme/maksym"
};

static unsigned long  taken, dotted, encoded, views, wrong;


static size_t
random_target(unsigned char *raw, unsigned which)
{
    size_t       n, len;
    unsigned     i;
    const char  *token;

    n = 0;

    if (random_below(8)) {
        n = strlen(prefixes[which]);
        memcpy(raw, prefixes[which], n);

    } else {
        raw[n++] = '/';
    }

    for (i = random_below(9); i; i--) {

        if (random_below(3) == 0) {
            raw[n++] = '/';
        }

        token = tokens[random_below(sizeof(tokens) / sizeof(tokens[0]))];
        len = strlen(token);
        memcpy(raw + n, token, len);
        n += len;
    }

    return n;
}


static int
sees(const model_view_t *view, const auth_tenant_pattern_t *pattern,
    const auth_tenant_names_t *names)
{
    unsigned                  i;
    const auth_tenant_str_t  *expected;

    if (view->n < pattern->ncaptured) {
        return 0;
    }

    for (i = 0; i < pattern->ncaptured; i++) {
        expected = (pattern->pieces[i].name < 0)
                   ? &pattern->pieces[i].text
                   : &names->name[pattern->pieces[i].name];

        if (view->segments[i].len != expected->len
            || memcmp(view->segments[i].data, expected->data, expected->len))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * There are 384 ways to read.  Each target is read in some, chosen at random:
 * about twenty if it holds dots, however encoded, else four.
 */

static void
check_backends(const unsigned char *sent, size_t len, unsigned least,
    const auth_tenant_pattern_t *pattern, const auth_tenant_names_t *names)
{
    int              dots;
    size_t           i, n;
    uint32_t         most;
    unsigned char    decoded[768];
    model_view_t     view;
    model_backend_t  b;

    memcpy(decoded, sent, len);
    n = model_decode(decoded, model_decode(decoded, len));

    dots = 0;

    for (i = 1; i < n; i++) {
        dots |= (decoded[i] == '.' && decoded[i - 1] == '.');
    }

    dotted += (unsigned) dots;
    most = dots ? 38 : 190;

    for (i = random_below(most);
         i < MODEL_BACKENDS;
         i += 1 + random_below(most))
    {
        b = model_backend((unsigned) i);

        if (b.decode < least) {
            continue;
        }

        views++;

        if (!model_view(&b, sent, len, &view)
            || !sees(&view, pattern, names))
        {
            if (wrong++ < 10) {
                printf("# backend %zu sees another name: ", i);
                fwrite(sent, len, 1, stdout);
                printf("\n");
            }
        }
    }
}


static void
check(const auth_tenant_pattern_t *pattern, const unsigned char *raw,
    size_t len, int merge, int forwarded)
{
    size_t               i, uri_len;
    unsigned char        uri[256], escaped[768];
    auth_tenant_str_t    su, sr = { 0, NULL };
    auth_tenant_names_t  names;

    if (!model_nginx_uri(raw, len, merge, uri, &uri_len)) {
        return;
    }

    su.data = uri;
    su.len = uri_len;

    if (forwarded) {

        /* the matcher gets the target without arguments */

        for (i = 0; i < len && raw[i] != '?'; i++) { /* void */ }

        sr.data = raw;
        sr.len = i;
    }

    memset(&names, 0, sizeof(names));

    if (auth_tenant_path_match(pattern, &su, &sr, &names) != AUTH_TENANT_OK) {
        return;
    }

    taken++;
    encoded += (memchr(raw, '%', len) != NULL);

    if (forwarded) {
        check_backends(raw, len, 0, pattern, &names);
        return;
    }

    /* nginx escapes what it forwards of a URI, so that decoding is due */

    check_backends(escaped, model_nginx_escape(escaped, uri, uri_len), 1,
                   pattern, &names);
}


int
main(void)
{
    size_t                 len;
    unsigned               i, which;
    unsigned char          raw[256];
    auth_tenant_str_t      s;
    auth_tenant_pattern_t  patterns[4];

    for (i = 0; i < 4; i++) {
        s = str(templates[i]);
        ok(auth_tenant_path_compile(&patterns[i], &s) == NULL,
           "\"%s\" compiles", templates[i]);
    }

    for (i = 0; i < CASES; i++) {
        which = random_below(4);
        len = random_target(raw, which);

        check(&patterns[which], raw, len, i & 1, random_below(8) != 0);
    }

    is(wrong, 0, "B2.1: %u targets, %lu accepted, %lu views: one name", CASES,
       taken, views);

    ok(taken > CASES / 10, "enough are accepted");
    ok(dotted > 1000, "of them %lu hold \"..\"", dotted);
    ok(encoded > 10000, "and %lu escapes", encoded);

    return done();
}

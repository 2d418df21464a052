
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Where a claim stands, and a claim as text.
 */


#include "tap.h"
#include "given.h"


static auth_tenant_claims_t  claims;


static void
test_compile(void)
{
    size_t                i;
    const char           *error;
    auth_tenant_str_t     source;
    auth_tenant_claim_t   claim;

    static const struct {
        const char  *place;
        unsigned     ntokens;             /* 0: refused */
        unsigned     pointer;
        unsigned     names;
    } cases[] = {
        { "name",                             1, 0, 0 },
        { "https://a.example/roles",          1, 0, 0 },
        { "a~b",                              1, 0, 0 },
        { "/name",                            1, 1, 0 },
        { "/a/b",                             2, 1, 0 },
        { "/a~0b/c~1d",                       2, 1, 0 },
        { "/{tenant}",                        1, 1, 1 },
        { "/perms/{tenant}/{module}/{user}",  4, 1, 7 },
        { "/a/b/c/d/e/f/g/h",                 8, 1, 0 },

        { "",                                 0, 0, 0 },
        { "{tenant}",                         0, 0, 0 },
        { "a{",                               0, 0, 0 },
        { "a}",                               0, 0, 0 },
        { "/",                                0, 0, 0 },
        { "/a/",                              0, 0, 0 },
        { "/a//b",                            0, 0, 0 },
        { "/a~",                              0, 0, 0 },
        { "/a~2",                             0, 0, 0 },
        { "/a~/b",                            0, 0, 0 },
        { "/perms-{tenant}",                  0, 0, 0 },
        { "/{tenant}}",                       0, 0, 0 },
        { "/{}",                              0, 0, 0 },
        { "/{Tenant}",                        0, 0, 0 },
        { "/{user:slug}",                     0, 0, 0 },
        { "/a/b/c/d/e/f/g/h/i",               0, 0, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        source = str(cases[i].place);
        error = auth_tenant_claim_compile(&claim, &source);

        if (cases[i].ntokens == 0) {
            ok(error != NULL, "\"%s\" is refused: %s", cases[i].place,
               error ? error : "");
            continue;
        }

        ok(error == NULL
           && claim.ntokens == cases[i].ntokens
           && claim.pointer == cases[i].pointer
           && claim.names == cases[i].names,
           "\"%s\" is a place", cases[i].place);
    }

    claim = given_claim("/{user}/b~1");
    is(claim.tokens[0].name, AUTH_TENANT_USER, "a placeholder's name");
    is_str(&claim.tokens[0].text, "{user}", "its text as written");
    is(claim.tokens[1].name, -1, "a literal has none");
    is_str(&claim.tokens[1].text, "b~1", "its text as written");
}


static void
test_find(void)
{
    size_t                i;
    auth_tenant_node_t    node;
    auth_tenant_claim_t   claim;
    auth_tenant_names_t   names;

    static const struct {
        const char  *place;
        const char  *tenant;
        const char  *found;
        const char  *name;
    } cases[] = {
        { "plain", NULL, "top", "a name" },
        { "/plain", NULL, "top", "the same as a pointer" },
        { "Plain", NULL, NULL, "A2.8 names have a case" },
        { "plai", NULL, NULL, "A2.8 no prefix will do" },
        { "missing", NULL, NULL, "no such name" },
        { "https://a.example/x", NULL, "url", "a name with slashes" },
        { "/https:~1~1a.example~1x", NULL, "url", "the same escaped" },
        { "/a/b", NULL, "deep", "a pointer" },
        { "a/b", NULL, NULL, "no pointer without a leading slash" },
        { "/a/b/c", NULL, NULL, "a string has no members" },
        { "/a/c~0d", NULL, "tilde", "~0" },
        { "a~0b", NULL, NULL, "nothing is unescaped in a plain name" },
        { "a~b", NULL, "plain tilde", "a tilde is a tilde there" },
        { "/a/c~01d", NULL, "tilde one", "~01 is \"~1\", not \"/\"" },
        { "/a/c~0", NULL, NULL, "an escaped prefix" },
        { "/a/c~0dd", NULL, NULL, "an escaped name and more" },
        { "/plain/c~0d", NULL, NULL, "an escaped name in a string" },
        { "/list/0", NULL, NULL, "never an element of an array" },
        { "/list/~00", NULL, NULL, "nor an escaped one" },
        { "/perms/{tenant}", "acme", "yes", "a placeholder" },
        { "/perms/{tenant}", "other", NULL, "a placeholder, no such member" },
        { "/perms/{tenant}", NULL, NULL, "a placeholder without a value" },
        { "/perms/{tenant}", "", NULL, "an empty value, and a member \"\"" },
        { "/{tenant}", "a/b", NULL, "a value is no path" },
        { "/perms/{tenant}", "a/b", "slash", "its slash is a slash" },
        { "/perms/{tenant}", "a~1b", NULL, "nothing in it is unescaped" },
        { "/list/{tenant}", "0", NULL, "nor is it an index" },
        { "/{tenant}/b", "a", "deep", "a placeholder first" }
    };

    given_members(&claims, "'plain':'top','https://a.example/x':'url',"
                  "'a':{'b':'deep','c~d':'tilde','c~1d':'tilde one'},"
                  "'a~b':'plain tilde','list':['first'],"
                  "'perms':{'':'empty','acme':'yes','a/b':'slash'}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        claim = given_claim(cases[i].place);
        names = given_names(cases[i].tenant, NULL, NULL);

        memset(&node, 0, sizeof(node));

        is(auth_tenant_claim_find(&claim, &claims, &names, &node),
           cases[i].found != NULL, "%s: %s", cases[i].place, cases[i].name);

        is_str(&node.value, cases[i].found, "%s: what is found",
               cases[i].place);
    }

    claim = given_claim("/perms/{tenant}");
    ok(!auth_tenant_claim_find(&claim, &claims, NULL, &node),
       "a placeholder and no names at all");

    claim = given_claim("/plain");
    ok(auth_tenant_claim_find(&claim, &claims, NULL, &node),
       "no placeholder needs no names");

    memset(&claim, 0, sizeof(claim));
    ok(!auth_tenant_claim_find(&claim, &claims, &names, &node),
       "a place that was never compiled finds nothing");
}


static void
test_text(void)
{
    int                   rc;
    char                  members[256];
    size_t                i;
    unsigned char         dst[256];
    auth_tenant_str_t     text;
    auth_tenant_node_t    node;
    auth_tenant_claim_t   claim;

    static const struct {
        const char  *json;
        const char  *text;                /* NULL: none */
        const char  *name;
    } cases[] = {
        { "'maksym'", "maksym", "a string" },
        { "''", "", "an empty string" },
        { "'a,b'", "a,b", "a string with a comma" },
        { "'caf\\u00e9'", "caf\xc3\xa9", "UTF-8" },
        { "17", "17", "an integer" },
        { "-9223372036854775808", "-9223372036854775808", "the least one" },
        { "1.5", "1.5", "a real" },
        { "1e22", "1e22", "a large one" },
        { "true", "true", "true" },
        { "false", "false", "false" },
        { "['a','b c',7,true,1.5]", "a,b c,7,true,1.5", "an array" },
        { "['a']", "a", "an array of one" },
        { "[]", "", "an array of none" },

        { "null", NULL, "null" },
        { "{'a':'b'}", NULL, "an object" },
        { "{}", NULL, "an empty object" },
        { "[['a']]", NULL, "an array in an array" },
        { "['a',{}]", NULL, "an object in an array" },
        { "['a',null]", NULL, "null in an array" },
        { "['a,b']", NULL, "a comma in an element" },
        { "['']", NULL, "an empty element, which would be none" },
        { "['a','']", NULL, "an empty element" },
        { "'a\\r\\nX-User-Id: evil'", NULL, "A2.11 CR LF" },
        { "['a','b\\r\\nX-User-Id: evil']", NULL, "A2.11 CR LF in an array" },
        { "'\\u007f'", NULL, "A2.11 DEL" },
        { "'\\u0085'", NULL, "A2.11 a C1 control" },
        { "'\\u2028'", NULL, "A2.11 a line separator" },
        { "' a'", NULL, "a space that a header would lose" },
        { "['a ']", NULL, "the same in an array" }
    };

    claim = given_claim("c");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(members, sizeof(members), "'c':%s", cases[i].json);
        given_members(&claims, members);
        auth_tenant_claim_find(&claim, &claims, NULL, &node);

        rc = auth_tenant_claim_text(&node, dst, node.value.len, &text);

        is(rc, cases[i].text != NULL, "%s: has a text or not", cases[i].name);

        if (rc && cases[i].text) {
            is_str(&text, cases[i].text, "%s: the text", cases[i].name);
        }
    }

    /* every size that is too small */

    given_members(&claims, "'c':['ab',true,17]");
    auth_tenant_claim_find(&claim, &claims, NULL, &node);

    for (i = 0; i < 10; i++) {
        ok(!auth_tenant_claim_text(&node, dst, i, &text),
           "an array of 10 bytes doesn't fit in %zu", i);
    }

    ok(auth_tenant_claim_text(&node, dst, 10, &text), "it fits in 10");
    is_str(&text, "ab,true,17", "whole");

    given_members(&claims, "'c':'abc'");
    auth_tenant_claim_find(&claim, &claims, NULL, &node);
    ok(!auth_tenant_claim_text(&node, dst, 2, &text),
       "a string of 3 doesn't fit in 2");
    ok(auth_tenant_claim_text(&node, dst, 3, &text), "it fits in 3");
}


int
main(void)
{
    test_compile();
    test_find();
    test_text();

    return done();
}

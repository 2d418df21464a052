
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The flat form of claims: what is in it, and that a damaged one is never
 * opened.
 */


#include "tap.h"
#include "given.h"
#include "auth_tenant_flat.h"


#define HEX      "0123456789abcdef"
#define LETTERS  HEX HEX HEX HEX HEX HEX HEX HEX


static auth_tenant_claims_t  claims;


static void
is_node(const auth_tenant_node_t *node, auth_tenant_node_e type,
    const char *key, const char *value, const char *name)
{
    is(node->type, type, "%s: type", name);
    is_str(&node->key, key, "%s: key", name);

    if (value) {
        is_str(&node->value, value, "%s: value", name);
    }
}


static void
test_walk(void)
{
    int                   i;
    size_t                pos, inner;
    auth_tenant_str_t     name;
    auth_tenant_node_t    root, node, child;

    static const struct {
        auth_tenant_node_e   type;
        const char          *key;
        const char          *value;
    } expected[] = {
        { AUTH_TENANT_NODE_NULL,    "n", "" },
        { AUTH_TENANT_NODE_FALSE,   "f", "false" },
        { AUTH_TENANT_NODE_TRUE,    "t", "true" },
        { AUTH_TENANT_NODE_INTEGER, "i", "-9007199254740993" },
        { AUTH_TENANT_NODE_REAL,    "r", "-2.5" },
        { AUTH_TENANT_NODE_STRING,  "s", "\5\1a\n\xc3\xa9" },
        { AUTH_TENANT_NODE_ARRAY,   "a", NULL },
        { AUTH_TENANT_NODE_OBJECT,  "o", NULL },
        { AUTH_TENANT_NODE_STRING,  "",  "empty name" }
    };

    /* the string looks like the nodes of an array */

    is(given_members(&claims, "'n':null,'f':false,'t':true,"
                     "'i':-9007199254740993,'r':-2.5,"
                     "'s':'\\u0005\\u0001a\\n\\u00e9',"
                     "'a':['x',7,{}],'o':{'p':[]},"
                     "'':'empty name'"), AUTH_TENANT_OK, "all types");

    auth_tenant_claims_root(&claims, &root);
    is(root.type, AUTH_TENANT_NODE_OBJECT, "the root is an object");

    pos = 0;

    for (i = 0; i < 9; i++) {
        ok(auth_tenant_node_next(&root, &pos, &node), "next member");
        is_node(&node, expected[i].type, expected[i].key, expected[i].value,
                expected[i].key);

        if (node.type == AUTH_TENANT_NODE_ARRAY) {
            inner = 0;
            ok(auth_tenant_node_next(&node, &inner, &child), "element");
            is_node(&child, AUTH_TENANT_NODE_STRING, "", "x", "element 0");
            ok(auth_tenant_node_next(&node, &inner, &child), "element");
            is_node(&child, AUTH_TENANT_NODE_INTEGER, "", "7", "element 1");
            ok(auth_tenant_node_next(&node, &inner, &child), "element");
            is_node(&child, AUTH_TENANT_NODE_OBJECT, "", "", "element 2");
            ok(!auth_tenant_node_next(&node, &inner, &child), "no more");
        }

        if (node.type == AUTH_TENANT_NODE_OBJECT) {
            inner = 0;
            ok(auth_tenant_node_next(&node, &inner, &child), "member");
            is_node(&child, AUTH_TENANT_NODE_ARRAY, "p", "", "member p");
            ok(!auth_tenant_node_next(&node, &inner, &child), "no more");
        }

        if (node.type == AUTH_TENANT_NODE_STRING) {
            inner = 0;
            ok(!auth_tenant_node_next(&node, &inner, &child),
               "a string has no children");
        }
    }

    name = str("t");
    ok(auth_tenant_node_member(&root, &name, &node)
       && node.type == AUTH_TENANT_NODE_TRUE, "a member by its name");

    name = str("");
    ok(auth_tenant_node_member(&root, &name, &node), "a member named \"\"");

    name = str("T");
    ok(!auth_tenant_node_member(&root, &name, &node), "names have a case");

    name = str("a");
    auth_tenant_node_member(&root, &name, &node);
    name = str("x");
    ok(!auth_tenant_node_member(&node, &name, &child),
       "an array has no members");
    name = str("0");
    ok(!auth_tenant_node_member(&node, &name, &child),
       "not by an index either");
    name = str("");
    ok(!auth_tenant_node_member(&node, &name, &child),
       "nor by the name that its elements lack");

    memset(&claims, 0, sizeof(claims));
    auth_tenant_claims_root(&claims, &root);
    pos = 0;
    ok(!auth_tenant_node_next(&root, &pos, &node),
       "claims that were never set have no members");
}


static void
test_member(void)
{
    char                members[700];
    auth_tenant_str_t   name;
    auth_tenant_node_t  root, list, node;

    /* lengths of one byte, of two, and the longest and shortest of either */

    snprintf(members, sizeof(members),
             "'short':'%.127s','long':'%.128s','%.128s':7,'late':8",
             LETTERS, LETTERS, LETTERS);

    is(given_members(&claims, members), AUTH_TENANT_OK, "long members");
    auth_tenant_claims_root(&claims, &root);

    name = str("late");
    ok(auth_tenant_node_member(&root, &name, &node), "one behind them");
    is_str(&node.value, "8", "has its own value");

    name.data = (unsigned char *) LETTERS;
    name.len = 128;
    ok(auth_tenant_node_member(&root, &name, &node), "one with a long name");
    is_str(&node.value, "7", "has its own value");

    name.len = 127;
    ok(!auth_tenant_node_member(&root, &name, &node), "a part of it is none");

    /* its nodes, were they members, would be one with a name of five bytes */

    is(given_members(&claims, "'a':['\\u0001abcd','x']"), AUTH_TENANT_OK,
       "a list that looks like members");
    auth_tenant_claims_root(&claims, &root);

    name = str("a");
    ok(auth_tenant_node_member(&root, &name, &list), "it is there");

    name = str("abcd\5");
    ok(!auth_tenant_node_member(&list, &name, &node), "but has no members");
}


/* What is looked at inside opened claims is in the caller's bytes. */

static void
walk(const auth_tenant_node_t *node, const auth_tenant_str_t *flat,
    unsigned *outside)
{
    size_t              pos;
    auth_tenant_node_t  child;

    if (node->key.data < flat->data
        || node->value.data + node->value.len > flat->data + flat->len)
    {
        (*outside)++;
    }

    pos = 0;

    while (auth_tenant_node_next(node, &pos, &child)) {
        walk(&child, flat, outside);
    }
}


static unsigned
open_and_walk(const unsigned char *data, size_t len, unsigned *outside)
{
    unsigned char          *exact;
    auth_tenant_str_t       flat;
    auth_tenant_node_t      root;
    auth_tenant_claims_t    opened;

    /* a block of its own, for the sanitizers */

    exact = malloc(len ? len : 1);
    memcpy(exact, data, len);

    flat.data = exact;
    flat.len = len;

    if (!auth_tenant_claims_open(&opened, &flat)) {
        free(exact);
        return 0;
    }

    auth_tenant_claims_root(&opened, &root);
    root.key = root.value;
    walk(&root, &flat, outside);

    free(exact);

    return 1;
}


static void
test_kept(void)
{
    size_t                 i;
    unsigned               outside, opened;
    unsigned char          copy[4096];
    auth_tenant_str_t      flat;
    auth_tenant_claims_t   again;

    given_claims(&claims, "{'a':[true,1.5,{'b':'c'}],'nbf':7.5,"
                 GIVEN_REQUIRED "}");

    for (i = 1; i < 9; i++) {
        memcpy(copy + i, claims.flat.data, claims.flat.len);

        flat.data = copy + i;
        flat.len = claims.flat.len;

        ok(auth_tenant_claims_open(&again, &flat)
           && auth_tenant_str_eq(&again.iss, &claims.iss)
           && auth_tenant_str_eq(&again.sub, &claims.sub)
           && again.exp == claims.exp && again.nbf == 8
           && again.iat == claims.iat
           && again.iss.data > copy && again.iss.data < copy + sizeof(copy),
           "a copy at offset %zu opens to the same claims", i);
    }

    opened = 0;
    outside = 0;

    for (i = 0; i < claims.flat.len; i++) {
        opened += open_and_walk(claims.flat.data, i, &outside);
    }

    is(opened, 0, "a form that is cut off opens nowhere");

    /* every byte, every value: what opens can be walked */

    for (i = 0; i < claims.flat.len * 256; i++) {
        memcpy(copy, claims.flat.data, claims.flat.len);
        copy[i / 256] = i % 256;
        open_and_walk(copy, claims.flat.len, &outside);
    }

    is(outside, 0, "nothing outside a form is ever reached");
}


/* Nodes added to a good form, byte by byte. */

static void
test_damaged(void)
{
    size_t                 i;
    unsigned               outside;
    unsigned char          copy[4096];
    auth_tenant_str_t      flat;
    auth_tenant_claims_t   opened;

#define bytes(text)  text, sizeof(text) - 1

    static const struct {
        const char  *data;
        size_t       len;
        unsigned     opens;
        const char  *name;
    } cases[] = {
        { bytes(""),                          1, "nothing added" },
        { bytes("\5\1\1kv"),                  1, "a string" },
        { bytes("\5\1\2kv"),                  0, "value over the end" },
        { bytes("\5\3\0kv"),                  0, "name over the end" },
        { bytes("\5\2\1kv"),                  0, "both over the end" },
        { bytes("\5\1"),                      0, "no length of the value" },
        { bytes("\5"),                        0, "no lengths" },
        { bytes("\10\1\0k"),                  0, "an unknown type" },
        { bytes("\5\1\201\0kv"),              0, "a length not the shortest" },
        { bytes("\5\201\200\200\0\1kv"),      0, "a length of four bytes" },
        { bytes("\5\1\201"),                  0, "a length cut off" },
        { bytes("\0\1\0k"),                   1, "null" },
        { bytes("\0\1\1kx"),                  0, "null with a value" },
        { bytes("\1\1\5kfalse"),              1, "false" },
        { bytes("\1\1\4ktrue"),               0, "false spelt true" },
        { bytes("\1\1\5kfalsE"),              0, "false spelt otherwise" },
        { bytes("\2\1\4ktrue"),               1, "true" },
        { bytes("\2\1\5kfalse"),              0, "true spelt false" },
        { bytes("\2\1\4ktru\n"),              0, "true spelt otherwise" },
        { bytes("\3\1\2k-1"),                 1, "an integer" },
        { bytes("\3\1\0k"),                   0, "an integer without digits" },
        { bytes("\3\1\1k-"),                  0, "a sign alone" },
        { bytes("\3\1\2k01"),                 0, "a leading zero" },
        { bytes("\3\1\3k1.5"),                0, "an integer with a point" },
        { bytes("\3\1\3k1\r\n"),              0, "an integer with CR LF" },
        { bytes("\4\1\3k1.5"),                1, "a real" },
        { bytes("\4\1\2k1."),                 0, "a point alone" },
        { bytes("\4\1\1k."),                  0, "nothing but a point" },
        { bytes("\4\1\4k1e22"),               1, "an exponent" },
        { bytes("\4\1\6k1.5e-9"),             1, "a negative one" },
        { bytes("\4\1\2k1e"),                 0, "an exponent cut off" },
        { bytes("\4\1\3k1e-"),                0, "its sign alone" },
        { bytes("\4\1\5k1e22x"),              0, "more behind it" },
        { bytes("\4\1\3kinf"),                0, "infinity" },
        { bytes("\6\1\3k\5\1v"),              1, "an array" },
        { bytes("\6\1\3k\5\2v"),              0, "an element over its end" },
        { bytes("\6\1\4k\5\1v\5"),            0, "half an element" },
        { bytes("\7\1\5k\5\1\1av"),           1, "an object" },
        { bytes("\7\1\5k\5\2\1av"),           0, "a member over its end" },
        { bytes("\7\1\5k\3\1\1av"),           0, "a bad member inside" },
        { bytes("\3\3\1exp7"),                0, "A2.5 exp a second time" },
        { bytes("\5\3\1issi"),                0, "A2.5 iss a second time" },
        { bytes("\0\6\0events"),              0, "A6.7 events" }
    };

    given_members(&claims, "");
    outside = 0;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memcpy(copy, claims.flat.data, claims.flat.len);
        memcpy(copy + claims.flat.len, cases[i].data, cases[i].len);

        is(open_and_walk(copy, claims.flat.len + cases[i].len, &outside),
           cases[i].opens, "damaged: %s", cases[i].name);
    }

    memcpy(copy, claims.flat.data, claims.flat.len);
    copy[0]++;
    is(open_and_walk(copy, claims.flat.len, &outside), 0,
       "damaged: another layout");
    is(outside, 0, "damaged: nothing outside is reached");

    flat.data = NULL;
    flat.len = 0;
    ok(!auth_tenant_claims_open(&opened, &flat), "damaged: no byte at all");
}


/* A length of four bytes, in its shortest form, where it fits. */

static void
test_long(void)
{
    size_t          n, len;
    unsigned        outside;
    unsigned char  *form;

    outside = 0;
    form = malloc(3 << 20);

    for (len = (1 << 21) - 1; len <= 1 << 21; len++) {

        given_members(&claims, "");

        n = claims.flat.len;
        memcpy(form, claims.flat.data, n);

        memcpy(form + n, (len >> 21) ? "\5\1\200\200\200\1k"
                                     : "\5\1\377\377\177k", 7);
        n += (len >> 21) ? 7 : 6;

        memset(form + n, 'x', len);

        is(open_and_walk(form, n + len, &outside), !(len >> 21),
           "a text of %zu bytes in a form that was kept", len);
    }

    is(outside, 0, "nothing outside is reached");

    free(form);
}


static void
test_depth(void)
{
    char      json[256];
    unsigned  i, depth;

    for (depth = 15; depth <= 16; depth++) {
        json[0] = '\0';

        strcat(json, "{'a':");

        for (i = 0; i < depth; i++) {
            strcat(json, "[");
        }

        for (i = 0; i < depth; i++) {
            strcat(json, "]");
        }

        strcat(json, "," GIVEN_REQUIRED "}");

        is(given_claims(&claims, json),
           depth == 15 ? AUTH_TENANT_OK : AUTH_TENANT_MALFORMED,
           "A2.7 %u containers in each other", depth + 1);
    }
}


/* The same of a form that was kept: 15 arrays, then one around them. */

static void
test_depth_kept(void)
{
    size_t          n;
    unsigned        i, depth, outside;
    unsigned char   copy[4096];

    outside = 0;

    for (depth = 15; depth <= 16; depth++) {

        given_members(&claims, "");

        n = claims.flat.len;
        memcpy(copy, claims.flat.data, n);

        memcpy(copy + n, "\6\1", 2);
        copy[n + 2] = (depth - 1) * 2;
        copy[n + 3] = 'k';
        n += 4;

        for (i = depth - 1; i > 0; i--) {
            copy[n++] = AUTH_TENANT_NODE_ARRAY;
            copy[n++] = (i - 1) * 2;
        }

        is(open_and_walk(copy, n, &outside), depth == 15,
           "A2.7 %u containers in a form that was kept", depth + 1);
    }

    is(outside, 0, "A2.7 nothing outside is reached");
}


/* Members of an object whose names are what `text` has, one byte each. */

static int
unique(const char *text, size_t n)
{
    int                 rc;
    size_t              i;
    unsigned char      *nodes;
    auth_tenant_str_t   members;

    nodes = malloc(4 * n + 1);

    for (i = 0; i < n; i++) {
        memcpy(nodes + 4 * i, "\0\1\0", 3);
        nodes[4 * i + 3] = text[i];
    }

    members.data = nodes;
    members.len = 4 * n;

    rc = auth_tenant_flat_unique(&members);

    free(nodes);

    return rc;
}


static void
test_unique(void)
{
    char      names[AUTH_TENANT_MAX_MEMBERS];
    size_t    i, k;
    unsigned  found;

    ok(unique("", 0), "A2.5 no name");
    ok(unique("a", 1), "A2.5 one name");
    ok(unique("bac", 3), "A2.5 three names");

    for (i = 0; i < AUTH_TENANT_MAX_MEMBERS; i++) {
        names[i] = i * 91;
    }

    ok(unique(names, AUTH_TENANT_MAX_MEMBERS), "A2.5 256 names");

    found = 0;

    for (i = 0; i < 40; i++) {
        for (k = 0; k < i; k++) {
            names[i] = names[k];
            found += !unique(names, 40);
            names[i] = i * 91;
        }
    }

    is(found, 40 * 39 / 2, "A2.5 a name twice, wherever both stand");
}


int
main(void)
{
    test_walk();
    test_member();
    test_kept();
    test_damaged();
    test_long();
    test_depth();
    test_depth_kept();
    test_unique();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Claims: what a payload must be.
 */


#include "tap.h"
#include "given.h"


static auth_tenant_claims_t  claims;


/* A2.10, A6.5, A6.7: types and required claims. */

static void
test_required(void)
{
    size_t  i;

    static const struct {
        const char             *json;
        auth_tenant_verdict_e   verdict;
        const char             *name;
    } cases[] = {
        { "{" GIVEN_REQUIRED "}", AUTH_TENANT_OK, "all that is required" },

        { "{'sub':'s','exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A6.1 no iss" },
        { "{'iss':'','sub':'s','exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A6.1 empty iss" },
        { "{'iss':['i'],'sub':'s','exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A2.10 iss in an array" },
        { "{'iss':null,'sub':'s','exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A2.10 iss null" },

        { "{'iss':'i','exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A6.5 no sub" },
        { "{'iss':'i','sub':'','exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A6.5 empty sub" },
        { "{'iss':'i','sub':7,'exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A2.10 sub a number" },
        { "{'iss':'i','sub':'caf\xc3\xa9','exp':2,'iat':1}",
          AUTH_TENANT_BAD_CLAIM, "A6.5 sub not ASCII" },
        { "{'iss':'i','sub':'a\\nb','exp':2,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A2.11 sub with an escaped line feed" },
        { "{'iss':'i','sub':'a\\u007f','exp':2,'iat':1}",
          AUTH_TENANT_BAD_CLAIM, "A6.5 sub with DEL" },

        { "{'iss':'i','sub':'s','iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A6.4 no exp" },
        { "{'iss':'i','sub':'s','exp':2}", AUTH_TENANT_BAD_CLAIM,
          "A6.4 no iat" },
        { "{'iss':'i','sub':'s','exp':'2','iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A2.10 exp a string" },
        { "{'iss':'i','sub':'s','exp':true,'iat':1}", AUTH_TENANT_BAD_CLAIM,
          "A2.10 exp a boolean" },
        { "{'iss':'i','sub':'s','exp':2,'iat':null}", AUTH_TENANT_BAD_CLAIM,
          "A2.10 iat null" },
        { "{'iss':'i','sub':'s','exp':2,'iat':1,'nbf':null}",
          AUTH_TENANT_BAD_CLAIM, "A2.10 nbf null" },
        { "{'iss':'i','sub':'s','exp':2,'iat':1,'nbf':[1]}",
          AUTH_TENANT_BAD_CLAIM, "A2.10 nbf in an array" },
        { "{'a':{'iss':'i','sub':'s','exp':2,'iat':1}}",
          AUTH_TENANT_BAD_CLAIM, "claims further down don't count" },

        { "{'events':{}," GIVEN_REQUIRED "}", AUTH_TENANT_BAD_TYPE,
          "A6.7 events: a logout token" },
        { "{'events':null,'sub':'s'}", AUTH_TENANT_BAD_TYPE,
          "A6.7 events says what it is before anything is missing" },

        { "{'exp':3," GIVEN_REQUIRED "}", AUTH_TENANT_MALFORMED,
          "A2.5 exp twice" },
        { "{'a':{'b':1,'\\u0062':2}," GIVEN_REQUIRED "}",
          AUTH_TENANT_MALFORMED, "A2.5 a name twice, deep and escaped" },
        { "['iss']", AUTH_TENANT_MALFORMED, "A2.6 an array on top" },
        { "{" GIVEN_REQUIRED "} ,", AUTH_TENANT_MALFORMED,
          "A2.6 trailing bytes" },
        { "", AUTH_TENANT_MALFORMED, "A2.6 nothing" },
        { "{'a':'\xc0\xaf'," GIVEN_REQUIRED "}", AUTH_TENANT_MALFORMED,
          "A2.8 overlong UTF-8" },
        { "{'a':'\\ud800'," GIVEN_REQUIRED "}", AUTH_TENANT_MALFORMED,
          "A2.8 a lone surrogate" },
        { "{'a':'\\u0000'," GIVEN_REQUIRED "}", AUTH_TENANT_MALFORMED,
          "A2.8 NUL" },
        { "{'a':1e400," GIVEN_REQUIRED "}", AUTH_TENANT_MALFORMED,
          "A2.9 a number beyond a double" },
        { "{'a':9223372036854775808," GIVEN_REQUIRED "}",
          AUTH_TENANT_MALFORMED, "A2.9 2^63" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is(given_claims(&claims, cases[i].json), cases[i].verdict, "%s",
           cases[i].name);
    }

    is(given_members(&claims, ""), AUTH_TENANT_OK, "claims are set");
    is_str(&claims.iss, "https://a.example", "iss");
    is_str(&claims.sub, "s", "sub");
    is(claims.exp, 2000000000, "exp");
    is(claims.iat, 1000000000, "iat");
    is(claims.nbf, 0, "nbf is 0 if absent");

    given_claims(&claims, "{'iss':'i','sub':'s','exp':2,'iat':'1'}");
    ok(claims.iss.data == NULL && claims.exp == 0 && claims.flat.len == 0,
       "claims that were refused leave nothing behind");
}


static void
test_sub_length(void)
{
    char    json[512], sub[257];

    memset(sub, 'x', sizeof(sub));

    snprintf(json, sizeof(json), "{'iss':'i','sub':'%.255s','exp':2,'iat':1}",
             sub);
    is(given_claims(&claims, json), AUTH_TENANT_OK, "A6.5 sub of 255 bytes");

    snprintf(json, sizeof(json), "{'iss':'i','sub':'%.256s','exp':2,'iat':1}",
             sub);
    is(given_claims(&claims, json), AUTH_TENANT_BAD_CLAIM,
       "A6.5 sub of 256 bytes");
}


/* A2.9: NumericDate; a fraction never lengthens a token's life. */

static void
test_dates(void)
{
    char     json[256];
    size_t   i;

    static const struct {
        const char  *number;
        int64_t      down;                /* -1: refused */
        int64_t      up;
    } cases[] = {
        { "0",                     0,             0 },
        { "-0",                    0,             0 },
        { "1",                     1,             1 },
        { "1700000000",            1700000000,    1700000000 },
        { "1700000000.0",          1700000000,    1700000000 },
        { "1700000000.5",          1700000000,    1700000001 },
        { "1700000000.0000001",    1700000000,    1700000000 },
        { "1699999999.9999998",    1699999999,    1700000000 },
        { "1.7e9",                 1700000000,    1700000000 },
        { "1.75E1",                17,            18 },
        { "0.5",                   0,             1 },
        { "0.00001",               0,             1 },
        { "1e-300",                0,             1 },
        { "253402300799",          253402300799,  253402300799 },
        { "253402300798.5",        253402300798,  253402300799 },
        { "253402300799.5",        -1,            -1 },
        { "253402300800",          -1,            -1 },
        { "253402300800.0",        -1,            -1 },
        { "2.5e11",                250000000000,  250000000000 },
        { "1e17",                  -1,            -1 },
        { "1e18",                  -1,            -1 },
        { "1e300",                 -1,            -1 },
        { "9223372036854775807",   -1,            -1 },
        { "-0.0",                  -1,            -1 },
        { "-1",                    -1,            -1 },
        { "-0.5",                  -1,            -1 },
        { "-1e300",                -1,            -1 },
        { "-9223372036854775808",  -1,            -1 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(json, sizeof(json), "{'iss':'i','sub':'s','exp':%s,'iat':1}",
                 cases[i].number);
        is(given_claims(&claims, json) == AUTH_TENANT_OK ? claims.exp : -1,
           cases[i].down, "A2.9 exp %s", cases[i].number);

        snprintf(json, sizeof(json), "{'iss':'i','sub':'s','exp':1,'iat':%s}",
                 cases[i].number);
        is(given_claims(&claims, json) == AUTH_TENANT_OK ? claims.iat : -1,
           cases[i].up, "A2.9 iat %s", cases[i].number);

        snprintf(json, sizeof(json),
                 "{'iss':'i','sub':'s','exp':1,'iat':1,'nbf':%s}",
                 cases[i].number);
        is(given_claims(&claims, json) == AUTH_TENANT_OK ? claims.nbf : -1,
           cases[i].up, "A2.9 nbf %s", cases[i].number);
    }
}


/* What is kept of a request is no longer than need be. */

static void
test_move(void)
{
    unsigned char          *kept;
    auth_tenant_str_t       payload;
    auth_tenant_node_t      root, member;
    auth_tenant_claims_t    moved;

    static const auth_tenant_str_t  name = auth_tenant_string("a");

    payload = given_payload("{'a':['b',1]," GIVEN_REQUIRED "}");
    auth_tenant_claims_parse(&claims, &payload, given_flat);

    moved = claims;
    kept = malloc(claims.flat.len);
    auth_tenant_claims_move(&moved, kept);

    ok(moved.flat.data == kept, "claims are moved");
    memset(given_flat, 0xff, claims.flat.len);

    ok(moved.iss.data > kept && moved.iss.data < kept + moved.flat.len
       && moved.sub.data > kept && moved.sub.data < kept + moved.flat.len,
       "iss and sub are slices of what is kept");

    is(auth_tenant_claims_open(&claims, &moved.flat), 1, "which is whole");
    ok(auth_tenant_str_eq(&claims.iss, &moved.iss)
       && auth_tenant_str_eq(&claims.sub, &moved.sub)
       && claims.exp == moved.exp && claims.iat == moved.iat,
       "and says the same");

    auth_tenant_claims_root(&moved, &root);
    is(auth_tenant_node_member(&root, &name, &member), 1, "of all claims");

    free(kept);
}


int
main(void)
{
    test_required();
    test_sub_length();
    test_dates();
    test_move();

    return done();
}

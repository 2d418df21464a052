
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The flat form of claims: small, whatever the lengths.
 */


#include "tap.h"
#include "given.h"


static auth_tenant_claims_t  claims;


/* Lengths of one, two and three bytes, of texts, names and containers. */

static void
test_lengths(void)
{
    char                 *json;
    size_t                i, pos, len;
    auth_tenant_str_t     name;
    auth_tenant_node_t    root, array, object, child;
    static const size_t   lengths[] = { 0, 1, 120, 127, 128, 129, 8000 };

    json = malloc(AUTH_TENANT_MAX_PAYLOAD + 1);

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {

        len = lengths[i];

        sprintf(json, "{'a':['%*s',{'k%0*d':1}],'z':1," GIVEN_REQUIRED "}",
                (int) len, "", (int) len, 0);

        is(given_claims(&claims, json), AUTH_TENANT_OK,
           "a text and a name of %zu bytes", len);

        auth_tenant_claims_root(&claims, &root);

        name = str("a");
        ok(auth_tenant_node_member(&root, &name, &array)
           && array.type == AUTH_TENANT_NODE_ARRAY, "array around them");

        pos = 0;
        ok(auth_tenant_node_next(&array, &pos, &child)
           && child.value.len == len, "the text");
        ok(auth_tenant_node_next(&array, &pos, &object)
           && object.type == AUTH_TENANT_NODE_OBJECT, "the object");

        pos = 0;
        ok(auth_tenant_node_next(&object, &pos, &child)
           && child.key.len == (len ? len : 1) + 1
           && child.key.data[0] == 'k'
           && child.type == AUTH_TENANT_NODE_INTEGER,
           "its member's name");

        name = str("z");
        ok(auth_tenant_node_member(&root, &name, &child), "what comes behind");
    }

    free(json);
}


static void
test_size(void)
{
    char                 *json;
    size_t                i, n;
    auth_tenant_str_t     payload;
    static const char    *usual =
        "{'exp':1790000300,'iat':1790000000,'auth_time':1789999990,"
        "'jti':'5f1c2a0e-3b1d-4a86-9a43-0c6f4f0a9c11',"
        "'iss':'https://login.example.com/realms/platform',"
        "'aud':['platform','account'],'sub':'f3b6c1f0-2a44-4f7e-8f0e-8f4f1f',"
        "'typ':'ID','azp':'platform','acr':'1','email_verified':true,"
        "'name':'maksym','current_tenant':'acme',"
        "'permissions':{'jupyter':true,'datalab':true,'billing':false},"
        "'realm_access':{'roles':['offline_access','user']},"
        "'email':'maksym@example.com'}";

    payload = given_payload(usual);
    is(auth_tenant_claims_parse(&claims, &payload, given_flat),
       AUTH_TENANT_OK, "a usual token");
    ok(claims.flat.len <= payload.len,
       "its form is no larger than its text (%zu, %zu)", claims.flat.len,
       payload.len);

    /* what grows most: as many numbers as fit, 256 in an array */

    json = malloc(AUTH_TENANT_MAX_PAYLOAD + 1);
    n = sprintf(json, "{" GIVEN_REQUIRED ",'a':[[-1e-300");

    for (i = 1; n < AUTH_TENANT_MAX_PAYLOAD - 10; i++) {
        n += sprintf(json + n, "%s%s", i % 256 ? "," : "],[",
                     i < AUTH_TENANT_MAX_REALS ? "-1e-300" : "1");
    }

    strcpy(json + n, "]]}");

    is(given_claims(&claims, json), AUTH_TENANT_OK, "a list of numbers");
    ok(claims.flat.len > (n + 3) * 7 / 5
       && claims.flat.len <= auth_tenant_claims_size(n + 3),
       "its form fits where it may be written (%zu, %zu)", claims.flat.len,
       auth_tenant_claims_size(n + 3));

    /* a token has a time or two with a fraction, hardly more */

    n = sprintf(json, "{" GIVEN_REQUIRED ",'a':[0.5");

    for (i = 1; i < AUTH_TENANT_MAX_REALS; i++) {
        n += sprintf(json + n, ",1e1");
    }

    strcpy(json + n, "]}");
    is(given_claims(&claims, json), AUTH_TENANT_OK, "64 fractions");

    strcpy(json + n, "],'b':{'c':0.5}}");
    is(given_claims(&claims, json), AUTH_TENANT_MALFORMED,
       "one more is too many");

    memset(json, ' ', AUTH_TENANT_MAX_PAYLOAD);
    n = sprintf(json, "{" GIVEN_REQUIRED "}");
    json[n] = ' ';
    json[AUTH_TENANT_MAX_PAYLOAD] = '\0';
    is(given_claims(&claims, json), AUTH_TENANT_OK, "A2.4 16384 bytes");

    payload.data = given_json;
    payload.len = AUTH_TENANT_MAX_PAYLOAD + 1;
    given_json[AUTH_TENANT_MAX_PAYLOAD] = ' ';
    is(auth_tenant_claims_parse(&claims, &payload, given_flat),
       AUTH_TENANT_MALFORMED, "A2.4 one more is too many");

    is(auth_tenant_claims_size((size_t) -1),
       auth_tenant_claims_size(AUTH_TENANT_MAX_PAYLOAD),
       "more than a payload can't need more room");

    free(json);
}


int
main(void)
{
    test_lengths();
    test_size();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * E17: claims when memory runs out.  Only numbers with a fraction need any;
 * every allocation fails once, and no payload is accepted in part.
 */


#include "tap.h"
#include "given.h"
#include "memory.h"


int
main(void)
{
    unsigned                n, accepted, others;
    auth_tenant_str_t       payload;
    auth_tenant_claims_t    claims;
    auth_tenant_verdict_e   verdict;

    memory_init();

    payload = given_payload("{'a':[1,{'b':['c',null,true,-7,'\\u00e9']}],"
                            GIVEN_REQUIRED "}");
    memory_fail(1);

    is(auth_tenant_claims_parse(&claims, &payload, given_flat),
       AUTH_TENANT_OK, "claims without memory");
    ok(!memory_failed(), "which asked for none");

    payload = given_payload("{'a':[0.5,{'b':[1,'c',null,true]},-1e-9],"
                            "'b':0.12345678901234567890123456789012345,"
                            "'nbf':7.5,"
                            "'permissions':{'jupyter':true,'x':1.5},"
                            GIVEN_REQUIRED "}");
    accepted = 0;
    others = 0;

    for (n = 1; n < 10000; n++) {

        memory_fail(n);
        verdict = auth_tenant_claims_parse(&claims, &payload, given_flat);

        if (!memory_failed()) {
            break;
        }

        accepted += (verdict == AUTH_TENANT_OK || claims.flat.len != 0);
        others += (verdict != AUTH_TENANT_ERROR);
    }

    memory_fail(0);

    ok(n > 10, "E17 %u allocations failed, one at a time", n - 1);
    is(accepted, 0, "E17 with none of them were claims accepted");
    is(others, 0, "E17 nor was the token found at fault");

    is(auth_tenant_claims_parse(&claims, &payload, given_flat),
       AUTH_TENANT_OK, "with memory they are");

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * E17: what is kept of a document when memory runs out.  Each allocation fails
 * once: either nothing is kept, or as many whole keys as the report says.
 */


#include "memory.h"
#include "keys.h"
#include "auth_tenant_jwks.h"


static char           document[4 * MINT_TEXT];
static unsigned char  good[MINT_TEXT], got[MINT_TEXT];


static size_t
compact(unsigned char *dst, auth_tenant_keys_report_t *report)
{
    auth_tenant_str_t  s;

    s = str(document);

    return auth_tenant_keys_compact(&s, AUTH_TENANT_ALGS_DEFAULT, dst,
                                    MINT_TEXT, report);
}


static unsigned
keys_in(size_t len)
{
    auth_tenant_str_t           s;
    auth_tenant_keys_report_t   report;

    s.data = got;
    s.len = len;

    auth_tenant_keys_free(auth_tenant_keys_parse(&s, AUTH_TENANT_ALGS_DEFAULT,
                                                 &report));

    return report.skipped ? 9999 : report.keys;
}


int
main(void)
{
    size_t                      len, whole;
    unsigned                    n, wrong, none, fewer;
    auth_tenant_keys_report_t   report;

    memory_init();

    strcpy(document, "{\"keys\":[");
    mint_jwk(jwk, "RSA2048", ",'kid':'a','use':'sig','alg':'RS256'");
    strcat(document, jwk);
    strcat(document, ",");
    mint_jwk(jwk, "P-256", ",'kid':'b','key_ops':['verify'],'x5t':'c'");
    strcat(document, jwk);
    strcat(document, ",");
    mint_jwk(jwk, "Ed25519", ",'kid':'c'");
    strcat(document, jwk);
    strcat(document, "]}");

    whole = compact(good, &report);
    ok(whole != 0 && report.keys == 3, "with memory: three keys");

    wrong = none = fewer = 0;

    for (n = 1; n < 100000; n++) {
        memory_fail(n);
        len = compact(got, &report);

        if (!memory_failed()) {
            memory_fail(0);
            wrong += (len != whole || memcmp(got, good, len) != 0);
            break;
        }

        memory_fail(0);

        if (ERR_peek_error() != 0) {
            ERR_clear_error();
            wrong++;
        }

        if (len == 0) {
            none++;
            wrong += (report.error == NULL);
            continue;
        }

        if (report.keys == 3) {
            wrong += (len != whole || memcmp(got, good, len) != 0);
            continue;
        }

        fewer++;
        wrong += (report.error == NULL || keys_in(len) != report.keys);
    }

    ok(wrong == 0 && none > 20 && fewer > 20,
       "E17: each of %u allocations failed: %u times nothing was kept, %u "
       "times a key was missing, never part of one", n - 1, none, fewer);

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What is kept of a fetched document.  It has the same keys, and nothing that
 * a verifier has no use for.
 */


#include <jansson.h>
#include <openssl/err.h>

#include "expand.h"
#include "lines.h"
#include "auth_tenant_jwks.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    expand_init();

    return 0;
}


static void
check_find(const auth_tenant_keys_t *a, const auth_tenant_keys_t *b,
    const auth_tenant_str_t *kid)
{
    unsigned                  alg;
    const auth_tenant_key_t  *x, *y;

    for (alg = 0; alg < AUTH_TENANT_NALGS; alg++) {
        x = auth_tenant_keys_find(a, kid, (auth_tenant_alg_e) alg);
        y = auth_tenant_keys_find(b, kid, (auth_tenant_alg_e) alg);

        check((x == NULL) == (y == NULL));

        if (x == NULL) {
            continue;
        }

        check(auth_tenant_key_algs(x) == auth_tenant_key_algs(y));
        check((auth_tenant_key_id(x)->data == NULL)
              == (auth_tenant_key_id(y)->data == NULL));
        check(auth_tenant_str_eq(auth_tenant_key_id(x),
                                 auth_tenant_key_id(y)));
        check(!auth_tenant_key_any_id(y));
    }
}


/* Every key ID that is written anywhere in the document. */

static void
check_same(const auth_tenant_str_t *document, const auth_tenant_str_t *compact,
    auth_tenant_algs_t algs)
{
    size_t                      i;
    json_t                     *json, *list, *id;
    json_error_t                error;
    auth_tenant_str_t           kid;
    auth_tenant_keys_t         *a, *b;
    auth_tenant_keys_report_t   first, second;

    a = auth_tenant_keys_parse(document, algs, &first);
    b = auth_tenant_keys_parse(compact, algs, &second);

    check(a != NULL && b != NULL);
    check(first.keys == second.keys);
    check(second.skipped == 0 && second.leaked == 0 && second.error == NULL);
    check(auth_tenant_keys_algs(a) == auth_tenant_keys_algs(b));

    check_find(a, b, NULL);

    json = json_loadb((const char *) document->data, document->len, 0, &error);
    check(json != NULL);

    list = json_object_get(json, "keys");

    for (i = 0; i < json_array_size(list); i++) {
        id = json_object_get(json_array_get(list, i), "kid");

        if (json_is_string(id)) {
            kid.data = (const unsigned char *) json_string_value(id);
            kid.len = json_string_length(id);
            check_find(a, b, &kid);
        }
    }

    json_decref(json);
    auth_tenant_keys_free(a);
    auth_tenant_keys_free(b);
}


static void
check_members(const auth_tenant_str_t *compact, unsigned nkeys)
{
    size_t                    i, k;
    json_t                   *json, *list, *value;
    const char               *name;
    json_error_t              error;
    static const char *const  known[] = {
        "kty", "kid", "use", "key_ops", "alg", "crv", "x", "y", "n", "e"
    };

    json = json_loadb((const char *) compact->data, compact->len,
                      JSON_REJECT_DUPLICATES, &error);
    check(json_is_object(json) && json_object_size(json) == 1);

    list = json_object_get(json, "keys");
    check(json_is_array(list) && json_array_size(list) == nkeys);

    for (i = 0; i < nkeys; i++) {
        json_object_foreach(json_array_get(list, i), name, value) {

            for (k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
                if (strcmp(name, known[k]) == 0) {
                    break;
                }
            }

            check(k < sizeof(known) / sizeof(known[0]));
            check(json_is_string(value) || strcmp(name, "key_ops") == 0);
        }
    }

    json_decref(json);
}


static void
try(const auth_tenant_str_t *document, auth_tenant_algs_t algs)
{
    size_t                      len;
    unsigned char              *dst, *again;
    auth_tenant_str_t           compact;
    auth_tenant_keys_t         *keys;
    auth_tenant_keys_report_t   report, parsed, other;

    dst = malloc(document->len + 1);
    len = auth_tenant_keys_compact(document, algs, dst, document->len,
                                   &report);

    check(ERR_peek_error() == 0);
    check(len <= document->len);

    keys = auth_tenant_keys_parse(document, algs & ~AUTH_TENANT_ALGS_HMAC,
                                  &parsed);
    auth_tenant_keys_free(keys);

    check(report.keys == parsed.keys && report.skipped == parsed.skipped
          && report.leaked == parsed.leaked);

    if (len == 0) {
        check(report.error != NULL);
        free(dst);
        return;
    }

    check(report.error == parsed.error);

    /* an exact size, so that a read behind it is seen */

    compact.data = realloc(dst, len);
    compact.len = len;

    check_members(&compact, report.keys);
    check_same(document, &compact, algs & ~AUTH_TENANT_ALGS_HMAC);

    again = malloc(len);

    check(auth_tenant_keys_compact(&compact, algs, again, len, &other) == len);
    check(memcmp(again, compact.data, len) == 0);
    check(auth_tenant_keys_compact(document, algs, again, len - 1, &other)
          == 0);
    check(other.error != NULL);

    free(again);
    free((void *) (uintptr_t) compact.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char      *copy;
    auth_tenant_str_t   document;

    static unsigned char             buffer[EXPAND_MAX];
    static const auth_tenant_algs_t  algs[] = {
        AUTH_TENANT_ALGS_DEFAULT, (auth_tenant_algs_t) ~1u,
        auth_tenant_alg_bit(AUTH_TENANT_ES256)
        | auth_tenant_alg_bit(AUTH_TENANT_RS256)
    };

    document.len = expand(buffer, data, size);

    copy = malloc(document.len ? document.len : 1);
    memcpy(copy, buffer, document.len);
    document.data = copy;

    /* a blank more at its end, and it is tried with others */

    try(&document, algs[document.len % 3]);

    free(copy);

    return 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Key documents: JWK Sets and PEM files.  The report is true, and a key that
 * is found is the only one that could be meant.
 */


#include <openssl/err.h>

#include "expand.h"
#include "auth_tenant_jwks.h"


#define ALL  ((auth_tenant_algs_t) ~1u)


int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    expand_init();

    return 0;
}


static void
look_up(const auth_tenant_keys_t *keys, const auth_tenant_str_t *kid)
{
    unsigned                  alg;
    auth_tenant_algs_t        found;
    const auth_tenant_str_t  *id;
    const auth_tenant_key_t  *key;

    found = 0;

    for (alg = 0; alg < AUTH_TENANT_NALGS; alg++) {
        key = auth_tenant_keys_find(keys, kid, (auth_tenant_alg_e) alg);

        if (key == NULL) {
            continue;
        }

        found |= auth_tenant_alg_bit(alg);
        id = auth_tenant_key_id(key);

        if ((auth_tenant_key_algs(key) & auth_tenant_alg_bit(alg)) == 0) {
            abort();
        }

        if (kid != NULL && !auth_tenant_key_any_id(key)
            && (id->data == NULL || id->len != kid->len
                || memcmp(id->data, kid->data, id->len) != 0))
        {
            abort();
        }
    }

    if (found & ~auth_tenant_keys_algs(keys)) {
        abort();
    }
}


static void
try(const auth_tenant_str_t *document, auth_tenant_algs_t algs)
{
    size_t                      i;
    auth_tenant_str_t           kid;
    auth_tenant_keys_t         *keys;
    auth_tenant_keys_report_t   report;

    static const char *const  kids[] = { "", "a", "b", "c", "key" };

    keys = auth_tenant_keys_parse(document, algs, &report);

    if (ERR_peek_error() != 0
        || (keys != NULL) != (report.keys != 0)
        || (keys == NULL && report.error == NULL)
        || (report.skipped != 0 && report.error == NULL)
        || report.leaked > report.skipped
        || report.keys > AUTH_TENANT_MAX_KEYS)
    {
        abort();
    }

    if (keys == NULL) {
        return;
    }

    if (auth_tenant_keys_algs(keys) == 0
        || (auth_tenant_keys_algs(keys) & ~algs) != 0)
    {
        abort();
    }

    look_up(keys, NULL);

    for (i = 0; i < sizeof(kids) / sizeof(kids[0]); i++) {
        kid.len = strlen(kids[i]);
        kid.data = (const unsigned char *) kids[i];
        look_up(keys, &kid);
    }

    auth_tenant_keys_free(keys);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char      *copy;
    auth_tenant_str_t   document;

    static unsigned char  buffer[EXPAND_MAX];

    document.len = expand(buffer, data, size);

    copy = malloc(document.len ? document.len : 1);
    memcpy(copy, buffer, document.len);
    document.data = copy;

    try(&document, ALL);
    try(&document, AUTH_TENANT_ALGS_DEFAULT);

    free(copy);

    return 0;
}

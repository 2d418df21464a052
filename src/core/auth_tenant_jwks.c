
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "auth_tenant_json.h"
#include "auth_tenant_key.h"
#include "auth_tenant_keys.h"


static int auth_tenant_jwks_parse(auth_tenant_keys_t *keys,
    const auth_tenant_str_t *document, auth_tenant_algs_t algs,
    auth_tenant_keys_report_t *report);
static int auth_tenant_jwks_add(auth_tenant_keys_t *keys, const json_t *jwks,
    auth_tenant_algs_t algs, auth_tenant_keys_report_t *report);
static void auth_tenant_keys_drop_duplicates(auth_tenant_keys_t *keys,
    auth_tenant_keys_report_t *report);
static int auth_tenant_keys_clash(const auth_tenant_key_t *a,
    const auth_tenant_key_t *b);
static int auth_tenant_key_has_id(const auth_tenant_key_t *key,
    const auth_tenant_str_t *kid);


auth_tenant_keys_t *
auth_tenant_keys_parse(const auth_tenant_str_t *document,
    auth_tenant_algs_t algs, auth_tenant_keys_report_t *report)
{
    int                  ok;
    unsigned             i;
    auth_tenant_keys_t  *keys;

    memset(report, 0, sizeof(auth_tenant_keys_report_t));

    if (document->len > AUTH_TENANT_MAX_DOCUMENT) {
        report->error = "document is over 256K";
        return NULL;
    }

    keys = OPENSSL_zalloc(sizeof(auth_tenant_keys_t));
    if (keys == NULL) {
        report->error = AUTH_TENANT_NO_MEMORY;
        ERR_clear_error();
        return NULL;
    }

    ok = auth_tenant_keys_is_pem(document)
         ? auth_tenant_pem_parse(keys, document, algs, report)
         : auth_tenant_jwks_parse(keys, document, algs, report);

    ERR_clear_error();

    if (!ok) {
        auth_tenant_keys_free(keys);
        return NULL;
    }

    auth_tenant_keys_drop_duplicates(keys, report);

    for (i = 0; i < keys->nkeys; i++) {
        keys->algs |= auth_tenant_key_algs(keys->key[i]);
    }

    if (keys->nkeys != 0 && !auth_tenant_keys_make_digest(keys)) {
        report->error = AUTH_TENANT_NO_MEMORY;
        auth_tenant_keys_free(keys);
        return NULL;
    }

    report->keys = keys->nkeys;

    if (keys->nkeys == 0) {

        if (report->error == NULL) {
            report->error = "document has no keys";
        }

        auth_tenant_keys_free(keys);
        return NULL;
    }

    return keys;
}


void
auth_tenant_keys_free(auth_tenant_keys_t *keys)
{
    unsigned  i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < keys->nkeys; i++) {
        auth_tenant_key_free(keys->key[i]);
    }

    OPENSSL_free(keys);
}


const unsigned char *
auth_tenant_keys_digest(const auth_tenant_keys_t *keys)
{
    return keys->digest;
}


auth_tenant_algs_t
auth_tenant_keys_algs(const auth_tenant_keys_t *keys)
{
    return keys->algs;
}


const auth_tenant_key_t *
auth_tenant_keys_find(const auth_tenant_keys_t *keys,
    const auth_tenant_str_t *kid, auth_tenant_alg_e alg)
{
    unsigned                  i, fitting, any;
    auth_tenant_algs_t        bit;
    const auth_tenant_key_t  *key, *one;

    bit = auth_tenant_alg(alg) ? auth_tenant_alg_bit(alg) : 0;

    one = NULL;
    fitting = 0;

    for (i = 0; i < keys->nkeys; i++) {
        key = keys->key[i];

        if ((auth_tenant_key_algs(key) & bit) == 0) {
            continue;
        }

        any = (kid == NULL || auth_tenant_key_any_id(key));

        if (any) {
            one = key;
            fitting++;

        } else if (auth_tenant_key_has_id(key, kid)) {

            /* no second one: duplicates were dropped at parsing */

            return key;
        }
    }

    return (fitting == 1) ? one : NULL;
}


void
auth_tenant_keys_add(auth_tenant_keys_t *keys, auth_tenant_key_t *key,
    auth_tenant_keys_report_t *report, const char *error)
{
    if (key != NULL) {
        keys->key[keys->nkeys++] = key;
        return;
    }

    report->skipped++;

    if (report->error == NULL) {
        report->error = error;
    }
}


int
auth_tenant_keys_is_pem(const auth_tenant_str_t *document)
{
    const unsigned char  *p, *last;

    static const char  begin[] = "-----BEGIN";

    if (document->len < sizeof(begin) - 1) {
        return 0;
    }

    last = document->data + document->len - (sizeof(begin) - 1);

    for (p = document->data; p <= last; p++) {

        p = memchr(p, begin[0], (size_t) (last - p) + 1);

        if (p == NULL) {
            return 0;
        }

        if (memcmp(p, begin, sizeof(begin) - 1) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
auth_tenant_jwks_parse(auth_tenant_keys_t *keys,
    const auth_tenant_str_t *document, auth_tenant_algs_t algs,
    auth_tenant_keys_report_t *report)
{
    int                     ok;
    json_t                 *json, *jwks;
    auth_tenant_verdict_e   verdict;

    json = auth_tenant_json_parse(document, &verdict);

    if (json == NULL) {
        report->error = (verdict == AUTH_TENANT_ERROR)
                        ? AUTH_TENANT_NO_MEMORY
                        : "document is neither strict JSON nor PEM";
        return 0;
    }

    jwks = json_object_get(json, "keys");

    if (json_is_array(jwks)) {
        ok = auth_tenant_jwks_add(keys, jwks, algs, report);

    } else {
        report->error = "document has no \"keys\" array";
        ok = 0;
    }

    json_decref(json);

    return ok;
}


/* RFC 7517 section 5: keys that aren't understood are ignored. */

static int
auth_tenant_jwks_add(auth_tenant_keys_t *keys, const json_t *jwks,
    auth_tenant_algs_t algs, auth_tenant_keys_report_t *report)
{
    size_t              i;
    json_t             *jwk;
    const char         *error;
    auth_tenant_key_t  *key;

    if (json_array_size(jwks) > AUTH_TENANT_MAX_KEYS) {
        report->error = AUTH_TENANT_TOO_MANY;
        return 0;
    }

    for (i = 0; i < json_array_size(jwks); i++) {
        jwk = json_array_get(jwks, i);

        if (auth_tenant_jwk_leaks(jwk, algs)) {
            report->leaked++;
        }

        key = auth_tenant_jwk_parse(jwk, algs, &error);

        if (key != NULL) {
            keys->place[keys->nkeys] = (unsigned char) i;
        }

        auth_tenant_keys_add(keys, key, report, error);
    }

    return 1;
}


/*
 * RFC 7517 section 4.5: two keys may share an ID if they are of different
 * types.  Where the ID and an algorithm don't tell two keys apart, neither is
 * used: whoever can add a key to the set can't shadow another.
 */

static void
auth_tenant_keys_drop_duplicates(auth_tenant_keys_t *keys,
    auth_tenant_keys_report_t *report)
{
    unsigned       i, k, n;
    unsigned char  drop[AUTH_TENANT_MAX_KEYS];

    memset(drop, 0, sizeof(drop));

    for (i = 0; i < keys->nkeys; i++) {
        for (k = 0; k < i; k++) {
            if (auth_tenant_keys_clash(keys->key[i], keys->key[k])) {
                drop[i] = 1;
                drop[k] = 1;
            }
        }
    }

    n = 0;

    for (i = 0; i < keys->nkeys; i++) {

        if (!drop[i]) {
            keys->place[n] = keys->place[i];
            keys->key[n++] = keys->key[i];
            continue;
        }

        auth_tenant_key_free(keys->key[i]);
        auth_tenant_keys_add(keys, NULL, report, "two keys with one \"kid\"");
    }

    keys->nkeys = n;
}


static int
auth_tenant_keys_clash(const auth_tenant_key_t *a, const auth_tenant_key_t *b)
{
    return auth_tenant_key_has_id(a, auth_tenant_key_id(b))
           && (auth_tenant_key_algs(a) & auth_tenant_key_algs(b));
}


/* A key without an ID has none in common with anything. */

static int
auth_tenant_key_has_id(const auth_tenant_key_t *key,
    const auth_tenant_str_t *kid)
{
    return kid->data != NULL
           && auth_tenant_key_id(key)->data != NULL
           && auth_tenant_str_eq(auth_tenant_key_id(key), kid);
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * A fetched document, reduced to what is kept of it.
 */


#include <string.h>

#include "auth_tenant_json.h"
#include "auth_tenant_key.h"
#include "auth_tenant_keys.h"


static size_t auth_tenant_compact_keys(const auth_tenant_keys_t *keys,
    const auth_tenant_str_t *document, unsigned char *dst, size_t size,
    const char **error);
static json_t *auth_tenant_compact_set(const auth_tenant_keys_t *keys,
    const json_t *jwks);
static json_t *auth_tenant_compact_key(const json_t *jwk);


size_t
auth_tenant_keys_compact(const auth_tenant_str_t *document,
    auth_tenant_algs_t algs, unsigned char *dst, size_t size,
    auth_tenant_keys_report_t *report)
{
    size_t               len;
    const char          *error;
    auth_tenant_str_t    text;
    auth_tenant_keys_t  *keys;

    keys = auth_tenant_keys_parse(document, algs & ~AUTH_TENANT_ALGS_HMAC,
                                  report);

    if (keys == NULL) {
        return 0;
    }

    if (auth_tenant_keys_is_pem(document)) {
        len = 0;
        error = "document is PEM, not a JWK Set";

    } else {
        len = auth_tenant_compact_keys(keys, document, dst, size, &error);
    }

    auth_tenant_keys_free(keys);

    /* "\u002d----BEGIN" was JSON, but would be PEM to who reads it again */

    text.data = dst;
    text.len = len;

    if (len != 0 && auth_tenant_keys_is_pem(&text)) {
        len = 0;
        error = "document has \"-----BEGIN\" in a string";
    }

    if (len == 0) {
        report->error = error;
    }

    return len;
}


static size_t
auth_tenant_compact_keys(const auth_tenant_keys_t *keys,
    const auth_tenant_str_t *document, unsigned char *dst, size_t size,
    const char **error)
{
    size_t                  len;
    json_t                 *json, *set;
    auth_tenant_verdict_e   verdict;

    *error = AUTH_TENANT_NO_MEMORY;

    json = auth_tenant_json_parse(document, &verdict);

    set = json ? auth_tenant_compact_set(keys, json_object_get(json, "keys"))
               : NULL;

    /* it says the length that it needs, even if there is less */

    len = set ? json_dumpb(set, (char *) dst, size, JSON_COMPACT) : 0;

    if (len > size) {
        *error = "usable keys do not fit into the room for a document";
        len = 0;
    }

    json_decref(set);
    json_decref(json);

    return len;
}


static json_t *
auth_tenant_compact_set(const auth_tenant_keys_t *keys, const json_t *jwks)
{
    unsigned   i;
    json_t    *set, *list;

    set = json_object();
    list = json_array();

    for (i = 0; i < keys->nkeys; i++) {

        /* NULL is refused, as is what there is no memory for */

        if (json_array_append_new(list,
                auth_tenant_compact_key(json_array_get(jwks, keys->place[i])))
            != 0)
        {
            json_decref(list);
            json_decref(set);
            return NULL;
        }
    }

    if (json_object_set_new(set, "keys", list) != 0) {
        json_decref(set);
        return NULL;
    }

    return set;
}


/*
 * What is no string in these members made the key unusable, or belongs to
 * another type of key; so only "key_ops" is more than a string.
 */

static json_t *
auth_tenant_compact_key(const json_t *jwk)
{
    json_t             *key, *member;
    const char *const  *name;
    auth_tenant_str_t   kty;

    static const char *const  rsa[] = {
        "kty", "kid", "use", "key_ops", "alg", "n", "e", NULL
    };
    static const char *const  ec[] = {
        "kty", "kid", "use", "key_ops", "alg", "crv", "x", "y", NULL
    };
    static const char *const  okp[] = {
        "kty", "kid", "use", "key_ops", "alg", "crv", "x", NULL
    };

    if (auth_tenant_json_string(jwk, "kty", &kty) != 1) {
        return NULL;
    }

    name = (kty.data[0] == 'R') ? rsa : (kty.data[0] == 'E') ? ec : okp;

    key = json_object();

    for ( /* void */ ; *name != NULL; name++) {

        member = json_object_get(jwk, *name);

        if (member != NULL && json_object_set(key, *name, member) != 0) {
            json_decref(key);
            return NULL;
        }
    }

    return key;
}

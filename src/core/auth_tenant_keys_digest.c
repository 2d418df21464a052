
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a key set verifies, as one number: two sets with the same digest give
 * every token the same verdict.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "auth_tenant_key.h"
#include "auth_tenant_keys.h"


/* A key's own digest goes into the set's, in the order of the digests. */

typedef unsigned char  auth_tenant_digest_t[AUTH_TENANT_KEYS_DIGEST];


static int auth_tenant_key_digest(const auth_tenant_key_t *key,
    unsigned char *digest);
static int auth_tenant_digest_cmp(const void *a, const void *b);


int
auth_tenant_keys_make_digest(auth_tenant_keys_t *keys)
{
    int                   rc;
    unsigned              i;
    auth_tenant_digest_t  digest[AUTH_TENANT_MAX_KEYS];

    rc = 1;

    for (i = 0; i < keys->nkeys && rc; i++) {
        rc = auth_tenant_key_digest(keys->key[i], digest[i]);
    }

    if (rc) {

        /* providers list their keys in whatever order */

        qsort(digest, keys->nkeys, sizeof(auth_tenant_digest_t),
              auth_tenant_digest_cmp);

        rc = EVP_Digest(digest, keys->nkeys * sizeof(auth_tenant_digest_t),
                        keys->digest, NULL, EVP_sha256(), NULL)
             == 1;
    }

    ERR_clear_error();

    return rc;
}


/*
 * All that choosing the key and verifying with it depends on.  The key itself
 * is its SubjectPublicKeyInfo, which says no less than a thumbprint (RFC 7638)
 * does; a secret can't be taken for one, since `pkey` tells them apart.
 */

static int
auth_tenant_key_digest(const auth_tenant_key_t *key, unsigned char *digest)
{
    struct {
        uint64_t              kid_len;
        uint64_t              algs;
        unsigned char         absent;
        unsigned char         any_id;
        unsigned char         public;
        auth_tenant_digest_t  material;
        unsigned char         kid[AUTH_TENANT_MAX_KID];
    } text;

    /* what lies between the members must not differ */

    memset(&text, 0, sizeof(text));

    text.kid_len = key->kid.len;
    text.algs = key->algs;
    text.absent = (key->kid.data == NULL);
    text.any_id = (key->any_id != 0);
    text.public = (key->pkey != NULL);

    memcpy(text.kid, key->kid_data, key->kid.len);

    return (key->pkey ? auth_tenant_pkey_digest(key->pkey, text.material)
                      : auth_tenant_secret_digest(key->secret, text.material))
           && EVP_Digest(&text, sizeof(text), digest, NULL, EVP_sha256(), NULL)
              == 1;
}


static int
auth_tenant_digest_cmp(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(auth_tenant_digest_t));
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the files that read key documents share; no other file includes this.
 */


#ifndef _AUTH_TENANT_KEYS_H_INCLUDED_
#define _AUTH_TENANT_KEYS_H_INCLUDED_


#include "auth_tenant_jwks.h"


#define AUTH_TENANT_TOO_MANY  "document has more than 64 keys"


struct auth_tenant_keys_s {
    unsigned              nkeys;
    auth_tenant_algs_t    algs;
    auth_tenant_key_t    *key[AUTH_TENANT_MAX_KEYS];

    /* where the key stood in the document's "keys"; not for PEM */
    unsigned char         place[AUTH_TENANT_MAX_KEYS];

    unsigned char         digest[AUTH_TENANT_KEYS_DIGEST];
};


/* 1 if a document is to be read as PEM (RFC 7468), 0: as JSON. */
int auth_tenant_keys_is_pem(const auth_tenant_str_t *document);


/*
 * Adds a key, or counts one that can't be used (NULL) and keeps the first
 * reason.
 */
void auth_tenant_keys_add(auth_tenant_keys_t *keys, auth_tenant_key_t *key,
    auth_tenant_keys_report_t *report, const char *error);


/* Fills in keys->digest, of all keys.  1, or 0 if OpenSSL fails. */
int auth_tenant_keys_make_digest(auth_tenant_keys_t *keys);


/*
 * Reads the blocks of a PEM file (RFC 7468).  1, or 0 with report->error set
 * if there are more than AUTH_TENANT_MAX_KEYS.
 */
int auth_tenant_pem_parse(auth_tenant_keys_t *keys,
    const auth_tenant_str_t *document, auth_tenant_algs_t algs,
    auth_tenant_keys_report_t *report);


#endif /* _AUTH_TENANT_KEYS_H_INCLUDED_ */

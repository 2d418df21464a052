
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Key sets: a JWK Set document (RFC 7517 section 5), or PEM public keys and
 * certificates, to an immutable set of keys.
 */


#ifndef _AUTH_TENANT_JWKS_H_INCLUDED_
#define _AUTH_TENANT_JWKS_H_INCLUDED_


#include "auth_tenant_jwk.h"
#include "auth_tenant_sha256.h"


#define AUTH_TENANT_KEYS_DIGEST  AUTH_TENANT_SHA256_SIZE


typedef struct auth_tenant_keys_s  auth_tenant_keys_t;


/* What was found in a document, for one log line. */

typedef struct {
    unsigned              keys;       /* usable */
    unsigned              skipped;    /* not usable: one bad key harms none */
    unsigned              leaked;     /* of those: with private members */
    const char           *error;      /* static; first reason, NULL if none */
} auth_tenant_keys_report_t;


/*
 * Parses a document; PEM if it holds "-----BEGIN", else a JWK Set.  `algs` as
 * for auth_tenant_jwk_parse(); the caller puts HMAC algorithms in only for a
 * file.  Keys that can't be used are skipped and counted; two keys with one
 * "kid" are both dropped unless they differ in kty or alg, so that at most
 * one fits an algorithm (never the first one wins).  A document without a
 * usable key, over AUTH_TENANT_MAX_DOCUMENT or with more than
 * AUTH_TENANT_MAX_KEYS keys is refused.  Returns a set that the caller frees,
 * or NULL; *report is filled in both cases.
 */
auth_tenant_keys_t *auth_tenant_keys_parse(const auth_tenant_str_t *document,
    auth_tenant_algs_t algs, auth_tenant_keys_report_t *report);


/*
 * Writes a JWK Set (RFC 7517 section 5) to `dst` that has only those keys of
 * `document` which can be used with `algs`, and of them only the members that
 * a verifier needs: kty, kid, use, key_ops, alg, and crv, x and y or n and e.
 * Parsing it gives what parsing the document does.  Secrets and private
 * members never get into it: a PEM document is refused, and no HMAC algorithm
 * counts.  Returns the length, at most that of the document, or 0 if there is
 * no usable key, the document is refused or the result is longer than `size`;
 * *report is filled in as by auth_tenant_keys_parse(), with an error whenever
 * 0 is returned.
 */
size_t auth_tenant_keys_compact(const auth_tenant_str_t *document,
    auth_tenant_algs_t algs, unsigned char *dst, size_t size,
    auth_tenant_keys_report_t *report);


/* Frees a set and its keys.  NULL is allowed. */
void auth_tenant_keys_free(auth_tenant_keys_t *keys);


/*
 * The digest of the set, AUTH_TENANT_KEYS_DIGEST bytes that live as long as
 * it: SHA-256 over its keys' sorted digests, each of all that verifying with
 * the key depends on.  A token that was verified with one set would be with
 * any other of the same digest, in whatever order and with whatever else its
 * document has.
 */
const unsigned char *auth_tenant_keys_digest(const auth_tenant_keys_t *keys);


/* The algorithms that at least one key of the set fits. */
auth_tenant_algs_t auth_tenant_keys_algs(const auth_tenant_keys_t *keys);


/*
 * Finds the one key to verify with (RFC 7515 section 4.1.4, OpenID Connect
 * Core 10.1).  `kid` NULL: the token has none, and exactly one key of the set
 * must fit `alg`.  Otherwise the key with that ID must fit `alg`; failing
 * that, exactly one key that answers to any ID.  No key is ever tried after
 * another.  Returns a key that lives as long as the set, or NULL.
 */
const auth_tenant_key_t *auth_tenant_keys_find(const auth_tenant_keys_t *keys,
    const auth_tenant_str_t *kid, auth_tenant_alg_e alg);


#endif /* _AUTH_TENANT_JWKS_H_INCLUDED_ */

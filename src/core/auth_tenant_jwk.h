
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Algorithms (RFC 7518, RFC 8037, RFC 9864) and single keys (RFC 7517).
 */


#ifndef _AUTH_TENANT_JWK_H_INCLUDED_
#define _AUTH_TENANT_JWK_H_INCLUDED_


#include <jansson.h>
#include <openssl/evp.h>

#include "auth_tenant_core.h"


typedef enum {
    AUTH_TENANT_ALG_UNKNOWN = 0,      /* also "none", in any spelling */
    AUTH_TENANT_RS256,
    AUTH_TENANT_RS384,
    AUTH_TENANT_RS512,
    AUTH_TENANT_PS256,
    AUTH_TENANT_PS384,
    AUTH_TENANT_PS512,
    AUTH_TENANT_ES256,
    AUTH_TENANT_ES384,
    AUTH_TENANT_ES512,
    AUTH_TENANT_EDDSA,
    AUTH_TENANT_HS256,
    AUTH_TENANT_HS384,
    AUTH_TENANT_HS512,
    AUTH_TENANT_ESP256,               /* RFC 9864: fully specified names, */
    AUTH_TENANT_ESP384,               /* accepted only where configured */
    AUTH_TENANT_ESP512,
    AUTH_TENANT_ED25519,
    AUTH_TENANT_ED448,
    AUTH_TENANT_NALGS
} auth_tenant_alg_e;


typedef uint32_t  auth_tenant_algs_t;      /* bits: 1 << auth_tenant_alg_e */

#define auth_tenant_alg_bit(alg)  (1u << (alg))

#define AUTH_TENANT_ALGS_HMAC                                                 \
    (auth_tenant_alg_bit(AUTH_TENANT_HS256)                                   \
     | auth_tenant_alg_bit(AUTH_TENANT_HS384)                                 \
     | auth_tenant_alg_bit(AUTH_TENANT_HS512))

/* What a provider accepts if its "algorithms" aren't written: RS256..EdDSA. */

#define AUTH_TENANT_ALGS_DEFAULT                                              \
    (auth_tenant_alg_bit(AUTH_TENANT_HS256)                                   \
     - auth_tenant_alg_bit(AUTH_TENANT_RS256))


/*
 * One key: parsed and checked once, with everything that verifying needs
 * prepared for the algorithms that it fits.  Opaque, and used by one process
 * at a time (its contexts are scratch space).
 */
typedef struct auth_tenant_key_s  auth_tenant_key_t;


/*
 * The algorithm of an "alg" value; exact, case-sensitive (RFC 7515 section
 * 4.1.1).  AUTH_TENANT_ALG_UNKNOWN for any other text.
 */
auth_tenant_alg_e auth_tenant_alg_by_name(const auth_tenant_str_t *name);


/* The name of an algorithm; "unknown" for a number outside the table. */
const char *auth_tenant_alg_name(unsigned alg);


/*
 * Makes a key from a JWK (RFC 7517 section 4; parameters: RFC 7518 section 6,
 * RFC 8037 section 2).  `algs` are the algorithms that its user allows; kty
 * oct is admitted only if `algs` holds an HMAC algorithm.  Strict: "use",
 * "key_ops", "alg", exact coordinate lengths, points on the curve, RSA of
 * 2048 to 4096 bits with an odd modulus and a sane exponent and without the
 * ROCA pattern, no small-order or non-canonical OKP points, secrets no
 * shorter than the hash, no private members, and "x5c", if there, must carry
 * the same key.  Returns a key that the caller frees, or NULL with *error
 * set to a static text that says why.
 */
auth_tenant_key_t *auth_tenant_jwk_parse(const json_t *jwk,
    auth_tenant_algs_t algs, const char **error);


/*
 * Makes a key from an EVP_PKEY as a PEM file holds it, under the same checks;
 * RSA, EC on a named curve (uncompressed), Ed25519, Ed448.  Takes no ownership
 * of `pkey`: its public half is copied.  Such a key has no key ID and answers
 * to any.  Returns as auth_tenant_jwk_parse().
 */
auth_tenant_key_t *auth_tenant_jwk_from_pkey(EVP_PKEY *pkey,
    auth_tenant_algs_t algs, const char **error);


/* Frees a key and cleanses secret material.  NULL is allowed. */
void auth_tenant_key_free(auth_tenant_key_t *key);


/* The key ID as a slice that lives as long as the key; data NULL if none. */
const auth_tenant_str_t *auth_tenant_key_id(const auth_tenant_key_t *key);


/* The algorithms that the key fits, restricted to those allowed at parsing. */
auth_tenant_algs_t auth_tenant_key_algs(const auth_tenant_key_t *key);


/* 1 if the key answers to any key ID (it came from PEM), else 0. */
int auth_tenant_key_any_id(const auth_tenant_key_t *key);


/*
 * Verifies `signature` (raw, as JWS carries it: RFC 7518 sections 3.2 to 3.5,
 * RFC 8037 section 3.1) over `input`.  The signature's length is checked
 * against the key before anything else.  Returns AUTH_TENANT_OK,
 * AUTH_TENANT_BAD_SIGNATURE, AUTH_TENANT_BAD_ALGORITHM if the key doesn't fit
 * `alg`, or AUTH_TENANT_ERROR if OpenSSL itself fails.  The error queue is
 * empty afterwards.
 */
auth_tenant_verdict_e auth_tenant_key_verify(const auth_tenant_key_t *key,
    auth_tenant_alg_e alg, const auth_tenant_str_t *input,
    const auth_tenant_str_t *signature);


#endif /* _AUTH_TENANT_JWK_H_INCLUDED_ */

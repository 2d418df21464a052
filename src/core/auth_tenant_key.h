
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the files that make and use keys share; no other file includes this.
 */


#ifndef _AUTH_TENANT_KEY_H_INCLUDED_
#define _AUTH_TENANT_KEY_H_INCLUDED_


#include "auth_tenant_jwk.h"


typedef enum {
    AUTH_TENANT_KTY_NONE = 0,
    AUTH_TENANT_KTY_RSA,
    AUTH_TENANT_KTY_EC,
    AUTH_TENANT_KTY_OKP,
    AUTH_TENANT_KTY_OCT
} auth_tenant_kty_e;


typedef enum {
    AUTH_TENANT_CRV_NONE = 0,
    AUTH_TENANT_CRV_P256,
    AUTH_TENANT_CRV_P384,
    AUTH_TENANT_CRV_P521,
    AUTH_TENANT_CRV_ED25519,
    AUTH_TENANT_CRV_ED448,
    AUTH_TENANT_NCRVS
} auth_tenant_crv_e;


/* A row of the algorithm table. */

typedef struct {
    auth_tenant_str_t     name;
    auth_tenant_kty_e     kty;
    auth_tenant_crv_e     crv;        /* NONE: any of the kty */
    const EVP_MD       *(*md)(void);  /* NULL: the algorithm has its own */
    size_t                hash;       /* length of the digest */
    unsigned              pss:1;
} auth_tenant_alg_t;


/* A row of the curve table. */

typedef struct {
    auth_tenant_str_t     name;       /* the "crv" value */
    auth_tenant_kty_e     kty;
    size_t                size;       /* of a coordinate, in bytes */
    size_t                signature;  /* of a JWS signature, in bytes */
    auth_tenant_str_t     order;      /* EC: n of FIPS 186-4, big-endian */
} auth_tenant_curve_t;


/* The parameters of a public key, as slices of the caller's memory. */

typedef struct {
    auth_tenant_kty_e     kty;
    auth_tenant_crv_e     crv;
    auth_tenant_str_t     first;      /* RSA: n; EC, OKP: x */
    auth_tenant_str_t     second;     /* RSA: e; EC: y */
} auth_tenant_public_t;


/*
 * A public key ready for verification, and a secret: two types, in no union,
 * with no code in common, so that neither can be taken for the other.
 */

typedef struct auth_tenant_pkey_s    auth_tenant_pkey_t;
typedef struct auth_tenant_secret_s  auth_tenant_secret_t;


/*
 * One of `pkey` and `secret` is set.  Which of them an algorithm may use is
 * the algorithm's to say, never the key's.
 */

struct auth_tenant_key_s {
    auth_tenant_str_t      kid;
    auth_tenant_algs_t     algs;
    unsigned               any_id;
    auth_tenant_pkey_t    *pkey;
    auth_tenant_secret_t  *secret;
    unsigned char          kid_data[AUTH_TENANT_MAX_KID];
};


/* RSA-4096: modulus, exponent and the DER around them. */

#define AUTH_TENANT_MAX_SPKI    600

/* P-521: two integers of 67 bytes and the DER around them. */

#define AUTH_TENANT_MAX_ECDSA   141

#define AUTH_TENANT_MIN_RSA     2048   /* bits, RFC 7518 section 3.3 */
#define AUTH_TENANT_MAX_RSA     4096
#define AUTH_TENANT_MAX_SECRET  1024   /* bytes */


#define AUTH_TENANT_NO_MEMORY   "out of memory"
#define AUTH_TENANT_NO_FIT      "no accepted algorithm fits the key"


/* The row of an algorithm, NULL for a number outside the table. */
const auth_tenant_alg_t *auth_tenant_alg(unsigned alg);

/* The row of a curve; `crv` must be one. */
const auth_tenant_curve_t *auth_tenant_curve(auth_tenant_crv_e crv);

/* The curve of a "crv" value for a kty, or AUTH_TENANT_CRV_NONE. */
auth_tenant_crv_e auth_tenant_curve_by_name(auth_tenant_kty_e kty,
    const auth_tenant_str_t *name);

/* Those of `algs` that a key of this type, curve and secret's length fits. */
auth_tenant_algs_t auth_tenant_algs_fitting(auth_tenant_algs_t algs,
    auth_tenant_kty_e kty, auth_tenant_crv_e crv, size_t secret);


/*
 * Encodes a checked public key as SubjectPublicKeyInfo (RFC 5280 section
 * 4.1.2.7) into `dst` of AUTH_TENANT_MAX_SPKI bytes; returns the length.
 */
size_t auth_tenant_spki_encode(unsigned char *dst,
    const auth_tenant_public_t *public);

/*
 * Reads a SubjectPublicKeyInfo: rsaEncryption, a named curve with an
 * uncompressed point, Ed25519 or Ed448; nothing else.  1, or 0 if refused.
 */
int auth_tenant_spki_decode(auth_tenant_public_t *public,
    const auth_tenant_str_t *der);

/*
 * The public half of an EVP_PKEY.  *der is to be freed with OPENSSL_free();
 * `public` points into it.  1, or 0 with *der NULL.
 */
int auth_tenant_spki_of(auth_tenant_public_t *public, unsigned char **der,
    EVP_PKEY *pkey);


/* NULL, or a static text that says why the key is refused. */
const char *auth_tenant_public_check(const auth_tenant_public_t *public);
const char *auth_tenant_okp_check(auth_tenant_crv_e crv,
    const auth_tenant_str_t *x);

/* 1 if all of kty, curve and parameters are equal. */
int auth_tenant_public_eq(const auth_tenant_public_t *a,
    const auth_tenant_public_t *b);


/* Builds a key, with a context for each of `algs`; NULL with *error set. */
auth_tenant_pkey_t *auth_tenant_pkey_new(const auth_tenant_public_t *public,
    auth_tenant_algs_t algs, const char **error);

/* NULL is allowed. */
void auth_tenant_pkey_free(auth_tenant_pkey_t *pkey);

/*
 * SHA-256 of its SubjectPublicKeyInfo, to `digest` of 32 bytes.  1, or 0 if
 * OpenSSL fails.
 */
int auth_tenant_pkey_digest(const auth_tenant_pkey_t *pkey,
    unsigned char *digest);

/* As auth_tenant_key_verify(), for all algorithms but HMAC. */
auth_tenant_verdict_e auth_tenant_pkey_verify(const auth_tenant_pkey_t *pkey,
    auth_tenant_alg_e alg, const auth_tenant_str_t *input,
    const auth_tenant_str_t *signature);

/*
 * A raw ECDSA signature (r and s of a curve's size, RFC 7518 section 3.4) as
 * DER, into `dst` of AUTH_TENANT_MAX_ECDSA bytes.  Returns the length, or 0
 * unless 0 < r, s < n.
 */
size_t auth_tenant_ecdsa_der(unsigned char *dst, auth_tenant_crv_e crv,
    const auth_tenant_str_t *raw);


/* Keeps a secret; NULL if it is too long or there is no memory. */
auth_tenant_secret_t *auth_tenant_secret_new(const auth_tenant_str_t *bytes);

/* Cleanses and frees.  NULL is allowed. */
void auth_tenant_secret_free(auth_tenant_secret_t *secret);

/* SHA-256 of its bytes, to `digest` of 32 bytes.  1, or 0 if OpenSSL fails. */
int auth_tenant_secret_digest(const auth_tenant_secret_t *secret,
    unsigned char *digest);

/* As auth_tenant_key_verify(), for the HMAC algorithms only. */
auth_tenant_verdict_e auth_tenant_secret_verify(
    const auth_tenant_secret_t *secret, auth_tenant_alg_e alg,
    const auth_tenant_str_t *input, const auth_tenant_str_t *signature);


/*
 * A digest that is looked up once (OpenSSL 3 does so at each use otherwise),
 * to be given back; NULL without memory.  NULL may be given back.
 */
EVP_MD *auth_tenant_md_fetch(const EVP_MD *md);
void auth_tenant_md_free(EVP_MD *md);


/* Gives a new key its public half.  NULL, or why it is refused. */
const char *auth_tenant_key_set_public(auth_tenant_key_t *key,
    const auth_tenant_public_t *public, auth_tenant_algs_t algs);


/*
 * 1 if a JWK carries what a set for verification must not: a private member,
 * or a secret where `algs` has no use for one.
 */
int auth_tenant_jwk_leaks(const json_t *jwk, auth_tenant_algs_t algs);


/*
 * Compares a JWK's "x5c" (RFC 7517 section 4.7), if it is there, with its
 * key.  NULL, or a static text that says why it is refused.
 */
const char *auth_tenant_x5c_check(const json_t *jwk,
    const auth_tenant_public_t *public);


#endif /* _AUTH_TENANT_KEY_H_INCLUDED_ */

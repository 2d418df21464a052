
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The compact serialization of a signed JWT (RFC 7515 section 7.1) and its
 * JOSE header.
 */


#ifndef _AUTH_TENANT_JWS_H_INCLUDED_
#define _AUTH_TENANT_JWS_H_INCLUDED_


#include "auth_tenant_jwks.h"


typedef struct {
    auth_tenant_str_t     input;      /* signing input, slice of the token */
    auth_tenant_str_t     payload;    /* encoded, slice of the token */
    auth_tenant_str_t     signature;  /* encoded, slice of the token */

    auth_tenant_alg_e     alg;

    auth_tenant_str_t     kid;        /* data NULL if absent */
    auth_tenant_str_t     typ;        /* data NULL if absent */

    unsigned char         kid_data[AUTH_TENANT_MAX_KID];
    unsigned char         typ_data[AUTH_TENANT_MAX_TYP];
} auth_tenant_jws_t;


/*
 * Splits a token and reads its header; no cryptography, nothing allocated but
 * for a number with a fraction.  `token` must outlive `jws`.  Refused as
 * AUTH_TENANT_MALFORMED (RFC 7515 section 5.2): more than
 * AUTH_TENANT_MAX_TOKEN bytes, a byte outside the base64url alphabet and ".",
 * other than three parts, an empty part, a header that isn't a JSON object
 * (see auth_tenant_scan_object()) or is over AUTH_TENANT_MAX_HEADER; "crit"
 * (section 4.1.11: nothing is supported), "b64" (RFC 7797 section 7), embedded
 * or referenced keys ("jwk", "jku", "x5c", "x5u"), "zip", "enc" or "cty"; a
 * "kid" or "typ" that is no string, or over AUTH_TENANT_MAX_KID or _MAX_TYP.
 * AUTH_TENANT_BAD_ALGORITHM: "alg" missing, not a string, "none" or not in the
 * table.  AUTH_TENANT_ERROR if memory ran out.  Otherwise AUTH_TENANT_OK.
 */
auth_tenant_verdict_e auth_tenant_jws_parse(auth_tenant_jws_t *jws,
    const auth_tenant_str_t *token);


/*
 * Decodes the payload into `dst`, which has room for `size` bytes, and sets
 * *payload to it.  AUTH_TENANT_OK, or AUTH_TENANT_MALFORMED if it is not
 * canonical base64url or longer than AUTH_TENANT_MAX_PAYLOAD or `size`.
 */
auth_tenant_verdict_e auth_tenant_jws_payload(const auth_tenant_jws_t *jws,
    unsigned char *dst, size_t size, auth_tenant_str_t *payload);


/*
 * Checks the header against what a provider accepts: "alg" in `algs` (RFC 8725
 * section 3.1), "typ" in `types` (section 3.11): compared without case and
 * without a leading "application/" (RFC 7515 section 4.1.9); the entry
 * "absent" stands for a missing "typ".  AUTH_TENANT_OK, _BAD_ALGORITHM or
 * _BAD_TYPE.
 */
auth_tenant_verdict_e auth_tenant_jws_accept(const auth_tenant_jws_t *jws,
    auth_tenant_algs_t algs, const auth_tenant_str_t *types, size_t ntypes);


/*
 * Picks the key and verifies the signature.  AUTH_TENANT_OK, _UNKNOWN_KEY,
 * _MALFORMED (the signature's encoding), _BAD_SIGNATURE, or _ERROR.
 */
auth_tenant_verdict_e auth_tenant_jws_verify(const auth_tenant_jws_t *jws,
    const auth_tenant_keys_t *keys);


#endif /* _AUTH_TENANT_JWS_H_INCLUDED_ */

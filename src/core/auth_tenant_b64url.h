
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * base64url as JOSE uses it: RFC 7515 section 2, RFC 4648 sections 3.5 and 5.
 */


#ifndef _AUTH_TENANT_B64URL_H_INCLUDED_
#define _AUTH_TENANT_B64URL_H_INCLUDED_


#include "auth_tenant_core.h"


/* Bytes that decoding `len` characters can't exceed. */

#define auth_tenant_b64url_decoded_len(len)  ((len) / 4 * 3 + 2)


/*
 * Decodes `src` into `dst`, which has room for
 * auth_tenant_b64url_decoded_len(src->len) bytes, and writes the exact number
 * of bytes to *dst_len.  Canonical form only: the 64 characters of the URL
 * alphabet, no padding, no white space, length modulo 4 never 1, unused
 * trailing bits zero; so that exactly one text stands for a byte string.
 * The empty text decodes to no bytes.  Returns 1, or 0 if `src` is refused
 * (dst is then undefined).
 */
int auth_tenant_b64url_decode(unsigned char *dst, size_t *dst_len,
    const auth_tenant_str_t *src);


#endif /* _AUTH_TENANT_B64URL_H_INCLUDED_ */

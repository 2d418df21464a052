
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Strict JSON (RFC 8259) to the flat form of auth_tenant_claims.h, for JOSE
 * headers and claims: what anybody may send, read before any signature is
 * checked.  Nothing is allocated, but by jansson for a number with a fraction
 * or an exponent.
 */


#ifndef _AUTH_TENANT_SCAN_H_INCLUDED_
#define _AUTH_TENANT_SCAN_H_INCLUDED_


#include "auth_tenant_core.h"


/*
 * Room that the nodes of a text of `len` bytes can't exceed.  What grows most
 * is a list of numbers: "1," is two bytes, and its node type, length and "1";
 * a fraction has up to 24 characters, however short it was.
 */
#define auth_tenant_scan_size(len)                                            \
    (2 * (len) + 24 * AUTH_TENANT_MAX_REALS + 63)


/*
 * Reads a text whose top level must be an object, and writes its members as
 * nodes, in their order, to `dst` of `size` bytes.  Takes and refuses what
 * auth_tenant_json_parse() does: nesting deeper than AUTH_TENANT_MAX_DEPTH,
 * more members or elements in one container than AUTH_TENANT_MAX_MEMBERS /
 * _ELEMENTS, duplicate member names at any depth (RFC 7515 section 4, RFC 7519
 * section 4), trailing bytes, a byte order mark, NUL (raw or escaped), control
 * bytes, invalid UTF-8, lone surrogates, integers beyond 64 bits, reals beyond
 * a double; and, of its own, more than AUTH_TENANT_MAX_REALS numbers with a
 * fraction or an exponent.  AUTH_TENANT_OK with *len set;
 * AUTH_TENANT_MALFORMED if the text is refused; AUTH_TENANT_ERROR if memory
 * ran out, or `size` is less than auth_tenant_scan_size() and doesn't suffice.
 */
auth_tenant_verdict_e auth_tenant_scan_object(const auth_tenant_str_t *text,
    unsigned char *dst, size_t size, size_t *len);


#endif /* _AUTH_TENANT_SCAN_H_INCLUDED_ */

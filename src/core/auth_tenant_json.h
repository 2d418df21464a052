
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Strict JSON (RFC 8259) on top of jansson, for JWK sets and discovery
 * documents; auth_tenant_scan.h reads tokens.
 */


#ifndef _AUTH_TENANT_JSON_H_INCLUDED_
#define _AUTH_TENANT_JSON_H_INCLUDED_


#include <jansson.h>

#include "auth_tenant_core.h"


/*
 * Parses a text whose top level must be an object.  Refused: nesting deeper
 * than AUTH_TENANT_MAX_DEPTH, more members or elements in one container than
 * AUTH_TENANT_MAX_MEMBERS / _ELEMENTS (all found by a scan before jansson
 * sees the text), duplicate member names at any depth (RFC 7515 section 4,
 * RFC 7519 section 4), trailing bytes, a byte order mark, NUL (raw or
 * escaped), invalid UTF-8, integers beyond 64 bits, reals beyond a double
 * (1e400; 1e300 is one, so range-check before any cast).  Returns a new
 * reference that the caller gives back with json_decref(), or NULL with
 * *verdict set: AUTH_TENANT_MALFORMED if the text is refused,
 * AUTH_TENANT_ERROR if memory ran out.
 */
json_t *auth_tenant_json_parse(const auth_tenant_str_t *text,
    auth_tenant_verdict_e *verdict);


/*
 * Writes the double that a number stands for to `dst`, which has room for
 * AUTH_TENANT_JSON_REAL bytes: 17 digits, which suffice for any.  `text` must
 * be a number with a fraction or an exponent, as RFC 8259 section 6 has it,
 * and a byte that belongs to no number must stand behind it.  Returns the
 * number of bytes, or 0 with *verdict set: AUTH_TENANT_MALFORMED if it is
 * beyond a double, AUTH_TENANT_ERROR if memory ran out.
 */

#define AUTH_TENANT_JSON_REAL  32   /* 17 digits: 24 */

size_t auth_tenant_json_real(const auth_tenant_str_t *text, char *dst,
    auth_tenant_verdict_e *verdict);


/*
 * Gets a string member as a slice that lives as long as `object`.  Returns 1
 * if it is there and a string, 0 if absent, -1 if it is something else.
 */
int auth_tenant_json_string(const json_t *object, const char *name,
    auth_tenant_str_t *value);


#endif /* _AUTH_TENANT_JSON_H_INCLUDED_ */

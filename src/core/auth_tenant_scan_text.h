
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Strings and numbers of JSON (RFC 8259 sections 6 and 7); for
 * auth_tenant_scan.c alone.
 */


#ifndef _AUTH_TENANT_SCAN_TEXT_H_INCLUDED_
#define _AUTH_TENANT_SCAN_TEXT_H_INCLUDED_


#include "auth_tenant_core.h"


/* A text as it was sent.  It has escapes if `len` isn't that of `raw`. */

typedef struct {
    auth_tenant_str_t     raw;
    size_t                len;        /* when unescaped */
} auth_tenant_scan_text_t;


/*
 * Reads a string; `p` stands behind its first quotation mark.  Returns the
 * byte behind its last one, or NULL if it is cut off or holds a control byte,
 * invalid UTF-8, an unknown escape, an escaped NUL or a lone surrogate.
 */
const unsigned char *auth_tenant_scan_string(const unsigned char *p,
    const unsigned char *end, auth_tenant_scan_text_t *string);


/* Writes string->len bytes: what auth_tenant_scan_string() has read. */
void auth_tenant_scan_copy(unsigned char *dst,
    const auth_tenant_scan_text_t *string);


/*
 * Reads a number.  Returns the byte behind it, or NULL if there is none; *real
 * is set if it has a fraction or an exponent.
 */
const unsigned char *auth_tenant_scan_number(const unsigned char *p,
    const unsigned char *end, int *real);


/*
 * Makes an integer that auth_tenant_scan_number() has read what its value is
 * written as.  1, or 0 if it has more than 64 bits.
 */
int auth_tenant_scan_integer(auth_tenant_str_t *text);


#endif /* _AUTH_TENANT_SCAN_TEXT_H_INCLUDED_ */

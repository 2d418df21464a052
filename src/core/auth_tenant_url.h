
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Absolute http and https URLs (RFC 3986), as strictly as fetching keys needs
 * them, and the addresses that must not be fetched from.
 */


#ifndef _AUTH_TENANT_URL_H_INCLUDED_
#define _AUTH_TENANT_URL_H_INCLUDED_


#include "auth_tenant_core.h"


#define AUTH_TENANT_MAX_URL  2048


/* Slices of the text that was parsed. */

typedef struct {
    auth_tenant_str_t     host;       /* an IPv6 address without brackets */
    auth_tenant_str_t     port;       /* empty: the scheme's own */
    auth_tenant_str_t     path;       /* with the query; may be empty */
    unsigned              https:1;
    unsigned              loopback:1; /* "localhost", 127.0.0.0/8 or ::1, as
                                         written; no name is looked up */
} auth_tenant_url_t;


/*
 * Parses a URL.  Accepted: "http://" or "https://" (lower case), a host that
 * is a DNS name of LDH labels, a dotted IPv4 address or an IPv6 address in
 * brackets, a port of 1 to 65535, then nothing or "/" and visible ASCII.
 * Refused: user information, a fragment, a backslash, an address in another
 * notation (octal, hexadecimal, one number), "%" in the host, a dot at its
 * end, more than AUTH_TENANT_MAX_URL bytes.  Returns NULL with *url set, or a
 * static text that says what is wrong ("must begin with ...", "has ...").
 */
const char *auth_tenant_url_parse(auth_tenant_url_t *url,
    const auth_tenant_str_t *text);


/* 1 if two URLs have one host, without case, whatever scheme and port. */
int auth_tenant_url_same_host(const auth_tenant_url_t *a,
    const auth_tenant_url_t *b);


/*
 * Tells whether a connection may be made to an address that a name turned
 * out to have: `len` is 4 or 16 (bytes in network order).  0 for loopback,
 * unspecified ("this network", 0.0.0.0/8), link-local (169.254.0.0/16, where
 * clouds keep their metadata, fe80::/10, and their likes fd00:ec2::/32 and
 * fd20:ce::/32), multicast and reserved addresses (224.0.0.0/3 with broadcast,
 * ff00::/8), also for IPv4 ones mapped or embedded in IPv6 (::ffff:0:0/96,
 * ::/96, 64:ff9b::/96, 2002::/16), and for any other length; else 1.  Private
 * networks (RFC 1918, fc00::/7) are allowed: providers stand there.
 */
int auth_tenant_address_public(const unsigned char *address, size_t len);


#endif /* _AUTH_TENANT_URL_H_INCLUDED_ */

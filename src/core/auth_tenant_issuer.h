
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Issuers (RFC 7519 section 4.1.1, OpenID Connect Core 2): one, or one for
 * each tenant, with {tenant} in its URL; and the discovery document of one.
 */


#ifndef _AUTH_TENANT_ISSUER_H_INCLUDED_
#define _AUTH_TENANT_ISSUER_H_INCLUDED_


#include "auth_tenant_url.h"


/*
 * "https://login.example.com/realms/{tenant}": what stands before and after
 * the placeholder.  Without one, `tenant` is 0 and `before` is the issuer.
 * Slices of the text that was compiled.
 */

typedef struct {
    auth_tenant_str_t     before;
    auth_tenant_str_t     after;
    unsigned              tenant:1;
    unsigned              authority:1;   /* the placeholder is in the host */
} auth_tenant_issuer_t;


/*
 * Compiles an issuer.  At most one "{tenant}": a whole segment of the path, or
 * the first label of the host, before a fixed suffix of at least two labels
 * ("https://{tenant}.example.com"); never part of a segment or label, nor in
 * a port or query.  No other brace.  With a placeholder, or if `url` is set,
 * the issuer must be a URL that auth_tenant_url_parse() takes, without query
 * (with a placeholder: for names of up to 63 bytes); otherwise it may be any
 * text.  Returns NULL, or a static text that says what is wrong ("may have
 * ...", "must be ...").
 */
const char *auth_tenant_issuer_compile(auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *text, int url);


/*
 * Compares an "iss" byte for byte.  Without placeholder: 1 if equal, *tenant
 * absent.  With one: 1 if `iss` is the issuer of some tenant, *tenant being
 * the slice of `iss` that names it: one LDH label (1 to 63 of a-z, A-Z, 0-9
 * and inner "-"; in an authority, where case means nothing, no capitals).
 * Else 0, *tenant absent.
 */
int auth_tenant_issuer_match(const auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *iss, auth_tenant_str_t *tenant);


/*
 * Writes the issuer of a tenant (ignored without placeholder) to `dst`.
 * Returns its length, or 0 if the name is no such label or the text is longer
 * than `size`; AUTH_TENANT_MAX_URL is enough for an issuer with a placeholder.
 */
size_t auth_tenant_issuer_expand(const auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *tenant, unsigned char *dst, size_t size);


/* 1 if there is an "iss" that both issuers match, else 0. */
int auth_tenant_issuer_overlap(const auth_tenant_issuer_t *a,
    const auth_tenant_issuer_t *b);


/*
 * Writes the URL of the discovery document of `iss` (OpenID Connect Discovery
 * 4.1: a "/" at the end goes, "/.well-known/openid-configuration" comes) to
 * `dst`.  Returns its length, or 0 if it is longer than `size`.
 */
size_t auth_tenant_discovery_url(const auth_tenant_str_t *iss,
    unsigned char *dst, size_t size);


/*
 * Reads a discovery document (OpenID Connect Discovery 4.3): a JSON object
 * under the limits of auth_tenant_json_parse(), of at most
 * AUTH_TENANT_MAX_DOCUMENT bytes, whose "issuer" equals `iss` byte for byte
 * and whose "jwks_uri" is a URL of the issuer's own host, and https unless the
 * issuer's is http too and `http` is set.  Copies "jwks_uri" to `dst`, *len
 * is its length.  Returns NULL, or a static text that says why the document
 * is refused, with *len 0.
 */
const char *auth_tenant_discovery_parse(const auth_tenant_str_t *document,
    const auth_tenant_str_t *iss, int http, unsigned char *dst, size_t size,
    size_t *len);


#endif /* _AUTH_TENANT_ISSUER_H_INCLUDED_ */

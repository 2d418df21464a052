
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Tokens that were verified before.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_CACHE_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_CACHE_H_INCLUDED_


#include "ngx_http_auth_tenant_module.h"

#include "auth_tenant_sha256.h"


/*
 * A token that this process knows, with its claims.  It is held by requests,
 * by the connection that it came on last, and by the table of the process;
 * whoever lets go of it last frees it.
 */

struct ngx_http_auth_tenant_kept_s {
    ngx_uint_t                 refs;
    uint64_t                   mark;       /* see _cache.c */
    uint64_t                   used;
    size_t                     size;
    u_char                     tag[NGX_HTTP_AUTH_TENANT_TAG];
    auth_tenant_str_t          token;
    auth_tenant_claims_t       claims;
};


/* a token that came, and what is computed of it when it is needed */

typedef struct {
    auth_tenant_str_t          token;
    uint64_t                   mark;
    u_char                     digest[AUTH_TENANT_SHA256_SIZE];
    unsigned                   digested:1;
} ngx_http_auth_tenant_seen_t;


/*
 * The token, if it was verified before, under whatever configuration and keys:
 * its tag says under which.  _own() asks this process, _shared() all of them,
 * for one with a tag if that is not NULL.  NULL, or what the caller lets go
 * of.
 */
ngx_http_auth_tenant_kept_t *ngx_http_auth_tenant_cache_own(
    ngx_http_request_t *r, ngx_http_auth_tenant_seen_t *seen);
ngx_http_auth_tenant_kept_t *ngx_http_auth_tenant_cache_shared(
    ngx_http_request_t *r, ngx_http_auth_tenant_seen_t *seen,
    const u_char *tag);


/*
 * A token that was verified just now: this process keeps it, and offers it to
 * the others.  NULL if there is no memory, or what the caller lets go of.
 */
ngx_http_auth_tenant_kept_t *ngx_http_auth_tenant_cache_add(
    ngx_http_request_t *r, ngx_http_auth_tenant_seen_t *seen,
    const auth_tenant_claims_t *claims, const u_char *tag, int64_t expires);


/* the connection's next request is likely to bring it again */
void ngx_http_auth_tenant_cache_remember(ngx_http_request_t *r,
    ngx_http_auth_tenant_kept_t *kept);


#endif /* _NGX_HTTP_AUTH_TENANT_CACHE_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a verified token was verified under: the provider's settings, the
 * issuer, and the keys.
 */


#include "ngx_http_auth_tenant_conf.h"


/* another version may verify in another way */

static ngx_str_t  ngx_http_auth_tenant_tag_version =
    ngx_string("auth_tenant verified token 1");


/* SHA-256 over parts, each with its length. */

ngx_int_t
ngx_http_auth_tenant_digest(u_char *digest, const ngx_str_t *part,
    ngx_uint_t n)
{
    int          rc;
    uint64_t     len;
    ngx_uint_t   i;
    EVP_MD_CTX  *md;

    md = EVP_MD_CTX_new();

    rc = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

    for (i = 0; i < n && rc; i++) {
        len = part[i].len;

        rc = EVP_DigestUpdate(md, &len, sizeof(len)) == 1
             && (len == 0 || EVP_DigestUpdate(md, part[i].data, len) == 1);
    }

    rc = rc && EVP_DigestFinal_ex(md, digest, NULL) == 1;

    EVP_MD_CTX_free(md);

    return rc ? NGX_OK : NGX_ERROR;
}


/*
 * All that is written in a provider's block counts, whatever it is for: what
 * was verified under another configuration is not looked for.
 */

ngx_int_t
ngx_http_auth_tenant_tag_setting(ngx_http_auth_tenant_provider_t *provider,
    const ngx_array_t *args)
{
    u_char     written[NGX_HTTP_AUTH_TENANT_TAG];
    ngx_str_t  part[2];

    if (ngx_http_auth_tenant_digest(written, args->elts, args->nelts)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part[0].data = provider->settings;
    part[0].len = NGX_HTTP_AUTH_TENANT_TAG;
    part[1].data = written;
    part[1].len = NGX_HTTP_AUTH_TENANT_TAG;

    return ngx_http_auth_tenant_digest(provider->settings, part, 2);
}


/*
 * The tag of tokens that are verified with these keys, which belong to this
 * issuer.  It is computed when the keys are others than before; NULL if that
 * fails.
 */

const u_char *
ngx_http_auth_tenant_tag(ngx_http_auth_tenant_tag_t *tag,
    const ngx_http_auth_tenant_provider_t *provider, const ngx_str_t *issuer,
    const auth_tenant_keys_t *keys)
{
    ngx_str_t      part[4];
    const u_char  *digest;

    digest = auth_tenant_keys_digest(keys);

    if (tag->known
        && ngx_memcmp(tag->keys, digest, AUTH_TENANT_KEYS_DIGEST) == 0)
    {
        return tag->value;
    }

    part[0] = ngx_http_auth_tenant_tag_version;
    part[1].data = (u_char *) provider->settings;
    part[1].len = NGX_HTTP_AUTH_TENANT_TAG;
    part[2] = *issuer;
    part[3].data = (u_char *) digest;
    part[3].len = AUTH_TENANT_KEYS_DIGEST;

    tag->known = 0;

    if (ngx_http_auth_tenant_digest(tag->value, part, 4) != NGX_OK) {
        return NULL;
    }

    ngx_memcpy(tag->keys, digest, AUTH_TENANT_KEYS_DIGEST);
    tag->known = 1;

    return tag->value;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Issuers.  The input is an issuer, another one, an "iss", and a discovery
 * document, a line each.  What matches must expand to the same bytes, and an
 * "iss" that matches both shows that they overlap; a document that is taken
 * is read a second time, by jansson alone.
 */


#include <jansson.h>

#include "lines.h"
#include "auth_tenant_issuer.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_tenant(const auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *tenant)
{
    size_t  i;

    check(tenant->len >= 1 && tenant->len <= AUTH_TENANT_MAX_LABEL);
    check(tenant->data[0] != '-' && tenant->data[tenant->len - 1] != '-');

    for (i = 0; i < tenant->len; i++) {
        check(strchr(issuer->authority
                     ? "abcdefghijklmnopqrstuvwxyz0123456789-"
                     : "abcdefghijklmnopqrstuvwxyz0123456789-"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ", tenant->data[i])
              && tenant->data[i]);
    }
}


/* A URL of the same host for every tenant, or of a host of its own. */

static void
check_url(const auth_tenant_issuer_t *issuer, const auth_tenant_str_t *iss)
{
    unsigned char      buf[AUTH_TENANT_MAX_URL];
    auth_tenant_str_t  text, name;
    auth_tenant_url_t  url, other;

    check(auth_tenant_url_parse(&url, iss) == NULL);
    check(memchr(url.path.data, '?', url.path.len) == NULL);

    if (!issuer->tenant) {
        return;
    }

    name.data = (const unsigned char *) "another-tenant";
    name.len = 14;

    text.data = buf;
    text.len = auth_tenant_issuer_expand(issuer, &name, buf, sizeof(buf));

    check(text.len != 0);
    check(auth_tenant_url_parse(&other, &text) == NULL);
    check(url.https == other.https);
    check(auth_tenant_str_eq(&url.port, &other.port));

    if (!issuer->authority) {
        check(auth_tenant_url_same_host(&url, &other));
        return;
    }

    /* the tenant chose the first label and nothing else */

    check(auth_tenant_str_eq(&url.path, &other.path));
    check(!url.loopback);

    url.host.data = memchr(url.host.data, '.', url.host.len);
    other.host.data = memchr(other.host.data, '.', other.host.len);

    check(url.host.data != NULL && other.host.data != NULL);

    url.host.len = (url.port.data ? url.port.data - 1 : url.path.data)
                   - url.host.data;
    other.host.len = (other.port.data ? other.port.data - 1
                                      : other.path.data)
                     - other.host.data;

    check(auth_tenant_str_eq(&url.host, &other.host));
}


/* 1 if it is an issuer and `iss` is one of it. */

static int
check_issuer(auth_tenant_issuer_t *issuer, const auth_tenant_str_t *text,
    const auth_tenant_str_t *iss, int url, int *compiled)
{
    size_t             len;
    unsigned char     *again;
    auth_tenant_str_t  tenant;

    *compiled = (auth_tenant_issuer_compile(issuer, text, url) == NULL);

    if (!*compiled) {
        return 0;
    }

    if (!auth_tenant_issuer_match(issuer, iss, &tenant)) {
        check(tenant.data == NULL && tenant.len == 0);
        return 0;
    }

    if (issuer->tenant) {
        check(slice_of(&tenant, iss));
        check_tenant(issuer, &tenant);

    } else {
        check(tenant.data == NULL);
    }

    again = malloc(iss->len);
    len = auth_tenant_issuer_expand(issuer, &tenant, again, iss->len);
    check(len == iss->len && memcmp(again, iss->data, len) == 0);
    check(auth_tenant_issuer_expand(issuer, &tenant, again, len - 1) == 0);
    free(again);

    if (issuer->tenant || url) {
        check_url(issuer, iss);
    }

    return 1;
}


static void
check_discovery(const auth_tenant_str_t *iss,
    const auth_tenant_str_t *document, int http)
{
    size_t              len;
    json_t             *json;
    const char         *error;
    json_error_t        ignored;
    unsigned char       buf[AUTH_TENANT_MAX_URL];
    auth_tenant_str_t   uri;
    auth_tenant_url_t   url, own;

    error = auth_tenant_discovery_parse(document, iss, http, buf, sizeof(buf),
                                        &len);

    if (error != NULL) {
        check(*error && len == 0);
        return;
    }

    uri.data = buf;
    uri.len = len;

    check(auth_tenant_url_parse(&url, &uri) == NULL);
    check(auth_tenant_url_parse(&own, iss) == NULL);
    check(auth_tenant_url_same_host(&url, &own));
    check(url.https || (http && !own.https));

    json = json_loadb((const char *) document->data, document->len,
                      JSON_REJECT_DUPLICATES, &ignored);
    check(json != NULL);

    check(json_string_length(json_object_get(json, "issuer")) == iss->len
          && memcmp(json_string_value(json_object_get(json, "issuer")),
                    iss->data, iss->len)
             == 0);
    check(json_string_length(json_object_get(json, "jwks_uri")) == len
          && memcmp(json_string_value(json_object_get(json, "jwks_uri")),
                    buf, len)
             == 0);

    json_decref(json);

    /* it never fits where it does not */

    check(auth_tenant_discovery_parse(document, iss, http, buf, len - 1, &len)
          != NULL);
}


static void
check_discovery_url(const auth_tenant_str_t *iss)
{
    size_t                n, len;
    unsigned char        *buf;
    static const char     tail[] = "/.well-known/openid-configuration";

    n = iss->len - (iss->len && iss->data[iss->len - 1] == '/');

    buf = malloc(n + sizeof(tail));
    len = auth_tenant_discovery_url(iss, buf, n + sizeof(tail));

    check(len == n + sizeof(tail) - 1);
    check(memcmp(buf, iss->data, n) == 0 && memcmp(buf + n, tail,
                                                   sizeof(tail) - 1) == 0);
    check(auth_tenant_discovery_url(iss, buf, len - 1) == 0);

    free(buf);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                    url, a, b, first, second, overlap;
    auth_tenant_str_t      text[4];
    auth_tenant_issuer_t   issuer[2];

    lines(data, size, text, 4);

    for (url = 0; url < 2; url++) {
        a = check_issuer(&issuer[0], &text[0], &text[2], url, &first);
        b = check_issuer(&issuer[1], &text[1], &text[2], url, &second);

        if (!first || !second) {
            continue;
        }

        overlap = auth_tenant_issuer_overlap(&issuer[0], &issuer[1]);

        check(overlap == auth_tenant_issuer_overlap(&issuer[1], &issuer[0]));
        check(overlap || !a || !b);
        check(auth_tenant_issuer_overlap(&issuer[0], &issuer[0]));
    }

    if (text[2].data != NULL) {
        check_discovery_url(&text[2]);
    }

    if (text[3].data != NULL) {
        check_discovery(&text[2], &text[3], 0);
        check_discovery(&text[2], &text[3], 1);
    }

    lines_free(text, 4);

    return 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_issuer.h"
#include "auth_tenant_json.h"


#define AUTH_TENANT_ISSUER_TENANT  "{tenant}"

#define AUTH_TENANT_ISSUER_PLACE                                              \
    "may have {tenant} only as a whole segment of its path, or as the first " \
    "label of its host, before at least two others"


static const char *auth_tenant_issuer_split(auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *text);
static const char *auth_tenant_issuer_place(auth_tenant_issuer_t *issuer);
static const char *auth_tenant_issuer_url(const auth_tenant_issuer_t *issuer);
static int auth_tenant_issuer_label(const auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *tenant);
static int auth_tenant_issuer_meets(const auth_tenant_issuer_t *a,
    const auth_tenant_issuer_t *b, const auth_tenant_str_t *literal);
static int auth_tenant_issuer_both(const auth_tenant_issuer_t *a,
    const auth_tenant_issuer_t *b, const auth_tenant_str_t *tenant);
static const char *auth_tenant_discovery_keys(const json_t *json,
    const auth_tenant_str_t *iss, int http, auth_tenant_str_t *uri);
static size_t auth_tenant_issuer_join(const auth_tenant_str_t *parts,
    size_t n, unsigned char *dst, size_t size);


const char *
auth_tenant_issuer_compile(auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *text, int url)
{
    const char  *error;

    error = auth_tenant_issuer_split(issuer, text);

    if (error != NULL) {
        return error;
    }

    if (issuer->tenant) {
        error = auth_tenant_issuer_place(issuer);

        if (error != NULL) {
            return error;
        }

    } else if (!url) {
        return NULL;
    }

    return auth_tenant_issuer_url(issuer);
}


static const char *
auth_tenant_issuer_split(auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *text)
{
    size_t                i, end;
    const unsigned char  *p;

    memset(issuer, 0, sizeof(auth_tenant_issuer_t));

    if (text->len == 0) {
        return "is empty";
    }

    issuer->before = *text;

    end = 0;

    for (i = 0; i < text->len; i++) {

        p = text->data + i;

        if (*p != '{' && *p != '}') {
            continue;
        }

        if (text->len - i < sizeof(AUTH_TENANT_ISSUER_TENANT) - 1
            || memcmp(p, AUTH_TENANT_ISSUER_TENANT,
                      sizeof(AUTH_TENANT_ISSUER_TENANT) - 1)
               != 0)
        {
            return "may have no other placeholder or brace than {tenant}";
        }

        if (issuer->tenant) {
            return "may have {tenant} only once";
        }

        end = i + sizeof(AUTH_TENANT_ISSUER_TENANT) - 1;

        issuer->tenant = 1;
        issuer->before.len = i;
        issuer->after.data = text->data + end;
        issuer->after.len = text->len - end;

        i = end - 1;
    }

    return NULL;
}


/*
 * Whole segments and labels only, so that no name can be read as part of a
 * neighbour's issuer; and in the last labels of a host a tenant would choose
 * whose host it is.
 */

static const char *
auth_tenant_issuer_place(auth_tenant_issuer_t *issuer)
{
    size_t                i, dots, scheme;
    const unsigned char  *before, *after;

    before = issuer->before.data;
    after = issuer->after.data;

    scheme = (issuer->before.len >= 8 && before[4] == 's') ? 8 : 7;

    if (issuer->before.len < scheme || before[issuer->before.len - 1] != '/') {
        return AUTH_TENANT_ISSUER_PLACE;
    }

    if (issuer->before.len > scheme) {
        return (issuer->after.len == 0 || after[0] == '/')
               ? NULL : AUTH_TENANT_ISSUER_PLACE;
    }

    issuer->authority = 1;

    if (issuer->after.len == 0 || after[0] != '.') {
        return AUTH_TENANT_ISSUER_PLACE;
    }

    dots = 0;

    for (i = 0; i < issuer->after.len && after[i] != '/'; i++) {
        dots += (after[i] == '.');
    }

    return dots >= 2 ? NULL : AUTH_TENANT_ISSUER_PLACE;
}


/*
 * With the longest name in its place every issuer of the template is a URL,
 * if this one is; OpenID Connect Core 2: without query.
 */

static const char *
auth_tenant_issuer_url(const auth_tenant_issuer_t *issuer)
{
    size_t              len;
    const char         *error;
    unsigned char       buf[AUTH_TENANT_MAX_URL];
    unsigned char       longest[AUTH_TENANT_MAX_LABEL];
    auth_tenant_str_t   text, tenant;
    auth_tenant_url_t   url;

    memset(longest, 'a', sizeof(longest));

    tenant.data = longest;
    tenant.len = sizeof(longest);

    len = auth_tenant_issuer_expand(issuer, &tenant, buf, sizeof(buf));

    if (len == 0) {
        return "must be of at most 2048 bytes, with 63 of them for {tenant}";
    }

    text.data = buf;
    text.len = len;

    error = auth_tenant_url_parse(&url, &text);

    if (error != NULL) {
        return error;
    }

    if (memchr(url.path.data, '?', url.path.len) != NULL) {
        return "may have no query";
    }

    return NULL;
}


int
auth_tenant_issuer_match(const auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *iss, auth_tenant_str_t *tenant)
{
    auth_tenant_str_t            name;
    const auth_tenant_str_t     *before, *after;

    tenant->data = NULL;
    tenant->len = 0;

    before = &issuer->before;
    after = &issuer->after;

    if (!issuer->tenant) {
        return auth_tenant_str_eq(iss, before);
    }

    if (iss->len < before->len + after->len
        || memcmp(iss->data, before->data, before->len) != 0)
    {
        return 0;
    }

    name.data = iss->data + before->len;
    name.len = iss->len - before->len - after->len;

    if ((after->len != 0
         && memcmp(name.data + name.len, after->data, after->len) != 0)
        || !auth_tenant_issuer_label(issuer, &name))
    {
        return 0;
    }

    *tenant = name;

    return 1;
}


static int
auth_tenant_issuer_label(const auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *tenant)
{
    size_t         i;
    unsigned char  c;

    if (tenant->len == 0 || tenant->len > AUTH_TENANT_MAX_LABEL
        || tenant->data[0] == '-' || tenant->data[tenant->len - 1] == '-')
    {
        return 0;
    }

    for (i = 0; i < tenant->len; i++) {

        c = tenant->data[i];

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') {
            continue;
        }

        /* "Acme" and "acme" are one host, but would be two issuers */

        if (c < 'A' || c > 'Z' || issuer->authority) {
            return 0;
        }
    }

    return 1;
}


size_t
auth_tenant_issuer_expand(const auth_tenant_issuer_t *issuer,
    const auth_tenant_str_t *tenant, unsigned char *dst, size_t size)
{
    auth_tenant_str_t  parts[3];

    parts[0] = issuer->before;

    if (!issuer->tenant) {
        return auth_tenant_issuer_join(parts, 1, dst, size);
    }

    if (!auth_tenant_issuer_label(issuer, tenant)) {
        return 0;
    }

    parts[1] = *tenant;
    parts[2] = issuer->after;

    return auth_tenant_issuer_join(parts, 3, dst, size);
}


/*
 * Names are whole labels or segments: where both issuers have theirs in one
 * place, any will do; otherwise the name of one is what the other has written
 * there.
 */

int
auth_tenant_issuer_overlap(const auth_tenant_issuer_t *a,
    const auth_tenant_issuer_t *b)
{
    static const auth_tenant_str_t  any = auth_tenant_string("a");

    if (!b->tenant) {
        return auth_tenant_issuer_both(b, a, NULL);
    }

    return auth_tenant_issuer_both(a, b, &any)
           || auth_tenant_issuer_meets(a, b, &b->before)
           || auth_tenant_issuer_meets(a, b, &b->after);
}


static int
auth_tenant_issuer_meets(const auth_tenant_issuer_t *a,
    const auth_tenant_issuer_t *b, const auth_tenant_str_t *literal)
{
    size_t             i;
    auth_tenant_str_t  piece;

    piece.data = literal->data;
    piece.len = 0;

    for (i = 0; i < literal->len; i++) {

        if (literal->data[i] != '/' && literal->data[i] != '.') {
            piece.len++;
            continue;
        }

        if (auth_tenant_issuer_both(a, b, &piece)) {
            return 1;
        }

        piece.data = literal->data + i + 1;
        piece.len = 0;
    }

    return auth_tenant_issuer_both(a, b, &piece);
}


/* Whether the issuer that `a` has for a tenant is one of `b`, too. */

static int
auth_tenant_issuer_both(const auth_tenant_issuer_t *a,
    const auth_tenant_issuer_t *b, const auth_tenant_str_t *tenant)
{
    unsigned char      buf[AUTH_TENANT_MAX_URL];
    auth_tenant_str_t  iss, other;

    if (!a->tenant) {
        return auth_tenant_issuer_match(b, &a->before, &other);
    }

    iss.data = buf;
    iss.len = auth_tenant_issuer_expand(a, tenant, buf, sizeof(buf));

    return iss.len != 0 && auth_tenant_issuer_match(b, &iss, &other);
}


size_t
auth_tenant_discovery_url(const auth_tenant_str_t *iss, unsigned char *dst,
    size_t size)
{
    auth_tenant_str_t  parts[2];

    static const auth_tenant_str_t  well_known =
        auth_tenant_string("/.well-known/openid-configuration");

    parts[0] = *iss;
    parts[1] = well_known;

    if (iss->len != 0 && iss->data[iss->len - 1] == '/') {
        parts[0].len--;
    }

    return auth_tenant_issuer_join(parts, 2, dst, size);
}


const char *
auth_tenant_discovery_parse(const auth_tenant_str_t *document,
    const auth_tenant_str_t *iss, int http, unsigned char *dst, size_t size,
    size_t *len)
{
    json_t                 *json;
    const char             *error;
    auth_tenant_str_t       uri;
    auth_tenant_verdict_e   verdict;

    *len = 0;

    if (document->len > AUTH_TENANT_MAX_DOCUMENT) {
        return "document is over 256K";
    }

    json = auth_tenant_json_parse(document, &verdict);

    if (json == NULL) {
        return (verdict == AUTH_TENANT_ERROR)
               ? "out of memory" : "document is not strict JSON";
    }

    error = auth_tenant_discovery_keys(json, iss, http, &uri);

    if (error == NULL) {
        *len = auth_tenant_issuer_join(&uri, 1, dst, size);

        if (*len == 0) {
            error = "\"jwks_uri\" is too long";
        }
    }

    json_decref(json);

    return error;
}


static const char *
auth_tenant_discovery_keys(const json_t *json, const auth_tenant_str_t *iss,
    int http, auth_tenant_str_t *uri)
{
    auth_tenant_str_t   issuer;
    auth_tenant_url_t   url, own;

    /* OpenID Connect Discovery 4.3: else anybody's document would do */

    if (auth_tenant_json_string(json, "issuer", &issuer) != 1
        || !auth_tenant_str_eq(&issuer, iss))
    {
        return "\"issuer\" is not the one that was asked for; look for a "
               "slash at its end";
    }

    if (auth_tenant_json_string(json, "jwks_uri", uri) != 1
        || auth_tenant_url_parse(&url, uri) != NULL)
    {
        return "\"jwks_uri\" is not a URL";
    }

    if (auth_tenant_url_parse(&own, iss) != NULL
        || !auth_tenant_url_same_host(&url, &own))
    {
        return "\"jwks_uri\" is of another host than the issuer";
    }

    /* RFC 8414 section 2; never from https to http, whatever is allowed */

    if (!url.https && (own.https || !http)) {
        return "\"jwks_uri\" is not https";
    }

    return NULL;
}


static size_t
auth_tenant_issuer_join(const auth_tenant_str_t *parts, size_t n,
    unsigned char *dst, size_t size)
{
    size_t  i, len;

    len = 0;

    for (i = 0; i < n; i++) {

        if (parts[i].len > size - len) {
            return 0;
        }

        if (parts[i].len != 0) {
            memcpy(dst + len, parts[i].data, parts[i].len);
            len += parts[i].len;
        }
    }

    return len;
}

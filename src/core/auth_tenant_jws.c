
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_b64url.h"
#include "auth_tenant_claims.h"
#include "auth_tenant_jws.h"
#include "auth_tenant_scan.h"


/* A JOSE header, decoded, and its members in the flat form. */

#define AUTH_TENANT_JWS_TEXT                                                  \
    auth_tenant_b64url_decoded_len(AUTH_TENANT_MAX_HEADER)
#define AUTH_TENANT_JWS_FLAT  auth_tenant_scan_size(AUTH_TENANT_JWS_TEXT)


static int auth_tenant_jws_split(auth_tenant_jws_t *jws,
    auth_tenant_str_t *header, const auth_tenant_str_t *token);
static auth_tenant_verdict_e auth_tenant_jws_header(auth_tenant_jws_t *jws,
    const auth_tenant_node_t *header);
static int auth_tenant_jws_member_refused(const auth_tenant_str_t *name);
static int auth_tenant_jws_copy(const auth_tenant_node_t *header,
    const auth_tenant_str_t *name, unsigned char *dst, size_t size,
    auth_tenant_str_t *value);
static void auth_tenant_jws_media_type(auth_tenant_str_t *type);
static int auth_tenant_jws_case_eq(const unsigned char *a, const void *b,
    size_t len);


auth_tenant_verdict_e
auth_tenant_jws_parse(auth_tenant_jws_t *jws, const auth_tenant_str_t *token)
{
    unsigned char           text[AUTH_TENANT_JWS_TEXT];
    unsigned char           flat[AUTH_TENANT_JWS_FLAT];
    auth_tenant_str_t       encoded, json;
    auth_tenant_node_t      header;
    auth_tenant_verdict_e   rc;

    jws->alg = AUTH_TENANT_ALG_UNKNOWN;
    jws->kid.len = 0;
    jws->kid.data = NULL;
    jws->typ = jws->kid;

    if (token->len > AUTH_TENANT_MAX_TOKEN
        || !auth_tenant_jws_split(jws, &encoded, token)
        || encoded.len > AUTH_TENANT_MAX_HEADER
        || !auth_tenant_b64url_decode(text, &json.len, &encoded))
    {
        return AUTH_TENANT_MALFORMED;
    }

    json.data = text;

    header.type = AUTH_TENANT_NODE_OBJECT;
    header.value.data = flat;

    rc = auth_tenant_scan_object(&json, flat, sizeof(flat), &header.value.len);

    return (rc == AUTH_TENANT_OK) ? auth_tenant_jws_header(jws, &header) : rc;
}


/*
 * RFC 7515 section 7.1: three parts.  None is empty, since a JWT has a
 * payload and nothing here is unsigned; five would be an encrypted token.
 */

static int
auth_tenant_jws_split(auth_tenant_jws_t *jws, auth_tenant_str_t *header,
    const auth_tenant_str_t *token)
{
    const unsigned char  *p, *end, *first, *second;

    first = NULL;
    second = NULL;
    end = token->data + token->len;

    for (p = token->data; p < end; p++) {

        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
            || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_')
        {
            continue;
        }

        if (*p != '.' || second != NULL) {
            return 0;
        }

        if (first == NULL) {
            first = p;

        } else {
            second = p;
        }
    }

    if (second == NULL) {
        return 0;
    }

    header->data = token->data;
    header->len = (size_t) (first - token->data);

    jws->payload.data = first + 1;
    jws->payload.len = (size_t) (second - jws->payload.data);

    jws->signature.data = second + 1;
    jws->signature.len = (size_t) (end - jws->signature.data);

    jws->input.data = token->data;
    jws->input.len = (size_t) (second - token->data);

    return header->len != 0 && jws->payload.len != 0
           && jws->signature.len != 0;
}


static auth_tenant_verdict_e
auth_tenant_jws_header(auth_tenant_jws_t *jws,
    const auth_tenant_node_t *header)
{
    size_t              pos;
    auth_tenant_node_t  member;

    static const auth_tenant_str_t  alg = auth_tenant_string("alg");
    static const auth_tenant_str_t  kid = auth_tenant_string("kid");
    static const auth_tenant_str_t  typ = auth_tenant_string("typ");

    pos = 0;

    while (auth_tenant_node_next(header, &pos, &member)) {
        if (auth_tenant_jws_member_refused(&member.key)) {
            return AUTH_TENANT_MALFORMED;
        }
    }

    if (!auth_tenant_jws_copy(header, &kid, jws->kid_data, AUTH_TENANT_MAX_KID,
                              &jws->kid)
        || !auth_tenant_jws_copy(header, &typ, jws->typ_data,
                                 AUTH_TENANT_MAX_TYP, &jws->typ))
    {
        return AUTH_TENANT_MALFORMED;
    }

    /* RFC 8725 section 3.2: "none" is no row of the table, however spelled */

    if (!auth_tenant_node_member(header, &alg, &member)
        || member.type != AUTH_TENANT_NODE_STRING)
    {
        return AUTH_TENANT_BAD_ALGORITHM;
    }

    jws->alg = auth_tenant_alg_by_name(&member.value);

    return (jws->alg == AUTH_TENANT_ALG_UNKNOWN) ? AUTH_TENANT_BAD_ALGORITHM
                                                 : AUTH_TENANT_OK;
}


/*
 * What a header must not say, whatever the value: extensions (none is
 * supported, RFC 7515 section 4.1.11), an unencoded payload (RFC 7797 section
 * 7), keys of the sender's own (RFC 8725 section 3.10), compression and
 * encryption (RFC 7516), a nested token (RFC 7519 section 5.2).
 */

static int
auth_tenant_jws_member_refused(const auth_tenant_str_t *name)
{
    static const auth_tenant_str_t  refused[] = {
        auth_tenant_string("crit"), auth_tenant_string("b64"),
        auth_tenant_string("jwk"), auth_tenant_string("jku"),
        auth_tenant_string("x5c"), auth_tenant_string("x5u"),
        auth_tenant_string("zip"), auth_tenant_string("enc"),
        auth_tenant_string("cty")
    };

    return auth_tenant_str_listed(name, refused,
                                  sizeof(refused) / sizeof(refused[0]));
}


/* A string member of at most `size` bytes, if there is one at all. */

static int
auth_tenant_jws_copy(const auth_tenant_node_t *header,
    const auth_tenant_str_t *name, unsigned char *dst, size_t size,
    auth_tenant_str_t *value)
{
    auth_tenant_node_t  member;

    if (!auth_tenant_node_member(header, name, &member)) {
        return 1;
    }

    if (member.type != AUTH_TENANT_NODE_STRING || member.value.len > size) {
        return 0;
    }

    memcpy(dst, member.value.data, member.value.len);

    value->len = member.value.len;
    value->data = dst;

    return 1;
}


auth_tenant_verdict_e
auth_tenant_jws_payload(const auth_tenant_jws_t *jws, unsigned char *dst,
    size_t size, auth_tenant_str_t *payload)
{
    size_t  len;

    /* exact for every length that base64url can have */

    len = jws->payload.len / 4 * 3 + jws->payload.len % 4 * 3 / 4;

    if (len > AUTH_TENANT_MAX_PAYLOAD || len > size) {
        return AUTH_TENANT_MALFORMED;
    }

    if (!auth_tenant_b64url_decode(dst, &payload->len, &jws->payload)) {
        return AUTH_TENANT_MALFORMED;
    }

    payload->data = dst;

    return AUTH_TENANT_OK;
}


auth_tenant_verdict_e
auth_tenant_jws_accept(const auth_tenant_jws_t *jws, auth_tenant_algs_t algs,
    const auth_tenant_str_t *types, size_t ntypes)
{
    int                absent;
    size_t             i;
    auth_tenant_str_t  typ, type;

    static const auth_tenant_str_t  absent_type = auth_tenant_string("absent");

    if ((algs & auth_tenant_alg_bit(jws->alg)) == 0) {
        return AUTH_TENANT_BAD_ALGORITHM;
    }

    typ = jws->typ;
    auth_tenant_jws_media_type(&typ);

    for (i = 0; i < ntypes; i++) {

        absent = auth_tenant_str_eq(&types[i], &absent_type);

        if (absent || jws->typ.data == NULL) {

            /* the text "absent" in a token is a type like any other */

            if (absent && jws->typ.data == NULL) {
                return AUTH_TENANT_OK;
            }

            continue;
        }

        type = types[i];
        auth_tenant_jws_media_type(&type);

        if (type.len == typ.len && type.len != 0
            && auth_tenant_jws_case_eq(type.data, typ.data, typ.len))
        {
            return AUTH_TENANT_OK;
        }
    }

    return AUTH_TENANT_BAD_TYPE;
}


/* RFC 7515 section 4.1.9: "application/" may be left out before one word. */

static void
auth_tenant_jws_media_type(auth_tenant_str_t *type)
{
    static const char  prefix[] = "application/";

    const size_t  len = sizeof(prefix) - 1;

    if (type->len > len
        && auth_tenant_jws_case_eq(type->data, prefix, len)
        && memchr(type->data + len, '/', type->len - len) == NULL)
    {
        type->data += len;
        type->len -= len;
    }
}


/* Media types are compared without case, in ASCII (RFC 2045 section 5.1). */

static int
auth_tenant_jws_case_eq(const unsigned char *a, const void *b, size_t len)
{
    size_t                i;
    unsigned              x, y;
    const unsigned char  *p;

    p = b;

    for (i = 0; i < len; i++) {
        x = a[i];
        y = p[i];

        if (x >= 'A' && x <= 'Z') {
            x |= 0x20;
        }

        if (y >= 'A' && y <= 'Z') {
            y |= 0x20;
        }

        if (x != y) {
            return 0;
        }
    }

    return 1;
}


auth_tenant_verdict_e
auth_tenant_jws_verify(const auth_tenant_jws_t *jws,
    const auth_tenant_keys_t *keys)
{
    unsigned char             bytes[AUTH_TENANT_MAX_SIGNATURE + 2];
    auth_tenant_str_t         signature;
    const auth_tenant_key_t  *key;

    /* longer than any key could make it: nothing is decoded */

    if (jws->signature.len > (AUTH_TENANT_MAX_SIGNATURE * 4 + 2) / 3) {
        return AUTH_TENANT_BAD_SIGNATURE;
    }

    if (!auth_tenant_b64url_decode(bytes, &signature.len, &jws->signature)) {
        return AUTH_TENANT_MALFORMED;
    }

    signature.data = bytes;

    key = auth_tenant_keys_find(keys, jws->kid.data ? &jws->kid : NULL,
                                jws->alg);

    if (key == NULL) {
        return AUTH_TENANT_UNKNOWN_KEY;
    }

    return auth_tenant_key_verify(key, jws->alg, &jws->input, &signature);
}

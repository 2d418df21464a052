
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Names to DNS labels, as kubespawner's slugs.py makes them.
 */


#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "auth_tenant_slug.h"


#define AUTH_TENANT_SLUG_MAX      48   /* safe_slug(name, 48) */
#define AUTH_TENANT_SLUG_EXTRACT  37   /* 48 less "---" and eight digits */
#define AUTH_TENANT_SLUG_MULTI    17   /* multi_slug(): a component's share */
#define AUTH_TENANT_SLUG_DIGITS    8


static int auth_tenant_slug_keep(const auth_tenant_str_t *name);
static size_t auth_tenant_slug_extract(unsigned char *dst,
    const auth_tenant_str_t *name, size_t max);
static size_t auth_tenant_slug_hash(unsigned char *dst,
    const unsigned char *data, size_t len);
static int auth_tenant_utf8_valid(const auth_tenant_str_t *name);


static const unsigned char  auth_tenant_hex[] = "0123456789abcdef";


#define auth_tenant_lower_alnum(c)                                            \
    (((c) >= 'a' && (c) <= 'z') || ((c) >= '0' && (c) <= '9'))


size_t
auth_tenant_slug(unsigned char *dst, const auth_tenant_str_t *name)
{
    size_t         n, digits;
    unsigned char  data[AUTH_TENANT_MAX_NAME + 1];

    if (name->len == 0 || name->len > AUTH_TENANT_MAX_NAME) {
        return 0;
    }

    /* what is kept is ASCII */

    if (auth_tenant_slug_keep(name)) {

        /*
         * user_server of the default server joins a name with an absent
         * server's and counts two for the hyphens between, so that what
         * nearly fills the room is hashed over both.
         */

        if (name->len <= AUTH_TENANT_SLUG_MAX - 2) {
            memcpy(dst, name->data, name->len);
            return name->len;
        }

    } else if (!auth_tenant_utf8_valid(name)) {
        return 0;

    } else {
        n = auth_tenant_slug_extract(dst, name, AUTH_TENANT_SLUG_EXTRACT);

        if (n + 3 + AUTH_TENANT_SLUG_DIGITS <= AUTH_TENANT_SLUG_MAX - 2) {
            memcpy(dst + n, "---", 3);
            n += 3;

            digits = auth_tenant_slug_hash(dst + n, name->data, name->len);

            return digits ? n + digits : 0;
        }
    }

    /* multi_slug(): 0xFF is no byte of UTF-8 and ends the first component */

    memcpy(data, name->data, name->len);
    data[name->len] = 0xff;

    n = auth_tenant_slug_extract(dst, name, AUTH_TENANT_SLUG_MULTI);

    memcpy(dst + n, "--x---", 6);
    n += 6;

    digits = auth_tenant_slug_hash(dst + n, data, name->len + 1);

    return digits ? n + digits : 0;
}


/* safe_slug() leaves alone what can't be taken for a slug with a hash. */

static int
auth_tenant_slug_keep(const auth_tenant_str_t *name)
{
    size_t  i;

    if (name->len > AUTH_TENANT_SLUG_MAX || !auth_tenant_label_valid(name)) {
        return 0;
    }

    if (name->data[0] >= '0' && name->data[0] <= '9') {
        return 0;
    }

    for (i = 1; i < name->len; i++) {
        if (name->data[i] == '-' && name->data[i - 1] == '-') {
            return 0;
        }
    }

    return 1;
}


/*
 * _extract_safe_name(): a readable part for people; only the hash tells two
 * names apart.
 */

static size_t
auth_tenant_slug_extract(unsigned char *dst, const auth_tenant_str_t *name,
    size_t max)
{
    size_t    i, n, len;
    uint32_t  c;

    n = 0;

    for (i = 0; i < name->len && n < max; i += len) {

        len = auth_tenant_utf8_decode(name->data + i, name->len - i, &c);

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;

        } else if (c == 0x212a) {

            /* KELVIN SIGN, which Unicode lower-cases into ASCII */

            c = 'k';

        } else if (c == 0x0130) {

            /*
             * CAPITAL I WITH DOT ABOVE: an "i" and a combining dot, whose
             * hyphen, should it be one too many, is dropped at the end.
             */

            dst[n++] = 'i';
        }

        if (auth_tenant_lower_alnum(c)) {
            dst[n++] = (unsigned char) c;

        } else if (n && dst[n - 1] != '-') {
            dst[n++] = '-';
        }
    }

    if (n && dst[n - 1] == '-') {
        n--;
    }

    if (n == 0) {
        dst[0] = 'x';
        return 1;
    }

    if (dst[0] >= '0' && dst[0] <= '9') {

        /* this cut may leave a hyphen at the end; so it does in kubespawner */

        if (n > max - 2) {
            n = max - 2;
        }

        memmove(dst + 2, dst, n);
        dst[0] = 'x';
        dst[1] = '-';
        n += 2;
    }

    return n;
}


static size_t
auth_tenant_slug_hash(unsigned char *dst, const unsigned char *data,
    size_t len)
{
    size_t         i;
    unsigned char  md[EVP_MAX_MD_SIZE];

    if (!EVP_Digest(data, len, md, NULL, EVP_sha256(), NULL)) {
        ERR_clear_error();
        return 0;
    }

    for (i = 0; i < AUTH_TENANT_SLUG_DIGITS / 2; i++) {
        *dst++ = auth_tenant_hex[md[i] >> 4];
        *dst++ = auth_tenant_hex[md[i] & 0x0f];
    }

    return AUTH_TENANT_SLUG_DIGITS;
}


size_t
auth_tenant_escape(unsigned char *dst, const auth_tenant_str_t *name)
{
    size_t         i, n;
    unsigned char  c;

    if (name->len == 0 || name->len > AUTH_TENANT_MAX_NAME
        || !auth_tenant_utf8_valid(name))
    {
        return 0;
    }

    n = 0;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (auth_tenant_lower_alnum(c)) {

            if (n + 1 > AUTH_TENANT_MAX_LABEL) {
                return 0;
            }

            dst[n++] = c;
            continue;
        }

        /*
         * Hex is written without zero padding, so that the byte 0x01 and "2"
         * would meet the byte 0x12.
         */

        if (c < 0x10 || n + 3 > AUTH_TENANT_MAX_LABEL) {
            return 0;
        }

        dst[n++] = '-';
        dst[n++] = auth_tenant_hex[c >> 4];
        dst[n++] = auth_tenant_hex[c & 0x0f];
    }

    return n;
}


size_t
auth_tenant_label(unsigned char *dst, const auth_tenant_str_t *name)
{
    if (!auth_tenant_label_valid(name)) {
        return 0;
    }

    memcpy(dst, name->data, name->len);

    return name->len;
}


int
auth_tenant_label_valid(const auth_tenant_str_t *s)
{
    size_t         i;
    unsigned char  c;

    /* "-", "0" to "9", "a" to "z" */

    static const uint32_t  allowed[] = {
        0x00000000, 0x03ff2000, 0x00000000, 0x07fffffe, 0, 0, 0, 0
    };

    if (s->len == 0 || s->len > AUTH_TENANT_MAX_LABEL) {
        return 0;
    }

    if (s->data[0] == '-' || s->data[s->len - 1] == '-') {
        return 0;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if ((allowed[c >> 5] & (1u << (c & 0x1f))) == 0) {
            return 0;
        }
    }

    return 1;
}


static int
auth_tenant_utf8_valid(const auth_tenant_str_t *name)
{
    size_t    i, n;
    uint32_t  c;

    for (i = 0; i < name->len; i += n) {

        n = auth_tenant_utf8_decode(name->data + i, name->len - i, &c);

        if (n == 0) {
            return 0;
        }
    }

    return 1;
}

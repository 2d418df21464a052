
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "auth_tenant_b64url.h"


/* What isn't in the URL alphabet (RFC 4648 section 5): any bit over 63. */

#define NO  0xff


static const unsigned char  auth_tenant_b64url_value[256] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO
};


int
auth_tenant_b64url_decode(unsigned char *dst, size_t *dst_len,
    const auth_tenant_str_t *src)
{
    unsigned              a, b, c, d;
    unsigned char        *out;
    const unsigned char  *p, *last;

    /* one character left over carries six bits, no byte */

    if (src->len % 4 == 1) {
        return 0;
    }

    out = dst;
    p = src->data;
    last = p + src->len / 4 * 4;

    while (p < last) {
        a = auth_tenant_b64url_value[p[0]];
        b = auth_tenant_b64url_value[p[1]];
        c = auth_tenant_b64url_value[p[2]];
        d = auth_tenant_b64url_value[p[3]];

        if ((a | b | c | d) > 63) {
            return 0;
        }

        out[0] = (unsigned char) (a << 2 | b >> 4);
        out[1] = (unsigned char) (b << 4 | c >> 2);
        out[2] = (unsigned char) (c << 6 | d);

        out += 3;
        p += 4;
    }

    if (src->len % 4 != 0) {
        a = auth_tenant_b64url_value[p[0]];
        b = auth_tenant_b64url_value[p[1]];
        c = (src->len % 4 == 3) ? auth_tenant_b64url_value[p[2]] : 0;

        if ((a | b | c) > 63) {
            return 0;
        }

        /* RFC 4648 section 3.5: the bits that make no whole byte are zero */

        if (src->len % 4 == 2 ? (b & 0x0f) : (c & 0x03)) {
            return 0;
        }

        *out++ = (unsigned char) (a << 2 | b >> 4);

        if (src->len % 4 == 3) {
            *out++ = (unsigned char) (b << 4 | c >> 2);
        }
    }

    *dst_len = (size_t) (out - dst);

    return 1;
}

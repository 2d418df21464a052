
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_scan_text.h"


/* The same byte eight times. */

#define auth_tenant_scan_bytes(c)  (~(uint64_t) 0 / 255 * (c))

/*
 * In each byte of a word, its high bit if the byte is below `n`, at most 128;
 * bytes behind the first one may be marked as well, but nothing before it.
 */

#define auth_tenant_scan_below(w, n)                                          \
    (((w) - auth_tenant_scan_bytes(n)) & ~(w))

#define auth_tenant_scan_equal(w, c)                                          \
    auth_tenant_scan_below((w) ^ auth_tenant_scan_bytes(c), 1)


static const unsigned char *auth_tenant_scan_plain(const unsigned char *p,
    const unsigned char *end);
static size_t auth_tenant_scan_escape(const unsigned char *p,
    const unsigned char *end, uint32_t *cp);
static int auth_tenant_scan_hex(const unsigned char *p,
    const unsigned char *end, uint32_t *value);
static size_t auth_tenant_scan_utf8(unsigned char *dst, uint32_t cp);
static const unsigned char *auth_tenant_scan_digits(const unsigned char *p,
    const unsigned char *end);


const unsigned char *
auth_tenant_scan_string(const unsigned char *p, const unsigned char *end,
    auth_tenant_scan_text_t *string)
{
    size_t          n, less;
    uint32_t        cp;
    unsigned char   utf8[4];

    less = 0;
    string->raw.data = p;

    for ( /* void */ ; /* void */ ; p += n) {

        p = auth_tenant_scan_plain(p, end);

        if (p == end || *p < 0x20) {
            return NULL;
        }

        if (*p == '"') {
            string->raw.len = p - string->raw.data;
            string->len = string->raw.len - less;
            return p + 1;
        }

        if (*p == '\\') {
            n = auth_tenant_scan_escape(p, end, &cp);

            if (n != 0) {
                less += n - auth_tenant_scan_utf8(utf8, cp);
            }

        } else {
            n = auth_tenant_utf8_decode(p, end - p, &cp);
        }

        if (n == 0) {
            return NULL;
        }
    }
}


/* Steps over ASCII that stands for itself: most of every text, in words. */

static const unsigned char *
auth_tenant_scan_plain(const unsigned char *p, const unsigned char *end)
{
    uint64_t  w, special;

    while (end - p >= 8) {

        memcpy(&w, p, 8);

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        w = __builtin_bswap64(w);
#endif

        special = (w | auth_tenant_scan_below(w, 0x20)
                   | auth_tenant_scan_equal(w, '"')
                   | auth_tenant_scan_equal(w, '\\'))
                  & auth_tenant_scan_bytes(0x80);

        if (special != 0) {
            return p + __builtin_ctzll(special) / 8;
        }

        p += 8;
    }

    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') {
        p++;
    }

    return p;
}


/*
 * Decodes the escape that `p` begins with.  Returns its length, or 0 if it is
 * none.  Beyond U+FFFF a character is escaped as two surrogates, and neither
 * stands for anything without the other (RFC 8259 section 8.2).  NUL would
 * end a text early for who takes it for a C string.
 */

static size_t
auth_tenant_scan_escape(const unsigned char *p, const unsigned char *end,
    uint32_t *cp)
{
    uint32_t  low;

    if (end - p < 2) {
        return 0;
    }

    switch (p[1]) {

    case '"':
    case '\\':
    case '/':
        *cp = p[1];
        return 2;

    case 'b':
        *cp = '\b';
        return 2;

    case 'f':
        *cp = '\f';
        return 2;

    case 'n':
        *cp = '\n';
        return 2;

    case 'r':
        *cp = '\r';
        return 2;

    case 't':
        *cp = '\t';
        return 2;

    case 'u':
        break;

    default:
        return 0;
    }

    if (!auth_tenant_scan_hex(p + 2, end, cp) || *cp == 0) {
        return 0;
    }

    if (*cp < 0xd800 || *cp > 0xdfff) {
        return 6;
    }

    if (*cp > 0xdbff || end - p < 12 || p[6] != '\\' || p[7] != 'u'
        || !auth_tenant_scan_hex(p + 8, end, &low)
        || low < 0xdc00 || low > 0xdfff)
    {
        return 0;
    }

    *cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);

    return 12;
}


static int
auth_tenant_scan_hex(const unsigned char *p, const unsigned char *end,
    uint32_t *value)
{
    unsigned  i, c;

    if (end - p < 4) {
        return 0;
    }

    *value = 0;

    for (i = 0; i < 4; i++) {

        c = p[i];

        if (c >= '0' && c <= '9') {
            c -= '0';

        } else {
            c |= 0x20;

            if (c < 'a' || c > 'f') {
                return 0;
            }

            c -= 'a' - 10;
        }

        *value = *value << 4 | c;
    }

    return 1;
}


/* Encodes a character, RFC 3629 section 3; at most four bytes. */

static size_t
auth_tenant_scan_utf8(unsigned char *dst, uint32_t cp)
{
    if (cp < 0x80) {
        dst[0] = cp;
        return 1;
    }

    if (cp < 0x800) {
        dst[0] = 0xc0 | cp >> 6;
        dst[1] = 0x80 | (cp & 0x3f);
        return 2;
    }

    if (cp < 0x10000) {
        dst[0] = 0xe0 | cp >> 12;
        dst[1] = 0x80 | (cp >> 6 & 0x3f);
        dst[2] = 0x80 | (cp & 0x3f);
        return 3;
    }

    dst[0] = 0xf0 | cp >> 18;
    dst[1] = 0x80 | (cp >> 12 & 0x3f);
    dst[2] = 0x80 | (cp >> 6 & 0x3f);
    dst[3] = 0x80 | (cp & 0x3f);

    return 4;
}


void
auth_tenant_scan_copy(unsigned char *dst,
    const auth_tenant_scan_text_t *string)
{
    uint32_t              cp;
    const unsigned char  *p, *end;

    p = string->raw.data;

    if (string->raw.len == string->len) {
        memcpy(dst, p, string->len);
        return;
    }

    end = p + string->raw.len;

    while (p < end) {

        if (*p != '\\') {
            *dst++ = *p++;
            continue;
        }

        p += auth_tenant_scan_escape(p, end, &cp);
        dst += auth_tenant_scan_utf8(dst, cp);
    }
}


static const unsigned char *
auth_tenant_scan_digits(const unsigned char *p, const unsigned char *end)
{
    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }

    return p;
}


const unsigned char *
auth_tenant_scan_number(const unsigned char *p, const unsigned char *end,
    int *real)
{
    const unsigned char  *first;

    *real = 0;

    if (p < end && *p == '-') {
        p++;
    }

    first = p;
    p = auth_tenant_scan_digits(p, end);

    if (p == first || (*first == '0' && p - first > 1)) {
        return NULL;
    }

    if (p < end && *p == '.') {
        *real = 1;

        first = p + 1;
        p = auth_tenant_scan_digits(first, end);

        if (p == first) {
            return NULL;
        }
    }

    if (p < end && (*p == 'e' || *p == 'E')) {
        *real = 1;

        first = p + 1;

        if (first < end && (*first == '+' || *first == '-')) {
            first++;
        }

        p = auth_tenant_scan_digits(first, end);

        if (p == first) {
            return NULL;
        }
    }

    return p;
}


/* The text is in its shortest form already, but for the sign of zero. */

int
auth_tenant_scan_integer(auth_tenant_str_t *text)
{
    size_t                len;
    const char           *limit;
    const unsigned char  *digits;

    static const char  max[] = "9223372036854775807";
    static const char  min[] = "9223372036854775808";

    len = text->len;
    digits = text->data;
    limit = max;

    if (*digits == '-') {
        limit = min;
        digits++;
        len--;

        if (*digits == '0') {
            text->data = digits;
            text->len = len;
        }
    }

    if (len != sizeof(max) - 1) {
        return len < sizeof(max) - 1;
    }

    return memcmp(digits, limit, len) <= 0;
}

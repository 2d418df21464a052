
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Slices and names.
 */


#include <string.h>

#include "auth_tenant_core.h"


int
auth_tenant_str_listed(const auth_tenant_str_t *s,
    const auth_tenant_str_t *list, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (auth_tenant_str_eq(s, &list[i])) {
            return 1;
        }
    }

    return 0;
}


size_t
auth_tenant_utf8_decode(const unsigned char *p, size_t len, uint32_t *cp)
{
    size_t    i, n;
    uint32_t  c, min;

    if (len == 0) {
        return 0;
    }

    c = p[0];

    if (c < 0x80) {
        *cp = c;
        return 1;
    }

    if (c >= 0xc0 && c < 0xe0) {
        n = 2;
        min = 0x80;
        c &= 0x1f;

    } else if (c >= 0xe0 && c < 0xf0) {
        n = 3;
        min = 0x800;
        c &= 0x0f;

    } else if (c >= 0xf0 && c < 0xf8) {
        n = 4;
        min = 0x10000;
        c &= 0x07;

    } else {
        return 0;
    }

    if (n > len) {
        return 0;
    }

    for (i = 1; i < n; i++) {

        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = (c << 6) | (p[i] & 0x3f);
    }

    /* overlong forms would give one character two spellings */

    if (c < min) {
        return 0;
    }

    if (c >= 0xd800 && c <= 0xdfff) {
        return 0;
    }

    if (c > 0x10ffff) {
        return 0;
    }

    *cp = c;

    return n;
}


int
auth_tenant_name_valid(const auth_tenant_str_t *name)
{
    if (name->len == 0 || name->len > AUTH_TENANT_MAX_NAME) {
        return 0;
    }

    return auth_tenant_text_valid(name);
}


int
auth_tenant_text_valid(const auth_tenant_str_t *text)
{
    size_t    i, n;
    uint32_t  c;

    if (text->len == 0) {
        return 1;
    }

    if (text->data[0] == ' ' || text->data[text->len - 1] == ' ') {
        return 0;
    }

    for (i = 0; i < text->len; i += n) {

        n = 1;
        c = text->data[i];

        if (c >= 0x20 && c < 0x7f) {
            continue;
        }

        n = auth_tenant_utf8_decode(text->data + i, text->len - i, &c);

        if (n == 0) {
            return 0;
        }

        if (c < 0x20) {
            return 0;
        }

        /* DEL and C1; NEL, U+0085, ends a line for some readers of logs */

        if (c >= 0x7f && c < 0xa0) {
            return 0;
        }

        if (c == 0x2028 || c == 0x2029) {
            return 0;
        }
    }

    return 1;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Names.  An escape must lead back to the name; a slug is the name, or ends
 * in the hash of the name (of a longer one: and of an absent server's); a
 * label is the name.
 */


#include <openssl/evp.h>

#include "lines.h"
#include "auth_tenant_slug.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_escape(const auth_tenant_str_t *name)
{
    size_t         i, n, k;
    const char    *hi, *lo;
    unsigned char  buf[AUTH_TENANT_MAX_LABEL];

    static const char  hex[] = "0123456789abcdef";

    n = auth_tenant_escape(buf, name);

    if (n == 0) {
        return;
    }

    k = 0;

    for (i = 0; i < n; i++) {
        check(k < name->len);

        if (buf[i] != '-') {
            check(buf[i] == name->data[k++]);
            continue;
        }

        check(i + 2 < n);

        hi = strchr(hex, buf[++i]);
        lo = strchr(hex, buf[++i]);

        check(hi && lo);
        check(((hi - hex) << 4 | (lo - hex)) == name->data[k++]);
    }

    check(k == name->len);
}


static void
check_slug(const auth_tenant_str_t *name, int valid)
{
    char               digits[9];
    size_t             n, more;
    unsigned char      md[EVP_MAX_MD_SIZE], raw[AUTH_TENANT_MAX_NAME + 1];
    unsigned char      buf[AUTH_TENANT_MAX_LABEL];
    auth_tenant_str_t  slug;

    n = auth_tenant_slug(buf, name);

    check((n != 0)
          == (valid && name->len && name->len <= AUTH_TENANT_MAX_NAME));

    if (n == 0) {
        return;
    }

    slug.data = buf;
    slug.len = n;

    /* kubespawner's rule: with "--" and an absent server never over 48 */

    check(auth_tenant_label_valid(&slug));
    check(buf[0] >= 'a' && buf[0] <= 'z');
    check(n <= 46);

    if (auth_tenant_str_eq(&slug, name)) {
        return;
    }

    check(n > 11 && memcmp(buf + n - 11, "---", 3) == 0);

    more = (n >= 15 && memcmp(buf + n - 14, "--x---", 6) == 0);

    memcpy(raw, name->data, name->len);
    raw[name->len] = 0xff;

    check(EVP_Digest(raw, name->len, md, NULL, EVP_sha256(), NULL) == 1);
    sprintf(digits, "%02x%02x%02x%02x", md[0], md[1], md[2], md[3]);

    if (memcmp(buf + n - 8, digits, 8) == 0) {
        return;
    }

    check(more);
    check(EVP_Digest(raw, name->len + 1, md, NULL, EVP_sha256(), NULL) == 1);
    sprintf(digits, "%02x%02x%02x%02x", md[0], md[1], md[2], md[3]);
    check(memcmp(buf + n - 8, digits, 8) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                valid;
    size_t             i, n;
    uint32_t           c;
    unsigned char      buf[AUTH_TENANT_MAX_LABEL];
    auth_tenant_str_t  name;

    lines(data, size, &name, 1);

    valid = 1;

    for (i = 0; i < name.len; i += n) {
        n = auth_tenant_utf8_decode(name.data + i, name.len - i, &c);

        if (n == 0) {
            valid = 0;
            break;
        }

        check(n <= 4 && n <= name.len - i);
        check(c <= 0x10ffff && (c < 0xd800 || c > 0xdfff));
        check(n == (c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u : 4u));
    }

    if (!valid) {
        check(!auth_tenant_name_valid(&name));
        check(auth_tenant_escape(buf, &name) == 0);
    }

    check_slug(&name, valid);
    check_escape(&name);

    n = auth_tenant_label(buf, &name);

    check((n != 0) == auth_tenant_label_valid(&name));
    check(n == 0 || (n == name.len && memcmp(buf, name.data, n) == 0));

    lines_free(&name, 1);

    return 0;
}

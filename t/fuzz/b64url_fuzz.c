
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * base64url: what is accepted is what encoding its bytes gives, and nothing
 * else is.
 */


#include "mint.h"
#include "auth_tenant_b64url.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                 good;
    char               *text;
    size_t              i, len, n;
    unsigned char      *bytes;
    auth_tenant_str_t   src;

    static const char  alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    src.len = size;
    src.data = data;

    bytes = malloc(auth_tenant_b64url_decoded_len(size));
    text = malloc(size + size / 2 + 8);

    if (auth_tenant_b64url_decode(bytes, &len, &src)) {

        n = mint_b64u(text, bytes, len);

        if (n != size || memcmp(text, data, n) != 0) {
            abort();
        }

    } else {

        /* refused: a character, the length, or what encodes otherwise */

        good = (size % 4 != 1);

        for (i = 0; i < size; i++) {
            good &= (data[i] != 0 && strchr(alphabet, data[i]) != NULL);
        }

        if (good) {
            len = mint_unb64u(bytes, (const char *) data, size);
            n = mint_b64u(text, bytes, len);

            if (n == size && memcmp(text, data, n) == 0) {
                abort();
            }
        }
    }

    /* and whatever the bytes, their text comes back */

    n = size / 2;
    len = mint_b64u(text, data, n);

    src.len = len;
    src.data = (unsigned char *) text;

    free(bytes);
    bytes = malloc(auth_tenant_b64url_decoded_len(len));

    if (!auth_tenant_b64url_decode(bytes, &len, &src)
        || len != n || memcmp(bytes, data, n) != 0)
    {
        abort();
    }

    free(bytes);
    free(text);

    return 0;
}

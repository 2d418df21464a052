
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * JSON to the flat form: what jansson takes and refuses, and the same bytes
 * as its tree gives.  The first byte says what the rest is:
 *
 *     'r'  a text, written where there is a byte less room than it needs
 *     's'  a string without its quotation marks: a value, and a name beside
 *          one that differs in its last byte
 *     'n'  a number, in an array
 *
 * Any other input is a text as it is.
 */


#include "tree.h"
#include "tree_write.h"
#include "auth_tenant_scan.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Reads a copy without a byte to spare, into no more room than it has. */

static auth_tenant_verdict_e
scan(const auth_tenant_str_t *text, unsigned char *dst, size_t size,
    size_t *len)
{
    unsigned char          *copy;
    auth_tenant_str_t       exact;
    auth_tenant_verdict_e   verdict;

    copy = malloc(text->len ? text->len : 1);
    memcpy(copy, text->data, text->len);

    exact.data = copy;
    exact.len = text->len;

    verdict = auth_tenant_scan_object(&exact, dst, size, len);

    free(copy);

    return verdict;
}


static void
compare(const void *data, size_t size, int short_of_room)
{
    size_t                  len, expected, room;
    unsigned char          *dst;
    auth_tenant_str_t       text;
    auth_tenant_verdict_e   verdict;

    static unsigned char  tree[8 * AUTH_TENANT_MAX_PAYLOAD];

    if (size > AUTH_TENANT_MAX_PAYLOAD) {
        return;
    }

    text.data = data;
    text.len = size;

    verdict = tree_write(&text, tree, &expected);

    check(verdict == AUTH_TENANT_OK || verdict == AUTH_TENANT_MALFORMED);

    room = auth_tenant_scan_size(size);

    if (verdict == AUTH_TENANT_OK) {
        check(expected <= room);

        if (short_of_room) {
            room = expected;
        }
    }

    dst = malloc(room ? room : 1);

    check(scan(&text, dst, room, &len) == verdict);

    if (verdict == AUTH_TENANT_OK) {
        check(len == expected);
        check(memcmp(dst, tree, len) == 0);
    }

    free(dst);

    if (verdict == AUTH_TENANT_OK && short_of_room && expected > 0) {
        dst = malloc(expected - 1 ? expected - 1 : 1);
        check(scan(&text, dst, expected - 1, &len) == AUTH_TENANT_ERROR);
        free(dst);
    }
}


static void
compare_string(const char *string, size_t size)
{
    char    *text;
    size_t   n;

    if (size > 2 * AUTH_TENANT_MAX_PAYLOAD / 5) {
        return;
    }

    text = malloc(2 * size + 64);

    n = sprintf(text, "{\"a\":\"");
    memcpy(text + n, string, size);
    n += size;
    n += sprintf(text + n, "\"}");

    compare(text, n, 0);

    n = sprintf(text, "{\"");
    memcpy(text + n, string, size);
    n += size;
    n += sprintf(text + n, "a\":1,\"");
    memcpy(text + n, string, size);
    n += size;
    n += sprintf(text + n, "%s\":2}", size % 2 ? "\\u0061" : "b");

    compare(text, n, 0);

    free(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char    *text;
    size_t   n;

    switch (size ? data[0] : 0) {

    case 'r':
        compare(data + 1, size - 1, 1);
        break;

    case 's':
        compare_string((const char *) data + 1, size - 1);
        break;

    case 'n':
        text = malloc(size + 16);
        n = sprintf(text, "{\"a\":[");
        memcpy(text + n, data + 1, size - 1);
        n += size - 1;
        n += sprintf(text + n, "]}");
        compare(text, n, 0);
        free(text);
        break;

    default:
        compare(data, size, 0);
    }

    return 0;
}

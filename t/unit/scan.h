
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * JSON to the flat form, for the tests of it.  In JSON written here "'" stands
 * for a quotation mark.  Each text is judged by jansson, too, which has to
 * come to the same verdict and the same form.
 */


#ifndef _SCAN_H_INCLUDED_
#define _SCAN_H_INCLUDED_


#include "tree_write.h"
#include "auth_tenant_scan.h"


static unsigned char  scan_form[
                               auth_tenant_scan_size(AUTH_TENANT_MAX_PAYLOAD)];
static unsigned char  scan_tree[8 * AUTH_TENANT_MAX_PAYLOAD];


/*
 * Reads a copy without a byte to spare, so that ASan sees every overrun.
 * Returns the length of the form, -1 if the text is refused, -2 if jansson
 * judges otherwise.
 */

__attribute__((unused))
static long
scan_bytes(const char *json, size_t size)
{
    size_t                  i, len, expected;
    unsigned char          *copy;
    auth_tenant_str_t       text;
    auth_tenant_verdict_e   verdict;

    copy = malloc(size ? size : 1);

    for (i = 0; i < size; i++) {
        copy[i] = (json[i] == '\'') ? '"' : json[i];
    }

    text.data = copy;
    text.len = size;

    len = expected = 0;

    verdict = auth_tenant_scan_object(&text, scan_form,
                                      auth_tenant_scan_size(size), &len);

    if (tree_write(&text, scan_tree, &expected) != verdict
        || len != expected
        || memcmp(scan_form, scan_tree, len) != 0)
    {
        free(copy);
        return -2;
    }

    free(copy);

    return (verdict == AUTH_TENANT_OK) ? (long) len
           : (verdict == AUTH_TENANT_MALFORMED) ? -1 : -2;
}


__attribute__((unused))
static long
scan_text(const char *json)
{
    return scan_bytes(json, strlen(json));
}


#endif /* _SCAN_H_INCLUDED_ */

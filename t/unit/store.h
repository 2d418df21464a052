
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * For the tests of documents in shared memory: documents that tell what they
 * should be.
 */


#ifndef _STORE_H_INCLUDED_
#define _STORE_H_INCLUDED_


#include "guard.h"
#include "tap.h"
#include "auth_tenant_store.h"


static const unsigned char  store_alice[AUTH_TENANT_STORE_ID + 1] =
    "realm alice, of provider number 1";
static const unsigned char  store_bob[AUTH_TENANT_STORE_ID + 1] =
    "realm bobby, of provider number 1";


/* The document with a serial number: each has other bytes, and a length. */

__attribute__((unused))
static auth_tenant_str_t
store_document(unsigned serial, size_t len)
{
    size_t                i;
    auth_tenant_str_t     s;
    static unsigned char  text[2][65536];

    s.data = text[serial % 2];
    s.len = len;

    for (i = 0; i < len; i++) {
        text[serial % 2][i] = (unsigned char) (serial * 31 + i * (serial | 1));
    }

    return s;
}


/* 1 if what was read is the document with that number, from end to end. */

__attribute__((unused))
static int
store_is(const unsigned char *data, size_t len, unsigned serial, size_t whole)
{
    size_t  i;

    if (len != whole) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (data[i] != (unsigned char) (serial * 31 + i * (serial | 1))) {
            return 0;
        }
    }

    return 1;
}


#endif /* _STORE_H_INCLUDED_ */

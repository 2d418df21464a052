
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Inputs of several lines, for the fuzz targets of host, path, slug and
 * template.
 */


#ifndef _LINES_H_INCLUDED_
#define _LINES_H_INCLUDED_


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth_tenant_core.h"


#define check(cond)                                                           \
    do {                                                                      \
        if (!(cond)) {                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);        \
            abort();                                                          \
        }                                                                     \
    } while (0)


/*
 * Splits an input into `n` texts at its first n - 1 line feeds.  Each is a
 * copy of its exact size, so that a read behind it is seen; a text that is
 * not there is absent.
 */

__attribute__((unused))
static void
lines(const uint8_t *data, size_t size, auth_tenant_str_t *text, unsigned n)
{
    size_t          len;
    unsigned        i;
    unsigned char  *copy;
    const uint8_t  *feed;

    for (i = 0; i < n; i++) {

        text[i].data = NULL;
        text[i].len = 0;

        if (data == NULL) {
            continue;
        }

        feed = (i + 1 < n && size) ? memchr(data, '\n', size) : NULL;
        len = feed ? (size_t) (feed - data) : size;

        copy = malloc(len ? len : 1);
        check(copy);

        if (len) {
            memcpy(copy, data, len);
        }

        text[i].data = copy;
        text[i].len = len;

        size -= feed ? len + 1 : len;
        data = feed ? feed + 1 : NULL;
    }
}


__attribute__((unused))
static void
lines_free(auth_tenant_str_t *text, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        free((void *) (uintptr_t) text[i].data);
    }
}


/* 1 if `inside` is a part of `whole`. */

__attribute__((unused))
static int
slice_of(const auth_tenant_str_t *inside, const auth_tenant_str_t *whole)
{
    return inside->data >= whole->data
           && inside->data + inside->len <= whole->data + whole->len;
}


#endif /* _LINES_H_INCLUDED_ */

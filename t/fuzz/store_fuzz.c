
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * F8, E15: a document in shared memory that anything may have been written
 * to.  A reader gets one of the documents that were published, or none; a
 * writer can always publish another one.
 */


#include <stdlib.h>
#include <string.h>

#include "auth_tenant_store.h"


#define CAPACITY  96
#define SIZE      (sizeof(auth_tenant_store_t) + 2 * CAPACITY)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const unsigned char  own[AUTH_TENANT_STORE_ID + 1] =
    "realm alice, of provider number 1";
static const unsigned char  other[AUTH_TENANT_STORE_ID + 1] =
    "realm bobby, of provider number 1";


/* Serial numbers are times; they tell what a document is. */

static auth_tenant_str_t
document(uint8_t serial)
{
    auth_tenant_str_t     s;
    static unsigned char  text[CAPACITY];

    memset(text, serial, sizeof(text));

    s.data = text;
    s.len = 1 + serial % CAPACITY;

    return s;
}


/* `last`: how many there were; what is read is one of them, whole. */

static void
look(const auth_tenant_store_t *store, unsigned last)
{
    int                rc;
    size_t             len;
    int64_t            time;
    uint64_t           generation;
    unsigned char     *dst;
    auth_tenant_str_t  s;

    dst = malloc(CAPACITY);
    if (dst == NULL) {
        abort();
    }

    len = 0;
    time = -1;
    generation = 0;

    if (auth_tenant_store_read(store, CAPACITY, other, dst, &len, &time,
                               &generation)
        == 1)
    {
        abort();
    }

    rc = auth_tenant_store_read(store, CAPACITY, own, dst, &len, &time,
                                &generation);

    if (rc == 1) {
        if (time < 1 || time > (int64_t) last) {
            abort();
        }

        s = document((uint8_t) time);

        if (len != s.len || memcmp(dst, s.data, len) != 0
            || generation != auth_tenant_store_generation(store))
        {
            abort();
        }

    } else if (rc != 0 && rc != -1) {
        abort();
    }

    free(dst);
}


/* Publishes the next document, whatever the memory holds. */

static void
publish(auth_tenant_store_t *store, uint8_t serial)
{
    size_t             len;
    int64_t            time;
    uint64_t           was, now, generation;
    unsigned char      dst[CAPACITY];
    auth_tenant_str_t  s;

    s = document(serial);
    was = auth_tenant_store_generation(store);
    now = auth_tenant_store_write(store, CAPACITY, own, &s, serial);

    if (now == 0 || now == was
        || auth_tenant_store_read(store, CAPACITY, own, dst, &len, &time,
                                  &generation) != 1
        || generation != now || time != serial)
    {
        abort();
    }
}


/*
 * Steps of three bytes: a place and what is written there; but 255 as the
 * first is an operation.
 */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                i, at;
    unsigned              last;
    unsigned char        *bytes;
    auth_tenant_store_t  *store;

    if (auth_tenant_store_size(CAPACITY) != SIZE) {
        abort();
    }

    bytes = malloc(SIZE);
    if (bytes == NULL) {
        abort();
    }

    store = (auth_tenant_store_t *) bytes;
    last = 0;

    auth_tenant_store_init(store, 0);

    for (i = 0; i + 3 <= size && i < 3000; i += 3) {

        if (data[i] == 255) {

            switch (data[i + 1] % 3) {
            case 0:
                if (last < 255) {
                    publish(store, (uint8_t) ++last);
                }

                break;

            case 1:
                auth_tenant_store_clear(store);
                break;

            default:

                /* all of it, at once */

                at = size - i < SIZE ? size - i : SIZE;
                memcpy(bytes, data + i, at);
            }

        } else {
            at = data[i] * 256u + data[i + 1];
            bytes[at % SIZE] ^= data[i + 2];
        }

        look(store, last);
    }

    free(bytes);

    return 0;
}

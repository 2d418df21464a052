
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Allocations of OpenSSL and jansson that fail when they are told to.
 */


#ifndef _MEMORY_H_INCLUDED_
#define _MEMORY_H_INCLUDED_


#include <stdlib.h>

#include <jansson.h>
#include <openssl/crypto.h>


static unsigned  memory_count;      /* allocations since the last reset */
static unsigned  memory_failing;    /* the one that fails; 0: none */


static int
memory_fails(void)
{
    return ++memory_count == memory_failing;
}


static void *
memory_malloc(size_t size)
{
    return memory_fails() ? NULL : malloc(size);
}


static void *
memory_crypto_malloc(size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    return memory_malloc(size);
}


static void *
memory_crypto_realloc(void *p, size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    if (size == 0) {
        free(p);
        return NULL;
    }

    return memory_fails() ? NULL : realloc(p, size);
}


static void
memory_crypto_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;

    free(p);
}


/* Before anything else of OpenSSL or jansson is called. */

static void
memory_init(void)
{
    if (CRYPTO_set_mem_functions(memory_crypto_malloc, memory_crypto_realloc,
                                 memory_crypto_free)
        != 1)
    {
        abort();
    }

    json_set_alloc_funcs(memory_malloc, free);
}


/* From here on the n-th allocation fails; 0: none does. */

static void
memory_fail(unsigned n)
{
    memory_count = 0;
    memory_failing = n;
}


/* 1 if the allocation that was to fail came. */

static int
memory_failed(void)
{
    return memory_failing != 0 && memory_count >= memory_failing;
}


#endif /* _MEMORY_H_INCLUDED_ */

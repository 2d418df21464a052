
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Memory that processes share, and that must not be left.
 */


#ifndef _GUARD_H_INCLUDED_
#define _GUARD_H_INCLUDED_


#include <stdlib.h>

#include <sys/mman.h>
#include <unistd.h>


/* It ends where a page does, before one that is no memory. */

__attribute__((unused))
static void *
guard_memory(size_t size)
{
    size_t          page, whole;
    unsigned char  *p;

    page = sysconf(_SC_PAGESIZE);
    whole = (size + page - 1) / page * page;

    p = mmap(NULL, whole + page, PROT_READ|PROT_WRITE,
             MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p + whole, page, PROT_NONE) != 0) {
        abort();
    }

    return p + whole - size;
}


#endif /* _GUARD_H_INCLUDED_ */

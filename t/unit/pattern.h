
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the tests of host and path templates share.
 */


#ifndef _PATTERN_H_INCLUDED_
#define _PATTERN_H_INCLUDED_


#include <stdlib.h>

#include "tap.h"
#include "auth_tenant_match.h"


typedef const char *(*compile_pt)(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *source);


/* A template, and a part of what is said instead of taking it. */

typedef struct {
    const char  *text;
    const char  *advice;
} refusal_t;


#define refused(compile, rows)                                                \
    pattern_refused(compile, rows, sizeof(rows) / sizeof(rows[0]))


static auth_tenant_pattern_t
compiled(compile_pt compile, const char *text)
{
    const char             *error;
    auth_tenant_str_t       s;
    auth_tenant_pattern_t   p;

    s = str(text);
    error = compile(&p, &s);

    if (error) {
        ok(0, "\"%s\" compiles: %s", text, error);
        exit(1);
    }

    return p;
}


static void
pattern_refused(compile_pt compile, const refusal_t *rows, size_t n)
{
    size_t                  i;
    const char             *error;
    auth_tenant_str_t       s;
    auth_tenant_pattern_t   p;

    for (i = 0; i < n; i++) {
        s = str(rows[i].text);
        error = compile(&p, &s);

        ok(error && strstr(error, rows[i].advice), "\"%s\" refused: %s",
           rows[i].text, rows[i].advice);
    }
}


#endif /* _PATTERN_H_INCLUDED_ */

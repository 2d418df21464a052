
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * TAP for the unit tests: ok() and friends, done() at the end.
 */


#ifndef _TAP_H_INCLUDED_
#define _TAP_H_INCLUDED_


#include <stdio.h>
#include <stdarg.h>
#include <string.h>

#include "auth_tenant_core.h"


static unsigned  tap_count;
static unsigned  tap_failed;


#define ok(test, ...)                                                         \
    tap_ok((test) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

#define is(got, expected, ...)                                                \
    tap_is((long long) (got), (long long) (expected), __FILE__, __LINE__,     \
           __VA_ARGS__)

#define is_str(got, expected, ...)                                            \
    tap_is_str(got, expected, __FILE__, __LINE__, __VA_ARGS__)

/* got: const auth_tenant_str_t *; expected: C string, or NULL for absent */


__attribute__((unused, format(printf, 4, 5)))
static int
tap_ok(int test, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    tap_count++;

    printf("%sok %u - ", test ? "" : "not ", tap_count);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    putchar('\n');

    if (!test) {
        tap_failed++;
        printf("#   at %s line %d\n", file, line);
    }

    return test;
}


__attribute__((unused, format(printf, 5, 6)))
static int
tap_is(long long got, long long expected, const char *file, int line,
    const char *fmt, ...)
{
    char     name[512];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(name, sizeof(name), fmt, args);
    va_end(args);

    if (!tap_ok(got == expected, file, line, "%s", name)) {
        printf("#   got %lld, expected %lld\n", got, expected);
        return 0;
    }

    return 1;
}


__attribute__((unused, format(printf, 5, 6)))
static int
tap_is_str(const auth_tenant_str_t *got, const char *expected,
    const char *file, int line, const char *fmt, ...)
{
    int      equal;
    char     name[512];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(name, sizeof(name), fmt, args);
    va_end(args);

    if (expected == NULL) {
        equal = (got->data == NULL);

    } else {
        equal = (got->data != NULL && got->len == strlen(expected)
                 && memcmp(got->data, expected, got->len) == 0);
    }

    if (!tap_ok(equal, file, line, "%s", name)) {
        printf("#   got \"%.*s\", expected \"%s\"\n", (int) got->len,
               got->data ? (const char *) got->data : "",
               expected ? expected : "(absent)");
    }

    return equal;
}


__attribute__((unused))
static auth_tenant_str_t
str(const char *text)
{
    auth_tenant_str_t  s;

    s.len = strlen(text);
    s.data = (const unsigned char *) text;

    return s;
}


__attribute__((unused))
static int
done(void)
{
    printf("1..%u\n", tap_count);

    return tap_failed ? 1 : 0;
}


#endif /* _TAP_H_INCLUDED_ */

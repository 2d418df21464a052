
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Numbers where a fraction begins with a comma: in such a locale 1.5 is a
 * number still, and 1,5 is none.  strtod() and localeconv() are replaced, also
 * for jansson, so that no such locale has to be installed.
 */


#include <locale.h>

#include "tap.h"
#include "memory.h"
#include "auth_tenant_scan.h"


static unsigned  asked;


/* The point is a comma; the digits are few. */

double
strtod(const char *text, char **end)
{
    double       value, unit;
    const char  *p;

    asked++;
    value = 0;

    for (p = text; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (*p - '0');
    }

    if (*p == ',') {
        for (p++, unit = 2; *p >= '0' && *p <= '9'; p++, unit *= 2) {
            value += (*p == '5') / unit;
        }
    }

    *end = (char *) p;

    return value;
}


struct lconv *
localeconv(void)
{
    static struct lconv  comma;

    comma.decimal_point = ",";

    return &comma;
}


static auth_tenant_verdict_e
scan(const char *json, unsigned char *form, size_t *len)
{
    auth_tenant_str_t  text;

    text = str(json);

    return auth_tenant_scan_object(&text, form, 512, len);
}


int
main(void)
{
    size_t                  len;
    unsigned                n, wrong;
    unsigned char           form[512];
    auth_tenant_verdict_e   verdict;

    static const char  number[] = "{\"a\":700000000000000000000.5}";

    memory_init();

    is(scan("{\"a\":[1.5,2.0]}", form, &len), AUTH_TENANT_OK,
       "fractions are read");
    ok(len == 14 && memcmp(form, "\6\1\12a\4\3" "1.5\4\3" "2.0", len) == 0,
       "and say what they say elsewhere");
    is(asked, 4, "though only jansson knew how");
    is(scan("{\"a\":1,5}", form, &len), AUTH_TENANT_MALFORMED,
       "A2.9 a comma is none");

    is(scan(number, form, &len), AUTH_TENANT_OK, "a number of 23 bytes");

    wrong = 0;

    for (n = 1; n < 100; n++) {

        memory_fail(n);
        verdict = scan(number, form, &len);

        if (!memory_failed()) {
            break;
        }

        wrong += (verdict != AUTH_TENANT_ERROR);
    }

    memory_fail(0);

    ok(n > 5 && n < 100, "E17 %u allocations failed, one at a time", n - 1);
    is(wrong, 0, "E17 and no number was read in part, nor refused");

    return done();
}

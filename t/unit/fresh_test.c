
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * When keys are fetched again, and how long they are good for.
 */


#include <stdlib.h>

#include "tap.h"
#include "auth_tenant_fresh.h"
#include "random.h"


#define MINUTE   ((int64_t) 60000)
#define HOUR     (60 * MINUTE)

/* What "random" has to be for a move by -10 %, none and +10 %. */

#define DOWN  0
#define STAY  1000
#define UP    2000


static int64_t
max_age(const char *text)
{
    int64_t             age;
    unsigned char      *copy;
    auth_tenant_str_t   s;

    s.len = strlen(text);

    copy = malloc(s.len ? s.len : 1);
    memcpy(copy, text, s.len);
    s.data = copy;

    age = auth_tenant_fresh_max_age(&s);

    free(copy);

    return age;
}


static void
test_max_age(void)
{
    size_t  i;

    static const struct {
        const char  *text;
        long long    age;
    } rows[] = {
        { "max-age=600", 600 },
        { "max-age=0", 0 },
        { "Max-Age=600", 600 },
        { "MAX-AGE=600", 600 },
        { "public, max-age=600, must-revalidate", 600 },
        { "public,max-age=600", 600 },
        { "\tpublic ,\tmax-age=600 \t,", 600 },
        { " , ,max-age=600", 600 },
        { "max-age=\"600\"", 600 },
        { "max-age=0600", 600 },
        { "max-age=600, max-age=60", 60 },
        { "max-age=60, max-age=600", 60 },
        { "max-age=x, max-age=600", 600 },
        { "max-age=2147483647", 2147483647 },
        { "max-age=2147483648", 2147483648 },
        { "max-age=2147483649", 2147483648 },
        { "max-age=99999999999999999999999999999999", 2147483648 },

        /* what is said to caches of HTTP is nothing about keys */

        { "no-store", -1 },
        { "no-cache", -1 },
        { "no-cache, max-age=600", 600 },
        { "max-age=600, no-store", 600 },
        { "no-cache=\"Set-Cookie\", max-age=600", 600 },

        { "", -1 },
        { ",", -1 },
        { "public", -1 },
        { "max-age", -1 },
        { "max-age=", -1 },
        { "max-age=\"\"", -1 },
        { "max-age=\"", -1 },
        { "max-age=-1", -1 },
        { "max-age=+1", -1 },
        { "max-age=1.5", -1 },
        { "max-age=60s", -1 },
        { "max-age=6 0", -1 },
        { "max-age= 60", -1 },
        { "max-age =60", -1 },
        { "max-age:60", -1 },
        { "max-age=\"60", -1 },
        { "max-age==60", -1 },
        { "max-age=60=60", -1 },
        { "s-maxage=60", -1 },
        { "min-age=60", -1 },
        { "max_age=60", -1 },
        { "xmax-age=60", -1 },
        { "max-agex=60", -1 },
        { "min-fresh=60", -1 },
        { "no-store max-age=60", -1 },
        { "=60", -1 },

        /* a list inside quotes is none */

        { "a=\"no-store, max-age=5\"", -1 },
        { "a=\"no-store, max-age=5\", max-age=600", 600 },
        { "a=\"b\\\", max-age=5\", max-age=600", 600 },
        { "a=\"b\\\\\", max-age=600", 600 },
        { "a=\"b, max-age=5", -1 },
        { "a=\"b\\", -1 },
        { "a=\\, max-age=5", 5 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(max_age(rows[i].text), rows[i].age, "A7.7: Cache-Control: %s",
           rows[i].text);
    }
}


static void
test_next(void)
{
    size_t  i;

    static const struct {
        int64_t      refresh, max_age, next;
        const char  *what;
    } rows[] = {
        { 10 * MINUTE, -1, 10 * MINUTE, "nothing said: as configured" },
        { 10 * MINUTE, 300, 5 * MINUTE, "sooner, if the answer says so" },
        { 10 * MINUTE, 600, 10 * MINUTE, "just as it says" },
        { 10 * MINUTE, 3600, 10 * MINUTE, "never later" },
        { 10 * MINUTE, (int64_t) 1 << 31, 10 * MINUTE, "never much later" },
        { 10 * MINUTE, INT64_MAX, 10 * MINUTE, "never ages later" },
        { 10 * MINUTE, 61, 61000, "just over the least" },
        { 10 * MINUTE, 60, MINUTE, "the least" },
        { 10 * MINUTE, 59, MINUTE, "never sooner" },
        { 10 * MINUTE, 0, MINUTE, "not even for 0" },
        { 10 * MINUTE, INT64_MIN, 10 * MINUTE, "nonsense is not said" },
        { 30000, 0, 30000, "sooner only if configured" },
        { 30000, 10, 30000, "and then so" },
        { 30500, 30, 30500, "to the millisecond" },
        { 90500, 90, 90000, "also here" },
        { 0, -1, 1, "never at once" },
        { -5, 5, 1, "never before" },
        { 1, -1, 1, "a millisecond is the least" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(auth_tenant_fresh_next(rows[i].refresh, rows[i].max_age, STAY),
           rows[i].next, "A7.7: next fetch: %s", rows[i].what);
    }

    is(auth_tenant_fresh_next(10 * MINUTE, -1, DOWN), 9 * MINUTE,
       "A7.7: ten percent sooner");
    is(auth_tenant_fresh_next(10 * MINUTE, -1, UP), 11 * MINUTE,
       "A7.7: ten percent later");
    is(auth_tenant_fresh_next(10 * MINUTE, 0, DOWN), 54000,
       "A7.7: the least moves, too");

    ok(auth_tenant_fresh_next(INT64_MAX, -1, UP) > 0
       && auth_tenant_fresh_next(INT64_MAX, INT64_MAX, UP) > 0,
       "the longest time overflows nothing");
}


static void
test_backoff(void)
{
    size_t  i;

    static const struct {
        int64_t      cooldown, refresh;
        uint32_t     failures;
        int64_t      next;
        const char  *what;
    } rows[] = {
        { 10000, HOUR, 0, 10000, "none is as one" },
        { 10000, HOUR, 1, 10000, "the first" },
        { 10000, HOUR, 2, 20000, "the second" },
        { 10000, HOUR, 3, 40000, "the third" },
        { 10000, HOUR, 5, 160000, "the fifth" },
        { 10000, HOUR, 6, 300000, "five minutes are the most" },
        { 10000, HOUR, 7, 300000, "however often" },
        { 10000, HOUR, UINT32_MAX, 300000, "even so" },
        { 10000, 60000, 4, 60000, "no longer than refresh" },
        { 10000, 60000, 3, 40000, "sooner before that" },
        { 10000, 5000, 3, 10000, "but not sooner than cooldown" },
        { HOUR, 10 * MINUTE, 3, HOUR, "a long cooldown is the most" },
        { 0, HOUR, 1, 1, "never at once" },
        { 0, HOUR, UINT32_MAX, 300000, "and it ends" },
        { -1, -1, 9, 1, "nonsense" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(auth_tenant_fresh_backoff(rows[i].cooldown, rows[i].refresh,
                                     rows[i].failures, STAY),
           rows[i].next, "A7.7: next try: %s", rows[i].what);
    }

    is(auth_tenant_fresh_backoff(10000, HOUR, 3, DOWN), 36000,
       "A7.7: ten percent sooner");
    is(auth_tenant_fresh_backoff(10000, HOUR, 3, UP), 44000,
       "A7.7: ten percent later");
    is(auth_tenant_fresh_backoff(10000, HOUR, 1, DOWN), 10000,
       "A7.7: never below cooldown");

    is(auth_tenant_fresh_backoff(HOUR, 10 * MINUTE, 3, UP), HOUR * 11 / 10,
       "A7.7: a long cooldown moves, too");

    ok(auth_tenant_fresh_backoff(INT64_MAX, INT64_MAX, UINT32_MAX, UP) > 0,
       "the longest time overflows nothing");
}


/* Whatever the random number: within ten percent, and all over them. */

static void
test_jitter(void)
{
    unsigned  n, wrong, tenth[20];
    int64_t   next;
    uint32_t  random;

    memset(tenth, 0, sizeof(tenth));
    wrong = 0;

    for (n = 0; n < 200000; n++) {

        random = random_below(UINT32_MAX);
        next = auth_tenant_fresh_next(10 * MINUTE, -1, random);

        if (next < 9 * MINUTE || next > 11 * MINUTE) {
            wrong++;
            continue;
        }

        tenth[(next - 9 * MINUTE) * 20 / (2 * MINUTE + 1)]++;

        next = auth_tenant_fresh_backoff(10000, 10 * MINUTE, 1 + n % 9,
                                         random);

        wrong += (next < 10000 || next > 330000);
    }

    is(wrong, 0, "A7.7: never more than ten percent either way");

    for (n = 0; n < 20; n++) {
        wrong += (tenth[n] < 8000 || tenth[n] > 12000);
    }

    is(wrong, 0, "A7.7: evenly");
}


static void
test_usable(void)
{
    size_t  i;

    static const struct {
        int64_t      fetched, now, refresh, stale;
        int          usable;
        const char  *what;
    } rows[] = {
        { 1000, 1000, 100, 50, 1, "just fetched" },
        { 1000, 1099, 100, 50, 1, "fresh" },
        { 1000, 1100, 100, 50, 1, "due" },
        { 1000, 1149, 100, 50, 1, "stale" },
        { 1000, 1150, 100, 50, 0, "too stale" },
        { 1000, 9999999, 100, 50, 0, "long ago" },
        { 1000, 1099, 100, 0, 1, "fresh, none may be stale" },
        { 1000, 1100, 100, 0, 0, "due, none may be stale" },
        { 2000, 1000, 100, 50, 1, "in the future" },
        { INT64_MAX, 1000, 100, 50, 1, "in the far future" },
        { 2000, 1000, 0, 0, 0, "in the future, but good for no time" },
        { 1000, 1000, -1, -1, 0, "good for less" },
        { 1000, 1020, 100, -90, 1, "less than nothing is nothing" },
        { 1000, 1000, -90, 100, 1, "on either side" },
        { INT64_MIN, INT64_MAX, 100, 50, 0, "all of time ago" },
        { INT64_MIN, 0, INT64_MAX, INT64_MAX, 0, "half of it, unlimited" },
        { 0, 1000, INT64_MAX, INT64_MAX, 1, "recently, unlimited" },
        { -1000, -900, 100, 50, 1, "before 1970" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(auth_tenant_fresh_usable(rows[i].fetched, rows[i].now,
                                    rows[i].refresh, rows[i].stale),
           rows[i].usable, "A7.8: keys %susable: %s",
           rows[i].usable ? "" : "not ", rows[i].what);
    }
}


int
main(void)
{
    test_max_age();
    test_next();
    test_backoff();
    test_jitter();
    test_usable();

    return done();
}

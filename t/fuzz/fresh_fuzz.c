
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Cache-Control and times.  The input is five numbers of eight bytes, then a
 * field value, which is read a second time, one character after the other.
 */


#include "lines.h"
#include "auth_tenant_fresh.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Blanks around one directive go; capitals in its name, too. */

static void
naive_directive(char *text, size_t len, int64_t *least)
{
    char          *value, *p;
    int64_t        n;
    unsigned char  c;

    while (len && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }

    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }

    text[len] = '\0';

    /* a NUL is no character of a name or a number */

    if (strlen(text) != len) {
        value = memchr(text, '=', len);

        if (value == NULL || (size_t) (value - text) > strlen(text)) {
            return;
        }
    }

    value = memchr(text, '=', len);

    if (value != NULL) {
        *value++ = '\0';
    }

    if (value == NULL || strcasecmp(text, "max-age") != 0) {
        return;
    }

    p = text + len;

    if (p - value >= 2 && *value == '"' && p[-1] == '"') {
        value++;
        p--;
    }

    if (p == value) {
        return;
    }

    n = 0;

    for ( /* void */ ; value < p; value++) {
        c = (unsigned char) *value;

        if (c < '0' || c > '9') {
            return;
        }

        n = n * 10 + c - '0';
        n = (n > 2147483648LL) ? 2147483648LL : n;
    }

    if (*least < 0 || n < *least) {
        *least = n;
    }
}


static int64_t
naive_max_age(const auth_tenant_str_t *s)
{
    char    *text;
    enum { OUTSIDE, INSIDE, ESCAPED } state;
    size_t   i, n;
    int64_t  least;

    text = malloc(s->len + 1);
    least = -1;
    state = OUTSIDE;
    n = 0;

    for (i = 0; i < s->len; i++) {

        if (state == OUTSIDE && s->data[i] == ',') {
            naive_directive(text, n, &least);
            n = 0;
            continue;
        }

        text[n++] = (char) s->data[i];

        if (state == ESCAPED) {
            state = INSIDE;

        } else if (state == INSIDE && s->data[i] == '\\') {
            state = ESCAPED;

        } else if (s->data[i] == '"') {
            state = (state == INSIDE) ? OUTSIDE : INSIDE;
        }
    }

    naive_directive(text, n, &least);

    free(text);

    return least;
}


static int64_t
number(const uint8_t **data, size_t *size)
{
    int64_t  n;

    n = 0;

    if (*size >= sizeof(n)) {
        memcpy(&n, *data, sizeof(n));
        *data += sizeof(n);
        *size -= sizeof(n);
    }

    return n;
}


/* Beyond 2^48 milliseconds, nine thousand years, a time is as good as that. */

static int64_t
sane(int64_t time)
{
    return time < 0 ? 0 : time > (1LL << 48) ? 1LL << 48 : time;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t             a, b, c, next, refresh, cooldown, least, most, age;
    uint32_t            random, failures;
    auth_tenant_str_t   text;

    a = number(&data, &size);
    b = number(&data, &size);
    c = number(&data, &size);
    random = (uint32_t) number(&data, &size);
    failures = (uint32_t) number(&data, &size);

    lines(data, size, &text, 1);

    age = auth_tenant_fresh_max_age(&text);

    check(age == naive_max_age(&text));
    check(age >= -1 && age <= 2147483648LL);

    lines_free(&text, 1);

    refresh = sane(a);

    /* with what the answer said, and with anything */

    for (cooldown = 0; cooldown < 2; cooldown++) {
        next = auth_tenant_fresh_next(a, cooldown ? age : b, random);

        least = refresh < 60000 ? refresh : 60000;

        check(next >= 1);
        check(next >= least - (least + 9) / 10 - 1);
        check(next <= refresh + refresh / 10 || next == 1);
    }

    cooldown = sane(b) ? sane(b) : 1;
    most = refresh < 300000 ? refresh : 300000;
    most = most < cooldown ? cooldown : most;

    next = auth_tenant_fresh_backoff(b, a, failures, random);

    check(next >= cooldown && next <= most + most / 10);
    check(next <= auth_tenant_fresh_backoff(b, a, failures | 0xff, random));
    check(failures > 1
          || next == auth_tenant_fresh_backoff(b, a, 1, random));

    /* what may be used now could be used before, and if longer were allowed */

    if (auth_tenant_fresh_usable(c, b, a, 0)) {
        check(auth_tenant_fresh_usable(c, b, a, 1000));
        check(b <= c || auth_tenant_fresh_usable(c, b - 1, a, 0));
        check(a > 0);

    } else {
        check(c < b || refresh == 0);
    }

    return 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <string.h>

#include "auth_tenant_fresh.h"


#define AUTH_TENANT_MAX_AGE  ((int64_t) 1 << 31)   /* RFC 9111 section 1.2.2 */

/* Far beyond any setting, and small enough for no product to overflow. */

#define AUTH_TENANT_MAX_TIME  ((int64_t) 1 << 48)


static size_t auth_tenant_fresh_directive(const auth_tenant_str_t *s,
    size_t pos, auth_tenant_str_t *name, auth_tenant_str_t *argument);
static int64_t auth_tenant_fresh_seconds(const auth_tenant_str_t *s);
static int auth_tenant_fresh_named(const auth_tenant_str_t *name,
    const char *word);
static int64_t auth_tenant_fresh_time(int64_t time);
static int64_t auth_tenant_fresh_move(int64_t time, uint32_t random);


int64_t
auth_tenant_fresh_max_age(const auth_tenant_str_t *cache_control)
{
    size_t             pos;
    int64_t            age, seconds;
    auth_tenant_str_t  name, argument;

    age = -1;
    pos = 0;

    while (pos < cache_control->len) {

        pos = auth_tenant_fresh_directive(cache_control, pos, &name,
                                          &argument);

        if (!auth_tenant_fresh_named(&name, "max-age")) {
            continue;
        }

        seconds = auth_tenant_fresh_seconds(&argument);

        if (seconds >= 0 && (age < 0 || seconds < age)) {
            age = seconds;
        }
    }

    return age;
}


/*
 * Reads one directive, name[=argument], from `pos` on, and returns where the
 * next one begins.  A comma inside quotes ends nothing (RFC 9110 section
 * 5.6.4); the argument is given without its quotes.
 */

static size_t
auth_tenant_fresh_directive(const auth_tenant_str_t *s, size_t pos,
    auth_tenant_str_t *name, auth_tenant_str_t *argument)
{
    int     quoted;
    size_t  i, begin, end, equals;

    while (pos < s->len && (s->data[pos] == ' ' || s->data[pos] == '\t')) {
        pos++;
    }

    begin = pos;
    equals = s->len;
    quoted = 0;

    for (i = pos; i < s->len; i++) {

        if (quoted && s->data[i] == '\\') {
            i++;

        } else if (s->data[i] == '"') {
            quoted = !quoted;

        } else if (!quoted && s->data[i] == ',') {
            break;

        } else if (s->data[i] == '=' && equals == s->len) {
            equals = i;
        }
    }

    if (i > s->len) {
        i = s->len;
    }

    end = i;

    while (end > begin
           && (s->data[end - 1] == ' ' || s->data[end - 1] == '\t'))
    {
        end--;
    }

    name->data = s->data + begin;
    name->len = ((equals < end) ? equals : end) - begin;

    argument->data = s->data + end;
    argument->len = 0;

    if (equals < end) {
        argument->data = s->data + equals + 1;
        argument->len = end - equals - 1;

        if (argument->len >= 2 && argument->data[0] == '"'
            && argument->data[argument->len - 1] == '"')
        {
            argument->data++;
            argument->len -= 2;
        }
    }

    return i + 1;
}


/* delta-seconds, RFC 9111 section 1.2.2; -1 if it is none. */

static int64_t
auth_tenant_fresh_seconds(const auth_tenant_str_t *s)
{
    size_t   i;
    int64_t  seconds;

    if (s->len == 0) {
        return -1;
    }

    seconds = 0;

    for (i = 0; i < s->len; i++) {

        if (s->data[i] < '0' || s->data[i] > '9') {
            return -1;
        }

        seconds = seconds * 10 + (s->data[i] - '0');

        if (seconds > AUTH_TENANT_MAX_AGE) {
            seconds = AUTH_TENANT_MAX_AGE;
        }
    }

    return seconds;
}


static int
auth_tenant_fresh_named(const auth_tenant_str_t *name, const char *word)
{
    size_t         i;
    unsigned char  c;

    if (name->len != strlen(word)) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {

        c = name->data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != (unsigned char) word[i]) {
            return 0;
        }
    }

    return 1;
}


int64_t
auth_tenant_fresh_next(int64_t refresh, int64_t max_age, uint32_t random)
{
    int64_t  next;

    refresh = auth_tenant_fresh_time(refresh);
    next = refresh;

    if (max_age >= 0 && max_age < refresh / 1000 + 1) {
        next = max_age * 1000;

        if (next < AUTH_TENANT_MIN_REFRESH) {
            next = AUTH_TENANT_MIN_REFRESH;
        }

        if (next > refresh) {
            next = refresh;
        }
    }

    next = auth_tenant_fresh_move(next, random);

    return next > 0 ? next : 1;
}


int64_t
auth_tenant_fresh_backoff(int64_t cooldown, int64_t refresh,
    uint32_t failures, uint32_t random)
{
    int64_t  next, most;

    /* nothing doubled stays nothing */

    cooldown = cooldown > 0 ? auth_tenant_fresh_time(cooldown) : 1;
    most = auth_tenant_fresh_time(refresh);

    if (most > AUTH_TENANT_MAX_BACKOFF) {
        most = AUTH_TENANT_MAX_BACKOFF;
    }

    if (most < cooldown) {
        most = cooldown;
    }

    next = cooldown;

    while (failures > 1 && next < most) {
        next *= 2;
        failures--;
    }

    if (next > most) {
        next = most;
    }

    next = auth_tenant_fresh_move(next, random);

    return next > cooldown ? next : cooldown;
}


int
auth_tenant_fresh_usable(int64_t fetched, int64_t now, int64_t refresh,
    int64_t stale)
{
    uint64_t  age;

    /* no sum of a signed type: times come from files and other clocks, too */

    age = (fetched < now) ? (uint64_t) now - (uint64_t) fetched : 0;

    return age < (uint64_t) auth_tenant_fresh_time(refresh)
                 + (uint64_t) auth_tenant_fresh_time(stale);
}


static int64_t
auth_tenant_fresh_time(int64_t time)
{
    if (time < 0) {
        return 0;
    }

    return time < AUTH_TENANT_MAX_TIME ? time : AUTH_TENANT_MAX_TIME;
}


/* By up to a tenth, either way, in steps of a ten-thousandth. */

static int64_t
auth_tenant_fresh_move(int64_t time, uint32_t random)
{
    return time + time * ((int64_t) (random % 2001) - 1000) / 10000;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Whether an answer is the right one, and how many were.
 */


#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"


static double load_time(void);
static const char *load_header(const char *answer, const char *name,
    size_t *len);
static int load_right(const load_kind_t *kind, const char *answer,
    int status);
static void load_note(load_group_t *group, double took);
static int load_bucket(double took);
static double load_percentile(const load_group_t *group, double part);


double
load_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


static double
load_time(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


int
load_judge(load_conn_t *c)
{
    int            status;
    char          *end;
    size_t         len, head, body;
    const char    *value;
    load_seen_t   *seen;
    load_group_t  *group;

    end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL) {
        return LOAD_AGAIN;
    }

    end[2] = '\0';
    head = (size_t) (end - c->answer) + 4;

    value = load_header(c->answer, "Content-Length", &len);
    body = value ? strtoul(value, NULL, 10) : 0;

    if (c->got < head + body) {
        end[2] = '\r';
        return LOAD_AGAIN;
    }

    group = c->kind->group;
    status = 0;

    if (strncmp(c->answer, "HTTP/1.1 ", 9) == 0) {
        status = atoi(c->answer + 9);
    }

    if (status < 0 || status > 599) {
        status = 0;
    }

    seen = &group->status[status];

    if (seen->count++ == 0) {
        seen->first = load_time();
    }

    seen->last = load_time();

    if (status == 503
        && load_header(c->answer, "Retry-After", &len) == NULL)
    {
        group->bare++;
    }

    if (load_right(c->kind, c->answer, status)) {
        load_note(group, load_clock() - c->begun);

    } else if (status >= 500) {
        load_lost(group, 0);

    } else {
        group->wrong++;

        if (group->example[0] == '\0') {
            snprintf(group->example, sizeof(group->example), "%d to %.200s",
                     status, c->kind->text);
            group->example[strcspn(group->example, "\r")] = '\0';
        }
    }

    value = load_header(c->answer, "Connection", &len);

    return (value && strncasecmp(value, "close", 5) == 0) ? LOAD_END
                                                          : LOAD_KEEP;
}


static int
load_right(const load_kind_t *kind, const char *answer, int status)
{
    int          i;
    size_t       len;
    const char  *user;

    for (i = 0; i < kind->nstatus && kind->status[i] != status; i++) {
        /* void */
    }

    if (i == kind->nstatus) {
        return 0;
    }

    if (status != 200) {
        return 1;
    }

    user = load_header(answer, "X-User-Id", &len);

    if (strcmp(kind->user, "-") == 0) {
        return user == NULL;
    }

    return user && len == strlen(kind->user)
           && memcmp(user, kind->user, len) == 0;
}


static const char *
load_header(const char *answer, const char *name, size_t *len)
{
    size_t       n;
    const char  *p;

    n = strlen(name);

    for (p = strstr(answer, "\r\n"); p; p = strstr(p, "\r\n")) {
        p += 2;

        if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
            p += n + 1;
            p += strspn(p, " ");
            *len = strcspn(p, "\r");
            return p;
        }
    }

    return NULL;
}


void
load_lost(load_group_t *group, int hung)
{
    group->lost++;
    group->hung += (uint64_t) hung;
    group->lost_last = load_time();
}


static void
load_note(load_group_t *group, double took)
{
    double  now;

    now = load_clock();

    if (group->right > 0 && now - group->right > group->gap) {
        group->gap = now - group->right;
    }

    group->right = now;
    group->took[load_bucket(took)]++;

    if (took > group->longest) {
        group->longest = took;
    }
}


static int
load_bucket(double took)
{
    int     n;
    double  us;

    n = 0;

    for (us = took * 1e6; us >= 2; us /= 2) {
        n += LOAD_STEPS;
    }

    n += us > 1 ? (int) ((us - 1) * LOAD_STEPS) : 0;

    return n < LOAD_BUCKETS ? n : LOAD_BUCKETS - 1;
}


static double
load_percentile(const load_group_t *group, double part)
{
    int       n;
    double    low;
    uint64_t  all, sum;

    all = 0;
    sum = 0;

    for (n = 0; n < LOAD_BUCKETS; n++) {
        all += group->took[n];
    }

    for (n = 0; n < LOAD_BUCKETS; n++) {
        sum += group->took[n];

        if (all && (double) sum >= part * (double) all) {
            break;
        }
    }

    low = (double) (1ULL << (n / LOAD_STEPS)) / 1e6;

    return all ? low * (1 + (double) (n % LOAD_STEPS) / LOAD_STEPS) : 0;
}


void
load_report(void)
{
    int                  i, n;
    const char          *comma;
    const load_group_t  *g;

    for (i = 0; i < load_ngroups; i++) {
        g = &load_groups[i];

        printf("{\"group\":\"%s\",\"sent\":%llu,\"wrong\":%llu,\"lost\":%llu,"
               "\"hung\":%llu,\"again\":%llu,\"gone\":%llu,\"bare\":%llu,"
               "\"lost_last\":%.3f,\"gap\":%.3f,\"p50\":%.6f,\"p99\":%.6f,"
               "\"max\":%.6f,\"status\":{",
               g->name, (unsigned long long) g->sent,
               (unsigned long long) g->wrong, (unsigned long long) g->lost,
               (unsigned long long) g->hung, (unsigned long long) g->again,
               (unsigned long long) g->gone, (unsigned long long) g->bare,
               g->lost_last, g->gap, load_percentile(g, 0.5),
               load_percentile(g, 0.99), g->longest);

        comma = "";

        for (n = 0; n < 600; n++) {
            if (g->status[n].count) {
                printf("%s\"%d\":[%llu,%.3f,%.3f]", comma, n,
                       (unsigned long long) g->status[n].count,
                       g->status[n].first, g->status[n].last);
                comma = ",";
            }
        }

        printf("},\"example\":\"%s\"}\n", g->example);
    }
}

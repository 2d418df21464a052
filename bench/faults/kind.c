
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The kinds of requests, as a file says.
 */


#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"


static void load_line(char *line, int keepalive);
static int load_port(int port);
static load_group_t *load_group(const char *name);


load_group_t   load_groups[LOAD_MAX_GROUPS];
int            load_ngroups;
load_kind_t   *load_kinds;
int            load_nkinds;
int            load_ports[LOAD_MAX_PORTS];
int            load_nports;
int            load_default_port;


void
load_read(const char *name, int keepalive)
{
    char  line[16384];
    FILE  *f;

    f = fopen(name, "r");
    if (f == NULL) {
        perror(name);
        exit(2);
    }

    while (fgets(line, sizeof(line), f)) {
        load_line(line, keepalive);
    }

    fclose(f);

    if (load_nkinds == 0) {
        fprintf(stderr, "%s: no requests\n", name);
        exit(2);
    }
}


static void
load_line(char *line, int keepalive)
{
    int           i;
    char         *field[7], *p, *end;
    load_kind_t  *kind;

    line[strcspn(line, "\n")] = '\0';

    for (p = line, i = 0; i < 7; i++) {
        field[i] = strsep(&p, "\t");
        if (field[i] == NULL) {
            fprintf(stderr, "a line with %d fields\n", i);
            exit(2);
        }
    }

    load_kinds = realloc(load_kinds, (load_nkinds + 1) * sizeof(load_kind_t));
    kind = &load_kinds[load_nkinds++];
    memset(kind, 0, sizeof(load_kind_t));

    kind->group = load_group(field[0]);
    i = atoi(field[1]);
    kind->port = load_port(i ? i : load_default_port);

    p = field[2];

    if (strncmp(p, "gone", 4) == 0) {
        kind->gone = 1;
        p += 4 + (p[4] == ',');
    }

    for ( /* void */ ; *p && kind->nstatus < LOAD_MAX_STATUS; p = end) {
        kind->status[kind->nstatus++] = (int) strtol(p, &end, 10);
        end += strcspn(end, ",");
        end += (*end == ',');
    }

    kind->user = strdup(field[3]);

    if (asprintf(&kind->text, "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s%s%s\r\n",
                 field[5], field[4],
                 strcmp(field[6], "-") ? "Authorization: Bearer " : "",
                 strcmp(field[6], "-") ? field[6] : "",
                 strcmp(field[6], "-") ? "\r\n" : "",
                 keepalive ? "" : "Connection: close\r\n")
        == -1)
    {
        exit(2);
    }

    kind->len = strlen(kind->text);
    kind->kid = strstr(kind->text, "********************************");
}


static int
load_port(int port)
{
    int  i;

    for (i = 0; i < load_nports; i++) {
        if (load_ports[i] == port) {
            return i;
        }
    }

    if (i == LOAD_MAX_PORTS) {
        exit(2);
    }

    load_ports[i] = port;
    load_nports++;

    return i;
}


static load_group_t *
load_group(const char *name)
{
    int  i;

    for (i = 0; i < load_ngroups; i++) {
        if (strcmp(load_groups[i].name, name) == 0) {
            return &load_groups[i];
        }
    }

    if (load_ngroups == LOAD_MAX_GROUPS) {
        exit(2);
    }

    snprintf(load_groups[i].name, sizeof(load_groups[i].name), "%s", name);
    load_ngroups++;

    return &load_groups[i];
}


void
load_kid(char *p)
{
    int            i;
    unsigned long  bits;

    static const char  letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    static const char  base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (i = 0; i < 8; i++) {
        bits = (unsigned long) random();
        bits = (unsigned long) letters[bits & 31] << 16
               | (unsigned long) letters[bits >> 5 & 31] << 8
               | (unsigned long) letters[bits >> 10 & 31];

        *p++ = base64[bits >> 18 & 63];
        *p++ = base64[bits >> 12 & 63];
        *p++ = base64[bits >> 6 & 63];
        *p++ = base64[bits & 63];
    }
}

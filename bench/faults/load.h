
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#ifndef _LOAD_H_INCLUDED_
#define _LOAD_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define LOAD_MAX_GROUPS  16
#define LOAD_MAX_PORTS   8
#define LOAD_MAX_STATUS  8

/* of the histogram: steps of a 64th, from a microsecond on */

#define LOAD_STEPS       64
#define LOAD_BUCKETS     (32 * LOAD_STEPS)

#define LOAD_AGAIN       0   /* not all of it is there yet */
#define LOAD_KEEP        1   /* the connection can be used again */
#define LOAD_END         2


typedef struct {
    uint64_t        count;
    double          first;      /* by the wall clock */
    double          last;
} load_seen_t;


typedef struct {
    char            name[32];
    uint64_t        sent;
    uint64_t        wrong;
    uint64_t        lost;
    uint64_t        hung;       /* of those, without any answer in time */
    uint64_t        again;      /* asked once more */
    uint64_t        gone;       /* this end closed the connection */
    uint64_t        bare;       /* 503 without Retry-After */
    double          lost_last;
    double          gap;        /* longest time between two right answers */
    double          right;
    load_seen_t     status[600];
    uint32_t        took[LOAD_BUCKETS];
    double          longest;
    char            example[256];   /* of a wrong answer */
} load_group_t;


typedef struct {
    load_group_t   *group;
    int             port;
    int             gone;
    int             status[LOAD_MAX_STATUS];
    int             nstatus;
    char           *user;
    char           *text;
    size_t          len;
    char           *kid;
} load_kind_t;


typedef struct {
    int             fd;
    int             port;
    load_kind_t    *kind;       /* NULL: idle */
    int             sending;
    int             used;       /* has answered before */
    int             retried;
    double          begun;
    double          until;
    double          pause;
    size_t          got;
    char            request[16384];
    char            answer[16384];
} load_conn_t;


extern load_group_t   load_groups[LOAD_MAX_GROUPS];
extern int            load_ngroups;
extern load_kind_t   *load_kinds;
extern int            load_nkinds;
extern int            load_ports[LOAD_MAX_PORTS];
extern int            load_nports;
extern int            load_default_port;


void load_read(const char *name, int keepalive);

/* 32 characters that are 8 groups of 3 letters in base64url, by chance */
void load_kid(char *p);

double load_clock(void);

/* judges an answer, if it is there as a whole: LOAD_... */
int load_judge(load_conn_t *c);
void load_lost(load_group_t *group, int hung);

void load_report(void);


#endif /* _LOAD_H_INCLUDED_ */

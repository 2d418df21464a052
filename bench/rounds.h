
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Rounds of what is compared, in turns, and their median.
 */


#ifndef _ROUNDS_H_INCLUDED_
#define _ROUNDS_H_INCLUDED_


#include <stdlib.h>
#include <time.h>


#define ROUNDS  41


typedef struct bench_s  bench_t;


/* Seconds of the processor that one of `n` runs took. */

static double
bench_round(void (*run)(bench_t *b), bench_t *b, unsigned n)
{
    unsigned         i;
    struct timespec  start, end;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);

    for (i = 0; i < n; i++) {
        run(b);
    }

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);

    return ((double) (end.tv_sec - start.tv_sec)
            + (double) (end.tv_nsec - start.tv_nsec) * 1e-9) / n;
}


static int
bench_compare(const void *a, const void *b)
{
    const double  *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}


static double
bench_median(double *v, unsigned n)
{
    qsort(v, n, sizeof(double), bench_compare);

    return v[n / 2];
}


#endif /* _ROUNDS_H_INCLUDED_ */

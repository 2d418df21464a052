
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Repeatable random numbers for the property tests (xorshift64*).
 */


#ifndef _RANDOM_H_INCLUDED_
#define _RANDOM_H_INCLUDED_


#include <stdint.h>


static uint64_t  random_state = 0x9e3779b97f4a7c15ULL;


__attribute__((unused))
static uint32_t
random_below(uint32_t n)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;

    return (uint32_t) ((random_state * 0x2545f4914f6cdd1dULL) >> 32) % n;
}


#endif /* _RANDOM_H_INCLUDED_ */

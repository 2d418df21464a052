
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * When keys are fetched again, and how long they may be used: arithmetic on
 * times that the caller passes in, in milliseconds.
 */


#ifndef _AUTH_TENANT_FRESH_H_INCLUDED_
#define _AUTH_TENANT_FRESH_H_INCLUDED_


#include "auth_tenant_core.h"


#define AUTH_TENANT_MIN_REFRESH      60000   /* whatever Cache-Control says */
#define AUTH_TENANT_MAX_BACKOFF     300000


/*
 * How long an answer says that it is fresh, in seconds: the "max-age" of one
 * Cache-Control field value (RFC 9111 section 5.2.2.1), -1 if it has none that
 * is usable.  Of several the least counts; directives are compared without
 * case, quoted arguments are allowed, a number beyond 2^31 counts as 2^31.
 * "no-cache" and "no-store" are for caches of HTTP: providers say so of all
 * their answers, and nothing by it about how often keys change.
 */
int64_t auth_tenant_fresh_max_age(const auth_tenant_str_t *cache_control);


/*
 * The time from a successful fetch to the next one: `refresh`, or sooner if
 * the answer's `max_age` (seconds, -1: not said) asks for it, but not sooner
 * than AUTH_TENANT_MIN_REFRESH (or `refresh`, if that is less); then moved by
 * up to ten percent either way, by `random` (any 32 bits), so that many
 * proxies do not ask at once.  Never beyond 1.1 x refresh, never below 1.
 */
int64_t auth_tenant_fresh_next(int64_t refresh, int64_t max_age,
    uint32_t random);


/*
 * The time to the next try after `failures` (1 or more) fetches in a row have
 * failed: `cooldown`, doubled for each after the first, at most the greater
 * of `cooldown` and the lesser of AUTH_TENANT_MAX_BACKOFF and `refresh`; moved
 * by `random` as above, but never below `cooldown`, nor below 1.
 */
int64_t auth_tenant_fresh_backoff(int64_t cooldown, int64_t refresh,
    uint32_t failures, uint32_t random);


/*
 * 1 if keys that were fetched at `fetched` may still be used at `now`, with
 * `stale` allowed after their refresh was due: now < fetched + refresh +
 * stale.  A `fetched` in the future (another clock) counts as now.
 */
int auth_tenant_fresh_usable(int64_t fetched, int64_t now, int64_t refresh,
    int64_t stale);


#endif /* _AUTH_TENANT_FRESH_H_INCLUDED_ */

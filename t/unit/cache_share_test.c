
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * One process puts entries as fast as it can and is killed again and again,
 * while others read: what they find is whole, of the token and tag that they
 * asked for, and never older than what they found before.
 */


#include <signal.h>
#include <time.h>

#include <sys/wait.h>

#include "cache.h"
#include "random.h"


#define READERS  3
#define TOKENS   36          /* for twenty-four places */
#define TAG      1000000
#define NOW      1700000000
#define LEAST    100000      /* entries for each reader to find */
#define KILLS    100
#define LONGEST  60          /* seconds, after which it is not waited */


typedef struct {
    uint64_t              finds;
    uint64_t              found;
    uint64_t              middle;
    uint64_t              large;
    uint64_t              bad;
    uint64_t              older;
} reader_t;


typedef struct {
    uint64_t              serial;
    uint64_t              end;
    reader_t              readers[READERS];
} shared_t;


static auth_tenant_cache_t   cache;
static shared_t             *shared;
static unsigned char         tokens[TOKENS][AUTH_TENANT_CACHE_DIGEST];


/* A serial number tells the token and the length. */

static size_t
length(uint32_t serial)
{
    unsigned  most;

    most = serial % 5 == 0 ? AUTH_TENANT_CACHE_MAX
           : serial % 5 == 1 ? AUTH_TENANT_CACHE_MIDDLE
           : AUTH_TENANT_CACHE_SMALL;

    return 4 + serial * 7919u % (most - 3);
}


static void
write_on(void)
{
    uint32_t           serial, token;
    auth_tenant_str_t  s;

    for ( ;; ) {

        /* taken before it is used: a number is of one entry only */

        serial = (uint32_t) __atomic_add_fetch(&shared->serial, 1,
                                               __ATOMIC_SEQ_CST);
        token = serial % TOKENS;
        s = cache_data(serial, length(serial));

        auth_tenant_cache_put(&cache, tokens[token], cache_digest(TAG), &s,
                              NOW + 1000, NOW + serial / 1000 % 500);
    }
}


static void
read_on(reader_t *reader)
{
    size_t         len;
    uint32_t       serial, token, last[TOKENS];
    unsigned char  copy[AUTH_TENANT_CACHE_MAX];
    unsigned char  tag[AUTH_TENANT_CACHE_DIGEST];

    memset(last, 0, sizeof(last));
    random_state += (uint64_t) getpid();

    while (!__atomic_load_n(&shared->end, __ATOMIC_ACQUIRE)) {
        token = random_below(TOKENS);
        reader->finds++;

        len = auth_tenant_cache_find(&cache, tokens[token],
                                     random_below(2) ? cache_digest(TAG)
                                                     : NULL,
                                     NOW, copy, tag);
        if (len == 0) {
            continue;
        }

        serial = cache_serial(copy, len);

        reader->bad += serial == 0 || serial % TOKENS != token
                       || len != length(serial)
                       || memcmp(tag, cache_digest(TAG), 32) != 0;
        reader->older += serial < last[token];
        reader->middle += cache_class(len) == 1;
        reader->large += cache_class(len) == 2;

        last[token] = serial;
        __atomic_add_fetch(&reader->found, 1, __ATOMIC_RELEASE);
    }
}


static int
enough(void)
{
    unsigned  i;

    for (i = 0; i < READERS; i++) {

        if (__atomic_load_n(&shared->readers[i].found, __ATOMIC_ACQUIRE)
            < LEAST)
        {
            return 0;
        }
    }

    return 1;
}


static void
end(pid_t pid, int sig)
{
    if (sig) {
        kill(pid, sig);
    }

    if (waitpid(pid, NULL, 0) != pid) {
        abort();
    }
}


int
main(void)
{
    pid_t            writer, readers[READERS];
    time_t           start;
    unsigned         i, kills;
    uint64_t         finds, found, middle, large, bad, older;
    unsigned char   *memory;

    memory = guard_memory(CACHE_SMALLEST);
    shared = guard_memory((sizeof(shared_t) + 63) / 64 * 64);
    auth_tenant_cache_layout(&cache, memory, CACHE_SMALLEST);

    for (i = 0; i < TOKENS; i++) {
        memcpy(tokens[i], cache_digest(i), AUTH_TENANT_CACHE_DIGEST);
    }

    for (i = 0; i < READERS; i++) {
        readers[i] = fork();

        if (readers[i] == 0) {
            read_on(&shared->readers[i]);
            _exit(0);
        }
    }

    start = time(NULL);

    for (kills = 0; (kills < KILLS || !enough())
                    && time(NULL) < start + LONGEST; kills++)
    {
        writer = fork();

        if (writer == 0) {
            write_on();
        }

        usleep(5000 + kills * 7919 % 5000);
        end(writer, SIGKILL);
    }

    __atomic_store_n(&shared->end, 1, __ATOMIC_RELEASE);

    finds = found = middle = large = bad = older = 0;

    for (i = 0; i < READERS; i++) {
        end(readers[i], 0);

        finds += shared->readers[i].finds;
        found += shared->readers[i].found;
        middle += shared->readers[i].middle;
        large += shared->readers[i].large;
        bad += shared->readers[i].bad;
        older += shared->readers[i].older;
    }

    is(bad, 0, "readers beside a writer find whole entries of their token");
    is(older, 0, "none is older than what was found before");
    ok(kills >= KILLS && enough() && middle > 0 && large > 0,
       "%llu times of %llu, %llu of them middle and %llu large ones, beside "
       "%llu that were put by %u writers that were killed",
       (unsigned long long) found, (unsigned long long) finds,
       (unsigned long long) middle, (unsigned long long) large,
       (unsigned long long) shared->serial, kills);

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * E14: a process that puts an entry is killed, or stopped for a while, after
 * each of its instructions.  Others find the old entry, none, or the new one,
 * whole; no other entry suffers; the next writer mends what was left.  And
 * readers: a writer overtakes them after each of their instructions.
 *
 * What a writer has left when it is killed is what is there when it is
 * stopped: after each instruction its memory is copied, and the copy is what
 * the others find.
 */


#include "cache.h"
#include "step.h"


#define TAG      1000000
#define NOW      1700000000
#define LATER    (NOW + 100000)
#define LONGEST  1000000      /* instructions that nothing here has */


/* what a writer that is killed puts, and what it finds there */

typedef struct {
    const char               *name;
    unsigned                  others;     /* of tokens 2, ... */
    size_t                    size;       /* the least length of theirs */
    size_t                    before;     /* length of its own; 0: none */
    int                       left;       /* by one that was killed */
    size_t                    len;
    unsigned                  stride;
} case_t;


typedef struct {
    size_t                    len;
    unsigned char             copy[AUTH_TENANT_CACHE_MAX];
    unsigned char             tag[AUTH_TENANT_CACHE_DIGEST];
} shared_t;


static case_t  cases[] = {
    { "the first entry",            0,    0,    0, 0,  100, 1 },
    { "one beside others",          5,   50,    0, 0,  100, 1 },
    { "over the oldest of a set",   8,   50,    0, 0,  100, 1 },
    { "over its older one",         7,   50,  200, 0,  100, 1 },
    { "over one that was left",     7,   50,  100, 1,  120, 1 },
    { "over the oldest middle one", 8,  900,    0, 0,  860, 7 },
    { "over a middle one",          7,  900,  900, 0,  860, 7 },
    { "over a middle one left",     7,  900,  900, 1,  860, 7 },
    { "over the oldest large one",  8, 2100,    0, 0, 2010, 9 },
    { "over a large one left",      7, 2100, 2100, 1, 2010, 9 },
    { "from small to middle",       8,   50,  100, 0,  860, 7 },
    { "from middle to small",       8,   50,  860, 0,  100, 3 },
    { "from middle to large",       8,  900,  860, 0, 2010, 9 },
    { "from large to middle",       8,  900, 2010, 0,  860, 7 },
    { "from small to large",        8,   50,  100, 0, 2010, 9 },
    { "from large to small",        8,   50, 2010, 0,  100, 3 },
    { "the largest",                0,    0, 8000, 0, 8024, 23 }
};


static auth_tenant_cache_t   live;         /* of the writer that is stepped */
static unsigned char        *live_memory;
static auth_tenant_cache_t   cache;        /* what is looked at */
static unsigned char        *memory;
static shared_t             *shared;
static const case_t         *test;

/* made ready before the steps, which are of the table's own code only */

static unsigned char         token1[AUTH_TENANT_CACHE_DIGEST];
static unsigned char         tag1[AUTH_TENANT_CACHE_DIGEST];
static unsigned char         text[AUTH_TENANT_CACHE_MAX];
static auth_tenant_str_t     prepared;


static void
put(unsigned token, unsigned version, size_t len, int64_t now)
{
    auth_tenant_str_t  s;

    s = cache_data(token * 16 + version, len);

    auth_tenant_cache_put(&cache, cache_digest(token), cache_digest(TAG), &s,
                          LATER, now);
}


/* The version that is found, 0: none, -1: not what was put. */

static int
what_is(unsigned token, size_t len)
{
    uint32_t  serial;

    if (len == 0) {
        return 0;
    }

    serial = cache_serial(shared->copy, len);

    return serial / 16 == token
           && memcmp(shared->tag, cache_digest(TAG), 32) == 0
           ? (int) serial % 16 : -1;
}


static int
get(unsigned token)
{
    size_t  len;

    /* at a time that leaves `used` as it is */

    len = auth_tenant_cache_find(&cache, cache_digest(token),
                                 cache_digest(TAG), NOW, shared->copy,
                                 shared->tag);

    return what_is(token, len);
}


static void
setup(void)
{
    unsigned  i, n;

    memset(memory, 0, CACHE_SMALLEST);

    for (i = 0; i < test->others; i++) {
        put(2 + i, 1, test->size + i,
            NOW + 2 * (i == 0 ? -500 : (int) i - 100));
    }

    if (test->before) {
        put(1, 1, test->before, NOW);
    }

    if (test->left) {
        n = cache_class(test->before);
        cache_slot(&cache, n, cache_way(&cache, n, 1, TAG))->sequence |= 1;
    }

    memcpy(text, cache_data(1 * 16 + 2, test->len).data, test->len);

    prepared.data = text;
    prepared.len = test->len;

    memcpy(live_memory, memory, CACHE_SMALLEST);
}


static void
write_it(void *data)
{
    (void) data;

    auth_tenant_cache_put(&live, token1, tag1, &prepared, LATER, NOW);
}


/*
 * What is wrong with the others: all are there, but the oldest where the set
 * was full.
 */

static unsigned
others_wrong(void)
{
    int       version;
    unsigned  i, wrong;

    wrong = 0;

    for (i = 0; i < test->others; i++) {
        version = get(2 + i);
        wrong += version != 1
                 && !(version == 0 && i == 0 && test->others == 8);
    }

    return wrong;
}


/* Whether each slot of the class that data of a length goes to is of use. */

static unsigned
usable(size_t len)
{
    unsigned  i, n;

    for (i = 0; i < 8; i++) {
        put(30 + i, 3, len, NOW + 100);
    }

    for (i = 0, n = 0; i < 8; i++) {
        n += get(30 + i) == 3;
    }

    return n == 8;
}


/* The next writers use each slot, first that of the killed one. */

static unsigned
mended(void)
{
    unsigned  i, there;

    for (i = 0, there = 0; i < test->others; i++) {
        there += get(2 + i) == 1;
    }

    /* where it had a slot that is of no use to anybody now */

    if (there == 7 && test->others == 8 && get(1) == 0) {
        put(20, 3, test->size + 10, NOW);

        if (get(20) != 3 || others_wrong()) {
            return 0;
        }
    }

    put(1, 3, test->len, NOW);

    if (get(1) != 3) {
        return 0;
    }

    return usable(test->len)
           && (test->before == 0 || usable(test->before));
}


/* Old, then none, then the new one: never back. */

static void
test_killed(void)
{
    int       version;
    unsigned  steps, bad, stuck, seen[3], phase, now;

    static const unsigned  phases[] = { 1, 0, 2 };

    bad = stuck = phase = 0;
    memset(seen, 0, sizeof(seen));

    setup();
    step_start(write_it, NULL);

    for (steps = 0; steps < LONGEST && step_walk(steps > 0); steps++) {

        if (steps % (STEP_STRIDE * test->stride)) {
            continue;
        }

        memcpy(memory, live_memory, CACHE_SMALLEST);
        version = get(1);

        if (version < 0 || version > 2) {
            bad++;
            continue;
        }

        now = phases[version];
        bad += now < phase;
        phase = now;
        seen[version]++;

        bad += others_wrong();
        stuck += !mended();
    }

    is(bad, 0, "E14: %s: the old one, none or the new one, whole",
       test->name);
    ok(seen[0] > 0 && seen[2] > 0 && steps < LONGEST
       && (seen[1] > 0) == (test->before && !test->left),
       "killed within %u instructions: %u old, %u none, %u new", steps,
       seen[1], seen[0], seen[2]);
    is(stuck, 0, "the next one mends it, each time");

    memcpy(memory, live_memory, CACHE_SMALLEST);
    ok(get(1) == 2 && others_wrong() == 0, "one that goes on gets there");
}


static void
read_it(void *data)
{
    (void) data;

    shared->len = 0;
    shared->len = auth_tenant_cache_find(&cache, token1, tag1, NOW,
                                         shared->copy, shared->tag);
}


static void
overtake_same(void *data)
{
    (void) data;

    put(1, 2, 130, NOW);
}


static void
overtake_twice(void *data)
{
    (void) data;

    put(1, 2, 800, NOW);
    put(1, 3, 100, NOW);
}


static void
overtake_middle(void *data)
{
    (void) data;

    put(1, 2, 900, NOW);
}


static void
overtake_large(void *data)
{
    (void) data;

    put(1, 2, 2100, NOW);
}


static void
overtake_other(void *data)
{
    unsigned  i;

    (void) data;

    for (i = 40; i < 48; i++) {
        put(i, 1, 100, NOW + 1000);
    }
}


/* Nothing is changed yet, but will be. */

static void
overtake_begin(void *data)
{
    (void) data;

    cache_slot(&cache, 0, cache_way(&cache, 0, 1, TAG))->sequence |= 1;
}


/* How often a reader that is overtaken found the old one. */

static unsigned
overtaken(size_t len, unsigned stride, step_pt what, int last,
    const char *name)
{
    int       version;
    unsigned  steps, bad, seen[4];

    memset(seen, 0, sizeof(seen));
    bad = 0;

    for (steps = 0; steps < LONGEST; steps += STEP_STRIDE * stride) {
        memset(memory, 0, CACHE_SMALLEST);
        put(1, 1, len, NOW);

        if (!step_between(read_it, NULL, steps, what)) {
            break;
        }

        version = what_is(1, shared->len);

        if (version == 0 || version == 1 || version == last) {
            seen[version]++;

        } else {
            bad++;
        }
    }

    is(bad, 0, "a reader is overtaken by %s: what it finds is whole", name);
    ok(seen[0] + seen[last] > 0 && seen[1] > 0 && steps < LONGEST
       && (last == 0 || seen[last] > 0),
       "%u times the old one, %u times none", seen[1], seen[0]);

    return seen[1] * STEP_STRIDE * stride;
}


int
main(void)
{
    size_t    i;
    unsigned  little, much;

    memory = guard_memory(CACHE_SMALLEST);
    live_memory = guard_memory(CACHE_SMALLEST);
    shared = guard_memory((sizeof(shared_t) + 63) / 64 * 64);
    auth_tenant_cache_layout(&cache, memory, CACHE_SMALLEST);
    auth_tenant_cache_layout(&live, live_memory, CACHE_SMALLEST);

    memcpy(token1, cache_digest(1), sizeof(token1));
    memcpy(tag1, cache_digest(TAG), sizeof(tag1));

    if (!step_possible()) {
        ok(1, "no process may step another here # SKIP ptrace is refused");
        return done();
    }

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test = &cases[i];
        test_killed();
    }

    overtaken(100, 1, overtake_same, 2, "the next one of its token");
    overtaken(100, 1, overtake_twice, 3, "two of them");
    overtaken(100, 5, overtake_middle, 2, "one of the middle class");
    overtaken(100, 7, overtake_large, 2, "one of the large class");
    overtaken(860, 31, overtake_same, 2, "one of the small class");
    overtaken(860, 31, overtake_middle, 2, "one of the same, of the middle");
    overtaken(860, 31, overtake_large, 2, "one of the large class");
    overtaken(2010, 41, overtake_large, 2, "one of the same, of the large");
    overtaken(100, 1, overtake_other, 0, "those of others");

    little = overtaken(64, 3, overtake_begin, 0, "what has just begun");
    much = overtaken(832, 7, overtake_begin, 0, "the same, over more");

    ok(much < little + 64, "it looks whether it was when all is copied");

    return done();
}

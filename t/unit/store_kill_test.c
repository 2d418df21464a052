
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * F8, E14: a process that writes a document is killed, once after each of its
 * instructions.  What is left is the old document or the new one, whole, and
 * the next process can write again.  And readers: writers overtake them after
 * each of their instructions.
 */


#include "store.h"
#include "step.h"


#define CAPACITY  512
#define LARGE     65536
#define LONGEST   100000     /* instructions that nothing here has */


/* a process and its memory, which is shared */

typedef struct {
    auth_tenant_store_head_t   head;       /* prepared before the steps */
    auth_tenant_str_t          document;
    unsigned                   serial;     /* of what overtakes a reader */
    unsigned                   times;

    int                        rc;
    size_t                     len;
    int64_t                    time;
    uint64_t                   generation;
    unsigned char              copy[CAPACITY];
} shared_t;


static auth_tenant_store_t  *store;
static shared_t             *shared;


static int
get(const unsigned char *id)
{
    shared->len = 0;
    shared->rc = auth_tenant_store_read(store, CAPACITY, id, shared->copy,
                                        &shared->len, &shared->time,
                                        &shared->generation);
    return shared->rc;
}


static uint64_t
put(unsigned serial)
{
    auth_tenant_str_t  s;

    s = store_document(serial, 100 + serial);

    return auth_tenant_store_write(store, CAPACITY, store_alice, &s,
                                   (int64_t) serial);
}


/* 1 if the document with that number is there, whole, as its own. */

static int
holds(unsigned serial)
{
    if (serial == 0) {
        return get(store_alice) == 0
               && auth_tenant_store_generation(store) == 0;
    }

    return get(store_alice) == 1 && shared->time == (int64_t) serial
           && store_is(shared->copy, shared->len, serial, 100 + serial)
           && shared->generation == auth_tenant_store_generation(store);
}


static void
commit(void *data)
{
    (void) data;

    (void) auth_tenant_store_commit(store, CAPACITY, &shared->head,
                                    &shared->document);
}


static void
clear(void *data)
{
    (void) data;

    auth_tenant_store_clear(store);
}


/*
 * `n` documents are there when a process writes the next one, or takes the
 * last one away, and is killed: the old one, then, from some instruction on,
 * the new one.
 */

static void
test_killed(step_pt what, unsigned n, const char *name)
{
    unsigned  i, steps, bad, next, kept, done, stuck;
    uint64_t  was;

    next = (what == clear) ? 0 : n + 1;
    bad = kept = done = stuck = 0;

    for (steps = 0; steps < LONGEST; steps += STEP_STRIDE) {

        auth_tenant_store_init(store, 0);

        for (i = 1; i <= n; i++) {
            put(i);
        }

        shared->document = store_document(n + 1, 101 + n);
        (void) auth_tenant_store_prepare(store, CAPACITY, store_alice,
                                         &shared->document, n + 1,
                                         &shared->head);

        if (!step_kill(what, NULL, steps)) {
            break;
        }

        if (holds(n) && !done) {
            kept++;

        } else if (holds(next)) {
            done++;

        } else {
            bad++;
        }

        /* nobody else's, in any case; and the next process can go on */

        bad += get(store_bob) == 1;
        was = auth_tenant_store_generation(store);

        stuck += !(put(n + 2) > was && holds(n + 2)
                   && put(n + 3) > was + 1 && holds(n + 3));
    }

    is(bad, 0, "E14: %s: the old one or the new one, whole", name);
    ok(kept > 0 && done > 0 && steps < LONGEST,
       "killed %u times, within %u instructions; %u left the old one",
       kept + done, steps, kept);
    is(stuck, 0, "the next process can write, each time");
}


static void
read_it(void *data)
{
    (void) data;

    (void) get(store_alice);
}


static void
overtake(void *data)
{
    unsigned  i;

    (void) data;

    for (i = 0; i < shared->times; i++) {
        put(++shared->serial);
    }
}


static void
take_away(void *data)
{
    (void) data;

    auth_tenant_store_clear(store);
}


/*
 * A reader is overtaken by so many documents, after each of its instructions
 * until it has copied: what follows needs no memory but its own.  It gets the
 * last of them, or, since it had it already, the old one.
 */

static void
test_overtaken(unsigned times, step_pt what)
{
    unsigned  steps, bad, old, young, none;

    bad = old = young = none = 0;

    for (steps = 0; old < 50 && steps < LONGEST; steps += STEP_STRIDE) {

        auth_tenant_store_init(store, 0);
        put(1);
        put(2);

        shared->serial = 2;
        shared->times = times;
        shared->rc = 99;

        if (!step_between(read_it, NULL, steps, what)) {
            break;
        }

        if (shared->rc == 0 && what == take_away) {
            none++;

        } else if (shared->rc != 1
                   || !store_is(shared->copy, shared->len,
                                (unsigned) shared->time,
                                100 + (size_t) shared->time))
        {
            bad++;

        } else if (shared->time == 2) {
            old++;

        } else if (shared->time == (int64_t) shared->serial) {
            young++;

        } else {
            bad++;
        }
    }

    is(bad, 0, "a reader that %s gets what is whole",
       what == take_away ? "comes too late" : "is overtaken");
    ok(young + none > 0 && old > 0 && steps < LONGEST,
       "%u times another one, %u times none, %u times the old one", young,
       none, old);
}


/* The largest documents, whose copying takes longest: killed at any time. */

static void
test_large(void)
{
    int                   status;
    pid_t                 pid;
    size_t                len;
    int64_t               time;
    unsigned              i, serial, bad, seen;
    uint64_t              generation, last;
    auth_tenant_str_t     s;
    auth_tenant_store_t  *large;

    static unsigned char  copy[LARGE];

    large = guard_memory(auth_tenant_store_size(LARGE));
    bad = seen = 0;
    last = 0;

    for (i = 0; i < 300; i++) {
        __atomic_store_n(&shared->serial, 0, __ATOMIC_RELEASE);

        pid = fork();

        if (pid == 0) {
            for (serial = 1; ; serial++) {
                s = store_document(serial, LARGE);
                (void) auth_tenant_store_write(large, LARGE, store_alice, &s,
                                               (int64_t) serial);
                __atomic_store_n(&shared->serial, serial, __ATOMIC_RELEASE);
            }
        }

        while (__atomic_load_n(&shared->serial, __ATOMIC_ACQUIRE) == 0) {
            usleep(100);
        }

        usleep(i * 7919 % 1000);

        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);

        switch (auth_tenant_store_read(large, LARGE, store_alice, copy, &len,
                                       &time, &generation))
        {
        case 1:
            bad += !store_is(copy, len, (unsigned) time, LARGE)
                   || generation < last;
            seen += generation > last;
            last = generation;
            break;

        default:
            bad++;
        }
    }

    is(bad, 0, "E14: documents of 64k, killed 300 times at any moment");
    is(seen, 300, "each time after another one");
}


int
main(void)
{
    store = guard_memory(auth_tenant_store_size(CAPACITY));
    shared = guard_memory(sizeof(shared_t));

    test_large();

    if (!step_possible()) {
        ok(1, "no process may step another here # SKIP ptrace is refused");
        return done();
    }

    test_killed(commit, 0, "the first document");
    test_killed(commit, 1, "the second, into the other buffer");
    test_killed(commit, 2, "the third, over the first");
    test_killed(clear, 2, "taken away");

    test_overtaken(1, overtake);
    test_overtaken(3, overtake);
    test_overtaken(1, take_away);

    return done();
}

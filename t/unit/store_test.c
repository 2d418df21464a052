
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * F8, E15: one document in memory that processes share.  A reader gets a
 * whole document of its own realm, or is told that there is none.
 */


#include <signal.h>

#include <sys/wait.h>

#include "memory.h"
#include "random.h"
#include "store.h"


#define CAPACITY  1000
#define SIZE      (sizeof(auth_tenant_store_t) + 2 * CAPACITY)


static auth_tenant_store_t  *store;
static unsigned char        *copy;      /* CAPACITY bytes, then no memory */

static size_t                len;
static int64_t               fetched;
static uint64_t              generation;


static int
get(const unsigned char *id)
{
    len = 0;
    fetched = 0;
    generation = 0;

    return auth_tenant_store_read(store, CAPACITY, id, copy, &len, &fetched,
                                  &generation);
}


static uint64_t
put(unsigned serial, size_t size, int64_t time)
{
    auth_tenant_str_t  s;

    s = store_document(serial, size);

    return auth_tenant_store_write(store, CAPACITY, store_alice, &s, time);
}


static void
test_documents(void)
{
    is(auth_tenant_store_size(CAPACITY), SIZE, "both buffers and their heads");
    is(auth_tenant_store_size(1), sizeof(auth_tenant_store_t) + 16,
       "a size is a multiple of 8");

    auth_tenant_store_init(store, 0);

    is(auth_tenant_store_generation(store), 0, "there is no document");
    is(get(store_alice), 0, "and none to read");

    is(put(1, 700, 1111), 1, "the first one");
    is(auth_tenant_store_generation(store), 1, "which all can see");
    is(get(store_alice), 1, "can be read");
    ok(store_is(copy, len, 1, 700), "as it was written");
    ok(fetched == 1111 && generation == 1, "with its time and generation");

    is(put(2, CAPACITY, -5), 2, "one as large as can be");
    is(get(store_alice), 1, "can be read");
    ok(store_is(copy, len, 2, CAPACITY), "as it was written");
    ok(fetched == -5 && generation == 2, "with its time and generation");

    is(put(3, 1, 0), 3, "the smallest");
    is(get(store_alice), 1, "can be read");
    ok(store_is(copy, len, 3, 1) && generation == 3, "as it was written");

    is(put(4, CAPACITY + 1, 1), 0, "one that is too large is refused");
    is(put(4, 0, 1), 0, "and an empty one");
    ok(get(store_alice) == 1 && store_is(copy, len, 3, 1) && generation == 3,
       "the one before stands");

    is(get(store_bob), -1, "it is none of another realm's");
    is(get(store_alice), 1, "but its own still");

    auth_tenant_store_clear(store);

    is(auth_tenant_store_generation(store), 0, "it can be taken away");
    is(get(store_alice), 0, "then there is none");
    is(put(5, 20, 7), 4, "generations go on counting");
    is(get(store_alice), 1, "and there is one again");

    auth_tenant_store_init(store, 41);

    ok(get(store_alice) == 0 && put(6, 20, 7) == 42 && get(store_alice) == 1
       && generation == 42, "they begin where they are told to");
}


static void
test_two_steps(void)
{
    auth_tenant_str_t          s, shorter;
    auth_tenant_store_head_t   head, late;

    static unsigned char  before[SIZE];

    auth_tenant_store_init(store, 0);
    put(1, 500, 1);
    memcpy(before, store, SIZE);

    s = store_document(2, 600);
    shorter = s;
    shorter.len--;

    ok(auth_tenant_store_prepare(store, CAPACITY, store_alice, &s, 2, &head)
       && memcmp(before, store, SIZE) == 0, "preparing touches nothing");

    is(auth_tenant_store_commit(store, CAPACITY, &head, &shorter), 0,
       "another document than what was prepared is refused");
    is(auth_tenant_store_commit(store, CAPACITY - 401, &head, &s), 0,
       "or one for a larger store");
    ok(memcmp(before, store, SIZE) == 0, "which touches nothing");

    is(auth_tenant_store_prepare(store, 599, store_alice, &s, 2, &late), 0,
       "which would not have been prepared for that");

    late = head;

    is(auth_tenant_store_commit(store, CAPACITY, &head, &s), 2, "committed");
    ok(get(store_alice) == 1 && store_is(copy, len, 2, 600), "and there");

    is(auth_tenant_store_commit(store, CAPACITY, &late, &s), 0,
       "A7.11: one that was prepared before the last is refused");
    ok(get(store_alice) == 1 && generation == 2, "which stands");
}


/* What is wrong after a read: nothing but the two that were ever written. */

static int
wrong(int rc)
{
    if (rc != 1) {
        return rc != 0 && rc != -1;
    }

    return !(generation == 7 && fetched == 70 && store_is(copy, len, 7, 900))
           && !(generation == 8 && fetched == 80
                && store_is(copy, len, 8, 950));
}


static void
fill(void)
{
    auth_tenant_store_init(store, 6);
    put(7, 900, 70);
    put(8, 950, 80);
}


/* E15: each bit of all the memory is turned over once. */

static void
test_damage(void)
{
    size_t          i;
    unsigned        bit, bad, kept, refused, same;
    uint64_t        now;
    unsigned char  *bytes;

    bytes = (unsigned char *) store;
    bad = kept = refused = same = 0;

    fill();
    ok(get(store_alice) == 1 && generation == 8, "the last one stands");

    for (i = 0; i < SIZE; i++) {

        for (bit = 1; bit < 256; bit <<= 1) {

            fill();
            bytes[i] ^= bit;

            switch (get(store_alice)) {
            case 1:
                bad += wrong(1);
                kept++;
                break;
            default:
                refused++;
            }

            bad += wrong(get(store_alice));

            /* and a writer can mend it, with a generation of its own */

            now = auth_tenant_store_generation(store);
            same += put(9, 300, 90) == now;
            bad += !(get(store_alice) == 1 && store_is(copy, len, 9, 300));
        }
    }

    is(bad, 0, "E15: no damaged document is read, and each is written over");
    is(same, 0, "with a generation that is another");
    ok(refused >= (950 + 32 + 24) * 8 && kept >= 900 * 8,
       "%u damages were seen, %u were elsewhere", refused, kept);
}


/* Lengths and generations that are no accident. */

static void
test_hostile(void)
{
    unsigned          i, n;
    uint64_t          was;

    static const uint64_t  lengths[] = {
        0, CAPACITY + 1, 65536, UINT32_MAX, UINT64_MAX, UINT64_MAX - 7,
        (uint64_t) INT64_MAX + 1
    };

    static const uint64_t  counters[] = {
        0, 7, 8, UINT64_MAX >> 1, (UINT64_MAX >> 1) - 1, UINT64_MAX
    };

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        fill();
        store->head[0].len = lengths[i];
        store->head[1].len = lengths[i];

        is(get(store_alice), -1, "E15: a length of %llu is not followed",
           (unsigned long long) lengths[i]);
    }

    for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        fill();
        store->counter = counters[i];
        was = auth_tenant_store_generation(store);

        for (n = 0; n < 3; n++) {
            put(9 + n, 10, 1);

            if (get(store_alice) != 1 || generation == 0 || generation == was
                || !store_is(copy, len, 9 + n, 10))
            {
                break;
            }

            was = generation;
        }

        is(n, 3, "E15: each document has a generation after a counter of %llu",
           (unsigned long long) counters[i]);
    }

    auth_tenant_store_init(store, 0);
    put(9, 10, 1);
    store->counter = UINT64_MAX;
    is(put(10, 10, 1), 2, "where they begin anew they don't repeat the last");

    fill();
    store->published = 1;
    store->head[1].generation = 0;
    is(get(store_alice), 0, "generation 0 is none, as its number says");

    fill();
    store->head[0] = store->head[1];
    store->published ^= 1;
    is(get(store_alice), -1, "a digest is over the bytes");

    fill();
    store->head[store->published & 1].time++;
    is(get(store_alice), -1, "and the time");
}


/* E17: what OpenSSL can't do, is not done. */

static void
test_memory(void)
{
    int                rc;
    unsigned           n, bad, unwritten, unread;
    uint64_t           written;
    auth_tenant_str_t  s;

    bad = unwritten = unread = 0;

    for (n = 1; n < 1000; n++) {
        fill();
        s = store_document(9, 100);

        memory_fail(n);
        written = auth_tenant_store_write(store, CAPACITY, store_alice, &s, 1);

        if (!memory_failed()) {
            break;
        }

        memory_fail(0);
        unwritten += written == 0;
        bad += get(store_alice) != 1 || generation != (written ? 9 : 8);

        memory_fail(n);
        rc = get(store_alice);
        memory_fail(0);

        unread += rc == -1;
        bad += rc != -1 && (rc != 1 || generation != (written ? 9 : 8));
    }

    memory_fail(0);

    is(bad, 0, "E17: without memory all is as it was");
    ok(unwritten > 0 && unread > 0, "nothing is published or read unchecked");
    ok(get(store_alice) == 1 && store_is(copy, len, 9, 100), "with it, it is");
}


/*
 * One process writes as fast as it can while others read: what is read is
 * whole, and never older than what was read before.
 */

static void
test_readers(void)
{
    int         rc;
    pid_t       pid;
    size_t      size;
    unsigned    serial, bad, read_ok, overtaken;
    uint64_t    last;

    auth_tenant_store_init(store, 0);
    put(1, 501, 1);

    pid = fork();

    if (pid == 0) {
        for (serial = 2; ; serial++) {
            put(serial, 500 + serial % 500, serial);
        }
    }

    bad = read_ok = overtaken = 0;
    last = 0;

    while ((read_ok < 20000 || last < 20000) && overtaken < 2000000) {
        rc = get(store_alice);

        if (rc != 1) {
            overtaken++;
            bad += rc != -1;
            continue;
        }

        serial = (unsigned) fetched;
        size = 500 + serial % 500;

        bad += generation < last || generation != serial
               || !store_is(copy, len, serial, size);

        last = generation;
        read_ok++;
    }

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);

    is(bad, 0, "readers beside a writer get whole documents, in order");
    ok(read_ok >= 20000 && last >= 20000, "%u of them, while it writes %llu",
       read_ok, (unsigned long long) last);
}


int
main(void)
{
    memory_init();

    store = guard_memory(SIZE);
    copy = guard_memory(CAPACITY);

    test_documents();
    test_two_steps();
    test_damage();
    test_hostile();
    test_memory();
    test_readers();

    return done();
}

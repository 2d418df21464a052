
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Steady load on loopback that knows the right answer to each request.
 *
 *   load [-c CONNECTIONS] [-r RATE] [-t SECONDS] [-n REQUESTS] [-w SECONDS]
 *        [-p PORT] [-a ADDRESS] [-s] [-1] [-k] FILE
 *
 * FILE has a kind of request on each line, which take turns; tabs part
 *
 *   GROUP PORT STATUS[,STATUS...] USER HOST PATH TOKEN
 *
 * STATUS: what may be answered; USER: what X-User-Id of a 200 has to be, "-"
 * if there is to be none; TOKEN: "-" for none, and 32 asterisks in it become
 * 24 random bytes, which makes a new "kid" each time.  "gone" before STATUS
 * closes the connection soon after the request.
 *
 * -w: when a request that is not answered counts as lost (15).  -1: a
 * connection for each request.  -k: keeps on with one that was closed before
 * any answer instead of asking once more, as RFC 9112 section 9.3.1 wants.
 * -p: where lines have port 0.  -a: asks from this address.  -s: begins with
 * any line instead of the first.
 *
 * Prints a line of JSON for each GROUP.  "wrong" is an answer that must not
 * be; "lost" is a 5xx that was not foreseen, or no answer; times are seconds.
 */


#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"


static void load_run(void);
static void load_due(double now);
static int load_wait(struct epoll_event *events, int n, double now);
static void load_start(load_conn_t *c, double now);
static void load_connect(load_conn_t *c);
static void load_send(load_conn_t *c);
static void load_event(load_conn_t *c, uint32_t events);
static void load_broken(load_conn_t *c);
static void load_close(load_conn_t *c);
static void load_timeouts(double now);


static int           next_kind[LOAD_MAX_PORTS];

static load_conn_t  *conns;
static int           nconns = 16;
static double        rate = 500;
static double        seconds = 1e9;
static double        patience = 15;
static uint64_t      requests = UINT64_MAX;
static uint64_t      started;
static int           busy;
static int           keepalive = 1;
static int           again = 1;
static int           anywhere;
static in_addr_t     address;
static int           ep;

static volatile sig_atomic_t  stop;


static void
load_stop(int signo)
{
    (void) signo;
    stop = 1;
}


int
main(int argc, char **argv)
{
    int  c;

    while ((c = getopt(argc, argv, "c:r:t:n:w:p:a:s1k")) != -1) {
        switch (c) {
        case 'c':
            nconns = atoi(optarg);
            break;
        case 'r':
            rate = atof(optarg);
            break;
        case 't':
            seconds = atof(optarg);
            break;
        case 'n':
            requests = strtoull(optarg, NULL, 10);
            break;
        case 'w':
            patience = atof(optarg);
            break;
        case 'p':
            load_default_port = atoi(optarg);
            break;
        case 'a':
            address = inet_addr(optarg);
            break;
        case 's':
            anywhere = 1;
            break;
        case '1':
            keepalive = 0;
            break;
        case 'k':
            again = 0;
            break;
        default:
            return 2;
        }
    }

    if (optind + 1 != argc || nconns < 1 || rate <= 0) {
        fprintf(stderr, "usage: see the head of load.c\n");
        return 2;
    }

    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, load_stop);
    srandom((unsigned) getpid() ^ (unsigned) time(NULL));

    load_read(argv[optind], keepalive);
    load_run();
    load_report();

    return 0;
}


static void
load_run(void)
{
    int                 i, n;
    double              now, begin, checked;
    struct epoll_event  events[64];

    ep = epoll_create1(EPOLL_CLOEXEC);
    conns = calloc(nconns, sizeof(load_conn_t));

    for (i = 0; anywhere && i < load_nports; i++) {
        next_kind[i] = (int) (random() % load_nkinds);
    }

    for (i = 0; i < nconns; i++) {
        conns[i].fd = -1;
        conns[i].port = i % load_nports;
    }

    begin = checked = load_clock();

    for ( ;; ) {
        now = load_clock();

        if (now - begin > seconds || started >= requests) {
            stop = 1;
        }

        if (stop && busy == 0) {
            break;
        }

        if (!stop) {
            load_due(now - begin);
        }

        n = load_wait(events, 64, now - begin);

        for (i = 0; i < n; i++) {
            load_event(events[i].data.ptr, events[i].events);
        }

        if (now - checked > 0.005) {
            checked = now;
            load_timeouts(now);
        }
    }
}


/* for a millisecond, or until the rate allows the next request */

static int
load_wait(struct epoll_event *events, int n, double now)
{
    double           next;
    struct pollfd    pfd;
    struct timespec  ts;

    next = ((double) started + 1) / rate - now;

    if (stop || busy == nconns || next >= 0.001) {
        return epoll_wait(ep, events, n, 1);
    }

    pfd.fd = ep;
    pfd.events = POLLIN;

    ts.tv_sec = 0;
    ts.tv_nsec = next > 0 ? (long) (next * 1e9) : 0;

    return ppoll(&pfd, 1, &ts, NULL) > 0 ? epoll_wait(ep, events, n, 0) : 0;
}


/* what the rate allows by now, as long as there are connections to take */

static void
load_due(double now)
{
    int         i;
    static int  first;

    for (i = 0; i < nconns; i++) {

        if (started >= requests || (double) started >= now * rate) {
            break;
        }

        load_conn_t  *c = &conns[(first + i) % nconns];

        if (c->kind == NULL && load_clock() >= c->pause) {
            load_start(c, load_clock());
        }
    }

    first = (first + i) % nconns;
}


static void
load_start(load_conn_t *c, double now)
{
    int           i, n;
    load_kind_t  *kind;

    kind = NULL;

    for (i = 0; i < load_nkinds; i++) {
        n = next_kind[c->port];
        next_kind[c->port] = (n + 1) % load_nkinds;

        if (load_kinds[n].port == c->port) {
            kind = &load_kinds[n];
            break;
        }
    }

    started++;
    busy++;

    c->kind = kind;
    c->begun = now;
    c->retried = 0;
    c->until = kind->gone ? now + (double) (random() % 50) / 1000
                          : now + patience;
    kind->group->sent++;

    memcpy(c->request, kind->text, kind->len);

    if (kind->kid) {
        load_kid(c->request + (kind->kid - kind->text));
    }

    load_send(c);
}


static void
load_connect(load_conn_t *c)
{
    int                 on;
    struct epoll_event  event;
    struct sockaddr_in  sin, from;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((uint16_t) load_ports[c->port]);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    c->used = 0;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd == -1) {
        return;
    }

    if (address) {
        from = sin;
        from.sin_port = 0;
        from.sin_addr.s_addr = address;

        if (bind(c->fd, (struct sockaddr *) &from, sizeof(from)) == -1) {
            load_close(c);
            return;
        }
    }

    on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    if (connect(c->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        && errno != EINPROGRESS)
    {
        load_close(c);
        return;
    }

    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = c;
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &event);
}


static void
load_send(load_conn_t *c)
{
    ssize_t  n;

    c->got = 0;

    if (c->fd == -1) {
        load_connect(c);

        c->sending = 1;

        if (c->fd == -1) {
            load_broken(c);
        }

        return;
    }

    c->sending = 0;
    n = send(c->fd, c->request, c->kind->len, MSG_NOSIGNAL);

    if (n == (ssize_t) c->kind->len) {
        return;
    }

    if (n == -1 && errno == EAGAIN) {
        c->sending = 1;
        return;
    }

    load_broken(c);
}


static void
load_event(load_conn_t *c, uint32_t events)
{
    int      rc;
    ssize_t  n;

    if (c->kind && c->sending && (events & EPOLLOUT)
        && !(events & (EPOLLERR | EPOLLHUP)))
    {
        load_send(c);
    }

    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))) {
        return;
    }

    while (c->fd != -1) {
        n = recv(c->fd, c->answer + c->got, sizeof(c->answer) - 1 - c->got,
                 0);

        if (n == -1 && errno == EAGAIN) {
            return;
        }

        if (n <= 0) {
            if (c->kind) {
                load_broken(c);
            } else {
                load_close(c);
            }

            return;
        }

        if (c->kind == NULL) {
            load_close(c);
            return;
        }

        c->got += (size_t) n;
        c->answer[c->got] = '\0';

        rc = load_judge(c);

        if (rc == LOAD_AGAIN && c->got < sizeof(c->answer) - 1) {
            continue;
        }

        c->kind = NULL;
        c->used = 1;
        c->got = 0;
        busy--;

        if (rc != LOAD_KEEP || !keepalive) {
            load_close(c);
        }
    }
}


/* closed, reset or refused; a connection that was kept may just have ended */

static void
load_broken(load_conn_t *c)
{
    int  used;

    used = c->used;
    load_close(c);

    if (used && again && c->got == 0 && !c->retried) {
        c->retried = 1;
        c->kind->group->again++;
        load_send(c);
        return;
    }

    load_lost(c->kind->group, 0);
    c->kind = NULL;
    c->pause = load_clock() + 0.01;
    busy--;
}


static void
load_close(load_conn_t *c)
{
    if (c->fd != -1) {
        close(c->fd);
        c->fd = -1;
    }

    c->used = 0;
}


static void
load_timeouts(double now)
{
    int           i;
    load_conn_t  *c;

    for (i = 0; i < nconns; i++) {
        c = &conns[i];

        if (c->kind == NULL || now < c->until) {
            continue;
        }

        if (c->kind->gone) {
            c->kind->group->gone++;
        } else {
            load_lost(c->kind->group, 1);
        }

        load_close(c);
        c->kind = NULL;
        busy--;
    }
}

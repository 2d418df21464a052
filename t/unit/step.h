
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Runs a function in a process of its own, instruction by instruction, to kill
 * it after any of them, or to let something happen there.
 */


#ifndef _STEP_H_INCLUDED_
#define _STEP_H_INCLUDED_


#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/ptrace.h>
#include <sys/wait.h>


/* instructions from one run to the next; a sanitizer makes ten of each */

#if defined(__SANITIZE_ADDRESS__)
#define STEP_STRIDE  7
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STEP_STRIDE  7
#endif
#endif

#ifndef STEP_STRIDE
#define STEP_STRIDE  1
#endif


typedef void (*step_pt)(void *data);


static pid_t  step_pid;      /* of the last process */
static int    step_inside;   /* the function calls step_here() itself */


/* Where the steps begin. */

static void
step_here(void)
{
    raise(SIGSTOP);
}


/* It stops by itself where the steps begin, and again where they end. */

static int
step_start(step_pt function, void *data)
{
    int  status;

    step_pid = fork();

    if (step_pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(2);
        }

        if (!step_inside) {
            step_here();
        }

        function(data);
        step_here();
        _exit(0);
    }

    if (step_pid == -1 || waitpid(step_pid, &status, 0) != step_pid) {
        abort();
    }

    return WIFSTOPPED(status);
}


static void
step_end(void)
{
    int  status;

    kill(step_pid, SIGKILL);

    if (waitpid(step_pid, &status, 0) != step_pid || !WIFSIGNALED(status)) {
        abort();
    }
}


/* 1 if it went that far; 0 if its end came before, and it is gone. */

static int
step_walk(unsigned steps)
{
    int  status;

    while (steps--) {
        if (ptrace(PTRACE_SINGLESTEP, step_pid, NULL, NULL) == -1
            || waitpid(step_pid, &status, 0) != step_pid)
        {
            abort();
        }

        if (!WIFSTOPPED(status)) {
            abort();
        }

        if (WSTOPSIG(status) == SIGSTOP) {
            step_end();
            return 0;
        }
    }

    return 1;
}


static void
step_nothing(void *data)
{
    (void) data;
}


/* Whether this machine lets one process step another. */

__attribute__((unused))
static int
step_possible(void)
{
    step_inside = 0;

    if (!step_start(step_nothing, NULL)) {
        return 0;
    }

    step_end();

    return 1;
}


/*
 * Runs the function for so many instructions, and kills it.  1 if that was in
 * time, 0 if it had ended by itself.
 */

__attribute__((unused))
static int
step_kill(step_pt function, void *data, unsigned steps)
{
    if (!step_start(function, data)) {
        abort();
    }

    if (!step_walk(steps)) {
        return 0;
    }

    step_end();

    return 1;
}


/*
 * Runs the function for so many instructions, then something else, then the
 * rest of it.  1 if there was a rest, 0 if not.
 */

__attribute__((unused))
static int
step_between(step_pt function, void *data, unsigned steps, step_pt between)
{
    int  status;

    if (!step_start(function, data)) {
        abort();
    }

    if (!step_walk(steps)) {
        return 0;
    }

    between(data);

    if (ptrace(PTRACE_CONT, step_pid, NULL, NULL) == -1
        || waitpid(step_pid, &status, 0) != step_pid
        || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP)
    {
        abort();
    }

    step_end();

    return 1;
}


#endif /* _STEP_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * The thread that writes a state file.  It may outlive whoever started it:
 * it has memory of its own and libc, and calls nothing of nginx.
 */


#include "ngx_http_auth_tenant_state.h"

#include <sys/file.h>


#define NGX_HTTP_AUTH_TENANT_STATE_TRIES  100    /* for the lock */
#define NGX_HTTP_AUTH_TENANT_STATE_PAUSE  20     /* ms, between two of them */


static int ngx_http_auth_tenant_state_open(ngx_http_auth_tenant_job_t *job);
static int ngx_http_auth_tenant_state_own(ngx_http_auth_tenant_job_t *job,
    int fd);
static int ngx_http_auth_tenant_state_foreign(ngx_http_auth_tenant_job_t *job);
static int ngx_http_auth_tenant_state_store(ngx_http_auth_tenant_job_t *job,
    int fd);
static int ngx_http_auth_tenant_state_flush(ngx_http_auth_tenant_job_t *job);
static int ngx_http_auth_tenant_state_failed(ngx_http_auth_tenant_job_t *job,
    const char *what);


/* A step that fails names itself in job->what. */

void *
ngx_http_auth_tenant_state_run(void *data)
{
    int                          fd;
    ngx_http_auth_tenant_job_t  *job;

    job = data;

    fd = ngx_http_auth_tenant_state_open(job);

    if (fd != -1) {

        if (ngx_http_auth_tenant_state_foreign(job)
            || ngx_http_auth_tenant_state_store(job, fd) == -1)
        {
            /* still locked, and of no use to anybody */

            (void) unlink(job->temp);

        } else {
            (void) ngx_http_auth_tenant_state_flush(job);
        }

        (void) close(fd);
    }

    __atomic_store_n(&job->done, 1, __ATOMIC_RELEASE);

    return NULL;
}


/*
 * Opens and locks the file beside it.  Whoever had the lock before may have
 * renamed the file that was opened here: then it has to be opened again.
 */

static int
ngx_http_auth_tenant_state_open(ngx_http_auth_tenant_job_t *job)
{
    int              fd, rc, i;
    struct timespec  pause;

    for (i = 0; i < NGX_HTTP_AUTH_TENANT_STATE_TRIES; i++) {

        fd = open(job->temp, O_WRONLY|O_CREAT|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY
                             |O_CLOEXEC, 0600);
        if (fd == -1) {
            return ngx_http_auth_tenant_state_failed(job, "open()");
        }

        if (flock(fd, LOCK_EX|LOCK_NB) == 0) {

            rc = ngx_http_auth_tenant_state_own(job, fd);

            if (rc == 1) {
                return fd;
            }

            (void) close(fd);

            if (rc == -1) {
                return -1;
            }

            continue;
        }

        if (errno != EWOULDBLOCK) {
            (void) ngx_http_auth_tenant_state_failed(job, "flock()");
            (void) close(fd);
            return -1;
        }

        (void) close(fd);

        pause.tv_sec = 0;
        pause.tv_nsec = NGX_HTTP_AUTH_TENANT_STATE_PAUSE * 1000000;
        (void) nanosleep(&pause, NULL);
    }

    errno = EWOULDBLOCK;
    return ngx_http_auth_tenant_state_failed(job, "flock()");
}


/* 1 if the name is of this very file, 0 if no longer, -1 if it never was. */

static int
ngx_http_auth_tenant_state_own(ngx_http_auth_tenant_job_t *job, int fd)
{
    struct stat  opened, named;

    if (fstat(fd, &opened) == -1) {
        return ngx_http_auth_tenant_state_failed(job, "fstat()");
    }

    if (lstat(job->temp, &named) == -1) {
        return errno == ENOENT ? 0 : ngx_http_auth_tenant_state_failed(job,
                                                                   "lstat()");
    }

    if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino) {
        return 0;
    }

    /* nobody else's file is written, neither under another name of it */

    if (!S_ISREG(opened.st_mode) || opened.st_uid != geteuid()
        || opened.st_nlink != 1)
    {
        errno = EPERM;
        return ngx_http_auth_tenant_state_failed(job, "using its \".tmp\"");
    }

    return 1;
}


/* 1 if there is a file of somebody else's keys that has to stay. */

static int
ngx_http_auth_tenant_state_foreign(ngx_http_auth_tenant_job_t *job)
{
    int      fd, foreign;
    char     buf[512];
    size_t   len, most;
    ssize_t  n;

    if (job->ours == 0) {
        return 0;
    }

    fd = open(job->path, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY|O_CLOEXEC);
    if (fd == -1) {
        return 0;
    }

    foreign = 0;

    for (len = 0; len < job->ours; len += n) {

        most = ngx_min(sizeof(buf), job->ours - len);
        n = read(fd, buf, most);

        if (n <= 0 || memcmp(buf, job->text + len, n) != 0) {
            foreign = 1;
            break;
        }
    }

    (void) close(fd);

    return foreign;
}


static int
ngx_http_auth_tenant_state_store(ngx_http_auth_tenant_job_t *job, int fd)
{
    size_t   len;
    ssize_t  n;

    if (fchmod(fd, 0600) == -1) {
        return ngx_http_auth_tenant_state_failed(job, "fchmod()");
    }

    if (ftruncate(fd, 0) == -1) {
        return ngx_http_auth_tenant_state_failed(job, "ftruncate()");
    }

    for (len = 0; len < job->len; len += n) {

        n = write(fd, job->text + len, job->len - len);

        if (n <= 0) {
            return ngx_http_auth_tenant_state_failed(job, "write()");
        }
    }

    if (fsync(fd) == -1) {
        return ngx_http_auth_tenant_state_failed(job, "fsync()");
    }

    if (rename(job->temp, job->path) == -1) {
        return ngx_http_auth_tenant_state_failed(job, "rename()");
    }

    return 0;
}


/* It is renamed for good when its directory is on the disk. */

static int
ngx_http_auth_tenant_state_flush(ngx_http_auth_tenant_job_t *job)
{
    int  fd, rc;

    fd = open(job->dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    if (fd == -1) {

        /* a directory that may be written but not read can't be flushed */

        if (errno == EACCES) {
            return 0;
        }

        return ngx_http_auth_tenant_state_failed(job, "open() of directory");
    }

    rc = 0;

    /* some file systems have nothing to flush there */

    if (fsync(fd) == -1 && errno != EINVAL) {
        rc = ngx_http_auth_tenant_state_failed(job, "fsync() of directory");
    }

    (void) close(fd);

    return rc;
}


static int
ngx_http_auth_tenant_state_failed(ngx_http_auth_tenant_job_t *job,
    const char *what)
{
    job->what = what;
    job->err = errno;

    return -1;
}

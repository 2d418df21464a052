
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_state.h"

#include <pthread.h>


/* a path that is being written, or could not be */

typedef struct {
    ngx_queue_t                   queue;
    ngx_http_auth_tenant_job_t   *job;           /* NULL: none is under way */
    unsigned                      failed:1;
    size_t                        len;
    u_char                        path[1];
} ngx_http_auth_tenant_write_t;


static ngx_http_auth_tenant_write_t *ngx_http_auth_tenant_state_find(
    const ngx_str_t *path);
static ngx_http_auth_tenant_job_t *ngx_http_auth_tenant_state_job(
    const ngx_str_t *path, const ngx_str_t *owner, const ngx_str_t *document,
    time_t fetched, ngx_log_t *log);
static ngx_int_t ngx_http_auth_tenant_state_thread(
    ngx_http_auth_tenant_job_t *job, ngx_log_t *log);


static ngx_queue_t  ngx_http_auth_tenant_writes = {
    &ngx_http_auth_tenant_writes, &ngx_http_auth_tenant_writes
};


ngx_int_t
ngx_http_auth_tenant_state_write(const ngx_str_t *path,
    const ngx_str_t *owner, const ngx_str_t *document, time_t fetched,
    ngx_log_t *log)
{
    ngx_http_auth_tenant_job_t    *job;
    ngx_http_auth_tenant_write_t  *w;

    if (document->len == 0 || document->len > AUTH_TENANT_MAX_DOCUMENT) {
        return NGX_ERROR;
    }

    ngx_http_auth_tenant_state_reap(log);

    w = ngx_http_auth_tenant_state_find(path);

    if (w && w->job) {
        return NGX_BUSY;
    }

    job = ngx_http_auth_tenant_state_job(path, owner, document, fetched, log);
    if (job == NULL) {
        return NGX_ERROR;
    }

    if (w == NULL) {
        w = ngx_alloc(sizeof(ngx_http_auth_tenant_write_t) + path->len, log);
        if (w == NULL) {
            ngx_free(job);
            return NGX_ERROR;
        }

        w->job = NULL;
        w->failed = 0;
        w->len = path->len;
        ngx_memcpy(w->path, path->data, path->len);

        ngx_queue_insert_tail(&ngx_http_auth_tenant_writes, &w->queue);
    }

    if (ngx_http_auth_tenant_state_thread(job, log) != NGX_OK) {
        ngx_free(job);

        if (!w->failed) {
            ngx_queue_remove(&w->queue);
            ngx_free(w);
        }

        return NGX_ERROR;
    }

    w->job = job;

    return NGX_OK;
}


ngx_uint_t
ngx_http_auth_tenant_state_busy(const ngx_str_t *path, ngx_log_t *log)
{
    ngx_http_auth_tenant_write_t  *w;

    ngx_http_auth_tenant_state_reap(log);

    w = ngx_http_auth_tenant_state_find(path);

    return w && w->job;
}


ngx_uint_t
ngx_http_auth_tenant_state_unwritten(const ngx_str_t *path)
{
    ngx_http_auth_tenant_write_t  *w;

    w = ngx_http_auth_tenant_state_find(path);

    return w && w->failed;
}


static ngx_http_auth_tenant_write_t *
ngx_http_auth_tenant_state_find(const ngx_str_t *path)
{
    ngx_queue_t                   *q;
    ngx_http_auth_tenant_write_t  *w;

    for (q = ngx_queue_head(&ngx_http_auth_tenant_writes);
         q != ngx_queue_sentinel(&ngx_http_auth_tenant_writes);
         q = ngx_queue_next(q))
    {
        w = ngx_queue_data(q, ngx_http_auth_tenant_write_t, queue);

        if (w->len == path->len
            && ngx_memcmp(w->path, path->data, path->len) == 0)
        {
            return w;
        }
    }

    return NULL;
}


/* One piece of memory with all that the thread needs. */

static ngx_http_auth_tenant_job_t *
ngx_http_auth_tenant_state_job(const ngx_str_t *path, const ngx_str_t *owner,
    const ngx_str_t *document, time_t fetched, ngx_log_t *log)
{
    u_char                      *p;
    size_t                       size;
    ngx_http_auth_tenant_job_t  *job;

    size = sizeof(ngx_http_auth_tenant_job_t)
           + 3 * (path->len + sizeof(".tmp"))
           + NGX_HTTP_AUTH_TENANT_STATE_HEAD + owner->len + document->len;

    job = ngx_calloc(size, log);
    if (job == NULL) {
        return NULL;
    }

    p = (u_char *) job + sizeof(ngx_http_auth_tenant_job_t);

    job->path = (char *) p;
    p = ngx_cpymem(p, path->data, path->len) + 1;

    job->temp = (char *) p;
    p = ngx_cpymem(p, path->data, path->len);
    p = ngx_cpymem(p, ".tmp", sizeof(".tmp"));

    /* up to the last slash; "/" and "." are directories, too */

    job->dir = (char *) p;
    p = ngx_cpymem(p, path->data, path->len);

    while (p > (u_char *) job->dir && p[-1] != '/') {
        *--p = '\0';
    }

    if (p == (u_char *) job->dir) {
        *p++ = '.';
    }

    p++;

    job->text = p;
    job->len = ngx_http_auth_tenant_state_head(p, owner, document, fetched);

    if (job->len == 0) {
        ngx_free(job);
        return NULL;
    }

    if (ngx_exiting) {
        job->ours = sizeof(NGX_HTTP_AUTH_TENANT_STATE_MARK "issuer ") - 1
                    + owner->len + 1;
    }

    ngx_memcpy(p + job->len, document->data, document->len);
    job->len += document->len;

    return job;
}


/* Signals are for nginx's own thread. */

static ngx_int_t
ngx_http_auth_tenant_state_thread(ngx_http_auth_tenant_job_t *job,
    ngx_log_t *log)
{
    int             err;
    sigset_t        all, old;
    pthread_t       thread;
    pthread_attr_t  attr;

    (void) sigfillset(&all);

    err = pthread_attr_init(&attr);

    if (err == 0) {
        err = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

        if (err == 0) {
            err = pthread_sigmask(SIG_SETMASK, &all, &old);
        }

        if (err == 0) {
            err = pthread_create(&thread, &attr,
                                 ngx_http_auth_tenant_state_run, job);
            (void) pthread_sigmask(SIG_SETMASK, &old, NULL);
        }

        (void) pthread_attr_destroy(&attr);
    }

    if (err) {
        ngx_log_error(NGX_LOG_ERR, log, err, "auth_tenant: there is no thread "
                      "to write \"state_path\" \"%s\"", job->path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_auth_tenant_state_reap(ngx_log_t *log)
{
    ngx_queue_t                   *q, *next;
    ngx_http_auth_tenant_job_t    *job;
    ngx_http_auth_tenant_write_t  *w;

    for (q = ngx_queue_head(&ngx_http_auth_tenant_writes);
         q != ngx_queue_sentinel(&ngx_http_auth_tenant_writes);
         q = next)
    {
        next = ngx_queue_next(q);
        w = ngx_queue_data(q, ngx_http_auth_tenant_write_t, queue);
        job = w->job;

        if (job == NULL || !__atomic_load_n(&job->done, __ATOMIC_ACQUIRE)) {
            continue;
        }

        w->job = NULL;

        if (job->what) {

            if (!w->failed) {
                ngx_log_error(NGX_LOG_ERR, log, job->err,
                              "auth_tenant: \"state_path\" \"%s\" could not "
                              "be written, %s failed, let the workers' user "
                              "(%ud) create files in its directory: a restart "
                              "while the provider is down will have older "
                              "keys or none", job->path, job->what,
                              (uint32_t) geteuid());
            }

            w->failed = 1;
            ngx_free(job);
            continue;
        }

        if (w->failed) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0, "auth_tenant: "
                          "\"state_path\" \"%s\" is written again", job->path);
        }

        ngx_free(job);
        ngx_queue_remove(q);
        ngx_free(w);
    }
}


void
ngx_http_auth_tenant_state_done(ngx_msec_t timeout, ngx_log_t *log)
{
    ngx_msec_t                     waited;
    ngx_uint_t                     running;
    ngx_queue_t                   *q, *next;
    ngx_http_auth_tenant_write_t  *w;

    for (waited = 0; /* void */ ; waited += 5) {

        ngx_http_auth_tenant_state_reap(log);

        running = 0;

        for (q = ngx_queue_head(&ngx_http_auth_tenant_writes);
             q != ngx_queue_sentinel(&ngx_http_auth_tenant_writes);
             q = next)
        {
            next = ngx_queue_next(q);
            w = ngx_queue_data(q, ngx_http_auth_tenant_write_t, queue);

            if (w->job) {
                running = 1;
                continue;
            }

            ngx_queue_remove(q);
            ngx_free(w);
        }

        if (!running || waited >= timeout) {
            return;
        }

        ngx_msleep(5);
    }
}

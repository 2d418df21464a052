
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_keys.h"


#define NGX_HTTP_AUTH_TENANT_LOOK_INTERVAL  1000
#define NGX_HTTP_AUTH_TENANT_RESTLESS       10


static void ngx_http_auth_tenant_keys_handler(ngx_event_t *ev);
static void ngx_http_auth_tenant_source_catch_up(
    ngx_http_auth_tenant_source_t *source, ngx_log_t *log);
static void ngx_http_auth_tenant_source_watch(
    ngx_http_auth_tenant_source_t *source, ngx_log_t *log);
static void ngx_http_auth_tenant_source_reload(
    ngx_http_auth_tenant_source_t *source, ngx_log_t *log);
static void ngx_http_auth_tenant_source_swap(
    ngx_http_auth_tenant_source_t *source, auth_tenant_keys_t *keys,
    auth_tenant_keys_report_t *report, ngx_log_t *log);
static void ngx_http_auth_tenant_source_state(
    ngx_http_auth_tenant_source_t *source,
    const ngx_http_auth_tenant_problem_t *problem, ngx_log_t *log);
static ngx_uint_t ngx_http_auth_tenant_source_level(ngx_uint_t level);


/*
 * Static, since a single process keeps its timers over a reload while the
 * cycle that they were made in goes.
 */

static ngx_event_t       ngx_http_auth_tenant_keys_event;
static ngx_connection_t  ngx_http_auth_tenant_keys_connection;


ngx_int_t
ngx_http_auth_tenant_keys_init_process(ngx_cycle_t *cycle)
{
    ngx_event_t                       *ev;
    ngx_http_auth_tenant_source_t     *source;
    ngx_http_auth_tenant_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_auth_tenant_module);

    if (ngx_process == NGX_PROCESS_WORKER
        && (mcf == NULL || mcf->sources == NULL))
    {
        return NGX_OK;
    }

    /* debug messages of timers read the descriptor of a connection */

    ngx_http_auth_tenant_keys_connection.fd = (ngx_socket_t) -1;

    ev = &ngx_http_auth_tenant_keys_event;

    ev->handler = ngx_http_auth_tenant_keys_handler;
    ev->data = &ngx_http_auth_tenant_keys_connection;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_HTTP_AUTH_TENANT_LOOK_INTERVAL);

    for (source = mcf ? mcf->sources : NULL; source; source = source->next) {
        ngx_http_auth_tenant_source_catch_up(source, cycle->log);
    }

    return NGX_OK;
}


/*
 * A worker that comes for one that has died has the keys of when the master
 * read its configuration: of those, some may have been withdrawn since.
 */

static void
ngx_http_auth_tenant_source_catch_up(ngx_http_auth_tenant_source_t *source,
    ngx_log_t *log)
{
    ngx_http_auth_tenant_stamp_t     stamp;
    ngx_http_auth_tenant_problem_t   problem;

    if (ngx_http_auth_tenant_file_look(&source->path, &stamp, &problem)
        != NGX_OK
        || ngx_http_auth_tenant_stamp_eq(&source->judged, &stamp))
    {
        return;
    }

    source->seen = stamp;

    ngx_http_auth_tenant_source_reload(source, log);
}


static void
ngx_http_auth_tenant_keys_handler(ngx_event_t *ev)
{
    ngx_http_auth_tenant_source_t     *source;
    ngx_http_auth_tenant_main_conf_t  *mcf;

    ev->log = ngx_cycle->log;

    mcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                              ngx_http_auth_tenant_module);

    for (source = mcf ? mcf->sources : NULL; source; source = source->next) {
        ngx_http_auth_tenant_source_watch(source, ev->log);
    }

    ngx_add_timer(ev, NGX_HTTP_AUTH_TENANT_LOOK_INTERVAL);
}


/*
 * Nothing is believed until two looks in a row have seen the same: a file
 * that is being written changes from look to look, and so does one that is
 * being replaced.
 */

static void
ngx_http_auth_tenant_source_watch(ngx_http_auth_tenant_source_t *source,
    ngx_log_t *log)
{
    ngx_uint_t                       agreed;
    ngx_http_auth_tenant_stamp_t     stamp;
    ngx_http_auth_tenant_problem_t   problem;

    static const ngx_http_auth_tenant_problem_t  restless = {
        "keeps changing", "replace it only when keys change", 0
    };

    (void) ngx_http_auth_tenant_file_look(&source->path, &stamp, &problem);

    agreed = source->looked
             && source->problem.what == problem.what
             && source->problem.err == problem.err
             && ngx_http_auth_tenant_stamp_eq(&source->seen, &stamp);

    source->looked = 1;
    source->problem = problem;
    source->seen = stamp;

    if (!agreed) {
        source->known = 0;

        if (++source->differed == NGX_HTTP_AUTH_TENANT_RESTLESS) {
            ngx_http_auth_tenant_source_state(source, &restless, log);
        }

        return;
    }

    source->differed = 0;

    if (problem.what) {
        ngx_http_auth_tenant_source_state(source, &problem, log);
        return;
    }

    if (source->known
        && ngx_http_auth_tenant_stamp_eq(&source->judged, &stamp))
    {
        return;
    }

    ngx_http_auth_tenant_source_reload(source, log);
}


static void
ngx_http_auth_tenant_source_reload(ngx_http_auth_tenant_source_t *source,
    ngx_log_t *log)
{
    u_char                           digest[NGX_HTTP_AUTH_TENANT_DIGEST];
    ngx_int_t                        rc;
    ngx_str_t                        document;
    auth_tenant_keys_t              *keys;
    auth_tenant_keys_report_t        report;
    ngx_http_auth_tenant_stamp_t     stamp;
    ngx_http_auth_tenant_problem_t   problem;

    rc = ngx_http_auth_tenant_file_read(&source->path, &document, &stamp,
                                        &problem, log);

    if (rc == NGX_ERROR) {
        ngx_http_auth_tenant_source_state(source, &problem, log);
        return;
    }

    if (rc == NGX_AGAIN
        || !ngx_http_auth_tenant_stamp_eq(&source->seen, &stamp))
    {
        ngx_http_auth_tenant_file_free(&document);
        source->looked = 0;
        return;
    }

    keys = ngx_http_auth_tenant_file_parse(source, &document, digest, &report,
                                           &problem);

    ngx_http_auth_tenant_file_free(&document);

    source->judged = stamp;
    source->known = 1;

    ngx_http_auth_tenant_source_state(source, &problem, log);

    if (keys) {
        ngx_memcpy(source->digest, digest, NGX_HTTP_AUTH_TENANT_DIGEST);
        ngx_http_auth_tenant_source_swap(source, keys, &report, log);
    }
}


/* No request holds keys from one event to the next: the old ones can go. */

static void
ngx_http_auth_tenant_source_swap(ngx_http_auth_tenant_source_t *source,
    auth_tenant_keys_t *keys, auth_tenant_keys_report_t *report,
    ngx_log_t *log)
{
    auth_tenant_keys_free(source->keys);
    source->keys = keys;

    ngx_log_error(ngx_http_auth_tenant_source_level(NGX_LOG_NOTICE), log, 0,
                  "auth_tenant: \"jwks_file\" \"%V\" of provider \"%V\" was "
                  "read again: %ui usable keys, %ui skipped",
                  &source->path, &source->provider, (ngx_uint_t) report->keys,
                  (ngx_uint_t) report->skipped);

    ngx_http_auth_tenant_source_report(source, report,
                              ngx_http_auth_tenant_source_level(NGX_LOG_WARN),
                              log);
}


/* Logs a state of the file once, when it is another than before. */

static void
ngx_http_auth_tenant_source_state(ngx_http_auth_tenant_source_t *source,
    const ngx_http_auth_tenant_problem_t *problem, ngx_log_t *log)
{
    if (source->logged.what == problem->what
        && source->logged.err == problem->err)
    {
        return;
    }

    source->logged = *problem;

    if (problem->what) {
        ngx_log_error(ngx_http_auth_tenant_source_level(NGX_LOG_ERR), log,
                      problem->err,
                      "auth_tenant: \"jwks_file\" \"%V\" of provider "
                      "\"%V\": %s, its last good keys stay in use, %s",
                      &source->path, &source->provider, problem->what,
                      problem->todo);
        return;
    }

    ngx_log_error(ngx_http_auth_tenant_source_level(NGX_LOG_NOTICE), log, 0,
                  "auth_tenant: \"jwks_file\" \"%V\" of provider \"%V\" is "
                  "well again",
                  &source->path, &source->provider);
}


/* All workers see the same file: one of them speaks up. */

static ngx_uint_t
ngx_http_auth_tenant_source_level(ngx_uint_t level)
{
    return (ngx_worker == 0 && !ngx_exiting) ? level : NGX_LOG_INFO;
}

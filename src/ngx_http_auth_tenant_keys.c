
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_keys.h"
#include "ngx_http_auth_tenant_user.h"


static ngx_int_t ngx_http_auth_tenant_source_load(ngx_conf_t *cf,
    ngx_http_auth_tenant_source_t *source);
static void ngx_http_auth_tenant_source_cleanup(void *data);


ngx_http_auth_tenant_source_t *
ngx_http_auth_tenant_source_add(ngx_conf_t *cf, ngx_str_t *path,
    auth_tenant_algs_t algs, ngx_str_t *provider)
{
    ngx_str_t                          full;
    ngx_pool_cleanup_t                *cln;
    ngx_http_auth_tenant_source_t     *source, **last;
    ngx_http_auth_tenant_main_conf_t  *mcf;

    full = *path;

    if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) {
        return NULL;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_auth_tenant_module);

    for (last = &mcf->sources; *last; last = &(*last)->next) {

        source = *last;

        if (source->algs == algs
            && source->path.len == full.len
            && ngx_strncmp(source->path.data, full.data, full.len) == 0)
        {
            return source;
        }
    }

    source = ngx_pcalloc(cf->pool, sizeof(ngx_http_auth_tenant_source_t));
    if (source == NULL) {
        return NULL;
    }

    source->path = full;
    source->algs = algs;
    source->provider = *provider;
    source->file = cf->conf_file->file.name.data;
    source->line = cf->conf_file->line;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_auth_tenant_source_cleanup;
    cln->data = source;

    if (ngx_http_auth_tenant_source_load(cf, source) != NGX_OK) {
        return NULL;
    }

    *last = source;

    return source;
}


static ngx_int_t
ngx_http_auth_tenant_source_load(ngx_conf_t *cf,
    ngx_http_auth_tenant_source_t *source)
{
    ngx_int_t                        rc;
    ngx_str_t                        document;
    auth_tenant_keys_report_t        report;
    ngx_http_auth_tenant_stamp_t     stamp;
    ngx_http_auth_tenant_problem_t   problem;

    rc = ngx_http_auth_tenant_file_look(&source->path, &stamp, &problem);

    if (rc == NGX_OK) {
        rc = ngx_http_auth_tenant_file_read(&source->path, &document, &stamp,
                                            &problem, cf->log);
    }

    if (rc == NGX_OK) {
        source->keys = ngx_http_auth_tenant_file_parse(source, &document,
                                                       source->digest,
                                                       &report, &problem);
        ngx_http_auth_tenant_file_free(&document);

        source->judged = stamp;
    }

    if (rc == NGX_AGAIN) {
        problem.what = "changes while it is read";
        problem.todo = "replace it by renaming a finished file";
    }

    if (source->keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, problem.err,
                           "\"jwks_file\" of provider \"%V\": \"%V\" %s, %s",
                           &source->provider, &source->path, problem.what,
                           problem.todo);
        return NGX_ERROR;
    }

    ngx_http_auth_tenant_source_report(source, &report, NGX_LOG_WARN, cf->log);

    return NGX_OK;
}


/* what a document holds that is of no use */

void
ngx_http_auth_tenant_source_report(
    const ngx_http_auth_tenant_source_t *source,
    const auth_tenant_keys_report_t *report, ngx_uint_t level, ngx_log_t *log)
{
    if (report->leaked) {
        ngx_log_error(level, log, 0,
                      "auth_tenant: \"jwks_file\" \"%V\" of provider \"%V\" "
                      "has %ui private keys in it, which the provider must "
                      "keep to itself: they are not used and no longer secret "
                      "in %s:%ui",
                      &source->path, &source->provider,
                      (ngx_uint_t) report->leaked, source->file, source->line);
    }

    if (report->skipped) {
        ngx_log_error(level, log, 0,
                      "auth_tenant: \"jwks_file\" \"%V\" of provider \"%V\" "
                      "has %ui usable keys, %ui are skipped, the first "
                      "because of: %s "
                      "in %s:%ui",
                      &source->path, &source->provider,
                      (ngx_uint_t) report->keys, (ngx_uint_t) report->skipped,
                      report->error ? report->error : "",
                      source->file, source->line);
    }
}


static void
ngx_http_auth_tenant_source_cleanup(void *data)
{
    ngx_http_auth_tenant_source_t  *source = data;

    auth_tenant_keys_free(source->keys);
    source->keys = NULL;
}


const auth_tenant_keys_t *
ngx_http_auth_tenant_source_keys(const ngx_http_auth_tenant_source_t *source)
{
    return source->keys;
}


/*
 * The master reads the files as root, but the workers look at them later as
 * their own user: say in time if they can't.
 */

ngx_int_t
ngx_http_auth_tenant_keys_init_module(ngx_cycle_t *cycle)
{
    const char                         *why;
    ngx_uint_t                          i;
    ngx_http_auth_tenant_user_t         user;
    ngx_http_auth_tenant_source_t      *source;
    ngx_http_auth_tenant_provider_t   **pp;
    ngx_http_auth_tenant_main_conf_t   *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_auth_tenant_module);

    if (mcf == NULL) {
        return NGX_OK;
    }

    ngx_http_auth_tenant_user(cycle, &user);

    for (source = mcf->sources; source; source = source->next) {

        why = ngx_http_auth_tenant_user_reads(&user,
                                            (const char *) source->path.data);

        if (why) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "\"jwks_file\" of provider \"%V\" in %s:%ui: the "
                          "worker's user \"%s\" can't %s \"%V\", so that its "
                          "changes would go unnoticed, allow it with chmod "
                          "or chgrp",
                          &source->provider, source->file, source->line,
                          user.name, why, &source->path);
        }
    }

    pp = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {
        if (pp[i]->net) {
            ngx_http_auth_tenant_net_files(cycle, pp[i], &user);
        }
    }

    return NGX_OK;
}

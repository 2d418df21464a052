
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Files that the workers will need to reach a provider, or to write down what
 * it said.
 */


#include "ngx_http_auth_tenant_net.h"
#include "ngx_http_auth_tenant_user.h"


static void ngx_http_auth_tenant_net_directory(ngx_cycle_t *cycle,
    const ngx_http_auth_tenant_provider_t *provider,
    const ngx_http_auth_tenant_user_t *user);


void
ngx_http_auth_tenant_net_files(ngx_cycle_t *cycle,
    const ngx_http_auth_tenant_provider_t *provider,
    const ngx_http_auth_tenant_user_t *user)
{
    const char                        *why;
    const ngx_str_t                   *path;
    const ngx_http_auth_tenant_net_t  *net;

    net = provider->net;
    path = &net->route.certificate;

    if (path->len) {
        why = ngx_http_auth_tenant_user_reads(user, (char *) path->data);

        if (why) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "\"ssl_trusted_certificate\" of provider \"%V\" in "
                          "%s:%ui: the worker's user \"%s\" can't %s \"%V\", "
                          "so that no keys could be fetched, allow it with "
                          "chmod or chgrp", &provider->name, net->file,
                          net->line, user->name, why, path);
        }
    }

    if (net->state_path.len) {
        ngx_http_auth_tenant_net_directory(cycle, provider, user);
    }
}


/* Without it all goes on, until nginx starts while the provider is down. */

static void
ngx_http_auth_tenant_net_directory(ngx_cycle_t *cycle,
    const ngx_http_auth_tenant_provider_t *provider,
    const ngx_http_auth_tenant_user_t *user)
{
    char                               dir[PATH_MAX];
    size_t                             len;
    const char                        *why;
    ngx_file_info_t                    fi;
    const ngx_http_auth_tenant_net_t  *net;

    net = provider->net;
    len = net->state_path.len;

    while (net->state_path.data[len - 1] != '/') {
        len--;
    }

    /* "/" is one, too */

    len = (len == 1) ? 1 : len - 1;

    if (len >= sizeof(dir)) {
        return;
    }

    ngx_memcpy(dir, net->state_path.data, len);
    dir[len] = '\0';

    if (stat(dir, &fi) == -1 || !S_ISDIR(fi.st_mode)) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"state_path\" of provider \"%V\" in %s:%ui: there is "
                      "no directory \"%s\", so that no keys would be kept, "
                      "make it: install -d -o %s -m 700 %s",
                      &provider->name, net->file, net->line, dir, user->name,
                      dir);
        return;
    }

    why = ngx_http_auth_tenant_user_creates(user, dir);

    /* a directory of others is not given to the workers, but one below it */

    if (why) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"state_path\" of provider \"%V\" in %s:%ui: the "
                      "worker's user \"%s\" can't %s \"%s\", so that no keys "
                      "would be kept, write a path in a directory of its "
                      "own: install -d -o %s -m 700 %s%skeys",
                      &provider->name, net->file, net->line, user->name, why,
                      dir, user->name, dir, len == 1 ? "" : "/");
    }
}

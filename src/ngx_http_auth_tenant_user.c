
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_user.h"

#include <grp.h>
#include <pwd.h>


static const char *ngx_http_auth_tenant_user_check(
    const ngx_http_auth_tenant_user_t *user, const char *path, mode_t bits);
static ngx_int_t ngx_http_auth_tenant_user_allowed(
    const ngx_http_auth_tenant_user_t *user, const ngx_file_info_t *fi,
    mode_t bits);


void
ngx_http_auth_tenant_user(ngx_cycle_t *cycle,
    ngx_http_auth_tenant_user_t *user)
{
    struct passwd    *pw;
    ngx_core_conf_t  *ccf;

    ngx_memzero(user, sizeof(ngx_http_auth_tenant_user_t));

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() != 0 || !ccf->master || ccf->user == 0
        || ccf->user == (ngx_uid_t) NGX_CONF_UNSET_UINT)
    {
        (void) snprintf(user->number, sizeof(user->number), "%lu",
                        (unsigned long) geteuid());
        pw = getpwuid(geteuid());
        user->name = pw ? pw->pw_name : user->number;
        return;
    }

    user->other = 1;
    user->name = ccf->username;
    user->uid = ccf->user;
    user->ngroups = sizeof(user->groups) / sizeof(gid_t);

    if (getgrouplist(ccf->username, ccf->group, user->groups, &user->ngroups)
        == -1)
    {
        user->groups[0] = ccf->group;
        user->ngroups = 1;
    }
}


const char *
ngx_http_auth_tenant_user_reads(const ngx_http_auth_tenant_user_t *user,
    const char *path)
{
    return user->other ? ngx_http_auth_tenant_user_check(user, path, S_IROTH)
                       : NULL;
}


const char *
ngx_http_auth_tenant_user_creates(const ngx_http_auth_tenant_user_t *user,
    const char *dir)
{
    if (user->other) {
        return ngx_http_auth_tenant_user_check(user, dir, S_IWOTH|S_IXOTH);
    }

    return access(dir, W_OK|X_OK) == 0 ? NULL : "write to";
}


/* Follows the path as written, and where its symbolic links lead to. */

static const char *
ngx_http_auth_tenant_user_check(const ngx_http_auth_tenant_user_t *user,
    const char *path, mode_t bits)
{
    char             dir[PATH_MAX], real[PATH_MAX];
    size_t           n;
    ngx_uint_t       i;
    const char      *p, *paths[2];
    ngx_file_info_t  fi;

    paths[0] = path;
    paths[1] = realpath(path, real);

    for (i = 0; i < 2; i++) {

        p = paths[i];

        if (p == NULL || strlen(p) >= sizeof(dir)) {
            continue;
        }

        for (n = 0; p[n]; n++) {

            if (p[n] != '/') {
                continue;
            }

            ngx_memcpy(dir, p, n + 1);
            dir[n + 1] = '\0';

            if (stat(dir, &fi) == 0
                && !ngx_http_auth_tenant_user_allowed(user, &fi, S_IXOTH))
            {
                return "enter the directory of";
            }
        }

        if (stat(p, &fi) == 0
            && !ngx_http_auth_tenant_user_allowed(user, &fi, bits))
        {
            return (bits & S_IWOTH) ? "write to" : "read";
        }
    }

    return NULL;
}


/* `bits` are the permissions as they stand for others */

static ngx_int_t
ngx_http_auth_tenant_user_allowed(const ngx_http_auth_tenant_user_t *user,
    const ngx_file_info_t *fi, mode_t bits)
{
    int  i;

    if (fi->st_uid == user->uid) {
        return ((fi->st_mode >> 6) & bits) == bits;
    }

    for (i = 0; i < user->ngroups; i++) {
        if (fi->st_gid == user->groups[i]) {
            return ((fi->st_mode >> 3) & bits) == bits;
        }
    }

    return (fi->st_mode & bits) == bits;
}

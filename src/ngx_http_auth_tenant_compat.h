
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What differs between nginx versions, and nothing else.
 */


#ifndef _NGX_HTTP_AUTH_TENANT_COMPAT_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* since 1.23.0 headers of one name are linked by "next" */

#define NGX_HTTP_AUTH_TENANT_LINKED_HEADERS  (nginx_version >= 1023000)


/* Makes headers_in know the Cookie headers that its list has, no others. */

static ngx_inline ngx_int_t
ngx_http_auth_tenant_relink_cookies(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h, **ph;

#if (NGX_HTTP_AUTH_TENANT_LINKED_HEADERS)
    ph = &r->headers_in.cookie;
#else
    ngx_memzero(&r->headers_in.cookies, sizeof(ngx_array_t));
#endif

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != sizeof("cookie") - 1
                || ngx_strncasecmp(h[i].key.data, (u_char *) "cookie",
                                   sizeof("cookie") - 1)
                   != 0)
            {
                continue;
            }

#if (NGX_HTTP_AUTH_TENANT_LINKED_HEADERS)

            *ph = &h[i];
            ph = &h[i].next;

#else

            if (r->headers_in.cookies.elts == NULL
                && ngx_array_init(&r->headers_in.cookies, r->pool, 1,
                                  sizeof(ngx_table_elt_t *))
                   != NGX_OK)
            {
                return NGX_ERROR;
            }

            ph = ngx_array_push(&r->headers_in.cookies);
            if (ph == NULL) {
                return NGX_ERROR;
            }

            *ph = &h[i];

#endif
        }
    }

#if (NGX_HTTP_AUTH_TENANT_LINKED_HEADERS)
    *ph = NULL;
#endif

    return NGX_OK;
}


/* the parts of a second in a file's times */

#if (NGX_DARWIN)

#define ngx_http_auth_tenant_mtime(fi)  (fi)->st_mtimespec
#define ngx_http_auth_tenant_ctime(fi)  (fi)->st_ctimespec

#else

#define ngx_http_auth_tenant_mtime(fi)  (fi)->st_mtim
#define ngx_http_auth_tenant_ctime(fi)  (fi)->st_ctim

#endif


#endif /* _NGX_HTTP_AUTH_TENANT_COMPAT_H_INCLUDED_ */

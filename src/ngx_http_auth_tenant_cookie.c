
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_headers.h"
#include "ngx_http_auth_tenant_compat.h"


/*
 * A cookie as a Cookie header carries it.  Its name begins behind ";" or, as
 * some parsers still have it (nginx before 1.23 among them), behind ",", and
 * its value runs to the next ";".
 */

typedef struct {
    u_char      *start;      /* behind the separator */
    u_char      *end;        /* of the value: ";" or the header's end */
    u_char      *next;       /* where the next name may begin */
    ngx_str_t    name;
    ngx_str_t    value;
    unsigned     strict:1;   /* RFC 6265: every parser reads it so */
} ngx_http_auth_tenant_cookie_t;


static ngx_int_t ngx_http_auth_tenant_cookie_parse(
    ngx_http_auth_tenant_cookie_t *cookie, ngx_str_t *header, u_char *pos);
static ngx_int_t ngx_http_auth_tenant_cookie_listed(
    ngx_http_auth_tenant_cookie_t *cookie,
    const ngx_http_auth_tenant_scrub_t *names, ngx_uint_t nnames);
static ngx_int_t ngx_http_auth_tenant_cookie_edit(ngx_http_request_t *r,
    ngx_table_elt_t *h, const ngx_http_auth_tenant_scrub_t *names,
    ngx_uint_t nnames);


static ngx_str_t  ngx_http_auth_tenant_cookie_name = ngx_string("cookie");


/*
 * Reads the cookie at `pos`; NGX_DONE at the header's end.  Some parsers trim
 * more off a name than blanks, or read "=NAME=VALUE" as NAME: what any of
 * them may take for a name is reported, marked as not strict.
 */

static ngx_int_t
ngx_http_auth_tenant_cookie_parse(ngx_http_auth_tenant_cookie_t *cookie,
    ngx_str_t *header, u_char *pos)
{
    u_char  *p, *last, *name, *equal;

    last = header->data + header->len;

    if (pos > last) {
        return NGX_DONE;
    }

    cookie->start = pos;
    cookie->strict = (pos == header->data || pos[-1] == ';');

    for (p = pos; p < last && *p != ';' && *p != ','; p++) { /* void */ }

    cookie->next = p + 1;

    for (name = pos; name < p; name++) {

        if (*name == '=' || *name > 0x7e
            || (*name < 0x21 && *name != ' ' && *name != '\t'))
        {
            cookie->strict = 0;
            continue;
        }

        if (*name >= 0x21) {
            break;
        }
    }

    equal = ngx_strlchr(name, p, '=');

    if (equal == NULL) {
        equal = p;
        cookie->strict = 0;
    }

    for (cookie->end = p; cookie->end < last && *cookie->end != ';';
         cookie->end++)
    {
        /* void */
    }

    cookie->value.data = ngx_min(equal + 1, cookie->end);
    cookie->value.len = cookie->end - cookie->value.data;

    while (cookie->value.len
           && (*cookie->value.data == ' ' || *cookie->value.data == '\t'))
    {
        cookie->value.data++;
        cookie->value.len--;
    }

    while (cookie->value.len
           && (cookie->value.data[cookie->value.len - 1] == ' '
               || cookie->value.data[cookie->value.len - 1] == '\t'))
    {
        cookie->value.len--;
    }

    while (equal > name && (equal[-1] < 0x21 || equal[-1] > 0x7e)) {

        if (equal[-1] != ' ' && equal[-1] != '\t') {
            cookie->strict = 0;
        }

        equal--;
    }

    cookie->name.data = name;
    cookie->name.len = equal - name;

    return NGX_OK;
}


/*
 * Finds the cookies of a name, which is compared exactly, in all Cookie
 * headers, and returns how many there are; *value is that of the last one
 * that is beyond doubt, its data NULL if there is none.
 */

ngx_uint_t
ngx_http_auth_tenant_cookie(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_str_t *value)
{
    u_char                         *pos;
    ngx_uint_t                      n;
    ngx_table_elt_t                *h;
    ngx_http_auth_tenant_walk_t     walk;
    ngx_http_auth_tenant_cookie_t   cookie;

    n = 0;
    ngx_str_null(value);

    ngx_http_auth_tenant_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {
        ngx_http_auth_tenant_walk_next(&walk);

        if (!ngx_http_auth_tenant_is_header(h,
                                            &ngx_http_auth_tenant_cookie_name))
        {
            continue;
        }

        for (pos = h->value.data;
             ngx_http_auth_tenant_cookie_parse(&cookie, &h->value, pos)
             == NGX_OK;
             pos = cookie.next)
        {
            if (cookie.name.len != name->len
                || ngx_memcmp(cookie.name.data, name->data, name->len) != 0)
            {
                continue;
            }

            n++;

            if (cookie.strict) {
                *value = cookie.value;
            }
        }
    }

    return n;
}


/*
 * Removes cookies from every Cookie header; a header that has nothing else
 * goes altogether.
 */

ngx_int_t
ngx_http_auth_tenant_remove_cookies(ngx_http_request_t *r,
    const ngx_http_auth_tenant_scrub_t *names, ngx_uint_t nnames)
{
    ngx_int_t                     rc;
    ngx_uint_t                    edited;
    ngx_table_elt_t              *h;
    ngx_http_auth_tenant_walk_t   walk;

    while (nnames && !names->cookie) {
        names++;
        nnames--;
    }

    if (nnames == 0) {
        return NGX_OK;
    }

    edited = 0;

    ngx_http_auth_tenant_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {

        if (!ngx_http_auth_tenant_is_header(h,
                                            &ngx_http_auth_tenant_cookie_name))
        {
            ngx_http_auth_tenant_walk_next(&walk);
            continue;
        }

        rc = ngx_http_auth_tenant_cookie_edit(r, h, names, nnames);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            edited = 1;
        }

        if (rc == NGX_DECLINED || h->value.len) {
            ngx_http_auth_tenant_walk_next(&walk);
            continue;
        }

        if (ngx_http_auth_tenant_walk_unlink(&walk) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return edited ? ngx_http_auth_tenant_relink_cookies(r) : NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_cookie_listed(ngx_http_auth_tenant_cookie_t *cookie,
    const ngx_http_auth_tenant_scrub_t *names, ngx_uint_t nnames)
{
    ngx_uint_t  i;

    for (i = 0; i < nnames; i++) {

        if (!names[i].cookie
            || cookie->name.len < names[i].name.len
            || (cookie->name.len > names[i].name.len && !names[i].prefix))
        {
            continue;
        }

        if (ngx_memcmp(cookie->name.data, names[i].name.data,
                       names[i].name.len)
            == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* NGX_OK: the header has another value now; NGX_DECLINED: it has not. */

static ngx_int_t
ngx_http_auth_tenant_cookie_edit(ngx_http_request_t *r, ngx_table_elt_t *h,
    const ngx_http_auth_tenant_scrub_t *names, ngx_uint_t nnames)
{
    u_char                         *p, *pos, *data;
    ngx_http_auth_tenant_cookie_t   cookie;

    for (pos = h->value.data; /* void */ ; pos = cookie.next) {

        if (ngx_http_auth_tenant_cookie_parse(&cookie, &h->value, pos)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        if (ngx_http_auth_tenant_cookie_listed(&cookie, names, nnames)) {
            break;
        }
    }

    data = ngx_pnalloc(r->pool, h->value.len + 1);
    if (data == NULL) {
        return NGX_ERROR;
    }

    p = data;
    pos = h->value.data;

    while (ngx_http_auth_tenant_cookie_parse(&cookie, &h->value, pos)
           == NGX_OK)
    {
        if (ngx_http_auth_tenant_cookie_listed(&cookie, names, nnames)) {
            pos = cookie.end + 1;
            continue;
        }

        pos = cookie.next;

        if (p != data) {
            *p++ = cookie.start[-1];

        } else {
            while (cookie.start < pos - 1
                   && (*cookie.start == ' ' || *cookie.start == '\t'))
            {
                cookie.start++;
            }
        }

        p = ngx_cpymem(p, cookie.start, (pos - 1) - cookie.start);
    }

    *p = '\0';

    h->value.data = data;
    h->value.len = p - data;

    return NGX_OK;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_headers.h"


static ngx_int_t ngx_http_auth_tenant_own_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_auth_tenant_remove_header(ngx_http_request_t *r,
    const ngx_str_t *lowcase);


static ngx_str_t  ngx_http_auth_tenant_authorization =
    ngx_string("authorization");


void
ngx_http_auth_tenant_walk(ngx_http_auth_tenant_walk_t *walk, ngx_list_t *list)
{
    walk->list = list;
    walk->prev = NULL;
    walk->part = &list->part;
    walk->i = 0;
}


/* The header that the walk has come to, or NULL at the end. */

ngx_table_elt_t *
ngx_http_auth_tenant_walk_header(ngx_http_auth_tenant_walk_t *walk)
{
    ngx_table_elt_t  *h;

    while (walk->i >= walk->part->nelts) {

        if (walk->part->next == NULL) {
            return NULL;
        }

        walk->prev = walk->part;
        walk->part = walk->part->next;
        walk->i = 0;
    }

    h = walk->part->elts;

    return &h[walk->i];
}


/*
 * Unlinks the header that the walk has come to and goes on to the next one.
 * No other element moves, since headers_in points at them, and no part is
 * left empty but an only one, since nginx's own loops would read beyond it.
 * nalloc belongs to the last part: what is cut off that part's beginning is
 * no longer there to be pushed to.
 */

ngx_int_t
ngx_http_auth_tenant_walk_unlink(ngx_http_auth_tenant_walk_t *walk)
{
    ngx_uint_t        i;
    ngx_list_t       *list;
    ngx_list_part_t  *part, *prev, *tail;

    list = walk->list;
    prev = walk->prev;
    part = walk->part;
    i = walk->i;

    if (part->nelts == 1) {

        if (prev) {
            prev->next = part->next;

            if (part->next == NULL) {
                list->last = prev;
                list->nalloc = prev->nelts;
            }

            walk->part = prev;
            walk->i = prev->nelts;

            return NGX_OK;
        }

        tail = part->next;

        if (tail == NULL) {
            part->nelts = 0;
            return NGX_OK;
        }

        *part = *tail;

        if (list->last == tail) {
            list->last = part;
        }

        return NGX_OK;
    }

    if (i == part->nelts - 1) {
        part->nelts--;
        return NGX_OK;
    }

    if (i == 0) {
        part->elts = (u_char *) part->elts + list->size;
        part->nelts--;

        if (part->next == NULL) {
            list->nalloc--;
        }

        return NGX_OK;
    }

    tail = ngx_palloc(list->pool, sizeof(ngx_list_part_t));
    if (tail == NULL) {
        return NGX_ERROR;
    }

    tail->elts = (u_char *) part->elts + (i + 1) * list->size;
    tail->nelts = part->nelts - (i + 1);
    tail->next = part->next;

    if (part->next == NULL) {
        list->last = tail;
        list->nalloc -= i + 1;
    }

    part->nelts = i;
    part->next = tail;

    return NGX_OK;
}


ngx_int_t
ngx_http_auth_tenant_is_header(ngx_table_elt_t *h, const ngx_str_t *lowcase)
{
    return h->key.len == lowcase->len
           && ngx_strncasecmp(h->key.data, lowcase->data, lowcase->len) == 0;
}


/*
 * A subrequest starts with a copy of its parent's list that shares the parts.
 * Before anything is taken out of it, it gets elements of its own: what is
 * hidden from one must not vanish from the other.
 */

static ngx_int_t
ngx_http_auth_tenant_own_headers(ngx_http_request_t *r)
{
    ngx_uint_t                    n;
    ngx_list_t                   *list, own;
    ngx_table_elt_t              *h, *copy;
    ngx_http_auth_tenant_walk_t   walk;

    list = &r->headers_in.headers;

    if (r == r->main || list->last == &list->part) {
        return NGX_OK;
    }

    n = 0;

    ngx_http_auth_tenant_walk(&walk, list);

    while (ngx_http_auth_tenant_walk_header(&walk)) {
        ngx_http_auth_tenant_walk_next(&walk);
        n++;
    }

    if (ngx_list_init(&own, r->pool, ngx_max(n, 1), sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    copy = own.part.elts;

    ngx_http_auth_tenant_walk(&walk, list);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {
        ngx_http_auth_tenant_walk_next(&walk);
        *copy++ = *h;
    }

    own.part.nelts = n;

    *list = own;
    list->last = &list->part;

    return NGX_OK;
}


ngx_table_elt_t *
ngx_http_auth_tenant_header(ngx_http_request_t *r, const ngx_str_t *lowcase,
    ngx_uint_t *count)
{
    ngx_table_elt_t              *h, *found;
    ngx_http_auth_tenant_walk_t   walk;

    found = NULL;
    *count = 0;

    ngx_http_auth_tenant_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {
        ngx_http_auth_tenant_walk_next(&walk);

        if (!ngx_http_auth_tenant_is_header(h, lowcase)) {
            continue;
        }

        if ((*count)++ == 0) {
            found = h;
        }
    }

    return found;
}


/* Removes the credential that was verified, and nothing else. */

ngx_int_t
ngx_http_auth_tenant_strip(ngx_http_request_t *r,
    const ngx_http_auth_tenant_token_t *token)
{
    ngx_http_auth_tenant_scrub_t  cookie;

    if (token->type == NGX_HTTP_AUTH_TENANT_VARIABLE) {
        return NGX_OK;
    }

    if (ngx_http_auth_tenant_own_headers(r) != NGX_OK) {
        return NGX_ERROR;
    }

    switch (token->type) {

    case NGX_HTTP_AUTH_TENANT_BEARER:
        r->headers_in.authorization = NULL;

        return ngx_http_auth_tenant_remove_header(r,
                                         &ngx_http_auth_tenant_authorization);

    case NGX_HTTP_AUTH_TENANT_COOKIE:
        cookie.name = token->name;
        cookie.cookie = 1;
        cookie.prefix = 0;

        return ngx_http_auth_tenant_remove_cookies(r, &cookie, 1);

    default: /* NGX_HTTP_AUTH_TENANT_HEADER */
        return ngx_http_auth_tenant_remove_header(r, &token->name);
    }
}


static ngx_int_t
ngx_http_auth_tenant_remove_header(ngx_http_request_t *r,
    const ngx_str_t *lowcase)
{
    ngx_table_elt_t              *h;
    ngx_http_auth_tenant_walk_t   walk;

    ngx_http_auth_tenant_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {

        if (!ngx_http_auth_tenant_is_header(h, lowcase)) {
            ngx_http_auth_tenant_walk_next(&walk);
            continue;
        }

        if (ngx_http_auth_tenant_walk_unlink(&walk) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}

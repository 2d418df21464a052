
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Unlinking headers, on nginx's own types: whatever is taken out and pushed
 * in between, the others stay where they are (nginx points at them) in their
 * order, and no part is empty but an only one.
 */


#include "../../src/ngx_http_auth_tenant_headers.c"


#define MAX  200


static ngx_uint_t  failed;


/* Every allocation on its own, so that the sanitizer sees its bounds. */

void *
ngx_palloc(ngx_pool_t *pool, size_t size)
{
    return malloc(size);
}


/* what the rest of that file calls, and this test does not */

ngx_int_t
ngx_strncasecmp(u_char *s1, u_char *s2, size_t n)
{
    abort();
}


ngx_int_t
ngx_http_auth_tenant_remove_cookies(ngx_http_request_t *r,
    const ngx_http_auth_tenant_scrub_t *names, ngx_uint_t nnames)
{
    abort();
}


/* nginx's way to add an element, which must go on working */

static void *
push(ngx_list_t *l)
{
    ngx_list_part_t  *last;

    last = l->last;

    if (last->nelts == l->nalloc) {

        last = ngx_palloc(l->pool, sizeof(ngx_list_part_t));
        last->elts = ngx_palloc(l->pool, l->nalloc * l->size);
        last->nelts = 0;
        last->next = NULL;

        l->last->next = last;
        l->last = last;
    }

    return (char *) last->elts + l->size * last->nelts++;
}


static ngx_int_t
same(ngx_list_t *list, ngx_table_elt_t **expected, ngx_uint_t *hash,
    ngx_uint_t n)
{
    ngx_uint_t        i, found;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    found = 0;

    for (part = &list->part; part; part = part->next) {

        if (part->nelts == 0 && (part != &list->part || part->next)) {
            return 0;
        }

        if (part->next == NULL
            && (list->last != part || list->nalloc == 0
                || part->nelts > list->nalloc))
        {
            return 0;
        }

        h = part->elts;

        for (i = 0; i < part->nelts; i++, found++) {
            if (found == n || &h[i] != expected[found]
                || h[i].hash != hash[found])
            {
                return 0;
            }
        }
    }

    return found == n;
}


/* One list of parts of `size`, with `steps` walks over it. */

static void
run(ngx_uint_t size, ngx_uint_t steps)
{
    ngx_uint_t                    i, n, at, kept, serial, hash[MAX];
    ngx_list_t                    list;
    ngx_table_elt_t              *h, *expected[MAX];
    ngx_http_auth_tenant_walk_t   walk;

    if (ngx_list_init(&list, NULL, size, sizeof(ngx_table_elt_t)) != NGX_OK) {
        failed++;
        return;
    }

    n = 0;
    serial = 0;

    while (steps--) {

        for (i = rand() % (2 * size + 2); i && n < MAX; i--, n++) {
            h = push(&list);
            h->hash = ++serial;
            expected[n] = h;
            hash[n] = serial;
        }

        /* none, some, most or all of them go */

        at = 0;
        kept = 0;
        i = rand() % 4;

        ngx_http_auth_tenant_walk(&walk, &list);

        while ((h = ngx_http_auth_tenant_walk_header(&walk)) != NULL) {

            if (at == n || h != expected[at++]) {
                failed++;
                return;
            }

            if (i == 0 || (i < 3 && rand() % 4 < (int) i)) {

                if (ngx_http_auth_tenant_walk_unlink(&walk) != NGX_OK) {
                    failed++;
                    return;
                }

                h->hash = 0;
                continue;
            }

            expected[kept] = h;
            hash[kept++] = h->hash;
            ngx_http_auth_tenant_walk_next(&walk);
        }

        if (at != n) {
            failed++;
            return;
        }

        n = kept;

        if (!same(&list, expected, hash, n)) {
            failed++;
            return;
        }
    }
}


int
main(void)
{
    ngx_uint_t  size, seed;

    printf("1..1\n");

    for (seed = 1; seed <= 20000 && failed == 0; seed++) {
        srand(seed);
        size = 1 + seed % 7;
        run(size, 1 + seed % 9);
    }

    if (failed) {
        printf("# seed %u\n", (unsigned) seed - 1);
    }

    printf("%sok 1 - unlinked elements go, all others stay\n",
           failed ? "not " : "");

    return failed ? 1 : 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_keys.h"
#include "ngx_http_auth_tenant_compat.h"


static ngx_int_t ngx_http_auth_tenant_file_stamp(ngx_file_info_t *fi,
    ngx_http_auth_tenant_stamp_t *stamp,
    ngx_http_auth_tenant_problem_t *problem);
static ngx_int_t ngx_http_auth_tenant_file_problem(
    ngx_http_auth_tenant_problem_t *problem, const char *what,
    const char *todo, ngx_err_t err);


/*
 * Looks at a file without opening it.  NGX_OK with *stamp set, or NGX_ERROR
 * with *problem set.
 */

ngx_int_t
ngx_http_auth_tenant_file_look(ngx_str_t *path,
    ngx_http_auth_tenant_stamp_t *stamp,
    ngx_http_auth_tenant_problem_t *problem)
{
    ngx_file_info_t  fi;

    ngx_memzero(stamp, sizeof(ngx_http_auth_tenant_stamp_t));
    ngx_memzero(problem, sizeof(ngx_http_auth_tenant_problem_t));

    if (ngx_file_info(path->data, &fi) == NGX_FILE_ERROR) {

        if (ngx_errno == NGX_EACCES) {
            return ngx_http_auth_tenant_file_problem(problem,
                        "can't be reached",
                        "allow nginx and its worker's user to read it and to "
                        "enter its directory", NGX_EACCES);
        }

        return ngx_http_auth_tenant_file_problem(problem, "can't be found",
                        "write the path of a JWK Set, a PEM public key or a "
                        "certificate", ngx_errno);
    }

    return ngx_http_auth_tenant_file_stamp(&fi, stamp, problem);
}


static ngx_int_t
ngx_http_auth_tenant_file_stamp(ngx_file_info_t *fi,
    ngx_http_auth_tenant_stamp_t *stamp,
    ngx_http_auth_tenant_problem_t *problem)
{
    ngx_memzero(stamp, sizeof(ngx_http_auth_tenant_stamp_t));

    if (!ngx_is_file(fi)) {
        return ngx_http_auth_tenant_file_problem(problem,
                        "is not a regular file",
                        "write the path of a JWK Set, a PEM public key or a "
                        "certificate", 0);
    }

    if (ngx_file_size(fi) > AUTH_TENANT_MAX_DOCUMENT) {
        return ngx_http_auth_tenant_file_problem(problem,
                        "is larger than 256k",
                        "leave only the provider's keys in it", 0);
    }

    stamp->dev = fi->st_dev;
    stamp->ino = fi->st_ino;
    stamp->size = ngx_file_size(fi);
    stamp->mtime = ngx_http_auth_tenant_mtime(fi);
    stamp->ctime = ngx_http_auth_tenant_ctime(fi);

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_file_problem(ngx_http_auth_tenant_problem_t *problem,
    const char *what, const char *todo, ngx_err_t err)
{
    problem->what = what;
    problem->todo = todo;
    problem->err = err;

    return NGX_ERROR;
}


/*
 * Reads a whole file into memory that ngx_http_auth_tenant_file_free() frees.
 * Opening never waits, not even for a FIFO that came in between.  NGX_AGAIN
 * if the file changed meanwhile, NGX_ERROR with *problem set.
 */

ngx_int_t
ngx_http_auth_tenant_file_read(ngx_str_t *path, ngx_str_t *document,
    ngx_http_auth_tenant_stamp_t *stamp,
    ngx_http_auth_tenant_problem_t *problem, ngx_log_t *log)
{
    int                            flags;
    ssize_t                        n;
    ngx_fd_t                       fd;
    ngx_int_t                      rc;
    ngx_file_info_t                fi;
    ngx_http_auth_tenant_stamp_t   after;

    ngx_str_null(document);
    ngx_memzero(problem, sizeof(ngx_http_auth_tenant_problem_t));

    flags = O_RDONLY|O_NONBLOCK|O_NOCTTY|O_CLOEXEC;

    fd = open((const char *) path->data, flags);

    if (fd == NGX_INVALID_FILE) {
        return ngx_http_auth_tenant_file_problem(problem, "can't be opened",
                        "allow nginx and its worker's user to read it",
                        ngx_errno);
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        rc = ngx_http_auth_tenant_file_problem(problem, "can't be examined",
                                               "see the system's log",
                                               ngx_errno);
        goto done;
    }

    rc = ngx_http_auth_tenant_file_stamp(&fi, stamp, problem);

    if (rc != NGX_OK) {
        goto done;
    }

    /* a byte more than the size tells whether it has grown */

    document->data = ngx_alloc(stamp->size + 1, log);
    if (document->data == NULL) {
        rc = ngx_http_auth_tenant_file_problem(problem, "can't be read",
                                               "free some memory", ngx_errno);
        goto done;
    }

    while (document->len <= (size_t) stamp->size) {

        n = ngx_read_fd(fd, document->data + document->len,
                        stamp->size + 1 - document->len);

        if (n == -1) {
            rc = ngx_http_auth_tenant_file_problem(problem, "can't be read",
                                                   "see the system's log",
                                                   ngx_errno);
            goto done;
        }

        if (n == 0) {
            break;
        }

        document->len += n;
    }

    if (document->len != (size_t) stamp->size
        || ngx_fd_info(fd, &fi) == NGX_FILE_ERROR
        || ngx_http_auth_tenant_file_stamp(&fi, &after, problem) != NGX_OK
        || !ngx_http_auth_tenant_stamp_eq(stamp, &after))
    {
        ngx_memzero(problem, sizeof(ngx_http_auth_tenant_problem_t));
        rc = NGX_AGAIN;
    }

done:

    if (rc != NGX_OK) {
        ngx_http_auth_tenant_file_free(document);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", path);
    }

    return rc;
}


/* a document may hold secrets: kty oct */

void
ngx_http_auth_tenant_file_free(ngx_str_t *document)
{
    if (document->data) {
        ngx_explicit_memzero(document->data, document->len);
        ngx_free(document->data);
    }

    ngx_str_null(document);
}


ngx_int_t
ngx_http_auth_tenant_stamp_eq(const ngx_http_auth_tenant_stamp_t *a,
    const ngx_http_auth_tenant_stamp_t *b)
{
    return a->dev == b->dev
           && a->ino == b->ino
           && a->size == b->size
           && a->mtime.tv_sec == b->mtime.tv_sec
           && a->mtime.tv_nsec == b->mtime.tv_nsec
           && a->ctime.tv_sec == b->ctime.tv_sec
           && a->ctime.tv_nsec == b->ctime.tv_nsec;
}


/*
 * Makes a key set of a document.  Returns NULL with no problem set if the
 * source has the keys of this very document already.
 */

auth_tenant_keys_t *
ngx_http_auth_tenant_file_parse(ngx_http_auth_tenant_source_t *source,
    ngx_str_t *document, u_char *digest, auth_tenant_keys_report_t *report,
    ngx_http_auth_tenant_problem_t *problem)
{
    auth_tenant_str_t    text;
    auth_tenant_keys_t  *keys;

    ngx_memzero(problem, sizeof(ngx_http_auth_tenant_problem_t));

    if (EVP_Digest(document->data, document->len, digest, NULL, EVP_sha256(),
                   NULL)
        != 1)
    {
        (void) ngx_http_auth_tenant_file_problem(problem, "can't be read",
                                                 "see why OpenSSL fails", 0);
        return NULL;
    }

    if (source->keys
        && ngx_memcmp(digest, source->digest, NGX_HTTP_AUTH_TENANT_DIGEST)
           == 0)
    {
        return NULL;
    }

    text = ngx_http_auth_tenant_str(document);
    keys = auth_tenant_keys_parse(&text, source->algs, report);

    if (keys == NULL) {
        (void) ngx_http_auth_tenant_file_problem(problem,
                              report->error ? report->error : "has no keys",
                              "write a JWK Set, PEM public keys or "
                              "certificates with a key that fits "
                              "\"algorithms\"", 0);
    }

    return keys;
}

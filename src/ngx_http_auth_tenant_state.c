
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_state.h"

#include <openssl/evp.h>


static ngx_int_t ngx_http_auth_tenant_state_examine(int fd, ngx_uid_t user,
    size_t max, size_t *size, const char **why);
static ngx_int_t ngx_http_auth_tenant_state_text(int fd, ngx_str_t *text,
    const char **why);
static ngx_int_t ngx_http_auth_tenant_state_parse(const ngx_str_t *text,
    const ngx_str_t *owner, ngx_str_t *document, time_t *fetched,
    const char **why, ngx_log_t *log);
static ngx_int_t ngx_http_auth_tenant_state_skip(u_char **p, u_char *last,
    const u_char *text, size_t len);
static ngx_int_t ngx_http_auth_tenant_state_number(u_char **p, u_char *last,
    int64_t max, int64_t *value);
static ngx_int_t ngx_http_auth_tenant_state_digest(u_char *digest,
    const u_char *head, size_t len, const ngx_str_t *document);


ngx_int_t
ngx_http_auth_tenant_state_read(const ngx_str_t *path,
    const ngx_str_t *owner, ngx_uid_t user, ngx_str_t *document,
    time_t *fetched, const char **why, ngx_log_t *log)
{
    int        fd;
    size_t     max;
    ngx_int_t  rc;
    ngx_str_t  text;

    ngx_str_null(document);
    text.data = NULL;

    /* neither a link nor a FIFO that would be waited for */

    fd = open((const char *) path->data,
              O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY|O_CLOEXEC);

    if (fd == -1) {

        if (ngx_errno == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        *why = "it can't be opened: allow nginx to read it, and write no "
               "symbolic link";
        return NGX_ERROR;
    }

    max = NGX_HTTP_AUTH_TENANT_STATE_HEAD + owner->len
          + AUTH_TENANT_MAX_DOCUMENT;

    rc = ngx_http_auth_tenant_state_examine(fd, user, max, &text.len, why);

    if (rc == NGX_OK) {
        text.data = ngx_alloc(text.len + 1, log);

        if (text.data == NULL) {
            *why = "there is no memory for it";
            rc = NGX_ERROR;

        } else {
            rc = ngx_http_auth_tenant_state_text(fd, &text, why);
        }
    }

    if (rc == NGX_OK) {
        rc = ngx_http_auth_tenant_state_parse(&text, owner, document, fetched,
                                              why, log);
    }

    (void) close(fd);

    if (rc != NGX_OK) {
        ngx_free(text.data);
        return rc;
    }

    /* what is freed is the beginning of what was allocated */

    ngx_memmove(text.data, document->data, document->len);
    document->data = text.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_state_examine(int fd, ngx_uid_t user, size_t max,
    size_t *size, const char **why)
{
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        *why = "it can't be examined";
        return NGX_ERROR;
    }

    if (!S_ISREG(st.st_mode)) {
        *why = "it is not a regular file";
        return NGX_ERROR;
    }

    /* its keys will be believed: only whom nginx trusts may have written it */

    if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != user) {
        *why = "it belongs to neither root nor the workers' user";
        return NGX_ERROR;
    }

    if (st.st_mode & (S_IWGRP|S_IWOTH)) {
        *why = "others may write it: take their permission away";
        return NGX_ERROR;
    }

    if (st.st_size < 0 || (size_t) st.st_size > max) {
        *why = "it is too large";
        return NGX_ERROR;
    }

    *size = (size_t) st.st_size;

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_state_text(int fd, ngx_str_t *text, const char **why)
{
    size_t   len;
    ssize_t  n;

    len = 0;

    /* a byte more tells whether it has grown */

    while (len <= text->len) {

        n = read(fd, text->data + len, text->len + 1 - len);

        if (n == -1) {
            *why = "it can't be read";
            return NGX_ERROR;
        }

        if (n == 0) {
            break;
        }

        len += n;
    }

    if (len != text->len) {
        *why = "it is being changed";
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Numbers are taken from the text; then all that stands before the document
 * has to be what would be written for them.
 */

static ngx_int_t
ngx_http_auth_tenant_state_parse(const ngx_str_t *text,
    const ngx_str_t *owner, ngx_str_t *document, time_t *fetched,
    const char **why, ngx_log_t *log)
{
    u_char     *p, *last, *head;
    size_t      len;
    int64_t     time, length;
    ngx_int_t   rc;

    p = text->data;
    last = text->data + text->len;

    *why = "it is damaged";

    if (ngx_http_auth_tenant_state_skip(&p, last,
                       (u_char *) NGX_HTTP_AUTH_TENANT_STATE_MARK "issuer ",
                       sizeof(NGX_HTTP_AUTH_TENANT_STATE_MARK "issuer ") - 1)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_auth_tenant_state_skip(&p, last, owner->data, owner->len)
        != NGX_OK
        || p == last || *p != LF)
    {
        *why = "it is of another issuer, or of other settings";
        return NGX_ERROR;
    }

    if (ngx_http_auth_tenant_state_skip(&p, last, (u_char *) "\nfetched ", 9)
        != NGX_OK
        || ngx_http_auth_tenant_state_number(&p, last, AUTH_TENANT_MAX_DATE,
                                             &time)
           != NGX_OK
        || ngx_http_auth_tenant_state_skip(&p, last, (u_char *) "\nlength ", 8)
           != NGX_OK
        || ngx_http_auth_tenant_state_number(&p, last,
                                             AUTH_TENANT_MAX_DOCUMENT, &length)
           != NGX_OK
        || length == 0 || length > last - p)
    {
        return NGX_ERROR;
    }

    document->len = (size_t) length;
    document->data = last - length;

    head = ngx_alloc(NGX_HTTP_AUTH_TENANT_STATE_HEAD + owner->len, log);
    if (head == NULL) {
        *why = "there is no memory for it";
        return NGX_ERROR;
    }

    len = ngx_http_auth_tenant_state_head(head, owner, document,
                                          (time_t) time);

    rc = (len && len + document->len == text->len
          && ngx_memcmp(text->data, head, len) == 0) ? NGX_OK : NGX_ERROR;

    ngx_free(head);

    *fetched = (time_t) time;

    return rc;
}


static ngx_int_t
ngx_http_auth_tenant_state_skip(u_char **p, u_char *last, const u_char *text,
    size_t len)
{
    if ((size_t) (last - *p) < len || ngx_memcmp(*p, text, len) != 0) {
        return NGX_ERROR;
    }

    *p += len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_auth_tenant_state_number(u_char **p, u_char *last, int64_t max,
    int64_t *value)
{
    for (*value = 0; *p < last && **p >= '0' && **p <= '9'; (*p)++) {

        *value = *value * 10 + (**p - '0');

        if (*value > max) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


size_t
ngx_http_auth_tenant_state_head(u_char *dst, const ngx_str_t *owner,
    const ngx_str_t *document, time_t fetched)
{
    int          n;
    u_char      *p, digest[32];
    ngx_uint_t   i;

    static const u_char  hex[] = "0123456789abcdef";

    p = ngx_cpymem(dst, NGX_HTTP_AUTH_TENANT_STATE_MARK,
                   sizeof(NGX_HTTP_AUTH_TENANT_STATE_MARK) - 1);
    p = ngx_cpymem(p, "issuer ", 7);
    p = ngx_cpymem(p, owner->data, owner->len);

    n = snprintf((char *) p, 100, "\nfetched %lld\nlength %lu\n",
                 (long long) fetched, (unsigned long) document->len);

    if (n <= 0 || n >= 100) {
        return 0;
    }

    p += n;

    if (ngx_http_auth_tenant_state_digest(digest, dst, p - dst, document)
        != NGX_OK)
    {
        return 0;
    }

    p = ngx_cpymem(p, "sha256 ", 7);

    for (i = 0; i < sizeof(digest); i++) {
        *p++ = hex[digest[i] >> 4];
        *p++ = hex[digest[i] & 15];
    }

    p = ngx_cpymem(p, "\n\n", 2);

    return p - dst;
}


static ngx_int_t
ngx_http_auth_tenant_state_digest(u_char *digest, const u_char *head,
    size_t len, const ngx_str_t *document)
{
    ngx_int_t    rc;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
          && EVP_DigestUpdate(ctx, head, len) == 1
          && EVP_DigestUpdate(ctx, document->data, document->len) == 1
          && EVP_DigestFinal_ex(ctx, digest, NULL) == 1)
         ? NGX_OK : NGX_ERROR;

    EVP_MD_CTX_free(ctx);

    return rc;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_curl.h"
#include <openssl/x509.h>


static ngx_uint_t ngx_http_auth_tenant_curl_is(ngx_str_t *value,
    const char *name, char *p, size_t len);
static ngx_uint_t ngx_http_auth_tenant_curl_word(const ngx_str_t *value,
    const char *word);
static void ngx_http_auth_tenant_curl_cache(
    ngx_http_auth_tenant_fetch_t *fetch, const ngx_str_t *value);
static const char *ngx_http_auth_tenant_curl_todo(
    ngx_http_auth_tenant_fetch_t *fetch);
static void ngx_http_auth_tenant_curl_say(
    ngx_http_auth_tenant_fetch_t *fetch, const char *what, const char *todo,
    ngx_str_t *error);


size_t
ngx_http_auth_tenant_curl_header(char *p, size_t size, size_t n, void *data)
{
    size_t                         len;
    ngx_str_t                      value;
    ngx_http_auth_tenant_fetch_t  *fetch;

    fetch = data;
    len = size * n;

    fetch->head += len;

    if (fetch->head > NGX_HTTP_AUTH_TENANT_MAX_HEAD) {
        fetch->why = "its headers are larger than 64k";
        return 0;
    }

    /* of a proxy's answer, interim ones and the last only the last counts */

    if (len >= 5 && ngx_strncmp(p, "HTTP/", 5) == 0) {
        fetch->trailer = 0;
        fetch->cache_len = 0;
        return len;
    }

    while (len && (p[len - 1] == CR || p[len - 1] == LF)) {
        len--;
    }

    /* what follows is the body's trailer */

    if (len == 0) {
        fetch->trailer = 1;
    }

    if (fetch->trailer) {
        return size * n;
    }

    /* neither was asked for, and a small answer could become a large one */

    if ((ngx_http_auth_tenant_curl_is(&value, "content-encoding", p, len)
         && !ngx_http_auth_tenant_curl_word(&value, "identity"))
        || (ngx_http_auth_tenant_curl_is(&value, "transfer-encoding", p, len)
            && !ngx_http_auth_tenant_curl_word(&value, "chunked")))
    {
        fetch->why = "its answer is encoded, which was not asked for: turn "
                     "compression off there";
        return 0;
    }

    if (ngx_http_auth_tenant_curl_is(&value, "cache-control", p, len)) {
        ngx_http_auth_tenant_curl_cache(fetch, &value);
    }

    return size * n;
}


/* Whether a line is the header `name`; its value without space around it. */

static ngx_uint_t
ngx_http_auth_tenant_curl_is(ngx_str_t *value, const char *name, char *p,
    size_t len)
{
    size_t  n;

    n = ngx_strlen(name);

    if (len <= n || p[n] != ':'
        || ngx_strncasecmp((u_char *) p, (u_char *) name, n) != 0)
    {
        return 0;
    }

    value->data = (u_char *) p + n + 1;
    value->len = len - n - 1;

    while (value->len && (*value->data == ' ' || *value->data == '\t')) {
        value->data++;
        value->len--;
    }

    while (value->len && (value->data[value->len - 1] == ' '
                          || value->data[value->len - 1] == '\t'))
    {
        value->len--;
    }

    return 1;
}


static ngx_uint_t
ngx_http_auth_tenant_curl_word(const ngx_str_t *value, const char *word)
{
    return value->len == ngx_strlen(word)
           && ngx_strncasecmp(value->data, (u_char *) word, value->len) == 0;
}


/* A line that doesn't fit is left out whole: half a number is another one. */

static void
ngx_http_auth_tenant_curl_cache(ngx_http_auth_tenant_fetch_t *fetch,
    const ngx_str_t *value)
{
    u_char  *p;

    if (value->len == 0
        || fetch->cache_len + 2 + value->len > sizeof(fetch->cache_control))
    {
        return;
    }

    p = fetch->cache_control + fetch->cache_len;

    if (fetch->cache_len) {
        *p++ = ',';
        *p++ = ' ';
    }

    p = ngx_cpymem(p, value->data, value->len);
    fetch->cache_len = p - fetch->cache_control;
}


size_t
ngx_http_auth_tenant_curl_body(char *p, size_t size, size_t n, void *data)
{
    long                           status;
    size_t                         len, room;
    u_char                        *body;
    ngx_http_auth_tenant_fetch_t  *fetch;

    fetch = data;
    len = size * n;

    /* only the status counts then */

    if (curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status)
        != CURLE_OK
        || status != 200)
    {
        return 0;
    }

    if (len > fetch->max_size - fetch->len) {
        fetch->why = "its answer is too large";
        return 0;
    }

    if (fetch->len + len > fetch->allocated) {

        room = ngx_max(fetch->allocated * 2, NGX_HTTP_AUTH_TENANT_BODY);
        room = ngx_min(ngx_max(room, fetch->len + len), fetch->max_size);

        body = realloc(fetch->body, room);
        if (body == NULL) {
            fetch->why = "there is no memory for its answer";
            return 0;
        }

        fetch->body = body;
        fetch->allocated = room;
    }

    ngx_memcpy(fetch->body + fetch->len, p, len);
    fetch->len += len;

    return len;
}


void
ngx_http_auth_tenant_curl_answer(ngx_http_auth_tenant_fetch_t *fetch,
    ngx_http_auth_tenant_answer_t *answer)
{
    long         status;
    char         text[128], *url;
    const char  *what, *todo;

    ngx_memzero(answer, sizeof(ngx_http_auth_tenant_answer_t));

    if (curl_easy_getinfo(fetch->easy, CURLINFO_EFFECTIVE_URL, &url)
        == CURLE_OK
        && url)
    {
        answer->url.data = (u_char *) url;
        answer->url.len = ngx_strlen(url);
    }

    if (curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status)
        != CURLE_OK
        || status < 0)
    {
        status = 0;
    }

    answer->status = status;

    if (fetch->code == CURLE_OK && status == 200) {
        answer->body.len = fetch->len;
        answer->body.data = fetch->body ? fetch->body : (u_char *) "";
        answer->cache_control.len = fetch->cache_len;
        answer->cache_control.data = fetch->cache_control;
        return;
    }

    todo = NULL;

    if (status > 200) {
        (void) snprintf(text, sizeof(text), "it answers with status %ld",
                        status);
        what = text;

        if (status >= 300 && status <= 399) {
            todo = "redirects are not followed: write the final URL";
        }

    } else if (fetch->why) {
        what = fetch->why;

    } else if (fetch->code == CURLE_FILESIZE_EXCEEDED) {
        what = "its answer is too large";

    } else if (fetch->refused[0] && fetch->code == CURLE_COULDNT_CONNECT) {
        (void) snprintf(text, sizeof(text),
                        "its address %s is loopback, link-local or multicast",
                        fetch->refused);
        what = text;

        if (ngx_strncmp(fetch->refused, "127.", 4) == 0
            || ngx_strcmp(fetch->refused, "::1") == 0)
        {
            todo = "if it is this machine, write localhost or 127.0.0.1 in "
                   "its URL";
        }

    } else {
        what = fetch->buffer[0] ? fetch->buffer
                                : curl_easy_strerror(fetch->code);
        todo = ngx_http_auth_tenant_curl_todo(fetch);
    }

    ngx_http_auth_tenant_curl_say(fetch, what, todo, &answer->error);
}


static const char *
ngx_http_auth_tenant_curl_todo(ngx_http_auth_tenant_fetch_t *fetch)
{
    long  result;

    switch (fetch->code) {

    case CURLE_UNSUPPORTED_PROTOCOL:

        /* of a URL, or of what answers there */

        if (curl_easy_getinfo(fetch->easy, CURLINFO_NUM_CONNECTS, &result)
            == CURLE_OK
            && result)
        {
            return "look at its port, and whether it is https:// there";
        }

        return "write an https:// URL";

    case CURLE_SSL_CACERT_BADFILE:
        return "let the workers' user read that file, with certificates in "
               "PEM";

    default:
        break;
    }

    if (curl_easy_getinfo(fetch->easy, CURLINFO_SSL_VERIFYRESULT, &result)
        != CURLE_OK)
    {
        return NULL;
    }

    switch (result) {

    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "name its CA in \"ssl_trusted_certificate\"";

    default:
        return NULL;
    }
}


/* A server's bytes may be in a message of libcurl: printable ASCII only. */

static void
ngx_http_auth_tenant_curl_say(ngx_http_auth_tenant_fetch_t *fetch,
    const char *what, const char *todo, ngx_str_t *error)
{
    u_char       *p, *last;
    const char   *part[3];
    ngx_uint_t    i;

    part[0] = what;
    part[1] = todo ? ", " : "";
    part[2] = todo ? todo : "";

    p = fetch->error;
    last = fetch->error + sizeof(fetch->error);

    for (i = 0; i < 3; i++) {
        for (what = part[i]; *what && p < last; what++) {
            *p++ = (*what >= ' ' && *what <= '~') ? *what : '?';
        }
    }

    error->data = fetch->error;
    error->len = p - fetch->error;
}

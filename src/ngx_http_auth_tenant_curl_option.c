
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "ngx_http_auth_tenant_curl.h"
#include "ngx_http_auth_tenant_compat.h"
#include "auth_tenant_url.h"


static unsigned ngx_http_auth_tenant_curl_http(CURL *easy,
    const ngx_http_auth_tenant_route_t *route, ngx_msec_t timeout);
static unsigned ngx_http_auth_tenant_curl_tls(CURL *easy,
    const ngx_http_auth_tenant_route_t *route);
static unsigned ngx_http_auth_tenant_curl_callbacks(
    ngx_http_auth_tenant_fetch_t *fetch);
static unsigned ngx_http_auth_tenant_curl_cas(CURL *easy,
    const ngx_http_auth_tenant_route_t *route);
static long ngx_http_auth_tenant_curl_cas_age(const char *file);
static curl_socket_t ngx_http_auth_tenant_curl_socket(void *data,
    curlsocktype purpose, struct curl_sockaddr *addr);
static ngx_uint_t ngx_http_auth_tenant_curl_allowed(
    ngx_http_auth_tenant_fetch_t *fetch, const struct curl_sockaddr *addr);


/* a number that libcurl takes as long; 0 would mean "for ever" */

#define ngx_http_auth_tenant_curl_ms(ms)                                      \
    ((ms) == 0 ? 1L : (ms) > 86400000 ? 86400000L : (long) (ms))


ngx_int_t
ngx_http_auth_tenant_curl_options(ngx_http_auth_tenant_fetch_t *fetch,
    const ngx_http_auth_tenant_route_t *route, const u_char *url,
    ngx_msec_t timeout)
{
    CURL      *easy;
    unsigned   rc;

    fetch->max_size = route->max_size;
    fetch->checked = (route->proxy.len == 0);
    fetch->loopback = route->loopback;

    easy = curl_easy_init();
    if (easy == NULL) {
        return NGX_ERROR;
    }

    fetch->easy = easy;

    rc = curl_easy_setopt(easy, CURLOPT_URL, (const char *) url);
    rc |= curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *) fetch);
    rc |= ngx_http_auth_tenant_curl_http(easy, route, timeout);
    rc |= ngx_http_auth_tenant_curl_tls(easy, route);
    rc |= ngx_http_auth_tenant_curl_callbacks(fetch);

    /* none of them is for comfort only */

    return rc == CURLE_OK ? NGX_OK : NGX_ERROR;
}


static unsigned
ngx_http_auth_tenant_curl_http(CURL *easy,
    const ngx_http_auth_tenant_route_t *route, ngx_msec_t timeout)
{
    unsigned  rc;

    rc = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                          route->http ? "https,http" : "https");
    rc |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           (long) CURL_HTTP_VERSION_1_1);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    rc |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "nginx-auth-tenant");
    rc |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                           ngx_http_auth_tenant_curl.headers);

    /* "" keeps libcurl from asking the environment */

    rc |= curl_easy_setopt(easy, CURLOPT_PROXY,
                           route->proxy.len ? (char *) route->proxy.data : "");
    rc |= curl_easy_setopt(easy, CURLOPT_NOPROXY, "");

    /* neither signals nor waiting for a thread that looks up a name */

    rc |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);

    rc |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                           ngx_http_auth_tenant_curl_ms(timeout));
    rc |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                  ngx_http_auth_tenant_curl_ms(route->connect_timeout));

    /* a name's new address, a file's new CA count from the next fetch on */

    rc |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);

    rc |= curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                           (curl_off_t) route->max_size);

    return rc;
}


static unsigned
ngx_http_auth_tenant_curl_callbacks(ngx_http_auth_tenant_fetch_t *fetch)
{
    CURL      *easy;
    unsigned   rc;

    easy = fetch->easy;

    rc = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->buffer);
    rc |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                           ngx_http_auth_tenant_curl_socket);
    rc |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, (void *) fetch);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                           ngx_http_auth_tenant_curl_header);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, (void *) fetch);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                           ngx_http_auth_tenant_curl_body);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, (void *) fetch);

    return rc;
}


static unsigned
ngx_http_auth_tenant_curl_tls(CURL *easy,
    const ngx_http_auth_tenant_route_t *route)
{
    unsigned  rc;

    rc = curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                          (long) CURL_SSLVERSION_TLSv1_2);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER,
                           route->verify ? 1L : 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
                           route->verify ? 2L : 0L);

    /* a resumed session would not be verified anew */

    rc |= curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);

    if (route->verify) {
        rc |= ngx_http_auth_tenant_curl_cas(easy, route);
    }

    return rc;
}


/*
 * The CAs of one file and, without a directory of them, no others.  Reading
 * the system's takes 20 ms, in which a worker does nothing else: libcurl keeps
 * them, though only where there is no directory.
 */

static unsigned
ngx_http_auth_tenant_curl_cas(CURL *easy,
    const ngx_http_auth_tenant_route_t *route)
{
    unsigned     rc;
    const char  *file;

    if (route->certificate.len) {
        file = (const char *) route->certificate.data;

    } else {
        file = curl_version_info(CURLVERSION_NOW)->cainfo;

        /* a libcurl that knows of a directory only */

        if (file == NULL) {
            return CURLE_OK;
        }
    }

    rc = curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    rc |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    rc |= curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT,
                           ngx_http_auth_tenant_curl_cas_age(file));

    return rc;
}


/*
 * How old, in seconds, what was read of a file may be: no older than its last
 * change that was seen.  0: it has to be read again.
 */

static long
ngx_http_auth_tenant_curl_cas_age(const char *file)
{
    struct stat                   st;
    ngx_msec_t                    age;
    ngx_http_auth_tenant_curl_t  *curl;

    curl = &ngx_http_auth_tenant_curl;

    if (stat(file, &st) == -1) {
        ngx_memzero(&curl->ca, sizeof(struct stat));
        return 0;
    }

    if (st.st_dev != curl->ca.st_dev
        || st.st_ino != curl->ca.st_ino
        || st.st_size != curl->ca.st_size
        || ngx_memcmp(&ngx_http_auth_tenant_mtime(&st),
                      &ngx_http_auth_tenant_mtime(&curl->ca),
                      sizeof(struct timespec))
           != 0
        || ngx_memcmp(&ngx_http_auth_tenant_ctime(&st),
                      &ngx_http_auth_tenant_ctime(&curl->ca),
                      sizeof(struct timespec))
           != 0)
    {
        curl->ca = st;
        curl->ca_changed = ngx_current_msec;
        return 0;
    }

    age = (ngx_current_msec - curl->ca_changed) / 1000;

    return (long) ngx_min(age, 86400);
}


/*
 * What a name turned out to be decides whether a connection is made, each
 * time: rebinding finds no gap between a check and its use.
 */

static curl_socket_t
ngx_http_auth_tenant_curl_socket(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr)
{
    int                            type;
    curl_socket_t                  s;
    ngx_http_auth_tenant_fetch_t  *fetch;

    fetch = data;

    if (purpose != CURLSOCKTYPE_IPCXN
        || (fetch->checked && !ngx_http_auth_tenant_curl_allowed(fetch, addr)))
    {
        return CURL_SOCKET_BAD;
    }

    type = addr->socktype;

#ifdef SOCK_CLOEXEC
    type |= SOCK_CLOEXEC;
#endif

    s = socket(addr->family, type, addr->protocol);

    if (s != CURL_SOCKET_BAD) {
        ngx_http_auth_tenant_curl_replaced(s);
    }

    return s;
}


static ngx_uint_t
ngx_http_auth_tenant_curl_allowed(ngx_http_auth_tenant_fetch_t *fetch,
    const struct curl_sockaddr *addr)
{
    size_t                len;
    const u_char         *p;
    struct sockaddr_in    sin;
    struct sockaddr_in6   sin6;

    static const u_char  loopback[16] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    };

    /* libcurl gives more room to an address than its type says */

    p = (const u_char *) addr + offsetof(struct curl_sockaddr, addr);

    if (addr->family == AF_INET && addr->addrlen >= sizeof(sin)) {
        ngx_memcpy(&sin, p, sizeof(sin));
        p = (const u_char *) &sin.sin_addr;
        len = 4;

    } else if (addr->family == AF_INET6 && addr->addrlen >= sizeof(sin6)) {
        ngx_memcpy(&sin6, p, sizeof(sin6));
        p = (const u_char *) &sin6.sin6_addr;
        len = 16;

    } else {
        return 0;
    }

    if (auth_tenant_address_public(p, len)) {
        return 1;
    }

    /* this host, but neither as 0.0.0.0 nor as IPv4 inside IPv6 */

    if (fetch->loopback
        && (len == 4 ? p[0] == 127 : ngx_memcmp(p, loopback, 16) == 0))
    {
        return 1;
    }

    if (inet_ntop(addr->family, p, fetch->refused, sizeof(fetch->refused))
        == NULL)
    {
        fetch->refused[0] = '?';
    }

    return 0;
}

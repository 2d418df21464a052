
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * URLs and addresses.  The input is a URL, another one, and the bytes of an
 * address, a line each.  A URL is its parts put together again; whatever host
 * libc would take for an address must be one that was read as such.
 */


#include <arpa/inet.h>
#include <netinet/in.h>

#include "lines.h"
#include "auth_tenant_url.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_host(const auth_tenant_url_t *url)
{
    char             host[AUTH_TENANT_MAX_HOST + 1];
    int              loopback;
    size_t           i;
    struct in_addr   plain, strict;
    struct in6_addr  six;

    check(url->host.len > 0 && url->host.len <= AUTH_TENANT_MAX_HOST);

    for (i = 0; i < url->host.len; i++) {
        check(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789-.:", url->host.data[i])
              && url->host.data[i]);
    }

    memcpy(host, url->host.data, url->host.len);
    host[url->host.len] = '\0';

    if (strchr(host, ':')) {
        check(inet_pton(AF_INET6, host, &six) == 1);
        check(url->loopback == !!IN6_IS_ADDR_LOOPBACK(&six));
        return;
    }

    check(host[0] != '.' && host[url->host.len - 1] != '.');
    check(strstr(host, "..") == NULL);

    loopback = (strcasecmp(host, "localhost") == 0);

    /* inet_aton() reads octal, hexadecimal and short forms */

    if (inet_aton(host, &plain)) {
        check(inet_pton(AF_INET, host, &strict) == 1);
        check(plain.s_addr == strict.s_addr);

        loopback = (ntohl(strict.s_addr) >> 24 == 127);
    }

    check(url->loopback == (unsigned) loopback);
}


/* 1 if it is a URL. */

static int
check_url(auth_tenant_url_t *url, const auth_tenant_str_t *text)
{
    char        again[AUTH_TENANT_MAX_URL + 1];
    int         n, six;
    size_t      i;
    const char *error;

    error = auth_tenant_url_parse(url, text);

    if (error != NULL) {
        check(*error);
        return 0;
    }

    check(text->len <= AUTH_TENANT_MAX_URL);
    check_host(url);

    six = memchr(url->host.data, ':', url->host.len) != NULL;

    n = snprintf(again, sizeof(again), "%s%s%.*s%s%s%.*s%.*s",
                 url->https ? "https://" : "http://", six ? "[" : "",
                 (int) url->host.len, (const char *) url->host.data,
                 six ? "]" : "", url->port.len ? ":" : "",
                 (int) url->port.len, (const char *) url->port.data,
                 (int) url->path.len, (const char *) url->path.data);

    check((size_t) n == text->len && memcmp(again, text->data, n) == 0);

    if (url->port.len) {
        check(url->port.len <= 5 && url->port.data[0] != '0');
        n = 0;

        for (i = 0; i < url->port.len; i++) {
            check(url->port.data[i] >= '0' && url->port.data[i] <= '9');
            n = n * 10 + url->port.data[i] - '0';
        }

        check(n > 0 && n < 65536);
    }

    check(url->path.len == 0 || url->path.data[0] == '/');

    for (i = 0; i < url->path.len; i++) {
        check(url->path.data[i] > ' ' && url->path.data[i] < 0x7f);
        check(url->path.data[i] != '#' && url->path.data[i] != '\\');
    }

    return 1;
}


static void
check_same_host(const auth_tenant_url_t *a, const auth_tenant_url_t *b)
{
    int  host;

    host = (a->host.len == b->host.len
            && strncasecmp((const char *) a->host.data,
                           (const char *) b->host.data, a->host.len)
               == 0);

    check(auth_tenant_url_same_host(a, b) == host);
    check(auth_tenant_url_same_host(b, a) == host);
}


static void
check_address(const auth_tenant_str_t *bytes)
{
    int              public;
    unsigned char    mapped[16];
    struct in6_addr  six;

    public = auth_tenant_address_public(bytes->data, bytes->len);

    if (bytes->len == 4) {
        memset(mapped, 0, sizeof(mapped));
        memcpy(mapped + 12, bytes->data, 4);
        check(auth_tenant_address_public(mapped, 16) == public);

        mapped[10] = mapped[11] = 0xff;
        check(auth_tenant_address_public(mapped, 16) == public);

        memcpy(mapped, "\x00\x64\xff\x9b\0\0\0\0\0\0\0\0", 12);
        check(auth_tenant_address_public(mapped, 16) == public);

        memcpy(mapped, "\x20\x02", 2);
        memcpy(mapped + 2, bytes->data, 4);
        check(auth_tenant_address_public(mapped, 16) == public);
        return;
    }

    if (bytes->len != 16) {
        check(!public);
        return;
    }

    memcpy(&six, bytes->data, 16);

    if (public) {
        check(!IN6_IS_ADDR_LOOPBACK(&six) && !IN6_IS_ADDR_UNSPECIFIED(&six)
              && !IN6_IS_ADDR_LINKLOCAL(&six) && !IN6_IS_ADDR_MULTICAST(&six));
    }

    if (IN6_IS_ADDR_V4MAPPED(&six) || IN6_IS_ADDR_V4COMPAT(&six)) {
        check(auth_tenant_address_public(bytes->data + 12, 4) == public);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                a, b;
    auth_tenant_str_t  text[3];
    auth_tenant_url_t  url[2];

    lines(data, size, text, 3);

    a = check_url(&url[0], &text[0]);
    b = check_url(&url[1], &text[1]);

    if (a) {
        check_same_host(&url[0], &url[0]);
    }

    if (a && b) {
        check_same_host(&url[0], &url[1]);
    }

    if (text[2].data != NULL) {
        check_address(&text[2]);
    }

    lines_free(text, 3);

    return 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <arpa/inet.h>
#include <string.h>

#include "auth_tenant_url.h"


#define AUTH_TENANT_MAX_IPV6  45   /* INET6_ADDRSTRLEN without the NUL */


static const char *auth_tenant_url_authority(auth_tenant_url_t *url,
    const unsigned char *p, const unsigned char *last);
static const char *auth_tenant_url_ipv6(auth_tenant_url_t *url);
static const char *auth_tenant_url_name(auth_tenant_url_t *url);
static int auth_tenant_url_number(const auth_tenant_str_t *label);
static int auth_tenant_url_ipv4(const auth_tenant_str_t *host,
    unsigned char *address);
static const char *auth_tenant_url_port(const auth_tenant_str_t *port);
static const char *auth_tenant_url_path(const auth_tenant_str_t *path);
static int auth_tenant_url_same(const auth_tenant_str_t *a,
    const auth_tenant_str_t *b);
static int auth_tenant_address_public4(const unsigned char *address);


#define auth_tenant_digit(c)  ((c) >= '0' && (c) <= '9')

#define auth_tenant_lower(c)                                                  \
    ((unsigned char) (((c) >= 'A' && (c) <= 'Z') ? ((c) | 0x20) : (c)))


const char *
auth_tenant_url_parse(auth_tenant_url_t *url, const auth_tenant_str_t *text)
{
    size_t                scheme;
    const char           *error;
    const unsigned char  *p, *end, *last;

    memset(url, 0, sizeof(auth_tenant_url_t));

    if (text->len > AUTH_TENANT_MAX_URL) {
        return "must be of at most 2048 bytes";
    }

    if (text->len >= 8 && memcmp(text->data, "https://", 8) == 0) {
        url->https = 1;
        scheme = 8;

    } else if (text->len >= 7 && memcmp(text->data, "http://", 7) == 0) {
        scheme = 7;

    } else {
        return "must begin with \"https://\" or \"http://\"";
    }

    p = text->data + scheme;
    last = text->data + text->len;

    end = memchr(p, '/', (size_t) (last - p));

    if (end == NULL) {
        end = last;
    }

    error = auth_tenant_url_authority(url, p, end);

    if (error != NULL) {
        return error;
    }

    url->path.data = end;
    url->path.len = (size_t) (last - end);

    return auth_tenant_url_path(&url->path);
}


static const char *
auth_tenant_url_authority(auth_tenant_url_t *url, const unsigned char *p,
    const unsigned char *last)
{
    const char           *error;
    const unsigned char  *end;

    /* RFC 3986 section 3.2.1: its colon is that of no port */

    if (memchr(p, '@', (size_t) (last - p)) != NULL) {
        return "has a user name or a password; write none";
    }

    /* RFC 3986 section 3.2.2: brackets hold what has colons of its own */

    if (p < last && *p == '[') {
        p++;
        end = memchr(p, ']', (size_t) (last - p));

        if (end == NULL) {
            return "has \"[\" without \"]\"";
        }

        url->host.data = p;
        url->host.len = (size_t) (end - p);

        error = auth_tenant_url_ipv6(url);
        end++;

    } else {
        end = memchr(p, ':', (size_t) (last - p));

        if (end == NULL) {
            end = last;
        }

        url->host.data = p;
        url->host.len = (size_t) (end - p);

        error = auth_tenant_url_name(url);
    }

    if (error != NULL || end == last) {
        return error;
    }

    if (*end != ':') {
        return "has more than a port after \"]\"";
    }

    url->port.data = end + 1;
    url->port.len = (size_t) (last - end) - 1;

    return auth_tenant_url_port(&url->port);
}


static const char *
auth_tenant_url_ipv6(auth_tenant_url_t *url)
{
    char           text[AUTH_TENANT_MAX_IPV6 + 1];
    unsigned char  address[16];

    static const unsigned char  loopback[16] = { [15] = 1 };

    /* a NUL would end the text early; a zone ("%eth0") is nobody's business */

    if (url->host.len > AUTH_TENANT_MAX_IPV6
        || memchr(url->host.data, '\0', url->host.len) != NULL
        || memchr(url->host.data, '%', url->host.len) != NULL)
    {
        return "has no IPv6 address between \"[\" and \"]\"";
    }

    memcpy(text, url->host.data, url->host.len);
    text[url->host.len] = '\0';

    if (inet_pton(AF_INET6, text, address) != 1) {
        return "has no IPv6 address between \"[\" and \"]\"";
    }

    url->loopback = (memcmp(address, loopback, sizeof(loopback)) == 0);

    return NULL;
}


/*
 * A DNS name of LDH labels (RFC 1123 section 2.1) or a dotted address.  What
 * ends in a number is an address to whoever connects, in notations that
 * people don't read as one: "0x7f.1" and "2130706433" are 127.0.0.1.
 */

static const char *
auth_tenant_url_name(auth_tenant_url_t *url)
{
    size_t                    i;
    unsigned char             c, address[4];
    auth_tenant_str_t         label;
    const auth_tenant_str_t  *host;

    static const auth_tenant_str_t  localhost =
        auth_tenant_string("localhost");

    host = &url->host;

    if (host->len > AUTH_TENANT_MAX_HOST) {
        return "has a host name of more than 253 bytes";
    }

    label.data = host->data;
    label.len = 0;

    for (i = 0; i <= host->len; i++) {

        c = (i < host->len) ? host->data[i] : '.';

        if (c != '.') {
            c = auth_tenant_lower(c);

            if (!auth_tenant_digit(c) && !(c >= 'a' && c <= 'z') && c != '-') {
                return "has a host with other than letters, digits, \"-\" and "
                       "\".\"; write IPv6 addresses in brackets";
            }

            label.len++;
            continue;
        }

        if (label.len == 0) {
            return "has an empty host name, or one with an empty label: two "
                   "dots, or one at an end";
        }

        if (label.len > AUTH_TENANT_MAX_LABEL
            || label.data[0] == '-' || label.data[label.len - 1] == '-')
        {
            return "has a host name with a label of more than 63 bytes, or "
                   "with \"-\" at an end";
        }

        if (i < host->len) {
            label.data += label.len + 1;
            label.len = 0;
        }
    }

    if (!auth_tenant_url_number(&label)) {
        url->loopback = auth_tenant_url_same(host, &localhost);
        return NULL;
    }

    if (!auth_tenant_url_ipv4(host, address)) {
        return "has a host that ends in a number; write an IPv4 address as "
               "four decimal numbers";
    }

    url->loopback = (address[0] == 127);

    return NULL;
}


/* Decimal, or "0x" and hexadecimal digits, also none: inet_aton() takes it. */

static int
auth_tenant_url_number(const auth_tenant_str_t *label)
{
    int            hex;
    size_t         i;
    unsigned char  c;

    hex = (label->len >= 2 && label->data[0] == '0'
           && auth_tenant_lower(label->data[1]) == 'x');

    for (i = hex ? 2 : 0; i < label->len; i++) {
        c = auth_tenant_lower(label->data[i]);

        if (!auth_tenant_digit(c) && !(hex && c >= 'a' && c <= 'f')) {
            return 0;
        }
    }

    return 1;
}


/* Four decimal numbers without zeros in front, which would make them octal. */

static int
auth_tenant_url_ipv4(const auth_tenant_str_t *host, unsigned char *address)
{
    size_t    i, n, digits;
    unsigned  value;

    n = 0;
    value = 0;
    digits = 0;

    for (i = 0; i <= host->len; i++) {

        if (i < host->len && host->data[i] != '.') {

            if (!auth_tenant_digit(host->data[i])
                || (digits != 0 && value == 0))
            {
                return 0;
            }

            value = value * 10 + (host->data[i] - '0');
            digits++;

            if (value > 255) {
                return 0;
            }

            continue;
        }

        if (n == 4) {
            return 0;
        }

        address[n++] = (unsigned char) value;
        value = 0;
        digits = 0;
    }

    return n == 4;
}


static const char *
auth_tenant_url_port(const auth_tenant_str_t *port)
{
    size_t    i;
    unsigned  value;

    value = 0;

    for (i = 0; i < port->len && value <= 65535; i++) {

        if (!auth_tenant_digit(port->data[i])) {
            break;
        }

        value = value * 10 + (port->data[i] - '0');
    }

    if (i < port->len || value == 0 || value > 65535 || port->data[0] == '0') {
        return "has a port that is not a number from 1 to 65535";
    }

    return NULL;
}


static const char *
auth_tenant_url_path(const auth_tenant_str_t *path)
{
    size_t  i;

    for (i = 0; i < path->len; i++) {

        if (path->data[i] < 0x21 || path->data[i] > 0x7e) {
            return "has a space, a control character or a byte beyond ASCII";
        }

        if (path->data[i] == '#') {
            return "has a fragment; leave it out from the \"#\" on";
        }

        if (path->data[i] == '\\') {
            return "has a \"\\\"; write \"/\"";
        }
    }

    return NULL;
}


int
auth_tenant_url_same_host(const auth_tenant_url_t *a,
    const auth_tenant_url_t *b)
{
    return auth_tenant_url_same(&a->host, &b->host);
}


/* Without case: DNS knows none (RFC 4343), nor do hexadecimal digits. */

static int
auth_tenant_url_same(const auth_tenant_str_t *a, const auth_tenant_str_t *b)
{
    size_t  i;

    if (a->len != b->len) {
        return 0;
    }

    for (i = 0; i < a->len; i++) {
        if (auth_tenant_lower(a->data[i]) != auth_tenant_lower(b->data[i])) {
            return 0;
        }
    }

    return 1;
}


int
auth_tenant_address_public(const unsigned char *address, size_t len)
{
    size_t  i;

    /* RFC 4291 sections 2.5.5.1 and 2.5.5.2, RFC 6052 section 2.1 */

    static const unsigned char  embedding[][12] = {
        { 0 },
        { [10] = 0xff, [11] = 0xff },
        { 0x00, 0x64, 0xff, 0x9b }
    };

    if (len == 4) {
        return auth_tenant_address_public4(address);
    }

    if (len != 16) {
        return 0;
    }

    /* :: and ::1 are 0.0.0.0 and 0.0.0.1 in this form */

    for (i = 0; i < sizeof(embedding) / sizeof(embedding[0]); i++) {
        if (memcmp(address, embedding[i], 12) == 0) {
            return auth_tenant_address_public4(address + 12);
        }
    }

    /* RFC 3056 section 2 */

    if (address[0] == 0x20 && address[1] == 0x02) {
        return auth_tenant_address_public4(address + 2);
    }

    /* what 169.254.0.0/16 is, in two clouds without IPv4 */

    if (memcmp(address, "\xfd\x00\x0e\xc2", 4) == 0
        || memcmp(address, "\xfd\x20\x00\xce", 4) == 0)
    {
        return 0;
    }

    /* RFC 4291 sections 2.5.6 and 2.7 */

    return !(address[0] == 0xfe && (address[1] & 0xc0) == 0x80)
           && address[0] != 0xff;
}


static int
auth_tenant_address_public4(const unsigned char *address)
{
    /* RFC 6890: 0/8, 127/8, 169.254/16; RFC 5771: 224/4; RFC 1112: 240/4 */

    return address[0] != 0
           && address[0] != 127
           && !(address[0] == 169 && address[1] == 254)
           && address[0] < 224;
}

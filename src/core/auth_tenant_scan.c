
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * A node's lengths stand before its name and value.  Those of a string or a
 * number are known as soon as it is read; a container's is filled in when it
 * ends.
 */


#include <string.h>

#include "auth_tenant_flat.h"
#include "auth_tenant_json.h"
#include "auth_tenant_scan.h"
#include "auth_tenant_scan_text.h"


typedef struct {
    const unsigned char      *p;        /* what is read next */
    const unsigned char      *end;
    unsigned char            *dst;      /* what is written next */
    unsigned char            *last;
    unsigned                  reals;
    auth_tenant_verdict_e     verdict;  /* if it fails */
} auth_tenant_scan_t;


static int auth_tenant_scan_members(auth_tenant_scan_t *scan, unsigned depth);
static int auth_tenant_scan_elements(auth_tenant_scan_t *scan,
    unsigned depth);
static int auth_tenant_scan_value(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key, unsigned depth);
static int auth_tenant_scan_container(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key, unsigned depth);
static int auth_tenant_scan_close(auth_tenant_scan_t *scan,
    unsigned char *start, size_t name);
static int auth_tenant_scan_put_number(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key);
static int auth_tenant_scan_put_word(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key, auth_tenant_node_e type,
    const char *word);
static int auth_tenant_scan_put(auth_tenant_scan_t *scan,
    auth_tenant_node_e type, const auth_tenant_scan_text_t *key,
    const auth_tenant_scan_text_t *value);
static int auth_tenant_scan_put_head(auth_tenant_scan_t *scan,
    auth_tenant_node_e type, const auth_tenant_scan_text_t *key, size_t len);
static unsigned char *auth_tenant_scan_put_length(unsigned char *dst,
    size_t len);


/* How many bytes more than one a length takes. */

#define auth_tenant_scan_more(len)  (((len) > 0x7f) + ((len) > 0x3fff))


/* White space as RFC 8259 section 2 has it, and no other. */

static inline void
auth_tenant_scan_space(auth_tenant_scan_t *scan)
{
    const unsigned char  *p;

    for (p = scan->p; p < scan->end; p++) {

        if (*p > ' ' || (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r'))
        {
            break;
        }
    }

    scan->p = p;
}


/* Steps over one byte if it is `c`, and over white space on both sides. */

static inline int
auth_tenant_scan_byte(auth_tenant_scan_t *scan, unsigned char c)
{
    auth_tenant_scan_space(scan);

    if (scan->p == scan->end || *scan->p != c) {
        return 0;
    }

    scan->p++;

    auth_tenant_scan_space(scan);

    return 1;
}


auth_tenant_verdict_e
auth_tenant_scan_object(const auth_tenant_str_t *text, unsigned char *dst,
    size_t size, size_t *len)
{
    auth_tenant_scan_t  scan;

    /* no length that is written takes more than three bytes */

    if (size > AUTH_TENANT_FLAT_MAX_LENGTH) {
        size = AUTH_TENANT_FLAT_MAX_LENGTH;
    }

    scan.p = text->data;
    scan.end = text->data + text->len;
    scan.dst = dst;
    scan.last = dst + size;
    scan.reals = 0;
    scan.verdict = AUTH_TENANT_MALFORMED;

    if (!auth_tenant_scan_byte(&scan, '{')
        || !auth_tenant_scan_members(&scan, 1))
    {
        return scan.verdict;
    }

    if (scan.p != scan.end) {
        return AUTH_TENANT_MALFORMED;
    }

    *len = scan.dst - dst;

    return AUTH_TENANT_OK;
}


/*
 * The members of an object, with the brace behind them: when all are there,
 * they are counted and their names compared.
 */

static int
auth_tenant_scan_members(auth_tenant_scan_t *scan, unsigned depth)
{
    unsigned                  n;
    auth_tenant_str_t         members;
    auth_tenant_scan_text_t   key;

    if (auth_tenant_scan_byte(scan, '}')) {
        return 1;
    }

    members.data = scan->dst;

    for (n = 1; /* void */ ; n++) {

        if (scan->p == scan->end || *scan->p != '"') {
            return 0;
        }

        scan->p = auth_tenant_scan_string(scan->p + 1, scan->end, &key);

        if (scan->p == NULL
            || !auth_tenant_scan_byte(scan, ':')
            || !auth_tenant_scan_value(scan, &key, depth))
        {
            return 0;
        }

        if (auth_tenant_scan_byte(scan, ',')) {
            continue;
        }

        members.len = scan->dst - members.data;

        return auth_tenant_scan_byte(scan, '}')
               && (n == 1 || auth_tenant_flat_unique(&members));
    }
}


static int
auth_tenant_scan_elements(auth_tenant_scan_t *scan, unsigned depth)
{
    unsigned  n;

    if (auth_tenant_scan_byte(scan, ']')) {
        return 1;
    }

    for (n = 1; n <= AUTH_TENANT_MAX_ELEMENTS; n++) {

        if (!auth_tenant_scan_value(scan, NULL, depth)) {
            return 0;
        }

        if (auth_tenant_scan_byte(scan, ',')) {
            continue;
        }

        return auth_tenant_scan_byte(scan, ']');
    }

    return 0;
}


/* A value, `depth` levels below the root; `key` is NULL in an array. */

static int
auth_tenant_scan_value(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key, unsigned depth)
{
    auth_tenant_scan_text_t  value;

    if (scan->p == scan->end) {
        return 0;
    }

    switch (*scan->p) {

    case '"':
        scan->p = auth_tenant_scan_string(scan->p + 1, scan->end, &value);

        return scan->p != NULL
               && auth_tenant_scan_put(scan, AUTH_TENANT_NODE_STRING, key,
                                       &value);

    case '{':
    case '[':
        return depth < AUTH_TENANT_MAX_DEPTH
               && auth_tenant_scan_container(scan, key, depth + 1);

    case 't':
        return auth_tenant_scan_put_word(scan, key, AUTH_TENANT_NODE_TRUE,
                                         "true");

    case 'f':
        return auth_tenant_scan_put_word(scan, key, AUTH_TENANT_NODE_FALSE,
                                         "false");

    case 'n':
        return auth_tenant_scan_put_word(scan, key, AUTH_TENANT_NODE_NULL,
                                         "null");

    default:
        return auth_tenant_scan_put_number(scan, key);
    }
}


static int
auth_tenant_scan_container(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key, unsigned depth)
{
    int             object;
    unsigned char  *start;

    object = (*scan->p == '{');

    if (!auth_tenant_scan_put_head(scan, object ? AUTH_TENANT_NODE_OBJECT
                                                : AUTH_TENANT_NODE_ARRAY,
                                   key, 0))
    {
        return 0;
    }

    start = scan->dst;

    scan->p++;

    if (!(object ? auth_tenant_scan_members(scan, depth)
                 : auth_tenant_scan_elements(scan, depth)))
    {
        return 0;
    }

    return auth_tenant_scan_close(scan, start, key ? key->len : 0);
}


/*
 * Room for one byte of the length was left, and what follows is moved in the
 * rare case that it takes more.
 */

static int
auth_tenant_scan_close(auth_tenant_scan_t *scan, unsigned char *start,
    size_t name)
{
    size_t  len, more;

    len = scan->dst - start;
    more = auth_tenant_scan_more(len);

    if (more > (size_t) (scan->last - scan->dst)) {
        scan->verdict = AUTH_TENANT_ERROR;
        return 0;
    }

    start -= name;

    if (more != 0) {
        memmove(start + more, start, name + len);
        scan->dst += more;
    }

    auth_tenant_scan_put_length(start - 1, len);

    return 1;
}


static int
auth_tenant_scan_put_number(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key)
{
    int                       real;
    char                      text[AUTH_TENANT_JSON_REAL];
    auth_tenant_node_e        type;
    const unsigned char      *p;
    auth_tenant_scan_text_t   value;

    p = auth_tenant_scan_number(scan->p, scan->end, &real);

    /* more follows, or the object would have no end */

    if (p == NULL || p == scan->end) {
        return 0;
    }

    value.raw.data = scan->p;
    value.raw.len = p - scan->p;
    scan->p = p;

    if (real) {

        /*
         * To write a double with all its digits costs more than anything else
         * in a text, and whoever sends it has not been asked for a signature.
         */

        if (scan->reals++ == AUTH_TENANT_MAX_REALS) {
            return 0;
        }

        type = AUTH_TENANT_NODE_REAL;

        value.raw.len = auth_tenant_json_real(&value.raw, text,
                                              &scan->verdict);
        value.raw.data = (unsigned char *) text;

        if (value.raw.len == 0) {
            return 0;
        }

    } else {
        type = AUTH_TENANT_NODE_INTEGER;

        if (!auth_tenant_scan_integer(&value.raw)) {
            return 0;
        }
    }

    value.len = value.raw.len;

    return auth_tenant_scan_put(scan, type, key, &value);
}


static int
auth_tenant_scan_put_word(auth_tenant_scan_t *scan,
    const auth_tenant_scan_text_t *key, auth_tenant_node_e type,
    const char *word)
{
    auth_tenant_scan_text_t  value;

    value.len = strlen(word);

    if (value.len > (size_t) (scan->end - scan->p)
        || memcmp(scan->p, word, value.len) != 0)
    {
        return 0;
    }

    scan->p += value.len;

    if (type == AUTH_TENANT_NODE_NULL) {
        value.len = 0;
    }

    value.raw.len = value.len;
    value.raw.data = (const unsigned char *) word;

    return auth_tenant_scan_put(scan, type, key, &value);
}


static int
auth_tenant_scan_put(auth_tenant_scan_t *scan, auth_tenant_node_e type,
    const auth_tenant_scan_text_t *key, const auth_tenant_scan_text_t *value)
{
    if (!auth_tenant_scan_put_head(scan, type, key, value->len)) {
        return 0;
    }

    auth_tenant_scan_copy(scan->dst, value);
    scan->dst += value->len;

    return 1;
}


/* Writes a type, both lengths and the name, if the value has room, too. */

static int
auth_tenant_scan_put_head(auth_tenant_scan_t *scan, auth_tenant_node_e type,
    const auth_tenant_scan_text_t *key, size_t len)
{
    size_t          need;
    unsigned char  *dst;

    need = 2 + auth_tenant_scan_more(len) + len;

    if (key != NULL) {
        need += 1 + auth_tenant_scan_more(key->len) + key->len;
    }

    if (need > (size_t) (scan->last - scan->dst)) {
        scan->verdict = AUTH_TENANT_ERROR;
        return 0;
    }

    dst = scan->dst;
    *dst++ = type;

    if (key == NULL) {
        scan->dst = auth_tenant_scan_put_length(dst, len);
        return 1;
    }

    dst = auth_tenant_scan_put_length(dst, key->len);
    dst = auth_tenant_scan_put_length(dst, len);

    auth_tenant_scan_copy(dst, key);
    scan->dst = dst + key->len;

    return 1;
}


static unsigned char *
auth_tenant_scan_put_length(unsigned char *dst, size_t len)
{
    while (len > 0x7f) {
        *dst++ = 0x80 | (len & 0x7f);
        len >>= 7;
    }

    *dst++ = len;

    return dst;
}

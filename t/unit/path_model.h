
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Models for the path tests, written apart from the code that they check: how
 * nginx 1.22 makes a URI out of a request target, how it escapes a URI that
 * it forwards, and how a backend may read what it gets.
 */


#ifndef _PATH_MODEL_H_INCLUDED_
#define _PATH_MODEL_H_INCLUDED_


#include <stddef.h>
#include <string.h>


#define MODEL_SEGMENTS  1024


static int
model_hex(unsigned char c)
{
    const char  *p;

    static const char  digits[] = "0123456789abcdef0123456789ABCDEF";

    p = c ? strchr(digits, c) : NULL;

    return p ? (int) ((p - digits) % 16) : -1;
}


/* Ends a "..": the last byte of "/a/.." is at uri[*u - 1]. */

static int
model_nginx_up(const unsigned char *uri, size_t *u)
{
    long  i;

    for (i = (long) *u - 4; i >= 0; i--) {
        if (uri[i] == '/') {
            *u = (size_t) i + 1;
            return 1;
        }
    }

    return 0;
}


/*
 * ngx_http_parse_complex_uri(): decodes once, resolves dot segments, merges
 * slashes if told to, ends at "?" or "#".  Returns 1 with the URI written, or
 * 0 where nginx answers 400.  `uri` has room for `len` bytes.
 */

__attribute__((unused))
static int
model_nginx_uri(const unsigned char *raw, size_t len, int merge,
    unsigned char *uri, size_t *uri_len)
{
    int            hi, lo, quoted;
    size_t         i, u;
    unsigned char  c;
    enum { USUAL, SLASH, DOT, DOT_DOT }  state;

    state = USUAL;
    u = 0;

    for (i = 0; i < len; i++) {
        c = raw[i];
        quoted = 0;

        if (c == '%') {

            if (i + 2 >= len) {
                return 0;
            }

            hi = model_hex(raw[i + 1]);
            lo = model_hex(raw[i + 2]);

            if (hi < 0 || lo < 0) {
                return 0;
            }

            c = (unsigned char) (hi * 16 + lo);
            i += 2;
            quoted = 1;

            if (c == '\0') {
                return 0;
            }

            /* these are text, whatever came before them */

            if (c == '%' || c == '#' || c == '?') {
                state = USUAL;
                uri[u++] = c;
                continue;
            }
        }

        if (!quoted && (c == '?' || c == '#')) {
            break;
        }

        if (c == '/') {

            if (state == SLASH && merge) {
                continue;
            }

            if (state == DOT) {
                u--;

            } else if (state == DOT_DOT) {
                if (!model_nginx_up(uri, &u)) {
                    return 0;
                }

            } else {
                uri[u++] = c;
            }

            state = SLASH;
            continue;
        }

        uri[u++] = c;

        if (c == '.') {
            state = (state == SLASH) ? DOT : (state == DOT) ? DOT_DOT : USUAL;

        } else {
            state = USUAL;
        }
    }

    if (state == DOT) {
        u--;

    } else if (state == DOT_DOT && !model_nginx_up(uri, &u)) {
        return 0;
    }

    *uri_len = u;

    return 1;
}


/* ngx_escape_uri(NGX_ESCAPE_URI): what is forwarded of a changed URI. */

__attribute__((unused))
static size_t
model_nginx_escape(unsigned char *dst, const unsigned char *uri, size_t len)
{
    size_t         i, n;
    unsigned char  c;

    static const char  hex[] = "0123456789ABCDEF";

    n = 0;

    for (i = 0; i < len; i++) {
        c = uri[i];

        if (c <= ' ' || c >= 0x7f || c == '%' || c == '#' || c == '?') {
            dst[n++] = '%';
            dst[n++] = (unsigned char) hex[c >> 4];
            dst[n++] = (unsigned char) hex[c & 15];

        } else {
            dst[n++] = c;
        }
    }

    return n;
}


/* Lenient decoding, in place: what is no escape stays. */

static size_t
model_decode(unsigned char *p, size_t len)
{
    int     hi, lo;
    size_t  i, n;

    n = 0;

    for (i = 0; i < len; i++) {

        if (p[i] == '%' && i + 2 < len) {
            hi = model_hex(p[i + 1]);
            lo = model_hex(p[i + 2]);

            if (hi >= 0 && lo >= 0) {
                p[n++] = (unsigned char) (hi * 16 + lo);
                i += 2;
                continue;
            }
        }

        p[n++] = p[i];
    }

    return n;
}


/* How a backend reads a target. */

typedef struct {
    unsigned  decode;         /* times */
    unsigned  whole:1;        /* decodes before splitting, else segments */
    unsigned  backslash:1;    /* "\" separates */
    unsigned  encoded:1;      /* so do %2f, %5c and %252f as they stand */
    unsigned  merge:1;        /* empty segments vanish */
    unsigned  end:1;          /* a decoded NUL, "?" or "#" ends the path */
    unsigned  params_raw:1;   /* ";..." is cut off before decoding */
    unsigned  params:1;       /* ";..." is cut off after decoding */
} model_backend_t;


#define MODEL_BACKENDS  (3 << 7)


__attribute__((unused))
static model_backend_t
model_backend(unsigned n)
{
    model_backend_t  b;

    b.whole = n & 1;
    b.backslash = n >> 1 & 1;
    b.encoded = n >> 2 & 1;
    b.merge = n >> 3 & 1;
    b.end = n >> 4 & 1;
    b.params_raw = n >> 5 & 1;
    b.params = n >> 6 & 1;
    b.decode = n >> 7;

    return b;
}


typedef struct {
    size_t         n;
    struct {
        size_t               len;
        const unsigned char *data;
    } segments[MODEL_SEGMENTS];
    unsigned char  buf[1024];
} model_view_t;


/* How many bytes of `p` separate two segments for this backend; 0: none. */

static size_t
model_separator(const model_backend_t *b, const unsigned char *p, size_t len)
{
    unsigned     i;

    static const char  *const texts[] = {
        "%2f", "%2F", "%5c", "%5C", "%252f", "%252F", "%255c", "%255C"
    };

    if (p[0] == '/' || (p[0] == '\\' && b->backslash)) {
        return 1;
    }

    for (i = 0; b->encoded && i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (len >= strlen(texts[i])
            && memcmp(p, texts[i], strlen(texts[i])) == 0)
        {
            return strlen(texts[i]);
        }
    }

    return 0;
}


/* Removes parameters: from ";" to the next "/", or to the end. */

static size_t
model_params(unsigned char *p, size_t len)
{
    int     inside;
    size_t  i, n;

    n = 0;
    inside = 0;

    for (i = 0; i < len; i++) {

        if (p[i] == '/') {
            inside = 0;

        } else if (p[i] == ';') {
            inside = 1;
        }

        if (!inside) {
            p[n++] = p[i];
        }
    }

    return n;
}


static void
model_segment(const model_backend_t *b, model_view_t *view, unsigned char *p,
    size_t len)
{
    size_t    i;
    unsigned  k;

    for (k = 0; !b->whole && k < b->decode; k++) {
        len = model_decode(p, len);
    }

    if (b->params) {
        for (i = 0; i < len && p[i] != ';'; i++) { /* void */ }
        len = i;
    }

    if (b->end) {
        for (i = 0; i < len && p[i] && p[i] != '?' && p[i] != '#'; i++) {
            /* void */
        }
        len = i;
    }

    if ((len == 0 && b->merge) || (len == 1 && p[0] == '.')) {
        return;
    }

    if (len == 2 && p[0] == '.' && p[1] == '.') {
        view->n -= (view->n > 0);
        return;
    }

    if (view->n < MODEL_SEGMENTS) {
        view->segments[view->n].data = p;
        view->segments[view->n].len = len;
        view->n++;
    }
}


/* What the backend sees; returns 0 if the target is too long for the model. */

__attribute__((unused))
static int
model_view(const model_backend_t *b, const unsigned char *raw, size_t len,
    model_view_t *view)
{
    size_t         i, n, start;
    unsigned       k;
    unsigned char  *p;

    view->n = 0;
    p = view->buf;

    if (len >= sizeof(view->buf)) {
        return 0;
    }

    for (i = 0; i < len && raw[i] != '?' && raw[i] != '#'; i++) {
        p[i] = raw[i];
    }

    len = i;

    if (b->params_raw) {
        len = model_params(p, len);
    }

    for (k = 0; b->whole && k < b->decode; k++) {
        len = model_decode(p, len);
    }

    if (b->whole && b->end) {
        for (i = 0; i < len && p[i] && p[i] != '?' && p[i] != '#'; i++) {
            /* void */
        }
        len = i;
    }

    /* the first separator only begins the path */

    n = len ? model_separator(b, p, len) : 0;
    start = n;

    for (i = n; i < len; i += n) {
        n = model_separator(b, p + i, len - i);

        if (n == 0) {
            n = 1;
            continue;
        }

        model_segment(b, view, p + start, i - start);
        start = i + n;
    }

    model_segment(b, view, p + start, len - start);

    return 1;
}


#endif /* _PATH_MODEL_H_INCLUDED_ */

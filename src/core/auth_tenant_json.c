
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "auth_tenant_json.h"


/* What jansson is given: a string to fill its buffer with, then the text. */

#define AUTH_TENANT_JSON_BEFORE  "[\""
#define AUTH_TENANT_JSON_BETWEEN "\","


typedef struct {
    size_t                        pos;
    size_t                        padding;
    const auth_tenant_str_t      *text;
} auth_tenant_json_source_t;


static json_t *auth_tenant_json_double(const auth_tenant_str_t *text,
    auth_tenant_verdict_e *verdict);
static json_t *auth_tenant_json_load(const auth_tenant_str_t *text,
    size_t padding, auth_tenant_verdict_e *verdict);
static size_t auth_tenant_json_put(unsigned char *dst, size_t size,
    const char *src, size_t len, size_t *pos);
static size_t auth_tenant_json_read(void *buf, size_t size, void *data);
static int auth_tenant_json_no_memory(const auth_tenant_json_source_t *source,
    const json_error_t *error);
static int auth_tenant_json_string_lost(const auth_tenant_str_t *text,
    size_t pos);
static int auth_tenant_json_scan(const auth_tenant_str_t *text,
    size_t *longest);
static const unsigned char *auth_tenant_json_skip_string(
    const unsigned char *p, const unsigned char *end);


json_t *
auth_tenant_json_parse(const auth_tenant_str_t *text,
    auth_tenant_verdict_e *verdict)
{
    size_t   padding;
    json_t  *list, *json;

    *verdict = AUTH_TENANT_MALFORMED;

    if (!auth_tenant_json_scan(text, &padding)) {
        return NULL;
    }

    list = auth_tenant_json_load(text, padding, verdict);
    json = json_array_get(list, 1);

    if (json_array_size(list) != 2 || !json_is_object(json)) {
        json_decref(list);
        return NULL;
    }

    json_incref(json);
    json_decref(list);

    return json;
}


size_t
auth_tenant_json_real(const auth_tenant_str_t *text, char *dst,
    auth_tenant_verdict_e *verdict)
{
    size_t   len;
    json_t  *real;

    real = auth_tenant_json_double(text, verdict);

    if (real == NULL) {
        return 0;
    }

    /* whatever the locale; 0 bytes without memory */

    len = json_dumpb(real, dst, AUTH_TENANT_JSON_REAL,
                     JSON_ENCODE_ANY|JSON_REAL_PRECISION(17));

    json_decref(real);

    if (len == 0 || len > AUTH_TENANT_JSON_REAL) {
        *verdict = AUTH_TENANT_ERROR;
        return 0;
    }

    return len;
}


static json_t *
auth_tenant_json_double(const auth_tenant_str_t *text,
    auth_tenant_verdict_e *verdict)
{
    char    *end;
    json_t  *list, *real;
    double   value;

    value = strtod((const char *) text->data, &end);

    if (end == (const char *) text->data + text->len) {

        if (value > DBL_MAX || value < -DBL_MAX) {
            *verdict = AUTH_TENANT_MALFORMED;
            return NULL;
        }

        real = json_real(value);

        if (real == NULL) {
            *verdict = AUTH_TENANT_ERROR;
        }

        return real;
    }

    /* a locale whose decimal point is another: jansson knows how */

    list = auth_tenant_json_load(text, text->len, verdict);
    real = json_incref(json_array_get(list, 1));
    json_decref(list);

    return real;
}


/*
 * jansson's lexer loses bytes of a token, and says nothing, if there is no
 * memory for its buffer to grow: "maksym.evil" could arrive as "maksym".  The
 * buffer never shrinks; so the text is read as the second element of a list,
 * behind a string as long as the longest token.  If that string is whole,
 * everything is.
 *
 * Without JSON_DECODE_ANY, JSON_ALLOW_NUL and JSON_DISABLE_EOF_CHECK jansson
 * refuses "\u0000", trailing bytes, a byte order mark, invalid UTF-8 and lone
 * surrogates, integers beyond 64 bits and reals beyond a double (1e400).
 * JSON_REJECT_DUPLICATES compares names after unescaping: "a" and "\u0061"
 * are one name.
 */

static json_t *
auth_tenant_json_load(const auth_tenant_str_t *text, size_t padding,
    auth_tenant_verdict_e *verdict)
{
    json_t                     *list;
    json_error_t                error;
    auth_tenant_json_source_t   source;

    source.pos = 0;
    source.text = text;
    source.padding = padding;

    list = json_load_callback(auth_tenant_json_read, &source,
                              JSON_REJECT_DUPLICATES, &error);

    if (list == NULL) {
        *verdict = auth_tenant_json_no_memory(&source, &error)
                   ? AUTH_TENANT_ERROR
                   : AUTH_TENANT_MALFORMED;
        return NULL;
    }

    if (json_string_length(json_array_get(list, 0)) != padding) {
        json_decref(list);
        *verdict = AUTH_TENANT_ERROR;
        return NULL;
    }

    return list;
}


static size_t
auth_tenant_json_put(unsigned char *dst, size_t size, const char *src,
    size_t len, size_t *pos)
{
    size_t  n;

    /* *pos counts from the beginning of `src`, here and for what follows */

    if (*pos >= len) {
        *pos -= len;
        return 0;
    }

    n = len - *pos;
    n = (n < size) ? n : size;

    if (src != NULL) {
        memcpy(dst, src + *pos, n);

    } else {
        memset(dst, 'x', n);
    }

    *pos = 0;

    return n;
}


/* The bytes from source.pos on of: ["xxx",TEXT] */

static size_t
auth_tenant_json_read(void *buf, size_t size, void *data)
{
    auth_tenant_json_source_t  *source = data;

    size_t          n, pos;
    unsigned char  *p;

    p = buf;
    n = 0;
    pos = source->pos;

    n += auth_tenant_json_put(p + n, size - n, AUTH_TENANT_JSON_BEFORE,
                              sizeof(AUTH_TENANT_JSON_BEFORE) - 1, &pos);
    n += auth_tenant_json_put(p + n, size - n, NULL, source->padding, &pos);
    n += auth_tenant_json_put(p + n, size - n, AUTH_TENANT_JSON_BETWEEN,
                              sizeof(AUTH_TENANT_JSON_BETWEEN) - 1, &pos);
    n += auth_tenant_json_put(p + n, size - n,
                              (const char *) source->text->data,
                              source->text->len, &pos);
    n += auth_tenant_json_put(p + n, size - n, "]", 1, &pos);

    source->pos += n;

    return n;
}


/*
 * jansson gives no code to an allocation that failed: either it leaves the
 * error without a text, or it takes the string that it had no room for as a
 * syntax error.  That stands behind the string; so it is one that nothing else
 * can be wrong with.
 */

static int
auth_tenant_json_no_memory(const auth_tenant_json_source_t *source,
    const json_error_t *error)
{
    size_t  pos, begin;

    if (error->text[0] == '\0') {
        return 1;
    }

    if (json_error_code(error) != json_error_invalid_syntax) {
        return 0;
    }

    pos = (size_t) error->position;
    begin = sizeof(AUTH_TENANT_JSON_BEFORE AUTH_TENANT_JSON_BETWEEN) - 1
            + source->padding;

    /* what stands before the text is ours */

    return pos < begin
           || auth_tenant_json_string_lost(source->text, pos - begin);
}


/*
 * Tells whether a string ends at `pos` where one may stand.  Up to there the
 * text is right, or jansson would have stopped before; but an escaped
 * surrogate without its twin is found at the end of the string, too, and a
 * "\u" that lacks digits there if the quotation mark stands for one.
 */

static int
auth_tenant_json_string_lost(const auth_tenant_str_t *text, size_t pos)
{
    unsigned char         before;
    const unsigned char  *p, *q, *end;

    q = NULL;
    before = '\0';
    end = text->data + text->len;

    for (p = text->data; p < end; p++) {

        if (*p != '"') {

            if (*p > ' ') {
                before = *p;
            }

            continue;
        }

        q = auth_tenant_json_skip_string(p + 1, end);

        if (q == NULL) {
            return 0;
        }

        if ((size_t) (q + 1 - text->data) == pos) {
            break;
        }

        before = '"';
        p = q;
    }

    if (p == end || before == '\0' || strchr("{[:,", before) == NULL) {
        return 0;
    }

    for ( /* void */ ; p + 1 < q; p++) {

        if (*p != '\\') {
            continue;
        }

        p++;

        if (*p == 'u' && (q - p < 5 || p[1] == 'd' || p[1] == 'D')) {
            return 0;
        }
    }

    return 1;
}


/*
 * Counts nesting, members and elements before jansson allocates anything: its
 * own limit is 2048 levels of recursion.  Whatever else is wrong with the
 * text is left to jansson; up to the first error both read the same tokens.
 * The text is one value: its nesting ends where it ends, and neither a comma
 * nor a bracket stands outside.  *longest is the length of a token that none
 * exceeds.
 */

static int
auth_tenant_json_scan(const auth_tenant_str_t *text, size_t *longest)
{
    size_t                depth;
    unsigned              count[AUTH_TENANT_MAX_DEPTH];
    unsigned              limit[AUTH_TENANT_MAX_DEPTH];
    const unsigned char  *p, *end, *token;

    depth = 0;
    end = text->data + text->len;
    token = text->data;
    *longest = 0;

    for (p = text->data; p < end; p++) {

        switch (*p) {

        case '{':
        case '[':
            if (depth == AUTH_TENANT_MAX_DEPTH) {
                return 0;
            }

            count[depth] = 1;
            limit[depth] = (*p == '{') ? AUTH_TENANT_MAX_MEMBERS
                                       : AUTH_TENANT_MAX_ELEMENTS;
            depth++;
            break;

        case '}':
        case ']':
            if (depth == 0) {
                return 0;
            }

            depth--;
            break;

        case ',':
            if (depth == 0 || ++count[depth - 1] > limit[depth - 1]) {
                return 0;
            }

            break;

        case ':':
            break;

        case '"':
            p = auth_tenant_json_skip_string(p + 1, end);

            if (p == NULL) {
                return 0;
            }

            break;

        case '\0':
            return 0;

        default:
            continue;
        }

        /* strings, numbers and literals lie between two of these */

        if ((size_t) (p - token) >= *longest) {
            *longest = p - token + 1;
        }

        token = p;
    }

    return depth == 0;
}


/* Returns the closing quote, or NULL if there is none. */

static const unsigned char *
auth_tenant_json_skip_string(const unsigned char *p, const unsigned char *end)
{
    for ( /* void */ ; p < end; p++) {

        if (*p == '"') {
            return p;
        }

        if (*p == '\\') {
            p++;
        }
    }

    return NULL;
}


int
auth_tenant_json_string(const json_t *object, const char *name,
    auth_tenant_str_t *value)
{
    json_t  *member;

    member = json_object_get(object, name);

    if (member == NULL) {
        return 0;
    }

    if (!json_is_string(member)) {
        return -1;
    }

    value->len = json_string_length(member);
    value->data = (const unsigned char *) json_string_value(member);

    return 1;
}

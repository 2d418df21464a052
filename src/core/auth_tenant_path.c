
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Path templates: the path that is judged is the path that is forwarded.
 */


#include <string.h>

#include "auth_tenant_path.h"


static const char *auth_tenant_path_piece(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *segment);
static auth_tenant_verdict_e auth_tenant_path_segments(
    const auth_tenant_pattern_t *pattern, const auth_tenant_str_t *uri,
    auth_tenant_names_t *names, size_t *matched);
static int auth_tenant_path_value_valid(const auth_tenant_str_t *value);
static int auth_tenant_path_dots(const auth_tenant_str_t *segment);
static int auth_tenant_path_climbs(const auth_tenant_str_t *path,
    size_t start);
static int auth_tenant_path_hex(unsigned c);


const char *
auth_tenant_path_compile(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *source)
{
    const char           *error;
    auth_tenant_str_t     segment;
    const unsigned char  *p, *end, *slash;

    memset(pattern, 0, sizeof(auth_tenant_pattern_t));

    if (source->len == 0 || source->data[0] != '/') {
        return "a path begins with \"/\"; write it as \"/{user}/\"";
    }

    p = source->data + 1;
    end = source->data + source->len;

    while (p < end) {
        slash = memchr(p, '/', (size_t) (end - p));

        segment.data = p;
        segment.len = (size_t) ((slash ? slash : end) - p);

        error = auth_tenant_path_piece(pattern, &segment);
        if (error) {
            return error;
        }

        p = slash ? slash + 1 : end;
    }

    if (pattern->names == 0) {
        return "no placeholder; write {user}, {tenant} or {module} as a"
               " segment, as in \"/{user}/\"";
    }

    return NULL;
}


static const char *
auth_tenant_path_piece(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *segment)
{
    size_t                i;
    unsigned char         c;
    auth_tenant_piece_t  *piece;

    if (pattern->npieces == AUTH_TENANT_MAX_PIECES) {
        return "more than 16 segments; write a shorter one";
    }

    piece = &pattern->pieces[pattern->npieces++];

    piece->text = *segment;
    piece->name = auth_tenant_piece_name(segment);

    if (piece->name >= 0) {

        if (pattern->names & auth_tenant_name_bit(piece->name)) {
            return "a placeholder occurs twice; write each once";
        }

        pattern->names |= auth_tenant_name_bit(piece->name);
        pattern->ncaptured = pattern->npieces;

        return NULL;
    }

    if (segment->len == 0 || auth_tenant_path_dots(segment)) {
        return "an empty segment, \".\" or \"..\", which no normalised path"
               " has; write it without";
    }

    for (i = 0; i < segment->len; i++) {
        c = segment->data[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_'
            && c != '~' && c != '@')
        {
            return "a segment that is neither {user}, {tenant} or {module}"
                   " nor letters, digits, \"-\", \".\", \"_\", \"~\" and"
                   " \"@\"; write whole segments parted by \"/\"";
        }
    }

    return NULL;
}


auth_tenant_verdict_e
auth_tenant_path_match(const auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *uri, const auth_tenant_str_t *raw,
    auth_tenant_names_t *names)
{
    size_t                 matched;
    auth_tenant_names_t    found;
    auth_tenant_verdict_e  rc;

    found = *names;

    rc = auth_tenant_path_segments(pattern, uri, &found, &matched);
    if (rc != AUTH_TENANT_OK) {
        return rc;
    }

    if (raw->data) {

        /*
         * Equal bytes without "%" are what a backend sees that decodes them
         * never, once or twice.
         */

        if (raw->len < matched
            || memcmp(raw->data, uri->data, matched) != 0)
        {
            return AUTH_TENANT_BAD_PATH;
        }

        /* the last segment must end there too: "/bob%2f" is no "/bob" */

        if (raw->len > matched && raw->data[matched] != '/') {
            return AUTH_TENANT_BAD_PATH;
        }

        if (!auth_tenant_path_clean(raw, 0)
            || auth_tenant_path_climbs(raw, matched))
        {
            return AUTH_TENANT_BAD_PATH;
        }
    }

    /* the same bytes were looked at, and decoded once more than these */

    if ((raw->data == NULL || !auth_tenant_str_eq(uri, raw))
        && (!auth_tenant_path_clean(uri, 1)
            || auth_tenant_path_climbs(uri, matched)))
    {
        return AUTH_TENANT_BAD_PATH;
    }

    *names = found;

    return AUTH_TENANT_OK;
}


static auth_tenant_verdict_e
auth_tenant_path_segments(const auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *uri, auth_tenant_names_t *names,
    size_t *matched)
{
    size_t                      pos;
    unsigned                    i;
    auth_tenant_str_t           segment;
    const unsigned char        *slash;
    auth_tenant_verdict_e       rc;
    const auth_tenant_piece_t  *piece;

    rc = AUTH_TENANT_OK;
    pos = 0;
    *matched = 0;

    for (i = 0; i < pattern->npieces; i++) {
        piece = &pattern->pieces[i];

        if (pos == uri->len || uri->data[pos] != '/') {
            return AUTH_TENANT_NO_MATCH;
        }

        pos++;

        segment.data = uri->data + pos;
        segment.len = uri->len - pos;

        if (segment.len) {
            slash = memchr(segment.data, '/', segment.len);

            if (slash) {
                segment.len = (size_t) (slash - segment.data);
            }
        }

        if (segment.len == 0) {
            return AUTH_TENANT_NO_MATCH;
        }

        pos += segment.len;

        if (piece->name < 0) {

            if (!auth_tenant_str_eq(&segment, &piece->text)) {
                return AUTH_TENANT_NO_MATCH;
            }

            continue;
        }

        if (!auth_tenant_path_value_valid(&segment)) {
            rc = AUTH_TENANT_BAD_PATH;
        }

        names->name[piece->name] = segment;
    }

    *matched = pos;

    return rc;
}


static int
auth_tenant_path_value_valid(const auth_tenant_str_t *value)
{
    size_t         i;
    unsigned char  c;

    if (!auth_tenant_name_valid(value) || auth_tenant_path_dots(value)) {
        return 0;
    }

    for (i = 0; i < value->len; i++) {
        c = value->data[i];

        if (c == '%' || c == '\\' || c == ';' || c == '?' || c == '#') {
            return 0;
        }
    }

    return 1;
}


static int
auth_tenant_path_dots(const auth_tenant_str_t *segment)
{
    return segment->len > 0 && segment->len <= 2
           && memcmp(segment->data, "..", segment->len) == 0;
}


/*
 * Tells whether the path from `start` on may climb above it, for whatever
 * backend reads it: one that decodes never, once or twice, that takes "\" and
 * encoded slashes for separators or doesn't, that cuts ";parameters" off (or
 * what follows an encoded "?" or "#") or doesn't.
 *
 * One walk over the twice decoded path is enough, if each step takes the
 * least depth of all readings.  A "/" that stands there as it is separates
 * for everybody.  Of the others, all may or may not separate: a ".." that
 * they enclose is a step up; any number of other segments between them is one
 * step down, and none behind a parameter that may swallow them.  An empty
 * segment and "." are no step.
 */

static int
auth_tenant_path_climbs(const auth_tenant_str_t *path, size_t start)
{
    int       plain, other, cut, counted, swallowed;
    size_t    pos, n, dots, depth;
    unsigned  c;

    depth = 0;
    dots = 0;
    other = 0;
    cut = 0;
    counted = 0;
    swallowed = 0;

    pos = start;

    for ( ;; ) {

        if (pos < path->len) {
            n = auth_tenant_path_decode(path->data + pos, path->len - pos, 2,
                                        &c);
            plain = (c == '/' && n == 1);

        } else {
            n = 1;
            c = '/';
            plain = 1;
        }

        if (c != '/' && c != '\\') {

            if (c == ';' || c == '?' || c == '#') {
                cut = 1;

            } else if (cut == 0) {

                if (c == '.') {
                    dots++;

                } else {
                    other = 1;
                }
            }

            pos += n;
            continue;
        }

        if (dots == 2 && !other) {

            if (depth == 0) {
                return 1;
            }

            depth--;
            counted = 0;

        } else if ((dots > 2 || other) && !counted && !swallowed) {
            depth++;
            counted = 1;
        }

        swallowed |= cut;

        if (plain) {
            counted = 0;
            swallowed = 0;
        }

        dots = 0;
        other = 0;
        cut = 0;

        if (pos >= path->len) {
            return 0;
        }

        pos += n;
    }
}


size_t
auth_tenant_path_decode(const unsigned char *p, size_t len, unsigned times,
    unsigned *c)
{
    int       hi, lo;
    size_t    n, k;
    unsigned  digit;

    /* what begins with no "%" is the same however often it is decoded */

    if (times == 0 || *p != '%') {
        *c = *p;
        return 1;
    }

    n = auth_tenant_path_decode(p, len, times - 1, c);

    if (*c != '%' || n == len) {
        return n;
    }

    k = n;
    k += auth_tenant_path_decode(p + k, len - k, times - 1, &digit);

    hi = auth_tenant_path_hex(digit);

    if (hi < 0 || k == len) {
        return n;
    }

    k += auth_tenant_path_decode(p + k, len - k, times - 1, &digit);

    lo = auth_tenant_path_hex(digit);

    if (lo < 0) {
        return n;
    }

    *c = (unsigned) (hi << 4 | lo);

    return k;
}


static int
auth_tenant_path_hex(unsigned c)
{
    if (c >= '0' && c <= '9') {
        return (int) (c - '0');
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return (int) (c - 'a' + 10);
    }

    return -1;
}

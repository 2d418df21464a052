
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Host and path templates: what a request names.
 */


#ifndef _AUTH_TENANT_MATCH_H_INCLUDED_
#define _AUTH_TENANT_MATCH_H_INCLUDED_


#include "auth_tenant_core.h"


#define AUTH_TENANT_MAX_PIECES  16


/* A label of a host, or a segment of a path: a literal or one placeholder. */

typedef struct {
    int                   name;       /* auth_tenant_name_e, or -1: literal */
    auth_tenant_str_t     text;
} auth_tenant_piece_t;


typedef struct {
    unsigned              names;      /* bits: which names it captures */
    unsigned              npieces;
    unsigned              ncaptured;  /* host: up to the last placeholder */
    auth_tenant_piece_t   pieces[AUTH_TENANT_MAX_PIECES];
} auth_tenant_pattern_t;


/*
 * Compile a template into a pattern of slices of `source`, which must outlive
 * it.  A placeholder is a whole label (of a host: {tenant}, {module}) or a
 * whole segment (of a path: all three), each name at most once, at least one
 * in all.  Host literals are lower-case LDH labels, at least one of them a
 * literal at the end (a suffix of one's own); no port, no trailing dot, no
 * wildcard.  A path begins with "/"; a "/" at its end makes no difference;
 * its literals are RFC 3986 unreserved characters and "@", not "." or "..".
 * Return NULL, or a static text that says what to write instead.
 */
const char *auth_tenant_host_compile(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *source);
const char *auth_tenant_path_compile(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *source);


/* The name that a whole piece of a template stands for, or -1. */
int auth_tenant_piece_name(const auth_tenant_str_t *text);


/* 1 if some host fits both patterns, so that they'd be ambiguous, else 0. */
int auth_tenant_host_overlap(const auth_tenant_pattern_t *a,
    const auth_tenant_pattern_t *b);


/*
 * Matches a host: lower case, without port and trailing dot, at most 253
 * bytes.  Whole labels, compared from the first to the last, every one an LDH
 * label (RFC 1035).  Sets the captured names as slices of `host`, leaves the
 * others alone (all of them if there is no match).  Returns AUTH_TENANT_OK or
 * AUTH_TENANT_NO_MATCH.
 */
auth_tenant_verdict_e auth_tenant_host_match(
    const auth_tenant_pattern_t *pattern, const auth_tenant_str_t *host,
    auth_tenant_names_t *names);


/*
 * Matches a path and proves that the path judged is the path forwarded.
 *
 * `uri` is the path as the server reads it (decoded once, dot segments
 * resolved); `raw` is the request target, up to but without any "?", while
 * the server would forward that instead, else data NULL.
 *
 * `uri` must begin with the pattern's segments.  Captured values are valid
 * names (auth_tenant_name_valid()), hold no "%", "\", ";", "?" and "#" and
 * aren't "." or "..".  `raw` must be the same as `uri`, byte for byte, to the
 * end of the pattern's last segment, so that a backend that reads it raw,
 * decodes it once or decodes it twice sees the same names.  Behind that,
 * neither may climb out: read as it is, decoded once and decoded twice,
 * counting "/", "\" and their encodings as separators (or not, whichever
 * leads higher up) and "..", also with ";parameters", as a step up, the depth
 * never goes below that of the pattern.  A control character, read in any of
 * these ways, and a "#" in `raw` are refused.
 *
 * Sets the captured names as slices of `uri`, and leaves all names alone if
 * there is no match.  Returns AUTH_TENANT_OK, AUTH_TENANT_NO_MATCH (other
 * literals, too few or empty segments), or AUTH_TENANT_BAD_PATH.
 */
auth_tenant_verdict_e auth_tenant_path_match(
    const auth_tenant_pattern_t *pattern, const auth_tenant_str_t *uri,
    const auth_tenant_str_t *raw, auth_tenant_names_t *names);


/* How much of a path must be beyond doubt. */

typedef enum {
    AUTH_TENANT_PATH_CLEAN = 0,       /* no control characters */
    AUTH_TENANT_PATH_DOTLESS,         /* nor dot segments */
    AUTH_TENANT_PATH_STRICT           /* nor anything else that is read in
                                         more ways than one */
} auth_tenant_path_e;


/*
 * Tells whether a path leads a backend where it led the server, for locations
 * that capture nothing from it while others do: "/user/bob/../../hub/" is
 * "/hub/" for the server and may be bob's for the backend.  `path` is the URI,
 * with `decoded` set, or the request target without its "?".  Returns 0 if,
 * read as it is, decoded once or decoded twice, it holds a control character
 * (a server that writes it into a header would write a line break), or if a
 * target holds a "#".  From DOTLESS on also if it holds a dot segment in one
 * of these readings, with "/", "\" and their encodings as separators and
 * without ";parameters".  With STRICT also if it holds a "\", a ";", or an
 * encoded "?" or "#", if the URI has an empty segment, or if decoding the
 * target twice gives another path than decoding it once.  Else 1.
 */
int auth_tenant_path_plain(const auth_tenant_str_t *path, int decoded,
    auth_tenant_path_e level);


#endif /* _AUTH_TENANT_MATCH_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "auth_tenant_json.h"


static int auth_tenant_json_scan(const auth_tenant_str_t *text);
static const unsigned char *auth_tenant_json_skip_string(
    const unsigned char *p, const unsigned char *end);


json_t *
auth_tenant_json_parse(const auth_tenant_str_t *text)
{
    json_t        *json;
    json_error_t   error;

    if (!auth_tenant_json_scan(text)) {
        return NULL;
    }

    /*
     * Without JSON_DECODE_ANY, JSON_ALLOW_NUL and JSON_DISABLE_EOF_CHECK
     * jansson refuses scalars on top, "\u0000", trailing bytes, a byte order
     * mark, invalid UTF-8 and lone surrogates, integers beyond 64 bits and
     * reals beyond a double (1e400).  JSON_REJECT_DUPLICATES compares names
     * after unescaping: "a" and "\u0061" are one name.
     */

    json = json_loadb((const char *) text->data, text->len,
                      JSON_REJECT_DUPLICATES, &error);

    if (json != NULL && !json_is_object(json)) {
        json_decref(json);
        return NULL;
    }

    return json;
}


/*
 * Counts nesting, members and elements before jansson allocates anything: its
 * own limit is 2048 levels of recursion.  Whatever else is wrong with the
 * text is left to jansson; up to the first error both read the same tokens.
 */

static int
auth_tenant_json_scan(const auth_tenant_str_t *text)
{
    size_t                depth;
    unsigned              count[AUTH_TENANT_MAX_DEPTH];
    unsigned              limit[AUTH_TENANT_MAX_DEPTH];
    const unsigned char  *p, *end;

    depth = 0;
    end = text->data + text->len;

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

        case '"':
            p = auth_tenant_json_skip_string(p + 1, end);

            if (p == NULL) {
                return 0;
            }

            break;

        case '\0':
            return 0;
        }
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

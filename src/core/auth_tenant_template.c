
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Templates: compiling.
 */


#include <string.h>

#include "auth_tenant_template.h"
#include "auth_tenant_slug.h"


static const char *auth_tenant_template_placeholder(
    auth_tenant_template_t *t, auth_tenant_part_t *part,
    const auth_tenant_str_t *inside);
static const char *auth_tenant_template_modifiers(auth_tenant_part_t *part,
    const auth_tenant_str_t *text);
static size_t auth_tenant_template_variable(auth_tenant_part_t *part,
    const unsigned char *p, const unsigned char *end, const char **error);
static void auth_tenant_template_map(auth_tenant_template_t *t,
    auth_tenant_part_t *part);
static const char *auth_tenant_template_check(
    const auth_tenant_template_t *t);
static const char *auth_tenant_template_check_path(
    const auth_tenant_template_t *t);
static const char *auth_tenant_template_check_upstream(
    const auth_tenant_template_t *t);
static const char *auth_tenant_template_check_port(
    const auth_tenant_str_t *port);


const char *
auth_tenant_template_compile(auth_tenant_template_t *t,
    const auth_tenant_str_t *source, unsigned flags)
{
    size_t                n;
    const char           *error;
    auth_tenant_str_t     inside;
    auth_tenant_part_t   *part;
    const unsigned char  *p, *end, *close;

    memset(t, 0, sizeof(auth_tenant_template_t));

    t->flags = flags;

    if (source->len == 0) {
        return "an empty text; write one, with {tenant}, {module} or {user}"
               " where they belong";
    }

    p = source->data;
    end = source->data + source->len;

    while (p < end) {

        if (t->nparts == AUTH_TENANT_MAX_PARTS) {
            return "more than 16 literals and placeholders; write a shorter"
                   " one";
        }

        part = &t->parts[t->nparts];

        switch (*p) {

        case '{':
            close = memchr(p, '}', (size_t) (end - p));
            if (close == NULL) {
                return "\"{\" without \"}\"; a brace itself can't be written,"
                       " only {tenant}, {module} and {user}";
            }

            inside.data = p + 1;
            inside.len = (size_t) (close - p) - 1;

            error = auth_tenant_template_placeholder(t, part, &inside);
            if (error) {
                return error;
            }

            p = close + 1;
            break;

        case '}':
            return "\"}\" without \"{\"; a brace itself can't be written,"
                   " only {tenant}, {module} and {user}";

        case '$':
            if (!(flags & AUTH_TENANT_TEMPLATE_VARIABLES)) {
                return "no variables can be used here, and \"$\" can't be"
                       " written; write {tenant}, {module} or {user}";
            }

            n = auth_tenant_template_variable(part, p, end, &error);
            if (n == 0) {
                return error;
            }

            p += n;
            break;

        default:
            part->text.data = p;

            while (p < end && *p != '{' && *p != '}' && *p != '$') {
                p++;
            }

            part->text.len = (size_t) (p - part->text.data);
        }

        auth_tenant_template_map(t, part);

        if (part->type != AUTH_TENANT_PART_LITERAL && t->nparts > 0
            && part[-1].type != AUTH_TENANT_PART_LITERAL)
        {
            return "nothing parts two placeholders, so that \"a\" and \"bc\""
                   " would make what \"ab\" and \"c\" make; write a literal"
                   " between them";
        }

        t->nparts++;
    }

    return auth_tenant_template_check(t);
}


static const char *
auth_tenant_template_placeholder(auth_tenant_template_t *t,
    auth_tenant_part_t *part, const auth_tenant_str_t *inside)
{
    unsigned              i;
    auth_tenant_str_t     name, modifiers;
    const unsigned char  *colon;

    static const auth_tenant_str_t  names[] = {
        auth_tenant_string("tenant"),
        auth_tenant_string("module"),
        auth_tenant_string("user")
    };

    name = *inside;
    modifiers.len = 0;
    modifiers.data = NULL;

    colon = name.len ? memchr(name.data, ':', name.len) : NULL;

    if (colon) {
        modifiers.data = colon + 1;
        modifiers.len = name.len - (size_t) (colon + 1 - name.data);
        name.len = (size_t) (colon - name.data);
    }

    part->type = AUTH_TENANT_PART_NAME;

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {

        if (!auth_tenant_str_eq(&name, &names[i])) {
            continue;
        }

        part->name = i;
        t->names |= auth_tenant_name_bit(i);

        if (modifiers.data == NULL) {
            return NULL;
        }

        if (!(t->flags & AUTH_TENANT_TEMPLATE_UPSTREAM)) {
            return "modifiers belong into upstream names; write {tenant},"
                   " {module} or {user} alone";
        }

        return auth_tenant_template_modifiers(part, &modifiers);
    }

    return "an unknown placeholder; write {tenant}, {module} or {user} (a"
           " brace itself can't be written)";
}


static const char *
auth_tenant_template_modifiers(auth_tenant_part_t *part,
    const auth_tenant_str_t *text)
{
    unsigned           i;
    auth_tenant_str_t  rest;

    static const struct {
        auth_tenant_str_t  name;
        auth_tenant_map_e  map;
    } maps[] = {
        { auth_tenant_string("label"), AUTH_TENANT_MAP_LABEL },
        { auth_tenant_string("slug"), AUTH_TENANT_MAP_SLUG },
        { auth_tenant_string("escape"), AUTH_TENANT_MAP_ESCAPE }
    };

    rest = *text;

    if (rest.len >= 5 && memcmp(rest.data, "lower", 5) == 0) {

        part->lower = 1;

        if (rest.len == 5) {
            return NULL;
        }

        if (rest.data[5] == ':') {
            rest.data += 6;
            rest.len -= 6;
        }
    }

    for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        if (auth_tenant_str_eq(&rest, &maps[i].name)) {
            part->map = maps[i].map;
            return NULL;
        }
    }

    return "an unknown modifier; write \":label\", \":slug\" or \":escape\","
           " and \":lower\" before it if upper case may occur";
}


/* Returns how many bytes "$name" or "${name}" takes, or 0 with *error set. */

static size_t
auth_tenant_template_variable(auth_tenant_part_t *part,
    const unsigned char *p, const unsigned char *end, const char **error)
{
    int                   braced;
    const unsigned char  *start;

    start = p++;

    braced = (p < end && *p == '{');
    if (braced) {
        p++;
    }

    part->type = AUTH_TENANT_PART_VARIABLE;
    part->text.data = p;

    while (p < end
           && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
               || (*p >= '0' && *p <= '9') || *p == '_'))
    {
        p++;
    }

    part->text.len = (size_t) (p - part->text.data);

    if (part->text.len == 0) {
        *error = "\"$\" without a variable's name; write $name or ${name}"
                 " (\"$\" itself can't be written)";
        return 0;
    }

    /* what $1 is depends on the regular expression that matched last */

    if (part->text.data[0] >= '0' && part->text.data[0] <= '9') {
        *error = "a numbered capture can't be used; give it a name, as in"
                 " (?<name>...), and write $name";
        return 0;
    }

    if (braced) {

        if (p == end || *p != '}') {
            *error = "\"${\" without \"}\" behind the variable's name; write"
                     " ${name}";
            return 0;
        }

        p++;
    }

    return (size_t) (p - start);
}


static void
auth_tenant_template_map(auth_tenant_template_t *t, auth_tenant_part_t *part)
{
    if (part->type == AUTH_TENANT_PART_LITERAL
        || part->map != AUTH_TENANT_MAP_NONE)
    {
        return;
    }

    if (t->flags & AUTH_TENANT_TEMPLATE_UPSTREAM) {
        part->map = AUTH_TENANT_MAP_LABEL;

    } else if (t->flags & AUTH_TENANT_TEMPLATE_PATH) {
        part->map = AUTH_TENANT_MAP_SEGMENT;
    }
}


static const char *
auth_tenant_template_check(const auth_tenant_template_t *t)
{
    size_t    len;
    unsigned  i;

    len = 0;

    for (i = 0; i < t->nparts; i++) {
        if (t->parts[i].type == AUTH_TENANT_PART_LITERAL) {
            len += t->parts[i].text.len;
        }
    }

    if (len > AUTH_TENANT_MAX_EXPANDED) {
        return "longer than 1024 bytes; write a shorter one";
    }

    if (t->flags & AUTH_TENANT_TEMPLATE_PATH) {
        return auth_tenant_template_check_path(t);
    }

    if (t->flags & AUTH_TENANT_TEMPLATE_UPSTREAM) {
        return auth_tenant_template_check_upstream(t);
    }

    return NULL;
}


static const char *
auth_tenant_template_check_path(const auth_tenant_template_t *t)
{
    size_t                    i;
    unsigned                  n;
    unsigned char             c;
    const auth_tenant_str_t  *text;

    text = &t->parts[0].text;

    /* "//host/" would be another host's address, RFC 3986 section 4.2 */

    if (t->parts[0].type != AUTH_TENANT_PART_LITERAL || text->data[0] != '/'
        || (text->len > 1 && text->data[1] == '/'))
    {
        return "a path of this server begins with one \"/\"; write it as"
               " \"/{user}/\"";
    }

    for (n = 0; n < t->nparts; n++) {

        if (t->parts[n].type != AUTH_TENANT_PART_LITERAL) {
            continue;
        }

        text = &t->parts[n].text;

        for (i = 0; i < text->len; i++) {
            c = text->data[i];

            if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
                && (c < '0' || c > '9') && c != '/' && c != '-' && c != '.'
                && c != '_' && c != '~')
            {
                return "a character that needs escaping in a path; write"
                       " only letters, digits, \"/\", \"-\", \".\", \"_\" and"
                       " \"~\" around the placeholders";
            }
        }
    }

    return NULL;
}


static const char *
auth_tenant_template_check_upstream(const auth_tenant_template_t *t)
{
    size_t                n, i;
    unsigned              part;
    const char           *error;
    unsigned char         c;
    auth_tenant_str_t     text, port;
    unsigned char         sample[AUTH_TENANT_MAX_EXPANDED
                                 + AUTH_TENANT_MAX_PARTS];

    /*
     * The literals are looked at with an "a" for every placeholder: what is
     * no host name then won't be one with any value.
     */

    n = 0;

    for (part = 0; part < t->nparts; part++) {

        if (t->parts[part].type != AUTH_TENANT_PART_LITERAL) {
            sample[n++] = 'a';
            continue;
        }

        text = t->parts[part].text;

        port.data = memchr(text.data, ':', text.len);

        if (port.data) {

            if (text.data + text.len - port.data >= 3
                && memcmp(port.data, "://", 3) == 0)
            {
                return "a scheme; write it as host:port, without scheme:"
                       " \"http://\" belongs to \"proxy_pass\"";
            }

            if (part + 1 != t->nparts) {
                return "a placeholder in the port, or behind it; write the"
                       " port as a number, at the end";
            }

            port.data++;
            port.len = text.len - (size_t) (port.data - text.data);

            error = auth_tenant_template_check_port(&port);
            if (error) {
                return error;
            }

            text.len -= port.len + 1;
        }

        for (i = 0; i < text.len; i++) {
            c = text.data[i];

            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
                && c != '.')
            {
                return "a character that no upstream's name has; write it as"
                       " host:port, of lower-case letters, digits, \"-\" and"
                       " \".\", without scheme and path";
            }
        }

        memcpy(sample + n, text.data, text.len);
        n += text.len;
    }

    text.data = sample;
    text.len = n;

    if (!auth_tenant_template_host_valid(t, &text)) {
        return "no host name, whatever the names are; write labels of 1 to"
               " 63 letters, digits and \"-\" (not at an end), parted by"
               " \".\", the last one no number";
    }

    return NULL;
}


static const char *
auth_tenant_template_check_port(const auth_tenant_str_t *port)
{
    size_t    i;
    unsigned  n;

    n = 0;

    for (i = 0; i < port->len && i < 5; i++) {

        if (port->data[i] < '0' || port->data[i] > '9') {
            break;
        }

        n = n * 10 + (unsigned) (port->data[i] - '0');
    }

    if (port->len == 0 || i != port->len || port->data[0] == '0'
        || n > 65535)
    {
        return "no port; write a number from 1 to 65535 behind the \":\"";
    }

    return NULL;
}

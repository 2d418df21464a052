
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Texts with {tenant}, {module} and {user} in them, to be filled in: rule
 * values, audiences, upstream names, redirects.
 */


#ifndef _AUTH_TENANT_TEMPLATE_H_INCLUDED_
#define _AUTH_TENANT_TEMPLATE_H_INCLUDED_


#include "auth_tenant_core.h"


#define AUTH_TENANT_MAX_PARTS     16
#define AUTH_TENANT_MAX_EXPANDED  1024


typedef enum {
    AUTH_TENANT_PART_LITERAL = 0,
    AUTH_TENANT_PART_NAME,
    AUTH_TENANT_PART_VARIABLE
} auth_tenant_part_e;


typedef enum {
    AUTH_TENANT_MAP_NONE = 0,         /* as it is */
    AUTH_TENANT_MAP_LABEL,
    AUTH_TENANT_MAP_SLUG,
    AUTH_TENANT_MAP_ESCAPE,
    AUTH_TENANT_MAP_SEGMENT           /* a path segment; see TEMPLATE_PATH */
} auth_tenant_map_e;


typedef struct {
    unsigned              type:2;     /* auth_tenant_part_e */
    unsigned              map:3;      /* auth_tenant_map_e */
    unsigned              lower:1;    /* ASCII lower case first */
    unsigned              name:2;     /* auth_tenant_name_e */
    uintptr_t             index;      /* of a variable: the caller's to set */
    auth_tenant_str_t     text;       /* literal, or the variable's name */
} auth_tenant_part_t;


/* Flags of a template. */

#define AUTH_TENANT_TEMPLATE_VARIABLES  0x01   /* "$name", "${name}" too */
#define AUTH_TENANT_TEMPLATE_UPSTREAM   0x02   /* host[:port], modifiers */
#define AUTH_TENANT_TEMPLATE_PATH       0x04   /* "/" and plain segments */


typedef struct {
    unsigned              flags;
    unsigned              names;      /* bits: which names occur */
    unsigned              nparts;
    auth_tenant_part_t    parts[AUTH_TENANT_MAX_PARTS];
} auth_tenant_template_t;


/*
 * What a template is filled in with.  `variable` is called for each part of
 * type VARIABLE; it sets *value and returns 1, or returns 0 if there is none.
 * It may be NULL where no template has variables.
 */

typedef struct {
    const auth_tenant_names_t    *names;
    int                         (*variable)(void *data, uintptr_t index,
                                            auth_tenant_str_t *value);
    void                         *data;
} auth_tenant_values_t;


/*
 * Compiles `source`, which must outlive the template (parts are slices of
 * it).  Placeholders are {tenant}, {module}, {user}; with the UPSTREAM flag
 * they take modifiers (":lower" first, then one of ":slug", ":escape",
 * ":label"; a bare one means ":label").  Refused: an unknown placeholder or
 * modifier, a lone brace, an empty text, too many parts, a variable that is a
 * numbered capture, and two placeholders or variables that no literal parts,
 * since "{tenant}{module}" would make "a" + "bc" and "ab" + "c" one.  With
 * UPSTREAM moreover: literals other than what host[:port] can hold (lower-case
 * LDH, ".", one ":" before a decimal port of 1 to 65535; DNS folds case, so
 * that an upper-case separator would part nothing), a placeholder in the port,
 * and a text that is no host name whatever the values are; a trailing dot is
 * allowed.  With PATH: a text that does not begin with exactly one "/", or a
 * literal with anything but unreserved characters and "/" in it.  Returns
 * NULL, or a static text that says what to write instead.
 */
const char *auth_tenant_template_compile(auth_tenant_template_t *t,
    const auth_tenant_str_t *source, unsigned flags);


/*
 * Fills in a template.  Injective: of two placeholders (or variables) parted
 * by a literal, the left value must leave that literal's first occurrence in
 * "value literal" where the template has it (with UPSTREAM this is judged
 * inside a label), so that no two sets of values give one text.  `dst` has
 * room for `size` bytes; *len is set.  Returns AUTH_TENANT_OK;
 * AUTH_TENANT_NO_CLAIM if a value is missing or empty; AUTH_TENANT_BAD_NAME
 * if a value isn't valid, has no form under its modifier, isn't injective, or
 * if the text, a label (63) or, with UPSTREAM, the name (253) gets too long.
 * With PATH a value must be a plain segment: RFC 3986 unreserved characters
 * and "@", not "." or "..".  With UPSTREAM the name must not end in a number,
 * as an address does (unless the template is a literal).
 */
auth_tenant_verdict_e auth_tenant_template_expand(
    const auth_tenant_template_t *t, const auth_tenant_values_t *values,
    unsigned char *dst, size_t size, size_t *len);


/*
 * 1 if `host`, an upstream's name without its port, is a DNS name in lower
 * case that a template may give: labels of LDH, 253 bytes, one trailing dot
 * at most, and, unless `t` is a mere literal, nothing that would be read as
 * an address because its last label is a number.  Else 0.
 */
int auth_tenant_template_host_valid(const auth_tenant_template_t *t,
    const auth_tenant_str_t *host);


#endif /* _AUTH_TENANT_TEMPLATE_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Templates: filling in.
 */


#include <string.h>

#include "auth_tenant_template.h"
#include "auth_tenant_slug.h"


/* Room for a value under its modifiers. */

typedef struct {
    unsigned char         lower[AUTH_TENANT_MAX_NAME];
    unsigned char         label[AUTH_TENANT_MAX_LABEL];
} auth_tenant_template_room_t;


static auth_tenant_verdict_e auth_tenant_template_value(
    const auth_tenant_part_t *part, const auth_tenant_values_t *values,
    auth_tenant_template_room_t *room, auth_tenant_str_t *value);
static int auth_tenant_template_parted(const auth_tenant_str_t *value,
    const auth_tenant_str_t *literal);
static int auth_tenant_template_segment(const auth_tenant_str_t *s);


auth_tenant_verdict_e
auth_tenant_template_expand(const auth_tenant_template_t *t,
    const auth_tenant_values_t *values, unsigned char *dst, size_t size,
    size_t *len)
{
    size_t                        n;
    unsigned                      i;
    auth_tenant_str_t             value, host;
    auth_tenant_verdict_e         rc;
    const unsigned char          *colon;
    const auth_tenant_part_t     *part;
    auth_tenant_template_room_t   room;

    *len = 0;

    if (size > AUTH_TENANT_MAX_EXPANDED) {
        size = AUTH_TENANT_MAX_EXPANDED;
    }

    n = 0;

    for (i = 0; i < t->nparts; i++) {
        part = &t->parts[i];

        if (part->type == AUTH_TENANT_PART_LITERAL) {
            value = part->text;

        } else {
            rc = auth_tenant_template_value(part, values, &room, &value);
            if (rc != AUTH_TENANT_OK) {
                return rc;
            }

            if (i + 2 < t->nparts
                && !auth_tenant_template_parted(&value, &part[1].text))
            {
                return AUTH_TENANT_BAD_NAME;
            }
        }

        if (value.len > size - n) {
            return AUTH_TENANT_BAD_NAME;
        }

        memcpy(dst + n, value.data, value.len);
        n += value.len;
    }

    if (t->flags & AUTH_TENANT_TEMPLATE_UPSTREAM) {

        host.data = dst;
        host.len = n;

        colon = memchr(dst, ':', n);
        if (colon) {
            host.len = (size_t) (colon - dst);
        }

        if (!auth_tenant_template_host_valid(t, &host)) {
            return AUTH_TENANT_BAD_NAME;
        }
    }

    *len = n;

    return AUTH_TENANT_OK;
}


static auth_tenant_verdict_e
auth_tenant_template_value(const auth_tenant_part_t *part,
    const auth_tenant_values_t *values, auth_tenant_template_room_t *room,
    auth_tenant_str_t *value)
{
    size_t         i, n;
    unsigned char  c;

    if (part->type == AUTH_TENANT_PART_NAME) {

        if (values->names == NULL) {
            return AUTH_TENANT_NO_CLAIM;
        }

        *value = values->names->name[part->name];

    } else if (values->variable == NULL
               || !values->variable(values->data, part->index, value))
    {
        return AUTH_TENANT_NO_CLAIM;
    }

    if (value->data == NULL || value->len == 0) {
        return AUTH_TENANT_NO_CLAIM;
    }

    if (!auth_tenant_name_valid(value)) {
        return AUTH_TENANT_BAD_NAME;
    }

    if (part->lower) {

        for (i = 0; i < value->len; i++) {
            c = value->data[i];
            room->lower[i] = (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
        }

        value->data = room->lower;
    }

    switch (part->map) {

    case AUTH_TENANT_MAP_NONE:
        return AUTH_TENANT_OK;

    case AUTH_TENANT_MAP_SEGMENT:
        return auth_tenant_template_segment(value) ? AUTH_TENANT_OK
                                                   : AUTH_TENANT_BAD_NAME;

    case AUTH_TENANT_MAP_SLUG:
        n = auth_tenant_slug(room->label, value);
        break;

    case AUTH_TENANT_MAP_ESCAPE:
        n = auth_tenant_escape(room->label, value);
        break;

    default: /* AUTH_TENANT_MAP_LABEL */
        n = auth_tenant_label(room->label, value);
    }

    if (n == 0) {
        return AUTH_TENANT_BAD_NAME;
    }

    value->data = room->label;
    value->len = n;

    return AUTH_TENANT_OK;
}


/*
 * Tells whether a reader who looks for the literal's first occurrence finds
 * the end of the value: not inside the value, and not across its end ("a-"
 * before "--" would read as "a" before "--", then "-").  Then the text can be
 * taken apart in one way only, from left to right, and no two sets of values
 * make the same.
 */

static int
auth_tenant_template_parted(const auth_tenant_str_t *value,
    const auth_tenant_str_t *literal)
{
    size_t  i, n;

    for (i = 0; i < value->len; i++) {

        if (value->data[i] != literal->data[0]) {
            continue;
        }

        n = value->len - i;

        if (n >= literal->len) {

            if (memcmp(value->data + i, literal->data, literal->len) == 0) {
                return 0;
            }

            continue;
        }

        if (memcmp(value->data + i, literal->data, n) == 0
            && memcmp(literal->data + n, literal->data, literal->len - n)
               == 0)
        {
            return 0;
        }
    }

    return 1;
}


static int
auth_tenant_template_segment(const auth_tenant_str_t *s)
{
    size_t         i;
    unsigned char  c;

    if (s->data[0] == '.'
        && (s->len == 1 || (s->len == 2 && s->data[1] == '.')))
    {
        return 0;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_'
            && c != '~' && c != '@')
        {
            return 0;
        }
    }

    return 1;
}


int
auth_tenant_template_host_valid(const auth_tenant_template_t *t,
    const auth_tenant_str_t *host)
{
    int                   number;
    size_t                i;
    auth_tenant_str_t     label;
    const unsigned char  *p, *end, *dot;

    p = host->data;
    end = host->data + host->len;

    if (host->len && end[-1] == '.') {
        end--;
    }

    if (end - p > AUTH_TENANT_MAX_HOST) {
        return 0;
    }

    for ( ;; ) {
        dot = (p < end) ? memchr(p, '.', (size_t) (end - p)) : NULL;

        label.data = p;
        label.len = (size_t) ((dot ? dot : end) - p);

        if (!auth_tenant_label_valid(&label)) {
            return 0;
        }

        if (dot == NULL) {
            break;
        }

        p = dot + 1;
    }

    /* RFC 1123 section 2.1: a last label of digits makes it an address */

    if (t->nparts > 1 || t->parts[0].type != AUTH_TENANT_PART_LITERAL) {
        number = 1;

        for (i = 0; i < label.len; i++) {
            if (label.data[i] < '0' || label.data[i] > '9') {
                number = 0;
            }
        }

        if (number) {
            return 0;
        }

        /* and inet_aton() reads "0x7f" as one, too */

        if (label.len >= 2 && label.data[0] == '0' && label.data[1] == 'x') {
            return 0;
        }
    }

    return 1;
}

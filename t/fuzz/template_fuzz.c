
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Templates.  The input is a byte of flags, then a template, the tenant, the
 * module and the user, a line each; a variable's value is the user.  A text
 * that comes out must lead back to the values: read from left to right, each
 * ends where its separator occurs first.
 */


#include "lines.h"
#include "auth_tenant_slug.h"
#include "auth_tenant_template.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static int
variable(void *data, uintptr_t index, auth_tenant_str_t *value)
{
    (void) index;

    *value = *(auth_tenant_str_t *) data;

    return value->data != NULL;
}


/* The parts must be the source, in order, with nothing but syntax between. */

static void
check_parts(const auth_tenant_template_t *t, const auth_tenant_str_t *source)
{
    unsigned              i, names;
    const unsigned char  *p;

    check(t->nparts > 0 && t->nparts <= AUTH_TENANT_MAX_PARTS);

    p = source->data;
    names = 0;

    for (i = 0; i < t->nparts; i++) {

        if (t->parts[i].type != AUTH_TENANT_PART_LITERAL) {
            check(i == 0
                  || t->parts[i - 1].type == AUTH_TENANT_PART_LITERAL);
        }

        if (t->parts[i].type == AUTH_TENANT_PART_NAME) {
            names |= auth_tenant_name_bit(t->parts[i].name);
            continue;
        }

        check(t->parts[i].text.len > 0);
        check(slice_of(&t->parts[i].text, source));
        check(t->parts[i].text.data >= p);
        p = t->parts[i].text.data + t->parts[i].text.len;
    }

    check(names == t->names);
}


/* What one value becomes, made apart from the template's code. */

static auth_tenant_str_t
mapped(const auth_tenant_part_t *part, auth_tenant_str_t value,
    unsigned char *room)
{
    size_t  i;

    if (part->lower) {
        for (i = 0; i < value.len; i++) {
            room[i] = value.data[i];
            if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", room[i])) {
                room[i] += 'a' - 'A';
            }
        }
        value.data = room;
    }

    room += AUTH_TENANT_MAX_NAME;

    if (part->map == AUTH_TENANT_MAP_SLUG) {
        value.len = auth_tenant_slug(room, &value);
        value.data = room;

    } else if (part->map == AUTH_TENANT_MAP_ESCAPE) {
        value.len = auth_tenant_escape(room, &value);
        value.data = room;
    }

    return value;
}


static size_t
first(const auth_tenant_str_t *text, size_t pos,
    const auth_tenant_str_t *literal)
{
    while (pos + literal->len <= text->len) {
        if (memcmp(text->data + pos, literal->data, literal->len) == 0) {
            return pos;
        }
        pos++;
    }

    check(0);

    return 0;
}


static void
check_back(const auth_tenant_template_t *t, const auth_tenant_str_t *text,
    const auth_tenant_str_t *names, const auth_tenant_str_t *user)
{
    size_t                     pos, end;
    unsigned                   i;
    unsigned char              room[AUTH_TENANT_MAX_NAME
                                    + AUTH_TENANT_MAX_LABEL];
    auth_tenant_str_t          value, read;
    const auth_tenant_part_t  *part;

    pos = 0;

    for (i = 0; i < t->nparts; i++) {
        part = &t->parts[i];

        if (part->type == AUTH_TENANT_PART_LITERAL) {
            check(first(text, pos, &part->text) == pos);
            pos += part->text.len;
            continue;
        }

        end = text->len;

        if (i + 2 < t->nparts) {
            end = first(text, pos, &part[1].text);

        } else if (i + 1 < t->nparts) {
            end -= part[1].text.len;
        }

        read.data = text->data + pos;
        read.len = end - pos;

        value = (part->type == AUTH_TENANT_PART_NAME) ? names[part->name]
                                                      : *user;
        check(auth_tenant_name_valid(&value));

        value = mapped(part, value, room);
        check(value.len && auth_tenant_str_eq(&value, &read));

        pos = end;
    }

    check(pos == text->len);
}


static void
check_text(const auth_tenant_template_t *t, const auth_tenant_str_t *text)
{
    size_t         i, label;
    unsigned char  c;

    check(text->len > 0 && text->len <= AUTH_TENANT_MAX_EXPANDED);

    if (t->flags & AUTH_TENANT_TEMPLATE_PATH) {
        check(text->data[0] == '/');
        check(text->len == 1 || text->data[1] != '/');
        check(memchr(text->data, '\\', text->len) == NULL);
        check(memchr(text->data, '%', text->len) == NULL);
        return;
    }

    if (!(t->flags & AUTH_TENANT_TEMPLATE_UPSTREAM)) {
        return;
    }

    label = 0;

    for (i = 0; i < text->len && text->data[i] != ':'; i++) {
        c = text->data[i];

        if (c == '.') {
            check(label >= 1 && label <= AUTH_TENANT_MAX_LABEL);
            check(text->data[i - 1] != '-');
            label = 0;
            continue;
        }

        check((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || (c == '-' && label));
        label++;
    }

    check(i && i <= AUTH_TENANT_MAX_HOST + 1);
    check(label <= AUTH_TENANT_MAX_LABEL);

    for (i++; i < text->len; i++) {
        check(text->data[i] >= '0' && text->data[i] <= '9');
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  room, len;
    unsigned                flags;
    unsigned char           dst[AUTH_TENANT_MAX_EXPANDED + 64];
    auth_tenant_str_t       text[4], got;
    auth_tenant_names_t     names;
    auth_tenant_values_t    values;
    auth_tenant_verdict_e   rc;
    auth_tenant_template_t  t;

    if (size == 0) {
        return 0;
    }

    flags = data[0] & 7;
    room = (data[0] & 8) ? 20 : sizeof(dst);

    lines(data + 1, size - 1, text, 4);

    if (auth_tenant_template_compile(&t, &text[0], flags) == NULL) {

        check_parts(&t, &text[0]);

        memcpy(names.name, &text[1], sizeof(names.name));

        values.names = &names;
        values.variable = variable;
        values.data = &text[3];

        rc = auth_tenant_template_expand(&t, &values, dst, room, &len);

        check(rc == AUTH_TENANT_OK || rc == AUTH_TENANT_NO_CLAIM
              || rc == AUTH_TENANT_BAD_NAME);

        if (rc == AUTH_TENANT_OK) {
            check(len <= room);

            got.data = dst;
            got.len = len;

            check_text(&t, &got);
            check_back(&t, &got, names.name, &text[3]);

        } else {
            check(len == 0);
        }
    }

    lines_free(text, 4);

    return 0;
}

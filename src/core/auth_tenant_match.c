
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Host templates.
 */


#include <string.h>

#include "auth_tenant_match.h"
#include "auth_tenant_slug.h"


static const char *auth_tenant_host_piece(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *label);


int
auth_tenant_piece_name(const auth_tenant_str_t *text)
{
    int  i;

    static const auth_tenant_str_t  names[] = {
        auth_tenant_string("{tenant}"),
        auth_tenant_string("{module}"),
        auth_tenant_string("{user}")
    };

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        if (auth_tenant_str_eq(text, &names[i])) {
            return i;
        }
    }

    return -1;
}


const char *
auth_tenant_host_compile(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *source)
{
    const char           *error;
    auth_tenant_str_t     label;
    const unsigned char  *p, *end, *dot;

    memset(pattern, 0, sizeof(auth_tenant_pattern_t));

    if (source->len == 0) {
        return "an empty text; write one as \"{tenant}.example.com\"";
    }

    p = source->data;
    end = source->data + source->len;

    for ( ;; ) {
        dot = (p < end) ? memchr(p, '.', (size_t) (end - p)) : NULL;

        label.data = p;
        label.len = (size_t) ((dot ? dot : end) - p);

        error = auth_tenant_host_piece(pattern, &label);
        if (error) {
            return error;
        }

        if (dot == NULL) {
            break;
        }

        p = dot + 1;
    }

    if (pattern->names == 0) {
        return "no placeholder; write {tenant} or {module} as a label, as in"
               " \"{module}.{tenant}.example.com\"";
    }

    /* a template that ends in a placeholder would match anybody's domain */

    if (pattern->ncaptured == pattern->npieces) {
        return "no literal label at the end; write your own domain there, as"
               " in \"{tenant}.example.com\"";
    }

    return NULL;
}


static const char *
auth_tenant_host_piece(auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *label)
{
    auth_tenant_piece_t  *piece;

    if (pattern->npieces == AUTH_TENANT_MAX_PIECES) {
        return "more than 16 labels; write a shorter one";
    }

    piece = &pattern->pieces[pattern->npieces++];

    piece->text = *label;
    piece->name = auth_tenant_piece_name(label);

    if (piece->name == AUTH_TENANT_USER) {
        return "{user} can't stand in a host; write it in a path, or use"
               " auth_tenant_match";
    }

    if (piece->name >= 0) {

        if (pattern->names & auth_tenant_name_bit(piece->name)) {
            return "a placeholder occurs twice; write each once";
        }

        pattern->names |= auth_tenant_name_bit(piece->name);
        pattern->ncaptured = pattern->npieces;

        return NULL;
    }

    if (!auth_tenant_label_valid(label)) {
        return "a label that is neither {tenant} nor {module} nor lower-case"
               " letters, digits and \"-\"; write whole labels parted by"
               " \".\", without port, wildcard and trailing dot";
    }

    return NULL;
}


int
auth_tenant_host_overlap(const auth_tenant_pattern_t *a,
    const auth_tenant_pattern_t *b)
{
    unsigned  i;

    if (a->npieces != b->npieces) {
        return 0;
    }

    for (i = 0; i < a->npieces; i++) {

        /* a placeholder takes every label that a literal can be */

        if (a->pieces[i].name >= 0 || b->pieces[i].name >= 0) {
            continue;
        }

        if (!auth_tenant_str_eq(&a->pieces[i].text, &b->pieces[i].text)) {
            return 0;
        }
    }

    return 1;
}


auth_tenant_verdict_e
auth_tenant_host_match(const auth_tenant_pattern_t *pattern,
    const auth_tenant_str_t *host, auth_tenant_names_t *names)
{
    unsigned                    i;
    auth_tenant_str_t           label;
    auth_tenant_names_t         found;
    const unsigned char        *p, *end, *dot;
    const auth_tenant_piece_t  *piece;

    if (host->len == 0 || host->len > AUTH_TENANT_MAX_HOST) {
        return AUTH_TENANT_NO_MATCH;
    }

    found = *names;

    p = host->data;
    end = host->data + host->len;
    dot = NULL;

    for (i = 0; i < pattern->npieces; i++) {

        if (i) {

            /* fewer labels than pieces */

            if (dot == NULL) {
                return AUTH_TENANT_NO_MATCH;
            }

            p = dot + 1;
        }

        dot = (p < end) ? memchr(p, '.', (size_t) (end - p)) : NULL;

        label.data = p;
        label.len = (size_t) ((dot ? dot : end) - p);

        /* nginx lets "a@m", "m%2et" and "_" through, F10 */

        if (!auth_tenant_label_valid(&label)) {
            return AUTH_TENANT_NO_MATCH;
        }

        piece = &pattern->pieces[i];

        if (piece->name >= 0) {
            found.name[piece->name] = label;

        } else if (!auth_tenant_str_eq(&label, &piece->text)) {
            return AUTH_TENANT_NO_MATCH;
        }
    }

    /* more labels than pieces */

    if (dot) {
        return AUTH_TENANT_NO_MATCH;
    }

    *names = found;

    return AUTH_TENANT_OK;
}

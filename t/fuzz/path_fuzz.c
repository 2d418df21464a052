
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Paths.  The first byte says what the rest is; a template and, a line each,
 *
 *     'm', 'M'  a target: nginx's model makes the URI of it, with
 *               merge_slashes on or off, and forwards the target
 *     'e'       a target, of which the URI is forwarded, escaped
 *     other     a URI, and a target that need not belong together
 *
 * In what is forwarded of a match, backends that read it in various ways must
 * see the captured names.
 */


#include "lines.h"
#include "auth_tenant_match.h"
#include "path_model.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_backends(const auth_tenant_str_t *sent, unsigned least,
    const auth_tenant_pattern_t *p, const auth_tenant_names_t *names)
{
    unsigned                  i, k, step;
    model_view_t              view;
    model_backend_t           b;
    const auth_tenant_str_t  *expected;

    /* a few of 384, by what the input is */

    step = 7;

    for (i = 0; i < sent->len && i < 256; i++) {
        step = step * 31 + sent->data[i];
    }

    for (i = step % 13; i < MODEL_BACKENDS; i += 13) {
        b = model_backend(i);

        if (b.decode < least
            || !model_view(&b, sent->data, sent->len, &view))
        {
            continue;
        }

        check(view.n >= p->ncaptured);

        for (k = 0; k < p->ncaptured; k++) {
            expected = (p->pieces[k].name < 0)
                       ? &p->pieces[k].text
                       : &names->name[p->pieces[k].name];

            check(view.segments[k].len == expected->len);
            check(memcmp(view.segments[k].data, expected->data,
                         expected->len)
                  == 0);
        }
    }
}


static void
check_match(const auth_tenant_pattern_t *p, const auth_tenant_str_t *uri,
    const auth_tenant_str_t *raw)
{
    unsigned               i;
    unsigned char         *escaped;
    auth_tenant_str_t      sent, *name;
    auth_tenant_names_t    names;
    auth_tenant_verdict_e  rc;

    memset(&names, 0, sizeof(names));

    rc = auth_tenant_path_match(p, uri, raw, &names);

    if (rc != AUTH_TENANT_OK) {
        check(rc == AUTH_TENANT_NO_MATCH || rc == AUTH_TENANT_BAD_PATH);

        for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
            check(names.name[i].data == NULL);
        }

        return;
    }

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        name = &names.name[i];

        check((name->data != NULL) == ((p->names >> i & 1) == 1));

        if (name->data) {
            check(slice_of(name, uri));
            check(auth_tenant_name_valid(name));
            check(memchr(name->data, '/', name->len) == NULL);
            check(memchr(name->data, '%', name->len) == NULL);
            check(memchr(name->data, '\\', name->len) == NULL);
            check(memchr(name->data, ';', name->len) == NULL);
        }
    }

    if (raw->data) {
        check_backends(raw, 0, p, &names);
        return;
    }

    escaped = malloc(3 * uri->len);
    check(escaped);

    sent.data = escaped;
    sent.len = model_nginx_escape(escaped, uri->data, uri->len);

    check_backends(&sent, 1, p, &names);

    free(escaped);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 len;
    unsigned char         *buf, *exact;
    auth_tenant_str_t      text[3], uri, raw, none = { 0, NULL };
    auth_tenant_pattern_t  p;

    if (size == 0) {
        return 0;
    }

    lines(data + 1, size - 1, text, 3);

    if (auth_tenant_path_compile(&p, &text[0]) != NULL) {
        goto done;
    }

    check(p.names && p.ncaptured && p.ncaptured <= p.npieces);

    if (data[0] != 'm' && data[0] != 'M' && data[0] != 'e') {
        check_match(&p, &text[1], &text[2]);
        goto done;
    }

    buf = malloc(text[1].len + 1);
    check(buf);

    if (text[1].len
        && model_nginx_uri(text[1].data, text[1].len, data[0] == 'M', buf,
                           &len))
    {
        exact = malloc(len ? len : 1);
        check(exact);
        memcpy(exact, buf, len);

        uri.data = exact;
        uri.len = len;

        /* the matcher gets a target without arguments */

        raw = text[1];
        for (len = 0; len < raw.len && raw.data[len] != '?'; len++) {
            /* void */
        }
        raw.len = len;

        check_match(&p, &uri, (data[0] == 'e') ? &none : &raw);

        free(exact);
    }

    free(buf);

done:

    lines_free(text, 3);

    return 0;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Hosts.  The input is a template, another one, and a host, a line each.
 * What matches must be the template again with the names filled in, and a
 * host that matches both templates shows that they overlap.
 */


#include "lines.h"
#include "auth_tenant_match.h"
#include "auth_tenant_slug.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static int
check_match(const auth_tenant_pattern_t *p, const auth_tenant_str_t *host)
{
    size_t                    pos;
    unsigned                  i;
    auth_tenant_names_t       names;
    auth_tenant_verdict_e     rc;
    const auth_tenant_str_t  *label;

    memset(&names, 0, sizeof(names));

    rc = auth_tenant_host_match(p, host, &names);

    if (rc == AUTH_TENANT_NO_MATCH) {
        for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
            check(names.name[i].data == NULL);
        }
        return 0;
    }

    check(rc == AUTH_TENANT_OK);
    check(host->len <= AUTH_TENANT_MAX_HOST);
    check(names.name[AUTH_TENANT_USER].data == NULL);

    pos = 0;

    for (i = 0; i < p->npieces; i++) {
        label = &p->pieces[i].text;

        if (p->pieces[i].name >= 0) {
            label = &names.name[p->pieces[i].name];
            check(slice_of(label, host));
        }

        check(auth_tenant_label_valid(label));

        if (i) {
            check(pos < host->len && host->data[pos] == '.');
            pos++;
        }

        check(host->len - pos >= label->len);
        check(memcmp(host->data + pos, label->data, label->len) == 0);
        pos += label->len;
    }

    check(pos == host->len);

    return 1;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned               i;
    const char            *error[2];
    auth_tenant_str_t      text[3];
    auth_tenant_pattern_t  p[2];

    lines(data, size, text, 3);

    for (i = 0; i < 2; i++) {
        error[i] = auth_tenant_host_compile(&p[i], &text[i]);

        if (error[i] == NULL) {
            check(p[i].names && p[i].ncaptured < p[i].npieces);
            check(auth_tenant_host_overlap(&p[i], &p[i]) == 1);
        }
    }

    if (error[0] == NULL && error[1] == NULL) {
        i = (unsigned) auth_tenant_host_overlap(&p[0], &p[1]);
        check(i == (unsigned) auth_tenant_host_overlap(&p[1], &p[0]));

        if (check_match(&p[0], &text[2]) && check_match(&p[1], &text[2])) {
            check(i == 1);
        }

    } else if (error[0] == NULL) {
        (void) check_match(&p[0], &text[2]);
    }

    lines_free(text, 3);

    return 0;
}

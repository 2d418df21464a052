
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Paths of locations that capture nothing.
 */


#include "auth_tenant_path.h"


static int auth_tenant_path_dotless(const auth_tenant_str_t *path,
    unsigned times);
static int auth_tenant_path_strict(const auth_tenant_str_t *path,
    int decoded);


int
auth_tenant_path_plain(const auth_tenant_str_t *path, int decoded,
    auth_tenant_path_e level)
{
    return auth_tenant_path_clean(path, decoded)
           && (level < AUTH_TENANT_PATH_DOTLESS
               || auth_tenant_path_dotless(path, decoded ? 1 : 2))
           && (level < AUTH_TENANT_PATH_STRICT
               || auth_tenant_path_strict(path, decoded));
}


/* as below, the last view is enough: no decoding takes a control away */

int
auth_tenant_path_clean(const auth_tenant_str_t *path, int decoded)
{
    size_t    pos, n;
    unsigned  c, times;

    times = decoded ? 1 : 2;

    for (pos = 0; pos < path->len; pos += n) {

        n = auth_tenant_path_decode(path->data + pos, path->len - pos, times,
                                    &c);

        if (c < 0x20 || c == 0x7f || (c == '#' && !decoded && n == 1)) {
            return 0;
        }
    }

    return 1;
}


/*
 * No "." or "..", for a backend that decodes up to `times` times: decoding
 * leaves dots and separators as they are, so that the last view shows what
 * the others do.
 */

static int
auth_tenant_path_dotless(const auth_tenant_str_t *path, unsigned times)
{
    int       other, cut;
    size_t    pos, dots;
    unsigned  c;

    dots = 0;
    other = 0;
    cut = 0;

    for (pos = 0; pos < path->len; /* void */) {

        pos += auth_tenant_path_decode(path->data + pos, path->len - pos,
                                       times, &c);

        if (c == '/' || c == '\\') {

            if (dots && dots <= 2 && !other) {
                return 0;
            }

            dots = 0;
            other = 0;
            cut = 0;

        } else if (c == ';' || c == '?' || c == '#') {
            cut = 1;

        } else if (!cut && c == '.') {
            dots++;

        } else if (!cut) {
            other = 1;
        }
    }

    return !(dots && dots <= 2 && !other);
}


static int
auth_tenant_path_strict(const auth_tenant_str_t *path, int decoded)
{
    size_t    pos, once, twice;
    unsigned  c, d, last;

    last = 0;

    for (pos = 0; pos < path->len; pos += once) {

        once = auth_tenant_path_decode(path->data + pos, path->len - pos,
                                       decoded ? 0 : 1, &c);
        twice = auth_tenant_path_decode(path->data + pos, path->len - pos,
                                        decoded ? 1 : 2, &d);

        /* RFC 3986 section 2.4: nothing is to be decoded twice */

        if (twice != once) {
            return 0;
        }

        if (c == '\\' || c == ';' || c == '?' || c == '#') {
            return 0;
        }

        if (decoded && c == '/' && last == '/') {
            return 0;
        }

        last = c;
    }

    return 1;
}

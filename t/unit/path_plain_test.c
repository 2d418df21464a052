
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Paths of locations that capture nothing (B2.1).
 */


#include "auth_tenant_match.h"
#include "tap.h"


typedef struct {
    const char  *path;
    int          raw;        /* as a request target, not strict */
    int          strict;     /* the same, strict */
    int          uri;        /* as a URI, strict */
} plain_t;


static plain_t  tests[] = {

    /* what everybody reads alike */

    { "/", 1, 1, 1 },
    { "/hub/", 1, 1, 1 },
    { "/hub/.../..a/a../.a/a.", 1, 1, 1 },
    { "/hub/100%25.txt", 1, 1, 0 },
    { "/hub/a%20b", 1, 1, 0 },
    { "/hub/a%2fb", 1, 1, 0 },
    { "/hub/100%", 1, 1, 1 },
    { "/hub/%zz", 1, 1, 1 },
    { "", 1, 1, 1 },

    /* dot segments, however they are written */

    { "/user/bob/../../hub/", 0, 0, 0 },
    { "/user/bob/./x", 0, 0, 0 },
    { "/hub/..", 0, 0, 0 },
    { "/hub/.", 0, 0, 0 },
    { "..", 0, 0, 0 },
    { "/user/bob/%2e%2e/%2E%2E/hub/", 0, 0, 0 },
    { "/user/bob/.%2e/x", 0, 0, 0 },
    { "/user/bob/%252e%252e/x", 0, 0, 0 },
    { "/user/bob/..%2f..%2fhub/", 0, 0, 0 },
    { "/user/bob/..%252f..%252fhub/", 0, 0, 0 },
    { "/user/bob\\..\\..\\hub", 0, 0, 0 },
    { "/user/bob%5c..%5cx", 0, 0, 0 },
    { "/user/bob/..;x=1/hub/", 0, 0, 0 },
    { "/user/bob/..%3bx/hub/", 0, 0, 0 },
    { "/user/bob/..%00/hub/", 0, 0, 0 },
    { "/user/bob/..%23/hub/", 0, 0, 0 },
    { "/user/bob/..%3f/hub/", 0, 0, 0 },

    /* what only some backends read otherwise */

    { "/user;x/bob/", 1, 0, 0 },
    { "/user%3bx/bob/", 1, 0, 0 },
    { "/\\user\\bob", 1, 0, 0 },
    { "/%5cuser", 1, 0, 0 },
    { "/%2575ser/bob/", 1, 0, 0 },
    { "/%25%37%35ser/bob/", 1, 0, 0 },
    { "/%75ser/bob/", 1, 1, 0 },
    { "/hub/#x", 0, 0, 0 },
    { "/hub/\t", 0, 0, 0 },
    { "/hub/%0a", 0, 0, 0 },
    { "/hub/%250a", 0, 0, 0 },
    { "/hub/%23x", 1, 0, 0 },
    { "/hub/%3fx", 1, 0, 0 },
    { "/hub/\x7f", 0, 0, 0 },
    { "/hub//x", 1, 1, 0 },
    { "//user/bob", 1, 1, 0 }
};


int
main(void)
{
    size_t             i;
    auth_tenant_str_t  path;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        path = str(tests[i].path);

        is(auth_tenant_path_plain(&path, 0, AUTH_TENANT_PATH_DOTLESS),
           tests[i].raw, "B2.1: target \"%s\"", tests[i].path);
        is(auth_tenant_path_plain(&path, 0, AUTH_TENANT_PATH_STRICT),
           tests[i].strict, "B2.1: target \"%s\", strict", tests[i].path);
        is(auth_tenant_path_plain(&path, 1, AUTH_TENANT_PATH_STRICT),
           tests[i].uri,
           "B2.1: URI \"%s\", strict", tests[i].path);
    }

    path = str("/user/bob/%252e%252e/x");
    is(auth_tenant_path_plain(&path, 1, AUTH_TENANT_PATH_DOTLESS), 1,
       "B2.1: no backend decodes a URI three times");

    path = str("/user/bob/../x");
    is(auth_tenant_path_plain(&path, 0, AUTH_TENANT_PATH_CLEAN), 1,
       "B2.1: where nothing depends on the path, dots are the backend's");

    path = str("/hub/%250d%250aX-User-Id: eve");
    is(auth_tenant_path_plain(&path, 0, AUTH_TENANT_PATH_CLEAN), 0,
       "F2: but line breaks never are");

    path = str("/hub/#x");
    is(auth_tenant_path_plain(&path, 1, AUTH_TENANT_PATH_DOTLESS), 1,
       "B2.1: a decoded \"#\" is a character like others");

    path = str("/user/bob/%2e%2e/x");
    is(auth_tenant_path_plain(&path, 1, AUTH_TENANT_PATH_DOTLESS), 0,
       "B2.1: but one may decode it once more");

    return done();
}

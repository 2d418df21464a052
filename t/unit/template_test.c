
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Templates: what can be written.
 */


#include "tap.h"
#include "auth_tenant_template.h"


#define PLAIN      0
#define VARIABLES  AUTH_TENANT_TEMPLATE_VARIABLES
#define UPSTREAM   AUTH_TENANT_TEMPLATE_UPSTREAM
#define PATH       AUTH_TENANT_TEMPLATE_PATH

#define X10        "xxxxxxxxxx"
#define X50        X10 X10 X10 X10 X10
#define X63        X50 X10 "xxx"
#define X64        X63 "x"
#define X250       X63 "." X63 "." X63 "." X50 "xxxxxxxx"


/* A text for a test's name: a line break would end it. */

static const char *
shown(const char *text)
{
    size_t           i;
    static unsigned  n;
    static char      buf[4][64];

    if (text == NULL) {
        return "(absent)";
    }

    n = (n + 1) % 4;

    for (i = 0; i < sizeof(buf[n]) - 1 && text[i]; i++) {
        buf[n][i] = (text[i] >= 0x20 && text[i] != 0x7f) ? text[i] : '?';
    }

    buf[n][i] = '\0';

    return buf[n];
}


static const char *
refusal(unsigned flags, const char *text)
{
    auth_tenant_str_t              s;
    static auth_tenant_template_t  t;

    s = str(text);

    return auth_tenant_template_compile(&t, &s, flags);
}


/* A refusal says what to write instead, so look for that. */

static void
refused(unsigned flags, const char *text, const char *advice)
{
    const char  *error;

    error = refusal(flags, text);

    ok(error && strstr(error, advice), "\"%s\" refused: %s", shown(text),
       advice);
}


static void
accepted(unsigned flags, const char *text)
{
    const char  *error;

    error = refusal(flags, text);

    ok(error == NULL, "\"%s\" accepted%s%s", shown(text),
       error ? ", not " : "", error ? error : "");
}


static void
test_syntax(void)
{
    refused(PLAIN, "", "write one");
    refused(PLAIN, "{group}", "{tenant}, {module} or {user}");
    refused(PLAIN, "{}", "{tenant}, {module} or {user}");
    refused(PLAIN, "{User}", "{tenant}, {module} or {user}");
    refused(PLAIN, "{users}", "{tenant}, {module} or {user}");
    refused(PLAIN, "{user", "a brace itself can't be written");
    refused(PLAIN, "user}", "a brace itself can't be written");
    refused(PLAIN, "{{user}}", "a brace itself can't be written");
    refused(PLAIN, "{user:slug}", "modifiers belong into upstream names");
    refused(PLAIN, "{user:}", "modifiers belong into upstream names");

    refused(PLAIN, "{tenant}{module}", "write a literal between");
    refused(UPSTREAM, "{tenant}{module}.svc", "write a literal between");
    refused(VARIABLES, "$a$b", "write a literal between");
    refused(VARIABLES, "$a{user}", "write a literal between");
    refused(VARIABLES, "{user}${b}", "write a literal between");

    accepted(PLAIN, "{user}");
    accepted(PLAIN, "{tenant}:{user}");
    accepted(PLAIN, "role=admin");
    accepted(PLAIN,
             "a{user}a{user}a{user}a{user}a{user}a{user}a{user}a{user}");
    refused(PLAIN,
            "a{user}a{user}a{user}a{user}a{user}a{user}a{user}a{user}a",
            "write a shorter one");
}


static void
test_variables(void)
{
    auth_tenant_str_t       s;
    auth_tenant_template_t  t;

    refused(PLAIN, "$group", "no variables can be used here");
    refused(PLAIN, "a$", "\"$\" can't be written");
    refused(VARIABLES, "$", "write $name or ${name}");
    refused(VARIABLES, "a$-b", "write $name or ${name}");
    refused(VARIABLES, "${}", "write $name or ${name}");
    refused(VARIABLES, "${", "write $name or ${name}");
    refused(VARIABLES, "${group", "write ${name}");
    refused(VARIABLES, "${group-x}", "write ${name}");
    refused(VARIABLES, "$1", "give it a name");
    refused(VARIABLES, "${2}", "give it a name");

    s = str("a-${group_1}-$Team9.{user}");

    ok(auth_tenant_template_compile(&t, &s, VARIABLES) == NULL,
       "variables, braced or not");

    is(t.nparts, 6, "six parts");
    is(t.parts[1].type, AUTH_TENANT_PART_VARIABLE, "a variable");
    is_str(&t.parts[1].text, "group_1", "braced");
    is(t.parts[3].type, AUTH_TENANT_PART_VARIABLE, "a variable");
    is_str(&t.parts[3].text, "Team9", "ends at the first other character");
    is(t.parts[5].type, AUTH_TENANT_PART_NAME, "a placeholder");
    is(t.parts[5].name, AUTH_TENANT_USER, "of the user");
    is(t.names, auth_tenant_name_bit(AUTH_TENANT_USER), "names that occur");
}


static void
test_upstream_syntax(void)
{
    char                    text[2048];
    auth_tenant_str_t       s;
    auth_tenant_template_t  t;

    accepted(UPSTREAM,
             "{module}--{user:slug}.{tenant}.svc.cluster.local:8888");
    accepted(UPSTREAM, "{user:lower:escape}");
    accepted(UPSTREAM, "{user:lower}.example.com.:1");
    accepted(UPSTREAM, "127.0.0.1:65535");
    accepted(UPSTREAM, "app9.internal.");

    refused(UPSTREAM, "{user:upper}", "write \":label\"");
    refused(UPSTREAM, "{user:}", "write \":label\"");
    refused(UPSTREAM, "{user:lower:}", "write \":label\"");
    refused(UPSTREAM, "{user:lowerslug}", "write \":label\"");
    refused(UPSTREAM, "{user:slug:lower}", "\":lower\" before it");
    refused(UPSTREAM, "{user:slug:escape}", "write \":label\"");
    refused(UPSTREAM, "{user:lower:lower}", "write \":label\"");

    refused(UPSTREAM, "http://{user}.svc", "without scheme");
    refused(UPSTREAM, "{user}.svc/x", "without scheme and path");
    refused(UPSTREAM, "{user}_x.svc", "lower-case letters");
    refused(UPSTREAM, "{user}.Svc", "lower-case letters");
    refused(UPSTREAM, "[::1]:80", "write a number from 1 to 65535");
    refused(UPSTREAM, "a b", "lower-case letters");
    refused(UPSTREAM, "a@{user}", "lower-case letters");

    refused(UPSTREAM, "{user}:", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:0", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:080", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:65536", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:100000", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:80a", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:/80", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:80:80", "write a number from 1 to 65535");
    refused(UPSTREAM, "{user}:{module}", "write the port as a number");
    refused(UPSTREAM, "{user}:8{module}", "write the port as a number");

    refused(UPSTREAM, ":8888", "no host name");
    refused(UPSTREAM, ".", "no host name");
    refused(UPSTREAM, ".{user}", "no host name");
    refused(UPSTREAM, "{user}..svc", "no host name");
    refused(UPSTREAM, "{user}.svc..", "no host name");
    refused(UPSTREAM, "-{user}.svc", "no host name");
    refused(UPSTREAM, "{user}-.svc", "no host name");
    refused(UPSTREAM, "{user}.0.0.1", "the last one no number");
    refused(UPSTREAM, X64 ".{user}", "no host name");
    refused(UPSTREAM, X63 "{user}.svc", "no host name");
    accepted(UPSTREAM, X250 ".{user}");
    accepted(UPSTREAM, X250 "x.{user}");
    refused(UPSTREAM, X250 "xx.{user}", "no host name");

    memset(text, 'x', sizeof(text));
    text[1025] = '\0';
    refused(UPSTREAM, text, "longer than 1024 bytes");
    refused(PLAIN, text, "longer than 1024 bytes");
    text[1024] = '\0';
    refused(UPSTREAM, text, "no host name");
    accepted(PLAIN, text);

    s = str("{tenant}.{module:lower}");
    (void) auth_tenant_template_compile(&t, &s, UPSTREAM);
    is(t.parts[0].map, AUTH_TENANT_MAP_LABEL, "bare means label");
    is(t.parts[0].lower, 0, "as it is");
    is(t.parts[2].map, AUTH_TENANT_MAP_LABEL, "so does lower alone");
    is(t.parts[2].lower, 1, "in lower case");
}


static void
test_path_syntax(void)
{
    accepted(PATH, "/{user}/");
    accepted(PATH, "/hub/~{tenant}/a-b_c.d/{user}");

    refused(PATH, "{user}/", "begins with one \"/\"");
    refused(PATH, "user", "begins with one \"/\"");
    refused(PATH, "//{user}/", "begins with one \"/\"");
    refused(PATH, "//evil.example.com", "begins with one \"/\"");
    accepted(PATH, "/");
    refused(PATH, "/{user}/?next=/", "letters, digits");
    refused(PATH, "/%2e/{user}", "letters, digits");
    refused(PATH, "/\\evil/{user}", "letters, digits");
    refused(PATH, "/{user}/a\r\nX: y", "letters, digits");
    refused(PATH, "/{user}#a", "letters, digits");
    refused(PATH, "/@{user}", "letters, digits");
}


int
main(void)
{
    test_syntax();
    test_variables();
    test_upstream_syntax();
    test_path_syntax();

    return done();
}

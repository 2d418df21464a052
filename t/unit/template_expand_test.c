
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Templates: what comes out, and that no two sets of names give one text.
 */


#include "tap.h"
#include "auth_tenant_template.h"
#include "random.h"


#define PLAIN      0
#define VARIABLES  AUTH_TENANT_TEMPLATE_VARIABLES
#define UPSTREAM   AUTH_TENANT_TEMPLATE_UPSTREAM
#define PATH       AUTH_TENANT_TEMPLATE_PATH

#define X10        "xxxxxxxxxx"
#define X50        X10 X10 X10 X10 X10
#define X63        X50 X10 "xxx"
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


static int
variable(void *data, uintptr_t index, auth_tenant_str_t *value)
{
    auth_tenant_str_t  *values = data;

    if (values[index].data == NULL) {
        return 0;
    }

    *value = values[index];

    return 1;
}


static auth_tenant_verdict_e
expand_size(unsigned flags, const char *text, const char *tenant,
    const char *module, const char *user, size_t size, auth_tenant_str_t *got)
{
    size_t                  len;
    auth_tenant_str_t       s, none = { 0, NULL };
    auth_tenant_names_t     names;
    auth_tenant_values_t    values;
    auth_tenant_verdict_e   rc;
    auth_tenant_template_t  t;

    static unsigned char    dst[2048];

    s = str(text);

    if (auth_tenant_template_compile(&t, &s, flags) != NULL) {
        return AUTH_TENANT_ERROR;
    }

    names.name[AUTH_TENANT_TENANT] = tenant ? str(tenant) : none;
    names.name[AUTH_TENANT_MODULE] = module ? str(module) : none;
    names.name[AUTH_TENANT_USER] = user ? str(user) : none;

    values.names = &names;
    values.variable = variable;
    values.data = names.name;

    len = 99;
    rc = auth_tenant_template_expand(&t, &values, dst, size, &len);

    got->data = dst;
    got->len = len;

    return rc;
}


static void
gives(unsigned flags, const char *text, const char *tenant,
    const char *module, const char *user, const char *expected)
{
    auth_tenant_str_t      got;
    auth_tenant_verdict_e  rc;

    rc = expand_size(flags, text, tenant, module, user, 2048, &got);

    if (rc != AUTH_TENANT_OK) {
        is(rc, AUTH_TENANT_OK, "\"%s\" for \"%s\"", shown(text),
           shown(user));
        return;
    }

    is_str(&got, expected, "\"%s\" for \"%s\", \"%s\", \"%s\"", shown(text),
           shown(tenant), shown(module), shown(user));
}


static void
fails(unsigned flags, const char *text, const char *tenant,
    const char *module, const char *user, auth_tenant_verdict_e verdict)
{
    auth_tenant_str_t      got = { 99, NULL };
    auth_tenant_verdict_e  rc;

    rc = expand_size(flags, text, tenant, module, user, 2048, &got);

    ok(rc == verdict && got.len == 0, "\"%s\" for \"%s\", \"%s\", \"%s\": %s",
       shown(text), shown(tenant), shown(module), shown(user),
       (const char *) auth_tenant_verdict(verdict)->word.data);
}


static void
test_plain(void)
{
    auth_tenant_str_t  got;

    gives(PLAIN, "{user}", "t", "m", "user@email.com", "user@email.com");
    gives(PLAIN, "{user}", "t", "m", "Maksym \xd0\x9c", "Maksym \xd0\x9c");
    gives(PLAIN, "a:{tenant}:{user}:b", "t", "m", "u:v", "a:t:u:v:b");
    gives(PLAIN, "admin", NULL, NULL, NULL, "admin");
    gives(PLAIN, "{user}/{user}", "t", "m", "u", "u/u");

    fails(PLAIN, "{user}", "t", "m", NULL, AUTH_TENANT_NO_CLAIM);
    fails(PLAIN, "{user}", "t", "m", "", AUTH_TENANT_NO_CLAIM);
    fails(PLAIN, "x-{module}", "t", NULL, "u", AUTH_TENANT_NO_CLAIM);
    fails(PLAIN, "{user}", "t", "m", "a\r\nb", AUTH_TENANT_BAD_NAME);
    fails(PLAIN, "{user}", "t", "m", "a\xff", AUTH_TENANT_BAD_NAME);
    fails(PLAIN, "{user}", "t", "m", "u ", AUTH_TENANT_BAD_NAME);

    is(expand_size(PLAIN, "12345{user}", "t", "m", "678", 8, &got),
       AUTH_TENANT_OK, "what just fits");
    is(expand_size(PLAIN, "12345{user}", "t", "m", "678", 7, &got),
       AUTH_TENANT_BAD_NAME, "a value that does not fit");
    is(expand_size(PLAIN, "{user}12345", "t", "m", "678", 7, &got),
       AUTH_TENANT_BAD_NAME, "a literal that does not fit");

    is(expand_size(PLAIN, X250 X250 X250 X250 "{user}", "t", "m",
                   "123456789012345678901234", 2048, &got),
       AUTH_TENANT_OK, "1024 bytes");
    is(expand_size(PLAIN, X250 X250 X250 X250 "{user}", "t", "m",
                   "1234567890123456789012345", 2048, &got),
       AUTH_TENANT_BAD_NAME, "1025 bytes, whatever room there is");
}


static void
test_variable_values(void)
{
    size_t                  len;
    unsigned char           dst[64];
    auth_tenant_str_t       s;
    auth_tenant_values_t    values = { NULL, NULL, NULL };
    auth_tenant_template_t  t;

    /* the helper's variables are the names by index; 0 is the tenant */

    gives(VARIABLES, "x-$a-{user}", "t", "m", "u", "x-t-u");
    fails(VARIABLES, "x-$a-{user}", NULL, "m", "u", AUTH_TENANT_NO_CLAIM);
    fails(VARIABLES, "x-$a-{user}", "", "m", "u", AUTH_TENANT_NO_CLAIM);
    fails(VARIABLES, "x-$a-{user}", "a\nb", "m", "u", AUTH_TENANT_BAD_NAME);
    fails(VARIABLES, "$a-{user}", "a-b", "m", "u", AUTH_TENANT_BAD_NAME);

    fails(VARIABLES|UPSTREAM, "$a.svc", "a.b", "m", "u", AUTH_TENANT_BAD_NAME);
    fails(VARIABLES|PATH, "/$a/", "a/b", "m", "u", AUTH_TENANT_BAD_NAME);

    s = str("$a");
    (void) auth_tenant_template_compile(&t, &s, VARIABLES);
    is(auth_tenant_template_expand(&t, &values, dst, sizeof(dst), &len),
       AUTH_TENANT_NO_CLAIM, "nobody to ask for a variable: no value");

    s = str("{user}");
    (void) auth_tenant_template_compile(&t, &s, PLAIN);
    is(auth_tenant_template_expand(&t, &values, dst, sizeof(dst), &len),
       AUTH_TENANT_NO_CLAIM, "no names at all: no value");
}


static void
test_upstream(void)
{
    static const char  u[] =
        "{module}--{user:slug}.{tenant}.svc.cluster.local:8888";

    gives(UPSTREAM, u, "acme", "jupyter", "maksym",
          "jupyter--maksym.acme.svc.cluster.local:8888");
    gives(UPSTREAM, u, "acme", "jupyter", "First.Last@example.com",
          "jupyter--first-last-example-com---c72d236a"
          ".acme.svc.cluster.local:8888");
    gives(UPSTREAM, "jupyter-{user:escape}.{tenant}", "a1", "m", "Max.M",
          "jupyter--4dax-2e-4d.a1");
    gives(UPSTREAM, "{user:lower}.svc.", "t", "m", "MaksZ", "maksz.svc.");
    gives(UPSTREAM, "{user:lower:slug}", "t", "m", "ALICE", "alice");
    gives(UPSTREAM, "{user:lower:escape}", "t", "m", "AliceZ@", "alicez-40");
    gives(UPSTREAM, "127.0.0.1:9000", NULL, NULL, NULL, "127.0.0.1:9000");

    /* B2.4: whatever the claim says, it is one label of the name */

    fails(UPSTREAM, u, "acme.evil", "jupyter", "m", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, u, "acme:80", "jupyter", "m", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, u, "acme/x", "jupyter", "m", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, u, "acme@x", "jupyter", "m", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, u, "Acme", "jupyter", "m", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, u, "-acme", "jupyter", "m", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, u, "acme", "jupyter", "a\nb", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, u, "acme", NULL, "maksym", AUTH_TENANT_NO_CLAIM);
    fails(UPSTREAM, "{user:lower}.svc", "t", "m", "M\xc3\x84",
          AUTH_TENANT_BAD_NAME);

    /* a label is never cut, and what comes out is checked as a whole */

    gives(UPSTREAM, "x--{user}", "t", "m", X50 X10, "x--" X50 X10);
    fails(UPSTREAM, "x--{user}", "t", "m", X50 X10 "x", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, "{user:escape}.svc", "t", "m", "Alice",
          AUTH_TENANT_BAD_NAME);
    gives(UPSTREAM, X250 ".{user}.:80", "t", "m", "ab", X250 ".ab.:80");
    fails(UPSTREAM, X250 ".{user}", "t", "m", "abc", AUTH_TENANT_BAD_NAME);

    /* a number at the end is an address: 127.0.0.1 must not be a name */

    fails(UPSTREAM, "127.0.0.{user}", "t", "m", "1", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, "{user}:80", "t", "m", "2130706433", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, "{user}", "t", "m", "2130706433", AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, "a.{user}.", "t", "m", "9", AUTH_TENANT_BAD_NAME);
    gives(UPSTREAM, "u{user}", "t", "m", "123", "u123");
    gives(UPSTREAM, "{user}", "t", "m", "1a", "1a");
    gives(UPSTREAM, "{user}.svc", "t", "m", "123", "123.svc");
}


static void
test_path(void)
{
    gives(PATH, "/{user}/", "t", "m", "maksym", "/maksym/");
    gives(PATH, "/{user}/", "t", "m", "M.k-s_y~m@9", "/M.k-s_y~m@9/");
    gives(PATH, "/{user}/", "t", "m", "...", "/.../");
    gives(PATH, "/{user}/", "t", "m", ".a", "/.a/");

    fails(PATH, "/{user}/", "t", "m", ".", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "..", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "/evil", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "a/b", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "a\\b", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "a%2fb", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "a?b", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "a b", AUTH_TENANT_BAD_NAME);
    fails(PATH, "/{user}/", "t", "m", "\xc3\xa4", AUTH_TENANT_BAD_NAME);
}


/* B2.3: jupyter + gpu-x must not meet jupyter-gpu + x. */

static void
test_injective(void)
{
    gives(UPSTREAM, "{module}-{user}.svc", "t", "jupyter", "gpu-x",
          "jupyter-gpu-x.svc");
    fails(UPSTREAM, "{module}-{user}.svc", "t", "jupyter-gpu", "x",
          AUTH_TENANT_BAD_NAME);
    gives(UPSTREAM, "{module}--{user}.svc", "t", "jupyter-gpu", "x",
          "jupyter-gpu--x.svc");
    fails(UPSTREAM, "{module}--{user}.svc", "t", "a--b", "c",
          AUTH_TENANT_BAD_NAME);

    /* an overlap: "a-" and "--" read as "a", "--" and "-" */

    fails(PLAIN, "{module}--{user}", "t", "a-", "b", AUTH_TENANT_BAD_NAME);
    gives(PLAIN, "{module}--{user}", "t", "a", "-b", "a---b");
    fails(PLAIN, "{module}-x-{user}", "t", "a-x", "b", AUTH_TENANT_BAD_NAME);
    gives(PLAIN, "{module}-x-{user}", "t", "ax", "b", "ax-x-b");
    gives(PLAIN, "{module}-x-{user}", "t", "a-", "b", "a--x-b");
    fails(PLAIN, "{module}--{user}", "t", "-", "b", AUTH_TENANT_BAD_NAME);

    /* what the modifiers make is judged, not what they are given */

    fails(UPSTREAM, "{module:escape}-{user}", "t", "a.b", "c",
          AUTH_TENANT_BAD_NAME);
    fails(UPSTREAM, "{module:slug}--{user}", "t", "A", "c",
          AUTH_TENANT_BAD_NAME);

    /* the last value may hold what it likes; a dot parts labels */

    gives(UPSTREAM, "{tenant}--{user}.svc", "t", "m", "a--b", "t--a--b.svc");
    gives(PLAIN, "{tenant}:{user}:b", "t", "m", "u:b", "t:u:b:b");
    gives(UPSTREAM, "{tenant}.{user}.svc", "a-b", "m", "c", "a-b.c.svc");

    /* and of three, each but the last is parted */

    fails(PLAIN, "{tenant}.{module}.{user}", "t", "m.n", "u",
          AUTH_TENANT_BAD_NAME);
    fails(PLAIN, "{tenant}.{module}.{user}", "t.m", "n", "u",
          AUTH_TENANT_BAD_NAME);
    gives(PLAIN, "{tenant}.{module}.{user}", "t", "m", "n.u", "t.m.n.u");
}


/* Values of a nasty alphabet; the second set is near the first. */

static void
random_values(auth_tenant_names_t *names, unsigned char buf[3][8],
    const auth_tenant_names_t *near)
{
    size_t    k;
    unsigned  i;

    static const char  alphabet[] = "ab-._A";

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        names->name[i].data = buf[i];
        names->name[i].len = 1 + random_below(5);

        for (k = 0; k < 8; k++) {
            buf[i][k] = (near && random_below(3) && near->name[i].len > k)
                            ? near->name[i].data[k]
                            : (unsigned char)
                              alphabet[random_below(sizeof(alphabet) - 1)];
        }
    }
}


static void
test_property(void)
{
    size_t                  len[2];
    unsigned                i, k, n, pairs, both, same, unfit;
    unsigned char           buf[2][3][8], dst[2][256];
    auth_tenant_str_t       s, host;
    auth_tenant_names_t     names[2];
    auth_tenant_values_t    values = { NULL, NULL, NULL };
    auth_tenant_template_t  t[24];

    static const struct {
        unsigned     flags;
        const char  *text;
    } rows[] = {
        { PLAIN, "{tenant}-{user}" },
        { PLAIN, "{tenant}--{user}" },
        { PLAIN, "{tenant}-a-{user}" },
        { PLAIN, "{tenant}aa{user}" },
        { PLAIN, "{tenant}aba{user}" },
        { PLAIN, "{tenant}-{module}-{user}" },
        { PLAIN, "{tenant}.{module}--{user}" },
        { PLAIN, "{tenant}-{module}--{user}-a" },
        { UPSTREAM, "{module}-{user}.svc:80" },
        { UPSTREAM, "{module}--{user}.svc" },
        { UPSTREAM, "{module}--{user}.{tenant}" },
        { UPSTREAM, "{module}-a-{user}.{tenant}.svc" },
        { UPSTREAM, "{module}a{user}.{tenant}.svc." },
        { UPSTREAM, "x{module:escape}-{user:escape}.svc" },
        { UPSTREAM, "x{module:escape}--{user:escape}.svc" },
        { UPSTREAM, "x{user:escape}.{module:escape}" },
        { UPSTREAM, "x{module:escape}a{user:slug}.svc" },
        { UPSTREAM, "{module:slug}--{user:slug}.svc" },
        { UPSTREAM, "{module:slug}-a-{user:slug}.{tenant:slug}" },
        { PATH, "/{user}/" },
        { PATH, "/{user}/{tenant}/" },
        { PATH, "/{user}-{tenant}/{module}" },
        { PATH, "/a{user}.a.{tenant}" },
        { PATH, "/a{user}a/b{tenant}" }
    };

    n = sizeof(rows) / sizeof(rows[0]);
    both = 0;
    same = 0;
    unfit = 0;

    for (i = 0; i < n; i++) {
        s = str(rows[i].text);
        if (auth_tenant_template_compile(&t[i], &s, rows[i].flags) != NULL) {
            ok(0, "\"%s\" compiles", rows[i].text);
            return;
        }
    }

    for (pairs = 0; pairs < 1200000; /* void */ ) {

        i = random_below(n);

        random_values(&names[0], buf[0], NULL);
        random_values(&names[1], buf[1], &names[0]);

        /* only the names that the template holds make a difference */

        for (k = 0; k < AUTH_TENANT_NNAMES; k++) {
            if ((t[i].names & auth_tenant_name_bit(k))
                && !auth_tenant_str_eq(&names[0].name[k], &names[1].name[k]))
            {
                break;
            }
        }

        if (k == AUTH_TENANT_NNAMES) {
            continue;
        }

        pairs++;

        for (k = 0; k < 2; k++) {
            values.names = &names[k];

            if (auth_tenant_template_expand(&t[i], &values, dst[k],
                                            sizeof(dst[k]), &len[k])
                != AUTH_TENANT_OK)
            {
                break;
            }

            if (rows[i].flags & UPSTREAM) {
                host.data = dst[k];
                host.len = len[k];

                if (i == 8) {
                    host.len -= 3;
                }

                unfit += !auth_tenant_template_host_valid(&t[i], &host);
            }
        }

        if (k < 2) {
            continue;
        }

        both++;

        if (len[0] == len[1] && memcmp(dst[0], dst[1], len[0]) == 0) {
            same++;
            printf("# \"%s\" twice: %.*s\n", rows[i].text, (int) len[0],
                   dst[0]);
        }
    }

    is(same, 0, "B2.3: of %u pairs of distinct values none gave one text",
       pairs);
    is(unfit, 0, "B2.4: every upstream is a host name");
    ok(both > 100000, "and %u pairs gave texts at all", both);
}


int
main(void)
{
    test_plain();
    test_variable_values();
    test_upstream();
    test_path();
    test_injective();
    test_property();

    return done();
}

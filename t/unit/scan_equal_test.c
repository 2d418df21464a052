
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * JSON to the flat form: that it is jansson's reading of many texts, and fits
 * where it is written.
 */


#include <glob.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "scan.h"


/* Every escape of four digits, alone and before another. */

static void
test_escapes(void)
{
    long      len;
    char      text[64];
    unsigned  i, wrong, taken;

    wrong = taken = 0;

    for (i = 0; i <= 0xffff; i++) {
        sprintf(text, "{'a':'\\u%04x'}", i);
        len = scan_text(text);

        wrong += (len == -2);
        taken += (len > 0);
    }

    is(wrong, 0, "every escape is what jansson reads");
    is(taken, 0x10000 - 1 - 0x800,
       "A2.8: and taken, but NUL and the surrogates");

    wrong = taken = 0;

    for (i = 0xd700; i <= 0xe0ff; i++) {
        sprintf(text, "{'a':'\\ud8%02X\\u%04X'}", i & 0xff, i);
        len = scan_text(text);

        wrong += (len == -2);
        taken += (len > 0);

        sprintf(text, "{'a':'\\u%04x\\udc%02x'}", i, i & 0xff);
        len = scan_text(text);

        wrong += (len == -2);
        taken += (len > 0);
    }

    is(wrong, 0, "every pair of surrogates is what jansson reads");
    is(taken, 0x400 + 0x400, "A2.8: and taken, if they are a pair");
}


/* Every first and second byte of UTF-8, with what may follow. */

static void
test_utf8(void)
{
    long      len;
    char      text[64];
    size_t    i;
    unsigned  first, second, wrong, taken;

    static const char *const  follow[] = {
        "", "\200", "\277\277", "\200\200\200", "\277x", "\200\300"
    };

    wrong = taken = 0;

    for (first = 0x80; first <= 0xff; first++) {
        for (second = 0x23; second <= 0xff; second++) {
            for (i = 0; i < sizeof(follow) / sizeof(follow[0]); i++) {

                len = sprintf(text, "{'a':'%c%c%s'}", first, second,
                              follow[i]);
                len = scan_bytes(text, len);

                wrong += (len == -2);
                taken += (len > 0);
            }
        }
    }

    is(wrong, 0, "every two bytes of UTF-8 are judged as by jansson");
    ok(taken > 1920, "A2.8: %u of them are UTF-8", taken);
}


/* One byte after another of good texts replaced, inserted, left out. */

static void
test_changed(void)
{
    char      changed[512];
    size_t    i, k, n, len;
    unsigned  wrong, taken, refused;
    long      rc;

    static const char *const  texts[] = {
        "{'alg':'RS256','typ':'JWT','kid':'k1'}",
        "{'iss':'https://a.example','aud':['a','b'],'exp':1790000300,"
        "'email_verified':true,'name':'J\303\266rg \\ud83d\\ude00','x':null,"
        "'f':false,'r':-1.5e+3,'p':{'a':{'b':[[],{},[0]]}}}",
        " { 'a' : [ 1 , -0 , 0.1 , 1E+5 , 9223372036854775807 ] } ",
        "{'aa':'\\'\\\\\\/\\b\\f\\n\\r\\t\\u00e9','ab':'','ba':{}}"
    };
    static const char  others[] =
        "\0\1\t\n\r\37 \"#'\\/:,[]{}abefnrtuAEFGgx+-.0199\177\200\243\277\303"
        "\342\355\360\364\377";

    wrong = taken = refused = 0;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        len = strlen(texts[i]);

        for (n = 0; n < len; n++) {

            memcpy(changed, texts[i], len);
            rc = scan_bytes(changed, n);
            wrong += (rc == -2);

            memmove(changed + n, changed + n + 1, len - n - 1);
            wrong += (scan_bytes(changed, len - 1) == -2);

            for (k = 0; k < sizeof(others) - 1; k++) {
                memcpy(changed, texts[i], len);
                changed[n] = others[k];
                rc = scan_bytes(changed, len);

                wrong += (rc == -2);
                taken += (rc > 0);
                refused += (rc == -1);

                memcpy(changed + n + 1, texts[i] + n, len - n);
                rc = scan_bytes(changed, len + 1);

                wrong += (rc == -2);
                taken += (rc > 0);
                refused += (rc == -1);
            }
        }
    }

    is(wrong, 0, "a byte changed, and jansson says the same");
    ok(taken > 5000 && refused > 20000, "%u such texts taken, %u refused",
       taken, refused);
}


/* Texts cut off where memory ends; whoever reads on, also strtod(), dies. */

static void
test_end(void)
{
    char               *end;
    long                page;
    size_t              i, n, len;
    unsigned            taken;
    auth_tenant_str_t   text;

    static const char *const  texts[] = {
        "{\"a\":-12.5e-17}",
        "{\"a\":[true,false,null,{}],\"b\":9223372036854775807}",
        "{\"abcdefgh\":\"\\ud83d\\ude00\\n\\u00e9\360\237\230\200xy\"}"
    };

    page = sysconf(_SC_PAGESIZE);
    end = mmap(NULL, 2 * page, PROT_READ|PROT_WRITE,
               MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
    end += page;
    mprotect(end, page, PROT_NONE);

    taken = 0;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (n = 0; n <= strlen(texts[i]); n++) {

            memcpy(end - n, texts[i], n);
            text.data = (unsigned char *) end - n;
            text.len = n;

            taken += (auth_tenant_scan_object(&text, scan_form,
                                              sizeof(scan_form), &len)
                      == AUTH_TENANT_OK);
        }
    }

    munmap(end - page, 2 * page);

    is(taken, 3, "nothing behind a text is read, and only whole ones taken");
}


/*
 * The seeds of the fuzz targets: whatever lies between a brace and the last
 * one.
 */

static void
test_seeds(void)
{
    char       *text;
    FILE       *file;
    glob_t      found;
    size_t      i, n, last;
    unsigned    wrong, taken, refused;
    long        rc;

    wrong = taken = refused = 0;
    text = malloc(AUTH_TENANT_MAX_PAYLOAD);

    if (glob("t/fuzz/corpus/*/*", 0, NULL, &found) != 0) {
        found.gl_pathc = 0;
    }

    for (i = 0; i < found.gl_pathc; i++) {

        file = fopen(found.gl_pathv[i], "r");
        last = fread(text, 1, AUTH_TENANT_MAX_PAYLOAD, file);
        fclose(file);

        while (last > 0 && text[last - 1] != '}') {
            last--;
        }

        for (n = 0; n < last; n++) {

            if (text[n] != '{') {
                continue;
            }

            rc = scan_bytes(text + n, last - n);

            wrong += (rc == -2);
            taken += (rc >= 0);
            refused += (rc == -1);
        }
    }

    globfree(&found);
    free(text);

    is(wrong, 0, "the fuzz targets' seeds, and jansson says the same");
    ok(taken > 10 && refused > 50, "%u texts of theirs taken, %u refused",
       taken, refused);
}


/* Without room for all: no byte more is written, and ours is the fault. */

static void
test_room(void)
{
    size_t                  size, len, need;
    unsigned                wrong;
    unsigned char          *dst;
    auth_tenant_str_t       text;
    auth_tenant_verdict_e   verdict;

    text = str("{\"long\":\"a text of more than a hundred and twenty-seven "
               "bytes, so that the length of what is around it takes two, "
               "and has to be moved, wherever\",\"outer\":{\"array\":[true,"
               "1.5,null,{\"k\":\"a text of more than a hundred and "
               "twenty-seven bytes, so that the length of what is around it "
               "takes two, and has to be moved\"}],\"i\":7,\"\":[[],{}]}}");

    is(auth_tenant_scan_object(&text, scan_form, sizeof(scan_form),
                               &need),
       AUTH_TENANT_OK, "a form of %zu bytes", need);

    wrong = 0;

    for (size = 0; size <= need; size++) {
        dst = malloc(size ? size : 1);
        verdict = auth_tenant_scan_object(&text, dst, size, &len);
        wrong += (verdict != (size < need ? AUTH_TENANT_ERROR
                                          : AUTH_TENANT_OK));
        free(dst);
    }

    is(wrong, 0, "with less room there is none, with just enough there is");
}


/* A length has three bytes at most, however much room there is. */

static void
test_long(void)
{
    char                   *json;
    size_t                  n, len;
    unsigned char          *dst;
    auth_tenant_str_t       text;

    json = malloc(3 << 20);
    dst = malloc(3 << 20);

    for (n = 2000000; n <= 1 << 21; n += (1 << 21) - 2000000) {

        text.data = (unsigned char *) json;
        text.len = sprintf(json, "{\"a\":\"%0*d\"}", (int) n, 0);

        is(auth_tenant_scan_object(&text, dst, 3 << 20, &len),
           n < 1 << 21 ? AUTH_TENANT_OK : AUTH_TENANT_ERROR,
           "a string of %zu bytes", n);
    }

    free(dst);
    free(json);
}


/* What grows most: as many of each as fit into a payload, or may be in it. */

static void
test_growth(void)
{
    long         len;
    char        *text;
    size_t       i, n, k;
    const char  *more;

    static const char *const  items[] = {
        "0.1", "-1e-300", "1e5", "9e9", "1e-5", "-0.1", "[]", "{}", "''",
        "{'':0.1}", "[0.1]", "1", "'\\n'", "0.1234567890123456789"
    };

    text = malloc(AUTH_TENANT_MAX_PAYLOAD + 1);

    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {

        more = strpbrk(items[i], ".e") ? "1" : items[i];
        n = sprintf(text, "{'':[[%s", items[i]);

        for (k = 1; n < AUTH_TENANT_MAX_PAYLOAD - 30; k++) {
            n += sprintf(text + n, "%s%s", k % 256 ? "," : "],[",
                         k < AUTH_TENANT_MAX_REALS ? items[i] : more);
        }

        strcpy(text + n, "]]}");
        n += 3;

        len = scan_text(text);

        ok(len > 0 && (size_t) len <= auth_tenant_scan_size(n),
           "%zu bytes of %s make %ld", n, items[i], len);
    }

    free(text);
}


int
main(void)
{
    test_escapes();
    test_utf8();
    test_changed();
    test_end();
    test_seeds();
    test_room();
    test_long();
    test_growth();

    return done();
}

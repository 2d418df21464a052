
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Writes files of requests for bench/faults/load, each with a good token of
 * its own.
 *
 *   mint [-b] [-j JOBS] [-u USERS] [-t TENANTS] [-l LINES] [-f FIRST]
 *        ALG KEY KID ISSUER AUDIENCE BYTES COUNT PREFIX
 *
 * PREFIX.0, PREFIX.1 and so on have LINES lines each (20000), the tokens that
 * are numbered FIRST and up; their users and tenants take turns.  -b: one bit
 * of each signature is wrong, and 401 is the answer.
 */


#define _POSIX_C_SOURCE  200809L

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "mint.h"


static void scale_file(unsigned n);
static void scale_line(FILE *f, unsigned n);
static size_t scale_token(char *token, unsigned n);
static size_t scale_payload(char *payload, unsigned n, size_t pad);


static int          bad;
static unsigned     users = 1;
static unsigned     tenants = 1;
static unsigned     lines = 20000;
static unsigned     first;
static unsigned     count;
static size_t       bytes;
static time_t       now;
static const char  *alg, *kid, *issuer, *audience, *prefix;
static EVP_PKEY    *pkey;


int
main(int argc, char **argv)
{
    int        c, status, failed;
    FILE      *f;
    pid_t      pid;
    unsigned   jobs, files, i, n;

    jobs = 1;

    while ((c = getopt(argc, argv, "bj:u:t:l:f:")) != -1) {
        switch (c) {
        case 'b':
            bad = 1;
            break;
        case 'j':
            jobs = (unsigned) atoi(optarg);
            break;
        case 'u':
            users = (unsigned) atoi(optarg);
            break;
        case 't':
            tenants = (unsigned) atoi(optarg);
            break;
        case 'l':
            lines = (unsigned) atoi(optarg);
            break;
        case 'f':
            first = (unsigned) atoi(optarg);
            break;
        default:
            return 2;
        }
    }

    if (argc - optind != 8 || !users || !tenants || !lines || !jobs) {
        fprintf(stderr, "usage: see the head of mint.c\n");
        return 2;
    }

    argv += optind;

    alg = argv[0];
    kid = argv[2];
    issuer = argv[3];
    audience = argv[4];
    bytes = (size_t) atoi(argv[5]);
    count = (unsigned) atoi(argv[6]);
    prefix = argv[7];

    f = fopen(argv[1], "r");
    pkey = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

    if (pkey == NULL) {
        mint_die("the key can't be read");
    }

    fclose(f);

    now = time(NULL);
    files = (count + lines - 1) / lines;

    for (i = 0; i < jobs && i < files; i++) {

        pid = fork();

        if (pid == -1) {
            mint_die("fork");
        }

        for (n = i; pid == 0 && n < files; n += jobs) {
            scale_file(n);
        }

        if (pid == 0) {
            exit(0);
        }
    }

    failed = 0;

    while (wait(&status) > 0) {
        failed |= (status != 0);
    }

    return failed;
}


static void
scale_file(unsigned n)
{
    char      name[4096];
    FILE     *f;
    unsigned  i, end;

    snprintf(name, sizeof(name), "%s.%u", prefix, n);

    f = fopen(name, "w");
    if (f == NULL) {
        mint_die("a file can't be written");
    }

    end = n * lines + lines < count ? n * lines + lines : count;

    for (i = n * lines; i < end; i++) {
        scale_line(f, first + i);
    }

    if (ferror(f) || fclose(f) != 0) {
        mint_die("a file can't be written");
    }
}


static void
scale_line(FILE *f, unsigned n)
{
    char  token[MINT_TEXT];

    scale_token(token, n);

    fprintf(f, "%s\t0\t%s\tu%u\tjupyter.t%u.example.com\t/u%u/\t%s\n",
            bad ? "bad" : "good", bad ? "401" : "200", n % users, n % tenants,
            n % users, token);
}


/* another claim makes the token as long as it is to be, or shorter by two */

static size_t
scale_token(char *token, unsigned n)
{
    char           header[256], payload[MINT_TEXT / 2];
    size_t         len, size;
    unsigned char  sig[MINT_SIGNATURE];

    snprintf(header, sizeof(header),
             "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}", alg, kid);

    len = mint_b64u(token, header, strlen(header));
    token[len++] = '.';

    size = alg[0] == 'R' || alg[0] == 'P' ? (size_t) EVP_PKEY_bits(pkey) / 8
           : strcmp(alg, "ES384") == 0 ? 96
           : 64;
    size = len + 1 + (size * 4 + 2) / 3;
    size = bytes > size ? (bytes - size) * 3 / 4 : 0;

    size -= scale_payload(payload, n, 0) < size
            ? scale_payload(payload, n, 0) : size;
    size = scale_payload(payload, n, size);

    len += mint_b64u(token + len, payload, size);

    size = mint_sign(sig, alg, pkey, token, len, -1);
    sig[size / 2] ^= (unsigned char) bad;

    token[len++] = '.';

    return len + mint_b64u(token + len, sig, size);
}


static size_t
scale_payload(char *payload, unsigned n, size_t pad)
{
    char  x[MINT_TEXT / 4];

    pad = pad < sizeof(x) ? pad : sizeof(x) - 1;

    memset(x, 'x', pad);
    x[pad] = '\0';

    return (size_t) snprintf(payload, MINT_TEXT / 2,
                             "{\"aud\":\"%s\",\"exp\":%ld,\"iat\":%ld,"
                             "\"iss\":\"%s\",\"modules\":[\"jupyter\"],"
                             "\"n\":%u,\"pad\":\"%s\",\"sub\":\"u%u\","
                             "\"tenant\":\"t%u\"}",
                             audience, (long) now + 86400, (long) now, issuer,
                             n, x, n % users, n % tenants);
}

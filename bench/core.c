
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What verifying a token costs from its text to the verdict, all rules
 * included, as a ratio to OpenSSL's EVP_DigestVerify over the same bytes.
 * Both run in turns in one process; the medians of their rounds are compared,
 * so that a noisy machine shows in neither.
 *
 * And what the table of verified tokens costs, as a ratio to the SHA-256 of
 * such a token, which it is asked with.
 */


#define _POSIX_C_SOURCE  200809L

#include <time.h>

#include "auth_tenant_b64url.h"
#include "auth_tenant_cache.h"
#include "auth_tenant_jws.h"
#include "auth_tenant_rules.h"
#include "auth_tenant_sha256.h"
#include "mint.h"


#define ROUNDS  41
#define TOKEN   900                   /* bytes, as browsers send them */

#define CACHE   (64 << 20)            /* bytes of the table */
#define CACHED  4096                  /* tokens in it; a power of two */


static const char  *algs[][2] = {
    { "RS256", "RSA2048" }, { "PS256", "RSA2048" }, { "ES256", "P-256" },
    { "ES384", "P-384" }, { "EdDSA", "Ed25519" }
};


typedef struct {
    auth_tenant_str_t        token;
    auth_tenant_keys_t      *keys;
    auth_tenant_policy_t     policy;
    auth_tenant_claim_t      claims[AUTH_TENANT_NNAMES];
    auth_tenant_template_t   audience;
    auth_tenant_str_t        type;
    auth_tenant_names_t      names;
    auth_tenant_ruleset_t    rules;
    int64_t                  now;

    EVP_PKEY                *pkey;
    const EVP_MD            *md;
    int                      pss;
    auth_tenant_str_t        input;
    unsigned char            der[MINT_SIGNATURE];
    size_t                   der_len;

    auth_tenant_cache_t      cache;
    auth_tenant_sha256_t    *sha256;
    auth_tenant_str_t        entry;
    size_t                   tokens;
    size_t                   next;
} bench_t;


static void bench_setup(bench_t *b, const char *alg, const char *kind);
static void bench_signature(bench_t *b, const char *kind);
static void bench_ours(bench_t *b);
static void bench_openssl(bench_t *b);
static void bench_cache(bench_t *b);
static void bench_find(bench_t *b);
static void bench_put(bench_t *b);
static void bench_sha256(bench_t *b);
static double bench_round(void (*run)(bench_t *b), bench_t *b, unsigned n);
static double bench_median(double *v, unsigned n);
static int bench_compare(const void *a, const void *b);
static auth_tenant_str_t bench_str(const char *text);


static char           bench_token[MINT_TEXT];
static unsigned char  bench_digests[CACHED][AUTH_TENANT_CACHE_DIGEST];
static unsigned char  bench_data[AUTH_TENANT_CACHE_MAX];


int
main(void)
{
    int       failed;
    double    ours[ROUNDS], theirs[ROUNDS], ratio;
    bench_t   b;
    unsigned  i, k, n;

    failed = 0;

    printf("%-8s %6s %12s %12s %8s\n", "alg", "token", "ours, us",
           "OpenSSL, us", "ratio");

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        bench_setup(&b, algs[i][0], algs[i][1]);

        n = (unsigned) (0.01 / bench_round(bench_ours, &b, 20)) + 1;

        for (k = 0; k < ROUNDS; k++) {
            ours[k] = bench_round(bench_ours, &b, n);
            theirs[k] = bench_round(bench_openssl, &b, n);
        }

        ratio = bench_median(ours, ROUNDS) / bench_median(theirs, ROUNDS);

        printf("%-8s %6zu %12.2f %12.2f %8.3f\n", algs[i][0], b.token.len,
               bench_median(ours, ROUNDS) * 1e6,
               bench_median(theirs, ROUNDS) * 1e6, ratio);

        if (i == 0 && ratio > 1.5) {
            failed = 1;
        }

        auth_tenant_keys_free(b.keys);
    }

    if (failed) {
        printf("RS256 costs more than 1.5 times OpenSSL's own verify\n");
    }

    bench_cache(&b);

    return failed;
}


static void
bench_setup(bench_t *b, const char *alg, const char *kind)
{
    int                         n;
    char                        payload[MINT_TEXT], jwk[MINT_TEXT];
    char                        doc[MINT_TEXT + 64], header[128];
    size_t                      pad;
    auth_tenant_str_t           text;
    auth_tenant_keys_report_t   report;

    memset(b, 0, sizeof(bench_t));

    b->now = 1700000000;
    b->pkey = mint_kept_key(kind);
    b->md = (alg[0] == 'E' && alg[1] == 'd') ? NULL
            : strstr(alg, "384") ? EVP_sha384() : EVP_sha256();
    b->pss = (alg[0] == 'P');

    snprintf(header, sizeof(header),
             "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"k1\"}", alg);

    /* a padded claim makes every algorithm's token as long */

    for (pad = 0; /* void */; pad++) {

        n = snprintf(payload, sizeof(payload),
                     "{\"iss\":\"https://login.example.com/realms/platform\","
                     "\"aud\":\"platform\",\"sub\":\"7f3c\",\"iat\":%lld,"
                     "\"exp\":%lld,\"name\":\"maksym\",\"current_tenant\":"
                     "\"acme\",\"permissions\":[\"jupyter\",\"datalab\","
                     "\"dataflow\"],\"session_state\":\"%0*d\"}",
                     (long long) b->now - 5, (long long) b->now + 600,
                     (int) pad + 1, 0);

        b->token = mint_token(bench_token, alg, kind, header, payload,
                              (size_t) n);

        if (b->token.len >= TOKEN) {
            break;
        }

        pad += (TOKEN - b->token.len) / 2;
    }

    mint_jwk(jwk, kind, ",'kid':'k1'");
    snprintf(doc, sizeof(doc), "{\"keys\":[%s]}", jwk);

    text = bench_str(doc);
    b->keys = auth_tenant_keys_parse(&text, AUTH_TENANT_ALGS_DEFAULT, &report);

    b->policy.issuer = bench_str("https://login.example.com/realms/platform");
    b->policy.algs = AUTH_TENANT_ALGS_DEFAULT;
    b->type = bench_str("JWT");
    b->policy.types = &b->type;
    b->policy.ntypes = 1;
    b->policy.leeway = 30;

    text = bench_str("platform");
    auth_tenant_template_compile(&b->audience, &text, 0);
    b->policy.audience = &b->audience;
    b->policy.naudience = 1;

    text = bench_str("current_tenant");
    auth_tenant_claim_compile(&b->claims[AUTH_TENANT_TENANT], &text);
    text = bench_str("permissions");
    auth_tenant_claim_compile(&b->claims[AUTH_TENANT_MODULE], &text);
    text = bench_str("name");
    auth_tenant_claim_compile(&b->claims[AUTH_TENANT_USER], &text);

    b->policy.claims[AUTH_TENANT_TENANT] = &b->claims[AUTH_TENANT_TENANT];
    b->policy.claims[AUTH_TENANT_MODULE] = &b->claims[AUTH_TENANT_MODULE];
    b->policy.claims[AUTH_TENANT_USER] = &b->claims[AUTH_TENANT_USER];

    b->names.name[AUTH_TENANT_TENANT] = bench_str("acme");
    b->names.name[AUTH_TENANT_MODULE] = bench_str("datalab");
    b->names.name[AUTH_TENANT_USER] = bench_str("maksym");

    b->rules.captured = 7;

    bench_signature(b, kind);
}


/* OpenSSL takes ECDSA signatures as DER: made ready, not timed */

static void
bench_signature(bench_t *b, const char *kind)
{
    char                 *dot;
    size_t                len;
    ECDSA_SIG            *rs;
    unsigned char         sig[MINT_SIGNATURE], *p;
    auth_tenant_str_t     text;

    dot = strrchr(bench_token, '.');

    b->input.data = (unsigned char *) bench_token;
    b->input.len = (size_t) (dot - bench_token);

    text.data = (unsigned char *) dot + 1;
    text.len = b->token.len - b->input.len - 1;

    auth_tenant_b64url_decode(sig, &len, &text);

    if (kind[0] != 'P') {
        memcpy(b->der, sig, len);
        b->der_len = len;
        return;
    }

    rs = ECDSA_SIG_new();
    ECDSA_SIG_set0(rs, BN_bin2bn(sig, (int) len / 2, NULL),
                   BN_bin2bn(sig + len / 2, (int) len / 2, NULL));

    p = b->der;
    b->der_len = (size_t) i2d_ECDSA_SIG(rs, &p);

    ECDSA_SIG_free(rs);
}


static void
bench_ours(bench_t *b)
{
    unsigned char               *payload, *flat;
    auth_tenant_jws_t            jws;
    auth_tenant_str_t            text;
    auth_tenant_names_t          identity;
    auth_tenant_claims_t         claims;
    auth_tenant_values_t         values;
    const auth_tenant_rule_t    *failed;
    const auth_tenant_policy_t  *policy;

    policy = &b->policy;

    values.names = &b->names;
    values.variable = NULL;
    values.data = NULL;

    payload = malloc(2 * TOKEN);
    flat = malloc(auth_tenant_claims_size(2 * TOKEN));

    if (auth_tenant_jws_parse(&jws, &b->token) != AUTH_TENANT_OK
        || auth_tenant_jws_payload(&jws, payload, 2 * TOKEN, &text)
           != AUTH_TENANT_OK
        || auth_tenant_claims_parse(&claims, &text, flat) != AUTH_TENANT_OK
        || auth_tenant_jws_accept(&jws, policy->algs, policy->types,
                                  policy->ntypes)
           != AUTH_TENANT_OK
        || auth_tenant_policy_audience(policy, &claims, &b->names)
           != AUTH_TENANT_OK
        || auth_tenant_policy_times(policy, &claims, b->now) != AUTH_TENANT_OK
        || auth_tenant_jws_verify(&jws, b->keys) != AUTH_TENANT_OK
        || auth_tenant_policy_identity(policy, &claims, &b->names, &identity)
           != AUTH_TENANT_OK
        || auth_tenant_rules_judge(&b->rules, AUTH_TENANT_METHOD_GET, policy,
                                   &claims, &values, &failed)
           != AUTH_TENANT_OK)
    {
        mint_die("ours: a good token is refused");
    }

    free(flat);
    free(payload);
}


static void
bench_openssl(bench_t *b)
{
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    ctx = EVP_MD_CTX_new();

    if (EVP_DigestVerifyInit(ctx, &pctx, b->md, NULL, b->pkey) != 1
        || (b->pss
            && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1
                || EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, -1) != 1))
        || EVP_DigestVerify(ctx, b->der, b->der_len, b->input.data,
                            b->input.len)
           != 1)
    {
        mint_die("OpenSSL: a good token is refused");
    }

    EVP_MD_CTX_free(ctx);
}


/* One token, then so many that no cache of a processor near it holds them. */

static void
bench_cache(bench_t *b)
{
    void      *memory;
    double     find[ROUNDS], put[ROUNDS], sha256[ROUNDS], base;
    size_t     i;
    unsigned   k, n;

    static const size_t  sizes[] = { 100, 500, 800, 8000 };

    memory = aligned_alloc(64, CACHE);

    if (memory == NULL
        || !auth_tenant_cache_layout(&b->cache, memset(memory, 0, CACHE),
                                     CACHE))
    {
        mint_die("no memory");
    }

    b->sha256 = auth_tenant_sha256_new();

    for (i = 0; i < CACHED; i++) {
        b->entry.data = (unsigned char *) &i;
        b->entry.len = sizeof(i);

        if (b->sha256 == NULL
            || !auth_tenant_sha256(b->sha256, &b->entry, bench_digests[i]))
        {
            mint_die("no SHA-256");
        }
    }

    printf("\n%-8s %6s %12s %12s %12s %8s\n", "entry", "tokens", "find, ns",
           "put, ns", "SHA-256, ns", "ratio");

    for (i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        b->entry.data = bench_data;
        b->entry.len = sizes[i / 2];
        b->tokens = 1;
        n = 20000;

        if (i % 2) {
            b->tokens = auth_tenant_cache_room(&b->cache, b->entry.len) / 4;
            b->tokens = b->tokens < CACHED ? b->tokens : CACHED;
        }

        memset(memory, 0, CACHE);

        for (b->next = 0, k = 0; k < b->tokens; k++) {
            bench_put(b);
        }

        for (k = 0; k < ROUNDS; k++) {
            find[k] = bench_round(bench_find, b, n);
            put[k] = bench_round(bench_put, b, n);
            sha256[k] = bench_round(bench_sha256, b, n);
        }

        base = bench_median(sha256, ROUNDS);

        printf("%-8zu %6zu %12.1f %12.1f %12.1f %8.3f\n", b->entry.len,
               b->tokens, bench_median(find, ROUNDS) * 1e9,
               bench_median(put, ROUNDS) * 1e9, base * 1e9,
               bench_median(find, ROUNDS) / base);
    }

    auth_tenant_sha256_free(b->sha256);
    free(memory);
}


static void
bench_find(bench_t *b)
{
    unsigned char  copy[AUTH_TENANT_CACHE_MAX];
    unsigned char  tag[AUTH_TENANT_CACHE_DIGEST];

    b->next = (b->next + 7919) % b->tokens;

    if (auth_tenant_cache_find(&b->cache, bench_digests[b->next],
                               bench_digests[0], b->now, copy, tag)
        != b->entry.len)
    {
        mint_die("a token that was put is not found");
    }
}


static void
bench_put(bench_t *b)
{
    b->next = (b->next + 7919) % b->tokens;

    auth_tenant_cache_put(&b->cache, bench_digests[b->next], bench_digests[0],
                          &b->entry, b->now + 600, b->now);
}


static void
bench_sha256(bench_t *b)
{
    unsigned char  digest[AUTH_TENANT_CACHE_DIGEST];

    if (!auth_tenant_sha256(b->sha256, &b->token, digest)) {
        mint_die("no SHA-256");
    }
}


static double
bench_round(void (*run)(bench_t *b), bench_t *b, unsigned n)
{
    unsigned         i;
    struct timespec  start, end;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);

    for (i = 0; i < n; i++) {
        run(b);
    }

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);

    return ((double) (end.tv_sec - start.tv_sec)
            + (double) (end.tv_nsec - start.tv_nsec) * 1e-9) / n;
}


static double
bench_median(double *v, unsigned n)
{
    qsort(v, n, sizeof(double), bench_compare);

    return v[n / 2];
}


static int
bench_compare(const void *a, const void *b)
{
    const double  *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}


static auth_tenant_str_t
bench_str(const char *text)
{
    auth_tenant_str_t  s;

    s.len = strlen(text);
    s.data = (const unsigned char *) text;

    return s;
}

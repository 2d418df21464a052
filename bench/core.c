
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What verifying a token costs from its text to the verdict, all rules
 * included, as a ratio to OpenSSL's EVP_DigestVerify over the same bytes.
 * Both run in turns in one process; the medians of their rounds are compared,
 * so that a noisy machine shows in neither.
 *
 * What a token costs that is refused, as a ratio to a good one: what has
 * expired, is of another issuer or no token must not reach the signature.
 */


#define _POSIX_C_SOURCE  200809L

#include "auth_tenant_b64url.h"
#include "auth_tenant_jws.h"
#include "auth_tenant_rules.h"
#include "mint.h"
#include "rounds.h"


#define TOKEN  900                   /* bytes, as browsers send them */



static const char  *algs[][2] = {
    { "RS256", "RSA2048" }, { "PS256", "RSA2048" }, { "ES256", "P-256" },
    { "ES384", "P-384" }, { "EdDSA", "Ed25519" }
};


struct bench_s {
    auth_tenant_str_t        token;
    auth_tenant_keys_t      *keys;
    auth_tenant_policy_t     policy;
    auth_tenant_claim_t      claims[AUTH_TENANT_NNAMES];
    auth_tenant_template_t   audience;
    auth_tenant_str_t        type;
    auth_tenant_names_t      names;
    auth_tenant_ruleset_t    rules;
    int64_t                  now;
    auth_tenant_verdict_e    verdict;     /* what it has to be */

    EVP_PKEY                *pkey;
    const EVP_MD            *md;
    int                      pss;
    auth_tenant_str_t        input;
    unsigned char            der[MINT_SIGNATURE];
    size_t                   der_len;
};


static void bench_setup(bench_t *b, const char *alg, const char *kind);
static void bench_signature(bench_t *b, const char *kind);
static void bench_ours(bench_t *b);
static auth_tenant_verdict_e bench_judge(bench_t *b,
    unsigned char *payload, unsigned char *flat);
static int bench_refused(bench_t *b, const char *alg, double signature);
static void bench_openssl(bench_t *b);
static auth_tenant_str_t bench_str(const char *text);


static char           bench_token[MINT_TEXT];
static char           bench_refusals[2048];


int
main(void)
{
    int       failed;
    double    ours[ROUNDS], theirs[ROUNDS], ratio;
    bench_t   b;
    unsigned  i, k, n;

    failed = 0;

    printf("A token of so many bytes, from its text to the verdict; "
           "OpenSSL's own verify of it:\n\n");
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
            printf("more than 1.5 times OpenSSL's own verify\n");
            failed = 1;
        }

        failed |= bench_refused(&b, algs[i][0],
                                bench_median(theirs, ROUNDS));

        auth_tenant_keys_free(b.keys);
    }

    printf("\nOne that is refused, and how much that is of a good one:\n\n");
    printf("%-8s %-15s %12s %8s\n%s", "alg", "refused", "us", "of good",
           bench_refusals);

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
    b->verdict = AUTH_TENANT_OK;
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
    unsigned char  *payload, *flat;

    payload = malloc(2 * TOKEN);
    flat = malloc(auth_tenant_claims_size(2 * TOKEN));

    if (bench_judge(b, payload, flat) != b->verdict) {
        mint_die("ours: another verdict than there has to be");
    }

    free(flat);
    free(payload);
}


static auth_tenant_verdict_e
bench_judge(bench_t *b, unsigned char *payload, unsigned char *flat)
{
    auth_tenant_jws_t            jws;
    auth_tenant_str_t            text, tenant;
    auth_tenant_names_t          identity;
    auth_tenant_claims_t         claims;
    auth_tenant_values_t         values;
    auth_tenant_verdict_e        rc;
    const auth_tenant_rule_t    *failed;
    const auth_tenant_policy_t  *policy;

    policy = &b->policy;

    values.names = &b->names;
    values.variable = NULL;
    values.data = NULL;

    if ((rc = auth_tenant_jws_parse(&jws, &b->token)) != AUTH_TENANT_OK
        || (rc = auth_tenant_jws_payload(&jws, payload, 2 * TOKEN, &text))
           != AUTH_TENANT_OK
        || (rc = auth_tenant_claims_parse(&claims, &text, flat))
           != AUTH_TENANT_OK)
    {
        return rc;
    }

    if (!auth_tenant_policy_issuer(policy, &claims.iss, &tenant)) {
        return AUTH_TENANT_WRONG_ISSUER;
    }

    if ((rc = auth_tenant_jws_accept(&jws, policy->algs, policy->types,
                                     policy->ntypes)) != AUTH_TENANT_OK
        || (rc = auth_tenant_policy_audience(policy, &claims, &b->names))
           != AUTH_TENANT_OK
        || (rc = auth_tenant_policy_times(policy, &claims, b->now))
           != AUTH_TENANT_OK
        || (rc = auth_tenant_jws_verify(&jws, b->keys)) != AUTH_TENANT_OK
        || (rc = auth_tenant_policy_identity(policy, &claims, &b->names,
                                             &identity)) != AUTH_TENANT_OK)
    {
        return rc;
    }

    return auth_tenant_rules_judge(&b->rules, AUTH_TENANT_METHOD_GET, policy,
                                   &claims, &values, &failed);
}


/*
 * 1 if one that needs no signature operation costs as much as one, or if a
 * forged one costs more than a good one by more than the noise.
 */

static int
bench_refused(bench_t *b, const char *alg, double signature)
{
    int           rc;
    char         *end, *text, was;
    double        refused[ROUNDS], good[ROUNDS], is, of;
    bench_t       bad;
    unsigned      i, k, n;

    static const struct {
        const char             *name;
        auth_tenant_verdict_e   verdict;
    } as[] = {
        { "malformed", AUTH_TENANT_MALFORMED },
        { "another issuer", AUTH_TENANT_WRONG_ISSUER },
        { "expired", AUTH_TENANT_EXPIRED },
        { "forged", AUTH_TENANT_BAD_SIGNATURE }
    };

    rc = 0;
    end = strrchr(bench_token, '.') + 9;
    was = *end;

    for (i = 0; i < sizeof(as) / sizeof(as[0]); i++) {
        bad = *b;
        bad.verdict = as[i].verdict;

        if (bad.verdict == AUTH_TENANT_MALFORMED) {
            bad.token.len = b->input.len;

        } else if (bad.verdict == AUTH_TENANT_WRONG_ISSUER) {
            bad.policy.issuer = bench_str("https://login.example.net");

        } else if (bad.verdict == AUTH_TENANT_EXPIRED) {
            bad.now += 3600;
        }

        n = (unsigned) (0.01 / bench_round(bench_ours, b, 20)) + 1;

        for (k = 0; k < ROUNDS; k++) {
            good[k] = bench_round(bench_ours, b, n);

            if (bad.verdict == AUTH_TENANT_BAD_SIGNATURE) {
                *end = (was == 'A') ? 'B' : 'A';
            }

            refused[k] = bench_round(bench_ours, &bad, n);
            *end = was;
        }

        is = bench_median(refused, ROUNDS);
        of = bench_median(good, ROUNDS);

        rc |= (bad.verdict == AUTH_TENANT_BAD_SIGNATURE) ? is > 1.05 * of
                                                         : is > signature;

        text = bench_refusals + strlen(bench_refusals);
        snprintf(text, sizeof(bench_refusals) - (text - bench_refusals),
                 "%-8s %-15s %12.2f %8.3f\n", alg, as[i].name, is * 1e6,
                 is / of);
    }

    return rc;
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


static auth_tenant_str_t
bench_str(const char *text)
{
    auth_tenant_str_t  s;

    s.len = strlen(text);
    s.data = (const unsigned char *) text;

    return s;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Tokens.  The first byte says what the rest is:
 *
 *     'r', 'e', 'd', 's'  a header, a line feed and a payload, to be signed
 *         with the RSA, EC, Ed25519 key or the secret: verified if and only
 *         if the header names that key and algorithm, and never with a bit
 *         changed
 *
 * Any other input is a token, which nobody has signed.
 */


#include <openssl/err.h>

#include "expand.h"
#include "auth_tenant_jws.h"


static const struct {
    int           letter;
    const char   *kind;
    const char   *alg;
    const char   *kid;
} signers[] = {
    { 'r', "RSA2048", "RS256", "rsa" },
    { 'e', "P-256", "ES256", "ec" },
    { 'd', "Ed25519", "EdDSA", "ed" },
    { 's', "oct", "HS256", "oct" }
};

static const char  document[] =
    "{\"keys\":["
    "{\"kty\":\"RSA\",\"kid\":\"rsa\",\"n\":\"$n\",\"e\":\"$e\"},"
    "{\"kty\":\"EC\",\"kid\":\"ec\",\"crv\":\"P-256\",\"x\":\"$x\","
    "\"y\":\"$y\"},"
    "{\"kty\":\"OKP\",\"kid\":\"ed\",\"crv\":\"Ed25519\",\"x\":\"$d\"},"
    "{\"kty\":\"oct\",\"kid\":\"oct\",\"k\":\"$k\"}]}";

static auth_tenant_keys_t  *keys;


int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    auth_tenant_str_t           text;
    auth_tenant_keys_report_t   report;

    static unsigned char  buffer[EXPAND_MAX];

    (void) argc;
    (void) argv;

    expand_init();

    text.len = expand(buffer, (const unsigned char *) document,
                      sizeof(document) - 1);
    text.data = buffer;

    keys = auth_tenant_keys_parse(&text, (auth_tenant_algs_t) ~1u, &report);

    if (report.keys != 4) {
        abort();
    }

    return 0;
}


/* Judges a copy without a byte to spare. */

static auth_tenant_verdict_e
judge(auth_tenant_jws_t *jws, const void *token, size_t len)
{
    unsigned char          *copy, *dst;
    auth_tenant_str_t       s, payload;
    auth_tenant_verdict_e   rc;

    static const auth_tenant_str_t  types[] = {
        auth_tenant_string("JWT"), auth_tenant_string("absent")
    };

    copy = malloc(len ? len : 1);
    memcpy(copy, token, len);

    s.len = len;
    s.data = copy;

    rc = auth_tenant_jws_parse(jws, &s);

    if (rc == AUTH_TENANT_OK) {

        if (jws->alg == AUTH_TENANT_ALG_UNKNOWN
            || jws->input.data != copy
            || jws->input.len + 1 + jws->signature.len != len
            || jws->payload.data + jws->payload.len + 1
               != jws->signature.data
            || jws->payload.len == 0 || jws->signature.len == 0
            || jws->kid.len > AUTH_TENANT_MAX_KID
            || jws->typ.len > AUTH_TENANT_MAX_TYP)
        {
            abort();
        }

        (void) auth_tenant_jws_accept(jws, AUTH_TENANT_ALGS_DEFAULT, types, 2);

        dst = malloc(AUTH_TENANT_MAX_PAYLOAD);

        if (auth_tenant_jws_payload(jws, dst, AUTH_TENANT_MAX_PAYLOAD,
                                    &payload)
            == AUTH_TENANT_OK
            && payload.len > AUTH_TENANT_MAX_PAYLOAD)
        {
            abort();
        }

        free(dst);

        rc = auth_tenant_jws_verify(jws, keys);
    }

    if (ERR_peek_error() != 0 || rc == AUTH_TENANT_ERROR) {
        abort();
    }

    free(copy);

    return rc;
}


/*
 * What a header must not say, seen with jansson alone: the header of a token
 * that verified.
 */

static void
check_header(const char *text, size_t len)
{
    size_t        i;
    json_t       *header;
    json_error_t  error;

    static const char *const  refused[] = {
        "crit", "b64", "jwk", "jku", "x5c", "x5u", "zip", "enc", "cty"
    };

    header = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

    if (!json_is_object(header)) {
        abort();
    }

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (json_object_get(header, refused[i]) != NULL) {
            abort();
        }
    }

    json_decref(header);
}


static void
sign(size_t who, const char *data, size_t size)
{
    int                     named;
    char                   *token, *header;
    size_t                  n, len, siglen;
    const char             *payload;
    unsigned char           sig[MINT_SIGNATURE];
    auth_tenant_jws_t       jws;
    auth_tenant_str_t       alg;
    auth_tenant_verdict_e   rc;

    payload = memchr(data, '\n', size);

    if (payload == NULL) {
        return;
    }

    len = (size_t) (payload - data);
    payload++;
    size -= len + 1;

    header = malloc(len + 1);
    memcpy(header, data, len);
    header[len] = '\0';

    token = malloc(2 * (len + size) + 2 * MINT_SIGNATURE + 16);

    n = mint_b64u(token, header, len);
    token[n++] = '.';
    n += mint_b64u(token + n, payload, size);

    siglen = mint_sign(sig, signers[who].alg,
                       mint_kept_key(signers[who].kind), token, n, -1);

    token[n++] = '.';
    n += mint_b64u(token + n, sig, siglen);

    rc = judge(&jws, token, n);

    alg.data = (const unsigned char *) signers[who].alg;
    alg.len = strlen(signers[who].alg);

    named = (jws.alg == auth_tenant_alg_by_name(&alg)
             && (jws.kid.data == NULL
                 || (jws.kid.len == strlen(signers[who].kid)
                     && memcmp(jws.kid.data, signers[who].kid, jws.kid.len)
                        == 0)));

    if (rc == AUTH_TENANT_OK) {

        if (!named) {
            abort();
        }

        check_header(header, len);

        /* one bit, somewhere */

        token[(len * 7 + size * 13) % n] ^= 1 << (len + size) % 7;

        if (judge(&jws, token, n) == AUTH_TENANT_OK) {
            abort();
        }

    } else if (rc == AUTH_TENANT_BAD_SIGNATURE && named) {
        abort();
    }

    free(header);
    free(token);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             who;
    auth_tenant_jws_t  jws;

    for (who = 0; size != 0 && who < 4; who++) {

        if (data[0] == signers[who].letter) {
            sign(who, (const char *) data + 1, size - 1);
            return 0;
        }
    }

    if (judge(&jws, data, size) == AUTH_TENANT_OK) {
        abort();
    }

    return 0;
}

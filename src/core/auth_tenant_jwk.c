
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "auth_tenant_b64url.h"
#include "auth_tenant_json.h"
#include "auth_tenant_key.h"


/* Room for a parameter: twice what is admitted, so that checks can name it. */

#define AUTH_TENANT_MAX_PARAMETER  1024


static const char *auth_tenant_jwk_usage(const json_t *jwk);
static const char *auth_tenant_jwk_operations(const json_t *ops, int use);
static const char *auth_tenant_jwk_kid(auth_tenant_key_t *key,
    const json_t *jwk);
static const char *auth_tenant_jwk_alg(const json_t *jwk,
    auth_tenant_algs_t *algs);
static const char *auth_tenant_jwk_material(auth_tenant_key_t *key,
    const json_t *jwk, auth_tenant_algs_t algs);
static const char *auth_tenant_jwk_public(auth_tenant_key_t *key,
    const json_t *jwk, auth_tenant_kty_e kty, auth_tenant_algs_t algs);
static const char *auth_tenant_jwk_secret(auth_tenant_key_t *key,
    const json_t *jwk, auth_tenant_algs_t algs);
static int auth_tenant_jwk_bytes(const json_t *jwk, const char *name,
    unsigned char *dst, auth_tenant_str_t *bytes);
static int auth_tenant_str_is(const auth_tenant_str_t *s, const char *text);


auth_tenant_key_t *
auth_tenant_jwk_parse(const json_t *jwk, auth_tenant_algs_t algs,
    const char **error)
{
    auth_tenant_key_t  *key;

    if (!json_is_object(jwk)) {
        *error = "key is not a JSON object";
        return NULL;
    }

    if (auth_tenant_jwk_leaks(jwk, algs)) {
        *error = "key has private or symmetric members";
        return NULL;
    }

    *error = auth_tenant_jwk_usage(jwk);
    if (*error != NULL) {
        return NULL;
    }

    *error = auth_tenant_jwk_alg(jwk, &algs);
    if (*error != NULL) {
        return NULL;
    }

    key = OPENSSL_zalloc(sizeof(auth_tenant_key_t));
    if (key == NULL) {
        *error = AUTH_TENANT_NO_MEMORY;
        ERR_clear_error();
        return NULL;
    }

    *error = auth_tenant_jwk_kid(key, jwk);

    if (*error == NULL) {
        *error = auth_tenant_jwk_material(key, jwk, algs);
    }

    ERR_clear_error();

    if (*error != NULL) {
        auth_tenant_key_free(key);
        return NULL;
    }

    return key;
}


int
auth_tenant_jwk_leaks(const json_t *jwk, auth_tenant_algs_t algs)
{
    size_t             i;
    auth_tenant_str_t  kty;

    /* RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2; AKP: "priv" */

    static const char *const  private[] = {
        "d", "p", "q", "dp", "dq", "qi", "oth", "priv"
    };

    for (i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
        if (json_object_get(jwk, private[i]) != NULL) {
            return 1;
        }
    }

    if (json_object_get(jwk, "k") == NULL) {
        return 0;
    }

    return (algs & AUTH_TENANT_ALGS_HMAC) == 0
           || auth_tenant_json_string(jwk, "kty", &kty) != 1
           || !auth_tenant_str_is(&kty, "oct");
}


/* RFC 7517 sections 4.2 and 4.3. */

static const char *
auth_tenant_jwk_usage(const json_t *jwk)
{
    int                rc;
    json_t            *ops;
    auth_tenant_str_t  use;

    rc = auth_tenant_json_string(jwk, "use", &use);

    if (rc != 0 && (rc < 0 || !auth_tenant_str_is(&use, "sig"))) {
        return "\"use\" is not \"sig\"";
    }

    ops = json_object_get(jwk, "key_ops");

    return ops ? auth_tenant_jwk_operations(ops, rc) : NULL;
}


static const char *
auth_tenant_jwk_operations(const json_t *ops, int use)
{
    int                verify;
    size_t             i, k;
    json_t            *op;
    auth_tenant_str_t  name;

    if (!json_is_array(ops)) {
        return "\"key_ops\" is not an array of strings";
    }

    verify = 0;

    for (i = 0; i < json_array_size(ops); i++) {
        op = json_array_get(ops, i);

        if (!json_is_string(op)) {
            return "\"key_ops\" is not an array of strings";
        }

        for (k = 0; k < i; k++) {
            if (json_equal(op, json_array_get(ops, k))) {
                return "\"key_ops\" has a duplicate";
            }
        }

        name.len = json_string_length(op);
        name.data = (const unsigned char *) json_string_value(op);

        if (auth_tenant_str_is(&name, "verify")) {
            verify = 1;

        } else if (use && !auth_tenant_str_is(&name, "sign")) {
            return "\"key_ops\" disagrees with \"use\"";
        }
    }

    return verify ? NULL : "\"key_ops\" lacks \"verify\"";
}


static const char *
auth_tenant_jwk_kid(auth_tenant_key_t *key, const json_t *jwk)
{
    int                rc;
    auth_tenant_str_t  kid;

    rc = auth_tenant_json_string(jwk, "kid", &kid);

    if (rc == 0) {
        return NULL;
    }

    if (rc < 0 || kid.len > AUTH_TENANT_MAX_KID) {
        return "\"kid\" is not a string of at most 256 bytes";
    }

    memcpy(key->kid_data, kid.data, kid.len);

    key->kid.data = key->kid_data;
    key->kid.len = kid.len;

    return NULL;
}


/* RFC 8725 section 3.1: a key that names its algorithm fits no other. */

static const char *
auth_tenant_jwk_alg(const json_t *jwk, auth_tenant_algs_t *algs)
{
    int                rc;
    auth_tenant_alg_e  alg;
    auth_tenant_str_t  name;

    rc = auth_tenant_json_string(jwk, "alg", &name);

    if (rc == 0) {
        return NULL;
    }

    alg = (rc > 0) ? auth_tenant_alg_by_name(&name) : AUTH_TENANT_ALG_UNKNOWN;

    if (alg == AUTH_TENANT_ALG_UNKNOWN) {
        return "\"alg\" is not an algorithm for signatures";
    }

    *algs &= auth_tenant_alg_bit(alg);

    return *algs ? NULL : AUTH_TENANT_NO_FIT;
}


static const char *
auth_tenant_jwk_material(auth_tenant_key_t *key, const json_t *jwk,
    auth_tenant_algs_t algs)
{
    auth_tenant_str_t  kty;

    if (auth_tenant_json_string(jwk, "kty", &kty) == 1) {

        if (auth_tenant_str_is(&kty, "RSA")) {
            return auth_tenant_jwk_public(key, jwk, AUTH_TENANT_KTY_RSA, algs);
        }

        if (auth_tenant_str_is(&kty, "EC")) {
            return auth_tenant_jwk_public(key, jwk, AUTH_TENANT_KTY_EC, algs);
        }

        if (auth_tenant_str_is(&kty, "OKP")) {
            return auth_tenant_jwk_public(key, jwk, AUTH_TENANT_KTY_OKP, algs);
        }

        if (auth_tenant_str_is(&kty, "oct")) {
            return auth_tenant_jwk_secret(key, jwk, algs);
        }
    }

    return "\"kty\" is none of RSA, EC, OKP and oct";
}


static const char *
auth_tenant_jwk_public(auth_tenant_key_t *key, const json_t *jwk,
    auth_tenant_kty_e kty, auth_tenant_algs_t algs)
{
    const char            *error;
    unsigned char          first[AUTH_TENANT_MAX_PARAMETER];
    unsigned char          second[AUTH_TENANT_MAX_PARAMETER];
    auth_tenant_str_t      crv;
    auth_tenant_public_t   public;

    memset(&public, 0, sizeof(auth_tenant_public_t));

    public.kty = kty;

    if (kty != AUTH_TENANT_KTY_RSA) {

        if (auth_tenant_json_string(jwk, "crv", &crv) == 1) {
            public.crv = auth_tenant_curve_by_name(kty, &crv);
        }

        if (public.crv == AUTH_TENANT_CRV_NONE) {
            return "\"crv\" is not a supported curve of the \"kty\"";
        }
    }

    if (!auth_tenant_jwk_bytes(jwk, kty == AUTH_TENANT_KTY_RSA ? "n" : "x",
                               first, &public.first)
        || (kty != AUTH_TENANT_KTY_OKP
            && !auth_tenant_jwk_bytes(jwk,
                                      kty == AUTH_TENANT_KTY_RSA ? "e" : "y",
                                      second, &public.second)))
    {
        return "a parameter is missing, too long or not base64url";
    }

    error = auth_tenant_key_set_public(key, &public, algs);

    return error ? error : auth_tenant_x5c_check(jwk, &public);
}


static const char *
auth_tenant_jwk_secret(auth_tenant_key_t *key, const json_t *jwk,
    auth_tenant_algs_t algs)
{
    const char         *error;
    unsigned char       bytes[AUTH_TENANT_MAX_PARAMETER];
    auth_tenant_str_t   k;

    if (json_object_get(jwk, "x5c") != NULL) {
        return "a symmetric key has \"x5c\"";
    }

    if (!auth_tenant_jwk_bytes(jwk, "k", bytes, &k)) {
        error = "\"k\" is missing, too long or not base64url";

    } else {
        error = NULL;
        key->algs = auth_tenant_algs_fitting(algs, AUTH_TENANT_KTY_OCT,
                                             AUTH_TENANT_CRV_NONE, k.len);

        if (key->algs == 0) {
            error = "secret is shorter than the hash of any accepted "
                    "algorithm";

        } else {
            key->secret = auth_tenant_secret_new(&k);

            if (key->secret == NULL) {
                error = AUTH_TENANT_NO_MEMORY;
            }
        }
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return error;
}


/* Decodes a member into `dst` of AUTH_TENANT_MAX_PARAMETER bytes. */

static int
auth_tenant_jwk_bytes(const json_t *jwk, const char *name, unsigned char *dst,
    auth_tenant_str_t *bytes)
{
    auth_tenant_str_t  text;

    if (auth_tenant_json_string(jwk, name, &text) != 1
        || auth_tenant_b64url_decoded_len(text.len)
           > AUTH_TENANT_MAX_PARAMETER
        || !auth_tenant_b64url_decode(dst, &bytes->len, &text))
    {
        return 0;
    }

    bytes->data = dst;

    return 1;
}


static int
auth_tenant_str_is(const auth_tenant_str_t *s, const char *text)
{
    return s->len == strlen(text) && memcmp(s->data, text, s->len) == 0;
}

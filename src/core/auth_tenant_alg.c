
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "auth_tenant_key.h"


#define RSA(name, md, hash, pss)                                              \
    { auth_tenant_string(name), AUTH_TENANT_KTY_RSA, AUTH_TENANT_CRV_NONE,    \
      md, hash, pss }

#define EC(name, crv, md, hash)                                               \
    { auth_tenant_string(name), AUTH_TENANT_KTY_EC, AUTH_TENANT_CRV_##crv,    \
      md, hash, 0 }

#define OKP(name, crv)                                                        \
    { auth_tenant_string(name), AUTH_TENANT_KTY_OKP, AUTH_TENANT_CRV_##crv,   \
      NULL, 0, 0 }

#define OCT(name, md, hash)                                                   \
    { auth_tenant_string(name), AUTH_TENANT_KTY_OCT, AUTH_TENANT_CRV_NONE,    \
      md, hash, 0 }


/*
 * In the order of auth_tenant_alg_e.  "none" has no row: what isn't here
 * can't be enabled.
 */

static const auth_tenant_alg_t  auth_tenant_algs[] = {
    { { 0, NULL }, AUTH_TENANT_KTY_NONE, AUTH_TENANT_CRV_NONE, NULL, 0, 0 },

    RSA("RS256", EVP_sha256, 32, 0),
    RSA("RS384", EVP_sha384, 48, 0),
    RSA("RS512", EVP_sha512, 64, 0),
    RSA("PS256", EVP_sha256, 32, 1),
    RSA("PS384", EVP_sha384, 48, 1),
    RSA("PS512", EVP_sha512, 64, 1),

    EC("ES256", P256, EVP_sha256, 32),
    EC("ES384", P384, EVP_sha384, 48),
    EC("ES512", P521, EVP_sha512, 64),

    OKP("EdDSA", NONE),

    OCT("HS256", EVP_sha256, 32),
    OCT("HS384", EVP_sha384, 48),
    OCT("HS512", EVP_sha512, 64),

    EC("ESP256", P256, EVP_sha256, 32),
    EC("ESP384", P384, EVP_sha384, 48),
    EC("ESP512", P521, EVP_sha512, 64),

    OKP("Ed25519", ED25519),
    OKP("Ed448", ED448)
};


/* Orders: FIPS 186-4 appendix D.1.2; signature lengths: RFC 7518 and 8032. */

static const auth_tenant_curve_t  auth_tenant_curves[] = {

    { { 0, NULL }, AUTH_TENANT_KTY_NONE, 0, 0, { 0, NULL } },

    { auth_tenant_string("P-256"), AUTH_TENANT_KTY_EC, 32, 64,
      auth_tenant_string("\xff\xff\xff\xff\x00\x00\x00\x00"
                         "\xff\xff\xff\xff\xff\xff\xff\xff"
                         "\xbc\xe6\xfa\xad\xa7\x17\x9e\x84"
                         "\xf3\xb9\xca\xc2\xfc\x63\x25\x51") },

    { auth_tenant_string("P-384"), AUTH_TENANT_KTY_EC, 48, 96,
      auth_tenant_string("\xff\xff\xff\xff\xff\xff\xff\xff"
                         "\xff\xff\xff\xff\xff\xff\xff\xff"
                         "\xff\xff\xff\xff\xff\xff\xff\xff"
                         "\xc7\x63\x4d\x81\xf4\x37\x2d\xdf"
                         "\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a"
                         "\xec\xec\x19\x6a\xcc\xc5\x29\x73") },

    { auth_tenant_string("P-521"), AUTH_TENANT_KTY_EC, 66, 132,
      auth_tenant_string("\x01\xff\xff\xff\xff\xff\xff\xff"
                         "\xff\xff\xff\xff\xff\xff\xff\xff"
                         "\xff\xff\xff\xff\xff\xff\xff\xff"
                         "\xff\xff\xff\xff\xff\xff\xff\xff"
                         "\xff\xfa\x51\x86\x87\x83\xbf\x2f"
                         "\x96\x6b\x7f\xcc\x01\x48\xf7\x09"
                         "\xa5\xd0\x3b\xb5\xc9\xb8\x89\x9c"
                         "\x47\xae\xbb\x6f\xb7\x1e\x91\x38"
                         "\x64\x09") },

    { auth_tenant_string("Ed25519"), AUTH_TENANT_KTY_OKP, 32, 64,
      { 0, NULL } },

    { auth_tenant_string("Ed448"), AUTH_TENANT_KTY_OKP, 57, 114,
      { 0, NULL } }
};


auth_tenant_alg_e
auth_tenant_alg_by_name(const auth_tenant_str_t *name)
{
    unsigned  alg;

    for (alg = AUTH_TENANT_ALG_UNKNOWN + 1; alg < AUTH_TENANT_NALGS; alg++) {

        if (auth_tenant_str_eq(&auth_tenant_algs[alg].name, name)) {
            return (auth_tenant_alg_e) alg;
        }
    }

    return AUTH_TENANT_ALG_UNKNOWN;
}


const char *
auth_tenant_alg_name(unsigned alg)
{
    const auth_tenant_alg_t  *row;

    row = auth_tenant_alg(alg);

    return row ? (const char *) row->name.data : "unknown";
}


const auth_tenant_alg_t *
auth_tenant_alg(unsigned alg)
{
    if (alg == AUTH_TENANT_ALG_UNKNOWN || alg >= AUTH_TENANT_NALGS) {
        return NULL;
    }

    return &auth_tenant_algs[alg];
}


auth_tenant_algs_t
auth_tenant_algs_fitting(auth_tenant_algs_t algs, auth_tenant_kty_e kty,
    auth_tenant_crv_e crv, size_t secret)
{
    unsigned                  alg;
    auth_tenant_algs_t        fitting;
    const auth_tenant_alg_t  *row;

    fitting = 0;

    for (alg = AUTH_TENANT_ALG_UNKNOWN + 1; alg < AUTH_TENANT_NALGS; alg++) {

        row = &auth_tenant_algs[alg];

        if (row->kty != kty) {
            continue;
        }

        if (row->crv != AUTH_TENANT_CRV_NONE && row->crv != crv) {
            continue;
        }

        /* RFC 7518 section 3.2: a secret is no shorter than the hash */

        if (kty == AUTH_TENANT_KTY_OCT && secret < row->hash) {
            continue;
        }

        fitting |= auth_tenant_alg_bit(alg);
    }

    return fitting & algs;
}


const auth_tenant_curve_t *
auth_tenant_curve(auth_tenant_crv_e crv)
{
    return &auth_tenant_curves[crv];
}


auth_tenant_crv_e
auth_tenant_curve_by_name(auth_tenant_kty_e kty, const auth_tenant_str_t *name)
{
    unsigned  crv;

    for (crv = AUTH_TENANT_CRV_NONE + 1; crv < AUTH_TENANT_NCRVS; crv++) {

        if (auth_tenant_curves[crv].kty == kty
            && auth_tenant_str_eq(&auth_tenant_curves[crv].name, name))
        {
            return (auth_tenant_crv_e) crv;
        }
    }

    return AUTH_TENANT_CRV_NONE;
}

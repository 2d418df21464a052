
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Public keys made ready at load: a request pays for its digest and for one
 * public key operation.
 */


#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "auth_tenant_key.h"


/* An algorithm that the key fits. */

typedef struct {
    EVP_PKEY_CTX         *ctx;        /* padding and digest are set */
    EVP_MD               *md;         /* fetched */
    size_t                hash;
} auth_tenant_pkey_alg_t;


struct auth_tenant_pkey_s {
    EVP_PKEY               *pkey;
    auth_tenant_algs_t      algs;
    auth_tenant_kty_e       kty;
    auth_tenant_crv_e       crv;
    size_t                  signature;   /* its only length, in bytes */
    EVP_MD_CTX             *md_ctx;
    auth_tenant_pkey_alg_t  alg[AUTH_TENANT_NALGS];
};


static int auth_tenant_pkey_import(auth_tenant_pkey_t *pkey,
    const auth_tenant_public_t *public);
static int auth_tenant_pkey_prepare(auth_tenant_pkey_t *pkey, unsigned alg);
static int auth_tenant_pkey_verify_digest(const auth_tenant_pkey_t *pkey,
    auth_tenant_alg_e alg, const auth_tenant_str_t *input,
    const auth_tenant_str_t *signature);
static int auth_tenant_pkey_verify_eddsa(const auth_tenant_pkey_t *pkey,
    const auth_tenant_str_t *input, const auth_tenant_str_t *signature);
static unsigned char *auth_tenant_ecdsa_integer(unsigned char *p,
    const unsigned char *value, const auth_tenant_str_t *order);


auth_tenant_pkey_t *
auth_tenant_pkey_new(const auth_tenant_public_t *public,
    auth_tenant_algs_t algs, const char **error)
{
    unsigned             alg;
    auth_tenant_pkey_t  *pkey;

    *error = auth_tenant_public_check(public);
    if (*error != NULL) {
        return NULL;
    }

    pkey = OPENSSL_zalloc(sizeof(auth_tenant_pkey_t));
    if (pkey == NULL) {
        *error = AUTH_TENANT_NO_MEMORY;
        return NULL;
    }

    pkey->algs = algs;
    pkey->kty = public->kty;
    pkey->crv = public->crv;
    pkey->signature = (public->kty == AUTH_TENANT_KTY_RSA)
                      ? public->first.len
                      : auth_tenant_curve(public->crv)->signature;

    if (!auth_tenant_pkey_import(pkey, public)) {
        *error = (public->kty == AUTH_TENANT_KTY_EC)
                 ? "point is not on the curve, or OpenSSL refused the key"
                 : "OpenSSL refused the key";
        goto failed;
    }

    pkey->md_ctx = EVP_MD_CTX_new();
    if (pkey->md_ctx == NULL) {
        *error = AUTH_TENANT_NO_MEMORY;
        goto failed;
    }

    if (public->kty == AUTH_TENANT_KTY_OKP) {
        return pkey;
    }

    for (alg = 0; alg < AUTH_TENANT_NALGS; alg++) {

        if ((algs & auth_tenant_alg_bit(alg))
            && !auth_tenant_pkey_prepare(pkey, alg))
        {
            *error = "OpenSSL refused the key's algorithm";
            goto failed;
        }
    }

    return pkey;

failed:

    auth_tenant_pkey_free(pkey);

    return NULL;
}


void
auth_tenant_pkey_free(auth_tenant_pkey_t *pkey)
{
    unsigned  alg;

    if (pkey == NULL) {
        return;
    }

    for (alg = 0; alg < AUTH_TENANT_NALGS; alg++) {
        EVP_PKEY_CTX_free(pkey->alg[alg].ctx);
        auth_tenant_md_free(pkey->alg[alg].md);
    }

    EVP_MD_CTX_free(pkey->md_ctx);
    EVP_PKEY_free(pkey->pkey);

    OPENSSL_free(pkey);
}


int
auth_tenant_pkey_digest(const auth_tenant_pkey_t *pkey, unsigned char *digest)
{
    int             len, rc;
    unsigned char  *der;

    der = NULL;
    len = i2d_PUBKEY(pkey->pkey, &der);

    if (len <= 0) {
        return 0;
    }

    rc = EVP_Digest(der, (size_t) len, digest, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);

    return rc;
}


static int
auth_tenant_pkey_import(auth_tenant_pkey_t *pkey,
    const auth_tenant_public_t *public)
{
    size_t                len;
    unsigned char         spki[AUTH_TENANT_MAX_SPKI];
    const unsigned char  *p;

    len = auth_tenant_spki_encode(spki, public);
    p = spki;

    pkey->pkey = d2i_PUBKEY(NULL, &p, (long) len);

    return pkey->pkey != NULL;
}


static int
auth_tenant_pkey_prepare(auth_tenant_pkey_t *pkey, unsigned alg)
{
    auth_tenant_pkey_alg_t   *slot;
    const auth_tenant_alg_t  *row;

    row = auth_tenant_alg(alg);
    slot = &pkey->alg[alg];

    slot->hash = row->hash;

    slot->md = auth_tenant_md_fetch(row->md());
    if (slot->md == NULL) {
        return 0;
    }

    slot->ctx = EVP_PKEY_CTX_new(pkey->pkey, NULL);

    if (slot->ctx == NULL || EVP_PKEY_verify_init(slot->ctx) <= 0) {
        return 0;
    }

    if (pkey->kty == AUTH_TENANT_KTY_RSA
        && EVP_PKEY_CTX_set_rsa_padding(slot->ctx,
                                        row->pss ? RSA_PKCS1_PSS_PADDING
                                                 : RSA_PKCS1_PADDING)
           <= 0)
    {
        return 0;
    }

    if (EVP_PKEY_CTX_set_signature_md(slot->ctx, row->md()) <= 0) {
        return 0;
    }

    /* RFC 7518 section 3.5: salt as long as the hash, MGF1 with that hash */

    if (row->pss
        && (EVP_PKEY_CTX_set_rsa_mgf1_md(slot->ctx, row->md()) <= 0
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(slot->ctx,
                                                RSA_PSS_SALTLEN_DIGEST)
               <= 0))
    {
        return 0;
    }

    return 1;
}


/*
 * OpenSSL 3 looks an EVP_sha256() up in its providers whenever it is used,
 * unless it has been fetched.
 */

#if OPENSSL_VERSION_NUMBER >= 0x30000000L

EVP_MD *
auth_tenant_md_fetch(const EVP_MD *md)
{
    return EVP_MD_fetch(NULL, EVP_MD_get0_name(md), NULL);
}


void
auth_tenant_md_free(EVP_MD *md)
{
    EVP_MD_free(md);
}

#else

EVP_MD *
auth_tenant_md_fetch(const EVP_MD *md)
{
    return (EVP_MD *) md;
}


void
auth_tenant_md_free(EVP_MD *md)
{
    (void) md;
}

#endif


auth_tenant_verdict_e
auth_tenant_pkey_verify(const auth_tenant_pkey_t *pkey, auth_tenant_alg_e alg,
    const auth_tenant_str_t *input, const auth_tenant_str_t *signature)
{
    int  rc;

    if ((pkey->algs & auth_tenant_alg_bit(alg)) == 0) {
        return AUTH_TENANT_BAD_ALGORITHM;
    }

    if (signature->len != pkey->signature) {
        return AUTH_TENANT_BAD_SIGNATURE;
    }

    rc = (pkey->kty == AUTH_TENANT_KTY_OKP)
         ? auth_tenant_pkey_verify_eddsa(pkey, input, signature)
         : auth_tenant_pkey_verify_digest(pkey, alg, input, signature);

    ERR_clear_error();

    switch (rc) {

    case 1:
        return AUTH_TENANT_OK;

    case 0:
        return AUTH_TENANT_BAD_SIGNATURE;

    default:
        return AUTH_TENANT_ERROR;
    }
}


/* 1 verified, 0 not, negative: OpenSSL failed; as EVP_PKEY_verify(). */

static int
auth_tenant_pkey_verify_digest(const auth_tenant_pkey_t *pkey,
    auth_tenant_alg_e alg, const auth_tenant_str_t *input,
    const auth_tenant_str_t *signature)
{
    size_t                         len;
    unsigned char                  hash[EVP_MAX_MD_SIZE];
    unsigned char                  der[AUTH_TENANT_MAX_ECDSA];
    const unsigned char           *sig;
    const auth_tenant_pkey_alg_t  *slot;

    sig = signature->data;
    len = signature->len;

    if (pkey->kty == AUTH_TENANT_KTY_EC) {
        len = auth_tenant_ecdsa_der(der, pkey->crv, signature);
        sig = der;

        if (len == 0) {
            return 0;
        }
    }

    slot = &pkey->alg[alg];

    if (EVP_DigestInit_ex(pkey->md_ctx, slot->md, NULL) != 1
        || EVP_DigestUpdate(pkey->md_ctx, input->data, input->len) != 1
        || EVP_DigestFinal_ex(pkey->md_ctx, hash, NULL) != 1)
    {
        return -1;
    }

    return EVP_PKEY_verify(slot->ctx, sig, len, hash, slot->hash);
}


static int
auth_tenant_pkey_verify_eddsa(const auth_tenant_pkey_t *pkey,
    const auth_tenant_str_t *input, const auth_tenant_str_t *signature)
{
    /* not every version of OpenSSL lets a context be used twice */

    if (EVP_MD_CTX_reset(pkey->md_ctx) != 1
        || EVP_DigestVerifyInit(pkey->md_ctx, NULL, NULL, NULL, pkey->pkey)
           != 1)
    {
        return -1;
    }

    return EVP_DigestVerify(pkey->md_ctx, signature->data, signature->len,
                            input->data, input->len);
}


size_t
auth_tenant_ecdsa_der(unsigned char *dst, auth_tenant_crv_e crv,
    const auth_tenant_str_t *raw)
{
    size_t                      len;
    unsigned char              *p;
    unsigned char               body[AUTH_TENANT_MAX_ECDSA];
    const auth_tenant_curve_t  *curve;

    curve = auth_tenant_curve(crv);

    /* the length is what keeps the writing below inside its buffers */

    if (raw->len != 2 * curve->size) {
        return 0;
    }

    p = auth_tenant_ecdsa_integer(body, raw->data, &curve->order);
    if (p == NULL) {
        return 0;
    }

    p = auth_tenant_ecdsa_integer(p, raw->data + curve->size, &curve->order);
    if (p == NULL) {
        return 0;
    }

    len = (size_t) (p - body);
    p = dst;

    *p++ = 0x30;

    if (len >= 0x80) {
        *p++ = 0x81;
    }

    *p++ = (unsigned char) len;

    memcpy(p, body, len);

    return (size_t) (p - dst) + len;
}


/*
 * Writes r or s, which are as long as the order, as INTEGER.  NULL unless
 * they are in the range that FIPS 186-4 section 6.4 demands.
 */

static unsigned char *
auth_tenant_ecdsa_integer(unsigned char *p, const unsigned char *value,
    const auth_tenant_str_t *order)
{
    size_t  zeros, len;

    if (memcmp(value, order->data, order->len) >= 0) {
        return NULL;
    }

    for (zeros = 0; zeros < order->len && value[zeros] == 0; zeros++) {
        /* void */
    }

    if (zeros == order->len) {
        return NULL;
    }

    value += zeros;
    len = order->len - zeros;

    *p++ = 0x02;
    *p++ = (unsigned char) (len + (value[0] >> 7));

    if (value[0] & 0x80) {
        *p++ = 0;
    }

    memcpy(p, value, len);

    return p + len;
}

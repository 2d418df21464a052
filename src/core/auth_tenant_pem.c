
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "auth_tenant_key.h"
#include "auth_tenant_keys.h"


#define AUTH_TENANT_PRIVATE_PEM                                               \
    "PEM block is a private key, whose public one \"openssl pkey -in FILE "   \
    "-pubout\" prints"


static int auth_tenant_pem_ended(void);
static void auth_tenant_pem_block(auth_tenant_keys_t *keys, const char *name,
    const unsigned char *data, long len, auth_tenant_algs_t algs,
    auth_tenant_keys_report_t *report);
static EVP_PKEY *auth_tenant_pem_certified(const unsigned char **data,
    long len);


/*
 * PEM_read_bio() takes a block apart and no more: it decrypts nothing and so
 * never asks anybody for a password.
 */

int
auth_tenant_pem_parse(auth_tenant_keys_t *keys,
    const auth_tenant_str_t *document, auth_tenant_algs_t algs,
    auth_tenant_keys_report_t *report)
{
    int             ok;
    BIO            *bio;
    char           *name, *header;
    long            len;
    unsigned        blocks;
    unsigned char  *data;

    bio = BIO_new_mem_buf(document->data, (int) document->len);

    if (bio == NULL) {
        report->error = AUTH_TENANT_NO_MEMORY;
        return 0;
    }

    ok = 1;

    for (blocks = 0; ok; blocks++) {

        ERR_clear_error();

        if (PEM_read_bio(bio, &name, &header, &data, &len) != 1) {

            if (auth_tenant_pem_ended()) {
                break;
            }

            name = header = NULL;
            data = NULL;
            len = 0;
        }

        if (blocks == AUTH_TENANT_MAX_KEYS) {
            report->error = AUTH_TENANT_TOO_MANY;
            ok = 0;

        } else if (name == NULL) {
            auth_tenant_keys_add(keys, NULL, report, "damaged PEM block");

        } else {
            auth_tenant_pem_block(keys, name, data, len, algs, report);
        }

        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t) len);
    }

    BIO_free(bio);

    return ok;
}


static int
auth_tenant_pem_ended(void)
{
    unsigned long  error;

    error = ERR_peek_last_error();

    return ERR_GET_LIB(error) == ERR_LIB_PEM
           && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}


static void
auth_tenant_pem_block(auth_tenant_keys_t *keys, const char *name,
    const unsigned char *data, long len, auth_tenant_algs_t algs,
    auth_tenant_keys_report_t *report)
{
    EVP_PKEY             *pkey;
    const char           *error;
    auth_tenant_key_t    *key;
    const unsigned char  *p;

    if (strstr(name, "PRIVATE KEY") != NULL) {
        report->leaked++;
        auth_tenant_keys_add(keys, NULL, report, AUTH_TENANT_PRIVATE_PEM);
        return;
    }

    p = data;

    if (strcmp(name, "PUBLIC KEY") == 0) {
        pkey = d2i_PUBKEY(NULL, &p, len);

    } else if (strcmp(name, "RSA PUBLIC KEY") == 0) {
        pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, len);

    } else if (strcmp(name, "CERTIFICATE") == 0) {
        pkey = auth_tenant_pem_certified(&p, len);

    } else {
        auth_tenant_keys_add(keys, NULL, report,
                             "PEM block is no public key or certificate");
        return;
    }

    if (pkey == NULL || p != data + len) {
        key = NULL;
        error = "PEM block does not hold what its label says";

    } else {
        key = auth_tenant_jwk_from_pkey(pkey, algs, &error);
    }

    EVP_PKEY_free(pkey);

    auth_tenant_keys_add(keys, key, report, error);
}


static EVP_PKEY *
auth_tenant_pem_certified(const unsigned char **data, long len)
{
    X509      *x509;
    EVP_PKEY  *pkey;

    x509 = d2i_X509(NULL, data, len);

    if (x509 == NULL) {
        return NULL;
    }

    pkey = X509_get_pubkey(x509);

    X509_free(x509);

    return pkey;
}

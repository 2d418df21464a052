
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the tests of PEM files share: a file, made block by block.
 */


#ifndef _PEM_H_INCLUDED_
#define _PEM_H_INCLUDED_


#include <openssl/pem.h>

#include "keys.h"
#include "auth_tenant_jwks.h"


static BIO                        *file;
static auth_tenant_keys_t         *keys;
static auth_tenant_keys_report_t   report;


mint_unused
static void
begin(void)
{
    BIO_free(file);
    file = BIO_new(BIO_s_mem());
}


mint_unused
static void
end(auth_tenant_algs_t algs)
{
    char               *data, *copy;
    auth_tenant_str_t   s;

    auth_tenant_keys_free(keys);

    s.len = (size_t) BIO_get_mem_data(file, &data);
    copy = malloc(s.len ? s.len : 1);
    memcpy(copy, data, s.len);
    s.data = (unsigned char *) copy;

    ERR_clear_error();
    memset(&report, 0xff, sizeof(report));
    keys = auth_tenant_keys_parse(&s, algs, &report);

    free(copy);

    if (ERR_peek_error() != 0) {
        printf("# the error queue is not empty\n");
        report.error = "dirty";
        report.keys = 9999;
    }
}


mint_unused
static int
reported(unsigned good, unsigned skipped, unsigned leaked, const char *error)
{
    if (report.keys == good && report.skipped == skipped
        && report.leaked == leaked
        && (error == NULL ? report.error == NULL
                          : (report.error != NULL
                             && strncmp(report.error, error, strlen(error))
                                == 0))
        && (keys != NULL) == (good != 0))
    {
        return 1;
    }

    printf("# %u usable, %u skipped, %u leaked: %s\n", report.keys,
           report.skipped, report.leaked,
           report.error ? report.error : "no error");

    return 0;
}


mint_unused
static void
add(const char *kind)
{
    PEM_write_bio_PUBKEY(file, mint_kept_key(kind));
}


mint_unused
static void
add_new(const char *kind)
{
    EVP_PKEY  *pkey;

    pkey = mint_key(kind);
    PEM_write_bio_PUBKEY(file, pkey);
    EVP_PKEY_free(pkey);
}


mint_unused
static void
add_certificate(const char *kind)
{
    X509  *x509;

    x509 = mint_certificate(mint_kept_key(kind), mint_kept_key("P-256"));
    PEM_write_bio_X509(file, x509);
    X509_free(x509);
}


mint_unused
static void
add_der(const char *label, const unsigned char *der, size_t len)
{
    PEM_write_bio(file, label, "", der, (long) len);
}


#endif /* _PEM_H_INCLUDED_ */

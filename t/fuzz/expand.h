
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Seeds with names of keys in them: the tree holds no keys, so "$n" stands
 * for a modulus, "$c" for a certificate and so on, minted at the start.  A
 * line feed in JSON strings is none: PEM texts are for documents of their own.
 */


#ifndef _EXPAND_H_INCLUDED_
#define _EXPAND_H_INCLUDED_


#include <openssl/pem.h>

#include "mint.h"


#define EXPAND_MAX  131072


static char  expand_text[128][4096];


static void
expand_jwk(char first_name, char second_name, const char *kind)
{
    size_t         nfirst, nsecond;
    unsigned char  first[1024], second[1024];

    mint_public(mint_kept_key(kind), first, &nfirst, second, &nsecond);
    mint_b64u(expand_text[(int) first_name], first, nfirst);

    if (second_name) {
        mint_b64u(expand_text[(int) second_name], second, nsecond);
    }
}


static void
expand_bio(char name, BIO *bio)
{
    char    *data;
    size_t   len;

    len = (size_t) BIO_get_mem_data(bio, &data);

    if (len >= sizeof(expand_text[0])) {
        mint_die("a text is too long");
    }

    memcpy(expand_text[(int) name], data, len);
    expand_text[(int) name][len] = '\0';

    BIO_free(bio);
}


static void
expand_pem(char name, const char *kind, int what)
{
    BIO       *bio;
    X509      *x509;
    EVP_PKEY  *pkey;

    bio = BIO_new(BIO_s_mem());
    pkey = mint_kept_key(kind);

    switch (what) {

    case 'k':
        PEM_write_bio_PUBKEY(bio, pkey);
        break;

    case 'p':
        PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
        break;

    default:
        x509 = mint_certificate(pkey, mint_kept_key("P-256"));
        PEM_write_bio_X509(bio, x509);
        X509_free(x509);
    }

    expand_bio(name, bio);
}


static void
expand_x5c(char name, const char *kind)
{
    int             len;
    X509           *x509;
    unsigned char  *der;

    x509 = mint_certificate(mint_kept_key(kind), mint_kept_key("P-256"));
    der = NULL;
    len = i2d_X509(x509, &der);

    EVP_EncodeBlock((unsigned char *) expand_text[(int) name], der, len);

    OPENSSL_free(der);
    X509_free(x509);
}


mint_unused
static void
expand_init(void)
{
    expand_jwk('n', 'e', "RSA2048");
    expand_jwk('m', 0, "RSA3072");
    expand_jwk('x', 'y', "P-256");
    expand_jwk('u', 'v', "P-384");
    expand_jwk('X', 'Y', "P-521");
    expand_jwk('d', 0, "Ed25519");
    expand_jwk('g', 0, "Ed448");
    mint_b64u(expand_text['k'], mint_secret, sizeof(mint_secret));

    expand_x5c('c', "RSA2048");
    expand_x5c('C', "P-256");

    expand_pem('1', "RSA2048", 'k');
    expand_pem('2', "P-256", 'k');
    expand_pem('3', "Ed25519", 'k');
    expand_pem('4', "RSA2048", 'c');
    expand_pem('5', "Ed448", 'c');
    expand_pem('6', "P-256", 'p');
}


/* Returns the length of the text in `dst`, which has EXPAND_MAX bytes. */

mint_unused
static size_t
expand(unsigned char *dst, const unsigned char *data, size_t size)
{
    size_t       i, n, len;
    const char  *text;

    n = 0;

    for (i = 0; i < size && n < EXPAND_MAX; i++) {

        text = (data[i] == '$' && i + 1 < size && data[i + 1] < 128)
               ? expand_text[data[i + 1]] : "";
        len = strlen(text);

        if (len != 0 && len <= EXPAND_MAX - n) {
            memcpy(dst + n, text, len);
            n += len;
            i++;

        } else {
            dst[n++] = data[i];
        }
    }

    return n;
}


#endif /* _EXPAND_H_INCLUDED_ */

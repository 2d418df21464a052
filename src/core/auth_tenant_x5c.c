
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "auth_tenant_b64url.h"
#include "auth_tenant_key.h"


static X509 *auth_tenant_x5c_certificate(const json_t *text);
static int auth_tenant_x5c_decode(unsigned char *dst, size_t *dst_len,
    unsigned char *text, size_t len);


/*
 * The certificate is never trusted, and neither its chain nor its dates mean
 * anything here: it must only not contradict the key (RFC 7517 section 4.7).
 */

const char *
auth_tenant_x5c_check(const json_t *jwk, const auth_tenant_public_t *public)
{
    int                    equal;
    X509                  *x509;
    json_t                *x5c;
    unsigned char         *der;
    auth_tenant_public_t   certified;

    x5c = json_object_get(jwk, "x5c");

    if (x5c == NULL) {
        return NULL;
    }

    /* json_array_get() gives NULL for what is no array or is empty */

    x509 = auth_tenant_x5c_certificate(json_array_get(x5c, 0));

    if (x509 == NULL) {
        return "\"x5c\" does not begin with a certificate";
    }

    equal = 0;

    if (auth_tenant_spki_of(&certified, &der, X509_get0_pubkey(x509))) {
        equal = auth_tenant_public_eq(&certified, public);
        OPENSSL_free(der);
    }

    X509_free(x509);

    return equal ? NULL : "the certificate in \"x5c\" is of another key";
}


static X509 *
auth_tenant_x5c_certificate(const json_t *text)
{
    X509                 *x509;
    size_t                len, size;
    unsigned char        *copy, *der;
    const unsigned char  *p;

    len = json_string_length(text);

    if (len == 0) {
        return NULL;
    }

    copy = OPENSSL_memdup(json_string_value(text), len);
    der = OPENSSL_malloc(auth_tenant_b64url_decoded_len(len));

    x509 = NULL;

    if (copy != NULL && der != NULL
        && auth_tenant_x5c_decode(der, &size, copy, len))
    {
        p = der;
        x509 = d2i_X509(NULL, &p, (long) size);

        if (x509 != NULL && p != der + size) {
            X509_free(x509);
            x509 = NULL;
        }
    }

    OPENSSL_free(der);
    OPENSSL_free(copy);

    return x509;
}


/* Plain base64 with padding (RFC 4648 section 4), by way of the URL form. */

static int
auth_tenant_x5c_decode(unsigned char *dst, size_t *dst_len,
    unsigned char *text, size_t len)
{
    size_t             i;
    auth_tenant_str_t  url;

    if (len % 4 != 0) {
        return 0;
    }

    url.data = text;
    url.len = len;

    if (text[len - 1] == '=') {
        url.len -= (text[len - 2] == '=') ? 2 : 1;
    }

    for (i = 0; i < url.len; i++) {

        switch (text[i]) {

        case '+':
            text[i] = '-';
            break;

        case '/':
            text[i] = '_';
            break;

        case '-':
        case '_':
            return 0;
        }
    }

    return auth_tenant_b64url_decode(dst, dst_len, &url);
}

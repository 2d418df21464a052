
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * SubjectPublicKeyInfo by hand.  OpenSSL reads and writes it alike in all
 * versions since 1.1.1, and a key that passes through here has been seen
 * whole: a curve by name, a point in full, no parameters of the key's own.
 */


#include <openssl/x509.h>
#include <string.h>

#include "auth_tenant_key.h"


#define AUTH_TENANT_DER_INTEGER     0x02
#define AUTH_TENANT_DER_BIT_STRING  0x03
#define AUTH_TENANT_DER_SEQUENCE    0x30


static size_t auth_tenant_der_size(size_t len);
static unsigned char *auth_tenant_der_head(unsigned char *p, unsigned tag,
    size_t len);
static unsigned char *auth_tenant_der_bytes(unsigned char *p,
    const auth_tenant_str_t *bytes);
static unsigned char *auth_tenant_der_uint(unsigned char *p,
    const auth_tenant_str_t *bytes);
static int auth_tenant_der_read(auth_tenant_str_t *in, unsigned tag,
    auth_tenant_str_t *value);
static int auth_tenant_der_read_uint(auth_tenant_str_t *in,
    auth_tenant_str_t *value);
static int auth_tenant_spki_algorithm(auth_tenant_public_t *public,
    auth_tenant_str_t *in);


/*
 * AlgorithmIdentifiers, whole: RFC 3279 section 2.3.1, RFC 5480 section 2.1.1
 * (named curves), RFC 8410 section 3.  By curve; the first is RSA's.
 */

static const auth_tenant_str_t  auth_tenant_spki_algorithms[] = {
    auth_tenant_string("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
                       "\x05\x00"),
    auth_tenant_string("\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
                       "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
    auth_tenant_string("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
                       "\x06\x05\x2b\x81\x04\x00\x22"),
    auth_tenant_string("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
                       "\x06\x05\x2b\x81\x04\x00\x23"),
    auth_tenant_string("\x30\x05\x06\x03\x2b\x65\x70"),
    auth_tenant_string("\x30\x05\x06\x03\x2b\x65\x71")
};


size_t
auth_tenant_spki_encode(unsigned char *dst, const auth_tenant_public_t *public)
{
    size_t                    key, bits, n, e;
    unsigned char            *p;
    const auth_tenant_str_t  *algorithm;

    n = e = 0;

    switch (public->kty) {

    case AUTH_TENANT_KTY_RSA:
        n = public->first.len + (public->first.data[0] >> 7);
        e = public->second.len + (public->second.data[0] >> 7);
        key = auth_tenant_der_size(n) + auth_tenant_der_size(e);
        bits = 1 + auth_tenant_der_size(key);
        break;

    case AUTH_TENANT_KTY_EC:
        key = 0;
        bits = 2 + public->first.len + public->second.len;
        break;

    default: /* AUTH_TENANT_KTY_OKP */
        key = 0;
        bits = 1 + public->first.len;
        break;
    }

    algorithm = &auth_tenant_spki_algorithms[public->crv];

    p = auth_tenant_der_head(dst, AUTH_TENANT_DER_SEQUENCE,
                             algorithm->len + auth_tenant_der_size(bits));
    p = auth_tenant_der_bytes(p, algorithm);

    p = auth_tenant_der_head(p, AUTH_TENANT_DER_BIT_STRING, bits);
    *p++ = 0;

    switch (public->kty) {

    case AUTH_TENANT_KTY_RSA:
        p = auth_tenant_der_head(p, AUTH_TENANT_DER_SEQUENCE, key);
        p = auth_tenant_der_head(p, AUTH_TENANT_DER_INTEGER, n);
        p = auth_tenant_der_uint(p, &public->first);
        p = auth_tenant_der_head(p, AUTH_TENANT_DER_INTEGER, e);
        p = auth_tenant_der_uint(p, &public->second);
        break;

    case AUTH_TENANT_KTY_EC:
        *p++ = 0x04;
        p = auth_tenant_der_bytes(p, &public->first);
        p = auth_tenant_der_bytes(p, &public->second);
        break;

    default: /* AUTH_TENANT_KTY_OKP */
        p = auth_tenant_der_bytes(p, &public->first);
        break;
    }

    return (size_t) (p - dst);
}


int
auth_tenant_spki_decode(auth_tenant_public_t *public,
    const auth_tenant_str_t *der)
{
    size_t             size;
    auth_tenant_str_t  in, key, bits;

    in = *der;

    if (!auth_tenant_der_read(&in, AUTH_TENANT_DER_SEQUENCE, &key)
        || in.len != 0
        || !auth_tenant_spki_algorithm(public, &key)
        || !auth_tenant_der_read(&key, AUTH_TENANT_DER_BIT_STRING, &bits)
        || key.len != 0
        || bits.len == 0 || bits.data[0] != 0)
    {
        return 0;
    }

    bits.data++;
    bits.len--;

    if (public->kty == AUTH_TENANT_KTY_RSA) {
        return auth_tenant_der_read(&bits, AUTH_TENANT_DER_SEQUENCE, &key)
               && bits.len == 0
               && auth_tenant_der_read_uint(&key, &public->first)
               && auth_tenant_der_read_uint(&key, &public->second)
               && key.len == 0;
    }

    size = auth_tenant_curve(public->crv)->size;

    public->second.len = 0;
    public->second.data = NULL;

    if (public->kty == AUTH_TENANT_KTY_EC) {

        /* neither compressed points nor the one at infinity */

        if (bits.len != 1 + 2 * size || bits.data[0] != 0x04) {
            return 0;
        }

        public->second.len = size;
        public->second.data = bits.data + 1 + size;
        bits.data++;

    } else if (bits.len != size) {
        return 0;
    }

    public->first.len = size;
    public->first.data = bits.data;

    return 1;
}


int
auth_tenant_spki_of(auth_tenant_public_t *public, unsigned char **der,
    EVP_PKEY *pkey)
{
    int                len;
    auth_tenant_str_t  spki;

    *der = NULL;

    len = i2d_PUBKEY(pkey, der);

    if (len <= 0) {
        *der = NULL;
        return 0;
    }

    spki.len = (size_t) len;
    spki.data = *der;

    if (!auth_tenant_spki_decode(public, &spki)) {
        OPENSSL_free(*der);
        *der = NULL;
        return 0;
    }

    return 1;
}


static int
auth_tenant_spki_algorithm(auth_tenant_public_t *public, auth_tenant_str_t *in)
{
    unsigned                  crv;
    const auth_tenant_str_t  *algorithm;

    for (crv = AUTH_TENANT_CRV_NONE; crv < AUTH_TENANT_NCRVS; crv++) {

        algorithm = &auth_tenant_spki_algorithms[crv];

        if (in->len >= algorithm->len
            && memcmp(in->data, algorithm->data, algorithm->len) == 0)
        {
            public->crv = (auth_tenant_crv_e) crv;
            public->kty = (crv == AUTH_TENANT_CRV_NONE)
                          ? AUTH_TENANT_KTY_RSA
                          : auth_tenant_curve(public->crv)->kty;

            in->data += algorithm->len;
            in->len -= algorithm->len;

            return 1;
        }
    }

    return 0;
}


/* The size of a value of `len` bytes with its head; len < 65536. */

static size_t
auth_tenant_der_size(size_t len)
{
    return len + (len < 0x80 ? 2 : len < 0x100 ? 3 : 4);
}


static unsigned char *
auth_tenant_der_head(unsigned char *p, unsigned tag, size_t len)
{
    *p++ = (unsigned char) tag;

    if (len >= 0x100) {
        *p++ = 0x82;
        *p++ = (unsigned char) (len >> 8);

    } else if (len >= 0x80) {
        *p++ = 0x81;
    }

    *p++ = (unsigned char) len;

    return p;
}


static unsigned char *
auth_tenant_der_bytes(unsigned char *p, const auth_tenant_str_t *bytes)
{
    memcpy(p, bytes->data, bytes->len);

    return p + bytes->len;
}


/* The content of a positive INTEGER whose bytes have no leading zero. */

static unsigned char *
auth_tenant_der_uint(unsigned char *p, const auth_tenant_str_t *bytes)
{
    if (bytes->data[0] & 0x80) {
        *p++ = 0;
    }

    return auth_tenant_der_bytes(p, bytes);
}


/* Takes one value off `in`; lengths in their shortest form only. */

static int
auth_tenant_der_read(auth_tenant_str_t *in, unsigned tag,
    auth_tenant_str_t *value)
{
    size_t                len, head;
    const unsigned char  *p;

    p = in->data;

    if (in->len < 2 || p[0] != tag) {
        return 0;
    }

    if (p[1] < 0x80) {
        len = p[1];
        head = 2;

    } else if (p[1] == 0x81 && in->len >= 3 && p[2] >= 0x80) {
        len = p[2];
        head = 3;

    } else if (p[1] == 0x82 && in->len >= 4 && p[2] != 0) {
        len = (size_t) p[2] << 8 | p[3];
        head = 4;

    } else {
        return 0;
    }

    if (len > in->len - head) {
        return 0;
    }

    value->len = len;
    value->data = p + head;

    in->data = value->data + len;
    in->len -= head + len;

    return 1;
}


static int
auth_tenant_der_read_uint(auth_tenant_str_t *in, auth_tenant_str_t *value)
{
    if (!auth_tenant_der_read(in, AUTH_TENANT_DER_INTEGER, value)
        || value->len == 0 || (value->data[0] & 0x80))
    {
        return 0;
    }

    if (value->data[0] == 0 && value->len > 1) {
        value->data++;
        value->len--;
    }

    return 1;
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Checks of public keys.  OpenSSL imports moduli of 512 bits, exponents of 1
 * (with which anybody can forge) and small-order points; its own full check
 * takes milliseconds.  These take microseconds.
 */


#include <openssl/bn.h>
#include <string.h>

#include "auth_tenant_key.h"


static const char *auth_tenant_rsa_check(const auth_tenant_str_t *n,
    const auth_tenant_str_t *e);
static const char *auth_tenant_rsa_factors(const auth_tenant_str_t *n);
static size_t auth_tenant_bits(const auth_tenant_str_t *n);
static int auth_tenant_okp_point(BN_CTX *ctx, auth_tenant_crv_e crv,
    BIGNUM *y, const char **error);
static int auth_tenant_okp_prime(BIGNUM *p, auth_tenant_crv_e crv);


const char *
auth_tenant_public_check(const auth_tenant_public_t *public)
{
    size_t  size;

    if (public->kty == AUTH_TENANT_KTY_RSA) {
        return auth_tenant_rsa_check(&public->first, &public->second);
    }

    /* RFC 7518 section 6.2.1.2, RFC 8037 section 2: full length, always */

    size = auth_tenant_curve(public->crv)->size;

    if (public->first.len != size) {
        return "coordinate \"x\" has a wrong length";
    }

    if (public->kty == AUTH_TENANT_KTY_OKP) {
        return auth_tenant_okp_check(public->crv, &public->first);
    }

    if (public->second.len != size) {
        return "coordinate \"y\" has a wrong length";
    }

    /* that the point is on the curve is found when OpenSSL imports it */

    return NULL;
}


int
auth_tenant_public_eq(const auth_tenant_public_t *a,
    const auth_tenant_public_t *b)
{
    return a->kty == b->kty && a->crv == b->crv
           && auth_tenant_str_eq(&a->first, &b->first)
           && auth_tenant_str_eq(&a->second, &b->second);
}


static const char *
auth_tenant_rsa_check(const auth_tenant_str_t *n, const auth_tenant_str_t *e)
{
    size_t    i, bits;
    uint64_t  value;

    /* RFC 7518 section 6.3.1.1: no zero octets in front */

    if (n->len == 0 || n->data[0] == 0) {
        return "RSA modulus is empty or begins with a zero octet";
    }

    bits = auth_tenant_bits(n);

    if (bits < AUTH_TENANT_MIN_RSA || bits > AUTH_TENANT_MAX_RSA) {
        return "RSA modulus is not of 2048 to 4096 bits";
    }

    if ((n->data[n->len - 1] & 1) == 0) {
        return "RSA modulus is even";
    }

    if (e->len == 0 || e->data[0] == 0) {
        return "RSA exponent is empty or begins with a zero octet";
    }

    /* without a zero in front eight octets tell that there are too many */

    value = 0;

    for (i = 0; i < e->len && i < sizeof(value); i++) {
        value = value << 8 | e->data[i];
    }

    if (value < 3 || value >= (uint64_t) 1 << 33) {
        return "RSA exponent is not in the range from 3 to 2^33";
    }

    if ((value & 1) == 0) {
        return "RSA exponent is even";
    }

    return auth_tenant_rsa_factors(n);
}


static size_t
auth_tenant_bits(const auth_tenant_str_t *n)
{
    size_t    bits;
    unsigned  top;

    bits = (n->len - 1) * 8;

    for (top = n->data[0]; top != 0; top >>= 1) {
        bits++;
    }

    return bits;
}


/*
 * Residues of the modulus by small primes.  Zero: anybody can factor it.  All
 * of them powers of 65537: a key of the Infineon library with CVE-2017-15361
 * ("ROCA"), whose primes are k * M + 65537^a mod M; by chance one modulus in
 * about 2^27 looks like that.
 */

static const char *
auth_tenant_rsa_factors(const auth_tenant_str_t *n)
{
    int       roca, power;
    size_t    i, k;
    unsigned  prime, rest, x;

    static const unsigned char  primes[] = {
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67,
        71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139,
        149, 151, 157, 163, 167
    };

    roca = 1;

    for (i = 0; i < sizeof(primes); i++) {
        prime = primes[i];
        rest = 0;

        for (k = 0; k < n->len; k++) {
            rest = (rest << 8 | n->data[k]) % prime;
        }

        if (rest == 0) {
            return "RSA modulus has a small factor";
        }

        x = 1;
        power = 0;

        do {
            if (x == rest) {
                power = 1;
            }

            x = x * (65537 % prime) % prime;

        } while (x != 1);

        roca &= power;
    }

    return roca ? "RSA modulus has the ROCA fingerprint" : NULL;
}


/*
 * An Edwards point is encoded as y, little-endian, with the sign of x in the
 * topmost bit (RFC 8032 sections 5.1.2 and 5.2.2).
 */

const char *
auth_tenant_okp_check(auth_tenant_crv_e crv, const auth_tenant_str_t *x)
{
    BIGNUM         *y;
    BN_CTX         *ctx;
    const char     *error;
    unsigned char   bytes[57];

    memcpy(bytes, x->data, x->len);
    bytes[x->len - 1] &= 0x7f;

    error = "OpenSSL failed to check the point";

    ctx = BN_CTX_new();
    y = BN_lebin2bn(bytes, (int) x->len, NULL);

    if (ctx != NULL && y != NULL
        && auth_tenant_okp_point(ctx, crv, y, &error))
    {
        error = NULL;
    }

    BN_free(y);
    BN_CTX_free(ctx);

    return error;
}


/*
 * With t = y^2, x^2 is (t - 1) / (d * t + 1), d = -121665/121666, on
 * edwards25519, and (1 - t) / (1 + 39081 * t) on edwards448; it is a square if
 * numerator times denominator is one.  Points of order 1 and 2 have x = 0, of
 * order 4 y = 0; of order 8 (edwards25519 only) have x^2 = -y^2, which leaves
 * d * t^2 + 2 * t - 1 = 0.
 */

static int
auth_tenant_okp_point(BN_CTX *ctx, auth_tenant_crv_e crv, BIGNUM *y,
    const char **error)
{
    int      rc;
    BIGNUM  *p, *t, *u, *v, *w;

    rc = 0;

    BN_CTX_start(ctx);

    p = BN_CTX_get(ctx);
    t = BN_CTX_get(ctx);
    u = BN_CTX_get(ctx);
    v = BN_CTX_get(ctx);
    w = BN_CTX_get(ctx);

    if (w == NULL || !auth_tenant_okp_prime(p, crv)) {
        goto done;
    }

    if (BN_cmp(y, p) >= 0) {
        *error = "coordinate \"x\" is not canonical";
        goto done;
    }

    if (!BN_mod_sqr(t, y, p, ctx) || !BN_copy(u, t) || !BN_copy(v, t)
        || !BN_sub_word(u, 1))
    {
        goto done;
    }

    if (crv == AUTH_TENANT_CRV_ED25519) {

        /* v = 121666 * (d * t + 1), w = 121666 * (d * t^2 + 2 * t - 1) */

        if (!BN_set_word(w, 121666)
            || !BN_mul_word(v, 121665) || !BN_sub(v, w, v)
            || !BN_mod_mul(u, u, w, p, ctx)
            || !BN_mod_mul(w, v, t, p, ctx)
            || !BN_copy(y, t) || !BN_sub_word(y, 1)
            || !BN_mul_word(y, 121666) || !BN_mod_add(w, w, y, p, ctx))
        {
            goto done;
        }

    } else {
        if (!BN_mul_word(v, 39081) || !BN_add_word(v, 1)
            || !BN_one(w))
        {
            goto done;
        }

        BN_set_negative(u, !BN_is_negative(u));
    }

    if (!BN_nnmod(u, u, p, ctx) || !BN_mod_mul(v, v, u, p, ctx)) {
        goto done;
    }

    if (BN_is_zero(t) || BN_is_zero(u) || BN_is_zero(w)) {
        *error = "point is of small order";
        goto done;
    }

    switch (BN_kronecker(v, p, ctx)) {

    case 1:
        rc = 1;
        break;

    case -1:
        *error = "point is not on the curve";
        break;
    }

done:

    BN_CTX_end(ctx);

    return rc;
}


/* 2^255 - 19, or 2^448 - 2^224 - 1. */

static int
auth_tenant_okp_prime(BIGNUM *p, auth_tenant_crv_e crv)
{
    BN_zero(p);

    if (crv == AUTH_TENANT_CRV_ED25519) {
        return BN_set_bit(p, 255) && BN_sub_word(p, 19);
    }

    return BN_set_bit(p, 224) && BN_sub_word(p, 1) && BN_lshift(p, p, 224)
           && BN_sub_word(p, 1);
}

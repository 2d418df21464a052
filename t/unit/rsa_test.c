
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * RSA keys that OpenSSL would take, and that prove nothing.
 */


#include "keys.h"


static unsigned char  first[2048], second[2048];
static size_t         nfirst, nsecond;

static const unsigned char  f4[] = { 1, 0, 1 };


static int
has_small_factor(const BIGNUM *n)
{
    unsigned  p;

    for (p = 3; p < 168; p += 2) {
        if (BN_mod_word(n, p) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Something like a modulus, of so many bits. */

static void
modulus(int bits)
{
    BIGNUM  *n;

    n = BN_new();

    do {
        BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
    } while (has_small_factor(n));

    nfirst = (size_t) BN_num_bytes(n);
    BN_bn2bin(n, first);
    BN_free(n);
}


static void
rsa(const void *e, size_t len)
{
    mint_jwk_of(jwk, "RSA", first, nfirst, e, len, "");
}


static void
test_rsa_modulus(void)
{
    size_t  i;
    int     n;

    static const struct {
        int   bits;
        int   good;
    } sizes[] = {
        { 512, 0 }, { 1024, 0 }, { 2040, 0 }, { 2047, 0 }, { 2048, 1 },
        { 2049, 1 }, { 3072, 1 }, { 4095, 1 }, { 4096, 1 }, { 4097, 0 },
        { 6144, 0 }, { 8000, 0 }
    };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        n = sizes[i].bits;
        modulus(n);
        rsa(f4, 3);

        if (sizes[i].good) {
            ok(algs_of(ALL), "A4.1: a modulus of %d bits", n);

        } else {
            ok(refused("RSA modulus is not of"),
               "A4.1: a modulus of %d bits is refused", n);
        }
    }

    modulus(8192);
    rsa(f4, 3);
    ok(refused("a parameter is missing, too long"),
       "A4.1: a modulus of 8192 bits is not even decoded");

    modulus(2048);
    memmove(first + 1, first, nfirst++);
    first[0] = 0;
    rsa(f4, 3);
    ok(refused("RSA modulus is empty or begins"), "A4.1: a leading zero");

    nfirst = 0;
    rsa(f4, 3);
    ok(refused("RSA modulus is empty"), "A4.1: an empty modulus");

    modulus(2048);
    first[255]--;
    rsa(f4, 3);
    ok(refused("RSA modulus is even"), "A4.1: an even modulus");

    strcpy(jwk, "{'kty':'RSA','e':'AQAB'}");
    mint_quotes(jwk);
    ok(refused("a parameter is missing"), "A4.1: no modulus");
    strcpy(jwk, "{'kty':'RSA','n':'AQAB'}");
    mint_quotes(jwk);
    ok(refused("a parameter is missing"), "A4.1: no exponent");
    strcpy(jwk, "{'kty':'RSA','n':'AQ==','e':'AQAB'}");
    mint_quotes(jwk);
    ok(refused("a parameter is missing"), "A2.3: a padded modulus");
}


static void
test_rsa_exponent(void)
{
    size_t  i;

    static const struct {
        const char   *bytes;
        size_t        len;
        const char   *reason;
        const char   *name;
    } exponents[] = {
        { "\x03", 1, NULL, "3" },
        { "\x11", 1, NULL, "17" },
        { "\x01\x00\x01", 3, NULL, "65537" },
        { "\x01\xff\xff\xff\xff", 5, NULL, "2^33 - 1" },
        { "", 0, "RSA exponent is empty", "none" },
        { "\x00", 1, "RSA exponent is empty or begins", "0" },
        { "\x01", 1, "RSA exponent is not in", "1: anybody can sign" },
        { "\x02", 1, "RSA exponent is not in", "2" },
        { "\x04", 1, "RSA exponent is even", "4" },
        { "\x01\x00\x00", 3, "RSA exponent is even", "65536" },
        { "\x02\x00\x00\x00\x01", 5, "RSA exponent is not in", "2^33 + 1" },
        { "\x01\x00\x00\x00\x00\x01", 6, "RSA exponent is not in",
          "2^40 + 1" },
        { "\x01\x00\x00\x00\x00\x00\x00\x00\x03", 9,
          "RSA exponent is not in", "2^64 + 3" },
        { "\x00\x01\x00\x01", 4, "RSA exponent is empty or begins",
          "65537 with a leading zero" },
        { "\x03\x00\x00\x00\x00\x00\x00\x00\x00", 9,
          "RSA exponent is not in", "3 * 2^64" }
    };

    modulus(2048);

    for (i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
        rsa(exponents[i].bytes, exponents[i].len);

        ok(exponents[i].reason ? refused(exponents[i].reason)
                               : algs_of(ALL) != 0,
           "A4.1, F6: exponent %s", exponents[i].name);
    }
}


/*
 * A modulus as the Infineon library made its primes: a power of 65537 modulo
 * the product of the first primes.
 */

static void
roca_modulus(unsigned change)
{
    BIGNUM    *m, *n, *e, *k, *f;
    BN_CTX    *ctx;
    unsigned   p, q;

    ctx = BN_CTX_new();
    m = BN_new();
    n = BN_new();
    e = BN_new();
    k = BN_new();
    f = BN_new();

    BN_one(m);

    for (p = 2; p <= 167; p++) {
        for (q = 2; q * q <= p && p % q; q++) { /* void */ }

        if (q * q > p) {
            BN_mul_word(m, p);
        }
    }

    BN_set_word(f, 65537);
    BN_rand(e, 200, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    BN_mod_exp(n, f, e, m, ctx);

    /* n + k * M for a k that makes it long enough */

    BN_rand(k, 2048 - BN_num_bits(m), BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    BN_mul(k, k, m, ctx);
    BN_add(n, n, k);

    while (BN_num_bits(n) < 2048) {
        BN_add(n, n, n);
        BN_mod(k, n, m, ctx);
        BN_sub(n, n, k);
        BN_mod_exp(k, f, e, m, ctx);
        BN_add(n, n, k);
    }

    BN_add_word(n, change);

    nfirst = (size_t) BN_bn2bin(n, first);

    BN_free(m);
    BN_free(n);
    BN_free(e);
    BN_free(k);
    BN_free(f);
    BN_CTX_free(ctx);
}


static void
test_rsa_factors(void)
{
    int        i, good;
    BIGNUM    *n;
    unsigned   p;

    static const unsigned  primes[] = { 3, 5, 41, 101, 151, 163, 167 };

    good = 0;

    for (i = 0; i < 20; i++) {
        roca_modulus(0);
        rsa(f4, 3);
        good += refused("RSA modulus has the ROCA fingerprint");
    }

    is(good, 20, "A4.1: the ROCA fingerprint (CVE-2017-15361)");

    n = BN_new();
    good = 0;

    for (i = 0; i < 20; i++) {

        do {
            roca_modulus(2);
            BN_bin2bn(first, (int) nfirst, n);
        } while (has_small_factor(n));

        rsa(f4, 3);
        good += (algs_of(ALL) != 0);
    }

    is(good, 20, "A4.1: the number next but one has no fingerprint");

    for (p = 0; p < sizeof(primes) / sizeof(primes[0]); p++) {

        modulus(2040);
        BN_bin2bn(first, (int) nfirst, n);
        BN_mul_word(n, primes[p]);

        while (BN_num_bits(n) < 2048) {
            BN_mul_word(n, 173);
        }

        nfirst = (size_t) BN_bn2bin(n, first);
        rsa(f4, 3);

        ok(refused("RSA modulus has a small factor"),
           "A4.1: a multiple of %u", primes[p]);
    }

    good = 0;

    for (i = 0; i < 3; i++) {
        EVP_PKEY  *pkey;

        pkey = mint_key("RSA2048");
        mint_public(pkey, first, &nfirst, second, &nsecond);
        rsa(second, nsecond);
        good += (algs_of(ALL) != 0);
        EVP_PKEY_free(pkey);
    }

    is(good, 3, "A4.1: keys as OpenSSL makes them");

    BN_free(n);
}


int
main(void)
{
    test_rsa_modulus();
    test_rsa_exponent();
    test_rsa_factors();

    return done();
}

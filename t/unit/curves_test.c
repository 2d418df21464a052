
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Points that OpenSSL would take, and that prove nothing.
 */


#include "keys.h"
#include "auth_tenant_key.h"


static unsigned char  first[2048], second[2048];
static size_t         nfirst, nsecond;


static void
ec(const char *kind)
{
    mint_jwk_of(jwk, kind, first, nfirst, second, nsecond, "");
}


static void
fresh(const char *kind)
{
    mint_public(mint_kept_key(kind), first, &nfirst, second, &nsecond);
}


static void
test_ec(const char *kind, int nid)
{
    size_t          size;
    BIGNUM         *p, *x, *y;
    EC_GROUP       *group;
    EC_POINT       *point;
    BN_CTX         *ctx;
    const BIGNUM   *order;
    unsigned char   bytes[66];

    const auth_tenant_curve_t  *curve;
    auth_tenant_str_t           name;

    fresh(kind);
    size = nfirst;

    ec(kind);
    ok(algs_of(ALL), "A4.2: %s: a key", kind);

    nfirst = size - 1;
    ec(kind);
    ok(refused("coordinate \"x\" has a wrong length"),
       "A4.2: %s: x too short", kind);

    fresh(kind);
    first[nfirst++] = 0;
    ec(kind);
    ok(refused("coordinate \"x\" has a wrong length"),
       "A4.2: %s: x too long", kind);

    fresh(kind);
    nsecond--;
    ec(kind);
    ok(refused("coordinate \"y\" has a wrong length"),
       "A4.2: %s: y too short", kind);

    fresh(kind);
    memmove(second + 1, second, nsecond++);
    second[0] = 0;
    ec(kind);
    ok(refused("coordinate \"y\" has a wrong length"),
       "A4.2: %s: y with a leading zero too many", kind);

    fresh(kind);
    first[size - 1] ^= 1;
    ec(kind);
    ok(refused("point is not on the curve"), "A4.2: %s: another x", kind);

    fresh(kind);
    second[size - 1] ^= 1;
    ec(kind);
    ok(refused("point is not on the curve"), "A4.2: %s: another y", kind);

    memset(first, 0, size);
    memset(second, 0, size);
    ec(kind);
    ok(refused("point is not on the curve"), "A4.2: %s: nothing but zeros",
       kind);

    nfirst = nsecond = 0;
    ec(kind);
    ok(refused("coordinate \"x\" has a wrong length"),
       "A4.2: %s: the point at infinity", kind);

    /* a coordinate over the prime: the same point in other clothes */

    ctx = BN_CTX_new();
    p = BN_new();
    x = BN_new();
    y = BN_new();
    group = EC_GROUP_new_by_curve_name(nid);
    point = EC_POINT_new(group);
    EC_GROUP_get_curve(group, p, NULL, NULL, ctx);

    BN_one(x);

    while (EC_POINT_set_compressed_coordinates(group, point, x, 0, ctx) != 1) {
        BN_add_word(x, 1);
    }

    ERR_clear_error();
    EC_POINT_get_affine_coordinates(group, point, x, y, ctx);

    nfirst = nsecond = size;
    BN_bn2binpad(x, first, (int) size);
    BN_bn2binpad(y, second, (int) size);
    ec(kind);
    ok(algs_of(ALL), "A4.2: %s: a point with a small x", kind);

    BN_add(x, x, p);
    BN_bn2binpad(x, first, (int) size);
    ec(kind);
    ok(refused("point is not on the curve"), "A4.2: %s: x plus the prime",
       kind);

    name = str(kind);
    curve = auth_tenant_curve(auth_tenant_curve_by_name(AUTH_TENANT_KTY_EC,
                                                        &name));
    order = EC_GROUP_get0_order(group);
    ok(BN_bn2binpad(order, bytes, (int) size) == (int) size
       && curve->order.len == size
       && memcmp(curve->order.data, bytes, size) == 0,
       "A4.3: %s: the order is OpenSSL's", kind);

    BN_free(p);
    BN_free(x);
    BN_free(y);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    BN_CTX_free(ctx);
}


static void
test_ec_curves(void)
{
    size_t  i;
    char    text[256];

    static const struct {
        const char   *kty;
        const char   *crv;
    } curves[] = {
        { "EC", "'secp256k1'" }, { "EC", "'P-192'" }, { "EC", "'p-256'" },
        { "EC", "'Ed25519'" }, { "EC", "7" }, { "EC", "null" },
        { "OKP", "'P-256'" }, { "OKP", "'X25519'" }, { "OKP", "'X448'" },
        { "OKP", "''" }
    };

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        snprintf(jwk, sizeof(jwk),
                 "{'kty':'%s','crv':%s,'x':'AQAB','y':'AQAB'}",
                 curves[i].kty, curves[i].crv);
        mint_quotes(jwk);
        snprintf(text, sizeof(text), "%.200s", jwk);
        ok(refused("\"crv\" is not a supported"), "A4.12: %s", text);
    }

    strcpy(jwk, "{'kty':'EC','x':'AQAB','y':'AQAB'}");
    mint_quotes(jwk);
    ok(refused("\"crv\" is not a supported"), "A4.2: no curve");

    fresh("P-256");
    nsecond = 0;
    snprintf(jwk, sizeof(jwk), "{'kty':'EC','crv':'P-256','x':'AQAB'}");
    mint_quotes(jwk);
    ok(refused("a parameter is missing"), "A4.2: no y");

    fresh("P-256");
    ec("P-384");
    ok(refused("coordinate \"x\" has a wrong length"),
       "A4.2: a point of another curve");
}


/* `x` of an OKP key in hexadecimal, as RFC 8032 writes points. */

static void
okp(const char *kind, const char *hex)
{
    long  len;

    unsigned char  *bytes;

    bytes = OPENSSL_hexstr2buf(hex, &len);
    mint_jwk_of(jwk, kind, bytes, (size_t) len, second, 0, "");
    OPENSSL_free(bytes);
}


#define Z28  "00000000000000000000000000000000000000000000000000000000"
#define F28  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void
test_okp_points(void)
{
    size_t  i;

    static const struct {
        const char   *kind;
        const char   *reason;
        const char   *hex;
        const char   *name;
    } points[] = {
        { "Ed25519", "point is of small", "01000000" Z28, "order 1" },
        { "Ed25519", "point is of small", "01000000"
          "00000000000000000000000000000000000000000000000000000080",
          "order 1, x = -0" },
        { "Ed25519", "point is of small", "ecffffff"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "order 2" },
        { "Ed25519", "point is of small", "ecffffff" F28, "order 2, x = -0" },
        { "Ed25519", "point is of small", "00000000" Z28, "order 4" },
        { "Ed25519", "point is of small", "00000000"
          "00000000000000000000000000000000000000000000000000000080",
          "order 4, the other" },
        { "Ed25519", "point is of small", "26e8958f"
          "c2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
          "order 8, first" },
        { "Ed25519", "point is of small", "26e8958f"
          "c2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
          "order 8, second" },
        { "Ed25519", "point is of small", "c7176a70"
          "3d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
          "order 8, third" },
        { "Ed25519", "point is of small", "c7176a70"
          "3d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
          "order 8, fourth" },

        { "Ed25519", "coordinate \"x\" is not canonical", "edffffff"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "y = p" },
        { "Ed25519", "coordinate \"x\" is not canonical", "eeffffff"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "y = p + 1" },
        { "Ed25519", "coordinate \"x\" is not canonical", "f0ffffff" F28,
          "y = p + 3" },
        { "Ed25519", "coordinate \"x\" is not canonical", "ffffffff" F28,
          "y = 2^255 - 1" },

        { "Ed448", "point is of small", "01" Z28 Z28, "order 1" },
        { "Ed448", "point is of small", "00" Z28 Z28, "order 4" },
        { "Ed448", "point is of small", "00" Z28
          "00000000000000000000000000000000000000000000000000000080",
          "order 4, the other" },
        { "Ed448", "point is of small", "fe"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffff"
          "feffffffffffffffffffffffffffffffffffffffffffffffffffffff00",
          "order 2" },
        { "Ed448", "coordinate \"x\" is not canonical", "ff"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffff"
          "feffffffffffffffffffffffffffffffffffffffffffffffffffffff00",
          "y = p" },
        { "Ed448", "coordinate \"x\" is not canonical", "00"
          "000000000000000000000000000000000000000000000000000000"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff80",
          "y = p + 1" },
        { "Ed448", "coordinate \"x\" is not canonical", "ff"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffff"
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff00",
          "y = 2^448 - 1" },
        { "Ed448", "coordinate \"x\" is not canonical", "05" Z28
          "00000000000000000000000000000000000000000000000000000001",
          "a bit between y and the sign" }
    };

    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        okp(points[i].kind, points[i].hex);
        ok(refused(points[i].reason), "A4.4, F7: %s: %s",
           points[i].kind, points[i].name);
    }
}


/* Whether y belongs to a point, by computing x as RFC 8032 does. */

static int
on_curve(const char *kind, unsigned y)
{
    int      rc, ed448;
    BIGNUM  *p, *d, *t, *u, *v, *x;
    BN_CTX  *ctx;

    ed448 = (strcmp(kind, "Ed448") == 0);
    ctx = BN_CTX_new();
    p = d = t = u = NULL;
    v = BN_new();
    x = BN_new();

    BN_hex2bn(&p, "7fffffffffffffffffffffffffffffff"
                  "ffffffffffffffffffffffffffffffed");

    if (ed448) {
        BN_set_word(p, 0);
        BN_set_bit(p, 448);
        BN_set_bit(v, 224);
        BN_sub(p, p, v);
        BN_sub_word(p, 1);
        BN_dec2bn(&d, "-39081");

    } else {
        BN_dec2bn(&d, "121666");
        BN_mod_inverse(d, d, p, ctx);
        BN_mul_word(d, 121665);
        BN_set_negative(d, 1);
    }

    t = BN_new();
    u = BN_new();

    BN_set_word(t, y);
    BN_mod_sqr(t, t, p, ctx);

    /* x^2 = (y^2 - 1) / (d y^2 + 1), or minus 1 on edwards448 */

    BN_copy(u, t);
    BN_sub_word(u, 1);
    BN_mod_mul(v, d, t, p, ctx);
    ed448 ? BN_sub_word(v, 1) : BN_add_word(v, 1);
    BN_nnmod(v, v, p, ctx);
    BN_mod_inverse(v, v, p, ctx);
    BN_mod_mul(x, u, v, p, ctx);

    rc = (BN_mod_sqrt(x, x, p, ctx) != NULL);

    ERR_clear_error();

    BN_free(p);
    BN_free(d);
    BN_free(t);
    BN_free(u);
    BN_free(v);
    BN_free(x);
    BN_CTX_free(ctx);

    return rc;
}


static void
test_okp(const char *kind, size_t size)
{
    int            i, good;
    EVP_PKEY      *pkey;
    unsigned       y, wrong, off;

    good = 0;

    for (i = 0; i < 30; i++) {
        pkey = mint_key(kind);
        mint_public(pkey, first, &nfirst, second, &nsecond);
        mint_jwk_of(jwk, kind, first, nfirst, second, 0, "");
        good += (algs_of(ALL) != 0);
        EVP_PKEY_free(pkey);
    }

    is(good, 30, "A4.4: %s: thirty keys", kind);

    mint_jwk_of(jwk, kind, first, size - 1, second, 0, "");
    ok(refused("coordinate \"x\" has a wrong length"),
       "A4.4: %s: x too short", kind);
    first[size] = 0;
    mint_jwk_of(jwk, kind, first, size + 1, second, 0, "");
    ok(refused("coordinate \"x\" has a wrong length"),
       "A4.4: %s: x too long", kind);
    mint_jwk_of(jwk, kind, first, 0, second, 0, "");
    ok(refused("coordinate \"x\" has a wrong length"),
       "A4.4: %s: x empty", kind);
    snprintf(jwk, sizeof(jwk), "{'kty':'OKP','crv':'%s'}", kind);
    mint_quotes(jwk);
    ok(refused("a parameter is missing"), "A4.4: %s: no x", kind);

    wrong = off = 0;

    for (y = 2; y < 200; y++) {
        memset(first, 0, size);
        first[0] = (unsigned char) y;
        first[size - 1] = (y & 1) ? 0x80 : 0;

        mint_jwk_of(jwk, kind, first, size, second, 0, "");

        if (on_curve(kind, y)) {
            wrong += (algs_of(ALL) == 0);

        } else {
            off++;
            wrong += !refused("point is not on the curve");
        }
    }

    ok(wrong == 0 && off > 50 && off < 150,
       "A4.4: %s: on the curve or not, for many y", kind);
}


int
main(void)
{
    test_ec("P-256", NID_X9_62_prime256v1);
    test_ec("P-384", NID_secp384r1);
    test_ec("P-521", NID_secp521r1);
    test_ec_curves();
    test_okp_points();
    test_okp("Ed25519", 32);
    test_okp("Ed448", 57);

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * SubjectPublicKeyInfo: written as OpenSSL writes it, and read strictly.
 */


#include "keys.h"
#include "auth_tenant_key.h"


static unsigned char  der[2048];
static size_t         nder;


static void
encode_key(const char *kind)
{
    int             len;
    unsigned char  *p;

    p = NULL;
    len = i2d_PUBKEY(mint_kept_key(kind), &p);
    nder = (size_t) len;
    memcpy(der, p, nder);
    OPENSSL_free(p);
}


static int
decode(auth_tenant_public_t *public, const unsigned char *bytes, size_t len)
{
    int                 rc;
    unsigned char      *copy;
    auth_tenant_str_t   s;

    copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);

    s.len = len;
    s.data = copy;
    rc = auth_tenant_spki_decode(public, &s);

    free(copy);

    return rc;
}


static void
test_round_trip(const char *kind, auth_tenant_kty_e kty, auth_tenant_crv_e crv)
{
    size_t                 len, i, nfirst, nsecond, accepted, harmless;
    unsigned char          again[AUTH_TENANT_MAX_SPKI];
    unsigned char          first[1024], second[1024], bad[2048];
    auth_tenant_str_t      s;
    auth_tenant_public_t   public;

    encode_key(kind);
    mint_public(mint_kept_key(kind), first, &nfirst, second, &nsecond);

    s.len = nder;
    s.data = der;

    ok(auth_tenant_spki_decode(&public, &s), "%s: is read", kind);
    ok(public.kty == kty && public.crv == crv, "%s: its type", kind);
    ok(public.first.len == nfirst && public.second.len == nsecond
       && memcmp(public.first.data, first, nfirst) == 0
       && (nsecond == 0 || memcmp(public.second.data, second, nsecond) == 0),
       "%s: its parameters", kind);

    len = auth_tenant_spki_encode(again, &public);
    ok(len == nder && memcmp(again, der, nder) == 0,
       "%s: is written as OpenSSL writes it", kind);

    accepted = 0;

    for (i = 0; i < nder; i++) {
        accepted += (size_t) decode(&public, der, i);
    }

    is(accepted, 0, "%s: is refused if cut off anywhere", kind);

    der[nder] = 0;
    is(decode(&public, der, nder + 1), 0, "%s: with a trailing byte", kind);

    /* any bit changed: refused, or another key, never the same */

    accepted = harmless = 0;

    for (i = 0; i < nder * 8; i++) {
        memcpy(bad, der, nder);
        bad[i / 8] ^= (unsigned char) (1 << i % 8);

        s.data = bad;

        if (auth_tenant_spki_decode(&public, &s)) {
            accepted++;

            if (public.kty == kty && public.crv == crv
                && public.first.len == nfirst && public.second.len == nsecond
                && memcmp(public.first.data, first, nfirst) == 0
                && (nsecond == 0
                    || memcmp(public.second.data, second, nsecond) == 0))
            {
                harmless++;
            }
        }
    }

    ok(accepted <= (nfirst + nsecond + 1) * 8 && harmless == 0,
       "%s: no two encodings of one key", kind);
}


/* SEQUENCE { `algorithm`, BIT STRING { `body` }, `more` }, lengths short. */

static int
spki(const char *algorithm, size_t nalgorithm, const void *body, size_t len,
    size_t more)
{
    unsigned char         *p;
    unsigned char          bytes[256];
    auth_tenant_public_t   public;

    p = bytes;

    *p++ = 0x30;
    *p++ = (unsigned char) (nalgorithm + 2 + len + more);
    memcpy(p, algorithm, nalgorithm);
    p += nalgorithm;
    *p++ = 0x03;
    *p++ = (unsigned char) len;
    memcpy(p, body, len);
    p += len;
    memset(p, 0, more);
    p += more;

    return decode(&public, bytes, (size_t) (p - bytes));
}


#define RSA_ID   "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" \
                 "\x05\x00"
#define P256_ID  "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"         \
                 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define ED_ID    "\x30\x05\x06\x03\x2b\x65\x70"


static int
rsa(const char *body, size_t len)
{
    return spki(RSA_ID, sizeof(RSA_ID) - 1, body, len, 0);
}


#define rsa_body(text)  rsa(text, sizeof(text) - 1)


static void
test_strict(void)
{
    ok(rsa_body("\x00\x30\x06\x02\x01\x05\x02\x01\x03"), "n = 5, e = 3");
    ok(rsa_body("\x00\x30\x07\x02\x02\x00\x80\x02\x01\x03"), "n = 128");
    ok(rsa_body("\x00\x30\x06\x02\x01\x00\x02\x01\x03"),
       "n = 0 is an integer");

    ok(!rsa_body(""), "no unused bits, no key");
    ok(!rsa_body("\x01\x30\x06\x02\x01\x05\x02\x01\x03"), "unused bits");
    ok(!rsa_body("\x00"), "an empty bit string");
    ok(!rsa_body("\x00\x31\x06\x02\x01\x05\x02\x01\x03"), "a set");
    ok(!rsa_body("\x00\x30\x03\x02\x01\x05"), "one integer");
    ok(!rsa_body("\x00\x30\x09\x02\x01\x05\x02\x01\x03\x02\x01\x03"),
       "three integers");
    ok(!rsa_body("\x00\x30\x06\x02\x01\x05\x02\x01\x03\x00"),
       "a byte behind the integers");
    ok(!rsa_body("\x00\x30\x05\x02\x00\x02\x01\x03"), "an empty integer");
    ok(!rsa_body("\x00\x30\x06\x02\x01\x85\x02\x01\x03"),
       "a negative integer");
    ok(!rsa_body("\x00\x30\x06\x04\x01\x05\x02\x01\x03"), "no integer");
    ok(!rsa_body("\x00\x30\x81\x06\x02\x01\x05\x02\x01\x03"),
       "a length in two bytes that needs one");
    ok(!rsa_body("\x00\x30\x82\x00\x06\x02\x01\x05\x02\x01\x03"),
       "a length in three bytes that needs one");
    ok(!rsa_body("\x00\x30\x80\x02\x01\x05\x02\x01\x03\x00\x00"),
       "an indefinite length");
    ok(!rsa_body("\x00\x30\x83\x00\x00\x06\x02\x01\x05\x02\x01\x03"),
       "a length in four bytes");
    ok(!rsa_body("\x00\x30\x81"), "a length cut off");
    ok(!rsa_body("\x00\x30\x82\x01"), "a longer length cut off");
    ok(!rsa_body("\x00\x30\x07\x02\x01\x05\x02\x01\x03"),
       "a length beyond the end");
    ok(!rsa_body("\x00\x30\x82\xff\xff\x02\x01\x05\x02\x01\x03"),
       "a length far beyond the end");

    ok(!spki(RSA_ID, sizeof(RSA_ID) - 1,
             "\x00\x30\x06\x02\x01\x05\x02\x01\x03", 9, 2),
       "something behind the bit string");
    ok(!spki(RSA_ID, 10, "\x00\x30\x06\x02\x01\x05\x02\x01\x03", 9, 0),
       "an algorithm cut off");
}


static void
test_points(void)
{
    size_t         len, accepted;
    unsigned char  body[80];

    /* the bit string's own first byte, then 04, x and y */

    memset(body, 1, sizeof(body));
    body[0] = 0;
    body[1] = 4;
    accepted = 0;

    for (len = 2; len < sizeof(body); len++) {
        accepted += (size_t) spki(P256_ID, sizeof(P256_ID) - 1, body, len, 0);
    }

    is(accepted, 1, "A4.2: a point of P-256 has one length");
    ok(spki(P256_ID, sizeof(P256_ID) - 1, body, 66, 0), "A4.2: 65 bytes");

    body[1] = 6;
    ok(!spki(P256_ID, sizeof(P256_ID) - 1, body, 66, 0),
       "A4.2: the hybrid form of a point");

    accepted = 0;

    for (len = 1; len < sizeof(body); len++) {
        accepted += (size_t) spki(ED_ID, sizeof(ED_ID) - 1, body, len, 0);
    }

    is(accepted, 1, "A4.4: a point of Ed25519 has one length");
    ok(spki(ED_ID, sizeof(ED_ID) - 1, body, 33, 0), "A4.4: 32 bytes");
}


int
main(void)
{
    test_round_trip("RSA2048", AUTH_TENANT_KTY_RSA, AUTH_TENANT_CRV_NONE);
    test_round_trip("RSA4096", AUTH_TENANT_KTY_RSA, AUTH_TENANT_CRV_NONE);
    test_round_trip("P-256", AUTH_TENANT_KTY_EC, AUTH_TENANT_CRV_P256);
    test_round_trip("P-384", AUTH_TENANT_KTY_EC, AUTH_TENANT_CRV_P384);
    test_round_trip("P-521", AUTH_TENANT_KTY_EC, AUTH_TENANT_CRV_P521);
    test_round_trip("Ed25519", AUTH_TENANT_KTY_OKP, AUTH_TENANT_CRV_ED25519);
    test_round_trip("Ed448", AUTH_TENANT_KTY_OKP, AUTH_TENANT_CRV_ED448);
    test_strict();
    test_points();

    return done();
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * SHA-256, by FIPS 180-4 and by what OpenSSL says in one call, over and over
 * with the same scratch space, and when memory runs out.
 */


#include <openssl/err.h>
#include <openssl/evp.h>

#include "memory.h"
#include "tap.h"
#include "auth_tenant_sha256.h"


#define MILLION  1000000


static unsigned char  text[MILLION];


/* 1 if the digest is this one, in hexadecimal. */

static int
digest_is(auth_tenant_sha256_t *sha256, const void *data, size_t len,
    const char *expected)
{
    char               hex[2 * AUTH_TENANT_SHA256_SIZE + 1];
    size_t             i;
    unsigned char      digest[AUTH_TENANT_SHA256_SIZE + 1];
    auth_tenant_str_t  s;

    s.data = data;
    s.len = len;

    digest[AUTH_TENANT_SHA256_SIZE] = 0x5a;

    if (!auth_tenant_sha256(sha256, &s, digest)) {
        printf("# there is none\n");
        return 0;
    }

    for (i = 0; i < AUTH_TENANT_SHA256_SIZE; i++) {
        snprintf(&hex[2 * i], 3, "%02x", digest[i]);
    }

    if (strcmp(hex, expected) != 0) {
        printf("# got %s\n", hex);
        return 0;
    }

    return digest[AUTH_TENANT_SHA256_SIZE] == 0x5a && ERR_peek_error() == 0;
}


/* FIPS 180-4's examples, twice: nothing of one is left for the next */

static void
test_vectors(auth_tenant_sha256_t *sha256)
{
    size_t    len;
    unsigned  i, round;

    static const struct {
        const char  *text;
        const char  *digest;
    } vectors[] = {

        { "abc",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },

        { "",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },

        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },

        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
          "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" }
    };

    for (round = 1; round <= 2; round++) {
        for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
            len = strlen(vectors[i].text);

            ok(digest_is(sha256, vectors[i].text, len, vectors[i].digest),
               "%zu bytes, round %u", len, round);
        }
    }

    memset(text, 'a', sizeof(text));

    ok(digest_is(sha256, text, sizeof(text),
                 "cdc76e5c9914fb9281a1c7e284d73e67"
                 "f1809a48a497200e046d39ccc7112cd0"),
       "a million of \"a\"");
    ok(digest_is(sha256, NULL, 0, vectors[1].digest), "nothing, at no place");
}


/* lengths around those where its blocks end, in no order */

static void
test_lengths(auth_tenant_sha256_t *sha256)
{
    unsigned           i, wrong;
    unsigned char      digest[AUTH_TENANT_SHA256_SIZE];
    unsigned char      other[AUTH_TENANT_SHA256_SIZE];
    auth_tenant_str_t  s;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (unsigned char) (i * 2654435761u >> 24);
    }

    wrong = 0;

    for (i = 0; i < 400; i++) {
        s.data = text + i % 7;
        s.len = i * 157 % 401;

        wrong += !auth_tenant_sha256(sha256, &s, digest)
                 || EVP_Digest(s.data, s.len, other, NULL, EVP_sha256(), NULL)
                    != 1
                 || memcmp(digest, other, AUTH_TENANT_SHA256_SIZE) != 0;
    }

    is(wrong, 0, "400 lengths, one after the other");
}


/* E17: each allocation fails once */

static void
test_memory(void)
{
    unsigned               n, wrong, none;
    unsigned char          digest[AUTH_TENANT_SHA256_SIZE];
    unsigned char          good[AUTH_TENANT_SHA256_SIZE];
    auth_tenant_str_t      s;
    auth_tenant_sha256_t  *sha256;

    s = str("abc");
    wrong = none = 0;

    EVP_Digest(s.data, s.len, good, NULL, EVP_sha256(), NULL);

    for (n = 1; n < 1000; n++) {
        memory_fail(n);
        sha256 = auth_tenant_sha256_new();

        if (!memory_failed()) {
            memory_fail(0);
            wrong += (sha256 == NULL);
            auth_tenant_sha256_free(sha256);
            break;
        }

        memory_fail(0);
        none += (sha256 == NULL);
        wrong += (ERR_peek_error() != 0);

        if (sha256) {
            wrong += !auth_tenant_sha256(sha256, &s, digest)
                     || memcmp(digest, good, sizeof(good)) != 0;
        }

        auth_tenant_sha256_free(sha256);
        ERR_clear_error();
    }

    ok(wrong == 0 && none >= 2, "E17: each of %u allocations failed, %u times "
       "there was none", n - 1, none);

    /* it may allocate on its first use; once it can't, the next is right */

    wrong = 0;

    for (n = 1; n < 1000; n++) {
        sha256 = auth_tenant_sha256_new();

        memory_fail(n);

        if (auth_tenant_sha256(sha256, &s, digest)) {
            wrong += (memcmp(digest, good, sizeof(good)) != 0);
        }

        wrong += (ERR_peek_error() != 0);

        if (!memory_failed()) {
            n = 1000;
        }

        memory_fail(0);
        wrong += !auth_tenant_sha256(sha256, &s, digest)
                 || memcmp(digest, good, sizeof(good)) != 0;

        auth_tenant_sha256_free(sha256);
    }

    is(wrong, 0, "E17: a digest that had no memory is none, or right");

    auth_tenant_sha256_free(NULL);
    ok(1, "nothing can be freed");
}


int
main(void)
{
    auth_tenant_sha256_t  *sha256;

    memory_init();

    sha256 = auth_tenant_sha256_new();
    ok(sha256 != NULL, "there is SHA-256");

    test_vectors(sha256);
    test_lengths(sha256);

    auth_tenant_sha256_free(sha256);

    test_memory();

    return done();
}

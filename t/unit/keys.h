
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the tests of keys share: a JWK's text to a key, and why not.
 */


#ifndef _KEYS_H_INCLUDED_
#define _KEYS_H_INCLUDED_


#include <jansson.h>
#include <openssl/err.h>

#include "tap.h"
#include "mint.h"
#include "auth_tenant_jwk.h"


#define ALL  ((auth_tenant_algs_t) ~1u)

#define bit(alg)  auth_tenant_alg_bit(AUTH_TENANT_##alg)


static char         jwk[MINT_TEXT];
static const char  *why;


mint_unused
static auth_tenant_key_t *
key_of(const char *text, auth_tenant_algs_t algs)
{
    json_t             *json;
    json_error_t        error;
    auth_tenant_key_t  *key;

    json = json_loads(text, JSON_DECODE_ANY, &error);

    if (json == NULL) {
        mint_die(error.text);
    }

    why = "no reason given";
    key = auth_tenant_jwk_parse(json, algs, &why);

    json_decref(json);

    return key;
}


/* The algorithms of the key in `jwk`, 0 if it is refused. */

mint_unused
static auth_tenant_algs_t
algs_of(auth_tenant_algs_t algs)
{
    auth_tenant_key_t   *key;
    auth_tenant_algs_t   fitting;

    key = key_of(jwk, algs);
    fitting = key ? auth_tenant_key_algs(key) : 0;

    auth_tenant_key_free(key);

    return fitting;
}


/* 1 if the key in `jwk` is refused, with a reason that begins like this. */

mint_unused
static int
refused(const char *reason)
{
    auth_tenant_key_t  *key;

    key = key_of(jwk, ALL);

    if (key != NULL) {
        printf("# the key was accepted\n");
        auth_tenant_key_free(key);
        return 0;
    }

    if (strncmp(why, reason, strlen(reason)) != 0) {
        printf("# refused for: %s\n", why);
        return 0;
    }

    if (ERR_peek_error() != 0) {
        printf("# the error queue is not empty\n");
        return 0;
    }

    return 1;
}


/* The JWK of a kept key with further members, then as above. */

mint_unused
static int
refused_with(const char *kind, const char *more, const char *reason)
{
    mint_jwk(jwk, kind, more);

    return refused(reason);
}


mint_unused
static auth_tenant_algs_t
algs_with(const char *kind, const char *more)
{
    mint_jwk(jwk, kind, more);

    return algs_of(ALL);
}


#endif /* _KEYS_H_INCLUDED_ */

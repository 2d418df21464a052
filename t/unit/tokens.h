
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the tests of tokens share.
 */


#ifndef _TOKENS_H_INCLUDED_
#define _TOKENS_H_INCLUDED_


#include "keys.h"
#include "auth_tenant_jws.h"


mint_unused
static char                token[2 * AUTH_TENANT_MAX_TOKEN];

mint_unused
static auth_tenant_jws_t   jws;


mint_unused
static auth_tenant_verdict_e
parse_bytes(const char *text, size_t len)
{
    static unsigned char  *copy;

    auth_tenant_str_t  s;

    /* kept until the next one: slices of it are looked at */

    free(copy);

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    s.len = len;
    s.data = copy;

    memset(&jws, 0xff, sizeof(jws));

    return auth_tenant_jws_parse(&jws, &s);
}


mint_unused
static auth_tenant_verdict_e
parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}


#endif /* _TOKENS_H_INCLUDED_ */

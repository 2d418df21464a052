
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the tests of key sets share: a JWK Set's text, made key by key, as a
 * provider might lay it out.
 */


#ifndef _DOCUMENT_H_INCLUDED_
#define _DOCUMENT_H_INCLUDED_


#include "keys.h"
#include "auth_tenant_jwks.h"


static char  document[4 * AUTH_TENANT_MAX_DOCUMENT];


/* Begins a set; then keys are added, and whoever reads it ends it. */

mint_unused
static void
begin(void)
{
    strcpy(document, "{\"keys\":[");
}


mint_unused
static void
add_text(const char *text)
{
    if (document[strlen(document) - 1] != '[') {
        strcat(document, ",\n  ");
    }

    strcat(document, text);
}


mint_unused
static void
add(const char *kind, const char *more)
{
    mint_jwk(jwk, kind, more);
    add_text(jwk);
}


#endif /* _DOCUMENT_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What the tests of claims, policy and rules are given.  In JSON written
 * here "'" stands for a quotation mark.
 */


#ifndef _GIVEN_H_INCLUDED_
#define _GIVEN_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth_tenant_claims.h"
#include "auth_tenant_template.h"


#define GIVEN_REQUIRED  "'iss':'https://a.example','sub':'s',"                \
                        "'exp':2000000000,'iat':1000000000"


static unsigned char  given_json[AUTH_TENANT_MAX_PAYLOAD + 2];
static unsigned char  given_flat[8 * AUTH_TENANT_MAX_PAYLOAD];


/* A payload as it is written, with quotation marks. */

__attribute__((unused))
static auth_tenant_str_t
given_payload(const char *json)
{
    size_t             i;
    auth_tenant_str_t  payload;

    payload.len = strlen(json);
    payload.data = given_json;

    for (i = 0; i < payload.len && i < sizeof(given_json); i++) {
        given_json[i] = (json[i] == '\'') ? '"' : json[i];
    }

    return payload;
}


/* Claims of a whole payload; what there was before is gone. */

__attribute__((unused))
static auth_tenant_verdict_e
given_claims(auth_tenant_claims_t *claims, const char *json)
{
    auth_tenant_str_t  payload;

    payload = given_payload(json);

    return auth_tenant_claims_parse(claims, &payload, given_flat);
}


/* Claims of the members that a test is about; the required ones are added. */

__attribute__((unused))
static auth_tenant_verdict_e
given_members(auth_tenant_claims_t *claims, const char *members)
{
    static char  json[AUTH_TENANT_MAX_PAYLOAD];

    snprintf(json, sizeof(json), "{%s%s" GIVEN_REQUIRED "}", members,
             *members ? "," : "");

    return given_claims(claims, json);
}


__attribute__((unused))
static auth_tenant_claim_t
given_claim(const char *place)
{
    const char           *error;
    auth_tenant_str_t     source;
    auth_tenant_claim_t   claim;

    source = str(place);

    error = auth_tenant_claim_compile(&claim, &source);
    if (error != NULL) {
        printf("Bail out! claim \"%s\": %s\n", place, error);
        exit(2);
    }

    return claim;
}


__attribute__((unused))
static auth_tenant_template_t
given_template(const char *text)
{
    const char              *error;
    auth_tenant_str_t        source;
    auth_tenant_template_t   t;

    source = str(text);

    error = auth_tenant_template_compile(&t, &source,
                                         AUTH_TENANT_TEMPLATE_VARIABLES);
    if (error != NULL) {
        printf("Bail out! template \"%s\": %s\n", text, error);
        exit(2);
    }

    return t;
}


/* NULL: the request doesn't name it. */

__attribute__((unused))
static auth_tenant_names_t
given_names(const char *tenant, const char *module, const char *user)
{
    auth_tenant_names_t  names;

    memset(&names, 0, sizeof(names));

    if (tenant) {
        names.name[AUTH_TENANT_TENANT] = str(tenant);
    }

    if (module) {
        names.name[AUTH_TENANT_MODULE] = str(module);
    }

    if (user) {
        names.name[AUTH_TENANT_USER] = str(user);
    }

    return names;
}


#endif /* _GIVEN_H_INCLUDED_ */


/*
 * Copyright (C) nginx-auth-tenant authors
 */


#include "auth_tenant_core.h"


static const auth_tenant_verdict_t  auth_tenant_verdicts[] = {

#define AUTH_TENANT_VERDICT_ROW(id, word, status, challenge, fault, text)     \
    { auth_tenant_string(word), status, AUTH_TENANT_CHALLENGE_##challenge,    \
      AUTH_TENANT_FAULT_##fault, text },

    AUTH_TENANT_VERDICT_MAP(AUTH_TENANT_VERDICT_ROW)

#undef AUTH_TENANT_VERDICT_ROW
};


const auth_tenant_verdict_t *
auth_tenant_verdict(unsigned verdict)
{
    if (verdict >= AUTH_TENANT_NVERDICTS) {
        verdict = AUTH_TENANT_ERROR;
    }

    return &auth_tenant_verdicts[verdict];
}

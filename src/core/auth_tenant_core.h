
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What every file of the core shares: slices, limits, and the one table of
 * verdicts.  The core knows libc, OpenSSL and jansson and nothing of nginx:
 * slices in, verdict out, the clock passed in, no logging.
 */


#ifndef _AUTH_TENANT_CORE_H_INCLUDED_
#define _AUTH_TENANT_CORE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>


/* A slice.  It owns nothing; data may be NULL ("absent") only with len 0. */

typedef struct {
    size_t                len;
    const unsigned char  *data;
} auth_tenant_str_t;


#define auth_tenant_string(text)                                              \
    { sizeof(text) - 1, (const unsigned char *) text }


/* Limits, checked before anything is allocated or decoded. */

#define AUTH_TENANT_MAX_TOKEN      65536   /* hard; the directive says less */
#define AUTH_TENANT_MAX_HEADER      2048   /* JOSE header, encoded */
#define AUTH_TENANT_MAX_PAYLOAD    16384   /* claims, decoded */
#define AUTH_TENANT_MAX_KID          256
#define AUTH_TENANT_MAX_TYP           64
#define AUTH_TENANT_MAX_SIGNATURE    512   /* RSA-4096 */
#define AUTH_TENANT_MAX_DEPTH         16   /* JSON nesting */
#define AUTH_TENANT_MAX_MEMBERS      256   /* members of one JSON object */
#define AUTH_TENANT_MAX_ELEMENTS     256   /* elements of one JSON array */
#define AUTH_TENANT_MAX_REALS         64   /* fractions in one token */
#define AUTH_TENANT_MAX_DOCUMENT  262144   /* a JWKS or PEM file */
#define AUTH_TENANT_MAX_KEYS          64   /* keys of one document */
#define AUTH_TENANT_MAX_NAME         255   /* a user, tenant or module */
#define AUTH_TENANT_MAX_LABEL         63   /* a DNS label, RFC 1035 2.3.4 */
#define AUTH_TENANT_MAX_HOST         253   /* a DNS name in text form */
#define AUTH_TENANT_MAX_DATE  253402300799LL  /* 9999-12-31T23:59:59Z */


/* The three names that a request and a token are compared in. */

typedef enum {
    AUTH_TENANT_TENANT = 0,
    AUTH_TENANT_MODULE,
    AUTH_TENANT_USER,
    AUTH_TENANT_NNAMES
} auth_tenant_name_e;


#define auth_tenant_name_bit(name)  (1u << (name))


typedef struct {
    auth_tenant_str_t     name[AUTH_TENANT_NNAMES];  /* data NULL: not named */
} auth_tenant_names_t;


/* What the WWW-Authenticate header of an answer says, RFC 6750 section 3. */

typedef enum {
    AUTH_TENANT_CHALLENGE_NONE = 0,
    AUTH_TENANT_CHALLENGE_BARE,       /* no error attribute, section 3.1 */
    AUTH_TENANT_CHALLENGE_REQUEST,    /* error="invalid_request" */
    AUTH_TENANT_CHALLENGE_TOKEN,      /* error="invalid_token" */
    AUTH_TENANT_CHALLENGE_SCOPE       /* error="insufficient_scope" */
} auth_tenant_challenge_e;


/* Who is at fault, which decides how loudly the glue logs it. */

typedef enum {
    AUTH_TENANT_FAULT_NONE = 0,
    AUTH_TENANT_FAULT_CLIENT,
    AUTH_TENANT_FAULT_OPERATOR,
    AUTH_TENANT_FAULT_OURS
} auth_tenant_fault_e;


/*
 * The verdicts: identifier, reason word ($auth_result), HTTP status of the
 * answer, challenge, fault, and the sentence for error.log.  Words are part
 * of the interface: operators match them in logs.  Zero is not "ok", so that
 * forgotten initialisation can't let anybody in.
 */

#define AUTH_TENANT_VERDICT_MAP(XX)                                           \
    XX(ERROR,            "error",            500, NONE,    OURS,              \
       "internal error")                                                      \
    XX(OK,               "ok",               200, NONE,    NONE,              \
       "allowed")                                                             \
    XX(NO_TOKEN,         "no_token",         401, BARE,    CLIENT,            \
       "no token")                                                            \
    XX(DUPLICATE_TOKEN,  "duplicate_token",  400, REQUEST, CLIENT,            \
       "the same token source twice")                                         \
    XX(TOO_LARGE,        "too_large",        401, TOKEN,   CLIENT,            \
       "token longer than auth_tenant_token_max_size")                        \
    XX(MALFORMED,        "malformed",        401, TOKEN,   CLIENT,            \
       "token is not a well-formed signed JWT")                               \
    XX(BAD_ALGORITHM,    "bad_algorithm",    401, TOKEN,   CLIENT,            \
       "token's \"alg\" is not accepted")                                     \
    XX(BAD_TYPE,         "bad_type",         401, TOKEN,   CLIENT,            \
       "token is of another type than an id_token")                           \
    XX(UNKNOWN_KEY,      "unknown_key",      401, TOKEN,   CLIENT,            \
       "no key of the provider fits the token's \"kid\" and \"alg\"")         \
    XX(BAD_SIGNATURE,    "bad_signature",    401, TOKEN,   CLIENT,            \
       "signature does not verify")                                           \
    XX(EXPIRED,          "expired",          401, TOKEN,   CLIENT,            \
       "token has expired or is older than max_age")                          \
    XX(NOT_YET_VALID,    "not_yet_valid",    401, TOKEN,   CLIENT,            \
       "token is not valid yet")                                              \
    XX(WRONG_ISSUER,     "wrong_issuer",     401, TOKEN,   CLIENT,            \
       "token's \"iss\" is no issuer that is accepted here")                 \
    XX(WRONG_AUDIENCE,   "wrong_audience",   401, TOKEN,   CLIENT,            \
       "token is for another audience")                                       \
    XX(BAD_CLAIM,        "bad_claim",        401, TOKEN,   CLIENT,            \
       "a required claim is missing or of a wrong type")                      \
    XX(NO_CLAIM,         "no_claim",         403, SCOPE,   CLIENT,            \
       "token lacks a claim that a rule needs")                               \
    XX(WRONG_TENANT,     "wrong_tenant",     403, SCOPE,   CLIENT,            \
       "token is for another tenant")                                         \
    XX(WRONG_MODULE,     "wrong_module",     403, SCOPE,   CLIENT,            \
       "token has no permission for this module")                             \
    XX(WRONG_USER,       "wrong_user",       403, SCOPE,   CLIENT,            \
       "token is for another user")                                           \
    XX(RULE,             "rule",             403, SCOPE,   CLIENT,            \
       "an auth_tenant_require rule does not hold")                           \
    XX(METHOD,           "method",           403, SCOPE,   CLIENT,            \
       "no auth_tenant_require rule names this method")                       \
    XX(BAD_ORIGIN,       "bad_origin",       403, SCOPE,   CLIENT,            \
       "Origin does not fit a token from a cookie")                           \
    XX(BAD_NAME,         "bad_name",         403, SCOPE,   CLIENT,            \
       "a name can't be used: control characters, or no DNS label")           \
    XX(BLOCKED,          "blocked",          403, SCOPE,   CLIENT,            \
       "subrequest into a protected location")                                \
    XX(BAD_PATH,         "bad_path",         400, NONE,    CLIENT,            \
       "path is ambiguous")                                                   \
    XX(BAD_HOST,         "bad_host",         400, NONE,    CLIENT,            \
       "Host differs from the request's authority")                           \
    XX(NO_MATCH,         "no_match",         404, NONE,    CLIENT,            \
       "host or path fits no template")                                       \
    XX(UNKNOWN_TENANT,   "unknown_tenant",   404, NONE,    CLIENT,            \
       "the provider has no such tenant")                                     \
    XX(MISDIRECTED,      "misdirected",      421, NONE,    CLIENT,            \
       "TLS server name and Host are of two tenants")                         \
    XX(EARLY_DATA,       "early_data",       425, NONE,    CLIENT,            \
       "unsafe method in TLS early data")                                     \
    XX(KEYS_UNAVAILABLE, "keys_unavailable", 503, NONE,    OPERATOR,          \
       "no keys to judge with")


typedef enum {
#define AUTH_TENANT_VERDICT_ID(id, word, status, challenge, fault, text)      \
    AUTH_TENANT_##id,
    AUTH_TENANT_VERDICT_MAP(AUTH_TENANT_VERDICT_ID)
#undef AUTH_TENANT_VERDICT_ID
    AUTH_TENANT_NVERDICTS
} auth_tenant_verdict_e;


typedef struct {
    auth_tenant_str_t         word;
    unsigned                  status;
    auth_tenant_challenge_e   challenge;
    auth_tenant_fault_e       fault;
    const char               *text;
} auth_tenant_verdict_t;


/*
 * The row of a verdict.  Never NULL: a number outside the table gives the
 * row of AUTH_TENANT_ERROR.
 */
const auth_tenant_verdict_t *auth_tenant_verdict(unsigned verdict);


/*
 * Compares two slices by length and bytes (RFC 8725 section 3.7: no folding,
 * no C strings).  Returns 1 if equal, else 0.  Not for secrets.
 */
static inline int
auth_tenant_str_eq(const auth_tenant_str_t *a, const auth_tenant_str_t *b)
{
    if (a->len != b->len) {
        return 0;
    }

    /* memcmp() must not see the NULL of an absent slice, even with length 0 */

    return a->len == 0 || memcmp(a->data, b->data, a->len) == 0;
}


/* 1 if a slice equals one of the `n` of a list, else 0. */
int auth_tenant_str_listed(const auth_tenant_str_t *s,
    const auth_tenant_str_t *list, size_t n);


/*
 * Tells whether a name taken from a token or a configuration may become a
 * header value, a log field or part of an upstream name: 1 to 255 bytes of
 * valid UTF-8, without C0 or C1 controls, DEL, U+2028 or U+2029, and with no
 * space at either end (a header parser would trim it, and "maksym " would
 * arrive as "maksym").  Returns 1 or 0.
 */
int auth_tenant_name_valid(const auth_tenant_str_t *name);


/* The same of a text of any length, also of none. */
int auth_tenant_text_valid(const auth_tenant_str_t *text);


/*
 * Decodes the character that `p` begins with: strict UTF-8 (RFC 3629 section
 * 3: no overlong form, no surrogate, nothing above U+10FFFF).  Returns its
 * length in bytes with *cp set, or 0 if there is none.
 */
size_t auth_tenant_utf8_decode(const unsigned char *p, size_t len,
    uint32_t *cp);


#endif /* _AUTH_TENANT_CORE_H_INCLUDED_ */

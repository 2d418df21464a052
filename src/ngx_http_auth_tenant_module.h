
/*
 * Copyright (C) nginx-auth-tenant authors
 */


#ifndef _NGX_HTTP_AUTH_TENANT_MODULE_H_INCLUDED_
#define _NGX_HTTP_AUTH_TENANT_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "auth_tenant_b64url.h"
#include "auth_tenant_jws.h"
#include "auth_tenant_match.h"
#include "auth_tenant_rules.h"
#include "auth_tenant_sha256.h"


/* one key file as this process sees it; the only state besides requests */

typedef struct ngx_http_auth_tenant_source_s  ngx_http_auth_tenant_source_t;


/* keys from the network: _net.h */

typedef struct ngx_http_auth_tenant_net_s     ngx_http_auth_tenant_net_t;
typedef struct ngx_http_auth_tenant_realm_s   ngx_http_auth_tenant_realm_t;
typedef struct ngx_http_auth_tenant_worker_s  ngx_http_auth_tenant_worker_t;
typedef struct ngx_http_auth_tenant_waiter_s  ngx_http_auth_tenant_waiter_t;


/* a token that was verified before: _cache.h */

typedef struct ngx_http_auth_tenant_kept_s    ngx_http_auth_tenant_kept_t;


#define NGX_HTTP_AUTH_TENANT_TAG  AUTH_TENANT_SHA256_SIZE


/* what a verified token was verified under, as this process sees it */

typedef struct {
    u_char                           value[NGX_HTTP_AUTH_TENANT_TAG];
    u_char                           keys[AUTH_TENANT_KEYS_DIGEST];
    unsigned                         known:1;
} ngx_http_auth_tenant_tag_t;


typedef struct {
    auth_tenant_policy_t             policy;

    ngx_str_t                        name;
    ngx_str_t                        issuer;
    ngx_str_t                        jwks_file;
    ngx_http_auth_tenant_source_t   *source;     /* NULL: .. */
    ngx_http_auth_tenant_net_t      *net;        /* .. from the network */
    ngx_http_auth_tenant_worker_t   *worker;     /* net only */
    ngx_uint_t                       number;

    u_char                           settings[NGX_HTTP_AUTH_TENANT_TAG];
    ngx_http_auth_tenant_tag_t      *tag;        /* of the source's keys */

    ngx_array_t                     *audience;   /* auth_tenant_template_t */
    ngx_array_t                     *azp;        /* auth_tenant_str_t */
    ngx_array_t                     *types;      /* auth_tenant_str_t */
    ngx_array_t                     *tenants;    /* auth_tenant_str_t */
    ngx_array_t                     *spaced;     /* auth_tenant_str_t */
    ngx_array_t                     *algorithms; /* auth_tenant_str_t */

    time_t                           leeway;
    time_t                           max_age;

    unsigned                         audience_off:1;
    unsigned                         bound:1;    /* "tenants" was written */
} ngx_http_auth_tenant_provider_t;


/* auth_tenant_token: where a token is looked for */

typedef enum {
    NGX_HTTP_AUTH_TENANT_BEARER = 0,
    NGX_HTTP_AUTH_TENANT_COOKIE,
    NGX_HTTP_AUTH_TENANT_HEADER,
    NGX_HTTP_AUTH_TENANT_VARIABLE
} ngx_http_auth_tenant_token_e;


typedef struct {
    ngx_http_auth_tenant_token_e     type;
    ngx_str_t                        name;       /* header: lower case */
    ngx_int_t                        index;      /* of the variable */
} ngx_http_auth_tenant_token_t;


/* auth_tenant_origin */

typedef struct {
    ngx_array_t                     *origins;    /* .._authority_t */
    unsigned                         same:1;
    unsigned                         any:1;
} ngx_http_auth_tenant_origin_t;


/* auth_tenant_scrub: a header, or cookies by name ("NAME" or "NAME*") */

typedef struct {
    ngx_str_t                        name;       /* header: see _headers.c */
    unsigned                         cookie:1;
    unsigned                         prefix:1;
} ngx_http_auth_tenant_scrub_t;


typedef struct {
    ngx_int_t                        index;      /* of the variable */
    auth_tenant_claim_t              claim;
} ngx_http_auth_tenant_claim_set_t;


/* where a location takes a name from */

typedef enum {
    NGX_HTTP_AUTH_TENANT_FROM_NONE = 0,
    NGX_HTTP_AUTH_TENANT_FROM_HOST,
    NGX_HTTP_AUTH_TENANT_FROM_PATH,
    NGX_HTTP_AUTH_TENANT_FROM_MATCH
} ngx_http_auth_tenant_from_e;


typedef struct {
    ngx_array_t                      providers;  /* .._provider_t * */
    ngx_http_auth_tenant_source_t   *sources;    /* a list: _keys.h */
    ngx_shm_zone_t                  *zone;
    ngx_http_auth_tenant_worker_t   *worker;     /* NULL: no network */
    unsigned                         used:1;
} ngx_http_auth_tenant_main_conf_t;


typedef struct {
    ngx_array_t                     *scrub;      /* .._scrub_t; NULL: off */
    unsigned                         used:1;     /* some location checks */
    ngx_uint_t                       checked;    /* locations that do */
    unsigned                         differ:1;   /* not all alike */
    unsigned                         regex:1;    /* some by their regex */
    unsigned                         vary:1;     /* by variables */
    unsigned                         open:1;     /* some are "off" */
    ngx_uint_t                       deepest;    /* segments of a name */
} ngx_http_auth_tenant_srv_conf_t;


typedef struct {
    ngx_array_t                     *names;      /* ngx_str_t, as written */
    ngx_array_t                     *providers;  /* .._provider_t *;
                                                    NULL: off */
    ngx_array_t                     *bypass;     /* complex values */
    ngx_array_t                     *tokens;     /* .._token_t */
    size_t                           max_size;
    ngx_flag_t                       forward;
    ngx_http_auth_tenant_origin_t   *origin;

    ngx_array_t                     *hosts;      /* auth_tenant_pattern_t */
    auth_tenant_pattern_t           *path;
    ngx_http_complex_value_t        *match[AUTH_TENANT_NNAMES];
    u_char                           from[AUTH_TENANT_NNAMES];

    ngx_array_t                     *own_rules;  /* auth_tenant_rule_t * */
    auth_tenant_ruleset_t            ruleset;    /* merged */

    auth_tenant_template_t          *upstream;
    auth_tenant_template_t          *home;
    ngx_http_complex_value_t        *login_url;
    ngx_http_complex_value_t        *dry_run;    /* NULL: off */
    ngx_array_t                     *claim_sets; /* .._claim_set_t */

    /* where "auth_tenant" was written, for messages */
    u_char                          *file;
    ngx_uint_t                       line;

    ngx_uint_t                       level;      /* of inheritance */
    unsigned                         lost;       /* names that an outer level
                                                    gives and compares */

    unsigned                         rules_none:1;
} ngx_http_auth_tenant_loc_conf_t;


/* a credential that was verified; shared by a request and its subrequests */

typedef struct {
    auth_tenant_claims_t                    claims;
    const ngx_http_auth_tenant_provider_t  *provider;
    const ngx_http_auth_tenant_token_t     *source;
} ngx_http_auth_tenant_credential_t;


/* one request, or one subrequest; survives internal redirects */

typedef struct {
    ngx_http_request_t                       *request;
    const ngx_http_auth_tenant_credential_t  *credential;  /* NULL: none */

    auth_tenant_verdict_e                     verdict;
    auth_tenant_names_t                       matched;     /* request's */
    auth_tenant_names_t                       identity;    /* token's */
    ngx_str_t                                 upstream;
    ngx_str_t                                 location;    /* of "home" */
    const auth_tenant_rule_t                 *failed;

    const ngx_http_auth_tenant_provider_t    *provider;    /* of the token's
                                                              "iss" */
    ngx_http_auth_tenant_realm_t             *realm;       /* has no key, or
                                                              not this one */
    ngx_http_auth_tenant_waiter_t            *waiter;
    ngx_uint_t                                waits;

    ngx_http_auth_tenant_kept_t              *kept;        /* holds what the
                                                              credential is
                                                              made of */

    unsigned                                  pass:8;      /* judged in */
    unsigned                                  decided:1;
    unsigned                                  stripped:1;
} ngx_http_auth_tenant_ctx_t;


/* internal redirects count this down: which pass through the phases it is */

#define ngx_http_auth_tenant_pass(r)  ((r)->uri_changes)


/* a slice of nginx as one of the core, and back */

static ngx_inline auth_tenant_str_t
ngx_http_auth_tenant_str(const ngx_str_t *s)
{
    auth_tenant_str_t  str;

    str.len = s->len;
    str.data = s->data;

    return str;
}


static ngx_inline ngx_str_t
ngx_http_auth_tenant_ngx_str(const auth_tenant_str_t *s)
{
    ngx_str_t  str;

    str.len = s->len;
    str.data = (u_char *) s->data;

    return str;
}


/* _conf.c, _merge.c */

extern ngx_command_t  ngx_http_auth_tenant_commands[];

char *ngx_http_auth_tenant_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
char *ngx_http_auth_tenant_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


/* _keys.c */

ngx_http_auth_tenant_source_t *ngx_http_auth_tenant_source_add(ngx_conf_t *cf,
    ngx_str_t *path, auth_tenant_algs_t algs, ngx_str_t *provider);
const auth_tenant_keys_t *ngx_http_auth_tenant_source_keys(
    const ngx_http_auth_tenant_source_t *source);
ngx_int_t ngx_http_auth_tenant_keys_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_auth_tenant_keys_init_process(ngx_cycle_t *cycle);


/* _tag.c */

ngx_int_t ngx_http_auth_tenant_digest(u_char *digest, const ngx_str_t *part,
    ngx_uint_t n);
ngx_int_t ngx_http_auth_tenant_tag_setting(
    ngx_http_auth_tenant_provider_t *provider, const ngx_array_t *args);
const u_char *ngx_http_auth_tenant_tag(ngx_http_auth_tenant_tag_t *tag,
    const ngx_http_auth_tenant_provider_t *provider, const ngx_str_t *issuer,
    const auth_tenant_keys_t *keys);


/* _cache.c */

ngx_int_t ngx_http_auth_tenant_cache_init_process(ngx_cycle_t *cycle);
void ngx_http_auth_tenant_cache_exit_process(void);
void ngx_http_auth_tenant_release(ngx_http_auth_tenant_kept_t *kept);


/* _realm.c */

auth_tenant_verdict_e ngx_http_auth_tenant_realm_keys(
    const ngx_http_auth_tenant_provider_t *provider,
    const auth_tenant_str_t *tenant, ngx_http_auth_tenant_realm_t **realm,
    const auth_tenant_keys_t **keys);
const u_char *ngx_http_auth_tenant_realm_tag(
    ngx_http_auth_tenant_realm_t *realm);
void ngx_http_auth_tenant_realm_proven(ngx_http_auth_tenant_realm_t *realm);


/* _wait.c */

ngx_int_t ngx_http_auth_tenant_ask(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, ngx_uint_t wait);
void ngx_http_auth_tenant_stop_waiting(ngx_http_auth_tenant_ctx_t *ctx);


/* _worker.c, _tick.c */

ngx_int_t ngx_http_auth_tenant_net_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_auth_tenant_net_init_process(ngx_cycle_t *cycle);
void ngx_http_auth_tenant_net_exit_process(ngx_cycle_t *cycle);


/* _scrub.c */

ngx_int_t ngx_http_auth_tenant_scrub_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_auth_tenant_rescrub_handler(ngx_http_request_t *r);


/* _headers.c */

ngx_int_t ngx_http_auth_tenant_strip(ngx_http_request_t *r,
    const ngx_http_auth_tenant_token_t *token);
ngx_table_elt_t *ngx_http_auth_tenant_header(ngx_http_request_t *r,
    const ngx_str_t *lowcase, ngx_uint_t *count);


/* _token.c */

ngx_uint_t ngx_http_auth_tenant_token_eq(
    const ngx_http_auth_tenant_token_t *a,
    const ngx_http_auth_tenant_token_t *b);
auth_tenant_verdict_e ngx_http_auth_tenant_find_token(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    const ngx_http_auth_tenant_token_t **source, auth_tenant_str_t *token);
auth_tenant_methods_t ngx_http_auth_tenant_request_method(
    ngx_http_request_t *r);
auth_tenant_verdict_e ngx_http_auth_tenant_check_origin(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_methods_t method,
    const ngx_http_auth_tenant_token_t *source);
ngx_uint_t ngx_http_auth_tenant_early_data(ngx_http_request_t *r);


/* _match.c */

auth_tenant_verdict_e ngx_http_auth_tenant_match(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_names_t *names,
    ngx_uint_t *home);
ngx_uint_t ngx_http_auth_tenant_plain_path(ngx_http_request_t *r,
    auth_tenant_path_e level);
auth_tenant_verdict_e ngx_http_auth_tenant_match_destination(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    const auth_tenant_names_t *names);


/* _access.c */

ngx_int_t ngx_http_auth_tenant_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_auth_tenant_guard_handler(ngx_http_request_t *r);
const ngx_http_auth_tenant_ctx_t *ngx_http_auth_tenant_get_ctx(
    ngx_http_request_t *r);


/* _authenticate.c */

auth_tenant_verdict_e ngx_http_auth_tenant_authenticate(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_methods_t method);
auth_tenant_verdict_e ngx_http_auth_tenant_accept_credential(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    const ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_methods_t method);


/* _judge.c */

void ngx_http_auth_tenant_judge(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_http_auth_tenant_ctx_t *ctx);
void ngx_http_auth_tenant_settle(ngx_http_request_t *r,
    ngx_http_auth_tenant_ctx_t *ctx, auth_tenant_verdict_e verdict);


/* _answer.c */

ngx_int_t ngx_http_auth_tenant_answer(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    const ngx_http_auth_tenant_ctx_t *ctx);
void ngx_http_auth_tenant_clear_answer(ngx_http_request_t *r);
ngx_int_t ngx_http_auth_tenant_return_url(ngx_http_request_t *r,
    ngx_str_t *url);


/* _vars.c */

ngx_int_t ngx_http_auth_tenant_add_variables(ngx_conf_t *cf);


/* _conf_vars.c */

ngx_int_t ngx_http_auth_tenant_check_variables(ngx_conf_t *cf);


extern ngx_module_t  ngx_http_auth_tenant_module;


#endif /* _NGX_HTTP_AUTH_TENANT_MODULE_H_INCLUDED_ */

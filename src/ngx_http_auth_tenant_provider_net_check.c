
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * A provider whose keys come from the network, when its block has been read.
 */


#include "ngx_http_auth_tenant_conf.h"
#include "ngx_http_auth_tenant_net.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>


static char *ngx_http_auth_tenant_net_url(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider, const char *directive,
    ngx_str_t *url);
static const char *ngx_http_auth_tenant_net_example(const char *directive,
    const char *why);
static char *ngx_http_auth_tenant_net_tenants(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_net_state_path(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider);
static char *ngx_http_auth_tenant_net_certificate(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider);
static int ngx_http_auth_tenant_net_cas(const ngx_str_t *file, u_char *digest);
static void ngx_http_auth_tenant_net_defaults(
    ngx_http_auth_tenant_net_t *net);
static ngx_int_t ngx_http_auth_tenant_net_digest(
    ngx_http_auth_tenant_provider_t *provider);


/* For a block without "jwks_file". */

char *
ngx_http_auth_tenant_net_finish(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider)
{
    char                              *rv;
    const char                        *why;
    auth_tenant_str_t                  text;
    ngx_http_auth_tenant_net_t        *net;
    ngx_http_auth_tenant_main_conf_t  *mcf;

    net = provider->net;

    if (ngx_http_auth_tenant_fetch_check(&why) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_tenant_provider\" \"%V\" can't fetch its "
                           "keys: %s; install another libcurl, or write "
                           "\"jwks_file\"", &provider->name, why);
        return NGX_CONF_ERROR;
    }

    ngx_http_auth_tenant_net_defaults(net);

    /* with "jwks_uri" the issuer is a mere name, unless there are many */

    text = ngx_http_auth_tenant_str(&provider->issuer);

    why = auth_tenant_issuer_compile(&net->issuer, &text,
                                     net->jwks_uri.len == 0);
    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"issuer\" \"%V\" of \"auth_tenant_provider\" "
                           "\"%V\" %s%s", &provider->issuer,
                           &provider->name, why,
                           ngx_http_auth_tenant_net_example("issuer", why));
        return NGX_CONF_ERROR;
    }

    if (net->issuer.tenant && net->jwks_uri.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"jwks_uri\" of \"auth_tenant_provider\" \"%V\" "
                           "would give all tenants of its \"issuer\" the same "
                           "keys, leave it out: discovery finds each "
                           "tenant's own", &provider->name);
        return NGX_CONF_ERROR;
    }

    rv = net->jwks_uri.len
         ? ngx_http_auth_tenant_net_url(cf, provider, "jwks_uri",
                                        &net->jwks_uri)
         : ngx_http_auth_tenant_net_url(cf, provider, "issuer",
                                        &provider->issuer);

    if (rv == NGX_CONF_OK && net->issuer.tenant) {
        rv = ngx_http_auth_tenant_net_tenants(cf, provider);
    }

    if (rv == NGX_CONF_OK && net->state_path.len) {
        rv = ngx_http_auth_tenant_net_state_path(cf, provider);
    }

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (net->route.certificate.len
        && ngx_http_auth_tenant_net_certificate(cf, provider) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (provider->policy.algs & AUTH_TENANT_ALGS_HMAC) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"algorithms\" of \"auth_tenant_provider\" \"%V\" "
                           "has HMAC, whose keys are secrets and are never "
                           "taken from the network; write \"jwks_file\"",
                           &provider->name);
        return NGX_CONF_ERROR;
    }

    net->route.max_size = AUTH_TENANT_MAX_DOCUMENT;
    net->route.verify = net->ssl_verify;

    if (net->issuer.tenant) {
        provider->policy.realms = &net->issuer;
    }

    if (ngx_http_auth_tenant_net_digest(provider) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_auth_tenant_module);

    if (mcf->worker == NULL) {
        mcf->worker = ngx_http_auth_tenant_worker_create(cf, mcf);
        if (mcf->worker == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    provider->worker = mcf->worker;

    return NGX_CONF_OK;
}


static void
ngx_http_auth_tenant_net_defaults(ngx_http_auth_tenant_net_t *net)
{
    ngx_conf_init_msec_value(net->refresh, 600000);
    ngx_conf_init_msec_value(net->cooldown, 10000);
    ngx_conf_init_msec_value(net->stale, 86400000);
    ngx_conf_init_msec_value(net->route.connect_timeout, 2000);
    ngx_conf_init_msec_value(net->read_timeout, 5000);
    ngx_conf_init_value(net->ssl_verify, 1);
    ngx_conf_init_value(net->allow_http, 0);
}


/* Where keys are asked for: over TLS, or from this very host. */

static char *
ngx_http_auth_tenant_net_url(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider, const char *directive,
    ngx_str_t *url)
{
    u_char                       buf[AUTH_TENANT_MAX_URL];
    const char                  *why;
    auth_tenant_str_t            text, label;
    auth_tenant_url_t            parsed;
    ngx_http_auth_tenant_net_t  *net;

    net = provider->net;
    text = ngx_http_auth_tenant_str(url);

    if (net->issuer.tenant) {

        /* all tenants' URLs are alike */

        label.len = 1;
        label.data = (u_char *) "a";
        text.len = auth_tenant_issuer_expand(&net->issuer, &label, buf,
                                             sizeof(buf));
        text.data = buf;
    }

    why = auth_tenant_url_parse(&parsed, &text);

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" \"%V\" of \"auth_tenant_provider\" \"%V\" "
                           "%s%s", directive, url, &provider->name, why,
                           ngx_http_auth_tenant_net_example(directive, why));
        return NGX_CONF_ERROR;
    }

    if (!parsed.https && !parsed.loopback && !net->allow_http) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" \"%V\" of \"auth_tenant_provider\" \"%V\" "
                           "is not https: whoever stands between could give "
                           "you keys of their own; write https://, or "
                           "\"allow_http on\"", directive, url,
                           &provider->name);
        return NGX_CONF_ERROR;
    }

    net->route.http = !parsed.https;
    net->route.loopback = parsed.loopback;

    return NGX_CONF_OK;
}


/* What is wrong with a URL often says what to write; else an example does. */

static const char *
ngx_http_auth_tenant_net_example(const char *directive, const char *why)
{
    if (ngx_strstr(why, "write") || ngx_strstr(why, "leave")) {
        return "";
    }

    return (directive[0] == 'i')
           ? "; write for example https://login.example.com/realms/{tenant}"
           : "; write for example https://login.example.com/certs";
}


/* A name that no issuer can have would never be found. */

static char *
ngx_http_auth_tenant_net_tenants(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider)
{
    u_char                       buf[AUTH_TENANT_MAX_URL];
    ngx_str_t                    name;
    ngx_uint_t                   i;
    const auth_tenant_issuer_t  *issuer;
    const auth_tenant_policy_t  *policy;

    issuer = &provider->net->issuer;
    policy = &provider->policy;

    for (i = 0; i < policy->ntenants; i++) {

        if (auth_tenant_issuer_expand(issuer, &policy->tenants[i], buf,
                                      sizeof(buf)))
        {
            continue;
        }

        name = ngx_http_auth_tenant_ngx_str(&policy->tenants[i]);

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tenants\" of \"auth_tenant_provider\" \"%V\" "
                           "has \"%V\", which can't be the {tenant} of its "
                           "\"issuer\"; write one label of letters, digits "
                           "and inner hyphens%s", &provider->name, &name,
                           issuer->authority ? ", in lower case" : "");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* One file for one issuer: its last component has the tenant in it. */

static char *
ngx_http_auth_tenant_net_state_path(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider)
{
    u_char           *p, *slash;
    ngx_str_t        *path;
    ngx_uint_t        found;
    ngx_file_info_t   fi;

    path = &provider->net->state_path;

    if (path->len == 3 && ngx_strncmp(path->data, "off", 3) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"state_path\" of \"auth_tenant_provider\" "
                           "\"%V\" can't be \"off\"; leave it out, and no "
                           "keys are written", &provider->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, path, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    slash = path->data;
    found = 0;

    for (p = path->data; *p; p++) {

        if (*p == '/') {
            slash = p;
        }

        if (*p == '{' || *p == '}') {
            found++;
        }
    }

    p = (u_char *) ngx_strstr(slash, NGX_HTTP_AUTH_TENANT_PLACEHOLDER);

    if (provider->net->issuer.tenant) {

        if (p == NULL || found != 2) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"state_path\" \"%V\" of "
                               "\"auth_tenant_provider\" \"%V\" must have "
                               "one {tenant} in its file name, since each "
                               "tenant has keys of its own; write for example "
                               "/var/lib/nginx/keys/{tenant}.json",
                               path, &provider->name);
            return NGX_CONF_ERROR;
        }

    } else if (found) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"state_path\" \"%V\" of "
                           "\"auth_tenant_provider\" \"%V\" has a "
                           "placeholder, but \"issuer\" has none; write the "
                           "path of a file", path, &provider->name);
        return NGX_CONF_ERROR;
    }

    if (slash[1] == '\0'
        || (ngx_file_info(path->data, &fi) == 0 && S_ISDIR(fi.st_mode)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"state_path\" \"%V\" of "
                           "\"auth_tenant_provider\" \"%V\" is a directory; "
                           "write the path of a file in it, for example "
                           "%V%s%V.json", path, &provider->name, path,
                           slash[1] ? "/" : "", &provider->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Workers read it again at each fetch: a wrong path would show up late. */

static char *
ngx_http_auth_tenant_net_certificate(ngx_conf_t *cf,
    ngx_http_auth_tenant_provider_t *provider)
{
    int          rc;
    ngx_str_t   *file;
    X509_STORE  *store;

    file = &provider->net->route.certificate;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    store = X509_STORE_new();
    if (store == NULL) {
        return NGX_CONF_ERROR;
    }

    rc = X509_STORE_load_locations(store, (char *) file->data, NULL);

    X509_STORE_free(store);

    if (rc == 1) {
        rc = ngx_http_auth_tenant_net_cas(file, provider->net->cas);
    }

    if (rc != 1) {
        ERR_clear_error();

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"ssl_trusted_certificate\" \"%V\" of "
                           "\"auth_tenant_provider\" \"%V\" can't be read, "
                           "or has no certificate; write the path of a PEM "
                           "file", file, &provider->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Which CAs there are in a file, whatever else stands between them. */

static int
ngx_http_auth_tenant_net_cas(const ngx_str_t *file, u_char *digest)
{
    int                     i, len, rc;
    BIO                    *bio;
    u_char                 *der;
    X509_INFO              *info;
    EVP_MD_CTX             *md;
    STACK_OF(X509_INFO)    *infos;

    bio = BIO_new_file((char *) file->data, "r");
    infos = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
    md = EVP_MD_CTX_new();

    rc = infos && md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

    for (i = 0; rc && i < sk_X509_INFO_num(infos); i++) {

        info = sk_X509_INFO_value(infos, i);

        if (info->x509 == NULL) {
            continue;
        }

        /* with what OpenSSL's own form says that it is trusted for */

        der = NULL;
        len = i2d_X509_AUX(info->x509, &der);

        rc = len > 0 && EVP_DigestUpdate(md, der, (size_t) len) == 1;

        OPENSSL_free(der);
    }

    rc = rc && EVP_DigestFinal_ex(md, digest, NULL) == 1;

    EVP_MD_CTX_free(md);
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    BIO_free(bio);

    return rc;
}


/*
 * Keys belong to what was asked for and how: when an operator takes trust
 * away from somebody, what was fetched before is not taken over.
 */

static ngx_int_t
ngx_http_auth_tenant_net_digest(ngx_http_auth_tenant_provider_t *provider)
{
    u_char                       flags[2];
    auth_tenant_algs_t           algs;
    ngx_str_t                    part[7];
    ngx_http_auth_tenant_net_t  *net;

    net = provider->net;

    flags[0] = (u_char) net->ssl_verify;
    flags[1] = (u_char) net->allow_http;

    part[0] = provider->issuer;
    part[1] = net->jwks_uri;
    part[2] = net->route.certificate;
    part[3] = net->route.proxy;
    part[4].len = sizeof(flags);
    part[4].data = flags;

    algs = provider->policy.algs;

    part[5].len = sizeof(algs);
    part[5].data = (u_char *) &algs;

    part[6].len = sizeof(net->cas);
    part[6].data = net->cas;

    return ngx_http_auth_tenant_digest(net->digest, part, 7);
}


/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a request names: tenant, module and user, from host, path and values.
 */


#include "ngx_http_auth_tenant_authority.h"


static auth_tenant_verdict_e ngx_http_auth_tenant_match_host(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    auth_tenant_names_t *names);
static auth_tenant_verdict_e ngx_http_auth_tenant_match_hosts(
    const ngx_array_t *hosts, auth_tenant_str_t *host,
    auth_tenant_names_t *names);
static ngx_uint_t ngx_http_auth_tenant_same_host(ngx_http_request_t *r);
static auth_tenant_verdict_e ngx_http_auth_tenant_match_server_name(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    auth_tenant_names_t *names);
static auth_tenant_verdict_e ngx_http_auth_tenant_match_path(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    auth_tenant_names_t *names);
static auth_tenant_path_e ngx_http_auth_tenant_path_level(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf);
static auth_tenant_str_t ngx_http_auth_tenant_target(ngx_http_request_t *r);
static auth_tenant_verdict_e ngx_http_auth_tenant_match_value(
    ngx_http_request_t *r, const ngx_http_auth_tenant_loc_conf_t *lcf,
    ngx_uint_t name, auth_tenant_names_t *names);


/*
 * Sets the names that the location gives.  *home is set if the request is for
 * "/" where "auth_tenant_home" answers; the names of the path are then left
 * to the caller.
 */

auth_tenant_verdict_e
ngx_http_auth_tenant_match(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_names_t *names,
    ngx_uint_t *home)
{
    ngx_uint_t             i, judged;
    auth_tenant_path_e     level;
    auth_tenant_names_t    found;
    auth_tenant_verdict_e  verdict;

    ngx_memzero(names, sizeof(auth_tenant_names_t));
    ngx_memzero(&found, sizeof(auth_tenant_names_t));

    *home = 0;
    judged = 0;

    if (!ngx_http_auth_tenant_same_host(r)) {
        return AUTH_TENANT_BAD_HOST;
    }

    if (lcf->hosts) {
        verdict = ngx_http_auth_tenant_match_host(r, lcf, &found);
        if (verdict != AUTH_TENANT_OK) {
            return verdict;
        }
    }

    if (lcf->home
        && r == r->main
        && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        && r->uri.len == 1 && r->uri.data[0] == '/')
    {
        *home = 1;

    } else if (lcf->path) {
        verdict = ngx_http_auth_tenant_match_path(r, lcf, &found);
        if (verdict != AUTH_TENANT_OK) {
            return verdict;
        }

        /* the target was looked at as well, if it is what is forwarded */

        judged = r->valid_unparsed_uri;
    }

    level = ngx_http_auth_tenant_path_level(r, lcf);

    if ((level != AUTH_TENANT_PATH_CLEAN || !judged)
        && !ngx_http_auth_tenant_plain_path(r, level))
    {
        return AUTH_TENANT_BAD_PATH;
    }

    verdict = ngx_http_auth_tenant_match_destination(r, lcf, &found);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {

        switch (lcf->from[i]) {

        case NGX_HTTP_AUTH_TENANT_FROM_HOST:
        case NGX_HTTP_AUTH_TENANT_FROM_PATH:
            names->name[i] = found.name[i];
            break;

        case NGX_HTTP_AUTH_TENANT_FROM_MATCH:
            verdict = ngx_http_auth_tenant_match_value(r, lcf, i, names);
            if (verdict != AUTH_TENANT_OK) {
                return verdict;
            }

            break;

        default: /* NGX_HTTP_AUTH_TENANT_FROM_NONE */
            break;
        }
    }

    return AUTH_TENANT_OK;
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_match_host(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_names_t *names)
{
    auth_tenant_str_t      host;
    auth_tenant_verdict_e  verdict;

    host = ngx_http_auth_tenant_str(&r->headers_in.server);

    verdict = ngx_http_auth_tenant_match_hosts(lcf->hosts, &host, names);
    if (verdict != AUTH_TENANT_OK) {
        return verdict;
    }

    return ngx_http_auth_tenant_match_server_name(r, lcf, names);
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_match_hosts(const ngx_array_t *hosts,
    auth_tenant_str_t *host, auth_tenant_names_t *names)
{
    ngx_uint_t              i;
    auth_tenant_pattern_t  *pattern;

    pattern = hosts->elts;

    for (i = 0; i < hosts->nelts; i++) {
        if (auth_tenant_host_match(&pattern[i], host, names)
            == AUTH_TENANT_OK)
        {
            return AUTH_TENANT_OK;
        }
    }

    return AUTH_TENANT_NO_MATCH;
}


/*
 * nginx takes the host of an absolute-form target (or ":authority") and
 * forwards the Host header: both must name the same, or we'd judge one host
 * and the backend serve another.
 */

static ngx_uint_t
ngx_http_auth_tenant_same_host(ngx_http_request_t *r)
{
    size_t      len;
    u_char     *p, *last;
    ngx_str_t  *server;

    if (r->headers_in.host == NULL) {
        return 1;
    }

    server = &r->headers_in.server;

    p = r->headers_in.host->value.data;
    last = p + r->headers_in.host->value.len;

    len = server->len;

    if ((size_t) (last - p) < len
        || ngx_strncasecmp(p, server->data, len) != 0)
    {
        return 0;
    }

    p += len;

    if (p < last && *p == '.') {
        p++;
    }

    if (p < last && *p++ != ':') {
        return 0;
    }

    /* nginx looks no further than ":", but forwards what stands there */

    while (p < last) {

        if (*p < '0' || *p > '9') {
            return 0;
        }

        p++;
    }

    return 1;
}


/* one TLS connection, and with HTTP/2 many hosts: RFC 9110 section 15.5.20 */

static auth_tenant_verdict_e
ngx_http_auth_tenant_match_server_name(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_names_t *names)
{
#if (NGX_HTTP_SSL && defined SSL_CTRL_SET_TLSEXT_HOSTNAME)

    u_char                lowcase[AUTH_TENANT_MAX_HOST + 1];
    const char           *sni;
    auth_tenant_str_t     host, *tenant, *other;
    auth_tenant_names_t   sni_names;

    if (r->connection->ssl == NULL) {
        return AUTH_TENANT_OK;
    }

    sni = SSL_get_servername(r->connection->ssl->connection,
                             TLSEXT_NAMETYPE_host_name);
    if (sni == NULL) {
        return AUTH_TENANT_OK;
    }

    host.len = ngx_strlen(sni);

    if (host.len && sni[host.len - 1] == '.') {
        host.len--;
    }

    if (host.len > sizeof(lowcase)) {
        return AUTH_TENANT_OK;
    }

    ngx_strlow(lowcase, (u_char *) sni, host.len);
    host.data = lowcase;

    ngx_memzero(&sni_names, sizeof(auth_tenant_names_t));

    if (ngx_http_auth_tenant_match_hosts(lcf->hosts, &host, &sni_names)
        != AUTH_TENANT_OK)
    {
        return AUTH_TENANT_OK;
    }

    tenant = &names->name[AUTH_TENANT_TENANT];
    other = &sni_names.name[AUTH_TENANT_TENANT];

    if (other->data && !auth_tenant_str_eq(tenant, other)) {
        return AUTH_TENANT_MISDIRECTED;
    }

#endif

    return AUTH_TENANT_OK;
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_match_path(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, auth_tenant_names_t *names)
{
    auth_tenant_str_t  uri, raw;

    uri = ngx_http_auth_tenant_str(&r->uri);

    raw.len = 0;
    raw.data = NULL;

    if (r->valid_unparsed_uri) {

        /* proxy_pass without a URI part forwards this instead */

        raw = ngx_http_auth_tenant_target(r);
    }

    return auth_tenant_path_match(lcf->path, &uri, &raw, names);
}


/*
 * COPY and MOVE write to another place, RFC 4918 section 10.3: it must be on
 * this host, and name the same as the request's own path.  Where no template
 * says what it names, or another location would judge it, it is refused.
 */

auth_tenant_verdict_e
ngx_http_auth_tenant_match_destination(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf,
    const auth_tenant_names_t *names)
{
    ngx_str_t                          to;
    ngx_uint_t                         i, count;
    ngx_table_elt_t                   *h;
    auth_tenant_str_t                  path;
    auth_tenant_names_t                other;
    ngx_http_auth_tenant_authority_t   authority;

    const ngx_http_auth_tenant_srv_conf_t  *scf;

    static ngx_str_t  destination = ngx_string("destination");

    if (!(r->method & (NGX_HTTP_COPY|NGX_HTTP_MOVE))) {
        return AUTH_TENANT_OK;
    }

    h = ngx_http_auth_tenant_header(r, &destination, &count);

    if (h == NULL) {
        return AUTH_TENANT_OK;
    }

    scf = ngx_http_get_module_srv_conf(r, ngx_http_auth_tenant_module);

    if (lcf->providers && lcf->path == NULL
        && scf->checked == 1 && !scf->vary && !scf->open)
    {
        return AUTH_TENANT_OK;
    }

    if (lcf->providers == NULL || lcf->path == NULL
        || ngx_http_auth_tenant_path_level(r, lcf) != AUTH_TENANT_PATH_CLEAN)
    {
        return AUTH_TENANT_BAD_PATH;
    }

    if (count != 1) {
        return AUTH_TENANT_BAD_PATH;
    }

    to = h->value;

    if (to.len && to.data[0] != '/') {

        if (ngx_http_auth_tenant_authority(&authority, &h->value, &to)
            != NGX_OK)
        {
            return AUTH_TENANT_BAD_PATH;
        }

        if (!ngx_http_auth_tenant_authority_own(r, &authority)) {
            return AUTH_TENANT_BAD_HOST;
        }
    }

    path = ngx_http_auth_tenant_str(&to);

    ngx_memzero(&other, sizeof(auth_tenant_names_t));

    if (auth_tenant_path_match(lcf->path, &path, &path, &other)
        != AUTH_TENANT_OK)
    {
        return AUTH_TENANT_BAD_PATH;
    }

    for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
        if (other.name[i].data
            && !auth_tenant_str_eq(&other.name[i], &names->name[i]))
        {
            return (i == AUTH_TENANT_USER) ? AUTH_TENANT_WRONG_USER
                   : (i == AUTH_TENANT_TENANT) ? AUTH_TENANT_WRONG_TENANT
                   : AUTH_TENANT_WRONG_MODULE;
        }
    }

    return AUTH_TENANT_OK;
}


/*
 * How much of the path is beyond doubt where a template doesn't say so.  It
 * was the path that chose this location and not another one, which may judge
 * otherwise; by a regular expression even by what stands behind a template.
 * Variables may be made of the path, too.
 */

static auth_tenant_path_e
ngx_http_auth_tenant_path_level(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf)
{
    const ngx_http_auth_tenant_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_auth_tenant_module);

    if (scf->vary) {
        return AUTH_TENANT_PATH_STRICT;
    }

    if (scf->checked > 1
        && (scf->regex
            || (scf->differ && !lcf->path)
            || (lcf->path && scf->deepest > lcf->path->ncaptured)))
    {
        return AUTH_TENANT_PATH_STRICT;
    }

    return AUTH_TENANT_PATH_CLEAN;
}


ngx_uint_t
ngx_http_auth_tenant_plain_path(ngx_http_request_t *r,
    auth_tenant_path_e level)
{
    auth_tenant_str_t  uri, target;

    uri = ngx_http_auth_tenant_str(&r->uri);

    if (!auth_tenant_path_plain(&uri, 1, level)) {
        return 0;
    }

    if (r != r->main) {
        return 1;
    }

    /* after a rewrite or redirect, $request_uri may still be forwarded */

    if (!r->valid_unparsed_uri && level < AUTH_TENANT_PATH_DOTLESS) {
        level = AUTH_TENANT_PATH_DOTLESS;
    }

    target = ngx_http_auth_tenant_target(r);

    return auth_tenant_path_plain(&target, 0, level);
}


/* the path of the request target, as it came */

static auth_tenant_str_t
ngx_http_auth_tenant_target(ngx_http_request_t *r)
{
    u_char             *p;
    auth_tenant_str_t   target;

    target = ngx_http_auth_tenant_str(&r->unparsed_uri);

    p = ngx_strlchr(r->unparsed_uri.data,
                    r->unparsed_uri.data + r->unparsed_uri.len, '?');
    if (p) {
        target.len = p - r->unparsed_uri.data;
    }

    return target;
}


static auth_tenant_verdict_e
ngx_http_auth_tenant_match_value(ngx_http_request_t *r,
    const ngx_http_auth_tenant_loc_conf_t *lcf, ngx_uint_t name,
    auth_tenant_names_t *names)
{
    ngx_str_t          value;
    auth_tenant_str_t  str;

    if (ngx_http_complex_value(r, lcf->match[name], &value) != NGX_OK) {
        return AUTH_TENANT_ERROR;
    }

    if (value.len == 0) {
        return AUTH_TENANT_NO_MATCH;
    }

    str = ngx_http_auth_tenant_str(&value);

    if (!auth_tenant_name_valid(&str)) {
        return AUTH_TENANT_BAD_NAME;
    }

    names->name[name] = str;

    return AUTH_TENANT_OK;
}

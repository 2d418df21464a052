
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * An nginx module that fetches what it is asked to, with the module's own
 * code, and answers with what came of it:
 *
 *     location /fetch { fetch_test; }
 *
 *     GET /fetch?url=URL&timeout=MS&connect=MS&max=BYTES&ca=FILE&proxy=URL
 *               &verify=1&http=1&loopback=1
 *
 *     started=1         how many fetches were started; all but one are
 *     again=N           started by the handler of the one before
 *     at_once=N         started beside it, and cancelled by its handler
 *     cancel=1          the fetch is cancelled as soon as it is started
 *     detach=1          nobody waits for it
 *
 * The answer's body: a line of JSON, then the document.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_auth_tenant_fetch.h"


#define MAX_BESIDE  40


typedef struct {
    ngx_http_auth_tenant_fetch_t   *fetch;
    ngx_uint_t                      cancelled;
} ngx_http_fetch_test_beside_t;


typedef struct {
    ngx_http_request_t             *request;
    ngx_event_t                     event;       /* holds a worker */
    ngx_http_auth_tenant_fetch_t   *fetch;
    ngx_http_fetch_test_beside_t    beside[MAX_BESIDE];
    ngx_http_auth_tenant_route_t    route;
    u_char                         *url;
    ngx_msec_t                      timeout;
    ngx_uint_t                      again;
    ngx_uint_t                      started;
    ngx_uint_t                      at_once;
    ngx_uint_t                      inside;      /* a call of ours */
} ngx_http_fetch_test_ctx_t;


static char *ngx_http_fetch_test(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_fetch_test_init(ngx_cycle_t *cycle);
static void ngx_http_fetch_test_exit(ngx_cycle_t *cycle);
static void ngx_http_fetch_test_ended(void *data,
    const ngx_http_auth_tenant_answer_t *answer);


static ngx_command_t  ngx_http_fetch_test_commands[] = {

    { ngx_string("fetch_test"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_fetch_test,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_fetch_test_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */
    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */
    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */
    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_fetch_test_module = {
    NGX_MODULE_V1,
    &ngx_http_fetch_test_module_ctx,       /* module context */
    ngx_http_fetch_test_commands,          /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_fetch_test_init,              /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_fetch_test_exit,              /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* what configure would write for a dynamic module */

ngx_module_t *ngx_modules[] = {
    &ngx_http_fetch_test_module,
    NULL
};

char *ngx_module_names[] = {
    "ngx_http_fetch_test_module",
    NULL
};

char *ngx_module_order[] = {
    NULL
};


/* an argument, unescaped and null-terminated; empty if there is none */

static ngx_str_t
ngx_http_fetch_test_text(ngx_http_request_t *r, const char *name)
{
    u_char     *src, *dst;
    ngx_str_t   value, text;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &value) != NGX_OK) {
        ngx_str_null(&value);
    }

    text.data = ngx_pcalloc(r->pool, value.len + 1);
    if (text.data == NULL) {
        ngx_str_set(&text, "");
        return text;
    }

    src = value.data;
    dst = text.data;
    ngx_unescape_uri(&dst, &src, value.len, 0);
    text.len = dst - text.data;

    return text;
}


static ngx_uint_t
ngx_http_fetch_test_number(ngx_http_request_t *r, const char *name,
    ngx_uint_t otherwise)
{
    ngx_int_t  n;
    ngx_str_t  text;

    text = ngx_http_fetch_test_text(r, name);
    n = ngx_atoi(text.data, text.len);

    return n == NGX_ERROR ? otherwise : (ngx_uint_t) n;
}


/* a client that leaves ends its fetch */

static void
ngx_http_fetch_test_cleanup(void *data)
{
    ngx_http_fetch_test_ctx_t *ctx = data;

    ngx_uint_t  i;

    if (ctx->fetch) {
        ngx_http_auth_tenant_fetch_cancel(ctx->fetch);
        ctx->fetch = NULL;
    }

    for (i = 0; i < MAX_BESIDE; i++) {
        if (ctx->beside[i].fetch) {
            ngx_http_auth_tenant_fetch_cancel(ctx->beside[i].fetch);
            ctx->beside[i].fetch = NULL;
            ctx->beside[i].cancelled = 1;
        }
    }

    if (ctx->event.timer_set) {
        ngx_del_timer(&ctx->event);
    }
}


static void
ngx_http_fetch_test_late(ngx_event_t *ev)
{
    ngx_log_error(NGX_LOG_ALERT, ev->log, 0, "fetch test: it never ends");
}


static void
ngx_http_fetch_test_finish(ngx_http_fetch_test_ctx_t *ctx, ngx_str_t *line,
    const ngx_str_t *body)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    b = ngx_create_temp_buf(r->pool, line->len + body->len);
    if (b == NULL) {
        ngx_http_finalize_request(r, NGX_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    b->last = ngx_cpymem(b->last, line->data, line->len);
    b->last = ngx_cpymem(b->last, body->data, body->len);
    b->last_buf = 1;

    out.buf = b;
    out.next = NULL;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    rc = ngx_http_send_header(r);

    if (rc == NGX_OK) {
        rc = ngx_http_output_filter(r, &out);
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_fetch_test_start(ngx_http_fetch_test_ctx_t *ctx)
{
    ctx->inside = 1;
    ctx->started++;

    ctx->fetch = ngx_http_auth_tenant_fetch_start(&ctx->route, ctx->url,
                                  ctx->timeout, ngx_http_fetch_test_ended,
                                  ctx);
    ctx->inside = 0;

    return ctx->fetch ? NGX_OK : NGX_ERROR;
}


/* of one that was cancelled nobody must be told */

static void
ngx_http_fetch_test_beside_ended(void *data,
    const ngx_http_auth_tenant_answer_t *answer)
{
    ngx_http_fetch_test_beside_t *beside = data;

    if (beside->cancelled || beside->fetch == NULL) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "fetch test: a cancelled fetch ended");
    }

    beside->fetch = NULL;
}


static void
ngx_http_fetch_test_ended(void *data,
    const ngx_http_auth_tenant_answer_t *answer)
{
    ngx_http_fetch_test_ctx_t *ctx = data;

    u_char      buf[2048];
    ngx_str_t   line;

    if (ctx->inside) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "fetch test: told from within a call");
    }

    ctx->fetch = NULL;

    if (ctx->again > 0 && answer->status == 200) {
        ctx->again--;

        if (ngx_http_fetch_test_start(ctx) == NGX_OK) {
            return;
        }
    }

    /* those beside it end here */

    ngx_http_fetch_test_cleanup(ctx);

    line.data = buf;
    line.len = ngx_slprintf(buf, buf + sizeof(buf),
                            "{\"status\":%ui,\"length\":%uz,\"started\":%ui,"
                            "\"cache_control\":\"%V\",\"error\":\"",
                            answer->status, answer->body.len, ctx->started,
                            &answer->cache_control)
               - buf;

    line.data = ngx_cpymem(buf + line.len, "", 0);
    line.data = (u_char *) ngx_escape_json(line.data, answer->error.data,
                                           answer->error.len);
    line.data = ngx_cpymem(line.data, "\"}\n", 3);
    line.len = line.data - buf;
    line.data = buf;

    ngx_http_fetch_test_finish(ctx, &line, &answer->body);
}


static void
ngx_http_fetch_test_detached(void *data,
    const ngx_http_auth_tenant_answer_t *answer)
{
}


static ngx_int_t
ngx_http_fetch_test_handler(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_cleanup_t         *cln;
    ngx_http_fetch_test_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_fetch_test_ctx_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (ctx == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_fetch_test_cleanup;
    cln->data = ctx;

    ctx->request = r;
    ctx->url = ngx_http_fetch_test_text(r, "url").data;
    ctx->timeout = ngx_http_fetch_test_number(r, "timeout", 5000);
    ctx->again = ngx_http_fetch_test_number(r, "again", 0);
    ctx->at_once = ngx_http_fetch_test_number(r, "at_once", 0);

    ctx->route.connect_timeout = ngx_http_fetch_test_number(r, "connect",
                                                            2000);
    ctx->route.max_size = ngx_http_fetch_test_number(r, "max", 262144);
    ctx->route.certificate = ngx_http_fetch_test_text(r, "ca");
    ctx->route.proxy = ngx_http_fetch_test_text(r, "proxy");
    ctx->route.verify = ngx_http_fetch_test_number(r, "verify", 1);
    ctx->route.http = ngx_http_fetch_test_number(r, "http", 1);
    ctx->route.loopback = ngx_http_fetch_test_number(r, "loopback", 1);

    if (ngx_http_fetch_test_number(r, "detach", 0)) {
        return ngx_http_auth_tenant_fetch_start(&ctx->route, ctx->url,
                                  ctx->timeout, ngx_http_fetch_test_detached,
                                  NULL)
               ? NGX_HTTP_NO_CONTENT : NGX_HTTP_BAD_GATEWAY;
    }

    for (i = 0; i < ctx->at_once && i < MAX_BESIDE; i++) {
        ctx->beside[i].fetch = ngx_http_auth_tenant_fetch_start(&ctx->route,
                                  ctx->url, ctx->timeout,
                                  ngx_http_fetch_test_beside_ended,
                                  &ctx->beside[i]);
        ctx->started += (ctx->beside[i].fetch != NULL);
    }

    if (ngx_http_fetch_test_start(ctx) != NGX_OK) {
        return NGX_HTTP_BAD_GATEWAY;
    }

    if (ngx_http_fetch_test_number(r, "cancel", 0)) {
        ngx_http_auth_tenant_fetch_cancel(ctx->fetch);
        ctx->fetch = NULL;
        return NGX_HTTP_NO_CONTENT;
    }

    ctx->event.handler = ngx_http_fetch_test_late;
    ctx->event.data = r->connection;
    ctx->event.log = r->connection->log;
    ngx_add_timer(&ctx->event, ctx->timeout + 5000);

    r->read_event_handler = ngx_http_test_reading;
    r->main->count++;

    return NGX_DONE;
}


static char *
ngx_http_fetch_test(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    const char                *why;
    ngx_http_core_loc_conf_t  *clcf;

    if (ngx_http_auth_tenant_fetch_check(&why) != NGX_OK) {
        return (char *) why;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_fetch_test_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_fetch_test_init(ngx_cycle_t *cycle)
{
    return ngx_http_auth_tenant_fetch_init(cycle->log);
}


static void
ngx_http_fetch_test_exit(ngx_cycle_t *cycle)
{
    ngx_http_auth_tenant_fetch_done();
}

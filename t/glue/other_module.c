
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * An nginx module that does nothing, and has a main configuration to find out
 * who else writes to it:
 *
 *     other;                       # an error if somebody has
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>



typedef struct {
    u_char                 bytes[4096];
} ngx_http_other_conf_t;


static void *ngx_http_other_create_conf(ngx_conf_t *cf);
static char *ngx_http_other(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


static ngx_command_t  ngx_http_other_commands[] = {

    { ngx_string("other"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_NOARGS,
      ngx_http_other,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_other_module_ctx = {
    NULL,                                    /* preconfiguration */
    NULL,                                    /* postconfiguration */

    ngx_http_other_create_conf,              /* create main conf */
    NULL,                                    /* init main conf */

    NULL,                                    /* create server conf */
    NULL,                                    /* merge server conf */

    NULL,                                    /* create location conf */
    NULL                                     /* merge location conf */
};


ngx_module_t  ngx_http_other_module = {
    NGX_MODULE_V1,
    &ngx_http_other_module_ctx,              /* module context */
    ngx_http_other_commands,                 /* module directives */
    NGX_HTTP_MODULE,                         /* module type */
    NULL,                                    /* init master */
    NULL,                                    /* init module */
    NULL,                                    /* init process */
    NULL,                                    /* init thread */
    NULL,                                    /* exit thread */
    NULL,                                    /* exit process */
    NULL,                                    /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_module_t  *ngx_modules[] = { &ngx_http_other_module, NULL };
char          *ngx_module_names[] = { "ngx_http_other_module", NULL };
char          *ngx_module_order[] = { NULL };


static void *
ngx_http_other_create_conf(ngx_conf_t *cf)
{
    ngx_http_other_conf_t  *conf;

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_other_conf_t));

    if (conf) {
        ngx_memset(conf->bytes, 'o', sizeof(conf->bytes));
    }

    return conf;
}


static char *
ngx_http_other(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_uint_t              i;
    ngx_http_other_conf_t  *other = conf;

    for (i = 0; i < sizeof(other->bytes); i++) {
        if (other->bytes[i] != 'o') {
            return "is somebody else's";
        }
    }

    return NGX_CONF_OK;
}

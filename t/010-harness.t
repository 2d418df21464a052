#!/usr/bin/perl

# The harness, not the module: keys and tokens can be minted, nginx starts
# with the module in it, requests reach it.

use lib 't/lib';
use AuthTenant;

our $token = token({ name => 'maria' });

plan_tests(repeat_each() * 8);
run_tests();

__DATA__

=== TEST 1: nginx runs, with the module in it
--- config
    location = /hello {
        auth_tenant  off;
        return 200 "hello\n";
    }
--- request
GET /hello
--- response_body
hello



=== TEST 2: a minted token arrives as it was made
--- config
    location / {
        return 200 "$http_authorization";
    }
--- request
GET /
--- more_headers eval
bearer($token)
--- response_body eval
"Bearer $token"



=== TEST 3: a second server on a Unix socket plays the application
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML_DIR/app.sock;
        return 200 "app: $http_x_user_id\n";
    }
--- config
    location / {
        proxy_set_header X-User-Id maksym;
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
--- request
GET /
--- response_body
app: maksym



=== TEST 4: a configuration that nginx refuses
--- config
    location / {
        no_such_directive;
    }
--- must_die
--- error_log
unknown directive "no_such_directive"

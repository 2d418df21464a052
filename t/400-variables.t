#!/usr/bin/perl

# The variables: what they show after a yes, that they show nothing of a
# request that was not let in, and that they are there wherever nginx asks
# for them.

use lib 't/lib';
use AuthTenant;

# an application that tells what it was told

our $App = <<'END';
    server {
        listen unix:$TEST_NGINX_HTML_DIR/app.sock;
        location / {
            return 200 "user=$http_x_user_id other=$http_x_other\n";
        }
        location /accel/ {
            add_header X-Accel-Redirect /inner/$arg_to;
            return 200;
        }
    }
    log_format who "logged <$auth_result> <$auth_user> <$auth_tenant> <$auth_exp>";
END

# all of them, as a response header

our $Show = <<'END';
    add_header X-Names "$auth_user $auth_tenant $auth_module" always;
    add_header X-Result "<$auth_result>" always;
END

our $HttpConfig = http_config($App);

our $token = token();
our $maria = token({ name => 'maria' });
our $exp = time + 500;

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a yes sets all of them
--- http_config eval: $::HttpConfig
--- config
    auth_tenant_host "{module}.{tenant}.example.com";
    location / {
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        auth_tenant_upstream "{module}--{user}.{tenant}.svc:8888";
        empty_gif;
        add_header X-Names "$auth_user $auth_tenant $auth_module" always;
        add_header X-Upstream $auth_upstream;
        add_header X-Exp $auth_exp;
        add_header X-Claims "$auth_claim_sub $auth_claim_aud";
        add_header X-Result $auth_result;
    }
--- request
GET http://jupyter.acme.example.com/maksym/lab?x=1 HTTP/1.1
--- more_headers eval
bearer(token({ exp => $::exp })) . "\nHost: jupyter.acme.example.com"
--- response_headers eval
"X-Names: maksym acme jupyter
X-Upstream: jupyter--maksym.acme.svc:8888
X-Exp: $::exp
X-Claims: 7f3c platform
X-Result: ok"



=== TEST 2: what the location does not name is the token's; a module it isn't
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        empty_gif;
        add_header X-Names "<$auth_tenant> <$auth_module> <$auth_upstream>";
    }
--- request
GET /maksym/
--- more_headers eval: bearer($::token)
--- response_headers
X-Names: <acme> <> <>



=== TEST 3: $auth_user is who acts, the tenant is the one acted in
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant         corp;
        auth_tenant_path    "/{tenant}/{user}/";
        auth_tenant_require permissions has "admin:{tenant}:{user}";
        empty_gif;
        add_header X-Names "$auth_user $auth_tenant" always;
    }
--- request
GET /globex/maria/
--- more_headers eval
bearer(token({ permissions => ['admin:globex:maria'] }))
--- response_headers
X-Names: maksym globex



=== TEST 4: after a no, only the reason shows
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        auth_tenant_upstream "lab--{user}.{tenant}.svc";
        empty_gif;
        add_header X-Names "<$auth_user$auth_tenant$auth_module>" always;
        add_header X-More "<$auth_upstream$auth_exp$auth_claim_sub>" always;
        add_header X-Result $auth_result always;
    }
--- request eval
[('GET /maria/') x 2, 'GET /maksym/', 'GET /']
--- more_headers eval
[bearer($::token), '', bearer(tamper($::token)), bearer($::token)]
--- error_code eval
[403, 401, 401, 404]
--- response_headers eval
[map { "X-Names: <>\nX-More: <>\nX-Result: $_" }
     qw(wrong_user no_token bad_signature no_match)]



=== TEST 5: B2.18, F4: asked for before the decision, they are empty, and
that answer is not kept
--- http_config eval: $::HttpConfig
--- config
    set $first "<$auth_user$auth_result$auth_claim_sub>";
    location / {
        set              $early "<$auth_user$auth_result$auth_claim_sub>";
        if ($auth_user = maksym) {
            return 500;
        }
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        access_log       logs/access.log who;
        empty_gif;
        add_header X-Early "$first$early";
        add_header X-Late "<$auth_user $auth_result $auth_claim_sub>";
    }
--- request
GET /maksym/
--- more_headers eval: bearer($::token)
--- response_headers
X-Early: <><>
X-Late: <maksym ok 7f3c>
--- wait: 0.1
--- access_log
logged <ok> <maksym> <acme>



=== TEST 6: the log phase sees them, and the reason of a refusal
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log who;
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        empty_gif;
    }
--- pipelined_requests eval
['GET /maksym/', 'GET /maria/', 'GET /maksym/']
--- more_headers eval
[(bearer(token({ exp => $::exp }))) x 2, '']
--- error_code eval
[200, 403, 401]
--- wait: 0.1
--- access_log eval
["logged <ok> <maksym> <acme> <$::exp>", 'logged <wrong_user> <-> <-> <->',
 'logged <no_token> <-> <-> <->']



=== TEST 7: a header for the application
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other $auth_claim_email;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
--- request
GET /maksym/
--- more_headers eval
bearer(token({ email => 'm@example.com' }))
--- response_body
user=maksym other=m@example.com



=== TEST 8: after an internal redirect to where nothing is checked
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        error_page       404 = /gone;
        root             $TEST_NGINX_HTML_DIR/nothing;
    }
    location = /gone {
        auth_tenant      off;
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other $auth_result;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
--- request
GET /maksym/
--- more_headers eval: bearer($::token)
--- response_body
user=maksym other=ok



=== TEST 9: after a refusal, its error page sees the reason and no names
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        error_page       401 403 = @sorry;
    }
    location @sorry {
        auth_tenant      off;
        proxy_set_header X-User-Id "<$auth_user>";
        proxy_set_header X-Other $auth_result;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
--- request eval
['GET /maria/', 'GET /maksym/']
--- more_headers eval
[bearer($::token), '']
--- response_body eval
["user=<> other=wrong_user\n", "user=<> other=no_token\n"]



=== TEST 10: try_files, to a named location and to a path
--- http_config eval: $::HttpConfig
--- config
    auth_tenant      corp;
    auth_tenant_match tenant acme;
    location /named/ {
        try_files    /nothing @app;
    }
    location /path/ {
        try_files    /nothing /app;
    }
    location @app {
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other   named;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location = /app {
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other   $auth_tenant;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
--- request eval
['GET /named/', 'GET /path/']
--- more_headers eval: bearer($::token)
--- response_body eval
["user=maksym other=named\n", "user=maksym other=acme\n"]



=== TEST 11: "rewrite ... last" comes before the decision
--- http_config eval: $::HttpConfig
--- config
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    location /maria/ {
        rewrite      ^/maria/(.*) /maksym/$1 last;
    }
    location / {
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other   $uri;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:/;
    }
--- request
GET /maria/lab
--- more_headers eval: bearer($::token)
--- response_body
user=maksym other=/maksym/lab



=== TEST 12: X-Accel-Redirect
--- http_config eval: $::HttpConfig
--- config
    auth_tenant_match tenant acme;
    location / {
        auth_tenant      corp;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location /inner/ {
        internal;
        auth_tenant      corp;
        empty_gif;
        add_header X-Names "$auth_user $auth_result";
    }
    location /inner/open {
        internal;
        auth_tenant      off;
        empty_gif;
        add_header X-Names "$auth_user $auth_result";
    }
--- request eval
['GET /accel/?to=x', 'GET /accel/?to=open']
--- more_headers eval: bearer($::token)
--- response_headers eval
['X-Names: maksym ok', 'X-Names: maksym ok']



=== TEST 13: a second decision, a no, takes back what the first one said
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log who;
    location / {
        auth_tenant       corp;
        auth_tenant_match tenant acme;
        proxy_pass        http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location /inner/ {
        internal;
        auth_tenant      corp;
        auth_tenant_path "/inner/{user}/";
        empty_gif;
        add_header X-Names "<$auth_user$auth_tenant$auth_exp>" always;
        add_header X-Result $auth_result always;
    }
--- request
GET /accel/?to=maria/
--- more_headers eval: bearer($::token)
--- error_code: 403
--- response_headers
X-Names: <>
X-Result: wrong_user
--- wait: 0.1
--- access_log
logged <wrong_user> <-> <-> <->



=== TEST 14: a second decision, a yes, names its own upstream
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_match    tenant acme;
        auth_tenant_upstream "outer--{user}.svc";
        proxy_pass           http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location /inner/ {
        internal;
        auth_tenant          corp;
        auth_tenant_match    module datalab;
        auth_tenant_upstream "{module}--{user}.svc";
        empty_gif;
        add_header X-Upstream "$auth_upstream $auth_module";
    }
    location /inner/none {
        internal;
        auth_tenant          corp;
        auth_tenant_match    module datalab;
        empty_gif;
        add_header X-Upstream "<$auth_upstream>";
    }
--- request eval
['GET /accel/?to=x', 'GET /accel/?to=none']
--- more_headers eval: bearer($::token)
--- response_headers eval
['X-Upstream: datalab--maksym.svc datalab', 'X-Upstream: <>']



=== TEST 15: what an earlier location's yes said does not stand where another
handler let the request in
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_match    tenant acme;
        auth_tenant_upstream "outer--{user}.svc";
        proxy_pass           http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location /inner/ {
        internal;
        satisfy           any;
        allow             all;
        auth_tenant       corp;
        auth_tenant_path  "/inner/{user}/";
        empty_gif;
        add_header X-Names "<$auth_user$auth_tenant$auth_upstream>" always;
        add_header X-Result "<$auth_result>" always;
    }
--- request
GET /accel/?to=maria/
--- more_headers eval: bearer($::token)
--- response_headers
X-Names: <>
X-Result: <>



=== TEST 16: but it stands where the check is bypassed or off
--- http_config eval
http_config("$::App map \$uri \$public { default 0; ~^/inner/public 1; }")
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_match    tenant acme;
        proxy_pass           http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location /inner/ {
        internal;
        auth_tenant        corp;
        auth_tenant_path   "/inner/{user}/";
        auth_tenant_bypass $public;
        empty_gif;
        add_header X-Names "<$auth_user $auth_result>" always;
    }
--- request
GET /accel/?to=public/
--- more_headers eval: bearer($::token)
--- response_headers
X-Names: <maksym ok>



=== TEST 17: none of them can be set
--- http_config eval: $::HttpConfig
--- config
    location / {
        set $auth_user x;
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
    }
--- must_die
--- error_log
the duplicate "auth_user" variable



=== TEST 18: not the claims either, which have no list to be found in
--- http_config eval: $::HttpConfig
--- config
    location / {
        set $auth_claim_Role x;
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
    }
--- must_die
--- error_log
"$auth_claim_role" is a claim of the verified token and can't be set by anything else



=== TEST 19: not by a map
--- http_config eval
http_config('map $uri $auth_claim_role { default admin; }')
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
    }
--- must_die
--- error_log
"$auth_claim_role" is a claim of the verified token



=== TEST 20: nor what tells of the decision
--- http_config eval: $::HttpConfig
--- config
    location / {
        set $auth_result ok;
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
    }
--- must_die
--- error_log
the duplicate "auth_result" variable



=== TEST 21: claims as text: numbers, booleans, arrays joined by commas
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        empty_gif;
        add_header X-N "$auth_claim_n $auth_claim_yes $auth_claim_no";
        add_header X-List "<$auth_claim_list> <$auth_claim_one>";
        add_header X-Mixed "<$auth_claim_mixed>";
    }
--- request
GET /maksym/
--- more_headers eval
bearer(token({ n => 42, yes => \1, no => \0, list => ['a', 'b c', "\x{e9}"],
               one => ['a'], mixed => ['a', 1, \1] }))
--- response_headers eval
"X-N: 42 true false
X-List: <a,b c,\xc3\xa9> <a>
X-Mixed: <a,1,true>"



=== TEST 22: A2.11, F2: a claim that could not stand in a header, or that
could not be read back, is empty
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other "<$auth_claim_evil>";
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
--- request eval
[map { 'GET /maksym/' } 1 .. 8]
--- more_headers eval
[map { bearer(token({ evil => $_ })) }
     "a\r\nX-User-Id: root", "a\tb", "a\x{7f}", undef, { a => 1 },
     [['a']], ['a,b', 'c'], ['a', '']]
--- response_body eval
[map { "user=maksym other=<>\n" } 1 .. 8]



=== TEST 23: $auth_claim_NAME: nginx folds the names of variables
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        empty_gif;
        add_header X-Claim "<$auth_claim_Team> <$auth_claim_team>";
    }
--- request
GET /maksym/
--- more_headers eval
bearer(token({ team => 'low', Team => 'High' }))
--- response_headers
X-Claim: <low> <low>



=== TEST 24: subrequests see the main request's, or their own
--- http_config eval: $::HttpConfig
--- config
    auth_tenant       corp;
    auth_tenant_match tenant acme;
    location = /page {
        ssi       on;
        ssi_types text/plain;
        default_type text/plain;
        alias     $TEST_NGINX_HTML_DIR/page.txt;
    }
    location /open {
        auth_tenant      off;
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other   "$auth_result <$auth_upstream>";
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location /own {
        auth_tenant_upstream "own--{user}.svc";
        proxy_set_header X-User-Id $auth_user;
        proxy_set_header X-Other   $auth_upstream;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
--- user_files
>>> page.txt
<!--# include virtual="/own" --><!--# include virtual="/open" --><!--# include virtual="/own" --><!--# echo var="auth_user" --> <!--# echo var="auth_claim_sub" --> <<!--# echo var="auth_upstream" default="" -->>
--- request
GET /page
--- more_headers eval: bearer($::token)
--- response_body
user=maksym other=own--maksym.svc
user=maksym other=ok <>
user=maksym other=own--maksym.svc
maksym 7f3c <>



=== TEST 25: $auth_return_url is there for everybody, $auth_result only after
a decision
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
    }
    location /public {
        auth_tenant off;
        return 200 "$auth_return_url <$auth_result>\n";
    }
--- request
GET /public?a=1
--- response_body
%2Fpublic%3Fa%3D1 <>



=== TEST 26: special rules may let somebody act for another; whose instance is
meant there is no telling
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_path     "/{tenant}/{user}/";
        auth_tenant_require  permissions has "admin:{tenant}:{user}";
        auth_tenant_upstream "lab--{user}.{tenant}.svc";
        empty_gif;
        add_header X-Upstream "<$auth_upstream>" always;
        add_header X-Result   $auth_result always;
    }
    location /u/ {
        auth_tenant          corp;
        auth_tenant_path     "/u/{tenant}/{user}/";
        auth_tenant_require  permissions has "admin:{tenant}:{user}";
        auth_tenant_upstream "lab--{user}.svc";
        empty_gif;
        add_header X-Upstream "<$auth_upstream>" always;
        add_header X-Result   $auth_result always;
    }
--- request eval
['GET /acme/maksym/', 'GET /acme/maria/', 'GET /globex/maksym/',
 'GET /u/globex/maksym/', 'GET /u/acme/maria/']
--- more_headers eval
bearer(token({ permissions => [map { "admin:$_" } qw(acme:maksym acme:maria
                                                     globex:maksym)] }))
--- error_code eval
[200, 403, 403, 200, 403]
--- response_headers eval
["X-Upstream: <lab--maksym.acme.svc>\nX-Result: ok",
 "X-Upstream: <>\nX-Result: wrong_user", "X-Upstream: <>\nX-Result: wrong_tenant",
 "X-Upstream: <lab--maksym.svc>\nX-Result: ok",
 "X-Upstream: <>\nX-Result: wrong_user"]

# Locations that capture nothing, beside locations that do: the path chose the
# location, so it must lead the backend to the same one (B2.1, F1).

use lib 't/lib';
use AuthTenant;

# the application says what it was sent

our $Http = http_config(<<'END');
    server {
        listen unix:$TEST_NGINX_HTML_DIR/app.sock;
        location / { return 200 "$request_uri\n"; }
    }
END

our $Config = <<'END';
    merge_slashes  off;
    auth_tenant    corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location /user/ {
        auth_tenant_path "/user/{user}/";
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
    location /hub/ {
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
    location / {
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
    location /static/ {
        auth_tenant off;
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
END

our $Host = "Host: jupyter.acme.example.com\n";

plan_tests();
run_tests();

__DATA__

=== TEST 1: paths that everybody reads alike reach the hub
--- http_config eval: $::Http
--- config eval: $::Config
--- request eval
['GET /hub/home', 'GET /hub/a%20b/100%25.txt', 'GET /x/...']
--- more_headers eval: $::Host . bearer(token())
--- response_body eval
["/hub/home\n", "/hub/a%20b/100%25.txt\n", "/x/...\n"]

=== TEST 2: B2.1: another user's path, by way of the hub's location
--- http_config eval: $::Http
--- config eval: $::Config
--- raw_request eval
my @path = qw(/user/alice/../../hub/ /user/alice/%2e%2e/%2e%2e/hub/
    /user/alice/..%2f..%2fhub/ /hub/%252e%252e/user/alice/
    /hub/..%252fuser/alice/ /hub\..\user\alice /%2575ser/alice/
    /user;x/alice/ //user/alice/ /hub/..;/user/alice/);
[ map { "GET $_ HTTP/1.1\r\nConnection: close\r\n"
        . "Host: jupyter.acme.example.com\r\n" . bearer(token())
        . "\r\n\r\n" } @path ]
--- error_code eval: [(400) x 10]
--- error_log
auth_tenant: refused: bad_path

=== TEST 3: an "off" location serves its paths without a token
--- http_config eval: $::Http
--- config eval: $::Config
--- request eval
['GET /static/a%2520b;v=1', 'GET /static/..a']
--- response_body eval
["/static/a%2520b;v=1\n", "/static/..a\n"]

=== TEST 4: B2.1: it is no way into a checked one
--- http_config eval: $::Http
--- config eval: $::Config
--- raw_request eval
my @path = qw(/user/alice/../../static/ /user/alice/%2e%2e/..%2fstatic/
    /static/%252e%252e/user/alice/ /static/..%5cuser/alice/);
[ map { "GET $_ HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n" } @path ]
--- error_code eval: [(400) x 4]
--- error_log
auth_tenant: refused: bad_path

=== TEST 5: B2.1: locations that differ in rules are chosen by the path, too
--- http_config eval: $::Http
--- config
    auth_tenant        corp;
    auth_tenant_host  "{module}.{tenant}.example.com";
    location / {
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
    location /admin/ {
        auth_tenant_require permissions has admin;
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
--- raw_request eval
"GET /admin/../x HTTP/1.1\r\nConnection: close\r\n"
. "Host: jupyter.acme.example.com\r\n" . bearer(token()) . "\r\n\r\n"
--- error_code: 400

=== TEST 6: where nothing depends on the path, it is the application's own
--- http_config eval: $::Http
--- config
    auth_tenant        corp;
    auth_tenant_host  "{module}.{tenant}.example.com";
    location / {
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/app.sock;
    }
--- raw_request eval
"GET /files/50%2541;x\\..\\y HTTP/1.1\r\nConnection: close\r\n"
. "Host: jupyter.acme.example.com\r\n" . bearer(token()) . "\r\n\r\n"
--- response_body eval
"/files/50%2541;x\\..\\y\n"

#!/usr/bin/perl

# B2.9: an internal redirect is decided anew, on the claims that were verified
# (the credential is gone by then), as if they came to the new location.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

our $Locations = <<'END';
    auth_tenant          corp;
    auth_tenant_match    tenant acme;
    auth_tenant_token    bearer cookie:id;
    auth_tenant_origin   any;

    location ~ ^/from/(?<to>.*)$ {
        auth_tenant_require  none;
        try_files            /no-such-file /$to;
    }

    location /same/ {
        proxy_pass  http://app;
    }

    location /user/ {
        auth_tenant_path  "/user/{user}/";
        proxy_pass        http://app;
    }

    location /rule/ {
        auth_tenant_require  role is admin methods=POST;
        proxy_pass           http://app;
    }

    location /globex/ {
        auth_tenant_match    tenant globex;
        auth_tenant_require  none;
        proxy_pass           http://app;
    }

    location /cookie/ {
        auth_tenant_token  cookie:id;
        proxy_pass         http://app;
    }

    location /origin/ {
        auth_tenant_origin  same;
        proxy_pass          http://app;
    }

    location /other/ {
        auth_tenant  other;
        proxy_pass   http://app;
    }

    location /twin/ {
        auth_tenant  twin;
        proxy_pass   http://app;
    }

    location / {
        return 404;
    }
END

plan_tests();
run_tests();

__DATA__

=== TEST 1: rules, names, sources, origins, providers: all of the new location
--- http eval
provider('other', 'issuer https://other.example.com') . provider('twin')
--- config eval: $::Locations
--- asks eval
my $cookie = 'Cookie: id=' . token();
[ '/from/same/'              => 'ok', vars => 'maksym|acme||' ],
[ '/from/same/'              => 'wrong_tenant',
  claims => { current_tenant => 'globex' } ],
[ '/from/user/maksym/'       => 'ok' ],
[ '/from/user/maria/'        => 'wrong_user', vars => '|||' ],
[ '/from/user/'              => 'no_match' ],
[ 'POST /from/rule/'         => 'ok', claims => { role => 'admin' } ],
[ 'POST /from/rule/'         => 'rule', claims => { role => 'user' } ],
[ 'GET /from/rule/'          => 'method', claims => { role => 'admin' } ],
[ '/from/globex/'            => 'ok' ],
[ '/from/cookie/'            => 'no_token' ],
[ '/from/cookie/'            => 'ok', token => undef, headers => $cookie ],
[ 'POST /from/origin/'       => 'ok' ],
[ 'POST /from/origin/'       => 'bad_origin', token => undef,
  headers => "$cookie\nOrigin: https://evil.example.com" ],
[ '/from/origin/'            => 'ok', token => undef, headers => $cookie ],
[ '/from/other/'             => 'wrong_issuer' ],
[ '/from/twin/'              => 'wrong_issuer' ],
[ '/from/nowhere'            => 'nginx 404' ]



=== TEST 2: the audience, where the new location names another tenant
--- provider
audience "{tenant}-app"
--- http eval
provider('other', 'issuer https://other.example.com') . provider('twin')
--- config eval: $::Locations
--- asks eval
[ '/from/same/'    => 'ok', claims => { aud => 'acme-app' } ],
[ '/from/globex/'  => 'wrong_audience', claims => { aud => 'acme-app' } ],
[ '/from/globex/'  => 'ok', claims => { aud => ['acme-app', 'globex-app'] } ]



=== TEST 3: what the provider may speak for
--- provider
tenants acme
claims user=name
--- http eval
provider('other', 'issuer https://other.example.com') . provider('twin')
--- config
    auth_tenant        corp;
    auth_tenant_match  tenant acme;

    location / {
        auth_tenant_require  none;
        try_files            /no-such-file /t$uri;
    }

    location /t/a {
        auth_tenant_require  none;
        proxy_pass           http://app;
    }

    location /t/b {
        auth_tenant_match    tenant globex;
        auth_tenant_require  none;
        proxy_pass           http://app;
    }
--- asks eval
[ '/a' => 'ok' ], [ '/b' => 'wrong_tenant' ]



=== TEST 4: a refusal leaves nothing behind that a later yes would use
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        error_page 403 =  /denied;
        proxy_pass        http://app;
    }

    location = /denied {
        auth_tenant           corp;
        auth_tenant_require   none;
        auth_tenant_upstream  "{user}.svc";
        proxy_pass            http://app;
    }
--- asks eval
[ '/maria/'   => 'ok', vars => 'maksym|acme||maksym.svc' ],
[ '/maksym/'  => 'ok', vars => 'maksym|acme||' ]



=== TEST 5: nor does the log speak of the rule that failed before
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_require  role is admin;
        error_page 403       /denied/;
        proxy_pass           http://app;
    }

    location /denied/ {
        auth_tenant       corp;
        auth_tenant_path  "/denied/{user}/";
        proxy_pass        http://app;
    }
--- asks eval
[ '/' => 'no_match', claims => { role => 'x' } ]
--- error_log eval
[qr/refused: rule: .*, rule \S+:\d+,/, 'refused: no_match: ']
--- no_error_log eval
qr/refused: no_match: .*, rule \S+:\d+/



=== TEST 6: nor where nothing is checked but the path
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_require  role is admin;
        error_page 403       /off$uri;
        proxy_pass           http://app;
    }

    location /off/ {
        proxy_pass  http://app;
    }
--- asks eval
[ '/a/b/%252e%252e/c' => 'bad_path', claims => { role => 'x' } ]
--- error_log eval
[qr/refused: rule: .*, rule \S+:\d+,/, 'refused: bad_path: ']
--- no_error_log eval
qr/refused: bad_path: .*, rule \S+:\d+/

#!/usr/bin/perl

# auth_tenant_match: names from values, constants and captures; and what the
# three names are compared with where no rule says otherwise.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

plan_tests();
run_tests();

__DATA__

=== TEST 1: constants
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_match tenant acme;
        auth_tenant_match module datalab;
        auth_tenant_match user   maksym;
        proxy_pass        http://app;
    }
--- asks eval
[ '/' => 'ok', vars => 'maksym|acme|datalab|' ],
[ '/' => 'wrong_tenant', claims => { current_tenant => 'globex' } ],
[ '/' => 'wrong_module', claims => { permissions => ['jupyter'] } ],
[ '/' => 'wrong_user', claims => { name => 'maria' } ],
[ '/' => 'no_claim', claims => { current_tenant => undef } ],
[ '/' => 'no_claim', claims => { permissions => undef } ],
[ '/' => 'no_claim', claims => { name => undef } ],
[ '/' => 'bad_name', claims => { current_tenant => ['acme'] } ]



=== TEST 2: a map of the host, which is empty for the rest
--- http
    map $host $instance {
        lab.example.com  acme;
        bad.example.com  "acme ";
        default          "";
    }
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_match tenant $instance;
        proxy_pass        http://app;
    }
--- asks eval
[ '/' => 'ok', host => 'lab.example.com', vars => 'maksym|acme||' ],
[ '/' => 'wrong_tenant', host => 'lab.example.com',
  claims => { current_tenant => 'globex' } ],
[ '/' => 'no_match', host => 'www.example.com' ],
[ '/' => 'no_match', host => 'www.example.com', token => undef ],
[ '/' => 'bad_name', host => 'bad.example.com' ]



=== TEST 3: named captures of the location and of the server's name
--- config
    server_name ~^(?<org>[a-z]+)\.example\.com$ localhost;

    location ~ ^/(?<who>[^/]+)/files/ {
        auth_tenant       corp;
        auth_tenant_match user   $who;
        auth_tenant_match tenant $org;
        proxy_pass        http://app;
    }
--- asks eval
[ '/maksym/files/x' => 'ok', host => 'acme.example.com' ],
[ '/maria/files/x'  => 'wrong_user', host => 'acme.example.com' ],
[ '/maksym/files/x' => 'wrong_tenant', host => 'globex.example.com' ],
[ '/maksym/files/x' => 'no_match', host => 'localhost' ]



=== TEST 4: F2: a capture holds what a path may hold; a name does not
--- config
    location ~ ^/(?<who>[^/]+)/ {
        auth_tenant       corp;
        auth_tenant_match user $who;
        proxy_pass        http://app;
    }
--- asks eval
[ '/maksym%0d%0aX-Inj:%20x/' => 'bad_path' ],
[ '/maksym%09/'              => 'bad_path' ],
[ '/maksym%20/'              => 'bad_name' ],
[ '/m%ffksym/'               => 'bad_name' ],
[ '/maksym/'                 => 'ok' ]



=== TEST 5: text around a variable
--- config
    location / {
        set $org $arg_org;
        auth_tenant       corp;
        auth_tenant_match tenant "org-$org";
        proxy_pass        http://app;
    }
--- asks eval
[ '/?org=1' => 'ok', claims => { current_tenant => 'org-1' } ],
[ '/?org=2' => 'wrong_tenant', claims => { current_tenant => 'org-1' } ],
[ '/'       => 'ok', claims => { current_tenant => 'org-' } ]



=== TEST 6: what the client says is compared, never believed
--- config
    location / {
        set $x_user $http_x_user;
        auth_tenant       corp;
        auth_tenant_match user $x_user;
        proxy_pass        http://app;
    }
--- asks eval
[ '/' => 'no_match' ],
[ '/' => 'ok', headers => 'X-User: maksym' ],
[ '/' => 'wrong_user', headers => 'X-User: maria' ]



=== TEST 7: names are compared byte for byte
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_match tenant Acme;
        proxy_pass        http://app;
    }
--- asks eval
[ '/' => 'ok', claims => { current_tenant => 'Acme' } ],
map { [ '/' => 'wrong_tenant', claims => { current_tenant => $_ } ] }
    'acme', 'ACME', 'Acm', 'Acmee', 'Acme.'



=== TEST 8: the module is one of the permissions, however they are held
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_host  "{module}.example.com";
        proxy_pass        http://app;
    }
--- asks eval
map { my ($word, $value) = @$_;
      [ '/' => $word, host => 'lab.example.com',
        claims => { permissions => $value } ] }
    ['ok', ['lab']], ['ok', ['x', 'lab']], ['ok', { lab => \1 }],
    ['ok', { lab => ['read'] }], ['ok', { lab => { role => 'admin' } }],
    ['wrong_module', ['labs']], ['wrong_module', ['la']],
    ['wrong_module', []], ['wrong_module', ['x lab']],
    ['wrong_module', { lab => \0 }], ['wrong_module', { lab => undef }],
    ['wrong_module', { lab => '' }], ['wrong_module', { lab => [] }],
    ['wrong_module', { lab => {} }], ['wrong_module', { x => ['lab'] }],
    ['wrong_module', 'lab'], ['wrong_module', 5],
    ['wrong_module', [['lab'], 5, undef, { lab => 1 }]]



=== TEST 9: B2.16, B2.18: what "set" computed before is not the identity
--- config
    location / {
        set $who $auth_user;
        auth_tenant       corp;
        auth_tenant_match user $who;
        proxy_pass        http://app;
    }
--- asks eval
[ '/' => 'no_match' ]



=== TEST 10: an answer in the order of what was asked: match, then token
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_host  "{tenant}.example.com";
        proxy_pass        http://app;
    }
--- asks eval
[ '/'              => 'no_match', token => undef, host => 'acme.example.com' ],
[ '/maksym/'       => 'no_match', token => undef, host => 'example.com' ],
[ '/maksym%2fx/'   => 'bad_path', token => undef, host => 'acme.example.com' ],
[ '/maksym/'       => 'no_token', token => undef, host => 'acme.example.com' ],
[ '/maksym/'       => 'malformed', token => 'x', host => 'acme.example.com' ],
[ '/maria/'        => 'expired', claims => { exp => 5 },
  host => 'acme.example.com' ],
[ '/maria/'        => 'wrong_user', host => 'acme.example.com' ],
[ '/maria/'        => 'wrong_tenant', host => 'globex.example.com' ]



=== TEST 11: "/" names whom the token names, and nobody else
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{tenant}/{user}/";
        auth_tenant_home  "/{tenant}/{user}/";
        proxy_pass        http://app;
    }
--- asks eval
[ '/' => 'home' ],
[ '/' => 'no_match', claims => { current_tenant => undef } ],
[ '/' => 'no_claim', claims => { name => undef } ]

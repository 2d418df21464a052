#!/usr/bin/perl

# How levels of the configuration add up: an inner one can only narrow what an
# outer one allows, unless it says "none" or "off".

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

plan_tests();
run_tests();

__DATA__

=== TEST 1: what a server says holds in its locations
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location / {
        proxy_pass http://app;

        location /deep/ {
            location /deep/er/ {
                proxy_pass http://app;
            }
        }
    }
--- asks eval
[ '/'          => 'ok', vars => 'maksym|acme|jupyter|' ],
[ '/'          => 'wrong_tenant', claims => { current_tenant => 'globex' } ],
[ '/deep/er/'  => 'wrong_module', claims => { permissions => ['lab'] } ],
[ '/deep/er/'  => 'ok' ],
[ '/deep/er/'  => 'no_token', token => undef ]



=== TEST 2: rules add up over the levels
--- config
    auth_tenant  corp;
    auth_tenant_require outer is yes;

    location / {
        auth_tenant_path "/{user}/";
        auth_tenant_require middle is yes;
        proxy_pass http://app;

        location /maksym/deep/ {
            auth_tenant_require inner is yes;
            auth_tenant_require other is yes;
            proxy_pass http://app;
        }
    }
--- asks eval
[ '/maksym/'       => 'no_claim' ],
[ '/maksym/'       => 'no_claim', claims => { outer => 'yes' } ],
[ '/maksym/'       => 'rule', claims => { outer => 'no', middle => 'yes' } ],
[ '/maksym/'       => 'ok', claims => { outer => 'yes', middle => 'yes' } ],
[ '/maksym/deep/'  => 'no_claim',
  claims => { outer => 'yes', middle => 'yes', inner => 'yes' } ],
[ '/maksym/deep/'  => 'rule', claims => {
  outer => 'yes', middle => 'no', inner => 'yes', other => 'yes' } ],
[ '/maksym/deep/'  => 'ok', claims => {
  outer => 'yes', middle => 'yes', inner => 'yes', other => 'yes' } ],
[ '/maksym/deep/'  => 'wrong_user', claims => { name => 'maria',
  outer => 'yes', middle => 'yes', inner => 'yes', other => 'yes' } ]



=== TEST 3: "none" drops the outer rules and the default ones, no later ones
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";
    auth_tenant_require outer is yes;

    location / {
        proxy_pass http://app;
    }

    location /all/ {
        auth_tenant_require none;
        proxy_pass http://app;

        location /all/some/ {
            auth_tenant_require inner is yes;
            proxy_pass http://app;
        }

        location /all/own/ {
            auth_tenant_path "/all/own/{user}/";
            proxy_pass http://app;
        }

        location /all/of/ {
            auth_tenant_path "/all/of/{tenant}/";
            proxy_pass http://app;
        }
    }

    location /staff/ {
        auth_tenant_require none;
        auth_tenant_require staff is yes;
        proxy_pass http://app;
    }
--- asks eval
[ '/'                 => 'no_claim' ],
[ '/all/'             => 'ok', claims => { current_tenant => 'globex' } ],
[ '/all/'             => 'no_token', token => undef ],
[ '/all/'             => 'no_match', host => 'www.example.com' ],
[ '/all/some/'        => 'no_claim' ],
[ '/all/some/'        => 'ok',
  claims => { current_tenant => 'globex', inner => 'yes' } ],
[ '/all/own/maksym/'  => 'ok', claims => { current_tenant => 'globex' } ],
[ '/all/own/maria/'   => 'wrong_user' ],
[ '/all/of/acme/'     => 'ok', claims => { permissions => [] } ],
[ '/all/of/globex/'   => 'wrong_tenant' ],
[ '/staff/'           => 'no_claim' ],
[ '/staff/'           => 'ok', claims => { staff => 'yes' } ]



=== TEST 4: "off", and the providers of the closest level
--- http eval
provider('other', 'issuer https://other.example.com')
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location / { proxy_pass http://app; }

    location /public/ {
        auth_tenant off;
        proxy_pass http://app;

        location /public/not/ {
            auth_tenant corp;
            proxy_pass http://app;
        }
    }

    location /other/ {
        auth_tenant other;
        proxy_pass http://app;
    }
--- asks eval
[ '/public/not/'  => 'no_token', token => undef ],
[ '/public/not/'  => 'wrong_tenant', claims => { current_tenant => 'x' } ],
[ '/public/not/'  => 'ok' ],
[ '/other/'       => 'wrong_issuer' ],
[ '/other/'       => 'ok', claims => { iss => 'https://other.example.com' } ],
[ '/'             => 'wrong_issuer',
  claims => { iss => 'https://other.example.com' } ]
--- client
my $got = fetch('/public/x', token => undef);
is($got->{status}, 200, 'off: anybody');
is($got->{header}{'x-result'}, undef, 'and nothing is decided');



=== TEST 5: a name comes from the closest level that gives it
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location / { proxy_pass http://app; }

    location /datalab/ {
        auth_tenant_match module datalab;
        proxy_pass http://app;
    }

    location /t/ {
        auth_tenant_path "/t/{tenant}/";
        proxy_pass http://app;
    }

    location /h/ {
        auth_tenant_host "{tenant}.{module}.example.org";
        proxy_pass http://app;
    }
--- asks eval
[ '/datalab/'  => 'ok', vars => 'maksym|acme|datalab|' ],
[ '/datalab/'  => 'wrong_module', claims => { permissions => ['jupyter'] } ],
[ '/t/acme/'   => 'ok', host => 'jupyter.globex.example.com',
  vars => 'maksym|acme|jupyter|' ],
[ '/t/globex/' => 'wrong_tenant' ],
[ '/h/'        => 'no_match' ],
[ '/h/'        => 'ok', host => 'acme.jupyter.example.org' ],
[ '/h/'        => 'wrong_tenant', host => 'jupyter.acme.example.org' ]



=== TEST 6: a template of an inner level replaces the outer one
--- config
    auth_tenant       corp;

    location / {
        auth_tenant_path  "/{user}/";
        proxy_pass http://app;

        location /u/ {
            auth_tenant_path "/u/{tenant}/{user}/";
            proxy_pass http://app;
        }

        location /m/ {
            auth_tenant_path  "/m/{tenant}/";
            set $nobody "";
            auth_tenant_match user $nobody;
            proxy_pass http://app;
        }
    }
--- asks eval
[ '/u/acme/maksym/'   => 'ok', vars => 'maksym|acme||' ],
[ '/u/acme/maria/'    => 'wrong_user' ],
[ '/u/'               => 'no_match', claims => { name => 'u' } ],
[ '/m/acme/'          => 'no_match' ]



=== TEST 7: methods: an inner level can't admit what an outer one refuses
--- config
    auth_tenant  corp;
    auth_tenant_require name is maksym maria methods=GET,POST;

    location / {
        auth_tenant_path "/{user}/";
        auth_tenant_require current_tenant is acme methods=POST,PUT;
        proxy_pass http://app;
    }

    location /shared/ {
        proxy_pass http://app;
    }
--- asks eval
[ 'GET /shared/'     => 'ok' ],
[ 'HEAD /shared/'    => 'ok' ],
[ 'PUT /shared/'     => 'method' ],
[ 'POST /maksym/'    => 'ok' ],
[ 'GET /maksym/'     => 'method' ],
[ 'PUT /maksym/'     => 'method' ]



=== TEST 8: "if" and limit_except keep what holds around them
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        set $which plain;

        if ($arg_x) {
            set $which x;
            proxy_pass http://app;
        }

        limit_except GET {
            deny 192.0.2.1;
        }

        proxy_pass http://app;
    }
--- asks eval
[ '/maksym/?x=1'        => 'ok' ],
[ '/maria/?x=1'         => 'wrong_user' ],
[ 'DELETE /maria/'      => 'wrong_user' ],
[ 'DELETE /maksym/'     => 'ok' ],
[ 'DELETE /maria/?x=1'  => 'wrong_user' ]



=== TEST 9: named locations have the rules of their server, and their own
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location / {
        try_files /no-such-file @app;
    }

    location @app {
        auth_tenant_require inner is yes;
        proxy_pass http://app;
    }
--- asks eval
[ '/'  => 'no_claim' ],
[ '/'  => 'ok', claims => { inner => 'yes' } ],
[ '/'  => 'wrong_tenant', claims => { inner => 'yes',
  current_tenant => 'globex' } ],
[ '/'  => 'no_token', token => undef ]



=== TEST 10: what is replaced: upstream, token source, size, origin
--- config
    auth_tenant                 corp;
    auth_tenant_host            "{module}.{tenant}.example.com";
    auth_tenant_upstream        "{user}.outer:80";
    auth_tenant_token           header:X-Token;
    auth_tenant_token_max_size  64k;

    location / { proxy_pass http://app; }

    location /inner/ {
        auth_tenant_upstream        "{user}.inner:80";
        auth_tenant_token           bearer;
        auth_tenant_token_max_size  128;
        proxy_pass http://app;
    }

    location /none/ {
        auth_tenant_upstream  off;
        proxy_pass http://app;
    }
--- asks eval
[ '/'        => 'no_token' ],
[ '/'        => 'ok', token => undef, headers => 'X-Token: ' . token(),
  vars => 'maksym|acme|jupyter|maksym.outer:80' ],
[ '/none/'   => 'ok', token => undef, headers => 'X-Token: ' . token(),
  vars => 'maksym|acme|jupyter|' ],
[ '/inner/'  => 'too_large' ]



=== TEST 11: claims as variables: inner ones beside outer ones, the same again
--- http
    auth_tenant_claim_set $from claim_a;
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";
    auth_tenant_claim_set $mail claim_b;

    location / {
        proxy_set_header X-Claims "$from,$mail";
        proxy_pass http://app/$from,$mail;
    }

    location /inner/ {
        auth_tenant_claim_set $from claim_c;
        proxy_pass http://app/$from,$mail;
    }
--- asks eval
map { my $c = $_; [ '/' => 'ok', claims => $c, saw => 'GET /a,b HTTP/1.0' ],
      [ '/inner/' => 'ok', claims => $c, saw => 'GET /c,b HTTP/1.0' ] }
    { claim_a => 'a', claim_b => 'b', claim_c => 'c' }



=== TEST 12: a request that is rewritten to no location ends at the server
--- config
    auth_tenant corp;
    rewrite ^/odd$ odd break;

    location / {
        auth_tenant_path "/{user}/";
        proxy_pass http://app;
    }
--- asks eval
[ '/odd'     => 'rule' ],
[ '/maksym/' => 'ok' ]

#!/usr/bin/perl

# auth_tenant_require: every rule must hold, several values of one mean any.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

# a location with these rules and the module and tenant of the host

sub rules {
    my ($rules) = @_;
    return "location / {
        auth_tenant       corp;
        auth_tenant_host  '{module}.{tenant}.example.com';
        $rules
        proxy_pass        http://app;
    }";
}

# asks with claims that differ, each with the same word

sub with {
    my ($word, @claims) = @_;
    return map { [ '/' => $word, claims => $_ ] } @claims;
}

our $WebSocket = "Upgrade: websocket\nConnection: upgrade\n"
                 . "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: eA==";

plan_tests();
run_tests();

__DATA__

=== TEST 1: is: a string equal to a value
--- config eval: rules('auth_tenant_require role is admin owner;')
--- asks eval
with('ok', { role => 'admin' }, { role => 'owner' }),
with('rule', map { { role => $_ } } 'Admin', 'admin ', 'admi', 'admins', '',
    'admin owner', ['admin'], { admin => 1 }, 5, \1),
with('no_claim', {})



=== TEST 2: is: null is a value that equals none
--- config eval: rules('auth_tenant_require role is null;')
--- asks eval
[ '/' => 'rule', token => do {
    (my $c = json(claims({}))) =~ s/\}$/,"role":null}/; token($c) } ]



=== TEST 3: has: an element of an array, a member of an object
--- config eval: rules('auth_tenant_require groups has staff "two words";')
--- asks eval
with('ok', map { { groups => $_ } } ['staff'], ['x', 'two words'],
    { staff => 1 }, { 'two words' => 'x' }, { staff => 0 }),
with('rule', map { { groups => $_ } } ['Staff'], [], ['two', 'words'], {},
    { staff => \0 }, { staff => '' }, 'staff', 'two words', [['staff']], \1, 7),
with('no_claim', {})



=== TEST 4: has: scope and scp are words in one string, others are not
--- config eval: rules('auth_tenant_require scope has lab; auth_tenant_require roles has lab;')
--- asks eval
with('ok', { scope => 'openid lab', roles => ['lab'] },
    { scope => ['lab'], roles => ['lab'] }),
with('rule', { scope => 'openid labs', roles => ['lab'] },
    { scope => 'openid,lab', roles => ['lab'] },
    { scope => 'lab', roles => 'lab' })



=== TEST 5: scp is one of them too
--- config eval: rules('auth_tenant_require scp has lab;')
--- asks eval
with('ok', { scp => 'x lab y' }, { scp => 'lab' }),
with('rule', { scp => 'laboratory' }, { scp => '' })



=== TEST 6: every rule must hold
--- config eval: rules('auth_tenant_require a is 1; auth_tenant_require b is 2;')
--- asks eval
with('ok', { a => '1', b => '2' }),
with('rule', { a => '1', b => '1' }, { a => '2', b => '2' }),
with('no_claim', { a => '1' }, { b => '2' })



=== TEST 7: the rule that failed is in the log
--- config eval: rules('auth_tenant_require role is admin;')
--- asks eval
with('rule', { role => 'x' })
--- error_log eval
qr/auth_tenant: refused: rule: an auth_tenant_require rule does not hold, provider "corp", rule \S*nginx\.conf:\d+/



=== TEST 8: pointers lead through members, never through elements
--- config eval: rules('auth_tenant_require /a/b/c is x;')
--- asks eval
with('ok', { a => { b => { c => 'x' } } }),
with('rule', { a => { b => { c => 'y' } } }),
with('no_claim', { a => { b => { c2 => 'x' } } }, { a => { b => 'x' } },
    { 'a/b/c' => 'x' }, { '/a/b/c' => 'x' })



=== TEST 9: an index is the name of a member
--- config eval: rules('auth_tenant_require /a/0 is x;')
--- asks eval
with('ok', { a => { 0 => 'x' } }), with('no_claim', { a => ['x'] })



=== TEST 10: names with slashes, dots and tildes
--- config eval: rules('auth_tenant_require https://example.com/role is x; auth_tenant_require "/a~1b/c~0d" is y; auth_tenant_require realm.access is z;')
--- asks eval
with('ok', { 'https://example.com/role' => 'x', 'a/b' => { 'c~d' => 'y' },
    'realm.access' => 'z' }),
with('no_claim', { 'https://example.com/role' => 'x', 'a/b' => { 'c~d' => 'y' },
    realm => { access => 'z' } })



=== TEST 11: placeholders in values
--- config eval: rules('auth_tenant_require groups has "{tenant}/{module}";')
--- asks eval
with('ok', { groups => ['acme/jupyter'] }),
with('rule', { groups => ['acme/datalab'] }, { groups => ['globex/jupyter'] },
    { groups => ['{tenant}/{module}'] }, { groups => ['acme'] }),
[ '/' => 'ok', claims => { groups => ['x/y'] }, host => 'y.x.example.com' ]



=== TEST 12: placeholders in pointers are names, whatever stands in them
--- config
    location / {
        set $t $arg_t;
        auth_tenant          corp;
        auth_tenant_match    tenant $t;
        auth_tenant_require  "/perms/{tenant}" has admin;
        proxy_pass           http://app;
    }
--- asks eval
our $perms = { perms => { acme => ['admin'], 'a/b' => ['admin'], 0 => ['x'],
                          'c~1d' => ['admin'], e => { admin => \1 } } };
(map { [ "/?t=$_" => 'ok', claims => $perms ] } 'acme', 'a/b', 'c~1d', 'e'),
[ '/?t=0' => 'rule', claims => $perms ],
(map { [ "/?t=$_" => 'no_claim', claims => $perms ] } 'globex', 'c/d', 'a',
    'acme/0', '{tenant}'),
[ '/?t=acme' => 'no_claim', claims => { perms => [['admin']] } ],
[ '/' => 'no_match', claims => $perms ]



=== TEST 13: the default rule of a name stands until a rule constrains it
--- config eval: rules('auth_tenant_require /orgs/{tenant} has x;' =~ s/(\S*\{\S*)/"$1"/r)
--- asks eval
our $orgs = { orgs => { acme => ['x'], globex => ['x'] } };
[ '/' => 'ok', claims => $orgs ],
[ '/' => 'ok', claims => { %$orgs, current_tenant => 'initech' } ],
[ '/' => 'ok', claims => $orgs, host => 'jupyter.globex.example.com' ],
[ '/' => 'no_claim', claims => $orgs, host => 'jupyter.initech.example.com' ],
[ '/' => 'wrong_module', claims => $orgs, host => 'x.globex.example.com' ]



=== TEST 14: a name in only some of the values constrains nothing
--- config eval: rules('auth_tenant_require groups has "{tenant}" staff;')
--- asks eval
with('ok', { groups => ['staff'] }, { groups => ['acme'] }),
with('wrong_tenant', { groups => ['staff'], current_tenant => 'globex' }),
with('rule', { groups => ['globex'] })



=== TEST 15: B2.3: values whose parts can't be told apart are no match
--- config eval: rules('auth_tenant_require groups has "{tenant}-{module}";')
--- asks eval
[ '/' => 'ok', claims => { groups => ['a-b-c'] }, host => 'b-c.a.example.com' ],
[ '/' => 'rule', claims => { groups => ['a-b-c'] },
  host => 'c.a-b.example.com' ]



=== TEST 16: variables in values; an empty one matches nothing
--- http
    map $host $cluster { jupyter.acme.example.com eu; default ""; }
--- config eval: rules('auth_tenant_require cluster is $cluster; auth_tenant_require zone is "$cluster-1" other;')
--- asks eval
with('ok', { cluster => 'eu', zone => 'eu-1' },
    { cluster => 'eu', zone => 'other' }),
with('rule', { cluster => 'us', zone => 'eu-1' },
    { cluster => '', zone => 'eu-1' }, { cluster => 'eu', zone => '-1' }),
map { [ '/' => 'rule', host => 'datalab.acme.example.com', claims => $_ ] }
    { cluster => '', zone => 'other' }, { cluster => 'eu', zone => 'other' }



=== TEST 17: our own variables are empty while it is decided
--- config eval: rules('auth_tenant_require name is $auth_user;')
--- asks eval
with('rule', {})



=== TEST 18: methods: a method that no rule names is refused
--- config eval: rules('auth_tenant_require role is reader methods=GET; auth_tenant_require role is writer methods=POST,WEBSOCKET;')
--- asks eval
my $r = { role => 'reader' };
my $w = { role => 'writer' };
[ 'GET /'     => 'ok', claims => $r ],
[ 'HEAD /'    => 'ok', claims => $r ],
[ 'GET /'     => 'rule', claims => $w ],
[ 'HEAD /'    => 'rule', claims => $w ],
[ 'POST /'    => 'ok', claims => $w ],
[ 'POST /'    => 'rule', claims => $r ],
(map { [ "$_ /" => 'method', claims => $w ] } qw(PUT DELETE OPTIONS PATCH
    MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK BREW WEBSOCKET)),
[ 'GET /'     => 'ok', claims => $w, headers => $::WebSocket ],
[ 'GET /'     => 'rule', claims => $r, headers => $::WebSocket ],
[ 'POST /'    => 'method', claims => $w, headers => $::WebSocket ]



=== TEST 19: methods: a rule without them holds for all, known or not
--- config eval: rules('auth_tenant_require role is x;')
--- asks eval
map { [ "$_ /" => 'ok', claims => { role => 'x' } ],
      [ "$_ /" => 'no_claim' ] }
    qw(GET POST PUT DELETE OPTIONS PATCH BREW)



=== TEST 20: methods: HEAD alone, and GET without a WebSocket
--- config eval: rules('auth_tenant_require role is x methods=HEAD;')
--- asks eval
[ 'HEAD /' => 'ok', claims => { role => 'x' } ],
[ 'GET /'  => 'method', claims => { role => 'x' } ],
[ 'GET /'  => 'method', claims => { role => 'x' }, headers => $::WebSocket ]



=== TEST 21: methods: each has the rule that constrains its name
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        auth_tenant_require  name is "{user}" methods=POST,WEBSOCKET;
        auth_tenant_require  readers has "{user}" methods=GET;
        proxy_pass           http://app;
    }
--- asks eval
my $reads = { readers => ['maria'] };
[ 'GET /maria/'    => 'ok', claims => $reads ],
[ 'GET /maksym/'   => 'rule', claims => $reads ],
[ 'POST /maria/'   => 'rule', claims => $reads ],
[ 'POST /maksym/'  => 'ok', claims => $reads ],
[ 'PUT /maksym/'   => 'method', claims => $reads ]



=== TEST 22: B2.15: CONNECT and TRACE come no further than nginx
--- config eval: rules('')
--- asks eval
[ 'TRACE /' => 'nginx 405' ], [ 'CONNECT /' => 'nginx 405, nginx 400' ]



=== TEST 23: B2.15: OPTIONS needs a token as everything does
--- config eval: rules('')
--- asks eval
[ 'OPTIONS /' => 'no_token', token => undef ],
[ 'OPTIONS /' => 'no_token', token => undef, headers =>
  "Origin: https://a.example\nAccess-Control-Request-Method: GET" ],
[ 'OPTIONS /' => 'ok' ]



=== TEST 24: without captured names a rule decides alone
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_require  permissions has lab;
        proxy_pass           http://app;
    }
--- asks eval
with('ok', { permissions => ['lab'], current_tenant => undef }),
with('rule', {})



=== TEST 25: numbers and booleans equal no text
--- config eval: rules('auth_tenant_require n is 5 true;')
--- asks eval
with('ok', { n => '5' }, { n => 'true' }), with('rule', { n => 5 }, { n => \1 })

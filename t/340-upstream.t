#!/usr/bin/perl

# auth_tenant_upstream: the name of an instance, made of verified claims; no
# two users share one by accident (B2.3), and nobody chooses more than a label
# of it (B2.4).

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;
use AuthTenant::Dns;

# a location that anybody with a token may enter, and its upstream

sub upstream {
    my ($template, $rules) = @_;
    $rules //= 'auth_tenant_require none;';
    return "location / {
        auth_tenant           corp;
        auth_tenant_upstream  '$template';
        $rules
        proxy_pass            http://app;
    }";
}

our $Host = 'auth_tenant_host "{module}.{tenant}.example.com";';

# asks as users of these names, each with the upstream that it gets

sub users {
    my (%upstream) = @_;
    return map { my $name = $_;
        [ '/' => 'ok', claims => { name => $name },
          vars => qr/\|\Q$upstream{$name}\E\z/ ] } sort keys %upstream;
}

sub refused {
    return map { [ '/' => 'bad_name', claims => { name => $_ } ] } @_;
}

our $Port = port() + 1;

plan_tests();
run_tests();

__DATA__

=== TEST 1: slug: the names of kubespawner from version 7 on
--- config eval: upstream('{user:slug}.svc')
--- asks eval
users('maksym' => 'maksym.svc', 'has-hyphen' => 'has-hyphen.svc',
    'Alice' => 'alice---3bc51062.svc',
    'user@email.com' => 'user-email-com---0925f997.svc',
    'first.last' => 'first-last---23e1b5a0.svc',
    'first_last' => 'first-last---4e57291c.svc', '123' => 'x-123---a665a459.svc',
    'a--b' => 'a-b---90827a2e.svc', '-start' => 'start---f587e2dc.svc',
    'x' x 47 => 'x' x 17 . '--x---cfcbdd85.svc')



=== TEST 2: escape: the names of kubespawner before
--- config eval: upstream('jupyter-{user:escape}')
--- asks eval
users('maksym' => 'jupyter-maksym', 'has-hyphen' => 'jupyter-has-2dhyphen',
    'Alice' => 'jupyter--41lice', 'user@email.com' => 'jupyter-user-40email-2ecom',
    'first.last' => 'jupyter-first-2elast', 'first_last' => 'jupyter-first-5flast',
    '123' => 'jupyter-123', 'a--b' => 'jupyter-a-2d-2db', '-start' => 'jupyter--2dstart',
    'x' x 47 => 'jupyter-' . 'x' x 47)



=== TEST 3: label: only what is one already, and that is what a bare one means
--- config eval
upstream('{user:label}.svc') . "\n" . (upstream('{user}.svc') =~ s{ / }{ /b }r)
--- asks eval
(map { my $at = $_; map { [ $at => @$_[1 .. $#$_] ] }
    users('maksym' => 'maksym.svc', 'a--b' => 'a--b.svc', '1' => '1.svc',
          'x' x 63 => 'x' x 63 . '.svc'),
    refused('Alice', 'a.b', 'a_b', 'a@b', '-a', 'a-', 'x' x 64, "\x{e9}", 'a b',
            'a/b', 'a:80', 'a%62', '127.0.0.1', '[::1]', 'x.evil.com#') }
    '/', '/b')



=== TEST 4: lower goes before
--- config eval: upstream('{user:lower}-{user:lower:slug}-{tenant:lower:escape}.svc')
--- asks eval
[ '/' => 'ok', claims => { name => 'Alice', current_tenant => 'ACME' },
  vars => 'Alice|ACME||alice-alice-acme.svc' ],
refused("\x{c9}", 'a.b', 'al-ice')



=== TEST 5: labels over 63 bytes are refused, never cut
--- config eval: upstream('{module}--{user:slug}.{tenant}.svc.cluster.local:8888', $::Host)
--- asks eval
my $m = 'm' x 20;
my %c = (permissions => [$m]);
my $host = "$m.acme.example.com";
[ '/' => 'ok', host => $host, claims => { %c, name => 'u' x 41 },
  vars => 'u' x 41 . "|acme|$m|$m--" . 'u' x 41 . '.acme.svc.cluster.local:8888' ],
map { [ '/' => 'bad_name', host => $host, claims => { %c, name => $_ } ] }
    'u' x 42, 'u' x 46



=== TEST 6: B2.3: injective: what would be two instances in one name is refused
--- config eval: upstream('{module}--{user}.svc', $::Host)
--- asks eval
my $all = [ qw(jupyter jupyter-gpu jupyter--gpu jupyter-) ];
[ '/' => 'ok', claims => { permissions => $all, name => 'gpu-x' },
  vars => qr/\|jupyter--gpu-x\.svc$/ ],
[ '/' => 'ok', claims => { permissions => $all, name => 'x' },
  host => 'jupyter-gpu.acme.example.com', vars => qr/\|jupyter-gpu--x\.svc$/ ],
[ '/' => 'ok', claims => { permissions => $all, name => 'gpu--x' },
  vars => qr/\|jupyter--gpu--x\.svc$/ ],
[ '/' => 'bad_name', claims => { permissions => $all, name => 'x' },
  host => 'jupyter--gpu.acme.example.com' ]



=== TEST 7: B2.3: a single hyphen parts only what has none on its left
--- config eval: upstream('{module}-{user}.svc', $::Host)
--- asks eval
my $all = [ qw(jupyter jupyter-gpu) ];
[ '/' => 'ok', claims => { permissions => $all, name => 'gpu-x' },
  vars => qr/\|jupyter-gpu-x\.svc$/ ],
[ '/' => 'bad_name', claims => { permissions => $all, name => 'x' },
  host => 'jupyter-gpu.acme.example.com' ]



=== TEST 8: the claims select, whatever the path names, or does not name
--- config eval: upstream('{user:slug}.{tenant}.svc', 'auth_tenant_require permissions has datalab;')
--- asks eval
[ '/'           => 'ok', vars => 'maksym|acme||maksym.acme.svc' ],
[ '/maria/'     => 'ok', vars => 'maksym|acme||maksym.acme.svc' ],
[ '/'           => 'ok', claims => { name => 'maria', current_tenant => 'globex'
  }, vars => 'maria|globex||maria.globex.svc' ],
[ '/'           => 'no_claim', claims => { current_tenant => undef } ],
[ '/'           => 'bad_name', claims => { current_tenant => 'a.b' } ]



=== TEST 9: a request that a rule lets name somebody else has no instance
--- config eval
upstream('{user}.svc', 'auth_tenant_path "/{user}/"; auth_tenant_require
         friends has "{user}";')
--- asks eval
[ '/maksym/' => 'ok', claims => { friends => ['maksym'] },
  vars => 'maksym|acme||maksym.svc' ],
[ '/maria/'  => 'wrong_user', claims => { friends => ['maria'] } ]



=== TEST 10: the same of the tenant
--- config eval
upstream('{user}.{tenant}.svc', 'auth_tenant_path "/{tenant}/";
         auth_tenant_require orgs has "{tenant}";')
--- asks eval
[ '/acme/'   => 'ok', claims => { orgs => ['acme', 'x'] },
  vars => 'maksym|acme||maksym.acme.svc' ],
[ '/x/'      => 'wrong_tenant', claims => { orgs => ['acme', 'x'] } ]



=== TEST 11: the module is the one that was asked for
--- config eval: upstream('{module}.svc', $::Host)
--- asks eval
[ '/' => 'ok', vars => qr/\|jupyter\.svc$/ ],
[ '/' => 'ok', host => 'datalab.acme.example.com', vars => qr/\|datalab\.svc$/ ]



=== TEST 12: no upstream without a yes
--- config eval: upstream('{user}.svc', 'auth_tenant_path "/{user}/";')
--- asks eval
[ '/maria/'  => 'wrong_user', vars => '|||' ],
[ '/maksym/' => 'no_token', token => undef, vars => '|||' ],
[ '/maksym/' => 'bad_signature', token => tamper(token()), vars => '|||' ]



=== TEST 13: B2.4: a name that would be an address is none
--- config eval: upstream('a.{user}')
--- asks eval
users('maksym' => 'a.maksym', 'x1' => 'a.x1'), refused('1', '80', '0x7f', '0x')



=== TEST 14: proxy_pass to blocks of these names; an unknown one is no other's
--- http
    upstream maksym.acme.apps { server unix:$TEST_NGINX_HTML_DIR/app.sock; }
    upstream maria.acme.apps { server 127.0.0.1:1; }
--- config
    location / {
        auth_tenant           corp;
        auth_tenant_path      "/{user}/";
        auth_tenant_upstream  "{user}.{tenant}.apps";
        proxy_pass            http://$auth_upstream;
    }
--- asks eval
[ '/maksym/a%2fb?c' => 'ok', saw => 'GET /maksym/a%2fb?c HTTP/1.0' ],
[ '/maria/'         => 'wrong_user' ],
[ '/maria/'         => 'nginx 502', claims => { name => 'maria' } ],
[ '/nobody/'        => 'nginx 502', claims => { name => 'nobody' } ]



=== TEST 15: proxy_pass by a resolver
--- http eval
"server {
    listen 127.0.0.1:$::Port;
    return 200 \"\$http_host \$request_uri\\n\";
}"
--- config eval
"resolver 127.0.0.1:$AuthTenant::Dns::Port ipv6=off;
location / {
    auth_tenant           corp;
    auth_tenant_path      '/{user}/';
    auth_tenant_upstream  '{user:slug}.{tenant}.svc.cluster.local.:$::Port';
    proxy_pass            http://\$auth_upstream;
}"
--- asks eval
[ '/maksym/x' => 'ok', saw => "maksym.acme.svc.cluster.local.:$::Port /maksym/x" ],
[ '/Alice/' => 'ok', claims => { name => 'Alice' },
  saw => "alice---3bc51062.acme.svc.cluster.local.:$::Port /Alice/" ]

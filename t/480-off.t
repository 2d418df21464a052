#!/usr/bin/perl

# Who does not use the module does not pay for it: without a checked location
# no handler is registered at all; in a server that has one, "off" leaves
# requests alone but for the headers that no client may send.

use lib 't/lib';
use AuthTenant;

# How many handlers nginx runs for a request, by phase: its debug log says so.

my %ran;

add_response_body_check(sub {
    my ($block) = @_;

    open my $log, '<', server_root() . '/logs/error.log' or die "log: $!\n";
    my %phases;
    while (<$log>) {
        $phases{$1}++ if /\*1 (rewrite|access|generic) phase: \d/;
    }

    $ran{ $block->save } = \%phases if defined $block->save;

    # phases that one handler more ran in, if any, since another block

    if (defined(my $since = $block->since)) {
        my ($name, @more) = split ' ', $since;
        my %want = %{ $ran{$name} };
        $want{$_}++ for @more;
        Test::More::is_deeply(\%phases, \%want, $block->name . ' - handlers');
    }
});

plan_tests();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: nothing of the module is in the configuration
--- config
    location = / {
        empty_gif;
    }
--- request
GET /
--- save chomp
nothing
--- no_error_log
auth_tenant



=== TEST 2: a provider, variables and templates, but no location that checks
--- http_config eval: $::HttpConfig
--- config
    auth_tenant      off;
    auth_tenant_host "{tenant}.example.com";
    add_header       X-User "<$auth_user>";
    location = / {
        empty_gif;
    }
--- request
GET /
--- response_headers
X-User: <>
--- since chomp
nothing
--- no_error_log
auth_tenant: refused



=== TEST 3: the proof that handlers would have been seen
After the request is read, before "set" for the server and for the location,
in the access phase, and before the content.
--- http_config eval: $::HttpConfig
--- config
    location = / {
        auth_tenant off;
        empty_gif;
    }
    location = /checked {
        auth_tenant corp;
        auth_tenant_match tenant acme;
    }
--- request
GET /
--- since chomp
nothing generic rewrite rewrite access generic



=== TEST 4: where nothing is checked, a client's X-User-Id arrives
--- http_config eval: $::HttpConfig
--- config
    location / {
        return 200 "$http_x_user_id $http_authorization\n";
    }
--- request
GET /
--- more_headers
X-User-Id: hers
Authorization: Bearer x
--- response_body
hers Bearer x



=== TEST 5: "off" beside a checked location: nothing but the scrub
--- http_config eval
http_config(<<'END')
    server {
        listen unix:$TEST_NGINX_HTML_DIR/app.sock;
        return 200 "<$http_x_user_id> $http_authorization $http_cookie $http_x_other\n";
    }
END
--- config
    auth_tenant_token cookie:t bearer;
    location / {
        auth_tenant off;
        proxy_pass  http://unix:$TEST_NGINX_HTML_DIR/app.sock:;
    }
    location /checked/ {
        auth_tenant      corp;
        auth_tenant_path "/checked/{user}/";
    }
--- request eval
['GET /', 'POST /x', 'OPTIONS /x', 'GET /?a=b%2f..%2f']
--- more_headers
X-User-Id: root
X-Other: 1
Cookie: t=a; t=b
Authorization: Bearer x
--- response_body eval
[("<> Bearer x t=a; t=b 1\n") x 4]
--- response_headers eval
[("WWW-Authenticate:\nCache-Control:") x 4]



=== TEST 6: off is off for a bad token as well, and says nothing
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant off;
        empty_gif;
        add_header X-Names "<$auth_user$auth_result>";
    }
    location /checked/ {
        auth_tenant      corp;
        auth_tenant_path "/checked/{user}/";
    }
--- request
GET /
--- more_headers eval
bearer(tamper(token()))
--- response_headers
X-Names: <>
--- no_error_log
auth_tenant: refused

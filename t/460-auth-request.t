#!/usr/bin/perl

# An external auth service that knows the browser's session and answers with a
# token, as EAS and oauth2-proxy do: asked by auth_request, its answer verified
# like any other token.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

# the service: sessions by cookie

my %session = (
    maksym  => [200, 'Bearer ' . token()],
    plain   => [200, token()],
    lower   => [200, 'bearer ' . token()],
    maria   => [200, 'Bearer ' . token({ name => 'maria' })],
    old     => [200, 'Bearer ' . token({ exp => time - 100 })],
    forged  => [200, 'Bearer ' . tamper(token())],
    empty   => [200, ''],
    scheme  => [200, 'Bearer '],
    basic   => [200, 'Basic eDp5'],
    unknown => [401, ''],
    barred  => [403, ''],
    broken  => [500, ''],
);

our $Service = "map_hash_bucket_size 128;\n"
    . 'map $cookie_session $service_token { default "";' . "\n"
    . join('', map { "    $_ \"$session{$_}[1]\";\n" } sort keys %session)
    . "}\nmap \$cookie_session \$service_status { default 401;\n"
    . join('', map { "    $_ $session{$_}[0];\n" } sort keys %session) . <<'END';
    }
    log_format asked "$cookie_session $request_method $request_uri $content_length";
    server {
        listen unix:$TEST_NGINX_HTML_DIR/service.sock;
        access_log $TEST_NGINX_FILES/asked asked;
        add_header Authorization $service_token always;
        add_header Set-Cookie renewed=1 always;
        if ($service_status = 401) { return 401; }
        if ($service_status = 403) { return 403; }
        if ($service_status = 500) { return 500; }
        return 200 "$service_status";
    }
    server {
        listen unix:$TEST_NGINX_HTML_DIR/tell.sock;
        return 200 "[user=$http_x_user_id auth=$http_authorization cookie=$http_cookie]";
    }
END

our $Ask = <<'END';
    location = /ask {
        internal;
        proxy_pass              http://unix:$TEST_NGINX_HTML_DIR/service.sock:/check;
        proxy_pass_request_body off;
        proxy_set_header        Content-Length "";
    }
    location / {
        auth_request      /ask;
        auth_request_set  $service $upstream_http_authorization;
        auth_tenant       corp;
        auth_tenant_token $service;
        auth_tenant_path  "/{user}/";
        proxy_set_header  X-User-Id $auth_user;
        proxy_pass        http://unix:$TEST_NGINX_HTML_DIR/tell.sock:;
    }
END

sub session {
    my ($name) = @_;
    return (token => undef, headers => "Cookie: session=$name");
}

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a session becomes a user
--- http eval: $::Service
--- config eval: $::Ask
--- asks eval
(map { [ '/maksym/' => 'ok', session($_), vars => 'maksym|acme||',
         saw => "[user=maksym auth= cookie=session=$_]" ] }
     qw(maksym plain lower)),
[ '/maria/' => 'ok', session('maria'),
  saw => '[user=maria auth= cookie=session=maria]' ]



=== TEST 2: what the service says is judged, not believed
--- http eval: $::Service
--- config eval: $::Ask
--- asks eval
[ '/maria/' => 'wrong_user', session('maksym') ],
[ '/maksym/' => 'wrong_user', session('maria') ],
[ '/maksym/' => 'expired', session('old') ],
[ '/maksym/' => 'bad_signature', session('forged') ],
[ '/maksym/..%2fmaria/' => 'bad_path', session('maksym') ],
[ '/' => 'no_match', session('maksym') ]



=== TEST 3: it says yes and gives no token: that is no yes
--- http eval: $::Service
--- config eval: $::Ask
--- asks eval
[ '/maksym/' => 'no_token', session('empty') ],
[ '/maksym/' => 'no_token', session('scheme') ],
[ '/maksym/' => 'malformed', session('basic') ]



=== TEST 4: what it refuses stays refused, and we are not asked
--- http eval: $::Service
--- config eval: $::Ask
--- client
for (['unknown', 401], ['barred', 403], ['broken', 500]) {
    my ($session, $status) = @$_;
    my $got = fetch('/maksym/', session($session));
    is($got->{status}, $status, $session);
    is($got->{header}{'x-result'}, undef, 'nothing was decided');
}
is(fetch('/maksym/', token => undef)->{status}, 401, 'no session');



=== TEST 5: a client's own token is not the service's
--- http eval: $::Service
--- config eval: $::Ask
--- client
my $auth = token({ name => 'maria' });
is(fetch('/maria/', token => $auth)->{status}, 401, 'instead of a session');

my $got = fetch('/maksym/', token => $auth, headers => 'Cookie: session=maksym');
is($got->{status}, 200, 'beside one');
is($got->{body}, "[user=maksym auth=Bearer $auth cookie=session=maksym]",
   'what was not verified is not taken away');



=== TEST 6: the answer of one request is not used for the next one
--- http eval: $::Service
--- config eval: $::Ask
--- client
my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => port());
for (['maksym', 'maksym', 200], ['maria', 'maria', 200],
     ['empty', 'maria', 401], ['maria', 'maksym', 403],
     ['maksym', 'maksym', 200], ['unknown', 'maksym', 401])
{
    my ($session, $path, $status) = @$_;
    print $socket "GET /$path/ HTTP/1.1\r\nHost: a\r\n"
        . "Cookie: session=$session\r\n\r\n";
    is(read_answer($socket)->{status}, $status, "$session at $path");
}



=== TEST 7: a POST, whose body is for the application
--- http eval: $::Service
--- config eval: $::Ask
--- client
my $got = answer(join "\r\n", 'POST /maksym/ HTTP/1.1', 'Host: a',
    'Cookie: session=maksym', 'Content-Length: 5', 'Connection: close', '',
    'hello');
is($got->{status}, 200, 'let in');
open my $asked, '<', "$ENV{TEST_NGINX_FILES}/asked";
my ($last) = reverse <$asked>;
is($last, "maksym GET /check -\n", 'asked');



=== TEST 8: the first source that is there is judged: the client's, then the
service's
--- http eval: $::Service
--- config eval
$::Ask =~ s/auth_tenant_token \$service/auth_tenant_token bearer \$service/r
--- asks eval
[ '/maksym/' => 'ok', session('maria') , token => token() ],
[ '/maksym/' => 'ok', session('maksym') ],
[ '/maksym/' => 'bad_signature', session('maksym'), token => tamper(token()) ]



=== TEST 9: a location that sends on by itself, to where others are asked, is
judged on what the service said
--- http eval: $::Service
--- config eval
"$::Ask
location /maksym/named {
    auth_request      /ask;
    auth_request_set  \$service \$upstream_http_authorization;
    auth_tenant       corp;
    auth_tenant_token \$service;
    auth_tenant_path  '/{user}/';
    try_files         /none \@named;
}
location \@named {
    auth_tenant       corp;
    auth_tenant_token \$service;
    auth_tenant_path  '/{user}/';
    proxy_set_header  X-User-Id \$auth_user;
    proxy_pass        http://unix:\$TEST_NGINX_HTML_DIR/tell.sock:;
}"
--- asks eval
[ '/maksym/named' => 'ok', session('maksym'), saw => qr/^\[user=maksym/ ],
[ '/maksym/named' => 'wrong_user', session('maria') ]



=== TEST 10: a token that a map takes out of the answer, even if somebody has
looked at it before the service was asked
--- http eval
"$::Service
map \$service \$cut { ~^[Bb]earer.(?<rest>.+) \$rest; default \$service; }"
--- config eval
$::Ask =~ s/auth_tenant_token \$service/set \$seen "<\$cut>";
    auth_tenant_token \$cut/r
--- asks eval
[ '/maksym/' => 'ok', session('maksym') ],
[ '/maksym/' => 'wrong_user', session('maria') ]

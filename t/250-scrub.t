#!/usr/bin/perl

# B2.5: an identity header belongs to this server.  What a client sends under
# that name, in any spelling, never arrives, whatever becomes of the request.
# The application of these tests answers with the request that it got.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Echo;

# a server that uses the module somewhere, and a location that does not

our $Off = qq{
    location /off {
        auth_tenant off;
        $echo
    }

    location /checked/ {
        auth_tenant      corp;
        auth_tenant_path "/checked/{user}/";
        $echo
    }
};

# a request as it is, so that Test::Nginx adds nothing

sub raw {
    my ($path, @lines) = @_;
    return join "\r\n", "GET $path HTTP/1.1", 'Host: localhost', @lines,
        'Connection: close', '', '';
}

# the headers of a request that were not in the way: what the application
# must have seen of it

sub arrived {
    my ($path, @lines) = @_;
    return join "\n", "GET $path HTTP/1.0", 'Host: localhost',
        'Connection: close', @lines, '';
}

# Lists of headers come in parts of 20: one header to remove at each place of
# requests of some lengths, then several at once.  Host takes the first place
# of the list, Connection the last.

our (@Placed, @PlacedSeen);

for my $n (0, 1, 17, 18, 19, 38, 45) {
    for my $at (0 .. $n) {
        my @lines = map { "X-N$_: $_" } 1 .. $n;
        push @PlacedSeen, arrived('/off', @lines);
        splice @lines, $at, 0, 'X-User-Id: root';
        push @Placed, join "\n", @lines;
    }
}

our (@Many, @ManySeen);

srand 2;
for (1 .. 60) {
    my @lines = map { rand() < 0.5 ? "X-N$_: $_" : 'x-user-id: root' }
        1 .. 1 + int rand 90;
    push @Many, join "\n", @lines;
    push @ManySeen, arrived('/off', grep { /N/ } @lines);
}

our $token = token();

# A server that speaks HTTP/2, on a Unix socket: Test::Nginx would write "http2
# on", which nginx before 1.25 does not know.

{
    no warnings 'redefine';
    *Test::Nginx::Util::use_http2 = sub ($) { 0 };
}

our $H2 = "
    server {
        listen unix:\$TEST_NGINX_FILES/h2.sock http2;
        underscores_in_headers on;
        $Off
    }";

our $curl = file('h2.curlrc', "http2-prior-knowledge\n"
                 . "unix-socket = $ENV{TEST_NGINX_FILES}/h2.sock\n");

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: B2.5: X-User-Id of a client does not arrive, others do
--- http_config eval: $::HttpConfig
--- config eval: $::Off
--- request
GET /off
--- more_headers
X-User-Id: root
X-User-Idx: 1
X-User: 2
Y-User-Id: 3
X-User-No: 4
--- response_body_like chop
X-User-Idx: 1
X-User: 2
Y-User-Id: 3
X-User-No: 4
--- response_body_unlike: root
--- error_log
auth_tenant: removed the client's header "x-user-id"



=== TEST 2: B2.5: nor in any other spelling
--- http_config eval: $::HttpConfig
--- config eval
"underscores_in_headers on; ignore_invalid_headers off;\n$::Off"
--- raw_request eval
raw('/off', map { "$_: root" } qw(X_User_Id x-user-id X-USER-ID X_User-Id
    X.User.Id x~user!id X_USER_ID X-User-Id X-uSER_iD))
--- response_body eval
arrived('/off')



=== TEST 3: "off" lets all of them through: another proxy sets the header
--- http_config eval: $::HttpConfig
--- config eval
"auth_tenant_scrub off; underscores_in_headers on;\n$::Off"
--- raw_request eval
raw('/off', 'X_User_Id: proxy', 'X-User-Id: proxy')
--- response_body eval
arrived('/off', 'X_User_Id: proxy', 'X-User-Id: proxy')



=== TEST 4: a server that does not use the module is left alone
Another one uses it.
--- http_config eval
http_config("server { listen unix:\$TEST_NGINX_FILES/other.sock; $::Off }")
--- config eval
"location /off { $::echo }"
--- raw_request eval
raw('/off', 'X-User-Id: hers')
--- response_body eval
arrived('/off', 'X-User-Id: hers')
--- no_error_log
auth_tenant:



=== TEST 5: B2.5: HTTP/2
--- http_config eval: http_config($::H2)
--- config
--- http2
--- curl_options eval: "-K$::curl"
--- request
GET /off
--- more_headers
X-User-Id: root
X_User_Id: root
X-Other: 1
--- response_body_like: x-other: 1
--- response_body_unlike: root



=== TEST 6: the server sets the header, and there is one only
--- http_config eval: $::HttpConfig
--- config eval
"location / {
    auth_tenant      corp;
    auth_tenant_path '/{user}/';
    proxy_set_header X-User-Id \$auth_user;
    $::echo
}
underscores_in_headers on;"
--- request
GET /maksym/
--- more_headers eval
"X_User_Id: root\nX-User-Id: root\n" . bearer($::token)
--- response_body_like eval
qr/^(?!.*root)GET .*\nX-User-Id: maksym\n(?!.*maksym)/s



=== TEST 7: F3: a nested location that lost proxy_set_header forwards nothing
--- http_config eval: $::HttpConfig
--- config eval
"location / {
    auth_tenant      corp;
    auth_tenant_path '/{user}/';
    proxy_set_header X-User-Id \$auth_user;
    location /maksym/lab {
        proxy_set_header X-Other 1;
        $::echo
    }
}"
--- request
GET /maksym/lab
--- more_headers eval
"X-User-Id: root\n" . bearer($::token)
--- response_body_unlike: (?i)user-id



=== TEST 8: B2.5, B2.11: "satisfy any", another check lets the request in
--- http_config eval: $::HttpConfig
--- config eval
"location / {
    satisfy          any;
    allow            all;
    auth_tenant      corp;
    auth_tenant_path '/{user}/';
    $::echo
}"
--- request
GET /maksym/
--- more_headers
X-User-Id: root
--- response_body_like: ^GET /maksym/
--- response_body_unlike: root



=== TEST 9: B2.5: a bypassed request
--- http_config eval
http_config('map $uri $public { default 0; ~^/maksym/public/ 1; }')
--- config eval
"location / {
    auth_tenant        corp;
    auth_tenant_path   '/{user}/';
    auth_tenant_bypass \$public;
    $::echo
}"
--- request
GET /maksym/public/
--- more_headers
X-User-Id: root
--- response_body_like: ^GET /maksym/public/
--- response_body_unlike: root



=== TEST 10: B2.5: an error page is proxied
--- http_config eval: $::HttpConfig
--- config eval
"$::Off
location = /gone  { auth_tenant off; return 410; }
error_page 410 = /off;"
--- request
GET /gone
--- more_headers
X-User-Id: root
--- response_body_like: ^GET /off
--- response_body_unlike: root



=== TEST 11: B2.5: an error page of a request whose headers are bad
The error comes before any phase has run.
--- http_config eval: $::HttpConfig
--- config eval
"$::Off
error_page 400 = /off;"
--- raw_request eval
raw('/', 'X-User-Id: root', 'X-Other: 1', 'Content-Length: x')
--- response_body_like: X-Other: 1
--- response_body_unlike: root



=== TEST 12: B2.5: the same, with a named location
--- http_config eval: $::HttpConfig
--- config eval
"$::Off
location \@bad {
    auth_tenant off;
    set         \$seen \$http_x_user_id;
    add_header  X-Seen '<\$seen>' always;
    $::echo
}
error_page 400 = \@bad;"
--- raw_request eval
raw('/', 'X-User-Id: root', 'X-Other: 1', 'Content-Length: x')
--- response_headers
X-Seen: <>
--- response_body_like: X-Other: 1
--- response_body_unlike: root



=== TEST 13: B2.5: subrequests, of SSI and of auth_request
--- http_config eval: $::HttpConfig
--- config eval
"$::Off
location /page {
    auth_tenant off;
    ssi         on;
    ssi_types   text/plain;
    return 200 '<!--# include virtual=\"/off\" -->';
}
location /asked {
    auth_tenant      off;
    auth_request     /ask;
    auth_request_set \$asked \$upstream_http_x_asked;
    return 200       '<\$asked>';
}
location = /ask {
    internal;
    auth_tenant      off;
    proxy_set_header X-Seen '<\$http_x_user_id>';
    $::echo
}"
--- request eval
['GET /page', 'GET /asked']
--- more_headers
X-User-Id: root
--- response_body_like eval
['^GET /off', '^<>']
--- response_body_unlike eval
['root', 'root']



=== TEST 14: B2.5: OPTIONS, and a refused request's own error page
--- http_config eval: $::HttpConfig
--- config eval
"$::Off
error_page 401 = /off;"
--- request eval
['OPTIONS /off', 'GET /checked/maksym/']
--- more_headers
X-User-Id: root
--- response_body_like eval
['^OPTIONS /off', '^GET /off']
--- response_body_unlike eval
['root', 'root']



=== TEST 15: variables and logs see nothing of it either
--- http_config eval: $::HttpConfig
--- config
location / {
    auth_tenant off;
    set         $early $http_x_user_id;
    return 200  "<$early><$http_x_user_id>";
}
location /checked/ {
    auth_tenant      corp;
    auth_tenant_path "/checked/{user}/";
}
--- request
GET /
--- more_headers
X-User-Id: root
--- response_body chomp
<><>



=== TEST 16: at each place of lists of many lengths, no other header is lost
--- http_config eval: $::HttpConfig
--- config eval: $::Off
--- request eval
[('GET /off') x @::Placed]
--- more_headers eval: \@::Placed
--- response_body eval: \@::PlacedSeen



=== TEST 17: and however many of them there are
--- http_config eval: $::HttpConfig
--- config eval: $::Off
--- request eval
[('GET /off') x @::Many]
--- more_headers eval: \@::Many
--- response_body eval: \@::ManySeen



=== TEST 18: CVE-2025-48865: Connection names the header, to have it removed
The next proxy would drop what this one sets.
--- http_config eval: $::HttpConfig
--- config eval
"location / {
    auth_tenant      corp;
    auth_tenant_path '/{user}/';
    proxy_http_version 1.1;
    proxy_set_header X-User-Id  \$auth_user;
    proxy_set_header Connection \$http_connection;
    $::bare_echo
}"
--- raw_request eval
join "\r\n", 'GET /maksym/ HTTP/1.1', 'Host: localhost', bearer($::token),
    'Connection: close, X-User-Id,  te ,x_user_id', '', ''
--- response_body_like eval
qr/X-User-Id: maksym\nConnection: close, te\n/



=== TEST 19: Connection names nothing else
--- http_config eval: $::HttpConfig
--- config eval
"location / {
    auth_tenant      corp;
    auth_tenant_path '/{user}/';
    proxy_http_version 1.1;
    proxy_set_header Connection 'close, <\$http_connection>';
    $::bare_echo
}"
--- raw_request eval
join "\r\n", 'GET /maksym/ HTTP/1.0', 'Host: localhost', bearer($::token),
    'Connection: X-User-Id', '', ''
--- response_body_like: Connection: close, <>



=== TEST 20: a harmless Connection stays as it is
--- http_config eval: $::HttpConfig
--- config eval
"$::Off
location = /see { auth_tenant off; return 200 '<\$http_connection>'; }"
--- raw_request eval
"GET /see HTTP/1.0\r\nConnection: close,te ,  x-user\r\n\r\n"
--- response_body chomp
<close,te ,  x-user>

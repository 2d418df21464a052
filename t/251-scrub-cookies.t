#!/usr/bin/perl

# "auth_tenant_scrub cookie:NAME" and "cookie:PREFIX*": cookies that only this
# server's applications may set go from every Cookie header, however they are
# written, and nothing else does.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Echo;

our $Server = qq{
    auth_tenant_scrub cookie:_session cookie:app-*;

    location / {
        auth_tenant off;
        $echo
    }

    location /checked/ {
        auth_tenant      corp;
        auth_tenant_path "/checked/{user}/";
    }
};

# what a client sends => what arrives; undef: no Cookie header at all

our @Cases = (
    'a=1'                          => 'a=1',
    'a=1; b=2'                     => 'a=1; b=2',
    '_session=x'                   => undef,
    '_session=x; a=1'              => 'a=1',
    'a=1; _session=x'              => 'a=1',
    'a=1; _session=x; b=2'         => 'a=1; b=2',
    'a=1; _session=x; _session=y'  => 'a=1',
    '_session=; a=1'               => 'a=1',
    'app-1=x; a=1; app-=y; b=2'    => 'a=1; b=2',

    # names are exact

    '_Session=x; _session2=y'      => '_Session=x; _session2=y',
    'x_session=1; App-1=2; app=3'  => 'x_session=1; App-1=2; app=3',
    'a=_session=x'                 => 'a=_session=x',
    'a="app-1"; b=app-2'           => 'a="app-1"; b=app-2',

    # odd forms that some parser takes for the name

    '_session'                     => undef,
    '_session =x; a=1'             => 'a=1',
    ";; _session=x;;a=1;"          => 'a=1;',
    '; ;'                          => '; ;',
    '_session=x; ;'                => undef,
    'a=1;_session=x;b=2'           => 'a=1;b=2',
    "a=1;\t_session=x"             => 'a=1',
    "a=1; \x0b_session\x0c=x"      => 'a=1',
    "a=1; \xc2\xa0_session=x"      => 'a=1',
    "a=1; \xe2\x80\x80app-1=x"     => 'a=1',
    'a=1; =_session=x'             => 'a=1',
    'a=1,_session=x; b=2'          => 'a=1; b=2',
    'a=1, app-x=1,c=3; b=2'        => 'a=1; b=2',
    'a=b;c=d;;e'                   => 'a=b;c=d;;e',
    'a="1; _session=x"; b=2'       => 'a="1; b=2',
    'a=1; _session="x; y"; b=2'    => 'a=1; y"; b=2',
    "a\xff=1; b=\x01"              => "a\xff=1; b=\x01",
);

our (@Sent, @Seen);

while (my ($sent, $seen) = splice @Cases, 0, 2) {
    push @Sent, "Cookie: $sent";
    push @Seen, join "\n", 'GET / HTTP/1.0', 'Host: localhost',
        'Connection: close', (defined $seen ? "Cookie: $seen" : ()), '';
}

# 30 Cookie headers, of which some vanish: lists of headers come in parts

our $Lots = join "\n", map { $_ % 3 ? "Cookie: _session=$_"
                                    : "Cookie: c$_=1; app-$_=2" } 1 .. 30;
our $LotsSeen = join "\n", 'GET / HTTP/1.0', 'Host: localhost',
    'Connection: close', (map { $_ % 3 ? () : "Cookie: c$_=1" } 1 .. 30), '';

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listed cookies go, all others stay as they are
--- http_config eval: $::HttpConfig
--- config eval: $::Server
--- request eval: [('GET /') x @::Sent]
--- more_headers eval: \@::Sent
--- response_body eval: \@::Seen



=== TEST 2: from every Cookie header
--- http_config eval: $::HttpConfig
--- config eval: $::Server
--- request
GET /
--- more_headers eval: $::Lots
--- response_body eval: $::LotsSeen



=== TEST 3: nginx's own variables know the cookies that are left, no others
--- http_config eval: $::HttpConfig
--- config eval
$::Server . 'location = /see {
    auth_tenant off;
    return 200 "<$http_cookie><$cookie__session><$cookie_b><$cookie_c>";
}'
--- request
GET /see
--- more_headers
Cookie: _session=x
Cookie: app-1=1; b=2
X-Other: 1
Cookie: app-2=1
Cookie: c=3
--- response_body chomp
<b=2; c=3><><2><3>



=== TEST 4: and none, if none is left
--- http_config eval: $::HttpConfig
--- config eval
$::Server . 'location = /see {
    auth_tenant off;
    return 200 "<$http_cookie><$cookie__session>";
}'
--- request
GET /see
--- more_headers
Cookie: _session=x
Cookie: app-1=1
--- response_body chomp
<><>



=== TEST 5: HTTP/1.1 and all of it in a nested location's subrequest
--- http_config eval: $::HttpConfig
--- config eval
$::Server . 'location = /page {
    auth_tenant off;
    ssi         on;
    ssi_types   text/plain;
    return 200 "<!--# include virtual=\"/\" -->";
}'
--- request
GET /page
--- more_headers
Cookie: _session=x; a=1
--- response_body_like: Cookie: a=1\n
--- response_body_unlike: _session



=== TEST 6: an inner level replaces the outer one's names
--- http_config eval
http_config("auth_tenant_scrub X-Other;\n")
--- config eval: $::Server
--- request
GET /
--- more_headers
X-Other: hers
Cookie: app-1=2
--- response_body_like: X-Other: hers
--- response_body_unlike: app-1



=== TEST 7: and inherits them
--- http_config eval
http_config("auth_tenant_scrub X-Team cookie:app-*;\n")
--- config eval
join '', grep { !/scrub/ } split /^/, $::Server
--- request
GET /
--- more_headers
X-Team: root
X-Other: hers
Cookie: app-1=2
--- response_body_like: X-Other: hers
--- response_body_unlike: X-Team|app-1



=== TEST 8: F3: names are added to X-User-Id, on either level
--- http_config eval
http_config("auth_tenant_scrub X-Team;\n")
--- config eval: $::Server
--- request
GET /
--- more_headers
X-User-Id: root
--- response_body_unlike: X-User-Id



=== TEST 9: a header that nginx itself reads is refused
--- http_config
auth_tenant_scrub X-User-Id Content_Type;
--- config
--- must_die
--- error_log
"auth_tenant_scrub" can't remove "Content_Type", which nginx itself reads, write a header that only applications read in



=== TEST 10: for cookies there is another way
--- http_config
auth_tenant_scrub Cookie;
--- config
--- must_die
--- error_log
"auth_tenant_scrub" can't remove "Cookie", which nginx itself reads, write a header that only applications read, or cookie:NAME



=== TEST 11: no patterns for headers
--- http_config
auth_tenant_scrub X-User-*;
--- config
--- must_die
--- error_log
invalid name "X-User-*" in "auth_tenant_scrub", write a header in full, for example X-User-Id



=== TEST 12: no empty names
--- http_config
auth_tenant_scrub "";
--- config
--- must_die
--- error_log
invalid name "" in "auth_tenant_scrub"



=== TEST 13: "off" stands alone
--- http_config
auth_tenant_scrub X-User-Id off;
--- config
--- must_die
--- error_log
"off" stands alone in "auth_tenant_scrub", write either it or the names



=== TEST 14: two spellings are one name
--- http_config
auth_tenant_scrub X-Team x_team;
--- config
--- must_die
--- error_log
duplicate name "x_team" in "auth_tenant_scrub", every spelling of a header is one name



=== TEST 15: a cookie and a header of one name are two
--- http_config eval
$::HttpConfig . <<'END'
auth_tenant_scrub x-user-id x-team cookie:x-user-id cookie:x-team
                  cookie:x-team*;
END
--- config eval
join '', grep { !/scrub/ } split /^/, $::Server
--- request
GET /
--- more_headers
X-Team: root
Cookie: x-user-id=1; x-team=2; x-team-b=3; a=4
--- response_body
GET / HTTP/1.0
Host: localhost
Connection: close
Cookie: a=4



=== TEST 16: the same cookie twice
--- http_config
auth_tenant_scrub cookie:a cookie:a;
--- config
--- must_die
--- error_log
duplicate name "cookie:a" in "auth_tenant_scrub"



=== TEST 17: all cookies
--- http_config
auth_tenant_scrub cookie:*;
--- config
--- must_die
--- error_log
invalid cookie "cookie:*" in "auth_tenant_scrub", write cookie:NAME, or cookie:PREFIX* for all whose names begin so



=== TEST 18: a cookie without a name
--- http_config
auth_tenant_scrub cookie:;
--- config
--- must_die
--- error_log
invalid cookie "cookie:" in "auth_tenant_scrub"



=== TEST 19: a cookie that no client can send
--- http_config
auth_tenant_scrub "cookie:a=b";
--- config
--- must_die
--- error_log
invalid cookie "cookie:a=b" in "auth_tenant_scrub"



=== TEST 20: twice at one level
--- http_config
auth_tenant_scrub X-User-Id;
auth_tenant_scrub X-Team;
--- config
--- must_die
--- error_log
"auth_tenant_scrub" directive is duplicate

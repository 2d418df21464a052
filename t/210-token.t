#!/usr/bin/perl

# Where a token comes from (auth_tenant_token), what makes it none, too many or
# too long, and what is left of it for the application.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Echo;

our $good = token();
our $other = token({ name => 'maria' });
our $bad = tamper($good);

# a location that says who it let in, and why not

sub location {
    my ($lines) = @_;

    return <<"END";
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        add_header       X-Result \$auth_result always;
        $lines
        $echo
    }
END
}

# [headers, result] pairs, sent one after the other

sub cases {
    my (@cases) = @_;
    my (@requests, @headers, @results, @codes);

    my %status = (ok => 200, duplicate_token => 400);

    while (my ($headers, $result) = splice @cases, 0, 2) {
        push @requests, 'GET /maksym/';
        push @headers, $headers;
        push @results, "X-Result: $result";
        push @codes, $status{$result} // 401;
    }

    return (\@requests, \@headers, \@results, \@codes);
}

our @Bearer = cases(
    "Authorization: Bearer $good"        => 'ok',
    "Authorization: bearer $good"        => 'ok',
    "Authorization: BEARER $good"        => 'ok',
    "authorization: Bearer   $good"      => 'ok',
    "Authorization: Bearer $good  "      => 'ok',
    ''                                   => 'no_token',
    'Authorization:'                     => 'no_token',
    'Authorization: Bearer'              => 'no_token',
    'Authorization: Bearer   '           => 'no_token',
    "Authorization: $good"               => 'no_token',
    "Authorization: Bearer$good"         => 'no_token',
    "Authorization: Bearer\t$good"       => 'no_token',
    "Authorization: Bearer:$good"        => 'no_token',
    'Authorization: Basic bWFrc3ltOng='  => 'no_token',
    "Authorization: token $good"         => 'no_token',
    "Authorization: Bearer $good,"       => 'malformed',
    "Authorization: Bearer $good $good"  => 'malformed',
    "Authorization: Bearer \"$good\""    => 'malformed',
    "Authorization: Bearer Bearer $good" => 'malformed',
    "Authorization: Bearer $bad"         => 'bad_signature',
    "X-Token: $good"                     => 'no_token',
    "Cookie: token=$good"                => 'no_token',
);

our @Cookie = cases(
    "Cookie: id=$good"                   => 'ok',
    "Cookie: a=1; id=$good; b=2"         => 'ok',
    "Cookie: a=1;id=$good"               => 'ok',
    "Cookie:  id = $good ; b=2"          => 'ok',
    "Cookie: a=1\nCookie: id=$good"      => 'ok',
    'Cookie: id='                        => 'no_token',
    'Cookie: id'                         => 'no_token',
    'Cookie: a=1'                        => 'no_token',
    "Cookie: ID=$good"                   => 'no_token',
    "Cookie: xid=$good; idx=$good"       => 'no_token',
    "Cookie: a=id=$good"                 => 'no_token',
    "Cookie: id=\"$good\""               => 'malformed',
    "Cookie: id=$bad"                    => 'bad_signature',
    "Authorization: Bearer $good"        => 'no_token',

    # a sibling domain can set a cookie whose value only looks like this one,
    # or whose name a browser does not see as this one

    "Cookie: a=1,id=$good"               => 'no_token',
    "Cookie: =id=$good"                  => 'no_token',
    "Cookie: \xc2\xa0id=$good"           => 'no_token',
    "Cookie: a=1; \x0bid=$good"          => 'no_token',

    # twice, however

    "Cookie: id=$good; id=$good"         => 'duplicate_token',
    "Cookie: id=$good; id=$other"        => 'duplicate_token',
    "Cookie: id=$good; id="              => 'duplicate_token',
    "Cookie: id=; id=$good"              => 'duplicate_token',
    "Cookie: id=$good; id"               => 'duplicate_token',
    "Cookie: id=$good\nCookie: id=$good" => 'duplicate_token',
    "Cookie: id=$good\nCookie: a=1,id=x" => 'duplicate_token',
    "Cookie: id=$good,id=x"              => 'duplicate_token',
    "Cookie: =id=x; id=$good"            => 'duplicate_token',
    "Cookie: \xe2\x80\x80id=x; id=$good" => 'duplicate_token',
);

our @Header = cases(
    "X-Id-Token: $good"                    => 'ok',
    "x-id-token: $good"                    => 'ok',
    'X-Id-Token:'                          => 'no_token',
    "X-Id-Tokens: $good"                   => 'no_token',
    "X-Id-Token: Bearer $good"             => 'malformed',
    "X-Id-Token: $good\nX-Id-Token: $good" => 'duplicate_token',
    "X-Id-Token:\nx-id-token: $good"       => 'duplicate_token',
    "Authorization: Bearer $good"          => 'no_token',
);

# the first source that is there is judged

our @Order = cases(
    "Cookie: id=$good"                                   => 'ok',
    "X-Id-Token: $good\nCookie: id=$bad"                 => 'ok',
    "X-Id-Token: $bad\nCookie: id=$good"                 => 'bad_signature',
    "X-Id-Token: x\nCookie: id=$good"                    => 'malformed',
    "X-Id-Token:\nCookie: id=$good"                      => 'ok',
    "X-Id-Token: $good\nCookie: id=x; id=y"              => 'ok',
    "X-Id-Token: 1\nX-Id-Token: 2\nCookie: id=$good"     => 'duplicate_token',
    "Authorization: Bearer $good\nCookie: id=$bad"       => 'bad_signature',
    "Authorization: Bearer $good"                        => 'ok',
    "Authorization: Basic eDp5\nCookie: id=$good"        => 'ok',
    "Authorization: Bearer\nCookie: id=$good"            => 'ok',
);

our @Variable = cases(
    "X-From-Auth: $good"        => 'ok',
    "X-From-Auth: Bearer $good" => 'ok',
    "X-From-Auth: bearer $good" => 'ok',
    "X-From-Auth: Bearer"       => 'no_token',
    "X-From-Auth: "             => 'no_token',
    'X-Other: 1'                => 'no_token',
    "X-From-Auth: Basic eDp5"   => 'malformed',
    "X-From-Auth: $bad"         => 'bad_signature',
);

our $limit = length $good;
our @Size = cases(
    "Authorization: Bearer $good"             => 'ok',
    "Authorization: Bearer ${good}x"          => 'too_large',
    'Authorization: Bearer ' . '.' x $limit   => 'malformed',
    'Authorization: Bearer .' . '.' x $limit  => 'too_large',
    "Cookie: id=${good}x"                     => 'too_large',
    'Cookie: id=' . '.' x 7000                => 'too_large',
);

# the removed credential: what is sent, what arrives

our @Kept = ('Accept: x', 'X-Last: 1');

sub strips {
    my (@cases) = @_;
    my (@headers, @seen);

    while (my ($headers, $seen) = splice @cases, 0, 2) {
        push @headers, join "\n", $Kept[0], $headers, $Kept[1];
        push @seen, join "\n", 'GET /maksym/ HTTP/1.0', 'Host: localhost',
            'Connection: close', $Kept[0], ($seen eq '' ? () : $seen),
            $Kept[1], '';
    }

    return ([('GET /maksym/') x @headers], \@headers, \@seen);
}

our @Strip = strips(
    "Authorization: Bearer $good"          => '',
    "Authorization: Bearer $good\nX-A: 1"  => 'X-A: 1',
    "X-Id-Token: $good"                    => '',
    "x-id-token: $good\nX-Id-Tokens: 1"    => 'X-Id-Tokens: 1',
    "Cookie: id=$good"                     => '',
    "Cookie: a=1; id=$good"                => 'Cookie: a=1',
    "Cookie: id=$good; b=2"                => 'Cookie: b=2',
    "Cookie: a=1; id=$good; ID=2; xid=3"   => 'Cookie: a=1; ID=2; xid=3',
    "Cookie: id2=1; id=$good; id3"         => 'Cookie: id2=1; id3',
    "Cookie: a=1\nCookie: id=$good\nCookie: b=2"
                                           => "Cookie: a=1\nCookie: b=2",

    # only what was verified: another source may be somebody else's

    "X-Id-Token: $good\nCookie: id=$good"  => "Cookie: id=$good",
    "Cookie: id=$good\nAuthorization: Basic eDp5"
                                           => 'Authorization: Basic eDp5',
    "Cookie: id=$good\nAuthorization: token abc"
                                           => 'Authorization: token abc',
    "Authorization: Bearer $good\nCookie: a=1"
                                           => 'Cookie: a=1',
);

# each length of the list of headers, with the credential at its end

our @Long = strips(map {
    my $more = join "\n", map { "X-N$_: $_" } 1 .. $_;
    ("$more\nCookie: id=$good" => $more)
} 14 .. 20, 34 .. 40);

# A page of which two parts are subrequests: the first one's location has the
# credential removed, the second one's hands it on.

our $Page = <<"END";
    location /maksym/page {
        auth_tenant               corp;
        auth_tenant_path          "/{user}/";
        auth_tenant_token         bearer cookie:id;
        auth_tenant_forward_token on;
        ssi                       on;
        ssi_types                 text/plain;
        proxy_pass                http://unix:\$TEST_NGINX_HTML_DIR/page.sock:;
    }

    location /maksym/part/ {
        auth_tenant               corp;
        auth_tenant_path          "/{user}/";
        auth_tenant_token         bearer cookie:id;
        $echo

        location /maksym/part/on {
            auth_tenant_forward_token on;
            $echo
        }
    }
END

our $PageServer = <<'END';
    server {
        listen unix:$TEST_NGINX_HTML_DIR/page.sock;
        location / {
            default_type text/plain;
            return 200 '<!--# include virtual="/maksym/part/off" wait="yes" -->
                        <!--# include virtual="/maksym/part/on" wait="yes" -->
                        <!--# include virtual="/maksym/part/off" wait="yes" -->';
        }
    }
END

our $more = join "\n", map { "X-N$_: $_" } 1 .. 30;

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: A1.6: bearer, the default
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- request eval: $::Bearer[0]
--- more_headers eval: $::Bearer[1]
--- raw_response_headers_like eval: $::Bearer[2]
--- error_code eval: $::Bearer[3]



=== TEST 2: A1.7, B2.8: a cookie
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_token cookie:id;')
--- request eval: $::Cookie[0]
--- more_headers eval: $::Cookie[1]
--- raw_response_headers_like eval: $::Cookie[2]
--- error_code eval: $::Cookie[3]



=== TEST 3: A1.3: a header
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_token header:X-Id-Token;')
--- request eval: $::Header[0]
--- more_headers eval: $::Header[1]
--- raw_response_headers_like eval: $::Header[2]
--- error_code eval: $::Header[3]



=== TEST 4: A1.3: the first source that is there is judged, no later one
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_token header:x-id-token cookie:id bearer;')
--- request eval: $::Order[0]
--- more_headers eval: $::Order[1]
--- raw_response_headers_like eval: $::Order[2]
--- error_code eval: $::Order[3]



=== TEST 5: a variable, here what an auth service answered
--- config eval
location('auth_request      /ask;
          auth_request_set  $asked $upstream_http_x_token;
          auth_tenant_token $asked;') . '
    location = /ask {
        internal;
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/ask.sock:;
    }'
--- http_config eval
http_config('server {
    listen unix:$TEST_NGINX_HTML_DIR/ask.sock;
    location / {
        add_header X-Token $http_x_from_auth always;
        return 204;
    }
}')
--- request eval: $::Variable[0]
--- more_headers eval: $::Variable[1]
--- raw_response_headers_like eval: $::Variable[2]
--- error_code eval: $::Variable[3]



=== TEST 6: two Authorization headers are nginx's own 400
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- request
GET /maksym/
--- more_headers eval
"Authorization: Bearer $::good\nAuthorization: Bearer $::good"
--- error_code: 400



=== TEST 7: A2.4: what is longer than the limit is not looked at
--- http_config eval: $::HttpConfig
--- config eval
location("auth_tenant_token bearer cookie:id;
          auth_tenant_token_max_size $::limit;")
--- request eval: $::Size[0]
--- more_headers eval: $::Size[1]
--- raw_response_headers_like eval: $::Size[2]
--- error_code eval: $::Size[3]



=== TEST 8: the limit is 8k where none is written
--- http_config eval: $::HttpConfig
--- config eval
"large_client_header_buffers 4 32k;\n" . location('')
--- request eval
['GET /maksym/', 'GET /maksym/']
--- more_headers eval
['Authorization: Bearer ' . '.' x 8192, 'Authorization: Bearer ' . '.' x 8193]
--- raw_response_headers_like eval
['X-Result: malformed', 'X-Result: too_large']
--- error_code eval
[401, 401]



=== TEST 9: A1.9: the credential that was verified is removed, nothing else
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_token header:x-id-token bearer cookie:id;')
--- request eval: $::Strip[0]
--- more_headers eval: $::Strip[1]
--- response_body eval: $::Strip[2]



=== TEST 10: A1.9: and every other header arrives, however many there are
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_token cookie:id;')
--- request eval: $::Long[0]
--- more_headers eval: $::Long[1]
--- response_body eval: $::Long[2]



=== TEST 11: A1.9: it is gone for nginx's variables too
--- http_config eval: $::HttpConfig
--- config eval
location('auth_tenant_token bearer;
          proxy_set_header X-Seen "<$http_authorization>";')
--- request
GET /maksym/
--- more_headers eval: bearer($::good)
--- response_body_like: X-Seen: <>



=== TEST 12: auth_tenant_forward_token on: it is handed on
--- http_config eval: $::HttpConfig
--- config eval
location('auth_tenant_token bearer cookie:id; auth_tenant_forward_token on;')
--- request eval
['GET /maksym/', 'GET /maksym/']
--- more_headers eval
[bearer($::good), "Cookie: id=$::good"]
--- response_body_like eval
[bearer($::good), "Cookie: id=$::good"]



=== TEST 13: a token in the query is none
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- request eval
"GET /maksym/?access_token=$::good&token=$::good"
--- error_code: 401
--- response_headers
X-Result: no_token



=== TEST 14: A1.9: no log has a token in it
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_token bearer cookie:id header:x-id-token;')
--- log_level: info
--- request eval
[('GET /maksym/') x 6]
--- more_headers eval
my ($g, $b) = ($::good, $::bad);
[bearer($g), bearer($b), "Cookie: id=$g", "Cookie: id=$b; id=$g",
 "X-Id-Token: $b", bearer("$g$g$g")]
--- error_code eval
[200, 401, 200, 400, 401, 401]
--- no_error_log eval
[substr($::good, -200), substr($::good, 0, 100)]



=== TEST 15: A1.9: what is removed in a subrequest is there for the next
--- http_config eval: http_config($::PageServer)
--- config eval: $::Page
--- request eval
[('GET /maksym/page') x 3]
--- more_headers eval
[bearer($::good), "Cookie: a=1; id=$::good\nCookie: b=2",
 "$::more\nCookie: id=$::good\n" . bearer('x') =~ s/Bearer/token/r]
--- response_body_like eval
my $any = '(?:(?!id=|Bearer)[^\0])*';
my $bearer = "Authorization: Bearer \Q$::good\E";
my $cookie = "Cookie: a=1; id=\Q$::good\E\n(?:Connection.*\n)?Cookie: b=2\n";
["^GET /maksym/part/off${any}GET /maksym/part/on$any$bearer\n"
 . "${any}GET /maksym/part/off$any\$",
 "^GET /maksym/part/off${any}Cookie: a=1\nCookie: b=2\n"
 . "${any}GET /maksym/part/on$any$cookie"
 . "${any}GET /maksym/part/off${any}Cookie: a=1\nCookie: b=2\n$any\$",
 "^GET /maksym/part/off${any}X-N1: 1${any}X-N30: 30\nAuthorization: token x\n"
 . "${any}GET /maksym/part/on${any}X-N30: 30\nCookie: id=\Q$::good\E\n"
 . "Authorization: token x\n${any}GET /maksym/part/off${any}X-N30: 30\n"
 . "Authorization: token x\n$any\$"]



=== TEST 16: a header that nginx itself reads can't be taken away from it
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_token header:Upgrade;')
--- must_die
--- error_log
"auth_tenant_token" can't use "header:Upgrade", which nginx itself reads, write another header

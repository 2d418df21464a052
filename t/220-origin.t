#!/usr/bin/perl

# A1.7: a browser sends cookies along with whatever another site makes it
# send.  So a token from a cookie is good for an unsafe method, or for opening
# a WebSocket, only with an Origin that fits (auth_tenant_origin).

use lib 't/lib';
use AuthTenant;
use AuthTenant::Echo;

our $good = token();

sub location {
    my ($lines) = @_;

    return <<"END";
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_token bearer cookie:id header:X-Id-Token;
        add_header        X-Result \$auth_result always;
        $lines
        $echo
    }
END
}

# METHOD, further headers, the result; the token is in a cookie

sub cases {
    my (@cases) = @_;
    my (@requests, @headers, @results, @codes);

    while (my ($method, $headers, $result) = splice @cases, 0, 3) {
        push @requests, "$method /maksym/";
        push @headers, join "\n", "Cookie: id=$good", $headers || ();
        push @results, "X-Result: $result\r?\n";
        push @codes, $result eq 'ok' ? 200 : 403;
    }

    return (\@requests, \@headers, \@results, \@codes);
}

our $upgrade = "Connection: close, Upgrade\nUpgrade: websocket";

# which requests need an Origin at all: none of these has one

our @Methods = cases(
    (map { ($_, '', 'ok') } qw(GET HEAD OPTIONS)),
    (map { ($_, '', 'bad_origin') } qw(POST PUT DELETE PATCH MKCOL COPY MOVE
        PROPFIND PROPPATCH LOCK UNLOCK)),

    # a method that nobody knows is no safe one

    'PURGE', '', 'bad_origin',
    'GETX', '', 'bad_origin',

    # however the upgrade is written

    GET => $upgrade, 'bad_origin',
    GET => "Upgrade: WebSocket", 'bad_origin',
    GET => "Upgrade: h2c, WEBSOCKET/13", 'bad_origin',
    GET => "Upgrade: h2c\nUpgrade: websocket", 'bad_origin',
    GET => "Upgrade: h2c", 'ok',
    GET => "Upgrade: web socket", 'ok',
    GET => "X-Upgrade: websocket", 'ok',
);

# "same", the default: the Origin's authority is that of the Host header

our @Same = cases(map { (POST => $_->[0], $_->[1]) } (
    ["Host: app.example.com\nOrigin: https://app.example.com", 'ok'],
    ["Host: app.example.com\nOrigin: http://app.example.com", 'ok'],
    ["Host: APP.example.com\nOrigin: HTTPS://app.Example.COM", 'ok'],
    ["Host: app.example.com:443\nOrigin: https://app.example.com", 'ok'],
    ["Host: app.example.com\nOrigin: https://app.example.com:443", 'ok'],
    ["Host: app.example.com:80\nOrigin: http://app.example.com", 'ok'],
    ["Host: app.example.com\nOrigin: http://app.example.com:80", 'ok'],
    ["Host: app.example.com:8080\nOrigin: http://app.example.com:8080", 'ok'],
    ["Host: [::1]:8080\nOrigin: http://[::1]:8080", 'ok'],
    ["Host: [::1]\nOrigin: http://[::1]", 'ok'],

    # another site, another port, another kind of origin

    ["Host: app.example.com\nOrigin: https://evil.example.com", 'bad_origin'],
    ["Host: app.example.com\nOrigin: https://example.com", 'bad_origin'],
    ["Host: app.example.com\nOrigin: https://xapp.example.com", 'bad_origin'],
    ["Host: app.example.com\nOrigin: https://app.example.com.evil.com",
                                                            'bad_origin'],
    ["Host: app.example.com\nOrigin: https://app.example.com:8443",
                                                            'bad_origin'],
    ["Host: app.example.com:80\nOrigin: https://app.example.com",
                                                            'bad_origin'],
    ["Host: app.example.com\nOrigin: https://app.example.com:80",
                                                            'bad_origin'],
    ["Host: app.example.com:8080\nOrigin: http://app.example.com",
                                                            'bad_origin'],
    ["Host: [::1]:8080\nOrigin: http://[::1]:8081", 'bad_origin'],
    ["Host: app.example.com\nOrigin: null", 'bad_origin'],
    ["Host: app.example.com\nOrigin:", 'bad_origin'],
    ["Host: app.example.com\nOrigin: app.example.com", 'bad_origin'],
    ["Host: app.example.com\nOrigin: //app.example.com", 'bad_origin'],
    ["Host: app.example.com\nOrigin: ftp://app.example.com", 'bad_origin'],
    ["Host: app.example.com\nOrigin: https://", 'bad_origin'],
    ["Host: app.example.com\nOrigin: https://app.example.com/", 'bad_origin'],
    ["Host: app.example.com\nOrigin: https://app.example.com:", 'bad_origin'],
    ["Host: app.example.com\nOrigin: https://app.example.com:x",
                                                            'bad_origin'],
    ["Host: app.example.com\nOrigin: https://app.example.com, null",
                                                            'bad_origin'],
    ["Host: app.example.com\nOrigin: https://x\@app.example.com",
                                                            'bad_origin'],
    ["Host: app.example.com\nReferer: https://app.example.com/",
                                                            'bad_origin'],

    # two of them

    ["Host: a.com\nOrigin: https://a.com\nOrigin: https://a.com",
                                                            'bad_origin'],
    ["Host: a.com\nOrigin: https://a.com\norigin: https://b.com",
                                                            'bad_origin'],
));

# a list, without "same"

our $List = 'auth_tenant_origin https://a.example.com http://b.example.com:80
                                https://C.example.com:8443;';
our @Listed = cases(map { (POST => "Host: x.com\nOrigin: $_->[0]", $_->[1]) } (
    ['https://a.example.com', 'ok'],
    ['https://A.EXAMPLE.com', 'ok'],
    ['HTTPS://a.example.com:443', 'ok'],
    ['http://b.example.com', 'ok'],
    ['http://b.example.com:80', 'ok'],
    ['https://c.example.com:8443', 'ok'],
    ['http://a.example.com', 'bad_origin'],
    ['https://a.example.com:80', 'bad_origin'],
    ['https://a.example.com:8443', 'bad_origin'],
    ['https://b.example.com', 'bad_origin'],
    ['https://c.example.com', 'bad_origin'],
    ['https://c.example.com:443', 'bad_origin'],
    ['https://x.com', 'bad_origin'],
    ['null', 'bad_origin'],
));

our @Both = cases(map { (POST => "Host: x.com\nOrigin: $_->[0]", $_->[1]) } (
    ['https://x.com', 'ok'],
    ['https://a.example.com', 'ok'],
    ['https://y.com', 'bad_origin'],
));

our @Any = cases(
    POST => '', 'ok',
    POST => 'Origin: null', 'ok',
    POST => 'Origin: https://evil.com', 'ok',
    GET => $upgrade, 'ok',
);

# WebSockets from the page's own site

our @Socket = cases(
    GET => "$upgrade\nHost: a.com\nOrigin: https://a.com", 'ok',
    GET => "$upgrade\nHost: a.com\nOrigin: https://b.com", 'bad_origin',
);

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: A1.7: unsafe methods and WebSockets need an Origin
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- request eval: $::Methods[0]
--- more_headers eval: $::Methods[1]
--- raw_response_headers_like eval: $::Methods[2]
--- error_code eval: $::Methods[3]



=== TEST 2: A1.7: which is the site's own
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- request eval: $::Same[0]
--- more_headers eval: $::Same[1]
--- raw_response_headers_like eval: $::Same[2]
--- error_code eval: $::Same[3]



=== TEST 3: A1.7: for WebSockets alike
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- request eval: $::Socket[0]
--- more_headers eval: $::Socket[1]
--- raw_response_headers_like eval: $::Socket[2]
--- error_code eval: $::Socket[3]



=== TEST 4: A1.7: or one of a list
--- http_config eval: $::HttpConfig
--- config eval: location($::List)
--- request eval: $::Listed[0]
--- more_headers eval: $::Listed[1]
--- raw_response_headers_like eval: $::Listed[2]
--- error_code eval: $::Listed[3]



=== TEST 5: or either
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_origin https://a.example.com same;')
--- request eval: $::Both[0]
--- more_headers eval: $::Both[1]
--- raw_response_headers_like eval: $::Both[2]
--- error_code eval: $::Both[3]



=== TEST 6: "any", said aloud
--- http_config eval: $::HttpConfig
--- config eval: location('auth_tenant_origin any;')
--- request eval: $::Any[0]
--- more_headers eval: $::Any[1]
--- raw_response_headers_like eval: $::Any[2]
--- error_code eval: $::Any[3]



=== TEST 7: who sends a token as a header is no browser led astray
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- request eval
[('POST /maksym/') x 3]
--- more_headers eval
[bearer($::good), "X-Id-Token: $::good",
 bearer($::good) . "\nOrigin: https://evil.com"]
--- error_code eval
[200, 200, 200]



=== TEST 8: HTTP/1.0 without a Host has nothing to compare with
--- http_config eval: $::HttpConfig
--- config eval: location('')
--- raw_request eval
"POST /maksym/ HTTP/1.0\r\nOrigin: http://localhost\r\n"
. "Cookie: id=$::good\r\nContent-Length: 0\r\n\r\n"
--- error_code: 403
--- response_headers
X-Result: bad_origin

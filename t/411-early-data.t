#!/usr/bin/perl

# B2.15: what comes in TLS early data may be a recording (RFC 8446 section 8):
# only a method that changes nothing is let in, others are 425 (RFC 8470) and
# are sent again after the handshake.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

file('tls.key', key('P-256', 'tls')->private_pem);
file('tls.crt', key('P-256', 'tls')->certificate);

# The handshake may be over before nginx comes to the request: then once more.

sub early {
    my $got;
    for (1 .. 20) {
        $got = once(@_);
        last if $got =~ /1$/;
    }
    return $got;
}

# A request in early data: a first connection gets the session, a second one
# sends the request with its first flight.

sub once {
    my ($method, @headers) = @_;

    my $port = port() + 1;
    my $files = $ENV{TEST_NGINX_FILES};
    my $client = "openssl s_client -connect 127.0.0.1:$port -tls1_3 -quiet";
    my @lines = ('Host: a', bearer(token()), 'Content-Length: 0',
                 'Connection: close', @headers);

    file('first', join "\r\n", 'GET /none HTTP/1.1', @lines, '', '');
    file('request', join "\r\n", "$method /maksym/ HTTP/1.1", @lines, '', '');

    system "$client -sess_out $files/session < $files/first >/dev/null 2>&1";
    my $said = qx{$client -sess_in $files/session \\
                  -early_data $files/request </dev/null 2>$files/stderr};

    my ($status) = $said =~ m{^HTTP/1.1 (\d+)};
    my ($word) = $said =~ /^X-Result: (\w*)/m;
    my ($early) = $said =~ /^X-Early: (\d*)/m;
    return join ' ', $status // 'nothing', $word // '-', $early || 'late';
}

plan_tests();
run_tests();

__DATA__

=== TEST 1: methods that change nothing, and those that do
--- http eval
my $port = port() + 1;
<<"END";
    server {
        listen 127.0.0.1:$port ssl;
        ssl_protocols        TLSv1.3;
        ssl_early_data       on;
        ssl_session_tickets  on;
        ssl_certificate      \$TEST_NGINX_FILES/tls.crt;
        ssl_certificate_key  \$TEST_NGINX_FILES/tls.key;
        add_header           X-Result \$auth_result always;
        add_header           X-Early  \$ssl_early_data always;
        location / {
            auth_tenant      corp;
            auth_tenant_path "/{user}/";
            proxy_pass       http://app;
        }
    }
END
--- config
--- client
is(early('GET'), '200 ok 1', 'GET');
is(early('HEAD'), '200 ok 1', 'HEAD');
is(early('OPTIONS'), '200 ok 1', 'OPTIONS');
is(early($_), '425 early_data 1', $_) for qw(POST PUT PATCH DELETE MKCOL FOO);
is(early('GET', 'Upgrade: websocket', 'Connection: upgrade'),
   '425 early_data 1', 'WebSocket');

#!/usr/bin/perl

# B2.7: the host that was judged: whole labels, compared from the first to the
# last, of a host that everybody on the way reads in the same way.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

use IO::Socket::UNIX ();

our $Location = <<'END';
    location / {
        auth_tenant       corp;
        auth_tenant_host  "{module}.{tenant}.example.com";
        proxy_set_header  Host $http_host;
        proxy_pass        http://app;
    }
END

# asks for hosts, each with the same word

sub hosts {
    my ($word, @hosts) = @_;
    return map { [ '/' => $word, host => $_ ] } @hosts;
}

# absolute-form requests: [HOST OF THE TARGET, HOST HEADER, WORD]

sub absolute {
    return map {
        my ($target, $host, $word) = @$_;
        [ "GET http://$target/x" => $word, host => $host ]
    } @_;
}

# a certificate for the TLS servers, minted here

file('tls.key', key('P-256', 'tls')->private_pem);
file('tls.crt', key('P-256', 'tls')->certificate);

our $Tls = <<'END';
    server {
        listen unix:$TEST_NGINX_HTML_DIR/tls.sock ssl http2;
        ssl_certificate      $TEST_NGINX_FILES/tls.crt;
        ssl_certificate_key  $TEST_NGINX_FILES/tls.key;
        add_header           X-Result $auth_result always;
        proxy_set_header     Host $http_host;

        location / {
            auth_tenant       corp;
            auth_tenant_host  "{module}.{tenant}.example.com"
                              "{module}.{tenant}.example.org";
            proxy_pass        http://app;
        }

        location /by-path/ {
            auth_tenant       corp;
            auth_tenant_path  "/by-path/{tenant}/";
            proxy_pass        http://app;
        }
    }
END

# Asks over TLS with the server name `sni`, by HTTP/2 or 1.1

sub over_tls {
    my ($http, $sni, $host, $path) = @_;

    my $socket = "$ENV{TEST_NGINX_HTML_DIR}/tls.sock";
    my @token = ('-H', bearer(token()));
    my $said = qx{curl -sk -o - -D - --$http --unix-socket $socket -H '$token[1]' \\
                  -H 'Host: $host' 'https://$sni@{[ $path // '/' ]}'};

    my ($status) = $said =~ m{^HTTP/[\d.]+ (\d+)};
    my ($word) = $said =~ m{^x-result: (\S*)\r}mi;
    return join ' ', $status // "curl: $?", $word // '-';
}

# The same by a client that sends a server name as it is, or none

sub by_openssl {
    my ($option) = @_;

    my $request = file('request', join "\r\n", 'GET / HTTP/1.1',
        'Host: jupyter.acme.example.com', bearer(token()), 'Connection: close',
        '', '');
    return scalar qx{openssl s_client -quiet $option \\
        -unix $ENV{TEST_NGINX_HTML_DIR}/tls.sock < $request 2>/dev/null};
}

# A header field of HTTP/2 as a literal that is not indexed (RFC 7541 6.2.2)

sub field {
    my ($name, $value) = @_;
    my $length = length $value;
    my $n = $length < 127 ? chr $length
            : chr(127) . ($length - 127 < 128 ? chr($length - 127)
              : chr(($length - 127) % 128 | 128) . chr(($length - 127) >> 7));
    return "\0" . chr(length $name) . $name . $n . $value;
}

# The status of one request with these fields over HTTP/2 without TLS

sub over_http2 {
    my (@fields) = @_;

    my $socket = IO::Socket::UNIX->new(
        Peer => "$ENV{TEST_NGINX_HTML_DIR}/h2.sock") or die "h2.sock: $!\n";
    my $block = '';
    while (my ($name, $value) = splice @fields, 0, 2) {
        $block .= field($name, $value);
    }

    print $socket "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\0\0\0\4\0\0\0\0\0",
        substr(pack('N', length $block), 1), "\1\5", pack('N', 1), $block;
    $socket->flush;

    # nginx writes ":status" first: an index, or three digits

    local $SIG{ALRM} = sub { die "no answer over HTTP/2\n" };
    alarm 10;
    my $in = '';
    while ($socket->sysread($in, 4096, length $in)) {
        my $at = 0;
        while (length($in) >= $at + 9) {
            my $length = unpack 'N', "\0" . substr $in, $at, 3;
            last if length($in) < $at + 9 + $length;
            my $payload = substr $in, $at + 9, $length;
            if (ord(substr $in, $at + 3, 1) == 1) {
                alarm 0;
                return $1 if $payload =~ /^[\x08\x48]\x03(\d{3})/;
                my $index = ord($payload) & 0x7f;
                return (200, 204, 206, 304, 400, 404, 500)[$index - 8];
            }
            $at += 9 + $length;
        }
    }
    alarm 0;
    return 'closed';
}

plan_tests();
run_tests();

__DATA__

=== TEST 1: hosts that are read as they are written
--- config eval: $::Location
--- asks eval
hosts('ok', 'jupyter.acme.example.com', 'JUPYTER.Acme.EXAMPLE.com',
    'jupyter.acme.example.com.', 'jupyter.acme.example.com:8080',
    'JUPYTER.ACME.EXAMPLE.COM.:80', 'jupyter.acme.example.com:'),
[ '/' => 'ok', vars => 'maksym|acme|jupyter|', host =>
  'JUPYTER.ACME.EXAMPLE.COM.:80' ]



=== TEST 2: hosts of others
--- config eval: $::Location
--- asks eval
hosts('wrong_tenant', 'jupyter.globex.example.com', 'jupyter.acm.example.com'),
hosts('wrong_module', 'jupyte.acme.example.com', 'x.acme.example.com')



=== TEST 3: unknown hosts; a suffix begins at a label
--- config eval: $::Location
--- asks eval
hosts('no_match', 'example.com', 'acme.example.com', 'localhost', '127.0.0.1',
    'jupyter.acme.xexample.com', 'jupyter.acme-example.com',
    'jupyter.acme.example.com.evil.org', 'x.jupyter.acme.example.com',
    'jupyter.acme.example.org', '[::1]', '.acme.example.com',
    'jupyter.acme.exampl', 'jupyter.acme.example.co',
    'jupyter.acme.example.comm')



=== TEST 4: F10: labels that are none
--- config eval: $::Location
--- asks eval
hosts('no_match', 'm%2et.acme.example.com', 'jupyter%2eacme.example.com',
    'a_b.acme.example.com', 'jupyter.acme_.example.com', '-x.acme.example.com',
    'x-.acme.example.com', "j'x.acme.example.com", 'j;x.acme.example.com',
    'j,x.acme.example.com', '*.acme.example.com', ('x' x 64) . '.acme.example.com'),
hosts('no_match, nginx 400', 'a@m.acme.example.com', 'a@jupyter.acme.example.com',
    'j"x.acme.example.com', 'j?x.acme.example.com', 'j#x.acme.example.com',
    "j\x{e9}.acme.example.com", '{module}.acme.example.com',
    'a\\b.acme.example.com'),
hosts('wrong_module', ('x' x 63) . '.acme.example.com', 'xn--e1afmkfd.acme.example.com',
    '0.acme.example.com')



=== TEST 5: hosts that nginx itself refuses
--- config eval: $::Location
--- asks eval
hosts('nginx 400', 'jupyter..acme.example.com', 'a/b.acme.example.com', ':80',
    undef, "jupyter.acme.example.com\r\nHost: x.acme.example.com",
    "jupyter\0.acme.example.com")



=== TEST 6: what stands behind the port is forwarded too, so it must be a port
--- config eval: $::Location
--- asks eval
hosts('bad_host, nginx 400', 'jupyter.acme.example.com:80@evil.example.org',
    'jupyter.acme.example.com:80:443', 'jupyter.acme.example.com:8o',
    'jupyter.acme.example.com:.globex.example.com',
    'jupyter.acme.example.com:80.')



=== TEST 7: F10: absolute form: target and Host header are of one host
--- config eval: $::Location
--- asks eval
absolute(
    ['jupyter.acme.example.com', 'jupyter.acme.example.com', 'ok'],
    ['JUPYTER.acme.example.com.', 'jupyter.acme.example.COM', 'ok'],
    ['jupyter.acme.example.com:80', 'jupyter.acme.example.com.:81', 'ok'],
    ['jupyter.acme.example.com', 'jupyter.globex.example.com', 'bad_host'],
    ['jupyter.globex.example.com', 'jupyter.acme.example.com', 'bad_host'],
    ['jupyter.acme.example.com', 'jupyter.acme.example.com.evil.org', 'bad_host'],
    ['jupyter.acme.example.com', 'jupyter.acme.example.co', 'bad_host'],
    ['jupyter.acme.example.com', 'xjupyter.acme.example.com', 'bad_host'],
    ['jupyter.acme.example.com', 'jupyter.acme.example.com..', 'nginx 400'],
    ['jupyter.globex.example.com', 'jupyter.globex.example.com', 'wrong_tenant'])



=== TEST 8: the same where no template looks at the host
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        proxy_pass        http://app;
    }
--- asks eval
[ 'GET http://a.example.com/maksym/' => 'ok', host => 'a.example.com' ],
[ 'GET http://a.example.com/maksym/' => 'bad_host', host => 'b.example.com' ],
[ '/maksym/' => 'ok', host => 'whatever' ]



=== TEST 9: HTTP/1.0 without a Host names nobody
--- config eval: $::Location
--- client
my $got = answer("GET / HTTP/1.0\r\n" . bearer(token()) . "\r\n\r\n");
is($got->{status}, 404, 'not found');
is($got->{header}{'x-result'}, 'no_match', 'no_match');



=== TEST 10: several templates
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_host  "{module}.{tenant}.example.com"
                          "{tenant}.{module}.apps.example.org"
                          "www.{module}.{tenant}.example.com";
        proxy_pass        http://app;
    }
--- asks eval
hosts('ok', 'jupyter.acme.example.com', 'acme.jupyter.apps.example.org',
    'www.jupyter.acme.example.com'),
hosts('wrong_tenant', 'jupyter.acme.apps.example.org',
    'acme.jupyter.example.com'),
hosts('no_match', 'jupyter.acme.example.org', 'xxx.jupyter.acme.example.com')



=== TEST 11: forwarded hosts decide nothing (B2.16)
--- config eval: $::Location
--- asks eval
map { [ '/' => 'wrong_tenant', host => 'jupyter.globex.example.com',
        headers => "$_: jupyter.acme.example.com" ] }
    'X-Forwarded-Host', 'X-Original-Host', 'X-Host', 'Forwarded'



=== TEST 12: TLS: server name and host of one tenant
--- http eval: $::Tls
--- config
--- client
for my $http ('http1.1', 'http2') {
    for (['jupyter.acme.example.com', 'jupyter.acme.example.com'],
         ['datalab.acme.example.com', 'jupyter.acme.example.com'],
         ['JUPYTER.Acme.example.com', 'jupyter.acme.example.com'],
         ['jupyter.acme.example.org', 'datalab.acme.example.com'],
         ['gateway.internal', 'jupyter.acme.example.com'])
    {
        is(over_tls($http, @$_), '200 ok', "$http: name $_->[0], host $_->[1]");
    }
}



=== TEST 13: TLS: server name and host of two tenants are 421
--- http eval: $::Tls
--- config
--- client
for my $http ('http1.1', 'http2') {
    for (['jupyter.globex.example.com', 'jupyter.acme.example.com'],
         ['x.GLOBEX.example.com', 'jupyter.acme.example.com'],
         ['jupyter.globex.example.org', 'jupyter.acme.example.com'],
         ['jupyter.acme.example.com', 'jupyter.globex.example.com'])
    {
        is(over_tls($http, @$_), '421 misdirected',
           "$http: name $_->[0], host $_->[1]");
    }
}
like(by_openssl('-servername X.GloBex.Example.ORG'), qr{^HTTP/1.1 421 },
     'a server name in upper case');
--- error_log
auth_tenant: refused: misdirected: TLS server name and Host are of two tenants



=== TEST 14: TLS: no server name, and locations that look at no host
--- http eval: $::Tls
--- config
--- client
like(by_openssl('-noservername'), qr{^HTTP/1.1 200 .*^X-Result: ok\r}ms,
     'no server name');
is(over_tls('http2', 'x.globex.example.com', 'y.initech.example.com',
            '/by-path/acme/'), '200 ok', 'the tenant is in the path');



=== TEST 15: HTTP/2: :authority, and a host beside it
--- http
    server {
        listen unix:$TEST_NGINX_HTML_DIR/h2.sock http2;

        location / {
            auth_tenant       corp;
            auth_tenant_host  "{module}.{tenant}.example.com";
            proxy_pass        http://app;
        }
    }
--- config
--- client
my @good = (':method' => 'GET', ':scheme' => 'https', ':path' => '/',
            authorization => 'Bearer ' . token());
my ($ours, $theirs) = map { "jupyter.$_.example.com" } 'acme', 'globex';

is(over_http2(@good[0 .. 5], ':authority' => $ours, @good[6, 7]), 200, 'ours');
is(over_http2(@good[0 .. 5], ':authority' => $theirs, @good[6, 7]), 403,
   'theirs');
is(over_http2(@good[0 .. 5], ':authority' => $ours, @good[6, 7],
              host => $theirs), 400, 'ours, and their host beside it');
is(over_http2(@good[0 .. 5], ':authority' => $theirs, @good[6, 7],
              host => $ours), 400, 'theirs, and our host beside it');
is(over_http2(@good, host => $ours), 200, 'a host alone');
is(over_http2(@good[0 .. 5], ':authority' => 'm%2et.acme.example.com',
              @good[6, 7]), 404, 'F10: a label that is none');

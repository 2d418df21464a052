#!/usr/bin/perl

# Fetching over HTTP(S), as nothing but that: an nginx module of the test's own
# starts what it is asked for, with the module's code (t/glue/fetch_module.c),
# and the suite's provider answers as it should or goes wrong in every way it
# knows.

use strict;
use warnings;

use lib 't/lib';

use File::Temp ();
use IO::Socket::INET ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use AuthTenant::Fetch qw(fetch fetching);
use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks);

my $provider = AuthTenant::Provider->start;
my $key = key('ES256');

$provider->realm('acme', $key);

my $good = jwks($key);
my $url = $provider->issuer('acme') . '/jwks';


# none of these may count

my @environment = map { ("${_}_proxy", uc "${_}_proxy") } qw(http https all);
$ENV{$_} = 'http://127.0.0.1:9' for @environment;
$ENV{NO_PROXY} = $ENV{no_proxy} = '*';

my $environment = join ' ', map { "env $_;" } @environment,
                                              qw(NO_PROXY no_proxy);
my $nginx = fetching(main => $environment);


subtest 'a document' => sub {

    $provider->fault('/jwks', headers => ['Cache-Control: max-age=60',
                                          'cache-control:  public ']);
    $provider->clear;

    my $said = fetch($nginx, $url);
    is($said->{error}, '', 'nothing is wrong');
    is($said->{status}, 200, 'its status');
    is($said->{body}, $good, 'the document');
    is($said->{cache_control}, 'max-age=60, public', 'how long it is good');

    my ($request) = $provider->requests('/jwks');
    my $headers = $request->{headers};
    is($headers->{accept}, 'application/json', 'what was asked for');
    is($headers->{'user-agent'}, 'nginx-auth-tenant', 'by whom');
    is(join(' ', sort keys %$headers), 'accept host user-agent',
       'and nothing else: no encoding, no cookie');
    is($request->{method}, 'GET', 'a GET');

    fetch($nginx, $url);
    is($provider->connections, 2, 'connections are not kept');

    $provider->fault('/jwks', headers => ['Cache-Control: ' . 'a' x 300,
                                          'Cache-Control: ' . 'b' x 300]);
    is(fetch($nginx, $url)->{cache_control}, 'a' x 300,
       'a header that does not fit is left out whole');

    $provider->fault('/jwks', 'chunked');
    is(fetch($nginx, $url)->{body}, $good, 'in chunks');
    $provider->heal;
};


# a server that sends just these bytes, to one connection after the other

my (@raw, @kept);

sub raw {
    my (@lines) = @_;

    my $socket = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1')
        or die "socket: $!\n";
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        while (my $client = $socket->accept) {
            while (my $line = <$client>) {
                last if $line !~ /\S/;
            }
            print $client map { "$_\r\n" } @lines;
        }
        POSIX::_exit(0);
    }

    push @raw, $pid;
    return 'http://127.0.0.1:' . $socket->sockport . '/';
}


subtest 'of several answers the last' => sub {

    my $said = fetch($nginx, raw(
        'HTTP/1.1 103 Early Hints', 'Cache-Control: max-age=1',
        'Content-Encoding: identity', '',
        'HTTP/1.1 200 OK', 'Cache-Control: max-age=2',
        'Transfer-Encoding: chunked', 'Trailer: Cache-Control', '',
        '2', '{}', '0', 'Cache-Control: max-age=3', 'Content-Encoding: gzip',
        ''));

    is($said->{error}, '', 'interim answer, chunks, trailer');
    is($said->{body}, '{}', 'the document');
    is($said->{cache_control}, 'max-age=2', 'and its header');
};


# E5, E6: nothing of it is a document

subtest 'an answer that is none' => sub {

    my @wrong = (
        [[status => 500]              => qr/^it answers with status 500$/],
        [[status => 404]              => qr/^it answers with status 404$/],
        [['empty']                 => qr/^it answers with status 204$/],
        [[redirect => [301, 'http://127.0.0.1/']] =>
            qr/^it answers with status 301, redirects are not followed: /],
        [[redirect => [302, $url]]    => qr/^it answers with status 302, /],
        [[redirect => [308, $url]]    => qr/^it answers with status 308, /],
        [['gzip']                  => qr/encoded, which was not asked for/],
        [[headers => ['Content-Encoding: br']] => qr/encoded/],
        [[headers => ['Transfer-Encoding: gzip']] => qr/encoded/],
        [['longer']                => qr/closed/],
        [['half']                  => qr/closed/],
        [['half_reset']            => qr/reset|closed/],
        [['reset']                 => qr/reset/],
        [['close']                 => qr/Empty reply/],
        [['garbage']               => qr/HTTP.*, look at its port/],
        [['chunk_size']            => qr/chunk/i],
        [['chunk_end']             => qr/closed/],
        [['chunk_huge']            => qr/./],
    );

    for (@wrong) {
        my ($how, $error) = @$_;

        $provider->fault('/jwks', @$how);
        my $said = fetch($nginx, $url);

        my $name = join ' ', map { ref ? $_->[0] : $_ } @$how;
        like($said->{error}, $error, $name);
        is($said->{body}, '', "$name: no document");
        cmp_ok($said->{seconds}, '<', 1, "$name: at once");
    }

    $provider->fault('/jwks', headers => ['Content-Encoding: identity']);
    is(fetch($nginx, $url)->{body}, $good, 'as it is');

    $provider->fault('/jwks', redirect => [302, $url], times => 1);
    $provider->clear;
    fetch($nginx, $url);
    is(scalar(() = $provider->requests), 1, 'a redirect causes no request');
    $provider->heal;
};


# E4, E7: time, and size

subtest 'without end' => sub {

    for my $how (qw(never half_never informational headers_endless),
                 [slow_head => 0.1], [slow_body => 0.1])
    {
        my @how = ref $how ? @$how : $how;

        $provider->fault('/jwks', @how);
        my $said = fetch($nginx, $url, timeout => 600);
        like($said->{error}, qr/timed out|headers are larger/, $how[0]);
        cmp_ok($said->{seconds}, '<', 1.2, "$how[0]: not for longer");
    }

    $provider->fault('/jwks', 'headers_endless');
    like(fetch($nginx, $url)->{error}, qr/^its headers are larger than 64k$/,
         'headers end at 64k');

    $provider->fault('/jwks', 'informational');
    like(fetch($nginx, $url)->{error}, qr/^its headers are larger than 64k$/,
         'those of interim answers, too');

    for my $how (qw(huge huge_chunked)) {
        $provider->fault('/jwks', $how => 1 << 30);
        $provider->clear;
        is(fetch($nginx, $url)->{error}, 'its answer is too large', $how);

        sleep 0.1;
        my ($request) = $provider->requests;
        cmp_ok($request->{sent}, '<', 8 << 20, "$how: cut");
    }

    $provider->heal;
    my $size = length $good;

    is(fetch($nginx, $url, max => $size)->{body}, $good,
       'exactly as large as it may be');
    is(fetch($nginx, $url, max => $size - 1)->{error},
       'its answer is too large', 'a byte less');

    $provider->fault('/jwks', 'chunked');
    is(fetch($nginx, $url, max => $size)->{body}, $good, 'in chunks');
    is(fetch($nginx, $url, max => $size - 1)->{error},
       'its answer is too large', 'a byte less');

    $provider->fault('/jwks', huge => 262144);
    is(fetch($nginx, $url)->{length}, 262144, '256k');

    is(fetch($nginx, raw('HTTP/1.1 200 OK', 'Content-Length: 262145', ''))
       ->{error}, 'its answer is too large', 'more is said than may come');

    for my $how ([huge => 1 << 30], [slow_body => 0.1]) {
        $provider->fault('/jwks', status => 500, @$how);
        my $said = fetch($nginx, $url);
        is($said->{error}, 'it answers with status 500',
           "$how->[0]: of an error");
        cmp_ok($said->{seconds}, '<', 1, "$how->[0]: no body is read");
    }

    $provider->heal;
};


subtest 'no connection' => sub {

    $provider->refuse;
    like(fetch($nginx, $url)->{error}, qr/^Failed to connect/, 'refused');

    $provider->hang;
    my $said = fetch($nginx, $url, connect => 300);
    like($said->{error}, qr/timed? ?out/i, 'not completed');
    cmp_ok($said->{seconds}, '<', 1, 'for as long as connecting may take');

    $provider->mute;
    like(fetch($nginx, $url, timeout => 300)->{error}, qr/timed out/, 'mute');

    $provider->drop;
    like(fetch($nginx, $url)->{error}, qr/reset|closed|connect/i, 'dropped');

    $provider->open;
    is(fetch($nginx, $url)->{body}, $good, 'and as before');
};


# A7.2, A7.3

subtest 'what is not fetched' => sub {

    my $before = $provider->connections;

    like(fetch($nginx, $url, http => 0)->{error},
         qr/^Protocol "http" .*, write an https:\/\/ URL$/, 'http');

    like(fetch($nginx, $_)->{error}, qr/^Protocol/, $_)
        for 'file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1/';

    (my $user = $url) =~ s{//}{//a:b@};
    isnt(fetch($nginx, $user)->{error}, '', 'with a password in the URL');

    my $port = $provider->port;
    for my $host (qw(127.0.0.1 [::1] [::ffff:127.0.0.1] 0.0.0.0 [::]
                     169.254.169.254 [fe80::1] localhost 224.0.0.1))
    {
        my $this = $host =~ /^(?:127\.0\.0\.1|\[::1\]|localhost)$/
            ? ', if it is this machine, write localhost or 127.0.0.1 in its URL'
            : '';
        like(fetch($nginx, "http://$host:$port/realms/acme/jwks",
                   loopback => 0)->{error},
             qr/^its address \S+ is loopback, link-local or multicast$this$/,
             $host);
    }

    for my $host (qw(0.0.0.0 [::] [::ffff:127.0.0.1] 169.254.169.254)) {
        like(fetch($nginx, "http://$host:$port/realms/acme/jwks")->{error},
             qr/^its address \S+ is loopback, link-local or multicast\b/,
             "$host, although this host itself is allowed");
    }

    is($provider->connections, $before, 'nobody was asked');
    is(fetch($nginx, $url)->{body}, $good, 'what is allowed is fetched');
};


subtest 'a proxy' => sub {

    my $proxy = AuthTenant::Provider->start;
    my $far = 'http://login.example.com/realms/acme/jwks';
    $proxy->document($far, $good);

    my $said = fetch($nginx, $far, proxy => $proxy->url(''), loopback => 0);
    is($said->{error}, '', 'is asked, wherever it stands');
    is($said->{body}, $good, 'and answers');

    my ($request) = $proxy->requests;
    is($request->{host}, 'login.example.com', 'for the host');
};


# a server whose certificate has an odd name, and is its own CA: what fetch()
# wants to go there

sub odd_server {
    my $dir = File::Temp->newdir;

    system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256'
           . " -nodes -utf8 -subj '/CN=caf\xc3\xa9\e[1m' -keyout $dir/key"
           . " -out $dir/crt 2> /dev/null") == 0
        or die "openssl req has failed\n";

    my $pid = open my $server, '-|', qw(openssl s_server -www -accept),
        '127.0.0.1:0', '-cert', "$dir/crt", '-key', "$dir/key"
        or die "openssl: $!\n";

    push @raw, $pid;
    push @kept, $dir, $server;

    while (<$server>) {
        return ("https://$1/", ca => "$dir/crt") if /^ACCEPT (\S+)/;
    }

    die "openssl s_server has ended\n";
}


# E8

subtest 'TLS' => sub {

    my $tls = AuthTenant::Provider->start(tls => 1, host => 'localhost');
    $tls->realm('acme', $key);

    my $https = $tls->issuer('acme') . '/jwks';
    my %ca = (ca => $tls->ca);

    is(fetch($nginx, $https, %ca)->{body}, $good, 'a certificate that is good');
    is(fetch($nginx, $https, %ca, http => 0)->{body}, $good, 'no http needed');

    like(fetch($nginx, $https)->{error},
         qr/certificate.*, name its CA in "ssl_trusted_certificate"$/,
         'of a CA that was not named');
    like(fetch($nginx, $https, ca => '/nonexistent')->{error},
         qr/certificate.*, let the workers' user read that file/,
         'a file of CAs that is missing');

    my %wrong = (expired => qr/expired/, not_yet => qr/not yet valid/,
                 wrong_host => qr/match|host/, self_signed => qr/self.signed/,
                 other_ca => qr/issuer/, tls10 => qr/SSL|TLS/,
                 tls11 => qr/SSL|TLS/);

    for my $which (sort keys %wrong) {
        $tls->tls($which);

        my $said = fetch($nginx, $https, %ca);
        like($said->{error}, $wrong{$which}, $which);
        is($said->{body}, '', "$which: no document");

        is(fetch($nginx, $https, %ca, verify => 0)->{body}, $good,
           "$which: with verification off") if $which !~ /^tls/;
    }

    $tls->tls('tls11');
    like(fetch($nginx, $https, %ca, verify => 0)->{error}, qr/SSL|TLS/,
         'TLS 1.1 is too old even then');
    $tls->tls('good');

    like(fetch($nginx, odd_server())->{error},
         qr/^SSL: certificate subject name 'caf\?\?\?\[1m' does not match/,
         'bytes of a server are in no message');

    # the file is read for each fetch

    my $file = File::Temp->new;
    open my $fh, '<', $tls->ca or die;
    print $file do { local $/; <$fh> };
    $file->flush;

    is(fetch($nginx, $https, ca => "$file")->{body}, $good, 'a CA');
    truncate $file, 0;
    isnt(fetch($nginx, $https, ca => "$file")->{error}, '',
         'that was taken out of its file');
};


is($nginx->stop, '', 'nothing was left open');

kill TERM => @raw;
waitpid $_, 0 for @raw;

done_testing();

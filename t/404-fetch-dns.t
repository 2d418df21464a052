#!/usr/bin/perl

# Fetching by name (E9, A7.3), in a network of this file's own: names that do
# not exist, are not answered, or lead where nobody may be led; and the
# system's own CAs.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Namespace '192.0.2.1', '192.0.2.2', '169.254.169.254';
use AuthTenant::Fetch qw(fetch fetching worker);
use AuthTenant::Provider;
use AuthTenant::Resolver;
use AuthTenant::Token qw(key jwks);

use File::Temp ();
use POSIX ();
use Socket qw(AF_INET6 SOCK_STREAM inet_pton pack_sockaddr_in6);
use Test::More;
use Time::HiRes qw(sleep time);

my $host = 'login.example.com';
my $dns = AuthTenant::Resolver->start(port => 53, $host => '192.0.2.1');
my $key = key('ES256');
my $good = jwks($key);

my %at = map {
    $_ => AuthTenant::Provider->start(port => 80, address => $_,
                                      host => $host)
} '192.0.2.1', '127.0.0.1', '169.254.169.254';

$_->realm('acme', $key) for values %at;

my $url = "http://$host/realms/acme/jwks";
my $nginx = fetching();

my %strict = (loopback => 0);

sub asked { join ' ', map { $at{$_}->connections ? $_ : () } sort keys %at }


is(fetch($nginx, $url, %strict)->{body}, $good, 'a name');


subtest 'no answer' => sub {

    $dns->name($host, 'nxdomain');
    is(fetch($nginx, $url)->{error}, "Could not resolve host: $host",
       'no such name');

    $dns->name($host, $_), like(fetch($nginx, $url, timeout => 3000)->{error},
        qr/^Could not resolve host|timed out/, $_)
        for qw(servfail refused empty garbage);

    $dns->name($host, 'never');
    my $said = fetch($nginx, $url, timeout => 400);
    like($said->{error}, qr/timed out/, 'never');
    cmp_ok($said->{seconds}, '<', 0.8, 'no longer than a fetch may take');

    # while a name is looked up, a worker does its work

    my $socket = $nginx->connect;
    print $socket "GET /fetch?url=$url&timeout=900 HTTP/1.1\r\n"
                  . "Host: localhost\r\n\r\n";
    sleep 0.1;
    my $start = time;
    is(($nginx->get('/alive'))[0], 200, 'a request meanwhile');
    cmp_ok(time - $start, '<', 0.2, 'is answered at once');
    close $socket;
};


subtest 'an address that is this host' => sub {

    $_->clear for values %at;

    for my $address ('127.0.0.1', '169.254.169.254', '::1', '0.0.0.0',
                     '::ffff:127.0.0.1')
    {
        $dns->name($host, $address);
        like(fetch($nginx, $url, %strict)->{error},
             qr/^its address \S+ is loopback, link-local or multicast\b/,
             $address);
    }

    $dns->name($host, '169.254.169.254');
    like(fetch($nginx, $url)->{error}, qr/^its address 169.254.169.254 is /,
         'the metadata service, even where loopback is allowed');

    $dns->name($host, '127.0.0.1', '169.254.169.254');
    like(fetch($nginx, $url, %strict)->{error}, qr/^its address/, 'several');

    is(asked(), '', 'nobody was asked');

    $dns->name($host, ['192.0.2.1'], ['127.0.0.1']);
    my @said = map { fetch($nginx, $url, %strict) } 1 .. 4;
    is(join(' ', map { $_->{body} eq $good ? 'good' : 'none' } @said),
       'good none good none', 'a name that flips');
    is(asked(), '192.0.2.1', 'is followed to the good one only');

    $dns->name($host, '127.0.0.1');
    is(fetch($nginx, $url, loopback => 1)->{body}, $good, 'if it is allowed');
};


subtest 'several addresses' => sub {

    $_->clear for values %at;
    $dns->name($host, '192.0.2.2', '192.0.2.1', '198.51.100.1');
    is(fetch($nginx, $url, %strict)->{body}, $good, 'one of them answers');

    $dns->name($host, '127.0.0.1', '169.254.169.254', '192.0.2.1');
    is(fetch($nginx, $url, %strict)->{body}, $good, 'one of them is allowed');
    is(asked(), '192.0.2.1', 'and asked, none of the others');

    $dns->name($host, '192.0.2.2', '2001:db8::1', '192.0.2.2');
    like(fetch($nginx, $url)->{error}, qr/^Failed to connect/, 'none answers');

    $dns->name($host, '2001:db8::1', ('192.0.2.2') x 4, '192.0.2.1');
    is(fetch($nginx, $url)->{body}, $good, 'the last one does');

    $dns->name($host, '::1', '192.0.2.1');
    my $said = fetch($nginx, $url);
    is($said->{body}, $good, 'one refuses, one answers');
    cmp_ok($said->{seconds}, '<', 0.15, 'at once');
};


# a new address counts at once

subtest 'a name that moves' => sub {

    $dns->ttl(3600);
    $dns->name($host, '192.0.2.2');
    isnt(fetch($nginx, $url)->{error}, '', 'away');
    $dns->name($host, '192.0.2.1');
    is(fetch($nginx, $url)->{body}, $good, 'and back');
};


# half of the time is for the first address; the system has ours with the lower
# number first

subtest 'an address that never answers' => sub {

    my $second = AuthTenant::Provider->start(port => 80, host => $host,
                                             address => '192.0.2.2');
    $second->realm('acme', $key);
    $at{'192.0.2.1'}->hang;
    $dns->name($host, '192.0.2.1', '192.0.2.2');

    my $said = fetch($nginx, $url, connect => 1400);
    is($said->{body}, $good, 'is followed by one that does');
    cmp_ok($said->{seconds}, '>', 0.6, 'after a while');
    cmp_ok($said->{seconds}, '<', 1.1, 'which is half of what there is');

    $second->refuse;
    $at{'192.0.2.1'}->open;
};


# libcurl gives up an IPv6 address and has the next one on a socket with the
# number of the first, without a word in between, since the worker comes late

subtest 'a socket with the number of another' => sub {

    # two addresses of loopback's, which take a moment to be there

    my ($full, $server) = map {
        my $address = inet_pton(AF_INET6, $_);

        socket my $socket, AF_INET6, SOCK_STREAM, 0;
        ioctl $socket, 0x8916, pack 'a16 L l', $address, 128, 1
            or plan skip_all => "there is no IPv6 here: $!";

        for (1 .. 100) {
            last if bind $socket, pack_sockaddr_in6(80, $address);
            sleep 0.02;
        }

        listen $socket, 0 or die "IPv6: $!\n";
        $socket;
    } '2001:db8::1', '2001:db8::2';

    # at one no connection is completed: as many as it takes until one waits

    my @clients;

    for (1 .. 20) {
        socket my $client, AF_INET6, SOCK_STREAM, 0;
        $client->blocking(0);
        connect $client, getsockname $full;
        push @clients, $client;

        my $bits = '';
        vec($bits, fileno $client, 1) = 1;
        last unless select undef, $bits, undef, 0.1;
    }

    $dns->name($host, '2001:db8::1', '2001:db8::2', '192.0.2.2');

    my $worker = worker($nginx);
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        sleep 0.1;
        kill STOP => $worker;
        sleep 1;
        kill CONT => $worker;

        accept(my $client, $server);
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        sleep 1;
        POSIX::_exit(0);
    }

    my $said = fetch($nginx, $url, timeout => 3000);
    kill KILL => $pid;
    waitpid $pid, 0;

    is($said->{body}, '{}', 'an address that answers');
    cmp_ok($said->{seconds}, '>', 0.9, 'after one that does not');
    cmp_ok($said->{seconds}, '<', 1.4, 'is heard of at once');
};


is($nginx->stop, '', 'nothing was left open');


# nobody waits for a thread that looks up a name

subtest 'when a worker ends' => sub {

    for my $signal (qw(TERM QUIT)) {
        my $other = fetching();
        my $pid = worker($other);

        $dns->name($host, 'never');
        my $socket = $other->connect;
        print $socket "GET /fetch?url=$url HTTP/1.1\r\n"
                      . "Host: localhost\r\n\r\n";
        sleep 0.2;

        my $start = time;
        close $socket;
        sleep 0.05;
        $other->signal($signal);
        for (1 .. 300) {
            last unless kill 0, $pid;
            sleep 0.01;
        }
        cmp_ok(time - $start, '<', 0.5, "$signal: at once");

        unlike($other->log, qr/exited on signal/, "$signal: unharmed");
        is($other->stop, '', "$signal: nothing is left open");
    }

    $dns->name($host, '192.0.2.1');
};


# A7.2: the CAs of the system, or those of a file, never both

subtest 'the CAs' => sub {

    my $tls = AuthTenant::Provider->start(port => 443, address => '192.0.2.1',
                                          host => $host, tls => 1);
    $tls->realm('acme', $key);

    my $dir = File::Temp->newdir;
    system('sh', '-c', "cp '@{[ $tls->ca ]}' $dir/ca.crt"
           . " && cp $dir/ca.crt $dir/ca-certificates.crt"
           . " && openssl rehash $dir > /dev/null 2>&1"
           . " && mount --bind $dir /etc/ssl/certs") == 0
        or plan skip_all => "the system's CAs can't be replaced";

    (my $https = $url) =~ s/http/https/;
    my $other = fetching();

    is(fetch($other, $https, %strict)->{body}, $good, "the system's");

    my $file = File::Temp->new;
    print $file `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \\
                 -nodes -keyout /dev/null -subj /CN=another 2> /dev/null`;
    $file->flush;

    like(fetch($other, $https, %strict, ca => "$file")->{error},
         qr/^SSL certificate problem/, "a file's instead");
    is(fetch($other, $https, %strict)->{body}, $good, "the system's again");

    # they are read once, and again when they have changed

    sleep 1.1;
    is(fetch($other, $https, %strict)->{body}, $good, 'read');
    sleep 1.1;
    is(fetch($other, $https, %strict)->{body}, $good, 'and kept');
    system('cp', "$file", "$dir/ca-certificates.crt");
    for my $when ('until the file changes', 'for good') {
        like(fetch($other, $https, %strict)->{error},
             qr/^SSL certificate problem/, $when);
        sleep 1.1;
    }
    system('cp', "$dir/ca.crt", "$dir/ca-certificates.crt");
    is(fetch($other, $https, %strict)->{body}, $good, 'and changes back');

    is($other->stop, '', 'nothing was left open');
    system('umount', '/etc/ssl/certs');
};

done_testing();

#!/usr/bin/perl

# Fetches on nginx's event loop: many at once, cancelled, under every method
# of waiting for events, and when a worker ends (E4, E13).

use strict;
use warnings;

use lib 't/lib';

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use AuthTenant::Fetch qw(fetch fetching worker);
use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks);

my $provider = AuthTenant::Provider->start;
my $key = key('ES256');

$provider->realm('acme', $key);

my $good = jwks($key);
my $url = $provider->issuer('acme') . '/jwks';
my $nginx = fetching();


subtest 'many at once, and in turn' => sub {

    is(fetch($nginx, $url, again => 20)->{started}, 21,
       'the handler of one may start the next');

    $provider->fault('/jwks', delay => 0.2);
    my $said = fetch($nginx, $url, at_once => 30);
    is($said->{started}, 31, 'many at once');
    is($said->{body}, $good, 'of which one ends');
    $provider->heal;

    $provider->fault('/jwks', 'never');
    is(fetch($nginx, $url, cancel => 1)->{error}, 'HTTP 204',
       'one that is cancelled when it is started');

    my $socket = $nginx->connect;
    print $socket "GET /fetch?url=$url HTTP/1.1\r\nHost: localhost\r\n\r\n";
    sleep 0.2;
    close $socket;
    sleep 0.2;

    my ($last) = reverse $provider->requests;
    is($last->{end}, 'closed', 'or while it waits');
    $provider->heal;

    is(fetch($nginx, $url)->{body}, $good, 'and one more');
};


# E4: what is fetched slowly costs nobody anything

subtest 'processor time' => sub {

    my $worker = worker($nginx);
    my $used = sub {
        open my $fh, '<', "/proc/$worker/schedstat" or return 0;
        return (split ' ', <$fh>)[0] / 1e9;
    };

    $provider->fault('/jwks', slow_body => 0.01);
    my $before = $used->();
    fetch($nginx, $url, timeout => 2000);
    my $cost = $used->() - $before;
    cmp_ok($cost, '<', 0.1, 'a byte each 10 ms, 2 s long')
        or diag("$cost s");

    $provider->fault('/jwks', 'never');
    $before = $used->();
    fetch($nginx, $url, timeout => 2000);
    cmp_ok($used->() - $before, '<', 0.02, 'none, 2 s long');
    $provider->heal;
};


subtest 'when a worker ends' => sub {

    for my $signal (qw(QUIT TERM HUP)) {
        my $other = fetching();

        $provider->fault('/jwks', 'never');
        my $socket = $other->connect;
        print $socket "GET /fetch?url=$url HTTP/1.1\r\nHost: localhost\r\n\r\n";
        sleep 0.2;

        # a request holds a worker that was asked politely; a client that
        # leaves lets it go

        $other->signal($signal);
        sleep 0.2;
        close $socket;

        if ($signal eq 'HUP') {
            sleep 0.5;
            $provider->heal;
            is(fetch($other, $url)->{body}, $good, 'the next one fetches');
        }

        my $start = time;
        is($other->stop, '', "$signal: nothing is left open");
        cmp_ok(time - $start, '<', 3, "$signal: soon");
        $provider->heal;
    }
};


# and nobody waits for a fetch that nobody waits for

subtest 'when a worker ends that fetches for itself' => sub {

    my $other = fetching();
    my $worker = worker($other);

    $provider->fault('/jwks', 'never');
    is(fetch($other, $url, detach => 1)->{error}, 'HTTP 204', 'it fetches');

    $other->signal('QUIT');
    my $start = time;
    for (1 .. 100) {
        last unless kill 0, $worker;
        sleep 0.02;
    }
    cmp_ok(time - $start, '<', 1, 'it ends at once');
    is($other->stop, '', 'nothing is left open');
    $provider->heal;
};


# too few connections harm what needs one, and nothing else

subtest 'worker_connections' => sub {

    my $few = fetching(events => 'worker_connections 6;');
    $provider->fault('/jwks', delay => 0.5);

    my $said = fetch($few, $url, at_once => 12);
    like($said->{error}, qr/^its socket can't .* raise "worker_connections"$/,
         'too many at once');
    cmp_ok($said->{seconds}, '<', 0.4, 'are told so at once');
    $provider->heal;

    is(fetch($few, $url)->{body}, $good, 'later one alone');
    like($few->log, qr/worker_connections are not enough/, 'nginx says so');

    my $bad = join '', grep { !/worker_connections are not enough/ }
        split /^/, $few->stop;
    is($bad, '', 'nothing else happens');
};


# libcurl need not read until there is nothing left: what epoll is asked for,
# as nginx's debug log has it

subtest 'level-triggered' => sub {

    my $file = AuthTenant::Nginx::dir() . '/debug.log';
    my $other = fetching(main => "error_log $file debug;");
    my $worker = worker($other);

    $provider->fault('/jwks', delay => 0.3, huge => 200000);
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        sleep 0.15;
        kill STOP => $worker;
        sleep 0.5;
        kill CONT => $worker;
        POSIX::_exit(0);
    }

    my $said = fetch($other, $url, timeout => 3000);
    waitpid $pid, 0;
    is($said->{error}, '', 'a large document that is there already');
    is($said->{length}, 200000, 'is read to its end');
    $provider->heal;
    is($other->stop, '', 'nothing was left open');

    open my $fh, '<', $file or die "$file: $!\n";
    my $log = do { local $/; <$fh> };
    ok($log =~ /epoll add event: fd:\d+ op:1 ev:00000004/, 'not once');
};


# nginx leaves a timer where it is for a difference of less than 300 ms

subtest 'one beside another' => sub {

    $provider->fault('/jwks', 'never');
    fetch($nginx, $url, detach => 1, timeout => 290);
    $provider->heal;

    my $said = fetch($nginx, $url);
    is($said->{body}, $good, 'a fetch');
    cmp_ok($said->{seconds}, '<', 0.1, 'does not wait for another to end');
};


is($nginx->stop, '', 'nothing was left open');


# every way that this nginx has to wait for events, and a single process

my $built = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
my @methods = $built eq 'dynamic' ? 'epoll' : qw(epoll poll select);

for (map { ([$_, ''], [$_, 'master_process off;']) } @methods) {
    my ($method, $main) = @$_;

    subtest "$method $main" => sub {
        my $other = fetching(main => $main,
                          events => "use $method; worker_connections 64;");

        is(fetch($other, $url)->{body}, $good, 'a document');
        is(fetch($other, $url, again => 5, at_once => 10)->{started}, 16,
           'many');
        $provider->fault('/jwks', 'half_reset');
        isnt(fetch($other, $url)->{error}, '', 'one that goes wrong');
        $provider->fault('/jwks', 'never');
        like(fetch($other, $url, timeout => 300)->{error}, qr/timed out/,
             'one that never ends');
        $provider->heal;
        like($other->log, qr/"$method" event method/, 'the method')
            if $method ne 'epoll';
        is(fetch($other, $url)->{body}, $good, 'and as before');
        is($other->stop, '', 'nothing was left open');
    };
}


# a single process keeps its events over a reload, which it survives

subtest 'master_process off, and a reload' => sub {
    my $single = fetching(main => 'master_process off;');
    my $pid = $single->pid;

    $provider->fault('/jwks', 'never');
    my $socket = $single->connect;
    print $socket "GET /fetch?url=$url&timeout=1000 HTTP/1.1\r\n"
                  . "Host: localhost\r\n\r\n";
    sleep 0.2;
    $single->signal('HUP');
    sleep 1.5;

    ok(readlink "/proc/$pid/exe", 'it lives on');
    like($single->log, qr/reconfiguring/, 'with another configuration');
    unlike($single->log, qr/signal 11/, 'unharmed');
    $provider->heal;

    $single->signal('TERM');
    sleep 0.3;
    like($single->log, qr/\] $pid#$pid: exit$/m, 'it ends');
};

done_testing();

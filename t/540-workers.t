#!/usr/bin/perl

# E13, E14, E15, E20: workers come and go, are killed, stopped, and run out of
# connections.  Keys are where they were, requests are answered, and whoever
# is left fetches.  bench/faults does the same for longer.

use strict;
use warnings;

use lib 't/lib', 'bench/faults/lib';

use AuthTenant::Token qw(jwks key);
use Faults;
use Faults::Process qw(asking poke stopped upgrade);
use Faults::Run ();
use Test::More;
use Time::HiRes qw(sleep time);

my $sanitized = ($ENV{AUTH_TENANT_NGINX} // 'dynamic') eq 'sanitize';
my $dynamic = ($ENV{AUTH_TENANT_NGINX} // 'dynamic') eq 'dynamic';
my $slow = $sanitized ? 3 : 1;

$SIG{PIPE} = 'IGNORE';
Faults::Run::prepare();


# what nginx says when a worker is killed

my $killed = qr/exited on signal 9|was locked by \d+/;

# ends a gateway, whose alerts must be foreseen

sub ends {
    my ($front, $foreseen) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @bad = grep { !$foreseen || $_ !~ $foreseen }
              split /^/, $front->{nginx}->stop;
    is("@bad", '', 'nothing alarming in its log');
}

sub unharmed {
    my ($load, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $seen = $load->can('stop') ? $load->stop : $load;

    is($seen->{wrong}, 0, "$what: no wrong answer")
        or diag map { $_->{example} } values %{ $seen->{groups} };
    is($seen->{lost}, 0, "$what: none of $seen->{sent} lost");
    return $seen;
}

sub status {
    my ($front, $path, $token) = @_;
    return ($front->{nginx}->get($path, "Authorization: Bearer $token"))[0];
}

sub said {
    my ($front, $what) = @_;
    return scalar(() = $front->log =~ /$what/g);
}

# a reload, until all workers are new ones

sub renew {
    my ($front) = @_;

    my %old = map { $_ => 1 } workers($front);
    $front->reload;
    return defined until_true(10 * $slow, sub {
        my @now = workers($front);
        @now >= 2 && !grep { $old{$_} } @now;
    });
}


subtest 'E13: reloads' => sub {
    my ($provider, $second) = (provider(), provider());
    my $state = AuthTenant::Nginx::dir() . '/reloads.json';

    # nobody asks for keys without a reason

    my %set = (refresh => '1h', state_path => $state);
    my $block = provider_block($provider, %set);
    my $more = $block . provider_block($second, name => 'second',
                                       refresh => '1h');
    my $there = <<'END';
    location /second/ {
        auth_tenant second;
        auth_tenant_path "/second/{user}/";
        proxy_pass http://application;
    }
END
    my $front = front($more, zone => '2m', server => $there);
    await_keys($front, $provider);
    my $token = token($second->issuer, 'u1', good());
    is(status($front, '/second/u1/', $token), 200, 'a second issuer');

    my $load = load(['-r', 200], mix($front, $provider));

    for (1 .. 20) {
        $front->reload;
        sleep 0.1;
    }
    ok(renew($front), 'there are new workers');
    is(fetches($provider), 1, 'keys were fetched once, before all reloads');

    sleep 0.5 * $slow;
    my @before = workers($front);
    $front->set(http => 'auth_tenant_no_such_thing on;');
    $front->reload;
    ok(defined until_true(5, sub { said($front, 'no_such_thing') }),
       'a wrong configuration is refused');
    is_deeply([workers($front)], \@before, 'the old workers go on');

    # what follows has to do without the provider

    $_->refuse for $provider, $second;

    $front->set(http => '', zone => '3m');
    ok(renew($front), 'a larger zone');
    $front->set(zone => '2m');
    ok(renew($front), 'a smaller one again');
    is(status($front, '/second/u1/', $token), 200, 'keys went along');

    $front->set(providers => $block, server => '');
    ok(renew($front), 'an issuer less');
    isnt(status($front, '/second/u1/', $token), 200, 'its tokens are refused');

    $_->open for $provider, $second;
    $front->set(providers => $more, server => $there);
    ok(renew($front), 'and there it is again');
    ok(defined until_true(5, sub {
        status($front, '/second/u1/', $token) == 200
    }), 'its tokens are good');

    $_->refuse for $provider, $second;
    ok(defined upgrade($front), 'the binary is exchanged');
    unharmed($load, 'all the while');

    is(status($front, '/u1/x', token($provider->issuer, 'u1', good())), 200,
       'a new master begins with the keys on disk');

    ends($front, qr/no_such_thing/);
};


subtest 'E14: killed, or stopped, while it fetches' => sub {
    my $provider = provider();
    my $front = front(provider_block($provider, read_timeout => '2s'));
    await_keys($front, $provider);

    for my $signal (qw(KILL STOP)) {
        $provider->fault('/jwks', 'never');
        my $worker;
        ok(defined until_true(10, sub {
            ($worker) = asking($front, $provider->port);
        }), 'one is fetching');

        kill $signal => $worker;
        $provider->heal;
        my $before = fetches($provider);

        # a lease lasts a second longer than a fetch may

        my $took = until_true(10, sub { fetches($provider) > $before });
        ok(defined $took && $took < 3 + 1.5 * $slow,
           "$signal: another one has taken over")
            or diag 'after ', $took // 'never';
        kill CONT => $worker if $signal eq 'STOP';
    }

    await_keys($front, $provider);
    unharmed(load(['-r', 100, '-t', 1], mix($front, $provider))->wait, 'then');
    ends($front, $killed);
};


subtest 'E14: stopped, then killed, with the lock' => sub {
    plan skip_all => 'of the dynamic module only' unless $dynamic;

    my $files = AuthTenant::Nginx::dir() . '/stop';
    my $provider = AuthTenant::Provider->start;
    $provider->realm($_, good()) for map { "t$_" } 0 .. 4;

    my $front = front(provider_block($provider, read_timeout => '2s',
                                     issuer => $provider->template),
                      module => Faults::Process::stop_module(),
                      server => 'auth_tenant_host "{tenant}.example.com";',
                      main => 'env AUTH_TENANT_TEST_STOP;',
                      environment => { AUTH_TENANT_TEST_STOP => $files });

    my $for = sub {
        my ($tenant, $status, %claims) = @_;

        my $token = token($provider->issuer($tenant), 'u1', good(), %claims);
        return line($front, $tenant, $status, 'u1', '/u1/x', $token)
               =~ s/app\.example/$tenant.example/r;
    };

    load(['-n', 4], $for->('t0', 200))->wait;

    my $n = 0;
    for my $place (qw(lease finish claim spend)) {
        my $tenant = 't' . ++$n;
        sleep 1.2;              # a budget of first uses begins anew

        open my $fh, '>', "$files.$place" or die "$files: $!\n";
        close $fh;

        # whose request it was is lost with the worker; others come over
        # connections of their own, with tokens that nobody knows: who can't
        # tell others of them doesn't wait until it can

        my $first = load(['-n', 1, '-w', 20], $for->($tenant, '200,503'));
        my $worker = stopped($front, 10);
        ok($worker, "$place: one has stopped");

        my $others = load(['-1', '-r', 100, '-t', 1, '-w', 20],
                          map { ($for->('t0', 200, n => "$place $_"),
                                 $for->('x0', '404,503')) } 1 .. 60);
        sleep 1.2;
        kill KILL => $worker if $worker;

        my $seen = $others->wait;
        is($seen->{wrong}, 0, "$place: others judge as ever");
        cmp_ok($seen->count('t0', 200), '>=', 45,
               "$place: and go on meanwhile");
        $first->wait;

        my $took = until_true(10, sub {
            load(['-n', 1], $for->($tenant, '200,503'))->wait
                ->count($tenant, 200);
        });
        ok(defined $took, "$place: what it was about is done by another");
    }

    ends($front, $killed);
};


subtest 'E15: keys that are damaged in the zone' => sub {
    my $provider = provider();
    my $front = front(provider_block($provider, refresh => '1h',
                                     cooldown => '1s'), zone => '1m');
    await_keys($front, $provider);
    is(fetches($provider), 1, 'fetched once');
    sleep 1.2;

    # workers have read them; the one that comes next has not

    cmp_ok(poke($front->{nginx}->pid, 1024 * 1024, '"good"', '"gooX"'), '>',
           0, 'a byte is changed');
    my $load = load(['-r', 200], mix($front, $provider));
    sleep 1.5;
    unharmed($load, 'in those that have read them before');
    is(fetches($provider), 1, 'which do not look again');

    my ($worker) = workers($front);
    kill KILL => $worker;
    ok(defined until_true(5 * $slow, sub { fetches($provider) == 2 }),
       'a new one has them fetched');
    await_keys($front, $provider);
    is(said($front, 'are damaged, they are fetched'), 1, 'and says so once');

    unharmed(load(['-r', 200, '-t', 1], mix($front, $provider))->wait, 'then');
    is(fetches($provider), 2, 'all is well again');
    ends($front, $killed);
};


# Connections that have begun to ask are not closed to make room; nginx has to
# have seen that before the next one comes.

subtest 'E20: no connection left to fetch over' => sub {
    my $provider = provider();
    my $front = front(provider_block($provider, refresh => '2s'),
                      workers => 1, connections => 24);
    await_keys($front, $provider);
    my $iss = $provider->issuer;

    my @busy;
    ok(defined until_true(10, sub {
        my $socket = $front->{nginx}->connect;
        print $socket "GET /u1/x HTTP/1.0\r\n";
        push @busy, $socket;
        return said($front, 'worker_connections are not enough');
    }), 'all connections are taken');

    ok(defined until_true(10, sub { said($front, "can't be fetched") }),
       'a fetch has failed for want of a connection');

    $provider->document('/jwks', jwks(good(), good(2)));
    my $ours = shift @busy;
    print $ours 'Authorization: Bearer ', token($iss, 'u1', good(2)),
        "\r\n\r\n";
    my $answer = do { local $/; <$ours> };
    like($answer, qr{^HTTP/1\.1 401 }, 'a new key stays unknown');

    @busy = ();
    ok(defined until_true(10, sub {
        status($front, '/u1/x', token($iss, 'u1', good(2))) == 200
    }), 'when there are connections again, it is found');

    ends($front, qr/worker_connections are not enough/);
};


subtest 'a worker that ends while it fetches' => sub {
    my $provider = provider();
    my $front = front(provider_block($provider, read_timeout => '4s',
                                     cooldown => '2s'));
    await_keys($front, $provider);

    my $fetching = sub {
        $provider->fault('/jwks', 'never');
        return defined until_true(10, sub {
            asking($front, $provider->port)
        });
    };

    ok($fetching->(), 'one is fetching');
    my $before = fetches($provider);
    my $begun = time;
    ok(renew($front), 'a reload');
    cmp_ok(since($begun), '<', 2 * $slow, 'the old one ends at once');
    my $took = until_true(10, sub { fetches($provider) > $before });
    ok(defined $took && $took < 2.5 + $slow, 'a new one fetches instead')
        or diag 'after ', $took // 'never';

    $provider->heal;
    await_fetch($provider);
    ok($fetching->(), 'one is fetching');
    $begun = time;
    ends($front);
    cmp_ok(since($begun), '<', 2 * $slow, 'it ends at once');
};


subtest 'a worker that ends while a request waits' => sub {
    my $provider = provider();
    my $front = front(provider_block($provider, refresh => '1h',
                                     read_timeout => '4s'));
    await_keys($front, $provider);
    sleep 1.2;                              # as long as "cooldown"

    my $new = key('RS256', 'new');
    $provider->document('/jwks', jwks(good(), $new));
    $provider->fault('/jwks', delay => 1);

    my $load = load(['-n', 1], line($front, 'new', 200, 'u1', '/u1/x',
                                    token($provider->issuer, 'u1', $new)));
    ok(defined until_true(10, sub { asking($front, $provider->port) }),
       'it has keys fetched');
    sleep 0.2;

    my $begun = time;
    $front->reload;
    unharmed($load->wait, 'reload');
    cmp_ok(since($begun), '>', 0.3, 'it was answered with the new keys');

    ends($front);
};


done_testing;

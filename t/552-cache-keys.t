#!/usr/bin/perl

# Tokens that were verified before (A6.9), with keys from the network: they go
# when their key does (A7.9), with all keys when the provider stays away for
# too long, are never another tenant's (A6.1), and outlive workers that are
# killed while they write (E14).

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Client qw(until_true);
use AuthTenant::Judged qw(anew judged);
use AuthTenant::Net qw(reload);
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key sign tamper);

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = AuthTenant::Nginx::dir();
my $provider = AuthTenant::Provider->start;
my ($old, $new, $acme, $globex, $twin) =
    map { key('ES256', $_) } qw(old new of-acme of-globex of-twins);

# all tenants' keys have one name; two have one key

my %named = (header => { kid => 'k' });

$provider->realm('quick', $old, $new);
$provider->realm('mortal', $old);
$provider->realm('acme', $acme->jwk(kid => 'k'));
$provider->realm('globex', $globex->jwk(kid => 'k'));
$provider->realm($_, $twin->jwk(kid => 'k')) for qw(castor pollux);


sub block {
    my ($name, $issuer, $more) = @_;

    return <<"END";
    auth_tenant_provider $name {
        issuer "$issuer"; claims user=name; audience app; cooldown 1s; $more
    }
END
}


sub start {
    my ($workers, $small) = @_;

    anew();
    my $names = $small ? 'tenants' : 'quick mortal';

    return AuthTenant::Nginx->start(
        main => "worker_processes $workers;\n",
        http => join('', "error_log $dir/debug.log debug;\n",
            "keepalive_requests 1000000;\nkeepalive_timeout 10m;\n",
            $small ? 'auth_tenant_zone small 512k;' : (
                block('quick', $provider->issuer('quick'),
                      'tenants any; refresh 1s;'),
                block('mortal', $provider->issuer('mortal'),
                      'tenants any; refresh 1s; stale 2s;')),
            block('tenants', $provider->template, 'refresh 1h;')),
        server => <<"END");
    add_header X-Result \$auth_result:\$pid always;
    add_header X-User   "\$auth_user of \$auth_tenant" always;
    location = / { auth_tenant off; empty_gif; }
    location / {
        auth_tenant       $names;
        auth_tenant_path  "/{user}/";
        empty_gif;
    }
    location /t/ {
        auth_tenant       tenants;
        auth_tenant_path  "/t/{tenant}/{user}/";
        empty_gif;
    }
    location /who/ {
        auth_tenant       tenants;
        auth_tenant_path  "/who/{user}/";
        empty_gif;
    }
END
}


sub token {
    my ($realm, $key, $user, %opt) = @_;

    return sign($key, {
        iss => $provider->issuer($realm), aud => 'app', sub => '1',
        name => $user, iat => int time, exp => int(time) + 600 }, %opt);
}


my %at;

# what all workers say: one thing, if they agree

sub all_say {
    my (@request) = @_;
    my %said = map { $_->ask(@request) => 1 } values %at;
    return join ', ', sort keys %said;
}

sub soon {
    my ($want, @request) = @_;
    return until_true(sub { all_say(@request) eq $want });
}


# publishes keys; when the first fetch that sees them was answered

sub seen {
    my ($realm, @keys) = @_;

    $provider->realm($realm, @keys);
    my $from = time;
    return until_true(sub {
        my ($request) = grep { $_->{time} >= $from && $_->{ended} }
                        $provider->requests("/$realm/jwks");
        $request && $request->{ended};
    });
}


subtest 'a key that is withdrawn' => sub {

    my $nginx = start(3);
    %at = AuthTenant::Client::each_worker($nginx);

    my $token = token('quick', $old, 'maksym');
    my $other = token('quick', $new, 'maria');
    soon('200 ok', '/maksym/', $token);
    soon('200 ok', '/maria/', $other);
    is(all_say('/maksym/', $token), '200 ok', 'is good until then')
        for 1 .. 3;
    judged();
    is(all_say('/maksym/', $token), '200 ok', 'and its token is known');
    is(judged(), 'connection, connection, connection', 'to all workers');

    my $then = seen('quick', $new);
    my ($late, $tries) = (0, 0);

    while (time < $then + 2) {
        for my $client (values %at) {
            my $sent = time;
            $tries++;
            next if $client->ask('/maksym/', $token) eq '401 unknown_key';
            $late = $sent - $then if $sent - $then > $late;
        }
    }

    cmp_ok($late, '<', 1, sprintf 'of %d tries the last good one was %.3f s '
           . 'after the fetch that missed it', $tries, $late);
    is(all_say('/maksym/', $token), '401 unknown_key', 'and none thereafter');
    is(all_say('/maria/', $other), '200 ok', 'while the other key stays');

    # as new connections see it

    for my $pid (keys %at) {
        my $client = AuthTenant::Client->at($nginx, $pid);
        is($client->ask('/maksym/', $token), '401 unknown_key', 'nor here');
        is($client->ask('/maria/', $other), '200 ok', 'the other one is');
    }

    seen('quick', $old, $new);
    soon('200 ok', '/maksym/', $token);
    is(all_say('/maksym/', $token), '200 ok', 'when it is back, all is well');

    $then = seen('quick', $new->jwk(kid => 'old'), $old->jwk(kid => 'new'));
    soon('401 bad_signature', '/maksym/', $token);
    is(all_say('/maria/', $other), '401 bad_signature', 'names are swapped');

    $provider->realm('quick', $old, $new);
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'keys that are too old' => sub {

    my $nginx = start(2);
    %at = AuthTenant::Client::each_worker($nginx);

    my $token = token('mortal', $old, 'maksym');
    soon('200 ok', '/maksym/', $token);
    is(all_say('/maksym/', $token), '200 ok', 'a token');
    judged();
    is(all_say('/maksym/', $token), '200 ok', 'that is known');
    is(judged(), 'connection, connection', 'to all workers');

    $provider->refuse;
    my $begun = time;
    soon('503 keys_unavailable', '/maksym/', $token);
    cmp_ok(time - $begun, '>', 1, 'is good for "stale"');

    for (1 .. 20) {
        is(all_say('/maksym/', $token), '503 keys_unavailable',
           'and not for longer');
        last if time > $begun + 8;
        sleep 0.05;
    }
    is(AuthTenant::Client->at($nginx, $_)->ask('/maksym/', $token),
       '503 keys_unavailable', 'on whatever connection') for keys %at;

    $provider->open;
    soon('200 ok', '/maksym/', $token);
    judged();
    is(all_say('/maksym/', $token), '200 ok', 'when they are back, it is');
    unlike(judged(), qr/verified/, 'known');
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'tenants' => sub {

    my $nginx = start(2);
    %at = AuthTenant::Client::each_worker($nginx);

    my %key = (acme => $acme, globex => $globex, castor => $twin,
               pollux => $twin);
    my %token = map { $_ => token($_, $key{$_}, 'maksym', %named) } keys %key;

    for my $round (1 .. 3) {
        for my $of (sort keys %key) {
            soon('200 ok', "/t/$of/maksym/", $token{$of}) if $round == 1;

            for my $asked (sort keys %key) {
                is(all_say("/t/$asked/maksym/", $token{$of}),
                   $of eq $asked ? '200 ok' : '401 wrong_issuer',
                   "round $round: a token of $of at $asked");
            }
            for my $client (values %at) {
                my $answer = $client->send('/who/maksym/', $token{$of})
                                    ->answer;
                is($answer->{headers}{'x-user'}, "maksym of $of",
                   "where nobody is named it is $of\'s");
            }
        }
    }

    # the same claims with the other one's signature

    for (['acme', $globex], ['globex', $acme]) {
        my ($tenant, $key) = @$_;
        is(all_say("/t/$tenant/maksym/",
                   token($tenant, $key, 'maksym', %named)),
           '401 bad_signature', "not $tenant, though its key's name is it");
    }
    is($nginx->stop, '', 'nothing alarming in its log');
};


# E15: a token that is known says as much of its tenant as one that is verified.
# That of acme is known from before its place was others'.

subtest 'a place in the zone' => sub {

    my $nginx = start(1, 'a small zone');

    my $token = token('acme', $acme, 'maksym', %named);
    my @others = map { "other$_" } 1 .. 12;
    $provider->realm($_, $twin->jwk(kid => 'k')) for @others;

    my $asks = sub {
        my ($tenant, $key) = @_;
        %at = AuthTenant::Client::each_worker($nginx) if !%at;
        return all_say("/t/$tenant/maksym/", $tenant eq 'acme' ? $token
                       : token($tenant, $key, 'maksym', %named));
    };

    %at = ();
    is($asks->('acme'), '200 ok', 'a tenant');

    # others have all places, with settings that make acme's a forgotten one

    ok(reload($nginx, sub { s/refresh 1h;/refresh 1h; algorithms ES256;/ }),
       'other settings');
    sleep 2.2;
    %at = ();
    my %said;
    $said{$asks->($_, $twin)}++ for @others;
    ok($said{'503 keys_unavailable'}, 'with tenants that fill it');

    ok(reload($nginx, sub { s/ algorithms ES256;// }), 'those of before');
    sleep 2.2;
    %at = ();
    judged();
    is($asks->('acme'), '200 ok', 'the first one again');
    unlike(judged(), qr/verified/, 'by what was known of it');

    my $fetches = sub { scalar(my @all = $provider->requests('/acme/jwks')) };
    my $before = $fetches->();
    for (1 .. 2) {
        $asks->($_, $acme) for @others;
        sleep 1.1;
    }
    is($asks->('acme'), '200 ok', 'and after strangers came');
    is($fetches->() - $before, 0, 'who did not get its place');

    is($nginx->stop, '', 'nothing alarming in its log');
};


# E14: each of these asks with new tokens, as fast as it can, and again with
# one of its last; a connection whose worker is killed is another one's

sub load {
    my ($nginx, $name, $until) = @_;

    my ($client, @last);
    my ($n, $wrong, $good) = (0, 0, 0);

    while (time < $until) {
        my $user = "$name" . $n++;
        push @last, [$user, token('quick', $old, $user)];
        shift @last if @last > 8;

        for ($last[-1], $last[rand @last]) {
            my ($who, $token) = @$_;
            my $answer = eval {
                $client //= AuthTenant::Client->new($nginx);
                $client->send("/$who/", $token)->answer;
            };
            if (!$answer) {
                undef $client;
                next;
            }
            my $right = $answer->{status} == 200
                        && $answer->{headers}{'x-user'} =~ /^$who of/;
            $right ? $good++ : $wrong++;
        }
    }

    return $wrong == 0 && $good > 50;
}


subtest 'workers that are killed' => sub {

    my $nginx = start(3);
    %at = AuthTenant::Client::each_worker($nginx);
    my $token = token('quick', $old, 'maksym');
    soon('200 ok', '/maksym/', $token);

    my $end = time + 6;
    my %loads = map {
        my $pid = fork // die "fork: $!\n";
        POSIX::_exit(load($nginx, $_, $end) ? 0 : 1) if $pid == 0;
        $pid => 1;
    } qw(a b c);

    my $killed = 0;
    while (time < $end - 0.5) {
        sleep 0.15;
        my @workers = AuthTenant::Client::workers($nginx);
        $killed += kill KILL => $workers[rand @workers] if @workers;
    }
    cmp_ok($killed, '>', 10, "$killed were killed");

    for my $pid (keys %loads) {
        waitpid $pid, 0;
        is($?, 0, 'each answer was its own');
    }

    until_true(sub { AuthTenant::Client::workers($nginx) == 3 });
    %at = AuthTenant::Client::each_worker($nginx);
    is(all_say('/maksym/', $token), '200 ok', 'a token of before');
    is(all_say('/maria/', $token), '403 wrong_user', 'is its user\'s');
    is(all_say('/maksym/', tamper($token)), '401 bad_signature',
       'and no other is');

    # who was killed with the lock does not keep it

    judged();
    my $late = token('quick', $old, 'late');
    is(all_say('/late/', $late), '200 ok', 'a new one');
    is(judged(), 'verified, zone, zone', 'is known to all');

    my @bad = grep { !/exited on signal 9|was locked by/ }
              split /^/, $nginx->stop;
    is("@bad", '', 'nothing else alarming in its log');
};

done_testing();

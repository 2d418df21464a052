#!/usr/bin/perl

# E1, E3, A7.8: a provider that can't be reached, at start or later.  Its last
# good keys serve until they are stale; it is asked less and less often,
# whatever clients ask; when it is back, all is well by itself.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use List::Util qw(max min);
use Test::More;
use Time::HiRes qw(sleep time);

my $key = key('RS256');
my $other = key('RS256', 'other');

# how much later than it should be something may happen on a busy machine

my $slack = 2;


# Each fails in a way of its own: one before nginx starts, the others when
# their keys have been fetched.

my %provider = map { $_ => AuthTenant::Provider->start }
               qw(down failing refused reset hanging silent sick);
my @later = qw(refused reset hanging silent sick);

my %how = (
    down    => sub { $_[0]->refuse },
    failing => sub { $_[0]->fault('', status => 404) },
    refused => sub { $_[0]->refuse },
    reset   => sub { $_[0]->drop },
    hanging => sub { $_[0]->hang },
    silent  => sub { $_[0]->fault('', 'never') },
    sick    => sub { $_[0]->fault('', status => 503) },
);

# How long keys of the later ones serve, from their fetch on: until the next one
# should have ended (1.1 s, two looks of a worker, and what a fetch may take),
# and 1 s of "stale".

my $life = 1.1 + 2 + 1 + 1;

my ($http, $server) = ('auth_tenant_zone tenants 4m;', '');

for my $name (sort keys %provider) {

    $provider{$name}->realm('', $key);
    my $issuer = $provider{$name}->issuer;

    my $times = $name eq 'failing' ? 'refresh 4s; cooldown 500ms;'
              : $name eq 'down' ? 'refresh 2s; cooldown 1s;'
              : 'refresh 1s; cooldown 500ms; stale 1s;';

    $http .= <<"END";
    auth_tenant_provider $name {
        issuer           "$issuer";
        audience         app;
        claims           user=user;
        read_timeout     1s;
        $times
    }
END
    $server .= location($name, "/$name/");
}

$how{$_}->($provider{$_}) for qw(down failing);

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2;', http => $http,
    server => "$server location = /public { return 204; }");

my %token = map { $_ => token($key, $provider{$_}->issuer) } keys %provider;
my %foreign = map { $_ => token($other, $provider{$_}->issuer) }
              keys %provider;

sub lines {
    my ($name, $pattern) = @_;

    my $issuer = $provider{$name}->issuer;
    return grep { /issuer "\Q$issuer\E"/ && /$pattern/ } split /^/,
                $nginx->log;
}


subtest 'E1: the provider is down at start, and there are no keys' => sub {
    ok(scalar($nginx->connect), 'nginx starts');

    my ($status) = $nginx->get('/public');
    is($status, 204, 'what is public is');

    ($status, my $text) = $nginx->get('/down/maksym/',
                                      "Authorization: Bearer $token{down}");
    is($status, 503, 'what is protected is not there');
    like($text, qr/^X-Result: keys_unavailable\r$/m, 'for want of keys');
    like($text, qr/^Retry-After: \d+\r$/m, 'it says so');
    like($text, qr/^Cache-Control: no-store\r$/m, 'and is not kept');
    unlike($text, qr/^WWW-Authenticate/m, 'the token is not blamed: A1.5');

    is(ask($nginx, '/down/maksym/', $foreign{down}), '503 keys_unavailable',
       'nobody is told that a token is bad');
    is(ask($nginx, '/failing/maksym/', $token{failing}),
       '503 keys_unavailable', 'a 404 is no word on tenants where there is one');
    is(ask($nginx, '/refused/maksym/', $token{refused}), '200 ok',
       'E26: others are not affected');

    like((lines('down', '\[error\]'))[0],
         qr/can't be fetched: .*; there are none to judge with, next try in/,
         'the log says what is the matter');
};


subtest 'keys are fetched before the others fail' => sub {
    for my $name (@later) {
        wait_for(10, $name, sub {
            ask($nginx, "/$name/maksym/", $token{$name}) eq '200 ok'
        });
    }
};

# Both tokens, all the time: what came of it, [begin, end, answer]

my (%known, %unknown);

sub out_of_keys {
    my ($name) = @_;

    my @refused = grep { $_->[2] =~ /^503/ } @{ $known{$name} };
    return @refused > 1 && time - $refused[0][0] > 1;
}

sub ask_all {
    for my $name (sort keys %provider) {

        # what isn't known waits for a fetch that doesn't end

        my $slow = $name =~ /hanging|silent/;
        next if $slow && out_of_keys($name);

        for my $list ([\%known, \%token],
                      $slow ? () : [\%unknown, \%foreign])
        {
            my $begin = time;
            my ($answer) = ask($nginx, "/$name/maksym/", $list->[1]{$name});
            push @{ $list->[0]{$name} }, [$begin, time, $answer];
        }
    }
}

ask_all() for 1 .. 3;

$how{$_}->($provider{$_}) for @later;

# until each is out of keys, and back-off has grown

wait_until(25, sub {
    ask_all();

    return @{ [$provider{failing}->requests] } >= 5
           && @later == grep { out_of_keys($_) } @later;
});

for my $name (@later) {
    subtest "E3: $name" => sub {

        # a fetch ends a little later here than there

        my ($last) = sort { $b <=> $a } map { $_->{ended} }
            grep { ($_->{status} // 0) == 200 && $_->{end} eq 'answered' }
            $provider{$name}->requests('/jwks');
        my $stale = $last + $life;

        my @early = grep { $_->[1] < $stale - 0.1 } @{ $known{$name} };
        my @lost = grep { $_->[2] ne '200 ok' } @early;
        is(scalar @lost, 0, 'of ' . @early . ' requests with known keys, lost');
        ok(@early > 3, 'there were some');

        my @late = grep { $_->[0] > $stale + 0.5 } @{ $known{$name} };
        is(scalar(grep { $_->[2] ne '503 keys_unavailable' } @late), 0,
           'of ' . @late . ' when keys were stale, not refused');
        ok(@late > 0, 'there were some');

        ok(max(map { $_->[1] - $_->[0] } @early) < 0.8,
           'none waited for a fetch');

        cmp_ok(scalar lines($name, '\[error\].*good ones stay in use'), '>', 0,
               'the log says that the last good ones serve');
        wait_for(10, 'and then that they are too old', sub {
            lines($name, '\[error\].*are too old')
        });

        return if $name =~ /hanging|silent/;

        my %answers = map { $_->[2] => 1 }
                      grep { $_->[1] < $stale - 0.1 } @{ $unknown{$name} };
        is_deeply([keys %answers], ['401 unknown_key'],
                  'other keys are unknown, and no more than that');
    };
}


subtest 'E3: the provider is left alone, the longer the more' => sub {

    my @tries = map { $_->{time} } $provider{failing}->requests;
    my ($next, $cap) = (0.5, 4);

    cmp_ok(scalar @{ $known{failing} }, '>', 20, 'clients asked often');

    for my $n (1 .. min($#tries, 5)) {
        my $gap = $tries[$n] - $tries[$n - 1];

        cmp_ok($gap, '>=', max(0.5, 0.9 * $next) - 0.1,
               sprintf 'try %d: not within %.1f s', $n + 1, $next);
        cmp_ok($gap, '<=', 1.1 * $next + 1 + $slack, 'but soon after');

        $next = min(2 * $next, $cap);
    }
};


# The end of all outages

my %back;

for my $name (sort keys %provider) {
    $provider{$name}->heal;
    $provider{$name}->open if $name =~ /down|refused|reset|hanging/;
    $back{$name} = time;
}

# back-off is "refresh" or "cooldown" at most, give or take; workers look each
# second; a fetch that hangs may have to end first

subtest 'E1, E3: each recovers by itself' => sub {
    my %took;

    wait_until(15, sub {
        for my $name (grep { !$took{$_} } sort keys %provider) {
            my ($answer) = ask($nginx, "/$name/maksym/", $token{$name});
            $took{$name} = time - $back{$name} if $answer eq '200 ok';
        }
        return keys %took == keys %provider;
    });

    for my $name (sort keys %provider) {
        my $most = ($name eq 'failing' ? 4 : $name eq 'down' ? 2 : 1) * 1.1
                   + 1 + ($name =~ /hanging|silent/ ? 1 : 0);

        cmp_ok($took{$name} // 99, '<', $most + $slack,
               sprintf '%s: after %.1f s', $name, $took{$name} // 99);
    }
};


subtest 'the log says it once per try, and when all is well again' => sub {
    for my $name (qw(failing sick)) {
        my @tries = grep { ($_->{status} // 0) >= 400 }
                    $provider{$name}->requests;
        is(scalar lines($name, '\[error\]'), scalar @tries,
           "$name: as often as it was asked");
    }

    cmp_ok(scalar lines($_, '\[notice\].* 1 usable'), '==',
           /down|failing/ ? 1 : 2, "$_: a notice")
        for sort keys %provider;

    is(join('', grep { /\[(?:warn|crit|alert|emerg)\]/ } split /^/,
                     $nginx->log), '', 'and nothing else');
};

is($nginx->stop, '', 'no alerts, no leaks');

done_testing();

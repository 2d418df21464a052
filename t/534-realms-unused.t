#!/usr/bin/perl

# A7.9: a tenant that nobody has used for so long that its keys are no longer
# fetched.  Whoever comes then waits for new ones: a key that was withdrawn
# meanwhile verifies nothing, not even for the moment that a fetch takes.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Client;
use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Test::More;
use Time::HiRes qw(sleep time);

my $provider = AuthTenant::Provider->start;
my ($old, $new) = map { key('ES256', $_) } qw(old new);
my @tenants = qw(rotated twice broken busy named);
my $well_known = '/.well-known/openid-configuration';

$provider->realm($_, $old) for @tenants, 'lone';

sub conf {
    my ($name, $issuer, $lines) = @_;

    return <<"END";
    auth_tenant_provider $name {
        issuer        "$issuer";
        audience      app;
        claims        user=user;
        refresh       1s;
        cooldown      1s;
        stale         3s;
        read_timeout  5s;
        $lines
    }
END
}

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2;',
    http => conf(many => $provider->template, '')
            . conf(some => $provider->template, 'tenants named;')
            . conf(one => $provider->issuer('lone'), ''),
    server => <<'END');
    location = / { auth_tenant off; empty_gif; add_header X-Result :$pid; }
    location / {
        auth_tenant       many;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result:$pid always;
        empty_gif;
    }
    location /named/ {
        auth_tenant       some;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result:$pid always;
        empty_gif;
    }
    location /lone/ {
        auth_tenant       one;
        auth_tenant_path  "/lone/{user}/";
        add_header        X-Result $auth_result:$pid always;
        empty_gif;
    }
END

my @at = values %{{ AuthTenant::Client::each_worker($nginx) }};

sub said {
    my $answer = $_[0]->answer;
    return "$answer->{status} $answer->{result}";
}


my $longest = 0;

sub all {
    my ($tenant, $key) = @_;

    my $begin = time;
    my $token = token($key, $provider->issuer($tenant));
    $_->send("/$tenant/maksym/", $token) for @at;
    my $said = join ', ', map { said($_) } @at;
    $longest = time - $begin if $longest < time - $begin;
    return $said;
}

for my $tenant (@tenants, 'lone') {
    my $token = token($old, $provider->issuer($tenant));
    is(join(', ', map { $_->ask("/$tenant/maksym/", $token) } @at),
       '200 ok, 200 ok', "$tenant is used");
}

sub fetches { scalar $provider->requests("/$_[0]$well_known") }

# what nobody uses is let go; the rest goes on: "busy", which is used, "named",
# which "tenants" names, and the provider that has one issuer

wait_until(20, sub {
    all('busy', $old);
    my ($last) = reverse $provider->requests("/rotated$well_known");
    return time - $last->{time} > 3;
});

$provider->realm($_, $new) for @tenants, 'lone';
$provider->clear;

is(all('rotated', $old), '401 unknown_key, 401 unknown_key',
   'a key that was withdrawn meanwhile is known to no worker');
is(all('rotated', $new), '200 ok, 200 ok', 'the one instead of it is');
is(all('twice', $new), '200 ok, 200 ok', 'another tenant, that has it at once');
is(fetches('twice'), 1, 'with one fetch');

# the last keys serve as long as they would if somebody had used them

$provider->fault("/broken$well_known", status => 500);
is(all('broken', $old), '200 ok, 200 ok', 'one whose provider is down now');
cmp_ok(fetches('broken'), '>=', 1, 'which has been tried');

# those that go on being fetched wait for nothing, whatever is under way

my @clock = qw(busy named lone);

wait_for(9, 'the others have the new keys', sub {
    all('busy', $new);
    return @clock == grep { $provider->requests("/$_/jwks") } @clock;
});

$provider->clear;
$provider->fault($well_known, 'never');
$longest = 0;
wait_for(9, 'and are asked for them again', sub {
    all('busy', $new);
    return @clock == grep { fetches($_) } @clock;
});

is(all($_, $new), '200 ok, 200 ok', "$_ meanwhile") for @clock;
cmp_ok($longest, '<', 2, 'nobody waits for that');

is($nginx->stop, '', 'nothing bad in error.log');
done_testing();

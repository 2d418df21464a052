#!/usr/bin/perl

# A7.5, E26: the names that strangers make up.  However often they name them,
# and whatever becomes of their fetches, a provider is asked for no more than
# 20 in each cooldown on their behalf; and nobody who names none has any
# trouble, nor the log.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Test::More;
use Time::HiRes qw(sleep time);

my ($good, $bad) = map { key('ES256', $_) } qw(good bad);
my $provider = AuthTenant::Provider->start;

$provider->realm($_, $good) for qw(acme globex);
$provider->fault(qr{/realms/sick}, status => 500);


sub start {
    my ($cooldown, $refresh, @lines) = @_;

    return AuthTenant::Nginx->start(http => <<"END", server => <<'END');
    auth_tenant_zone tenants 8m;
    auth_tenant_provider corp {
        issuer "@{[ $provider->template ]}";  audience app;  claims user=user;
        refresh $refresh;  cooldown $cooldown;  @lines
    }
END
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result always;
        empty_gif;
    }
END
}

my %token;

sub tenant {
    my ($nginx, $name, $key) = @_;

    $key //= $good;
    $token{$name}{$key} //= token($key, $provider->issuer($name));
    return scalar ask($nginx, "/$name/maksym/", $token{$name}{$key});
}


# an answer that there is none is remembered for a second, here

subtest 'the same names, over and over' => sub {

    my $nginx = start('2s', '1s');
    my $begin = time;

    while (time < $begin + 9) {
        tenant($nginx, "none$_") for 1 .. 60;
        sleep 0.1;
    }

    my $fetches = $provider->requests('openid-configuration');
    my $windows = int((time - $begin) / 2) + 1;

    cmp_ok($fetches, '<=', 20 * $windows,
           "no more than 20 in each of $windows cooldowns");
    cmp_ok($fetches, '>=', 40, 'which are made');

    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'one name, over and over' => sub {

    my $nginx = start('5s', '1h');

    is(tenant($nginx, 'globex', $bad), '401 unknown_key', 'a stranger')
        for 1 .. 30;
    is(tenant($nginx, 'acme'), '200 ok', 'is in nobody\'s way');

    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'customers, of whom there are more' => sub {

    my @customers = map { "customer$_" } 1 .. 40;
    my $new = key('ES256', 'new');
    $provider->realm($_, $good) for @customers;

    my $nginx = start('2s', '1h');

    for my $name (@customers) {
        wait_until(5, sub { tenant($nginx, $name) eq '200 ok' });
    }

    $provider->realm($_, $good, $new) for @customers;
    sleep 2.1;

    is(scalar(grep { tenant($nginx, $_, $new) eq '200 ok' } @customers), 40,
       'a new key of theirs is fetched whenever it is needed');

    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'a customer that is gone' => sub {

    my $nginx = start('1s', '1s', 'stale 3s;  read_timeout 1s;');
    $provider->realm('gone', $good);
    is(tenant($nginx, 'gone'), '200 ok', 'is here');

    $provider->forget('gone');
    wait_for(20, 'is no longer', sub {
        tenant($nginx, 'gone') eq '404 unknown_tenant' });

    $provider->clear;
    sleep 3.5;
    is(scalar $provider->requests(qr{/gone/}), 0,
       'nobody is asked for it, unless it is');

    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'realms that fail, and that nobody asks for again' => sub {

    my $nginx = start('1s', '1s');

    is(tenant($nginx, 'acme'), '200 ok', 'a customer');

    for my $n (0 .. 2) {
        tenant($nginx, "sick$_") for 10 * $n + 1 .. 10 * $n + 10;
        sleep 1.1;
    }

    $provider->clear;
    sleep 4.5;

    is(scalar $provider->requests(qr{/sick}), 0, 'are left alone');
    cmp_ok(scalar $provider->requests('/acme/jwks'), '>=', 2,
           'the customer\'s keys are fetched');

    my @lines = grep { m{/realms/sick} && /status 500/ } split /^/, $nginx->log;
    cmp_ok(scalar @lines, '>=', 20, 'each failure is said');
    is(scalar(grep { /\[error]/ } @lines), 1, 'one of them aloud');
    is(scalar(grep { /\[info]/ } @lines), @lines - 1, 'the others at info');

    $provider->fault(qr{/realms/acme}, status => 500);
    my $loud = qr{\[error]\N*/realms/acme"\N*status 500};
    wait_for(8, 'a customer\'s is an error each time',
             sub { 2 <= (() = $nginx->log =~ /$loud/g) });

    $provider->heal(qr{/realms/acme});
    is($nginx->stop, '', 'nothing alarming in its log');
};

done_testing();

#!/usr/bin/perl

# What another configuration, or another time, has left in the zone (E13,
# E15): a reload that changes how keys are fetched and used gives each realm a
# new slot, and what the old ones hold is in nobody's way.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);

use Test::More;
use Time::HiRes qw(sleep);

my ($good, $new, $bad) = map { key('ES256', $_) } qw(good new bad);
my $provider = AuthTenant::Provider->start;


sub start {
    my ($issuer, $zone, @lines) = @_;

    my $path = $issuer =~ /\{tenant}/ ? '{tenant}/{user}' : 'one/{user}';

    return AuthTenant::Nginx->start(main => 'worker_processes 2;',
        http => <<"END", server => <<"END");
    auth_tenant_zone  tenants $zone;
    auth_tenant_provider corp {
        issuer "$issuer";  audience app;  claims user=user;  tenants any;
        algorithms ES256;  cooldown 200ms;
        @lines
    }
END
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/$path/";
        add_header        X-Result \$auth_result always;
        empty_gif;
    }
END
}


sub tenant {
    my ($nginx, $name, $key) = @_;

    (my $realm = $name) =~ s{.*/}{};

    return scalar ask($nginx, "/$name/maksym/",
                      token($key // $good, $provider->issuer($realm)));
}


# how many of these are answered how: "200 ok: 6"

sub tenants {
    my ($nginx, $key, @names) = @_;

    my %count;
    $count{tenant($nginx, $_, $key)}++ for @names;

    return join ', ', map { "$_: $count{$_}" } sort keys %count;
}


my @tenants = map { "t$_" } 1 .. 6;     # as many as 512k have room for

$provider->realm($_, $good) for 'one', @tenants, 'another';

my $one = token($good, $provider->issuer('one'));


subtest 'a provider, where there is room for one' => sub {

    my $nginx = start($provider->issuer('one'), '512k');

    is(ask($nginx, '/one/maksym/', $one), '200 ok', 'before');

    for my $change ([qw(ES256 RS256)], [qw(RS256), 'RS256 ES256']) {
        my ($from, $to) = @$change;

        ok(reload($nginx, sub { s/algorithms \Q$from\E;/algorithms $to;/ }),
           "a reload to $to");
    }

    wait_for(10, 'its keys are had with the new settings',
             sub { ask($nginx, '/one/maksym/', $one) eq '200 ok' });
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'tenants, where there is room for six' => sub {

    my $nginx = start($provider->template, '512k');

    is(tenants($nginx, $good, @tenants), '200 ok: 6', 'before');
    is(tenant($nginx, 'another'), '503 keys_unavailable', 'a seventh');

    ok(reload($nginx, sub { s/algorithms ES256;/algorithms ES256 RS256;/ }),
       'a reload');
    sleep 2;
    is(tenants($nginx, $good, @tenants), '200 ok: 6', 'all of them are new');
    is(tenant($nginx, 'another'), '503 keys_unavailable', 'a seventh');

    ok(reload($nginx), 'a reload that changes nothing');
    sleep 2;
    is(tenant($nginx, 'another'), '503 keys_unavailable', 'a seventh');

    is($nginx->stop, '', 'nothing alarming in its log');
};


# A7.5: strangers' keys have verified nothing

subtest 'tenants that were used, with nothing to be kept for later' => sub {

    my $nginx = start($provider->template, '512k', 'stale 0;');

    is(tenants($nginx, $good, @tenants), '200 ok: 6', 'before');
    $provider->refuse;

    tenants($nginx, $bad, map { "x$_" } 1 .. 30);
    sleep 2.5;
    tenants($nginx, $bad, map { "x$_" } 1 .. 30);

    is(tenants($nginx, $good, @tenants), '200 ok: 6',
       'strangers are in nobody\'s way');

    $provider->open;
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'tenants that were used, with documents good for a second' => sub {

    my $nginx = start($provider->template, '512k', 'refresh 1s;  stale 0;');

    is(tenants($nginx, $good, @tenants), '200 ok: 6', 'before');
    sleep 4;
    is(tenant($nginx, 'another'), '503 keys_unavailable', 'a seventh');
    is(tenants($nginx, $good, @tenants), '200 ok: 6', 'all of them again');

    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'tenants that were never used, but named' => sub {

    $provider->clear;
    my $nginx = AuthTenant::Nginx->start(http => <<"END", server => <<'END');
    auth_tenant_zone  tenants 512k;
    auth_tenant_provider named {
        issuer "@{[ $provider->template ]}";  audience app;
        claims user=user;  tenants t1 t2;
    }
    auth_tenant_provider corp {
        issuer "@{[ $provider->template ]}";  audience app;
        claims user=user;  cooldown 200ms;
    }
END
    location /named/ {
        auth_tenant       named;
        auth_tenant_path  "/named/{tenant}/{user}/";
        add_header        X-Result $auth_result always;
        empty_gif;
    }
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result always;
        empty_gif;
    }
END

    wait_for(5, 'their keys are had at the start',
             sub { $provider->requests('/jwks') == 2 });
    sleep 1.5;
    $provider->refuse;
    tenants($nginx, $bad, map { "x$_" } 1 .. 12);

    is(tenant($nginx, "named/$_"), '200 ok', "$_: is where it was")
        for 't1', 't2';

    $provider->open;
    is($nginx->stop, '', 'nothing alarming in its log');
};


# E13: the operator names others, of whom nginx -t says that there is room

for my $before ('tenants @tenants', 'tenants any') {
    my @new = map { "u$_" } 1 .. 6;
    my $is = $before =~ s/\@tenants/@tenants/r;

    subtest "other tenants than before: $before" => sub {

        my $nginx = start($provider->template, '512k', 'refresh 1s;');
        $provider->realm($_, $good) for @new;

        ok(reload($nginx, sub { s/tenants any;/$is;/ }), 'before');
        wait_for(5, 'the old ones are there',
                 sub { tenants($nginx, $good, @tenants) eq '200 ok: 6' });

        ok(reload($nginx, sub { s/\Q$is;\E/tenants @new;/ }), 'a reload');
        wait_for(10, 'the new ones are',
                 sub { tenants($nginx, $good, @new) eq '200 ok: 6' });

        $provider->clear;
        is(tenants($nginx, $good, @tenants), '401 wrong_issuer: 6',
           'the old ones are nobody');
        sleep 3;
        is(tenants($nginx, $good, @new), '200 ok: 6', 'all of them stay');
        is(scalar $provider->requests(qr{/realms/t\d}), 0,
           'nothing is fetched for the old ones');
        cmp_ok(scalar $provider->requests(qr{/realms/u\d}), '>=', 6,
               'but for the new ones');

        unlike($nginx->log, qr/ is full/, 'the log says nothing of a zone');
        is($nginx->stop, '', 'nothing alarming in its log');
    };
}


subtest 'a tenant that is named, where all places are in use' => sub {

    my $nginx = start($provider->template, '512k');

    is(tenants($nginx, $good, @tenants), '200 ok: 6', 'before');

    my ($block, $place) = (<<"END", <<'END');
    auth_tenant_provider named {
        issuer "@{[ $provider->template ]}";  audience app;
        claims user=user;  tenants another;  algorithms RS256 ES256;
    }
END
        location /named/ {
            auth_tenant       named;
            auth_tenant_path  "/named/{tenant}/{user}/";
            add_header        X-Result $auth_result always;
            empty_gif;
        }
END

    ok(reload($nginx, sub { s/^( *server \{\n)/$block$1$place/m }),
       'another provider names one');

    wait_until(3, sub { tenants($nginx, $good, @tenants);
                        tenant($nginx, 'named/another') eq '200 ok' });
    is(tenant($nginx, 'named/another'), '200 ok', 'it has a place');

    is($nginx->stop, '', 'nothing alarming in its log');
};


# the operator's word counts at once, and not when an hour is over

subtest 'a refresh that is shorter' => sub {

    my $nginx = start($provider->issuer('one'), '1m',
                      'refresh 1h;');

    is(ask($nginx, '/one/maksym/', $one), '200 ok', 'a key');

    $provider->realm('one', $new);
    sleep 0.5;
    ok(reload($nginx), 'a reload that changes nothing');
    is(ask($nginx, '/one/maksym/', $one), '200 ok', 'the key is not forgotten');

    ok(reload($nginx, sub { s/refresh 1h;/refresh 1s;/ }), 'refresh 1s');
    wait_for(4, 'it is withdrawn',
             sub { ask($nginx, '/one/maksym/', $one) eq '401 unknown_key' });

    $provider->realm('one', $good);
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'a tenant\'s, too' => sub {

    my $nginx = start($provider->template, '1m', 'refresh 1h;');

    is(tenant($nginx, 't1'), '200 ok', 'a key');

    $provider->realm('t1', $new);
    ok(reload($nginx, sub { s/refresh 1h;/refresh 1s;/ }), 'refresh 1s');
    wait_for(4, 'it is withdrawn',
             sub { tenant($nginx, 't1') eq '401 unknown_key' });

    is($nginx->stop, '', 'nothing alarming in its log');
};

done_testing();

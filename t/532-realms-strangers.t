#!/usr/bin/perl

# E26: strangers whose realms hang.  However many of them there are, keys of
# the tenants that are known go on being fetched.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Client qw(until_true);
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key sign);
use Test::More;

my $provider = AuthTenant::Provider->start;
my $key = key('RS256');

$provider->realm('acme', $key);
$provider->fault(qr{/realms/stranger}, 'never');

my $nginx = AuthTenant::Nginx->start(
    events => 'worker_connections 512;',
    http => <<"END",
    auth_tenant_zone  tenants 8m;
    auth_tenant_provider many {
        issuer        "@{[ $provider->template ]}";
        audience      app;
        claims        user=sub;
        refresh       1s;
        cooldown      1s;
        read_timeout  20s;
    }
END
    server => <<'END');
    location / {
        auth_tenant      many;
        auth_tenant_path "/{tenant}/{user}/";
        add_header       X-Result $auth_result:$pid always;
        empty_gif;
    }
END

sub token {
    my ($tenant) = @_;

    return sign($key, { iss => $provider->issuer($tenant), aud => 'app',
                        sub => 'maksym', iat => time, exp => time + 600 });
}

my $client = AuthTenant::Client->new($nginx);
like($client->ask('/acme/maksym/', token('acme')), qr/^200 ok/,
     'a tenant that is known');

# 20 of them may be asked for in each second; more than one worker can fetch
# for at a time

my ($n, @strangers) = (0);

sub ask_as_strangers {
    for (1 .. 20) {
        my $stranger = AuthTenant::Client->new($nginx);
        $stranger->send("/stranger$n/maksym/", token("stranger$n"));
        push @strangers, $stranger;
        $n++;
    }
    return scalar @strangers >= 60;
}

until_true(sub { sleep 1; ask_as_strangers() });

my $hanging = $provider->requests(qr{/realms/stranger});
cmp_ok($hanging, '>=', 10, 'strangers are asked for');
cmp_ok($hanging, '<=', 16, 'no more than half of what their provider may have');

my $before = $provider->requests('/acme/jwks');
ok(until_true(sub { $provider->requests('/acme/jwks') >= $before + 3 }),
   'and the keys of the known tenant are fetched meanwhile');

$_->reset for @strangers;

like(AuthTenant::Client->new($nginx)->ask('/acme/maksym/', token('acme')),
     qr/^200 ok/, 'who goes in and out');

is(join('', $nginx->stop), '', 'nothing to complain about');

done_testing();

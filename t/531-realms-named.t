#!/usr/bin/perl

# Tenants that "tenants" names, with an issuer for each: their keys are asked
# for at the start, and one that the provider does not know is an error, told
# now and then.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Test::More;
use Time::HiRes qw(sleep time);

my $provider = AuthTenant::Provider->start;
$provider->realm('acme', key('RS256'));

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2;',
    http => <<"END",
    auth_tenant_provider many {
        issuer    "@{[ $provider->template ]}";
        audience  app;
        claims    user=sub;
        tenants   acme globex;
        cooldown  1s;
    }
END
    server => <<'END');
    location / {
        auth_tenant      many;
        auth_tenant_path "/{tenant}/{user}/";
        empty_gif;
    }
END

sub wait_for {
    my ($condition) = @_;

    my $end = time + 20;
    sleep 0.05 until $condition->() || time > $end;
    return $condition->();
}

ok(wait_for(sub { $provider->requests('/acme/jwks') }),
   'keys are there before anybody asks');

my $unknown = qr{\[error\]\N*auth_tenant:\N*/realms/globex":\N*404};

ok(wait_for(sub { $nginx->log =~ $unknown }),
   'a tenant that is named and is not there is an error');

# several cooldowns: it is remembered for a minute

sleep 4;

is(scalar $provider->requests('globex/.well-known/openid-configuration'), 1,
   'and is not asked for all the time');

my $errors = () = $nginx->log =~ /$unknown/g;
is($errors, 1, 'nor told');

is(join('', $nginx->stop), '', 'nothing else to complain about');

done_testing();

#!/usr/bin/perl

# A tenant that is not there (404) does not turn into one whose keys can't be
# had (503) while its provider is not asked again, however long that is.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Test::More;
use Time::HiRes qw(sleep time);

my $provider = AuthTenant::Provider->start;
my $key = key('ES256', 'k');

my $nginx = AuthTenant::Nginx->start(http => <<"END", server => <<'END');
    auth_tenant_provider many {
        issuer    "@{[ $provider->template ]}";
        audience  app;
        claims    user=user;
        refresh   1s;
        cooldown  4s;
    }
END
    location / {
        auth_tenant       many;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result:$pid always;
        empty_gif;
    }
END

my %said;
my $token = token($key, $provider->issuer('nobody'));
my $begin = time;

while (time < $begin + 6) {
    $said{ask($nginx, '/nobody/maksym/', $token) =~ s/:.*//sr}++;
    sleep 0.2;
}

is_deeply([keys %said], ['404 unknown_tenant'], 'it is not there all the time');
is(scalar $provider->requests('/openid-configuration'), 2,
   'the provider is asked once in each cooldown');

$provider->realm('nobody', $key);
wait_for(6, 'as soon as it is, it is found', sub {
    return ask($nginx, '/nobody/maksym/', $token) =~ /^200 ok/;
});

is($nginx->stop, '', 'nothing bad in error.log');
done_testing();

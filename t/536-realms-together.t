#!/usr/bin/perl

# Workers that meet a tenant for the first time at the same moment: whichever
# of them is a moment late waits for what the first one fetches, and none
# refuses a request because another has its hand on the zone.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Client;
use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Test::More;

my $provider = AuthTenant::Provider->start;
my $key = key('ES256', 'k');
my @tenants = map { "t$_" } 1 .. 150;

$provider->realm($_, $key) for @tenants;

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 3;', http => <<"END", server => <<'END');
    auth_tenant_zone  tenants 16m;
    auth_tenant_provider many {
        issuer        "@{[ $provider->template ]}";
        audience      app;
        claims        user=user;
        cooldown      10ms;
        read_timeout  20s;
    }
END
    location = / { auth_tenant off; empty_gif; add_header X-Result :$pid; }
    location / {
        auth_tenant       many;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result:$pid always;
        empty_gif;
    }
END

my @at = values %{{ AuthTenant::Client::each_worker($nginx) }};
my %said;

for my $tenant (@tenants) {
    my $token = token($key, $provider->issuer($tenant));
    $_->send("/$tenant/maksym/", $token) for @at;
    for (@at) {
        my $answer = $_->answer;
        $said{"$answer->{status} $answer->{result}"}++;
    }
}

is_deeply(\%said, { '200 ok' => @at * @tenants }, 'no request is refused');

is($nginx->stop, '', 'nothing bad in error.log');
done_testing();

#!/usr/bin/perl

# E26: providers that hang.  However many tenants one of them has, keys of
# another provider are fetched, for the first time and again; and however many
# tenants hang that have hosts of their own, so are those of their neighbours.

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

my ($old, $new) = map { key('ES256', $_) } qw(old new);


sub provider {
    my ($name, $issuer, @lines) = @_;

    return <<"END";
    auth_tenant_provider $name {
        issuer    "$issuer";
        audience  app;
        claims    user=user;
        cooldown  1s;
        @lines
    }
END
}


sub start {
    my ($provider, $path, @providers) = @_;

    # fetches have no more than half of the connections

    return AuthTenant::Nginx->start(events => 'worker_connections 512;',
                                    http => <<"END", server => <<"END");
    auth_tenant_zone  tenants 16m;
    @providers
END
    location / {
        auth_tenant       $provider;
        auth_tenant_path  "$path";
        add_header        X-Result \$auth_result:\$pid always;
        empty_gif;
    }
END
}


subtest 'another provider' => sub {

    my ($slow, $good) = map { AuthTenant::Provider->start } 1 .. 2;
    my @tenants = map { "t$_" } 1 .. 100;

    $slow->fault('', 'never');
    $good->realm('', $old);

    my $nginx = start('good', '/{user}/',
        provider('slow', $slow->template, "read_timeout 20s;",
                 "tenants @tenants;"),
        provider('good', $good->issuer('')));

    my $answer = ask($nginx, '/maksym/', token($old, $good->issuer('')));
    like($answer, qr/^200 ok/, 'its first token is judged');

    $good->realm('', $new);
    sleep 1.2;
    $answer = ask($nginx, '/maksym/', token($new, $good->issuer('')));
    like($answer, qr/^200 ok/, 'so is one of a new key');

    my $hanging = $slow->requests('');
    cmp_ok($hanging, '<=', 32, 'half of the places are taken');
    cmp_ok($hanging, '>=', 30, 'not less');

    is($nginx->stop, '', 'nothing bad in error.log');
};


subtest 'another tenant' => sub {

    my $provider = AuthTenant::Provider->start;
    my @tenants = map { "t$_" } 1 .. 140;

    $provider->realm('acme', $old);
    $provider->fault(qr{/realms/t}, 'never');

    my $nginx = start('many', '/{tenant}/{user}/',
        provider('many', $provider->template, 'read_timeout 1s; refresh 1s;',
                 "tenants @tenants acme;"));

    # all of them have failed

    wait_for(30, 'all have been asked for', sub {
        my %seen = map { $_->{path} => 1 } $provider->requests(qr{/realms/t});
        return keys %seen == @tenants;
    });

    my $before = $provider->requests('/acme/jwks');
    sleep 7;
    cmp_ok($provider->requests('/acme/jwks') - $before, '>=', 3,
           'who does not hang is fetched when it is due');
    like(ask($nginx, '/acme/maksym/', token($old, $provider->issuer('acme'))),
         qr/^200 ok/, 'and served');

    is(join('', grep { !/auth_tenant: keys of provider/ }
                split /^/, $nginx->stop), '', 'nothing else in error.log');
};

done_testing();

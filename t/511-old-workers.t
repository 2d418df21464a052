#!/usr/bin/perl

# A7.9, E13: a worker of before a reload that still has requests, and other
# settings, or another zone, than those who came after it.  A key that was
# withdrawn is not accepted by it for longer than by them.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Test::More;
use Time::HiRes qw(sleep);

my ($old, $new) = map { key('ES256', $_) } qw(old new);
my $provider = AuthTenant::Provider->start;


# what a request is answered that was begun long before: "200 ok", and by whom

sub finish {
    my ($socket, $key, $realm) = @_;

    print $socket "Connection: close\r\nAuthorization: Bearer ",
        token($key, $provider->issuer($realm)), "\r\n\r\n";
    $socket->flush;

    my $answer = do { local $/; <$socket> } // '';
    my ($status) = $answer =~ m{^HTTP/1.1 (\d+)};
    my ($result) = $answer =~ /^X-Result: (\S+)/m;

    return join ' ', $status // 'closed', $result // '';
}


my %change = (
    settings => sub { s/# MORE/algorithms ES256;/ },
    zone     => sub { s/tenants 8m/tenants 9m/ },
    nothing  => sub { },
);

my %issuer = (
    'one issuer'     => [$provider->issuer('one'), '/one/{user}/'],
    'a tenant\'s'    => [$provider->template, '/{tenant}/{user}/'],
);

for my $kind (sort keys %issuer) {
    for my $what (sort keys %change) {

        subtest "$kind: a reload that changes $what" => sub {

            my ($issuer, $path) = @{ $issuer{$kind} };
            $provider->realm('one', $old);

            my $nginx = AuthTenant::Nginx->start(http => <<"END",
    auth_tenant_zone tenants 8m;
    auth_tenant_provider corp {
        issuer "$issuer";  audience app;  claims user=user;
        refresh 1s;  cooldown 30s;  # MORE
    }
END
                server => <<"END");
    location / {
        auth_tenant       corp;
        auth_tenant_path  "$path";
        add_header        X-Result \$auth_result:\$pid always;
        empty_gif;
    }
END
            my $good = token($old, $provider->issuer('one'));
            wait_for(5, 'a key', sub {
                ask($nginx, '/one/maksym/', $good) =~ /^200 ok/ });

            my @begun = map { $nginx->connect } 1 .. 4;

            for (@begun) {
                print $_ "GET /one/maksym/ HTTP/1.1\r\nHost: localhost\r\n";
                $_->flush;
            }
            sleep 0.3;

            my ($worker) = workers($nginx);
            my $file = "$nginx->{path}/nginx.conf";
            open my $fh, '<', $file or die "$file: $!\n";
            local $_ = do { local $/; <$fh> };
            $change{$what}->();
            open $fh, '>', $file or die "$file: $!\n";
            print $fh $_;
            close $fh;

            $nginx->signal('HUP');
            ok(wait_until(5, sub { grep { $_ != $worker } workers($nginx) }),
               'is done');
            wait_for(5, 'the new ones have it', sub {
                ask($nginx, '/one/maksym/', $good) =~ /^200 ok/ });

            $provider->realm('one', $new);
            wait_for(10, 'it is withdrawn', sub {
                ask($nginx, '/one/maksym/', $good) =~ /^401 unknown_key/ });
            sleep 3.5;

            is(finish(shift @begun, $old, 'one'), "401 unknown_key:$worker",
               'for who is still there, too');
            is(finish(shift @begun, $new, 'one'), "200 ok:$worker",
               'who knows the new one');

            $provider->refuse;
            sleep 3.5;
            is(finish(shift @begun, $new, 'one'), "200 ok:$worker",
               'while the provider is down');
            is(finish(shift @begun, $new, 'one'), "200 ok:$worker", 'as well');
            $provider->open;

            is($nginx->stop, '', 'nothing alarming in its log');
        };
    }
}

done_testing();

#!/usr/bin/perl

# The suite's own name server, and the network that a file can have to itself,
# as the system's resolver sees them.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Namespace '192.0.2.1', '169.254.169.254';
use AuthTenant::Provider;
use AuthTenant::Resolver;
use AuthTenant::Token qw(key jwks);

use IO::Socket::INET ();
use Socket qw(getaddrinfo getnameinfo NI_NUMERICHOST SOCK_STREAM);
use Test::More;
use Time::HiRes qw(time);

plan skip_all => 'once is enough'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my $dns = AuthTenant::Resolver->start(port => 53,
    'login.example.com' => '192.0.2.1');


# the addresses of a name, or what is wrong with it

sub addresses {
    my ($error, @found) = getaddrinfo($_[0], '', { socktype => SOCK_STREAM });

    return "$error" if $error;
    return join ' ', sort map {
        (getnameinfo($_->{addr}, NI_NUMERICHOST))[1]
    } @found;
}


my $address = '192.0.2.1';
is(addresses('login.example.com'), $address, 'a name that is known');
is(addresses('LOGIN.example.com'), $address, 'in capitals');

like(addresses('other.example.com'), qr/not known/, 'one that is not');

$dns->name('other.example.com', '192.0.2.7', '192.0.2.8', '2001:db8::1');
is(addresses('other.example.com'), '192.0.2.7 192.0.2.8 2001:db8::1',
   'several addresses');
is($dns->queries('other.example.com'), 2, 'it was asked for twice');

$dns->name('other.example.com', ['192.0.2.1'], ['127.0.0.1']);
is(join(' ', map { addresses('other.example.com') } 1 .. 3),
   '192.0.2.1 127.0.0.1 192.0.2.1', 'one that flips');

$dns->name('other.example.com', 'nxdomain');
like(addresses('other.example.com'), qr/not known/, 'nxdomain');

for my $word (qw(servfail refused never garbage other)) {
    my $start = time;
    $dns->name('other.example.com', $word);
    like(addresses('other.example.com'), qr/failure in name/, $word);
    cmp_ok(time - $start, '<', 5, "$word: soon");
}

$dns->name('other.example.com', 'empty');
like(addresses('other.example.com'), qr/No address/, 'empty');

$dns->name('other.example.com');
$dns->name('*', '127.0.0.1');
is(addresses('other.example.com'), '127.0.0.1', 'all others');
is(addresses('login.example.com'), $address, 'but for those that were said');

$dns->delay(0.3);
my $start = time;
addresses('other.example.com');
cmp_ok(time - $start, '>', 0.25, 'late');
$dns->delay(0);

# a network with nobody else in it: well-known ports are free

my $provider = AuthTenant::Provider->start(tls => 1, port => 443,
    address => $address, host => 'login.example.com');
$provider->realm('acme', key('ES256'));
is($provider->issuer('acme'), 'https://login.example.com/realms/acme',
   'a provider on the port that its scheme has');

is(`curl -q -sS --cacert @{[ $provider->ca ]} \\
    https://login.example.com/realms/acme/jwks`,
   jwks(key('ES256')), 'by its name');

my $metadata = AuthTenant::Provider->start(port => 80,
    address => '169.254.169.254');
is((addresses('metadata.example.com')), '127.0.0.1', 'an address');
ok(IO::Socket::INET->new(PeerAddr => '169.254.169.254:80'),
   'that nobody should go to');
is($metadata->connections, 1, 'and that is noticed');

ok(!IO::Socket::INET->new(PeerAddr => '198.51.100.1:80'), 'nothing beyond');

done_testing();

#!/usr/bin/perl

# E9, A7.3: names that lead elsewhere, and what becomes of tokens then.
# Whatever the provider's name resolves to, and whatever the name server does,
# the last good keys stay in use and no request waits for it.  Every way in
# which a single fetch can be led is in 404-fetch-dns.t.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Namespace '192.0.2.1', '10.20.0.1', '169.254.169.254';
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Resolver;
use AuthTenant::Token qw(key sign);
use Test::More;
use Time::HiRes qw(sleep time);

my $host = 'login.example.com';
my $dns = AuthTenant::Resolver->start(port => 53, $host => '192.0.2.1');
$dns->ttl(0);

# the provider, at an address of the Internet's and at one of a network of its
# own, and whoever listens where nobody may be asked

my %at = map {
    $_ => AuthTenant::Provider->start(tls => 1, port => 443, address => $_,
                                      host => $host)
} qw(192.0.2.1 10.20.0.1 169.254.169.254 127.0.0.1);

my $provider = $at{'192.0.2.1'};
my ($key, $other) = (key('RS256', 'first'), key('RS256', 'second'));
my $issuer = "https://$host/realms/x";

$at{$_}->realm('x', $key) for keys %at;

# All of them can show a certificate for the name that is believed: what keeps
# the key from being fetched is the address.

open my $ca, '>', AuthTenant::Nginx::dir() . '/ca.pem' or die "ca: $!\n";
for my $server (values %at) {
    open my $fh, '<', $server->ca or die "ca: $!\n";
    print {$ca} readline $fh;
}
close $ca;

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2;',
    http => <<"END",
    auth_tenant_provider corp {
        issuer    "$issuer";
        audience  app;
        claims    user=sub;
        refresh   1s;
        cooldown  1s;
        connect_timeout 1s;
        read_timeout    1s;
        ssl_trusted_certificate DIR/ca.pem;
    }
END
    server => <<'END');
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        add_header       X-Result $auth_result always;
        empty_gif;
    }
END

sub result {
    my ($signer) = @_;

    my $now = int time;
    my $token = sign($signer, { iss => $issuer, aud => 'app', sub => 'maksym',
                                iat => $now, exp => $now + 600 });
    my ($status, $text) = $nginx->get('/maksym/',
                                      "Authorization: Bearer $token");
    return "$status " . ($text =~ /^X-Result: (\S+)/m ? $1 : '');
}

# waits for a condition, as long as a busy machine may need

sub wait_for {
    my ($condition, $seconds) = @_;

    my $end = time + ($seconds // 20);
    sleep 0.05 until $condition->() || time > $end;
    return $condition->();
}

is(result($key), '200 ok', 'an address of the Internet');

# each of these goes on until two further tries have failed

sub failures { my $log = $nginx->log; my $n = () = $log =~ /next try in/g; $n }

for (['169.254.169.254', 'the metadata service'],
     ['nxdomain', 'no such name'], ['never', 'no answer'])
{
    my ($answer, $name) = @$_;

    my $before = failures();
    $dns->name($host, $answer);

    ok(wait_for(sub { failures() > $before }), "$name: the fetch fails");

    my $asked = time;
    is(result($key), '200 ok', "$name: known keys stay in use");
    cmp_ok(time - $asked, '<', 0.9, "$name: and nobody waits");

    # back, or the next try would be minutes away

    $dns->name($host, '192.0.2.1');
    my $seen = $provider->requests('/jwks');
    ok(wait_for(sub { $provider->requests('/jwks') > $seen }),
       "$name: it is asked again");
}

# rebinding: the address of the Internet first, this host at the next query;
# and both in one answer

for (['in turn', ['192.0.2.1'], ['127.0.0.1'], ['169.254.169.254']],
     ['at once', '127.0.0.1', '169.254.169.254', '192.0.2.1'])
{
    my ($how, @answers) = @$_;

    $dns->name($host, @answers);
    my $seen = $dns->queries($host);
    ok(wait_for(sub { $dns->queries($host) > $seen + 5 }), "flips, $how");
    is(result($key), '200 ok', "$how: known keys stay in use");
}

for my $address (qw(127.0.0.1 169.254.169.254)) {
    is($at{$address}->connections, 0, "$address: nobody ever connected");
}

# a private network is where providers stand, too

$at{'10.20.0.1'}->realm('x', $key, $other);
$dns->name($host, '10.20.0.1');
ok(wait_for(sub { result($other) eq '200 ok' }, 30),
   'a private address is asked');

like($nginx->log, qr/\[error\].*auth_tenant:.*"corp".*last good ones stay/,
     'error.log says so');
is(join('', $nginx->stop), '', 'nothing else to complain about');

done_testing();

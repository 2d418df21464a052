#!/usr/bin/perl

# What docs/directives.md tells an operator to do about keys ("When keys are
# missing"), by reload, while a provider is down or has removed a tenant; and what
# a reload ends.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = AuthTenant::Nginx::dir();
my $key = key('RS256', 'k');
my $provider = AuthTenant::Provider->start;
my $tls = AuthTenant::Provider->start(tls => 1);

my $template = $provider->template;
my %issuer = map { $_ => $provider->issuer($_) }
             qw(short corp acme globex swapped);
$issuer{secure} = $tls->issuer('secure');

$provider->realm($_, $key) for qw(short corp acme globex swapped);
$tls->realm('secure', $key);

mkdir "$dir/state";
mkdir "$dir/later";

sub copy {
    my ($to, @from) = @_;

    my $text = '';
    for (@from) {
        open my $in, '<', $_ or die "$_: $!\n";
        local $/;
        $text .= <$in>;
    }

    open my $out, '>', "$dir/$to.new" or die "$to: $!\n";
    print $out $text;
    close $out;
    rename "$dir/$to.new", "$dir/$to" or die "$to: $!\n";
}

copy('ca.pem', $tls->ca);
copy('same.pem', $tls->ca);

my $fast = 'audience app; claims user=user; refresh 1s; cooldown 1s;'
           . ' read_timeout 1s;';

my %conf = (http => <<"END", main => 'worker_processes 2;', server =>
    auth_tenant_zone tenants 4m;
    auth_tenant_provider short {
        issuer "$issuer{short}"; $fast
        state_path DIR/state/short; stale 0; # short
    }
    auth_tenant_provider corp {
        issuer "$issuer{corp}"; $fast # corp
    }
    auth_tenant_provider many {
        issuer "$template"; $fast stale 0; # many
    }
    auth_tenant_provider swapped {
        issuer "$issuer{swapped}"; audience app; claims user=user;
        refresh 4s; cooldown 1s;
    }
    auth_tenant_provider secure {
        issuer "$issuer{secure}"; $fast
        ssl_trusted_certificate DIR/ca.pem;
    }
END
    join '', location('many', '/many/{tenant}/')
             =~ s/location \S+/location \/many\//r,
    map { location($_, "/$_/") } qw(short corp swapped secure));

my $nginx = AuthTenant::Nginx->start(%conf);

sub result {
    my ($name) = @_;

    my $path = $name =~ /^(?:acme|globex)$/ ? "/many/$name" : "/$name";
    return ask($nginx, "$path/maksym/", token($key, $issuer{$name})) . '';
}

sub serves {
    my ($name, $says, $want) = @_;

    wait_for(15, $says, sub { result($name) eq ($want // '200 ok') })
        or diag result($name);
}

serves($_, "$_: keys") for sort keys %issuer;
wait_for(10, 'a state file', sub { -s "$dir/state/short" });


note('a key that is another one under the same kid');

my $other = key('RS256', 'other');
my $new = AuthTenant::Token::sign($other, {
    iss => $issuer{swapped}, aud => 'app', sub => '1', user => 'maksym',
    iat => int time, exp => int(time) + 3600 }, header => { kid => 'k' });

wait_until(10, sub { 2 <= (() = $provider->requests('/swapped/jwks')) });
$provider->realm('swapped', $other->jwk(kid => 'k'));
is(ask($nginx, '/swapped/maksym/', $new) . '', '401 bad_signature',
   'is none that is unknown: nobody is asked for it');
wait_for(15, 'but it is there with the next refresh', sub {
    ask($nginx, '/swapped/maksym/', $new) eq '200 ok'
});
is(result('swapped'), '401 bad_signature', 'and the old one is not');


note('a file of CAs that another is added to, without reload');

copy('ca.pem', $tls->ca, $tls->other_ca);
$tls->tls('other_ca');
my $asked = () = $tls->requests('/secure/jwks');
wait_for(15, 'vouches for both', sub {
    $asked + 1 < (() = $tls->requests('/secure/jwks'))
});
is(result('secure'), '200 ok', 'and keys are kept');
$tls->tls('good');

# with a reload it would be another trust: see 506-restart.t

copy('ca.pem', $tls->ca);


note('the provider is down');

$provider->refuse;
$tls->refuse;

serves($_, "$_: keys that may not be \"stale\" are gone soon",
       '503 keys_unavailable') for qw(short acme);

ok(reload($nginx, sub { s/stale 0;/stale 1h;/g;
                        s/# corp/state_path DIR\/later\/corp;/;
                        s{DIR/}{$dir/}g }),
   'a longer "stale", and a "state_path" where there was none');
is(result($_), '200 ok', "$_: the old keys are used again") for qw(short acme);
is(result('corp'), '200 ok', 'as others are all the time');

sleep 2.5;
ok(!-e "$dir/later/corp", 'nothing is written of what was fetched before');

ok(reload($nginx, sub { s{/ca\.pem}{/same.pem} }), 'another path of the CA');
is(result('secure'), '503 keys_unavailable', 'is another trust: no keys');
ok(reload($nginx, sub { s{/same\.pem}{/ca.pem} }), 'the path of before');
is(result('secure'), '200 ok', 'has them, if it is soon');

note('a restart');

is($nginx->stop, '', 'no alerts, no leaks');
(my $http = $conf{http}) =~ s/# corp/state_path DIR\/later\/corp;/;
$nginx = AuthTenant::Nginx->start(%conf, http => $http);

is(result('short'), '503 keys_unavailable', 'the file is too old');
like($nginx->log, qr/short" is not used: it is older than "stale" allows/,
     'it is said');
ok(reload($nginx, sub { s/stale 0;/stale 1h;/g }),
   'a longer "stale"');
is(result('short'), '200 ok', 'and it is used');
is(result('corp'), '503 keys_unavailable', 'where there is none, nothing is');


note('it is back');

$provider->open;
$tls->open;
serves($_, "$_: keys") for qw(corp acme globex);
wait_for(10, 'the file is written with the next good fetch',
         sub { -s "$dir/later/corp" });


note('a tenant that the provider has removed');

$provider->forget('acme');
wait_for(15, 'is asked for', sub {
    $nginx->log =~ m{/acme": discovery\N*status 404; the last good ones stay}
});
is(result('acme'), '200 ok', 'keeps its keys, for "stale"');

ok(reload($nginx, sub { s/# many/tenants globex;/ }),
   'a list of "tenants" without it');
is(result('acme'), '401 wrong_issuer', 'locks it out at once');
is(result('globex'), '200 ok', 'and nobody else');

is($nginx->stop, '', 'no alerts, no leaks');

done_testing();

# A realm for each tenant: whose keys a token is judged by, who may have a
# tenant's keys fetched and how often, and what one tenant's trouble is to
# others.  A6.1, A7.1, A7.5, A7.6, B2.9, B2.10, E15, E26.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use lib 't/lib';
use AuthTenant::Client qw(until_true workers);
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks sign json);

my $well_known = '/.well-known/openid-configuration';
my %provider = map { $_ => AuthTenant::Provider->start }
               qw(main named listed crowd idle);
my $main = $provider{main};

# all tenants' keys have one name

my %key = map { $_ => key('RS256', "of-$_") } qw(acme globex other);
my %named = (header => { kid => 'k' });

$provider{$_}->realm('acme', $key{acme}->jwk(kid => 'k'))
    for qw(main crowd idle);
$main->realm('globex', $key{globex}->jwk(kid => 'k'));
$main->realm('staff', $key{globex}->jwk(kid => 'k'));
$provider{listed}->realm($_, $key{acme}->jwk(kid => 'k'))
    for qw(north south east);

# hosts of their own, which a proxy finds; the last one has another's document

sub host { "http://$_[0].idp.example.com" }

for (['acme', 'acme'], ['globex', 'globex'], ['liar', 'acme']) {
    my ($host, $tenant) = @$_;
    $provider{named}->document(host($host) . $well_known, json({
        issuer => host($tenant), jwks_uri => host($tenant) . '/keys' }));
    $provider{named}->document(host($host) . '/keys',
                               jwks($key{$tenant}->jwk(kid => 'k')));
}

my $common = 'audience app; refresh 1h; cooldown 1s; read_timeout 4s;';

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2;', http => <<"END", server => <<'END');
    keepalive_requests 100000;
    keepalive_timeout  10m;

    auth_tenant_zone tenants 4m;

    auth_tenant_provider main {
        issuer "@{[ $main->template ]}"; claims user=name; $common
    }
    auth_tenant_provider claimed {
        issuer "@{[ $main->template ]}"; claims user=name tenant=org; $common
    }
    auth_tenant_provider named {
        issuer "@{[ host('{tenant}') ]}"; claims user=name;
        proxy "@{[ $provider{named}->url ]}"; allow_http on; $common
    }
    auth_tenant_provider listed {
        issuer "@{[ $provider{listed}->template ]}"; claims user=name;
        tenants north south; $common
    }
    auth_tenant_provider staff {
        issuer "@{[ $provider{listed}->issuer('east') ]}";
        claims user=name tenant=org; tenants staff acme; $common
    }
    auth_tenant_provider crowd {
        issuer "@{[ $provider{crowd}->template ]}"; claims user=name;
        audience app; refresh 1h; cooldown 6s;
    }
    auth_tenant_provider idle {
        issuer "@{[ $provider{idle}->template ]}"; claims user=name;
        audience app; refresh 1s; cooldown 1s; stale 2s;
    }
END
    add_header X-Result $auth_result:$auth_tenant:$pid always;

    location = / { auth_tenant off; empty_gif; }
    location /t/ {
        auth_tenant main;
        auth_tenant_path "/t/{tenant}/{user}/";
        empty_gif;
    }
    location /who/ {
        auth_tenant main;
        auth_tenant_path "/who/{user}/";
        empty_gif;
    }
    location /claimed/ {
        auth_tenant claimed;
        auth_tenant_path "/claimed/{tenant}/{user}/";
        empty_gif;
    }
    location /claimed-who/ {
        auth_tenant claimed;
        auth_tenant_path "/claimed-who/{user}/";
        empty_gif;
    }
    location /named/ {
        auth_tenant named;
        auth_tenant_path "/named/{tenant}/{user}/";
        empty_gif;
    }
    location /listed/ {
        auth_tenant listed;
        auth_tenant_path "/listed/{tenant}/{user}/";
        empty_gif;
    }
    location /both/ {
        auth_tenant main staff;
        auth_tenant_path "/both/{tenant}/{user}/";
        empty_gif;
    }
    location /crowd/ {
        auth_tenant crowd;
        auth_tenant_path "/crowd/{tenant}/{user}/";
        empty_gif;
    }
    location /idle/ {
        auth_tenant idle;
        auth_tenant_path "/idle/{tenant}/{user}/";
        empty_gif;
    }

    # from a tenant's location into that of globex

    location /redirect/ {
        auth_tenant main;
        auth_tenant_path "/redirect/{tenant}/{user}/";
        try_files /none /t/globex/maksym/;
    }
    location /error/ {
        auth_tenant main;
        auth_tenant_path "/error/{tenant}/{user}/";
        error_page 404 =200 /t/globex/maksym/;
        root /nonexistent;
    }
    location /at/ {
        auth_tenant main;
        auth_tenant_path "/at/{tenant}/{user}/";
        try_files /none @globex;
    }
    location @globex {
        auth_tenant main;
        auth_tenant_match tenant globex;
        auth_tenant_path "/at/acme/{user}/";
        empty_gif;
    }
    location = /part/acme/maksym {
        auth_tenant main;
        auth_tenant_path "/part/{tenant}/{user}/";
        addition_types   *;
        add_before_body  /t/globex/maksym/;
        add_after_body   /t/acme/maksym/;
        alias            DIR/page;
    }
END

sub token {
    my ($iss, $key, %claims) = @_;

    return sign($key, {
        iss => $iss, aud => 'app', sub => '1', name => 'maksym',
        iat => int time, exp => int(time) + 600, %claims }, %named);
}

sub of { token($main->issuer($_[0]), $key{$_[1] // $_[0]}) }

sub asked {
    my ($provider, $tenant) = @_;
    return scalar(my @all =
        $provider{$provider}->requests("/realms/$tenant$well_known"));
}

my (%at, $one, $two);

sub connect_workers {
    %at = AuthTenant::Client::each_worker($nginx);
    ($one, $two) = map { $at{$_} } sort keys %at;
}

sub all_say {
    my (@request) = @_;
    my %said = map { $_->ask(@request) => 1 } $one, $two;
    return join ', ', sort keys %said;
}

connect_workers();

note('the first use of a tenant');

is(asked('main', 'acme'), 0, 'nobody has asked for its keys');
is($one->ask('/t/acme/maksym/', of('acme')), '200 ok:acme',
   'its first token waits for them; $auth_tenant is its issuer\'s');
is($two->ask('/t/acme/maksym/', of('acme')), '200 ok:acme',
   'another worker has them, too');
is(asked('main', 'acme'), 1, 'of one fetch');
is(all_say('/t/globex/maksym/', of('globex')), '200 ok:globex',
   'another tenant');
is(all_say('/who/maksym/', of('acme')), '200 ok:acme',
   'a request that names no tenant');

note('A6.1 keys of one name in two tenants: none is taken for another');

for my $iss (qw(acme globex)) {
    for my $key (qw(acme globex other)) {
        for my $asked (qw(acme globex), '') {
            my $path = $asked ? "/t/$asked/maksym/" : '/who/maksym/';
            my $want = $asked && $asked ne $iss ? '401 wrong_issuer:'
                       : $key ne $iss ? '401 bad_signature:'
                       : "200 ok:$iss";
            is(all_say($path, of($iss, $key)), $want,
               "iss $iss, signed by $key, for " . ($asked || 'nobody'));
        }
    }
}

for my $end ('Acme', 'acme/', 'acme/../globex', 'acme%2f', 'acme.globex',
             'acme?globex', '-acme', '', 'a' x 64)
{
    my $iss = $main->url("/realms/$end");
    like(all_say('/t/acme/maksym/', token($iss, $key{acme})),
         qr/^401 wrong_issuer:$/, "no issuer of acme: .../$end");
}

note('a claim beside the issuer');

for (['acme', 'acme', '200 ok:acme', '200 ok:acme'],
     ['acme', 'globex', '403 wrong_tenant:', '403 wrong_tenant:'],
     ['globex', 'acme', '401 wrong_issuer:', '403 wrong_tenant:'],
     ['acme', undef, '403 no_claim:', '403 no_claim:'])
{
    my ($tenant, $org, $want, $who) = @$_;
    my $token = token($main->issuer($tenant), $key{$tenant},
                      $org ? (org => $org) : ());
    my $name = "$tenant says " . ($org // 'nothing');
    is(all_say('/claimed/acme/maksym/', $token), $want, "$name: for acme");
    is(all_say('/claimed-who/maksym/', $token), $who, "$name: for nobody");
}

note('tenants that are not there');

for (1 .. 3) {
    is(all_say('/t/nobody/maksym/', token($main->issuer('nobody'), $key{acme})),
       '404 unknown_tenant:', 'unknown');
}
is(asked('main', 'nobody'), 1, 'the provider was asked once, by all workers');
is(all_say('/t/nobody/maksym/', of('acme')), '401 wrong_issuer:',
   'a token of somebody else is not about it');
is(all_say('/t/nowhere/maksym/', of('acme')), '401 wrong_issuer:',
   'nor does it have anybody asked');
is(all_say('/t/nowhere/maksym/', undef), '401 no_token:', 'nor does none');
is(asked('main', 'nowhere'), 0, 'nobody was');

my $expired = sign($key{acme}, {
    iss => $main->issuer('nowhere'), aud => 'app', sub => '1', name => 'm',
    iat => int(time) - 900, exp => int(time) - 600 }, %named);
is(all_say('/t/nowhere/m/', $expired), '401 expired:', 'an old one neither');
is(asked('main', 'nowhere'), 0, 'nobody was');

my $n = 0;
for ([status => 500], [status => 503], [status => 403], ['close'], ['garbage'],
     ['html'], ['truncated'])
{
    my $tenant = 'broken' . ++$n;
    $main->realm($tenant, $key{acme}->jwk(kid => 'k'));
    $main->fault("/$tenant$well_known", @$_);
    is(all_say("/t/$tenant/maksym/", of($tenant, 'acme')),
       '503 keys_unavailable:', "@$_ is not 404");
}
$main->realm('keyless', $key{acme});
$main->fault('/keyless/jwks', status => 404);
is(all_say('/t/keyless/maksym/', of('keyless', 'acme')),
   '503 keys_unavailable:', 'nor is one that there is, without keys');
$main->discovery('liar', issuer => $main->issuer('acme'));
$main->document('/realms/liar/jwks', jwks($key{acme}->jwk(kid => 'k')));
is(all_say('/t/liar/maksym/', of('liar', 'acme')), '503 keys_unavailable:',
   "A7.1 another tenant's document is refused");

note('hosts');

my $host = sub { token(host($_[0]), $key{$_[1]}) };
is(all_say('/named/acme/maksym/', $host->('acme', 'acme')), '200 ok:acme',
   'a tenant by its host');
is(all_say('/named/globex/maksym/', $host->('globex', 'globex')),
   '200 ok:globex', 'another one');
is(all_say('/named/globex/maksym/', $host->('acme', 'acme')),
   '401 wrong_issuer:', 'not for each other');
is(all_say('/named/globex/maksym/', $host->('globex', 'acme')),
   '401 bad_signature:', 'nor with its key');
is(all_say('/named/acme/maksym/', $host->('Acme', 'acme')),
   '401 wrong_issuer:', 'capitals');
is(all_say('/named/liar/maksym/', $host->('liar', 'acme')),
   '503 keys_unavailable:', "A7.1 a host with another's document");
is(all_say('/named/nobody/maksym/', $host->('nobody', 'acme')),
   '404 unknown_tenant:', 'a host without any');

note('"tenants"');

is(asked('listed', $_), 1, "$_ was asked for at the start") for qw(north south);
is(all_say('/listed/north/maksym/',
           token($provider{listed}->issuer('north'), $key{acme})),
   '200 ok:north', 'and is there');
$provider{listed}->realm('west', $key{acme}->jwk(kid => 'k'));
is(all_say('/listed/west/maksym/',
           token($provider{listed}->issuer('west'), $key{acme})),
   '401 wrong_issuer:', 'no other one');
is(asked('listed', 'west'), 0, 'is even asked for');

note('beside a provider with one issuer');

sub staff {
    my ($org) = @_;
    return token($provider{listed}->issuer('east'), $key{acme}, org => $org);
}

is(all_say('/both/acme/maksym/', of('acme')), '200 ok:acme', "acme's realm");
is(all_say('/both/staff/maksym/', staff('staff')), '200 ok:staff',
   'the other one, for whom it speaks');
is(all_say('/both/globex/maksym/', of('acme')), '401 wrong_issuer:',
   'a realm for another tenant');
is(all_say('/both/acme/maksym/', staff('staff')), '403 wrong_tenant:',
   'the other one for a tenant that it does not name');
is(all_say('/both/globex/maksym/', staff('globex')), '403 wrong_tenant:',
   'or may not name');

note('B2.9, B2.10 from the location of one tenant into that of another');

open my $fh, '>', AuthTenant::Nginx::dir() . '/page' or die;
print $fh 'page of acme';
close $fh;

is(all_say('/redirect/acme/maksym/', of('acme')), '401 wrong_issuer:',
   'an internal redirect');
is(all_say('/redirect/globex/maksym/', of('globex')), '200 ok:globex',
   'is none for its own tenant');
is(all_say('/error/acme/maksym/', of('acme')), '401 wrong_issuer:',
   'an error page');
is(all_say('/at/acme/maksym/', of('acme')), '401 wrong_issuer:',
   'a named location');
my ($status, $page) = $nginx->get('/part/acme/maksym',
                                  'Authorization: Bearer ' . of('acme'));
is($status, 200, 'a page');
like($page, qr/<title>403 .*page of acme.*GIF89a/s, "has a part of its tenant's "
     . 'and none of another');
my ($refused) = $nginx->log =~ /refused subrequest: (\w+)/;
is($refused, 'wrong_issuer', 'which was refused');

note('E26 one tenant whose provider is slow');

$main->realm('slow', $key{acme}->jwk(kid => 'k'));
$main->fault('/realms/slow/jwks', delay => 3);
my @slow = map { AuthTenant::Client->at($nginx, $_->pid) } $one, $two;
$_->send('/t/slow/maksym/', of('slow', 'acme')) for @slow;
until_true(sub { asked('main', 'slow') });
$main->realm('fast', $key{acme}->jwk(kid => 'k'));
my %said = map { $_ => 1 }
    all_say('/t/fast/maksym/', of('fast', 'acme')),
    map { all_say('/t/acme/maksym/', of('acme')),
          all_say('/t/globex/maksym/', of('globex')) } 1 .. 20;
is(scalar(grep { $_->waits } @slow), 2, 'its requests wait');
is(join(', ', sort keys %said), '200 ok:acme, 200 ok:fast, 200 ok:globex',
   'no other ones do, new or known');
is($_->answer->{result}, 'ok:slow', 'they are served as well') for @slow;

note('a reload');

$n = asked('main', 'acme');
my @old = workers($nginx);
$nginx->signal('HUP');
until_true(sub { !grep { kill 0, $_ } @old });
connect_workers();
is(all_say('/t/acme/maksym/', of('acme')), '200 ok:acme', 'realms stay');
is(all_say('/t/nobody/maksym/', token($main->issuer('nobody'), $key{acme})),
   '404 unknown_tenant:', 'and what is no realm');
is(asked('main', 'acme') - $n + asked('main', 'nobody'), 1,
   'nobody was asked again');

note('the budget: 20 first uses in each cooldown');

sub crowd {
    my ($from, $to) = @_;

    my %said;
    for my $i ($from .. $to) {
        my $issuer = $provider{crowd}->issuer("t$i");
        $said{($i % 2 ? $one : $two)->ask("/crowd/t$i/maksym/",
                                          token($issuer, $key{acme}))}++;
    }
    return join ', ', map { "$said{$_} $_" } sort keys %said;
}

my $acme = token($provider{crowd}->issuer('acme'), $key{acme});
is(all_say('/crowd/acme/maksym/', $acme), '200 ok:acme',
   'a tenant that is served');
sleep 6.1;
my $begin = time;
is(crowd(1, 60), '20 404 unknown_tenant:, 40 503 keys_unavailable:',
   'of 60 new ones');
my $took = time - $begin;
cmp_ok($took, '<', 6, sprintf 'within one cooldown (%.1f s)', $took);
my @asked = grep { $_->{path} =~ m{/t\d+/} } $provider{crowd}->requests;
is(scalar @asked, 20, 'only so many are asked for, over all workers');
is(all_say('/crowd/acme/maksym/', $acme), '200 ok:acme',
   'the one that was served still is');
is(crowd(1, 20), '20 404 unknown_tenant:', 'what is known costs nothing');
sleep $begin + 6.5 - time if time < $begin + 6.5;
is(crowd(61, 85), '20 404 unknown_tenant:, 5 503 keys_unavailable:',
   'after the cooldown there are 20 more');

note('a tenant that nobody uses');

my $idle = token($provider{idle}->issuer('acme'), $key{acme});
is($one->ask('/idle/acme/maksym/', $idle), '200 ok:acme', 'is used');

# for longer than it would be after its first use

ok(until_true(sub {
    $one->ask('/idle/acme/maksym/', $idle);
    asked('idle', 'acme') >= 8;
}), 'and refreshed');

my $nobody = token($provider{idle}->issuer('nobody'), $key{acme});
is($one->ask('/idle/nobody/maksym/', $nobody), '404 unknown_tenant:',
   'one that is not there');
ok(until_true(sub {
    my ($last) = reverse $provider{idle}->requests;
    time - $last->{time} > 3.5;
}), 'then nobody comes, and after "stale" nobody asks');
is(asked('idle', 'nobody'), 1, 'nor for who is not there before');
is($one->ask('/idle/acme/maksym/', $idle), '200 ok:acme', 'until somebody does');

is($nginx->stop, '', 'nothing bad in error.log');

note('E15 a zone that is full');

my $small = AuthTenant::Provider->start;
$nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2;', http => <<"END", server => <<'END');
    keepalive_requests 100000;
    keepalive_timeout  10m;
    auth_tenant_zone tenants 512k;
    auth_tenant_provider small {
        issuer "@{[ $small->template ]}"; audience app; claims user=name;
        refresh 1h; cooldown 200ms;
    }
END
    add_header X-Result $auth_result:$pid always;
    location = / { auth_tenant off; empty_gif; }
    location / {
        auth_tenant small;
        auth_tenant_path "/{tenant}/{user}/";
        empty_gif;
    }
END
connect_workers();

sub small {
    my ($tenant, $key) = @_;
    return all_say("/$tenant/maksym/",
                   token($small->issuer($tenant), $key{$key // 'acme'}));
}

sub times_asked {
    my ($tenant) = @_;
    return scalar(my @all = $small->requests("/$tenant$well_known"));
}

$small->realm($_, $key{acme}->jwk(kid => 'k'))
    for (map { "p$_" } 1 .. 12), map { "u$_" } 1 .. 12;

is(small("p$_"), '200 ok', "proven: p$_") for 1 .. 3;

# the least recently used of those that have proven nothing makes room

sleep 0.3;
is(small("u$_", 'other'), '401 bad_signature', "unproven: u$_") for 1 .. 12;
is(small("p$_"), '200 ok', "p$_ is served") for 1 .. 3;
is(times_asked("p$_"), 1, "and was never evicted") for 1 .. 3;
is(small('u12', 'other'), '401 bad_signature', 'the newest one');
is(times_asked('u12'), 1, 'is still there');
sleep 0.3;
is(small("u$_", 'other'), '401 bad_signature', "an old one: u$_") for 1 .. 5;
is(join(' ', map { times_asked("u$_") } 1 .. 5), '2 2 2 2 2',
   'is fetched again');
unlike($nginx->log, qr/is full/, 'there was room');

# those that are proven never do

my ($i, $said) = 3;
do {
    sleep 0.25;
    $said = small('p' . ++$i);
} while $said eq '200 ok' && $i < 12;

is($said, '503 keys_unavailable', "there is no room for p$i");
cmp_ok($i, '>', 5, 'and was for all before');
sleep 0.25;
is(small('u2', 'other'), '503 keys_unavailable', 'nor for strangers');
is(small("p$_"), '200 ok', "p$_ is served") for 1 .. $i - 1;
is(join(' ', map { times_asked("p$_") } 1 .. $i - 1), join(' ', (1) x ($i - 1)),
   'and was never evicted');
my $full = () = $nginx->log =~ /"auth_tenant_zone" "tenants" is full/g;
ok($full > 0 && $full <= 2, "error.log says it, once for each worker: $full");

is($nginx->stop, '', 'nothing bad in error.log');
done_testing();

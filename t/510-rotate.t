# Keys that change while they are in use: whichever worker fetches them, all
# of them judge by the same keys, and what the provider has withdrawn stops
# working everywhere.  E10, E11 (in small), A7.6, A7.9, A7.10, A7.11.

use strict;
use warnings;

use List::Util qw(sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use lib 't/lib';
use AuthTenant::Client qw(until_true);
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks sign tamper b64u json);

my $provider = AuthTenant::Provider->start;

# "quick" is refreshed all the time, "clock" without tokens having a say in it,
# the others only when tokens make it; each is a realm of the same name

$provider->realm($_, key('RS256', 'old')) for qw(quick clock calm slow);

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 3;', http => <<"END", server => <<'END');
    keepalive_requests 100000;
    keepalive_timeout  10m;
    auth_tenant_provider quick {
        issuer "@{[ $provider->issuer('quick') ]}";
        audience app; claims user=name; tenants any; refresh 1s; cooldown 1s;
    }
    auth_tenant_provider clock {
        issuer "@{[ $provider->issuer('clock') ]}";
        audience app; claims user=name; tenants any; refresh 1s; cooldown 1h;
    }
    auth_tenant_provider calm {
        issuer "@{[ $provider->issuer('calm') ]}";
        audience app; claims user=name; tenants any; refresh 1h; cooldown 3s;
    }
    auth_tenant_provider slow {
        issuer "@{[ $provider->issuer('slow') ]}";
        audience app; claims user=name; tenants any; refresh 1h; cooldown 1s;
        read_timeout 1s;
    }
END
    add_header X-Result $auth_result:$pid always;
    location = / { auth_tenant off; empty_gif; }
    location / {
        auth_tenant       quick clock calm slow;
        auth_tenant_path  "/{user}/";
        empty_gif;
    }
END

sub token {
    my ($realm, $key, %opt) = @_;

    return sign($key, {
        iss => $provider->issuer($realm), aud => 'app', sub => '1',
        name => 'maksym', iat => int time, exp => int(time) + 600 }, %opt);
}

sub fetches { scalar(my @all = $provider->requests("/$_[0]/jwks")) }

# publishes keys; when the first fetch that sees them was answered

sub seen {
    my ($realm, @keys) = @_;

    $provider->realm($realm, @keys);
    return fetched($realm, time);
}

sub fetched {
    my ($realm, $from) = @_;

    return until_true(sub {
        my ($request) = grep { $_->{time} >= $from && $_->{ended} }
                        $provider->requests("/$realm/jwks");
        $request && $request->{ended};
    });
}

# waits until the cooldown of the last fetch is over

sub cooled {
    my ($realm, $cooldown) = @_;

    my ($last) = reverse $provider->requests(qr{/$realm/});
    my $left = ($last ? $last->{time} : 0) + $cooldown + 0.1 - time;
    sleep $left if $left > 0;
}

my %at = AuthTenant::Client::each_worker($nginx);
is(scalar keys %at, 3, 'three workers');

# what all of them say: one thing, if they agree

sub all_say {
    my ($token) = @_;
    my %said = map { $_->ask('/maksym/', $token) => 1 } values %at;
    return join ', ', sort keys %said;
}

sub soon {
    my ($token) = @_;
    return until_true(sub { all_say($token) eq '200 ok' });
}

my ($old, $new, $next) = map { key('RS256', $_) } qw(old new next);

soon(token($_, $old)) for qw(quick clock calm slow);

is(all_say(token($_, $old)), '200 ok', "$_: all have the keys")
    for qw(quick clock calm slow);
is(fetches('calm'), 1, 'which one has fetched, once');

$provider->realm('clock', $new);
ok(soon(token('clock', $new)), 'A7.7: keys are fetched again, asked for or not');

note('E10 add-then-use');

my %said;
sub round { $said{$_->ask('/maksym/', $_[0])}++ for values %at }

my $then = seen('quick', $new, $old);
until_true(sub { round(token('quick', $old)); time > $then + 0.2 });
round(token('quick', $_ % 2 ? $new : $old)) for 1 .. 100;
is(join(', ', sort keys %said), '200 ok',
   'published before it is used: none of ' . sum0(values %said) . ' lost');

# the same without a refresh in between: the first token fetches

cooled('calm', 3);
$provider->realm('calm', $new, $old);
$provider->fault('/calm/jwks', delay => 0.5);
my $before = fetches('calm');
$_->send('/maksym/', token('calm', $new)) for values %at;
%said = ();
$said{"$_->{status} $_->{result}"}++ for map { $_->answer } values %at;
is(join(', ', %said), '200 ok, 3', 'just published: all workers wait for it');
is(fetches('calm') - $before, 1, 'and one of them fetches, A7.6');
$provider->heal;

note('E10 use-before-publish');

cooled('calm', 3);
$before = fetches('calm');
my ($first) = values %at;
is($first->ask('/maksym/', token('calm', $next)), '401 unknown_key',
   'a key that is not there yet');
my ($asked) = reverse $provider->requests('/calm/.well-known/'
                                          . 'openid-configuration');
is(fetches('calm') - $before, 1, 'was looked for');

$provider->realm('calm', $new, $old, $next);
is(all_say(token('calm', $next)), '401 unknown_key',
   'inside the cooldown that answer stands, A7.6');
is(fetches('calm') - $before, 1, 'and nobody asks again');

my $accepted = until_true(sub {
    $first->ask('/maksym/', token('calm', $next)) eq '200 ok' && time;
});
my $waited = $accepted - $asked->{time};
cmp_ok($waited, '>=', 2.9, 'it is accepted after the cooldown');
cmp_ok($waited, '<=', 8, sprintf 'of 3 s: after %.2f s', $waited);
is(all_say(token('calm', $next)), '200 ok', 'by all workers');
is(fetches('calm') - $before, 2, 'for one more fetch');

note('A7.9, E10 a key that is withdrawn');

my $withdrawn = token('quick', $old);
is(all_say($withdrawn), '200 ok', 'is good until then');

$then = seen('quick', $new);
my ($late, $tries) = (0, 0);

while (time < $then + 2.5) {
    for my $client (values %at) {
        my $sent = time;
        $tries++;
        next if $client->ask('/maksym/', $withdrawn) eq '401 unknown_key';
        $late = $sent - $then if $sent - $then > $late;
    }
}

cmp_ok($late, '<', 1, sprintf 'of %d tries the last good one was %.3f s after '
       . 'the fetch that missed it', $tries, $late);
is(all_say($withdrawn), '401 unknown_key', 'and none thereafter');
is(all_say(token('quick', $new)), '200 ok', 'while the other key stays');

note('E10 another key of the same name');

my @twins = map { key('RS256', "twin-$_") } 0, 1;
my %as = (header => { kid => 'twin' });

for ([@twins], [reverse @twins]) {
    my ($this, $other) = @$_;
    seen('quick', $this->jwk(kid => 'twin'));
    ok(soon(token('quick', $this, %as)), $this->kid);
    is(all_say(token('quick', $other, %as)), '401 bad_signature', 'alone');
}

note('E10 two keys swap their names');

for ([@twins], [reverse @twins]) {
    my ($a, $b) = @$_;
    seen('quick', $a->jwk(kid => 'a'), $b->jwk(kid => 'b'));
    ok(soon(token('quick', $a, header => { kid => 'a' })),
       $a->kid . ' is called a');
    is(all_say(token('quick', $b, header => { kid => 'b' })), '200 ok',
       'the other one is called b');
    is(all_say(token('quick', $_->[0], header => { kid => $_->[1] })),
       '401 bad_signature', 'and each has one name') for [$a, 'b'], [$b, 'a'];
}

note('A7.10 a document is taken whole, or not at all');

seen('quick', $new);
ok(soon(token('quick', $new)), 'good keys');

for (['no keys at all' => '{"keys":[]}'], ['no JSON' => '{"keys":['],
     ['none that can be used' => jwks(key('HS256', 'secret'))],
     ['one that is good, but not its end' => substr(jwks($next), 0, -1)])
{
    my ($name, $text) = @$_;
    $provider->document('/realms/quick/jwks', $text);
    my $count = () = $nginx->log =~ /are refused/g;
    until_true(sub { (() = $nginx->log =~ /are refused/g) > $count });
    is(all_say(token('quick', $new)), '200 ok', "$name: the last ones stay");
    is(all_say(token('quick', $next)), '401 unknown_key', 'and no other');
}

$provider->document('/realms/quick/jwks', jwks(
    $new, $next->jwk(n => 'AQAB'), { kty => 'XYZ', kid => 'x' },
    key('RS256', 'enc')->jwk(use => 'enc')));
ok(until_true(sub { $nginx->log =~ /1 usable, 3 skipped/ }),
   'bad keys among good ones');
is(all_say(token('quick', $new)), '200 ok', 'do not harm them');
is(all_say(token('quick', $next)), '401 unknown_key', 'and are not used');

note('A7.11 a worker that was stopped while it fetched');

cooled('slow', 1);
$provider->fault('/slow/jwks', delay => 1, times => 1);
my ($stopped, $other) = sort keys %at;
my $beside = AuthTenant::Client->at($nginx, $other);
$before = fetches('slow');
$at{$stopped}->send('/maksym/', token('slow', $next));
until_true(sub { fetches('slow') > $before });
$at{$other}->send('/maksym/', token('slow', $next));
$beside->ask('/', undef);
AuthTenant::Client::hold($stopped);
ok($at{$other}->waits, 'a request waits elsewhere');

# the lease lasts as long as read_timeout, and a second

$provider->realm('slow', $next);
is($at{$other}->answer->{result}, 'ok', 'whose worker takes over');
is($at{$other}->ask('/maksym/', token('slow', $old)), '401 unknown_key',
   'and has newer keys');
kill CONT => $stopped;
is($at{$stopped}->answer->{status}, 200, 'which the first one follows');
is(all_say(token('slow', $next)), '200 ok', 'they stay');
is(all_say(token('slow', $old)), '401 unknown_key',
   'whatever the first one has got meanwhile');

note('E11 tokens with keys that nobody has');

my $flood = 6000;      # by each of three clients

cooled('calm', 3);
$before = fetches('calm');
is(all_say(tamper(token('calm', $new))), '401 bad_signature',
   'a signature that is wrong');
is(fetches('calm') - $before, 0, 'has nobody ask for other keys');

$provider->clear;
my $begin = time;
my ($payload) = (split /\./, token('calm', $new))[1];

sub flood {
    my $client = AuthTenant::Client->new($nginx);
    my %got;

    srand $$;
    for (1 .. $flood) {
        my $kid = join '', map { chr 97 + rand 26 } 1 .. 20;
        my $head = b64u(json({ typ => 'JWT', alg => 'RS256', kid => $kid }));
        $got{$client->ask('/maksym/', "$head.$payload." . b64u('x' x 256))}++;
    }

    return ($got{'401 unknown_key'} // 0) == $flood;
}

my %flooding = map {
    my $pid = fork // die "fork: $!\n";
    POSIX::_exit(flood() ? 0 : 1) if $pid == 0;
    $pid => 1;
} 1 .. 3;

%said = ();
while (%flooding) {
    round(token('calm', $new));
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        is($?, 0, "all $flood of a client are refused")
            if delete $flooding{$pid};
    }
}

my $took = time - $begin;
my @times = map { $_->{time} } $provider->requests('/calm/jwks');
is(join(', ', sort keys %said), '200 ok',
   sprintf '%d requests with known keys meanwhile are served',
   sum0(values %said));
is(scalar(grep { $times[$_] - $times[$_ - 1] < 2.9 } 1 .. $#times), 0,
   'one fetch at most in each cooldown, over all workers');
cmp_ok(scalar @times, '<=', 1 + $took / 2.9, sprintf '%d in %.1f s',
       scalar @times, $took);

# and they wait for nothing: a stranger has to, meanwhile, here and elsewhere

cooled('calm', 3);
$provider->clear;
$provider->fault('/calm/jwks', 'never');
my @waiting = map { AuthTenant::Client->at($nginx, $_) } $stopped, $other;
$_->send('/maksym/', token('calm', key('RS256', 'nobody'))) for @waiting;
until_true(sub { fetches('calm') });
%said = ();
round(token('calm', $new)) for 1 .. 100;
is(scalar(grep { $_->waits } @waiting), 2,
   'strangers wait for a provider that does not answer');
is(join(', ', %said), '200 ok, 300', 'known keys do not');
is($_->answer->{status}, 401, 'and they are refused in the end') for @waiting;

is($nginx->stop, '', 'nothing bad in error.log');
done_testing();

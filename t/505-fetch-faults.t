#!/usr/bin/perl

# E4 to E8, A7.1 to A7.4, A7.10: whatever a provider answers instead of a new
# key set, the old set is kept and known keys are answered at once; when it is
# well again, its new keys are taken.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks json);
use IO::Socket::INET ();
use List::Util qw(max);
use Test::More;
use Time::HiRes qw(sleep time);

my ($old, $new) = (key('RS256', 'old'), key('RS256', 'new'));
my $stranger = key('RS256', 'stranger');

my $read_timeout = 1.5;
my $sanitized = ($ENV{AUTH_TENANT_NGINX} // '') eq 'sanitize';

my $provider = AuthTenant::Provider->start(names => ['localhost']);
my $elsewhere = AuthTenant::Provider->start;
my $tls = AuthTenant::Provider->start(tls => 1);
my $secure = AuthTenant::Provider->start(tls => 1);

$elsewhere->document('/jwks', jwks($stranger));
$elsewhere->realm('', $stranger);


# What the document at /realms/NAME/jwks becomes: faults of the provider, and
# what the log says of it

my %jwks = (

    # E4: as slow as can be
    never           => [[qw(never)], 'timed out|timeout'],
    slow_head       => [[slow_head => 1], 'timed out|timeout'],
    slow_body       => [[slow_body => 1], 'timed out|timeout'],
    half_never      => [[qw(half_never)], 'timed out|timeout'],
    delay           => [[delay => 30], 'timed out|timeout'],
    informational   => [[qw(informational)], 'timed out|too large|larger'],
    headers_endless => [[qw(headers_endless)], 'headers are larger than 64k'],

    # E4: and connections that end
    close           => [[qw(close)], "can't be fetched"],
    reset           => [[qw(reset)], "can't be fetched"],
    garbage         => [[qw(garbage)], "can't be fetched"],
    half            => [[qw(half)], "can't be fetched"],
    half_reset      => [[qw(half_reset)], "can't be fetched"],

    # E5: another status
    s500            => [[status => 500], 'it answers with status 500'],
    s404            => [[status => 404], 'it answers with status 404'],
    s206            => [[status => 206], 'it answers with status 206'],
    r301            => [[redirect => [301, $elsewhere->url('/jwks')]],
                        'it answers with status 301, redirects are not'],
    r302            => [[redirect => [302, $elsewhere->url('/jwks')]],
                        'it answers with status 302, redirects are not'],
    r307            => [[redirect => [307, $provider->url('/realms/r307/jwks')]],
                        'it answers with status 307, redirects are not'],
    empty           => [[qw(empty)], 'it answers with status 204'],
    html            => [[qw(html)], 'are refused'],

    # E6: damaged on its way
    truncated       => [[qw(truncated)], 'are refused'],
    longer          => [[qw(longer)], "can't be fetched"],
    shorter         => [[qw(shorter)], 'are refused'],
    gzip            => [[qw(gzip)], 'turn compression off there'],
    chunk_size      => [[qw(chunk_size)], "can't be fetched"],
    chunk_end       => [[qw(chunk_end)], "can't be fetched"],
    chunk_huge      => [[qw(chunk_huge)], "can't be fetched"],
    bom             => [[qw(bom)], 'are refused'],
    utf16           => [[qw(utf16)], 'are refused'],
    duplicates      => [[qw(duplicates)], 'are refused'],

    # A7.10, A4.8, A4.12: whole documents without a key to use
    nothing         => [[body => ''], 'are refused'],
    no_keys         => [[body => '{}'], 'are refused'],
    keyless         => [[body => '{"keys":[]}'], 'are refused'],
    list            => [[body => '[]'], 'are refused'],
    trailing        => [[body => jwks($new) . '}'], 'are refused'],
    encrypting      => [[body => jwks($new->jwk(use => 'enc'))], 'are refused'],
    shared          => [[body => jwks(key('HS256', 'new'))], 'are refused'],
    short           => [[body => jwks(key('rsa1024', 'new'))], 'are refused'],
    pem             => [[body => $new->certificate . 'x'], 'are refused'],

    # E7: too much
    huge            => [[huge => 1 << 30], 'too large'],
    huge_chunked    => [[huge_chunked => 1 << 30], 'too large'],
    keys            => [[keys => 100_000], 'too large'],
    keys65          => [[keys => 65], 'are refused: .*more than 64 keys'],
    rsa8192         => [[rsa => [8192, 64]], 'are refused'],
    rsa16384        => [[rsa => [16384, 64]], 'are refused'],
    nested          => [[nested => 2000], 'are refused'],
);

# What the discovery document becomes, members of it or faults; and what of it
# is never asked for

my %discovery = (
    a_never     => [fault => ['never'], 'timed out|timeout'],
    a_404       => [fault => [status => 404], 'it answers with status 404'],
    a_redirect  => [fault => [redirect => [302, $elsewhere->url('/x')]],
                    'redirects are not followed'],
    a_truncated => [fault => ['truncated'], 'document is refused'],
    a_twice     => [fault => ['duplicates'], 'document is refused'],

    # A7.1
    issuer      => [set => [issuer => $elsewhere->issuer], 'is refused'],
    issuer_end  => [set => [issuer => $provider->issuer('issuer_end') . '/'],
                    'is refused'],
    issuer_none => [set => [issuer => undef], 'is refused'],

    # A7.3
    other_host  => [set => [jwks_uri => 'http://localhost:' . $elsewhere->port
                                        . '/jwks'], 'is refused'],
    user_info   => [set => [jwks_uri => $provider->url('/x')
                                        =~ s{//}{//a\@}r], 'is refused'],
    no_uri      => [set => [jwks_uri => undef], 'is refused'],
    file        => [set => [jwks_uri => 'file:///etc/hostname'], 'is refused'],
    list_uri    => [set => [jwks_uri => [$provider->url('/x')]], 'is refused'],
);

my @names = (sort(keys %jwks), sort keys %discovery);
my %says = ((map { $_ => $jwks{$_}[1] } keys %jwks),
            (map { $_ => $discovery{$_}[2] } keys %discovery));

# Over TLS, one after another: E8, and what the log says of it

my @tls = (
    [expired     => 'certificate has expired'],
    [not_yet     => 'not yet valid'],
    [wrong_host  => 'does not match|no alternative certificate'],
    [self_signed => 'name its CA in "ssl_trusted_certificate"'],
    [other_ca    => 'name its CA in "ssl_trusted_certificate"'],
    [tls10       => "can't be fetched"],
    [tls11       => "can't be fetched"],
);

my ($http, $server) = ('auth_tenant_zone tenants 40m;', '');

sub provider {
    my ($name, $issuer, @more) = @_;

    $http .= <<"END";
    auth_tenant_provider $name {
        issuer           "$issuer";
        audience         app;
        claims           user=user;
        refresh          500ms;
        cooldown         500ms;
        connect_timeout  1s;
        read_timeout     1500ms;
        @more
    }
END
    $server .= location($name, "/$name/");
}

my $dir = AuthTenant::Nginx::dir();

sub copy {
    my ($from, $to) = @_;

    open my $in, '<', $from or die "$from: $!\n";
    open my $out, '>', "$dir/$to.new" or die "$to: $!\n";
    print $out do { local $/; <$in> };
    close $out;
    rename "$dir/$to.new", "$dir/$to" or die "$to: $!\n";
}

for my $name (@names) {
    $provider->realm($name, $old);
    provider($name, $provider->issuer($name));
}

copy($tls->ca, 'ca.pem');
$tls->realm('tls', $old);
provider('tls', $tls->issuer('tls'), 'ssl_trusted_certificate DIR/ca.pem;');

my $ca = $secure->ca;
$secure->realm($_, $old) for qw(plain downgraded);
provider($_, $secure->issuer($_), "ssl_trusted_certificate $ca;")
    for qw(plain downgraded);

# a provider that only a proxy knows, which is not asked for its address

my $hidden = 'http://login.hidden.example';
$provider->document("$hidden/.well-known/openid-configuration", json({
    issuer => $hidden, jwks_uri => "$hidden/keys" }));
$provider->document("$hidden/keys", jwks($old));
provider('hidden', $hidden, 'allow_http on;',
         'proxy "' . $provider->url . '";');

# one whose private key is published

$provider->realm('leaky', $old, $new->jwk(d => 'AAAA'));
provider('leaky', $provider->issuer('leaky'));

my %issuer = (leaky => $provider->issuer('leaky'), hidden => $hidden,
              tls => $tls->issuer('tls'),
              (map { $_ => $provider->issuer($_) } @names),
              (map { $_ => $secure->issuer($_) } qw(plain downgraded)));

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2; worker_rlimit_nofile 1024;',
    http => $http, server => $server);

my %old = map { $_ => token($old, $issuer{$_}) } keys %issuer;
my %new = map { $_ => token($new, $issuer{$_}) } keys %issuer;

sub result { ask($nginx, "/$_[0]/maksym/", $_[1]{$_[0]}) }

# What the log says of each, read as it grows

my ($read, %lines) = (0);

sub said {
    my ($name, $pattern) = @_;

    open my $log, '<', "$nginx->{path}/error.log" or die "error.log: $!\n";
    seek $log, $read, 0;

    while (my $line = <$log>) {
        last if $line !~ /\n\z/;
        $read += length $line;
        push @{ $lines{$1} }, $line if $line =~ /issuer "([^"]*)"/;
    }

    return grep { /$pattern/ } @{ $lines{ $issuer{$name} } // [] };
}


subtest 'all keys are good at first' => sub {
    for my $name (sort keys %issuer) {
        my $result;
        wait_until(15, sub {
            ($result = result($name, \%old)) eq '200 ok' });
        is($result, '200 ok', $name);
    }
};

is(result('leaky', \%new), '401 unknown_key',
   'A4.8: a private key that was published is not used');
like((said('leaky', '\[error\]'))[0],
     qr/1 are published with private members, .* no longer secret/,
     'and is an alarm');

cmp_ok(scalar $provider->requests('hidden.example/keys'), '>', 0,
   'proxy: it was asked, with the whole URL');


# All of them go wrong at once; where one could take something for a new set,
# it would be this one

my $began = time;

for my $name (sort keys %jwks) {
    $provider->fault("/$name/jwks", @{ $jwks{$name}[0] });
    $provider->realm($name, $new);
}

for my $name (sort keys %discovery) {
    my ($what, $how) = @{ $discovery{$name} };

    $provider->realm($name, $new);
    $provider->fault("/$name/.well-known/openid-configuration", @$how)
        if $what eq 'fault';
    $provider->discovery($name, @$how) if $what eq 'set';
}

# A7.2: from https to http, by redirect and by discovery

$secure->fault('/plain/jwks', redirect => [302, $elsewhere->url('/jwks')]);
$secure->discovery('downgraded', jwks_uri => $elsewhere->url('/jwks'));
$secure->realm($_, $new) for qw(plain downgraded);

my @wrong = (@names, qw(plain downgraded));


# Known keys, all the time, until each fault has been seen twice and each
# certificate once

my ($asked, $slowest, %lost) = (0, 0);
my @certificates = @tls;
my $certificate = shift @certificates;
my $lines = 0;
my %tls_said;

$tls->tls($certificate->[0]);

my $all = wait_until(40, sub {

    for my $name (@wrong, 'tls', 'hidden') {
        my ($answer, $seconds) = result($name, \%old);
        $asked++;
        $slowest = max($slowest, $seconds);
        $lost{"$name: $answer"}++ if $answer ne '200 ok';
    }

    if ($certificate) {
        my @lines = said('tls', '\[error\]');

        if (@lines > $lines) {
            $tls_said{ $certificate->[0] } = $lines[$lines];
            $lines = @lines;
            $certificate = shift @certificates;

            if ($certificate) {
                $tls->tls($certificate->[0]);

                # a fetch that had the one before

                $lines = () = said('tls', '\[error\]');
            }
        }
    }

    return !$certificate
           && !grep { said($_, '\[error\]') < 2
                      || !said($_, $says{$_} // '') } @wrong;
});

ok($all, 'each has gone wrong twice');
note(sprintf '%.1f s', time - $began);
is_deeply(\%lost, {}, "of $asked requests with known keys, lost");
cmp_ok($slowest, '<', 0.8, sprintf 'none waited for a fetch: %.3f s', $slowest);


for my $name (@names) {
    my $what = $jwks{$name} ? 'E4-E7' : 'A7.1-A7.3';

    subtest "$what: $name" => sub {
        is(result($name, \%old), '200 ok', 'the old set is kept');
        is(result($name, \%new), '401 unknown_key', 'nothing else is taken');

        cmp_ok(scalar said($name, "\\[error\\].*(?:$says{$name})"), '>', 0,
               'the log says why');
        is(scalar said($name, '\[error\](?!.*the last good ones stay in use)'),
           0, 'and what becomes of it');
    };
}


subtest 'E4: no fetch lasts longer than it may' => sub {
    for my $name (qw(never slow_head slow_body half_never delay
                     informational))
    {
        my @took = map { $_->{ended} - $_->{time} }
                   grep { $_->{ended} && $_->{time} > $began }
                   $provider->requests("/$name/jwks");

        ok(@took && max(@took) < $read_timeout + 1,
           sprintf '%s: %.2f s', $name, max(0, @took));
    }
};


subtest 'E7: what is too much is cut off' => sub {
    for my $name (qw(huge huge_chunked keys headers_endless)) {
        my $sent = max(map { $_->{sent} } $provider->requests("/$name/jwks"));

        # and what is in sockets' buffers

        cmp_ok($sent, '<', 16 << 20, "$name: $sent bytes");
    }
};


subtest 'A7.2, A7.3, E5: nobody else is asked' => sub {
    is($elsewhere->connections, 0, 'not where redirects and documents point');

    for my $name (qw(plain downgraded)) {
        is(result($name, \%old), '200 ok', "$name: the old set is kept");
        is(result($name, \%new), '401 unknown_key', "$name: no other is");
    }
    like((said('downgraded', '\[error\].*discovery'))[0], qr/is refused/,
         'an https issuer has no http keys');
};


for (@tls) {
    my ($which, $says) = @$_;
    like($tls_said{$which} // '', qr/$says/, "E8: $which: the fetch fails");
}


# All is well again

$provider->heal;
$secure->heal;
$provider->discovery($_) for keys %discovery;
$secure->discovery('downgraded');
$tls->tls('good');
$tls->realm('tls', $new);

subtest 'healed' => sub {
    for my $name (@wrong, 'tls') {

        # back-off, a worker's look, and a fetch that hangs

        my $result;
        wait_until(8, sub {
            ($result = result($name, \%new)) eq '200 ok' });
        is($result, '200 ok', "$name: the new set is taken");
        is(result($name, \%old), '401 unknown_key', "$name: the old one is gone");
    }
};


# E8: the CA is another one from one fetch to the next

subtest 'E8: the file of the CA is replaced' => sub {
    $tls->realm('tls', $stranger);
    my $seen = () = said('tls', '\[error\]');

    copy($tls->other_ca, 'ca.pem');
    wait_for(10, 'what it vouched for is refused', sub {
        $seen < (() = said('tls', '\[error\]'))
    });

    copy($tls->ca, 'ca.pem');
    wait_for(10, 'it is back', sub {
        ask($nginx, '/tls/maksym/', token($stranger, $issuer{tls})) eq '200 ok'
    });
};

is($nginx->stop, '', 'no alerts, no leaks');


# E7: what a worker spends on it.  One worker, one fault after another.

SKIP: {
    skip 'sanitizers spend more', 1 if $sanitized;

    my %heavy = map { $_ => $jwks{$_}[0] }
                qw(huge huge_chunked keys rsa8192 rsa16384 nested);

    $provider->realm('heavy', $old);
    ($http, $server) = ('auth_tenant_zone tenants 1m;', '');
    provider('heavy', $provider->issuer('heavy'));
    $issuer{heavy} = $provider->issuer('heavy');

    $nginx = AuthTenant::Nginx->start(main => 'worker_processes 1;',
                                      http => $http, server => $server);
    $read = 0;

    my ($worker) = workers($nginx);

    my $fetched = sub { scalar(() = said('heavy', '\[(?:info|notice|error)\]')) };
    wait_until(10, sub { $fetched->() >= 2 });
    my $memory = memory($worker);

    subtest 'E7: memory and CPU of a worker' => sub {
        for my $name (sort keys %heavy) {

            $provider->fault('/heavy/jwks', @{ $heavy{$name} });

            # one has just ended

            my ($before, $spent) = ($fetched->(), cpu($worker));
            wait_until(5, sub { $fetched->() > $before });

            my $cpu = cpu($worker) - $spent;
            cmp_ok($cpu, '<', 0.1,
                   sprintf '%s: %.1f ms of CPU', $name, $cpu * 1e3);
            like((said('heavy', '\[error\]'))[-1], qr/$jwks{$name}[1]/,
                 'and is refused');
        }

        my $grown = memory($worker) - $memory;
        cmp_ok($grown, '<', 1 << 20, sprintf 'memory: %d KiB more',
               $grown / 1024);
    };

    is($nginx->stop, '', 'no alerts, no leaks');
}


# "http://" to another host than this one has to be said aloud

SKIP: {
    my $socket = IO::Socket::INET->new(Proto => 'udp',
        PeerAddr => '192.0.2.1', PeerPort => 9) or skip 'no network', 2;
    my $address = $socket->sockhost;
    skip 'no address but loopback', 2 if $address =~ /^(?:127|169\.254)\./;

    my $far = AuthTenant::Provider->start(address => $address);
    $far->realm('', $old);

    ($http, $server) = ('', '');
    provider('far', $far->issuer);
    my ($status, $text) = AuthTenant::Nginx::check(http => $http,
                                                   server => $server);
    like($text, qr/is not https/, 'A7.2: http to another host is refused');

    ($http, $server) = ('', '');
    provider('far', $far->issuer, 'allow_http on;');
    $nginx = AuthTenant::Nginx->start(http => $http, server => $server);
    is(ask($nginx, '/far/maksym/', token($old, $far->issuer)), '200 ok',
       'allow_http: it is not');
    is($nginx->stop, '', 'no alerts, no leaks');
}

done_testing();

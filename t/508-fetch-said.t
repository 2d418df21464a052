#!/usr/bin/perl

# What error.log says of a fetch that failed: of which URL, what the provider
# said, what to write instead, and until when the last good keys are used.  A
# provider's words are bounded and can't write lines of their own.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

my $key = key('RS256', 'k');
my $provider = AuthTenant::Provider->start;
my $url = $provider->url;
my $other = 'http://keys.example.com/jwks';

my ($http, $server) = ('', '');

sub provider {
    my ($name, @more) = @_;

    my $issuer = grep({ /^issuer / } @more)
        ? '' : 'issuer "' . $provider->issuer($name) . '";';

    $http .= "auth_tenant_provider $name { $issuer audience app;"
             . " claims user=user; cooldown 1s; @more }\n";
    $server .= "@more" =~ /\{tenant\}/
        ? location($name, "/$name/{tenant}/")
          =~ s/location \S+/location \/$name\//r
        : location($name, "/$name/");
}


# What becomes of a discovery document, and what is said of it

my $believed = '; if that host may say what its keys are, write this in '
               . '"jwks_uri"';
my $well_known = '/.well-known/openid-configuration';

my %discovery = (
    slash    => [[issuer => $provider->issuer('slash') . '/'],
                 "\"issuer\" is not the one that was asked for; look for a "
                 . "slash at its end: it says \"$url/realms/slash/\""],
    nameless => [[issuer => undef], 'it has no "issuer"'],
    number   => [[issuer => 7], 'it has no "issuer"'],
    keyless  => [[jwks_uri => undef],
                 'it has no "jwks_uri"; write the URL of its keys in '
                 . '"jwks_uri"'],
    other    => [[jwks_uri => $other],
                 '"jwks_uri" is of another host than the issuer: it says '
                 . "\"$other\"$believed"],
    query    => [[jwks_uri => "$other?key=secret"],
                 "it says \"$other...\"$believed"],
    password => [[jwks_uri => 'http://ann:secret@keys.example.com/jwks'],
                 "\"jwks_uri\" is not a URL: it says \"$other\""],
    hostile  => [[jwks_uri => "http://x/\n2026/\r\e[31m\x{7f}\"; \\ \x{e4}"],
                 'it says "http://x/?2026/??[31m??;?????"'],
    long     => [[issuer => 'x' x 5000],
                 'it says "' . 'x' x 200 . '..."'],
);

for my $name (sort keys %discovery) {
    $provider->realm($name, $key);
    $provider->discovery($name, @{ $discovery{$name}[0] });
    provider($name);
}


# Requests that end otherwise, and the URL

my $moved = 'it answers with status 301, redirects are not followed: write the '
            . 'final URL';

my %fault = (
    broken => ['/broken/jwks', [status => 500],
               "can't be fetched: $url/realms/broken/jwks: it answers with "
               . 'status 500;'],
    absent => ["/absent$well_known", [status => 404],
               "discovery document can't be fetched: $url/realms/absent"
               . "$well_known: it answers with status 404;"],
    away   => ["/away$well_known", [redirect => [301, "$url/x"]],
               "$well_known: $moved in \"issuer\" if tokens have it as "
               . '"iss", else write "jwks_uri";'],
    aside  => ['/aside/jwks', [redirect => [301, "$url/x"]],
               "/aside/jwks: $moved in \"jwks_uri\";"],
    keyed  => [qr{/keyed/jwks}, [status => 500],
               "can't be fetched: $url/realms/keyed/jwks...: it answers"],
);

for my $name (sort keys %fault) {
    $provider->realm($name, $key);
    $provider->fault($fault{$name}[0], @{ $fault{$name}[1] });
    provider($name, $name eq 'keyed'
        ? "jwks_uri \"$url/realms/keyed/jwks?key=secret\";" : ());
}


# Tenants

my $template = $provider->template;
(my $wrong = $template) =~ s/realms/relams/;

$provider->realm('acme', $key);
$provider->realm('elsewhere', $key);
$provider->discovery('elsewhere', jwks_uri => $other);
$provider->realm('hither', $key);
$provider->fault("/hither$well_known", redirect => [301, "$url/x"]);
$provider->realm('thither', $key);
$provider->fault('/thither/jwks', redirect => [301, "$url/x"]);

provider('many', "issuer \"$template\";");
provider('lost', "issuer \"$wrong\";");

# and one that is well at first

$provider->realm('well', $key);
provider('well', 'refresh 1s; read_timeout 1s; stale 2h;');

my $nginx = AuthTenant::Nginx->start(http => "auth_tenant_zone tenants 16m;\n"
    . $http, server => $server, main => 'worker_processes 2;');

# the first line of a provider that has this text

sub line {
    my ($name, $text) = @_;

    my $pattern = qr/auth_tenant: keys of provider "$name", .*\Q$text\E/;

    wait_until(10, sub { $nginx->log =~ $pattern });
    return (grep { /$pattern/ } split /^/, $nginx->log)[0] // '';
}

for my $name (sort keys %discovery) {
    like(line($name, "$discovery{$name}[1]; there"),
         qr/\[error\].*: discovery document is refused: /,
         "a discovery document: $name");
}

for my $name (sort keys %fault) {
    like(line($name, $fault{$name}[2]), qr/\[error\]/, "a fetch: $name");
}

is(ask($nginx, '/well/maksym/', token($key, $provider->issuer('well'))),
   '200 ok', 'one is well');


note('until when keys are used');

$provider->fault('/well/jwks', status => 500);
my $line = line('well', 'the last good ones stay in use until ');
my ($logged) = $line =~ m{^(\S+ \S+)};
my ($until) = $line =~ m{ until (\d{4}/\d\d/\d\d \d\d:\d\d:\d\d), next try in };

sub seconds {
    my ($year, $month, $day, @time) = split m{[/ :]}, $_[0] // '1970/1/1 0:0:0';

    return POSIX::mktime(reverse(@time), $day, $month - 1, $year - 1900, 0, 0,
                         -1);
}

my $left = seconds($until) - seconds($logged);
cmp_ok($left, '>', 7200, 'longer than "stale"');
cmp_ok($left, '<', 7206, 'by what a refresh takes');


note('tenants');

sub tenant {
    my ($name, $tenant, $issuer) = @_;

    return ask($nginx, "/$name/$tenant/maksym/",
               token($key, $issuer =~ s/\{tenant\}/$tenant/r));
}

my $none = 'no tenant of provider "%s" has been found so far';

is(tenant('many', 'acme', $template), '200 ok', 'a tenant');
is(tenant('many', $_, $template), '404 unknown_tenant', 'one that is not')
    for qw(nobody nowhere);
is(index($nginx->log, sprintf $none, 'many'), -1, 'is a matter of course');

is(tenant('many', $_, $template), '503 keys_unavailable', $_)
    for qw(elsewhere hither thither);
like(line('many', "\"$other\"$believed of a provider for this tenant alone;"),
     qr{/realms/elsewhere"}, 'which a tenant can have in no other way');
like(line('many', "$moved in \"issuer\";"), qr{/realms/hither"}, 'the template moves');
like(line('many', "$moved;"), qr{/realms/thither"}, "a tenant's keys don't");

# 20 are first uses in one cooldown; a worker that gets none of them is silent

is(tenant('lost', "t$_", $wrong), '404 unknown_tenant', "t$_: a wrong path")
    for 1 .. 16;

my $warning = sprintf $none, 'lost';
my @warnings = grep { /\Q$warning\E/ } split /^/, $nginx->log;
ok(@warnings >= 1 && @warnings <= 2, 'is said, once by each worker: '
                                     . @warnings);
like($warnings[0] // '', qr/\[warn\].*: if that is so for all of them, look/,
     'without alarm');
like($warnings[0] // '', qr/ at the path of "issuer" "\Q$wrong\E"/,
     'with what to look at');

my $log = $nginx->log;
unlike($log, qr/secret/, 'no secret is in the log');
unlike($log, qr{^2026/\W|[^\n -~]}m, "and no line of a provider's");

is($nginx->stop, '', 'no alerts, no leaks');

done_testing();

#!/usr/bin/perl

# The module comes and goes with load_module, by reloads, while others do: none
# is ever handed the configuration of another one.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Glue;
use AuthTenant::Net ();
use AuthTenant::Nginx;
use AuthTenant::Token qw(jwks key sign);

use Test::More;

plan skip_all => 'the module is part of nginx here'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my $dir = AuthTenant::Nginx::dir();
my $key = key('ES256', 'one');
my $issuer = 'https://id.example.com';
my $module = AuthTenant::Glue::module('other_module');

open my $fh, '>', "$dir/corp.json" or die "$dir: $!\n";
print $fh jwks($key);
close $fh;

my $nginx = AuthTenant::Nginx->start(http => <<"END", server => <<'END');
    auth_tenant_provider corp {
        issuer $issuer;  audience app;  jwks_file DIR/corp.json;
        claims user=name;  tenants any;
    }
END
    location / { auth_tenant corp; auth_tenant_path "/{user}/"; empty_gif; }
END

my $with = AuthTenant::Net::slurp("$nginx->{path}/nginx.conf");
(my $ours) = $with =~ /^(load_module.*)$/m;
(my $without = $with) =~ s/^load_module.*//m;
$without =~ s/^ +auth_tenant_provider .*?^    \}$//ms;
$without =~ s/auth_tenant\w* [^;]*;//g;

my $other = "load_module $module;\n";
my $now = int time;
my $token = sign($key, { iss => $issuer, aud => 'app', sub => '1',
                         name => 'maksym', iat => $now, exp => $now + 600 });

my $beside = sub { $_[0] =~ s/http \{/http { other;/r };

sub answers {
    my ($what, $stranger) = @_;

    my ($known) = $nginx->get('/maksym/', "Authorization: Bearer $token");
    is($known, 200, "$what: a user");
    my ($unknown) = $nginx->get('/maksym/');
    is($unknown, $stranger, "$what: a stranger");
}

answers('at the start', 401);

for (['alone',              $with,                            401],
     ['gone',               $without,                         200],
     ['another one',        $other . $beside->($without),     200],
     ['back, behind it',    $other . $beside->($with),        401],
     ['gone again',         $other . $beside->($without),     200],
     ['back, before it',    $beside->($with)
                            =~ s/^\Q$ours\E/$ours\n$other/mr, 401],
     ['alone again',        $with,                            401])
{
    my ($what, $conf, $stranger) = @$_;

    ok(AuthTenant::Net::reload($nginx, sub { $_ = $conf }), "$what: a reload");
    answers($what, $stranger);
}

is($nginx->stop, '', 'nothing alarming in its log');

done_testing();

#!/usr/bin/perl

# Which variables "auth_tenant_bypass" takes: those that somebody made to say
# when.  nginx's own are hardly ever empty, so that nothing would be checked.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Nginx;
use AuthTenant::Token qw(key jwks);
use Test::More;

my $dir = AuthTenant::Nginx::dir();

open my $fh, '>', "$dir/corp.json" or die "$dir: $!\n";
print $fh jwks(key('RS256'));
close $fh or die "$dir: $!\n";

my $provider = <<'END';
    auth_tenant_provider corp {
        issuer     "https://login.example.com";
        audience   platform;
        claims     user=sub;
        jwks_file  DIR/corp.json;
    }
END


# further lines of http and of the server may go with VALUE

sub nginx_t {
    my ($value, %more) = @_;

    return AuthTenant::Nginx::check(
        http => $provider . ($more{http} // ''),
        server => ($more{server} // '') . <<"END");
            location @{[ $more{location} // '/' ]} {
                auth_tenant         corp;
                auth_tenant_path    "/{user}/";
                auth_tenant_bypass  $value;
                @{[ $more{lines} // '' ]}
            }
END
}

sub takes {
    my ($value, %more) = @_;

    my ($status, $said) = nginx_t($value, %more);
    is($status, 0, $more{why}) or diag $said;
}

sub refuses {
    my ($value, $name, %more) = @_;

    my ($status, $said) = nginx_t($value, %more);
    isnt($status, 0, "$value is refused" . ($more{why} ? ", $more{why}" : ''));
    like($said, qr/\[emerg\].*"auth_tenant_bypass"\ can't\ use\ "\$\Q$name\E"
                   .*\ write\ a\ "map"/x, 'and why');
}


# what the configuration makes

takes('$public', why => 'map',
      http => 'map $host $public { public.example.com 1; }');
takes('$public', why => 'map, volatile',
      http => 'map $host $public { volatile; public.example.com 1; }');
takes('$public', why => 'geo', http => 'geo $public { 10.0.0.0/8 1; }');
takes('$public', why => 'split_clients',
      http => 'split_clients $remote_addr $public { 1% 1; * ""; }');
takes('$public', why => 'set', server => 'set $public "";');
takes('$public', why => 'set behind it', lines => 'set $public "";');
takes('$public', why => 'auth_request_set',
      server => 'location = /auth { internal; return 204; }',
      lines => 'auth_request /auth;
                auth_request_set $public $upstream_http_x_public;');
takes('$public', why => 'a named capture',
      location => '~ "^/(?<user>[^/]+)/(?<public>public/)?"');
takes('${public}${Near}', why => 'several, in braces and capitals',
      http => 'geo $public { 10.0.0.0/8 1; } geo $near { 10.0.0.0/8 1; }');


# what is there without it, whether or not the configuration may change it

refuses("\$$_", $_)
    for qw(host remote_addr scheme server_name https limit_rate
           request_id binary_remote_addr pid upstream_status
           ssl_client_verify ssl_protocol ssl_session_reused
           msie proxy_host realip_remote_addr
           auth_user auth_result upstream_http_x_public sent_http_x_public
           auth_claim_public);

refuses('"$public$host"', 'host', why => 'beside another one',
        http => 'geo $public { 10.0.0.0/8 1; }');
refuses('$public $scheme', 'scheme', why => 'as another value',
        http => 'geo $public { 10.0.0.0/8 1; }');
refuses('$limit_rate', 'limit_rate', why => 'set or not',
        server => 'set $limit_rate 0;');
refuses('$sent_http_public', 'sent_http_public', why => 'set or not',
        server => 'set $sent_http_public 0;');
refuses('$role', 'role', why => 'since no claim is verified yet',
        server => 'auth_tenant_claim_set $role role;');


# where it is written makes no difference, if a location checks

my ($status, $said) = AuthTenant::Nginx::check(http => $provider,
    server => 'auth_tenant_bypass $host;
               location / { auth_tenant corp; auth_tenant_path "/{user}/"; }');
isnt($status, 0, 'inherited');
like($said, qr{in location "/": "auth_tenant_bypass" can't use "\$host"},
     'the location is named');

($status, $said) = AuthTenant::Nginx::check(http => $provider,
    server => 'auth_tenant_bypass $host; location / { return 204; }');
is($status, 0, 'nothing is checked') or diag $said;


# nor is a dry run what nginx says "on" of: every request over TLS, "$https"

sub dry {
    my ($value) = @_;

    return AuthTenant::Nginx::check(
        http => "$provider map \$host \$dry { lab.example.com on; }",
        server => qq{auth_tenant_dry_run $value;
                     location / { auth_tenant corp;
                                  auth_tenant_path "/{user}/"; }});
}

($status, $said) = dry('$https');
isnt($status, 0, 'a dry run by $https is refused');
like($said, qr/"auth_tenant_dry_run" can't use "\$https".* write a "map"/,
     'and why');
($status, $said) = dry('$dry');
is($status, 0, 'by a map it is taken') or diag $said;

done_testing();

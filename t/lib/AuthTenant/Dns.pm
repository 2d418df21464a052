package AuthTenant::Dns;

# A name server on UDP port TEST_NGINX_PORT + 2 of loopback, for as long as the
# file runs: every name has the address 127.0.0.1.
#
#   use AuthTenant::Dns;
#
#   resolver 127.0.0.1:$AuthTenant::Dns::Port ipv6=off;
#
# $AuthTenant::Dns::Server is what answers: see AuthTenant::Resolver.

use strict;
use warnings;

use AuthTenant::Resolver ();

our ($Port, $Server);

sub import {
    return if $^C || $Server;

    $Port = $ENV{TEST_NGINX_PORT} + 2;
    $Server = AuthTenant::Resolver->start(port => $Port, '*' => '127.0.0.1');
}

1;

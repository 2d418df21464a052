package AuthTenant::Dns;

# A name server on UDP port TEST_NGINX_PORT + 2 of loopback, for as long as the
# file runs: every name has the address 127.0.0.1.
#
#   use AuthTenant::Dns;
#
#   resolver 127.0.0.1:$AuthTenant::Dns::Port ipv6=off;

use strict;
use warnings;

use IO::Socket::INET ();

our $Port;

my ($pid, $owner);

sub import {
    return if $^C;

    return if $pid;

    $Port = $ENV{TEST_NGINX_PORT} + 2;

    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $Port, Proto => 'udp') or die "name server: $!\n";

    $owner = $$;
    $pid = fork // die "fork: $!\n";
    serve($socket) if $pid == 0;
}


# RFC 1035 section 4.1: the question comes back, and behind it one A record

sub serve {
    my ($socket) = @_;

    $SIG{TERM} = 'DEFAULT';

    while (1) {
        my $from = $socket->recv(my $query, 512) // next;
        my ($id) = unpack 'n', $query;
        my ($question) = substr($query, 12) =~ /^((?:[^\0].*?)?\0....)/s or next;

        $socket->send(pack('n6', $id, 0x8180, 1, 1, 0, 0) . $question
                      . pack('n3 N n', 0xc00c, 1, 1, 5, 4)
                      . "\x7f\0\0\1", 0, $from);
    }
}


END {
    if ($pid && $$ == $owner) {
        my $status = $?;
        kill TERM => $pid;
        waitpid $pid, 0;
        $? = $status;
    }
}

1;

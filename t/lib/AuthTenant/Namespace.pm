package AuthTenant::Namespace;

# Runs a test file where networks and mounts are its own:
#
#   use lib 't/lib';
#   use AuthTenant::Namespace '192.0.2.1', '169.254.169.254';
#   use AuthTenant;                       # or whatever else: after it
#
# There it has loopback, with these addresses besides, and nothing beyond; all
# ports are free; and /etc/resolv.conf, what the system's resolver reads, names
# 127.0.0.1 only, where AuthTenant::Resolver->start(port => 53, ...) can be.
#
# The file is run anew, under unshare(1).  Where that is not permitted, it is
# skipped.

use strict;
use warnings;

use Cwd ();
use File::Temp ();
use Socket qw(AF_INET SOCK_DGRAM inet_aton pack_sockaddr_in);

# of Linux, for every architecture that Debian has

my ($siocsifflags, $siocsifaddr) = (0x8914, 0x8916);
my $up_running = 0x41;


sub import {
    my ($class, @addresses) = @_;

    return if $^C;

    enter() unless delete $ENV{AUTH_TENANT_NAMESPACE};

    socket my $socket, AF_INET, SOCK_DGRAM, 0 or die "socket: $!\n";
    ioctl $socket, $siocsifflags, pack 'a16 s x22', 'lo', $up_running
        or die "loopback: $!\n";

    my $n = 0;
    for my $address (@addresses) {
        ioctl $socket, $siocsifaddr, pack 'a16 a16 x8', 'lo:' . ++$n,
            pack_sockaddr_in(0, inet_aton($address))
            or die "$address: $!\n";
    }

    # one name server, and an answer or none within a second

    replace('/etc/resolv.conf', "nameserver 127.0.0.1\n"
                                . "options timeout:1 attempts:1\n");
    replace('/etc/nsswitch.conf', "hosts: files dns\n");
}


# a file of the system's, for those who are in here

sub replace {
    my ($file, $text) = @_;

    my $path = Cwd::abs_path($file);
    return unless defined $path && -e $path;

    my $own = File::Temp->new(TEMPLATE => 'at-etc-XXXXXX', TMPDIR => 1);
    print $own $text;
    close $own;
    chmod 0644, "$own";

    system('mount', '--bind', "$own", $path) == 0
        or die "$file: mount has failed\n";
}


sub enter {
    my @unshare = ('unshare', $> == 0 ? '-mn' : '-rmn');

    my $why = `@unshare true 2>&1`;
    if ($?) {
        chomp $why;
        $why =~ s/#//g;
        print "1..0 # SKIP no namespaces of its own here: ",
              $why || 'there is no unshare', "\n";
        exit 0;
    }

    $ENV{AUTH_TENANT_NAMESPACE} = 1;
    exec @unshare, $^X, (map { "-I$_" } @INC), $0, @ARGV
        or die "unshare: $!\n";
}

1;

package Faults::Process;

# What is done to the processes of a gateway.

use strict;
use warnings;

use Exporter 'import';

use Faults ();
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(asking stopped upgrade stop_module poke);


# a module whose workers stop in the middle: see the end of src/*_zone.h

sub stop_module {
    return ($ENV{BUILD} // Faults::top() . '/build')
           . '/stop/ngx_http_auth_tenant_module.so';
}


# the worker that is stopped, when there is one

sub stopped {
    my ($front, $seconds) = @_;

    my $found;
    Faults::until_true($seconds, sub {
        ($found) = grep { Faults::slurp("/proc/$_/stat") =~ /\) T / }
                   Faults::workers($front);
    });
    return $found;
}


# the workers that have a connection to a port of this host

sub asking {
    my ($front, $port) = @_;

    my $wanted = sprintf '%04X', $port;
    my %inode = map { $_ => 1 }
                map { (split)[9] }
                grep { (split)[2] =~ /:$wanted$/ && (split)[3] eq '01' }
                split /\n/, Faults::slurp('/proc/net/tcp');

    return grep {
        grep { (readlink // '') =~ /^socket:\[(\d+)\]/ && $inode{$1} }
            glob "/proc/$_/fd/*"
    } Faults::workers($front);
}


# a new binary in place of the old one, as nginx(8) tells

sub upgrade {
    my ($front) = @_;

    my $old = $front->{nginx}->pid;
    kill USR2 => $old;

    Faults::until_true(10, sub {
        my $new = $front->{nginx}->pid;
        $new && $new != $old && Faults::workers($new);
    }) or return;

    kill QUIT => $old;
    return Faults::until_true(10, sub { !kill 0, $old });
}


# Changes what some text in a zone's memory says: replaces it wherever it
# stands in shared memory of that size.  Returns how often.

sub poke {
    my ($pid, $size, $text, $new) = @_;

    my $times = 0;

    no warnings 'portable';

    open my $memory, '+<:raw', "/proc/$pid/mem" or die "mem: $!\n";

    for (split /\n/, Faults::slurp("/proc/$pid/maps")) {
        my ($from, $to) = /^(\w+)-(\w+) rw-s /
            or next;
        ($from, $to) = (hex $from, hex $to);
        next if $to - $from != $size;

        sysseek $memory, $from, 0 or next;
        sysread($memory, my $bytes, $size) or next;

        while ($bytes =~ /\Q$text\E/g) {
            sysseek $memory, $from + $-[0], 0;
            syswrite $memory, $new;
            $times++;
        }
    }

    return $times;
}


1;

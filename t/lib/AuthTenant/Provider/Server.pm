package AuthTenant::Provider::Server;

# The process behind AuthTenant::Provider: one loop over poll(2), no socket
# blocks.  What a connection is sent is a list of steps:
#
#   [send => BYTES]              as fast as it goes
#   [dribble => BYTES, S]        a byte every S seconds
#   [stream => BYTES, N]         BYTES over and over, N bytes in all; N may be
#                                "inf"
#   [wait => S]
#   [next], [last]               ready for the next request, or for none
#   [close], [reset], [never]    cut off, or nothing any more

use strict;
use warnings;

use Errno qw(EAGAIN EWOULDBLOCK EINTR);
use IO::Poll qw(POLLIN POLLOUT POLLHUP POLLERR);
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

use AuthTenant::Control ();
use AuthTenant::Provider::Answer ();

my $chunk = 65536;


sub run {
    my (%opt) = @_;

    my $self = bless {
        %opt, poll => IO::Poll->new, conns => {}, mode => 'closed',
        documents => {}, faults => [], log => [], accepted => 0, serial => 0,
    }, __PACKAGE__;

    $self->{socket}->blocking(0);
    $self->{poll}->mask($_ => POLLIN) for @$self{qw(commands alive)};
    $self->loop;
}


sub loop {
    my ($self) = @_;

    my ($poll, $conns) = @$self{qw(poll conns)};

    while (1) {
        my $now = time;
        my $wait = 3600;

        for my $c (values %$conns) {
            my $w = defined $c->{wake} ? $c->{wake} - $now
                    : $c->{busy} ? 0 : next;
            $wait = $w < 0 ? 0 : $w if $w < $wait;
        }

        $poll->poll($wait);

        last if $poll->events($self->{alive});
        $self->accept_all
            if $self->{mode} =~ /^(?:open|drop|mute)$/
               && $poll->events($self->{socket});

        $now = time;
        for my $c (values %$conns) {
            my $events = $poll->events($c->{handle});
            $self->readable($c) if $events & (POLLIN | POLLHUP | POLLERR);
            next if $c->{gone};

            if (defined $c->{wake} && $c->{wake} <= $now) {
                delete $c->{wake};
                $c->{busy} = 1;
            }
            $self->writable($c)
                if !defined $c->{wake} && ($c->{busy} || $events & POLLOUT);
        }

        # last, so that what came before a command has been seen

        AuthTenant::Control::serve($self->{commands}, $self)
            if $poll->events($self->{commands});
    }
}


sub accept_all {
    my ($self) = @_;

    while (my $handle = $self->{socket}->accept) {
        $self->{accepted}++;

        if ($self->{mode} eq 'drop') {
            reset_socket($handle);
            next;
        }

        $handle->blocking(0);
        my $c = { handle => $handle, fd => fileno $handle, in => '', out => '',
                  steps => [], id => ++$self->{serial} };
        $self->{conns}{$c->{fd}} = $c;

        if ($self->{mode} eq 'mute') {
            $c->{mute} = 1;
            next;
        }

        if ($self->{certificate}) {
            my $context = $self->{contexts}{$self->{certificate}}
                //= AuthTenant::Provider::Tls::context(
                        $self->{tls}{$self->{certificate}});
            IO::Socket::SSL->start_SSL($handle, SSL_server => 1,
                SSL_startHandshake => 0, SSL_reuse_ctx => $context);
            $c->{tls} = $c->{shaking} = 1;
        }

        $self->{poll}->mask($handle => POLLIN);
    }
}


sub reset_socket {
    my ($handle) = @_;

    setsockopt $handle, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;

    if ($handle->isa('IO::Socket::SSL')) {
        $handle->close(SSL_no_shutdown => 1);
    } else {
        close $handle;
    }
}


# "closed" by the client, "ended" by us

sub gone {
    my ($self, $c, $how) = @_;

    return if $c->{gone}++;

    $self->ended($c, $how);
    $self->{poll}->remove($c->{handle});
    delete $self->{conns}{$c->{fd}};

    if ($c->{reset}) {
        reset_socket($c->{handle});
    } else {
        close $c->{handle};
    }
}


sub ended {
    my ($self, $c, $how) = @_;

    my $record = delete $c->{record} or return;
    $record->{end} = $how;
    $record->{ended} = time;
}


# what a TLS handshake or record waits for: true if it is only that

sub again {
    my ($self, $c) = @_;

    if ($c->{tls}) {
        my $for = AuthTenant::Provider::Tls::waits();
        $self->{poll}->mask($c->{handle} => POLLIN | POLLOUT)
            if $for eq 'write';
        return $for;
    }

    return $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;
}


sub readable {
    my ($self, $c) = @_;

    if ($c->{shaking}) {
        if (!$c->{handle}->accept_SSL) {
            $self->gone($c, 'closed') unless $self->again($c);
            return;
        }
        delete $c->{shaking};
        $self->{poll}->mask($c->{handle} => POLLIN);
    }

    while (1) {
        my $n = sysread $c->{handle}, $c->{in}, 16384, length $c->{in};

        if (!defined $n) {
            $self->gone($c, 'closed') unless $self->again($c);
            last;
        }
        if ($n == 0) {
            $self->gone($c, 'closed');
            last;
        }
        if (length $c->{in} > 1 << 20) {
            $self->gone($c, 'ended');
            last;
        }
    }

    $self->request($c) unless $c->{gone} || $c->{record};
}


sub request {
    my ($self, $c) = @_;

    $c->{in} =~ s/\A((?:(?!\r\n\r\n).)*)\r\n\r\n//s or return;
    my ($first, @lines) = split /\r\n/, $1;

    my ($method, $path) = $first =~ m{^([A-Z]+) (\S+) HTTP/1\.[01]$}
        or return $self->gone($c, 'ended');
    my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1, $2) : () } @lines;

    (my $host = $headers{host} // '') =~ s/:\d+$//;
    my ($realm) = $path =~ m{^/realms/([^/]+)};

    my $record = $c->{record} = {
        time => time, method => $method, path => $path, realm => $realm,
        host => $headers{host}, headers => \%headers, connection => $c->{id},
        sent => 0, tls => $c->{tls} ? 1 : 0,
    };
    push @{ $self->{log} }, $record;

    (my $name = $path) =~ s/\?.*//s;
    my $document = $self->{documents}{"//$host$name"}
                   // $self->{documents}{$name};

    my ($status, @steps) = AuthTenant::Provider::Answer::steps(
        $document, $self->how($name));

    # it is our connection's end, too, if the client says so

    $steps[-1] = ['last'] if $steps[-1][0] eq 'next'
                             && lc($headers{connection} // '') eq 'close';

    $record->{status} = $status;
    $c->{steps} = \@steps;
    $self->writable($c);
}


# the last word on that path, if it has not been said often enough

sub how {
    my ($self, $path) = @_;

    for my $fault (reverse @{ $self->{faults} }) {
        next unless $path =~ $fault->{pattern};
        next if defined $fault->{left} && $fault->{left}-- <= 0;
        return $fault->{how};
    }

    return {};
}


sub writable {
    my ($self, $c) = @_;

    return if $c->{shaking};

    # others are waiting, too

    my $turn = 4 * $chunk;
    delete $c->{busy};

    while (!$c->{gone}) {
        if (length $c->{out}) {
            my $n = syswrite $c->{handle}, $c->{out}, $chunk;

            if (!defined $n) {
                return $self->gone($c, 'closed') unless $self->again($c);
                $self->{poll}->mask($c->{handle} => POLLIN | POLLOUT);
                return;
            }

            $c->{record}{sent} += $n if $c->{record};
            substr $c->{out}, 0, $n, '';
            $turn -= $n;

            if ($turn <= 0) {
                $c->{busy} = 1;
                return;
            }
            next;
        }

        my $step = shift @{ $c->{steps} } or last;
        my ($what, $bytes, $n) = @$step;

        if ($what eq 'send') {
            $c->{out} = $bytes;

        } elsif ($what eq 'dribble') {
            next if $bytes eq '';
            $c->{out} = substr $bytes, 0, 1, '';
            unshift @{ $c->{steps} }, [wait => $n], [dribble => $bytes, $n];

        } elsif ($what eq 'stream') {
            next if $n <= 0;
            $c->{out} = $n < length $bytes ? substr $bytes, 0, $n : $bytes;
            unshift @{ $c->{steps} }, [stream => $bytes, $n - length $bytes];

        } elsif ($what eq 'wait') {
            $c->{wake} = time + $bytes;
            last;

        } elsif ($what eq 'next') {
            $self->ended($c, 'answered');
            $self->{poll}->mask($c->{handle} => POLLIN);
            return $self->request($c);

        } elsif ($what eq 'last') {
            $self->gone($c, 'answered');

        } elsif ($what eq 'close' || $what eq 'reset') {
            $c->{reset} = $what eq 'reset';
            $self->gone($c, 'ended');

        } elsif ($what eq 'never') {
            last;
        }
    }

    $self->{poll}->mask($c->{handle} => POLLIN) unless $c->{gone};
}


# the commands

sub do_document {
    my ($self, $path, $text, @headers) = @_;

    if (defined $text) {
        $self->{documents}{$path} = { text => $text, headers => \@headers };
    } else {
        delete $self->{documents}{$path};
    }
    return;
}


sub do_fault {
    my ($self, $pattern, $how) = @_;

    $self->do_heal($pattern);
    push @{ $self->{faults} },
        { pattern => $pattern, how => $how, left => $how->{times} };
    return;
}


sub do_heal {
    my ($self, $pattern) = @_;

    $self->{faults} = [grep { defined $pattern && $_->{pattern} ne $pattern }
                       @{ $self->{faults} }];
    return;
}


sub do_requests {
    my ($self, $pattern) = @_;
    return [grep { ($_->{path} =~ s/\?.*//sr) =~ $pattern } @{ $self->{log} }];
}


sub do_connections { $_[0]{accepted} }


sub do_clear {
    my ($self) = @_;

    $self->{log} = [];
    $self->{accepted} = 0;
    return;
}


sub do_hang_up {
    my ($self) = @_;

    $self->gone($_, 'ended') for values %{ $self->{conns} };
    return;
}


sub do_tls {
    my ($self, $which) = @_;

    $self->{certificate} = $which;
    return $self->do_hang_up;
}


sub do_mode {
    my ($self, $mode) = @_;

    my $socket = $self->{socket};
    my %at = (LocalAddr => $socket->sockhost, LocalPort => $socket->sockport,
              Proto => 'tcp', ReuseAddr => 1);

    # who has been accepted under another mode goes first

    $self->do_hang_up;
    $self->{poll}->remove($socket);
    delete $self->{fill};

    # closed for refusing, or to get rid of who waits to be accepted

    if ($self->{mode} ne 'closed') {
        close $socket;
        $socket = $self->{socket} = IO::Socket::INET->new(%at)
            or die "provider: $at{LocalAddr}:$at{LocalPort}: $!\n";
        $socket->blocking(0);
    }

    $self->{mode} = $mode eq 'refuse' ? 'closed' : $mode;

    if ($mode eq 'hang') {
        listen $socket, 0 or die "listen: $!\n";

        # connections of our own fill the queue; nobody accepts them

        for (1 .. 8) {
            my $fill = IO::Socket::INET->new(Blocking => 0, Proto => 'tcp',
                PeerAddr => $at{LocalAddr}, PeerPort => $at{LocalPort});
            push @{ $self->{fill} }, $fill if $fill;
        }
        select undef, undef, undef, 0.05;

    } elsif ($mode ne 'refuse') {
        listen $socket, 1024 or die "listen: $!\n";
        $self->{poll}->mask($socket => POLLIN);
    }

    return;
}

1;

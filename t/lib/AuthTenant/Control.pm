package AuthTenant::Control;

# A process of a test's own that takes commands from it, for packages such as
# AuthTenant::Provider to inherit from:
#
#   $self->launch(sub { my ($commands, $alive) = @_; ... });
#                                    # in the child: both are to be polled
#   $self->command(NAME, ARG...)     # in the test: calls do_NAME there, dies
#                                    # of what that dies of
#   $self->dir, $self->pid, $self->stop
#
# In the child:
#
#   AuthTenant::Control::serve($commands, $object)    # when it is readable
#   exit when $alive is readable: the test has ended
#
# Any process may give commands, also one that was forked later, but the
# process ends with the one that launched it.

use strict;
use warnings;

use Carp qw(croak);
use File::Temp ();
use IO::Socket::UNIX ();
use POSIX ();
use Storable ();


sub dir {
    my ($self) = @_;
    return $self->{dir} //= File::Temp->newdir('at-own-XXXXXX', TMPDIR => 1);
}


sub launch {
    my ($self, $code) = @_;

    my $path = $self->dir . '/control';
    my $commands = IO::Socket::UNIX->new(Local => $path, Listen => 16)
        or die "$path: $!\n";
    pipe my $alive, my $lifeline or die "pipe: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $lifeline;
        $SIG{$_} = 'DEFAULT' for qw(TERM INT HUP ALRM __WARN__ __DIE__);
        $SIG{PIPE} = 'IGNORE';

        # what the test prints is not printed twice, nor its end run here

        my $ended = eval { $code->($commands, $alive); 1 };
        print STDERR ref $self, ": $@" unless $ended;
        POSIX::_exit($ended ? 0 : 1);
    }

    @$self{qw(pid owner lifeline)} = ($pid, $$, $lifeline);
    return $self;
}


# a connection of its own for each command, so that processes do not meet

sub command {
    my ($self, @command) = @_;

    my $socket = IO::Socket::UNIX->new(Peer => $self->dir . '/control')
        or croak ref $self, " has ended ($!)";

    print $socket Storable::nfreeze(\@command);
    $socket->shutdown(1);

    my $answer = do { local $/; <$socket> };
    croak ref $self, ' has ended' unless length($answer // '');

    my ($failed, $value) = @{ Storable::thaw($answer) };
    croak $failed if defined $failed;

    return $value;
}


sub serve {
    my ($commands, $object) = @_;

    my $socket = $commands->accept or return;
    my $text = do { local $/; <$socket> };

    my $value = eval {
        my ($name, @args) = @{ Storable::thaw($text) };
        $object->can("do_$name")->($object, @args);
    };
    print $socket Storable::nfreeze([$@ || undef, $value]);
    close $socket;
}


sub pid { $_[0]{pid} }


sub stop {
    my ($self) = @_;

    return unless $self->{pid} && $$ == $self->{owner};

    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
    delete $self->{pid};
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!, $@);
    $self->stop;
}

1;

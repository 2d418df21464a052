package AuthTenant::Client;

# A connection to an nginx of AuthTenant::Nginx that stays, for requests that
# have to wait for their answer, or that one worker and no other is to get:
#
#   my $client = AuthTenant::Client->new($nginx);       # whichever worker
#   my $client = AuthTenant::Client->at($nginx, $pid);  # that one
#   my %at = AuthTenant::Client::each_worker($nginx);   # pid => client
#                                          # each asks for / and needs X-Result
#
#   $client->send('/maksym/', $token)      # and does not wait for an answer
#   $client->send('/', $token, method => 'POST', headers => [...], body => ...)
#   $client->write($bytes)                 # anything else
#   $client->waits                         # nothing has come so far
#   my $answer = $client->answer           # the next one: { status, result,
#       headers => { name => value }, body, time (when it was there) }, or
#       undef if the connection was closed
#   $client->ask(...)                      # both: "STATUS RESULT"
#   $client->reset                         # the client goes away
#   $client->pid                           # of the worker
#
#   AuthTenant::Client::hold($pid...)      # stops processes, until CONT
#   until_true(sub { ... })                # what the last call returned; dies
#                                          # if it never is
#
# The answers are to have the header X-Result, of a location that says
#
#   add_header X-Result $auth_result:$pid always;
#
# (anything may stand between the two).

use strict;
use warnings;

use Carp qw(croak);
use Exporter 'import';
use IO::Select ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(until_true workers);
our $Patience = 30;


sub until_true {
    my ($test) = @_;

    my $end = time + $Patience;
    while (1) {
        my $value = $test->();
        return $value if $value;
        croak 'waited in vain' if time > $end;
        sleep 0.02;
    }
}


# those that are neither going nor gone; a new one has its master's title

sub workers {
    my ($nginx) = @_;

    my $master = $nginx->pid;
    open my $fh, '<', "/proc/$master/task/$master/children" or return;
    return grep { command($_) =~ /(?:master|worker) process(?! is)/ } split ' ', <$fh> // '';
}


sub command {
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/cmdline" or return '';
    local $/;
    return (<$fh> // '') =~ s/[\0\s]+\z//r;
}


sub new {
    my ($class, $nginx) = @_;

    my $socket = $nginx->connect or die "no connection: $!\n";
    $socket->blocking(0);
    return bless { socket => $socket, in => '' }, $class;
}


# the others are held while it is accepted

sub at {
    my ($class, $nginx, $pid) = @_;

    my @others = grep { $_ != $pid } workers($nginx);

    hold(@others);
    my $self = eval {
        my $client = $class->new($nginx);
        $client->send('/', undef);
        $client->answer;
        $client;
    };
    my $error = $@;
    kill CONT => @others;

    die $error if !$self;
    die "worker $pid did not answer\n" if ($self->{pid} // 0) != $pid;
    return $self;
}


# as many as nginx.conf says, which may just be starting

sub each_worker {
    my ($nginx) = @_;

    open my $fh, '<', "$nginx->{path}/nginx.conf" or die "nginx.conf: $!\n";
    my ($n) = do { local $/; <$fh> } =~ /^\s*worker_processes (\d+);/m;
    until_true(sub { workers($nginx) == ($n // 1) });

    return map { $_ => __PACKAGE__->at($nginx, $_) } workers($nginx);
}


# stops processes, and returns when they have stopped: until then they may
# still take a connection

sub hold {
    my (@pids) = @_;

    kill STOP => @pids;
    for my $pid (@pids) {
        until_true(sub {
            open my $fh, '<', "/proc/$pid/stat" or return 1;
            (<$fh> // ') T') =~ /\) [TtZX]/;
        });
    }
}


sub pid { $_[0]{pid} }

sub socket { $_[0]{socket} }


sub send {
    my ($self, $path, $token, %opt) = @_;

    my @lines = (($opt{method} // 'GET') . " $path HTTP/1.1",
                 'Host: ' . ($opt{host} // 'localhost'),
                 @{ $opt{headers} // [] });
    push @lines, "Authorization: Bearer $token" if defined $token;
    push @lines, 'Content-Length: ' . length $opt{body} if defined $opt{body};

    $self->write(join("\r\n", @lines, '', '') . ($opt{body} // ''));
    return $self;
}


# what arrives meanwhile is kept

sub write {
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';
    my $end = time + $Patience;

    while (length $bytes) {
        die "nginx does not read\n" if time > $end;
        my (undef, $can) = IO::Select->select(undef,
            IO::Select->new($self->{socket}), undef, 1);
        next unless $can && @$can;
        my $n = syswrite $self->{socket}, $bytes;
        return if !defined $n && !$!{EAGAIN};
        substr $bytes, 0, $n // 0, '';
    }
}


# 0 at the end of the connection

sub read {
    my ($self, $seconds) = @_;

    return 1 unless IO::Select->new($self->{socket})->can_read($seconds);
    my $n = sysread $self->{socket}, $self->{in}, 65536, length $self->{in};
    return 1 if defined $n ? $n : $!{EAGAIN};
    $self->{closed} = 1;
    return 0;
}


sub waits {
    my ($self) = @_;

    $self->read(0);
    return $self->{in} eq '' && !$self->{closed};
}


sub answer {
    my ($self, $seconds) = @_;

    my $end = time + ($seconds // $Patience);

    while (1) {
        my $answer = $self->parsed;
        return $answer if $answer;
        return if $self->{closed};
        die "no answer\n" if time > $end;
        $self->read(1);
    }
}


sub parsed {
    my ($self) = @_;

    my ($head, $status) = $self->{in} =~ m{\A(HTTP/1\.1\ (\d+)\ .*?\r\n\r\n)}xs
        or return;

    my %headers = map { lc $_->[0] => $_->[1] }
                  map { [split /: /, $_, 2] } grep { /: / } split /\r\n/, $head;
    my $length = $headers{'content-length'} // 0;

    return if length $self->{in} < length($head) + $length;

    substr $self->{in}, 0, length $head, '';
    my $body = substr $self->{in}, 0, $length, '';

    my $result = $headers{'x-result'} // '';
    $self->{pid} = $1 if $result =~ s/:(\d+)$//;

    return { status => $status, result => $result, headers => \%headers,
             body => $body, time => time };
}


sub ask {
    my ($self, @request) = @_;

    my $answer = $self->send(@request)->answer or return 'closed';
    return "$answer->{status} $answer->{result}";
}


sub reset {
    my ($self) = @_;

    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    close $self->{socket};
    $self->{closed} = 1;
}

1;

package AuthTenant::Resolver;

# A name server of a test's own, that answers as the test says:
#
#   my $dns = AuthTenant::Resolver->start('login.example.com' => '192.0.2.1');
#   my $dns = AuthTenant::Resolver->start('*' => '127.0.0.1');
#
#   $dns->name('login.example.com', '192.0.2.1', '192.0.2.2')   both
#   $dns->name('login.example.com', ['192.0.2.1'], ['127.0.0.1'])
#                                         in turn, an element each query
#   $dns->name('login.example.com', 'nxdomain')
#         also: servfail, refused, empty (no address), never (no answer),
#         garbage, other (an answer to another question)
#   $dns->name('login.example.com')       not known any more
#   $dns->delay(0.5)                      before every answer
#   $dns->ttl(5)                          of what it answers from now on
#   $dns->queries('login.example.com')    how often its address was asked for
#   $dns->port                            UDP, on 127.0.0.1
#
# Names that nobody said are answered as "*" is, or do not exist.  IPv6 is
# answered only where an IPv6 address is given.  start(port => 53, ...), and
# start(address => ...), say where.

use strict;
use warnings;

use parent 'AuthTenant::Control';

use IO::Select ();
use IO::Socket::INET ();
use Socket qw(AF_INET AF_INET6 inet_pton);

my %rcode = (servfail => 2, nxdomain => 3, refused => 5);


sub start {
    my ($class, %names) = @_;

    my $address = delete $names{address} // '127.0.0.1';
    my $socket = IO::Socket::INET->new(Proto => 'udp',
        LocalAddr => $address, LocalPort => delete $names{port} // 0)
        or die "name server: $!\n";

    my $self = bless {
        port => $socket->sockport, ttl => 5, delay => 0,
        names => { map { $_ => [[$names{$_}]] } keys %names },
    }, $class;

    return $self->launch(sub { $self->run($socket, @_) });
}


sub port { $_[0]{port} }


sub name {
    my ($self, $name, @answers) = @_;

    @answers = [@answers] if @answers && !ref $answers[0];
    $self->command(name => lc $name, @answers);
}


sub delay { $_[0]->command(set => delay => $_[1]) }

sub ttl { $_[0]->command(set => ttl => $_[1]) }

sub queries { $_[0]->command(queries => lc $_[1]) }


sub do_name {
    my ($self, $name, @answers) = @_;

    delete $self->{names}{$name};
    $self->{names}{$name} = \@answers if @answers;
    return;
}


sub do_set {
    my ($self, $what, $value) = @_;

    $self->{$what} = $value;
    return;
}


sub do_queries { $_[0]{queries}{$_[1]} // 0 }


sub run {
    my ($self, $socket, $commands, $alive) = @_;

    my $select = IO::Select->new($socket, $commands, $alive);

    while (1) {
        for my $ready ($select->can_read) {
            return if $ready == $alive;

            if ($ready == $commands) {
                AuthTenant::Control::serve($commands, $self);
                next;
            }

            my $from = $socket->recv(my $query, 512) // next;
            my $answer = $self->answer($query);
            next unless defined $answer;

            select undef, undef, undef, $self->{delay} if $self->{delay};
            $socket->send($answer, 0, $from);
        }
    }
}


# RFC 1035 section 4.1: the question comes back, and the records behind it

sub answer {
    my ($self, $query) = @_;

    my ($id, $flags) = unpack 'n2', $query;
    my ($question, $labels, $type) =
        substr($query, 12) =~ /^(((?:[^\0].*?)?)\0(..)..)/s or return;

    $type = { 1 => 'A', 28 => 'AAAA' }->{unpack 'n', $type} // '';
    my $name = lc join '.', unpack '(C/a)*', $labels;

    $self->{queries}{$name}++ if $type eq 'A';

    my $answers = $self->{names}{$name} // $self->{names}{'*'}
                  // [['nxdomain']];
    my @records = @{ $answers->[0] };

    # in turn, by the queries for an address

    push @$answers, shift @$answers if $type eq 'A' && @$answers > 1;

    my $word = $records[0] =~ /^[a-z]+$/ ? $records[0] : '';
    return if $word eq 'never';
    return "\xff" x 20 if $word eq 'garbage';

    $id ^= 1 if $word eq 'other';
    @records = '192.0.2.66' if $word eq 'other';
    @records = () if $word eq 'empty' || $rcode{$word};

    my ($number, $length) = $type eq 'A' ? (1, 4) : (28, 16);
    my @wire = map { pack 'n3 N n/a', 0xc00c, $number, 1, $self->{ttl}, $_ }
               grep { length($_ // '') == $length }
               map { inet_pton(/:/ ? AF_INET6 : AF_INET, $_) } @records;

    # an answer with authority, to who asked for recursion

    return pack('n6', $id, 0x8480 | $flags & 0x0100 | ($rcode{$word} // 0),
                1, scalar @wire, 0, 0) . $question . join '', @wire;
}

1;

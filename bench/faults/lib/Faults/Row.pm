package Faults::Row;

# What one fault did: a row of the table.

use strict;
use warnings;


sub new {
    my ($class, $id, $title) = @_;

    return bless {
        id => $id, title => $title, sent => 0, wrong => 0, lost => 0,
        off => undef, fetches => undef, recover => undef, figure => '',
        missed => [],
    }, $class;
}


# what a load has seen

sub add {
    my ($self, $seen) = @_;

    $self->{$_} += $seen->{$_} for qw(sent wrong lost);

    for my $group (values %{ $seen->{groups} }) {
        $self->must(0, "wrong: $group->{example}") if $group->{wrong};
    }

    $self->must(!$seen->{bare}, '503 has a Retry-After');
    $self->must($seen->{sent} > 0, 'something was asked for');
    return $seen;
}


# the same with the module off

sub off { $_[0]{off} += $_[1]{lost} }

# that were foreseen, but lost all the same

sub lost { $_[0]{lost} += $_[1] }

sub fetches { $_[0]{fetches} += $_[1] }

sub recover {
    my ($self, $seconds) = @_;

    $self->{recover} = $seconds
        if !defined $self->{recover} || $seconds > $self->{recover};
}

sub figure { $_[0]{figure} = $_[1] }

sub must {
    my ($self, $true, $what) = @_;

    push @{ $self->{missed} }, $what =~ s/\s+\z//r unless $true;
    return $true;
}

sub nothing_lost {
    my ($self) = @_;
    $self->must($self->{lost} == 0, "0 lost, not $self->{lost}");
}

sub skip { $_[0]{skipped} = $_[1] }

sub good { $_[0]{wrong} == 0 && !@{ $_[0]{missed} } }


my $format = "%-4s %-37s %8s %5s %6s %6s %7s %8s  %s\n";

sub head {
    return sprintf $format, 'id', 'fault', 'sent', 'wrong', 'lost', 'off',
        'fetches', 'recover', 'figure';
}

sub text {
    my ($self) = @_;

    my $seconds = defined $self->{recover}
                  ? sprintf '%.2f s', $self->{recover} : '-';
    my $verdict = !$self->good ? 'FAILED: ' : $self->{skipped} ? '' : 'ok: ';

    return sprintf($format, @$self{qw(id title sent wrong lost)},
                   $self->{off} // '-', $self->{fetches} // '-', $seconds,
                   $verdict . ($self->{skipped} // $self->{figure}))
           . join '', map { "     $_\n" } @{ $self->{missed} };
}


1;

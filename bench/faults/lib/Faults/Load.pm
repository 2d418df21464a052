package Faults::Load;

# A run of bench/faults/load: see the head of load.c.
#
#   my $load = Faults::Load->start([@options], line(...), ...);
#   my $seen = $load->wait;                # until it ends by itself (-t, -n)
#   my $seen = $load->stop;                # now
#
#   $seen->{sent}, {wrong}, {lost}, ...    # of all groups
#   $seen->{groups}{good}{p99}
#   $seen->first('good', 200), ->last('good', 200), ->count('good', 200)
#                                          # when, by the wall clock; how many

use strict;
use warnings;

use File::Temp ();
use JSON::PP ();
use Time::HiRes qw(sleep time);

use AuthTenant::Nginx ();


sub start {
    my ($class, @lines) = @_;

    my @options = ref $lines[0] ? @{ shift @lines } : ();
    my $program = $ENV{FAULTS_LOAD} or die "FAULTS_LOAD is not set\n";

    my $file = File::Temp->new(DIR => AuthTenant::Nginx::dir());
    print $file @lines;
    $file->flush;

    my $pid = open my $out, '-|', $program, @options, "$file"
        or die "$program: $!\n";

    return bless { pid => $pid, out => $out, file => $file, begun => time },
        $class;
}


sub stop {
    my ($self) = @_;

    # it has to be listening

    sleep 0.3 if time - $self->{begun} < 0.3;
    kill TERM => $self->{pid};
    return $self->wait;
}


sub wait {
    my ($self) = @_;

    my $out = delete $self->{out};
    my @groups = map { JSON::PP::decode_json($_) } <$out>;
    close $out or die "load has failed\n";
    delete $self->{pid};

    my %seen = (groups => { map { $_->{group} => $_ } @groups });
    for my $group (@groups) {
        $seen{$_} += $group->{$_}
            for qw(sent wrong lost hung again gone bare);
    }

    return bless \%seen, 'Faults::Load::Seen';
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);
    kill KILL => $self->{pid} if $self->{pid};
}


package Faults::Load::Seen;

use strict;
use warnings;


sub count { $_[0]{groups}{$_[1]}{status}{$_[2]}[0] // 0 }

sub first { $_[0]{groups}{$_[1]}{status}{$_[2]}[1] }

sub last { $_[0]{groups}{$_[1]}{status}{$_[2]}[2] }


1;

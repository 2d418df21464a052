package Faults::Run;

# Runs the faults, each in a process of its own, and prints their rows.

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Temp ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time);

use AuthTenant::Namespace ();
use Faults ();
use Faults::Row ();

my $top = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../../..');
my $build = $ENV{BUILD} // "$top/build";


# the load generator, a module whose workers can be stopped, and keys that all faults share: they take time to make

sub prepare {
    my $program = "$build/faults/load";
    my @sources = glob "$top/bench/faults/*.[ch]";

    mkdir $build;
    mkdir "$build/faults";

    if (!-x $program || grep { -M $_ < -M $program } @sources) {
        system('gcc', '-O2', '-Wall', '-Wextra', '-Werror', '-o',
               "$program.$$", grep { /\.c$/ } @sources) == 0
            && rename "$program.$$", $program
            or die "load generator: not compiled\n";
    }

    ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic'
        || system("'$top/util/build' stop > /dev/null") == 0
        or die "util/build has failed\n";

    $ENV{FAULTS_LOAD} = $program;
    $ENV{AUTH_TENANT_KEYS} //= File::Temp::tempdir('at-keys-XXXXXX',
                                                   TMPDIR => 1, CLEANUP => 1);
    $_->jwk for Faults::good(), Faults::good('2'), Faults::evil();
}


sub all {
    my ($json, @ids) = @_;

    my @todo = @Faults::all;

    if (@ids) {
        my %wanted = map { $_ => 1 } @ids;
        @todo = grep { $wanted{$_->{id}} } @todo;
        die "no such fault\n" unless @todo;
    }

    # a short run tells whether, not how fast: there all go on beside another

    my @alone = Faults::short_run() ? () : grep { $_->{alone} } @todo;
    my %alone = map { $_ => 1 } @alone;
    my @rows = (several(grep { !$alone{$_} } @todo),
                map { several($_) } @alone);

    @rows = sort { number($a) <=> number($b) } @rows;

    if ($json) {
        print JSON::PP::encode_json({ %$_, ok => $_->good ? 1 : 0 }), "\n"
            for @rows;
    } else {
        print Faults::Row::head(), map { $_->text } @rows;
    }

    return scalar(grep { !$_->good } @rows) ? 1 : 0;
}

sub number { $_[0]{id} =~ /(\d+)/ ? $1 : 0 }


sub several {
    my @todo = @_;

    my $jobs = $ENV{FAULTS_JOBS} // Faults::full(3, 7);
    my (%running, @rows);

    while (@todo || %running) {
        if (@todo && keys %running < $jobs) {
            my ($pid, $out, $fault) = begin(shift @todo);
            $running{$pid} = [$out, $fault];
            next;
        }

        my $pid = wait;
        last if $pid == -1;

        my $ended = delete $running{$pid} or next;
        push @rows, row($ended->[1], $ended->[0], $?);
        print STDERR $rows[-1]->text if $ENV{FAULTS_VERBOSE};
    }

    return @rows;
}


sub begin {
    my ($fault) = @_;

    my $out = File::Temp->new;
    my $pid = fork // die "fork: $!\n";

    return ($pid, $out, $fault) if $pid;

    if ($fault->{inside} && !$ENV{AUTH_TENANT_NAMESPACE}) {
        my $why = `unshare -mn true 2>&1`;
        inside($out, $fault->{id}) if $? == 0;

        chomp $why;
        my $row = Faults::Row->new(@$fault{qw(id title)});
        $row->skip("no namespaces of its own here: $why");
        finish($row, $out);
    }

    my $row = Faults::Row->new(@$fault{qw(id title)});
    my $done = eval { $fault->{code}->($row); 1 };
    $row->must(0, "$@") unless $done;

    finish($row, $out);
}


sub finish {
    my ($row, $out) = @_;

    seek $out, 0, 0;
    print $out JSON::PP::encode_json({ %$row });
    $out->flush;

    # what belongs to this process ends with it

    exit 0;
}


# this program once more, for one fault, where mounts and networks are its own

sub inside {
    my ($out, $id) = @_;

    $ENV{AUTH_TENANT_NAMESPACE} = 1;
    open STDOUT, '>', "$out" or die "$out: $!\n";
    exec 'unshare', '-mn', $^X, "$top/util/faults", '--json', $id
        or die "unshare: $!\n";
}


sub row {
    my ($fault, $out, $status) = @_;

    my $row = Faults::Row->new(@$fault{qw(id title)});
    my $text = Faults::slurp("$out");

    %$row = %{ JSON::PP::decode_json($text) } if length $text;
    $row->must(0, "it has died ($status)")
        if !length $text || $status && !$fault->{inside};

    return $row;
}


1;

package Peers::Result;

# What becomes of measured rounds.
#
#   median(NUMBERS), spread(NUMBERS)    of the middle half, over the median
#   unfit(ROUNDS, BUSY, SPREADS)        why a run is not worth keeping: rounds,
#                                       per cent of the machine busy with
#                                       others, what was measured => its spread
#   directory(TOP, BUILD, WHY...)       where results go
#   write_to(FILE, TEXT)

use strict;
use warnings;

use Exporter 'import';
use File::Path qw(make_path);
use File::Spec ();

our @EXPORT_OK = qw(median spread unfit directory write_to);


sub median
{
    my @v = sort { $a <=> $b } @_;
    return @v % 2 ? $v[@v / 2] : ($v[@v / 2 - 1] + $v[@v / 2]) / 2;
}


sub spread
{
    my @v = sort { $a <=> $b } @_;
    return ($v[$#v * 3 / 4] - $v[$#v / 4]) / median(@v);
}


sub unfit
{
    my ($rounds, $busy, %spread) = @_;

    my @why;

    push @why, "only $rounds rounds" if $rounds < 5;
    push @why, "$busy % of the machine were busy with others" if $busy > 10;

    for my $what (grep { $spread{$_} > 0.05 } sort keys %spread) {
        push @why, sprintf '%s: the rounds lie %.0f %% apart', $what,
                           100 * $spread{$what};
    }

    return @why;
}


sub directory
{
    my ($top, $build, @why) = @_;

    my $results = $ENV{RESULTS}
                  // (@why ? "$build/bench/results" : "$top/bench/results");
    $results = File::Spec->rel2abs($results, $top);
    make_path($results);

    return $results;
}


sub write_to
{
    my ($file, $text) = @_;

    open my $f, '>', $file or die "$file: $!\n";
    print $f $text;
    close $f or die "$file: $!\n";
}


1;

package Scale::Cases;

# What is measured.  Each function here gets the stand, the sizes of the run,
# and a function that takes down a row:
#
#   row(CASE, ROUND, NAME, VALUE, ERRORS)   in round 0 what is known of a case
#                                           beside its rounds

use strict;
use warnings;

use List::Util qw(shuffle min max sum);

our @all = qw(levels tokens workers reload flood);


# turns of bare nginx and of others in each round, in a new order each time;
# the first round warms up

sub rounds
{
    my ($size, $turn, @names) = @_;

    for my $round (0 .. $size->{rounds}) {
        $turn->($round, $_) for shuffle @names;
    }
}


sub proof
{
    my ($row, $case, $is, $what) = @_;

    $what //= '';
    $row->($case, 0, "$what$_", $is->{$_}, 0)
        for qw(connection process zone verified);
    $row->($case, 0, "${what}asked", $is->{answered}, $is->{errors});
}


# More tokens than any process keeps, of nobody who comes again: who comes once
# only then, finds no place there.

sub crowd
{
    my ($stand, $workers) = @_;

    my $count = 8192 * $workers;
    my ($file) = $stand->mint('ES256', $count, f => 10_000_000, l => $count);
    return $file;
}


# One RS256 token on each connection; a hundred that take turns on them; more
# than a process keeps, by far; and ones that were never seen.

sub levels
{
    my ($stand, $size, $row) = @_;

    my $wide = $size->{wide};

    # a process that has had a crowd of others comes to know none of many

    my ($few, $many) = map { $stand->front('ours', zone => '512m') } 1, 2;
    my %ours = (same => $few, process => $few, zone => $many, cold => $many);
    my $bare = $stand->front('bare');
    my $mint = sub {
        my ($count, %o) = @_;
        return $stand->mint($size->{alg}, $count, l => $count, %o);
    };

    my $first = $wide + 200;
    my @cold = $mint->($size->{cold} * ($size->{rounds} + 2), f => $first,
                       l => $size->{cold});
    my %file = (same => $mint->(1), process => $mint->(101, f => 1),
                zone => $mint->($wide, f => 200));
    my %n = (same => $size->{requests}, process => $size->{requests},
             zone => $wide * max(1, int($size->{requests} / $wide)),
             cold => $size->{cold});

    $stand->ask($many, crowd($stand, 1));
    $stand->ask($ours{$_}, $file{$_}) for keys %file;

    my @turns = map { my $case = $_; map { [ $case, $_ ] } qw(bare ours) }
                    keys %n;

    rounds($size, sub {
        my ($round, $turn) = @_;
        my ($case, $name) = @$turn;
        my $file = $file{$case} // $cold[$round];

        my @is = $stand->turn($name eq 'bare' ? $bare : $ours{$case}, $file,
                              $n{$case});
        $row->($case, $round, $name, @is) if $round;
    }, @turns);

    $file{cold} = $cold[-1];
    proof($row, $_, $stand->prove($ours{$_}, [ $file{$_} ],
                                  min($n{$_}, $size->{proof})))
        for qw(process same zone cold);

    $stand->end($bare, $few, $many);
}


# Distinct tokens, and users and tenants, up to a hundred thousand of each; in
# a zone that has room for all, and in one that has not.

sub tokens
{
    my ($stand, $size, $row) = @_;

    my ($token) = $stand->mint($size->{alg}, 1);
    my ($claims, $place, $share, $places) = $stand->room($token);
    my $most = Scale::Stand::most();

    $row->('memory', 0, @$_, 0) for [ claims => $claims ], [ place => $place ],
                                    [ share => $share ];

    for my $count (@{ $size->{tokens} }) {
        my $needs = Scale::Stand::zone($count, 2 * $share);
        my $zone = min($needs, $most);
        my $distinct = min($count, 100_000);
        my @files = $stand->mint('ES256', $count, u => $distinct,
                                 t => $distinct, l => $size->{requests});

        my %front = (bare => $stand->front('bare'),
                     large => $stand->front('ours', zone => "${zone}m"),
                     small => $stand->front('ours',
                                            zone => $size->{small}));

        $row->($count, 0, @$_, 0)
            for [ zone_needed => $needs ], [ zone => $zone ],
                [ rss_before => $stand->memory($front{large}) ];

        $stand->ask($front{large}, @files);
        $stand->ask($front{small}, @files[0 .. min($size->{filled}, $#files)]);

        $row->($count, 0, 'rss_after', $stand->memory($front{large}), 0);

        # of all ages: what a zone that is too small was asked first its process
        # may know, and what it was asked last is there

        my $part = @files / ($size->{rounds} + 1);

        rounds($size, sub {
            my ($round, $name) = @_;

            my @is = $stand->turn($front{$name}, $files[$round * $part],
                                  $size->{requests});
            $row->($count, $round, $name, @is) if $round;
        }, keys %front);

        my %ask = (large => [ map { $files[$_ * @files / 10] } 0 .. 9 ],
                   small => [ $files[min(int($size->{filled} * 2 / 3),
                                         $#files)] ]);

        for my $name (sort keys %ask) {
            my $n = $size->{proof} / @{ $ask{$name} };
            proof($row, $count,
                  $stand->prove($front{$name}, $ask{$name}, $n), "${name}_");
        }

        $stand->end(values %front);
        unlink @files;
    }
}


# Each worker has a core; what else there is shares those that are left, or
# all.

sub workers
{
    my ($stand, $size, $row) = @_;

    my @cores = $stand->cores;
    my $count = $size->{many};
    my ($file) = $stand->mint('ES256', $count, u => $count, t => $count,
                              l => $count);

    for my $workers (grep { $_ <= @cores } @{ $size->{workers} }) {
        my %front = (
            bare => $stand->front('bare', workers => $workers, several => 1),
            ours => $stand->front('ours', workers => $workers, several => 1,
                                  zone => '128m'));

        $stand->ask($front{ours}, crowd($stand, $workers), $file);

        my @mine = @cores[0 .. $workers - 1];
        my $rest = join ',', @cores > $workers ? @cores[$workers .. $#cores]
                                               : @cores;

        rounds($size, sub {
            my ($round, $name) = @_;

            $stand->spread($front{$name}, $rest, @mine);
            my ($ns, $rate, $errors) = $stand->together(
                $front{$name}, $file, $size->{seconds}, $workers, $rest);

            $row->($workers, $round, $name, $ns, $errors) if $round;
            $row->($workers, $round, "${name}_rate", $rate, 0) if $round;
        }, keys %front);

        $stand->end(values %front);
    }
}


# The same tokens before a reload, when the process knows them, and as the
# first that a new process is asked.

sub reload
{
    my ($stand, $size, $row) = @_;

    my $count = $size->{reload};
    my ($file) = $stand->mint('ES256', $count, u => $count, t => $count,
                              l => $count);
    my %front = (bare => $stand->front('bare'),
                 ours => $stand->front('ours', zone => '64m'));

    rounds($size, sub {
        my ($round, $name) = @_;
        my $front = $front{$name};

        $stand->ask($front, $file);
        my @before = $stand->turn($front, $file, $count);
        $stand->reload($front);
        my @after = $stand->turn($front, $file, $count);

        $row->('before', $round, $name, @before) if $round;
        $row->('after', $round, $name, @after) if $round;
    }, keys %front);

    $stand->reload($front{ours});
    proof($row, 'after', $stand->prove($front{ours}, [ $file ], $count));
    proof($row, 'before', $stand->prove($front{ours}, [ $file ], $count));

    $stand->end(values %front);
}


# Known users ask at a steady rate, from a core of their own; half of the
# machine verifies, and gets half of the bad signatures that it could refuse.

sub flood
{
    my ($stand, $size, $row) = @_;

    my @cores = $stand->cores;
    my $workers = max(1, int(@cores / 2));
    my @mine = @cores[0 .. $workers - 1];
    my @rest = @cores > $workers ? @cores[$workers .. $#cores] : @cores;

    my ($bad) = $stand->mint($size->{alg}, 200, b => '', l => 200);
    my ($good) = $stand->mint($size->{alg}, 200, u => 200, t => 200, l => 200,
                              f => 200);
    my $front = $stand->front('ours', workers => $workers, several => 1,
                              zone => '64m');

    $stand->ask($front, $good);
    $stand->spread($front, join(',', @rest), @mine);

    my (undef, $most, $errors) = $stand->together(
        $front, $bad, $size->{seconds}, scalar @rest, join ',', @rest);
    $row->('rate', 0, 'most', $most, $errors);
    $row->('rate', 0, 'workers', $workers, 0);

    $stand->policy('-o', $front);

    rounds($size, sub {
        my ($round, $case) = @_;

        my %how = (policy => '-o',
                   t => $round ? $size->{flood} : min(1, $size->{flood}));
        my @loads = $stand->load($front, $good, %how, c => 16,
                                 r => $size->{rate}, core => $rest[-1]);

        push @loads, $stand->load($front, $bad, %how, c => 64,
                                  r => $most / 2, core => $rest[0])
            if $case eq 'flood';

        my ($known, $refused) = map { $_->() } @loads;
        return unless $round;

        $row->($case, $round, $_, $known->{$_} * 1e9, $known->{errors})
            for qw(p50 p99);
        $row->($case, $round, 'refused',
               $refused->{answered} / $size->{flood}, $refused->{errors})
            if $refused;
    }, qw(calm flood));

    $stand->policy('-b', $front);
    $stand->end($front);
}


1;

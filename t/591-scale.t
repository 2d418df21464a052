#!/usr/bin/perl

# The bench of many tokens, users and workers in its smallest form.  Nothing is
# said about time: every request is answered right, for the user it was made
# for, and each case is what it is called.

use strict;
use warnings;

use File::Temp ();
use Test::More;

plan skip_all => 'of the dynamic module only'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my $dir = File::Temp->newdir('at-scale-XXXXXX', TMPDIR => 1);
my $file = "$dir/scale.tsv";

local $ENV{SCALE} = 'tiny';
local $ENV{RESULTS} = "$dir/results";
delete local @ENV{qw(ROUNDS S CORE ZONE_MAX)};

is(system('make -s -C bench scale-tools >&2'), 0, 'the tools compile');
is(system("bench/scale/run $file >&2"), 0, 'every case runs to its end');

my (%value, %errors);

open my $rows, '<', $file or BAIL_OUT("$file: $!");
while (<$rows>) {
    chomp;
    my ($section, $case, $round, $name, $value, $errors) = split /\t/;
    next if /^#/ || $section eq 'section';

    $value{"$section $case $name"} = $value;
    $errors{"$section $case"} += $errors;
}

is($errors{$_}, 0, "$_: all answers are right") for sort keys %errors;

# is(known so, of how many) in requests that nginx's debug log was on for

sub all_are
{
    my ($case, $level, $asked, $but) = @_;

    my ($is, $of) = @value{"$case $level", "$case $asked"};
    cmp_ok($is, '>=', $of - $but, "$case: $level");
    cmp_ok($of, '>', 2 * $but, "$case: they were asked");
}


# a connection has to hear of it once; some of the many tokens find a place in
# the process that a crowd has left

all_are('levels same', 'connection', 'asked', 8);
all_are('levels process', 'process', 'asked', 0);
all_are('levels zone', 'zone', 'asked', 20);
all_are('levels cold', 'verified', 'asked', 0);
all_are('reload before', 'process', 'asked', 10);
all_are('reload after', 'zone', 'asked', 0);

is($value{'tokens 6000 large_verified'}, 0,
   'a zone that is large enough has them all');
all_are('tokens 6000', 'small_verified', 'small_asked', 50);

ok($value{'tokens memory place'} <= 1024, 'a token takes a KiB at most');
ok($value{"workers $_ ours_rate"}, "$_ workers answer") for 1, 2;
ok($value{'flood flood refused'}, 'a flood is refused');

is(system('bench/scale/report', $file), 0, 'there is a report')
    if open STDOUT, '>', '/dev/null';
ok(-s "$dir/results/scale.$_", "and scale.$_") for qw(md svg tsv);

done_testing;

#!/usr/bin/perl

# The core's unit tests: C programs that speak TAP.  Each is built (with
# UNIT_VARIANT: plain, clang or sanitize) and becomes one subtest.

use strict;
use warnings;

use File::Basename qw(basename dirname);
use Test::More;

my $top = dirname(__FILE__) . '/..';
my $build = $ENV{BUILD} // "$top/build";
my $variant = $ENV{UNIT_VARIANT} // 'plain';
my $dir = $variant eq 'plain' ? "$build/unit" : "$build/unit-$variant";

my @tests = map { basename($_, '.c') } sort glob "$top/t/unit/*_test.c";
plan tests => 1 + @tests;

is(system("UNIT_BUILD_ONLY=1 '$top/util/unit' $variant >&2"), 0,
   "the unit tests compile ($variant)")
    or BAIL_OUT('the core does not compile');

for my $name (@tests) {
    subtest $name => sub {
        my @tap = `'$dir/$name' 2>&1`;
        my $status = $?;
        my ($planned, $seen) = (undef, 0);

        for my $line (@tap) {
            if ($line =~ /^1\.\.(\d+)/) {
                $planned = $1;
            } elsif ($line =~ /^(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s*(.*)/) {
                $seen++;
                ok(!$1, $2);
            } elsif ($line =~ /^Bail out/ || $status != 0) {
                chomp $line;
                diag($line);
            }
        }

        is($seen, $planned // 'a plan', 'ran what it planned');
        is($status, 0, 'left with status 0');
    };
}

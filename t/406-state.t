#!/usr/bin/perl

# State files (state_path): a C program that writes, damages and kills them,
# on nginx's own types.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Glue;
use Test::More;

my $program = AuthTenant::Glue::program('state_test', '-lcrypto', '-lpthread');

die "it does not compile\n" unless $program;

my $tap = `$program 2>&1`;
is($?, 0, 'it passes') or diag($tap);

# each of its tests is one of ours

ok($tap =~ /^ok $_ - (.*)/m, $1 // "test $_")
    for 1 .. ($tap =~ /^1\.\.(\d+)$/m ? $1 : 1);

done_testing();

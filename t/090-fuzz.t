#!/usr/bin/perl

# The fuzz targets' seeds, replayed without libFuzzer under ASan and UBSan:
# each target with all of its own.

use strict;
use warnings;

use File::Basename qw(basename dirname);
use Test::More;

my $top = dirname(__FILE__) . '/..';
my @targets = map { basename($_, '_fuzz.c') } sort glob "$top/t/fuzz/*_fuzz.c";

plan skip_all => 'once is enough'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';
plan tests => 1 + @targets;

my @said = `'$top/util/fuzz' replay @targets`;
ok(@targets > 0, 'there are targets');

for my $target (@targets) {
    my ($line) = grep { /^(not )?ok - \Q$target\E\b/ } @said;
    my ($inputs) = ($line // '') =~ /^ok.*: (\d+) inputs$/;
    ok($inputs, "$target: " . ($inputs // 'no') . ' inputs')
        or diag(@said);
}

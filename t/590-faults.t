#!/usr/bin/perl

# E1-E11, E13-E16, E18, E19, E22, E26: the faults of util/faults in their
# short form.  Whatever happens, no answer is wrong; and each has a figure to
# hold, which its row names.

use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use Test::More;

# figures are those of a module as it is installed

plan skip_all => 'of the dynamic module only'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my @ids = map { "E$_" } 1 .. 11, 13 .. 16, 18, 19, 22, 26;

$ENV{FAULTS} = 'short';

open my $out, '-|', $^X, 'util/faults', '--json' or die "util/faults: $!\n";
my %row = map { $_->{id} => $_ } map { JSON::PP::decode_json($_) } <$out>;
close $out;

for my $id (@ids) {
    my $row = $row{$id};

    if (!$row) {
        fail "$id: no row";
        next;
    }

  SKIP: {
        skip "$id: $row->{skipped}", 1 if $row->{skipped};

        is($row->{wrong}, 0, "$id: $row->{title}: no wrong answer of"
                             . " $row->{sent}");
    }

    ok($row->{ok}, "$id: " . ($row->{skipped} // $row->{figure}))
        or diag map { "$id: $_\n" } @{ $row->{missed} };
}

done_testing;

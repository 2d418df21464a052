#!/usr/bin/perl

# E1-E11, E13-E16, E18, E19, E22, E26: the faults of util/faults in their
# short form.  Whatever happens, no answer is wrong; and each has a figure to
# hold, which its row names.

use strict;
use warnings;

use lib 't/lib', 'bench/faults/lib';

use Faults;
use Faults::Run ();
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

# the load sees what is wrong: the application without a gateway lets everybody
# in, and nobody listens on another port

Faults::Run::prepare();
my $application = Faults::application();

my $seen = load(['-n', 40, '-c', 8],
                line($application, 'right', 200, '-', '/'),
                line($application, 'user', 200, 'u1', '/'),
                line($application, 'refused', 401, '-', '/'),
                line(Faults::port(), 'nobody', 200, '-', '/'))->wait;
my %group = %{ $seen->{groups} };

is($group{right}{wrong} + $group{right}{lost}, 0, 'right answers are right');
is($group{user}{wrong}, $group{user}{sent}, 'another user is wrong');
is($group{refused}{wrong}, $group{refused}{sent}, 'and so is a 200');
is($group{nobody}{lost}, $group{nobody}{sent}, 'no answer is lost');

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

#!/usr/bin/perl

# The bench of the module beside its peers, in small: who lets the good token
# in and keeps bad ones out gets numbers, and who doesn't is named and gets
# none.

use strict;
use warnings;

use File::Temp ();
use Test::More;

plan skip_all => 'of the dynamic module only'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';
plan skip_all => 'wrk is missing' if system('command -v wrk > /dev/null') != 0;

my $dir = File::Temp->newdir('at-peers-XXXXXX', TMPDIR => 1);

delete local @ENV{qw(TOKENS SECONDS CORE)};
local @ENV{qw(ALGS SIZES ROUNDS RESULTS)} = ('ES256', 900, 1, "$dir/results");


# what is said of contestants, and their rows: name => [cpu, rate]

sub bench
{
    my ($file, $contestants) = @_;

    local $ENV{P} = $contestants;
    is(system("bench/peers/run $dir/$file >&2"), 0, "$file: it runs");

    my ($notes, %row) = '';

    open my $rows, '<', "$dir/$file" or BAIL_OUT("$file: $!");
    while (<$rows>) {
        chomp;
        $notes .= "$1\n" if /^# note: (.*)/;
        next if /^(?:#|case)/;
        my @v = split /\t/;
        $row{$v[3]} = [@v[4, 7]];
    }

    return ($notes, \%row);
}


my ($notes, $row) = bench('good.tsv', 'ours auth_request');

is($notes, '', 'all have proved themselves');
is_deeply([sort keys %$row], [qw(auth_request bare ours)], 'all are measured');
ok($row->{$_}[0] > 0 && $row->{$_}[1] > 0, "$_: CPU and rate")
    for sort keys %$row;

is(system("bench/peers/report $dir/good.tsv > /dev/null"), 0, 'a report');
ok(-s "$dir/results/peers.$_", "peers.$_") for qw(md svg tsv);


# one that lets everybody in

open my $fh, '>', "$dir/Careless.pm" or BAIL_OUT("Careless.pm: $!");
print $fh <<'END';
package Careless;
INIT {
    no warnings 'redefine';
    *Peers::Nginx::ours = sub { Peers::Nginx::bare({ %{ $_[0] },
                                                     name => 'ours' }) };
}
1;
END
close $fh;

{
    local $ENV{PERL5OPT} = "-I$dir -MCareless";
    ($notes, $row) = bench('careless.tsv', 'ours');
}

like($notes, qr/\Aours can't do ES256, 900 bytes: the \w+ token is answered 200\n\z/,
     'who lets a bad token in is named');
is_deeply([keys %$row], ['bare'], 'and not measured');

done_testing;

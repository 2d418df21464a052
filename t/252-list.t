#!/usr/bin/perl

# Headers are unlinked from nginx's list without moving any other: a C program
# that does it on nginx's own types, as many thousand random lists.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Glue;
use Test::More;

my $program = AuthTenant::Glue::program('list_test');

die "it does not compile\n" unless $program;

is(`$program 2>&1`,
   "1..1\nok 1 - unlinked elements go, all others stay\n",
   'unlinked elements go, all others stay');

done_testing();

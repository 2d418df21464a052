#!/usr/bin/perl

# The shared memory, on nginx's own types: which realm gets a slot, who may
# fetch, what a reload keeps, and that damage misleads nobody.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use AuthTenant::Glue;

my $sanitizers = '-O1 -fsanitize=address,undefined -fno-sanitize-recover=all';

glue_tests(map { $_ => $sanitizers } qw(lease_test zone_test zone_reload_test));

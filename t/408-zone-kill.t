#!/usr/bin/perl

# E14: what a worker leaves in shared memory that is killed while it holds the
# lock.  It is stepped as it is, without a sanitizer's own instructions, and
# linked before, so that the linker's are none of its steps.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use AuthTenant::Glue;

glue_tests(zone_kill_test => '-O2 -Wl,-z,now');

#!/usr/bin/perl

# State files (state_path): a C program that writes, damages and kills them,
# on nginx's own types.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Glue;

glue_tests(
    state_test => '-O1 -fsanitize=address,undefined'
               . ' -fno-sanitize-recover=all',
);

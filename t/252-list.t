#!/usr/bin/perl

# Headers are unlinked from nginx's list without moving any other: a C program
# that does it on nginx's own types, as many thousand random lists.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Glue;

glue_tests(
    list_test => '-O1 -fsanitize=address,undefined'
               . ' -fno-sanitize-recover=all',
);

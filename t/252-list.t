#!/usr/bin/perl

# Headers are unlinked from nginx's list without moving any other: a C program
# that does it on nginx's own types, as many thousand random lists.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

my $top = dirname(__FILE__) . '/..';
my $build = $ENV{BUILD} // "$top/build";
my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
my $tree = '/usr/share/nginx/src';
my $dir = File::Temp->newdir;

# the configuration that "util/build" left, and the source that it is of

if ($variant ne 'dynamic') {
    chomp($tree = `cat $build/src/nginx.dir`);
}

plan skip_all => "there is no $build/$variant"
    unless -f "$build/$variant/ngx_auto_config.h";
plan tests => 2;

my $command = join ' ', 'cc -g -O1 -Wall -Wextra -Wno-unused-parameter -Werror',
    '-fsanitize=address,undefined -fno-sanitize-recover=all',
    (map { "-I$tree/src/$_" } qw(core event event/modules os/unix http
                                 http/modules http/v2)),
    "-I$build/$variant -I$top/src -I$top/src/core",
    "-o $dir/list_test $top/t/glue/list_test.c";

is(system($command), 0, 'the test compiles');

# what it allocates it leaves to the system, as a pool would

$ENV{ASAN_OPTIONS} = 'detect_leaks=0';
my $tap = `$dir/list_test 2>&1`;

is($tap, "1..1\nok 1 - unlinked elements go, all others stay\n",
   'unlinked elements go, all others stay');

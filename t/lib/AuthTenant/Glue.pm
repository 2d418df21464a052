package AuthTenant::Glue;

# Compiles C of t/glue on nginx's own types, with the configuration that
# "util/build" left:
#
#   my $file = AuthTenant::Glue::program('list_test', '-lcrypto');
#       # t/glue/list_test.c, with sanitizers; undef if it does not compile
#   my $file = AuthTenant::Glue::module('fetch_module');
#       # t/glue/fetch_module.c as an nginx module, to be named in load_module
#       # after ours, whose functions it may call
#
# Files are gone when the test ends.

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Temp ();
use Test::More;

my $top = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');
my $build = $ENV{BUILD} // "$top/build";
my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
my $dir;


sub includes {
    my $tree = '/usr/share/nginx/src';

    if ($variant ne 'dynamic') {
        chomp($tree = `cat $build/src/nginx.dir`);
    }

    plan skip_all => "there is no $build/$variant"
        unless -f "$build/$variant/ngx_auto_config.h";

    return map { "-I$_" } "$build/$variant", "$top/src", "$top/src/core",
        "$top/t/unit",
        map { "$tree/src/$_" } qw(core event event/modules os/unix http
                                  http/modules http/v2);
}


sub compile {
    my (@command) = @_;

    return system('cc', '-g', '-O1', '-Wall', '-Wextra',
                  '-Wno-unused-parameter', '-Werror', includes(), @command)
           == 0;
}


sub program {
    my ($name, @libs) = @_;

    $dir //= File::Temp->newdir('glue-XXXXXX', TMPDIR => 1);

    # what a program allocates it may leave to the system, as to a pool

    $ENV{ASAN_OPTIONS} = 'detect_leaks=0';

    return compile('-fsanitize=address,undefined', '-fno-sanitize-recover=all',
                   '-o', "$dir/$name", "$top/t/glue/$name.c", @libs)
           ? "$dir/$name" : undef;
}


sub module {
    my ($name) = @_;

    $dir //= File::Temp->newdir('glue-XXXXXX', TMPDIR => 1);

    return compile('-shared', '-fPIC', '-o', "$dir/$name.so",
                   "$top/t/glue/$name.c")
           ? "$dir/$name.so" : undef;
}

1;

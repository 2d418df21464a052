package AuthTenant::Glue;

# C of t/glue, compiled on nginx's own types, with the configuration that
# "util/build" left:
#
#   glue_tests(list_test => '-O1 -fsanitize=address,undefined')
#       # programs that include files of the module, and speak TAP: each a
#       # subtest of the file, which has no others
#
#   my $file = AuthTenant::Glue::module('fetch_module');
#       # t/glue/fetch_module.c as an nginx module, to be named in load_module
#       # after ours, whose functions it may call
#
# Files are gone when the test ends.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

use Exporter 'import';
our @EXPORT = qw(glue_tests);

my $top = abs_path(dirname(__FILE__) . '/../../..');
my $dir;


# what compiles a file of t/glue to a file of this test's own

sub command {
    my ($source, $flags, $file) = @_;

    my $build = $ENV{BUILD} // "$top/build";
    my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
    my $tree = '/usr/share/nginx/src';

    # the source that nginx was built of

    if ($variant ne 'dynamic') {
        chomp($tree = `cat $build/src/nginx.dir`);
    }

    plan skip_all => "there is no $build/$variant"
        unless -f "$build/$variant/ngx_auto_config.h";

    $dir //= File::Temp->newdir('glue-XXXXXX', TMPDIR => 1);

    return join ' ', 'cc -g -Wall -Wextra -Wno-unused-parameter -Werror',
        (map { "-I$tree/src/$_" } qw(core event event/modules os/unix http
                                     http/modules http/v2)),
        "-I$build/$variant -I$top/src -I$top/src/core -I$top/t/unit",
        "$flags -o $dir/$file $top/t/glue/$source.c";
}


sub module {
    my ($name) = @_;

    my $command = command($name, '-shared -fPIC -O1', "$name.so");
    die "$name.c does not compile\n" if system($command);

    return "$dir/$name.so";
}


# Compiles each program with its flags and runs it, as a subtest.

sub glue_tests {
    my (%flags) = @_;

    my %command = map { $_ => command($_, $flags{$_}, $_) } keys %flags;

    plan tests => scalar keys %flags;

    # what they allocate they leave to the system, as a pool would

    local $ENV{ASAN_OPTIONS} = 'detect_leaks=0';

    for my $name (sort keys %flags) {
        subtest $name => sub {
            is(system("$command{$name} -lcrypto -lpthread"), 0, 'it compiles');
            passes("$dir/$name");
        };
    }
}


sub passes {
    my ($program) = @_;

    my ($planned, $seen) = (undef, 0);
    my @tap = `$program 2>&1`;
    my $status = $?;

    for my $line (@tap) {
        if ($line =~ /^1\.\.(\d+)/) {
            $planned = $1;
        } elsif ($line =~ /^(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s*(.*)/) {
            $seen++;
            ok(!$1, $2);
        } else {
            chomp $line;
            diag($line);
        }
    }

    is($seen, $planned // 'a plan', 'ran what it planned');
    is($status, 0, 'left with status 0');
}

1;

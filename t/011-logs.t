#!/usr/bin/perl

# The harness fails a file whose error log tells of trouble, though every test
# in it passes - and only then.  Each of these files passes its one test; a
# line is put into its error log, as nginx or a sanitizer would write it.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

plan skip_all => 'once is enough'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my $lib = dirname(__FILE__) . '/lib';
my $dir = tempdir(CLEANUP => 1);

sub outcome {
    my ($line, %opt) = @_;

    my $sections = $opt{sections} // '';
    my $master = $opt{master} ? 'master_on();' : '';
    my $code = $opt{code} // <<"END";
open my \$log, '>>', server_root() . '/logs/$opt{file}' or die; print \$log q{$line};
END
    $code =~ s/\n/ /g;

    open my $t, '>', "$dir/child.t" or die;
    print $t <<"END";
use lib '$lib';
use AuthTenant;
plan_tests(2);
$master
add_block_preprocessor(sub { \$_[0]->set_value('init', <<'CODE') });
$code
CODE
run_tests();
__DATA__
=== TEST 1: passes
--- config
    location / { return 200 "fine"; }
--- request
GET /
--- response_body chomp
fine
$sections
END
    close $t;

    local $ENV{BUILD} = "$dir/build";
    local $ENV{TEST_NGINX_LOAD_MODULES} = '';
    local $ENV{AUTH_TENANT_NGINX} = 'dynamic';
    local $ENV{TEST_NGINX_NO_CLEAN};
    delete local @ENV{qw(TEST_NGINX_SERVROOT TEST_NGINX_PORT)};

    my $out = `$^X '$dir/child.t' 2>&1`;
    my $status = $? >> 8;

    return 'no test' unless $out =~ /^ok 2 /m && $out !~ /^not ok/m;
    return $status ? 'fails' : 'passes';
}

my $stamp = '2026/01/01 00:00:00';
my $asan = '==17==ERROR: AddressSanitizer: heap-use-after-free on address';
my $ubsan = 'src/x.c:1:2: runtime error: signed integer overflow';

my %log = (file => 'error.log');

is(outcome('', %log), 'passes', 'a quiet log');
is(outcome("$stamp [error] 1#1: upstream refused", %log), 'passes',
   'an error is a test\'s own matter');

is(outcome("$stamp [alert] 1#1: worker exited on signal 11", %log),
   'fails', 'an alert');
is(outcome("$stamp [emerg] 1#1: cannot reload", %log), 'fails', 'an emerg');
is(outcome("$asan", %log), 'fails', 'a report of ASan');
is(outcome("$ubsan", %log), 'fails', 'a report of UBSan');
is(outcome("$stamp [debug] 1#1: *1 auth_tenant: took \"eyJhbGciOi\"", %log),
   'fails', 'a token in a line of the module\'s own');
is(outcome("$stamp [info] 1#1: *1 auth_tenant: refused: no_token: no token, "
           . 'client: 127.0.0.1, request: "GET /?t=eyJhbGciOi HTTP/1.1"', %log),
   'passes', 'nginx telling of the request behind it');
is(outcome('==17==ERROR: LeakSanitizer: detected memory leaks', %log),
   'fails', 'a report of LSan');
is(outcome("$stamp [alert] 1#1: in a log of another name",
           file => 'my_error.log'), 'fails', 'an alert in a second log');

is(outcome('ELF', file => 'core.17'), 'fails', 'a core file');

is(outcome("$stamp [emerg] 1#1: this is expected", %log,
           sections => "--- log_allowed: this is \\w+ed"),
   'passes', 'a line that the block expects');
is(outcome("$stamp [emerg] 1#1: and this is not", %log,
           sections => "--- log_allowed: this is \\w+ed"),
   'fails', 'a line that it does not');

# the real thing: a worker that dies, under a master that tells

# (without a core file, which other test files would find, too)

is(outcome('', master => 1, sections => "--- main_config\nworker_rlimit_core 0;",
           code => <<'END'), 'fails', 'a killed worker');
my $pid = do { local @ARGV = server_root() . '/logs/nginx.pid'; <> };
chomp $pid;
system("kill -SEGV `pgrep -P $pid`; sleep 0.3");
END

done_testing();

#!/usr/bin/perl

# No test can keep the run from ending: see util/limited.

use strict;
use warnings;

use File::Temp ();
use Test::More;

plan skip_all => 'once is enough'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my $dir = File::Temp->newdir;


# what prove would see of this test: (status, output)

sub limited {
    my ($code, $limit) = @_;

    open my $fh, '>', "$dir/child.t" or die "$dir: $!\n";
    print $fh "use Test::More tests => 1; ok(1, 'fine');\n$code\n";
    close $fh;

    local $ENV{LIMIT} = $limit // 60;
    my $text = `util/limited $^X -It/lib -MAuthTenant::Stand $dir/child.t 2>&1`;

    return ($? >> 8, $text);
}


my ($status, $text) = limited('');
is($status, 0, 'a test that ends');
is($text, "1..1\nok 1 - fine\n", 'is what it is');

($status, $text) = limited('exit 3');
is($status, 3, 'and so is its status');

($status, $text) = limited('kill KILL => $$');
is($status, 128 + 9, 'and a signal');

($status, $text) = limited(<<'CODE', 1);
sub never { sleep 600 while 1 }
if (my $pid = fork) { print STDERR "child $pid\n"; never() }
sleep 600;
CODE
isnt($status, 0, 'one that never ends fails');
like($text, qr/^not ok - it is not done after 1 s$/m, 'and says so');
like($text, qr/main::never\(\) called at /, 'and where it stands');
my ($pid) = $text =~ /^child (\d+)$/m;
like($text, qr/^# process $pid: .*cmdline: \S*perl /m, 'with what it started');
unlike(`cat /proc/$pid/stat 2> /dev/null`, qr/\) [^Z]/, 'which is ended');

($status, $text) = limited('require POSIX; POSIX::close(1); sleep 600', 1);
isnt($status, 0, 'one without output is no better');

($status, $text) = limited('unless (fork) { sleep 600 }', 2);
isnt($status, 0, 'one that leaves a process behind fails');
like($text, qr/^not ok - .* left processes with its output open$/m,
     'and says so');

($status, $text) = limited(<<'CODE');
unless (fork) { close STDOUT; close STDERR; sleep 3; }
CODE
is($status, 0, 'unless it has nothing to do with it');

done_testing();

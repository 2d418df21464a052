# "make run", as a new user has it: the two commands that it prints do what it
# says they do, and so does a browser that signs in.

use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);
use File::Temp ();
use IO::Socket::INET ();
use Test::More;

plan skip_all => 'the quick start loads the dynamic module'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my $top = Cwd::abs_path(dirname(__FILE__) . '/..');
my $dir = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $dir;

my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
    or die "no port: $!\n";
my $port = $socket->sockport;
close $socket;

$ENV{PORT} = $port;
$ENV{QUICKSTART_DIR} = $dir;

my $out = `$top/util/quickstart 2>&1`;
ok($? == 0, 'it starts') or diag($out);

my @curl = $out =~ /^  (curl .*?[^\\])$/gms;
is(@curl, 2, 'it prints an allowed and a refused request');

my $allowed = `$curl[0] 2>/dev/null`;
like($allowed, qr{^HTTP/1.1 200 OK}, 'the first is allowed');
like($allowed, qr{jupyter of maksym at acme.*X-User-Id: maksym$}ms,
     "and reaches maksym's own instance");

my $refused = `$curl[1] 2>/dev/null`;
like($refused, qr{^HTTP/1.1 403 Forbidden}, 'the second is refused');
unlike($refused, qr{maksym}, "and shows nothing of maksym's instance");

# a browser: a cookie, and redirects that it follows

my $browser = "curl -sL -b $dir/jar -c $dir/jar";
my $host = "localhost:$port";

like(`$browser http://datalab.acme.$host/sign-in/maksym`,
     qr{datalab of maksym at acme.*Path: /maksym/$}ms,
     'signed in, the browser is sent home');
like(`$browser -i http://jupyter.acme.$host/sign-in/eve`,
     qr{HTTP/1.1 403}, "eve's cookie opens nothing of another tenant");

# another one, for which the port is taken

{
    local $ENV{QUICKSTART_DIR} = "$dir/other";
    my $next = $port + 1;

    my $said = `$top/util/quickstart 2>&1`;
    isnt($?, 0, 'where the port is taken, it does not start');
    is($said, "$port is taken: PORT=$next make run\n", 'and says what to do');
    ok(!-e $ENV{QUICKSTART_DIR}, 'and makes nothing');
}

like(`curl -sI http://$host/sign-in/eve`, qr{^HTTP/1.1 302},
     'the first one goes on');

# a question starts and stops nothing

for my $word ('help', '--help') {
    like(`$top/util/quickstart $word`,
         qr{^usage: .*PORT=\d+.*util/quickstart .*stop}, "$word is an answer");
}
like(`$top/util/quickstart strat 2>&1`, qr/^usage: /, 'as is another word');
isnt($?, 0, 'which is an error');
ok(-e "$dir/nginx.pid", 'the quick start is as it was');

is(system("$top/util/quickstart", 'stop'), 0, 'it stops');
ok(!-e "$dir/nginx.pid", 'and leaves nothing running');

open my $log, '<', "$dir/error.log" or die "$dir/error.log: $!\n";
my @bad = grep { /\[(?:alert|emerg|crit|error)\]/ } <$log>;
is("@bad", '', 'with nothing bad in its log');

done_testing();

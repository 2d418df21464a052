package AuthTenant;

# Test::Nginx::Socket for this module.  A test file looks like this:
#
#   use lib 't/lib';
#   use AuthTenant;
#
#   plan_tests();
#   run_tests();
#
#   __DATA__
#
#   === TEST 1: the right user reaches her own path
#   --- http_config eval: $::HttpConfig
#   --- config
#       location / {
#           auth_tenant       corp;
#           auth_tenant_path  "/{user}/";
#           return 200 "$auth_user\n";    # or proxy_pass to a second server
#       }
#   --- request
#   GET /maksym/
#   --- more_headers eval: bearer(token())
#   --- response_body
#   maksym
#
#   === TEST 2: A3.2: "none" is refused
#   --- http_config eval: $::HttpConfig
#   --- config
#       ...
#   --- request
#   GET /maksym/
#   --- more_headers eval: bearer(token({}, alg => 'none'))
#   --- error_code: 401
#   --- error_log
#   auth_tenant:
#
# What is there:
#
#   $::HttpConfig         provider "corp" with the keys of $::Keys
#   http_config(LINES)    the same with further lines for http{}
#   provider(NAME, LINE...)  a provider block; a line replaces the default
#                         line of the same directive
#   token(\%claims, ...)  a token that corp accepts for maksym of acme;
#                         claims are changed, added or (undef) left out;
#                         what follows goes to AuthTenant::Token::sign
#   claims(\%claims)      those claims, as a hash
#   bearer(TOKEN)         the header line
#   file(NAME, TEXT)      writes $TEST_NGINX_FILES/NAME, returns its path
#   key jwks sign tamper part b64u unb64u json    from AuthTenant::Token
#
# In configs, besides Test::Nginx's own: $TEST_NGINX_FILES (this file's
# directory for keys and the like; it outlives the blocks) and
# $TEST_NGINX_HTML_DIR.  A second server is best on a Unix socket,
# "listen unix:$TEST_NGINX_HTML_DIR/app.sock".
#
# There is no "location /" but the one that a test writes.  nginx proxies with
# HTTP/1.0, whatever its version, unless a server or location says otherwise.
#
# Any number of files, and any number of runs, may be under way at once: port,
# server root and files are this process's own, unless TEST_NGINX_PORT and
# TEST_NGINX_SERVROOT say otherwise.  AUTH_TENANT_NGINX says which nginx:
#
#   dynamic   the machine's nginx, build/dynamic/*.so loaded (default)
#   static    build/static/nginx
#   sanitize  build/sanitize/nginx
#
# A file fails, whatever its tests say, if an error log of its has a line of
# level alert or emerg, a sanitizer's report, or a line of this module's with
# a token in it, or if there is a core file.
# [emerg] is expected in a block with must_die; another expected line is named
# by a pattern in the block:
#
#   --- log_allowed: conflicting server name

use strict;
use warnings;

# Compiled, and so registered, before Test::Nginx's: it runs after that one
# has stopped nginx.

END {
    finish() if defined &finish;
}

use Cwd ();
use Fcntl ':flock';
use File::Basename ();
use File::Path ();
use File::Spec ();
use File::Temp ();
use IO::Socket::INET ();

my ($top, $work, $port_lock, $log_dir, @bad);
my $owner = $$;

# Below the range from which the system takes clients' ports; the lock holds
# against other test files, the bind against everybody else.

sub free_port {
    my $locks = File::Spec->tmpdir . "/auth-tenant-ports-$<";
    mkdir $locks;

    for (1 .. 500) {
        my $port = 10000 + 4 * int rand 5000;

        open my $lock, '>', "$locks/$port" or die "$locks: $!\n";
        next unless flock $lock, LOCK_EX | LOCK_NB;

        my $socket = IO::Socket::INET->new(
            LocalAddr => '0.0.0.0', LocalPort => $port, Proto => 'tcp',
            Listen => 1) or next;

        close $socket;
        $port_lock = $lock;
        return $port;
    }

    die "no free port\n";
}


BEGIN {
    $top = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../..');
    my $build = $ENV{BUILD} // "$top/build";
    my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
    (my $name = File::Basename::basename($0)) =~ s/\.t$//;

    # short, since Unix sockets are made below it

    $work = File::Temp::tempdir('at-XXXXXX', TMPDIR => 1, CLEANUP => 0);
    chmod 0755, $work;

    $log_dir = "$build/logs/$variant/$name";
    File::Path::remove_tree($log_dir);
    File::Path::make_path($log_dir, "$work/files");

    if ($variant eq 'dynamic') {
        $ENV{TEST_NGINX_LOAD_MODULES}
            //= "$build/dynamic/ngx_http_auth_tenant_module.so";
    } elsif ($variant eq 'sanitize') {
        $ENV{TEST_NGINX_BINARY} //= "$top/util/sanitized-nginx";
        $ENV{ASAN_OPTIONS} = "exitcode=99,log_path=$work/san";
        $ENV{UBSAN_OPTIONS} = "print_stacktrace=1,log_path=$work/san";
        $ENV{LSAN_OPTIONS} = "suppressions=$top/util/sanitize.leaks,"
                             . 'print_suppressions=0';
    } else {
        $ENV{TEST_NGINX_BINARY} //= "$build/$variant/nginx";
    }

    $ENV{PATH} .= ':/usr/sbin:/sbin';
    $ENV{TEST_NGINX_FILES} = "$work/files";
    $ENV{TEST_NGINX_SERVROOT} //= "$work/s";
    $ENV{TEST_NGINX_HTML_DIR} //= "$ENV{TEST_NGINX_SERVROOT}/html";
    $ENV{TEST_NGINX_PORT} //= free_port();

    # patience costs nothing where answers come, and machines are busy

    $ENV{TEST_NGINX_TIMEOUT} //= 20;

    delete @ENV{qw(http_proxy https_proxy HTTP_PROXY HTTPS_PROXY)};
}


use Test::Base::Filter ();
use Test::Nginx::Socket ();
use AuthTenant::Token qw(key jwks sign tamper part b64u unb64u json);

our @EXPORT = qw(
    plan_tests http_config provider token claims bearer file
    key jwks sign tamper part b64u unb64u json
);


sub import {
    my $class = shift;
    my $caller = caller;

    no strict 'refs';
    *{"${caller}::$_"} = \&{$_} for @EXPORT;

    # so that a test can write "location /"

    Test::Nginx::Util::no_root_location();

    if (!defined $::HttpConfig) {
        file('corp.json', jwks(map { key($_) } our @Keys));
        $::HttpConfig = http_config('');
    }

    @_ = ('Test::Nginx::Socket', @_);
    goto &{ Test::Nginx::Socket->can('import') };
}


# one key of each sort, each with its sort as kid

our @Keys;
BEGIN {
    @Keys = qw(RS256 ES256 ES384 ES512 Ed25519 Ed448);
}

my %provider = (
    issuer => '"https://login.example.com/realms/platform"',
    audience => 'platform',
    jwks_file => '$TEST_NGINX_FILES/corp.json',
    claims => 'user=name tenant=current_tenant modules=permissions',
);


# Test::Nginx counts the checks of a block by sections; a file that has
# blocks of different shapes need not.

sub plan_tests {
    Test::Base::plan(@_ ? (tests => $_[0]) : 'no_plan');
}


sub file {
    my ($name, $text) = @_;

    my $file = "$work/files/$name";
    open my $fh, '>:raw', "$file.new" or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
    rename "$file.new", $file or die "$file: $!\n";

    return $file;
}


sub provider {
    my ($name, @lines) = @_;

    my %line = %provider;
    for (@lines) {
        my ($directive, $value) = /^\s*(\w+)\s*(.*?)\s*;?\s*$/s
            or die "provider line \"$_\"\n";

        if ($directive eq 'no') {
            delete $line{$value};
        } elsif ($line{$directive} && !$provider{$directive}) {
            $line{$directive} .= ";\n    $directive  $value";
        } else {
            $line{$directive} = $value;
        }
    }

    return join '', "auth_tenant_provider $name {\n",
        (map { "    $_  $line{$_};\n" } sort keys %line), "}\n";
}


sub http_config {
    my ($lines) = @_;

    return provider('corp') . $lines;
}


sub claims {
    my ($change) = @_;

    my $now = time;
    my %claims = (
        iss => 'https://login.example.com/realms/platform',
        aud => 'platform', sub => '7f3c', name => 'maksym',
        current_tenant => 'acme', permissions => ['jupyter', 'datalab'],
        iat => $now - 5, exp => $now + 600, %{ $change // {} },
    );
    delete @claims{ grep { !defined $claims{$_} } keys %claims };

    return \%claims;
}


sub token {
    my ($change, %opt) = @_;

    my $key = delete $opt{key} // key('RS256');
    return sign($key, ref $change || !defined $change ? claims($change)
                                                      : $change, %opt);
}


sub bearer { "Authorization: Bearer $_[0]" }


# "eval" sections run in the test file's package, where these functions and
# the file's own are; one that dies fails the file, instead of being sent as
# its error message.

{
    no warnings 'redefine';

    *Test::Base::Filter::eval = sub {
        my ($self, $code) = @_;

        my @value = eval "package main; no strict; $code";
        die "in an eval section: $@$code\n" if $@;
        return @value;
    };
}


# Test::Nginx gives up the whole run where one file can't go on

{
    no warnings 'redefine';

    *Test::More::BAIL_OUT = sub {
        print STDERR "# given up: @_\n";
        exit 255;
    };
}


# nginx may answer and close before a test has sent all: that is an error of
# its write, not its end.  (A handler, since an ignored signal is inherited.)

$SIG{PIPE} = sub { };


# What the error logs said: Test::Nginx only warns of it

$SIG{__WARN__} = sub {
    warn @_ unless $_[0] =~ /^WARNING: .* \[(?:alert|emerg)\] /
                   || $_[0] =~ /^unknown log name: /;
};

my ($block, $running);

{
    no strict 'refs';
    no warnings 'redefine', 'prototype';

    my $run_test = \&Test::Nginx::Util::run_test;
    my $setup = \&Test::Nginx::Util::setup_server_root;

    # a block's log is complete when the next one wipes it, nginx having left

    *{'Test::Nginx::Util::setup_server_root'} = sub ($) {
        keep_log();
        $setup->(@_);
    };

    *{'Test::Nginx::Util::run_test'} = sub ($) {
        my $next = $running = $_[0];

        # what nginx says there is in its error log, too

        $next->set_value('suppress_stderr', 1);

        $ENV{AUTH_TENANT_LEAKS} = defined $next->must_die ? 0 : 1;

        # what nginx proxies with by itself is 1.0 before 1.29.7, and 1.1 since

        $next->set_value('http_config',
                         'proxy_http_version 1.0; '
                         . ($next->http_config // ''));

        # "http2 on" came with nginx 1.25.1; Test::Nginx has it from 1.19.9 on

        local $Test::Nginx::Util::NginxVersion
            = $Test::Nginx::Util::NginxVersion;

        $Test::Nginx::Util::NginxVersion = 1.019
            if defined $next->http2
               && ($Test::Nginx::Util::NginxVersion // 0) < 1.025001;

        $run_test->(@_);
        $block = $next;
    };
}


my $sanitizer = qr/ERROR:\ \w+Sanitizer | SUMMARY:\ \w+Sanitizer
                   | :\ runtime\ error:/x;


# B2.17: a line of this module's that holds a token: what it says, not what
# nginx tells of the request behind it

my $told = qr/auth_tenant:\ (?:(?!,\ client:\ ).)*eyJ/x;


sub keep_log {
    my $root = $ENV{TEST_NGINX_SERVROOT};

    # the block that wrote it: the last that ended

    return unless $block && -d $root;

    our $n;
    my $name = $block->name;
    my $allowed = $block->log_allowed;
    my $kept = sprintf '%s/%03d.log', $log_dir, ++$n;

    for my $log (glob "$root/logs/*error*.log $work/san*") {
        open my $in, '<', $log or next;
        open my $out, '>>', $kept or die "$kept: $!\n";
        print $out "# $name\n";

        while (my $line = <$in>) {
            print $out $line;

            my $bad = $line =~ /\[alert\]/ || $line =~ $sanitizer
                      || $line =~ $told
                      || $line =~ /\[emerg\]/ && !defined $block->must_die;

            if ($bad && !(defined $allowed && $line =~ /$allowed/)) {
                push @bad, "$kept: $line";
            }
        }

        unlink $log;
    }

    push @bad, map { "core file $_ after $name\n" }
        grep { -f && -M _ <= 0 } glob "$root/core* $root/*/core* $top/core"
                                     . " $top/core.[0-9]*";
}


sub finish {
    return if $$ != $owner || !defined $work;

    my $status = $?;

    $block = $running;
    keep_log();
    if (@bad) {
        print STDERR "# in an error log: $_" for splice @bad, 0, 5;
        print STDERR "# and ", scalar @bad, " more\n" if @bad;
        $status ||= 1;
    }

    File::Path::remove_tree($work) unless $ENV{TEST_NGINX_NO_CLEAN};
    $? = $status;
}


1;

package Real;

# What t/real/*.t have in common: programs that are started and, whatever
# happens, stopped; and a browser (curl) that takes the gateway for any host.
#
#   my $real = Real->new(limit => 150);     # a directory, and a time limit
#
#   $real->path(NAME)                       a file in it
#   $real->file(NAME, TEXT)                 the same, written
#   $real->ports(ADDRESS...)                a port that is free on all of them
#   $real->start(NAME, {dir, env}, COMMAND...)    returns its first line
#   $real->signal(NAME, SIGNAL)             to what was started so
#   $real->run({env}, COMMAND...)           returns all that it prints
#   $real->until(WHAT, sub { ... })         waits until that is true, while
#                                           all that was started is running
#
#   $real->nginx(TEXT, PORT)                starts nginx with the module
#   $real->get(HOST, PATH, ...)             through it: see there
#   $real->faults                           lines that nginx must not log
#
# Which nginx: AUTH_TENANT_NGINX as for t/*.t, one of dynamic (default),
# static, sanitize.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Test::More ();
use Time::HiRes qw(sleep time);

our $TOP = abs_path(dirname(__FILE__) . '/../../..');
our $BUILD = $ENV{BUILD} // "$TOP/build";

my @running;


sub new
{
    my ($class, %o) = @_;

    my $self = bless { dir => File::Temp->newdir('auth-tenant-real-XXXXXX',
                                                 TMPDIR => 1) }, $class;
    chmod 0755, $self->{dir}->dirname;

    $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
    $SIG{ALRM} = sub { die "took longer than $o{limit} seconds\n" };
    alarm $o{limit};

    return $self;
}


sub path
{
    my ($self, $name) = @_;
    return $self->{dir}->dirname . (defined $name ? "/$name" : '');
}


sub file
{
    my ($self, $name, $text) = @_;

    my $path = $self->path($name);
    open my $f, '>', $path or die "$path: $!";
    print $f $text;
    close $f or die "$path: $!";

    return $path;
}


sub read_file
{
    my ($path) = @_;

    open my $f, '<', $path or die "$path: $!";
    local $/;
    return scalar(<$f>) // '';
}


sub ports
{
    my ($self, @addresses) = @_;

  ATTEMPT:
    for (1 .. 50) {
        my ($port, @held);

        for my $address (@addresses) {
            my $socket = IO::Socket::INET->new(
                Listen => 1, Proto => 'tcp', LocalAddr => $address,
                LocalPort => $port // 0) or next ATTEMPT;
            $port //= $socket->sockport;
            push @held, $socket;
        }

        return $port unless $self->{taken}{$port}++;
    }

    die "no port is free on all of @addresses\n";
}


sub until
{
    my ($self, $what, $condition, $seconds) = @_;

    my $deadline = time + ($seconds // 30);

    while (time < $deadline) {
        my $value = $condition->();
        return $value if $value;

        my ($gone) = grep { !alive($_->{pid}) } @running;
        die "no $what: $gone->{name} has ended\n" if $gone;

        sleep 0.1;
    }

    die "no $what\n";
}


# a program with nothing of this machine's user, registries or proxies in its
# environment; what it complains of is in NAME.log

sub start
{
    my ($self, $name, $o, @command) = @_;

    my ($out, $log) = map { $self->path("$name.$_") } 'out', 'log';
    $self->file("$name.out", '');

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
        %ENV = (PATH => $ENV{PATH}, LC_ALL => 'C.UTF-8', %{ $o->{env} // {} });

        if (chdir($o->{dir} // $self->path)
            && open(STDIN, '<', '/dev/null')
            && open(STDOUT, '>', $out)
            && open(STDERR, '>>', $log))
        {
            no warnings 'exec';
            exec { $command[0] } @command;
        }

        print STDERR "$command[0]: $!\n";
        POSIX::_exit(127);
    }

    push @running, { pid => $pid, log => $log, name => $name };

    return if $o->{silent};

    return $self->until("word from $name", sub {
        return read_file($out) =~ /^(.*)\n/ ? $1 : undef;
    });
}


sub signal
{
    my ($self, $name, $signal) = @_;
    kill $signal => map { $_->{pid} } grep { $_->{name} eq $name } @running;
}


sub alive
{
    my ($pid) = @_;

    open my $f, '<', "/proc/$pid/stat" or return 0;
    return (<$f> // '') =~ /^\d+ \(.*\) [^ZX]/s;
}


# a process and all that descend from it now: notebook servers and kernels are
# in sessions of their own

sub family
{
    my ($root) = @_;

    my %children;
    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $f, '<', $stat or next;
        my $line = <$f> // '';
        push @{ $children{$2} }, $1 if $line =~ /^(\d+) \(.*\) \S (\d+)/s;
    }

    my @family = $root;
    for (my $i = 0; $i < @family; $i++) {
        push @family, @{ $children{$family[$i]} // [] };
    }

    return @family;
}


sub stop_all
{
    for my $p (reverse splice @running) {
        my @family = family($p->{pid});

        kill TERM => $p->{pid};
        kill CONT => $p->{pid};

        my $deadline = time + 15;
        while (time < $deadline) {
            waitpid $p->{pid}, POSIX::WNOHANG;
            last if !grep { alive($_) } @family;
            sleep 0.05;
        }

        kill KILL => grep { alive($_) } @family;
        waitpid $p->{pid}, 0;
    }
}


END {
    my $status = $?;
    alarm 0;

    if ($status || !Test::More->builder->is_passing) {
        for my $p (@running) {
            my @lines = grep { !/closed keepalive connection/ }
                        split /\n/, eval { read_file($p->{log}) } // '';
            splice @lines, 0, @lines - 25 if @lines > 25;
            Test::More::diag("$p->{name}: $_") for @lines;
        }
    }

    stop_all();
    $? = $status;
}


sub nginx
{
    my ($self, $text, $port) = @_;

    my $which = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
    my $binary = $which eq 'dynamic' ? '/usr/sbin/nginx'
                                     : "$BUILD/$which/nginx";
    my $load = $which eq 'dynamic'
        ? "load_module $BUILD/dynamic/ngx_http_auth_tenant_module.so;" : '';

    $text =~ s/^load_module .*;/$load/m or die "no load_module\n";

    mkdir $self->path('logs');
    my ($pid, $log) = map { $self->path("nginx.$_") } 'pid', 'log';
    my $conf = $self->file('nginx.conf',
                           "daemon off; pid $pid; error_log $log info;\n$text");

    $self->{gateway} = "127.0.0.1:$port";
    $self->start('nginx', { silent => 1 }, $binary, '-p', $self->path,
                 '-c', $conf, '-e', $log);

    return $self->until('answer from nginx', sub {
        return IO::Socket::INET->new(PeerAddr => $self->{gateway});
    });
}


sub faults
{
    my ($self) = @_;

    return grep { /\[(?:alert|emerg|crit)\]|Sanitizer|runtime error:/ }
           split /\n/, read_file($self->path('nginx.log'));
}


# What a browser gets for http://HOST/PATH, which it asks of the gateway:
#
#   token => TOKEN       sent in the Authorization header
#   jar => FILE          where the browser's cookies are kept
#   follow => 1          it goes where it is redirected to
#   headers => [LINE...], method => NAME, data => BODY
#   to => ADDRESS:PORT   around the gateway
#
# Of the last answer: status, url, head, body; and json, if that is what the
# body is.

sub get
{
    my ($self, $host, $path, %o) = @_;

    my $to = $o{to} // $self->{gateway};
    my ($head, $body) = map { $self->path("curl.$_") } 'head', 'body';
    unlink $head, $body;

    my @command = (
        'curl', '-q', '-sS', '--noproxy', '*', '--path-as-is', '-g',
        '--http1.1', '--max-time', 30, '--max-redirs', 12,
        '--connect-to', "::$to", '-D', $head, '-o', $body,
        '-w', '%{http_code} %{url_effective}');

    push @command, '-H', "Authorization: Bearer $o{token}" if $o{token};
    push @command, '-b', $o{jar}, '-c', $o{jar} if $o{jar};
    push @command, '-L' if $o{follow};
    push @command, '-X', $o{method} if $o{method};
    push @command, '--data-binary', $o{data} if defined $o{data};
    push @command, map { ('-H', $_) } @{ $o{headers} // [] };

    my ($status, $url) = split / /, $self->run({}, @command,
                                               "http://$host$path"), 2;

    my %answer = (status => $status, url => $url, head => read_file($head),
                  body => -e $body ? read_file($body) : '');
    $answer{json} = eval { JSON::PP->new->utf8->decode($answer{body}) };

    return \%answer;
}


sub run
{
    my ($self, $env, @command) = @_;

    local %ENV = (PATH => $ENV{PATH}, LC_ALL => 'C.UTF-8', %$env);

    open my $f, '-|', @command or die "$command[0]: $!\n";
    my $output = do { local $/; <$f> } // '';
    close $f or die "$command[0] has failed\n";

    chomp $output;
    return $output;
}


1;

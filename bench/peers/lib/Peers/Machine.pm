package Peers::Machine;

# Programs that run for the bench, what CPU they have taken, and on which core
# they may run.  All that was started is stopped at the end, whatever happens.
#
#   my $machine = Peers::Machine->new(DIRECTORY);
#
#   $machine->path(NAME), $machine->file(NAME, TEXT), $machine->port
#   my $root = $machine->start(NAME, PORT, {env}, COMMAND...)
#                               returns when PORT answers; dies with its log
#   $machine->cpu(ROOT...)      nanoseconds so far of all their processes and
#                               threads, which the kernel has counted
#   $machine->pin(CORE, ROOT...)    a number, or a list as taskset has it
#   $machine->policy('-o', ROOT...)     as chrt has it: '-b' is the usual one
#   $machine->others            share of the machine that is busy right now
#   Peers::Machine::stop(ROOT...)
#   Peers::Machine::cores()     that this may run on; facts(): what they are
#
# Programs run with the batch policy: a scheduler that lets a front, a backend
# and a client on one core take turns at each packet measures itself.  For
# times to be measured, it is in the way.

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

my @running;


sub new
{
    my ($class, $dir) = @_;

    $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
    return bless { dir => $dir }, $class;
}


sub path { "$_[0]{dir}/$_[1]" }


sub file
{
    my ($self, $name, $text) = @_;

    my $path = $self->path($name);
    open my $f, '>', $path or die "$path: $!\n";
    print $f $text;
    close $f or die "$path: $!\n";

    return $path;
}


sub slurp
{
    my ($path) = @_;

    open my $f, '<', $path or return '';
    local $/;
    return scalar(<$f>) // '';
}


# one that nothing listens on, and that no other caller was given

sub port
{
    my ($self) = @_;

    for (1 .. 100) {
        my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                           Listen => 1) or next;
        my $port = $socket->sockport;
        return $port unless $self->{taken}{$port}++;
    }

    die "no port is free\n";
}


sub start
{
    my ($self, $name, $port, $env, @command) = @_;

    my $log = $self->path("$name.log");
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        %ENV = (PATH => $ENV{PATH}, LC_ALL => 'C.UTF-8', %$env);

        if (chdir($self->{dir})
            && open(STDIN, '<', '/dev/null')
            && open(STDOUT, '>>', $log)
            && open(STDERR, '>&', \*STDOUT))
        {
            no warnings 'exec';
            exec { 'chrt' } qw(chrt -b 0), @command;
        }

        POSIX::_exit(127);
    }

    push @running, $pid;

    my $deadline = time + 20;
    until (IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")) {
        if (time > $deadline || waitpid($pid, POSIX::WNOHANG)) {
            my @lines = split /\n/, slurp($log);
            splice @lines, 0, @lines - 5 if @lines > 5;
            die join("\n  ", "$name does not start:", @lines), "\n";
        }
        sleep 0.05;
    }

    return $pid;
}


# a process and its children: nginx is a master and a worker

sub family
{
    my @family = @_;

    for (my $i = 0; $i < @family; $i++) {
        my $children = slurp("/proc/$family[$i]/task/$family[$i]/children");
        push @family, split ' ', $children;
    }

    return @family;
}


sub cpu
{
    my ($self, @roots) = @_;

    my $sum = 0;
    for my $pid (family(@roots)) {
        for my $task (glob "/proc/$pid/task/*/schedstat") {
            $sum += (split ' ', slurp($task))[0] // 0;
        }
    }

    return $sum;
}


# only what has moved is pinned again: it takes a process for each

sub pin
{
    my ($self, $core, @roots) = @_;

    for my $pid (family(@roots)) {
        next if ($self->{core}{$pid} // '') eq $core;
        system("taskset -a -cp $core $pid > /dev/null") == 0
            or die "taskset: $pid has gone\n";
        $self->{core}{$pid} = $core;
    }
}


sub policy
{
    my ($self, $policy, @roots) = @_;

    for my $pid (family(@roots)) {
        system("chrt -a $policy -p 0 $pid > /dev/null") == 0
            or die "chrt: $pid has gone\n";
    }
}


# the one that is measured on first: the last, or $CORE

sub cores
{
    my ($allowed) = slurp('/proc/self/status')
                    =~ /^Cpus_allowed_list:\s*(\S+)/m;
    my @may = map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split /,/, $allowed;

    my $core = $ENV{CORE} // $may[-1];

    return ($core, grep { $_ != $core } reverse @may);
}


sub facts
{
    my ($model) = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)/m;
    my ($nginx) = `nginx -v 2>&1` =~ m{nginx/(\S+)};

    return 'machine: ' . ($model // 'unknown'),
           "nginx: $nginx, " . `openssl version` =~ s/\s+\z//r;
}


sub others
{
    my @a = (split ' ', slurp('/proc/stat'))[1 .. 8];
    sleep 1;
    my @b = (split ' ', slurp('/proc/stat'))[1 .. 8];

    my @used = map { $b[$_] - $a[$_] } 0 .. 7;
    my $all = 0;
    $all += $_ for @used;

    return $all ? 1 - ($used[3] + $used[4]) / $all : 0;
}


sub stop
{
    my @roots = @_;

    my %end = map { $_ => 1 } @roots;
    @running = grep { !$end{$_} } @running;

    my @all = map { [ $_, family($_) ] } @roots;

    kill TERM => map { $_->[0] } @all;

    my $deadline = time + 5;
    for (@all) {
        my ($root, @children) = @$_;
        while (waitpid($root, POSIX::WNOHANG) == 0) {
            if (time > $deadline) {
                kill KILL => $root, @children;
                waitpid $root, 0;
                last;
            }
            sleep 0.02;
        }
    }
}


END {
    my $status = $?;
    stop(@running);
    $? = $status;
}


1;

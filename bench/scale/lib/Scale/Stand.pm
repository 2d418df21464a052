package Scale::Stand;

# What all cases share: fronts with and without the module, an application
# that tells which user it was told, files of requests, and turns.
#
#   my $stand = Scale::Stand->new($build, $machine, $tokens);
#
#   my $front = $stand->front('bare' | 'ours', workers => 2, zone => '64m');
#   $stand->end($front)
#   my @files = $stand->mint(ALG, COUNT, u => USERS, t => TENANTS, ...);
#   $stand->ask($front, FILE...)            each request once
#   $stand->turn($front, FILE, N)           nanoseconds of CPU of the front for
#                                           a request, errors; on one core
#   $stand->prove($front, [FILE...], N)     { level => how many were known so },
#                                           of N requests of each
#   $stand->load($front, FILE, %options)->()    runs on; what it has seen
#
# Levels are those of nginx's debug log, which is on for one source address
# and for nothing that is measured.

use strict;
use warnings;

use JSON::PP ();
use List::Util qw(sum min);
use Time::HiRes qw(sleep time);

use Peers::Machine ();
use Peers::Nginx ();
use Peers::Tokens ();

our $BYTES = 900;

my $debug_address = '127.0.0.2';

my %level_of = (
    'known on this connection' => 'connection',
    'known to this process' => 'process',
    'known in the zone' => 'zone',
    'verified' => 'verified',
);


sub new
{
    my ($class, $build, $machine, $tokens) = @_;

    my $self = bless {
        build => $build, machine => $machine, tokens => $tokens,
        cores => [ Peers::Machine::cores() ], serial => 0,
    }, $class;

    # the second one is for fronts that have several cores

    for my $workers (1, scalar @{ $self->{cores} }) {
        my $port = $machine->port;
        my $root = Peers::Nginx::nginx(
            { machine => $machine, tokens => $tokens, workers => $workers,
              backend => $port },
            "application$workers", port => { main => $port },
            server => [ { listen => 'main', name => '_', location => '/',
                          text => '
            add_header X-User-Id $http_x_user_id;
            return 200;' } ]);

        $self->{application}{$workers == 1 ? 'one' : 'several'}
            = { port => $port, root => $root };
        $self->{application}{several} //= $self->{application}{one};
    }

    return $self;
}


sub cores { @{ $_[0]{cores} } }


sub application { $_[0]{application}{ $_[1]{application} }{root} }


sub front
{
    my ($self, $kind, %o) = @_;

    my $application = ($o{workers} // 1) > 1 || $o{several} ? 'several' : 'one';
    my $name = $kind . ++$self->{serial};
    my %ports;

    my $is = Peers::Nginx->can($kind)->({
        machine => $self->{machine}, tokens => $self->{tokens},
        ports => \%ports, name => $name, all_users => 1,
        events => "debug_connection $debug_address;",
        backend => $self->{application}{$application}{port}, %o });

    return { root => $is->{root}, port => $ports{$name}{main},
             application => $application,
             log => $self->{machine}->path("$name.error") };
}


sub end
{
    my ($self, @fronts) = @_;

    Peers::Machine::stop(map { $_->{root} } @fronts);
}


sub mint
{
    my ($self, $alg, $count, %o) = @_;

    my $key = $self->{tokens}->key($alg);
    my $prefix = $self->{machine}->path('requests' . ++$self->{serial});

    $o{j} = $self->cores;
    system("$self->{build}/bench/mint", flags(%o),
           $alg, $key->file, $key->kid, $Peers::Tokens::ISSUER,
           $Peers::Tokens::AUDIENCE, $BYTES, $count, $prefix) == 0
        or die "mint has failed\n";

    return map { "$prefix.$_" } 0 .. int(($count - 1) / ($o{l} // 20000));
}


# '' is the value of one that takes none

sub flags
{
    my (%o) = @_;

    return map { ("-$_", length $o{$_} ? $o{$_} : ()) } sort keys %o;
}


sub lines
{
    my ($file) = @_;

    return scalar(() = Peers::Machine::slurp($file) =~ /\n/g);
}


# options are those of bench/faults/load; the cores that it may run on; and how

sub load
{
    my ($self, $front, $file, %o) = @_;

    my $core = delete $o{core} // $self->{cores}[0];
    my $policy = delete $o{policy} // '-b';
    %o = (c => 8, r => 1e9, p => $front->{port}, %o);

    my $pid = open my $out, '-|', qw(taskset -c), $core, 'chrt', $policy, 0,
                   "$self->{build}/bench/load",
                   flags(%o), $file
        or die "load: $!\n";

    return sub {
        my @groups = map { JSON::PP::decode_json($_) } <$out>;
        close $out or die "load has failed\n";

        my $seen = $groups[0];
        $seen->{errors} = $seen->{wrong} + $seen->{lost};
        $seen->{answered} = $seen->{sent} - $seen->{errors};

        warn "bench/scale: wrong: $seen->{example}\n" if $seen->{wrong};
        die "no right answer\n" if $seen->{answered} < 1;

        return $seen;
    };
}


# as fast as it gets, which is with a core for each

sub ask
{
    my ($self, $front, @files) = @_;

    my @cores = $self->cores;

    $self->{machine}->pin($cores[0], $front->{root});
    $self->{machine}->pin($cores[1] // $cores[0], $self->application($front));

    my $errors = 0;
    for my $file (@files) {
        my $seen = $self->load($front, $file, n => lines($file), c => 16,
                               core => $cores[2] // $cores[-1])->();
        $errors += $seen->{errors};
    }

    die "$errors answers to requests that come first were wrong\n" if $errors;
}


sub turn
{
    my ($self, $front, $file, $n) = @_;

    my $machine = $self->{machine};
    $machine->pin($self->{cores}[0], $front->{root},
                  $self->application($front));

    my $before = $machine->cpu($front->{root});
    my $seen = $self->load($front, $file, n => $n)->();

    return (($machine->cpu($front->{root}) - $before) / $seen->{answered},
            $seen->{errors});
}


sub prove
{
    my ($self, $front, $files, $n) = @_;

    my %level = (errors => 0, answered => 0,
                 map { $_ => 0 } values %level_of);

    truncate $front->{log}, 0;

    for my $file (@$files) {
        my $seen = $self->load($front, $file, n => $n,
                               a => $debug_address)->();
        $level{$_} += $seen->{$_} for qw(errors answered);
    }

    my $words = join '|', keys %level_of;

    open my $log, '<', $front->{log} or die "$front->{log}: $!\n";
    while (my $line = <$log>) {
        $level{ $level_of{$1} }++ if $line =~ /token: ($words)\b/;
    }
    close $log;
    truncate $front->{log}, 0;

    return \%level;
}


sub workers
{
    my ($self, $front) = @_;

    my (undef, @children) = Peers::Machine::family($front->{root});
    return sort { $a <=> $b } @children;
}


# returns when the workers of before have gone

sub reload
{
    my ($self, $front) = @_;

    my %old = map { $_ => 1 } $self->workers($front);
    my $deadline = time + 20;

    kill HUP => $front->{root};

    for ( ;; ) {
        my @now = $self->workers($front);
        last if @now && !grep { $old{$_} } @now;
        die "a reload takes too long\n" if time > $deadline;
        sleep 0.02;
    }
}


# bytes of memory that belong to the worker alone

sub memory
{
    my ($self, $front) = @_;

    return sum(map {
        my ($kb) = Peers::Machine::slurp("/proc/$_/status")
                   =~ /^RssAnon:\s*(\d+)/m;
        $kb * 1024;
    } $self->workers($front));
}


# how the processes of a front and its application take turns

sub policy
{
    my ($self, $policy, $front) = @_;

    $self->{machine}->policy($policy, $front->{root},
                             $self->application($front));
}


# each worker on a core of its own

sub spread
{
    my ($self, $front, $rest, @cores) = @_;

    my $machine = $self->{machine};
    my @workers = $self->workers($front);

    $machine->pin($rest, $self->application($front));
    $machine->pin($cores[$_], $workers[$_]) for 0 .. $#workers;
}


# several at once: nanoseconds of CPU of the front for a request, requests a
# second, errors

sub together
{
    my ($self, $front, $file, $seconds, $loads, $cores) = @_;

    my $machine = $self->{machine};
    my $before = $machine->cpu($front->{root});
    my @loads = map { $self->load($front, $file, t => $seconds, c => 32,
                                  s => '', core => $cores) } 1 .. $loads;
    my @seen = map { $_->() } @loads;

    my $answered = sum(map { $_->{answered} } @seen);
    my $errors = sum(map { $_->{errors} } @seen);

    return (($machine->cpu($front->{root}) - $before) / $answered,
            $answered / $seconds, $errors);
}


# what bench/scale/room says of the first token of a file

sub room
{
    my ($self, $file) = @_;

    my ($token) = Peers::Machine::slurp($file) =~ /\t(\S+)\n/;
    my @is = split ' ', `$self->{build}/bench/room $token`;
    die "room has failed\n" if @is != 4;

    return @is;
}


# the zone in which COUNT tokens fit into their sets of eight with next to none
# left out, in MiB; BYTES of a zone for each that it has a place for

sub zone
{
    my ($count, $bytes) = @_;

    my $mb = $count * $bytes * 3.2 / 2 ** 20;
    return int($mb < 64 ? 64 : $mb + 1);
}


# what may be taken of this machine, in MiB

sub most
{
    my ($kb) = Peers::Machine::slurp('/proc/meminfo')
               =~ /^MemAvailable:\s*(\d+)/m;

    return $ENV{ZONE_MAX} // int(min(2048, $kb / 1024 / 4));
}


1;

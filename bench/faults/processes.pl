# Processes come and go: reload, upgrade, SIGKILL, SIGSTOP.

use strict;
use warnings;

use AuthTenant::Token qw(jwks);
use Faults;
use Faults::Process qw(asking stopped);
use Time::HiRes qw(sleep time);

# what nginx says when a worker is killed on purpose

my $killed = qr/exited on signal 9|was locked by \d+/;


sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[$#sorted / 2];
}


# Reloads every 100 ms, of a gateway and of one without the module; now and
# then with a configuration that is wrong, another zone, one issuer more.

fault E13 => alone => 'reloads, bad ones too; an upgrade', sub {
    my ($row) = @_;

    my $n = full(1000, 30);
    my $provider = provider();
    my $second = provider();
    my %set = (refresh => '2s',
               state_path => AuthTenant::Nginx::dir() . '/keys.json');
    my $block = provider_block($provider, %set);
    my $more = $block . provider_block($second, name => 'second');

    my $front = front($block, zone => '2m');
    my $off = front('', off => 1);
    await_keys($front, $provider);

    my @options = ('-r', 300, '-c', 16);
    my $load = load(\@options, mix($front, $provider));
    my $bare = load(\@options, line($off, 'off', 200, '-', '/u1/x'));
    my (@master, @worker, $last);

    # signals may meet: a few more

    for my $i (1 .. $n * 1.03) {
        my $what = $i % 20;

        $front->set(http => $what == 5 ? 'auth_tenant_no_such_thing on;' : '',
                    zone => $i % 40 < 20 ? '2m' : '3m',
                    providers => $what < 10 ? $more : $block);
        $_->reload for $front, $off;
        sleep 0.1;

        if ($i % full(20, 5) == 0) {
            push @master, rss($front->{nginx}->pid);
            my ($worker) = reverse workers($front);
            push @worker, rss($worker) if $worker;
        }
    }

    sleep 0.5;
    my $reloads = () = $front->log =~ /#\d+: reconfiguring$/gm;
    my $bad = () = $front->log =~ /no_such_thing/g;

    my $upgraded = Faults::Process::upgrade($front);
    my $bare_upgraded = Faults::Process::upgrade($off);
    $row->must($upgraded && $bare_upgraded, 'the binary was upgraded');
    sleep 1;

    $row->add($load->stop);
    $row->off($bare->stop);

    my $part = int @master / 4;
    my ($slope, $of_worker) = map {
        median(@$_[-$part .. -1]) - median(@$_[$part .. 2 * $part - 1])
    } \@master, \@worker;

    $row->fetches(fetches($provider));
    $row->figure(sprintf '%d reloads, %d refused, an upgrade: lost <= off;'
        . ' memory from the first half to the second: master %+d kB,'
        . ' worker %+d kB', $reloads, $bad, $slope, $of_worker);
    $row->must($reloads >= $n * 0.9, 'reloads were done');
    $row->must($bad > 0, 'bad ones were refused');
    $row->must($row->{lost} <= $row->{off}, 'lost no more than without');
    $row->must($slope <= 64 && $of_worker <= 64, 'memory') unless short_run();
    $_->stop($row, qr/no_such_thing/) for $front, $off;
};


# A worker dies every 200 ms, and so does one of a gateway without the module.

fault E14 => alone => 'workers killed, in the lock too; stopped', sub {
    my ($row) = @_;

    my $provider = provider();
    my $files = AuthTenant::Nginx::dir() . '/stop';
    my $front = front(provider_block($provider, read_timeout => '3s'),
                      module => Faults::Process::stop_module(),
                      main => 'env AUTH_TENANT_TEST_STOP;',
                      environment => { AUTH_TENANT_TEST_STOP => $files });
    my $off = front('', off => 1);
    await_keys($front, $provider);

    my @options = ('-r', 300, '-k');
    my $load = load(\@options, mix($front, $provider));
    my $bare = load(\@options, line($off, 'off', 200, '-', '/u1/x'));

    for my $i (1 .. full(300, 15)) {
        for ($front, $off) {
            my @workers = workers($_);
            kill KILL => $workers[rand @workers] if @workers > 1;
        }
        sleep 0.2;
    }

    my $seen = $row->add($load->stop);
    my $gap = $seen->{groups}{good}{gap};
    my $first = $row->{lost};
    $row->off($bare->stop);

    # in the middle of it, with the lock; connections are new ones each, since
    # those of a stopped worker are stopped, too

    @options = ('-r', 100, '-1', '-w', 30);
    $load = load(\@options, mix($front, $provider));

    for my $i (1 .. full(10, 1)) {
        for my $place ('lease', 'finish') {
            open my $fh, '>', "$files.$place" or die "$files: $!\n";
            close $fh;

            my $worker = stopped($front, 8) or die "none stops at $place\n";
            my $before = fetches($provider);
            sleep 1;
            $row->must(fetches($provider) == $before,
                       "$place: none fetches while one holds the lock");

            kill KILL => $worker;
            my $killed_at = time;
            $row->must(defined until_true(10, sub {
                fetches($provider) > $before
            }), "$place: the duty is taken over");
            $row->recover(since $killed_at);
        }
    }

    # and one that is stopped while it fetches

    $provider->fault('/jwks', 'never');
    my $worker;
    until_true(8, sub { ($worker) = asking($front, $provider->port) })
        or die "none is fetching\n";
    kill STOP => $worker;
    $provider->heal;
    my $before = fetches($provider);
    my $stopped_at = time;
    $row->must(defined until_true(12, sub { fetches($provider) > $before }),
               'the duty of a stopped one is taken over');
    $row->recover(since $stopped_at);
    kill CONT => $worker;
    sleep 0.5;

    my $rest = $row->add($load->stop);
    my $stops = 1 + 2 * full(10, 1);
    my $longest = $rest->{groups}{good}{gap};
    $gap = $longest if $longest > $gap;

    $row->fetches(fetches($provider));
    $row->figure(sprintf 'longest without an answer %.2f s (<= 1); duty taken'
                         . ' over <= 10 s', $gap);
    $row->must($gap <= 1, 'no longer than that without an answer');
    $row->must($row->{recover} <= 10, 'the duty is taken over in time');

    # both are chance: four times what such a difference deviates by

    $row->must($first - $row->{off} <= 4 * sqrt($first + $row->{off}) + 4,
               "killed: $first lost, without the module $row->{off}");
    $row->must($rest->{lost} <= 16 * $stops,
               "$rest->{lost} lost, more than were open");
    $_->stop($row, $killed) for $front, $off;
};


# A zone that is full of proven tenants; and one whose keys were damaged.

fault E15 => 'zone full, zone damaged', sub {
    my ($row) = @_;

    my ($n, $path) = (60, '/u1/x');
    my $provider = AuthTenant::Provider->start;
    $provider->realm("t$_", good()) for 1 .. $n;

    my $front = front(provider_block($provider,
                          issuer => $provider->template),
                      zone => '512k',
                      server => 'auth_tenant_host "{tenant}.example.com";');
    my $for = sub {
        my ($tenant, $group, $status) = @_;

        my $token = token($provider->issuer($tenant), 'u1', good());
        return line($front, $group, $status, 'u1', $path, $token)
               =~ s/app\.example/$tenant.example/r;
    };

    # in each cooldown of a second, 20 may come for the first time

    my (@served, @refused);
    for my $tenant (map { "t$_" } 1 .. $n) {
        my $seen = $row->add(load(['-n', 2, '-r', 30],
                                  $for->($tenant, 'first', '200,503'))->wait);
        push @{ $seen->count('first', 200) == 2 ? \@served : \@refused },
            $tenant;
    }

    my $seen = $row->add(load(['-r', 300, '-t', full(20, 3)],
                              (map { $for->($_, 'good', 200) } @served),
                              (map { $for->($_, 'full', 503) } @refused))
                         ->wait);
    my $lines = () = $front->log =~ /is full/g;
    $row->must(@served >= 4 && @refused >= 5, 'the zone was full');
    $row->must($lines >= 1 && $lines <= 2, "it says so $lines times");
    $row->nothing_lost;

    # a byte of each tenant's keys is changed; workers have read them, but not
    # the one that comes next

    my $load = load(['-r', 300], map { $for->($_, 'good', '200,503') }
                                 @served);
    my $pid = $front->{nginx}->pid;
    my $times = Faults::Process::poke($pid, 512 * 1024, '"good"', '"gooX"');
    my ($worker) = workers($front);
    my $begun = time;
    kill KILL => $worker;
    sleep full(10, 5);

    $seen = $row->add($load->stop);
    my $damaged = () = $front->log =~ /are damaged/g;
    my $last = ($seen->last('good', 503) // $begun) - $begun;

    $row->lost($seen->count('good', 503));
    $row->recover($last < 0 ? 0 : $last);
    $row->fetches(fetches($provider));
    $row->figure(sprintf '%d tenants have places and 0 lost, %d are 503;'
        . ' %d keys damaged, fetched again', scalar @served,
        scalar @refused, $damaged);
    $row->must($times > 0, 'bytes were changed');
    $row->must($damaged > 0 && $damaged <= 2 * @served,
               "$damaged lines say that keys are damaged");
    $row->must($row->{recover} <= 3.5, 'keys are there again in time');
    $front->stop($row, $killed);
};


1;

# Files: keys that are read from one, and keys that are kept in one.

use strict;
use warnings;

use AuthTenant::Token qw(jwks);
use Faults;
use POSIX ();
use Time::HiRes qw(sleep time);

my $look = 3.6;     # two looks that agree, and one that comes late


sub put {
    my ($file, $text) = @_;

    open my $fh, '>:raw', $file or return;
    print $fh $text;
    close $fh;
}


sub clear {
    my ($file) = @_;

    chmod 0644, $file if -f $file;
    -d $file && !-l $file ? rmdir $file : unlink $file;
}


# Half a document never holds the last key, which is somebody else's; whatever
# holds it as a whole is too large.

fault E18 => 'key file torn, gone, FIFO, huge', sub {
    my ($row) = @_;

    my $dir = AuthTenant::Nginx::dir();
    my $file = "$dir/keys.json";
    my $iss = 'https://login.example.com';
    my $whole = jwks(good());
    my $torn = substr jwks(Faults::evil(), good()), 0, -20;
    put($file, $whole);
    put("$dir/other.json", $torn);

    my $group = getgrgid((getpwnam 'nobody')[3]);
    my $front = front(provider_block(undef, issuer => $iss,
                          jwks_file => $file, cooldown => undef,
                          refresh => undef),
                      user => $> == 0 ? "user nobody $group;" : '');
    await_keys($front, $iss);
    my $load = load(['-r', 300], mix($front, $iss),
                    users($front, $iss, group => 'evil', status => 401,
                          key => Faults::evil(), n => 1));

    my @ways = (
        sub { put($file, $torn) },
        sub { POSIX::mkfifo($file, 0644) },
        sub { mkdir $file },
        sub { symlink "$dir/other.json", $file },
        sub { },
        sub { put($file, jwks(good(), Faults::evil()) . ' ' x 300_000) },
        sub { put($file, $whole); chmod 0, $file },
        sub { put($file, '') },
    );

    # each of them long enough to be looked at; then all as fast as it goes

    for my $way (@ways[0 .. full($#ways, 2)]) {
        clear($file);
        $way->();
        sleep full(4, 2.2);
    }

    my $n = full(10_000, 400);
    for (1 .. $n) {
        clear($file);
        $ways[rand @ways]->();
        sleep 0.002;
    }

    clear($file);
    put("$dir/new.json", jwks(good(), good(2)));
    rename "$dir/new.json", $file;
    my $replaced = time;

    my $new = load(['-r', 30, '-t', $look + 0.5],
                   users($front, $iss, group => 'new', key => good(2),
                         status => '200,401'));
    my $seen = $row->add($new->wait);
    $row->add($load->stop);

    $row->recover(($seen->first('new', 200) // $replaced + 99) - $replaced);
    $row->figure("$n replacements: old keys stay; new ones <= $look s");
    $row->must($row->{recover} <= $look, 'new keys in time');
    $row->nothing_lost;
    $front->stop($row);
};


# A disk of its own for the state, that is full, read-only, and on which workers
# are killed while they write.

fault E19 => inside => 'disk full, read-only; killed writing', sub {
    my ($row) = @_;

    AuthTenant::Namespace->import('127.0.0.2');

    my $disk = AuthTenant::Nginx::dir() . '/disk';
    mkdir $disk;
    system('mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', $disk) == 0
        or return $row->skip('no tmpfs can be mounted here');

    my $state = "$disk/keys.json";
    my $provider = provider();
    my $block = provider_block($provider, state_path => $state);
    my $front = front($block);
    await_keys($front, $provider);
    $row->must(defined until_true(5, sub { -s $state }), 'it is written');

    my $load = load(['-r', 300], mix($front, $provider));
    my $next = sub {
        $provider->document('/jwks', jwks(good(), good(2), { kty => 'x',
                                          n => rand }));
        await_fetch($provider);
    };
    my $stamp = sub { join ',', (stat $state)[1, 9] };

    # full

    put("$disk/fill", 'x' x 65536);
    my $before = $stamp->();
    $next->() for 1 .. full(5, 1);
    sleep 0.3;
    $row->must(loads($row, $front, $provider), 'full: what is there is whole');
    $row->must($front->log =~ /No space left/, 'full: error.log says so');
    unlink "$disk/fill";

    # read-only

    system('mount', '-o', 'remount,ro', $disk);
    $next->() for 1 .. full(5, 1);
    sleep 0.3;
    $row->must(loads($row, $front, $provider), 'read-only: it is whole');
    system('mount', '-o', 'remount,rw', $disk);

    my $writable = time;
    $before = $stamp->();
    until_true(10, sub { $stamp->() ne $before });
    $row->recover(since $writable);

    $row->add($load->stop);
    $row->nothing_lost;

    # killed about when they write

    $load = load(['-r', 100], mix($front, $provider));
    for my $round (1 .. full(40, 3)) {
        $next->();
        sleep rand 0.004;
        kill KILL => workers($front);
        $row->must(loads($row, $front, $provider),
                   "killed, round $round: it is whole");
    }

    $row->add($load->stop);
    my @left = grep { !/keys\.json$/ } glob "$disk/* $disk/.k*";
    $row->must(@left <= 8, scalar(@left) . ' files were left over');

    $row->fetches(fetches($provider));
    $row->figure('service unaffected; what is on disk is whole each time;'
                 . ' written again <= 3 s');
    $row->must($row->{recover} <= 3, 'written again in time');
    $front->stop($row, qr/exited on signal 9|was locked by/);
    system('umount', $disk);
};


# another gateway, that can't ask anybody, starts with what is on disk

sub loads {
    my ($row, $front, $provider) = @_;

    $provider->refuse;
    my $twin = front($front->{providers});
    my $token = token($provider->issuer(''), 'u1', good());
    my ($status) = $twin->{nginx}->get('/u1/x', "Authorization: Bearer $token");
    $twin->stop($row);
    $provider->open;

    return $status == 200;
}


1;

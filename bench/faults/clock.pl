# The clock is set while nginx runs.  libfaketime tells nginx, and nobody else,
# another time; the monotonic clock goes on as it is.

use strict;
use warnings;

use Faults;
use Time::HiRes qw(sleep time);


sub library { (glob '/usr/lib/*/faketime/libfaketime.so.1')[0] }


fault E16 => 'clock set forth and back; 2038, 2106', sub {
    my ($row) = @_;

    my $library = library() or return $row->skip('libfaketime is not there');
    my $file = AuthTenant::Nginx::dir() . '/clock';

    # a slow, then a fast clock are relative to when a process began

    my $set = sub {
        open my $fh, '>', "$file.new" or die "$file: $!\n";
        print $fh "$_[0]\n";
        close $fh;
        rename "$file.new", $file or die "$file: $!\n";
    };
    $set->('+0');

    my %set = (LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => $file,
               FAKETIME_NO_CACHE => 1, DONT_FAKE_MONOTONIC => 1);
    my $provider = provider();
    my $front = front(provider_block($provider, cooldown => '1s',
                                     refresh => '2s', leeway => '0'),
                      environment => \%set, level => 'info',
                      main => join ' ', map { "env $_;" } sort keys %set);
    await_keys($front, $provider);
    $provider->clear;

    my $begun = time;
    my $now = int $begun;
    my $iss = $provider->issuer('');

    # a token for each span of time, in seconds from now

    my @spans = ([-7200, 1800], [-7200, 36000], [-7200, -1800],
                 [0, 36000], [0, 1800]);

    my $at = sub {
        my ($clock, @more) = @_;

        $set->(sprintf '%+d', $clock);
        sleep 0.3;

        my $load = load(['-r', 100, '-t', full(5, 0.5)], map {
            my ($from, $to) = @$_;
            my $good = $clock >= $from && $clock < $to;
            line($front, $good ? 'good' : 'refused', $good ? 200 : 401, 'u1',
                 '/u1/x', token($iss, 'u1', good(), iat => $now + $from,
                                exp => $now + $to))
        } @spans, @more);
        $row->add($load->wait);
    };

    $at->(0);
    $at->(3600);
    $at->(-3600);
    $at->(0);
    $at->(86400 * 365);
    $at->(-86400 * 365);
    $at->($_) for (3600, 0) x full(5, 1);

    # the last second of 31 bits, of 32 bits, and the second before a leap
    # second: tokens from before are good behind it

    for my $edge (2**31, 2**32, 1483228800) {
        my $to = $edge - $now;

        $set->(sprintf '%+d', $edge - 1 - time);
        my $load = load(['-r', 100, '-t', full(4, 2)], map {
            line($front, 'edge', 200, 'u1', '/u1/x',
                 token($iss, 'u1', good(), iat => $now + $to - 60,
                       exp => $now + $to + 600))
        } 1);
        $row->add($load->wait);
    }

    $at->(0);

    my $took = since $begun;
    my $n = fetches($provider);
    my $most = 2 + $took / 1.8;

    $row->fetches($n);
    $row->figure(sprintf 'none accepted after exp or before iat by the clock'
                         . ' that is set; %d fetches of at most %d', $n,
                 $most);
    $row->must($n <= $most, 'no storm of fetches');
    $row->must($n >= $took / 4, 'fetches went on');
    $row->nothing_lost;
    $front->stop($row);
};


1;

# Clients go away while they wait for keys, reset streams, and send requests
# without waiting for answers.

use strict;
use warnings;

use Faults;
use IO::Socket::INET ();
use Time::HiRes qw(sleep time);


# HPACK (RFC 7541): an integer with a prefix, a string as it is

sub integer {
    my ($n, $bits, $first) = @_;

    my $most = 2**$bits - 1;
    return pack 'C', $first | $n if $n < $most;

    my $bytes = pack 'C', $first | $most;
    for ($n -= $most; $n >= 128; $n >>= 7) {
        $bytes .= pack 'C', $n & 127 | 128;
    }
    return $bytes . pack 'C', $n;
}

sub string { integer(length $_[0], 7, 0) . $_[0] }


# RFC 9113: length, type, flags, stream

sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}


# a connection with so many requests, each of which is reset at once

sub resets {
    my ($port, $n, $token) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port) or return 0;
    $socket->autoflush(1);
    local $SIG{PIPE} = 'IGNORE';

    print $socket "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, 0, 0, '');

    for my $i (1 .. $n) {
        my $stream = 2 * $i - 1;
        my $path = $i % 2 ? '/u1/x' : "/u1/$i";

        # GET, http, path, authority, authorization: entries 2, 6, 4, 1 and 23

        my $block = "\x82\x86" . "\x04" . string($path)
                    . "\x01" . string('app.example.com')
                    . integer(23, 4, 0) . string("Bearer $token");

        print $socket frame(1, 5, $stream, $block),
            frame(3, 0, $stream, pack 'N', 8) or return $i;
    }

    # it answers, or says why not

    my $answer = '';
    local $SIG{ALRM} = sub { die "no answer\n" };
    alarm 5;
    eval { sysread $socket, $answer, 16384 };
    alarm 0;

    return $n;
}


# several requests at once; answers come in their order

sub pipelined {
    my ($port, @requests) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port) or return;
    print $socket map {
        join "\r\n", "GET $_->[0] HTTP/1.1", 'Host: app.example.com',
            "Authorization: Bearer $_->[1]", $_ == $requests[-1]
            ? 'Connection: close' : (), '', ''
    } @requests;

    my $text = do { local $/; <$socket> };
    return $text =~ m{^HTTP/1\.1 (\d+)}gm;
}


fault E22 => 'clients abort, reset streams, pipeline', sub {
    my ($row) = @_;

    my $provider = provider();
    my $front = front(provider_block($provider, refresh => '10m'),
                      server => 'listen 127.0.0.1:' . (my $h2 = Faults::port())
                                . ' http2;');
    await_keys($front, $provider);
    $provider->fault('/jwks', delay => 0.5);

    my $iss = $provider->issuer('');
    my $random = random_kids($iss);
    my ($fine, $strange) = (token($iss, 'u1', good()),
                            $random =~ s/\*+/'QUFB' x 8/er);
    my @workers = workers($front);
    my $open = sub {
        my $n = 0;
        $n += () = glob "/proc/$_/fd/*" for @workers;
        return $n;
    };
    my $before = $open->();

    my $seconds = full(40, 4);
    my $begun = time;
    my $load = load(['-r', 300], mix($front, $provider));
    my $aborts = load(['-r', 400, '-c', 64, '-t', $seconds],
                      line($front, 'abort', 'gone,401', '-', '/u1/x', $random),
                      line($front, 'unknown', 401, '-', '/u1/x', $random));
    my ($reset, $piped, $order) = (0, 0, 1);

    while (time - $begun < $seconds) {
        $reset += resets($h2, 100, $_) for $strange, $fine;

        my @status = pipelined($front->{port}, ['/u1/x', $fine],
                               ['/u1/x', $strange], ['/u2/x', $fine],
                               ['/u1/x', $fine]);
        $order = 0 if "@status" ne '200 401 403 200';
        $piped += @status;
    }

    my $seen = $row->add($aborts->wait);
    $row->add($load->stop);
    sleep 1.5;
    my $after = $open->();

    $row->fetches(fetches($provider));
    $row->figure("$seen->{gone} aborts, $reset resets, $piped pipelined: 0 lost;"
                 . " descriptors $before before, $after after");
    $row->must($seen->{gone} > 20, 'clients went away');
    $row->must($order, 'pipelined answers are in their order');
    $row->must($after <= $before + 16, 'no connection is left');
    $row->must("@workers" eq join(' ', workers($front)), 'no worker died');
    $row->nothing_lost;
    $front->stop($row);
};


1;

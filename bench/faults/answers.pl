# The provider is there, and answers what it should not: the keys that there
# were stay, and what the answer holds is not used.

use strict;
use warnings;

use AuthTenant::Token qw(jwks);
use Faults;
use Time::HiRes qw(sleep time);


# Keys of which one is somebody else's come with each bad answer; at last a
# new key comes with a good one.

sub answers {
    my ($row, $provider, %opt) = @_;

    my $front = front(provider_block($provider, %{ $opt{block} // {} }),
                      %{ $opt{front} // {} });
    await_keys($front, $provider);

    my $load = load(['-r', 300], mix($front, $provider),
                    users($front, $provider, group => 'evil', key =>
                          Faults::evil(), status => 401, n => 1));

    $provider->document('/jwks', jwks(good(), Faults::evil()));
    $opt{faults}->($front);

    $provider->document('/jwks', jwks(good(), good(2)));
    $provider->open;
    $provider->heal;
    my $healed = time;

    my $next = load(['-r', 20, '-t', 4],
                    users($front, $provider, group => 'new', key => good(2),
                          status => '200,401'));
    my $seen = $row->add($next->wait);
    my $back = ($seen->first('new', 200) // $healed + 99) - $healed;

    $row->add($load->stop);
    $row->fetches(fetches($provider));
    $row->recover($back);
    $row->must($back <= 3.5, 'a new key is found in time');
    $row->nothing_lost;
    $front->stop($row);

    return $front;
}


# each of them is answered at least once

sub each_way {
    my ($row, $provider, @ways) = @_;

    return sub {
        for my $way (@ways) {
            my ($what, @how) = @$way;

            $provider->fault('/jwks', @how ? @$way : $what);
            $row->must(await_fetch($provider), "$what: it was asked");
            sleep full(2.5, 0);
        }
    };
}


fault E5 => '500 404 301 302 204, a page for keys', sub {
    my ($row) = @_;

    my $provider = provider();
    my $other = provider();
    $other->realm('', Faults::evil());
    $other->clear;
    my $away = $other->url('/jwks');

    answers($row, $provider, faults => each_way($row, $provider,
        [status => 500], [status => 404], [redirect => [301, $away]],
        [redirect => [302, $away]],
        [redirect => [302, $provider->url('/jwks')]], ['empty'], ['html']));

    $row->must($other->connections == 0, 'no redirect was followed');
    $row->figure('old keys stay; no redirect followed; new key <= 3.5 s');
};


fault E6 => 'JSON or HTTP that is damaged', sub {
    my ($row) = @_;

    my $provider = provider();

    answers($row, $provider, faults => each_way($row, $provider,
        map { [$_] } qw(truncated longer shorter gzip chunk_size chunk_end
                        chunk_huge bom utf16 duplicates garbage half)));

    $row->figure('old keys stay; new key <= 3.5 s');
};


fault E7 => alone => '1 GiB, 10^5 keys, huge keys, nesting', sub {
    my ($row) = @_;

    my $provider = provider();
    my ($most_cpu, $most_memory, $most_sent) = (0, 0, 0);

    answers($row, $provider, faults => sub {
        my ($front) = @_;

        each_way($row, $provider, [huge => 2**20])->();
        my @workers = workers($front);
        my $memory = sum(map { rss($_) } @workers);

        my @ways = ([huge => 2**30], [rsa => [8192, 64]], [keys => 1e5],
                    [huge_chunked => 2**30], [rsa => [16384, 64]],
                    [nested => 2000]);

        for my $way (@ways[0 .. full($#ways, 1)]) {
            # the load's own CPU is what a time without a fetch has

            my ($quiet, $busy) = map {
                my $before = cpu(@workers);
                my $begun = time;
                $provider->fault('/jwks', $_ ? @$way : 'reset');
                my $n = fetches($provider);
                until_true(5, sub { fetches($provider) > $n });
                sleep $begun + 2.5 - time if time < $begun + 2.5;
                [(cpu(@workers) - $before) / (time - $begun),
                 fetches($provider) - $n];
            } 0, 1;

            my $cost = ($busy->[0] - $quiet->[0]) * 2.5 / 1e6
                       / ($busy->[1] || 1);
            $most_cpu = $cost if $cost > $most_cpu;
        }

        $most_memory = sum(map { rss($_) } @workers) - $memory;
    });

    for ($provider->requests('/jwks')) {
        $most_sent = $_->{sent} if $_->{sent} > $most_sent;
    }

    $row->figure(sprintf 'cut off (%.1f MiB of 1 GiB left the provider);'
        . ' CPU of a fetch %.0f ms (<= 100), memory %+d kB (< 1024)',
        $most_sent / 2**20, $most_cpu, $most_memory);
    $row->must($most_sent < 16 * 2**20, 'it was cut off');
    $row->must($most_cpu <= 100, 'CPU');
    $row->must($most_memory < 1024, 'memory');
};

sub sum {
    my $sum = 0;
    $sum += $_ for @_;
    return $sum;
}


fault E8 => 'bad certificates, old TLS', sub {
    my ($row) = @_;

    my $provider = provider(tls => 1);
    my $tries = 0;

    my $front = answers($row, $provider,
        block => { ssl_trusted_certificate => $provider->ca },
        faults => sub {
            my ($gateway) = @_;

            for my $which (qw(expired not_yet wrong_host self_signed other_ca
                              tls10 tls11))
            {
                $provider->tls($which);
                sleep 0.2;
                $provider->clear;

                my $before = failures($gateway);
                $row->must(defined until_true(10, sub {
                    failures($gateway) > $before
                }), "$which: a fetch failed");
                $row->must(fetches($provider, '') == 0,
                           "$which: nothing was asked over it");
                $tries++;
            }

            $provider->tls('good');
        });

    $row->figure("$tries kinds: nothing asked over them, one line of log for"
                 . ' each try; new key <= 3.5 s');
};

sub failures {
    my ($front) = @_;
    return scalar(() = $front->log =~ /can't be fetched/g);
}


1;

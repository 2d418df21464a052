# The provider is not there, or slow, or breaks off.

use strict;
use warnings;

use Faults;
use Time::HiRes qw(sleep time);


fault E1 => 'provider down at start', sub {
    my ($row) = @_;

    my $provider = provider();
    $provider->refuse;

    my $front = front(provider_block($provider, refresh => '2s'));
    my $load = load(['-r', 200],
                    mix($front, $provider, status => '200,503',
                        refused => '401,503', other => '403,503'),
                    line($front, 'public', 200, '-', '/public/x'));
    sleep full(10, 3);

    my $healed = time;
    $provider->open;
    until_true(10, sub { fetches($provider) });
    sleep 2;

    my $seen = $row->add($load->stop);
    my $last = $seen->last('good', 503) // 0;
    my $count = sub { $seen->count('good', $_[0]) };

    $row->lost($count->(503));
    $row->fetches(fetches($provider));
    $row->recover($last - $healed);
    $row->figure('503 till there are keys; public served; back <= 3.5 s, a'
                 . ' back-off and a tick');
    $row->must($count->(503) > 0, 'there were no keys at first');
    $row->must($count->(200) > 0, 'there were keys at last');
    $row->must($count->(200) + $count->(503) == $seen->{groups}{good}{sent},
               'nothing but 200 and 503');
    $row->must($last - $healed <= 3.5, 'back within a back-off');
    $front->stop($row);
};


fault E2 => 'provider down at start, keys on disk', sub {
    my ($row) = @_;

    my $provider = provider();
    my $state = AuthTenant::Nginx::dir() . '/keys.json';
    my $block = provider_block($provider, state_path => $state,
                               refresh => '1m', cooldown => '2s');

    my $first = front($block);
    await_keys($first, $provider);
    $row->must(defined until_true(5, sub { -s $state }), 'keys are on disk');
    $first->stop($row);

    $provider->refuse;
    $provider->clear;

    my $begun = time;
    my $front = front($block);
    my $load = load(['-r', 300, '-t', full(20, 3)], mix($front, $provider));
    my $seen = $row->add($load->wait);

    $row->fetches(fetches($provider));
    $row->recover($seen->first('good', 200) - $begun);
    $row->figure('0 lost from the first request on');
    $row->nothing_lost;
    $front->stop($row);
};


# Keys may be 1.1 x refresh + two ticks + read_timeout old, and stale.

fault E3 => 'provider down for longer than stale', sub {
    my ($row) = @_;

    my $stale = full(20, 3);
    my $usable = 2.2 + 2 + 1 + $stale;

    my $provider = provider();
    my $front = front(provider_block($provider, refresh => '2s',
                                     cooldown => '1s', read_timeout => '1s',
                                     stale => "${stale}s"));
    await_keys($front, $provider);
    await_fetch($provider);
    my $fetched = time;
    $provider->refuse;

    my $lasts = load(['-r', 300, '-t', $usable - 0.7],
                     mix($front, $provider));
    $row->add($lasts->wait);
    $row->nothing_lost;

    my $load = load(['-r', 300], mix($front, $provider, status => '200,503',
                                     refused => '401,503',
                                     other => '403,503'));
    sleep $fetched + $usable + 2.5 - time;

    my $tries = () = $front->log =~ /next try in/g;
    my $healed = time;
    $provider->clear;
    $provider->open;
    sleep 4.5;

    my $seen = $row->add($load->stop);

    # 1 s, then 2 s and no more: each less a tenth

    my $most = 2 + ($healed - $fetched) / 1.8;

    $row->lost($seen->count('good', 503));
    $row->fetches(fetches($provider));
    $row->recover($seen->last('good', 503) - $healed);
    $row->figure("0 lost till stale, then 503; $tries tries, of at most "
                 . int($most) . '; back <= 3.5 s');
    $row->must($seen->count('good', 503) > 0, 'stale keys were put aside');
    $row->must($seen->last('good', 503) - $healed <= 3.5, 'back in time');
    $row->must($tries <= $most, 'tries within the back-off');
    $front->stop($row);
};


# how long it was until the gateway closed its connection, each time

sub given_up {
    my ($provider) = @_;

    return map { $_->{ended} - $_->{time} }
           grep { $_->{ended} && $_->{end} eq 'closed' }
           $provider->requests('/jwks');
}


# Two gateways side by side in one load: what the machine does to one, it does
# to the other.

fault E4 => alone => 'provider dribbles, hangs, breaks off', sub {
    my ($row) = @_;

    my ($sick, $sound) = (provider(), provider());
    my %set = (read_timeout => '5s');
    my ($front, $calm) = map { front(provider_block($_, %set), workers => 1) }
                         $sick, $sound;
    await_keys($front, $sick);
    await_keys($calm, $sound);

    my @ways = ([slow_body => 1], ['never'], ['half_never'],
                [slow_head => 1], ['mute'], ['hang']);
    my (@ratios, $longest);

    for my $way (@ways[0 .. full($#ways, 0)]) {
        $way->[0] =~ /^(?:mute|hang)$/ ? $sick->can($way->[0])->($sick)
                                       : $sick->fault('/jwks', @$way);

        my $again = 0;

        do {
            my $load = load(['-r', full(2000, 400), '-c', 16, '-t',
                             full(11, 6.5)],
                            users($front, $sick, group => 'sick', n => 4),
                            users($calm, $sound, group => 'sound', n => 4));
            my $seen = $row->add($load->wait);
            my ($p, $q) = map { $seen->{groups}{$_}{p99} } qw(sick sound);

            push @ratios, $p / $q;
            $longest = $seen->{groups}{sick}{max}
                if $seen->{groups}{sick}{max} > ($longest // 0);

        } while ($way == $ways[0] && ++$again < full(9, 1));

        until_true(12, sub { given_up($sick) }) if $way == $ways[0];
        $row->recover($_) for given_up($sick);

        $sick->open;
        $sick->heal;
    }

    my ($ratio) = (sort { $a <=> $b } @ratios)[$#ratios / 2];

    $row->fetches(fetches($sick));
    $row->figure(sprintf 'aborted <= 5 s; p99 beside a sound provider %.2f'
                         . ' (<= 1.10), slowest %.0f ms',
                 $ratio, $longest * 1000);
    $row->must($row->{recover} && $row->{recover} <= 5.5, 'aborted in 5 s');
    $row->must($longest < 1, 'nobody waited for the provider');
    $row->must($ratio <= 1.1, sprintf 'p99 changed by %.2f', $ratio)
        unless short_run();
    $row->nothing_lost;
    $_->stop($row) for $front, $calm;
};


# One of two providers hangs: requests of both come over the same connections.

fault E26 => alone => 'two issuers, one failing', sub {
    my ($row) = @_;

    my ($sound, $sick) = (provider(), provider());
    $sick->fault('', 'never');

    my $front = front(provider_block($sound, name => 'sound')
                      . provider_block($sick, name => 'sick'),
                      use => 'sound', server => <<'END');
    location /sick/ {
        auth_tenant sick;
        auth_tenant_path "/sick/{user}/";
        proxy_set_header X-User-Id $auth_user;
        proxy_pass http://application;
        proxy_set_header Connection '';
    }
END

    my $beside = load(['-r', 20, '-w', 30],
                      users($front, $sick, group => 'sick', status => 503,
                            prefix => '/sick', n => 1));
    my $load = load(['-r', 400, '-t', full(30, 4)], mix($front, $sound));
    my $seen = $row->add($load->wait);
    my $other = $row->add($beside->stop);

    my $longest = $seen->{groups}{good}{max};

    $row->lost($other->count('sick', 503));
    $row->fetches(fetches($sound) + fetches($sick, ''));
    $row->figure(sprintf 'the sound one: 0 lost, slowest %.0f ms',
                 $longest * 1000);
    $row->must($seen->{groups}{good}{lost} == 0, 'nothing is lost of it');
    $row->must($longest < 1, 'nobody waited for the other one');
    $front->stop($row);
};


1;

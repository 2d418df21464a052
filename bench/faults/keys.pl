# Keys change, and tokens come with keys that nobody has.

use strict;
use warnings;

use AuthTenant::Token qw(key jwks);
use Faults;
use Time::HiRes qw(sleep time);


# What is in the air while keys change, with the group as its name: tokens
# signed by a key under some kid.

sub under {
    my ($front, $provider, $group, $status, $key, $kid) = @_;

    my $iss = $provider->issuer('');
    return map {
        line($front, $group, $status, "u$_", "/u$_/x",
             token($iss, "u$_", $key, header => { kid => $kid }))
    } 1 .. 2;
}


# publishes, and says when a gateway had the answer

sub publish {
    my ($provider, @keys) = @_;

    $provider->document('/jwks', jwks(@keys));
    await_fetch($provider) or die "nobody asks for keys\n";

    my @seen = $provider->requests('/jwks');
    return $seen[-1]{ended};
}


fault E10 => 'rotation, withdrawal, kids changed', sub {
    my ($row) = @_;

    my $provider = provider();
    my $front = front(provider_block($provider, cooldown => '2s'));
    await_keys($front, $provider);

    my ($late, $back) = (0, 0);
    my $gone = sub {
        my ($load, $group, $at) = @_;

        my $seen = $row->add($load->stop);
        my $after = ($seen->last($group, 200) // 0) - $at;
        $late = $after if $after > $late;
        $row->must($after <= 1, "$group: accepted $after s after the refresh");
        $row->must($seen->count($group, 401) > 0, "$group: refused at last");
    };

    # a key that stays all the time

    my $steady = key('RS256', 'steady');
    publish($provider, $steady, good());
    my $all = load(['-r', 150], under($front, $provider, 'steady', 200,
                                      $steady, 'steady'));

    for my $round (1 .. full(8, 1)) {
        my ($old, $new) = map { key('P-256', "round$_") } $round, $round + 1;
        publish($provider, $steady, $old);

        # used before it is published, then published, then used; the tokens
        # of both keys ask for it

        my $early = load(['-r', 50, '-t', 1.5],
                         under($front, $provider, 'early', 401, $new,
                               $new->kid));
        $row->add($early->wait);

        my $published = time;
        $provider->document('/jwks', jwks($steady, $old, $new));
        my $soon = load(['-r', 50, '-t', 3.5],
                        under($front, $provider, 'soon', '200,401', $new,
                              $new->kid));
        my $seen = $row->add($soon->wait);
        my $took = ($seen->first('soon', 200) // $published + 99)
                   - $published;
        $back = $took if $took > $back;

        my $used = load(['-r', 150, '-t', 1],
                        under($front, $provider, 'new', 200, $new,
                              $new->kid),
                        under($front, $provider, 'old', 200, $old,
                              $old->kid));
        $row->add($used->wait);

        # withdrawn

        my $load = load(['-r', 150], under($front, $provider, 'old',
                                           '200,401', $old, $old->kid));
        my $at = publish($provider, $steady, $new);
        sleep 1.5;
        $gone->($load, 'old', $at);
    }

    # the same kid for another key; then two keys that change their kids

    my ($one, $two) = map { key('P-256', $_) } qw(one two);
    publish($provider, $steady, $one);
    my $load = load(['-r', 100],
                    under($front, $provider, 'was', '200,401', $one, 'one'),
                    under($front, $provider, 'is', '200,401', $two, 'one'));
    my $at = publish($provider, $steady, $two->jwk(kid => 'one'));
    sleep 1.5;
    $gone->($load, 'was', $at);

    publish($provider, $steady, $one, $two);
    $load = load(['-r', 100],
                 under($front, $provider, 'swapped', '200,401', $one, 'one'));
    $at = publish($provider, $steady, $one->jwk(kid => 'two'),
                  $two->jwk(kid => 'one'));
    sleep 1.5;
    $gone->($load, 'swapped', $at);
    $row->add(load(['-r', 100, '-t', 0.5],
                   under($front, $provider, 'changed', 200, $one, 'two'),
                   under($front, $provider, 'changed', 200, $two, 'one'))
              ->wait);

    $row->add($all->stop);
    $row->nothing_lost;
    $row->fetches(fetches($provider));
    $row->recover($back);
    $row->figure(sprintf 'published: 0 lost; unpublished: none, back <= 3 s'
                 . ' (cooldown 2 s); withdrawn: none %.2f s (<= 1)'
                 . ' after the refresh', $late < 0 ? 0 : $late);
    $row->must($back <= 3.2, 'a new key is found within the cooldown');
    $front->stop($row);
};


# The provider takes a second for its keys: whoever waits for them is seen.

fault E11 => alone => 'flood of unknown kids', sub {
    my ($row) = @_;

    my ($n, $cooldown) = (full(1_000_000, 30_000), full(10, 2));
    my $provider = provider();
    my $front = front(provider_block($provider, cooldown => "${cooldown}s",
                                     refresh => '10m'));
    await_keys($front, $provider);
    $provider->fault('/jwks', delay => 1);
    $provider->clear;

    my $known = sub {
        load(['-r', 300], users($front, $provider, group => 'known'));
    };
    my $calm = $known->();
    sleep full(10, 1);
    $row->add($calm = $calm->stop);

    my $begun = time;
    my $beside = $known->();
    my $flood = load(['-r', full(17_000, 12_000), '-n', $n, '-c', 64],
                     line($front, 'unknown', 401, '-', '/u1/x',
                          random_kids($provider->issuer(''))));
    sleep full(5, 1);
    my @workers = workers($front);
    my $memory = 0;
    $memory -= rss($_) for @workers;

    my $seen = $row->add($flood->wait);
    my $took = since $begun;
    $memory += rss($_) for @workers;
    my $unharmed = $row->add($beside->stop);
    my $max = $unharmed->{groups}{known}{max};

    sleep 1.5;
    my @times = map { $_->{time} } $provider->requests('/jwks');
    my $least = 1e9;
    for (1 .. $#times) {
        my $apart = $times[$_] - $times[$_ - 1];
        $least = $apart if $apart < $least;
    }

    $row->fetches(scalar @times);
    $row->figure(sprintf '%d kids in %.0f s: a fetch per cooldown (%d s),'
        . ' over all workers; known keys: slowest %.0f ms, p99 %.1f ms'
        . ' (%.1f alone); memory %+d kB', $n, $took, $cooldown, $max * 1000,
        $unharmed->{groups}{known}{p99} * 1000,
        $calm->{groups}{known}{p99} * 1000, $memory);
    $row->must(@times >= 1, 'they were asked for');
    $row->must(@times <= 1 + $took / $cooldown, scalar(@times) . ' fetches');
    $row->must($least > $cooldown - 0.1, "fetches $least s apart");
    $row->must($max < 0.5, 'nobody with a known key waited');
    $row->must($memory < 1024, 'memory');
    $row->must($seen->{sent} >= $n, 'all were sent');
    $row->nothing_lost;
    $front->stop($row);
};


1;

# The provider's name leads nowhere, or to an address that must not be asked.

use strict;
use warnings;

use AuthTenant::Resolver ();
use Faults;
use Time::HiRes qw(sleep time);


fault E9 => inside => 'DNS fails, or names this host', sub {
    my ($row) = @_;

    my ($name, $address) = ('login.example.com', '192.0.2.1');
    my @forbidden = ('127.0.0.1', '169.254.169.254');

    AuthTenant::Namespace->import($address, $forbidden[1]);

    my $dns = AuthTenant::Resolver->start(port => 53, $name => $address);
    $dns->ttl(0);

    my $provider = provider(host => $name, address => $address);
    my @traps = map {
        AuthTenant::Provider->start(host => $name, address => $_,
                                    port => $provider->port)
    } @forbidden;
    $_->realm('', Faults::evil()) for @traps;

    my $front = front(provider_block($provider, allow_http => 'on'));
    await_keys($front, $provider);
    my $load = load(['-r', 300], mix($front, $provider));

    my $failures = sub { scalar(() = $front->log =~ /next try in/g) };
    my @ways = ('nxdomain', 'servfail', 'never', 'empty', 'other', 'garbage',
                @forbidden, '0.0.0.0', '224.0.0.1');

    for my $way (@ways) {
        $dns->name($name, $way);
        my $before = $failures->();
        $row->must(defined until_true(15, sub { $failures->() > $before }),
                   "$way: a fetch fails");
        sleep full(3, 0);
    }

    # now one, now the other: the address that is asked is the one that was
    # looked at

    $dns->name($name, [$address], [$forbidden[0]], [$forbidden[1]]);
    sleep full(30, 4);

    $dns->name($name, $address);
    $provider->document('/jwks', AuthTenant::Token::jwks(good(), good(2)));
    my $healed = time;
    my $next = load(['-r', 20, '-t', 5],
                    users($front, $provider, group => 'new', key => good(2),
                          status => '200,401'));
    my $seen = $row->add($next->wait);

    $row->add($load->stop);
    $row->recover(($seen->first('new', 200) // $healed + 99) - $healed);
    $row->fetches(fetches($provider));
    $row->figure('old keys stay; no connection to loopback or link-local;'
                 . ' new key <= 4.5 s');
    $row->must($row->{recover} <= 4.5, 'a new key is found in time');
    $row->must($_->connections == 0, 'nobody asked ' . $_->{host})
        for @traps;
    $row->nothing_lost;
    $front->stop($row);
};


1;

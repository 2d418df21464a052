#!/usr/bin/perl

# Keys by discovery from the certified oidc-provider, while it changes them:
# as it should, and as it should not.  Tokens are of people who sign in there.

use strict;
use warnings;

use File::Basename qw(dirname);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use lib dirname(__FILE__) . '/lib';
use Real;
use Real::Gateway;
use Real::Provider;

# refresh may be late by a tenth

my ($refresh, $cooldown) = (1.1, 1);

my $real = Real->new(limit => 90);
my $provider = Real::Provider->new($real);
my $gateway = Real::Gateway->new($real, <<"E");
        issuer    "@{[ $provider->issuer ]}";
        claims    user=name tenant=current_tenant modules=permissions;
        tenants   acme;
        refresh   1s;
        cooldown  1s;
E

my @place = ('jupyter.acme.example.com', '/maksym/');
my $yes = '200 ok maksym of acme';


sub token { $provider->sign_in('acme', 'maksym') }


# what somebody with that token is answered, over and over, by the time that
# the outcome is asked for: all different answers

sub load
{
    my ($token) = @_;

    my $go_on = $real->file('load', '');
    my $pid = open my $out, '-|' // die "fork: $!\n";

    if ($pid == 0) {
        my %answers;
        while (-e $go_on) {
            $answers{$gateway->ask(@place, $token)}++;
            sleep 0.002;
        }
        print map { "$_\n" } sort keys %answers;
        close STDOUT;
        POSIX::_exit(0);
    }

    return sub {
        unlink $go_on;
        chomp(my @answers = <$out>);
        close $out;
        return join ' / ', @answers;
    };
}


my $first = token();
ok($gateway->until($yes, 5, @place, $first),
   'a token, by keys that discovery has found');


subtest 'E10: a key that is added, then used' => sub {

    my $load = load($first);

    $provider->rotate('add');
    sleep $refresh + $cooldown;
    $provider->rotate('use');
    my $second = token();

    is($gateway->everywhere(@place, $second), $yes, 'is known by then');
    is($gateway->everywhere(@place, $first), $yes, 'so is the one before');
    is($load->(), $yes, 'and nothing was lost all the while');
};


subtest 'A7.9: a key that is removed' => sub {

    my $kept = token();
    my $load = load($kept);

    $provider->rotate('remove');

    ok($gateway->until('401 unknown_key', $refresh + 1, @place, $first),
       'ends its tokens, for all workers, by refresh + 1 s');
    my @after = map { $gateway->ask(@place, $first) } 1 .. 50;
    is(scalar(grep { $_ ne '401 unknown_key' } @after), 0, 'and for good');

    is($gateway->everywhere(@place, $kept), $yes, 'the other is still there');
    is($load->(), $yes, 'and always was');
};


subtest 'E10: a key that is used at once' => sub {

    my $old = token();
    sleep $cooldown;

    $provider->rotate('replace');
    my $new = token();

    ok($gateway->until($yes, $cooldown + 1, @place, $new),
       'is known within the cooldown');
    ok($gateway->until('401 unknown_key', $refresh + 1, @place, $old),
       'the one before it has ended');
};


subtest 'E10: another key with the same id' => sub {

    my $old = token();
    is($gateway->everywhere(@place, $old), $yes, 'the one before');

    $provider->rotate('same kid');
    my $new = token();

    ok($gateway->until($yes, $refresh + 1, @place, $new), 'is taken');
    is($gateway->everywhere(@place, $old), '401 bad_signature',
       'and the one before is no more');
};


subtest 'E10: two keys exchange their ids' => sub {

    $provider->rotate('add');
    my $before = token();
    ok($gateway->until($yes, $refresh + 1, @place, $before), 'before');

    $provider->rotate('swap kids');
    my $after = token();

    ok($gateway->until($yes, $refresh + 1, @place, $after), 'after');
    is($gateway->everywhere(@place, $before), '401 bad_signature',
       'what was signed under the old id does not pass under the new one');
};


subtest 'E3: the provider does not answer' => sub {

    my $token = token();
    ok($gateway->until($yes, $refresh + 1, @place, $token), 'before');

    my $load = load($token);
    $real->signal('provider', 'STOP');
    sleep 2 * $refresh;

    $real->signal('nginx', 'HUP');
    sleep 1;
    is($gateway->everywhere(@place, $token), $yes,
       'what is known is judged, also by workers that came meanwhile');
    is($load->(), $yes, 'nothing was lost');

    $real->signal('provider', 'CONT');
    $provider->rotate('replace');
    ok($gateway->until($yes, 8, @place, token()), 'then it is back');
};


is_deeply([$real->faults], [], 'nginx has nothing to complain of');

done_testing();

#!/usr/bin/perl

# A realm of Keycloak for each tenant, and one provider block for all of them:
# issuer ".../realms/{tenant}".  There is a maksym in two of them, and the key
# that each realm comes with has the same id.
#
# Needs what t/real/install-keycloak installs.

use strict;
use warnings;

use File::Basename qw(dirname);
use JSON::PP;
use MIME::Base64 qw(decode_base64url encode_base64url);
use Test::More;
use Time::HiRes qw(sleep time);

use lib dirname(__FILE__) . '/lib';
use Real;
use Real::Gateway;
use Real::Keycloak;

my $missing = Real::Keycloak::missing();
plan skip_all => "no Keycloak: $missing" if defined $missing;

# refresh may be late by a tenth

my $refresh = 1.1;

my $real = Real->new(limit => 170);
my $keycloak = Real::Keycloak->new($real);
my $gateway = Real::Gateway->new($real, <<"E");
        issuer        "@{[ $keycloak->template ]}";
        claims        user=preferred_username tenant=current_tenant
                      modules=permissions;
        refresh       1s;
        cooldown      1s;
        read_timeout  2s;
E

my $acme = 'jupyter.acme.example.com';
my $globex = 'jupyter.globex.example.com';

my $maksym = $keycloak->sign_in('acme', 'maksym');
my $alice = $keycloak->sign_in('acme', 'alice');
my $namesake = $keycloak->sign_in('globex', 'maksym');
my $eve = $keycloak->sign_in('globex', 'eve');


sub kid
{
    my ($token) = @_;
    return decode_json(decode_base64url($token =~ s/\..*//r))->{kid};
}


# a token with the claims of one, changed, signed with the key of a realm

sub forge
{
    my ($token, $tenant, %claims) = @_;

    my ($header, $payload) = split /\./, $token;
    my $text = encode_json({
        %{ decode_json(decode_base64url($payload)) }, %claims });
    my $input = "$header." . encode_base64url($text);

    my $out = $real->path('signature');
    $real->run({}, qw(openssl dgst -sha256), '-out', $out,
               '-sign', $keycloak->key_file($tenant),
               $real->file('input', $input));

    return "$input." . encode_base64url(Real::read_file($out));
}


subtest 'keys are fetched when they are first needed' => sub {

    $keycloak->pause;
    is($gateway->ask($acme, '/maksym/', $maksym), '503 keys_unavailable',
       'A1.5: there are none while Keycloak does not answer');
    ok($gateway->retry_after, 'and a time to come back');
    is($gateway->ask($acme, '/maksym/'), '401 no_token',
       'who brings nothing is told so');

    $keycloak->go_on;
    ok($gateway->until('200 ok maksym of acme', 8, $acme, '/maksym/', $maksym),
       'they come when it does');
};


subtest 'a realm for each tenant' => sub {

    is(kid($maksym), kid($namesake), "the id of both realms' keys");

    is($gateway->everywhere($acme, '/maksym/', $maksym),
       '200 ok maksym of acme', 'maksym of acme');
    is($gateway->everywhere($globex, '/maksym/', $namesake),
       '200 ok maksym of globex', 'maksym of globex');
    is($gateway->everywhere($acme, '/alice/', $alice), '200 ok alice of acme',
       'alice of acme');
    is($gateway->everywhere($globex, '/eve/', $eve), '200 ok eve of globex',
       'eve of globex, who has her display name');

    is($gateway->everywhere($acme, '/alice/', $maksym), '403 wrong_user',
       "not to each other's");
    is($gateway->everywhere('datalab.globex.example.com', '/maksym/',
                            $namesake),
       '403 wrong_module', 'not where Keycloak gives no role');
    is($gateway->everywhere($acme, '/maksym/',
                            $keycloak->sign_in('acme', 'maksym', 'elsewhere')),
       '401 wrong_audience', "not with another client's token");
};


subtest 'no realm speaks for another' => sub {

    is($gateway->everywhere($globex, '/maksym/', $maksym), '401 wrong_issuer',
       'maksym of acme at globex');
    is($gateway->everywhere($acme, '/maksym/', $namesake), '401 wrong_issuer',
       'maksym of globex at acme');

    # equal key ids, and a key that signs whatever it is asked to

    is($gateway->everywhere($acme, '/maksym/', forge($maksym, 'acme')),
       '200 ok maksym of acme', "acme's name under its own key");
    is($gateway->everywhere($acme, '/maksym/', forge($maksym, 'globex')),
       '401 bad_signature', "acme's name under globex's key");
    is($gateway->everywhere($globex, '/maksym/', forge($namesake, 'acme')),
       '401 bad_signature', "globex's name under acme's");
    is($gateway->everywhere($globex, '/maksym/',
           forge($maksym, 'acme', current_tenant => 'globex')),
       '401 wrong_issuer', 'acme, and a claim to be of globex');
    is($gateway->everywhere($acme, '/maksym/',
           forge($namesake, 'globex', current_tenant => 'acme')),
       '401 wrong_issuer', 'and the other way round');
};


subtest 'a realm that is not there' => sub {

    my $stray = forge($maksym, 'acme', iss => $keycloak->issuer('nowhere'),
                      current_tenant => 'nowhere');

    ok($gateway->until('404 unknown_tenant', 5, 'jupyter.nowhere.example.com',
                       '/maksym/', $stray), 'is no tenant');
    is($gateway->ask('jupyter.nowhere.example.com', '/maksym/', $maksym),
       '401 wrong_issuer', 'nor the place for a token of another one');

    # Keycloak's own realm, of its administrators, is there

    like($gateway->ask('jupyter.master.example.com', '/admin/',
                       $keycloak->admin_token),
         qr/^401 /, 'whoever administers Keycloak is nobody here');
};


subtest 'E10: acme changes its key' => sub {

    my $old = $maksym;
    $keycloak->add_key('acme');
    my $new = $keycloak->sign_in('acme', 'maksym');

    isnt(kid($new), kid($old), 'it signs with another one');
    ok($gateway->until('200 ok maksym of acme', 3, $acme, '/maksym/', $new),
       'which nobody had seen');
    is($gateway->everywhere($acme, '/maksym/', $old), '200 ok maksym of acme',
       'the old one is still published');

    $keycloak->remove_key('acme', $keycloak->signing('acme'));
    ok($gateway->until('401 unknown_key', $refresh + 1, $acme, '/maksym/',
                       $old),
       'A7.9: and ends, for all workers, by refresh + 1 s');
    is($gateway->everywhere($acme, '/maksym/', $new), '200 ok maksym of acme',
       'the new one goes on');
    is($gateway->everywhere($globex, '/maksym/', $namesake),
       '200 ok maksym of globex', "so does globex's, with the id of the old");

    $keycloak->add_key('acme', kid($old));
    my $again = $keycloak->sign_in('acme', 'maksym');

    is(kid($again), kid($old), 'another key with the old id');
    ok($gateway->until('200 ok maksym of acme', 3, $acme, '/maksym/', $again),
       'is good');
    is($gateway->everywhere($acme, '/maksym/', $old), '401 bad_signature',
       'for its own tokens');

    $maksym = $again;
};


subtest 'E3, E26: Keycloak does not answer' => sub {

    $keycloak->pause;
    sleep 2 * $refresh;

    my ($slowest, %answers) = (0);
    for (1 .. 20) {
        my $start = time;
        $answers{$gateway->ask($acme, '/maksym/', $maksym)}++;
        $slowest = time - $start if time - $start > $slowest;
    }
    is(join(' / ', sort keys %answers), '200 ok maksym of acme',
       'who is known is let in');
    cmp_ok($slowest, '<', 0.5, 'and waits for nothing');

    my $stranger = forge($maksym, 'globex', iss => $keycloak->issuer('new'),
                         current_tenant => 'new');
    is($gateway->ask('jupyter.new.example.com', '/maksym/', $stranger),
       '503 keys_unavailable', 'a tenant that nobody had asked for must wait');

    $real->signal('nginx', 'HUP');
    sleep 1;
    is($gateway->everywhere($acme, '/maksym/', $maksym),
       '200 ok maksym of acme', 'the keys outlive a reload');
    is($gateway->everywhere($globex, '/maksym/', $namesake),
       '200 ok maksym of globex', "also globex's");

    $keycloak->go_on;
    ok($gateway->until('404 unknown_tenant', 10, 'jupyter.new.example.com',
                       '/maksym/', $stranger),
       'then Keycloak says that there is no such tenant');
};


is_deeply([$real->faults], [], 'nginx has nothing to complain of');

done_testing();

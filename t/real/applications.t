#!/usr/bin/perl

# Applications of which every user has an instance of their own, selected by
# $auth_upstream, with tokens from a real OpenID provider: the user in the path
# or in the token only, the token from the client or from an auth service.
#
#   provider.mjs   oidc-provider: two tenants, and a maksym in each
#   login          a person signing in: authorization code flow, PKCE
#   app            instances that say who they are and what they were sent
#   session        an external auth service, for auth_request
#   dns            the cluster's names
#
# lib/Real/Site.pm has the configuration.  Needs what t/real/install installs,
# and no network but loopback.

use strict;
use warnings;

use File::Basename qw(dirname);
use Test::More;

use lib dirname(__FILE__) . '/lib';
use Real;
use Real::Site;

my $real = Real->new(limit => 90);
my $site = Real::Site->new($real);

$site->gateway;

my $maksym = $site->sign_in('acme', 'maksym');
my $alice = $site->sign_in('acme', 'alice');
my $namesake = $site->sign_in('globex', 'maksym');
my $eve = $site->sign_in('globex', 'eve');
my $elsewhere = $site->sign_in('acme', 'maksym', 'elsewhere');

my $datalab = 'datalab.acme.example.com';
my $studio = 'studio.acme.example.com';
my $desk = 'desk.acme.example.com';


sub status
{
    my ($host, $path, %o) = @_;
    return $real->get($host, $path, %o)->{status};
}


# had now, so that nobody need wait for it later

my $brief = $site->sign_in('acme', 'maksym', 'platform', 'brief');
is($site->instance($datalab, '/maksym/', token => $brief),
   'datalab--maksym.acme for maksym', 'a token that expires soon, before');


subtest 'the user in the path' => sub {

    is($site->instance($datalab, '/maksym/notes', token => $maksym),
       'datalab--maksym.acme for maksym', 'maksym has his own');
    is($site->instance($datalab, '/alice/notes', token => $alice),
       'datalab--alice.acme for alice', 'and alice hers');
    is($site->instance('datalab.globex.example.com', '/maksym/',
                       token => $namesake),
       'datalab--maksym.globex for maksym',
       'maksym of globex is somebody else');

    my $sent = $real->get($datalab, '/maksym/a%20b?c=%2F', token => $maksym);
    is($sent->{json}{path}, '/maksym/a%20b?c=%2F', 'the path stays as it was');

    is($site->instance($datalab, '/maksym/', token =>
                       $site->sign_in('acme', 'maksym', 'platform-ec')),
       'datalab--maksym.acme for maksym', 'a token signed with ES256');
};


subtest 'one URL for all' => sub {

    is($site->instance($studio, '/', token => $maksym),
       'studio--maksym.acme for maksym', "maksym's is his own");
    is($site->instance($studio, '/', token => $alice),
       'studio--alice.acme for alice', "alice's is hers");
    is(status($studio, '/', token => $namesake), 403,
       'not for maksym of globex');
};


subtest 'what the token does not say is refused' => sub {

    is(status($datalab, '/alice/', token => $maksym), 403,
       "another user's path");
    is(status('datalab.globex.example.com', '/maksym/', token => $maksym), 403,
       "another tenant's host, though it has a maksym");
    is(status($datalab, '/maksym/', token => $namesake), 403,
       'and the other way round');
    is(status('billing.acme.example.com', '/maksym/', token => $maksym), 403,
       'a module that he has no permission for');
    is(status($datalab, '/maksym/', token => $elsewhere), 401,
       'a token for another audience');
    is(status($datalab, '/maksym/', token =>
              $maksym =~ s/\.(.)/$1 eq 'Z' ? '.Y' : '.Z'/er), 401,
       'a changed token');
    is(status('datalab.acme.example.org', '/maksym/', token => $maksym), 404,
       'a host that is not ours');

    my $none = $real->get($datalab, '/maksym/');
    is($none->{status}, 401, 'A1.1: no token');
    like($none->{head}, qr/^WWW-Authenticate: Bearer realm="[^"]*"\r$/m,
         'A1.1: a bare challenge');

    # her label isn't known to the name server

    is(status('datalab.globex.example.com', '/eve/', token => $eve), 502,
       "who has no instance gets nobody else's");
};


subtest 'B2.5: a forged identity never arrives' => sub {

    my @forged = ('X-User-Id: eve', 'x_user_id: eve', 'X_User_Id: eve',
                  'X-User_Id: eve', 'x-user-id: eve');

    my $sent = $real->get($datalab, '/maksym/', token => $maksym,
                          headers => \@forged)->{json};
    is_deeply([header($sent, 'X-User-Id')], ['maksym'], 'only the verified');

    $sent = $real->get($datalab, '/maksym/', token => $maksym,
                       headers => [@forged, 'Connection: X-User-Id'])->{json};
    is_deeply([header($sent, 'X-User-Id')], ['maksym'],
              'also when the client calls the header hop-by-hop');

    $sent = $real->get($datalab, '/about', headers => \@forged)->{json};
    is($sent->{instance}, 'datalab--alice.acme', 'a page that is open to all');
    is_deeply([header($sent, 'X-User-Id')], [], 'none there');
};


subtest 'A1.9: the token stays at the gateway' => sub {

    my $sent = $real->get($datalab, '/maksym/', token => $maksym)->{json};
    is_deeply([header($sent, 'Authorization')], [], 'none arrives');
};


subtest 'the token from an external auth service' => sub {

    # a session for a token, and what the browser sends from then on

    my $session = sub {
        my $id = $real->get('session', '/sessions', data => $_[0],
                            to => $site->session)->{body};
        return ["Cookie: session=$id; theme=dark"];
    };

    my $cookie = $session->($maksym);

    is($site->instance($desk, '/maksym/', headers => $cookie),
       'desk--maksym.acme for maksym', "maksym's session");
    is($site->instance($desk, '/alice/', headers => $session->($alice)),
       'desk--alice.acme for alice', "alice's session");

    my $sent = $real->get($desk, '/maksym/', headers => $cookie)->{json};
    is_deeply([header($sent, 'Authorization')], [],
              'the token stays at the gateway');

    is(status($desk, '/maksym/'), 401, 'no session');
    is(status($desk, '/maksym/', headers => ['Cookie: session=none']), 401,
       'no such session');
    is(status($desk, '/maksym/', token => $maksym), 401,
       'no session, but a token, which nobody asked for');
    is(status($desk, '/alice/', headers => $cookie), 403,
       "another user's path");
    is(status($desk, '/maksym/', headers => $session->($namesake)), 403,
       'a session of another tenant');
    is(status($desk, '/maksym/', headers => $session->($elsewhere)), 401,
       'a session with a token for another audience');
    is(status($desk, '/maksym/', headers => $session->('Zm9v.YmFy.YmF6')), 401,
       'a session with no token');
    is(status($desk, '/_session', headers => $cookie), 404,
       "the auth service is nobody's page");
};


subtest 'A6.4: the token expires' => sub {

    $real->until('end of it', sub {
        status($datalab, '/maksym/', token => $brief) == 401
    }, 20);

    is(status($datalab, '/maksym/', token => $brief), 401, 'by path');
    is(status($studio, '/', token => $brief), 401, 'by claim');
    is(status($datalab, '/maksym/', token => $maksym), 200,
       'another one of his has not');
};


is_deeply([$real->faults], [], 'nginx has nothing to complain of');

done_testing();

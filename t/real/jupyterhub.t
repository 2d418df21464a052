#!/usr/bin/perl

# The module where it is meant to stand: between a real OpenID provider, whose
# tokens people get by signing in, and a real JupyterHub, both configured as
# conf-examples/jupyterhub/ has it.
#
#   provider.mjs   oidc-provider: two tenants, and a maksym in each
#   login          a person signing in: authorization code flow, PKCE
#   kernel         a notebook's cell, run over the kernel's WebSocket
#
# Needs what t/real/install installs, and no network but loopback.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Copy qw(copy);
use Test::More;

use lib dirname(__FILE__) . '/lib';
use Real;
use Real::Site;

my $python = "$Real::BUILD/real/venv/bin/python";
my $jupyter = 'jupyter.acme.example.com';

my $real = Real->new(limit => 170);
my $site = Real::Site->new($real);


# the example's configuration, with notebook servers that need no cluster

my $hub_port = $real->ports('127.0.0.1');
my $api_port = $real->ports('127.0.0.1');
my $home = $real->path('home');
mkdir $home or die "$home: $!";

my $conf = $real->file('hub.py', <<"E");
load_subconfig("$Real::TOP/conf-examples/jupyterhub/jupyterhub_config.py")

c = get_config()
c.JupyterHub.bind_url = "http://@{[ $site->hub ]}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:$hub_port"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:$api_port"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "$home/{username}"
c.Spawner.ip = "127.0.0.1"
c.Spawner.args = ["--allow-root", "--LabApp.news_url=None"]
E

$real->start('hub', {
    silent => 1,
    env => {
        HOME => $home,
        PATH => "$Real::BUILD/real/venv/bin:"
                . "$Real::BUILD/real/node_modules/.bin:$ENV{PATH}",
    },
}, "$Real::BUILD/real/venv/bin/jupyterhub", '-f', $conf);

my $gateway = $site->gateway;

my $maksym = $site->sign_in('acme', 'maksym');
my $alice = $site->sign_in('acme', 'alice');
my $bob = $site->sign_in('acme', 'bob');
my $namesake = $site->sign_in('globex', 'maksym');
my $elsewhere = $site->sign_in('acme', 'maksym', 'elsewhere');

my $jar = $real->path('browser.jar');

$real->until('answer from JupyterHub', sub {
    status('/hub/api/', token => $maksym) == 200
}, 60);


sub status
{
    my ($path, %o) = @_;
    return $real->get($jupyter, $path, %o)->{status};
}


# whom the hub takes this browser for

sub hub_user
{
    my (%o) = @_;
    return $real->get($jupyter, '/hub/api/user', %o)->{json}{name} // 'nobody';
}


# the session that a browser's cookies are of, and how many tokens the hub has
# given out in it

sub session_of
{
    my ($jar) = @_;

    my ($id) = Real::read_file($jar) =~ /\tjupyterhub-session-id\t(\w+)/
        or die "no session in $jar\n";
    return $id;
}


sub tokens_of
{
    my ($id) = @_;

    return $real->run({}, $python, '-c', <<'E', $real->path, $id);
import sqlite3, sys
print(sqlite3.connect(sys.argv[1] + "/jupyterhub.sqlite").execute(
    "SELECT count(*) FROM api_tokens WHERE session_id = ?",
    sys.argv[2:]).fetchone()[0])
E
}


# what a page of JupyterHub's sends with its own requests

sub xsrf
{
    my ($path) = @_;

    my ($value) = Real::read_file($jar) =~ m{\t\Q$path\E\t.*\t_xsrf\t(\S+)}
        or die "no _xsrf for $path\n";
    return "X-XSRFToken: $value";
}


subtest 'maksym signs in by being verified' => sub {

    is(status('/', jar => $jar, follow => 1), 401, 'not without a token');

    my $page = $real->get($jupyter, '/hub/home', token => $maksym, jar => $jar,
                          follow => 1);
    is($page->{status}, 200, 'which has a page for him');
    like($page->{body}, qr/\buser"?: "maksym"/, 'his own');
    is(hub_user(token => $maksym, jar => $jar), 'maksym', 'the API agrees');
};


subtest 'his own notebook server, and a kernel in it' => sub {

    is(status('/hub/spawn', token => $maksym, jar => $jar, follow => 1), 200,
       'the hub starts it');

    my $lab = $real->until("server of maksym's", sub {
        my $lab = $real->get($jupyter, '/user/maksym/lab', token => $maksym,
                             jar => $jar, follow => 1);
        return $lab->{status} == 200
               && $lab->{url} =~ m{\.com/user/maksym/lab} && $lab;
    }, 60);
    like($lab->{body}, qr/JupyterLab/, 'JupyterLab, with its prefix kept');

    is($real->run({ TOKEN => $maksym }, $python, "$Real::TOP/t/real/kernel",
                  $gateway, $jupyter, 'maksym', $jar, '6*7'), 42,
       'a kernel runs 6*7 over its WebSocket');

    # more than nginx keeps in memory, or takes by default

    my $large = 'x' x (4 << 20);
    my $file = '/user/maksym/api/contents/large.txt';

    is(status($file, token => $maksym, jar => $jar, method => 'PUT',
              headers => ['Content-Type: application/json',
                          xsrf('/user/maksym/')],
              data => '@' . $real->file('large.json', '{"type": "file",'
                        . qq( "format": "text", "content": "$large"}))),
       201, 'a large file is saved');
    is(-s "$home/maksym/large.txt", length $large, 'all of it');
};


# with the cookies of maksym's browser, even

subtest 'nobody else comes there' => sub {

    my $server = '/user/maksym/api/status';

    is(status($server, token => $maksym, jar => $jar), 200, 'maksym does');

    is(status($server, jar => $jar), 401, 'nobody without a token');
    is(status($server, token => $alice, jar => $jar), 403, 'not alice');
    is(status($server, token => $namesake, jar => $jar), 403,
       'not maksym of globex');
    is(status($server, token => $elsewhere, jar => $jar), 401,
       'nobody with a token for another audience');
    is(status('/hub/home', token => $bob, jar => $jar), 403,
       'bob, who has no permission for jupyter, not even to the hub');
};


subtest 'nor maksym anywhere else' => sub {

    is(status('/user/alice/', token => $maksym, jar => $jar), 403,
       "not to alice's server");
    is($real->get('billing.acme.example.com', '/maksym/', token => $maksym)
            ->{status}, 403, 'not to a module that he has no permission for');
    is($real->get('jupyter.globex.example.com', '/hub/home',
                  token => $maksym)->{status}, 403, 'not to another tenant');

    # where his namesake is, who has never met him

    is($site->instance('jupyter.globex.example.com', '/hub/home',
                       token => $namesake),
       'proxy-public.globex for maksym', 'maksym of globex has his own hub');
};


subtest 'B2.1: no detour to a notebook server' => sub {

    # JupyterHub's proxy takes the path as it was sent, decodes it once, reads
    # "\" as "/", and leaves ".." alone.  What it would send to maksym's server
    # is maksym's, however it is written, and whichever location nginx takes
    # for it.

    my %detour = (
        'dot segments'        => '/user/maksym/../../hub/home',
        'encoded dots'        => '/user/maksym/%2e%2e/%2e%2e/hub/home',
        'encoded slash'       => '/user/maksym/..%2f..%2fhub/home',
        'from the hub'        => '/hub/../user/maksym/api/status',
        'encoded letter'      => '/%75ser/maksym/api/status',
        'encoded twice'       => '/%2575ser/maksym/api/status',
        'empty segment'       => '//user/maksym/api/status',
        'backslash'           => '/user\maksym/api/status',
        'backslashes'         => '/\user\maksym\api/status',
        'both'                => '/user\maksym/../hub/home',
        'her name first'      => '/user/alice/../maksym/api/status',
        'her name, encoded'   => '/user/alice/%2e%2e/maksym/api/status',
        'her name, backslash' => '/user/alice\..\maksym/api/status',
        'her name, then out'  => '/user/alice/..%2fmaksym/api/status',
    );

    my $jar = $real->path('alice.jar');
    is(status('/hub/home', token => $alice, jar => $jar, follow => 1), 200,
       'alice has no server, so what servers log is maksym\'s');

    my $requests = sub {
        my $log = Real::read_file($real->path('hub.log'));
        return scalar(() = $log =~ / ServerApp\] \d{3} /g);
    };

    my $before = $requests->();
    cmp_ok($before, '>', 0, 'it has logged his requests');

    for my $how (sort keys %detour) {
        like(status($detour{$how}, token => $alice, jar => $jar),
             qr/^40[034]$/, "$how: $detour{$how}");
    }

    is($requests->(), $before, 'and none of these');
};


subtest 'B2.5: a forged identity' => sub {

    my @forged = ('X-User-Id: eve', 'x_user_id: eve', 'X_USER_ID: eve');
    my %as = (token => $maksym, jar => $real->path('forged.jar'),
              headers => \@forged);

    is(status('/hub/home', %as, follow => 1), 200,
       'is no obstacle to signing in');
    is(hub_user(%as), 'maksym', 'and changes nothing');
};


# The same browser, with the cookies that it has: the gateway's user is alice
# now.  An authenticator that reads the header only when somebody signs in
# would go on as maksym.

subtest 'the browser changes hands' => sub {

    my $old = $real->path('old.jar');
    copy($jar, $old) or die $!;

    is(hub_user(token => $maksym, jar => $jar), 'maksym', 'maksym at first');
    cmp_ok(tokens_of(session_of($old)), '>', 0,
           'his server has tokens of that session');

    is(hub_user(token => $alice, jar => $jar), 'nobody',
       "maksym's session is not alice's");
    is(status('/hub/home', token => $alice, jar => $jar, follow => 1), 200,
       'alice gets a page');
    is(hub_user(token => $alice, jar => $jar), 'alice', 'as alice');

    isnt(session_of($jar), session_of($old), 'in a session of her own');
    is(tokens_of(session_of($old)), 0, 'what the old one had is withdrawn');

    # to and fro, without a pause: never as the other one

    my @as = map {
        my %as = (token => $_, jar => $jar);
        map { status('/hub/home', %as, follow => $_); hub_user(%as) } 0, 1
    } $maksym, $alice, $maksym;

    is("@as", 'nobody maksym nobody alice nobody maksym', 'to and fro');
};


# Whoever gets around the gateway finds a hub that trusts the header, which is
# why it must not be reachable; but no session works without it.

subtest 'the header, on every request' => sub {

    my %around = (to => $site->hub, jar => $jar);
    my @him = (headers => ['X-User-Id: maksym']);

    is(hub_user(%around, @him), 'maksym', 'with the header, he is signed in');
    is(hub_user(%around), 'nobody', 'without it, it does not');
    is(status('/hub/login', to => $site->hub), 403, 'and nobody signs in');
    is(hub_user(%around, @him), 'maksym', 'nor is the session lost by that');

    my @bad = ('Maksym', 'MAKSYM', 'maksym,alice', 'maksym alice', '-maksym',
               '.', '..', 'a..b', '../alice', 'a/b', 'a%2fb', 'maksym.',
               "m\xd0\xb0ksym", 'm' x 65);

    for my $name (@bad) {
        is(status('/hub/login', to => $site->hub,
                  headers => ["X-User-Id: $name"]), 403, "no name: $name");
    }

    # JupyterHub's proxy would make one line of the two

    is(status('/hub/login', to => "127.0.0.1:$hub_port",
              headers => ['X-User-Id: maksym', 'X-User-Id: alice']), 403,
       'two of them');
};


subtest 'an API token of the hub is its owner\'s' => sub {

    my $token = $real->get(
        $jupyter, '/hub/api/users/maksym/tokens', token => $maksym,
        jar => $jar, data => '{"note": "test"}',
        headers => ['Content-Type: application/json', xsrf('/hub/')]
    )->{json}{token};
    ok($token, 'maksym makes one');

    my $line = "Authorization: token $token";
    my $as = sub { hub_user(to => $site->hub, headers => [$line, @_]) };

    is($as->(), 'maksym', 'a server that asks the hub itself may use it');
    is($as->('X-User-Id: maksym'), 'maksym', 'and he may');
    is($as->('X-User-Id: alice'), 'nobody', 'alice may not');
};


subtest 'A6.4: the token expires' => sub {

    my $brief = $site->sign_in('acme', 'maksym', 'platform', 'brief');
    my %as = (token => $brief, jar => $jar);

    is(status('/user/maksym/lab', %as, follow => 1), 200, 'before');
    $real->until('end of it', sub {
        status('/user/maksym/lab', %as) == 401
    }, 20);
    is(status('/user/maksym/lab', %as), 401, 'after');
    is(hub_user(%as), 'nobody', 'for the hub too');
};


is_deeply([$real->faults], [], 'nginx has nothing to complain of');

done_testing();

#!/usr/bin/perl

# A token that was verified before is not verified again (A6.9): it is known on
# its connection, to its worker, or in the zone.  All but its signature is
# looked at again, and none is known any longer under other keys or settings.
# nginx's debug log says how a token was judged.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Client qw(until_true);
use AuthTenant::Judged qw(anew judged);
use AuthTenant::Net qw(reload);
use AuthTenant::Nginx;
use AuthTenant::Token qw(b64u json jwks key sign tamper unb64u);

use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = AuthTenant::Nginx::dir();
my ($one, $two) = map { key('ES256', $_) } qw(one two);
my $issuer = 'https://id.example.com';


sub token {
    my ($change, %opt) = @_;

    my $now = int time;
    my %claims = (iss => $issuer, aud => 'app', sub => '1', name => 'maksym',
                  tenant => 'acme', modules => ['jupyter'], iat => $now - 5,
                  exp => $now + 600, %{ $change // {} });
    return sign($opt{key} // $one, \%claims, %{ $opt{sign} // {} });
}


# replaced in one go

sub keys_are {
    my ($file, @keys) = @_;

    open my $fh, '>', "$dir/$file.new" or die "$file: $!\n";
    print $fh jwks(@keys);
    close $fh;
    rename "$dir/$file.new", "$dir/$file" or die "$file: $!\n";
}


sub provider {
    my ($name, @lines) = @_;

    return <<"END";
    auth_tenant_provider $name {
        issuer $issuer;  audience app;  jwks_file DIR/$name.json;
        claims user=name tenant=tenant modules=modules;  leeway 0;
        @lines
    }
END
}


sub start {
    my (%conf) = @_;

    my $workers = $conf{workers} // 1;

    return AuthTenant::Nginx->start(
        main => "worker_processes $workers;\n" . ($conf{main} // ''),
        http => "error_log $dir/debug.log debug;\n"
                . ($conf{http} // provider('corp')),
        server => <<'END' . ($conf{server} // ''));
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result:$pid always;
        add_header        X-User "$auth_user of $auth_tenant" always;
        empty_gif;
    }
END
}


sub fresh { keys_are('corp.json', $one); anew() }


fresh();


subtest 'where it is known' => sub {

    my $nginx = start(workers => 2);
    my %at = AuthTenant::Client::each_worker($nginx);
    my ($first, $second) = values %at;
    my $token = token();
    judged();

    is($first->ask('/acme/maksym/', $token), '200 ok', 'a token');
    is(judged(), 'verified', 'that nobody knows');

    is($first->ask('/acme/maksym/', $token), '200 ok', 'again');
    is(judged(), 'connection', 'on the same connection');

    my $other = AuthTenant::Client->at($nginx, $first->pid);
    is($other->ask('/acme/maksym/', $token), '200 ok', 'again');
    is(judged(), 'process', 'on another one of the same worker');

    is($other->ask('/acme/maksym/', $token), '200 ok', 'again');
    is(judged(), 'connection', 'which knows it then');

    is($second->ask('/acme/maksym/', $token), '200 ok', 'again');
    is(judged(), 'zone', 'on one of another worker');

    is($second->ask('/acme/maksym/', $token), '200 ok', 'again');
    is(judged(), 'connection', 'which knows it then');

    my $killed = $first->pid;
    kill KILL => $killed;
    until_true(sub { !grep { $_ == $killed } AuthTenant::Client::workers($nginx)
                     and AuthTenant::Client::workers($nginx) == 2 });
    my ($new) = grep { $_ != $second->pid } AuthTenant::Client::workers($nginx);

    is(AuthTenant::Client->at($nginx, $new)->ask('/acme/maksym/', $token),
       '200 ok', 'again');
    is(judged(), 'zone', 'on one that has come for one that was killed');

    like($nginx->stop, qr/\A(?:.*exited on signal 9.*\n)?\z/,
         'nothing else alarming in its log');
};


# a proxy in front brings those of many users

subtest 'users who share a connection' => sub {

    my $nginx = start();
    my $client = AuthTenant::Client->new($nginx);
    my %token = map { my ($user, $tenant) = split / of /;
                      $_ => token({ name => $user, tenant => $tenant }) }
                'maksym of acme', 'maria of acme', 'maksym of globex';

    for my $round (1 .. 3) {
        for my $who (sort keys %token) {
            my ($user, $tenant) = split / of /, $who;
            my $answer = $client->send("/$tenant/$user/", $token{$who})->answer;
            is($answer->{headers}{'x-user'}, $who, "round $round: $who");

            for my $other (grep { $_ ne $who } sort keys %token) {
                my ($user, $tenant) = split / of /, $other;
                like($client->ask("/$tenant/$user/", $token{$who}),
                     qr/^403 wrong_/, "and not $other");
            }
        }
    }
    is($nginx->stop, '', 'nothing alarming in its log');
};


# what a cached answer must not be good for

subtest 'all else is looked at again' => sub {

    my $nginx = start(workers => 2, server => <<'END');
    location /rule/ {
        auth_tenant          corp;
        auth_tenant_path     "/rule/{tenant}/{user}/";
        auth_tenant_require  plan is gold;
        add_header           X-Result $auth_result:$pid always;
        empty_gif;
    }
END
    my %at = AuthTenant::Client::each_worker($nginx);
    my $token = token({ exp => int(time) + 4, plan => 'silver' });

    for my $client (values %at) {
        is($client->ask('/acme/maksym/', $token), '200 ok', 'a token');
        is($client->ask('/acme/maria/', $token), '403 wrong_user', 'its user');
        is($client->ask('/globex/maksym/', $token), '403 wrong_tenant',
           'its tenant');
        is($client->ask('/rule/acme/maksym/', $token), '403 rule', 'a rule');
        is($client->ask('/acme/maksym%2fx', $token), '400 bad_path',
           'its path, which ends the connection');
    }

    sleep 4.2;
    is(AuthTenant::Client->at($nginx, $_)->ask('/acme/maksym/', $token),
       '401 expired', 'its time') for keys %at;
    is($nginx->stop, '', 'nothing alarming in its log');
};


# an entry lives as long as its token is accepted, which is "leeway" longer

subtest 'a token that has just expired' => sub {

    my $nginx = start(workers => 2,
                      http => provider('corp') =~ s/leeway 0/leeway 60/r);
    my %at = AuthTenant::Client::each_worker($nginx);
    my ($first, $second) = values %at;
    my $token = token({ exp => int(time) - 5 });
    judged();

    is($_->ask('/acme/maksym/', $token), '200 ok', 'is good for a moment')
        for $first, $first, $second;
    is(judged(), 'verified, connection, zone', 'and known for it');
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'others that look like it' => sub {

    my $nginx = start(workers => 2);
    my %at = AuthTenant::Client::each_worker($nginx);
    my $token = token();
    my ($header, $payload, $signature) = split /\./, $token;

    $_->ask('/acme/maksym/', $token) for values %at;

    # of the same length, with the same end

    (my $maria = $payload) =~ s/.{8}\z/AAAAAAAA/;
    my $claims = decode_json(unb64u($payload));
    my %forged = (
        'other claims' => join('.', $header, b64u(json({ %$claims,
                               name => 'maksyn' })), $signature),
        'claims that are none' => join('.', $header, $maria, $signature),
        'another signature' => tamper($token, 2),
        'no signature' => "$header.$payload.",
        'one more character' => "${token}A",
        'one less' => substr($token, 0, -1),
    );

    for my $client (values %at) {
        for my $what (sort keys %forged) {
            like($client->ask('/acme/maksym/', $forged{$what}), qr/^401 /,
                 $what);
            like($client->ask('/acme/maksyn/', $forged{$what}), qr/^401 /,
                 "$what, for another user");
        }
        is($client->ask('/acme/maksym/', $token), '200 ok', 'itself');
    }
    is($nginx->stop, '', 'nothing alarming in its log');
};

# A7: a withdrawn key's tokens go with it

subtest 'another key' => sub {

    my $nginx = start(workers => 2);
    my %at = AuthTenant::Client::each_worker($nginx);
    my $token = token();

    is($_->ask('/acme/maksym/', $token), '200 ok', 'a token') for values %at;

    keys_are('corp.json', $two);
    for my $client (values %at) {
        until_true(sub { $client->ask('/acme/maksym/', $token)
                         eq '401 unknown_key' });
        pass('is not known when its key is withdrawn');
    }

    keys_are('corp.json', $two, $one);
    for my $client (values %at) {
        until_true(sub { $client->ask('/acme/maksym/', $token) eq '200 ok' });
        pass('and is accepted when it is back');
    }

    # of the same name

    keys_are('corp.json', key('ES256', 'another')->jwk(kid => 'one'));
    for my $client (values %at) {
        until_true(sub { $client->ask('/acme/maksym/', $token)
                         eq '401 bad_signature' });
        pass('another one of the same name is not it');
    }

    # in another order

    keys_are('corp.json', $one, $two);
    until_true(sub { $_->ask('/acme/maksym/', $token) eq '200 ok' })
        for values %at;
    judged();
    keys_are('corp.json', $two, $one);
    sleep 3.6;
    is($_->ask('/acme/maksym/', $token), '200 ok', 'the same ones')
        for values %at;
    is(judged(), 'connection, connection', 'in another order are the same');

    fresh();
    is($nginx->stop, '', 'nothing alarming in its log');
};


# A7: nor does it come back with a worker that comes for one that was killed

subtest 'another key, and another worker' => sub {

    keys_are('corp.json', $one);
    my $nginx = start();
    my $token = token();
    my $client = AuthTenant::Client->new($nginx);

    is($client->ask('/acme/maksym/', $token), '200 ok', 'a token');
    keys_are('corp.json', $two);
    until_true(sub { $client->ask('/acme/maksym/', $token)
                     eq '401 unknown_key' });

    my ($killed) = AuthTenant::Client::workers($nginx);
    kill KILL => $killed;
    until_true(sub { grep { $_ != $killed }
                     AuthTenant::Client::workers($nginx) });

    is(AuthTenant::Client->new($nginx)->ask('/acme/maksym/', $token),
       '401 unknown_key', 'of a key that was withdrawn');
    like($nginx->stop, qr/\A(?:.*exited on signal 9.*\n)?\z/,
         'nothing else alarming in its log');
    fresh();
};


subtest 'a refusal' => sub {

    my $nginx = start(workers => 1);
    my $client = AuthTenant::Client->new($nginx);
    my $token = token({}, key => $two);
    judged();

    is($client->ask('/acme/maksym/', $token), '401 unknown_key', 'a token')
        for 1 .. 3;
    is(judged(), '', 'nobody knows it');

    keys_are('corp.json', $one, $two);
    until_true(sub { $client->ask('/acme/maksym/', $token) eq '200 ok' });
    is(judged(), 'verified', 'is not remembered');

    fresh();
    is($nginx->stop, '', 'nothing alarming in its log');
};


# what was verified for one is not for another

subtest 'two providers' => sub {

    keys_are('corp.json', $one);
    keys_are('other.json', $two);

    my $nginx = start(workers => 2,
        http => provider('corp') . provider('other')
                . provider('third', 'types JWT absent;')
                    =~ s/third\.json/corp.json/r,
        server => join '', map { <<"END" } qw(other third));
    location /$_/ {
        auth_tenant       $_;
        auth_tenant_path  "/$_/{tenant}/{user}/";
        add_header        X-Result \$auth_result:\$pid always;
        empty_gif;
    }
END
    my %at = AuthTenant::Client::each_worker($nginx);
    my ($client, $second) = values %at;
    my $token = token();

    for (1 .. 2) {
        is($client->ask('/acme/maksym/', $token), '200 ok', 'one of them');
        is($client->ask('/other/acme/maksym/', $token), '401 unknown_key',
           'is not the other');
    }

    judged();
    is($client->ask('/third/acme/maksym/', $token), '200 ok', 'a third one');
    is(judged(), 'connection, verified', 'with the same keys is another');

    is($second->ask('/acme/maksym/', $token), '200 ok', 'both');
    is($second->ask('/third/acme/maksym/', $token), '200 ok', 'are known');
    unlike(judged(), qr/verified/, 'in the zone');

    is($nginx->stop, '', 'nothing alarming in its log');
};


# nothing that was verified under other settings survives a reload

subtest 'a reload' => sub {

    keys_are('corp.json', $one);

    my $nginx = start(http => provider('corp', '# MORE'));
    my $token = token();
    AuthTenant::Client->new($nginx)->ask('/acme/maksym/', $token);

    for ([ 'that changes nothing',  '',                         'zone' ],
         [ 'with other algorithms', 'algorithms ES256 RS256;',  'verified' ],
         [ 'with other types',      'types JWT absent at+jwt;', 'verified' ],
         [ 'with an age',           'max_age 1h;',              'verified' ],
         [ 'with another client',   'azp other;',               'verified' ],
         [ 'with bound tenants',    'tenants acme globex;',     'verified' ],
         [ 'that takes its type out', 'types at+jwt;',          '401 bad_type' ],
         [ 'that puts it back',     '',                         'zone' ])
    {
        my ($what, $line, $how) = @$_;

        ok(reload($nginx, sub { s/^ *.*# MORE/        $line # MORE/m }),
           "a reload $what");
        judged();
        my $said = AuthTenant::Client->new($nginx)->ask('/acme/maksym/',
                                                        $token);
        is($said eq '200 ok' ? judged() =~ s/.*, //r : $said, $how, $what);
    }
    is($nginx->stop, '', 'nothing alarming in its log');
};

done_testing();

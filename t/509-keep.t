#!/usr/bin/perl

# What "state_path" keeps, and for whom (A7.8, A7.11, E2): the newest keys,
# whichever worker is the last one to write; nothing for whom strangers have
# named; and no settings but those of the last reload.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Client;
use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key);
use Fcntl qw(:flock);
use Test::More;
use Time::HiRes qw(sleep);

my $dir = AuthTenant::Nginx::dir();
my ($good, $bad) = map { key('ES256', $_) } qw(good bad);
my $provider = AuthTenant::Provider->start;


sub start {
    my ($issuer, $state, $workers, @lines) = @_;

    my $many = $issuer =~ /\{tenant}/;
    my ($name, $zone) = $many ? ('{tenant}', '512k') : ('one', '2m');

    mkdir "$dir/$state";

    return AuthTenant::Nginx->start(main => "worker_processes $workers;",
        http => <<"END", server => <<"END");
    auth_tenant_zone  tenants $zone;
    keepalive_requests 10000;
    auth_tenant_provider corp {
        issuer "$issuer";  audience app;  claims user=user;
        cooldown 200ms;  state_path "DIR/$state/$name";
        @lines
    }
END
    location = / {
        auth_tenant  off;
        add_header   X-Result \$auth_result:\$pid always;
        empty_gif;
    }
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/$name/{user}/";
        add_header        X-Result \$auth_result:\$pid always;
        empty_gif;
    }
END
}


# "200 ok" of what a request of the tenant's is answered

sub tenant {
    my ($nginx, $name, $key) = @_;

    return ask($nginx, "/$name/maksym/",
               token($key // $good, $provider->issuer($name))) =~ s/:.*//sr;
}


sub kept {
    open my $fh, '<', "$dir/$_[0]" or return '';
    local $/;
    return join ' ', (scalar <$fh>) =~ /"kid":"(\w+)"/g;
}


# nothing is renamed while somebody else has its lock

sub slow_disk {
    my ($file) = @_;

    open my $lock, '>', "$dir/$file.tmp" or die "$file.tmp: $!\n";
    chmod 0600, "$dir/$file.tmp";
    flock $lock, LOCK_EX or die "flock: $!\n";

    return $lock;
}


# the configuration is changed by a sub, of $_

sub change {
    my ($nginx, $change) = @_;

    my $file = "$nginx->{path}/nginx.conf";
    open my $fh, '<', $file or die "$file: $!\n";
    local $_ = do { local $/; <$fh> };
    $change->() or die "nothing changed\n";
    open $fh, '>', $file or die "$file: $!\n";
    print $fh $_;
    close $fh;
}


sub restart {
    my ($nginx, $change) = @_;

    my $path = $nginx->{path};
    is($nginx->stop, '', 'nothing alarming in its log');
    change($nginx, $change) if $change;

    $provider->refuse;
    return AuthTenant::Nginx->launch($path);
}


subtest 'A7.11: keys that are new while older ones are written' => sub {

    $provider->realm('one', $bad);
    my $nginx = start($provider->issuer('one'), 'slow', 1);
    wait_for(5, 'a file', sub { kept('slow/one') eq 'bad' });

    my $lock = slow_disk('slow/one');
    sleep 0.4;
    is(tenant($nginx, 'one', $good), '401 unknown_key', 'a fetch');
    sleep 0.4;
    $provider->realm('one', $good);
    is(tenant($nginx, 'one', $good), '200 ok', 'another one, of other keys');
    is(kept('slow/one'), 'bad', 'neither is written');

    close $lock;
    wait_for(5, 'the last ones are', sub { kept('slow/one') eq 'good' });

    my $inode = (stat "$dir/slow/one")[1];
    sleep 2.5;
    is((stat "$dir/slow/one")[1], $inode, 'once');

    $nginx = restart($nginx);
    is(tenant($nginx, 'one', $bad), '401 unknown_key',
       'a key that was withdrawn is not back after a restart');
    is(tenant($nginx, 'one', $good), '200 ok', 'the other one is there');

    is($nginx->stop, '', 'nothing alarming in its log');
    $provider->open;
};


subtest 'A7.11: two workers that overtake each other' => sub {

    my @keys = map { key('ES256', "k$_") } 0 .. 16;
    $provider->realm('one', $keys[0]);

    my $nginx = start($provider->issuer('one'), 'race', 2);
    my @at = values %{{ AuthTenant::Client::each_worker($nginx) }};
    wait_for(5, 'a file', sub { kept('race/one') eq 'k0' });

    my ($wrong, $n) = (0, 0);

    for my $round (1 .. 8) {
        my $lock = slow_disk('race/one');

        for my $client (@at) {
            my $key = $keys[++$n];
            sleep 0.3;
            $provider->realm('one', $key);
            my $answer = $client->ask('/one/maksym/',
                                token($key, $provider->issuer('one')));
            $wrong++ if $answer !~ /^200 ok/;
        }

        # both of them try each 20 ms, whoever comes first

        close $lock;
        $wrong++ unless wait_until(4, sub { kept('race/one') eq "k$n" });
        sleep 0.1 * rand;
        $wrong++ unless wait_until(3, sub { kept('race/one') eq "k$n" });
    }

    is($wrong, 0, 'the newest keys are there in the end');
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'A7.11: a worker that exits before it has written' => sub {

    $provider->realm('one', $bad);
    my $nginx = start($provider->issuer('one'), 'exit', 1);
    wait_for(5, 'a file', sub { kept('exit/one') eq 'bad' });

    my $lock = slow_disk('exit/one');
    sleep 0.4;
    tenant($nginx, 'one', $good);
    sleep 0.4;
    $provider->realm('one', $good);
    is(tenant($nginx, 'one', $good), '200 ok', 'new keys');

    $nginx->signal('QUIT');
    sleep 0.3;
    close $lock;
    is($nginx->stop, '', 'it stops, with nothing alarming in its log');
    is(kept('exit/one'), 'good', 'and has written them');
};


subtest 'strangers\' realms, where there is room for six' => sub {

    my @strange = map { "s$_" } 1 .. 12;
    $provider->realm($_, $good) for @strange, 'acme', 'globex';

    my $nginx = start($provider->template, 'many', 1);

    tenant($nginx, $_, $bad) for @strange;
    is(tenant($nginx, 'acme', $bad), '401 unknown_key', 'its keys are had');
    sleep 1.5;
    is_deeply([glob "$dir/many/*"], [], 'no keys that have verified nothing');

    is(tenant($nginx, 'acme'), '200 ok', 'a customer');
    wait_for(5, 'is kept, without another fetch',
             sub { kept('many/acme') eq 'good' });
    is_deeply([map { s{.*/}{}r } glob "$dir/many/*"], ['acme'], 'alone');

    $nginx = restart($nginx);
    is(tenant($nginx, 'acme'), '200 ok', 'after a restart it is there');

    $provider->open;
    tenant($nginx, $_, $bad) for @strange;
    is(tenant($nginx, 'acme'), '200 ok', 'strangers don\'t displace it');
    is(tenant($nginx, 'globex'), '200 ok', 'and nobody is kept from coming');
    wait_for(5, 'who is kept, too', sub { kept('many/globex') eq 'good' });

    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'A6.1: a start with other tenants, and less room' => sub {

    my @all = map { "t$_" } 1 .. 20;
    my @named = @all[0 .. 5];
    $provider->realm($_, $good) for @all;

    my $nginx = start($provider->template, 'named', 1, 'tenants any;');
    change($nginx, sub { s/tenants 512k;/tenants 4m;/ });
    reload($nginx);

    is(scalar(grep { tenant($nginx, $_) eq '200 ok' } @all), 20, 'before');
    wait_for(5, 'all are kept', sub { 20 == (() = glob "$dir/named/*") });

    $nginx = restart($nginx, sub { s/ 4m;/ 512k;/ && s/ any;/ @named;/ });
    is(scalar(grep { tenant($nginx, $_) eq '200 ok' } @named), 6,
       'all of those that are named are there');

    is($nginx->stop, '', 'nothing alarming in its log');
    $provider->open;
};


subtest 'E13: a reload does not look at files again' => sub {

    $provider->realm('one', $good);
    my $nginx = start($provider->issuer('one'), 'again', 1);
    wait_for(5, 'a file', sub { kept('again/one') eq 'good' });

    rename "$dir/again/one", "$dir/good" or die "again/one: $!\n";
    open my $fh, '>', "$dir/again/one" or die "again/one: $!\n";
    print $fh 'damaged';
    close $fh;

    ok(reload($nginx), 'a reload');
    is(tenant($nginx, 'one'), '200 ok', 'the zone has the keys');
    unlike($nginx->log, qr/state_path/, 'nothing is said of the file');

    unlink "$dir/again/one";
    $nginx = restart($nginx);
    is(tenant($nginx, 'one'), '503 keys_unavailable', 'none has any');
    rename "$dir/good", "$dir/again/one" or die "again/one: $!\n";
    ok(reload($nginx), 'a reload');
    is(tenant($nginx, 'one'), '200 ok', 'reads what is missing');

    is($nginx->stop, '', 'nothing alarming in its log');
    $provider->open;
};


subtest 'A7.2: a worker of the settings before' => sub {

    $provider->realm('one', $good);
    my $nginx = start($provider->issuer('one'), 'before', 1,
                      'refresh 10m;', '# MORE');

    wait_for(5, 'a file', sub { kept('before/one') eq 'good' });

    # it stays for a request that it has begun to read

    my $slow = $nginx->connect;
    print $slow "GET /one/maksym/ HTTP/1.1\r\nHost: localhost\r\n";
    $slow->flush;
    sleep 0.3;

    my ($worker) = workers($nginx);
    change($nginx, sub { s/# MORE/algorithms ES256;/ });
    $nginx->signal('HUP');
    wait_for(5, 'a reload', sub { grep { $_ != $worker } workers($nginx) });
    wait_for(5, 'other settings', sub { tenant($nginx, 'one') eq '200 ok' });
    sleep 0.5;

    $provider->clear;
    print $slow "Connection: close\r\nAuthorization: Bearer ",
        token($bad, $provider->issuer('one')), "\r\n\r\n";
    my $answer = do { local $/; <$slow> };
    like($answer, qr/^X-Result: unknown_key:$worker\b/m,
         'it fetches, for a key that is unknown');
    is(scalar $provider->requests('/jwks'), 1, 'once');
    sleep 1.5;

    $nginx = restart($nginx);
    is(tenant($nginx, 'one'), '200 ok',
       'after a restart there are the keys of the last settings');

    is($nginx->stop, '', 'nothing alarming in its log');
    $provider->open;
};


subtest 'E19: keys that could not be written' => sub {

    $provider->realm('one', $bad);
    my $nginx = start($provider->issuer('one'), 'later', 1);
    wait_for(5, 'a file', sub { kept('later/one') eq 'bad' });

    # the disk is busy for longer than anybody waits for it

    my $lock = slow_disk('later/one');
    sleep 0.4;
    $provider->realm('one', $good);
    is(tenant($nginx, 'one', $good), '200 ok', 'new keys');
    wait_for(9, 'can\'t be written',
             sub { $nginx->log =~ /"state_path" .* could not be written/ });

    my $asked = $provider->requests('/jwks');
    close $lock;
    wait_for(15, 'they are when the disk is idle again',
             sub { kept('later/one') eq 'good' });
    is($provider->requests('/jwks'), $asked, 'without another fetch');
    wait_for(5, 'which is told', sub { $nginx->log =~ /is written again/ });

    my $inode = (stat "$dir/later/one")[1];
    sleep 11;
    is((stat "$dir/later/one")[1], $inode, 'once');

    my @said = $nginx->log =~ /could not be written/g;
    is(scalar @said, 1, 'one complaint');

    $nginx = restart($nginx);
    is(tenant($nginx, 'one', $bad), '401 unknown_key',
       'a key that was withdrawn is not back after a restart');
    is($nginx->stop, '', 'nothing alarming in its log');
    $provider->open;
};

done_testing();

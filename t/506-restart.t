#!/usr/bin/perl

# E2, E19, A7.7, A7.8: keys outlive nginx.  What "state_path" has kept serves
# after a restart while the provider is down, unless it is damaged, another's
# or too old; what the zone has is kept over a reload, unless the operator
# trusts somebody else by then.  And all of it without a master process.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Client;
use AuthTenant::Net;
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks);
use Digest::SHA ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = AuthTenant::Nginx::dir();
my $root = $> == 0;

my ($old, $new) = (key('RS256', 'old'), key('RS256', 'new'));
my $other = key('RS256', 'other');

# the workers are not who started nginx, if that can be

my ($uid, $gid) = $root ? (getpwnam 'nobody')[2, 3] : ($>, $) + 0);
my $user = $root ? 'user nobody ' . getgrgid($gid) . ';' : '';

my $provider = AuthTenant::Provider->start;
my ($http, $server);

sub conf { ($http, $server) = ("auth_tenant_zone tenants $_[0];", '') }

sub provider {
    my ($name, $issuer, @more) = @_;

    $http .= <<"END";
    auth_tenant_provider $name {
        issuer        "$issuer";
        audience      app;
        claims        user=user;
        read_timeout  1s;
        @more
    }
END
    $server .= $issuer =~ /\{tenant\}/
        ? location($name, "/$name/{tenant}/")
          =~ s/location \S+/location \/$name\//r
        : location($name, "/$name/");
}

sub start {
    my ($main) = @_;

    return AuthTenant::Nginx->start(http => $http, server => $server,
        main => $main // "$user worker_processes 2;");
}

sub directory {
    my ($name) = @_;

    mkdir "$dir/$name", 0755;
    chown $uid, $gid, "$dir/$name";
}

sub slurp {
    open my $fh, '<:raw', $_[0] or return '';
    local $/;
    return scalar <$fh>;
}

sub put {
    my ($file, $text) = @_;

    open my $fh, '>:raw', "$dir/$file.new" or die "$file: $!\n";
    print $fh $text;
    close $fh;
    chmod 0600, "$dir/$file.new";
    chown $uid, $gid, "$dir/$file.new";
    rename "$dir/$file.new", "$dir/$file" or die "$file: $!\n";
}


# Keys are written down by the workers, and serve the next nginx

directory('state');

my $fast = 'refresh 500ms; cooldown 500ms;';

$provider->realm($_, $old) for qw(one acme globex);
my %issuer = map { $_ => $provider->issuer($_) } qw(one acme globex initech);

conf('1m');
provider('one', $issuer{one}, $fast, 'state_path DIR/state/one;');
provider('many', $provider->template, $fast,
         'state_path "DIR/state/t-{tenant}.json";');

my %path = (one => '/one/maksym/',
            map { $_ => "/many/$_/maksym/" } qw(acme globex initech));

my $nginx = start();

is(ask($nginx, $path{$_}, token($old, $issuer{$_})), '200 ok', "$_: keys")
    for qw(one acme globex);

for my $file (qw(one t-acme.json t-globex.json)) {
    wait_for(10, "$file is written", sub { -s "$dir/state/$file" });

    my @stat = stat "$dir/state/$file";
    is(sprintf('%o', $stat[2] & 07777), '600', 'for nobody else to read');
    is($stat[4], $uid, 'by the workers');
}

is($nginx->stop, '', 'no alerts, no leaks');
is_deeply([glob "$dir/state/*.tmp"], [], 'nothing half-written is left');

$provider->refuse;
$nginx = start();

subtest 'E2: a restart while the provider is down' => sub {
    my ($asked, %lost) = (0);
    my $end = time + 1.5;

    while (time < $end) {
        for my $name (qw(one acme globex)) {
            my ($answer) = ask($nginx, $path{$name},
                               token($old, $issuer{$name}));
            $lost{$answer}++ if $answer ne '200 ok';
            $asked++;
        }
    }
    is_deeply(\%lost, {}, "of $asked requests, lost");

    is(ask($nginx, $path{one}, token($other, $issuer{one})),
       '401 unknown_key', 'another key is unknown');
    is(ask($nginx, $path{globex}, token($old, $issuer{acme})),
       '401 wrong_issuer', 'a tenant has its own');
    is(ask($nginx, $path{initech}, token($old, $issuer{initech})),
       '503 keys_unavailable', 'where nothing was kept, there is nothing');

    like($nginx->log, qr/\[error\].*"\Q$issuer{one}\E".*ones stay in use/,
         'the log says that the provider is down');
    unlike($nginx->log, qr/state_path/, 'and nothing of files');
};

$provider->realm('one', $new);
$provider->open;
wait_for(6, 'E2: the provider is back, with another key', sub {
    ask($nginx, $path{one}, token($new, $issuer{one})) eq '200 ok'
});
is(ask($nginx, $path{one}, token($old, $issuer{one})), '401 unknown_key',
   'which is the only one');
wait_for(10, 'and is written down', sub {
    slurp("$dir/state/one") =~ /"kid":"new"/
});


# What the zone has is newer than the file

subtest 'a reload' => sub {
    $provider->refuse;
    my $file = slurp("$dir/state/one");
    (my $written) = $file =~ /\A(.*\nfetched )/s;
    ok($written, 'there is a file');

    # a good one, of other keys

    my $text = AuthTenant::Token::jwks($other);
    put('state/one', record($file =~ /^issuer (.*)$/m, time, $text));

    ok(reload($nginx), 'is done');
    is(ask($nginx, $path{one}, token($new, $issuer{one})), '200 ok',
       'keys are kept');
    is(ask($nginx, $path{one}, token($other, $issuer{one})),
       '401 unknown_key', 'the file does not replace them');
    is(ask($nginx, $path{acme}, token($old, $issuer{acme})), '200 ok',
       'those of tenants, too');
};

is($nginx->stop, '', 'no alerts, no leaks');


# A state file as the module writes it

sub record {
    my ($owner, $fetched, $document) = @_;

    my $head = sprintf "auth_tenant state 1\nissuer %s\nfetched %d\n"
                       . "length %d\n", $owner, $fetched, length $document;

    return $head . 'sha256 ' . Digest::SHA::sha256_hex($head . $document)
           . "\n\n" . $document;
}


# Files of all sorts.  Their first lines are those that nginx has written.

my $stale = 'refresh 1s; cooldown 1s; stale 10s;';
my $life = 1.1 + 2 + 1 + 10;
my $uptime = (split ' ', slurp('/proc/uptime'))[0];

my $flip = sub {
    my ($text, $at) = @_;
    substr($text, $at, 1) ^= "\x01";
    return $text;
};

my %file = (
    good      => [ sub { record($_[0], time, jwks($old)) } ],
    future    => [ sub { record($_[0], time + 3600, jwks($old)) } ],
    aging     => [ sub { record($_[0], time - $life + 5, jwks($old)) } ],
    ancient   => [ sub { record($_[0], time - $uptime - 3600, jwks($old)) } ],

    old       => [ sub { record($_[0], time - $life - 5, jwks($old)) },
                   'older than "stale" allows' ],
    cut       => [ sub { substr record($_[0], time, jwks($old)), 0, -1 },
                   'damaged' ],
    halved    => [ sub { substr record($_[0], time, jwks($old)), 0, 200 },
                   'damaged' ],
    none      => [ sub { '' }, 'damaged' ],
    zeros     => [ sub { "\0" x 500 }, 'damaged' ],
    flipped   => [ sub { $flip->(record($_[0], time, jwks($old)), -20) },
                   'damaged' ],
    younger   => [ sub { record($_[0], time - 1000, jwks($old))
                         =~ s/^fetched \K\d+/int time/emr }, 'damaged' ],
    more      => [ sub { record($_[0], time, jwks($old)) . "\n" }, 'damaged' ],
    bare      => [ sub { jwks($old) }, 'damaged' ],
    foreign   => [ sub { record($_[0] =~ s/foreign/good/r, time,
                               jwks($old)) }, 'of another issuer, or' ],
    useless   => [ sub { record($_[0], time,
                               jwks($old->jwk(use => 'enc'))) },
                   '"use" is not "sig"' ],
    words     => [ sub { record($_[0], time, 'no keys') }, '\w' ],
    large     => [ sub { record($_[0], time, jwks($old) . ' ' x 300_000) },
                   'too large' ],
    link      => [ sub { record($_[0], time, jwks($old)) },
                   "can't be opened",
                   sub { rename $_[0], "$_[0].to"; symlink "$_[0].to", $_[0] } ],
    fifo      => [ sub { '' }, 'not a regular file',
                   sub { unlink $_[0]; POSIX::mkfifo($_[0], 0600) } ],
    writable  => [ sub { record($_[0], time, jwks($old)) },
                   'others may write it', sub { chmod 0622, $_[0] } ],
    $root ? (
    owned     => [ sub { record($_[0], time, jwks($old)) },
                   'belongs to neither',
                   sub { chown 12345, 12345, $_[0] } ],
    ) : (),
    missing   => [ sub { '' }, undef, sub { unlink $_[0] } ],
);

my @tenants = qw(left right);

directory('files');
$provider->open;
conf('16m');

for my $name (sort(keys %file), @tenants) {
    $issuer{$name} = $provider->issuer($name);
    $provider->realm($name, $old);
}

for my $name (sort keys %file) {
    my $long = $name eq 'ancient' ? $stale =~ s/10s/20d/r : $stale;
    provider($name, $issuer{$name}, $long, "state_path DIR/files/$name;");
}
provider('swapped', $provider->template, $stale,
         'state_path "DIR/files/t-{tenant}.json";');

$nginx = start();
wait_until(15, sub { -s "$dir/files/$_" or return 0 for sort keys %file; 1 });

ask($nginx, "/swapped/$_/maksym/", token($old, $issuer{$_})) for @tenants;
wait_until(15, sub { -s "$dir/files/t-$_.json" or return 0 for @tenants; 1 });

is($nginx->stop, '', 'no alerts, no leaks');
$provider->refuse;

for my $name (sort keys %file) {
    my ($owner) = slurp("$dir/files/$name") =~ /^issuer (.*)$/m;
    put("files/$name", $file{$name}[0]->($owner // 'none'));
    $file{$name}[2]->("$dir/files/$name") if $file{$name}[2];
}

# two tenants' files take each other's place; others are of nobody

my @swap = map { slurp("$dir/files/t-$_.json") } @tenants;
put('files/t-left.json', $swap[1]);
put('files/t-right.json', $swap[0]);
put("files/$_", $swap[0]) for 't-.json', 't-a.b.json', 't--x-.json', 't-left';
utime 0, 0, glob "$dir/files/t-*";

my $started = time;
$nginx = start();

my $aging = ask($nginx, '/aging/maksym/', token($old, $issuer{aging}));

for my $name (sort keys %file) {
    subtest "E2, A7.8: $name" => sub {
        my $says = $file{$name}[1];
        my @lines = grep { m{state_path" "[^"]*/files/\Q$name\E"} }
                    split /^/, $nginx->log;

        if ($name eq 'aging') {
            is($aging, '200 ok', 'is used');

        } elsif ($name eq 'missing') {
            is(ask($nginx, "/$name/maksym/", token($old, $issuer{$name})),
               '503 keys_unavailable', 'there are no keys');
            is(scalar @lines, 0, 'nothing is said of it');

        } elsif (!$says) {
            is(ask($nginx, "/$name/maksym/", token($old, $issuer{$name})),
               '200 ok', 'is used');
            is(scalar @lines, 0, 'nothing is said of it');

        } else {
            is(ask($nginx, "/$name/maksym/", token($old, $issuer{$name})),
               '503 keys_unavailable', 'is not used');
            is(scalar @lines, 1, 'once');
            like($lines[0] // '', qr/\[warn\].* is not used: .*$says.*; the next good/,
                 'it is said why');
        }
    };
}

for my $name (@tenants) {
    is(ask($nginx, "/swapped/$name/maksym/", token($old, $issuer{$name})),
       '503 keys_unavailable', "$name: no file of another tenant is used");
    like($nginx->log, qr/\[warn\].*t-$name\.json".*is of another issuer/,
         'which is said');
}

wait_for(12, 'A7.8: their age counts from when they were fetched', sub {
    ask($nginx, '/aging/maksym/', token($old, $issuer{aging}))
        eq '503 keys_unavailable'
});
cmp_ok(time - $started, '>', 2.5, 'not sooner');

is($nginx->stop, '', 'no alerts, no leaks');


# E19: where nothing can be written

$provider->open;
conf('2m');
mkdir "$dir/closed";
chmod 0555, "$dir/closed";
provider('one', $issuer{one}, $fast, 'state_path DIR/closed/one;');
provider('lost', $issuer{acme}, $fast, 'state_path DIR/nowhere/one;');
$nginx = start();
$provider->clear;

subtest 'E19: the directory is read-only, or there is none' => sub {

    # later it is no more than a file that is not there

    my $wrong = 0;
    wait_until(15, sub {
        $wrong += grep { $_ ne '200 ok' }
            ask($nginx, '/one/maksym/', token($new, $issuer{one})) . '',
            ask($nginx, '/lost/maksym/', token($old, $issuer{acme})) . '';
        return 4 <= (() = $provider->requests('/one/jwks'));
    });
    is($wrong, 0, 'requests are answered as ever');

    for my $file (qw(closed/one nowhere/one)) {
        my @lines = grep { /$file/ && /\[error\]/ } split /^/, $nginx->log;

        # a worker each, at most

        ok(@lines >= 1 && @lines <= 2, "$file: it is said once: " . @lines);
        like($lines[0] // '',
             qr/written, open\(\) failed, let the workers' user \($uid\) create/,
             'why, and who has to');
    }

    chmod 0755, "$dir/closed";
    chown $uid, $gid, "$dir/closed";
    wait_for(10, 'it is written when it can be', sub {
        -s "$dir/closed/one" && $nginx->log =~ /is written again/
    });
};

is($nginx->stop, '', 'no alerts, no leaks');


# A7.7: the provider's word on how long its keys are fresh.  10 % either way.

my %fresh = (
    silent     => [undef, 540, 660],
    'max-age'  => ['Cache-Control: max-age=120', 108, 132],
    short      => ['Cache-Control: public, max-age=1', 54, 66],
    'no-store' => ['Cache-Control: no-store', 540, 660],
    long       => ['Cache-Control: max-age=86400', 540, 660],
    quoted     => ['cache-control: max-age="180"', 162, 198],
);

conf('4m');

for my $name (sort keys %fresh) {
    $provider->realm($name, $old);
    $provider->fault("/$name/jwks", headers => [$fresh{$name}[0]])
        if $fresh{$name}[0];
    provider($name, $provider->issuer($name), 'refresh 10m;');
}

$nginx = start();

for my $name (sort keys %fresh) {
    is(ask($nginx, "/$name/maksym/", token($old, $provider->issuer($name))),
       '200 ok', $name);
    my ($next) = $nginx->log
        =~ /realms\/\Q$name\E": 1 usable, .*next fetch in (\d+) s/;
    ok($next && $next >= $fresh{$name}[1] && $next <= $fresh{$name}[2] + 1,
       "A7.7: $name: fetched again after " . ($next // 'nothing') . ' s');
}

is($nginx->stop, '', 'no alerts, no leaks');
$provider->heal;


# A tenant that is gone for a moment, and one that was never there

conf('1m');
provider('many', $provider->template, $fast);
$provider->realm('acme', $old);
$nginx = start();

subtest 'a tenant whose discovery document is gone' => sub {
    my $well_known = '/acme/.well-known/openid-configuration';

    is(ask($nginx, $path{acme}, token($old, $issuer{acme})), '200 ok',
       'has keys');
    $provider->forget('acme');
    $provider->clear;

    my $wrong = 0;
    wait_until(10, sub {
        $wrong += ask($nginx, $path{acme}, token($old, $issuer{acme}))
                  !~ /^200/;
        return 3 <= (() = $provider->requests($well_known));
    });
    is($wrong, 0, 'keeps them');
    cmp_ok(scalar $provider->requests($well_known), '>=', 3,
           'is asked for again');
    like($nginx->log, qr/\[error\].*acme.*status 404; the last good ones/,
         'which the log says');

    $provider->realm('acme', $new);
    wait_for(6, 'and comes back', sub {
        ask($nginx, $path{acme}, token($new, $issuer{acme})) eq '200 ok'
    });

    is(ask($nginx, $path{initech}, token($old, $issuer{initech})),
       '404 unknown_tenant', 'one that was never there is unknown');
    unlike($nginx->log, qr/\[error\] .*realms\/initech"/,
           'and nobody\'s alarm');
};

is($nginx->stop, '', 'no alerts, no leaks');


# Keys of one configuration are not those of another, neither in the zone nor
# on the disk

my $away = 'http://127.0.0.1:1/';

my %change = (
    jwks_uri   => [q{jwks_uri "JWKS";}, q{jwks_uri "JWKS?";}],
    discovered => [q{}, q{jwks_uri "JWKS";}],
    verify     => [q{}, q{ssl_verify off;}],
    allow      => [q{}, q{allow_http on;}],
    ca         => [q{}, q{ssl_trusted_certificate DIR/ca.pem;}],
    ca_gone    => [(q{ssl_trusted_certificate DIR/gone.pem;}) x 2],
    ca_more    => [(q{ssl_trusted_certificate DIR/more.pem;}) x 2],
    proxy      => [q{}, qq{proxy "$away";}],
    algorithms => [q{}, q{algorithms RS256;}],
);
my %same = (
    times      => [q{stale 1h;}, q{stale 2h; cooldown 3s;}],
    audience   => [q{}, q{azp somebody;}],
    ca_text    => [(q{ssl_trusted_certificate DIR/text.pem;}) x 2],
);

directory('kept');
my ($ca, $more) = map { key('RS256', $_)->certificate } qw(new other);
put('gone.pem', $ca . $more);
put("$_.pem", $ca) for qw(ca more text);
conf('8m');

for my $name (sort(keys %change), sort keys %same) {
    $provider->realm($name, $old);
    $issuer{$name} = $provider->issuer($name);
    my $said = ($change{$name} // $same{$name})->[0];
    $said =~ s/JWKS/$issuer{$name}\/jwks/;
    provider($name, $issuer{$name}, "state_path DIR/kept/$name;\n",
             "$said # $name\n");
}

$provider->realm('moved', $old);
$issuer{moved} = $provider->issuer('moved');
provider('moved', $issuer{moved});

$nginx = start();
wait_until(15, sub { -s "$dir/kept/$_" or return 0
                     for keys %change, keys %same; 1 });
is(ask($nginx, "/$_/maksym/", token($old, $issuer{$_})), '200 ok', $_)
    for sort keys %change, keys %same, 'moved';

$provider->refuse;

# the files have the same names

put('gone.pem', $ca);
put('more.pem', $ca . $more);
put('text.pem', "as of today:\n\n$ca");

ok(reload($nginx, sub {
    for my $name (keys %change, keys %same) {
        my $says = ($change{$name} // $same{$name})->[1];
        $says =~ s/JWKS/$issuer{$name}\/jwks/;
        $says =~ s/DIR/$dir/;
        s/^.* # $name$/$says # $name/m or die "no $name\n";
    }
    s/\Q$issuer{moved}\E"/$issuer{moved}-away"/;
}), 'a reload with other settings');

is(ask($nginx, "/$_/maksym/", token($old, $issuer{$_})),
   '503 keys_unavailable', "$_ has changed: its keys are not taken over")
    for sort keys %change;
is(ask($nginx, "/$_/maksym/", token($old, $issuer{$_})), '200 ok',
   "$_: its keys are") for sort keys %same;
is(ask($nginx, '/moved/maksym/', token($old, "$issuer{moved}-away")),
   '503 keys_unavailable', 'another issuer has no keys of the one before');
is(ask($nginx, '/moved/maksym/', token($old, $issuer{moved})),
   '401 wrong_issuer', 'which is not believed any longer');

is($nginx->stop, '', 'no alerts, no leaks');


# One process, without a master

directory('single');
$provider->open;
$provider->realm($_, $old) for qw(one acme);

conf('1m');
provider('one', $issuer{one}, $fast, 'state_path DIR/single/one;');
provider('many', $provider->template, $fast);

subtest 'master_process off' => sub {
    my $main = 'master_process off;';
    $nginx = start($main);

    is(ask($nginx, $path{one}, token($old, $issuer{one})), '200 ok', 'keys');
    is(ask($nginx, $path{acme}, token($old, $issuer{acme})), '200 ok',
       'keys of a tenant');
    is(ask($nginx, $path{one}, token($new, $issuer{one})),
       '401 unknown_key', 'another one');
    wait_for(10, 'state is written', sub { -s "$dir/single/one" });

    is($nginx->stop, '', 'no alerts, no leaks');

    $provider->refuse;
    $nginx = start($main);
    is(ask($nginx, $path{one}, token($old, $issuer{one})), '200 ok',
       'E2: a restart while the provider is down');
    is($nginx->stop, '', 'no alerts, no leaks');

    my $no_module = sub {
        s/^load_module.*|auth_tenant_zone.*?;//mg;
        s/^ +(?:auth_tenant_provider|location) .*?^    \}$//msg;
        s/^ +(?:auth_tenant|add_header).*//mg;
    };

    # nginx itself can't accept connections after a reload, but a fetch that
    # is under way has to end somehow, in a zone that is another by then

    $provider->open;

    for my $size (qw(1m 2m)) {
        $provider->fault('/jwks', delay => 0.7);
        $provider->clear;
        $nginx = start($main);
        wait_for(5, 'a fetch is under way', sub {
            $provider->requests('/one/jwks')
        });
        my $pid = $nginx->pid;
        ok(reload($nginx, sub { s/zone tenants \w+/zone tenants $size/ }),
           "a reload with $size");
        wait_for(5, 'it ends', sub {
            ($provider->requests('/one/jwks'))[0]{ended}
        });
        is(($provider->requests('/one/jwks'))[0]{end}, 'closed',
           'without an answer: that would be too late');
        sleep 0.3;
        ok(readlink "/proc/$pid/exe", 'nginx lives');
        is(join('', grep { !/worker_connections are not enough/ }
                    split /^/, $nginx->stop), '', 'no alerts, no leaks');
    }

    # nobody can tell a module that it goes, with its zone: what it does later,
    # it does without

    for my $path ('/openid-configuration', '/jwks') {
        $provider->heal;
        $provider->fault($path, delay => 0.7, status => 500);
        $provider->clear;
        $nginx = start($main);
        wait_for(5, 'a fetch is under way', sub {
            $provider->requests("/one$path")
                || $provider->requests("/one/.well-known$path")
        });
        my $pid = $nginx->pid;
        ok(reload($nginx, $no_module), 'a reload without the module');
        sleep 1.2;
        ok(readlink "/proc/$pid/exe", "nginx lives when $path is there");
        is(join('', grep { !/worker_connections are not enough/ }
                    split /^/, $nginx->stop), '', 'no alerts, no leaks');
    }
    $provider->heal;

    # who has a connection from before goes on to ask by the old configuration

    my %reload = (
        'a larger zone' => sub { s/zone tenants \w+/zone tenants 2m/ },
        'no provider'   => sub {
            s/auth_tenant_zone.*?;//;
            s/^ +(?:auth_tenant_provider|location) .*?^    \}$//msg;
        },
        'no module'     => $no_module,
    );

    for my $what (sort keys %reload) {
        $nginx = start($main);
        my $pid = $nginx->pid;
        my $client = AuthTenant::Client->new($nginx);
        my @request = ($path{one}, token($old, $issuer{one}));

        wait_for(5, 'keys', sub { ask($nginx, @request) eq '200 ok' });
        is($client->ask(@request), '200 ok', 'a connection');
        ok(reload($nginx, $reload{$what}), "a reload: $what");
        is($client->ask(@request), '503 keys_unavailable',
           'keys are those of the new configuration');
        ok(readlink "/proc/$pid/exe", 'nginx lives');
        is(join('', grep { !/worker_connections are not enough/ }
                    split /^/, $nginx->stop), '', 'no alerts, no leaks');
    }
};

done_testing();

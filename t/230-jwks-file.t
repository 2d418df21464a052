#!/usr/bin/perl

# E18, A7.10: a key file is looked at each second.  Good new keys replace the
# old ones without a reload; whatever else becomes of the file, the last good
# keys stay, and the log says so once.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Nginx;
use AuthTenant::Token qw(key jwks sign);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = AuthTenant::Nginx::dir();
my $root = $> == 0;

# The workers' user, so that a file can be out of their reach.  Two workers,
# of which one speaks.

my $group = getgrgid((getpwnam 'nobody')[3]);
my $user = $root ? "user nobody $group;" : '';

# two looks that agree, and one that comes late

my $soon = 3.6;

my ($old, $new) = (key('RS256', 'old'), key('RS256', 'new'));
my $twin = key('RS256', 'twin');

sub token {
    my ($name, $key) = @_;

    my $now = time;
    return sign($key, { iss => "https://$name.example.com", aud => 'app',
                        sub => '1', name => 'maksym', iat => int $now,
                        exp => int($now) + 600 });
}

sub put {
    my ($file, $text) = @_;

    open my $fh, '>:raw', "$dir/$file" or die "$file: $!\n";
    print $fh $text;
    close $fh;
}

# replaced in one go, as one should

sub replace {
    my ($file, $text) = @_;

    put("$file.new", $text);
    rename "$dir/$file.new", "$dir/$file" or die "$file: $!\n";
}

my (@names, $http, $server);

sub provider {
    my ($name) = @_;

    push @names, $name;
    $http .= <<"END";
    auth_tenant_provider $name {
        issuer    "https://$name.example.com";
        audience  app;
        jwks_file DIR/$name.json;
        claims    user=name;
    }
END
    $server .= <<"END";
    location /$name/ {
        auth_tenant      $name;
        auth_tenant_path "/$name/{user}/";
        add_header       X-Result \$auth_result always;
        empty_gif;
    }
END
}


# What happens to the files: [what to do, what the log says of it, or undef
# where the keys are replaced].

my %fault = (
    truncated => [ sub { put("$_[0].json", substr jwks($new), 0, 200) },
                   'last good keys stay' ],
    empty     => [ sub { put("$_[0].json", '') }, 'last good keys stay' ],
    garbage   => [ sub { replace("$_[0].json", "\0\x01<html>" x 99) },
                   'last good keys stay' ],
    nokey     => [ sub { replace("$_[0].json", '{"keys":[]}') },
                   'last good keys stay' ],
    unusable  => [ sub { replace("$_[0].json",
                                 jwks($new->jwk(use => 'enc'))) },
                   'last good keys stay' ],
    removed   => [ sub { unlink "$dir/$_[0].json" },
                   q{can't be found.*\(2: No such file} ],
    loop      => [ sub { unlink "$dir/$_[0].json";
                         symlink "$_[0].json", "$dir/$_[0].json" },
                   q{can't be found.*\(40: } ],
    dangling  => [ sub { unlink "$dir/$_[0].json";
                         symlink 'nowhere', "$dir/$_[0].json" },
                   q{can't be found.*\(2: No such file} ],
    fifo      => [ sub { unlink "$dir/$_[0].json";
                         POSIX::mkfifo("$dir/$_[0].json", 0666) },
                   'is not a regular file' ],
    directory => [ sub { unlink "$dir/$_[0].json"; mkdir "$dir/$_[0].json" },
                   'is not a regular file' ],
    huge      => [ sub { replace("$_[0].json", jwks($new) . ' ' x 262144) },
                   'is larger than 256k' ],
    enormous  => [ sub { put("$_[0].json", '');
                         truncate "$dir/$_[0].json", 1 << 40 },
                   'is larger than 256k' ],

    # root reads everything

    $root ? (
    closed    => [ sub { mkdir "$dir/$_[0].d";
                         rename "$dir/$_[0].json", "$dir/$_[0].d/keys";
                         symlink "$_[0].d/keys", "$dir/$_[0].json";
                         chmod 0700, "$dir/$_[0].d" },
                   q{can't be reached.*enter its directory} ],
    mode      => [ sub { chmod 0000, "$dir/$_[0].json" },
                   q{can't be opened.*\(13: Permission denied} ],
    ) : (),
);

my %good = (
    rewritten => sub { put("$_[0].json", jwks($new)) },
    renamed   => sub { replace("$_[0].json", jwks($new)) },
    pem       => sub { replace("$_[0].json", $new->pem) },
    partly    => sub { replace("$_[0].json",
                               jwks($new, $twin->jwk(use => 'enc'),
                                    key('ES256')->jwk(d => 'AAAA'))) },

    # as Kubernetes mounts a ConfigMap: NAME -> ..data/NAME, ..data swapped

    mounted   => sub {
        mkdir "$dir/$_[0].2";
        put("$_[0].2/keys", jwks($new));
        symlink "$_[0].2", "$dir/$_[0].data.new";
        rename "$dir/$_[0].data.new", "$dir/$_[0].data";
    },

    # neither size nor time of modification tells

    stealthy  => sub {
        my @stat = stat "$dir/$_[0].json";
        put("$_[0].json", jwks($new->jwk(kid => 'old')));
        utime $stat[8], $stat[9], "$dir/$_[0].json";
    },
);

# a link that points elsewhere, in one go

sub point {
    my ($file, $to) = @_;

    symlink $to, "$dir/$file.new";
    rename "$dir/$file.new", "$dir/$file" or die "$file: $!\n";
}

for my $name (sort keys %fault, keys %good,
              qw(steady touched slow restless calm linked))
{
    provider($name);

    if ($name eq 'mounted') {
        mkdir "$dir/$name.1";
        put("$name.1/keys", jwks($old));
        symlink "$name.1", "$dir/$name.data";
        symlink "$name.data/keys", "$dir/$name.json";
    } elsif ($name eq 'linked') {
        put("$name.keys", jwks($old));
        point("$name.json", "$name.keys");
    } else {
        put("$name.json", jwks($old));
    }
}

my $nginx = AuthTenant::Nginx->start(
    main => "$user worker_processes 2;", http => $http, server => $server);


# 404 is a yes: the file is not there

sub result {
    my ($name, $key) = @_;

    my ($status, $text) = $nginx->get("/$name/maksym/", 'Authorization: Bearer '
                                      . token($name, $key));
    return $text =~ /^X-Result: (\w+)/m ? $1 : "status $status";
}

sub said {
    my ($name, $pattern) = @_;
    return scalar grep { /auth_tenant: "jwks_file" "[^"]*\/\Q$name\E\.json"/
                         && /$pattern/ } split /^/, $nginx->log;
}

# One file is replaced again and again, but never from one look to the next.

my $calm = fork // die "fork: $!\n";

if ($calm == 0) {
    while (getppid() != 1) {
        sleep 2.3;
        replace('calm.json', jwks($old));
    }
    POSIX::_exit(0);
}

END { kill KILL => $calm if $calm }

subtest 'all keys are good at first' => sub {
    is(result($_, $old), 'ok', $_) for @names;
};

sleep $soon;
is(said('steady', '\[(?:error|notice|warn)'), 0, 'nothing is said of it');


# Everything at once, to save time

$fault{$_}[0]->($_) for sort keys %fault;
$good{$_}->($_) for sort keys %good;

point('linked.json', 'nowhere');

utime undef, undef, "$dir/touched.json";
replace('touched.json', jwks($old));

# one is written in small pieces, one never comes to rest

my $text = jwks($new);
my $written = 0;
my $end = time + 12;
my %slow;

put('slow.json', '');

while (time < $end) {
    if ($written < length $text) {
        open my $fh, '>>', "$dir/slow.json";
        print $fh substr $text, $written, 1 + length($text) / 14;
        $written += 1 + int(length($text) / 14);
        $slow{result('slow', $old)}++ if $written < length $text;
    }
    replace('restless.json', jwks($new) . ' ' x (time * 10 % 1000));
    sleep 0.4;
}

is_deeply([keys %slow], ['ok'], 'E18: keys stay while new ones are written');

sleep $soon;

is(result('slow', $new), 'ok', 'E18: and are taken when they are complete');
is(said('slow', '\[error\]'), 0, 'E18: which was no error at any time');

is(said('restless', '\[error\].*keeps changing'), 1,
   'a file that never comes to rest is reported');

for my $name (sort keys %fault) {
    subtest "E18: $name" => sub {
        is(result($name, $old), 'ok', 'the last good keys stay');
        is(result($name, $new), 'unknown_key', 'no others are known')
            unless $name eq 'mode';
        is(said($name, "\\[error\\].*$fault{$name}[1]"), 1,
           'the log says so, once');
    };
}

for my $name (sort keys %good) {
    subtest "A7.10: $name" => sub {
        my $key = $name eq 'stealthy' ? key('RS256', 'new') : $new;
        my $kid = $name eq 'stealthy' ? 'old' : 'new';
        local $key->{kid} = $kid;

        is(result($name, $key), 'ok', 'the new keys are taken');
        isnt(result($name, $twin), 'ok', 'no others are');
        is(result($name, $old), $name =~ /pem|stealthy/ ? 'bad_signature'
                                                        : 'unknown_key',
           'the old ones are gone');
        my $skipped = $name eq 'partly' ? 2 : 0;
        is(said($name, "\\[notice\\].*again: 1 usable keys, $skipped skipped"),
           1, 'the log says so, once');
    };
}

is(said('partly', '\[warn\].*1 usable keys, 2 are skipped, .* because of: \S'),
   1, 'A4.12: why keys are skipped is said again');
is(said('partly', '\[warn\].*has 1 private keys in it'), 1,
   'A4.8: so is a private key');

is(result('touched', $old), 'ok', 'the same keys in another file');
is(said('touched', '.'), 0, 'are nothing to speak of');


is(said('linked', '\[error\].*can\'t be found'), 1, 'a link to nowhere');
is(result('linked', $old), 'ok', 'leaves the last good keys');


# And all of them are mended

point('linked.json', 'linked.keys');

for my $name (sort keys %fault) {
    rmdir "$dir/$name.json" if $name eq 'directory';
    replace("$name.json", jwks($new));
}

sleep $soon;

for my $name (sort keys %fault) {
    subtest "E18: $name is mended" => sub {
        is(result($name, $new), 'ok', 'the new keys are taken');
        is(result($name, $old), 'unknown_key', 'the old ones are gone');
        is(said($name, '\[notice\].*is well again'), 1,
           'the log says so, once');
        is(said($name, '\[error\]'), 1, 'and has nothing more of it');
    };
}

is(said('linked', '\[notice\].*is well again'), 1,
   'the link leads to the same file as before');
is(said('linked', 'was read again'), 0, 'which has the same keys');

sleep $soon;
is(said('restless', '\[notice\].*is well again'), 1, 'as does the restless one');
is(result('restless', $new), 'ok', 'whose keys are taken');


# The same once more, mended with the very keys that were there

unlink "$dir/steady.json";
sleep $soon;
is(said('steady', q{\[error\].*can't be found}), 1, 'removed');
put('steady.json', jwks($old));
sleep $soon;
is(said('steady', '\[notice\].*is well again'), 1, 'and put back');
is(said('steady', 'read .* again'), 0, 'with the same keys');


# A reload reads the files itself

put('steady.json', jwks($twin));
$nginx->signal('HUP');
sleep 1;
is(result('steady', $twin), 'ok', 'a reload takes new keys at once');
replace('steady.json', jwks($old));
sleep $soon;
is(result('steady', $old), 'ok', 'the new workers look at files, too');

is(said('calm', '.'), 0, 'a file that is replaced often is no trouble');

kill KILL => $calm;
waitpid $calm, 0;
$calm = 0;

is($nginx->stop, '', 'no alerts, no leaks');


# One process, without a master

put('steady.json', jwks($old));

$nginx = AuthTenant::Nginx->start(
    main => 'master_process off;', http => $http, server => $server);

replace('steady.json', jwks($new));
sleep $soon;
is(result('steady', $new), 'ok', 'a single process looks at files');
is($nginx->stop, '', 'no alerts, no leaks');


done_testing();

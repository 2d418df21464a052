#!/usr/bin/perl

# B2.1, F1, F2: the path that was judged is the path that is forwarded.  The
# application of these tests answers with the request as it came.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;
use AuthTenant::Echo;

our $Echo = 'proxy_pass http://unix:$TEST_NGINX_FILES/echo.sock:';

# proxy_pass without a URI part: nginx forwards the target as it came

our $Raw = <<"END";
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        $Echo;
    }
END

# asks for targets, each with the same word; what is allowed arrives as it was

sub paths {
    my ($word, @targets) = @_;
    return map { [ $_ => $word, $word eq 'ok'
                   ? (saw => qr{^GET \Q$_\E HTTP/1\.0$}m) : () ] } @targets;
}

# Whose path is it, read by a backend that decodes it so often, that takes "\"
# for a separator or not, cuts ";parameters" off or not?

sub owners {
    my ($target) = @_;

    my %owner;
    (my $path = $target) =~ s/[?#].*//s;

    for my $times (0 .. 2) {
        $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge if $times;

        for my $separator (qr{/}, qr{[/\\]}) {
            for my $cut (0, 1) {
                my @up;
                for (split $separator, $path) {
                    my $segment = $_;
                    $segment =~ s/[;?#\0].*//s if $cut;
                    next if $segment eq '' || $segment eq '.';
                    if ($segment eq '..') {
                        pop @up;
                    } else {
                        push @up, $segment;
                    }
                }
                $owner{ $up[0] // '' } = 1;
            }
        }
    }

    return sort keys %owner;
}

# a random target, made of what has led others astray

my @pieces = (qw(maksym maria / / / // . .. ... %2f %2F %5c \ %2e %2E %252e
    %252f %255c ; ;x a b %61 %2561 %6daksym maksy m %20 %23 %3f %25 %00 %0a
    ~ @ : %c0%af), '..;', '..%2f', '%2e%2e/', '/../', '/./', '..\\', '%2e.',
    '..%5c', '..%00/', '%252e%252e%252f', "\x{c3}\x{a4}");

sub target {
    my ($prefix) = @_;
    return $prefix . join '', map { $pieces[rand @pieces] } 1 .. 1 + rand 8;
}

# Sends random targets over one connection, and looks at what arrived.

sub property {
    my ($name, $n, $prefix, $strip) = @_;

    my $seed = $ENV{SEED} // int rand 1 << 31;
    srand $seed;

    my $connect = sub {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => port())
            or die "connect: $!\n";
    };

    my $bearer = bearer(token());
    my ($socket, %count);

    for (1 .. $n) {
        my $target = target(rand() < .7 ? "$prefix/maksym/" : "$prefix/");
        next if $target =~ / /;

        $socket //= $connect->();
        print $socket "GET $target HTTP/1.1\r\nHost: a.b\r\n$bearer\r\n\r\n";
        my $got = read_answer($socket);

        $count{$got->{status}}++;
        undef $socket if ($got->{header}{connection} // 'close') eq 'close';
        next if $got->{status} != 200;

        my ($saw) = $got->{body} =~ m{^GET (\S+) HTTP/1.0\n};
        $saw =~ s/^\Q$strip// if defined $strip;

        my @owners = owners($saw);
        next if "@owners" eq 'maksym';

        Test::More::fail("$name: SEED=$seed: $target arrived as $saw, which"
                         . " may be of: @owners");
        return;
    }

    Test::More::cmp_ok($count{200}, '>', $n / 50, "$name: some are allowed");
    Test::More::cmp_ok($count{400}, '>', $n / 50, "$name: some are refused");
    Test::More::is(join(' ', grep { !/^(?:200|400|403|404)$/ } keys %count), '',
                   "$name: nothing else happens");
    Test::More::note("SEED=$seed ", join ' ', %count);
}

plan_tests();
run_tests();

__DATA__

=== TEST 1: paths of one's own
--- config eval: $::Raw
--- asks eval
paths('ok', '/maksym', '/maksym/', '/maksym/lab', '/maksym?x', '/maksym/?a=/../b',
    '/maksym/a%2fb', '/maksym/a%20b', '/maksym//a', '/maksym/...', '/maksym/a/../b',
    '/maksym/a/%2e%2e/b', '/maksym/a;b=c', '/maksym/.', '/maksym/%c3%a4',
    '/maksym/%252e', '/maksym/a%5cb', '/maksym/%25', '/maksym/..a/a..',
    '/maksym/?%00', '/maksym/a/b/../../c', '/maksym/http://x/')



=== TEST 2: and of others
--- config eval: $::Raw
--- asks eval
paths('wrong_user', '/maria', '/maria/', '/maksy/', '/maksymm/', '/Maksym/',
    '/user/maksym/', '/..maksym/', "/m\x{c3}\x{a4}x/"),
paths('no_match', '/', '/?/maksym/')



=== TEST 3: F1: up to somebody's segment, a path has one reading only
--- config eval: $::Raw
--- asks eval
paths('bad_path',
    '/maria/..%2fmaksym/x', '/maksym/..%2fmaria/x', '/maria/../maksym/',
    '/maksym/../maria/', '/maksym/%2e%2e/maria', '/maksym/.%2e/maria',
    '/maksym%2f..%2fmaria', '/maria%2f..%2fmaksym/', '/%6daksym/', '/maksy%6d',
    '//maksym/', '/./maksym/', '/%2e/maksym/', '/x/../maksym/', '/%2fmaksym/',
    '/maksym%2f', '/maksym%2flab', '/maksym%5clab/', '/maksym\\lab/',
    '/maksym;x/', '/maksym;/', '/maksym%3bx/', '/maksym%25/', '/maksym%2525/',
    '/maksym%3f/', '/maksym%23/', '/maksym%20/', '/%20maksym/', '/maksym%09/',
    '/maksym%7f/', '/m%c3%a4x/', '/m%ffx/', "/m\x{ff}x/")



=== TEST 4: F1: behind it, nothing leads out
--- config eval: $::Raw
--- asks eval
paths('bad_path',
    '/maksym/..%5cmaria', '/maksym/%2e%2e%5cmaria', '/maksym/..\\maria/',
    '/maksym/%252e%252e/maria', '/maksym/%252e%252e%252fmaria',
    '/maksym/..%252fmaria', '/maksym/..%255cmaria', '/maksym/..;/maria/',
    '/maksym/..;x=y/maria/', '/maksym/..%3bx/maria/', '/maksym/a/..%2f..%2fmaria',
    '/maksym/a%2f../../maria', '/maksym/a//..//..//maria', '/maksym/.%252e/maria',
    '/maksym/a/..%5c..%5cmaria', '/maksym/%2e%252e%5cmaria', '/maksym/..%3f/',
    '/maksym/..%23/maria', '/maksym/x#/../maria', '/maksym/#', '/maksym#'),
map { [ $_ => 'nginx 400' ] } '/maksym/%00', '/maksym/..%00/maria', '/maksym%00/',
    '/../maksym/', '/maksym/../../maria', '/%2e%2e/maksym/', 'maksym/',
    '/maksym/%zz', '/maksym/%2'



=== TEST 5: F2: a line break in a path splits no header, it is no path
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        proxy_set_header  X-Path-User $auth_module$auth_user;
        proxy_pass        http://unix:$TEST_NGINX_FILES/echo.sock:;
    }
--- asks eval
paths('bad_path', '/maksym%0d%0aX-Inj:%20evil/x', '/maksym%0a/', '/%0amaksym/',
    '/maksym%0d/', '/maksym/x%0d%0aX-User-Id:%20evil', '/maksym/%250a',
    '/maksym/%7f')



=== TEST 6: proxy_pass with a URI part forwards the path as nginx reads it
--- config eval
"location /u/ {
    auth_tenant       corp;
    auth_tenant_path  '/u/{user}/';
    $::Echo/v/;
}"
--- asks eval
[ '/u/maksym/a%2fb' => 'ok', saw => qr{^GET /v/maksym/a/b HTTP}m ],
[ '/u/maksym/a/../b?c' => 'ok', saw => qr{^GET /v/maksym/b\?c HTTP}m ],
paths('bad_path', '/u/maria/..%2fmaksym/', '/u/maksym/..%2fmaria/',
    '/u//maksym/', '/u/%6daksym/', '/u/maksym/..%5cmaria', '/u/maksym/%252e%252e/',
    '/x/../u/maksym/'),
paths('wrong_user', '/u/maria/'), paths('no_match', '/u/')



=== TEST 7: after a rewrite the new path is judged; $request_uri stays, dotless
--- config eval
"location / {
    auth_tenant       corp;
    auth_tenant_path  '/{user}/';
    rewrite ^/r(/.*)\$ \$1 break;
    rewrite ^/swap/.*\$ /maria/x break;
    rewrite ^/mine/.*\$ /maksym/../maria/ break;
    $::Echo;
}"
--- asks eval
[ '/r/maksym/x' => 'ok', saw => qr{^GET /maksym/x HTTP}m ],
[ '/r/maksym/..%2fmaria/x' => 'bad_path' ],
[ '/r/maria/../maksym/x' => 'bad_path' ],
[ '/r/%6daksym/' => 'ok', saw => qr{^GET /maksym/ HTTP}m ],
[ '/r/maksym%252fx/' => 'bad_path' ],
[ '/r/maksym/%252e%252e/maria' => 'bad_path' ],
[ '/r/maksym%0dX-Inj:%20x/' => 'bad_path' ],
[ '/swap/maksym/' => 'wrong_user' ],
[ '/mine/maksym/' => 'bad_path' ]



=== TEST 8: merge_slashes off
--- config eval: "merge_slashes off;\n$::Raw"
--- asks eval
paths('no_match', '//maksym/', '//'), paths('ok', '/maksym//', '/maksym//a'),
paths('bad_path', '/maksym//..//..//maria', '/x//../../maksym/')



=== TEST 9: literals and placeholders stand where they were written
--- config eval
"location / {
    auth_tenant       corp;
    auth_tenant_path  '/t/{tenant}/u/{user}/';
    $::Echo;
}"
--- asks eval
paths('ok', '/t/acme/u/maksym', '/t/acme/u/maksym/x'),
paths('wrong_tenant', '/t/globex/u/maksym/'), paths('wrong_user', '/t/acme/u/x'),
paths('no_match', '/t/acme/maksym/', '/t/acme/u/', '/t/acme/', '/T/acme/u/maksym',
    '/t/acme/u'),
paths('bad_path', '/t/acme/u/x/../maksym/', '/t/x/../acme/u/maksym/',
    '/t/acme%2fu/maksym', '/t//acme/u/maksym/', '/%74/acme/u/maksym/')



=== TEST 10: an absolute-form target has a path as well
--- config eval: $::Raw
--- asks eval
my $host = 'a.example.com';
[ "GET http://$host/maksym/x" => 'ok', host => $host,
  saw => qr{^GET /maksym/x HTTP}m ],
[ "GET http://$host/maria/..%2fmaksym/x" => 'bad_path', host => $host ],
[ "GET http://$host" => 'no_match', host => $host ],
[ "GET http://$host?/maksym/" => 'no_match', host => $host ]



=== TEST 11: the words of another request's path decide nothing (B2.16)
--- config eval: $::Raw
--- asks eval
map { [ '/maria/' => 'wrong_user', headers => "$_: /maksym/" ] }
    qw(X-Original-URI X-Original-URL X-Rewrite-URL X-Forwarded-Uri
       X-Forwarded-Prefix)



=== TEST 12: property: whatever arrives is of its owner in every reading
--- config eval: "keepalive_requests 100000;\n$::Raw"
--- client
property('raw', 4000, '');
--- timeout: 60
--- log_level: error



=== TEST 13: the same with a URI part
--- config eval
"location /u/ {
    auth_tenant       corp;
    auth_tenant_path  '/u/{user}/';
    keepalive_requests 100000;
    $::Echo/v/;
}"
--- client
property('with a URI part', 2000, '/u', '/v');
--- timeout: 60
--- log_level: error



=== TEST 14: the same after a rewrite
--- config eval
"location / {
    auth_tenant       corp;
    auth_tenant_path  '/{user}/';
    keepalive_requests 100000;
    rewrite ^/r(/.*)\$ \$1 break;
    $::Echo;
}"
--- client
property('rewritten', 2000, '/r');
--- timeout: 60
--- log_level: error



=== TEST 15: the same with merge_slashes off
--- config eval: "merge_slashes off;\nkeepalive_requests 100000;\n$::Raw"
--- client
property('slashes as they are', 2000, '');
--- timeout: 60
--- log_level: error

#!/usr/bin/perl

# Tokens that were verified before, where that is not the usual request (A6.9):
# over HTTP/2, in a single process, long ones, and more of them than there is
# room for.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Client qw(until_true);
use AuthTenant::Judged qw(anew judged);
use AuthTenant::Net qw(memory reload);
use AuthTenant::Nginx;
use AuthTenant::Token qw(jwks key sign);

use IO::Select ();
use IO::Socket::UNIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $sanitized = ($ENV{AUTH_TENANT_NGINX} // 'dynamic') eq 'sanitize';
my $dir = AuthTenant::Nginx::dir();
my $issuer = 'https://id.example.com';

# of a shared secret there are thousands in a second

my %key = (corp => key('ES256', 'one'), fast => key('HS256', 'fast'));

for my $name (keys %key) {
    open my $fh, '>', "$dir/$name.json" or die "$name.json: $!\n";
    print $fh jwks($key{$name});
    close $fh;
}


sub token {
    my ($user, %claims) = @_;

    my $key = $key{delete $claims{by} // 'corp'};
    my $now = int time;
    return sign($key, { iss => $issuer, aud => 'app', sub => '1',
                        name => $user, tenant => 'acme', iat => $now - 5,
                        exp => $now + 600, %claims });
}


sub provider {
    my ($name, @lines) = @_;

    return <<"END";
    auth_tenant_provider $name {
        issuer $issuer;  audience app;  jwks_file DIR/$name.json;
        claims user=name tenant=tenant;  leeway 0;
        @lines
    }
END
}

my $fast = provider('fast', 'algorithms HS256;');

# what the application is told

my $application = <<'END';
    upstream application { server unix:DIR/application; }
    server {
        listen unix:DIR/application;
        location / { return 200 $http_x_who; }
    }
END


sub start {
    my (%conf) = @_;

    my $workers = $conf{workers} // 1;
    my $name = $conf{fast} ? 'fast' : 'corp';

    anew();
    unlink glob "$dir/*.log";

    return AuthTenant::Nginx->start(
        main => "worker_processes $workers;\n" . ($conf{main} // ''),
        http => "error_log $dir/debug.log debug;\n"
                . "keepalive_requests 1000000;\nkeepalive_timeout 10m;\n"
                . ($name eq 'fast' ? $fast : provider('corp'))
                . $application . ($conf{http} // ''),
        server => <<"END" . ($conf{server} // ''));
    add_header X-Result \$auth_result:\$pid always;
    add_header X-User   "\$auth_user of \$auth_tenant" always;
    location / {
        auth_tenant       $name;
        auth_tenant_path  "/{tenant}/{user}/";
        empty_gif;
    }
END
}


sub unharmed { is($_[0]->stop, '', 'nothing alarming in its log') }


# HTTP/2 without TLS: streams of one connection

sub h2 {
    my ($file) = @_;

    my $socket = IO::Socket::UNIX->new(Peer => $file) or die "$file: $!\n";
    $socket->autoflush(1);
    print $socket "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\4\0\0\0\0\0";
    return { socket => $socket, in => '', next => 1, got => {} };
}

# a literal that is not indexed (RFC 7541 section 6.2.2)

sub h2_text {
    my ($text) = @_;

    my $length = length $text;
    return chr($length) . $text if $length < 127;
    my $rest = $length - 127;
    my $n = chr 127;
    for (; $rest > 127; $rest >>= 7) { $n .= chr($rest % 128 | 128) }
    return $n . chr($rest) . $text;
}

# asks for all of [path, token] at once; the streams

sub h2_send {
    my ($h2, @requests) = @_;

    my ($out, @streams) = '';
    for (@requests) {
        my ($path, $token) = @$_;
        my @fields = (':method' => 'GET', ':scheme' => 'http',
                      ':path' => $path, ':authority' => 'localhost',
                      authorization => "Bearer $token");
        my $block = '';
        while (my ($name, $value) = splice @fields, 0, 2) {
            $block .= "\0" . h2_text($name) . h2_text($value);
        }
        push @streams, $h2->{next};
        $out .= substr(pack('N', length $block), 1) . "\1\5"
                . pack('N', $h2->{next}) . $block;
        $h2->{next} += 2;
    }

    print { $h2->{socket} } $out;
    return @streams;
}

# "STATUS BODY" of a stream

sub h2_answer {
    my ($h2, $stream) = @_;

    my $end = time + 30;
    until ($h2->{got}{$stream}{end}) {
        die "no answer over HTTP/2\n" if time > $end;
        next unless IO::Select->new($h2->{socket})->can_read(1);
        sysread $h2->{socket}, $h2->{in}, 65536, length $h2->{in}
            or die "HTTP/2 is closed\n";

        while (length($h2->{in}) >= 9) {
            my ($high, $low, $type, $flags, $id) = unpack 'CnCCN', $h2->{in};
            my $length = $high << 16 | $low;
            last if length($h2->{in}) < 9 + $length;
            my $payload = substr $h2->{in}, 9, $length;
            substr $h2->{in}, 0, 9 + $length, '';

            my $got = $h2->{got}{$id} //= { body => '' };
            $got->{body} .= $payload if $type == 0;
            $got->{end} = 1 if $type < 2 && $flags & 1;
            next if $type != 1;
            $got->{status} = $payload =~ /^[\x08\x48]\x03(\d{3})/ ? $1
                : (200, 204, 206, 304, 400, 404, 500)[ord($payload) - 0x88];
        }
    }

    my $got = delete $h2->{got}{$stream};
    return "$got->{status} $got->{body}";
}


subtest 'streams of one connection' => sub {

    my $nginx = start(server => <<'END');
    listen unix:DIR/h2.sock http2;
    location /app/ {
        auth_tenant       corp;
        auth_tenant_path  "/app/{tenant}/{user}/";
        proxy_set_header  X-Who $auth_user;
        proxy_pass        http://application;
    }
END
    my $h2 = h2("$dir/h2.sock");
    my %token = map { $_ => token($_) } qw(maksym maria);

    for my $round (1 .. 4) {
        my @streams = h2_send($h2, map { ["/app/acme/$_->[0]/", $token{$_->[1]}] }
            [qw(maksym maksym)], [qw(maria maria)], [qw(maksym maria)],
            [qw(maria maksym)], [qw(maksym maksym)]);
        my @said = map { h2_answer($h2, $_) } @streams;

        is($said[0], '200 maksym', "round $round: one");
        is($said[1], '200 maria', 'another one');
        like($said[2], qr/^403 /, 'neither is good for the other');
        like($said[3], qr/^403 /, 'nor the other way round');
        is($said[4], '200 maksym', 'the first one again');
    }

    judged();
    h2_answer($h2, h2_send($h2, ['/app/acme/maria/', $token{maria}]))
        for 1 .. 2;
    is(judged(), 'process, connection', 'the connection knows the last one');

    close $h2->{socket};
    unharmed($nginx);
};


# nginx itself accepts no connections any more after its reload; the ones that
# there are go on to ask by the configuration, and the zone, of before

subtest 'a single process' => sub {

    my $nginx = start(main => 'master_process off;');
    my ($client, $other) = map { AuthTenant::Client->new($nginx) } 1 .. 2;
    my @token = map { token($_) } qw(maksym maria jana);

    is($client->ask('/acme/maksym/', $token[0]), '200 ok', 'a token')
        for 1 .. 2;
    is($other->ask('/acme/maksym/', $token[0]), '200 ok', 'and again');
    is(judged(), 'verified, connection, process', 'is known');

    for my $zone ('', 'auth_tenant_zone mine 1m;') {
        ok(reload($nginx, sub { s/(auth_tenant_provider)/$zone $1/ }),
           "a reload $zone");

        for my $round (1 .. 2) {
            is($client->ask('/acme/maksym/', $token[0]), '200 ok', 'it again');
            is($other->ask('/acme/maria/', $token[$round]),
               $round == 1 ? '200 ok' : '403 wrong_user', 'other ones');
            is($client->ask('/acme/maria/', $token[0]), '403 wrong_user',
               "not as another one's");
        }
        $token[$_] = token($_ == 1 ? 'maria' : 'jana') for 1, 2;
    }

    unharmed($nginx);
};


# a module that comes with a reload, or goes with it

subtest 'a single process, and a module that it had not loaded' => sub {

    plan skip_all => 'the module is part of nginx here'
        if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

    my $path = AuthTenant::Nginx::write_conf(
        main => 'master_process off;', http => provider('corp'),
        server => <<'END');
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{tenant}/{user}/";
        add_header        X-Result $auth_result:$pid always;
        empty_gif;
    }
END
    my $with = AuthTenant::Net::slurp("$path/nginx.conf");
    (my $without = $with) =~ s/^load_module.*//m;
    $without =~ s/^ +auth_tenant_provider .*?^    \}$//ms;
    $without =~ s/^ +(?:auth_tenant|add_header).*//mg;

    my %conf = (comes => [$without, $with], goes => [$with, $without]);

    for my $what (sort keys %conf) {
        my ($before, $after) = @{ $conf{$what} };

        open my $fh, '>', "$path/nginx.conf" or die "$path: $!\n";
        print $fh $before;
        close $fh;
        unlink "$path/sock";

        my $nginx = AuthTenant::Nginx->launch($path);
        my $client = AuthTenant::Client->new($nginx);
        my $ask = sub {
            my $answer = $client->send('/acme/maksym/', token('maksym'))->answer;
            return $answer ? $answer->{status} : 'closed';
        };

        is($ask->(), 200, "a module that $what");
        ok(reload($nginx, sub { $_ = $after }), 'with a reload');
        is($ask->(), 200, 'changes nothing for a connection from before')
            for 1 .. 2;
        unharmed($nginx);
    }
};


subtest 'long tokens' => sub {

    my $nginx = start(workers => 2,
        http => 'large_client_header_buffers 4 32k;',
        server => 'auth_tenant_token_max_size 16k;');
    my %at = AuthTenant::Client::each_worker($nginx);
    my ($first, $second) = values %at;

    # 12 KiB have more claims than the zone keeps of one token

    for (['2 KiB', 1300, 'zone'], ['4 KiB', 2900, 'zone'], ['8 KiB', 5900, 'zone'],
         ['12 KiB', 8800, 'verified'])
    {
        my ($what, $more, $how) = @$_;
        my @long = map { token($_, more => 'x' x $more) } qw(maksym maria);

        judged();
        is($first->ask('/acme/maksym/', $long[0]), '200 ok', "$what: a token")
            for 1 .. 2;
        is($second->ask('/acme/maksym/', $long[0]), '200 ok', 'elsewhere');
        is(judged(), "verified, connection, $how", 'is known');

        is($second->ask('/acme/maksym/', $long[1]), '403 wrong_user',
           'another one that looks like it');
        is($second->ask('/acme/maksym/', substr $long[0], 0, -1),
           '401 malformed', 'a part of it');
    }
    unharmed($nginx);
};


subtest 'more tokens than the zone has room for' => sub {

    my $nginx = start(workers => 2, http => 'auth_tenant_zone small 512k;');
    my %at = AuthTenant::Client::each_worker($nginx);
    my @clients = values %at;
    my @token = map { token("u$_", more => 'x' x ($_ % 8 ? 300
                                                : $_ % 16 ? 1500 : 3000)) }
                0 .. 599;
    my $wrong = 0;

    for my $round (0 .. 2) {
        for my $n (0 .. $#token) {
            my $answer = $clients[($n + $round) % 2]
                ->send("/acme/u$n/", $token[$n])->answer;
            $wrong++ if $answer->{status} != 200
                        || $answer->{headers}{'x-user'} ne "u$n of acme";
        }
    }
    is($wrong, 0, 'each is answered as its user');

    my %how;
    $how{$_}++ for split /, /, judged();
    cmp_ok($how{verified}, '>', @token, 'some were forgotten');
    cmp_ok($how{process} // 0, '>', @token / 2, 'others were known');
    unharmed($nginx);
};


# The connection remembers another one, the process and the zone forget it:
# its request alone holds what the log says of it.

subtest 'a request that outlasts what is kept of its token' => sub {

    my $nginx = start(fast => 1, server => <<'END', http => <<"END");
    listen unix:DIR/h2.sock http2;
    location /slow/ {
        auth_tenant         fast;
        auth_tenant_path    "/slow/{tenant}/{user}/";
        proxy_pass          http://unix:DIR/slow;
        access_log          DIR/access.log who;
        proxy_read_timeout  10m;
    }
END
    log_format who '\$auth_user|\$auth_tenant|\$auth_claim_more|\$auth_result|';
    auth_tenant_zone small 512k;
END
    unlink "$dir/slow";
    my $slow = IO::Socket::UNIX->new(Local => "$dir/slow", Listen => 5)
        or die "slow: $!\n";

    my $more = 'y' x 600;
    my $token = token('maksym', by => 'fast', more => $more);
    my $h2 = h2("$dir/h2.sock");

    h2_answer($h2, h2_send($h2, ['/acme/maksym/', $token]));
    judged();
    my ($stream) = h2_send($h2, ['/slow/acme/maksym/', $token]);
    my $request = $slow->accept;
    sysread $request, my $head, 65536;
    is(judged(), 'connection', 'a request of a token that is known');
    is(h2_answer($h2, h2_send($h2,
           ['/acme/maria/', token('maria', by => 'fast')])) =~ s/ .*//sr,
       200, 'its connection has another one');
    judged();

    # one that is used all the time stays, whatever else comes

    my ($client, $other) = map { AuthTenant::Client->new($nginx) } 1, 2;
    my $usual = token('usual', by => 'fast');
    my ($wrong, @usual) = 0;

    $client->ask('/acme/usual/', $usual);
    for my $n (1 .. 8192) {
        my $token = token("u$n", by => 'fast', more => 'z' x 600);
        $wrong += grep { $_->ask("/acme/u$n/", $token) ne '200 ok' }
                       $client, $other;
        next if $n % 16;
        judged();
        $client->ask('/acme/usual/', $usual);
        push @usual, judged();
    }

    is($wrong, 0, 'thousands of others, each of which comes twice');
    is(scalar(grep { $_ ne 'process' } @usual), 0,
       'the process still knows the one that came among them');
    is($client->ask('/acme/maksym/', $token), '200 ok', 'the first one');
    is(judged(), 'verified', 'is known nowhere');

    print $request "HTTP/1.0 200 OK\r\n\r\nlate";
    close $request;
    is(h2_answer($h2, $stream), '200 late', 'but its request ends');

    until_true(sub { -s "$dir/access.log" });
    open my $fh, '<', "$dir/access.log" or die "access.log: $!\n";
    is(<$fh>, "maksym|acme|$more|ok|\n", 'as that of its user');

    close $h2->{socket};
    unharmed($nginx);
};


# one after the other, and none of them comes again

subtest 'a crowd of tokens' => sub {

    my $nginx = start(fast => 1);
    my ($client, $other) = map { AuthTenant::Client->new($nginx) } 1, 2;
    my @usual = map { token("usual$_", by => 'fast') } 1 .. 16;
    my $ask = sub { $_[0]->ask("/acme/usual$_/", $usual[$_ - 1]) for 1 .. 16 };
    my $wrong = 0;

    $ask->($client);
    for my $n (1 .. 6000) {
        $wrong++ if $client->ask("/acme/u$n/", token("u$n", by => 'fast'))
                    ne '200 ok';
    }
    is($wrong, 0, 'each is answered');

    judged();
    $ask->($client);
    is(judged(), join(', ', ('process') x 16),
       'those that came before are still known to the process');

    # and whoever comes twice gets in

    my @late = map { token("late$_", by => 'fast') } 1 .. 16;
    for my $n (1 .. 16) {
        $_->ask("/acme/late$n/", $late[$n - 1]) for $client, $other;
    }
    judged();
    $client->ask("/acme/late$_/", $late[$_ - 1]) for 1 .. 16;
    is(judged(), join(', ', ('process') x 16), 'as are some that come twice');
    unharmed($nginx);
};


# 8 MiB in each process, whatever tokens there are

subtest 'memory' => sub {

    my $nginx = start(fast => 1, http => <<'END');
    large_client_header_buffers 4 32k;
    auth_tenant_zone small 512k;
END
    my ($worker) = AuthTenant::Client::workers($nginx);
    my $client = AuthTenant::Client->new($nginx);
    my $wrong = 0;

    $client->ask('/acme/u0/', token('u0', by => 'fast'));
    my $before = memory($worker);

    # a few on each connection

    for my $n (1 .. 2400) {
        $client = AuthTenant::Client->new($nginx) if $n % 3 == 0;
        $wrong++ if $client->ask("/acme/u$n/", token("u$n", by => 'fast',
                                     more => 'x' x 5000)) ne '200 ok';
    }
    my $more = memory($worker) - $before;

    is($wrong, 0, 'thousands of long tokens');
    cmp_ok($more, '<', 13e6, 'and 8 MiB of memory, about') unless $sanitized;

    # then others find room again

    my @token = map { token("v$_", by => 'fast') } 1 .. 64;
    $client->ask("/acme/v$_/", $token[$_ - 1]) for 1 .. 64, 1 .. 64;
    judged();
    $client->ask("/acme/v$_/", $token[$_ - 1]) for 1 .. 64;
    cmp_ok(scalar(() = judged() =~ /process/g), '>=', 48,
           'the process knows those that came last');
    unharmed($nginx);
};


done_testing();

#!/usr/bin/perl

# What people really send through: WebSockets, HTTP/2, uploads, connections
# that several users share, clients that go away.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

use Digest::SHA ();
use IO::Select ();
use IO::Socket::UNIX ();

# The application: tells who came and what they brought; a WebSocket gets back
# what it sends, in upper case; "/slow" takes its time.

my $listener = IO::Socket::UNIX->new(Listen => 64,
    Local => "$ENV{TEST_NGINX_FILES}/real.sock") or die "real.sock: $!\n";
chmod 0777, "$ENV{TEST_NGINX_FILES}/real.sock";

my $fcgi = IO::Socket::UNIX->new(Listen => 64,
    Local => "$ENV{TEST_NGINX_FILES}/fcgi.sock") or die "fcgi.sock: $!\n";
chmod 0777, "$ENV{TEST_NGINX_FILES}/fcgi.sock";

my @pids = map {
    my ($serve, $socket) = @$_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        $SIG{CHLD} = 'IGNORE';
        while (1) {
            my $client = $socket->accept or next;
            next if fork;
            alarm 60;
            eval { $serve->($client) };
            POSIX::_exit(0);
        }
    }
    $pid;
} [\&serve, $listener], [\&serve_fcgi, $fcgi];

my $parent = $$;
END {
    if ($$ == $parent && @pids) {
        my $status = $?;
        kill TERM => @pids;
        waitpid $_, 0 for @pids;
        $? = $status;
    }
}

sub serve {
    my ($client) = @_;

    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        sysread $client, $head, 4096, length $head or return;
    }
    (my $body = $head) =~ s/^.*?\r\n\r\n//s;
    my ($target) = $head =~ /^\S+ (\S+)/;
    my ($user) = $head =~ /^X-User-Id: (.*)\r$/mi;
    my $auth = $head =~ /^Authorization:/mi ? ' with a token' : '';

    if ($head =~ /^Upgrade: websocket\r$/mi) {
        print $client "HTTP/1.1 101 Switching Protocols\r\n",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello $user$auth\n";
        $client->flush;
        while (sysread $client, my $in, 65536) {
            print $client uc $in;
            $client->flush;
        }
        return;
    }

    sleep 2 if $target =~ /slow/;

    my ($length) = $head =~ /^Content-Length: (\d+)\r$/mi;
    my ($n, $sha) = (0, Digest::SHA->new(256));
    my $take = sub { $n += length $_[0]; $sha->add($_[0]) };

    if ($head =~ /^Transfer-Encoding: chunked\r$/mi) {
        while ($body !~ /^0\r\n\r\n/) {
            if ($body =~ /^([0-9a-f]+)\r\n/i
                && length $body >= length($&) + hex($1) + 2)
            {
                $take->(substr $body, length $&, hex $1);
                substr $body, 0, length($&) + hex($1) + 2, '';
                next;
            }
            sysread $client, $body, 65536, length $body or return;
        }
    } else {
        $take->($body);
        while ($n < ($length // 0)) {
            sysread $client, my $in, 65536 or return;
            $take->($in);
        }
    }

    my $text = join ' ', $user // 'nobody', $n, $sha->hexdigest . $auth;
    print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $text,
        "\r\nConnection: close\r\n\r\n$text";
    close $client;
}

# FastCGI: all records of a request up to the empty STDIN, then an answer with
# the parameters

sub serve_fcgi {
    my ($client) = @_;

    my $params = '';
    while (read $client, my $header, 8) {
        my (undef, $type, $id, $length, $padding) = unpack 'CCnnC', $header;
        read $client, my $content, $length if $length;
        read $client, my $pad, $padding if $padding;
        $params .= $content if $type == 4 && $length;
        last if $type == 5 && !$length;
    }

    my ($user) = $params =~ /\x0b.REMOTE_USER([a-z]*)/s;
    my $out = "Content-Type: text/plain\r\n\r\nfcgi $user";
    print $client pack('CCnnCC', 1, 6, 1, length $out, 0, 0), $out,
        pack('CCnnCC', 1, 3, 1, 8, 0, 0), "\0" x 8;
    close $client;
}

file('tls.key', key('P-256', 'tls')->private_pem);
file('tls.crt', key('P-256', 'tls')->certificate);

our $Location = <<'END';
    proxy_http_version   1.1;
    proxy_set_header     X-User-Id  $auth_user;
    proxy_set_header     Upgrade    $http_upgrade;
    proxy_set_header     Connection $connection_upgrade;
    auth_tenant          corp;
    auth_tenant_path     "/{user}/";
    location / {
        client_max_body_size 0;
        proxy_pass       http://unix:$TEST_NGINX_FILES/real.sock:;
    }
    location ~ ^/[a-z]*/stream {
        client_max_body_size 0;
        proxy_request_buffering off;
        proxy_buffering  off;
        proxy_pass       http://unix:$TEST_NGINX_FILES/real.sock:;
    }
END

our $Upgrade = <<'END';
    map $http_upgrade $connection_upgrade { default upgrade; "" close; }
END

our $token = token();
our $maria = token({ name => 'maria' });

sub connection {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => port(), Timeout => 5) or die "connect: $!\n";
    return $socket;
}

sub lines { join "\r\n", @_, '', '' }

# what there is to read before so many bytes of a pattern have come

sub until_seen {
    my ($socket, $pattern) = @_;

    local $SIG{ALRM} = sub { die "no answer\n" };
    alarm 20;
    my $in = '';
    while ($in !~ $pattern) {
        $socket->sysread($in, 65536, length $in) or last;
    }
    alarm 0;
    return $in;
}

# 50 MB, and its digest as the application will say it

our $part = join '', map { chr(32 + $_ % 90) } 1 .. 65536;
our $parts = 800;

sub upload_digest {
    my ($n) = @_;
    my $sha = Digest::SHA->new(256);
    $sha->add($part) for 1 .. $n;
    return $n * length($part) . ' ' . $sha->hexdigest;
}

sub upload {
    my ($path, $token, $n, $chunked) = @_;

    my $socket = connection();
    local $SIG{PIPE} = 'IGNORE';
    print $socket lines("POST $path HTTP/1.1", 'Host: a', bearer($token),
        'Connection: close', $chunked ? 'Transfer-Encoding: chunked'
                             : 'Content-Length: ' . $n * length $part);
    for (1 .. $n) {
        print $socket $chunked ? sprintf("%x\r\n%s\r\n", length $part, $part)
                               : $part or last;
    }
    print $socket "0\r\n\r\n" if $chunked;
    $socket->flush;
    return read_answer($socket);
}

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a WebSocket: 101, and data both ways
--- http eval: $::Upgrade
--- config eval: $::Location
--- client
my @upgrade = ('Host: a', 'Upgrade: websocket', 'Connection: Upgrade',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==');

my $socket = connection();
print $socket lines('GET /maksym/api/kernels HTTP/1.1', @upgrade,
                    bearer($::token));
$socket->flush;
my $in = until_seen($socket, qr/hello .*\n/);
like($in, qr/^HTTP\/1.1 101 /, 'switched');
like($in, qr/\r\n\r\nhello maksym\n\z/, 'known by name, the token taken away');
unlike($in, qr/no-store|WWW-Auth/, 'no header of ours');

for my $n (1, 100, 200_000) {
    my $text = 'abcdefghij' x $n;
    local $SIG{ALRM} = sub { die "no echo\n" };
    alarm 20;
    my ($sent, $got) = (0, '');
    while (length $got < length $text) {
        if ($sent < length $text) {
            $sent += syswrite $socket, $text, 60_000, $sent;
        }
        sysread $socket, $got, 65536, length $got or last
            if $sent == length $text || IO::Select->new($socket)->can_read(0);
    }
    alarm 0;
    is(length $got, length $text, length($text) . ' bytes and back');
    is($got eq uc $text, 1, 'as they were');
}

for ([ '/maria/ws', $::token, 403 ], [ '/maksym/ws', tamper($::token), 401 ]) {
    my ($path, $token, $status) = @$_;
    $socket = connection();
    print $socket lines("GET $path HTTP/1.1", @upgrade, bearer($token));
    $socket->flush;
    is(read_answer($socket)->{status}, $status, "$path: refused");
}



=== TEST 2: an upload of 50 MB, buffered or not, whole or in chunks
--- http eval: $::Upgrade
--- config eval: $::Location
--- timeout: 60
--- client
my $want = upload_digest($::parts);
for my $path (qw(up stream)) {
    for my $chunked (0, 1) {
        my $got = upload("/maksym/$path", $::token, $::parts, $chunked);
        is($got->{body}, "maksym $want", $path . ($chunked ? ', chunked' : ''));
    }
}



=== TEST 3: a refused upload: the answer comes, the connection goes on
--- http eval: $::Upgrade
--- config eval: $::Location
--- client
for my $path (qw(/maria/up /maria/stream)) {
    my $socket = connection();
    print $socket lines("POST $path HTTP/1.1", 'Host: a', bearer($::token),
                        'Content-Length: ' . 16 * length $::part);
    print $socket $::part for 1 .. 16;
    print $socket lines('GET /maksym/ HTTP/1.1', 'Host: a', bearer($::token));
    $socket->flush;
    is(read_answer($socket)->{status}, 403, "$path: refused");
    is(read_answer($socket)->{status}, 200, 'the next request is understood');

    print $socket lines("POST $path HTTP/1.1", 'Host: a', bearer($::token),
                        'Transfer-Encoding: chunked'),
        sprintf("%x\r\n%s\r\n", length $::part, $::part) x 4, "0\r\n\r\n",
        lines('GET /maksym/x HTTP/1.1', 'Host: a', bearer($::token));
    $socket->flush;
    is(read_answer($socket)->{status}, 403, "$path: in chunks");
    is(read_answer($socket)->{status}, 200, 'the next request is understood');
}



=== TEST 4: who asks first whether to send a body is told no at once
--- http eval: $::Upgrade
--- config eval: $::Location
--- client
my @expect = ('Host: a', 'Content-Length: 1000000', 'Expect: 100-continue',
              'Connection: close', bearer($::token));

my $socket = connection();
print $socket lines('PUT /maria/x HTTP/1.1', @expect);
$socket->flush;
my $got = read_answer($socket);
is($got->{status}, 403, 'refused');

$socket = connection();
print $socket lines('PUT /maksym/x HTTP/1.1', @expect);
$socket->flush;
like(until_seen($socket, qr/\r\n\r\n/), qr/^HTTP\/1.1 100 /, 'welcome');



=== TEST 5: one connection, several users: each request is judged by itself
--- http eval: $::Upgrade
--- config eval: $::Location
--- client
my $socket = connection();
my @turns = (['maksym', $::token, 200], ['maria', $::maria, 200],
    ['maria', $::token, 403], ['maksym', undef, 401],
    ['maksym', $::maria, 403], ['maksym', $::token, 200],
    ['maria', tamper($::maria), 401], ['maria', $::maria, 200]);

for ((@turns) x 3) {
    my ($path, $token, $status) = @$_;
    print $socket lines("GET /$path/ HTTP/1.1", 'Host: a',
                        defined $token ? bearer($token) : ());
    $socket->flush;
    my $got = read_answer($socket);
    is($got->{status}, $status, "$path: $status");
    like($got->{body}, qr/^$path /, 'by name') if $status == 200;
}



=== TEST 6: several requests sent at once
--- http eval: $::Upgrade
--- config eval: $::Location
--- client
my $socket = connection();
my @asked = map { $_ % 3 ? $_ % 3 == 1 ? 'maksym' : 'maria' : 'olga' } 1 .. 30;
print $socket map { lines("GET /$_/ HTTP/1.1", 'Host: a',
                          bearer($_ eq 'maria' ? $::maria : $::token)) } @asked;
$socket->flush;

# answers come together: they are taken apart by their lengths

local $SIG{ALRM} = sub { die "no answer\n" };
alarm 20;
my ($in, @got) = '';
while (@got < @asked) {
    my ($head, $status) = $in =~ m{\A(HTTP/1.1 (\d+) .*?\r\n\r\n)}s;
    my ($length) = ($head // '') =~ /^Content-Length: (\d+)\r$/m;

    if (defined $length && length $in >= length($head) + $length) {
        substr $in, 0, length $head, '';
        my $body = substr $in, 0, $length, '';
        push @got, $status == 200 ? $body =~ s/ .*//sr : $status;
    } else {
        sysread $socket, $in, 65536, length $in or last;
    }
}
alarm 0;
is("@got", join(' ', map { $_ eq 'olga' ? 403 : $_ } @asked), 'in order');



=== TEST 7: a client that goes away leaves nothing behind
--- http eval: $::Upgrade
--- config eval: $::Location
--- client
for my $how (0 .. 3) {
    my $socket = connection();
    print $socket "POST /maksym/slow HTTP/1.1\r\nHost: a\r\n",
        $how > 0 ? bearer($::token) . "\r\n" : '',
        $how > 1 ? "Content-Length: 100000\r\n" : '', "\r\n",
        $how > 2 ? $::part : '';
    $socket->flush;
    select undef, undef, undef, 0.2;
    close $socket;
}
select undef, undef, undef, 0.5;
is(fetch('/maksym/', token => $::token)->{status}, 200, 'nginx goes on');



=== TEST 8: HTTP/2: many requests of two users on one connection
--- http eval
$::Upgrade . <<"END";
    server {
        listen unix:\$TEST_NGINX_HTML_DIR/h2.sock ssl http2;
        ssl_certificate      \$TEST_NGINX_FILES/tls.crt;
        ssl_certificate_key  \$TEST_NGINX_FILES/tls.key;
        $::Location
    }
END
--- config
--- client
my $curl = '-sk -o - -w "\n%{http_version} %{num_connects} %{http_code}\n"'
    . " --http2 --unix-socket $ENV{TEST_NGINX_HTML_DIR}/h2.sock";
my ($a, $b) = map { "-H '" . bearer($_) . "'" } $::token, $::maria;

my @asks = (["$a https://a/maksym/", '^maksym '], ["$b https://a/maria/", '^maria '],
    ["$b https://a/maksym/", 403], ['https://a/maksym/', 401],
    ["$a https://a/maria/", 403], ["$a https://a/maksym/x", '^maksym ']);
my $said = qx{curl @{[ join ' --next ', map { "$curl $_->[0]" } @asks ]}};
my @answers = $said =~ /(.*?\n2 \d \d+\n)/sg;
is(scalar @answers, scalar @asks, 'all answered');

for (0 .. $#asks) {
    my $want = $asks[$_][1];
    my $n = $_ ? 0 : 1;
    like($answers[$_], $want =~ /\d/ ? qr/\n2 $n $want\n\z/
                                     : qr/$want.*\n2 $n 200\n\z/,
         "request $_ on the same connection");
}

my $file = file('upload', $::part x $::parts);
my $want = upload_digest($::parts);
for my $path (qw(up stream)) {
    is(qx{curl $curl $a -T $file https://a/maksym/$path},
       "maksym $want\n2 1 200\n", "$path: an upload");
}
like(qx{curl $curl $a -T $file https://a/maria/up}, qr/\n2 1 403\n/,
     'a refused one');
unlink $file;



=== TEST 9: whoever makes the content: files, FastCGI
--- http eval: $::Upgrade
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        root             $TEST_NGINX_FILES/root;
        index            index.txt;
    }
    location /maksym/fcgi {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        fastcgi_param    REMOTE_USER $auth_user;
        fastcgi_pass     unix:$TEST_NGINX_FILES/fcgi.sock;
    }
--- client
mkdir "$ENV{TEST_NGINX_FILES}/$_" for 'root', 'root/maksym', 'root/maria';
file("root/$_/index.txt", "$_\n") for qw(maksym maria);

is(fetch('/maksym/')->{body}, "maksym\n", 'an index');
is(fetch('/maksym/index.txt')->{body}, "maksym\n", 'a file');
is(fetch('/maria/index.txt')->{status}, 403, 'not hers');
is(fetch('/maksym/../maria/index.txt')->{status}, 400, 'in no way');
is(fetch('/maksym/fcgi')->{body}, 'fcgi maksym', 'FastCGI');
is(fetch('/maksym/fcgi', token => undef)->{status}, 401, 'not for nobody');

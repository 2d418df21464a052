# Requests that wait for keys: what they wait for and how long, and whatever
# else happens to a request and to its worker meanwhile.  A7.5, A7.6, E4, E22.
#
# "Held" is a provider whose process is stopped: it answers when the test has
# seen what it wants to see.

use strict;
use warnings;

use Digest::SHA ();
use IO::Select ();
use IO::Socket::UNIX ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use lib 't/lib';
use AuthTenant::Client qw(until_true workers);
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key sign);

my $dir = AuthTenant::Nginx::dir();
my $provider = AuthTenant::Provider->start;
my $many = AuthTenant::Provider->start;      # a realm for each tenant
my $app = app("$dir/app.sock");
my $test = $$;

END {
    if ($$ == $test) {
        local $?;
        kill CONT => map { $_->pid } grep { $_ } $provider, $many;
        kill TERM => $app if $app;
    }
}

my ($old, $new) = map { key('RS256', $_) } qw(old new);

$provider->realm($_, $old) for qw(corp sick mute);

my $http = <<"END";
    keepalive_requests 100000;
    keepalive_timeout  10m;
    client_header_buffer_size 4k;
    log_format result '\$status \$auth_result \$request_uri';

    auth_tenant_zone tenants 4m;

    auth_tenant_provider corp {
        issuer "@{[ $provider->issuer('corp') ]}";
        audience app; claims user=name; tenants any;
        refresh 1h; cooldown 1s; read_timeout 20s;
    }
    auth_tenant_provider sick {
        issuer "@{[ $provider->issuer('sick') ]}";
        audience app; claims user=name; tenants any;
        refresh 1h; cooldown 500ms;
    }
    auth_tenant_provider mute {
        issuer "@{[ $provider->issuer('mute') ]}";
        audience app; claims user=name; tenants any;
        refresh 1h; cooldown 1s; read_timeout 1s;
    }

    # a realm that is new to nginx is one whose keys a request waits for

    auth_tenant_provider realms {
        issuer "@{[ $many->template ]}";
        audience app; claims user=name;
        refresh 1h; cooldown 1s; read_timeout 20s;
    }

    server {
        listen unix:DIR/h2.sock http2;
        access_log DIR/access.log result;
        add_header X-Result \$auth_result:\$pid always;
        auth_tenant realms;
        auth_tenant_path "/{user}/";
        location / { empty_gif; }
    }

    map \$http_upgrade \$upgrade { "" close; default upgrade; }
END

my $server = <<'END';
    access_log DIR/access.log result;
    add_header X-Result $auth_result:$pid always;
    auth_tenant corp sick mute realms;

    location = / { auth_tenant off; empty_gif; }

    location / {
        auth_tenant_path "/{user}/";
        empty_gif;
    }

    location /app/ {
        auth_tenant_path     "/app/{user}/";
        client_max_body_size 0;
        proxy_http_version   1.1;
        proxy_set_header     X-User-Id  $auth_user;
        proxy_set_header     Upgrade    $http_upgrade;
        proxy_set_header     Connection $upgrade;
        proxy_pass           http://unix:DIR/app.sock:;
        location /app/stream/ {
            auth_tenant_path        "/app/stream/{user}/";
            proxy_request_buffering off;
            proxy_buffering         off;
            proxy_pass              http://unix:DIR/app.sock:;
        }
    }

    location /any/ {
        auth_tenant_path "/any/{user}/";
        satisfy any;
        deny all;
        empty_gif;
        location /any/allowed/ {
            auth_tenant_path "/any/allowed/{user}/";
            allow all;
            empty_gif;
        }
    }

    location /service/ {
        auth_tenant_path "/service/{user}/";
        auth_request     /check;
        empty_gif;
    }
    location = /check { internal; auth_tenant off; return 204; }

    location /dry/ {
        auth_tenant_path    "/dry/{user}/";
        auth_tenant_dry_run on;
        empty_gif;
    }

    location /sorry/ {
        auth_tenant_path "/sorry/{user}/";
        error_page       503 @sorry;
        empty_gif;
    }
    location @sorry { auth_tenant off; return 200 "sorry"; }

    location /again/ {
        auth_tenant_path "/again/{user}/";
        error_page       503 =200 /maksym/;
        empty_gif;
    }
END

my $nginx = AuthTenant::Nginx->start(
    main => 'worker_processes 2;', events => 'worker_connections 4096;',
    http => $http, server => $server);

sub of { $_[0] =~ /^r\d/ ? $many : $provider }

sub token {
    my ($realm, $key) = @_;

    return sign($key // $old, {
        iss => of($realm)->issuer($realm), aud => 'app', sub => '1',
        name => 'maksym', iat => int time, exp => int(time) + 600 });
}

# a realm that nginx has not heard of; its budget is 20 in each second

my ($serial, @made) = 0;
sub realm {
    @made = grep { $_ > time - 1.1 } @made;
    if (@made >= 18) {
        sleep 1.2;
        @made = ();
    }
    push @made, time;

    my $name = 'r' . ++$serial;
    $many->realm($name, $old);
    return $name;
}

sub hold { AuthTenant::Client::hold($provider->pid, $many->pid) }
sub release { kill CONT => $provider->pid, $many->pid }

sub fetches { scalar(my @all = of($_[0])->requests("/$_[0]/jwks")) }

sub cooled {
    my ($realm, $cooldown) = @_;

    my ($last) = reverse $provider->requests(qr{/$realm/});
    my $left = ($last ? $last->{time} : 0) + $cooldown + 0.1 - time;
    sleep $left if $left > 0;
}

my (%at, $one, $two);

sub connect_workers {
    %at = AuthTenant::Client::each_worker($nginx);
    ($one, $two) = sort { $a <=> $b } keys %at;
}

sub at { AuthTenant::Client->at($nginx, $_[0]) }

# what was sent before has been read by then

sub settled { $_->ask('/', undef) for values %at, values %at }

sub wait_for {
    my ($client) = @_;

    my $answer = $client->answer or return 'closed';
    return "$answer->{status} $answer->{result}";
}

sub access_log {
    open my $fh, '<', "$dir/access.log" or return '';
    local $/;
    return <$fh> // '';
}

connect_workers();
until_true(sub { $at{$_}->ask('/maksym/', token('corp')) eq '200 ok' })
    for $one, $two;

note('A7.6 a key that is not known');

cooled('corp', 1);
my $before = fetches('corp');
$provider->realm('corp', $old, $new);
hold();
$at{$one}->send('/maksym/', token('corp', $new));
my @here = map { at($one) } 1 .. 3;
my @there = map { at($two) } 1 .. 3;
$_->send('/maksym/', token('corp', $new)) for @here, @there;
my $other = at($two);
$other->ask('/', undef) for 1 .. 2;
is(scalar(grep { $_->waits } $at{$one}, @here), 4,
   'waits while its worker fetches');
is(scalar(grep { $_->waits } @there), 3, 'and while another worker does');
is($other->ask('/maksym/', token('corp')), '200 ok', 'a known one does not');
release();
my $begin = time;
is(wait_for($_), '200 ok', 'is served when the key comes')
    for $at{$one}, @here, @there;
cmp_ok(time - $begin, '<', 10, 'without further ado');
is(fetches('corp') - $before, 1, 'one fetch served all');
is($_->ask('/maksym/', token('corp')), '200 ok',
   'the next request of the same connection') for @here[0, 1], $there[0];

hold();
is($at{$_}->ask('/maksym/', token('corp', key('RS256', 'nobody'))),
   '401 unknown_key', 'inside the cooldown nobody waits') for $one, $two;
my ($least) = sort { $a <=> $b } map {
    my $sent = time;
    $at{$one}->ask('/maksym/', token('corp', key('RS256', 'nobody')));
    time - $sent;
} 1 .. 20;
cmp_ok($least, '<', 0.02, sprintf 'for anything: %.1f ms', 1000 * $least);
release();

note('E4 a provider that never answers');

$provider->fault('/mute/jwks', 'never');
cooled('mute', 1);
$begin = time;
is($at{$one}->ask('/maksym/', token('mute', $new)), '401 unknown_key',
   'a key that is not known');
cmp_ok(time - $begin, '>=', 0.9, 'waits as long as read_timeout');
cmp_ok(time - $begin, '<', 6, sprintf 'of 1 s, no longer: %.2f s',
       time - $begin);
$begin = time;
is($at{$two}->ask('/maksym/', token('mute', $new)), '401 unknown_key',
   'the next one');
cmp_ok(time - $begin, '<', 0.9, 'is refused at once');
is($at{$two}->ask('/maksym/', token('mute')), '200 ok',
   'known keys are not affected');
$provider->heal;

my $name = realm();
$many->fault("/$name/jwks", status => 500);
my $answer = $at{$one}->send('/maksym/', token($name))->answer;
is("$answer->{status} $answer->{result}", '503 keys_unavailable',
   'A1.5 no keys at all');
is($answer->{headers}{'retry-after'}, 5, 'with Retry-After');
is($answer->{headers}{'cache-control'}, 'no-store', 'kept by nobody');

note('a provider that fails is not asked more often because clients ask');

$provider->fault('/sick/jwks', status => 500);
$provider->clear;
$begin = time;
my %said;
while (time < $begin + 4.2) {
    $said{$at{$_}->ask('/maksym/', token('sick', $new))}++ for $one, $two;
    sleep 0.02;
}
my @times = map { $_->{time} } $provider->requests('/sick/jwks');
cmp_ok(scalar @times, '>=', 2, 'it is asked again');
cmp_ok(scalar @times, '<=', 5, 'less and less often: ' . join(', ',
       map { sprintf '%.1f', $_ - $begin } @times));
is(join(', ', keys %said), '401 unknown_key', 'nothing is accepted');
$provider->heal;

note('how many may wait');

# one worker alone, so that the number is its own: 1024, of which a realm has
# no more than it leaves to others

my @realms = map { realm() } 1 .. 2;

for my $how ('go away', 'are served', 'are served again') {

    # a key that is new, and a cooldown since the last fetch

    my $key = key('RS256', $how =~ tr/ /-/r);
    $many->realm($_, $key) for @realms;
    sleep 1.2;
    hold();
    AuthTenant::Client::hold($two);
    my @many = map { AuthTenant::Client->new($nginx) } 1 .. 776;
    my @token = map { token($_, $key) } @realms;
    $_->send('/maksym/', $token[0]) for @many[0 .. 515];
    $at{$one}->ask('/', undef) for 1 .. 5;
    $_->send('/maksym/', $token[1]) for @many[516 .. 775];
    $at{$one}->ask('/', undef) for 1 .. 5;
    kill CONT => $two;

    my @refused = grep { !$_->waits } @many;
    is(scalar(grep { !$_->waits } @many[0 .. 515]), 4, 'of 516, 4 too many');
    is(scalar(grep { !$_->waits } @many[516 .. 775]), 4,
       'of 260 of another realm, also');
    my $no = $how eq 'go away' ? '503 keys_unavailable' : '401 unknown_key';
    is(join(', ', map { wait_for($_) } @refused), join(', ', ($no) x 8),
       'are refused at once');

    if ($how eq 'go away') {
        $_->reset for @many;
        is(until_true(sub {
            $at{$one}->ask('/', undef);
            scalar(() = access_log() =~ /^499 keys_unavailable/mg) == 768
        }), 1, 'the others go away, and nginx notices');
        release();
        next;
    }

    release();
    %said = ();
    $said{wait_for($_)}++ for grep { my $client = $_;
        !grep { $_ == $client } @refused } @many;
    is(join(', ', %said), '200 ok, 768', "the others $how");
}

note('E22 clients that go away');

my $realm = realm();
hold();
my @clients = map { at($_) } ($one) x 4, ($two) x 4;
$_->send("/maksym/gone", token($realm)) for @clients;
settled();
is(scalar(grep { $_->waits } @clients), 8, 'eight wait');
$clients[0]->reset;
close $clients[1]->socket;
shutdown $clients[4]->socket, 1;
$clients[5]->reset;
ok(until_true(sub {
    (() = access_log() =~ m{^499 keys_unavailable /maksym/gone$}mg) == 4 }),
   'four go: access.log has them with $auth_result');
settled();
release();
is(wait_for($_), '200 ok', 'another one is served') for @clients[2, 3, 6, 7];

note('requests that were sent before the answer');

$realm = realm();
hold();
my $client = at($one);
$client->write(join '', map { "GET /maksym/$_ HTTP/1.1\r\nHost: localhost\r\n"
    . "Authorization: Bearer " . token($_ == 2 ? 'corp' : $realm) . "\r\n\r\n"
    } 1 .. 4);
settled();
ok($client->waits, 'the first one waits, and the others with it');
release();
is(wait_for($client), '200 ok', "answer $_") for 1 .. 4;
ok(until_true(sub {
    join(' ', access_log() =~ m{^200 ok /maksym/(\d)$}mg) eq '1 2 3 4' }),
   'in order');

$realm = realm();
hold();
$client = at($one);
$client->send('/maksym/', token($realm));
settled();
$client->write("GET /maksym/5 HTTP/1.1\r\nHost: localhost\r\n"
               . 'Authorization: Bearer ' . token('corp') . "\r\n\r\n");
settled();
ok($client->waits, 'sent while the first one waits already');
release();
is(wait_for($client), '200 ok', 'both are answered') for 1, 2;

note('E22 HTTP/2');

$realm = realm();
hold();
my $h2 = h2();
h2_ask($h2, $_, '/maksym/h2', token($realm)) for 1, 3, 5;
h2_ask($h2, 7, '/maksym/h2', token('corp'));
is(h2_answers($h2, 7)->{7}, 401, 'a stream of which the issuer is not known');
h2_frame($h2, 3, 0, 3, pack 'N', 8);      # RST_STREAM, CANCEL
ok(until_true(sub { access_log() =~ m{^499 keys_unavailable /maksym/h2$}m }),
   'a stream is reset while it waits');
release();
is_deeply(h2_answers($h2, 1, 5), { 1 => 200, 5 => 200 },
          'the others are served');

$realm = realm();
hold();
for my $n (1 .. 20) {
    h2_ask($h2, 2 * $n + 7, '/maksym/flood', token($realm));
    h2_frame($h2, 3, 0, 2 * $n + 7, pack 'N', 8) if $n <= 15;
}
ok(until_true(sub {
    (() = access_log() =~ m{^499 keys_unavailable /maksym/flood$}mg) == 15 }),
   'fifteen streams are reset at once');
close $h2;
ok(until_true(sub {
    (() = access_log() =~ m{^499 keys_unavailable /maksym/flood$}mg) == 20 }),
   'then the connection is lost');
release();
is($at{$_}->ask('/maksym/', token($realm)), '200 ok', 'nginx goes on')
    for $one, $two;

note('bodies');

my $body = join '', map { chr(32 + $_ % 90) } 1 .. 3_000_000;
my $want = 'maksym ' . length($body) . ' ' . Digest::SHA::sha256_hex($body);

for my $path ('/app/maksym/', '/app/stream/maksym/') {
    for my $early (1, 0) {
        $realm = realm();
        hold();
        $client = at($one);

        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {

            # what does not fit into buffers is sent when the request goes on

            $client->write("POST $path HTTP/1.1\r\nHost: localhost\r\n"
                . 'Authorization: Bearer ' . token($realm) . "\r\n"
                . 'Content-Length: ' . length($body) . "\r\n\r\n"
                . substr $body, 0, $early ? 200_000 : 0);
            sleep 0.3;
            $client->write(substr $body, $early ? 200_000 : 0);
            POSIX::_exit(0);
        }
        sleep 0.2;
        settled();
        ok($client->waits, "$path: an upload waits");
        release();
        is($client->answer->{body}, $want, $early ? 'its body begun' : 'whole');
        waitpid $pid, 0;
        is($client->ask('/maksym/', token($realm)), '200 ok',
           'and the connection goes on');
    }
}

$realm = realm();
hold();
$client = at($one);
$client->send('/app/maksym/', token($realm), method => 'POST', body => 'x=1');
$other = at($two);
$other->send('/app/maksym/', token('corp', $new), method => 'POST',
             headers => ['Content-Length: 10', 'Expect: 100-continue']);
is(wait_for($other), '100 ', 'a body is asked for where nothing is waited for');
$other->write('0123456789');
like($other->answer->{body}, qr/^maksym 10 /, 'and comes');
settled();
ok($client->waits, 'a form waits');
release();
like($client->answer->{body}, qr/^maksym 3 /, 'and is whole');

note('WebSockets');

$realm = realm();
hold();
$client = at($one);
$client->send('/app/maksym/', token($realm), headers => [
    'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==']);
settled();
ok($client->waits, 'a handshake waits');
release();
is($client->answer->{status}, 101, 'and is answered');
$client->write('hello');
until_true(sub { $client->read(0.1); $client->{in} eq 'HELLO' });
is($client->{in}, 'HELLO', 'data flow');

note('other checks of the location');

$realm = realm();
hold();
$client = at($one);
$client->send('/any/maksym/', token($realm));
my $service = at($one);
$service->send('/service/maksym/', token($realm));
is($at{$one}->ask('/any/allowed/maksym/', token($realm)), '200 ',
   '"satisfy any": who is let in by an address waits for nothing');
is($at{$two}->ask('/any/maksym/', undef), '401 no_token', 'nor who is not');
settled();
ok($client->waits, 'who needs the token does');
ok($service->waits, 'also after auth_request has said yes');
release();
is(wait_for($client), '200 ok', '"satisfy any"');
is(wait_for($service), '200 ok', 'auth_request');

note('auth_tenant_dry_run');

$realm = realm();
hold();
$begin = time;
is($at{$one}->ask('/dry/maksym/', token($realm)), '200 keys_unavailable',
   'is answered');
cmp_ok(time - $begin, '<', 10, 'and never waits');
release();
ok(until_true(sub { fetches($realm) }), 'but has the keys fetched');
ok(until_true(sub {
    $at{$one}->ask('/dry/maksym/', token($realm)) eq '200 ok' }),
   'for the requests that follow');

cooled('corp', 1);
$before = fetches('corp');
is($at{$one}->ask('/dry/maksym/', token('corp', key('RS256', 'nobody'))),
   '200 unknown_key', 'a key that is not known');
ok(until_true(sub { fetches('corp') > $before }), 'is looked for');

note('error pages');

for (['/sorry/maksym/', '503 keys_unavailable', 'sorry'],
     ['/again/maksym/', '503 keys_unavailable', undef])
{
    my ($path, $line, $text) = @$_;
    $realm = realm();
    $many->fault("/$realm/jwks", 'close');
    hold();
    $client = at($one);
    $client->send($path, token($realm));
    settled();
    ok($client->waits, "$path waits");
    release();
    $answer = $client->answer;
    is("$answer->{status} $answer->{result}", $line, 'and has its page');
    is($answer->{body}, $text, 'which is this') if defined $text;
    $many->heal;
}

note('a reload');

$realm = realm();
hold();
@clients = map { at($_) } $one, $one, $two, $two;
$_->send('/maksym/reload', token($realm)) for @clients;
settled();
my @old = workers($nginx);
$nginx->signal('HUP');
ok(until_true(sub {
    my @now = workers($nginx);
    my %now = map { $_ => 1 } @now;
    @now == 2 && !grep { $now{$_} } @old;
}), 'new workers');
is(scalar(grep { $_->waits } @clients), 4, 'the old ones go on waiting');
connect_workers();
$client = at($one);
$client->send('/maksym/reload', token($realm));
settled();
ok($client->waits, 'a new one waits for the same fetch');
release();
is(wait_for($_), '200 ok', 'served') for @clients, $client;
is(fetches($realm), 1, 'by one fetch');
ok(until_true(sub { !grep { kill 0, $_ } @old }), 'then the old ones go');
is($at{$_}->ask('/maksym/', token($realm)), '200 ok', 'the realm stays')
    for $one, $two;

note('the end');

$realm = realm();
hold();
@clients = map { at($_) } $one, $one, $two, $two;
$_->send('/maksym/quit', token($realm)) for @clients;
settled();
$_->reset for values %at;
$nginx->signal('QUIT');
ok(until_true(sub { !$nginx->connect }), 'nginx is told to leave');
is(scalar(grep { $_->waits } @clients), 4, 'requests still wait');
release();
is(wait_for($_), '200 ok', 'and are served') for @clients;

my $left = () = access_log() =~ /^499/mg;
is($left, 768 + 4 + 1 + 20, 'nobody else has lost patience');
is($nginx->stop, '', 'nothing bad in error.log, no leak');
done_testing();


# An application: tells who came, how much they brought and its digest; what
# is sent over a WebSocket comes back in capitals.

sub app {
    my ($path) = @_;

    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 64)
        or die "$path: $!\n";
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;

    $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $client = $listener->accept or next;
        next if fork;
        alarm 60;
        serve($client);
        POSIX::_exit(0);
    }
}

sub serve {
    my ($client) = @_;

    my $in = '';
    while ($in !~ /\r\n\r\n/) {
        sysread $client, $in, 65536, length $in or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $in, 2;

    if ($head =~ /^Upgrade: websocket/mi) {
        syswrite $client, "HTTP/1.1 101 Switching Protocols\r\n"
            . "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        syswrite $client, uc while sysread $client, $_, 4096;
        return;
    }

    my ($user) = $head =~ /^X-User-Id: (.*?)\r?$/mi;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    while (length $body < ($length // 0)) {
        sysread $client, $body, 65536, length $body or return;
    }

    my $text = join ' ', $user, length $body, Digest::SHA::sha256_hex($body);
    print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $text,
        "\r\nConnection: close\r\n\r\n$text";
    $client->flush;
}


# As much of HTTP/2 as it takes to ask, to reset and to see a status.

sub h2 {
    my $socket = IO::Socket::UNIX->new(Peer => "$dir/h2.sock")
        or die "h2.sock: $!\n";
    syswrite $socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    h2_frame($socket, 4, 0, 0, '');
    return $socket;
}

sub h2_frame {
    my ($socket, $type, $flags, $stream, $payload) = @_;
    syswrite $socket, substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload;
}

# headers as literals, never indexed; a length of 127 and more has two bytes

sub h2_ask {
    my ($socket, $stream, $path, $token) = @_;

    my @headers = (':method' => 'GET', ':scheme' => 'http', ':path' => $path,
                   ':authority' => 'localhost',
                   authorization => "Bearer $token");
    my $block = '';
    while (my ($name, $value) = splice @headers, 0, 2) {
        $block .= "\0" . join '', map {
            my $n = length;
            ($n < 127 ? chr $n
             : chr(127) . ($n - 127 < 128 ? chr($n - 127)
                : chr(($n - 127) % 128 + 128) . chr(int(($n - 127) / 128))))
            . $_;
        } $name, $value;
    }
    h2_frame($socket, 1, 5, $stream, $block);    # END_HEADERS, END_STREAM
}

# the statuses of these streams: the first header, indexed or a literal

sub h2_answers {
    my ($socket, @streams) = @_;

    my ($in, %status) = '';
    my $end = time + 30;

    while (time < $end && grep { !$status{$_} } @streams) {
        if (length $in >= 9) {
            my ($length, $type) = (unpack('N', "\0" . substr $in, 0, 3),
                                   unpack 'C', substr $in, 3, 1);
            if (length $in >= 9 + $length) {
                my $stream = unpack 'N', substr $in, 5, 4;
                my $payload = substr $in, 9, $length;
                substr $in, 0, 9 + $length, '';
                $status{$stream} = ord $payload == 0x88 ? 200
                                   : substr $payload, 2, 3 if $type == 1;
                h2_frame($socket, 4, 1, 0, '') if $type == 4 && $length;
                next;
            }
        }
        IO::Select->new($socket)->can_read(1) or next;
        sysread $socket, $in, 65536, length $in or last;
    }
    return \%status;
}

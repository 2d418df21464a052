#!/usr/bin/perl

# The suite's own OpenID provider: that it answers as it should, and goes
# wrong as it is told to, so that what other files show of the module is not
# an accident of this one.  What curl makes of each fault says that it is one.

use strict;
use warnings;

use lib 't/lib';

use File::Temp ();
use Test::More;
use Time::HiRes qw(time);

use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks);
use JSON::PP qw(decode_json);

plan skip_all => 'once is enough'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

delete @ENV{qw(http_proxy https_proxy HTTP_PROXY HTTPS_PROXY)};

my $keep = File::Temp->newdir;
my $provider = AuthTenant::Provider->start;
my $key = key('ES256');

my $jwks = $provider->issuer('acme') . '/jwks';


# curl's exit code, the status, body and head of the answer, the seconds

sub ask {
    my ($url, @more) = @_;

    my ($body, $head) = ("$keep/body", "$keep/head");
    unlink $body, $head;

    my $start = time;
    my $status = do {
        open my $curl, '-|', qw(curl -q -sS --noproxy * --stderr), "$keep/err",
            '-m', 1, '-o', $body, '-D', $head, '-w', '%{http_code}', @more,
            $url or die "curl: $!\n";
        local $/;
        my $text = <$curl>;
        close $curl;
        $text;
    };

    return ($? >> 8, $status, slurp($body), slurp($head), time - $start);
}


sub slurp {
    open my $fh, '<', $_[0] or return '';
    local $/;
    return scalar <$fh>;
}


subtest 'a realm' => sub {

    is((ask($jwks))[1], 404, 'there is none that nobody made');

    $provider->realm('acme', $key);

    my (undef, $status, $body) =
        ask($provider->issuer('acme') . '/.well-known/openid-configuration');
    is($status, 200, 'discovery');
    is(decode_json($body)->{issuer}, $provider->issuer('acme'), 'its issuer');
    is(decode_json($body)->{jwks_uri}, $jwks, 'where its keys are');
    is((ask($jwks))[2], jwks($key), 'they are there');
    is((ask("$jwks?x=1"))[2], jwks($key), 'also with arguments');

    is((ask($provider->issuer('globex') . '/jwks'))[1], 404, 'not in another');

    $provider->realm('acme', key('ES256', 'new'));
    like((ask($jwks))[2], qr/"new"/, 'other keys');
    unlike((ask($jwks))[2], qr/"kid":"P-256"/, 'instead of the old ones');

    $provider->discovery('acme', issuer => 'https://x', jwks_uri => undef);
    (undef, undef, $body) =
        ask($provider->issuer('acme') . '/.well-known/openid-configuration');
    is_deeply([@{ decode_json($body) }{qw(issuer jwks_uri)}],
              ['https://x', undef], 'another discovery');

    $provider->forget('acme');
    is((ask($jwks))[1], 404, 'a realm that is no more');

    $provider->document('//a.test/x', 'of a');
    $provider->document('/x', 'of all', 'Cache-Control: max-age=7');
    is((ask($provider->url('/x'), '-H', 'Host: a.test:1'))[2], 'of a',
       'a document of one host');
    my @answer = ask($provider->url('/x'), '-H', 'Host: b.test');
    is($answer[2], 'of all', 'and of all others');
    like($answer[3], qr/^Cache-Control: max-age=7\r$/m, 'with a header');

    $provider->realm('', $key);
    is((ask($provider->url('/jwks')))[2], jwks($key), 'a provider of one');
};


subtest 'what it saw' => sub {

    $provider->realm('acme', $key);
    $provider->clear;
    ask("$jwks?x=1", '-H', 'X-Test: 1');
    ask($provider->url('/jwks'));

    my ($request) = $provider->requests('/acme/jwks');
    is($request->{realm}, 'acme', 'the realm');
    is($request->{path}, '/realms/acme/jwks?x=1', 'the path');
    is($request->{host}, '127.0.0.1:' . $provider->port, 'the host');
    is($request->{headers}{'x-test'}, 1, 'a header');
    is($request->{status}, 200, 'what it said');
    is($request->{end}, 'answered', 'and that it did');
    cmp_ok($request->{sent}, '>', length jwks($key), 'in so many bytes');
    cmp_ok(abs($request->{time} - time), '<', 60, 'when');

    is(scalar(() = $provider->requests('/jwks')), 2, 'all that end like this');
    is(scalar(() = $provider->requests(qr{^/jwks})), 1, 'that match');
    is(scalar(() = $provider->requests), 2, 'all');
    is($provider->connections, 2, 'each with a connection');

    ask($jwks, $jwks);
    is($provider->connections, 3, 'which can be kept');

    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        $provider->fault('/jwks', status => 599);
        require POSIX;
        POSIX::_exit(0);
    }
    waitpid $pid, 0;
    is((ask($jwks))[1], 599, 'a child of the test can say something, too');
    $provider->heal;
};


# each with what curl ends with: 0 means that nothing is wrong with the answer
# itself

subtest 'going wrong' => sub {

    my $good = jwks($key);

    my @wrong = (
        [never => 28], [close => 52], [reset => 56], [garbage => 1],
        [informational => qr/^(?:28|56)$/],
        [headers_endless => qr/^(?:28|56|100)$/],
        [half => 18], [half_reset => qr/^(?:18|56)$/], [half_never => 28],
        [[slow_head => 1] => 28], [[slow_body => 1] => 28],
        [[status => 500] => 0, 500, qr/\A\Q$good\E\z/],
        [[redirect => [302, 'http://x/']] => 0, 302, qr/^\z/],
        [empty => 0, 204, qr/^\z/], [html => 0, 200, qr/^<!DOCTYPE/],
        [truncated => 0, 200, qr/^\{"keys".*[^}]\z/],
        [longer => 18], [shorter => 0, 200, qr/^\{"keys".*[^}]\z/],
        [gzip => 0, 200, qr/^\x1f\x8b/],
        [chunked => 0, 200, qr/\A\Q$good\E\z/], [chunk_size => 56],
        [chunk_end => 18], [chunk_huge => 56],
        [bom => 0, 200, qr/^\xef\xbb\xbf\{/],
        [utf16 => 0, 200, qr/^\xfe\xff\0\{/],
        [duplicates => 0, 200, qr/^\{"keys":\[\].*"keys":\[\{/],
        [[keys => 3] => 0, 200, qr/(?:"kid":.*){3}\]\}\z/],
        [[rsa => [8192, 2]] => 0, 200, qr/"n":"[\w-]{1366}"\},\{/],
        [[nested => 2000] => 0, 200, qr/^\{"keys":\[{2000}\]{2000}\}\z/],
        [[body => 'x', headers => ['X-A: b']] => 0, 200, qr/^x\z/],
    );

    for (@wrong) {
        my ($how, $code, $status, $body) = @$_;
        my @how = ref $how ? @$how : $how;

        $provider->fault('/acme/jwks', @how);
        my @got = ask($jwks, $code eq 28 ? ('-m', 0.4) : ());

        like($got[0], ref $code ? $code : qr/^$code\z/, "$how[0]: its end");
        next unless defined $status;
        is($got[1], $status, "$how[0]: status");
        like($got[2], $body, "$how[0]: body");
        like($got[3], qr/^X-A: b\r$/m, "$how[0]: header") if @how > 2;
    }

    is((ask($provider->url('/jwks')))[2], $good, 'nothing else goes wrong');

    $provider->fault('/jwks', status => 500, times => 2);
    $provider->heal('/acme/jwks');
    is(join(' ', map { (ask($jwks))[1] } 1 .. 3), '500 500 200',
       'for a while only');

    $provider->fault('', status => 500);
    $provider->heal;
    is((ask($jwks))[2], $good, 'nothing any more');

    $provider->fault('/jwks', delay => 0.4);
    cmp_ok((ask($jwks))[4], '>', 0.35, 'a delay');

    $provider->clear;
    $provider->fault('/jwks', huge => 1 << 30);
    my @got = ask($jwks, '--max-filesize', 1 << 20);
    is($got[0], 63, 'a body of 1 GiB');
    my ($request) = $provider->requests;
    is($request->{end}, 'closed', 'which the client has cut');

    $provider->fault('/jwks', huge_chunked => 1 << 20);
    cmp_ok(length((ask($jwks))[2]), '>', 1 << 20, 'the same in chunks');
    $provider->heal;
};


subtest 'connections' => sub {

    $provider->refuse;
    is((ask($jwks))[0], 7, 'refused');
    $provider->hang;
    is((ask($jwks, '--connect-timeout', 0.5))[0], 28, 'not completed');
    $provider->mute;
    is((ask($jwks))[0], 28, 'not read');
    $provider->drop;
    like((ask($jwks))[0], qr/^(?:7|56)$/, 'reset, even while it connects');
    $provider->open;
    is((ask($jwks))[1], 200, 'and as before');
};


# none waits for another

subtest 'many at once' => sub {

    $provider->realm('slow', $key);
    $provider->fault('/slow/jwks', slow_body => 1);
    $provider->clear;

    my @slow = map {
        open my $curl, '-|', qw(curl -q -sS --noproxy * -m 20 -o /dev/null),
            '--stderr', '/dev/null', $provider->issuer('slow') . '/jwks'
            or die "curl: $!\n";
        $curl;
    } 1 .. 20;

    my $start = time;
    select undef, undef, undef, 0.02
        while $provider->requests('/slow/jwks') < 20 && time < $start + 10;

    my @got = ask($jwks);
    is($got[1], 200, 'beside 20 slow ones');
    cmp_ok($got[4], '<', 0.5, 'at once');

    $provider->hang_up;
    close $_ for @slow;
    is(scalar(grep { $_->{end} eq 'ended' } $provider->requests('/slow/jwks')),
       20, 'they can be ended');
    $provider->heal;
};


subtest 'TLS' => sub {

    my $https = AuthTenant::Provider->start(tls => 1,
        names => ['login.example.com']);
    $https->realm('acme', $key);

    my @ca = ('--cacert', $https->ca);
    my $url = $https->issuer('acme') . '/jwks';

    like($url, qr{^https://127\.0\.0\.1:\d+/realms/acme/jwks$}, 'its URL');
    is((ask($url, @ca))[2], jwks($key), 'whose certificate is good');
    is((ask($url))[0], 60, 'for those who have its CA');

    my $named = 'login.example.com:' . $https->port;
    is((ask("https://$named/realms/acme/jwks", @ca, '--resolve',
            "$named:127.0.0.1"))[1], 200, 'by name');

    for my $which (qw(expired not_yet wrong_host self_signed other_ca)) {
        $https->tls($which);
        is((ask($url, @ca))[0], 60, $which);
        is((ask($url, '-k'))[1], 200, "$which, which is all that is wrong");
    }

    is((ask($url, '--cacert', $https->other_ca))[1], 200, 'another CA');

    my @old = ('--ciphers', 'ALL:@SECLEVEL=0');
    for my $version (qw(1.0 1.1)) {
        (my $which = "tls$version") =~ s/\.//;
        $https->tls($which);
        is((ask($url, @ca, '--tlsv1.2'))[0], 35, "TLS $version only");
        is((ask($url, @ca, @old, "--tlsv$version", '--tls-max', $version))[1],
           200, "TLS $version, which is all that is wrong");
    }

    $https->tls('good');
    $https->mute;
    is((ask($url, @ca))[0], 28, 'no handshake');
    $https->open;
    $https->fault('/jwks', 'half');
    is((ask($url, @ca))[0], 18, 'half of it');
    $https->fault('/jwks', huge => 1 << 30);
    is((ask($url, @ca, '--max-filesize', 1 << 20))[0], 63, 'too much of it');
    $https->stop;
    is((ask($url, @ca))[0], 7, 'stopped');
};


done_testing();

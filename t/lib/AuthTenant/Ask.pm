package AuthTenant::Ask;

# Many requests to one configuration, each with the word that $auth_result
# must be: the answer's status, challenge and cacheability follow from it.
#
#   --- config
#       location / {
#           auth_tenant      corp;
#           auth_tenant_path "/{user}/";
#           proxy_pass       http://app;
#       }
#   --- asks eval
#   [ '/maksym/'       => 'ok' ],
#   [ '/lab/'          => 'wrong_user' ],
#   [ '/lab/'          => 'ok', claims => { name => 'lab' } ],
#   [ 'DELETE /lab/'   => 'no_token', token => undef ]
#
# An ask has a target, or method and target, and a word (or "nginx 400": nginx
# answers that before it comes to us; or "no_match, nginx 400": some versions
# of it do).  Then, if need be:
#
#   claims    changed claims of the token, as for token(); undef removes one;
#             or code that gives them when the request is made
#   token     the token itself, undef: none
#   headers   further lines, parted by "\n"
#   host      the Host header instead of jupyter.acme.example.com; undef: none
#   saw       what the application was asked: "GET /maksym/ HTTP/1.0", or a
#             regular expression for it
#   vars      "$auth_user|$auth_tenant|$auth_module|$auth_upstream"
#   goes      the Location header
#
# "app" is an upstream that answers with what it was asked.  Sections "http"
# and "provider" as in AuthTenant::Conf.  A section "client" is Perl that runs
# while nginx does, with Test::More's functions and these:
#
#   fetch(TARGET, %)      one answer: { status, head, body, header => {} }
#   answer(BYTES)         the answer to a request as it is
#   answers(SOCKET, NAME, ASK...)   what "asks" does

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET ();
use Test::More ();

use AuthTenant;

our @EXPORT = qw(fetch answer read_answer port);

# a server may close a connection that is written to

$SIG{PIPE} = 'IGNORE';

my @forbidden = (403, 'error="insufficient_scope"');
my @invalid = (401, 'error="invalid_token"');

my %answer = (
    ok => [200], home => [302], error => [500],
    no_token => [401, ''], duplicate_token => [400, 'error="invalid_request"'],
    (map { $_ => [@invalid] }
        qw(too_large malformed bad_algorithm bad_type unknown_key
           bad_signature expired not_yet_valid wrong_issuer wrong_audience
           bad_claim)),
    (map { $_ => [@forbidden] }
        qw(no_claim wrong_tenant wrong_module wrong_user rule method
           bad_origin bad_name blocked)),
    bad_path => [400], bad_host => [400], no_match => [404],
    misdirected => [421], keys_unavailable => [503],
);


add_block_preprocessor(sub {
    my ($block) = @_;

    my $http = $::HttpConfig;

    if (defined $block->provider) {
        $http = provider('corp', grep { /\S/ } split /\n/, $block->provider);
    }

    $http .= <<'END';
        upstream app { server unix:$TEST_NGINX_HTML_DIR/app.sock; }

        server {
            listen unix:$TEST_NGINX_HTML_DIR/app.sock;
            merge_slashes off;
            return 200 "$request\n";
        }
END

    $block->set_value(http_config => $http . ($block->http // ''));
    $block->set_value(config => <<'END' . $block->config . <<'END');
        add_header X-Result $auth_result always;
        add_header X-Vars
            "$auth_user|$auth_tenant|$auth_module|$auth_upstream" always;
END
        location = /up-and-running { auth_tenant off; return 204; }
END

    $block->set_value(request => 'GET /up-and-running');
    $block->set_value(error_code => 204);
});


add_response_body_check(sub {
    my ($block, $body, $index, $repeated, $dry) = @_;

    return if $dry;

    for my $ask ($block->asks) {
        check($block->name, @$ask) if defined $ask;
    }

    if (defined $block->client) {
        eval 'package main; no strict; ' . $block->client;
        Test::More::is($@, '', $block->name . ' - client');
    }
});


sub check {
    my ($name, $request, $word, %how) = @_;

    my $as = ref $how{claims} eq 'HASH' ? ' as ' . json($how{claims}) : '';
    $as = ' without a token' if exists $how{token} && !defined $how{token};
    $as .= " at $how{host}" if $how{host};
    $as .= " with $how{headers}" if $how{headers};
    (my $test = "$name - $request$as: $word")
        =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
    $test = substr($test, 0, 200) . '...' if length $test > 200;

    my $got = fetch($request, %how);

    if ($word =~ s/, nginx (\d+)$// && ($got->{status} // 0) == $1
        && !defined $got->{header}{'x-result'})
    {
        $word = "nginx $1";
    }

    if ($word =~ /^nginx (\d+)$/) {
        Test::More::is($got->{status}, $1, $test);
        return;
    }

    my ($status, $challenge) = @{ $answer{$word} or die "no word $word" };
    my $header = $got->{header};

    # A1.1, A1.2, A1.4, A1.10: status, challenge, and never cached

    my $bare = 'Bearer realm="auth_tenant"';
    my $want = defined $challenge ? join ', ', $bare, $challenge || () : '-';
    my $store = $status == 200 ? '-' : 'no-store';

    Test::More::is(join(' ', $got->{status} // 'closed',
                        $header->{'x-result'} // '-',
                        $header->{'www-authenticate'} // '-',
                        $header->{'cache-control'} // '-'),
                   join(' ', $status, $word eq 'home' ? 'ok' : $word, $want,
                        $store), $test);

    # A1.2, B2.19: the body never says which check failed

    Test::More::unlike($got->{body}, qr/\Q$word\E/, "$test - not said")
        if $status >= 400 && $word ne 'error';

    (my $saw = $got->{body}) =~ s/\n\z//;

    for ([saw => $saw], [vars => $header->{'x-vars'}],
         [goes => $header->{location}])
    {
        my ($what, $value) = @$_;
        next unless exists $how{$what};

        ref $how{$what} ? Test::More::like($value, $how{$what}, "$test - $what")
                        : Test::More::is($value, $how{$what}, "$test - $what");
    }
}


sub port { $ENV{TEST_NGINX_PORT} }


sub fetch {
    my ($request, %how) = @_;

    $request = "GET $request" unless $request =~ /^[A-Z]+ /;

    my @lines;
    my $host = exists $how{host} ? $how{host} : 'jupyter.acme.example.com';
    push @lines, "Host: $host" if defined $host;

    my $claims = ref $how{claims} eq 'CODE' ? $how{claims}->() : $how{claims};
    my $token = exists $how{token} ? $how{token} : token($claims);
    push @lines, bearer($token) if defined $token;
    push @lines, split /\n/, $how{headers} if defined $how{headers};
    push @lines, 'Content-Length: 0' if $request =~ /^(?:POST|PUT|PATCH) /;

    return answer(join "\r\n", "$request HTTP/1.1", @lines,
                  'Connection: close', '', '');
}


sub answer {
    my ($bytes) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => port(), Timeout => 5) or die "connect: $!\n";

    print $socket $bytes;
    return read_answer($socket, $bytes =~ /^HEAD /);
}


# one answer from a connection, which may be a kept one: what has come of the
# next answer waits at the socket

sub read_answer {
    my ($socket, $no_body) = @_;

    my $rest = \${*$socket}{auth_tenant_rest};
    my $in = $$rest // '';
    $$rest = '';

    my $more = sub {
        local $SIG{ALRM} = sub { die "no answer\n" };
        alarm 30;
        my $n = $socket->sysread($in, 16384, length $in);
        alarm 0;
        return $n;
    };

    while ($in !~ /\r\n\r\n/) {
        $more->() or return { body => '', head => $in, header => {} };
    }

    my ($head, $body) = split /\r\n\r\n/, $in, 2;
    my ($first, @lines) = split /\r\n/, $head;

    my %header;
    for (@lines) {
        my ($name, $value) = /^([^:]+): *(.*)$/ or next;
        $name = lc $name;
        $header{$name} = defined $header{$name} ? "$header{$name}, $value"
                                                : $value;
    }

    my ($status) = $first =~ m{^HTTP/1\.1 (\d+)};

    my $len = $no_body || $status == 204 || $status == 304
              ? 0 : $header{'content-length'};

    $in = $body;
    if (defined $len) {
        while (length $in < $len) { $more->() or last }
        $$rest = substr $in, $len, length $in, '' if length $in > $len;
    } else {
        1 while $more->();
        $in =~ s/^[0-9a-f]+\r\n(.*?)\r\n0\r\n.*/$1/s
            if ($header{'transfer-encoding'} // '') eq 'chunked';
    }

    return { status => $status, head => $head, header => \%header,
             body => $in };
}


1;

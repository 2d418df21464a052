package AuthTenant::Provider::Answer;

# How AuthTenant::Provider answers a request: the steps of its server, for a
# document and what is to go wrong.

use strict;
use warnings;

use Compress::Zlib ();
use Encode ();

my %reason = (200 => 'OK', 204 => 'No Content', 301 => 'Moved Permanently',
              302 => 'Found', 404 => 'Not Found', 500 => 'Server Error');

my $page = "<!DOCTYPE html><title>Maintenance</title><p>Back soon.</p>\n";


# steps(DOCUMENT, HOW): the status, then the steps

sub steps {
    my ($document, $how) = @_;

    my @end = transport($how);
    return (undef, @end) if @end;

    my ($status, $type, $body) = $document
        ? (200, 'application/json', $document->{text})
        : (404, 'text/plain', "There is no such page.\n");

    my @headers = map { @{ $_ // [] } } $document->{headers}, $how->{headers};

    $body = wrong_body($body, $how) if $document;
    ($type, $body) = ('text/html', $page) if $how->{html};
    $body = $how->{body} if defined $how->{body};

    if ($how->{redirect}) {
        my ($code, $url) = @{ $how->{redirect} };
        ($status, $body) = ($code, '');
        push @headers, "Location: $url";
    }

    ($status, $body) = (204, '') if $how->{empty};
    $status = $how->{status} if $how->{status};

    if ($how->{gzip}) {
        $body = Compress::Zlib::memGzip($body);
        push @headers, 'Content-Encoding: gzip';
    }

    push @headers, "Content-Type: $type" if $status != 204;

    my ($framing, @body) = framed($body, $status, $how);
    my $head = join "\r\n", "HTTP/1.1 $status " . ($reason{$status} // 'X'),
                    @headers, @$framing, '', '';

    return ($status, $how->{delay} ? [wait => $how->{delay}] : (),
            $how->{slow_head} ? [dribble => $head, $how->{slow_head}]
                              : [send => $head],
            @body);
}


# no answer at all, or none that ends

sub transport {
    my ($how) = @_;

    return ['never'] if $how->{never};
    return ['close'] if $how->{close};
    return ['reset'] if $how->{reset};
    return ([send => "\x16\x03\x01 is this a language?\r\n\r\n"], ['close'])
        if $how->{garbage};

    return [stream => "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 'inf']
        if $how->{informational};
    return ([send => "HTTP/1.1 200 OK\r\n"],
            [stream => 'X-Header: ' . 'x' x 1000 . "\r\n", 'inf'])
        if $how->{headers_endless};

    return;
}


sub wrong_body {
    my ($body, $how) = @_;

    # members of a document that is an object

    if (defined(my $n = $how->{keys})) {
        my ($key) = $body =~ /(\{[^{}]*"kid"[^{}]*\})/ or die "no key\n";
        my @keys = map { $key =~ s/("kid"\s*:\s*")[^"]*/$1more-$_/r } 2 .. $n;
        $body = '{"keys":[' . join(',', $key, @keys) . ']}';
    }

    if ($how->{rsa}) {
        my ($bits, $n) = @{ $how->{rsa} };
        $body = '{"keys":[' . join(',', map { rsa_jwk($bits, $_) } 1 .. $n)
                . ']}';
    }

    $body = '{"keys":' . '[' x $how->{nested} . ']' x $how->{nested} . '}'
        if $how->{nested};

    # an attacker's, or nobody's, before what is there

    $body =~ s/^\{/{"keys":[],"issuer":"https:\/\/elsewhere.invalid",/
        if $how->{duplicates};

    $body = substr $body, 0, 2 * length($body) / 3 if $how->{truncated};
    $body = "\xef\xbb\xbf$body" if $how->{bom};
    $body = Encode::encode('UTF-16', $body) if $how->{utf16};

    return $body;
}


# a key of that size; what its modulus is the product of, nobody knows

sub rsa_jwk {
    my ($bits, $n) = @_;

    require AuthTenant::Token;

    my $modulus = join '', map { chr int rand 256 } 1 .. $bits / 8;
    substr($modulus, 0, 1) |= "\x80";
    substr($modulus, -1) |= "\x01";

    return sprintf '{"kty":"RSA","kid":"rsa-%d","e":"AQAB","n":"%s"}', $n,
                   AuthTenant::Token::b64u($modulus);
}


# the headers that say where the body ends, and the steps that send it

sub framed {
    my ($body, $status, $how) = @_;

    my $length = length $body;
    my $half = int $length / 2;

    return ([], ['next']) if $status == 204;

    if (my $all = $how->{huge}) {
        return (["Content-Length: $all"], [send => $body],
                [stream => ' ' x 65536, $all - $length], ['next']);
    }

    if (my $all = $how->{huge_chunked}) {
        my $more = "10000\r\n" . ' ' x 65536 . "\r\n";
        my $times = int $all / 65536 + 1;
        return (['Transfer-Encoding: chunked'], [send => chunk($body)],
                [stream => $more, $times * length $more],
                [send => "0\r\n\r\n"], ['next']);
    }

    # a size that is no number; no last chunk; a size of 2^64 and more

    my %chunks = (
        chunked => [chunk(substr $body, 0, $half)
                    . chunk(substr $body, $half) . "0\r\n\r\n", 'next'],
        chunk_size => [chunk(substr $body, 0, $half) . "xyz\r\n"
                       . substr($body, $half) . "\r\n0\r\n\r\n", 'close'],
        chunk_end => [chunk($body), 'close'],
        chunk_huge => ['1' . '0' x 16 . sprintf("%x\r\n", $length) . $body
                       . "\r\n0\r\n\r\n", 'close'],
    );

    for my $kind (grep { $how->{$_} } sort keys %chunks) {
        my ($bytes, $end) = @{ $chunks{$kind} };
        return (['Transfer-Encoding: chunked'], slowly($bytes, $how), [$end]);
    }

    return (["Content-Length: $length"],
            slowly(substr($body, 0, $half), $how),
            [{ half => 'close', half_reset => 'reset',
               half_never => 'never' }->{$_}])
        for grep { $how->{$_} } qw(half half_reset half_never);

    # there is more to come than comes; there comes more than is to come

    return (['Content-Length: ' . ($length + 10)], slowly($body, $how),
            ['close']) if $how->{longer};
    return (['Content-Length: ' . ($length - 10)], slowly($body, $how),
            ['close']) if $how->{shorter};

    return (["Content-Length: $length"], slowly($body, $how), ['next']);
}


sub chunk { sprintf "%x\r\n%s\r\n", length $_[0], $_[0] }


sub slowly {
    my ($bytes, $how) = @_;
    return $how->{slow_body} ? [dribble => $bytes, $how->{slow_body}]
                             : [send => $bytes];
}

1;

#!/usr/bin/perl

# Signed tokens end to end: every algorithm, every form of key file, and what
# is no token.  The unit tests go deeper; here each rule shows its word and
# the answer that a client gets (see AuthTenant::Ask).

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

our @Rsa = qw(RS256 RS384 RS512 PS256 PS384 PS512);
our @All = (@Rsa, qw(ES256 ES384 ES512 Ed25519 Ed448));
our @Hmac = qw(HS256 HS384 HS512);
our $Location = <<'END';
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        proxy_pass       http://app;
    }
END

# a token of that key, with other options of sign()

sub by {
    my ($sort, %opt) = @_;
    return token({}, key => key($sort), %opt);
}

# the good token with members of its header changed

sub with {
    return token({}, header => { @_ });
}

sub refused {
    my ($word, @tokens) = @_;
    return map { [ '/maksym/' => $word, token => $_ ] } @tokens;
}

file('oct.json', jwks(map { key($_) } @Hmac));
file('rsa.pem', key('RS256')->pem);
file('two.pem', key('RS256', 'one')->pem . key('ES256')->pem);
file('rsa.crt', key('RS256')->certificate);
file('ec.crt', key('ES384')->certificate);
file('alg.json', jwks(key('RS256')->jwk(alg => 'RS256')));
file('use.json', jwks(key('RS256'), key('ES256')->jwk(use => 'enc'),
                      key('ES384')->jwk(key_ops => ['sign'])));
file('twice.json', jwks(key('RS256', 'k1'), key('RS256', 'k2')->jwk(kid => 'k1'),
                        key('ES256', 'k3'), key('ES256', 'k4')));
file('mixed.json', jwks(key('RS256'), key('HS256')));
# a certificate as "x5c" has it

sub x5c {
    (my $der = $_[0]->certificate) =~ s/-----[^-]+-----|\s//g;
    return [$der];
}

file('skip.json', jwks(key('RS256')->jwk(x5c => x5c(key('RS256'))),
    key('ES512')->jwk(x5c => x5c(key('RS256'))),
    { kty => 'RSA', kid => 'small', %{ key('rsa1024')->jwk } },
    { kty => 'EC', crv => 'secp256k1', kid => 'k1', x => 'AA', y => 'AA' },
    { kty => 'OKP', crv => 'Ed25519', kid => 'zero', x => b64u("\0" x 32) },
    key('ES256')->jwk(x => b64u("\1" x 32)),
    key('P-384', 'leak')->jwk(d => 'AAAA')));

plan_tests();
run_tests();

__DATA__

=== TEST 1: A3.1, A4.1 to A4.6: every algorithm of the default list
--- config eval: $::Location
--- asks eval
map { [ '/maksym/' => 'ok', token => by($_ =~ /^[RP]S/ ? 'RS256' : $_,
        $_ =~ /^[RP]S/ ? (alg => $_) : ()) ] } @::All



=== TEST 2: A4.6: any changed signature fails, by every algorithm
--- config eval: $::Location
--- asks eval
refused('bad_signature', map { tamper(by($_ =~ /^[RP]S/ ? 'RS256' : $_,
        $_ =~ /^[RP]S/ ? (alg => $_) : ())) } @::All)



=== TEST 3: HMAC by secrets from a file
--- provider
algorithms HS256 HS384 HS512
jwks_file $TEST_NGINX_FILES/oct.json
--- config eval: $::Location
--- asks eval
(map { [ '/maksym/' => 'ok', token => by($_) ] } @::Hmac),
refused('bad_signature', map { tamper(by($_)) } @::Hmac)



=== TEST 4: A3.4: HMAC where nobody asked for it, with the public key as secret
--- config eval: $::Location
--- asks eval
refused('bad_algorithm', map { by('RS256', alg => $_,
        secret => key('RS256')->pem) } @::Hmac)



=== TEST 5: A3.3, A3.4: the same where HMAC is accepted, of other keys
--- provider
algorithms RS256 HS256
jwks_file $TEST_NGINX_FILES/mixed.json
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok', token => by('HS256') ],
[ '/maksym/' => 'ok', token => by('RS256') ],
refused('unknown_key', by('RS256', alg => 'HS256', secret =>
        key('RS256')->pem), by('RS256', alg => 'HS256', secret => "\0"))



=== TEST 6: a PEM public key
--- provider
jwks_file $TEST_NGINX_FILES/rsa.pem
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok' ],
[ '/maksym/' => 'ok', token => with(kid => 'any other') ],
[ '/maksym/' => 'ok', token => with(kid => undef) ],
[ '/maksym/' => 'ok', token => by('RS256', alg => 'PS384') ],
refused('bad_signature', tamper(token())),
refused('unknown_key', by('ES256'))



=== TEST 7: several PEM public keys: the algorithm tells them apart
--- provider
jwks_file $TEST_NGINX_FILES/two.pem
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok', token => token({}, key => key('RS256', 'one')) ],
[ '/maksym/' => 'ok', token => by('ES256') ],
refused('bad_signature', by('RS256')),
refused('unknown_key', by('ES384'))



=== TEST 8: an RSA certificate
--- provider
jwks_file $TEST_NGINX_FILES/rsa.crt
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok' ],
refused('bad_signature', tamper(token()))



=== TEST 9: an EC certificate
--- provider
jwks_file $TEST_NGINX_FILES/ec.crt
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok', token => by('ES384') ],
refused('unknown_key', by('ES256'), by('RS256'))



=== TEST 10: A1.1, A1.6, A1.10: no token
--- config eval: $::Location
--- asks eval
refused('no_token', undef),
map { [ '/maksym/' => 'no_token', token => undef, headers => $_ ] }
    'Authorization: Basic bWFrc3ltOng=', 'Authorization: Bearer',
    'Authorization: Bearer ', 'Authorization: token ' . token(),
    'Authorization: ' . token()



=== TEST 11: A1.6: the scheme's case is no matter, everything else is
--- config eval: $::Location
--- asks eval
(map { [ '/maksym/' => 'ok', token => undef, headers => $_ . token() ] }
    'Authorization: bearer ', 'authorization: BEARER '),
[ '/maksym/' => 'malformed', token => token() . ' x' ],
[ '/maksym/' => 'malformed', token => token() . ',' . token() ]



=== TEST 12: B2.8: two Authorization headers
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'nginx 400', headers => bearer(token()) ]



=== TEST 13: A2.1, A2.2: what has not three parts of base64url
--- config eval: $::Location
--- asks eval
my ($h, $p, $s) = split /\./, token();
refused('malformed', 'x', '.', '..', '...', "$h.$p", "$h.$p.", "$h..$s",
    ".$p.$s", "$h.$p.$s.", "$h.$p.$s.$s", "$h.$p.$s.$s.$s", "$h.$p.$s=",
    "$h.$p.\x{e9}$s", "$h.$p.$s\x01", "$h.$p+.$s", "$h.$p/.$s", qq({"p":"$p"}),
    ('.' x 3000))



=== TEST 14: A2.3: base64url in another form than the canonical one
--- config eval: $::Location
--- asks eval
my ($h, $p, $s) = split /\./, token();
(my $loose = $s) =~ s/([AQgw])$/chr(1 + ord $1)/e;    # of 2 bits in 6
refused('malformed', "$h.$p.$loose", "$h.$p.${s}AAA", "$h.$p.$s==",
        "${h}A.$p.$s", "$h.${p}A.$s")



=== TEST 15: A2.4: too much of it
--- config eval: $::Location
--- asks eval
refused('malformed', with(x => 'x' x 2000), with(kid => 'k' x 257)),
refused('bad_signature', map { token({}, signature => $_) } 'x', 'x' x 255,
        'x' x 257, "\0" . unb64u((split /\./, token())[2]), 'x' x 4000)



=== TEST 16: A2.4: a token has a limit, by default of 8k
--- config eval: 'large_client_header_buffers 4 16k;' . $::Location
--- asks eval
[ '/maksym/' => 'ok', token => token({ x => 'x' x 5000 }) ],
refused('too_large', token({ x => 'x' x 6000 }), 'x' x 8193),
refused('malformed', 'x' x 8192)



=== TEST 17: A2.4: the payload has a limit of its own
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        auth_tenant_token_max_size 64k;
        proxy_pass       http://app;
    }
    large_client_header_buffers 4 64k;
--- asks eval
[ '/maksym/' => 'ok', token => token({ x => 'x' x 15000 }) ],
refused('malformed', token({ x => 'x' x 17000 }), token({ x => 'x' x 40000 }))



=== TEST 18: A2.5 to A2.8: JSON that is not strict, in the header
--- config eval: $::Location
--- asks eval
refused('malformed', map { token({}, raw_header => $_) }
    '{"alg":"RS256","alg":"RS256"}', '{"alg":"RS256","\u0061lg":"none"}',
    '{"alg":"RS256"} x', "{\"alg\":\"RS256\"}\0", "\xef\xbb\xbf{\"alg\":\"RS256\"}",
    '["RS256"]', '"RS256"', '1', 'null', '', '{"alg":"RS256"', '{}}',
    '{"alg":"RS256","x":' . '[' x 20 . ']' x 20 . '}',
    "{\"alg\":\"RS256\",\"x\":\"\xff\"}", '{"alg":"RS256","x":"\ud800"}',
    "{\"alg\":\"RS256\",\"x\":\"\xc0\xaf\"}", '{"alg":"RS256","x":NaN}')



=== TEST 19: A2.5 to A2.9: JSON that is not strict, in the payload
--- config eval: $::Location
--- asks eval
my $c = json(claims({}));
refused('malformed', map { token($_) }
    do { (my $d = $c) =~ s/\}$/,"name":"maria"}/; $d },
    do { (my $d = $c) =~ s/\}$/,"x":{"a":1,"a":2}}/; $d },
    "$c x", "$c\0", "\xef\xbb\xbf$c", "[$c]", 'null',
    do { (my $d = $c) =~ s/\}$/',"x":' . '[' x 17 . ']' x 17 . '}'/e; $d },
    do { (my $d = $c) =~ s/\}$/,"x":"\\u0000"}/; $d },
    do { (my $d = $c) =~ s/\}$/,"x":1e400}/; $d },
    do { (my $d = $c) =~ s/\}$/,"x":9223372036854775808}/; $d })



=== TEST 20: A2.7: too many members, too many elements
--- config eval: $::Location
--- asks eval
refused('malformed', token({ map { ("m$_" => 1) } 1 .. 257 }),
        token({ x => [1 .. 257] }))



=== TEST 21: A3.1, A3.2, A3.11: algorithms that are none of the list
--- config eval: $::Location
--- asks eval
refused('bad_algorithm', with(alg => undef), with(alg => ''),
    with(alg => 5), with(alg => ['RS256']), with(alg => undef, alg2 => 'RS256'),
    map { token({}, header => { alg => $_ }), token({}, alg => 'none',
        header => { alg => $_ }, signature => 'x') }
    qw(none None NONE nOnE rs256 RS255 RSA1_5 ES256K HS256 dir A128KW))



=== TEST 22: A3.2: no signature at all is no token
--- config eval: $::Location
--- asks eval
refused('malformed', token({}, alg => 'none'))



=== TEST 23: A3.1: what this provider does not use
--- provider
algorithms ES256
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok', token => by('ES256') ],
refused('bad_algorithm', token(), by('ES384'), by('Ed25519'))



=== TEST 24: A3.10: fully specified names, only where they are listed
--- provider
algorithms ESP256 Ed25519
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok', token => by('ES256', header => { alg => 'ESP256' }) ],
[ '/maksym/' => 'ok', token => by('Ed25519', header => { alg => 'Ed25519' }) ],
refused('bad_algorithm', by('ES256'), by('Ed25519'))



=== TEST 25: A3.10: and nowhere else
--- config eval: $::Location
--- asks eval
refused('bad_algorithm', by('ES256', header => { alg => 'ESP256' }),
        by('Ed25519', header => { alg => 'Ed25519' }))



=== TEST 26: A3.3, A4.2: an algorithm that does not fit the key of that name
--- config eval: $::Location
--- asks eval
refused('unknown_key', by('ES256', header => { kid => 'P-384' }),
    by('ES256', header => { kid => 'rsa2048' }),
    with(kid => 'P-256'), by('Ed25519', header => { kid => 'P-521' }),
    by('ES256', header => { alg => 'ES384' }),
    by('Ed25519', header => { alg => 'RS256' }))



=== TEST 27: A3.3: a key that says its algorithm verifies no other
--- provider
jwks_file $TEST_NGINX_FILES/alg.json
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok' ],
refused('unknown_key', map { by('RS256', alg => $_) }
        qw(RS384 RS512 PS256 PS384 PS512))



=== TEST 28: A3.5: keys that a token brings along are an offence
--- config eval: $::Location
--- asks eval
refused('malformed', with(jwk => key('RS256')->jwk), with(jku => 'https://x/'),
    with(x5u => 'https://x/'), with(x5c => ['AA']), with(jwk => undef, jku => ''))



=== TEST 29: A3.6, A3.7: critical and unencoded
--- config eval: $::Location
--- asks eval
refused('malformed', with(crit => ['exp']), with(crit => []),
    with(crit => 'exp'), with(crit => ['b64'], b64 => \1), with(b64 => \1),
    with(b64 => \0), with(zip => 'DEF'), with(enc => 'A128GCM'))



=== TEST 30: A3.8, A4.10: key ids
--- config eval: $::Location
--- asks eval
refused('unknown_key', map { with(kid => $_) } 'nobody', '', 'RSA2048',
    '../../etc/passwd', "rsa2048' or 1", 'rsa2048 '),
refused('malformed', with(kid => 5), with(kid => ['rsa2048'])),
[ '/maksym/' => 'ok', token => with(kid => undef) ]



=== TEST 31: A3.9, A6.7: types
--- config eval: $::Location
--- asks eval
(map { [ '/maksym/' => 'ok', token => with(typ => $_) ] }
    'JWT', 'jwt', 'application/jwt', undef),
refused('bad_type', map { with(typ => $_) } 'at+jwt', 'application/at+jwt',
    'logout+jwt', 'secevent+jwt', 'dpop+jwt', 'JWS', ''),
refused('malformed', with(typ => 5), with(typ => 'x' x 65), with(cty => 'JWT'))



=== TEST 32: A4.3: ECDSA signatures in DER, or of nothing
--- config eval: $::Location
--- asks eval
refused('bad_signature', by('ES256', der => 1), by('ES384', der => 1),
    by('ES256', signature => "\0" x 64), by('ES256', signature => "\xff" x 64),
    by('ES256', signature => "\0" x 32 . "\1" x 32),
    by('ES512', signature => "\0" x 132))



=== TEST 33: A4.5: the salt is as long as the hash
--- config eval: $::Location
--- asks eval
refused('bad_signature', by('RS256', alg => 'PS256', salt => 20),
    by('RS256', alg => 'PS256', salt => 0), by('RS256', alg => 'PS512',
    salt => 32))



=== TEST 34: A4.7: keys for something else
--- provider
jwks_file $TEST_NGINX_FILES/use.json
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok' ],
refused('unknown_key', by('ES256'), by('ES384'))



=== TEST 35: A4.9, A4.10: two keys of one name, or no name: neither is tried
--- provider
jwks_file $TEST_NGINX_FILES/twice.json
--- config eval: $::Location
--- asks eval
refused('unknown_key', token({}, key => key('RS256', 'k1')),
    token({}, key => key('RS256', 'k2'), header => { kid => 'k1' }),
    token({}, key => key('ES256', 'k3'), header => { kid => undef })),
[ '/maksym/' => 'ok', token => token({}, key => key('ES256', 'k3')) ]



=== TEST 36: A4.1, A4.2, A4.4, A4.8, A4.11, A4.12: bad keys are skipped
--- provider
jwks_file $TEST_NGINX_FILES/skip.json
--- config eval: $::Location
--- asks eval
[ '/maksym/' => 'ok' ],
refused('unknown_key', token({}, key => key('rsa1024')),
    token({}, key => key('P-384', 'leak')), by('ES256'), by('ES512'),
    by('Ed25519', header => { kid => 'zero' }, signature => "\1" . "\0" x 63))



=== TEST 37: A1.9: neither tokens nor claims are logged
--- config eval: $::Location
--- asks eval
refused('bad_signature', tamper(token({ name => 'somebody-else' })))
--- error_log
auth_tenant: refused: bad_signature: signature does not verify, provider "corp"
--- log_level: info
--- no_error_log eval
['somebody-else', 'eyJ']



=== TEST 38: A1.2, B2.19: all of it looks the same from outside
--- config eval: $::Location
--- client
my %seen;
for my $token (tamper(token()), 'x', token({ exp => 5 }), by('ES256',
               der => 1), with(kid => 'nobody'), token({ aud => 'x' }),
               token({ iss => 'x' }), with(alg => 'none'),
               token({ name => 'nobody-here', exp => 5 }))
{
    my $got = fetch('/maksym/', token => $token);
    my $head = $got->{head};
    $head =~ s/^(?:X-Result|Date): .*\r\n//mg;
    $seen{"$head\n$got->{body}"}++;
}
is(scalar keys %seen, 1, 'one answer to all of them');



=== TEST 39: the dearest check comes last: what fails before costs no signature
--- config eval: $::Location
--- asks eval
my @of = map { tamper(token($_)) } { exp => 5 }, { iss => 'x' }, { aud => 'x' },
    { sub => undef };
(map { refused($_, shift @of) } qw(expired wrong_issuer wrong_audience
    bad_claim)),
refused('bad_type', tamper(with(typ => 'at+jwt'))),
refused('bad_signature', tamper(token({ name => 'maria' })))

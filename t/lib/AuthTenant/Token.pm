package AuthTenant::Token;

# Keys and tokens for the tests and for util/mint, minted when they are asked
# for: the tree holds neither.
#
#   my $k = key('ES256');                 # the run's key of that sort
#   my $other = key('ES256', 'other');    # a second one; its kid is "other"
#
#   $k->jwk                               # public JWK, a hash reference
#   $k->jwk(use => 'enc', kid => undef)   # members changed, added, left out
#   jwks($k, $other)                      # the document, as text
#   $k->pem, $k->certificate              # the same key in the other formats
#
#   sign($k, { sub => 'maksym', ... })                 # a good token
#   sign($k, $claims, header => { crit => ['x'] })     # header members
#   sign($k, '{"sub":1,"sub":2}')                      # payload as it is
#   sign($k, $claims, raw_header => '{"alg":"none"}')  # header as it is
#   sign($k, $claims, alg => 'HS256', secret => $pem)  # another algorithm
#   sign($k, $claims, signature => '')                 # signature as it is
#   sign($k, $claims, der => 1)                        # ECDSA, not raw r || s
#
#   tamper($token)                        # one bit of the signature changed
#   part($token, 1, $text)                # a part replaced, not signed again
#   b64u($bytes), unb64u($text)

use strict;
use warnings;

use Digest::SHA ();
use Exporter 'import';
use Fcntl ':flock';
use File::Path ();
use File::Temp ();
use JSON::PP ();
use MIME::Base64 ();

use Crypt::Mac::HMAC ();
use Crypt::PK::ECC ();
use Crypt::PK::Ed25519 ();
use Crypt::PK::RSA ();
use Crypt::PRNG ();

our @EXPORT_OK = qw(key jwks sign tamper part b64u unb64u json keys_dir);

my %kind_of = (
    (map { $_ => 'rsa2048' } qw(RS256 RS384 RS512 PS256 PS384 PS512 rsa)),
    ES256 => 'P-256', ES384 => 'P-384', ES512 => 'P-521',
    EdDSA => 'Ed25519', Ed25519 => 'Ed25519', Ed448 => 'Ed448',
    HS256 => 'oct32', HS384 => 'oct48', HS512 => 'oct64',
);

my %default_alg = (
    rsa => 'RS256', 'P-256' => 'ES256', 'P-384' => 'ES384',
    'P-521' => 'ES512', Ed25519 => 'EdDSA', Ed448 => 'EdDSA', oct => 'HS256',
);


# Keys are kept below one directory for a run of the suite: RSA keys are slow
# to make.  A single test file has a directory of its own, gone at its end.

sub keys_dir {
    our $dir //= $ENV{AUTH_TENANT_KEYS}
                 // File::Temp::tempdir('auth-tenant-keys-XXXXXX',
                                        TMPDIR => 1, CLEANUP => 1);
    File::Path::make_path($dir);
    return $dir;
}


sub json { JSON::PP->new->canonical->utf8->allow_nonref->encode($_[0]) }

sub b64u { MIME::Base64::encode_base64url($_[0]) }

sub unb64u { MIME::Base64::decode_base64url($_[0]) }


# key(SORT [, NAME]): SORT is an algorithm, or rsaBITS, octBYTES, P-256,
# P-384, P-521, Ed25519, Ed448; NAME becomes the kid.

sub key {
    my ($sort, $name) = @_;

    my $kind = $kind_of{$sort} // $sort;
    (my $family = $kind) =~ s/^(rsa|oct)\d+$/$1/;

    my $alg = $kind_of{$sort} && $sort =~ /^[A-Z]{2}\d{3}$/
              ? $sort : $default_alg{$family};
    die "no such sort of key: $sort\n" unless $alg;

    $name //= $kind;

    our %made;
    return $made{"$kind/$name/$alg"} //= bless {
        kind => $kind, family => $family, alg => $alg, kid => $name,
        file => _file($kind, $name),
    }, 'AuthTenant::Token::Key';
}


sub _file {
    my ($kind, $name) = @_;

    (my $safe = "$kind.$name") =~ s/[^\w.-]/sprintf '=%02x', ord $&/ge;
    my $file = keys_dir() . "/$safe.key";

    open my $lock, '>>', keys_dir() . '/lock' or die "keys: $!\n";
    flock $lock, LOCK_EX or die "keys: $!\n";
    return $file if -s $file;

    my $pem;

    if ($kind =~ /^rsa(\d+)$/) {
        $pem = _run("openssl genpkey -quiet -algorithm RSA"
                    . " -pkeyopt rsa_keygen_bits:$1");
    } elsif ($kind =~ /^oct(\d+)$/) {
        $pem = Crypt::PRNG::random_bytes($1);
    } elsif ($kind =~ /^P-/) {
        $pem = _run("openssl genpkey -quiet -algorithm EC -pkeyopt"
                    . " ec_paramgen_curve:$kind");
    } elsif ($kind =~ /^Ed/) {
        $pem = _run("openssl genpkey -quiet -algorithm $kind");
    } else {
        die "no such kind of key: $kind\n";
    }

    _write("$file.new", $pem);
    rename "$file.new", $file or die "$file: $!\n";
    return $file;
}


sub _run {
    my ($command) = @_;

    my $out = `$command 2>/dev/null`;

    # openssl before 3.0 has no -quiet

    if ($? && $command =~ s/ -quiet//) {
        $out = `$command 2>/dev/null`;
    }
    die "\"$command\" failed\n" if $?;

    return $out;
}


sub _write {
    my ($file, $bytes) = @_;

    open my $fh, '>:raw', $file or die "$file: $!\n";
    print $fh $bytes;
    close $fh or die "$file: $!\n";
}


sub _slurp {
    my ($file) = @_;

    open my $fh, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$fh>;
}


# jwks(KEY|HASH..., [\%members_of_the_document])  A trailing array reference's
# hash is merged into the document beside "keys".

sub jwks {
    my @keys = @_;

    my $more = ref $keys[-1] eq 'ARRAY' ? pop(@keys)->[0] : {};
    my @jwks = map { ref $_ eq 'HASH' ? $_ : $_->jwk } @keys;

    return json({ keys => \@jwks, %$more });
}


sub sign {
    my ($key, $claims, %opt) = @_;

    my $alg = $opt{alg} // $key->alg;

    my $header = $opt{raw_header};
    if (!defined $header) {
        my %h = (typ => 'JWT', alg => $alg, kid => $key->kid,
                 %{ $opt{header} // {} });
        delete @h{ grep { !defined $h{$_} } keys %h };
        $header = json(\%h);
    }

    my $payload = ref $claims ? json($claims) : $claims;
    my $input = b64u($header) . '.' . b64u($payload);

    my $signature = $opt{signature}
                    // $key->signature($alg, $input, %opt);

    return $input . '.' . b64u($signature);
}


sub tamper {
    my ($token) = @_;

    my @part = split /\./, $token, -1;
    my $signature = unb64u($part[2]);
    substr($signature, length($signature) / 2, 1) ^= "\x01";

    return join '.', @part[0, 1], b64u($signature);
}


sub part {
    my ($token, $n, $text) = @_;

    my @part = split /\./, $token, -1;
    $part[$n] = $text;

    return join '.', @part;
}


package AuthTenant::Token::Key;

use strict;
use warnings;


sub alg { $_[0]{alg} }

sub kid { $_[0]{kid} }

sub file { $_[0]{file} }


sub jwk {
    my ($self, %member) = @_;

    my %jwk = (%{ $self->{jwk} //= $self->_jwk }, kid => $self->{kid},
               %member);
    delete @jwk{ grep { !defined $jwk{$_} } keys %jwk };

    return \%jwk;
}


sub _jwk {
    my ($self) = @_;

    return { kty => 'oct', k => AuthTenant::Token::b64u($self->secret) }
        if $self->{family} eq 'oct';

    if ($self->{kind} eq 'Ed448') {
        my $der = AuthTenant::Token::_run(
            "openssl pkey -in '$self->{file}' -pubout -outform DER");
        return { kty => 'OKP', crv => 'Ed448',
                 x => AuthTenant::Token::b64u(substr $der, -57) };
    }

    return $self->_object->export_key_jwk('public', 1);
}


sub _object {
    my ($self) = @_;

    my $class = $self->{family} eq 'rsa' ? 'Crypt::PK::RSA'
                : $self->{kind} =~ /^P-/ ? 'Crypt::PK::ECC'
                : 'Crypt::PK::Ed25519';

    return $self->{object}
           //= $class->new(\AuthTenant::Token::_slurp($self->{file}));
}


sub secret { AuthTenant::Token::_slurp($_[0]{file}) }


sub private_pem { AuthTenant::Token::_slurp($_[0]{file}) }


sub pem {
    my ($self) = @_;

    return $self->{pem} //= AuthTenant::Token::_run(
        "openssl pkey -in '$self->{file}' -pubout");
}


# a self-signed certificate

sub certificate {
    my ($self, $days) = @_;

    $days //= 1;
    return $self->{"certificate$days"} //= AuthTenant::Token::_run(
        "openssl req -x509 -new -key '$self->{file}' -days $days"
        . " -subj '/CN=$self->{kid}'");
}


sub signature {
    my ($self, $alg, $input, %opt) = @_;

    return '' if lc $alg eq 'none';

    if ($alg =~ /^HS(\d+)$/) {
        return Crypt::Mac::HMAC::hmac("SHA$1", $opt{secret} // $self->secret,
                                      $input);
    }

    if ($alg =~ /^(RS|PS)(\d+)$/ && $self->{family} eq 'rsa') {
        my @how = $1 eq 'RS' ? 'v1.5' : ('pss', $opt{salt} // $2 / 8);
        return $self->_object->sign_message($input, "SHA$2", @how);
    }

    if ($self->{kind} =~ /^P-/ && $alg =~ /^ES(\d+)$/) {
        my $how = $opt{der} ? 'sign_message' : 'sign_message_rfc7518';
        return $self->_object->$how($input, "SHA$1");
    }

    if ($self->{kind} eq 'Ed25519') {
        return $self->_object->sign_message($input);
    }

    if ($self->{kind} eq 'Ed448') {
        my $in = File::Temp->new;
        print $in $input;
        close $in;
        return AuthTenant::Token::_run(
            "openssl pkeyutl -sign -rawin -inkey '$self->{file}' -in $in");
    }

    die "$alg with a key of $self->{kind}\n";
}


1;

package Peers::Tokens;

# The tokens of the bench: of each algorithm and size one that every contestant
# has to let in, and ones that it has to keep out.  All are of user maksym of
# tenant acme, who may open jupyter.
#
#   my $tokens = Peers::Tokens->new($machine, COUNT);
#
#   $tokens->jwks, $tokens->key(ALG)
#   $tokens->good(ALG, BYTES)       COUNT of them, all different
#   $tokens->bad(ALG, BYTES)        (what is wrong => token, ...)
#
# A token may be longer than asked for, where its signature is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../../t/lib";

use AuthTenant::Token ();

our @ALGS = qw(RS256 PS256 ES256 ES384 EdDSA);
our $ISSUER = 'https://id.example';
our $AUDIENCE = 'bench';
our $USER = 'maksym';


sub new
{
    my ($class, $machine, $count) = @_;

    $ENV{AUTH_TENANT_KEYS} = $machine->path('keys');
    return bless { count => $count }, $class;
}


# RS256 and PS256 are of one sort of key; a key document says which is for what

sub key { AuthTenant::Token::key($_[1], "k-$_[1]") }


sub jwks
{
    my ($self) = @_;

    return AuthTenant::Token::jwks(
        map { $self->key($_)->jwk(alg => $_, use => 'sig') } @ALGS);
}


sub good
{
    my ($self, $alg, $size) = @_;

    return $self->{"$alg $size"} //= [
        map { $self->token($alg, $size, n => $_) } 1 .. $self->{count} ];
}


sub bad
{
    my ($self, $alg, $size) = @_;

    my $good = $self->good($alg, $size)->[0];
    my $eve = AuthTenant::Token::part($good, 1, AuthTenant::Token::b64u(
        AuthTenant::Token::json($self->claims(sub => 'eve'))));

    return (tampered => AuthTenant::Token::tamper($good),
            rewritten => $eve,
            expired => $self->token($alg, $size, exp => time - 3600));
}


sub claims
{
    my ($self, %claim) = @_;

    return { iss => $ISSUER, aud => $AUDIENCE, sub => $USER, tenant => 'acme',
             modules => ['jupyter'], iat => time, exp => time + 86400,
             %claim };
}


# another claim makes the token as long as it is to be: within the three
# characters of a group of base64

sub token
{
    my ($self, $alg, $size, %claim) = @_;

    my $claims = $self->claims(%claim);
    my $token = AuthTenant::Token::sign($self->key($alg), $claims);
    my $less = int(($size - length $token) * 3 / 4) - length '"pad":"",';

    return $token if $less < 1;

    return AuthTenant::Token::sign($self->key($alg),
                                   { %$claims, pad => 'x' x $less });
}


1;

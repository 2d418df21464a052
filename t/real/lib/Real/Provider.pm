package Real::Provider;

# The certified oidc-provider, as provider.mjs sets it up, and the people who
# sign in there.
#
#   my $provider = Real::Provider->new($real);
#
#   $provider->issuer
#   $provider->sign_in(TENANT, USER [, CLIENT, SCOPE...])    a real id_token
#   $provider->rotate(STEP)      changes its keys; returns their ids, of which
#                                the first one signs from now on.  A STEP is
#                                add, use, remove, replace, "same kid" or "swap
#                                kids": see provider.mjs.

use strict;
use warnings;

use Real ();

my $here = "$Real::TOP/t/real";


sub new
{
    my ($class, $real) = @_;

    my $self = bless { real => $real, password => {
        USERS_PASSWORD => join '', map { ('a' .. 'z')[rand 26] } 1 .. 20
    } }, $class;

    $self->{issuer} = $real->start('provider', { env => $self->{password} },
                                   'node', "$here/provider.mjs",
                                   "$Real::BUILD/real");
    return $self;
}


sub issuer { $_[0]{issuer} }


sub sign_in
{
    my ($self, $tenant, $user, $client, @scopes) = @_;

    return $self->{real}->run($self->{password}, "$here/login",
                              $self->{issuer}, $client // 'platform',
                              $tenant, $user, @scopes);
}


sub rotate
{
    my ($self, $step) = @_;

    return split / /, $self->{real}->run({}, qw(curl -qsSf --noproxy *),
        '-d', "password=$self->{password}{USERS_PASSWORD}",
        '-d', "step=$step", "$self->{issuer}/rotate");
}


1;

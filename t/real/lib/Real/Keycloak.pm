package Real::Keycloak;

# A Keycloak with a realm for each tenant, and one person of the same name in
# two of them.  Needs what t/real/install-keycloak installs; without that,
# missing() says why.
#
#   my $keycloak = Real::Keycloak->new($real);    # starts it: ~ 10 seconds
#
#   $keycloak->template                    issuer, with {tenant}
#   $keycloak->issuer(TENANT)
#   $keycloak->sign_in(TENANT, USER)       a real id_token
#   $keycloak->jwks(TENANT)                its keys, as others see them
#   my $id = $keycloak->add_key(TENANT)    a key that signs from now on, with
#                                          a kid of its own, or add_key(TENANT,
#                                          KID), with that
#   $keycloak->remove_key(TENANT, $id)
#   $keycloak->signing(TENANT)             the key that its realm came with
#   $keycloak->key_file(TENANT)            and that itself, which nobody else
#                                          should have
#   $keycloak->admin_token                 of the realm of administrators
#   $keycloak->pause, $keycloak->go_on     not answering, for a while
#
# The key that each realm comes with has the same kid, "signing".

use strict;
use warnings;

use JSON::PP;

my $installed = "$Real::BUILD/real";
my $provider_type = 'org.keycloak.keys.KeyProvider';

# preferred_username is whom they sign in as; "name" is for people to read

my %users = (
    acme => [
        [qw(maksym Maksym Kovalenko jupyter datalab)],
        [qw(alice Alice Ackermann jupyter)],
    ],
    globex => [
        [qw(maksym Maksym Shevchenko jupyter)],
        [qw(eve Alice Ackermann jupyter datalab)],
    ],
);


sub missing
{
    my $why = "$installed/keycloak.missing";

    return Real::read_file($why) =~ s/\n\z//r if -e $why;
    return 't/real/install has not been run' unless -e "$installed/keycloak";
    return;
}


sub new
{
    my ($class, $real) = @_;

    my $port = $real->ports('127.0.0.1');
    my $self = bless {
        real => $real, base => "http://127.0.0.1:$port",
        password => join('', map { ('a' .. 'z')[rand 26] } 1 .. 20),
    }, $class;

    # Keycloak's files, with data of our own beside them

    my $home = $real->path('keycloak');
    mkdir "$home$_" or die "$home$_: $!\n"
        for '', '/bin', '/data', '/data/import';
    symlink "$installed/keycloak/$_", "$home/$_"
        for qw(lib conf providers themes);
    $real->file('keycloak/bin/kc.sh',
                Real::read_file("$installed/keycloak/bin/kc.sh"));

    $real->file("keycloak/data/import/$_.json",
                encode_json($self->realm($_))) for keys %users;

    $real->start('keycloak', { silent => 1, env => {
        HOME => $home,
        JAVA => Real::read_file("$installed/keycloak.java") =~ s/\n//r,
        JAVA_OPTS => '-Xms128m -Xmx512m -XX:TieredStopAtLevel=1'
                     . ' -XX:+UseSerialGC',
        KC_BOOTSTRAP_ADMIN_USERNAME => 'admin',
        KC_BOOTSTRAP_ADMIN_PASSWORD => $self->{password},
    } }, 'sh', "$home/bin/kc.sh", 'start', '--optimized', '--import-realm',
         '--cache=local', '--http-enabled=true', '--http-host=127.0.0.1',
         "--http-port=$port", "--hostname=$self->{base}");

    $real->until('answer from Keycloak', sub {
        $self->status('/realms/globex') == 200
            && $self->status('/realms/acme') == 200
    }, 120);

    return $self;
}


sub issuer { "$_[0]{base}/realms/$_[1]" }

sub template { "$_[0]{base}/realms/{tenant}" }


# what a realm is imported from

sub realm
{
    my ($self, $tenant) = @_;

    my $mapper = sub {
        my ($name, $what, %config) = @_;

        return { name => $name, protocol => 'openid-connect',
                 protocolMapper => "oidc-$what", config => {
                     'id.token.claim' => 'true',
                     'access.token.claim' => 'true', 'claim.name' => $name,
                     %config } };
    };

    my %mappers = (
        basic => [$mapper->('sub', 'sub-mapper')],
        profile => [
            $mapper->('name', 'full-name-mapper'),
            $mapper->('preferred_username', 'usermodel-attribute-mapper',
                      'user.attribute' => 'username'),
        ],
        platform => [
            $mapper->('current_tenant', 'hardcoded-claim-mapper',
                      'claim.value' => $tenant),
            $mapper->('permissions', 'usermodel-client-role-mapper',
                      'usermodel.clientRoleMapping.clientId' => 'platform',
                      multivalued => 'true'),
        ],
    );

    return {
        realm => $tenant,
        enabled => JSON::PP::true,
        sslRequired => 'none',

        clientScopes => [map { {
            name => $_, protocol => 'openid-connect',
            protocolMappers => $mappers{$_},
        } } sort keys %mappers],

        clients => [map { {
            clientId => $_,
            secret => "secret of $_",
            redirectUris => ['http://127.0.0.1/callback'],
            attributes => { 'pkce.code.challenge.method' => 'S256' },
            defaultClientScopes => ['basic'],
            optionalClientScopes => ['profile', 'platform'],
        } } qw(platform elsewhere)],

        roles => { client => { platform => [
            map { { name => $_ } } qw(jupyter datalab) ] } },

        users => [map {
            my ($name, $first, $last, @permissions) = @$_;
            {
                username => $name, enabled => JSON::PP::true,
                firstName => $first, lastName => $last,
                email => "$name\@$tenant.example.com",
                emailVerified => JSON::PP::true,
                credentials => [{ type => 'password',
                                  value => $self->{password} }],
                clientRoles => { platform => \@permissions },
            }
        } @{ $users{$tenant} }],

        components => { $provider_type => [
            { name => 'signing', $self->signing_key('signing', 100, $tenant) },
            { name => 'encryption', providerId => 'rsa-enc-generated',
              config => { priority => ['100'], algorithm => ['RSA-OAEP'] } },
        ] },
    };
}


# an RSA key that nobody else has, with that kid; a tenant's first one is kept

sub signing_key
{
    my ($self, $kid, $priority, $tenant) = @_;

    my $pem = $self->{real}->run({}, qw(openssl genpkey -quiet -algorithm RSA
                                        -pkeyopt rsa_keygen_bits:2048));
    $self->{real}->file("$tenant.pem", "$pem\n") if defined $tenant;

    return (providerId => 'rsa', config => {
        privateKey => [$pem], kid => [$kid], priority => ["$priority"],
        algorithm => ['RS256'],
    });
}


sub key_file
{
    my ($self, $tenant) = @_;
    return $self->{real}->path("$tenant.pem");
}


sub sign_in
{
    my ($self, $tenant, $user, $client) = @_;

    return $self->{real}->run({ USERS_PASSWORD => $self->{password} },
        "$Real::TOP/t/real/login", $self->issuer($tenant),
        $client // 'platform', $tenant, $user);
}


sub curl
{
    my ($self, @more) = @_;
    return $self->{real}->run({}, qw(curl -q -sS -g --noproxy * -m 30), @more);
}


sub status
{
    my ($self, $path) = @_;

    return eval {
        $self->curl(qw(-o /dev/null --stderr /dev/null -w), '%{http_code}',
                    $self->{base} . $path);
    } // 0;
}


sub jwks
{
    my ($self, $tenant) = @_;

    return decode_json($self->curl('-f', $self->issuer($tenant)
                                         . '/protocol/openid-connect/certs'));
}


sub pause { $_[0]{real}->signal('keycloak', 'STOP') }

sub go_on { $_[0]{real}->signal('keycloak', 'CONT') }


# the admin API, with a token of a minute's life

sub admin_token
{
    my ($self) = @_;

    return decode_json($self->curl('-f', '-d', 'grant_type=password',
        '-d', 'client_id=admin-cli', '-d', 'username=admin',
        '-d', "password=$self->{password}",
        $self->issuer('master') . '/protocol/openid-connect/token')
    )->{access_token};
}


sub admin
{
    my ($self, $method, $path, $data) = @_;

    return $self->curl('-f', '-X', $method,
        '-H', 'Authorization: Bearer ' . $self->admin_token,
        defined $data ? ('-H', 'Content-Type: application/json',
                         '--data-binary', encode_json($data)) : (),
        '-D', '-', '-o', $self->{real}->path('admin.body'),
        "$self->{base}/admin/realms/$path");
}


sub add_key
{
    my ($self, $tenant, $kid) = @_;

    my $priority = 100 + ++$self->{keys};
    my %key = defined $kid ? $self->signing_key($kid, $priority)
        : (providerId => 'rsa-generated', config => {
               priority => ["$priority"], algorithm => ['RS256'] });

    my $answer = $self->admin(POST => "$tenant/components", {
        name => "key $priority", providerType => $provider_type, %key });
    my ($id) = $answer =~ m{^Location: .*/([\w-]+)\r?$}mi
        or die "Keycloak: no key was made: $answer\n";

    return $id;
}


sub remove_key
{
    my ($self, $tenant, $id) = @_;
    $self->admin(DELETE => "$tenant/components/$id");
}


sub signing
{
    my ($self, $tenant) = @_;

    $self->admin(GET => "$tenant/components?name=signing");
    my $list = decode_json(Real::read_file($self->{real}->path('admin.body')));

    return $list->[0]{id};
}


1;

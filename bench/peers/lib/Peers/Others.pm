package Peers::Others;

# The contestants that are programs of their own: Envoy, oauth2-proxy.

use strict;
use warnings;

use JSON::PP ();

use Peers::Nginx ();
use Peers::Tokens ();

our $build;


# Envoy verifies by itself; a cache of tokens it has seen is off by default

sub envoy_bare
{
    my ($o) = @_;
    return envoy($o, 'envoy_bare',
                 headers => [ [ 'x-user-id', $Peers::Tokens::USER ] ]);
}


sub envoy_jwt { envoy_with_jwt($_[0], 'envoy_jwt', {}) }


sub envoy_jwt_cached
{
    return envoy_with_jwt($_[0], 'envoy_jwt_cached',
        { jwtCacheConfig => { jwtCacheSize => 1000,
                              jwtMaxTokenSize => 16384 } });
}


sub envoy_with_jwt
{
    my ($o, $name, $more) = @_;

    return envoy($o, $name, filter => {
        name => 'envoy.filters.http.jwt_authn',
        typedConfig => {
            type('envoy.extensions.filters.http.jwt_authn.v3'
                 . '.JwtAuthentication'),
            providers => { corp => {
                issuer => $Peers::Tokens::ISSUER,
                audiences => [ $Peers::Tokens::AUDIENCE ],
                localJwks => { inlineString => $o->{tokens}->jwks },
                claimToHeaders => [ { headerName => 'x-user-id',
                                      claimName => 'sub' } ],
                %$more } },
            rules => [ { match => { prefix => '/' },
                         requires => { providerName => 'corp' } } ],
        } });
}


sub type { ('@type' => "type.googleapis.com/$_[0]") }


sub envoy
{
    my ($o, $name, %c) = @_;

    my $machine = $o->{machine};
    my $port = $o->{ports}{$name}{main} = $machine->port;
    my $true = JSON::PP::true();
    my $manager = 'envoy.extensions.filters.network.http_connection_manager.v3'
                  . '.HttpConnectionManager';

    my %listener = (
        name => 'front',
        address => address($port),
        filterChains => [ { filters => [ {
            name => 'envoy.filters.network.http_connection_manager',
            typedConfig => {
                type($manager),
                statPrefix => 'front',
                generateRequestId => JSON::PP::false(),
                routeConfig => { virtualHosts => [ {
                    name => 'all', domains => ['*'],
                    routes => [ {
                        match => { prefix => '/' },
                        route => { cluster => 'backend' },
                        requestHeadersToAdd => [
                            map { { appendAction => 'OVERWRITE_IF_EXISTS_OR_ADD',
                                    header => { key => $_->[0],
                                                value => $_->[1] } } }
                                @{ $c{headers} // [] } ],
                        requestHeadersToRemove => ['authorization'],
                    } ] } ] },
                httpFilters => [
                    $c{filter} // (),
                    { name => 'envoy.filters.http.router',
                      typedConfig => {
                          type('envoy.extensions.filters.http.router.v3'
                               . '.Router'),
                          suppressEnvoyHeaders => $true } } ],
            } } ] } ]);

    my $config = { staticResources => {
        listeners => [ \%listener ],
        clusters => [ {
            name => 'backend', type => 'STATIC', connectTimeout => '2s',
            loadAssignment => { clusterName => 'backend', endpoints => [ {
                lbEndpoints => [ { endpoint => {
                    address => address($o->{backend}) } } ] } ] } } ] } };

    my $file = $machine->file("$name.json", JSON::PP->new->encode($config));

    return { root => $machine->start($name, $port, {},
        "$build/bench/envoy/envoy/_bin/envoy", '-c', $file,
        qw(--concurrency 1 --disable-hot-restart -l error)) };
}


sub address
{
    return { socketAddress => { address => '127.0.0.1', portValue => $_[0] } };
}


# oauth2-proxy as nginx's auth_request service, with all of its logs off.  It
# takes only tokens, no session: there is nobody to sign in.

sub oauth2_proxy
{
    my ($o) = @_;

    my $machine = $o->{machine};
    my $port = $machine->port;
    my $home = "http://127.0.0.1:$o->{backend}";

    my $service = $machine->start('oauth2-proxy', $port, { GOMAXPROCS => 1 },
        "$build/bench/oauth2-proxy",
        '--provider=oidc', "--http-address=127.0.0.1:$port",
        "--oidc-issuer-url=$Peers::Tokens::ISSUER",
        "--client-id=$Peers::Tokens::AUDIENCE", '--client-secret=unused',
        '--skip-oidc-discovery=true', "--oidc-jwks-url=$home/jwks",
        "--login-url=$home/", "--redeem-url=$home/",
        (map { "--oidc-enabled-signing-alg=$_" } @{ $o->{algs} }),
        '--skip-jwt-bearer-tokens=true',
        '--bearer-token-login-fallback=false',
        '--oidc-email-claim=sub', '--email-domain=*',
        '--cookie-secret=0123456789abcdef', '--cookie-secure=false',
        '--set-xauthrequest=true', '--upstream=static://202',
        '--request-logging=false', '--auth-logging=false',
        '--standard-logging=false');

    return {
        root => Peers::Nginx::ask($o, 'oauth2_proxy', $port, '/oauth2/auth',
                                  'x_auth_request_user'),
        service => $service,
    };
}


1;

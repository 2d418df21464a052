# conf-examples/realms.conf does what its comments say: as it is, but for
# addresses.  Keycloak, the platform's provider behind a proxy and the
# laboratory's are played by providers of the suite's own; behind the gateway
# are applications of the names that it must select.

use strict;
use warnings;

use Cwd ();
use Digest::SHA ();
use File::Basename qw(dirname);
use File::Copy qw(copy);
use Test::More;

use lib 't/lib';
use AuthTenant::Client qw(until_true);
use AuthTenant::Nginx;
use AuthTenant::Provider;
use AuthTenant::Token qw(key jwks json sign);

my $top = Cwd::abs_path(dirname(__FILE__) . '/..');
my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
my $build = $ENV{BUILD} // "$top/build";
my $path = AuthTenant::Nginx::dir() . '/realms';

my $keycloak = AuthTenant::Provider->start(tls => 1);
my $egress = AuthTenant::Provider->start;
my $laboratory = AuthTenant::Provider->start;

my %key = map { $_ => key('RS256', $_) } qw(acme globex staff lab);
my %as = (header => { kid => 'k' });

$keycloak->realm($_, $key{$_}->jwk(kid => 'k')) for qw(acme globex);

# the proxy is asked for whole URLs; the laboratory's provider has a path

my $certs = 'http://127.0.0.1:1/oauth2/v3/certs';
$egress->document($certs, jwks($key{staff}->jwk(kid => 'k')));
$laboratory->document('/dex/.well-known/openid-configuration',
    json({ issuer => $laboratory->url('/dex'),
                              jwks_uri => $laboratory->url('/dex/keys') }));
$laboratory->document('/dex/keys', jwks($key{lab}->jwk(kid => 'k')));

my $ann = 'jupyter--ann-example-org---'
    . substr(Digest::SHA::sha256_hex('ann@example.org'), 0, 8)
    . '.staff.svc.cluster.local';
my @apps = ($ann, map { "$_.svc.cluster.local" }
    qw(jupyter--maksym.acme jupyter--maria.globex jupyter--maksym.lab));

my $nginx = start();

sub customer {
    my ($tenant, %claims) = @_;

    return sign($key{$claims{by} // $tenant}, {
        iss => $keycloak->issuer($tenant), aud => 'platform', sub => '7f3c',
        iat => int time, exp => int(time) + 600,
        preferred_username => $tenant eq 'globex' ? 'maria' : 'maksym',
        permissions => ['jupyter'] }, %as);
}

sub staff {
    return sign($key{staff}, {
        iss => 'https://accounts.example.org', sub => '1',
        aud => '7211-platform.apps.example.org', iat => int time,
        exp => int(time) + 600, email => 'ann@example.org',
        email_verified => \1, hd => 'staff', groups => ['jupyter'], @_ }, %as);
}

sub lab {
    return sign($key{lab}, {
        iss => $laboratory->url('/dex'), sub => '1', aud => 'platform',
        iat => int time, exp => int(time) + 600, groups => ['jupyter'],
        preferred_username => 'maksym', tenant => 'lab', @_ }, %as);
}

# what the application of a tenant gets, or the status

sub at {
    my ($tenant, $uri, $token, @headers) = @_;

    my $socket = $nginx->connect or return 'no connection';
    print $socket join("\r\n", "GET $uri HTTP/1.1",
        "Host: jupyter.$tenant.example.com", 'Connection: close',
        defined $token ? "Authorization: Bearer $token" : (), @headers),
        "\r\n\r\n";
    my $text = do { local $/; <$socket> } // '';

    my ($status) = $text =~ m{^HTTP/1.1 (\d+)};
    return $status if $status != 200;
    return $text =~ /\r\n\r\n(.*)\z/s ? $1 : '';
}

my $acme = 'jupyter--maksym.acme.svc.cluster.local';

is(at('acme', '/maksym/', customer('acme'), 'X-User-Id: eve'),
   "$acme: maksym", 'a realm is found when its first token comes');
is(at('globex', '/maria/', customer('globex')),
   'jupyter--maria.globex.svc.cluster.local: maria', 'another one');
is(at('acme', '/maria/', customer('acme')), 403, 'each user for themselves');
is(at('globex', '/maksym/', customer('acme')), 401,
   'tokens of realm acme are accepted for acme only');
is(at('acme', '/maksym/', customer('acme', by => 'globex')), 401,
   'and verified by keys of that realm only');
is(at('nobody', '/maksym/', customer('nobody', by => 'acme')), 404,
   'a tenant without a realm');
is(scalar(my @all = $keycloak->requests(
       '/realms/nobody/.well-known/openid-configuration')), 1,
   'is looked for over TLS');

ok(until_true(sub { -s "$path/state/$_.json" }), "$_: keys on disk")
    for qw(acme globex);

is(at('staff', '/ann@example.org/', staff()), "$ann: ann\@example.org",
   'the staff, whose keys are published on another host,');
is(scalar(@all = $egress->requests($certs)), 1, 'which the proxy is asked for');
is(at('acme', '/ann@example.org/', staff()), 403, 'who are nobody elsewhere');
is(at('acme', '/ann@example.org/', staff(hd => 'acme')), 403,
   'whatever their provider says');
is(at('staff', '/ann@example.org/', staff(email_verified => \0)), 403,
   'by an address that is verified');

is(at('lab', '/maksym/', lab()),
   'jupyter--maksym.lab.svc.cluster.local: maksym', 'the laboratory');
is(at('acme', '/maksym/', lab(tenant => 'acme')), 403,
   'speaks for one tenant');
is(at('acme', '/maksym/', lab()), 403, 'and no other');
is(at('lab', '/maksym/', customer('lab', by => 'acme')), 404,
   'which has no realm');

is(at('acme', '/healthz', undef), '', 'healthz');
is(at('acme', '/maksym/', undef), 401, 'no token');

note('Keycloak is down while nginx is started again');

is($nginx->stop, '', 'nothing bad in error.log');
$keycloak->refuse;
unlink "$path/error.log";
$nginx = AuthTenant::Nginx->launch($path);
is(at('acme', '/maksym/', customer('acme')), "$acme: maksym",
   'acme is served');
is(at('globex', '/maria/', customer('globex')),
   'jupyter--maria.globex.svc.cluster.local: maria', 'globex, too');
unlike($nginx->log, qr/\[warn\].*(?:state_path|certificate)/,
       "the workers' user can do what it has to");
is($nginx->stop, '', 'nothing bad in error.log');

done_testing();


sub start {
    mkdir $_, 0755 for $path, "$path/temp";
    copy($keycloak->ca, "$path/ca.pem") or die;
    chmod 0644, "$path/ca.pem";
    copy("$top/conf-examples/auth_tenant_proxy.conf", $path) or die;

    my $text = do {
        open my $fh, '<', "$top/conf-examples/realms.conf" or die;
        local $/;
        <$fh>;
    };

    # the directory of the keys, as the example says

    my ($install) = $text =~ m{^ +# +(install -d .*/keys)$}m or die;
    $install =~ s{/var/lib/nginx/keys}{$path/state};
    $install =~ s/-o \S+// if $> != 0;
    system($install) == 0 or die "$install: $?\n";

    my %instead = (
        'load_module modules/ngx_http_auth_tenant_module.so;' => '',
        'https://login.example.com' => $keycloak->url,
        'keys/corp-ca.pem' => "$path/ca.pem",
        '/var/lib/nginx/keys/{' => "$path/state/{",
        '/var/log/nginx/error.log' => "$path/error.log",
        'https://www.example.org/oauth2/v3/certs' => $certs,
        'http://egress.example.com:3128' => $egress->url,
        'http://dex.lab.svc.cluster.local:5556' => $laboratory->url,
        '       8080;' => " unix:$path/sock;",
        'svc.cluster.local:8888"' => 'svc.cluster.local"',
        '4096;' => '64;',
    );
    for (sort keys %instead) {
        $text =~ s/\Q$_\E/$instead{$_}/ or die "no $_ in realms.conf\n";
    }

    my $http = join "\n", 'access_log off;',
        (map { "${_}_temp_path $path/temp;" }
             qw(client_body proxy fastcgi uwsgi scgi)), map { <<"END" } @apps;
    upstream $_ { server unix:$path/$_; }
    server {
        listen unix:$path/$_;
        return 200 "$_: \$http_x_user_id";
    }
END
    $text =~ s/^http \{\n/http {\n$http\n/m or die;

    my $load = $variant eq 'dynamic'
        ? "load_module $build/dynamic/ngx_http_auth_tenant_module.so;\n" : '';

    open my $fh, '>', "$path/nginx.conf" or die;
    print $fh "${load}pid $path/nginx.pid;\n$text";
    close $fh;

    return AuthTenant::Nginx->launch($path);
}

# The examples do what their comments say: README.md's configuration,
# conf-examples/gateway.conf and conf-examples/external-auth.conf as they are,
# but for addresses.  Behind them are applications that tell what they got,
# each an upstream of the name that the gateway must select, and an auth
# service that knows sessions by their cookie.

use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);
use File::Copy qw(copy);
use Test::More;

use lib 't/lib';
use AuthTenant::Nginx;
use AuthTenant::Token qw(key jwks keys_dir sign);

my $top = Cwd::abs_path(dirname(__FILE__) . '/..');
my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
my $build = $ENV{BUILD} // "$top/build";
my $load = $variant eq 'dynamic'
    ? "load_module $build/dynamic/ngx_http_auth_tenant_module.so;\n" : '';

my ($path, $nginx);

# ------------------------------------------------------------------ README.md

my $readme = read_file("$top/README.md");

my ($text) = $readme =~ /^```nginx\n(.*?)^```/ms;
my ($mint) = $readme =~ m{^(util/mint token .*?[^\\])$}ms;
my ($line) = $readme =~ /^(auth_tenant: refused: .*?provider "corp")/m;

start('readme', $text, apps => ['jupyter--maksym.acme.svc.cluster.local']);

my $keys = keys_dir();
chomp(my $maksym = `$top/$mint --keys $keys`);
is($?, 0, 'README: the token is made');

my $host = 'Host: jupyter.acme.example.com';

my $got = ask('GET /maksym/lab', $host, bearer($maksym));
is($got->{status}, 200, 'and accepted');
is($got->{body}, 'jupyter--maksym.acme.svc.cluster.local',
   'by the instance of its user');
is($got->{saw}{'x-user-id'}, 'maksym', 'which is told who it is');

is(status('GET /maria/', $host, bearer($maksym)), 403, 'another user');
is(status('GET /maksym/', 'Host: jupyter.globex.example.com',
          bearer($maksym)), 403, 'another tenant');
like($nginx->log, qr/\Q$line\E/, 'whose line in error.log is as shown');
is(status('GET /maksym/', 'Host: tensor.acme.example.com',
          bearer($maksym)), 403, 'another module');
is(status('GET /maksym/', $host), 401, 'no token');
is(status('GET /healthz', $host), 200, 'no token wanted');
stop();

# --------------------------------------------------------------- gateway.conf

start('gateway', read_file("$top/conf-examples/gateway.conf"),
      apps => ['jupyter--maksym.acme.svc.cluster.local',
               'api.acme.svc.cluster.local']);

sub platform {
    my (%claims) = @_;
    return sign(key('RS256'), {
        iss => 'https://login.example.com/realms/platform',
        aud => 'platform', sub => '7f3c', iat => time, exp => time + 600,
        preferred_username => 'maksym', tenant => 'acme',
        permissions => ['jupyter'], %claims });
}

my $token = platform('https://example.com/groups' => ['staff', 'chess']);
my $cookie = "Cookie: theme=dark; __Host-id_token=$token";
my @forged = ('X-User-Id: eve', 'x_user_groups: root', 'X-User-Groups: root');

note('gateway.conf: the application instance of its own user');

for (['Authorization' => bearer($token)], ['a cookie' => $cookie]) {
    my ($where, $credential) = @$_;

    $got = ask('GET /maksym/lab?a=1', $host, $credential, @forged);
    is($got->{body}, 'jupyter--maksym.acme.svc.cluster.local',
       "a token in $where");
    is($got->{saw}{'x-user-id'}, 'maksym', 'the name');
    is($got->{saw}{'x-user-groups'}, 'staff,chess', 'the groups');
    is($got->{saw}{authorization}, '', 'no token in the header');
    is($got->{saw}{cookie}, $where eq 'a cookie' ? 'theme=dark' : '',
       'nor in a cookie');
    is($got->{saw}{host}, 'jupyter.acme.example.com', 'the Host');
    is($got->{saw}{uri}, '/maksym/lab?a=1', 'the target as it came');
}

is(status('GET /eve/', $host, bearer($token)), 403, "nobody else's");
is(status('GET /maksym/', $host, bearer(platform(tenant => 'globex'))), 403,
   'no other tenant');
is(status('GET /maksym/', 'Host: datalab.acme.example.com', bearer($token)),
   403, 'no other module');

note('gateway.conf: what the provider accepts');

is(status('GET /maksym/', $host, bearer($_->[1])), $_->[2], $_->[0]) for
    ['azp: the portal', platform(aud => ['platform', 'b'], azp => 'portal'),
     200],
    ['azp: somebody else', platform(aud => ['platform', 'b'], azp => 'b'), 401],
    ['max_age', platform(iat => time - 12 * 3600 - 60), 401],
    ['leeway', platform(exp => time - 5), 200],
    ['leeway, and no more', platform(exp => time - 60), 401],
    ['too large', platform(more => 'x' x 4096), 401];

note('gateway.conf: browsers are sent on');

my @page = ('Accept: text/html,*/*;q=0.8', 'Sec-Fetch-Mode: navigate');

$got = ask('GET /maksym/?a=1', $host, @page);
is($got->{status}, 302, 'a page without a token');
is($got->{header}{location},
   'https://login.example.com/start?rd=%2Fmaksym%2F%3Fa%3D1', 'to sign in');
is(status('GET /maksym/', $host, 'Accept: application/json'), 401,
   'a program gets its 401');
is(status('GET /eve/', $host, @page, bearer($token)), 403,
   'a page that is refused, its 403');

$got = ask('GET /', $host, $cookie);
is($got->{status}, 302, '"/"');
is($got->{header}{location}, '/maksym/', 'is home, without scheme and port');

# $auth_connection of auth_tenant_proxy.conf, and the origin of cookies

note('gateway.conf: WebSockets');

my @upgrade = ('Upgrade: websocket', 'Connection: Upgrade',
               'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: eA==');

$got = ask('GET /maksym/api', $host, @upgrade, bearer($token));
is("@{ $got->{saw} }{qw(upgrade connection)}", 'websocket upgrade',
   'a handshake arrives');
is($got->{saw}{'x-user-id'}, 'maksym', 'with the name');

for ([undef, 403], ['https://evil.example', 403],
     ['https://jupyter.acme.example.com', 200],
     ['https://portal.example.com', 200])
{
    my ($origin, $status) = @$_;
    my @origin = defined $origin ? "Origin: $origin" : ();
    is(status('GET /maksym/api', $host, @upgrade, $cookie, @origin), $status,
       'from ' . ($origin // 'nowhere'));
}

$got = ask('GET /maksym/', $host, 'Upgrade: h2c', bearer($token));
is($got->{saw}{connection}, '', 'no other upgrade is passed on');

note('gateway.conf: the API');

my $editor = platform(role => 'editor');
my $viewer = platform(role => 'viewer');

is(status("$_->[1] /api/items", $host, bearer($_->[2])), $_->[3],
   "$_->[1] by $_->[0]") for
    ['a viewer', GET => $viewer, 200], ['an editor', GET => $editor, 200],
    ['a viewer', HEAD => $viewer, 200], ['a viewer', POST => $viewer, 403],
    ['an editor', POST => $editor, 200], ['an editor', OPTIONS => $editor, 403],
    ['nobody in particular', GET => $token, 403];
is(status('GET /api/items', $host, @upgrade, bearer($editor)), 403,
   'no WebSocket');

$got = ask('GET /api/items', $host, bearer($viewer), @forged);
is($got->{body}, 'api.acme.svc.cluster.local', "the tenant's API");
is($got->{saw}{authorization}, "Bearer $viewer", 'gets the token');
is($got->{saw}{'x-user-id'}, 'maksym', 'and the name');
is($got->{saw}{'x-user-groups'}, '', 'but no groups that a client sends');

note('gateway.conf: the rest');

$got = ask('GET /maksym/accel', $host, bearer($token));
is($got->{body}, 'jupyter--maksym.acme.svc.cluster.local',
   'an application sends nobody on to another location');
is(status('GET /maksym/', 'Host: example.org', bearer($token)), 404,
   'a host that is none of ours');
is(status('GET /healthz', $host), 200, 'healthz');

my $log = stop();
my $access = read_file("$path/access.log");
like($access, qr{"GET\ /maksym/lab.*\ 200\ user=maksym\ tenant=acme
                 \ module=jupyter\ result=ok$}mx,
     'who, what and why');
like($access, qr{"GET\ /eve/.*\ 403\ user=-\ tenant=-
                 \ module=-\ result=wrong_user$}mx,
     'also of a no');
unlike($access . $log, qr/eyJ/, 'nothing secret');

# --------------------------------------------------------- external-auth.conf

# the sessions of the auth service

my $acme = key('RS256');
my $globex = key('ES256', '');

my %user = (iss => 'https://login.acme.example/', aud => 'platform',
            sub => 'u1', iat => time, exp => time + 600, org => 'acme',
            email => 'user@email.com', email_verified => \1,
            scope => 'openid datalab', groups => ['/acme/reports']);
my %guest = (iss => 'https://id.globex.example/oidc', sub => 'u2',
             aud => 'globex-datalab', iat => time, exp => time + 600,
             account => { login => 'maria', org => 'globex' },
             apps => 'jupyter datalab');

my %session = (
    user => sign($acme, \%user),
    plain => sign($acme, { %user, groups => ['chess'] }),
    unverified => sign($acme, { %user, email_verified => \0 }),
    old => sign($acme, { %user, exp => time - 60 }),
    maria => sign($globex, \%guest),
    jupyter => sign($globex, { %guest, apps => 'jupyter' }),
    other => sign($globex, { %guest, aud => 'globex-jupyter' }),
    acme_as_globex => sign($acme, { %user, org => 'globex' }),
    globex_as_acme => sign($globex, {
        %guest, account => { login => 'maria', org => 'acme' } }),
);

my $users = 'datalab--user-email-com---0925f997.acme.svc.cluster.local';
my $marias = 'datalab--maria.globex.svc.cluster.local';

start('external', read_file("$top/conf-examples/external-auth.conf"),
      apps => [$users, $marias, 'reports.test', 'metrics.test'],
      names => { '127.0.0.1:4180' => 'service.test',
                 '127.0.0.1:8090' => 'reports.test',
                 '127.0.0.1:8091' => 'metrics.test' },
      keys => { 'acme.json' => jwks($acme), 'globex.pem' => $globex->pem },
      http => <<"END");
    # the address that a test says it asks from
    set_real_ip_from  unix:;
    real_ip_header    X-Test-Address;

    map_hash_bucket_size  2048;
    map \$cookie_session \$session {
@{[ join "\n", map { "$_ \"Bearer $session{$_}\";" } sort keys %session ]}
    }
    upstream service.test { server unix:DIR/service; }
    server {
        listen unix:DIR/service;
        location = /oauth2/auth {
            if (\$session = "") { return 401; }
            add_header Authorization \$session always;
            return 202;
        }
        location /oauth2/ { return 200 "service"; }
    }
END

my $acme_host = 'Host: datalab.acme.example.com';
my $globex_host = 'Host: datalab.globex.example.com';

sub session { "Cookie: session=$_[0]" }

note('external-auth.conf: one URL for all, each user to their own instance');

$got = ask('GET /work', $acme_host, session('user'), @forged);
is($got->{body}, $users, "acme's user");
is($got->{saw}{'x-user-id'}, 'user@email.com', 'by name');
$got = ask('GET /work', $globex_host, session('maria'));
is($got->{body}, $marias, "globex's user");
is($got->{saw}{'x-user-id'}, 'maria', 'by name');

note('external-auth.conf: each provider for its own tenant');

is(status('GET /work', $_->[1], session($_->[2])), 403, $_->[0]) for
    ["acme's user at globex", $globex_host, 'user'],
    ["globex's user at acme", $acme_host, 'maria'],
    ["globex's user, as acme says", $globex_host, 'acme_as_globex'],
    ["acme's user, as globex says", $acme_host, 'globex_as_acme'],
    ['an address that nobody verified', $acme_host, 'unverified'],
    ['a user of another application', $globex_host, 'jupyter'];

note('external-auth.conf: signing in');

for (['no session' => ()], ['an old token' => session('old')],
     ['a token for another module' => session('other')])
{
    my ($name, @cookie) = @$_;
    $got = ask('GET /work?a=1', @cookie ? ($globex_host, @cookie)
                                        : $acme_host);
    is($got->{status}, 302, $name);
    like($got->{header}{location},
         qr{^http://datalab\.\w+\.example\.com
            /oauth2/start\?rd=%2Fwork%3Fa%3D1$}x,
         'to the sign-in page, and back');
}

is(ask('GET /oauth2/start?rd=%2Fwork', $acme_host)->{body}, 'service',
   'which needs no token');
is(status('GET /oauth2/auth', $acme_host, session('user')), 404,
   'the session check is nothing for clients');

# the example has the service see to it

is(status('POST /work', $acme_host, session('user'),
          'Origin: https://evil.example'), 200,
   'the origin is not looked at');

note('external-auth.conf: monitoring');

my $monitor = 'X-Test-Address: 10.20.0.7';

$got = ask('GET /metrics', $acme_host, $monitor, @forged);
is($got->{body}, 'metrics.test', 'from its addresses, without a token');
is($got->{saw}{'x-user-id'}, '', 'as nobody');
is(status('GET /metrics', $acme_host), 401, 'from others not');
$got = ask('GET /metrics', $acme_host, bearer($session{user}));
is($got->{saw}{'x-user-id'}, 'user@email.com', 'but with one');
is(status('GET /metrics', $acme_host, bearer($session{maria})), 403,
   'of this tenant');
is(status('GET /work', $acme_host, $monitor), 302, 'for everything else, too');

note('external-auth.conf: rules that are watched');

for (['user', 'user@email.com', ''], ['plain', '', 'rule'],
     ['maria', '', 'wrong_tenant|wrong_issuer|no_claim|wrong_audience'])
{
    my ($name, $id, $reason) = @$_;
    my $before = length $nginx->log;

    $got = ask('GET /reports/', $acme_host, session($name), @forged);
    is($got->{body}, 'reports.test', "$name: let in");
    is($got->{saw}{'x-user-id'}, $id, $id ? 'with the name' : 'as nobody');

    my $log = substr $nginx->log, $before;
    $reason ? like($log, qr/would refuse: (?:$reason):/, 'and noted')
            : unlike($log, qr/would refuse/, 'nothing to note');
}

is(status('GET /reports/', $acme_host), 401,
   'the auth service is still asked');
stop();

# ---------------------------------------------------------- docs/directives.md

# what is empty after a no, which level gives a name, what has no resolver

start('docs', <<'END', apps => ['jupyter--maksym.acme.svc', 'nobody.test']);
events {}
http {
    auth_tenant_provider corp {
        issuer     "https://login.example.com/realms/platform";
        audience   platform;
        claims     user=preferred_username tenant=tenant modules=permissions;
        jwks_file  keys/corp.json;
    }

    map $auth_upstream $instance {
        ""       nobody.test;
        default  $auth_upstream;
    }

    server {
        listen  80;

        auth_tenant           corp;
        auth_tenant_host      "{module}.{tenant}.example.com";
        auth_tenant_dry_run   on;
        auth_tenant_upstream  "{module}--{user:slug}.{tenant}.svc";

        location /bare/ {
            proxy_pass http://$auth_upstream;
        }

        location /map/ {
            proxy_pass http://$instance;
            add_header Saw-all "<$auth_result|$auth_connection|$auth_return_url|$auth_user>";
        }

        location /acme/ {
            auth_tenant_dry_run  off;
            auth_tenant_path     "/{tenant}/{user}/";
            proxy_pass           http://$auth_upstream;
        }

        location /return/ {
            auth_tenant_dry_run  off;
            return               204;
        }

        location /port/ {
            auth_tenant_upstream "{module}--{user:slug}.{tenant}.svc:8080";
            proxy_pass           http://$auth_upstream;
        }
    }
}
END

my @may = ($host, bearer($token));

is(ask('GET /bare/', @may)->{body}, 'jupyter--maksym.acme.svc', 'a yes');
is(status('GET /bare/', $host), 500, 'a no leaves no upstream');
is(ask('GET /map/', @may)->{body}, 'jupyter--maksym.acme.svc', 'nor a map');
is(ask('GET /map/', $host)->{body}, 'nobody.test', 'unless it has a default');
is(ask('GET /map/', @may, @upgrade)->{saw}{all},
   'ok|upgrade|%2Fmap%2F|maksym', 'variables after a yes');
is(ask('GET /map/', $host, @upgrade)->{saw}{all},
   'no_token|upgrade|%2Fmap%2F|', 'variables after a no');
is(status('GET /acme/maksym/', 'Host: jupyter.globex.example.com',
          bearer($token)), 200, 'a name of an inner level replaces the outer');
is(status('GET /acme/eve/', @may), 403, 'and is compared');
is(status('GET /return/', $host), 204, '"return" checks nothing');

for ([256, 200], [257, 401]) {
    my ($n, $status) = @$_;
    is(status('GET /acme/maksym/', $host, bearer(
           platform(groups => [(1) x $n]))), $status, "an array of $n");
}
is(status('GET /port/', @may), 502, 'an upstream has no port');
like($nginx->log, qr/no resolver defined/, 'and there is nobody to ask');
stop();

done_testing();


# Starts an example: TEXT with its addresses replaced.  apps: upstreams, each
# with an application of its own behind; names: what stands for an address;
# keys: files of keys/, else everything there is has the run's RSA key.

sub start {
    my ($name, $text, %opt) = @_;

    $path = AuthTenant::Nginx::dir() . "/$name";
    mkdir $_ for $path, "$path/keys", "$path/temp";
    copy("$top/conf-examples/auth_tenant_proxy.conf", $path) or die;

    my %keys = %{ $opt{keys} // {} };
    %keys = map { $_ => jwks(key('RS256')) } $text =~ m{keys/([\w.]+);}g
        unless %keys;
    write_file("$path/keys/$_", $keys{$_}) for keys %keys;

    for my $address (keys %{ $opt{names} // {} }) {
        $text =~ s/\Q$address\E;/$opt{names}{$address};/g
            or die "no $address in $name\n";
    }

    $text =~ s/^load_module .*\n//m;
    $text =~ s/^worker_processes .*\n//m;
    $text =~ s/(\s)error_log [^;]*;/$1/;
    $text =~ s{access_log [^;]* (\w+);}{access_log $path/access.log $1;};
    $text =~ s/(listen\s+)\d+/${1}unix:$path\/sock/g;
    $text =~ s/(svc\.cluster\.local):\d+"/$1"/g;

    my $http = join "\n", $opt{http} // '',
        (map { "${_}_temp_path $path/temp;" }
             qw(client_body proxy fastcgi uwsgi scgi)),
        ($text =~ /access_log/ ? () : 'access_log off;'),
        map { app($_) } @{ $opt{apps} };
    $http =~ s{DIR/}{$path/}g;      # no token holds a slash
    $text =~ s/^http \{\n/http {\n$http\n/m or die "no http in $name\n";

    my $user = $> == 0 ? "user root;\n" : '';
    write_file("$path/nginx.conf", "$load${user}pid $path/nginx.pid;\n"
               . "error_log $path/error.log info;\n$text");

    $nginx = AuthTenant::Nginx->launch($path);
}


# an application tells its name, and in headers what it got

sub app {
    my ($name) = @_;

    my $tell = join ' ', map {
        (my $variable = $_) =~ tr/-/_/;
        qq{add_header Saw-$_ "<\$http_$variable>";};
    } qw(x-user-id x-user-groups authorization cookie host upgrade connection);

    return <<"END";
    upstream $name { server unix:DIR/$name; }
    server {
        listen unix:DIR/$name;
        access_log off;
        $tell
        add_header Saw-uri "<\$request_uri>";
        location / { return 200 "$name"; }
        location ~ accel { $tell
            add_header X-Accel-Redirect /healthz;
            return 200 "$name";
        }
    }
END
}


sub ask {
    my ($request, @headers) = @_;

    my $socket = $nginx->connect or die "no connection: $!\n";
    push @headers, 'Connection: close' unless grep { /^Connection:/ } @headers;
    push @headers, 'Content-Length: 0' if $request =~ /^POST/;
    print $socket join("\r\n", "$request HTTP/1.1", @headers), "\r\n\r\n";

    # an answer to a handshake may leave the connection open

    my %got = (header => {}, saw => {}, body => '');
    while (my $line = <$socket>) {
        $line =~ s/\r\n\z//;
        last if $line eq '';
        if ($line =~ m{^HTTP/1.1 (\d+)}) {
            $got{status} = $1;
        } elsif ($line =~ /^Saw-([\w-]+): <(.*)>$/) {
            $got{saw}{lc $1} = $2;
        } elsif ($line =~ /^([\w-]+): (.*)$/) {
            $got{header}{lc $1} = $2;
        }
    }
    read $socket, $got{body}, $got{header}{'content-length'} // 0
        unless $request =~ /^HEAD/;

    return \%got;
}


sub status { ask(@_)->{status} }


sub bearer { "Authorization: Bearer $_[0]" }


sub stop {
    my $log = $nginx->log;
    is($nginx->stop, '', 'nothing bad in error.log');
    return $log;
}


sub read_file {
    my ($file) = @_;

    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$fh>;
}


sub write_file {
    my ($file, $text) = @_;

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
}

package Real::Site;

# What the tests of t/real stand on: the provider, people who sign in there,
# the cluster's names and applications, and the gateway in front of them, set
# up as conf-examples/jupyterhub/nginx.conf has it.
#
#   my $site = Real::Site->new($real);
#
#   $site->sign_in(TENANT, USER [, CLIENT, SCOPE...])    a real id_token
#   $site->hub                        ADDRESS:PORT of JupyterHub of acme
#   $site->session                    the same of the external auth service
#   $site->gateway                    starts nginx
#   $site->instance(HOST, PATH, ...)  who answers there, and for whom
#   header(ANSWER, NAME)              what an application was sent

use strict;
use warnings;

use Exporter qw(import);
use File::Copy qw(copy);

use Real::Provider;

our @EXPORT = qw(header);

my $here = "$Real::TOP/t/real";

# Names as in a cluster.  Every instance has a loopback address of its own, and
# all have one port.  There is JupyterHub for acme only; instead of globex's
# is an application that says who it is, as all the others are.

my %address = (
    'proxy-public.acme'      => '127.0.1.1',
    'proxy-public.globex'    => '127.0.1.2',
    'datalab--maksym.acme'   => '127.0.1.3',
    'datalab--alice.acme'    => '127.0.1.4',
    'datalab--maksym.globex' => '127.0.1.5',
    'studio--maksym.acme'    => '127.0.1.6',
    'studio--alice.acme'     => '127.0.1.7',
    'desk--maksym.acme'      => '127.0.1.8',
    'desk--alice.acme'       => '127.0.1.9',
);


sub new
{
    my ($class, $real) = @_;

    my $self = bless { real => $real }, $class;

    $self->{provider} = Real::Provider->new($real);

    $self->{port} = $real->ports(values %address);

    $self->{dns} = $real->start('dns', {}, "$here/dns",
        map { "$_.svc.cluster.local=$address{$_}" } keys %address);

    $real->start('app', {}, "$here/app", $self->{port},
        map { "$_=$address{$_}" }
        grep { $_ ne 'proxy-public.acme' } keys %address);

    $self->{session} = '127.0.0.1:'
                       . $real->start('session', {}, "$here/session");

    return $self;
}


sub hub
{
    my ($self) = @_;
    return "$address{'proxy-public.acme'}:$self->{port}";
}


sub session
{
    my ($self) = @_;
    return $self->{session};
}


sub sign_in
{
    my ($self, @who) = @_;
    return $self->{provider}->sign_in(@who);
}


# the provider's own JWKS, found as clients find it

sub jwks
{
    my ($self) = @_;

    my @fetch = qw(curl -qsSf --noproxy *);
    my $meta = $self->{real}->run({}, @fetch, $self->{provider}->issuer
                                  . '/.well-known/openid-configuration');
    my ($uri) = $meta =~ /"jwks_uri":"([^"]+)"/ or die "no jwks_uri\n";

    return $self->{real}->file('platform.jwks',
                               $self->{real}->run({}, @fetch, $uri));
}


# The example's nginx.conf, with applications beside JupyterHub.  What is
# changed is where things are, and that the tokens of a second client, which
# are signed with ES256, count too.

sub gateway
{
    my ($self) = @_;

    my $real = $self->{real};
    my $examples = "$Real::TOP/conf-examples";
    my $conf = Real::read_file("$examples/jupyterhub/nginx.conf");

    my $change = sub {
        my ($from, $to, $times) = @_;

        my $n = $conf =~ s/\Q$from\E/$to/g;
        $n == ($times // 1) or die "nginx.conf: \"$from\" $n times\n";
    };

    my $port = $real->ports('127.0.0.1');
    my $listen = "127.0.0.1:$port";

    $change->('https://login.example.com/realms/platform',
              $self->{provider}->issuer);
    $change->('audience   platform;', 'audience platform platform-ec;'
                                      . ' leeway 1s;');
    $change->('/etc/nginx/platform.jwks', $self->jwks);
    $change->('resolver 10.96.0.10', "resolver 127.0.0.1:$self->{dns}");
    $change->('listen 80', "listen $listen", 2);
    $change->('svc.cluster.local:80', "svc.cluster.local:$self->{port}");
    $change->('worker_processes auto', 'worker_processes 2');

    # the worst setting for forged headers: nginx doesn't drop X_User_Id

    $change->("http {\n", "http {\n    underscores_in_headers on;\n"
        . "    include apps.conf;\n    access_log access.log;\n"
        . join '', map { "    ${_}_temp_path temp_$_;\n" }
          qw(client_body proxy fastcgi uwsgi scgi));

    $real->file('apps.conf', $self->apps($listen));
    copy("$examples/auth_tenant_proxy.conf", $real->path)
        or die "auth_tenant_proxy.conf: $!\n";

    $real->nginx($conf, $port);

    return $listen;
}


# applications with an instance per user, three ways

sub apps
{
    my ($self, $listen) = @_;

    my $suffix = "svc.cluster.local:$self->{port}";
    my $open = "$address{'datalab--alice.acme'}:$self->{port}";

    my $names = <<"E";
        listen                $listen;
        auth_tenant           corp;
        auth_tenant_host      "{module}.{tenant}.example.com";
        auth_tenant_upstream  "{module}--{user:slug}.{tenant}.$suffix";

        proxy_set_header      X-User-Id \$auth_user;
        include               auth_tenant_proxy.conf;
E

    return <<"E";

    # by path: the user is in the URL, and must be who acts

    server {
        server_name           datalab.* billing.*;
$names
        location / {
            auth_tenant_path  "/{user}/";
            proxy_pass        http://\$auth_upstream;
        }

        # open to everybody; what is sent there is scrubbed all the same

        location = /about {
            auth_tenant       off;
            proxy_pass        http://$open;
        }
    }

    # by claim: one URL for all, and behind it everybody's own instance

    server {
        server_name           studio.*;
$names
        location / {
            proxy_pass        http://\$auth_upstream;
        }
    }

    # the browser has a session cookie; an auth service knows the id_token

    server {
        server_name           desk.*;
$names
        auth_tenant_token     \$id_token;

        location / {
            auth_request      /_session;
            auth_request_set  \$id_token \$upstream_http_authorization;

            auth_tenant_path  "/{user}/";
            proxy_pass        http://\$auth_upstream;
        }

        location = /_session {
            internal;
            auth_tenant              off;
            proxy_pass               http://$self->{session}/check;
            proxy_pass_request_body  off;
            proxy_set_header         Content-Length "";
        }
    }
E
}


sub instance
{
    my ($self, $host, $path, %o) = @_;

    my $sent = $self->{real}->get($host, $path, %o)->{json} or return 'nobody';

    return "$sent->{instance} for " . join ',', header($sent, 'X-User-Id');
}


# all values of a header, under any name that some framework takes for its own

sub header
{
    my ($sent, $name) = @_;

    return map { $_->[1] }
           grep { (my $n = lc $_->[0]) =~ tr/_/-/; $n eq lc $name }
           @{ $sent->{headers} };
}


1;

package Real::Gateway;

# nginx with two workers, whose keys come from a real provider over the
# network, and behind it an application that says who it was told has come.
#
#   my $gateway = Real::Gateway->new($real, $lines);    # of the provider block
#
#   $gateway->ask(HOST, PATH, TOKEN)     "200 ok maksym of acme", or
#                                        "401 bad_signature"
#   $gateway->everywhere(HOST, PATH, TOKEN)
#                                        what both workers say: once if it is
#                                        the same, else parted by " / "
#   $gateway->until(ANSWER, SECONDS, HOST, PATH, TOKEN)
#                                        asks until that is what both say; true
#                                        if it was within so many seconds
#   $gateway->retry_after                whether the last answer had that

use strict;
use warnings;

use IO::Socket::INET ();
use Time::HiRes qw(sleep time);


sub new
{
    my ($class, $real, $lines) = @_;

    my $port = $real->ports('127.0.0.1');
    my $app = $real->path('app.sock');
    my $user = $> == 0 ? 'user root;' : '';
    my $temps = join '', map { "    ${_}_temp_path temp_$_;\n" }
                qw(client_body proxy fastcgi uwsgi scgi);

    $real->nginx(<<"E", $port);
load_module modules/ngx_http_auth_tenant_module.so;
worker_processes 2;
$user
events { }

http {
    access_log off;
$temps
    auth_tenant_provider corp {
        audience  platform;
        leeway    1s;
$lines
    }

    server {
        listen 127.0.0.1:$port reuseport;

        auth_tenant       corp;
        auth_tenant_host  "{module}.{tenant}.example.com";

        add_header  X-Result "\$auth_result" always;
        add_header  X-Worker \$pid always;

        location / {
            auth_tenant_path  "/{user}/";
            proxy_set_header  X-User-Id \$auth_user;
            proxy_set_header  X-Tenant \$auth_tenant;
            proxy_pass        http://unix:$app;
        }
    }

    server {
        listen unix:$app;
        return 200 "\$http_x_user_id of \$http_x_tenant";
    }
}
E

    return bless { real => $real, port => $port }, $class;
}


# the answer, and which worker gave it

sub get
{
    my ($self, $host, $path, $token) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}) or die "nginx: $!\n";
    print $socket join "\r\n", "GET $path HTTP/1.1", "Host: $host",
        defined $token ? "Authorization: Bearer $token" : (),
        'Connection: close', '', '';

    my $answer = do { local $/; <$socket> } // '';
    my ($head, $body) = split /\r\n\r\n/, $answer, 2;

    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)} or return 'closed';
    my ($result) = $head =~ /^X-Result: (.*?)\r?$/m;
    my ($worker) = $head =~ /^X-Worker: (\d+)/m;

    # in chunks, since it came from an application

    $body =~ s/\A[0-9a-f]+\r\n(.*?)\r\n0\r\n.*/$1/s
        if $head =~ /^Transfer-Encoding: chunked\r?$/m;

    $self->{retry_after} = $head =~ /^Retry-After: \d+\r?$/m;
    return (join(' ', $status, $result // '-', $status == 200 ? $body : ()),
            $worker);
}


sub ask
{
    my ($self, @request) = @_;

    my ($answer) = $self->get(@request);
    return $answer;
}


# each connection goes to a worker of the kernel's choice

sub everywhere
{
    my ($self, @request) = @_;

    my (%answers, %workers);

    for (1 .. 200) {
        my ($answer, $worker) = $self->get(@request);
        $answers{$answer} = 1;
        $workers{$worker} = 1 if $worker;
        last if keys %workers >= 2;
    }

    return join ' / ', sort keys %answers;
}


sub until
{
    my ($self, $wanted, $seconds, @request) = @_;

    my $end = time + $seconds;

    while (time < $end) {
        return 1 if $self->everywhere(@request) eq $wanted;
        sleep 0.05;
    }

    return 0;
}


sub retry_after { $_[0]{retry_after} }


1;

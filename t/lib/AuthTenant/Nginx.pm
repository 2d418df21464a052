package AuthTenant::Nginx;

# One nginx for a test that does things to it while it runs, which blocks of
# Test::Nginx can't:
#
#   my $dir = AuthTenant::Nginx::dir();      # a directory of this file's own
#   my $nginx = AuthTenant::Nginx->start(
#       main => 'worker_processes 2;', http => '...', server => '...');
#   my ($status, $text) = $nginx->get('/maksym/', 'Authorization: ...');
#   $nginx->log                              # error.log so far
#   $nginx->stop                             # returns what it must not log
#
#   AuthTenant::Nginx::check(http => '...')  # nginx -t: (status, output)
#
# It listens on a Unix socket, so that it is in nobody's way.  DIR/ in the
# configuration is that directory.  AUTH_TENANT_NGINX says which nginx, as in
# AuthTenant.pm.

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Temp ();
use IO::Socket::UNIX ();
use Time::HiRes qw(sleep time);

my $top = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');
my $build = $ENV{BUILD} // "$top/build";
my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';

my ($temp, $serial);
my $owner = $$;

sub dir {
    if (!$temp) {
        $temp = File::Temp->newdir('at-XXXXXX', TMPDIR => 1);
        chmod 0755, "$temp";
    }
    return "$temp";
}


sub write_conf {
    my (%conf) = @_;

    my $dir = dir();
    my $name = 'n' . ++$serial;

    mkdir "$dir/$name";
    my $load = $variant eq 'dynamic'
        ? "load_module $build/dynamic/ngx_http_auth_tenant_module.so;" : '';
    my $user = $> == 0 && ($conf{main} // '') !~ /\buser\b/ ? 'user root;' : '';
    my $temps = join "\n", map { "${_}_temp_path $dir/$name/$_;" }
        qw(client_body proxy fastcgi uwsgi scgi);

    my $text = <<"END";
$load
$user
pid DIR/$name/nginx.pid;
error_log DIR/$name/error.log info;
@{[ $conf{main} // '' ]}
events { @{[ $conf{events} // 'worker_connections 64;' ]} }
http {
    access_log off;
    proxy_http_version 1.0;
    $temps
    @{[ $conf{http} // '' ]}
    server {
        listen unix:DIR/$name/sock;
        server_name localhost;
        @{[ $conf{server} // '' ]}
    }
}
END

    $text =~ s{DIR/}{$dir/}g;      # no token holds a slash

    open my $fh, '>', "$dir/$name/nginx.conf" or die "$dir: $!\n";
    print $fh $text;
    close $fh;

    return "$dir/$name";
}


sub command {
    my ($path, @more) = @_;

    # as a whole path: an upgrade of the binary runs it once more

    my ($nginx) = $variant eq 'dynamic'
        ? (grep { -x } map { "$_/nginx" } split(/:/, $ENV{PATH} // ''),
                                          '/usr/sbin', '/sbin')
        : "$build/$variant/nginx";

    return ($nginx // 'nginx', '-p', $path, '-e', "$path/error.log",
            '-c', "$path/nginx.conf", @more);
}


# a sanitizer's reports become files, which stop() reads

sub run {
    my ($path, $leaks, @more) = @_;

    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
    local $ENV{ASAN_OPTIONS} = "exitcode=99,log_path=$path/san,"
                               . "detect_leaks=$leaks";
    local $ENV{UBSAN_OPTIONS} = "print_stacktrace=1,log_path=$path/san";
    local $ENV{LSAN_OPTIONS} = "suppressions=$top/util/sanitize.leaks,"
                               . 'print_suppressions=0';

    my $pid = open my $out, '-|' // die "fork: $!\n";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec command($path, @more) or exit 127;
    }

    my $text = do { local $/; <$out> } // '';
    close $out;
    return ($? >> 8, $text);
}


sub check {
    my (%conf) = @_;
    return run(write_conf(%conf), 0, '-t');
}


sub start {
    my ($class, %conf) = @_;
    return $class->launch(write_conf(%conf));
}


# a whole configuration: PATH/nginx.conf, with a socket, a pid and an error.log
# of these names in PATH

sub launch {
    my ($class, $path) = @_;

    my ($status, $text) = run($path, 1);
    die "nginx did not start: $text" if $status != 0;

    my $self = bless { path => $path, output => $text }, $class;

    for (1 .. 100) {
        last if -s "$path/nginx.pid" && $self->connect;
        sleep 0.05;
    }

    return $self;
}


sub connect { IO::Socket::UNIX->new(Peer => "$_[0]{path}/sock") }


sub get {
    my ($self, $uri, @headers) = @_;

    my $socket = $self->connect or return (0, "no connection: $!");
    print $socket join("\r\n", "GET $uri HTTP/1.1", 'Host: localhost',
                       'Connection: close', @headers), "\r\n\r\n";

    my $text = do { local $/; <$socket> } // '';
    my ($status) = $text =~ m{^HTTP/1.1 (\d+)};
    return ($status // 0, $text);
}


sub log {
    my ($self) = @_;

    open my $fh, '<', "$self->{path}/error.log" or return '';
    local $/;
    return <$fh> // '';
}


sub pid {
    my ($self) = @_;

    open my $fh, '<', "$self->{path}/nginx.pid" or return;
    my ($pid) = (<$fh> // '') =~ /(\d+)/;
    return $pid;
}


sub signal {
    my ($self, $name) = @_;

    my $pid = $self->pid or return;
    kill $name, $pid;
}


sub stop {
    my ($self) = @_;

    my $pid = $self->pid;
    $self->{stopped} = 1;

    if ($pid) {
        kill QUIT => $pid;
        for (1 .. 200) {
            last unless kill 0, $pid;
            sleep 0.05;
        }
    }

    my $bad = join '', grep { /\[alert\]|\[emerg\]/ } split /^/, $self->log;

    for my $file (glob "$self->{path}/san*") {
        open my $fh, '<', $file or next;
        local $/;
        $bad .= <$fh>;
    }

    return $bad;
}


sub DESTROY {
    my ($self) = @_;
    return if $self->{stopped} || $$ != $owner;

    local ($?, $!);
    $self->stop;
}

1;

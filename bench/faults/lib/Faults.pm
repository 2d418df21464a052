package Faults;

# What the files of bench/faults/ are written with: a gateway with its
# providers under steady load, to which something happens.
#
#   fault E1 => 'provider down at start', sub {
#       my ($row) = @_;
#
#       my $provider = provider();                # with the key good()
#       my $front = front(provider_block($provider));
#       my $load = load(mix($front, $provider));  # runs until wait() or stop()
#       ...
#       $row->add($load->stop);                   # sent, wrong, lost
#       $row->recover(since $healed);             # seconds
#       $row->must($n <= 3, "3 fetches, not $n"); # else the fault has failed
#       $row->figure('...');                      # what is to hold, in words
#   };
#
# Each fault runs in a process of its own.  `fault ID => alone => ...` are those
# that measure time and want no other one beside them; `inside => ...` those
# that want mounts and a network of their own, see AuthTenant::Namespace.
#
#   full(A, B)       A in a full run, B in a short one
#   users(...)       lines of the load: tokens that are good
#   mix(...)         these, and others that must be refused
#
# FAULTS=short is the short run.

use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Basename ();
use IO::Socket::INET ();
use Time::HiRes qw(sleep time);

use AuthTenant::Nginx ();
use AuthTenant::Provider ();
use AuthTenant::Token qw(key sign);
use Faults::Load ();
use Faults::Row ();

our @EXPORT = qw(
    fault full good evil provider provider_block front load line users mix
    random_kids token until_true fetches await_fetch await_keys workers rss
    cpu since port short_run
);

my $top = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');
my $build = $ENV{BUILD} // "$top/build";

our @all;
my $short = ($ENV{FAULTS} // '') eq 'short';

my ($backend, %kept, $serial);


sub top { $top }

sub short_run { $short }

sub full { $short ? $_[1] : $_[0] }

sub fault {
    my ($id, @rest) = @_;

    my %how;
    $how{shift @rest} = 1 while @rest > 2;
    push @all, { id => $id, %how, title => $rest[0], code => $rest[1] };
}

sub since { time - $_[0] }

sub good { key('RS256', 'good' . ($_[0] // '')) }

sub evil { key('RS256', 'evil') }


# a port that stays ours, though nobody listens yet

sub port {
    my $socket = IO::Socket::INET->new(Proto => 'tcp', ReuseAddr => 1,
        LocalAddr => '127.0.0.1', LocalPort => 0) or die "port: $!\n";

    $kept{$socket->sockport} = $socket;
    return $socket->sockport;
}


# a provider with one issuer, whose key is good()

sub provider {
    my (%opt) = @_;

    my $provider = AuthTenant::Provider->start(%opt);
    $provider->realm('', good());
    return $provider;
}

sub provider_block {
    my ($provider, %opt) = @_;

    my $name = delete $opt{name} // 'corp';
    my $issuer = delete $opt{issuer} // $provider->issuer('');
    my %set = (audience => 'app', claims => 'user=sub', cooldown => '1s',
               refresh => '1s', %opt);
    my $text = join "\n", map { "$_ $set{$_};" }
               grep { defined $set{$_} } sort keys %set;

    return "auth_tenant_provider $name { issuer \"$issuer\"; $text }";
}


# A gateway.  Options: http, server (text), workers, zone, off (without the
# module), module (another build), main, env, path (of the location), user.

sub front {
    my ($providers, %opt) = @_;

    my $path = AuthTenant::Nginx::dir() . '/front' . ++$serial;
    mkdir $path;

    my $self = { path => $path, port => port(), providers => $providers,
                 opt => \%opt };
    bless $self, 'Faults::Front';

    $self->{application} = application();
    $self->write;

    local %ENV = (%ENV, %{ $opt{environment} // {} });
    $self->{nginx} = AuthTenant::Nginx->launch($path);

    return $self;
}


# the application behind it tells whom it takes the user for

sub application {
    return $backend->{port} if $backend;

    my $path = AuthTenant::Nginx::dir() . '/application';
    mkdir $path;

    $backend = bless {
        path => $path, port => port(), application => 0, providers => '',
        opt => { off => 1, workers => 1, server => <<'END' },
    location / {
        add_header X-User-Id $http_x_user_id;
        return 200 "the application\n";
    }
END
    }, 'Faults::Front';

    $backend->write;
    $backend->{nginx} = AuthTenant::Nginx->launch($path);
    return $backend->{port};
}


# with a kid that its holder makes up anew for each request: the characters of
# the header are chosen so that it stands on a border of base64url

sub random_kids {
    my ($iss) = @_;

    my $token = token($iss, 'u1', good());
    my $begin = '{"alg":"RS256","typ":"JWT", "kid":"';
    $begin .= 'k' while length($begin) % 3;

    my $header = AuthTenant::Token::b64u($begin) . '*' x 32
                 . AuthTenant::Token::b64u('"}');

    return $token =~ s/^[^.]*/$header/r;
}


sub token {
    my ($iss, $user, $key, %claims) = @_;

    my $now = int time;
    my %header = ref $claims{header} ? (header => delete $claims{header}) : ();

    return sign($key, { iss => $iss, aud => 'app', sub => $user,
                        iat => $now, exp => $now + 36000,
                        %claims }, %header);
}


# a line of the load's file

sub line {
    my ($front, $group, $status, $user, $path, $token) = @_;

    my $port = ref $front ? $front->{port} : $front;
    return join("\t", $group, $port, $status, $user, 'app.example.com', $path,
                $token // '-') . "\n";
}


# Good tokens of several users.  Options: group, status, key, n, prefix.

sub users {
    my ($front, $iss, %opt) = @_;

    $iss = $iss->issuer('') if ref $iss;
    my $prefix = $opt{prefix} // '';

    return map {
        line($front, $opt{group} // 'good', $opt{status} // 200, "u$_",
             "$prefix/u$_/x", token($iss, "u$_", $opt{key} // good()))
    } 1 .. $opt{n} // 8;
}


# what must be refused whatever happens, beside what is good

sub mix {
    my ($front, $iss, %opt) = @_;

    $iss = $iss->issuer('') if ref $iss;
    my $no = $opt{refused} // 401;
    my $prefix = $opt{prefix} // '';
    my $path = "$prefix/u1/x";
    my $fine = token($iss, 'u1', good());
    my $then = time - 7200;

    my @never = (
        [$opt{other} // 403, "$prefix/u2/x", $fine],
        [$no, $path, AuthTenant::Token::tamper($fine)],
        [$no, $path, token($iss, 'u1', evil(), header => { kid => 'good' })],
        [401, $path, token($iss, 'u1', good(), iat => $then,
                           exp => $then + 3600)],
        [401, $path, token("$iss/x", 'u1', good())],
        [401, $path, undef],
    );

    return (users($front, $iss, %opt),
            map { line($front, 'refused', $_->[0], '-', $_->[1], $_->[2]) }
            @never);
}


sub load { Faults::Load->start(@_) }


sub until_true {
    my ($seconds, $code) = @_;

    my $begun = time;
    while (time - $begun < $seconds) {
        return time - $begun if $code->();
        sleep 0.02;
    }
    return;
}


sub fetches { scalar(my @seen = $_[0]->requests($_[1] // '/jwks')) }


# another fetch than those so far, as a whole

sub await_fetch {
    my ($provider, $path, $seconds) = @_;

    my $before = fetches($provider, $path);
    my $begun = time;

    return defined until_true($seconds // 15, sub {
        my @seen = $provider->requests($path // '/jwks');
        grep { $_->{time} >= $begun - 0.05 && $_->{ended} }
            @seen[$before .. $#seen];
    });
}


# the gateway has keys by now, in every worker

sub await_keys {
    my ($front, $iss, $key) = @_;

    $iss = $iss->issuer('') if ref $iss;
    my $token = token($iss, 'u1', $key // good());
    my $right = 0;

    defined until_true(10, sub {
        my ($status) = $front->{nginx}->get('/u1/x',
                                            "Authorization: Bearer $token");
        $right = $status == 200 ? $right + 1 : 0;
        return $right >= 8;
    }) or die "the gateway has no keys:\n" . $front->{nginx}->log;
}


# those that are not on their way out

sub workers {
    my ($front) = @_;

    my $master = ref $front ? $front->{nginx}->pid : $front;
    my @pids = sort { $a <=> $b }
               grep { command_line($_) =~ /worker process$/ }
               split ' ', `pgrep -P $master`;

    return @pids;
}

sub command_line {
    my ($pid) = @_;

    my $text = slurp("/proc/$pid/cmdline");
    $text =~ tr/\0/ /;
    return $text =~ s/\s+\z//r;
}

sub slurp {
    my ($file) = @_;

    open my $fh, '<', $file or return '';
    local $/;
    return <$fh> // '';
}


# kB of memory that is a process's own, and nanoseconds of CPU

sub rss { slurp("/proc/$_[0]/status") =~ /^RssAnon:\s+(\d+)/m ? $1 : 0 }

sub cpu {
    my $sum = 0;
    $sum += (split ' ', slurp("/proc/$_/schedstat"))[0] // 0 for @_;
    return $sum;
}


package Faults::Front;

use strict;
use warnings;


sub write {
    my ($self) = @_;

    my %opt = %{ $self->{opt} };
    my $path = $self->{path};
    my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';

    my $module = $opt{module}
                 // "$build/dynamic/ngx_http_auth_tenant_module.so";
    my $loads = !$opt{off} && $variant eq 'dynamic'
                ? "load_module $module;" : '';
    my $user = $opt{user} // ($> == 0 ? 'user root;' : '');
    my $workers = $opt{workers} // 2;
    my $connections = $opt{connections} // 1024;
    my $zone = $opt{zone} ? "auth_tenant_zone tenants $opt{zone};" : '';
    my ($providers, $on) = ('', '');

    if (!$opt{off}) {
        $providers = "$zone $self->{providers}";
        $on = 'auth_tenant ' . ($opt{use} // 'corp') . ';'
              . ' auth_tenant_path "/{user}/";'
              . ' proxy_set_header X-User-Id $auth_user;';
    }

    my $pass = $self->{application}
        ? "proxy_pass http://application; proxy_set_header Connection '';"
        : '';
    my $upstream = $self->{application}
        ? "upstream application { server 127.0.0.1:$self->{application};"
          . ' keepalive 64; }' : '';
    my $location = $self->{application} ? <<"END" : '';
        location / { $on $pass }
        location /public/ { $pass }
END
    my $temps = join ' ', map { "${_}_temp_path $path/$_;" }
                qw(client_body proxy fastcgi uwsgi scgi);

    open my $fh, '>', "$path/nginx.new" or die "$path: $!\n";
    print $fh <<"END";
$loads
$user
worker_processes $workers;
worker_shutdown_timeout 20s;
pid $path/nginx.pid;
error_log $path/error.log @{[ $opt{level} // 'notice' ]};
@{[ $opt{main} // '' ]}
events { worker_connections $connections; }
http {
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 300s;
    proxy_http_version 1.1;
    $temps
    $providers
    $upstream
    @{[ $opt{http} // '' ]}
    server {
        listen 127.0.0.1:$self->{port} backlog=1024;
        listen unix:$path/sock;
        server_name _;
        @{[ $opt{server} // '' ]}
        $location
    }
}
END
    close $fh or die "$path: $!\n";
    rename "$path/nginx.new", "$path/nginx.conf" or die "$path: $!\n";
}

sub set {
    my ($self, %opt) = @_;

    $self->{providers} = delete $opt{providers} if exists $opt{providers};
    $self->{opt} = { %{ $self->{opt} }, %opt };
    $self->write;
}

sub reload { $_[0]{nginx}->signal('HUP') }

sub log { $_[0]{nginx}->log }


# ends it; what it logged must be foreseen: alerts are not

sub stop {
    my ($self, $row, $foreseen) = @_;

    $foreseen //= qr/^\0/;
    my @bad = grep { $_ !~ $foreseen } split /^/, $self->{nginx}->stop;

    $row->must(!@bad, 'an alert: ' . ($bad[0] // '')) if $row;
}


1;

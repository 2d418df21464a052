package AuthTenant::Fetch;

# An nginx that fetches what it is asked to, with the module's code and
# nothing else of it: see t/glue/fetch_module.c.
#
#   my $nginx = fetching(events => '...');       # as AuthTenant::Nginx->start
#   my $said = fetch($nginx, $url, timeout => 500, ca => $file, ...);
#       # { status, error, length, cache_control, started, body, seconds }
#   my $pid = worker($nginx);                    # its first worker

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP qw(decode_json);
use Time::HiRes qw(sleep time);

use AuthTenant::Glue;
use AuthTenant::Nginx;

our @EXPORT_OK = qw(fetch fetching worker);

my $module;


sub fetching {
    my (%conf) = @_;

    $module //= AuthTenant::Glue::module('fetch_module');

    my $main = delete $conf{main} // '';

    return AuthTenant::Nginx->start(
        main => "load_module $module; $main",
        server => 'location /fetch { fetch_test; }
                   location /alive { return 200 alive; }', %conf);
}


# nginx listens before it has workers

sub worker {
    my ($nginx) = @_;

    for (1 .. 100) {
        my ($pid) = map { split } `pgrep -P @{[ $nginx->pid ]}`;
        return $pid if $pid;
        sleep 0.02;
    }

    die "nginx has no worker\n";
}


sub fetch {
    my ($nginx, $url, %arg) = @_;

    $arg{url} = $url;
    s/([^\w.-])/sprintf '%%%02x', ord $1/ge for values %arg;

    my $start = time;
    my ($status, $text) = $nginx->get(
        '/fetch?' . join '&', map { "$_=$arg{$_}" } sort keys %arg);

    my ($json, $body) = $text =~ /\r\n\r\n(\{.*\})\n(.*)\z/s;
    return { error => "HTTP $status" } if !defined $json;

    return { %{ decode_json($json) }, body => $body, seconds => time - $start };
}

1;

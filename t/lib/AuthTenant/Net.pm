package AuthTenant::Net;

# What tests of keys from the network have in common:
#
#   token($key, $issuer, user => 'maksym')       # a token, good for an hour
#   my ($result, $seconds) = ask($nginx, '/x/maksym/', $token);
#                             # "200 ok", "503 keys_unavailable": the status
#                             # and X-Result, which the location has to add
#   location($name, $path, @directives)  # such a location, /NAME/{user}/
#
#   wait_until(10, sub { ... })  # what it returns, as soon as that is true
#   wait_for(10, 'the fetch', sub { ... })       # the same as a test
#
#   workers($nginx)           # their process ids, in order
#   cpu($pid), memory($pid)   # seconds of CPU; bytes in memory
#   reload($nginx, sub { s/a/b/ })       # changes nginx.conf; returns when
#                             # there are only new workers

use strict;
use warnings;

use Exporter 'import';
use Test::More ();
use Time::HiRes qw(sleep time);

use AuthTenant::Token ();

our @EXPORT = qw(token ask location wait_until wait_for workers cpu memory
                 reload);


sub token {
    my ($key, $issuer, %claim) = @_;

    my $now = int time;
    return AuthTenant::Token::sign($key, {
        iss => $issuer, aud => 'app', sub => '1', user => 'maksym',
        iat => $now, exp => $now + 3600, %claim });
}


sub ask {
    my ($nginx, $path, $token) = @_;

    my $start = time;
    my ($status, $text) = $nginx->get($path, "Authorization: Bearer $token");
    my ($result) = $text =~ /^X-Result: (\S+)/m;

    my $answer = $status . (defined $result ? " $result" : '');
    return wantarray ? ($answer, time - $start) : $answer;
}


sub location {
    my ($name, $path, @directives) = @_;

    return <<"END";
    location $path {
        auth_tenant       $name;
        auth_tenant_path  "$path\{user}/";
        @directives
        add_header        X-Result \$auth_result always;
        empty_gif;
    }
END
}


sub wait_until {
    my ($seconds, $code) = @_;

    my $end = time + $seconds;

    while (1) {
        my $value = $code->();
        return $value if $value || time > $end;
        sleep 0.05;
    }
}


sub wait_for {
    my ($seconds, $what, $code) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $value = wait_until($seconds, $code);
    Test::More::ok($value, $what);

    return $value;
}


# A single process is its own worker.

sub workers {
    my ($nginx) = @_;

    my $pid = $nginx->pid or return;
    my $children = slurp("/proc/$pid/task/$pid/children");

    return $children =~ /\d/ ? sort { $a <=> $b } split ' ', $children : $pid;
}


sub slurp {
    open my $fh, '<', $_[0] or return '';
    local $/;
    return scalar(<$fh>) // '';
}


sub cpu { (split ' ', slurp("/proc/$_[0]/schedstat"))[0] / 1e9 }

sub memory { slurp("/proc/$_[0]/status") =~ /^VmRSS:\s+(\d+)/m ? $1 * 1024 : 0 }


sub reload {
    my ($nginx, $change) = @_;

    my $file = "$nginx->{path}/nginx.conf";

    if ($change) {
        local $_ = slurp($file);
        $change->();

        open my $fh, '>', $file or die "$file: $!\n";
        print $fh $_;
        close $fh;
    }

    my %old = map { $_ => 1 } workers($nginx);
    my $single = $old{$nginx->pid};
    my $count = () = $nginx->log =~ /reconfiguring/g;

    $nginx->signal('HUP');

    return wait_until(20, sub {
        my @now = workers($nginx);
        my $said = () = $nginx->log =~ /reconfiguring/g;
        return $said > $count
               && ($single ? $nginx->connect
                           : @now >= keys %old && !grep { $old{$_} } @now);
    });
}

1;

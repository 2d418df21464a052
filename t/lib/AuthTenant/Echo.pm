package AuthTenant::Echo;

# An application that answers with the request as it came, byte for byte, so
# that a test sees what a client's headers have become:
#
#   use AuthTenant::Echo;       # starts it, for as long as the file runs
#
#   location / {
#       auth_tenant corp;
#       ...
#       $echo                   # proxied there, and the same with every nginx
#   }
#
# $bare_echo leaves Host, Connection and the version of HTTP to the location.

use strict;
use warnings;

use IO::Socket::UNIX ();

my ($pid, $owner);

our $bare_echo = 'proxy_pass http://unix:$TEST_NGINX_FILES/echo.sock:;';

our $echo = "proxy_http_version 1.0;
        proxy_set_header   Host localhost;
        proxy_set_header   Connection close;
        $bare_echo";


sub import {
    my $caller = caller;

    no strict 'refs';
    *{"${caller}::echo"} = \$echo;
    *{"${caller}::bare_echo"} = \$bare_echo;

    return if $^C;

    my $path = "$ENV{TEST_NGINX_FILES}/echo.sock";
    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 64)
        or die "$path: $!\n";

    chmod 0777, $path;

    $owner = $$;
    $pid = fork // die "fork: $!\n";
    serve($listener) if $pid == 0;
}


sub serve {
    my ($listener) = @_;

    $SIG{PIPE} = 'IGNORE';
    $SIG{TERM} = 'DEFAULT';

    while (1) {
        my $client = $listener->accept or next;

        my $head = '';
        while ($head !~ /\r\n\r\n/) {
            sysread $client, $head, 4096, length $head or last;
        }
        $head =~ s/\r\n\r\n.*//s;
        $head =~ s/\r\n/\n/g;
        $head .= "\n";

        print {$client} "HTTP/1.1 200 OK\r\nConnection: close\r\n",
            'Content-Length: ', length $head, "\r\n\r\n", $head;
        close $client;
    }
}


END {
    if ($pid && $$ == $owner) {
        my $status = $?;
        kill TERM => $pid;
        waitpid $pid, 0;
        $? = $status;
    }
}

1;

package AuthTenant::Judged;

# How tokens were judged, as nginx's debug log has it, which is "debug.log":
#
#   judged()        # of those that came since it was asked last, in order:
#                   # "verified, connection, process, zone"
#   anew()          # the log begins anew, with no word of before

use strict;
use warnings;

use Exporter 'import';

use AuthTenant::Nginx ();

our @EXPORT_OK = qw(judged anew);

my $read = 0;


sub judged {
    open my $fh, '<', AuthTenant::Nginx::dir() . '/debug.log' or return '';
    seek $fh, $read, 0;
    my @how = map { /auth tenant token: (.*)/ ? $1 =~ s/, client: .*//r : () }
              <$fh>;
    $read = tell $fh;

    return join ', ', map { s/^known (?:on this |to this |in the )//r } @how;
}


sub anew {
    unlink AuthTenant::Nginx::dir() . '/debug.log';
    $read = 0;
}


1;

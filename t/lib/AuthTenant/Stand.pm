package AuthTenant::Stand;

# A test that is sent SIGUSR1 says where it stands, as util/limited asks of one
# that takes too long.

use strict;
use warnings;

use Carp ();

$SIG{USR1} = sub { print STDERR Carp::longmess('# it stands') };

1;

package AuthTenant::Conf;

# Blocks of tests about what "nginx -t" says, in fewer words:
#
#   loc       in "location / { auth_tenant corp; ... }"
#   srv       in the server, beside what "loc" gives
#   http      in "http", beside provider "corp"; or
#   provider  lines of provider "corp" (see AuthTenant), instead of it
#   refused   nginx does not start, and says each of these lines
#   loads     nginx starts, and says each of these lines, if any

use strict;
use warnings;

use AuthTenant;

add_block_preprocessor(sub {
    my ($block) = @_;

    my $http = $::HttpConfig;
    my $server = $block->srv // '';

    if (defined $block->provider) {
        $http = provider('corp', grep { /\S/ } split /\n/, $block->provider);
    }

    if (defined $block->loc) {
        $server .= "location / { auth_tenant corp;\n" . $block->loc
                   . "\nreturn 204; }\n";
    }

    $block->set_value(http_config => $http . ($block->http // ''));

    if (defined $block->refused) {
        $block->set_value(config => $server);
        $block->set_value(must_die => '');
        $block->set_value(error_log => $block->refused);

    } else {
        $block->set_value(config =>
            "$server\nlocation = /up { auth_tenant off; return 204; }");
        $block->set_value(request => 'GET /up');
        $block->set_value(error_code => 204);
        $block->set_value(error_log => $block->loads) if $block->loads =~ /\S/;
    }
});

1;

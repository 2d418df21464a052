# Locations that capture nothing, beside locations that do: the path chose the
# location, so it must lead the backend to the same one (B2.1, F1).

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

our $Locations = <<'END';
    merge_slashes     off;
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location /user/ {
        auth_tenant_path  "/user/{user}/";
        proxy_pass        http://app;
    }

    location /hub/ { proxy_pass http://app; }
    location / { proxy_pass http://app; }

    location /static/ {
        auth_tenant  off;
        proxy_pass   http://app;
    }
END

# asks for targets, each with the same word; what is allowed arrives as it was

sub paths {
    my ($word, $more, @targets) = @_;
    return map { [ $_ => $word, @$more, $word eq 'ok'
                   ? (saw => qr{^GET \Q$_\E HTTP/1\.0$}m) : () ] } @targets;
}

plan_tests();
run_tests();

__DATA__

=== TEST 1: paths that everybody reads alike
--- config eval: $::Locations
--- asks eval
paths(ok => [], '/hub/home', '/hub/a%20b/100%25.txt', '/hub/a%2fb', '/x/...')

=== TEST 2: B2.1: another user's path, by way of the hub's location
--- config eval: $::Locations
--- asks eval
paths(bad_path => [], qw(
    /user/alice/../../hub/
    /user/alice/%2e%2e/%2e%2e/hub/
    /user/alice/..%2f..%2fhub/
    /hub/%252e%252e/user/alice/
    /hub/..%252fuser/alice/
    /hub\..\user\alice
    /%2575ser/alice/
    /user;x/alice/
    //user/alice/
    /hub/..;/user/alice/))

=== TEST 3: an "off" location serves its paths without a token
--- config eval: $::Locations
--- asks eval
paths('nginx 200' => [token => undef, host => 'x'],
      '/static/a%2520b;v=1', '/static/..a')

=== TEST 4: B2.1: it is no way into a checked one
--- config eval: $::Locations
--- asks eval
paths(bad_path => [token => undef], qw(
    /user/alice/../../static/
    /user/alice/%2e%2e/..%2fstatic/
    /static/%252e%252e/user/alice/
    /static/..%5cuser/alice/))

=== TEST 5: B2.1: locations that differ in rules are chosen by the path, too
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location / { proxy_pass http://app; }

    location /admin/ {
        auth_tenant_require  permissions has admin;
        proxy_pass           http://app;
    }
--- asks eval
paths(bad_path => [], '/admin/../x', '/%2561dmin/')

=== TEST 6: where nothing depends on the path, it is the application's own
--- config
    auth_tenant       corp;
    auth_tenant_host  "{module}.{tenant}.example.com";

    location / { proxy_pass http://app; }
--- asks eval
paths(ok => [], '/files/50%2541;x\\..\\y', '/a/%2e%2e/b')

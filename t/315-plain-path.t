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
      '/static/a%20b', '/static/..a')

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

=== TEST 7: F2: a line break is nobody's path, checked or not
--- config eval: $::Locations
--- asks eval
paths(bad_path => [token => undef], '/static/x%0d%0aX-User-Id:%20eve',
      '/static/%250a', '/static/%7f'),
paths(bad_path => [], '/hub/x%0d%0aX-User-Id:%20eve')

=== TEST 8: B2.1: an "off" location for all the rest, beside a checked one
--- config
    merge_slashes  off;

    location / { auth_tenant off; proxy_pass http://app; }

    location /app/ {
        auth_tenant       corp;
        auth_tenant_path  "/app/{user}/";
        proxy_pass        http://app;
    }
--- asks eval
paths(bad_path => [token => undef], qw(/app;x/maksym/ /;/app/maksym
      /%2561pp/maksym/ //app/maksym/ /\app\maksym)),
paths('nginx 200' => [token => undef], '/', '/about%20us')

=== TEST 9: B2.1: names and rules made of the path by variables
--- http
    map $uri $owner  { "~^/u/(?<who>[^/]+)/" $who; }
    map $uri $wanted { "~^/u/[^/]+/admin/" admin; default datalab; }
--- config
    auth_tenant          corp;
    auth_tenant_match    user $owner;
    auth_tenant_require  permissions has $wanted;

    location / { proxy_pass http://app; }
--- asks eval
paths(ok => [], '/u/maksym/x%20y'),
paths(rule => [], '/u/maksym/admin/x'),
paths(bad_path => [], '/u/alice/..%2fmaksym/x', '/u/alice/%2e%2e/maksym/x',
      '/u/maksym/admin/..%2fx', '/u/maksym/admin/%252e%252e/x',
      '/u/maksym/admin;x/', '/u/maksym/%2561dmin/')

=== TEST 10: B2.1: locations that differ in where the token comes from
--- config
    auth_tenant        corp;
    auth_tenant_match  tenant acme;

    location /a/ { proxy_pass http://app; }

    location /b/ {
        auth_tenant_token  header:X-Token bearer;
        proxy_pass         http://app;
    }
--- asks eval
paths(ok => [], '/a/x', '/b/x'),
paths(bad_path => [], '/a/..%2fb/x', '/a/;/../b/x', '/a/%2561')

=== TEST 11: B2.1: a regular expression chooses by what stands behind the name
--- config
    auth_tenant       corp;
    auth_tenant_path  "/{user}/";

    location / { proxy_pass http://app; }

    location ~ ^/[^/]+/admin/ {
        auth_tenant_require  permissions has admin;
        proxy_pass           http://app;
    }
--- asks eval
paths(ok => [], '/maksym/x'),
paths(rule => [], '/maksym/admin/x'),
paths(bad_path => [], '/maksym/admin/users/..%2f..%2fx',
      '/maksym/admin/%2e%2e/x', '/maksym/admin/../x', '/maksym/x/..;/admin/y',
      '/maksym/admin;a/y', '/maksym/%2561dmin/y')

=== TEST 12: B2.1: a literal behind the name is part of the template
--- config
    location / { return 404; }

    location ~ ^/[^/]+/jupyter/ {
        auth_tenant        corp;
        auth_tenant_path   "/{user}/jupyter/";
        auth_tenant_match  module jupyter;
        proxy_pass         http://app;
    }
--- asks eval
paths(ok => [], '/maksym/jupyter/x;y'),
paths(bad_path => [], '/maksym/rstudio/..%2fjupyter/x',
      '/maksym/%6aupyter/x')

=== TEST 13: B2.1: after a rewrite the target may still be forwarded
--- config
    location /api/ {
        rewrite           ^/api(/.*)$ $1 break;
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        proxy_pass        http://app$request_uri;
    }
--- asks eval
paths(ok => [], '/api/maksym/x'),
paths(bad_path => [], '/api/alice/..%2fmaksym/x', '/api/alice/../maksym/x')

=== TEST 14: B2.1: COPY and MOVE stay with the same names, on the same host
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        proxy_pass        http://app;
    }
--- asks eval
sub to { my ($word, @to) = @_;
         map { my $to = $_;
               map { [ "$_ /maksym/a" => $word, headers => "Destination: $to" ] }
                   qw(COPY MOVE) } @to }
to(ok => '/maksym/b', 'http://jupyter.acme.example.com/maksym/b/c',
   'HTTPS://Jupyter.acme.example.com/maksym/b',
   'http://jupyter.acme.example.com:80/maksym/b',
   'https://jupyter.acme.example.com:443/maksym/b'),
to(wrong_user => '/alice/b', 'http://jupyter.acme.example.com/alice/b'),
to(bad_path => '/maksym/../alice/b', '/maksym/..%2falice/b', '/%6daksym/b',
   'alice/b', '/maksym/%0a', '/', 'http://jupyter.acme.example.com',
   'http:///maksym/b', 'http://jupyter.acme.example.com:/maksym/b',
   'http://jupyter.acme.example.com:x/maksym/b'),
to(bad_host => 'http://jupyter.globex.example.com/maksym/b',
   'http://jupyter.acne.example.com/maksym/b',
   'http://jupyter.acme.example.com.evil/maksym/b',
   'http://x@jupyter.acme.example.com/maksym/b',
   'http://jupyter.acme.example.com?/maksym/b',
   'http://jupyter.acme.example.com:8080/maksym/b',
   'http://jupyter.acme.example.com:443/maksym/b'),
(map { my ($host, $to, $word) = @$_;
       [ 'MOVE /maksym/a' => $word, host => "jupyter.acme.example.com$host",
         headers => "Destination: $to/maksym/b" ] }
     [':80', 'http://jupyter.acme.example.com', 'ok'],
     [':443', 'https://jupyter.acme.example.com', 'ok'],
     [':8080', 'http://jupyter.acme.example.com:8080', 'ok'],
     [':8080', 'http://jupyter.acme.example.com', 'bad_host'],
     [':443', 'http://jupyter.acme.example.com', 'bad_host']),
[ 'COPY /maksym/a' => 'bad_path',
  headers => "Destination: /maksym/b\nDestination: /alice/b" ],
[ 'COPY /maksym/a' => 'ok' ]

=== TEST 15: B2.1: an "off" location is strict whatever nginx makes of it
--- config
    location / {
        auth_tenant        corp;
        auth_tenant_match  tenant acme;
        proxy_pass         http://app;
    }

    location ~ \.css$ {
        auth_tenant  off;
        if ($http_origin) { set $cors 1; }
        proxy_pass   http://app;
    }

    location /pub/ { auth_tenant off; proxy_pass http://app; }
--- asks eval
paths(bad_path => [token => undef, headers => 'Origin: http://x'],
      '/admin;x.css', '/admin%2523.css', '/admin%3fx.css'),
paths(bad_path => [token => undef], '/pub/admin;x/', '/pub/%2561dmin/'),
paths('nginx 200' => [token => undef, headers => 'Origin: http://x'],
      '/x/y.css')

=== TEST 16: B2.1: a location behind a placeholder, and one that has a name
--- config
    location /user/ {
        auth_tenant        corp;
        auth_tenant_path   "/user/{user}/";
        proxy_pass         http://app;

        location /user/maksym/admin/ {
            auth_tenant_require  permissions has admin;
            proxy_pass           http://app;
        }
    }

--- asks eval
paths(rule => [], '/user/maksym/admin/x'),
paths(ok => [], '/user/maksym/x'),
paths(bad_path => [], '/user/maksym/admin;x/', '/user/maksym/%2561dmin/',
      '/user/maksym/x/..;/admin/', '/user/maksym/x/%252e%252e/admin/'),
[ 'COPY /user/maksym/x' => 'bad_path',
  headers => 'Destination: /user/maksym/admin/x' ]

=== TEST 17: B2.1: a named location that judges otherwise
--- config
    location / {
        auth_tenant        corp;
        auth_tenant_path   "/{user}/";
        error_page         418 = @admin;
        if ($uri ~ ^/maksym/admin/) { return 418; }
        proxy_pass         http://app;
    }

    location @admin {
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        auth_tenant_require  permissions has admin;
        proxy_pass           http://app;
    }
--- asks eval
paths(rule => [], '/maksym/admin/'),
paths(ok => [], '/maksym/x'),
paths(bad_path => [], '/maksym/admin;x/', '/maksym/x/..;/admin/')

=== TEST 18: B2.1: a Destination that nobody judges
--- config eval: $::Locations
--- asks eval
[ 'MOVE /hub/x' => 'bad_path', headers => 'Destination: /user/alice/y' ],
[ 'COPY /hub/x' => 'bad_path', headers => 'Destination: /hub/y' ],
[ 'MOVE /hub/x' => 'ok' ],
[ 'MOVE /static/x' => 'bad_path', token => undef,
  headers => 'Destination: /hub/y' ]

=== TEST 19: B2.1: in an only location the path is the application's own, F2: but
for line breaks
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_host  "{module}.{tenant}.example.com";
        proxy_pass        http://app;
    }
--- asks eval
[ 'COPY /a' => 'ok', headers => 'Destination: /b' ],
paths(ok => [], '/files/50%2541;x', '/files/a/../b'),
paths(bad_path => [], '/files/%0d%0aX-User-Id:%20eve', '/files/%250a',
      '/files/#x')

=== TEST 20: B2.1: a Destination of no scheme that anybody knows
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        proxy_pass        http://app;
    }
--- asks eval
map { [ 'COPY /maksym/a' => 'bad_path', headers => "Destination: $_" ] }
    'alice/f?a=http://jupyter.acme.example.com/maksym/f',
    '../alice/x?://jupyter.acme.example.com/maksym/x',
    'x://jupyter.acme.example.com/maksym/x'

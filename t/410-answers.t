#!/usr/bin/perl

# What a client gets to see: one table from the reason to the status, the
# challenge and the other headers, and nothing else that would tell a stranger
# which check failed.

use lib 't/lib';
use AuthTenant;

our $token = token();
our $login = 'https://login.example.com/start?rd=';

# a browser that opens a page

our $browser = 'Accept: text/html,application/xhtml+xml,*/*;q=0.8';

# "requests": lists of a request line and its headers

add_block_preprocessor(sub {
    my ($block) = @_;

    my @requests = $block->requests or return;
    return unless defined $requests[0];

    $block->set_value(request => [map { $_->[0] } @requests]);
    $block->set_value(more_headers =>
                      [map { join "\n", @$_[1 .. $#$_] } @requests]);
});

plan_tests();
no_long_string();

run_tests();

__DATA__

=== TEST 1: A1.1: no credentials: 401 and a challenge without "error"
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
    }
--- request eval
['GET /maksym/', 'HEAD /maksym/', 'POST /maksym/', 'OPTIONS /maksym/',
 'PROPFIND /maksym/', 'GET /maksym/']
--- more_headers eval
[('') x 5, 'Authorization: Basic eDp5']
--- error_code eval
[(401) x 6]
--- raw_response_headers_like eval
[('WWW-Authenticate: Bearer realm="auth_tenant"\r\n') x 6]
--- response_headers eval
[("Cache-Control: no-store\nRetry-After:\nLocation:") x 6]
--- error_log
auth_tenant: refused: no_token: no token
--- no_error_log
[error]



=== TEST 2: A1.2: a token that is no good: 401, invalid_token, whatever is
wrong with it
--- http_config eval
http_config(provider('hour', 'issuer "https://hour.example.com"',
                     'max_age 1h'))
--- config
    server_tokens off;
    location / {
        auth_tenant                corp;
        auth_tenant_path           "/{user}/";
        auth_tenant_token_max_size 4k;
    }
--- request eval
[map { 'GET /maksym/' } 1 .. 12]
--- more_headers eval
[map { bearer($_) }
     'x', tamper($::token), token({ exp => time - 60 }),
     token({ nbf => time + 600 }), token({ iss => 'https://evil' }),
     token({ aud => 'other' }), token({}, header => { kid => 'none' }),
     token({}, header => { alg => 'none' }, signature => ''),
     token({}, header => { typ => 'at+jwt' }), token({ exp => undef }),
     token({ filler => 'x' x 4096 }), token({}, header => { crit => ['x'] })]
--- error_code eval
[(401) x 12]
--- raw_response_headers_like eval
[('WWW-Authenticate: Bearer realm="auth_tenant", error="invalid_token"\r\n') x 12]
--- response_headers eval
[("Cache-Control: no-store\nRetry-After:") x 12]
--- response_body eval
our $body401 = <<'END' =~ s/\n/\r\n/gr;
<html>
<head><title>401 Authorization Required</title></head>
<body>
<center><h1>401 Authorization Required</h1></center>
<hr><center>nginx</center>
</body>
</html>
END
[($body401) x 12]



=== TEST 3: A1.4: a good token for something else: 403, insufficient_scope;
B2.19: whether that user exists or not
--- http_config eval: $::HttpConfig
--- config
    server_tokens off;
    auth_tenant_host "{module}.{tenant}.example.com";
    location / {
        auth_tenant         corp;
        auth_tenant_path    "/{user}/";
        location /maksym/admin {
            auth_tenant_require role is admin;
        }
        location /maksym/read {
            auth_tenant_require role is user methods=GET;
        }
    }
--- requests eval
map { [$_->[0], "Host: $_->[1]", bearer($_->[2])] }
     ['GET /maria/',        'jupyter.acme.example.com',   $::token],
     ['GET /nobody/',       'jupyter.acme.example.com',   $::token],
     ['GET /maksym/',       'jupyter.globex.example.com', $::token],
     ['GET /maksym/',       'billing.acme.example.com',   $::token],
     ['GET /maksym/admin',  'jupyter.acme.example.com',   $::token],
     ['GET /maksym/admin',  'jupyter.acme.example.com', token({role => 'user'})],
     ['POST /maksym/read',  'jupyter.acme.example.com', token({role => 'user'})],
     ['GET /maksym/',       'jupyter.acme.example.com', token({name => "m\n"})]
--- error_code eval
[(403) x 8]
--- raw_response_headers_like eval
[('WWW-Authenticate: Bearer realm="auth_tenant", error="insufficient_scope"\r\n') x 8]
--- response_headers eval
[("Cache-Control: no-store\nRetry-After:") x 8]
--- response_body eval
[(q{<html>
<head><title>403 Forbidden</title></head>
<body>
<center><h1>403 Forbidden</h1></center>
<hr><center>nginx</center>
</body>
</html>
} =~ s/\n/\r\n/gr) x 8]



=== TEST 4: one line for each refusal, at level info, with the reason
--- http_config eval: $::HttpConfig
--- config
    auth_tenant_host "{module}.{tenant}.example.com";
    location / {
        auth_tenant         corp;
        auth_tenant_path    "/{user}/";
        auth_tenant_require role is admin;
    }
--- request eval
['GET /maksym/', 'GET /maksym/', 'GET /maksym/', 'GET /maksym/a%2fb/../x']
--- more_headers eval
['Host: jupyter.acme.example.com',
 "Host: jupyter.globex.example.com\n" . bearer($::token),
 "Host: jupyter.acme.example.com\n" . bearer($::token),
 "Host: a.example.com\n" . bearer($::token)]
--- error_code eval
[401, 403, 403, 404]
--- grep_error_log eval
qr/\[\w+\] .*auth_tenant: .*?(?=, client)/
--- grep_error_log_out eval
my $told = join '|',
    'no_token: no token',
    'wrong_tenant: token is for another tenant, provider "corp"',
    'no_claim: token lacks a claim that a rule needs, provider "corp", rule \S+nginx.conf:\d+',
    'no_match: host or path fits no template';
qr/\A\[info\] \S+ \*\d+ auth_tenant: refused: (?:$told)\n\z/



=== TEST 5: B2.17: nothing that the client wrote is in our lines
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant         corp;
        auth_tenant_path    "/{user}/";
    }
--- request
GET /maria/
--- more_headers eval
bearer(token({ name => 'm"a, rule x', evil => 'a' }))
--- error_code: 403
--- error_log eval
qr/auth_tenant: refused: wrong_user: token is for another user, provider "corp"(, client|$)/m



=== TEST 6: A1.3: the same credential twice: 400, invalid_request
nginx itself answers two Authorization headers.
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_token cookie:session header:X-Token;
    }
--- requests eval
my $t = $::token;
['GET /maksym/', "Cookie: session=$t; session=$t"],
['GET /maksym/', "X-Token: $t", "x-token: $t"]
--- error_code eval
[400, 400]
--- raw_response_headers_like eval
[('WWW-Authenticate: Bearer realm="auth_tenant", error="invalid_request"\r\n') x 2]
--- response_headers eval
[('Cache-Control: no-store') x 2]
--- error_log
auth_tenant: refused: duplicate_token



=== TEST 7: 400 and 404 are no matter of the token: no challenge
--- http_config eval: $::HttpConfig
--- config
    auth_tenant_host "{tenant}.example.com";
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
    }
--- requests eval
my $h = 'Host: acme.example.com';
['GET /maksym/..%2fmaria/', $h], ['GET /ma%2fksym/', $h],
['GET http://acme.example.com/maksym/', 'Host: globex.example.com'],
['GET /', $h], ['GET /maksym/', 'Host: acme.example.org']
--- error_code eval
[400, 400, 400, 404, 404]
--- response_headers eval
[("Cache-Control: no-store\nWWW-Authenticate:") x 5]



=== TEST 8: an error page of our own server has the challenge, once
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        error_page        401 /sorry;
    }
    location = /sorry {
        auth_tenant       off;
        default_type      text/plain;
        return            200 "sorry\n";
    }
--- request
GET /maksym/
--- error_code: 401
--- response_body
sorry
--- raw_response_headers_like eval
qr/\A(?!.*WWW-Authenticate.*WWW-Authenticate)(?!.*no-store.*no-store).*WWW-Authenticate: Bearer realm="auth_tenant"\r\n/s



=== TEST 9: nor twice where the error page is refused as well
--- http_config eval: $::HttpConfig
--- config
    auth_tenant       corp;
    auth_tenant_path  "/{user}/";
    location / {
        error_page        401 403 /sorry;
    }
    location = /sorry {
        empty_gif;
    }
--- request eval
['GET /maksym/', 'GET /maria/', 'GET /maria/']
--- more_headers eval
['', bearer($::token), bearer(token({ exp => 5 }))]
--- error_code eval
[401, 403, 401]
--- raw_response_headers_like eval
[map { qr/\A(?!.*WWW-Authenticate.*WWW-Authenticate)(?!.*no-store.*no-store).*WWW-Authenticate: Bearer realm="auth_tenant"$_\r\n/s }
     '', ', error="insufficient_scope"', ', error="invalid_token"']



=== TEST 10: the last decision's challenge stands
--- http_config eval: $::HttpConfig
--- config
    location /maria/ {
        auth_tenant         corp;
        auth_tenant_path    "/{user}/";
        error_page          403 = /other;
    }
    location = /other {
        auth_tenant         corp;
        auth_tenant_match   tenant acme;
        auth_tenant_token   header:x-token;
        empty_gif;
    }
--- request
GET /maria/
--- more_headers eval: bearer($::token)
--- error_code: 401
--- raw_response_headers_like eval
qr/\A(?!.*WWW-Authenticate.*WWW-Authenticate).*WWW-Authenticate: Bearer realm="auth_tenant"\r\n/s



=== TEST 11: a later yes takes everything back
--- http_config eval: $::HttpConfig
--- config
    location /maria/ {
        auth_tenant         corp;
        auth_tenant_path    "/{user}/";
        error_page          403 = /other;
    }
    location = /other {
        auth_tenant         corp;
        auth_tenant_match   tenant acme;
        empty_gif;
    }
--- request
GET /maria/
--- more_headers eval: bearer($::token)
--- error_code: 200
--- response_headers
WWW-Authenticate:
Cache-Control:



=== TEST 12: error_page 401 = and =302 do what they do for any other 401
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        error_page        401 =302 https://login.example.com/;
        error_page        403 = /page;
    }
    location = /page {
        auth_tenant       off;
        return            200 "page\n";
    }
--- request eval
['GET /maksym/', 'GET /maria/']
--- more_headers eval
['', bearer($::token)]
--- error_code eval
[302, 200]
--- response_headers eval
["Location: https://login.example.com/\nCache-Control: no-store",
 'Cache-Control: no-store']



=== TEST 13: a named location may answer for the refusal
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        error_page        401 = @login;
    }
    location @login {
        auth_tenant       off;
        return            302 "https://login.example.com/?rd=$auth_return_url";
    }
--- request
GET /maksym/?a=b
--- error_code: 302
--- response_headers
Location: https://login.example.com/?rd=%2Fmaksym%2F%3Fa%3Db



=== TEST 14: login_url: a page load without a token, or with one that is over
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant           corp;
        auth_tenant_path      "/{user}/";
        auth_tenant_login_url "https://login.example.com/start?rd={uri}";
    }
--- request eval
[('GET /maksym/lab?a=1&b=2') x 4]
--- more_headers eval
[$::browser, "$::browser\n" . bearer(token({ exp => time - 60 })),
 "$::browser\nSec-Fetch-Mode: navigate", 'ACCEPT: TEXT/HTML']
--- error_code eval
[(302) x 4]
--- response_headers eval
[("Location: ${main::login}%2Fmaksym%2Flab%3Fa%3D1%26b%3D2\nCache-Control: no-store\nWWW-Authenticate:") x 4]



=== TEST 15: login_url: no other failure, since that would go round for ever
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant           corp;
        auth_tenant_path      "/{user}/";
        auth_tenant_login_url "https://login.example.com/start?rd={uri}";
    }
--- request eval
['GET /maria/', 'GET /maksym/', 'GET /maksym/', 'GET /maksym/', 'GET /']
--- more_headers eval
[map { "$::browser\n" . bearer($_) } $::token, tamper($::token), 'x',
     token({ nbf => time + 600 }), $::token]
--- error_code eval
[403, 401, 401, 401, 404]
--- response_headers eval
[('Location:') x 5]



=== TEST 16: login_url: a program gets its 401
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant           corp;
        auth_tenant_path      "/{user}/";
        auth_tenant_login_url "https://login.example.com/start?rd={uri}";
    }
--- request eval
[('GET /maksym/') x 7, map { "$_ /maksym/" } qw(POST HEAD PUT DELETE OPTIONS)]
--- more_headers eval
['', 'Accept: application/json', 'Accept: */*',
 "$::browser\nX-Requested-With: XMLHttpRequest",
 "$::browser\nSec-Fetch-Mode: cors", "$::browser\nSec-Fetch-Mode: same-origin",
 "$::browser\nSec-Fetch-Mode:",
 ($::browser) x 5]
--- error_code eval
[(401) x 12]
--- response_headers eval
[('Location:') x 12]
--- raw_response_headers_like eval
[('WWW-Authenticate: Bearer realm="auth_tenant"\r\n') x 12]



=== TEST 17: login_url: nor does a WebSocket follow redirects
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant           corp;
        auth_tenant_path      "/{user}/";
        auth_tenant_login_url "https://login.example.com/start?rd={uri}";
    }
--- request
GET /maksym/
--- more_headers eval
"$::browser\nUpgrade: websocket"
--- error_code: 401
--- response_headers
Location:



=== TEST 18: login_url: {uri} never leads to another host
--- http_config eval: $::HttpConfig
--- config
    auth_tenant           corp;
    auth_tenant_match     tenant acme;
    auth_tenant_login_url "https://login.example.com/start?rd={uri}";
    merge_slashes         off;
--- requests eval
map { ["GET $_", $::browser] }
     '//evil.example/x', '/\\evil.example', '/\\/evil', '///\\//evil',
     '/a&b=c+d?e=%26f', '/x;y', 'http://localhost//evil', "/\xc3\xa9'\"<>", '/a//b'
--- error_code eval
[(302) x 9]
--- response_headers eval
[map { "Location: $::login$_" }
     qw(%2Fevil.example%2Fx %2Fevil.example %2Fevil %2Fevil
        %2Fa%26b%3Dc%2Bd%3Fe%3D%2526f %2Fx%3By %2Fevil
        %2F%C3%A9%27%22%3C%3E %2Fa%2F%2Fb)]



=== TEST 19: login_url: a value that would break the header is not used
--- http_config eval: $::HttpConfig
--- config
    auth_tenant           corp;
    auth_tenant_match     tenant acme;
    auth_tenant_login_url "https://login.example.com/start?rd=$value";
    set $value "/b";
    if ($arg_v) { set $value "a\r\nX-Evil:1"; }
--- request eval
['GET /a?v=1', 'GET /b']
--- more_headers eval: $::browser
--- error_code eval
[401, 302]
--- response_headers eval
["X-Evil:\nLocation:", "Location: ${main::login}/b"]



=== TEST 20: login_url: one that is empty sends nobody away
--- http_config eval
http_config('map $host $login { default ""; a "/login"; }')
--- config
    location / {
        auth_tenant           corp;
        auth_tenant_path      "/{user}/";
        auth_tenant_login_url $login;
    }
--- request eval
['GET /maksym/', 'GET /maksym/']
--- more_headers eval
["Host: b\n$::browser", "Host: a\n$::browser"]
--- error_code eval
[401, 302]
--- response_headers_like eval
['WWW-Authenticate: .*', 'Location: http://a.*/login']



=== TEST 21: home: who opens "/" is sent to what is theirs, arguments and all
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_home  "/{user}/lab";
        absolute_redirect off;
    }
--- request eval
['GET /', 'HEAD /', 'GET /?reset&a=%20']
--- more_headers eval: bearer($::token)
--- error_code eval
[302, 302, 302]
--- response_headers eval
["Location: /maksym/lab\nCache-Control: no-store",
 "Location: /maksym/lab\nCache-Control: no-store",
 "Location: /maksym/lab?reset&a=%20\nCache-Control: no-store"]
--- no_error_log
auth_tenant: refused



=== TEST 22: home: only GET and HEAD, only "/"
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_home  "/{user}/";
    }
--- request eval
['POST /', 'OPTIONS /', 'DELETE /', 'GET /index.html', 'GET /maria/']
--- more_headers eval: bearer($::token)
--- error_code eval
[404, 404, 404, 403, 403]
--- response_headers eval
[('Location:') x 5]



=== TEST 23: home: only for somebody who may be there
--- http_config eval: $::HttpConfig
--- config
    auth_tenant_host "{module}.{tenant}.example.com";
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_home  "/{user}/";
    }
--- requests eval
map { ['GET /', "Host: $_->[0].example.com", $_->[1]] }
     ['jupyter.globex', bearer($::token)], ['billing.acme', bearer($::token)],
     ['jupyter.acme', 'X: 1'], ['jupyter.acme', bearer(tamper($::token))]
--- error_code eval
[403, 403, 401, 401]
--- response_headers eval
[('Location:') x 4]



=== TEST 24: home: a name that could be read as something else in a path
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_home  "/{user}/";
    }
--- request eval
[('GET /') x 9]
--- more_headers eval
[map { bearer(token({ name => $_ })) }
     '..', '.', 'a/b', '/evil', 'a?b', 'a#b', 'a b', "\x{e9}", 'a%2fb']
--- error_code eval
[(403) x 9]
--- response_headers eval
[('Location:') x 9]
--- error_log
auth_tenant: refused: bad_name



=== TEST 25: home: without login_url a stranger gets a 401, with it the login
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant           corp;
        auth_tenant_path      "/{user}/";
        auth_tenant_home      "/{user}/";
        auth_tenant_login_url "https://login.example.com/start?rd={uri}";
    }
--- request
GET /
--- more_headers eval: $::browser
--- error_code: 302
--- response_headers eval
"Location: ${main::login}%2F"



=== TEST 26: B2.15: OPTIONS is judged like any other method, TRACE is nginx's
to refuse
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        empty_gif;
    }
--- requests eval
map { [$_, bearer($::token)] }
    'OPTIONS /maria/', 'TRACE /maksym/', 'HEAD /maksym/'
--- error_code eval
[403, 405, 200]



=== TEST 27: HTTP/2 has the same answers
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
    }
--- http2
--- request
GET /maria/
--- more_headers eval: bearer($::token)
--- error_code: 403
--- response_headers
cache-control: no-store
www-authenticate: Bearer realm="auth_tenant", error="insufficient_scope"



=== TEST 28: a refusal keeps nothing from being refused again: each answer of
a connection has its own challenge
--- http_config eval: $::HttpConfig
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        empty_gif;
    }
--- pipelined_requests eval
['GET /maksym/', 'GET /maria/', 'GET /maksym/', 'GET /maksym/']
--- more_headers eval
['', bearer($::token), bearer($::token), bearer('x')]
--- error_code eval
[401, 403, 200, 401]
--- response_headers eval
['WWW-Authenticate: Bearer realm="auth_tenant"',
 'WWW-Authenticate: Bearer realm="auth_tenant", error="insufficient_scope"',
 "WWW-Authenticate:\nCache-Control:",
 'WWW-Authenticate: Bearer realm="auth_tenant", error="invalid_token"']



=== TEST 29: nginx empties the list of headers between two refusals: here for
a precondition that a page did not meet
--- http_config eval: $::HttpConfig
--- config
    recursive_error_pages on;
    location /maria/ {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        error_page       403 = /page.txt;
    }
    location = /page.txt {
        auth_tenant      off;
        root             html;
        error_page       412 = /olga/;
    }
    location /olga/ {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        add_header       X-First 1 always;
    }
--- user_files
>>> page.txt
a page
--- request
GET /maria/
--- more_headers eval
bearer($::token) . qq{\nIf-Match: "x"}
--- error_code: 403
--- response_headers
WWW-Authenticate: Bearer realm="auth_tenant", error="insufficient_scope"
Cache-Control: no-store
X-First: 1



=== TEST 30: a dry error page takes nothing back: the answer is still that of
the refusal
--- http_config eval: $::HttpConfig
--- config
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    location / {
        error_page          401 /sorry;
    }
    location = /sorry {
        auth_tenant_dry_run on;
        empty_gif;
    }
--- request
GET /maksym/
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="auth_tenant"
Cache-Control: no-store

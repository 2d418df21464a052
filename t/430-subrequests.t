#!/usr/bin/perl

# B2.9, B2.10: nginx runs no access handlers in subrequests, and forgets what
# modules know at internal redirects.  Neither leads into a location that the
# token does not fit: a guard stands before subrequests, and redirects are
# judged anew, on the claims that were verified.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

# applications: one that tells what it was sent, one that redirects inside,
# one that keeps a book of who came

our $Apps = <<'END';
    server {
        listen unix:$TEST_NGINX_HTML_DIR/tell.sock;
        return 200 "[$uri user=$http_x_user_id up=$http_x_up auth=$http_authorization cookie=$http_cookie]";
    }
    server {
        listen unix:$TEST_NGINX_HTML_DIR/accel.sock;
        location / {
            add_header X-Accel-Redirect $arg_to;
            return 200;
        }
    }
    log_format book "$uri user=$http_x_user_id";
    server {
        listen unix:$TEST_NGINX_HTML_DIR/book.sock;
        access_log $TEST_NGINX_FILES/book book;
        add_header Cache-Control "max-age=1";
        location /data { alias $TEST_NGINX_FILES/data; }
        location /mirrored/ { return 200; }
    }
    server {
        listen unix:$TEST_NGINX_HTML_DIR/service.sock;
        location /204 { return 204; }
        location /403 { return 403; }
    }
    proxy_set_header X-User-Id $auth_user;
    proxy_set_header X-Up      $auth_upstream;
END

our $Tell = 'proxy_pass http://unix:$TEST_NGINX_HTML_DIR/tell.sock:;';
our $Accel = 'proxy_pass http://unix:$TEST_NGINX_HTML_DIR/accel.sock:;';
our $Page = 'ssi on; ssi_types *; alias $TEST_NGINX_FILES/page;';

# a page that includes others

sub page {
    file('page', join '', map { qq{<!--# include virtual="$_" -->\n} } @_);
}

# what a page has become: who told what, and the statuses of refusals

sub seen {
    my ($body) = @_;
    my @seen = $body =~ /(\[.*?\]|<title>\d+)/g;
    s/<title>// for @seen;
    s/Bearer \S+\./token./, s/token\.[^ ]*/token/ for @seen;
    return join ' ', @seen;
}

sub book {
    open my $book, '<', "$ENV{TEST_NGINX_FILES}/book" or return ();
    chomp(my @lines = <$book>);
    return @lines;
}

sub forget { truncate "$ENV{TEST_NGINX_FILES}/book", 0 }

file('data', join '', 'a' .. 'z');

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: auth_request asks before there is a verdict: an internal location
need not be off
--- http eval: $::Apps
--- config
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    location / {
        auth_request /ask;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/tell.sock:;
    }
    location /maksym/no {
        auth_request /ask403;
    }
    location = /ask {
        internal;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/service.sock:/204;
    }
    location = /ask403 {
        internal;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/service.sock:/403;
    }
--- client
is(fetch('/maksym/')->{status}, 200, 'asked');
is(fetch('/maksym/')->{body}, '[/maksym/ user=maksym up= auth= cookie=]', 'told');
is(fetch('/maksym/no')->{status}, 403, 'refused by the service');
is(fetch('/maria/')->{status}, 403, 'refused by us');
is(fetch('/ask')->{status}, 404, 'not for clients');



=== TEST 2: a location for auth_request that any client can open is refused,
and error.log says what to do
--- http eval: $::Apps
--- config
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    location / {
        auth_request /ask;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/tell.sock:;
    }
    location = /ask {
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/service.sock:/204;
    }
--- client
is(fetch('/maksym/')->{status}, 403, 'refused');
--- error_log eval
qr{\[info\] .* auth_tenant: refused subrequest: blocked: subrequest into a protected location; write "auth_tenant off" in it if every client may see what it answers, or "internal" if it is for "auth_request", client: .* subrequest: "/ask"}



=== TEST 3: unless it is off
--- http eval: $::Apps
--- config
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    location / {
        auth_request /ask;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/tell.sock:;
    }
    location = /ask {
        auth_tenant  off;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/service.sock:/204;
    }
--- client
is(fetch('/maksym/')->{status}, 200, 'asked');
is(fetch('/maria/')->{status}, 403, 'refused by us');



=== TEST 4: a page may include what its reader may see, nothing else, and each
location has its own upstream
--- http eval: $::Apps
--- config eval
"auth_tenant          corp;
auth_tenant_path     '/{user}/';
auth_tenant_upstream 'lab--{user}.svc';
location = /maksym/page { $::Page }
location / { $::Tell }
location /maksym/data/ {
    auth_tenant_upstream 'data--{user}.svc';
    $::Tell
}
location /maksym/admin {
    auth_tenant_require role is admin;
    $::Tell
}"
--- client
page(qw(/maksym/a /maria/b /maksym/data/c /maksym/admin /none));
is(seen(fetch('/maksym/page')->{body}),
   '[/maksym/a user=maksym up=lab--maksym.svc auth= cookie=] 403'
   . ' [/maksym/data/c user=maksym up=data--maksym.svc auth= cookie=] 403 403',
   'maksym');
--- error_log
auth_tenant: refused subrequest: wrong_user: token is for another user
auth_tenant: refused subrequest: no_claim:



=== TEST 5: a public page includes nothing protected, not even for its owner
--- http eval: $::Apps
--- config eval
"auth_tenant      corp;
auth_tenant_path '/{user}/';
location = /page { auth_tenant off; $::Page }
location / { $::Tell }
location /maksym/inner { internal; $::Tell }
location /open { auth_tenant off; $::Tell }"
--- client
page(qw(/maksym/a /maksym/inner /open));
is(seen(fetch('/page', token => undef)->{body}),
   '403 403 [/open user= up= auth= cookie=]', 'without a token');
is(seen(fetch('/page')->{body}),
   '403 403 [/open user= up= auth=Bearer token cookie=]' =~ s/Bearer //r,
   'with one');
--- error_log
auth_tenant: refused subrequest: blocked:



=== TEST 6: nor does the error page of a refusal
--- http eval: $::Apps
--- config eval
"auth_tenant      corp;
auth_tenant_path '/{user}/';
location = /sorry { auth_tenant off; $::Page }
location / { error_page 401 403 /sorry; $::Tell }
location /maksym/inner { $::Tell }"
--- client
page('/maksym/inner');
is(seen(fetch('/maria/')->{body}), 403, 'wrong user');
is(seen(fetch('/maksym/', token => undef)->{body}), 403, 'no token');



=== TEST 7: addition
--- http eval: $::Apps
--- config eval
"auth_tenant      corp;
auth_tenant_path '/{user}/';
location = /maksym/page {
    addition_types  *;
    add_before_body /maksym/before;
    add_after_body  /maria/after;
    alias           \$TEST_NGINX_FILES/data;
}
location / { $::Tell }"
--- client
is(seen(fetch('/maksym/page')->{body}),
   '[/maksym/before user=maksym up= auth= cookie=] 403', 'added');



=== TEST 8: mirror: into a location that is off, or that the token fits
--- http eval: $::Apps
--- config
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    location / {
        mirror       /mirrored/off;
        mirror       /maksym/mirrored;
        mirror       /maria/mirrored;
        mirror       /inner/mirrored;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/tell.sock:;
    }
    location /mirrored/ {
        auth_tenant  off;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/book.sock:/mirrored/off/;
    }
    location /maksym/mirrored {
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/book.sock:/mirrored/maksym;
    }
    location /maria/mirrored {
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/book.sock:/mirrored/maria;
    }
    location /inner/ {
        internal;
        proxy_pass   http://unix:$TEST_NGINX_HTML_DIR/book.sock:/mirrored/inner;
    }
--- client
forget();
is(fetch('/maksym/')->{status}, 200, 'let in');
is(fetch('/maria/')->{status}, 403, 'refused, and not mirrored');
select undef, undef, undef, 0.3;
is(join(', ', sort { $a cmp $b } book()),
   '/mirrored/maksym user=maksym, /mirrored/off/off user=maksym', 'mirrored');
--- error_log
auth_tenant: refused subrequest: wrong_user



=== TEST 9: slices are the same request in parts: each with the user's name
--- http eval: $::Apps
--- config
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        slice            10;
        proxy_set_header Range $slice_range;
        proxy_set_header X-User-Id $auth_user;
        proxy_http_version 1.1;
        proxy_pass       http://unix:$TEST_NGINX_HTML_DIR/book.sock:/data?;
    }
--- client
forget();
is(fetch('/maksym/')->{body}, join('', 'a' .. 'z'), 'whole');
select undef, undef, undef, 0.2;
is(join(', ', book()), join(', ', ('/data user=maksym') x 3), 'in three parts');



=== TEST 10: B2.13: a stale answer that is refreshed in the background
--- http eval
"$::Apps
proxy_cache_path \$TEST_NGINX_FILES/cache keys_zone=c:1m;"
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        auth_tenant_upstream "book--{user}.svc";
        proxy_cache          c;
        proxy_cache_key      "$auth_tenant/$auth_user$uri";
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        add_header           X-Cache $upstream_cache_status;
        proxy_set_header     X-User-Id "$auth_user at $auth_upstream";
        proxy_pass           http://unix:$TEST_NGINX_HTML_DIR/book.sock:/data?;
    }
--- timeout: 10
--- client
forget();
is(fetch('/maksym/')->{header}{'x-cache'}, 'MISS', 'new');
is(fetch('/maksym/')->{header}{'x-cache'}, 'HIT', 'kept');
is(fetch('/maksym/', token => undef)->{status}, 401, 'for nobody else');
sleep 3;
is(fetch('/maksym/')->{header}{'x-cache'}, 'STALE', 'stale');
select undef, undef, undef, 0.3;
is(join(', ', book()),
   join(', ', ('/data user=maksym at book--maksym.svc') x 2), 'refreshed');



=== TEST 11: off, bypassed and dry locations are as open to subrequests as to
clients
--- http eval
"$::Apps
map \$uri \$here { default 0; /maria/bypassed 1; }"
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/{user}/';
auth_tenant_bypass \$here;
location = /maksym/page { $::Page }
location / { $::Tell }
location /maria/dry { auth_tenant_dry_run on; $::Tell }
location /maria/off { auth_tenant off; $::Tell }"
--- client
page(qw(/maria/bypassed /maria/dry /maria/off /maria/other));
is(seen(fetch('/maksym/page')->{body}),
   '[/maria/bypassed user=maksym up= auth= cookie=]'
   . ' [/maria/dry user= up= auth= cookie=]'
   . ' [/maria/off user=maksym up= auth= cookie=] 403', 'included');
--- error_log
auth_tenant: would refuse subrequest: wrong_user



=== TEST 12: a main request that is judged dry: its yes counts, its no does not
--- http eval: $::Apps
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/{user}/';
location ~ /page\$ { auth_tenant_dry_run on; $::Page }
location / { $::Tell }"
--- client
page(qw(/maksym/a));
is(seen(fetch('/maksym/page')->{body}),
   '[/maksym/a user=maksym up= auth= cookie=]', 'a yes');
is(seen(fetch('/maria/page')->{body}), 403, 'a no');
is(seen(fetch('/maria/page', token => undef)->{body}), 403, 'no token');



=== TEST 13: A1.9: the credential leaves the subrequest as well, and only that
subrequest
--- http eval: $::Apps
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/{user}/';
auth_tenant_token  cookie:t;
location = /maksym/page { auth_tenant_forward_token on; $::Page }
location / { $::Tell }
location /maksym/whole { auth_tenant_forward_token on; $::Tell }"
--- client
page(qw(/maksym/a /maksym/whole /maksym/b));
my $t = token();
my $got = fetch('/maksym/page', token => undef,
                headers => "Cookie: a=1; t=$t; b=2\nX-A: 1")->{body};
is(seen($got =~ s/\Q$t/token/gr),
   '[/maksym/a user=maksym up= auth= cookie=a=1; b=2]'
   . ' [/maksym/whole user=maksym up= auth= cookie=a=1; t=token; b=2]'
   . ' [/maksym/b user=maksym up= auth= cookie=a=1; b=2]', 'included');



=== TEST 14: error pages and named locations inside a subrequest are judged
--- http eval: $::Apps
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/{user}/';
location = /maksym/page { $::Page }
location / { $::Tell }
location = /maksym/gone { error_page 404 = /maria/x; return 404; }
location = /maksym/named { error_page 404 = \@named; return 404; }
location = /maksym/mine { error_page 404 = /maksym/x; return 404; }
location \@named { auth_tenant_require role is admin; $::Tell }"
--- client
page(qw(/maksym/gone /maksym/named /maksym/mine));
is(seen(fetch('/maksym/page')->{body}),
   '403 403 [/maksym/x user=maksym up= auth= cookie=]', 'included');



=== TEST 15: what a rule asks for is not shown while it is asked: the main
request's names are no answer
--- http eval: $::Apps
--- config eval
"location = /page { auth_tenant corp; auth_tenant_match tenant acme; $::Page }
location /self { auth_tenant corp; auth_tenant_match user \$auth_user;
                 $::Tell }"
--- client
is(fetch('/self')->{status}, 404, 'a request');
page('/self');
is(seen(fetch('/page')->{body}), 403, 'a subrequest');
--- error_log
auth_tenant: refused subrequest: no_match



=== TEST 16: X-Accel-Redirect does not lead from one user's backend into
another's location
--- http eval: $::Apps
--- config eval
"auth_tenant      corp;
auth_tenant_path '/{user}/';
auth_tenant_upstream 'lab--{user}.svc';
location / { $::Tell }
location ~ ^/[^/]*/accel { $::Accel }
location /open/ { auth_tenant off; $::Tell }
location \@named { auth_tenant_require role is admin; $::Tell }"
--- asks eval
[ '/maksym/accel?to=/maksym/x' => 'ok',
  saw => '[/maksym/x user=maksym up=lab--maksym.svc auth= cookie=]' ],
[ '/maksym/accel?to=/maria/x' => 'wrong_user' ],
[ '/maksym/accel?to=/open/x' => 'ok', saw => qr{^\[/open/x user=maksym} ],
[ '/maksym/accel?to=@named' => 'no_claim' ],
[ '/maksym/accel?to=/' => 'no_match' ]



=== TEST 17: error pages and the targets of try_files and index are judged
--- http eval: $::Apps
--- config eval
"auth_tenant      corp;
auth_tenant_path '/{user}/';
location / { $::Tell }
location = /maksym/gone  { error_page 404 /maria/x; root /nonexistent; }
location = /maksym/here  { error_page 404 = /maksym/x; root /nonexistent; }
location = /maksym/tried { try_files /none /maria/x; }
location = /maksym/named { try_files /none \@named; }
location = /maksym/fits  { try_files /none \@fits; }
location \@named { auth_tenant_require role is admin; $::Tell }
location \@fits { auth_tenant_match tenant acme; $::Tell }"
--- asks eval
[ '/maksym/here' => 'ok', saw => qr{^\[/maksym/x} ],
[ '/maksym/tried' => 'wrong_user' ],
[ '/maksym/named' => 'no_claim' ],
[ '/maksym/named' => 'ok', claims => { role => 'admin' },
  saw => qr{user=maksym} ],
[ '/maksym/fits' => 'ok', saw => qr{user=maksym} ]
--- client
is(fetch('/maksym/gone')->{status}, 403, 'an error page');



=== TEST 18: a refusal's error page for another user is refused in its turn
--- http eval: $::Apps
--- config eval
"auth_tenant      corp;
auth_tenant_path '/{user}/';
location / { $::Tell }
location /maria/ { error_page 403 = /maksym/x; $::Tell }
location /olga/ { error_page 403 = /maria/x; $::Tell }"
--- client
is(fetch('/maria/')->{body}, '[/maksym/x user=maksym up= auth= cookie=]',
   'judged anew');
is(fetch('/olga/')->{status}, 403, 'and again');



=== TEST 19: another location accepts the claims only if it accepts their
provider and their source
--- http eval
file('partner.json', jwks(key('ES256')));
"$::Apps\n" . provider('partner', 'issuer "https://partner.example.com"',
                       'jwks_file $TEST_NGINX_FILES/partner.json')
--- config eval
"location /a/ {
    auth_tenant       corp;
    auth_tenant_path  '/a/{user}/';
    auth_tenant_token bearer cookie:t \$none header:X-Token;
    $::Accel
}
set \$none '';
location /corp    { auth_tenant corp; auth_tenant_match tenant acme; $::Tell }
location /partner { auth_tenant partner; auth_tenant_match tenant acme;
                    $::Tell }
location /cookie  { auth_tenant corp; auth_tenant_match tenant acme;
                    auth_tenant_token cookie:t; $::Tell }
location /other   { auth_tenant corp; auth_tenant_match tenant acme;
                    auth_tenant_token cookie:u; $::Tell }
location /header  { auth_tenant corp; auth_tenant_match tenant acme;
                    auth_tenant_token header:x-token; $::Tell }"
--- asks eval
my $t = token();
my @cookie = (token => undef, headers => "Cookie: t=$t");
my @header = (token => undef, headers => "X-Token: $t");
[ '/a/maksym/?to=/corp' => 'ok', saw => qr/^\[\/corp user=maksym up= auth= / ],
[ '/a/maksym/?to=/partner' => 'wrong_issuer' ],
[ '/a/maksym/?to=/cookie' => 'no_token' ],
[ '/a/maksym/?to=/cookie' => 'ok', @cookie, saw => qr/ cookie=\]$/ ],
[ '/a/maksym/?to=/other' => 'no_token', @cookie ],
[ '/a/maksym/?to=/corp' => 'no_token', @cookie ],
[ '/a/maksym/?to=/header' => 'ok', @header ],
[ '/a/maksym/?to=/cookie' => 'no_token', @header ]



=== TEST 20: a location that redirects without a check gives nothing away:
the token is looked for where the redirect ends
--- http eval: $::Apps
--- config eval
"auth_tenant      corp;
auth_tenant_path '/{user}/';
location / { $::Tell }
location /open { auth_tenant off; $::Accel }"
--- asks eval
[ '/open?to=/maksym/x' => 'ok',
  saw => '[/maksym/x user=maksym up= auth= cookie=]' ],
[ '/open?to=/maria/x' => 'wrong_user' ],
[ '/open?to=/maksym/x' => 'no_token', token => undef ]



=== TEST 21: and only as if they came now: audience and Origin of the other
location
--- provider
audience "{module}"
--- http eval: $::Apps
--- config eval
"auth_tenant       corp;
auth_tenant_token cookie:t;
auth_tenant_match module jupyter;
location /a/ {
    auth_tenant_origin  any;
    $::Accel
    location /a/named { try_files /none \@named; }
    location /a/other { try_files /none \@other; }
}
location /b/ { auth_tenant_match module datalab; $::Tell }
location /c/ { $::Tell }
location \@named { $::Tell }
location \@other { auth_tenant_origin http://a; $::Tell }"
--- asks eval
my @as = (token => undef, headers => 'Cookie: t=' . token({ aud => 'jupyter' }));
[ '/a/?to=/c/' => 'ok', @as, saw => qr/^\[\/c\/ user=maksym/ ],
[ '/a/?to=/b/' => 'wrong_audience', @as ],
[ 'GET /a/named' => 'ok', @as ],
[ 'POST /a/named' => 'bad_origin', @as ],
[ 'POST /a/other' => 'ok', @as, headers => "$as[3]\nOrigin: http://a" ]



=== TEST 22: a yes about an earlier location opens nothing where another
handler let the request in
--- http eval: $::Apps
--- config eval
"auth_tenant       corp;
auth_tenant_path  '/{user}/';
location / { $::Accel }
location /maksym/x { $::Tell }
location = /page { satisfy any; allow all; $::Page }"
--- client
page('/maksym/x');
is(seen(fetch('/maksym/?to=/page')->{body}), 403, 'nobody is known there');
--- error_log
auth_tenant: refused subrequest: blocked

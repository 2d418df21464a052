#!/usr/bin/perl

# Ways not to be refused: auth_tenant_bypass, for public paths, and
# auth_tenant_dry_run, which decides and only tells.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

our $Public = <<'END';
    map $uri $public {
        default         0;
        ~^/[^/]+/public 1;
        ~^/[^/]+/empty  "";
        ~^/[^/]+/no     0;
        ~^/[^/]+/zeros  00;
        ~^/[^/]+/off    off;
    }
    map $uri $section { ~^/(?<first>[^/]+)/ $first; }
    map $section $nested { default ""; open 1; }
    server {
        listen unix:$TEST_NGINX_HTML_DIR/accel.sock;
        location / {
            add_header X-Accel-Redirect $arg_to;
            return 200;
        }
    }
    server {
        listen unix:$TEST_NGINX_HTML_DIR/tell.sock;
        return 200 "[$uri user=$http_x_user_id auth=$http_authorization]";
    }
    proxy_set_header X-User-Id $auth_user;
END

our $Tell = 'proxy_pass http://unix:$TEST_NGINX_HTML_DIR/tell.sock:;';
our $Accel = 'proxy_pass http://unix:$TEST_NGINX_HTML_DIR/accel.sock:;';

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: bypass: a value that is neither empty nor "0"
--- http eval: $::Public
--- config eval
"location / {
    auth_tenant        corp;
    auth_tenant_path   '/{user}/';
    auth_tenant_bypass \$public;
    $::Tell
}"
--- asks eval
(map { [ "/maria/$_" => 'wrong_user' ] } qw(x empty no)),
[ '/maria/x' => 'no_token', token => undef ],
[ '/maksym/x' => 'ok' ]
--- client
for (qw(public zeros off)) {
    for my $token (undef, 'x', token()) {
        my $got = fetch("/maria/$_", token => $token);
        is($got->{status}, 200, "$_ is public");
        is($got->{header}{'x-vars'}, '|||', 'and sets nothing');
        is($got->{header}{'x-result'}, undef, 'nothing was decided');
        is($got->{body}, "[/maria/$_ user= auth="
           . (defined $token ? "Bearer $token" : '') . ']',
           'nor is anything taken from the request');
    }
}



=== TEST 2: bypass: one of several values is enough
--- http eval: "$::Public geo \$near { default 0; 127.0.0.9 1; }"
--- config eval
"location / {
    auth_tenant        corp;
    auth_tenant_path   '/{user}/';
    auth_tenant_bypass \$near \$public;
    $::Tell
}"
--- client
is(fetch('/maria/public', token => undef)->{status}, 200, 'public');
is(fetch('/maria/x', token => undef)->{status}, 401, 'not public');



=== TEST 3: bypass: no variable that any client can make
--- http_config eval
http_config('')
--- config
location / {
    auth_tenant        corp;
    auth_tenant_path   "/{user}/";
    auth_tenant_bypass $arg_public;
}
--- must_die
--- error_log
"auth_tenant_bypass" can't use "$arg_public"



=== TEST 4: B2.9, B2.18: a redirect does not take the bypass of a public path
into another one, whatever a map said before
--- http eval: $::Public
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/{user}/';
auth_tenant_bypass \$public;
location / { $::Tell }
location /maria/public { $::Accel }
location /maksym/x { $::Accel }
location /maria/rewritten {
    if (\$public) { return 500; }
    rewrite ^ /maria/public/x last;
}
location /maria/public/back {
    if (\$public = 0) { return 500; }
    rewrite ^ /maria/x last;
}
location /maria/public/x { $::Tell }"
--- client
my $none = { token => undef };
is(fetch('/maria/public?to=/maria/x', %$none)->{status}, 401,
   'out of a public path');
is(fetch('/maria/public?to=/maria/x')->{status}, 403, 'with a token as well');
is(fetch('/maria/public?to=/maria/public/x', %$none)->{status}, 200,
   'into another public path');
is(fetch('/maksym/x?to=/maria/public/x')->{status}, 200, 'into a public path');
is(fetch('/maria/rewritten', %$none)->{status}, 200,
   'rewritten into a public path');
is(fetch('/maria/public/back', %$none)->{status}, 401, 'and out of it');



=== TEST 5: B2.10: nor into a subrequest
--- http eval: $::Public
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/{user}/';
auth_tenant_bypass \$public;
location / { $::Tell }
location /maria/public/page { ssi on; ssi_types *;
                              alias \$TEST_NGINX_FILES/page; }"
--- client
file('page', '<!--# include virtual="/maria/public/x" -->'
             . '<!--# include virtual="/maria/x" -->');
my $body = fetch('/maria/public/page', token => undef)->{body};
like($body, qr{^\[/maria/public/x user= auth=\]}m, 'public');
like($body, qr{403 Forbidden}, 'not public');
unlike($body, qr{\[/maria/x}, 'not public');



=== TEST 6: a map of a map
--- http eval: $::Public
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/x/{user}/';
auth_tenant_bypass \$nested;
location / { $::Tell }
location /open/ { $::Accel }"
--- client
is(fetch('/open/?to=/x/maria/', token => undef)->{status}, 401, 'stays outside');
is(fetch('/open/?to=/open2/', token => undef)->{status}, 404, 'too');



=== TEST 7: B2.9: a name that a map gives is that of the location judged
--- http eval
"$::Public map \$uri \$owner { ~^/u/(?<o>[^/]+) \$o; }"
--- config eval
"location /u/ {
    auth_tenant       corp;
    auth_tenant_match user \$owner;
    $::Tell
    location ~ accel\$ { $::Accel }
}"
--- asks eval
[ '/u/maksym/accel?to=/u/maksym/x' => 'ok', saw => qr/user=maksym/ ],
[ '/u/maksym/accel?to=/u/maria/x' => 'wrong_user' ]



=== TEST 8: B2.9: and so is what a rule asks for
--- http eval
"$::Public
map \$uri \$needed { default none; ~accel\$ r1; ~rule\$ r2; }"
--- config eval
"location /u/ {
    auth_tenant         corp;
    auth_tenant_path    '/u/{user}/';
    auth_tenant_require role is \$needed;
    $::Tell
    location ~ accel\$ { $::Accel }
}"
--- asks eval
[ '/u/maksym/accel?to=/u/maksym/rule' => 'rule', claims => { role => 'r1' } ],
[ '/u/maksym/rule' => 'ok', claims => { role => 'r2' } ]



=== TEST 9: what "set" gave stays
--- http eval: $::Public
--- config eval
"set \$open 0;
location / {
    auth_tenant        corp;
    auth_tenant_path   '/{user}/';
    auth_tenant_bypass \$open;
    if (\$request_method = OPTIONS) { set \$open 1; }
    $::Tell
}"
--- client
is(fetch('OPTIONS /maria/', token => undef)->{status}, 200, 'OPTIONS');
is(fetch('/maria/', token => undef)->{status}, 401, 'GET');



=== TEST 10: dry run: a no is told and counted for nothing
--- http eval: $::Public
--- config eval
"location / {
    auth_tenant           corp;
    auth_tenant_path      '/{user}/';
    auth_tenant_dry_run   on;
    auth_tenant_home      '/{user}/';
    auth_tenant_login_url /login;
    $::Tell
}"
--- client
for ([ '/maria/', token(), 'wrong_user' ], [ '/maria/', undef, 'no_token' ],
     [ '/maksym/', tamper(token()), 'bad_signature' ],
     [ '/maksym/..%2fx', token(), 'bad_path' ])
{
    my ($path, $token, $word) = @$_;
    my $got = fetch($path, token => $token, headers => 'Accept: text/html');
    is($got->{status}, 200, "$word: not refused");
    is($got->{header}{'x-result'}, $word, 'told');
    is($got->{header}{'x-vars'}, '|||', 'names nobody');
    is($got->{header}{$_}, undef, "no $_")
        for qw(www-authenticate cache-control location);
    my $auth = defined $token ? "Bearer $token" : '';
    like($got->{body}, qr/ user= auth=\Q$auth\E\]$/, 'nothing is taken away');
}
--- error_log
auth_tenant: would refuse: wrong_user: token is for another user
auth_tenant: would refuse: no_token
auth_tenant: would refuse: bad_path



=== TEST 11: dry run: a yes sets the variables; no strip, no redirect
--- http eval: $::Public
--- config eval
"location / {
    auth_tenant           corp;
    auth_tenant_path      '/{user}/';
    auth_tenant_dry_run   on;
    auth_tenant_upstream  'lab--{user}.svc';
    auth_tenant_home      '/{user}/';
    $::Tell
}"
--- client
my $t = token();
my $got = fetch('/maksym/', token => $t);
is($got->{body}, "[/maksym/ user=maksym auth=Bearer $t]", 'as it came');
is($got->{header}{'x-vars'}, 'maksym|acme||lab--maksym.svc', 'variables');
is($got->{header}{'x-result'}, 'ok', 'ok');

$got = fetch('/', token => $t);
is($got->{status}, 200, 'no redirect');
is($got->{header}{'x-result'}, 'ok', 'ok');
--- no_error_log
auth_tenant: would



=== TEST 12: dry run: only "on", said exactly so, is dry
--- http
map $http_host $how { dry on; On On; one 1; true true; empty ""; blank "on "; }
--- config
location / {
    auth_tenant           corp;
    auth_tenant_path      '/{user}/';
    auth_tenant_dry_run   $how;
    proxy_pass            http://app;
}
--- client
is(fetch('/maria/', host => 'dry')->{status}, 200, 'on');
is(fetch('/maria/', host => $_)->{status}, 403, $_)
    for qw(On one true empty blank unknown);



=== TEST 13: dry run: it never overrides another check
--- config
location / {
    auth_tenant           corp;
    auth_tenant_path      '/{user}/';
    auth_tenant_dry_run   on;
    deny                  all;
    proxy_pass            http://app;
}
location /any/ {
    satisfy               any;
    auth_tenant           corp;
    auth_tenant_path      '/any/{user}/';
    auth_tenant_dry_run   on;
    deny                  all;
    proxy_pass            http://app;
}
--- client
is(fetch($_)->{status}, 403, $_) for '/maksym/', '/any/maksym/';



=== TEST 14: dry run, then a redirect to where it is meant: judged on the same
claims, which are taken away only there
--- http eval: $::Public
--- config eval
"auth_tenant        corp;
auth_tenant_path   '/{user}/';
location ~ ^/maksym/dry { auth_tenant_dry_run on; $::Accel }
location ~ ^/maria/dry { auth_tenant_dry_run on; $::Accel }
location / { $::Tell }"
--- asks eval
[ '/maksym/dry?to=/maksym/x' => 'ok', saw => '[/maksym/x user=maksym auth=]' ],
[ '/maksym/dry?to=/maria/x' => 'wrong_user' ],
[ '/maria/dry?to=/maksym/x' => 'ok', saw => '[/maksym/x user=maksym auth=]' ],
[ '/maria/dry?to=/maksym/x' => 'no_token', token => undef ]



=== TEST 15: B2.9: nor does a dry location's map let a request through where it
is meant
--- http eval
"$::Public map \$uri \$dry { default off; ~^/[a-z]*/dry on; }"
--- config eval
"auth_tenant         corp;
auth_tenant_path    '/{user}/';
auth_tenant_dry_run \$dry;
location / { $::Tell }
location ~ ^/[a-z]*/dry { $::Accel }"
--- client
is(fetch('/maria/dry?to=/maria/x')->{status}, 403, 'enforced');
is(fetch('/maria/dry?to=/maksym/x')->{status}, 200, 'and right');

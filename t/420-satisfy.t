#!/usr/bin/perl

# B2.11, F5: beside nginx's own access checks, in both orders of directives.
# Ours comes last: "satisfy all" needs every one, with "satisfy any" it is
# asked only if no other has let the request in.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

file('basic', 'ann:{PLAIN}secret');

# what other handlers say: status (200: they let the request in), directives

our %other = (
    allow     => [200, 'allow all;'],
    deny      => [403, 'deny all;'],
    basic     => [200, 'auth_basic b; auth_basic_user_file basic;', 'ann'],
    nobasic   => [401, 'auth_basic b; auth_basic_user_file basic;'],
    asked     => [200, 'auth_request /ask/204;'],
    asked401  => [401, 'auth_request /ask/401;'],
    asked403  => [403, 'auth_request /ask/403;'],
    asked500  => [500, 'auth_request /ask/500;'],
);

# what ours says: [target below the location, with a token, status, directives]

our %ours = (
    ok      => ['maksym/', 1, 200, ''],
    401     => ['maksym/', 0, 401, ''],
    403     => ['maria/', 1, 403, ''],
    404     => ['', 1, 404, ''],
    400     => ['maksym/..%2fx', 1, 400, ''],
    dryyes  => ['maksym/', 1, 'declined', 'auth_tenant_dry_run on;'],
    dryno   => ['maria/', 1, 'declined', 'auth_tenant_dry_run on;'],
    bypass  => ['maria/', 0, 'declined', 'auth_tenant_bypass $here;'],
    off     => ['maria/', 0, 'declined', 'auth_tenant off;'],
);

our $Here = 'map $uri $here { default 1; }';

sub locations {
    my ($satisfy) = @_;
    my $config = '';

    for my $ask (204, 401, 403, 500) {
        $config .= "location = /ask/$ask { internal; auth_tenant off;"
                   . " return $ask; }\n";
    }

    for my $other (sort keys %other) {
        for my $ours (sort keys %ours) {
            my @two = ($other{$other}[1],
                "auth_tenant_path /$other.$ours/{user}/; $ours{$ours}[3]"
                . ($ours eq 'off' ? '' : ' auth_tenant corp;'));

            s/file basic/file $ENV{TEST_NGINX_FILES}\/basic/ for @two;
            s/(\/\S*\{user\}\/)/"$1"/ for @two;

            for my $order (0, 1) {
                my $name = "$other.$ours";
                $two[1] =~ s/\/[\w.]*\Q$name\E\//\/$order$name\//;
                $config .= "location /$order$name/ { satisfy $satisfy; "
                           . join(' ', $order ? reverse @two : @two)
                           . " proxy_pass http://app; }\n";
            }
        }
    }

    return $config;
}

# [status, $auth_user] that a request must come to

sub expected {
    my ($satisfy, $other, $ours) = @_;

    my $theirs = $other{$other}[0];
    my $own = $ours{$ours}[2];
    my $user = $ours eq 'ok' || $ours eq 'dryyes' ? 'maksym' : '';

    return [500, ''] if $theirs == 500;

    if ($satisfy eq 'all') {
        return [$theirs, ''] if $theirs != 200;
        return [$own eq 'declined' ? 200 : $own, $user];
    }

    return [200, ''] if $theirs == 200;
    return [$theirs, $user] if $own eq 'declined';
    return [401, ''] if $theirs == 401 && $own == 403;
    return [$own, $user];
}

sub matrix {
    my ($satisfy) = @_;

    for my $other (sort keys %other) {
        for my $ours (sort keys %ours) {
            for my $order (0, 1) {
                my ($target, $token) = @{ $ours{$ours} };
                # a request has one Authorization header only

                my $cookie = $token ? 'Cookie: t=' . token() : 'X: y';
                my $auth = $other{$other}[2]
                           ? "\nAuthorization: Basic YW5uOnNlY3JldA==" : '';

                my $got = fetch("/$order$other.$ours/$target",
                                token => undef, headers => "$cookie$auth");
                my ($status, $user) = @{ expected($satisfy, $other, $ours) };
                my ($saw) = ($got->{header}{'x-vars'} // '') =~ /^(.*?)\|/;

                is("$got->{status} <$saw>", "$status <$user>",
                   "$satisfy, order $order: $other, ours $ours");

                # what would have been said had it been the last word

                my $challenge = $got->{header}{'www-authenticate'} // '';
                is($challenge, '', 'no challenge') if $status == 200;
            }
        }
    }
}

plan_tests();
run_tests();

__DATA__

=== TEST 1: "satisfy all": every one must let the request in
--- http eval: $::Here
--- config eval
"auth_tenant_token cookie:t;\n" . locations('all')
--- client
matrix('all');



=== TEST 2: "satisfy any": one is enough
--- http eval: $::Here
--- config eval
"auth_tenant_token cookie:t;\n" . locations('any')
--- client
matrix('any');



=== TEST 3: where all decline, nobody has refused: off, bypassed and dry
--- http eval: $::Here
--- config
    satisfy any;
    location /off/    { auth_tenant off; proxy_pass http://app; }
    location /bypass/ {
        auth_tenant        corp;
        auth_tenant_path   "/bypass/{user}/";
        auth_tenant_bypass $here;
        proxy_pass         http://app;
    }
    location /dry/ {
        auth_tenant         corp;
        auth_tenant_path    "/dry/{user}/";
        auth_tenant_dry_run on;
        proxy_pass          http://app;
    }
    location /checked/ {
        auth_tenant         corp;
        auth_tenant_path    "/checked/{user}/";
        proxy_pass          http://app;
    }
--- client
for my $path (qw(off bypass dry checked)) {
    my $got = fetch("/$path/maria/");
    is($got->{status}, $path eq 'checked' ? 403 : 200, $path);
}



=== TEST 4: two that refuse: both challenges, so that a client has the choice
--- config
    location /maksym/ {
        satisfy              any;
        auth_basic           "b";
        auth_basic_user_file $TEST_NGINX_FILES/basic;
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        proxy_pass           http://app;
    }
--- client
my $got = fetch('/maksym/', token => undef);
is($got->{status}, 401, 'refused');
like($got->{header}{'www-authenticate'}, qr/Basic realm="b"/, 'theirs');
like($got->{header}{'www-authenticate'}, qr/Bearer realm="auth_tenant"/,
     'ours');

$got = fetch('/maksym/');
is($got->{status}, 200, 'ours lets it in');
is($got->{header}{'www-authenticate'}, undef, 'and theirs is gone');
is($got->{header}{'x-vars'}, 'maksym|acme||', 'with the variables');



=== TEST 5: ours comes after auth_request, whose answer may hold the token
--- http
    server {
        listen unix:$TEST_NGINX_HTML_DIR/eas.sock;
        location / {
            add_header Authorization $http_authorization;
            return 200;
        }
    }
--- config
    location = /ask {
        internal;
        auth_tenant   off;
        proxy_pass    http://unix:$TEST_NGINX_HTML_DIR/eas.sock:/;
    }
    location / {
        auth_tenant       corp;
        auth_tenant_token $token;
        auth_tenant_path  "/{user}/";
        auth_request      /ask;
        auth_request_set  $token $upstream_http_authorization;
        proxy_pass        http://app;
    }
--- asks eval
[ '/maksym/' => 'ok', vars => 'maksym|acme||' ],
[ '/maria/' => 'wrong_user' ],
[ '/maksym/' => 'no_token', token => undef ]



=== TEST 6: "satisfy any": a code that waits in vain does not meet the error
page of an answer that came at once
--- config
    location / {
        satisfy           any;
        deny              all;
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        auth_tenant_home  "/{user}/";
        error_page        404 = @lost;
        proxy_pass        http://app;
    }
    location /lost/ {
        satisfy           any;
        deny              all;
        auth_tenant       corp;
        auth_tenant_path  "/lost/{tenant}/{user}/";
        error_page        404 = @lost;
        proxy_pass        http://app;
    }
    location @lost {
        auth_tenant       off;
        allow             all;
        proxy_pass        http://app;
    }
--- client
is(fetch('/')->{status}, 302, 'home');
is(fetch('/lost/acme')->{status}, 200, 'the named location answers');
is(fetch('/maria/')->{status}, 403, 'a refusal stays one');



=== TEST 7: "satisfy any": the code of a refusal is not carried into the named
location that answers for it
--- config
    location / {
        satisfy           any;
        deny              all;
        auth_tenant       corp;
        auth_tenant_path  "/{user}/";
        error_page        401 403 = @other;
        proxy_pass        http://app;
    }
    location @other {
        satisfy           all;
        auth_tenant       corp;
        auth_tenant_match tenant acme;
        proxy_pass        http://app;
    }
--- client
is(fetch('/maria/')->{status}, 200, 'judged again');
is(fetch('/maria/', token => undef)->{status}, 401, 'and refused again');



=== TEST 8: the main request let in by another handler opens nothing else: no
name, no upstream
--- config
    location / {
        satisfy              any;
        allow                all;
        auth_tenant          corp;
        auth_tenant_path     "/{user}/";
        auth_tenant_upstream "lab--{user}.svc";
        proxy_pass           http://app;
    }
--- client
for (token(), undef) {
    my $got = fetch('/maria/', token => $_);
    is($got->{status}, 200, 'let in');
    is($got->{header}{'x-vars'}, '|||', 'nobody');
    is($got->{header}{'x-result'}, undef, 'no result');
}

#!/usr/bin/perl

# What a token that is known is still not good for (A6.9): other locations, by
# whatever way, and another place to send it in; and the zone that it is known
# in where keys are in files.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Client ();
use AuthTenant::Judged qw(judged);
use AuthTenant::Net qw(reload);
use AuthTenant::Nginx;
use AuthTenant::Token qw(jwks key sign);

use Test::More;

my $dir = AuthTenant::Nginx::dir();
my $key = key('ES256', 'one');

for (['corp.json', jwks($key)], ['page', 'page']) {
    my ($name, $text) = @$_;
    open my $fh, '>', "$dir/$name" or die "$name: $!\n";
    print $fh $text;
    close $fh;
}


sub token {
    my ($user) = @_;

    my $now = int time;
    return sign($key, { iss => 'https://id.example.com', aud => 'app',
                        sub => '1', name => $user, tenant => 'acme',
                        iat => $now - 5, exp => $now + 600 });
}


my $provider = <<'END';
    auth_tenant_provider corp {
        issuer https://id.example.com;  audience app;
        jwks_file DIR/corp.json;        claims user=name tenant=tenant;
    }
END

sub start {
    my ($server) = @_;

    return AuthTenant::Nginx->start(
        http => "error_log $dir/debug.log debug;\n$provider" . <<'END',
    upstream application { server unix:DIR/application; }
    server {
        listen unix:DIR/application;
        location / { return 200 $http_x_who; }
    }
END
        server => <<'END' . ($server // ''));
    add_header X-Result $auth_result:$pid always;
    location / {
        auth_tenant       corp;
        auth_tenant_path  "/{tenant}/{user}/";
        empty_gif;
    }
END
}


subtest 'other locations' => sub {

    my $nginx = start(<<'END');
    root /nonexistent;
    location /redirect/ {
        auth_tenant       corp;
        auth_tenant_path  "/redirect/{tenant}/{user}/";
        try_files         /none /acme/maria/;
    }
    location /error/ {
        auth_tenant       corp;
        auth_tenant_path  "/error/{tenant}/{user}/";
        error_page        404 =200 /acme/maria/;
    }
    location /here/ {
        auth_tenant       corp;
        auth_tenant_path  "/here/{tenant}/{user}/";
        try_files         /none /acme/maksym/;
    }
    location = /part/acme/maksym {
        auth_tenant       corp;
        auth_tenant_path  "/part/{tenant}/{user}/";
        addition_types    *;
        add_before_body   /who/acme/maksym/;
        add_after_body    /who/acme/maria/;
        alias             DIR/page;
    }
    location /who/ {
        auth_tenant       corp;
        auth_tenant_path  "/who/{tenant}/{user}/";
        proxy_set_header  X-Who "<$auth_user>";
        proxy_pass        http://application;
    }
    location /any/ {
        satisfy           any;
        deny              all;
        auth_tenant       corp;
        auth_tenant_path  "/any/{tenant}/{user}/";
        empty_gif;
    }
    location /dry/ {
        auth_tenant          corp;
        auth_tenant_path     "/dry/{tenant}/{user}/";
        auth_tenant_dry_run  on;
        empty_gif;
    }
    location /cookie/ {
        auth_tenant         corp;
        auth_tenant_path    "/cookie/{tenant}/{user}/";
        auth_tenant_token   cookie:t bearer;
        auth_tenant_origin  https://app.example.com;
        empty_gif;
    }
END
    my $client = AuthTenant::Client->new($nginx);
    my $token = token('maksym');

    is($client->ask('/acme/maksym/', $token), '200 ok', 'a token');

    for my $round (1 .. 2) {
        note("round $round");
        is($client->ask('/redirect/acme/maksym/', $token), '403 wrong_user',
           "an internal redirect into another one's");
        is($client->ask('/error/acme/maksym/', $token), '403 wrong_user',
           "an error page that is another one's");
        is($client->ask('/here/acme/maksym/', $token), '200 ok',
           'an internal redirect into its own');

        my $page = AuthTenant::Client->new($nginx);
        $page->send('/part/acme/maksym', $token,
                    headers => ['Connection: close']);
        1 while $page->read(5);
        like($page->{in}, qr/<maksym>.*page/s, "a page, its user's part");
        unlike($page->{in}, qr/maria/, "and none of another one's");

        is($client->ask('/any/acme/maksym/', $token), '200 ok',
           '"satisfy any": its user');
        is($client->ask('/any/acme/maria/', $token), '403 wrong_user',
           'nobody else');
        is($client->ask('/dry/acme/maksym/', $token), '200 ok', 'a dry run');
        is($client->ask('/dry/acme/maria/', $token), '200 wrong_user',
           'which says what it would do');

        # one in a cookie needs an Origin, the same one in a header does not

        for (['bearer', 'POST', undef, '200 ok'],
             ['cookie', 'POST', undef, '403 bad_origin'],
             ['cookie', 'POST', 'Origin: https://evil.example.com',
              '403 bad_origin'],
             ['cookie', 'POST', 'Origin: https://app.example.com', '200 ok'],
             ['cookie', 'POST', undef, '403 bad_origin'])
        {
            my ($where, $method, $line, $want) = @$_;
            my $cookie = $where eq 'cookie';
            is($client->ask('/cookie/acme/maksym/', $cookie ? undef : $token,
                   method => $method, body => '',
                   headers => [$line // (), $cookie ? "Cookie: t=$token" : ()])
                   =~ s/^405 ok/200 ok/r,
               $want, "$method, $where, " . ($line // 'no Origin'));
        }
    }

    unlike(judged(), qr/verified.*verified/, 'it was verified once');
    is($nginx->stop, '', 'nothing alarming in its log');
};


subtest 'the zone' => sub {

    my @check = (http => $provider, server => <<'END');
    location / { auth_tenant corp; auth_tenant_path "/{tenant}/{user}/"; }
END
    my ($status, $text) = AuthTenant::Nginx::check(@check);
    is($status, 0, 'keys in a file: there is one') or diag $text;

    for (['512k', 0, qr/is successful/], ['256k', 1, qr/is too small, write/]) {
        my ($size, $want, $say) = @$_;
        ($status, $text) = AuthTenant::Nginx::check(@check,
            http => $provider . "auth_tenant_zone mine $size;");
        is($status, $want, $size);
        like($text, $say, 'which nginx -t says');
    }

    # what is in one of another size is not known

    my $nginx = start();
    my $token = token('maksym');
    AuthTenant::Client->new($nginx)->ask('/acme/maksym/', $token);

    ok(reload($nginx, sub { s/audience app;/audience app more;/ }),
       'another audience, which is not what is written last');
    judged();
    is(AuthTenant::Client->new($nginx)->ask('/acme/maksym/', $token),
       '200 ok', 'a token');
    like(judged(), qr/\bverified$/, 'is verified');

    for (['default', '', 'zone'], ['another one', 'auth_tenant_zone mine 512k;',
                                   'verified'])
    {
        my ($what, $line, $how) = @$_;
        ok(reload($nginx, sub { s/(auth_tenant_provider)/$line $1/ }), $what);
        judged();
        is(AuthTenant::Client->new($nginx)->ask('/acme/maksym/', $token),
           '200 ok', 'a token');
        is(judged() =~ s/.*, //r, $how, $how);
    }

    is($nginx->stop, '', 'nothing alarming in its log');
};

done_testing();

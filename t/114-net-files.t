#!/usr/bin/perl

# Files of a provider whose keys come from the network: what "nginx -t" says
# of paths that can't be right, and of those that the workers' user can't use.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Nginx;
use AuthTenant::Token qw(key);
use Test::More;

my $dir = AuthTenant::Nginx::dir();
my $root = $> == 0;

my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
my %nobody = (main => 'user nobody ' . getgrgid($gid) . ';');

sub said {
    my ($lines, %more) = @_;

    return AuthTenant::Nginx::check(http => <<"END", %more);
    auth_tenant_provider corp {
        issuer    "https://corp.example.com";
        audience  app;
        claims    user=sub;
        $lines
    }
END
}

sub directory {
    my ($name, $mode, @owner) = @_;

    mkdir "$dir/$name";
    chmod $mode, "$dir/$name";
    chown @owner, "$dir/$name" if @owner;
}

sub accepted {
    my ($lines, $name, %more) = @_;

    my ($status, $text) = said($lines, %more);
    is($status, 0, $name) or diag $text;
    return $text;
}

sub words { my $pattern = join '', @_; return qr/$pattern/m }


note('E19: "state_path" is that of a file');

directory('state', 0755);

for my $path ("$dir/state", "$dir/state/", "$dir/none/") {
    my ($status, $text) = said("state_path $path;");

    isnt($status, 0, "$path is refused");
    (my $file = "$path/corp.json") =~ s{//}{/};
    like($text, words(qr{\[emerg\].*"state_path" "\Q$path\E" of },
                      qr{"auth_tenant_provider" "corp" is a directory; },
                      qr{write the path of a file in it, },
                      qr{for example \Q$file\E in}),
         'and it is said what to write');
}

unlike(accepted('state_path DIR/state/corp.json;', 'a file of it'),
       qr/state_path/, 'is one that can be');


note('E19: in a directory where the workers can write it');

my $warn = qr{\[warn\].*"state_path" of provider "corp" in \S*/nginx.conf:\d+:};
my $me = getpwuid $>;

like(accepted('state_path DIR/none/corp.json;', 'no directory',
              $root ? %nobody : ()),
     words($warn, ' there is no directory "\S*/none", so that no keys would ',
           'be kept, make it: install -d -o ', $root ? 'nobody' : $me,
           ' -m 700 \S*/none$'), 'it is said how to make it');

SKIP: {
    skip 'needs root', 15 if !$root;

    like(accepted('state_path DIR/none/corp.json;', 'of root'),
         qr{install -d -o root -m 700 }, "for the workers' user");

    my $cant = qr{$warn the worker's user "nobody" can't};
    my $own = 'so that no keys would be kept, write a path in a directory of '
              . 'its own: install -d -o nobody -m 700';
    my $state = 'state_path DIR/state/corp.json;';

    like(accepted($state, "a directory of root's", %nobody),
         qr{$cant write to "\S*/state", $own \S*/state/keys$}m,
         'a directory below it is proposed');
    like(accepted('state_path /corp.json;', '/', %nobody),
         qr{$cant write to "/", $own /keys$}m, 'as below /');

    directory('state', 0755, $uid, $gid);
    unlike(accepted($state, 'of the workers', %nobody), qr/\[warn\]/, 'is good');

    directory('state', 0300, $uid, $gid);
    unlike(accepted($state, 'to write only', %nobody), qr/\[warn\]/, 'is, too');

    directory('state', 0600, $uid, $gid);
    like(accepted($state, 'not to enter', %nobody), qr{$cant write to}, 'is not');

    directory('state', 0777, 0, 0);
    directory('closed', 0700, 0, 0);
    directory('closed/state', 0777, 0, 0);
    like(accepted('state_path DIR/closed/state/corp.json;', 'behind another',
                  %nobody),
         qr{$cant enter the directory of "\S*/closed/state"}, 'is not');
}


note('A7.2: the CA is read by the workers at each fetch');

open my $fh, '>', "$dir/ca.pem" or die;
print $fh key('RS256')->certificate;
close $fh;

my $ca = 'ssl_trusted_certificate DIR/ca.pem;';

chmod 0644, "$dir/ca.pem";
unlike(accepted($ca, 'a CA', $root ? %nobody : ()), qr/\[warn\]/, 'is good');

SKIP: {
    skip 'needs root', 3 if !$root;

    chmod 0600, "$dir/ca.pem";
    like(accepted($ca, 'of root', %nobody),
         words(qr{\[warn\].*"ssl_trusted_certificate" of provider "corp" in },
               qr{\S*:\d+: the worker's user "nobody" can't read "\S*/ca.pem", },
               'so that no keys could be fetched, allow it with chmod or chgrp'),
         'is not');
    unlike(accepted($ca, 'where root reads it'), qr/\[warn\]/, 'it is');
}

done_testing();

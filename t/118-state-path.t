#!/usr/bin/perl

# A7.8: each provider writes its keys to files of its own.  "nginx -t" refuses
# two whose "state_path" can be that of one file.

use strict;
use warnings;

use lib 't/lib';

use AuthTenant::Nginx;
use AuthTenant::Token qw(key jwks);
use Test::More;

my $issuer = 'https://login.example.com/realms/';


sub provider {
    my ($name, $path, @more) = @_;

    my $realm = $path =~ /\{tenant}/ ? '{tenant}' : 'one';

    return <<"END";
    auth_tenant_provider $name {
        issuer "$issuer$realm"; audience app; claims user=sub;
        state_path "$path"; @more
    }
END
}


sub write_file {
    my ($path, $text) = @_;

    open my $to, '>', $path or die "$path: $!";
    print $to $text;
    close $to or die "$path: $!";
}


sub check {
    my (@providers) = @_;
    return AuthTenant::Nginx::check(http => join '', @providers);
}


# what can be one file

for (['DIR/a',                'DIR/a'],
     ['DIR/{tenant}',         'DIR/{tenant}'],
     ['DIR/{tenant}.json',    'DIR/one.json'],
     ['DIR/one.json',         'DIR/{tenant}.json'],
     ['DIR/{tenant}.json',    'DIR/old-{tenant}.json'],
     ['DIR/{tenant}-x.json',  'DIR/{tenant}.json'],
     ['DIR/a-{tenant}',       'DIR/{tenant}-b'])
{
    my ($one, $two) = @$_;

    my ($status, $said) = check(provider('corp', $one),
                                provider('partner', $two, 'ssl_verify off;'));

    isnt($status, 0, "$one and $two");
    my ($file) = $two =~ m{DIR(/.*)};
    like($said, qr/"state_path" "\S+\Q$file\E" of \S+ "partner" in \S+:\d+/,
         'which is said');
    like($said, qr/ can be a file of "corp".*; write a directory/,
         'and what to write');
}


# what can't

for (['DIR/a',                'DIR/b'],
     ['DIR/{tenant}.json',    'DIR/one/{tenant}.json'],
     ['DIR/{tenant}.json',    'DIR/one/two.json'],
     ['DIR/{tenant}.json',    'DIR/.json'],
     ['DIR/{tenant}.json',    'DIR/one.two.json'],
     ['DIR/{tenant}.json',    'DIR/one.jsn'],
     ['DIR/x{tenant}.json',   'DIR/one.json'],
     ['DIR/{tenant}',         'DIR/{tenant}.json'],
     ['DIR/a-{tenant}',       'DIR/b-{tenant}'],
     ['DIR/{tenant}-a',       'DIR/{tenant}-b'],
     ['DIR/a.{tenant}',       'DIR/{tenant}'])
{
    my ($one, $two) = @$_;

    my ($status, $said) = check(provider('corp', $one),
                                provider('partner', $two, 'ssl_verify off;'));

    is($status, 0, "$one and $two");
    like($said, qr/test is successful/, 'nothing is refused');
}


# of one issuer, fetched in the same way, they are the same keys

my ($status, $said) = check(provider('corp', 'DIR/one'),
                            provider('twin', 'DIR/one', 'leeway 10s;'));
is($status, 0, 'two of one issuer, with the same settings') or diag $said;

($status) = check(provider('corp', 'DIR/one'),
                  provider('twin', 'DIR/one', 'algorithms RS256;'));
isnt($status, 0, 'with others');

($status, $said) = check(provider('corp', 'DIR/one'), <<"END");
    auth_tenant_provider none {
        issuer "${issuer}two"; audience app; claims user=sub;
    }
    auth_tenant_provider neither {
        issuer "${issuer}three"; audience app; claims user=sub;
    }
END
is($status, 0, 'one of several has one');
like($said, qr/test is successful/, 'nothing is refused');


# A7.8: nor does anybody write what another one is to trust

my $dir = AuthTenant::Nginx::dir();     # that of nginx.conf is in it
mkdir "$dir/link";
write_file("$dir/keys.json", jwks(key('RS256')));
write_file("$dir/ca.pem", key('RS256')->certificate);
symlink "$dir/keys.json", "$dir/link/keys.json" or die $!;

sub trusting {
    my ($directive, $file) = @_;

    return <<"END";
    auth_tenant_provider trusting {
        issuer "${issuer}two"; audience app; claims user=sub;
        $directive $file;
    }
END
}

for (['jwks_file', "$dir/keys.json", 'keys.json'],
     ['jwks_file', '../keys.json', 'keys.json'],
     ['jwks_file', "$dir/keys.json", 'link/keys.json'],
     ['jwks_file', "$dir/keys.json", '{tenant}.json'],
     ['ssl_trusted_certificate', "$dir/ca.pem", 'ca.pem'])
{
    my ($directive, $file, $path) = @$_;
    my @both = (provider('corp', "$dir/$path"), trusting($directive, $file));

    for my $order ('first', 'last') {
        my ($status, $said) = check(@both);
        isnt($status, 0, "$path is the $directive of another, $order");
        like($said, qr/"state_path" "\S+\Q$path\E" of \S+ "corp" in \S+:\d+ /,
             'which is said');
        like($said, qr/can be the "$directive" of "trusting".*; write a dir/,
             'and what to write');
        @both = reverse @both;
    }
}

($status, $said) = check(provider('corp', "$dir/state.json"),
                         trusting('jwks_file', "$dir/keys.json"));
is($status, 0, 'another file of the same directory') or diag $said;


# other directives can be "off"

($status, $said) = check(provider('corp', 'off'));
isnt($status, 0, '"state_path off"');
like($said, qr/"state_path" of \S+ "corp" can't be "off"; leave it out/,
     'and what to do');

done_testing();

#!/usr/bin/perl

# "jwks_file" when the configuration is read: what can't be right is refused,
# what may not be meant is said.

use strict;
use warnings;

use lib 't/lib';
use AuthTenant::Nginx;
use AuthTenant::Token qw(key jwks sign);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

my $dir = AuthTenant::Nginx::dir();
my $key = key('RS256');

sub put {
    my ($file, $text) = @_;

    open my $fh, '>:raw', "$dir/$file" or die "$file: $!\n";
    print $fh $text;
    close $fh;
    chmod 0644, "$dir/$file";
}

sub provider {
    my ($file, @lines) = @_;

    return join "\n    ", 'auth_tenant_provider corp {',
        'issuer "https://corp.example.com";', 'audience app;',
        "jwks_file $file;", 'claims user=sub;', @lines, "}\n";
}

# nginx -t says yes or no, and nothing hangs it

sub conf {
    my ($file, $ok, $message, %more) = @_;

    my ($status, $text) = AuthTenant::Nginx::check(
        http => provider($file, @{ $more{lines} // [] }), %more);

    is($status == 0 ? 'accepted' : 'refused', $ok ? 'accepted' : 'refused',
       "$file is " . ($ok ? 'accepted' : 'refused'))
        or diag $text;

    if (defined $message) {
        like($text, $message, '... and nginx says why');
    } else {
        unlike($text, qr/jwks_file/, '... and nothing is to be said');
    }
}


put('good.json', jwks($key));
put('good.pem', $key->pem);
put('good.crt', $key->certificate);

conf("DIR/$_", 1) for qw(good.json good.pem good.crt);


my $name = qr/\[emerg\].*"jwks_file" of provider "corp": "\S*/;

conf('DIR/nowhere', 0,
     qr{$name/nowhere" can't be found, write the path.* \(2: No such file});
conf('DIR/good.json/x', 0, qr{$name/x" can't be found.*\(20: });
conf('DIR/.', 0, qr{$name" is not a regular file, write the path});

POSIX::mkfifo("$dir/fifo", 0666);
conf('DIR/fifo', 0, qr{$name/fifo" is not a regular file});
conf('/dev/null', 0, qr{$name/dev/null" is not a regular file});

put('empty', '');
conf('DIR/empty', 0, qr{$name/empty" .*, write a JWK Set, PEM});

put('garbage', '<html>');
conf('DIR/garbage', 0, qr{$name/garbage" .*, write a JWK Set, PEM});

put('none', '{"keys":[]}');
conf('DIR/none', 0, qr{$name/none" .*, write a JWK Set, PEM});

put('cut', substr jwks($key), 0, -1);
conf('DIR/cut', 0, qr{$name/cut" .*, write a JWK Set, PEM});


# the cap is exact

put('full', jwks($key) . ' ' x (262144 - length jwks($key)));
conf('DIR/full', 1);
put('over', jwks($key) . ' ' x (262145 - length jwks($key)));
conf('DIR/over', 0, qr{$name/over" is larger than 256k, leave only});


# relative to the configuration's directory, as nginx's other files

{
    my $nginx = AuthTenant::Nginx->start(http => provider('../good.json'));
    is($nginx->stop, '', 'a relative path');
}


# A4.8, A4.12: keys that can't be used are skipped, and it is said

put('some', jwks($key, key('ES256')->jwk(use => 'enc'),
                 key('ES384')->jwk(crv => 'P-111')));
my $counts = '1 usable keys, 2 are skipped, the first because of: \S';
conf('DIR/some', 1, qr{\[warn\].*/some" of provider "corp" has $counts});

put('leak', jwks($key, key('ES256')->jwk(d => 'AAAA')));
conf('DIR/leak', 1, qr{\[warn\].*/leak" of provider "corp" has 1 private});


# The master reads as root, the workers as their own user

SKIP: {
    skip 'needs root', 15 if $> != 0;

    my $group = getgrgid((getpwnam 'nobody')[3]);
    my %as = (main => "user nobody $group;");
    my $warn = qr{\[warn\].*"jwks_file" of provider "corp" in \S*/nginx.conf:}
               . qr{\d+: the worker's user "nobody" can't};

    conf('DIR/good.json', 1, undef, %as);

    put('secret.json', jwks($key));
    chmod 0600, "$dir/secret.json";
    conf('DIR/secret.json', 1, qr{$warn read "\S*/secret.json", so}, %as);
    conf('DIR/secret.json', 1, undef, main => 'user root;');

    # by owner and by group

    my (undef, undef, $uid, $gid) = getpwnam 'nobody';
    chown $uid, 0, "$dir/secret.json";
    conf('DIR/secret.json', 1, undef, %as);
    chmod 0060, "$dir/secret.json";
    conf('DIR/secret.json', 1, qr{$warn read}, %as);
    chown 0, $gid, "$dir/secret.json";
    conf('DIR/secret.json', 1, undef, %as);
    chmod 0606, "$dir/secret.json";
    conf('DIR/secret.json', 1, qr{$warn read}, %as);

    # through a directory, and where a link leads

    mkdir "$dir/closed";
    put('closed/keys', jwks($key));
    chmod 0700, "$dir/closed";
    symlink 'closed/keys', "$dir/link";
    conf('DIR/closed/keys', 1, qr{$warn enter the directory of}, %as);
    conf('DIR/link', 1, qr{$warn enter the directory of}, %as);
    chmod 0711, "$dir/closed";
    conf('DIR/link', 1, undef, %as);
}


# Two providers of one file share what is read; other algorithms are other
# keys

{
    my $one = provider('DIR/good.json');
    (my $two = $one) =~ s/corp/team/g;
    (my $three = $one) =~ s/corp/lone/g;
    $three =~ s/audience/algorithms RS256; audience/;

    my $nginx = AuthTenant::Nginx->start(http => "$one$two$three",
        server => join '', map { "location /$_/ { auth_tenant $_;
            auth_tenant_path \"/$_/{user}/\";
            auth_tenant_require sub is \"{user}\";
            add_header X-Result \$auth_result always; empty_gif; }" }
        qw(corp team lone));

    my $es = key('ES256');
    put('good.json', jwks($es, $key));
    sleep 3.6;

    my %result;
    for my $provider (qw(corp team lone)) {
        for my $k ($es, $key) {
            my $token = sign($k, { iss => "https://$provider.example.com",
                aud => 'app', sub => 'x', iat => time, exp => time + 60 });
            my (undef, $text) = $nginx->get("/$provider/x/",
                                            "Authorization: Bearer $token");
            push @{ $result{$provider} }, $text =~ /^X-Result: (\w+)/m;
        }
    }

    is_deeply(\%result, { corp => ['ok', 'ok'], team => ['ok', 'ok'],
                          lone => ['bad_algorithm', 'ok'] },
              'each provider has its keys');

    my @read = grep { /was read again/ } split /^/, $nginx->log;
    is(scalar @read, 2, 'the file was read once for each set of algorithms');
    is($nginx->stop, '', 'no alerts, no leaks');
}

done_testing();

#!/usr/bin/perl

# The addon's config: a missing library stops nginx's configure with one line
# that names the packages to install.  A compiler that can't find a header
# stands for a machine that lacks it.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

plan skip_all => 'once is enough'
    if ($ENV{AUTH_TENANT_NGINX} // 'dynamic') ne 'dynamic';

my $top = abs_path(dirname(__FILE__) . '/..');
my $tree = '/usr/share/nginx/src';
plan skip_all => 'nginx-dev is not installed' unless -x "$tree/configure";

my $dir = tempdir(CLEANUP => 1);

sub put {
    my ($file, $text) = @_;

    make_path(dirname($file));
    open my $fh, '>', $file or die "$file: $!";
    print $fh $text;
    close $fh;
    chmod 0755, $file;
}

sub configure {
    my (%opt) = @_;

    my $lacks = $opt{lacks} // 'no such header';
    put("$dir/cc", <<"END");
#!/bin/sh
for arg; do
    case "\$arg" in
        *autotest.c) ! grep -q '$lacks' "\$arg" || exit 1 ;;
        $opt{no_lib}) exit 1 ;;
    esac
done
exec gcc "\$@"
END

    # a whole configure takes seconds; where config stops it, the probes with
    # what they need of it are the same

    my $cmd = $opt{whole}
        ? "./configure --with-compat --builddir=$dir/objs"
          . " --without-http_rewrite_module --without-http_gzip_module"
          . " --with-cc=$dir/cc --$opt{whole}=$top"
          . ($opt{openssl} ? " --with-openssl=$opt{openssl}" : '')
        : "CC=$dir/cc CC_TEST_FLAGS=-I$dir/include NGX_AUTOTEST=$dir/autotest"
          . " NGX_AUTOCONF_ERR=$dir/autoconf.err ngx_addon_dir=$top;"
          . " . $top/config";
    $cmd = "cd $tree && $cmd >$dir/out 2>$dir/err";

    my $status = system('sh', '-c', $cmd) >> 8;

    open my $fh, '<', "$dir/err" or die;
    my @said = grep { /\S/ } <$fh>;
    return ($status, @said);
}

my %package = (
    'OpenSSL' => [qw(libssl-dev openssl-dev openssl-devel)],
    'jansson' => [qw(libjansson-dev jansson-dev jansson-devel)],
    'libcurl' => [qw(libcurl4-openssl-dev curl-dev libcurl-devel)],
);

sub refused {
    my ($library, $name, %opt) = @_;

    subtest $name => sub {
        my ($status, @said) = configure(no_lib => '-lnone', %opt);
        is($status, 1, 'configure fails');
        is(@said, 1, 'it says one line') or diag(@said);
        like($said[0], qr/nginx-auth-tenant needs .*$library/, $library);
        like($said[0], qr/\b\Q$_\E /, "$_ is the package to install")
            for @{ $package{$library} };
    };
}

refused('OpenSSL', 'no OpenSSL header', lacks => 'openssl/evp.h');
refused('jansson', 'no jansson header', lacks => 'jansson.h');
refused('libcurl', 'no libcurl header', lacks => 'curl/curl.h');
refused('libcurl', 'no libcurl header, a whole configure',
        lacks => 'curl/curl.h', whole => 'add-dynamic-module');
refused('OpenSSL', 'no libcrypto to link', no_lib => '-lcrypto');
refused('jansson', 'no jansson to link', no_lib => '-ljansson');
refused('libcurl', 'no libcurl to link', no_lib => '-lcurl');

put("$dir/include/jansson.h", <<'END');
#include_next <jansson.h>
#undef  JANSSON_VERSION_HEX
#define JANSSON_VERSION_HEX  0x020a00
END
refused('jansson', 'jansson 2.10');
unlink "$dir/include/jansson.h";

put("$dir/include/openssl/opensslv.h", <<'END');
#include_next <openssl/opensslv.h>
#undef  OPENSSL_VERSION_NUMBER
#define OPENSSL_VERSION_NUMBER  0x1010009fL
END
refused('OpenSSL', 'OpenSSL 1.1.0');
unlink "$dir/include/openssl/opensslv.h";

put("$dir/include/curl/curl.h", <<'END');
#include_next <curl/curl.h>
#undef  LIBCURL_VERSION_NUM
#define LIBCURL_VERSION_NUM  0x075600
END
refused('libcurl', 'libcurl 7.86.0');
unlink "$dir/include/curl/curl.h";


# with everything there

for my $add (qw(add-dynamic-module add-module)) {
    subtest "--$add" => sub {
        my ($status, @said) = configure(whole => $add, no_lib => '-lnone');
        is($status, 0, 'configure succeeds') or diag(@said);

        open my $fh, '<', "$dir/objs/Makefile" or die;
        my $makefile = do { local $/; <$fh> };
        my @sources = glob "$top/src/*.c $top/src/core/*.c";
        is((grep { index($makefile, "\t$_\n") < 0
                   && $makefile !~ /\s\Q$_\E\s/ } @sources), 0,
           'every source is compiled');
        like($makefile, qr/-ljansson/, 'jansson is linked');
        like($makefile, qr/-lcurl/, 'so is libcurl');
        is($makefile =~ /-z,nodelete/ ? 1 : 0, $add =~ /dynamic/ ? 1 : 0,
           'a module that is loaded stays: it has threads');
        like($makefile, qr/-lcrypto/, "the system's OpenSSL is");
    };
}


# --with-openssl=DIR: nginx builds this OpenSSL and links it statically

subtest '--add-module --with-openssl' => sub {
    my ($status, @said) = configure(whole => 'add-module',
                                    openssl => "$dir/openssl",
                                    lacks => 'openssl/evp.h',
                                    no_lib => '-lcrypto');
    is($status, 0, "the system's OpenSSL is not asked for") or diag(@said);

    open my $fh, '<', "$dir/objs/Makefile" or die;
    my $makefile = do { local $/; <$fh> };
    ok(index($makefile, "$dir/openssl/.openssl/lib/libcrypto.a") > 0,
       'its libcrypto is linked');
    is(index($makefile, '-lcrypto'), -1, "the system's is not");
};

subtest '--add-dynamic-module --with-openssl' => sub {
    my ($status, @said) = configure(whole => 'add-dynamic-module',
                                    openssl => "$dir/openssl",
                                    no_lib => '-lcrypto');
    is($status, 1, "the module needs the system's") or diag(@said);
};

done_testing();

# What the documentation shows is a configuration that nginx takes: every
# example, and every snippet of README.md and docs/, in the context that its
# fence names (```nginx http|provider|network|server|location; "network": a
# provider without "jwks_file"; without one, a whole file).

use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Temp ();
use Test::More;

use lib 't/lib';
use AuthTenant::Token qw(key jwks);

my $top = Cwd::abs_path(dirname(__FILE__) . '/..');
my $variant = $ENV{AUTH_TENANT_NGINX} // 'dynamic';
my $build = $ENV{BUILD} // "$top/build";
my $module = "$build/dynamic/ngx_http_auth_tenant_module.so";

$ENV{PATH} .= ':/usr/sbin';
my $nginx = $variant eq 'dynamic' ? 'nginx' : "$build/$variant/nginx";
my $load = $variant eq 'dynamic' ? "load_module $module;\n" : '';

my $dir = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $dir;
mkdir "$dir/$_" for qw(keys logs);
write_file("$dir/keys/$_.json", jwks(key('RS256')))
    for qw(corp platform acme);
write_file("$dir/keys/globex.pem", key('RS256')->pem);
write_file("$dir/keys/corp-ca.pem", key('RS256')->certificate);
write_file("$dir/platform.jwks", jwks(key('RS256')));
copy("$top/conf-examples/auth_tenant_proxy.conf", $dir) or die;

# a whole file, as an example is

for my $file (glob("$top/conf-examples/*.conf"),
              glob("$top/conf-examples/*/nginx.conf"))
{
    (my $name = $file) =~ s{^\Q$top\E/}{};
    next if $name =~ m{auth_tenant_proxy|quickstart};  # run on their own

    accepted(read_file($file), $name);
}

# the quick start's, with what util/quickstart makes

copy("$top/conf-examples/quickstart/page.conf", $dir) or die;
write_file("$dir/keys.json", jwks(key('RS256')));
write_file("$dir/tokens.conf", 'map $sign_in $token { maksym "x"; }');
accepted(read_file("$top/conf-examples/quickstart/nginx.conf"),
         'conf-examples/quickstart/nginx.conf');

# snippets

my $corp = <<'END';
auth_tenant_provider corp {
    issuer     "https://login.example.com/realms/platform";
    audience   platform;
    claims     user=name tenant=current_tenant modules=permissions;
    jwks_file  keys/corp.json;
}
END

my %default = (
    issuer => '"https://login.example.com"',
    audience => 'platform',
    claims => 'user=sub tenant=tenant modules=permissions',
    jwks_file => 'keys/corp.json',
);

for my $file ("$top/README.md", glob("$top/docs/*.md")) {
    next unless -f $file;

    my $text = read_file($file);
    (my $name = $file) =~ s{^\Q$top\E/}{};
    my $n = 0;

    while ($text =~ /^```nginx[ ]*(\w*)\n(.*?)^```/gms) {
        my ($context, $snippet) = ($1, $2);
        $n++;

        # a directory that exists, instead of the reader's

        $snippet =~ s{/etc/nginx/}{}g;
        accepted(wrap($context, $snippet), "$name, snippet $n ($context)");
    }
}

done_testing();


sub wrap {
    my ($context, $snippet) = @_;

    return $snippet if $context eq '';

    my $http = "resolver 127.0.0.1;\n"
        . 'geo $public { default 0; }'
        . ' map $host $tenant_of_host { default ""; }'
        . ' map $auth_upstream $instance { "" 127.0.0.1:1; }' . "\n";

    if ($context eq 'http') {
        $http .= $snippet;

    } elsif ($context =~ /^(?:provider|network)$/) {
        $snippet .= "# jwks_file\n" if $context eq 'network';
        $http .= "auth_tenant_provider corp {\n$snippet"
            . join('', map { "$_ $default{$_};\n" }
                       grep { $snippet !~ /^(?:\s*|# )$_\s/m } sort keys %default)
            . "}\n";

    } elsif ($context eq 'server') {
        $http .= "$corp server {\nlisten 127.0.0.1:1;\n$snippet}\n";

    } elsif ($context eq 'location') {
        my $match = '';
        for (['module', 'jupyter'], ['tenant', '$host'], ['user', '$host']) {
            $match .= "auth_tenant_match @$_;\n"
                unless $snippet =~ /auth_tenant_match\s+$_->[0]/
                       || $_->[0] eq 'user' && $snippet =~ /_path/;
        }

        $http .= "$corp server {\nlisten 127.0.0.1:1;\n"
            . "location / {\nauth_tenant corp;\n$match$snippet}\n}\n";

    } else {
        die "unknown context \"$context\"\n";
    }

    return "events {}\nhttp {\n$http}\n";
}


sub accepted {
    my ($text, $name) = @_;

    $text =~ s/^load_module .*ngx_http_auth_tenant_module.*\n//m;
    $text =~ s{/etc/nginx/}{}g;
    $text =~ s/^(\s*)(?:pid|error_log|access_log)\s[^;]*;/$1/gm;

    # ports are other people's

    $text =~ s/(listen\s+)(\d+)/${1}unix:$dir\/$2.sock/g;

    write_file("$dir/test.conf", $load . "pid $dir/pid;\n" . $text);

    my $out = `$nginx -t -p $dir -c $dir/test.conf -e stderr 2>&1`;

    ok($? == 0, "$name is accepted") or diag($out);
}


sub read_file {
    my ($file) = @_;

    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    return <$fh>;
}


sub write_file {
    my ($file, $text) = @_;

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
}

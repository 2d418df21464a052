#!/usr/bin/perl

# "nginx -t" over a whole configuration, as an operator has it.

use lib 't/lib';
use AuthTenant;

my $files = $ENV{TEST_NGINX_FILES};
my $top = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/..');

my $load = $ENV{TEST_NGINX_LOAD_MODULES}
           ? "load_module $ENV{TEST_NGINX_LOAD_MODULES};" : '';
my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';

sub nginx_t {
    my ($http) = @_;

    file('nginx.conf', <<~"END");
        $load
        error_log stderr;
        pid $files/nginx.pid;
        events {}
        http {
            access_log off;
            $http
        }
        END

    my $said = `$nginx -t -p $files/ -c $files/nginx.conf 2>&1`;
    return ($?, $said);
}


plan_tests();

File::Path::make_path("$files/logs");

chmod 0755, $files;
chmod 0644, file('platform.json', jwks(key('RS256')));

file('auth_tenant_proxy.conf', do {
    open my $fh, '<', "$top/conf-examples/auth_tenant_proxy.conf" or die $!;
    local $/;
    <$fh>;
});

# the README's configuration for any number of tenants, modules and users

my $all = <<'END';
    auth_tenant_provider corp {
        issuer     "https://login.example.com/realms/platform";
        audience   platform;
        claims     user=name tenant=current_tenant modules=permissions;
        jwks_file  platform.json;
    }

    resolver  10.96.0.10 valid=5s;

    server {
        listen 80;
        server_name *.example.com;

        auth_tenant        corp;
        auth_tenant_host   "{module}.{tenant}.example.com";

        location / {
            auth_tenant_path      "/{user}/";
            auth_tenant_upstream  "{module}--{user:slug}.{tenant}.svc.cluster.local:8888";
            proxy_pass            http://$auth_upstream;
            proxy_set_header      X-User-Id $auth_user;
            include               auth_tenant_proxy.conf;
        }
        location = /healthz { auth_tenant off; return 200; }
    }
END

my ($status, $said) = nginx_t($all);

Test::More::is($status, 0, 'the configuration for all users loads')
    or Test::More::diag($said);
Test::More::like($said, qr/"claims" user=name is a display name/,
                 'with a warning of what people may edit');
Test::More::unlike($said, qr/\[warn\](?!.*"claims" user=name)/,
                   'and no other');

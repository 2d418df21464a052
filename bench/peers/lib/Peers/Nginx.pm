package Peers::Nginx;

# The contestants that run in nginx.  All of them take tenant, module and user
# from the request in the same way, select the same upstream by them, send the
# same headers there and leave the token out; only who says that the user may
# differs.

use strict;
use warnings;

use Peers::Tokens ();

our ($top, $build);


# what a function here gets: machine, tokens, backend (a port), algs; command,
# if another nginx is to run, in one process and with the module in it.  For
# "bare" and "ours" also: name, if there are several; workers; zone, its size;
# events, text for that block; all_users, if anybody may come: then all use one
# upstream, and the one that they select is a header.

sub bare
{
    my ($o) = @_;

    return { root => nginx($o, $o->{name} // 'bare',
                           server => [ server($o, '$who') ]) };
}


# no capture, no variable in proxy_pass: what nothing can be cheaper than

sub plain
{
    my ($o) = @_;

    return { root => nginx($o, 'plain', server => [ {
        listen => 'main', name => '_', location => '/',
        text => proxy('http://backend', $Peers::Tokens::USER) } ]) };
}


sub ours
{
    my ($o) = @_;

    return { root => nginx($o, $o->{name} // 'ours',
        main => $o->{command} ? ''
                : "load_module $build/dynamic/ngx_http_auth_tenant_module.so;",
        http => ($o->{zone} ? "
    auth_tenant_zone verified $o->{zone};" : '') . '
    auth_tenant_provider corp {
        issuer     "' . $Peers::Tokens::ISSUER . '";
        audience   ' . $Peers::Tokens::AUDIENCE . ';
        claims     user=sub tenant=tenant modules=modules;
        jwks_file  keys.json;
    }',
        server => [ {
            listen => 'main', name => '_', location => '/',
            server => '
        auth_tenant       corp;
        auth_tenant_host  "{module}.{tenant}.example.com";
        auth_tenant_token_max_size 16k;',
            text => '
            auth_tenant_path      "/{user}/";
            auth_tenant_upstream  "{module}--{user:slug}.{tenant}.svc";'
                . to($o, '$auth_upstream', '$auth_user') } ]) };
}


# another nginx, that knows each token by heart: what asking costs, and no more

sub auth_request
{
    my ($o) = @_;

    my $known = join "\n", map { qq(        "Bearer $_" 204;) }
                           grep { length() <= 4000 } @{ $o->{all} };
    my $port = $o->{machine}->port;

    my $service = nginx($o, 'knows', port => { main => $port }, http => "
    map_hash_max_size 100000;
    map_hash_bucket_size 32768;
    map \$http_authorization \$known {
        default 401;
$known
    }", server => [ { listen => 'main', name => '_', location => '/',
        server => '
        if ($known = 401) { return 401; }
        add_header X-User ' . $Peers::Tokens::USER . ';',
        text => '            return 204;' } ]);

    return {
        root => ask($o, 'auth_request', $port, '/', 'x_user'),
        service => $service,
    };
}


# an nginx that asks PORT about each request; HEADER of the answer is the user

sub ask
{
    my ($o, $name, $port, $path, $header) = @_;

    return nginx($o, $name,
        http => "
    upstream service {
        server 127.0.0.1:$port;
        keepalive 64;
        keepalive_requests 1000000000;
    }",
        server => [ {
            %{ server($o, '$user') },
            server => "
        location = /_auth {
            internal;
            proxy_pass               http://service$path;
            proxy_http_version       1.1;
            proxy_set_header         Connection '';
            proxy_set_header         Content-Length '';
            proxy_pass_request_body  off;
        }",
            before => "
            auth_request      /_auth;
            auth_request_set  \$user \$upstream_http_$header;" } ]);
}


# one algorithm and one key for a location

sub teslagov
{
    my ($o) = @_;

    return { root => nginx($o, 'teslagov', sid => 1,
        main => "load_module "
                . "$build/bench/sid/usr/lib/nginx/modules/"
                . "ngx_http_auth_jwt_module.so;",
        server => [ map { {
            %{ server($o, '$jwt_claim_sub') },
            listen => $_,
            before => "
            auth_jwt_enabled             on;
            auth_jwt_redirect            off;
            auth_jwt_location            HEADER=Authorization;
            auth_jwt_algorithm           $_;
            auth_jwt_use_keyfile         on;
            auth_jwt_keyfile_path        " . pem($o, $_) . ";
            auth_jwt_extract_var_claims  sub;" } } @{ $o->{algs} } ]) };
}


sub sid_bare
{
    my ($o) = @_;

    return { root => nginx($o, 'sid_bare', sid => 1,
                           server => [ server($o, '$who') ]) };
}


# A handler in JavaScript that waits for WebCrypto can't be an access check of
# its own in this version: it answers auth_request, within the same worker.

sub njs
{
    my ($o) = @_;

    return { root => nginx($o, 'njs',
        main => module('ngx_http_js_module'),
        http => "
    js_path    $top/bench/peers;
    js_import  jwt from jwt.js;
    js_var     \$jwt_user;
    js_var     \$jwt_key;",
        server => [ map { {
            %{ server($o, '$jwt_user') },
            listen => $_,
            server => '
        set $jwt_key "' . der($o, $_) . '";
        location = /_auth { internal; js_content jwt.check; }',
            before => '
            auth_request /_auth;' } } @{ $o->{algs} } ]) };
}


sub lua { script_lua($_[0], 'lua', '') }


sub lua_cached
{
    return script_lua($_[0], 'lua_cached', 'lua_shared_dict tokens 64m;');
}


sub script_lua
{
    my ($o, $name, $cache) = @_;

    my $root = "$build/bench/script";
    my $keys = join ', ', map { "['k-$_'] = '" . pem($o, $_) . "'" }
                              @{ $o->{algs} };

    return { root => nginx($o, $name,
        main => module('ndk_http_module', 'ngx_http_lua_module'),
        env => { LD_LIBRARY_PATH => join ':',
                 grep { -d } glob "$root/usr/lib/*-linux-gnu*" },
        http => "
    $cache
    lua_package_path   '$top/bench/peers/?.lua;$root/usr/share/lua/5.1/?.lua;;';
    lua_package_cpath  '"
        . join(';', map { "$_/?.so" } glob "$root/usr/lib/*/lua/5.1") . ";;';
    init_by_lua_block {
        require('jwt').init({ $keys }, '$Peers::Tokens::ISSUER',
                            '$Peers::Tokens::AUDIENCE')
    }",
        server => [ {
            %{ server($o, '$user') },
            before => "
            set \$user '';
            access_by_lua_block { require('jwt').access() }" } ]) };
}


# --- configuration

sub module
{
    my (@names) = @_;

    return join "\n", map {
        "load_module $build/bench/script/usr/lib/nginx/modules/$_.so;"
    } @names;
}


sub pem
{
    my ($o, $alg) = @_;

    return $o->{machine}->file("$alg.pem", $o->{tokens}->key($alg)->pem);
}


sub der
{
    my ($o, $alg) = @_;

    my $pem = $o->{tokens}->key($alg)->pem;
    $pem =~ s/^-.*\n//mg;
    $pem =~ s/\s//g;

    return $pem;
}


sub proxy
{
    my ($to, $user) = @_;

    return "
            proxy_pass          $to;
            proxy_http_version  1.1;
            proxy_set_header    Connection '';
            proxy_set_header    Host \$http_host;
            proxy_set_header    Authorization '';
            proxy_set_header    X-User-Id $user;
            proxy_ignore_headers X-Accel-Redirect;
";
}


sub server
{
    my ($o, $user) = @_;

    return {
        listen => 'main',
        name => '~^(?<module>[a-z0-9-]+)\.(?<tenant>[a-z0-9-]+)'
                . '\.example\.com$',
        location => '~ ^/(?<who>[^/]+)/',
        text => to($o, '$module--$who.$tenant.svc', $user),
    };
}


sub to
{
    my ($o, $upstream, $user) = @_;

    return proxy("http://$upstream", $user) unless $o->{all_users};

    return proxy('http://backend', $user) . "
            proxy_set_header    X-Upstream $upstream;
";
}


sub instance { "jupyter--$_[0].acme.svc" }


# nginx(WHAT, NAME, main, http => TEXT, server => [...], port, env, sid)

sub nginx
{
    my ($o, $name, %c) = @_;

    my $machine = $o->{machine};
    my $ports = $c{port} // ($o->{ports}{$name} = {});
    my $servers = '';

    for my $s (@{ $c{server} }) {
        my $port = $ports->{ $s->{listen} } //= $machine->port;
        $servers .= "
    server {
        listen       127.0.0.1:$port;
        server_name  " . ($s->{name} eq '_' ? '_' : qq("$s->{name}")) . ";
" . ($s->{server} // '') . "
        location $s->{location} {" . ($s->{before} // '') . "$s->{text}
        }
    }
";
    }

    my $upstreams = join '', map { "
    upstream $_ {
        server              127.0.0.1:$o->{backend};
        keepalive           64;
        keepalive_requests  1000000000;
    }" } 'backend', instance($Peers::Tokens::USER), instance('eve');

    my $user = $> == 0 ? 'user root;' : '';
    mkdir $machine->path('temp');
    $machine->file('keys.json', $o->{tokens}->jwks);

    my $conf = $machine->file("$name.conf", ($c{main} // '') . "
daemon off;
" . ($o->{command} ? 'master_process off;'
                   : "worker_processes " . ($o->{workers} // 1) . ';') . "
$user
pid $name.pid;
error_log $name.error crit;
events { worker_connections 2048; " . ($o->{events} // '') . " }

http {
    access_log off;
    keepalive_requests 1000000000;
    large_client_header_buffers 4 32k;
    client_body_temp_path temp/$name.1;
    proxy_temp_path temp/$name.2;
    fastcgi_temp_path temp/$name.3;
    uwsgi_temp_path temp/$name.4;
    scgi_temp_path temp/$name.5;
$upstreams
" . ($c{http} // '') . "
$servers
}
");

    my @nginx = @{ $o->{command} // ['nginx'] };

    if ($c{sid}) {
        my $root = "$build/bench/sid";
        my ($loader) = glob "$root/usr/lib*/*/ld-linux*.so.*";
        my ($lib) = $loader =~ m{^(.*)/};
        @nginx = ($loader, '--library-path', $lib, "$root/usr/sbin/nginx");
    }

    return $machine->start($name, (values %$ports)[0], $c{env} // {}, @nginx,
                           '-p', $machine->path(''), '-c', $conf,
                           '-e', $machine->path("$name.error"));
}


1;

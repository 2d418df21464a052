#!/bin/sh
#
# Two things of a running nginx, from one worker's own accounts (user and
# system time from /proc/PID/schedstat, memory from /proc/PID/status):
#
#   - CPU per request of a location that is "off", as a ratio to the same
#     location of an nginx that has not loaded the module; rounds in turns,
#     the median of the rounds' ratios
#   - memory of a worker that verifies every token, over REQUESTS requests
#     (1000000): what the second half adds
#
# Load goes to loopback only and stops by itself.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
module=$build/dynamic/ngx_http_auth_tenant_module.so
requests=${REQUESTS:-1000000}
rounds=${ROUNDS:-9}
nginx=$(PATH=$PATH:/usr/sbin command -v nginx)
dir=$(mktemp -d)
chmod 755 "$dir"

. "$top/util/apt.sh"
command -v wrk > /dev/null || apt_own install -q -y wrk > /dev/null

stop()
{
    for n in bare ours; do
        [ -s "$dir/$n.pid" ] && kill "$(cat "$dir/$n.pid")" || true
    done
    sleep 0.5
    rm -rf "$dir"
}

trap stop EXIT

port()
{
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
        LocalAddr => "127.0.0.1", Listen => 1)->sockport'
}

mint() { "$top/util/mint" --keys "$dir/keys" "$@"; }

# start NAME LOAD HTTP SERVER

start()
{
    eval "$1_port=\$(port)"
    eval "p=\$$1_port"

    cat > "$dir/$1.conf" << END
$2
worker_processes 1;
pid $1.pid;
error_log $1.log crit;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path temp;
    proxy_temp_path temp;
    fastcgi_temp_path temp;
    uwsgi_temp_path temp;
    scgi_temp_path temp;
    keepalive_requests 100000000;
    $3
    server {
        listen 127.0.0.1:$p;
        $4
        location /off { $5 empty_gif; }
    }
}
END
    "$nginx" -p "$dir" -c "$dir/$1.conf" -e "$dir/$1.log"

    until w=$(pgrep -P "$(cat "$dir/$1.pid")"); do sleep 0.1; done
    eval "$1_worker=\$w"
}

mkdir "$dir/temp"
mint jwks > "$dir/keys.json"

start bare '' '' '' ''
start ours "load_module $module;" '
    auth_tenant_provider corp {
        issuer "https://login.example.com"; audience platform;
        claims user=sub tenant=tenant modules=permissions;
        jwks_file keys.json;
    }' '
        auth_tenant corp;
        auth_tenant_host "{module}.{tenant}.example.com";
        location / { auth_tenant_path "/{user}/"; empty_gif; }
    ' 'auth_tenant off;'

token=$(mint token iss=https://login.example.com aud=platform sub=maksym \
        tenant=acme permissions='["jupyter"]' exp=+86400)

cpu() { awk '{ print $1 }' "/proc/$1/schedstat"; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# load PORT PATH SECONDS: prints the requests answered

load()
{
    wrk -t 1 -c 8 -d "$3" -H 'Host: jupyter.acme.example.com' \
        -H "Authorization: Bearer $token" "http://127.0.0.1:$1$2" \
    | awk '/requests in/ { print $1 } /Non-2xx/ { print "bad:", $0 > "/dev/stderr" }'
}

# cost NAME: nanoseconds of the worker per request

cost()
{
    eval "w=\$$1_worker p=\$$1_port"
    before=$(cpu "$w")
    n=$(load "$p" /off 1s)
    after=$(cpu "$w")
    echo $(( (after - before) / n ))
}

load "$bare_port" /off 1s > /dev/null
load "$ours_port" /off 1s > /dev/null

i=0
while [ $i -lt "$rounds" ]; do
    echo "$(cost bare) $(cost ours)"
    i=$((i + 1))
done > "$dir/rounds"

awk '{ print $2 / $1 }' "$dir/rounds" | sort -n \
| awk -v n="$rounds" 'NR == int(n / 2) + 1 {
    printf "off, CPU of the worker: %.3f x without the module\n", $1 }'

# memory: half the requests, a look, the other half, a look

half=$((requests / 2))
hit=0

until_half()
{
    hit=0
    while [ "$hit" -lt "$half" ]; do
        hit=$((hit + $(load "$ours_port" /maksym/ 5s)))
    done
}

until_half
first=$(memory "$ours_worker")
until_half
second=$(memory "$ours_worker")

echo "memory of the worker after $half verified tokens: $first kB," \
     "after twice as many: $second kB"

[ $((second - first)) -le 256 ]

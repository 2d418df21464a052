#!/bin/sh
#
# Two things of a running nginx, from one worker's own accounts (user and
# system time from /proc/PID/schedstat, memory from /proc/PID/status):
#
#   - CPU per request of a location that is "off", as a ratio to the same
#     location of an nginx that has not loaded the module; rounds in turns,
#     the median of the rounds' ratios
#   - memory of a worker that verifies a token with each request, over REQUESTS
#     of them (1000000): what the second half adds.  TOKENS (8192) take turns,
#     after as many others for which the process has room, so that none is
#     known any longer when it is its turn again; nginx's debug log shows that,
#     in requests of their own
#
# Load goes to loopback only, stops by itself, and knows the right answers: a
# wrong one ends it all.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
module=$build/dynamic/ngx_http_auth_tenant_module.so
requests=${REQUESTS:-1000000}
tokens=${TOKENS:-8192}
rounds=${ROUNDS:-9}
nginx=$(PATH=$PATH:/usr/sbin command -v nginx)
dir=$(mktemp -d)
chmod 755 "$dir"

stop()
{
    for n in bare ours; do
        if [ -s "$dir/$n.pid" ]; then
            kill "$(cat "$dir/$n.pid")"
        fi
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

# start NAME LOAD HTTP SERVER OFF: sets NAME_port, NAME_worker

ours_port=
ours_worker=

start()
{
    eval "$1_port=\$(port)"
    eval "p=\$$1_port"

    cat > "$dir/$1.conf" << END
$2
worker_processes 1;
pid $1.pid;
error_log $1.log crit;
events { worker_connections 512; debug_connection 127.0.0.2; }
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
key=$("$top/util/mint" --keys "$dir/keys" key RS256/one)
"$top/util/mint" --keys "$dir/keys" jwks RS256/one > "$dir/keys.json"

mint()
{
    file=$1
    shift

    "$build/bench/mint" -j "$(nproc)" -l "$tokens" "$@" RS256 "$key" one \
        https://login.example.com platform 900 "$tokens" "$dir/$file"
}

mint tokens
mint others -f 10000000
awk -F '\t' -v OFS='\t' '{ $4 = "-"; $6 = "/off"; print; exit }' \
    "$dir/tokens.0" > "$dir/off"

start bare '' '' '' ''

# shellcheck disable=SC2016 # nginx's variable
start ours "load_module $module;" '
    auth_tenant_zone verified 512k;
    auth_tenant_provider corp {
        issuer "https://login.example.com"; audience platform;
        claims user=sub tenant=tenant modules=modules;
        jwks_file keys.json;
    }' '
        auth_tenant corp;
        auth_tenant_host "{module}.{tenant}.example.com";
        location / {
            auth_tenant_path "/{user}/";
            add_header X-User-Id $auth_user;
            empty_gif;
        }
    ' 'auth_tenant off;'

cpu() { awk '{ print $1 }' "/proc/$1/schedstat"; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# load PORT FILE OPTION...: prints the requests answered

load()
{
    p=$1
    file=$2
    shift 2

    said=$("$build/bench/load" -p "$p" -c 8 -r 1e9 "$@" "$file")

    case $said in
        *'"wrong":0,"lost":0,'*) ;;
        *) echo "bench/nginx.sh: wrong answers: $said" >&2; return 1 ;;
    esac

    echo "$said" | sed 's/.*"sent":\([0-9]*\),.*/\1/'
}

# cost NAME: nanoseconds of the worker per request

cost()
{
    eval "w=\$$1_worker p=\$$1_port"
    before=$(cpu "$w")
    n=$(load "$p" "$dir/off" -t 1)
    after=$(cpu "$w")
    echo $(( (after - before) / n ))
}

cost bare > /dev/null
cost ours > /dev/null

i=0
while [ $i -lt "$rounds" ]; do
    bare=$(cost bare)
    ours=$(cost ours)
    echo "$bare $ours"
    i=$((i + 1))
done > "$dir/rounds"

awk '{ print $2 / $1 }' "$dir/rounds" | sort -n \
| awk -v n="$rounds" 'NR == int(n / 2) + 1 {
    printf "off, CPU of the worker: %.3f x without the module\n", $1 }'

# half the requests, a look, the other half, a look; in whole turns of all the
# tokens, so that the first ones are those that were asked longest ago

half=$((requests / 2 / tokens * tokens))
[ "$half" -gt 0 ] || half=$tokens

load "$ours_port" "$dir/others.0" -n "$tokens" > /dev/null
load "$ours_port" "$dir/tokens.0" -n "$half" > /dev/null
first=$(memory "$ours_worker")
load "$ours_port" "$dir/tokens.0" -n "$half" > /dev/null
second=$(memory "$ours_worker")

load "$ours_port" "$dir/tokens.0" -n 200 -a 127.0.0.2 > /dev/null
verified=$(grep -c 'auth tenant token: verified' "$dir/ours.log" || true)

echo "memory of the worker after $half requests: $first kB," \
     "after twice as many: $second kB; $verified of 200 tokens were verified"

[ "$verified" -ge 190 ] && [ $((second - first)) -le 256 ]

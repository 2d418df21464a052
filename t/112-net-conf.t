#!/usr/bin/perl

# What "nginx -t" says of providers whose keys come from the network: how they
# are reached, and what can't be meant.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Conf;

plan_tests();
run_tests();

__DATA__

=== TEST 1: by discovery
--- provider
no jwks_file
--- loads



=== TEST 2: everything at once
--- user_files eval
use AuthTenant::Token qw(key); ">>> ca.pem\n" . key('RS256')->certificate
--- http: auth_tenant_zone tenants 1m;
--- provider
no jwks_file
jwks_uri "https://www.example.com/oauth2/certs"
refresh 5m
cooldown 30s
stale 0
state_path state.json
connect_timeout 1s
read_timeout 3s
ssl_trusted_certificate ../html/ca.pem
ssl_verify off
proxy http://proxy.example.com:3128
allow_http off
--- loads



=== TEST 3: A7.2: keys over http from elsewhere
--- provider
no jwks_file
issuer "http://login.example.com/realms/platform"
--- refused
"issuer" "http://login.example.com/realms/platform" of "auth_tenant_provider" "corp" is not https: whoever stands between could give you keys of their own; write https://, or "allow_http on"



=== TEST 4: A7.2: said aloud
--- provider
no jwks_file
issuer "http://login.example.com/realms/platform"
allow_http on
--- loads



=== TEST 5: over http from this very host
--- provider
no jwks_file
issuer "http://127.0.0.1:8081/realms/platform"
--- loads



=== TEST 6: A7.2: a "jwks_uri" over http
--- provider
no jwks_file
jwks_uri http://www.example.com/certs
--- refused
"jwks_uri" "http://www.example.com/certs" of "auth_tenant_provider" "corp" is not https



=== TEST 7: an issuer that is no URL can't be asked
--- provider
no jwks_file
issuer accounts.example.com
--- refused
"issuer" "accounts.example.com" of "auth_tenant_provider" "corp"



=== TEST 8: with "jwks_uri" it may be any name
--- provider
no jwks_file
issuer accounts.example.com
jwks_uri "https://www.example.com/oauth2/certs"
--- loads



=== TEST 9: a "jwks_uri" that is no URL
--- provider
no jwks_file
jwks_uri www.example.com/certs
--- refused
"jwks_uri" "www.example.com/certs" of "auth_tenant_provider" "corp"



=== TEST 10: B2.7: a realm for each tenant
--- provider
no jwks_file
issuer "https://login.example.com/realms/{tenant}"
claims user=sub
--- loads



=== TEST 11: one "jwks_uri" for every tenant
--- provider
no jwks_file
issuer "https://login.example.com/realms/{tenant}"
jwks_uri "https://login.example.com/certs"
--- refused
"jwks_uri" of "auth_tenant_provider" "corp" would give all tenants of its "issuer" the same keys, leave it out: discovery finds each tenant's own



=== TEST 12: a placeholder for something else
--- provider
no jwks_file
issuer "https://login.example.com/realms/{user}"
--- refused
"issuer" "https://login.example.com/realms/{user}" of "auth_tenant_provider" "corp"



=== TEST 13: part of a segment
--- provider
no jwks_file
issuer "https://login.example.com/realms/t-{tenant}"
--- refused
"issuer" "https://login.example.com/realms/t-{tenant}" of "auth_tenant_provider" "corp"



=== TEST 14: keys from a file and from the network
--- provider
refresh 5m
--- refused
"refresh" of "auth_tenant_provider" "corp" is for keys from the network, write either it or "jwks_file"



=== TEST 15: secrets from the network
--- provider
no jwks_file
algorithms HS256
--- refused
"algorithms" of "auth_tenant_provider" "corp" has HMAC, whose keys are secrets and are never taken from the network; write "jwks_file"



=== TEST 16: "state_path" of one issuer
--- provider
no jwks_file
state_path "keys/{tenant}.json"
--- refused
/keys/{tenant}.json" of "auth_tenant_provider" "corp" has a placeholder, but "issuer" has none; write the path of a file



=== TEST 17: "state_path" of many issuers
--- provider
no jwks_file
issuer "https://login.example.com/realms/{tenant}"
state_path keys/all.json
--- refused
/keys/all.json" of "auth_tenant_provider" "corp" must have one {tenant} in its file name, since each tenant has keys of its own



=== TEST 18: a directory for each tenant
--- provider
no jwks_file
issuer "https://login.example.com/realms/{tenant}"
state_path "keys/{tenant}/keys.json"
--- refused
must have one {tenant} in its file name



=== TEST 19: "state_path" of many issuers, as it should be
--- provider
no jwks_file
issuer "https://login.example.com/realms/{tenant}"
state_path "keys-{tenant}.json"
--- loads



=== TEST 20: times
--- provider
no jwks_file
refresh often
--- refused
"refresh" of "auth_tenant_provider" "corp" has an invalid time, write for example 10s or 5m



=== TEST 21: no time at all
--- provider
no jwks_file
cooldown 0
--- refused
"cooldown" of "auth_tenant_provider" "corp" can't be 0



=== TEST 22: a cooldown of days
--- provider
no jwks_file
cooldown 2h
--- refused
"cooldown" of "auth_tenant_provider" "corp" would keep new keys unknown for long, write at most 1h



=== TEST 23: requests that wait for minutes
--- provider
no jwks_file
read_timeout 5m
--- refused
"read_timeout" of "auth_tenant_provider" "corp" would keep requests waiting for long, write at most 60s



=== TEST 24: a connection that takes minutes
--- provider
no jwks_file
connect_timeout 61s
--- refused
"connect_timeout" of "auth_tenant_provider" "corp" would keep requests waiting for long



=== TEST 25: A7.2: neither on nor off
--- provider
no jwks_file
ssl_verify no
--- refused
"ssl_verify" of "auth_tenant_provider" "corp" has another value, write on or off



=== TEST 26: twice
--- provider
no jwks_file
ssl_verify on; ssl_verify off
--- refused
"ssl_verify" of "auth_tenant_provider" "corp" is duplicate



=== TEST 27: a time twice
--- provider
no jwks_file
stale 1h; stale 2h
--- refused
"stale" of "auth_tenant_provider" "corp" is duplicate



=== TEST 28: a path twice
--- provider
no jwks_file
state_path a; state_path b
--- refused
"state_path" of "auth_tenant_provider" "corp" is duplicate



=== TEST 29: a URL from a variable
--- provider
no jwks_file
jwks_uri https://$host/certs
--- refused
"jwks_uri" of "auth_tenant_provider" "corp" can't have a variable, write it as it is



=== TEST 30: an empty proxy
--- provider
no jwks_file
proxy ""
--- refused
"proxy" of "auth_tenant_provider" "corp" has an empty value



=== TEST 36: a proxy of another kind
--- provider
no jwks_file
proxy socks5://proxy.example.com:1080
--- refused
"proxy" of "auth_tenant_provider" "corp" is no HTTP proxy's URL, write for example http://proxy.example.com:3128



=== TEST 37: A7.2: a file of CAs that is not there
--- provider
no jwks_file
ssl_trusted_certificate nosuch.pem
--- refused eval
qr{"ssl_trusted_certificate" "\S+/conf/nosuch.pem" of "auth_tenant_provider" "corp" can't be read, or has no certificate; write the path of a PEM file}



=== TEST 38: A7.2: a file of no CAs
--- provider
no jwks_file
ssl_trusted_certificate nginx.conf
--- refused eval
qr{"ssl_trusted_certificate" "\S+/conf/nginx.conf" of "auth_tenant_provider" "corp" can't be read, or has no certificate}



=== TEST 31: E15: a zone of a few pages
--- http: auth_tenant_zone tenants 64k;
--- srv
--- refused
"auth_tenant_zone" "tenants" of 64k is too small, write at least 512k



=== TEST 32: a zone of no size
--- http: auth_tenant_zone tenants large;
--- srv
--- refused
invalid size "large" of "auth_tenant_zone", write it in k or m, for example 16m



=== TEST 53: a size in a unit that nginx has for files only
--- http: auth_tenant_zone tenants 1g;
--- srv
--- refused
invalid size "1g" of "auth_tenant_zone", write it in k or m, for example 16m



=== TEST 54: E15: a unit that was forgotten
--- http: auth_tenant_zone tenants 16;
--- srv
--- refused
size "16" of "auth_tenant_zone" is in bytes, write it in k or m, for example 16m



=== TEST 55: a zone as other directives have it
--- http: auth_tenant_zone zone=tenants:16m;
--- srv
--- refused
"auth_tenant_zone" directive takes a name and a size, write for example tenants 16m



=== TEST 56: a zone and more
--- http: auth_tenant_zone tenants 16m shared;
--- srv
--- refused
"auth_tenant_zone" directive takes a name and a size, write for example tenants 16m



=== TEST 33: two zones
--- http: auth_tenant_zone tenants 1m; auth_tenant_zone more 1m;
--- srv
--- refused
"auth_tenant_zone" directive is duplicate, write one zone for all providers



=== TEST 35: two zones, the second unnamed
--- http: auth_tenant_zone "" 1m;
--- srv
--- refused
"auth_tenant_zone" directive has no name, write for example tenants 16m



=== TEST 34: E15: more providers than the zone has room for
--- http
auth_tenant_zone tenants 512k;
auth_tenant_provider second {
    issuer "https://second.example.com"; audience a; claims user=sub;
}
--- provider
no jwks_file
--- refused
"auth_tenant_zone" "tenants" of 512k has room for the keys of 1 providers, but there are 2; write at least 2m



=== TEST 39: a proxy without a port
--- provider
no jwks_file
proxy http://proxy.example.com
--- refused
"proxy" of "auth_tenant_provider" "corp" has no port, write for example http://proxy.example.com:3128



=== TEST 40: with a user and a password, none of which is one
--- provider
no jwks_file
proxy http://ann:3128@proxy.example.com/
--- refused
"proxy" of "auth_tenant_provider" "corp" has no port



=== TEST 41: of IPv6, whose colons are none
--- provider
no jwks_file
proxy http://[2001:db8::1]
--- refused
"proxy" of "auth_tenant_provider" "corp" has no port



=== TEST 42: a port without a host
--- provider
no jwks_file
proxy http://:3128
--- refused
"proxy" of "auth_tenant_provider" "corp" has no port



=== TEST 43: a proxy with all that there can be
--- provider
no jwks_file
proxy "http://ann:secret@[2001:db8::1]:3128/"
--- loads



=== TEST 44: "stale off"
--- provider
no jwks_file
stale off
--- refused
"stale" of "auth_tenant_provider" "corp" has an invalid time, write for example 12h, or 0



=== TEST 45: the discovery document's URL
--- provider
no jwks_file
issuer "https://login.example.com/realms/acme/.well-known/openid-configuration"
--- refused
"issuer" of "auth_tenant_provider" "corp" is the URL of a discovery document, leave /.well-known/openid-configuration out



=== TEST 46: a placeholder, misspelt
--- provider
no jwks_file
issuer "https://login.example.com/realms/{tenat}"
--- refused
"issuer" "https://login.example.com/realms/{tenat}" of "auth_tenant_provider" "corp" may have no other placeholder or brace than {tenant}; write for example https://login.example.com/realms/{tenant}



=== TEST 47: an issuer without a scheme
--- provider
no jwks_file
issuer login.example.com
--- refused
"issuer" "login.example.com" of "auth_tenant_provider" "corp" must begin with "https://" or "http://"; write for example https://login.example.com/realms/{tenant}



=== TEST 48: a "jwks_uri" without one
--- provider
no jwks_file
jwks_uri login.example.com
--- refused
"jwks_uri" "login.example.com" of "auth_tenant_provider" "corp" must begin with "https://" or "http://"; write for example https://login.example.com/certs



=== TEST 49: what says what to write needs no example
--- provider
no jwks_file
jwks_uri https://a@login.example.com/
--- refused
"jwks_uri" "https://a@login.example.com/" of "auth_tenant_provider" "corp" has a user name or a password; write none in /



=== TEST 50: more milliseconds than nginx's timers count
--- provider
no jwks_file
stale 30d
--- refused
"stale" of "auth_tenant_provider" "corp" is too long, write at most 24d



=== TEST 51: of "refresh", too
--- provider
no jwks_file
refresh 25d
--- refused
"refresh" of "auth_tenant_provider" "corp" is too long, write at most 24d



=== TEST 52: what is proposed is taken
--- provider
no jwks_file
refresh 24d
stale 24d
--- loads

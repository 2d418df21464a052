#!/usr/bin/perl

# What "nginx -t" says of the directives that say who may pass: what can't be
# right is refused, by a message that names the directive and what to write
# instead, and everything else loads.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Conf;

plan_tests();
run_tests();

__DATA__

=== TEST 1: the smallest configuration that checks something
--- loc: auth_tenant_path "/{user}/";
--- loads



=== TEST 2: auth_tenant off is for names as any other location
--- srv: location / { auth_tenant off; }
--- loads



=== TEST 3: auth_tenant names a provider that nobody wrote
--- srv: location / { auth_tenant korp; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant" names the unknown provider "korp", write an "auth_tenant_provider korp { ... }" in "http"



=== TEST 4: auth_tenant names one provider twice
--- srv: location / { auth_tenant corp corp; }
--- refused
duplicate provider "corp" in "auth_tenant"



=== TEST 5: auth_tenant is either off or names
--- srv: location / { auth_tenant corp off; }
--- refused
"auth_tenant" directive "off" stands alone; write either it or the providers



=== TEST 6: auth_tenant twice at one level
--- loc: auth_tenant off;
--- refused
"auth_tenant" directive is duplicate



=== TEST 7: a location that is checked but has no rule
--- loc
--- refused
"auth_tenant" in location "/": no rule: any user of any tenant would pass; write "auth_tenant_host", "auth_tenant_path" or "auth_tenant_match", an "auth_tenant_require" rule, or "auth_tenant_require none"



=== TEST 8: no rule at all, said aloud
--- loc: auth_tenant_require none;
--- loads



=== TEST 9: a server that is checked, without a rule for its own level
--- srv
auth_tenant corp;
location /a/ { auth_tenant_path "/a/{user}/"; }
--- refused
"auth_tenant" in the server, outside of its locations: no rule



=== TEST 10: the same with location /, so that no request is at that level
--- srv
auth_tenant corp;
location / { auth_tenant_path "/{user}/"; }
--- loads



=== TEST 11: nor is any in an "if" of the server
--- srv
auth_tenant corp;
if ($scheme = https) { return 301 http://$host$request_uri; }
location / { auth_tenant_path "/{user}/"; }
--- loads



=== TEST 12: an "if" of a location is one
--- srv
location / {
    auth_tenant corp;
    auth_tenant_path "/{user}/";
    if ($arg_x) { return 204; }
}
--- loads



=== TEST 13: "location = /" alone leaves the server's level reachable
--- srv
auth_tenant corp;
location = / { auth_tenant_require none; }
--- refused
"auth_tenant" in the server, outside of its locations: no rule



=== TEST 14: location with directives, and nobody who turns them on
--- srv: location /a { auth_tenant_require /roles has admin; }
--- refused
location "/a" has "auth_tenant_..." directives, but checks nothing: no "auth_tenant" is written in it or around it; write "auth_tenant PROVIDER", or "auth_tenant off"



=== TEST 15: the same in a location that is off aloud is meant so
--- srv: location /a { auth_tenant off; auth_tenant_path "/a/{user}/"; }
--- loads
--- no_error_log
checks nothing



=== TEST 16: auth_tenant_host with an unknown placeholder
--- loc: auth_tenant_host "{modul}.example.com";
--- refused
"auth_tenant_host" "{modul}.example.com": a label that is neither {tenant} nor {module}



=== TEST 17: auth_tenant_host without a placeholder
--- loc: auth_tenant_host "www.example.com";
--- refused
"auth_tenant_host" "www.example.com": no placeholder; write {tenant} or {module} as a label



=== TEST 18: auth_tenant_host that would take anybody's domain
--- loc: auth_tenant_host "www.{tenant}";
--- refused
"auth_tenant_host" "www.{tenant}": no literal label at the end; write your own domain there



=== TEST 19: auth_tenant_host with a part of a label
--- loc: auth_tenant_host "x-{tenant}.example.com";
--- refused
"auth_tenant_host" "x-{tenant}.example.com": a label that is neither



=== TEST 20: auth_tenant_host, an ambiguous pair
--- loc: auth_tenant_host "{module}.{tenant}.example.com" "{tenant}.{module}.example.com";
--- refused
"auth_tenant_host" "{module}.{tenant}.example.com" and "{tenant}.{module}.example.com" are ambiguous, some host fits both; write only one of them



=== TEST 21: auth_tenant_host, a pair that names different things
--- loc: auth_tenant_host "{tenant}.example.com" "{module}.{tenant}.example.org";
--- refused
must name the same placeholders; write them in two servers or locations



=== TEST 22: auth_tenant_host, several
--- loc: auth_tenant_host "{tenant}.example.com" "{tenant}.example.org" "www.{tenant}.example.com";
--- loads



=== TEST 23: auth_tenant_host twice
--- loc: auth_tenant_host "{tenant}.example.com"; auth_tenant_host "{tenant}.example.org";
--- refused
"auth_tenant_host" directive is duplicate; write all templates in one directive



=== TEST 24: auth_tenant_path with a part of a segment
--- loc: auth_tenant_path "/~{user}/";
--- refused
"auth_tenant_path" "/~{user}/": a segment that is neither {user}, {tenant} or {module} nor letters



=== TEST 25: auth_tenant_path that is not one
--- loc: auth_tenant_path "{user}/";
--- refused
"auth_tenant_path" "{user}/": a path begins with "/"; write it as "/{user}/"



=== TEST 26: auth_tenant_path that names somebody twice
--- loc: auth_tenant_path "/{user}/{user}/";
--- refused
"auth_tenant_path" "/{user}/{user}/": a placeholder occurs twice; write each once



=== TEST 27: auth_tenant_path twice
--- loc: auth_tenant_path "/{user}/"; auth_tenant_path "/u/{user}/";
--- refused
"auth_tenant_path" directive is duplicate



=== TEST 28: auth_tenant_match of something else
--- loc: auth_tenant_match users $remote_user;
--- refused
invalid name "users" in "auth_tenant_match", write tenant, module or user



=== TEST 29: auth_tenant_match of nothing
--- loc: auth_tenant_match user "";
--- refused
"auth_tenant_match" directive has an empty value, which would match no request; write a constant or a $variable



=== TEST 30: auth_tenant_match of one name twice
--- loc: auth_tenant_match tenant a; auth_tenant_match tenant b;
--- refused
duplicate "auth_tenant_match tenant"



=== TEST 31: auth_tenant_match of a variable that is not there
--- loc: auth_tenant_match tenant $no_such;
--- refused
unknown "no_such" variable



=== TEST 32: template and match for one name at one level
--- loc: auth_tenant_path "/{user}/"; auth_tenant_match user $host;
--- refused
"auth_tenant_path" and "auth_tenant_match" both give {user} at one level; write it in only one of them



=== TEST 33: a name from what the client makes as it likes
--- loc: auth_tenant_match user $arg_user;
--- refused
"auth_tenant_match" can't use "$arg_user": the client could give it twice



=== TEST 34: a name from whatever regular expression ran last
--- loc: auth_tenant_match user $1;
--- refused
"auth_tenant_match" can't use "$1"



=== TEST 35: a bypass by a name that anybody may claim
--- loc: auth_tenant_path "/{user}/"; auth_tenant_bypass $remote_user;
--- refused
"auth_tenant_bypass" can't use "$remote_user"



=== TEST 36: the same where no check is on
--- srv: auth_tenant_match tenant acme; auth_tenant_host "{tenant}.example.com";
--- refused
"auth_tenant_host" and "auth_tenant_match" both give {tenant} at one level



=== TEST 37: host and path for one name at one level
--- loc: auth_tenant_path "/{tenant}/"; auth_tenant_host "{tenant}.example.com";
--- refused
"auth_tenant_host" and "auth_tenant_path" both give {tenant} at one level



=== TEST 38: on two levels the closest wins
--- srv: auth_tenant_host "{tenant}.example.com";
--- loc: auth_tenant_match tenant acme;
--- loads



=== TEST 39: B2.6: a template that drops a name which is compared further out
--- srv
location /u/ {
    auth_tenant corp;
    auth_tenant_path "/u/{user}/";
    location /u/all/ { auth_tenant_path "/u/all/{module}/"; }
}
--- refused
"auth_tenant" in location "/u/all/": a template replaces one that gives {user}, which is compared with the token at an outer level: here more would be allowed than there; write {user} in it, an "auth_tenant_match" for it, or "auth_tenant_require none" and the rules that hold here



=== TEST 40: the same, said aloud
--- srv
location /u/ {
    auth_tenant corp;
    auth_tenant_path "/u/{user}/";
    location /u/all/ {
        auth_tenant_path "/u/all/{module}/";
        auth_tenant_require none;
        auth_tenant_require permissions has "{module}";
    }
}
--- loads



=== TEST 41: auth_tenant_require without a comparison
--- loc: auth_tenant_require role admin;
--- refused
invalid "auth_tenant_require", write CLAIM is VALUE, CLAIM has VALUE (more than one VALUE means any of them), or none



=== TEST 42: auth_tenant_require with another comparison
--- loc: auth_tenant_require role = admin;
--- refused
invalid "auth_tenant_require", write CLAIM is VALUE, CLAIM has VALUE



=== TEST 43: auth_tenant_require with methods but no value
--- loc: auth_tenant_require role is methods=GET;
--- refused
invalid "auth_tenant_require", write CLAIM is VALUE



=== TEST 44: auth_tenant_require with an unknown method
--- loc: auth_tenant_require role is admin methods=GET,get;
--- refused
unknown method "get" in "auth_tenant_require", write for example methods=GET,POST,WEBSOCKET



=== TEST 45: auth_tenant_require with an empty list of methods
--- loc: auth_tenant_require role is admin methods=;
--- refused
unknown method "" in "auth_tenant_require"



=== TEST 46: auth_tenant_require with two lists of methods
--- loc: auth_tenant_require role is admin methods=GET methods=POST;
--- refused
duplicate "methods=" in "auth_tenant_require", write one list parted by commas



=== TEST 47: auth_tenant_require none twice
--- loc: auth_tenant_require none; auth_tenant_require none;
--- refused
"auth_tenant_require" directive is duplicate



=== TEST 48: auth_tenant_require with an empty value
--- loc: auth_tenant_require role is "";
--- refused
"auth_tenant_require" value "": an empty text; write one



=== TEST 49: auth_tenant_require with an unknown placeholder
--- loc: auth_tenant_path "/{user}/"; auth_tenant_require role is "{usr}";
--- refused
"auth_tenant_require" value "{usr}": an unknown placeholder; write {tenant}, {module} or {user}



=== TEST 50: auth_tenant_require with a modifier
--- loc: auth_tenant_path "/{user}/"; auth_tenant_require role is "{user:slug}";
--- refused
"auth_tenant_require" value "{user:slug}": modifiers belong into upstream names; write {tenant}



=== TEST 51: auth_tenant_require, values that can't be told apart
--- loc: auth_tenant_path "/{tenant}/{user}/"; auth_tenant_require role is "{tenant}{user}";
--- refused
"auth_tenant_require" value "{tenant}{user}": nothing parts two placeholders



=== TEST 52: auth_tenant_require with what the client sends
--- loc: auth_tenant_require role is $arg_role;
--- refused
"auth_tenant_require" can't use "$arg_role": the client would choose what its own token is compared with; write a constant, a placeholder, or a "map" variable



=== TEST 53: auth_tenant_require with what the client sends, further in
--- loc: auth_tenant_require role is "x-${HTTP_X_Role}";
--- refused
"auth_tenant_require" can't use "$HTTP_X_Role"



=== TEST 54: auth_tenant_require with a cookie
--- loc: auth_tenant_require role is admin $cookie_role;
--- refused
"auth_tenant_require" can't use "$cookie_role"



=== TEST 55: auth_tenant_require with a map of it
--- http: map $arg_role $role { default ""; a admin; }
--- loc: auth_tenant_require role is $role "${role}-$server_name";
--- loads



=== TEST 56: auth_tenant_require with a numbered capture
--- loc: auth_tenant_require role is $1;
--- refused
"auth_tenant_require" value "$1": a numbered capture can't be used; give it a name



=== TEST 57: auth_tenant_require with a variable that is not there
--- loc: auth_tenant_require role is $no_such;
--- refused
unknown "no_such" variable



=== TEST 58: auth_tenant_require, a placeholder outside of a pointer
--- loc: auth_tenant_path "/{user}/"; auth_tenant_require "{user}" is x;
--- refused
"auth_tenant_require" claim "{user}": a placeholder needs a JSON pointer: write "/name/{tenant}"



=== TEST 59: auth_tenant_require, a pointer with an empty name
--- loc: auth_tenant_require /roles//x is y;
--- refused
"auth_tenant_require" claim "/roles//x": a JSON pointer has no empty names: write "/name/name"



=== TEST 60: auth_tenant_require with a placeholder that nothing gives
--- loc: auth_tenant_path "/{user}/"; auth_tenant_require "/perms/{tenant}" has x;
--- refused
uses {tenant}, which nothing gives here, so that it could never hold; write an "auth_tenant_host", "auth_tenant_path" or "auth_tenant_match" for it



=== TEST 61: the same in a value
--- loc: auth_tenant_path "/{user}/"; auth_tenant_require groups has "{module}-users";
--- refused
uses {module}, which nothing gives here, so that it could never hold



=== TEST 62: a name that a rule constrains for some methods only
--- loc
auth_tenant_path "/{user}/";
auth_tenant_require name is "{user}" methods=GET;
auth_tenant_require role is admin methods=POST;
--- refused
"auth_tenant" in location "/": {user} is not constrained for every method: where an "auth_tenant_require" rule constrains it, its default rule no longer stands; write a rule without "methods=", or for the other methods, that has {user} in every value



=== TEST 63: and one that all of them constrain
--- loc
auth_tenant_path "/{user}/";
auth_tenant_require name is "{user}" methods=GET;
auth_tenant_require nick is "{user}" methods=POST,PUT,WEBSOCKET;
--- loads



=== TEST 64: a name in only one of the values constrains nothing
--- http
auth_tenant_provider plain {
    issuer https://plain.example.com;
    audience platform;
    claims user=sub;
    jwks_file $TEST_NGINX_FILES/corp.json;
}
--- srv
location / {
    auth_tenant plain;
    auth_tenant_match tenant acme;
    auth_tenant_require org is "{tenant}" staff;
}
--- refused
{tenant} is not constrained: provider "plain" does not say which claim to compare it with; write tenant=CLAIM in its "claims", or an "auth_tenant_require" rule with {tenant} in every value



=== TEST 65: location with directives for those in it
--- srv
location /a {
    auth_tenant_path "/a/{user}/";
    location /a/b { auth_tenant corp; }
}
--- loads
location "/a" has "auth_tenant_..." directives, but checks nothing



=== TEST 66: the same in a server, for its locations
--- srv
auth_tenant_path "/{user}/";
location /a { auth_tenant corp; }
--- loads
--- no_error_log
checks nothing



=== TEST 67: location with a path, and nobody who turns it on
--- srv: location /a { auth_tenant_path "/a/{user}/"; }
--- refused
location "/a" has "auth_tenant_..." directives, but checks nothing



=== TEST 68: auth_tenant on
--- loc: auth_tenant_path "/{user}/"; location /x { auth_tenant on; }
--- refused
"auth_tenant" directive "on" is no provider; write the name of a provider

#!/usr/bin/perl

# What "nginx -t" says of the directives about tokens and about what follows
# from a yes.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Conf;

plan_tests();
run_tests();

__DATA__

=== TEST 1: auth_tenant_bypass by what anybody can send
--- loc: auth_tenant_path "/{user}/"; auth_tenant_bypass $http_x_health;
--- refused
"auth_tenant_bypass" can't use "$http_x_health": any client can send it; write a "map" or "geo" variable that decides by the location or address



=== TEST 2: auth_tenant_bypass by it among others
--- loc: auth_tenant_path "/{user}/"; auth_tenant_bypass $server_name "$host$ARG_public";
--- refused
"auth_tenant_bypass" can't use "$ARG_public"



=== TEST 3: auth_tenant_bypass by a cookie
--- loc: auth_tenant_path "/{user}/"; auth_tenant_bypass $cookie_public;
--- refused
"auth_tenant_bypass" can't use "$cookie_public"



=== TEST 4: auth_tenant_bypass by nothing
--- loc: auth_tenant_path "/{user}/"; auth_tenant_bypass 1;
--- refused
"auth_tenant_bypass" "1" has no variable and would be the same for every request; write "auth_tenant off" instead



=== TEST 5: auth_tenant_bypass by the address
--- http: geo $near { default 0; 10.0.0.0/8 1; }
--- loc: auth_tenant_path "/{user}/"; auth_tenant_bypass $near;
--- loads



=== TEST 6: auth_tenant_token from nowhere
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token query:token;
--- refused
invalid source "query:token" in "auth_tenant_token", write bearer, cookie:NAME, header:NAME or $variable



=== TEST 7: auth_tenant_token from a cookie without a name
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token cookie:;
--- refused
invalid source "cookie:" in "auth_tenant_token"



=== TEST 8: auth_tenant_token from a name that no cookie has
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token "cookie:a=b";
--- refused
invalid source "cookie:a=b" in "auth_tenant_token"



=== TEST 9: auth_tenant_token from one source twice
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token header:X-Token header:x-token;
--- refused
duplicate source "header:x-token" in "auth_tenant_token"



=== TEST 10: auth_tenant_token from a variable that would leave the token in
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token $cookie_session;
--- refused
"auth_tenant_token" can't use "$cookie_session", write bearer, cookie:NAME or header:NAME, so that the token can be removed from the request



=== TEST 11: A1.6: auth_tenant_token from the query string
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token $arg_token;
--- refused
"auth_tenant_token" can't use "$arg_token"



=== TEST 12: auth_tenant_token from more than a variable
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token "$host$server_name";
--- refused
invalid source "$host$server_name" in "auth_tenant_token", write $variable, alone



=== TEST 13: auth_tenant_token from a header that has its own word
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token header:Authorization;
--- refused
"auth_tenant_token" can't use "header:Authorization", write bearer or cookie:NAME



=== TEST 14: auth_tenant_token from everywhere
--- http: map $host $token { default ""; }
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token bearer cookie:__Host-id header:X-Token ${token};
--- loads



=== TEST 15: auth_tenant_token twice
--- loc: auth_tenant_token bearer; auth_tenant_token cookie:id;
--- refused
"auth_tenant_token" directive is duplicate



=== TEST 16: auth_tenant_token_max_size that no token has
--- loc: auth_tenant_token_max_size 10;
--- refused
"auth_tenant_token_max_size" directive is out of range, write from 64 to 64k



=== TEST 17: A2.4: auth_tenant_token_max_size above what is ever decoded
--- loc: auth_tenant_token_max_size 65k;
--- refused
"auth_tenant_token_max_size" directive is out of range, write from 64 to 64k



=== TEST 18: auth_tenant_token_max_size
--- loc: auth_tenant_path "/{user}/"; auth_tenant_token_max_size 64k;
--- loads



=== TEST 19: auth_tenant_forward_token
--- loc: auth_tenant_path "/{user}/"; auth_tenant_forward_token yes;
--- refused
invalid value "yes" in "auth_tenant_forward_token" directive, it must be "on" or "off"



=== TEST 20: auth_tenant_origin without a scheme
--- loc: auth_tenant_origin app.example.com;
--- refused
invalid origin "app.example.com" in "auth_tenant_origin", write same, any or for example https://app.example.com



=== TEST 21: auth_tenant_origin with a path
--- loc: auth_tenant_origin https://app.example.com/;
--- refused
invalid origin "https://app.example.com/" in "auth_tenant_origin"



=== TEST 22: auth_tenant_origin any, and yet some
--- loc: auth_tenant_origin same any;
--- refused
"auth_tenant_origin" directive "any" stands alone



=== TEST 23: auth_tenant_origin
--- loc: auth_tenant_path "/{user}/"; auth_tenant_origin same https://app.example.com:8443;
--- loads



=== TEST 24: auth_tenant_upstream with an unknown placeholder
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "{usr}.svc:80";
--- refused
"auth_tenant_upstream" "{usr}.svc:80": an unknown placeholder; write {tenant}, {module} or {user}



=== TEST 25: auth_tenant_upstream with an unknown modifier
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "{user:slugg}.svc:80";
--- refused
"auth_tenant_upstream" "{user:slugg}.svc:80": an unknown modifier; write ":label", ":slug" or ":escape", and ":lower" before it



=== TEST 26: B2.3: auth_tenant_upstream that would make two instances one
--- loc: auth_tenant_path "/{module}/{user}/"; auth_tenant_upstream "{module}{user}.svc:80";
--- refused
"auth_tenant_upstream" "{module}{user}.svc:80": nothing parts two placeholders, so that "a" and "bc" would make what "ab" and "c" make; write a literal between them



=== TEST 27: B2.4: auth_tenant_upstream whose port the claims choose
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "app.svc:{user}";
--- refused
"auth_tenant_upstream" "app.svc:{user}": a placeholder in the port



=== TEST 28: auth_tenant_upstream is a host, not a URL
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "http://{user}.svc";
--- refused
"auth_tenant_upstream" "http://{user}.svc":



=== TEST 29: auth_tenant_upstream with a variable
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "{user}.$host:80";
--- refused
"auth_tenant_upstream" "{user}.$host:80": no variables can be used here



=== TEST 30: auth_tenant_upstream with a module that nothing gives
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "{module}--{user}.svc:80";
--- refused
"auth_tenant" in location "/": "auth_tenant_upstream" uses {module}, which nothing gives here (a token may name many); write an "auth_tenant_host", "auth_tenant_path" or "auth_tenant_match module" for it



=== TEST 31: auth_tenant_upstream with a tenant that no claim gives
--- provider
claims user=sub
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "{user}.{tenant}.svc:80";
--- refused
"auth_tenant_upstream" uses {tenant}, which is the verified claim, but provider "corp" does not say which; write tenant=CLAIM in its "claims"



=== TEST 32: auth_tenant_upstream twice
--- loc: auth_tenant_upstream "{user}.a:80"; auth_tenant_upstream "{user}.b:80";
--- refused
"auth_tenant_upstream" directive is duplicate



=== TEST 33: auth_tenant_upstream by the claims alone
--- loc: auth_tenant_require permissions has lab; auth_tenant_upstream "{user:lower:slug}--lab.{tenant}.svc.cluster.local.:8888";
--- loads



=== TEST 34: auth_tenant_home that is no path
--- loc: auth_tenant_path "/{user}/"; auth_tenant_home "https://example.com/{user}/";
--- refused
"auth_tenant_home" "https://example.com/{user}/": a path of this server begins with one "/"



=== TEST 35: auth_tenant_home that would be another host
--- loc: auth_tenant_path "/{user}/"; auth_tenant_home "//{user}/";
--- refused
"auth_tenant_home" "//{user}/": a path of this server begins with one "/"



=== TEST 36: auth_tenant_home that is where it starts
--- loc: auth_tenant_path "/{user}/"; auth_tenant_home "/";
--- refused
"auth_tenant_home" sends "/" to itself; write a path of the user's own, as in "/{user}/"



=== TEST 37: auth_tenant_home with a module that nothing gives
--- loc: auth_tenant_path "/{user}/"; auth_tenant_home "/{module}/{user}/";
--- refused
"auth_tenant_home" uses {module}, which nothing gives here



=== TEST 38: auth_tenant_home with a module that only other paths give
--- loc: auth_tenant_path "/{module}/{user}/"; auth_tenant_home "/{module}/{user}/";
--- refused
"auth_tenant_home" answers at "/", where "auth_tenant_path" gives no {module} (a token may name many); write an "auth_tenant_match module" for it, or "auth_tenant_home off"



=== TEST 39: auth_tenant_home
--- srv: auth_tenant_home "/{tenant}/{user}/lab";
--- loc: auth_tenant_path "/{tenant}/{user}/";
--- loads



=== TEST 40: auth_tenant_login_url of nothing
--- loc: auth_tenant_path "/{user}/"; auth_tenant_login_url "";
--- refused
"auth_tenant_login_url" directive is empty; write a URL, for example "/oauth2/start?rd={uri}"



=== TEST 41: auth_tenant_login_url
--- loc: auth_tenant_path "/{user}/"; auth_tenant_login_url "https://login.$host/?to={uri}";
--- loads



=== TEST 42: auth_tenant_dry_run by what anybody can send
--- loc: auth_tenant_path "/{user}/"; auth_tenant_dry_run $http_x_dry;
--- refused
"auth_tenant_dry_run" can't use "$http_x_dry": any client could switch the check off; write a "map" or "geo" variable



=== TEST 43: auth_tenant_dry_run is on, off or a variable
--- loc: auth_tenant_path "/{user}/"; auth_tenant_dry_run yes;
--- refused
invalid value "yes" in "auth_tenant_dry_run", write on, off or a $variable



=== TEST 44: auth_tenant_dry_run
--- http: geo $dry { default off; 10.0.0.0/8 on; }
--- loc: auth_tenant_path "/{user}/"; auth_tenant_dry_run $dry;
--- loads



=== TEST 45: auth_tenant_claim_set of a variable that is none
--- loc: auth_tenant_path "/{user}/"; auth_tenant_claim_set mail email;
--- refused
invalid variable name "mail" in "auth_tenant_claim_set", write $variable CLAIM



=== TEST 46: auth_tenant_claim_set with a pointer that is none
--- loc: auth_tenant_path "/{user}/"; auth_tenant_claim_set $mail "/a//b";
--- refused
a JSON pointer has no empty names



=== TEST 47: auth_tenant_claim_set
--- http: auth_tenant_claim_set $mail email;
--- loc: auth_tenant_path "/{user}/"; auth_tenant_claim_set $first "https://example.com/given_name";
--- loads



=== TEST 48: auth_tenant_scrub of a header that nginx itself reads
--- srv: auth_tenant_scrub Host;
--- refused
"auth_tenant_scrub" can't remove "Host", which nginx itself reads, write a header that only applications read



=== TEST 49: auth_tenant_scrub of other headers and cookies
--- srv: auth_tenant_scrub X-User-Id X-User-Email cookie:jupyterhub-*;
--- loc: auth_tenant_path "/{user}/";
--- loads



=== TEST 50: auth_tenant_provider is for "http" only
--- srv: auth_tenant_provider x { }
--- refused
"auth_tenant_provider" directive is not allowed here



=== TEST 51: auth_tenant is not for "http"
--- http: auth_tenant corp;
--- refused
"auth_tenant" directive is not allowed here



=== TEST 52: auth_tenant is not for an "if"
--- loc: auth_tenant_path "/{user}/"; if ($arg_x) { auth_tenant off; }
--- refused
"auth_tenant" directive is not allowed here



=== TEST 53: auth_tenant_upstream with a scheme
--- loc: auth_tenant_path "/{user}/"; auth_tenant_upstream "http://{user}.svc";
--- refused
"auth_tenant_upstream" "http://{user}.svc": a scheme; write it as host:port, without scheme: "http://" belongs to "proxy_pass"



=== TEST 54: auth_tenant_login_url with another placeholder
--- loc: auth_tenant_path "/{user}/"; auth_tenant_login_url "/login?rd={url}";
--- refused
"auth_tenant_login_url" directive has an unknown placeholder; write {uri} for the address to come back to, or a variable as ${name}



=== TEST 55: auth_tenant_login_url that begins with one
--- loc: auth_tenant_path "/{user}/"; auth_tenant_login_url "{login}";
--- refused
"auth_tenant_login_url" directive has an unknown placeholder



=== TEST 56: auth_tenant_login_url with a variable in braces
--- loc: auth_tenant_path "/{user}/"; auth_tenant_login_url "${scheme}://login/?rd={uri}";
--- loads



=== TEST 57: auth_tenant_origin with a port that is none
--- loc: auth_tenant_path "/{user}/"; auth_tenant_origin https://app.example.com:any;
--- refused
invalid origin "https://app.example.com:any" in "auth_tenant_origin"



=== TEST 58: auth_tenant_origin with a name in front
--- loc: auth_tenant_path "/{user}/"; auth_tenant_origin https://me@app.example.com;
--- refused
invalid origin "https://me@app.example.com" in "auth_tenant_origin"

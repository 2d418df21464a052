#!/usr/bin/perl

# What "nginx -t" says of provider blocks: a provider says whose tokens, for
# whom, signed how and naming whom, or it is refused.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Conf;

file('oct.json', jwks(key('HS256')));
file('both.json', jwks(key('HS512'), key('RS256')));
file('short.json', jwks({ kty => 'oct', k => b64u('secret'), kid => 's' }));
file('empty.json', '{"keys":[]}');
file('more.conf', "audience platform;\nclaims user=sub tenant=org;\n");

plan_tests();
run_tests();

__DATA__

=== TEST 1: A6.1: a provider without an issuer
--- provider
no issuer
--- refused
"auth_tenant_provider" "corp" has no "issuer", write the "iss" of its tokens



=== TEST 2: A6.2: a provider without an audience
--- provider
no audience
--- refused
"auth_tenant_provider" "corp" has no "audience", write the client ID that its tokens are for, or "audience off"



=== TEST 3: without an audience, said aloud
--- provider
audience off
--- loads



=== TEST 4: a provider without claims
--- provider
no claims
--- refused
"auth_tenant_provider" "corp" has no "claims", write for example claims user=preferred_username tenant=tenant modules=permissions, as they stand in its tokens



=== TEST 5: a provider whose claims name no user
--- provider
claims tenant=org
--- refused
"claims" has no user=CLAIM in "auth_tenant_provider" "corp", write which claim names the user



=== TEST 6: a provider without a key file: its keys are asked for
--- provider
no jwks_file
--- loads



=== TEST 7: keys that are not there
--- provider
jwks_file no-such-file
--- refused
no-such-file" can't be found, write the path of a JWK Set, a PEM public key or a certificate



=== TEST 8: A4.12: a file without a key
--- provider
jwks_file $TEST_NGINX_FILES/empty.json
--- refused
empty.json" document has no keys, write a JWK Set, PEM public keys or certificates with a key that fits "algorithms"



=== TEST 9: A3.2: none
--- provider
algorithms RS256 None
--- refused
"algorithms" can't have "None": a token without a signature proves nothing; write the algorithm that the provider signs with



=== TEST 10: A3.1: an algorithm in another spelling
--- provider
algorithms rs256
--- refused
unknown algorithm "rs256" in "algorithms", write some of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA



=== TEST 11: A3.4: HS256 without a secret
--- provider
algorithms RS256 HS256
--- refused
"algorithms" has HS256, but "jwks_file"
has no key of kty "oct" for it; write a key no shorter than the hash, or take HS256 out



=== TEST 12: A3.4: HS512 with a secret that is long enough for HS256 only
--- provider
algorithms HS512
jwks_file $TEST_NGINX_FILES/oct.json
--- refused
"jwks_file" of provider "corp"
secret is shorter than the hash of any accepted algorithm, write a JWK Set, PEM public keys or certificates with a key that fits "algorithms"



=== TEST 13: A3.4: HS256 with a secret shorter than the hash
--- provider
algorithms HS256
jwks_file $TEST_NGINX_FILES/short.json
--- refused
"jwks_file" of provider "corp"



=== TEST 14: a secret without an algorithm that asks for one
--- provider
jwks_file $TEST_NGINX_FILES/oct.json
--- refused
"jwks_file" of provider "corp"



=== TEST 15: HS256 with its secret
--- provider
algorithms HS256
jwks_file $TEST_NGINX_FILES/oct.json
--- loads



=== TEST 16: HS512 and RS256 from one file
--- provider
algorithms HS512 RS256
jwks_file $TEST_NGINX_FILES/both.json
--- loads



=== TEST 17: A3.10: fully specified names of algorithms
--- provider
algorithms ESP256 Ed25519 Ed448
--- loads
usable keys



=== TEST 18: one name for two providers
--- http eval: provider('corp', 'issuer https://other.example.com')
--- srv
--- refused
duplicate "auth_tenant_provider" "corp", write each provider once



=== TEST 19: a provider named as the word that turns the check off
--- http eval: provider('off')
--- srv
--- refused
"auth_tenant_provider" can't be named "off", write another name



=== TEST 20: what a block doesn't know
--- provider
issuers https://example.com
--- refused
"issuers" of "auth_tenant_provider" "corp" is not known here, write issuer, audience, azp, claims, space_delimited, tenants, jwks_file, jwks_uri, algorithms, types, leeway, max_age, refresh, cooldown, stale, state_path, connect_timeout, read_timeout, ssl_trusted_certificate, ssl_verify, proxy or allow_http



=== TEST 21: too many values
--- provider
issuer https://a.example.com https://b.example.com
--- refused
"issuer" of "auth_tenant_provider" "corp" has 2 values, write issuer URL



=== TEST 22: no values
--- provider
audience
--- refused
"audience" of "auth_tenant_provider" "corp" has 0 values, write audience NAME ... or off



=== TEST 23: an empty issuer
--- provider
issuer ""
--- refused
"issuer" is empty, write the "iss" of the provider's tokens



=== TEST 24: one key file for every tenant
--- provider
issuer "https://login.example.com/realms/{tenant}"
--- refused
"issuer" "https://login.example.com/realms/{tenant}" can't have a placeholder with "jwks_file": its keys would speak for every tenant; write one "auth_tenant_provider" for each tenant, bound to it by "tenants"



=== TEST 25: an audience of the user's own
--- provider
audience "app-{user}"
--- refused
"audience" "app-{user}" of "auth_tenant_provider" "corp": only {tenant} and {module} can stand here



=== TEST 26: an audience that can't be told from another
--- provider
audience "{tenant}{module}"
--- refused
"audience" "{tenant}{module}" of "auth_tenant_provider" "corp": nothing parts two placeholders



=== TEST 27: audience off, and yet some
--- provider
audience platform off
--- refused
"audience" "off" of "auth_tenant_provider" "corp": "off" stands alone; write either it or names



=== TEST 28: azp off, and yet some
--- provider
azp off portal
--- refused
"azp" of "auth_tenant_provider" "corp" has a keyword beside names, write either it or them



=== TEST 29: tenants any, and yet some
--- provider
tenants acme any
--- refused
"tenants" of "auth_tenant_provider" "corp" has a keyword beside names, write either it or them



=== TEST 30: a tenant without a name
--- provider
tenants ""
--- refused
"tenants" of "auth_tenant_provider" "corp" has an empty value, write a name



=== TEST 31: claims in another form
--- provider
claims user=sub group=staff
--- refused
invalid parameter "group=staff" in "claims", write user=CLAIM tenant=CLAIM modules=CLAIM



=== TEST 32: two claims for one name
--- provider
claims user=sub user=email
--- refused
duplicate "user=" in "claims"



=== TEST 33: a claim without a name
--- provider
claims user=
--- refused
"claims" "user=": write the name of a claim, or a JSON pointer to it



=== TEST 34: a claim that the request would choose
--- provider
claims user=sub "tenant=/orgs/{tenant}"
--- refused
"claims" "tenant=/orgs/{tenant}": placeholders can't stand here



=== TEST 35: A6.5: a display name is no user, or is it?
--- provider
claims user=name
--- loads
"claims" user=name is a display name, which some providers let people edit; make sure that yours does not



=== TEST 36: A6.5: nor is a nickname
--- provider
claims user=nickname
--- loads
"claims" user=nickname is a display name



=== TEST 37: no warning where there is nothing to warn of
--- provider
claims user=preferred_username
--- loads
--- no_error_log
display name



=== TEST 38: a leeway that is none
--- provider
leeway 1h
--- refused
"leeway" of "auth_tenant_provider" "corp" is for clocks that differ, write at most 300s



=== TEST 39: a leeway in something else than time
--- provider
leeway 5x
--- refused
"leeway" of "auth_tenant_provider" "corp" has an invalid time, write for example 30s or 5m



=== TEST 40: a max_age that would let nobody in
--- provider
max_age 0
--- refused
"max_age" of "auth_tenant_provider" "corp" would let no token pass, write for example 8h, or off



=== TEST 41: everything that a block knows
--- provider
audience "platform" "{tenant}-{module}"
azp portal
claims user=sub tenant=/org/name modules=/org/apps
space_delimited modules
tenants acme globex
algorithms RS256 ES256
types JWT at+jwt absent
leeway 0
max_age 8h
--- loc: auth_tenant_host "{module}.{tenant}.example.com";
--- loads



=== TEST 42: lines from another file
--- provider
no audience
no claims
include $TEST_NGINX_FILES/more.conf
--- loads



=== TEST 43: each line once
--- provider eval: join "\n", map { "tenants $_" } 'acme', 'globex'
--- refused
"tenants" of "auth_tenant_provider" "corp" is duplicate



=== TEST 44: a keyword once
--- provider eval: "tenants any\ntenants any"
--- refused
"tenants" of "auth_tenant_provider" "corp" is duplicate



=== TEST 45: an audience with a module that nothing gives
--- provider
audience "app-{module}"
--- loc: auth_tenant_path "/{user}/";
--- refused
"auth_tenant" in location "/": the "audience" of provider "corp" uses {module}, which nothing gives here; write an "auth_tenant_host", "auth_tenant_path" or "auth_tenant_match" for it



=== TEST 46: a binding that nothing can prove
--- provider
claims user=sub
tenants acme
--- loc: auth_tenant_path "/{user}/";
--- refused
provider "corp" is bound by "tenants", but nothing tells the tenant, so that no token could pass; write tenant=CLAIM in its "claims", or an "auth_tenant_host", "auth_tenant_path" or "auth_tenant_match" for the tenant



=== TEST 47: a name without a claim to compare it with
--- provider
claims user=sub
--- loc: auth_tenant_host "{module}.example.com";
--- refused
"auth_tenant" in location "/": {module} is not constrained: provider "corp" does not say which claim to compare it with; write modules=CLAIM in its "claims", or an "auth_tenant_require" rule with {module} in every value



=== TEST 48: two providers, of which one is not bound to tenants
--- provider
tenants acme
--- http eval: provider('second', 'issuer https://second.example.com')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant" in location "/": several providers, but "second" is not bound to tenants: one tenant's provider could speak for another; write "tenants NAME ..." in each of them, or "tenants any" in one that may speak for all



=== TEST 49: two providers with one issuer
--- provider
tenants acme
--- http eval: provider('second', 'tenants globex')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant" in location "/": providers "corp" and "second" have an "issuer" in common, by which a token chooses between them; write only one of them here



=== TEST 50: two providers
--- provider
tenants acme
--- http eval: provider('second', 'issuer https://second.example.com', 'tenants any')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- loads



=== TEST 51: a provider that is named "on"
--- provider
--- http eval: provider('on')
--- refused
"auth_tenant_provider" can't be named "on", write another name



=== TEST 52: a list that lacks its semicolon
--- provider
audience platform claims user=sub
--- refused
"audience" of "auth_tenant_provider" "corp" has the value "claims", write the ";" that is missing before it



=== TEST 53: the same where the value is missing as well
--- provider
tenants jwks_file keys.json
--- refused
"tenants" of "auth_tenant_provider" "corp" has the value "jwks_file", write the ";" that is missing before it



=== TEST 54: an audience that is named like a directive
--- provider
audience platform claims
--- loads



=== TEST 55: A6.2: an audience with a comma
--- provider
audience platform, mobile
--- refused
"audience" of "auth_tenant_provider" "corp" has a comma after "platform,", write spaces between values



=== TEST 56: claims with a comma
--- provider
claims user=sub, tenant=org
--- refused
"claims" of "auth_tenant_provider" "corp" has a comma after "user=sub,"



=== TEST 57: A6.2: an audience from a variable
--- provider
audience $host
--- refused
"audience" "$host" of "auth_tenant_provider" "corp": no variables can be used here



=== TEST 58: A6.1: an issuer from a variable
--- provider
issuer https://$host
--- refused
"issuer" of "auth_tenant_provider" "corp" can't have a variable, write it as it stands in tokens

#!/usr/bin/perl

# What "nginx -t" asks of a provider with an issuer for each tenant: the issuer
# is the tenant's rule, and its binding.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Conf;

our $Realms = <<'END';
no jwks_file
issuer "https://login.example.com/realms/{tenant}"
claims user=sub
END

plan_tests();
run_tests();

__DATA__

=== TEST 1: A6.1: the issuer constrains the tenant, without a claim
--- provider eval: $::Realms
--- loc: auth_tenant_host "{tenant}.example.com";
--- loads



=== TEST 2: nothing but the tenant
--- provider eval: $::Realms
--- loc: auth_tenant_host "{module}.{tenant}.example.com";
--- refused
"auth_tenant" in location "/": {module} is not constrained: provider "corp" does not say which claim to compare it with; write modules=CLAIM in its "claims", or an "auth_tenant_require" rule with {module} in every value



=== TEST 3: A6.1: a location without any rule is still none
--- provider eval: $::Realms
--- loc
--- refused
"auth_tenant" in location "/": no rule: any user of any tenant would pass



=== TEST 4: the issuer proves a binding
--- provider eval: $::Realms . "tenants acme\n"
--- loc: auth_tenant_path "/{user}/";
--- loads



=== TEST 5: the issuer names the tenant of an instance
--- provider eval: $::Realms
--- loc
auth_tenant_path "/{user}/";
auth_tenant_upstream "{user}--{tenant}.svc:8888";
--- loads



=== TEST 6: a rule for some methods: the issuer constrains the others
--- provider eval: $::Realms
--- loc
auth_tenant_host "{tenant}.example.com";
auth_tenant_require org is "{tenant}" methods=GET;
auth_tenant_require role is admin methods=POST;
--- loads



=== TEST 7: not if there is a provider without realms
--- provider eval: $::Realms
--- http eval
provider('second', 'issuer https://second.example.com', 'tenants acme')
--- srv
location / {
    auth_tenant corp second;
    auth_tenant_host "{tenant}.example.com";
    auth_tenant_require org is "{tenant}" methods=GET;
    auth_tenant_require role is admin methods=POST;
}
--- refused
"auth_tenant" in location "/": {tenant} is not constrained for every method



=== TEST 8: nor for another name
--- provider eval: $::Realms
--- loc
auth_tenant_path "/{user}/";
auth_tenant_require name is "{user}" methods=GET;
auth_tenant_require role is admin methods=POST;
--- refused
"auth_tenant" in location "/": {user} is not constrained for every method



=== TEST 9: realms speak for their tenants alone, beside a bound provider
--- provider eval: $::Realms
--- http eval
provider('second', 'issuer https://second.example.com', 'tenants acme')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- loads



=== TEST 10: A6.1: but the other provider has to be bound
--- provider eval: $::Realms
--- http eval: provider('second', 'issuer https://second.example.com')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant" in location "/": several providers, but "second" is not bound to tenants



=== TEST 11: A6.1: an issuer that is one of the realms
--- provider eval: $::Realms
--- http eval
provider('second', 'issuer https://login.example.com/realms/acme',
         'tenants acme')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant" in location "/": providers "corp" and "second" have an "issuer" in common, by which a token chooses between them; write only one of them here



=== TEST 12: A6.1: in whichever order
--- provider eval: $::Realms
--- http eval
provider('second', 'issuer https://login.example.com/realms/acme',
         'tenants acme')
--- srv: location / { auth_tenant second corp; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant" in location "/": providers "second" and "corp" have an "issuer" in common



=== TEST 13: A6.1: realms that meet those of another provider
--- provider eval: $::Realms
--- http eval
provider('second', 'no jwks_file',
         'issuer "https://login.example.com/{tenant}/acme"')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant" in location "/": providers "corp" and "second" have an "issuer" in common



=== TEST 14: realms that never do
--- provider eval: $::Realms
--- http eval
provider('second', 'no jwks_file',
         'issuer "https://other.example.com/realms/{tenant}"')
--- srv: location / { auth_tenant corp second; auth_tenant_path "/{user}/"; }
--- loads



=== TEST 15: E15: as many named tenants as the zone has room for
--- provider eval
join "\n", $::Realms, 'tenants ' . join ' ', map { "t$_" } 1 .. 6
--- http: auth_tenant_zone tenants 512k;
--- srv: location / { auth_tenant corp; auth_tenant_path "/{user}/"; }
--- loads



=== TEST 16: E15: more than that
--- provider eval
join "\n", $::Realms, 'tenants ' . join ' ', map { "t$_" } 1 .. 7
--- http: auth_tenant_zone tenants 512k;
--- srv: location / { auth_tenant corp; auth_tenant_path "/{user}/"; }
--- refused
"auth_tenant_zone" "tenants" of 512k has room for the keys of 6 named tenants, but there are 7; write at least 1m



=== TEST 17: a named tenant that is no label
--- provider eval: $::Realms . "tenants acme Acme_GmbH\n"
--- loc: auth_tenant_path "/{user}/";
--- refused
"tenants" of "auth_tenant_provider" "corp" has "Acme_GmbH", which can't be the {tenant} of its "issuer"; write one label of letters, digits and inner hyphens in /



=== TEST 18: capitals are one in a path
--- provider eval: $::Realms . "tenants Acme\n"
--- loc: auth_tenant_path "/{user}/";
--- loads



=== TEST 19: and none in a host
--- provider eval
"no jwks_file\nclaims user=sub\ntenants Acme\n"
. "issuer \"https://{tenant}.idp.example.com\"\n"
--- loc: auth_tenant_path "/{user}/";
--- refused
"tenants" of "auth_tenant_provider" "corp" has "Acme", which can't be the {tenant} of its "issuer"; write one label of letters, digits and inner hyphens, in lower case in /

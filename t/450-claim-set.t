#!/usr/bin/perl

# auth_tenant_claim_set: claims whose names no variable can have, or that
# stand deeper, as variables.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

our %claims = (
    'https://example.com/team' => 'blue',
    Team  => 'High',
    realm => { roles => ['a', 'b'], 'x/y' => 1, 'x~y' => 2, deep => { id => 7 } },
    perms => { acme => { jupyter => 'rw' }, globex => { jupyter => 'r' } },
);

plan_tests();
no_long_string();
run_tests();

__DATA__

=== TEST 1: names with URLs and capitals, pointers, escapes
--- http
auth_tenant_claim_set $team  https://example.com/team;
auth_tenant_claim_set $Upper Team;
auth_tenant_claim_set $roles /realm/roles;
auth_tenant_claim_set $slash /realm/x~1y;
auth_tenant_claim_set $tilde /realm/x~0y;
auth_tenant_claim_set $deep  /realm/deep/id;
auth_tenant_claim_set $none  /realm/none/id;
auth_tenant_claim_set $index /realm/roles/0;
auth_tenant_claim_set $whole realm;
--- config
location / {
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    proxy_pass       http://app;
    add_header       X-Claims "$team $upper $roles $slash $tilde $deep";
    add_header       X-Empty  "<$none$index$whole>";
}
--- client
my $got = fetch('/maksym/', claims => \%::claims);
is($got->{header}{'x-claims'}, 'blue High a,b 1 2 7', 'claims');
is($got->{header}{'x-empty'}, '<>', 'what is no text');



=== TEST 2: only after a yes
--- http
auth_tenant_claim_set $team  https://example.com/team;
--- config
location / {
    set              $early "<$team>";
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    proxy_pass       http://app;
    add_header       X-Team  "$early<$team>" always;
}
--- client
is(fetch('/maksym/', claims => \%::claims)->{header}{'x-team'}, '<><blue>', 'yes');
is(fetch('/maria/', claims => \%::claims)->{header}{'x-team'}, '<><>', 'no');



=== TEST 3: a level of its own may have it from elsewhere; others stay
--- http
auth_tenant_claim_set $team  https://example.com/team;
auth_tenant_claim_set $other Team;
--- config
auth_tenant_claim_set $team Team;
add_header X-Team "$team $other" always;
location / {
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    proxy_pass       http://app;
    location /maksym/deep {
        auth_tenant_claim_set $team /realm/deep/id;
        proxy_pass       http://app;
    }
}
--- client
my %as = (claims => \%::claims);
is(fetch('/maksym/', %as)->{header}{'x-team'}, 'High High', 'server');
is(fetch('/maksym/deep', %as)->{header}{'x-team'}, '7 High', 'location');



=== TEST 4: placeholders in the pointer are what the request names
--- http
auth_tenant_claim_set $perm "/perms/{tenant}/{module}";
--- config
auth_tenant_host "{module}.{tenant}.example.com";
location / {
    auth_tenant         corp;
    auth_tenant_require current_tenant is acme;
    auth_tenant_require "/perms/{tenant}/{module}" is rw r;
    proxy_pass          http://app;
    add_header          X-Perm $perm;
}
--- client
for (['acme', 'rw'], ['globex', 'r']) {
    my ($tenant, $perm) = @$_;
    is(fetch('/', claims => \%::claims, host => "jupyter.$tenant.example.com")
       ->{header}{'x-perm'}, $perm, $tenant);
}



=== TEST 5: nothing else may set the variable
--- http
auth_tenant_claim_set $team team;
--- config
location / {
    set $team x;
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
}
--- must_die
--- error_log
the duplicate "team" variable



=== TEST 6: nor may it take one that is set already
--- http
map $uri $team { default x; }
auth_tenant_claim_set $team team;
--- config
location / {
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
}
--- must_die
--- error_log
"auth_tenant_claim_set" can't set "$team", which something else sets already



=== TEST 7: nor nginx's own
--- http
auth_tenant_claim_set $host team;
--- config
location / {
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
}
--- must_die
--- error_log
"auth_tenant_claim_set" can't set "$host", which something else sets already



=== TEST 8: nor ours
--- http
auth_tenant_claim_set $auth_user team;
--- config
location / {
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
}
--- must_die
--- error_log
"auth_tenant_claim_set" can't set "$auth_user", which something else sets already



=== TEST 9: a value is text, or it is empty (A2.11, F2)
--- http
auth_tenant_claim_set $evil evil;
--- config
location / {
    auth_tenant      corp;
    auth_tenant_path "/{user}/";
    proxy_pass       http://app;
    add_header       X-Evil  "<$evil>" always;
}
--- client
for ("a\r\nX-Bad: 1", "\x{2028}", ['a,b'], [undef], {}, undef) {
    is(fetch('/maksym/', claims => { evil => $_ })->{header}{'x-evil'}, '<>',
       json($_));
}

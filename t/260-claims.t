#!/usr/bin/perl

# What a provider's tokens must say, whatever location asks.

use lib 't/lib';
use AuthTenant;
use AuthTenant::Ask;

our $Location = <<'END';
    location / {
        auth_tenant      corp;
        auth_tenant_path "/{user}/";
        proxy_pass       http://app;
    }
END

our $Host = <<'END';
    location / {
        auth_tenant      corp;
        auth_tenant_host "{module}.{tenant}.example.com";
        proxy_pass       http://app;
    }
END

# claims that are so many seconds from the time of the request

sub at {
    my ($name, $seconds) = @_;
    return sub { return { $name => time + $seconds } };
}

# asks for maksym's path (or "/") with claims that differ

sub said {
    my ($word, @claims) = @_;
    return map { [ '/maksym/' => $word, claims => $_ ] } @claims;
}

# a claim's value written as JSON has it, true and false and 1e9 included

sub raw {
    my ($name, $value) = @_;
    my $claims = claims({ $name => undef });
    (my $text = json($claims)) =~ s/\}$/,"$name":$value}/;
    return [ '/maksym/' => @_[2 .. $#_], token => token($text) ];
}

plan_tests();
run_tests();

__DATA__

=== TEST 1: A6.1: iss, byte for byte
--- config eval: $::Location
--- asks eval
said('ok', {}),
said('wrong_issuer', map { { iss => $_ } }
    'https://login.example.com/realms/platform/',
    'https://login.example.com/realms/platfor',
    'https://login.example.com/realms/Platform',
    'HTTPS://login.example.com/realms/platform',
    'https://login.example.com:443/realms/platform',
    'https://login.example.com/realms/other', 'x'),
said('bad_claim', { iss => undef }, { iss => '' }, { iss => 5 },
    { iss => ['https://login.example.com/realms/platform'] })



=== TEST 2: A6.2: aud: one of it is ours
--- config eval: $::Location
--- asks eval
said('ok', { aud => ['platform'] }, { aud => ['x', 'platform'] }),
said('wrong_audience', { aud => 'x' }, { aud => 'Platform' },
    { aud => 'platform ' }, { aud => 'platfor' }, { aud => [] },
    { aud => ['x', 'y'] }, { aud => ['x', 'platforms'] }),
said('bad_claim', { aud => 5 }, { aud => ['platform', 5] },
    { aud => { platform => 1 } }, { aud => [['platform']] })



=== TEST 3: A6.2: a token that is for nobody is not for us
--- config eval: $::Location
--- asks eval
said('bad_claim', { aud => undef })



=== TEST 4: several audiences of ours, or none said aloud
--- provider
audience platform portal
--- config eval: $::Location
--- asks eval
said('ok', { aud => 'portal' }, { aud => 'platform' }),
said('wrong_audience', { aud => 'platform portal' })



=== TEST 5: audience off
--- provider
audience off
--- config eval: $::Location
--- asks eval
said('ok', { aud => 'x' }, { aud => ['x', 'y'] })



=== TEST 6: A6.2: an audience of the tenant's and the module's own
--- provider
audience "{tenant}-{module}" "all-{tenant}"
--- config eval: $::Host
--- asks eval
[ '/' => 'ok', claims => { aud => 'acme-jupyter' } ],
[ '/' => 'ok', claims => { aud => ['x', 'all-acme'] } ],
[ '/' => 'wrong_audience', claims => { aud => 'acme-datalab' } ],
[ '/' => 'wrong_audience', claims => { aud => 'globex-jupyter' } ],
[ '/' => 'wrong_audience', claims => { aud => '{tenant}-{module}' } ],
[ '/' => 'ok', claims => { aud => 'acme-datalab' },
  host => 'datalab.acme.example.com' ],
[ '/' => 'wrong_audience', claims => { aud => 'acme-jupyter',
  current_tenant => 'globex' }, host => 'jupyter.globex.example.com' ]



=== TEST 7: A6.2, B2.3: names that would read as another audience
--- provider
audience "{tenant}-{module}"
--- config eval: $::Host
--- asks eval
[ '/' => 'wrong_audience', claims => { aud => 'a-b-c', current_tenant => 'a-b',
  permissions => ['c'] }, host => 'c.a-b.example.com' ],
[ '/' => 'ok', claims => { aud => 'a-b-c', current_tenant => 'a',
  permissions => ['b-c'] }, host => 'b-c.a.example.com' ]



=== TEST 8: A6.3: azp, where a token has several audiences
--- provider
azp portal
--- config eval: $::Location
--- asks eval
said('ok', { aud => ['platform', 'x'], azp => 'portal' },
    { aud => ['platform', 'x'], azp => 'platform' },
    { aud => ['platform', 'x'] }, { aud => 'platform', azp => 'x' }),
said('wrong_audience', { aud => ['platform', 'x'], azp => 'x' },
    { aud => ['platform', 'x'], azp => '' }),
said('bad_claim', { aud => ['platform', 'x'], azp => 5 })



=== TEST 9: A6.3: azp off
--- provider
azp off
--- config eval: $::Location
--- asks eval
said('ok', { aud => ['platform', 'x'], azp => 'x' })



=== TEST 10: A6.4: exp is required and limits, with 30 seconds of leeway
--- config eval: $::Location
--- asks eval
said('ok', at(exp => 5), at(exp => -10)),
said('expired', at(exp => -31), { exp => 0 }, { exp => 1 }),
said('bad_claim', { exp => undef }, { exp => '9999999999' })



=== TEST 11: A2.9, A2.10: exp in other forms
--- config eval: $::Location
--- asks eval
raw(exp => '99999999999', 'ok'), raw(exp => '99999999999.5', 'ok'),
raw(exp => '1e11', 'ok'), raw(exp => '253402300799', 'ok'),
raw(exp => '253402300800', 'bad_claim'), raw(exp => '1e300', 'bad_claim'),
raw(exp => '-1', 'bad_claim'), raw(exp => 'true', 'bad_claim'),
raw(exp => 'null', 'bad_claim'), raw(exp => '[9999999999]', 'bad_claim'),
raw(exp => '"9999999999"', 'bad_claim'), raw(exp => '{}', 'bad_claim')



=== TEST 12: A6.4: nbf and iat
--- config eval: $::Location
--- asks eval
said('ok', at(nbf => 20), at(iat => 20), { nbf => 0 },
    { iat => 0 }),
said('not_yet_valid', at(nbf => 60), at(iat => 60)),
said('bad_claim', { iat => undef }, { nbf => 'x' }, { iat => [] })



=== TEST 13: leeway
--- provider
leeway 0
--- config eval: $::Location
--- asks eval
said('ok', at(exp => 30)),
said('expired', at(exp => -1)),
said('not_yet_valid', at(nbf => 25), at(iat => 25))



=== TEST 14: A6.4: max_age
--- provider
max_age 1h
--- config eval: $::Location
--- asks eval
said('ok', at(iat => -3500)),
said('expired', at(iat => -3700), { iat => 0 })



=== TEST 15: A6.5: sub
--- config eval: $::Location
--- asks eval
said('bad_claim', { sub => undef }, { sub => '' }, { sub => 5 },
    { sub => "\x{e9}" }, { sub => 'x' x 256 }, { sub => "a\nb" }),
said('ok', { sub => 'x' x 255 })



=== TEST 16: A3.9, A6.7: types that are listed, and no others
--- provider
types at+jwt
--- config eval: $::Location
--- asks eval
(map { [ '/maksym/' => 'ok', token => token({}, header => { typ => $_ }) ] }
    'at+jwt', 'AT+JWT', 'application/at+jwt'),
map { [ '/maksym/' => 'bad_type', token => token({}, header => { typ => $_ }) ]
    } 'JWT', undef, 'x+jwt'



=== TEST 17: A6.7: a logout token is no id_token
--- config eval: $::Location
--- asks eval
said('bad_type', { events =>
    { 'http://schemas.openid.net/event/backchannel-logout' => {} } })



=== TEST 18: A6.5: an address proves somebody only if it was verified
--- provider
claims user=email
--- config
    location / {
        auth_tenant         corp;
        auth_tenant_require none;
        proxy_pass          http://app;
    }
--- asks eval
[ '/' => 'ok', claims => { email => 'a@example.com', email_verified => \1 },
  vars => 'a@example.com|||' ],
map { [ '/' => 'no_claim', claims => { email => 'a@example.com', %$_ } ] }
    {}, { email_verified => \0 }, { email_verified => 'true' },
    { email_verified => 1 }, { email => undef, email_verified => \1 }



=== TEST 19: tenants: what a provider may speak for, by the token's claim
--- provider
tenants acme globex
--- config eval: $::Location
--- asks eval
said('ok', {}, { current_tenant => 'globex' }),
said('wrong_tenant', { current_tenant => 'initech' }, { current_tenant => 'ACME'
    }, { current_tenant => undef })



=== TEST 20: tenants, by the host, where tokens do not name one
--- provider
claims user=name
tenants acme
--- config
    location / {
        auth_tenant          corp;
        auth_tenant_host     "{tenant}.example.com";
        auth_tenant_require  "/orgs/{tenant}" has admin;
        proxy_pass           http://app;
    }
--- asks eval
my $orgs = { orgs => { acme => ['admin'], globex => ['admin'] } };
[ '/' => 'ok', claims => $orgs, host => 'acme.example.com' ],
[ '/' => 'wrong_tenant', claims => $orgs, host => 'globex.example.com' ]



=== TEST 21: A6.1: two providers: iss chooses, keys and tenants stay apart
--- http eval
file('second.json', jwks(key('RS256', 'second'), key('ES256', 'P-256')));
provider('second', 'issuer https://second.example.com', 'tenants globex',
         'jwks_file $TEST_NGINX_FILES/second.json', 'audience second',
         'claims user=sub tenant=org', 'algorithms RS256')
--- provider
tenants acme
--- config
    location / {
        auth_tenant       corp second;
        auth_tenant_path  "/{user}/";
        proxy_pass        http://app;
    }
--- asks eval
our %second = (iss => 'https://second.example.com', aud => 'second',
               sub => 'maria', org => 'globex', name => undef);
our $key = key('RS256', 'second');
[ '/maksym/' => 'ok', vars => 'maksym|acme||' ],
[ '/maria/'  => 'ok', token => token(\%second, key => $key),
  vars => 'maria|globex||' ],
[ '/maria/'  => 'unknown_key', token => token(\%second) ],
[ '/maksym/' => 'unknown_key', token => token({}, key => $key) ],
[ '/maria/'  => 'wrong_tenant',
  token => token({ %second, org => 'acme' }, key => $key) ],
[ '/maksym/' => 'wrong_tenant', claims => { current_tenant => 'globex' } ],
[ '/maria/'  => 'wrong_audience',
  token => token({ %second, aud => 'platform' }, key => $key) ],
[ '/maria/'  => 'bad_algorithm',
  token => token(\%second, key => key('ES256')) ],
[ '/maksym/' => 'wrong_issuer', claims => { iss => 'https://third.com' } ],
[ '/maria/'  => 'wrong_user',
  token => token({ %second, sub => 'x', name => 'maria' }, key => $key) ]



=== TEST 22: claims further inside, and names that hold what pointers part
--- provider
claims user=/who/short "tenant=/org~1unit/na~0me" modules=https://example.com/m
--- config eval: $::Host
--- asks eval
our %c = (who => { short => 'maksym' }, 'org/unit' => { 'na~me' => 'acme' },
         'https://example.com/m' => ['jupyter'], name => undef,
         current_tenant => undef, permissions => undef);
[ '/' => 'ok', claims => \%c, vars => 'maksym|acme|jupyter|' ],
[ '/' => 'no_claim', claims => { %c, who => 'maksym' } ],
[ '/' => 'no_claim', claims => { %c, who => ['maksym'] } ],
[ '/' => 'no_claim', claims => { %c, 'org/unit' => {} } ],
[ '/' => 'no_claim', claims => { %c, 'https://example.com/m' => undef } ]



=== TEST 23: modules as words of one string, only where it says so
--- provider
claims user=name tenant=current_tenant modules=apps
space_delimited apps
--- config eval: $::Host
--- asks eval
[ '/' => 'ok', claims => { apps => 'lab jupyter' } ],
[ '/' => 'ok', claims => { apps => ['lab', 'jupyter'] } ],
[ '/' => 'wrong_module', claims => { apps => 'lab jupyters' } ],
[ '/' => 'wrong_module', claims => { apps => '' } ],
[ '/' => 'no_claim', claims => { apps => undef } ]



=== TEST 24: modules in one string are one module elsewhere, if at all
--- config eval: $::Host
--- asks eval
[ '/' => 'wrong_module', claims => { permissions => 'lab jupyter' } ],
[ '/' => 'wrong_module', claims => { permissions => 'jupyter' } ],
[ '/' => 'ok', claims => { permissions => { jupyter => \1 } } ],
map { [ '/' => 'wrong_module', claims => { permissions => $_ } ] }
    { jupyter => \0 }, { jupyter => '' }, { lab => 1 }, [], [5], [['jupyter']]



=== TEST 25: A2.8, A2.11, B2.2: names that can't be names
--- config
    location / {
        auth_tenant         corp;
        auth_tenant_require none;
        proxy_pass          http://app;
    }
--- asks eval
(map { [ '/' => 'bad_name', claims => { name => $_ } ] }
    "a\r\nX-Inj: 1", "a\nb", "a\tb", "maksym ", " maksym", "a\x7fb", '', 'x' x 256,
    ['maksym'], 5, { maksym => 1 }, \1, "a\x{85}b", "a\x{2028}b"),
(map { [ '/' => 'bad_name', claims => { current_tenant => $_ } ] }
    "acme ", "acme\n", 5, ['acme'], ''),
[ '/' => 'no_claim', claims => { name => undef } ],
[ '/' => 'ok', claims => { name => 'x' x 255, current_tenant => undef } ],
[ '/' => 'ok', claims => { name => 'Maksym P. (lab)' },
  vars => 'Maksym P. (lab)|acme||' ]



=== TEST 26: B2.2: no folding: neither case nor look-alikes
--- config eval: $::Location
--- asks eval
said('wrong_user', { name => 'Maksym' }, { name => "m\x{430}ksym" },
    { name => "\x{ff4d}aksym" }, { name => 'maksym@example.com' },
    { name => 'maksy' }, { name => 'maksym.' })

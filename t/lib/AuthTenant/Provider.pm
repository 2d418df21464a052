package AuthTenant::Provider;

# An OpenID provider of the suite's own, on a loopback port, that answers as
# it should until a test wants something else.  It is a process of its own,
# which serves any number of connections at once: one that is slow harms no
# other.
#
#   my $provider = AuthTenant::Provider->start;       # or start(tls => 1), ...
#
#   $provider->realm('acme', key('RS256'))     # discovery and keys of a realm
#   $provider->realm('acme', $new, $old)       # other keys
#   $provider->realm('', key('RS256'))         # a provider without realms
#   $provider->forget('acme')                  # unknown again, so 404
#   $provider->discovery('acme', issuer => 'https://x', jwks_uri => undef)
#                                              # members changed, left out
#   $provider->document('/realms/acme/jwks', TEXT, LINE...)
#                                              # any path's text, with headers
#
#   $provider->url('/x')                       # http://127.0.0.1:PORT/x
#   $provider->issuer('acme')                  # http://.../realms/acme
#   $provider->template                        # http://.../realms/{tenant}
#   $provider->port, $provider->ca             # the CA's certificate: a file
#
# Options of start():
#
#   address, port   where it listens: 127.0.0.1, and a free port
#   host            the name that its URLs have: the address
#   tls             1, or one of the certificates below
#   names           further names and addresses in its certificate
#
# What it does to the requests for some path, which is given by its end,
# "/jwks" or "/acme/jwks", or by a regular expression, or is '' for all.  What
# was said last counts; ways of going wrong may be combined.
#
#   $provider->fault('/jwks', 'half');
#   $provider->fault('/jwks', status => 500, times => 2);   # then as before
#   $provider->fault('/jwks', delay => 0.3, headers => ['Cache-Control: ...']);
#   $provider->heal('/jwks');                  # or heal(), everything
#
#   never            takes the request and never answers
#   close, reset     ends the connection instead of answering
#   garbage          answers with something that is not HTTP
#   informational    answers "103 Early Hints" for ever
#   headers_endless  answers with headers for ever
#   half             half of the body, then closed; half_reset; half_never
#   slow_head => S   a byte every S seconds; slow_body
#   delay => S       the answer comes S seconds later
#   status => N      with that status; redirect => [N, URL]
#   headers => [LINE...], body => TEXT
#   empty            204; html: 200, a page
#   truncated        a body that ends too early, though Content-Length is right
#   longer, shorter  Content-Length is more, or less, than there is
#   gzip             Content-Encoding: gzip
#   chunked          as it should be; chunk_size, chunk_end, chunk_huge: not
#   bom, utf16       before the document; the document in UTF-16
#   duplicates       "keys" and "issuer" twice
#   huge => N        N bytes, of which the first are the document
#   huge_chunked => N
#   keys => N        N keys, of which the first are the document's
#   rsa => [BITS, N] N keys of BITS bits
#   nested => N      N arrays in one another
#
# What it does to connections, whatever is asked for:
#
#   $provider->refuse     none is accepted; the port stays its own
#   $provider->hang       none is completed: connect() times out
#   $provider->mute       accepted, and never read
#   $provider->drop       accepted, and reset
#   $provider->open       as at the start
#   $provider->tls(WHICH) its certificate; ends all connections:
#                         good, expired, not_yet, wrong_host, self_signed,
#                         other_ca, and, good, tls10, tls11
#   $provider->hang_up    ends those that there are
#
# What it saw:
#
#   $provider->requests('/jwks')      in scalar context how many, else
#       { time, method, path, realm, host, headers => { name => value },
#         connection, status, sent (bytes), ended (time),
#         end: "answered", "closed" (by the client), "ended" (by us) }
#   $provider->connections            how many were accepted
#   $provider->clear                  forgets them
#
# Any process may call these, and it ends with the one that started it: see
# AuthTenant::Control.

use strict;
use warnings;

use parent 'AuthTenant::Control';

use Carp qw(croak);
use IO::Socket::INET ();

use AuthTenant::Provider::Server ();
use AuthTenant::Token ();

# faults that are just said, and those that take a value

my %flag = map { $_ => 1 } qw(
    never close reset garbage informational headers_endless half half_reset
    half_never empty html truncated longer shorter gzip chunked chunk_size
    chunk_end chunk_huge bom utf16 duplicates
);

my %value = map { $_ => 1 } qw(
    slow_head slow_body delay status redirect headers body huge huge_chunked
    keys rsa nested times
);


sub start {
    my ($class, %opt) = @_;

    my $address = $opt{address} // '127.0.0.1';

    # a port that is only bound refuses connections, but stays ours

    my $socket = IO::Socket::INET->new(Proto => 'tcp',
        LocalAddr => $address, LocalPort => $opt{port} // 0, ReuseAddr => 1)
        or die "provider: $address: $!\n";

    my $self = bless {
        port => $socket->sockport, host => $opt{host} // $address,
        scheme => $opt{tls} ? 'https' : 'http',
        names => [$opt{host} // (), $address, @{ $opt{names} // [] }],
    }, $class;

    if ($opt{tls}) {
        require AuthTenant::Provider::Tls;
        $self->{tls} = AuthTenant::Provider::Tls::certificates(
            $self->dir, @{ $self->{names} });
    }

    $self->launch(sub {
        my ($commands, $alive) = @_;

        AuthTenant::Provider::Server::run(
            socket => $socket, commands => $commands, alive => $alive,
            tls => $self->{tls}, certificate =>
                $opt{tls} && ($opt{tls} eq '1' ? 'good' : $opt{tls}));
    });

    $self->open;

    return $self;
}


sub port { $_[0]{port} }

sub ca { $_[0]{tls} && $_[0]{tls}{ca} }

sub other_ca { $_[0]{tls} && $_[0]{tls}{other_ca_file} }

# a scheme's own port is not written

sub url {
    my ($self, $path) = @_;

    my $port = $self->{port} == ($self->{tls} ? 443 : 80) ? ''
                                                          : ":$self->{port}";
    return "$self->{scheme}://$self->{host}$port" . ($path // '');
}


sub issuer { $_[0]->url(defined $_[1] && $_[1] ne '' ? "/realms/$_[1]" : '') }

sub template { $_[0]->url('/realms/{tenant}') }


sub realm {
    my ($self, $name, @keys) = @_;

    my $path = $name eq '' ? '' : "/realms/$name";

    $self->discovery($name) unless $self->{realms}{$name}++;
    $self->document("$path/jwks", AuthTenant::Token::jwks(@keys));
}


sub discovery {
    my ($self, $name, %change) = @_;

    my $path = $name eq '' ? '' : "/realms/$name";
    my $issuer = $self->issuer($name);

    my %members = (
        issuer => $issuer, jwks_uri => "$issuer/jwks",
        authorization_endpoint => "$issuer/authorize",
        token_endpoint => "$issuer/token",
        response_types_supported => ['code'],
        subject_types_supported => ['public'],
        id_token_signing_alg_values_supported => ['RS256'],
        %change,
    );
    delete @members{ grep { !defined $members{$_} } keys %members };

    $self->document("$path/.well-known/openid-configuration",
                    AuthTenant::Token::json(\%members));
}


sub document {
    my ($self, $path, $text, @headers) = @_;
    $self->command(document => $path, $text, @headers);
}


sub forget {
    my ($self, $name) = @_;

    my $path = $name eq '' ? '' : "/realms/$name";
    delete $self->{realms}{$name};
    $self->document($_) for "$path/jwks",
                            "$path/.well-known/openid-configuration";
}


sub pattern {
    my ($path) = @_;

    $path //= '';
    return ref $path ? "$path" : "\Q$path\E\$";
}


sub fault {
    my ($self, $path, @how) = @_;

    my %how;
    while (@how) {
        my $kind = shift @how;
        croak "no fault \"$kind\"" unless $flag{$kind} || $value{$kind};
        $how{$kind} = $flag{$kind} ? 1 : shift @how;
    }

    $self->command(fault => pattern($path), \%how);
}


sub heal {
    my ($self, $path) = @_;
    $self->command(heal => defined $path ? pattern($path) : undef);
}


sub requests {
    my ($self, $path) = @_;

    my $list = $self->command(requests => pattern($path));
    return @$list;
}


sub connections { $_[0]->command('connections') }

sub clear { $_[0]->command('clear') }

sub hang_up { $_[0]->command('hang_up') }

sub open { $_[0]->command(mode => 'open') }

sub refuse { $_[0]->command(mode => 'refuse') }

sub hang { $_[0]->command(mode => 'hang') }

sub mute { $_[0]->command(mode => 'mute') }

sub drop { $_[0]->command(mode => 'drop') }


sub tls {
    my ($self, $which) = @_;

    croak "no certificate \"$which\"" unless $self->{tls}{$which};
    $self->command(tls => $which);
}

1;

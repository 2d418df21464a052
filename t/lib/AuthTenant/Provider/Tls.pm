package AuthTenant::Provider::Tls;

# Certificates for AuthTenant::Provider, made when they are asked for: good
# ones and, each in one respect, bad ones.

use strict;
use warnings;

use IO::Socket::SSL ();
use IO::Socket::SSL::Utils qw(CERT_create CERT_free KEY_free PEM_cert2string
                              PEM_key2string);

my $day = 86400;


# certificates(DIRECTORY, NAME...): of each kind the files, { cert, key }, and
# the TLS version that is spoken with it; the CAs' certificates

sub certificates {
    my ($dir, @names) = @_;

    my @alt = map { [/^[\d.]+$|:/ ? 'IP' : 'DNS', $_] }
              keys %{ { map { $_ => 1 } @names } };

    my %ca = (not_before => time - $day, not_after => time + 10 * $day,
              CA => 1, purpose => { keyCertSign => 1, cRLSign => 1 });
    my @ca = CERT_create(%ca, subject => { commonName => 'the suite\'s CA' });
    my @other = CERT_create(%ca, subject => { commonName => 'another CA' });

    my $make = sub {
        my ($name, %change) = @_;

        my ($cert, $key) = CERT_create(
            subject => { commonName => $names[0] }, subjectAltNames => \@alt,
            not_before => time - $day, not_after => time + $day,
            issuer_cert => $ca[0], issuer_key => $ca[1], purpose => 'server',
            %change);

        my %file = (cert => _write("$dir/$name.crt", PEM_cert2string($cert)),
                    key => _write("$dir/$name.key", PEM_key2string($key)));
        CERT_free($cert);
        KEY_free($key);

        return \%file;
    };

    my $good = $make->('good');

    my %kinds = (
        good => $good,
        expired => $make->('expired', not_after => time - 3600),
        not_yet => $make->('not_yet', not_before => time + 3600),
        wrong_host => $make->('wrong_host',
            subject => { commonName => 'elsewhere.invalid' },
            subjectAltNames => [[DNS => 'elsewhere.invalid']]),
        self_signed => $make->('self_signed', issuer_cert => undef,
                               issuer_key => undef),
        other_ca => $make->('other_ca', issuer_cert => $other[0],
                            issuer_key => $other[1]),
        tls10 => { %$good, version => 0x0301 },
        tls11 => { %$good, version => 0x0302 },
        ca => _write("$dir/ca.crt", PEM_cert2string($ca[0])),
        other_ca_file => _write("$dir/another_ca.crt",
                                PEM_cert2string($other[0])),
    );

    CERT_free($_) for $ca[0], $other[0];
    KEY_free($_) for $ca[1], $other[1];

    return \%kinds;
}


sub _write {
    my ($file, $text) = @_;

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";

    chmod 0644, $file;
    return $file;
}


# what IO::Socket::SSL needs for connections with one of them

sub context {
    my ($kind) = @_;

    my %opt = (SSL_server => 1, SSL_cert_file => $kind->{cert},
               SSL_key_file => $kind->{key}, SSL_session_id_context => 'at');

    # OpenSSL 3 has these only without a level of security, and its own
    # configuration may forbid them

    if (my $version = $kind->{version}) {
        $opt{SSL_cipher_list} = 'ALL:@SECLEVEL=0';
        $opt{SSL_version} = 'SSLv23';
        $opt{SSL_create_ctx_callback} = sub {
            Net::SSLeay::CTX_set_min_proto_version($_[0], $version);
            Net::SSLeay::CTX_set_max_proto_version($_[0], $version);
        };
    }

    return IO::Socket::SSL::SSL_Context->new(%opt)
           // die "TLS: $IO::Socket::SSL::SSL_ERROR\n";
}


# what the last call that failed waits for: to read, to write, or nothing

sub waits {
    my $error = $IO::Socket::SSL::SSL_ERROR // 0;

    return $error == IO::Socket::SSL::SSL_WANT_READ() ? 'read'
           : $error == IO::Socket::SSL::SSL_WANT_WRITE() ? 'write' : '';
}

1;

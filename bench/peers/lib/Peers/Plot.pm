package Peers::Plot;

# Bars and lines as SVG, both on logarithmic scales of microseconds.
#
#   svg([ { title, what, in_order, bars => [ { name, cpu, service, ours, bare },
#                                            ... ] }, ... ],
#       [ { name, ours, points => [ [ bytes, microseconds ], ... ] }, ... ])

use strict;
use warnings;

my $width = 960;
my $left = 330;
my $right = 90;
my $bar = 18;

my ($low, $high) = (5, 1000);

my @ticks = (5, 10, 20, 50, 100, 200, 500, 1000);


sub svg
{
    my ($panels, $lines) = @_;

    my ($y, $body) = (20, '');

    for my $panel (@$panels) {
        ($y, my $text) = panel($y, $panel);
        $body .= $text;
    }

    if (@$lines) {
        ($y, my $text) = curves($y, $lines);
        $body .= $text;
    }

    $y += 10;
    return qq(<svg xmlns="http://www.w3.org/2000/svg" width="$width")
        . qq( height="$y" viewBox="0 0 $width $y")
        . qq( font-family="sans-serif" font-size="12">\n)
        . qq(<rect width="$width" height="$y" fill="#fff"/>\n)
        . "$body</svg>\n";
}


sub escape
{
    my ($text) = @_;

    $text =~ s/&/&amp;/g;
    $text =~ s/</&lt;/g;
    return $text;
}


# the place of a number between two, on a scale from one pixel to another

sub scale
{
    my ($v, $from, $to, $first, $last) = @_;

    $v = $from if $v < $from;
    $v = $to if $v > $to;
    return $first + log($v / $from) / log($to / $from) * ($last - $first);
}


sub across { scale($_[0], $low, $high, $left, $width - $right) }


sub text
{
    my ($x, $y, $text, $more) = @_;

    return sprintf qq(<text x="%.1f" y="%.1f" %s>%s</text>\n), $x, $y,
                   $more // '', escape($text);
}


sub line
{
    my (@xy) = @_;

    return sprintf qq(<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f")
                   . qq( stroke="#ddd"/>\n), @xy;
}


sub panel
{
    my ($y, $panel) = @_;

    my @bars = @{ $panel->{bars} };
    @bars = sort { $a->{cpu} + $a->{service}
                   <=> $b->{cpu} + $b->{service} } @bars
        unless $panel->{in_order};

    my $what = $panel->{what} // 'CPU for a request, µs'
                                 . ' (light: of the service that it asks)';
    my $text = text($left, $y + 12, "$panel->{title}: $what",
                    'font-weight="bold"');
    my $bottom = $y + 24 + $bar * @bars;

    for (@ticks) {
        my $x = across($_);
        $text .= line($x, $y + 20, $x, $bottom)
                 . text($x, $bottom + 14, $_,
                        'text-anchor="middle" fill="#666"');
    }

    $y += 24;

    for my $b (@bars) {
        my $all = $b->{cpu} + $b->{service};
        my $color = $b->{ours} ? '#0a7d3c' : $b->{bare} ? '#9aa0a6'
                                           : '#3b6fb6';

        my @parts = ([ $low, $b->{cpu}, 1 ]);
        push @parts, [ $b->{cpu}, $all, 0.4 ] if $b->{service};

        for (@parts) {
            my ($x, $end) = (across($_->[0]), across($_->[1]));
            $text .= sprintf qq(<rect x="%.1f" y="%.1f" width="%.1f")
                . qq( height="%d" fill="%s" opacity="%s"/>\n),
                $x, $y + 2, $end - $x, $bar - 4, $color, $_->[2];
        }

        $text .= text($left - 6, $y + 13, $b->{name}, 'text-anchor="end"'
                      . ($b->{ours} ? ' font-weight="bold"' : ''))
                 . text(across($all) + 4, $y + 13, sprintf '%.1f', $all);
        $y += $bar;
    }

    return ($y + 34, $text);
}


sub curves
{
    my ($y, $lines) = @_;

    my @colors = map { "#$_" } qw(3b6fb6 b6563b 8b3bb6 b69a3b 3bb6a6 b63b78
                                  5b5b5b 6f8f2f 2f4f8f d08040 999999 444444);
    my ($height, $end) = (360, 560);
    my $bottom = $y + 24 + $height;
    my $text = text(60, $y + 12, 'RS256, tokens of 0.5 to 8 KiB: CPU for a'
                    . ' request, µs', 'font-weight="bold"');

    for (@ticks) {
        my $h = scale($_, $low, $high, $bottom, $y + 24);
        $text .= line(60, $h, $end, $h)
                 . text(54, $h + 4, $_, 'text-anchor="end" fill="#666"');
    }

    for (512, 1024, 2048, 4096, 8192) {
        my $x = scale($_, 512, 8192, 60, $end);
        $text .= line($x, $y + 24, $x, $bottom)
                 . text($x, $bottom + 14, $_,
                        'text-anchor="middle" fill="#666"');
    }

    # the highest first, as the lines end at the right

    my $at = $y + 36;

    for my $l (sort { $b->{points}[-1][1] <=> $a->{points}[-1][1] }
               grep { @{ $_->{points} } > 1 } @$lines)
    {
        my $color = $l->{ours} ? '#0a7d3c' : shift @colors;
        my $points = join ' ', map {
            sprintf '%.1f,%.1f', scale($_->[0], 512, 8192, 60, $end),
                    scale($_->[1], $low, $high, $bottom, $y + 24)
        } @{ $l->{points} };

        $text .= sprintf qq(<polyline points="%s" fill="none" stroke="%s")
                         . qq( stroke-width="%d"/>\n), $points, $color,
                         $l->{ours} ? 4 : 2;
        $text .= text($end + 16, $at, sprintf('%s: %.0f', $l->{name},
                                              $l->{points}[-1][1]),
                      qq(fill="$color")
                      . ($l->{ours} ? ' font-weight="bold"' : ''));
        $at += 18;
    }

    return ($bottom + 30, $text);
}


1;

#!/usr/bin/perl
# A runaway job that keeps its own processor time at a quarter of its age: plain to see in ps, bearable for a small machine.
use strict;
use warnings;

sub uptime { open my $file, '<', '/proc/uptime' or die "/proc/uptime: $!\n"; return (split ' ', <$file>)[0]; }
sub used { my ($user, $system) = times; return $user + $system; }

my $start = uptime();
while (1) {
    my $owed = 0.3 + 0.25 * (uptime() - $start);
    my $round = used();
    # Half a second at most before it rests, also when a stall has left it far behind.
    while (used() < $owed && used() - $round < 0.5) {
        my $sum = 0;
        $sum += $_ * $_ for 1 .. 5000;
    }
    select(undef, undef, undef, 0.1);
}

#!/usr/bin/perl
# A leak that has happened: holds 120 MB and does nothing.
use strict;
use warnings;

my @held = map { my $size = 1024 * 1024; 'x' x $size } 1 .. 120;
sleep 3600 while @held;

#!/usr/bin/perl
# A leak that has happened: holds 300 MB and does nothing.
use strict;
use warnings;

my @held = map { my $size = 1024 * 1024; 'x' x $size } 1 .. 300;
sleep 3600 while @held;

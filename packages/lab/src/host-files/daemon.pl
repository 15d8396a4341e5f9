#!/usr/bin/perl
# A small real service: listens, answers HTTP, logs. Its name is the file's name.
use strict;
use warnings;
use Socket;

my ($name) = $0 =~ m{([^/]+)$};
my %option = @ARGV;
my ($port, $pidfile) = @option{qw(--port --pidfile)};
my $version = '@version@';
$| = 1;

sub note { my @t = gmtime; printf "%04d-%02d-%02dT%02d:%02d:%02dZ %s\n", $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0], "@_"; }

socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "$name: socket: $!\n";
setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
bind($listener, sockaddr_in($port, INADDR_ANY)) or die "$name: port $port: $!\n";
listen($listener, 64) or die "$name: listen: $!\n";
$SIG{TERM} = sub { note("$name stops"); unlink $pidfile if $pidfile; exit 0 };
$SIG{PIPE} = 'IGNORE';
if ($pidfile) {
    open my $file, '>', "$pidfile.new" or die "$name: $pidfile: $!\n";
    print $file "$$\n";
    close $file;
    rename "$pidfile.new", $pidfile or die "$name: $pidfile: $!\n";
}
note("$name $version listens on port $port");
while (1) {
    my $peer = accept(my $client, $listener) or next;
    my $request = '';
    vec(my $ready = '', fileno($client), 1) = 1;
    sysread($client, $request, 4096) if select($ready, undef, undef, 5);
    my $body = "$name $version ok\n";
    syswrite($client, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
    note('answered ' . inet_ntoa((sockaddr_in($peer))[1]));
    close $client;
}

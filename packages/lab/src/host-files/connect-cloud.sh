#!/bin/sh
# Joins a site's network to a cloud's by a cable and puts a firewall at the site's end that lets nothing in. Entered by
# start-outbound-only-network inside the site's network. Argument: the cloud's network namespace.
set -eu
cloud=$1
ip link add wan type veth peer name site0 netns "$cloud"
ip address add 10.77.0.2/24 dev wan
ip link set wan up
nsenter --net="$cloud" -- ip -batch - <<IP
address add 10.77.0.1/24 dev site0
link set site0 up
route add 10.78.0.0/16 via 10.77.0.2
IP
# The site routes: what keeps the cloud from its hosts is the firewall, not a missing road.
echo 1 >/proc/sys/net/ipv4/ip_forward
nft -f - <<'NFT'
table inet firewall {
  counter dropped_inbound { }
  chain from_cloud {
    counter name dropped_inbound drop
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iifname { "lo", "br0" } accept
    iifname "wan" jump from_cloud
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "wan" jump from_cloud
  }
}
NFT

#!/bin/sh
# Holds a network namespace open: loopback and, where an address is given, a bridge for hosts. Entered by
# hold-network in new mount and network namespaces; touches only these. Prints `ready`, then waits to be killed.
set -eu
mount --make-rprivate /
ip link set lo up
if [ -n "${1-}" ]; then
  ip link add br0 type bridge
  ip address add "$1" dev br0
  ip link set br0 up
fi
echo ready
exec sleep infinity

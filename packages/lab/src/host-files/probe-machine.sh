#!/bin/sh
# Tries once, in throw-away namespaces, everything that booting a host needs. Arguments: a directory to mount over, privilege.
set -eu
mount --make-rprivate /
mount -t tmpfs probe "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/proc"
case $2 in root) overlay=redirect_dir=off ;; user) overlay=userxattr ;; esac
mount -t overlay -o "$overlay,lowerdir=/usr,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/proc"
ip link add br0 type bridge
ip link add eth0 type veth peer name eth1

#!/bin/sh
# Makes the disks of a site's hosts in the site's own mount namespace, where they outlive a reboot and die with the lab.
# Arguments: the directory to mount over, then host names.
set -eu
disks=$1
shift
mount -t tmpfs -o size=1m,mode=755 disks "$disks"
for host; do
  mkdir "$disks/$host"
  mount -t tmpfs -o size=256m,mode=755 root "$disks/$host"
  mkdir "$disks/$host/data" "$disks/$host/spool"
  mount -t tmpfs -o size=8m,mode=755 data "$disks/$host/data"
  mount -t tmpfs -o size=4m,nr_inodes=1024,mode=755 spool "$disks/$host/spool"
done

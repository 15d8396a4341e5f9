#!/bin/sh
# Boots one lab host: builds its root, moves into it and becomes its pid 1. Entered by start-openssh-host in new mount,
# pid, uts, ipc and network namespaces; touches its own disk, its own mounts and its own cable, nothing of the machine.
set -eu
name=$1 disk=$2 seed=$3 site=$4 cable=$5 mac=$6 address=$7 gateway=$8 privilege=$9

# /proc is still the machine's, so this is the process id that the lab knows.
read -r pid _ </proc/self/stat
echo "pid $pid"
mount --make-rprivate /

# The cable may be left over from before a reboot: the kernel clears a dead namespace late.
nsenter --net="$site" -- ip link del "$cable" 2>/dev/null || :
ip link add eth0 address "$mac" type veth peer name "$cable" netns "$site"
nsenter --net="$site" -- ip link set "$cable" master br0 up
ip -batch - <<IP
link set lo up
address add $address dev eth0
link set eth0 up
route add default via $gateway
IP

root=$disk/root layers=$disk/layers
if ! [ -e "$disk/installed" ]; then
  mkdir -p "$root/etc" "$layers/usr/upper" "$layers/usr/work"
  cd "$root"
  mkdir -p dev proc sys run tmp root home opt mnt media srv/data srv/spool usr \
    var/log var/tmp var/cache var/spool var/lib/misc var/empty etc/ssl
  chmod 1777 tmp var/tmp
  chmod 700 root
  ln -s /run var/run
  ln -s /run/lock var/lock
  ln -s /proc/self/mounts etc/mtab
  for file in alternatives bash.bashrc debian_version inputrc ld.so.cache ld.so.conf ld.so.conf.d locale.alias localtime \
    login.defs nsswitch.conf os-release perl profile protocols rpc services shells terminfo timezone; do
    if [ -e "/etc/$file" ]; then cp -rP "/etc/$file" etc/; fi
  done
  if [ -e /etc/ssl/openssl.cnf ]; then cp /etc/ssl/openssl.cnf etc/ssl/; fi
  for directory in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$directory" ]; then
      cp -P "/$directory" .
    elif [ -d "/$directory" ]; then
      mkdir -p "$directory" "$layers/$directory/upper" "$layers/$directory/work"
    fi
  done
  if [ -d /var/lib/dpkg ]; then
    mkdir -p var/lib/dpkg "$layers/dpkg/upper/info" "$layers/dpkg/work"
    cat /var/lib/dpkg/status "$seed/packages" >"$layers/dpkg/upper/status"
    cp -r "$seed/package-files/." "$layers/dpkg/upper/info/"
  fi
  cp -rP --preserve=mode "$seed/root/." .
  cp -rP --preserve=mode "$seed/usr/." "$layers/usr/upper/"
  # What people type first, also where the machine has it in busybox alone.
  if ! command -v ping >/dev/null && busybox=$(command -v busybox) && "$busybox" ping --help >/dev/null 2>&1; then
    mkdir -p "$layers/usr/upper/bin"
    ln -s "$busybox" "$layers/usr/upper/bin/ping"
  fi
  : >"$disk/installed"
fi

mount --bind "$root" "$root"
cd "$root"
case $privilege in root) overlay=redirect_dir=off ;; user) overlay=userxattr ;; esac
for layer in "$layers"/*; do
  case ${layer##*/} in dpkg) directory=var/lib/dpkg ;; *) directory=${layer##*/} ;; esac
  mount -t overlay -o "$overlay,lowerdir=/$directory,upperdir=$layer/upper,workdir=$layer/work" overlay "$directory"
done
# What people keep below these (checkouts, for one) is none of a host's business.
for hidden in usr/local usr/src; do
  if [ -d "$hidden" ]; then mount --bind -o ro var/empty "$hidden"; fi
done
mount --bind "$disk/data" srv/data
mount --bind "$disk/spool" srv/spool
find tmp -mindepth 1 -delete
mount -t tmpfs -o size=16m,mode=755 run run
mkdir -p run/sshd run/lock
mount -t tmpfs -o size=1m,mode=755 dev dev
mkdir dev/pts dev/shm
chmod 1777 dev/shm
for device in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
  set -- $device
  if [ "$privilege" = root ]; then
    mknod -m 666 "dev/$1" c "$2" "$3"
  else
    : >"dev/$1"
    mount --bind "/dev/$1" "dev/$1"
  fi
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys 2>/dev/null || :
hostname "$name"
if [ "$privilege" = user ]; then echo 0 >proc/sys/net/ipv4/ip_unprivileged_port_start; fi
cat proc/sys/kernel/random/uuid >run/boot_id
# Of this host's own network: whoever is logged in may ping, without a capability.
echo "0 65535" >proc/sys/net/ipv4/ping_group_range 2>/dev/null || echo "0 0" >proc/sys/net/ipv4/ping_group_range 2>/dev/null || :
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
if [ -e proc/sysrq-trigger ]; then
  mount --bind proc/sysrq-trigger proc/sysrq-trigger
  mount -o remount,ro,bind proc/sysrq-trigger
fi
mount --bind -o ro run/boot_id proc/sys/kernel/random/boot_id
rm run/boot_id

mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old

# What a container keeps, without making devices; enough for sshd and services, nothing that reaches the machine.
kept=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+audit_write,+setfcap
if [ "$privilege" = user ]; then kept=$kept,+sys_admin; fi
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
  setpriv --inh-caps -all --bounding-set "$kept" /bin/sh /etc/lab/init "$privilege"

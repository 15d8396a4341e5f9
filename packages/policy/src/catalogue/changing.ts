// Data: programs known to do more than read, so that a person is told what, not only that it is unknown. Leaving one
// out changes the sentence, never the decision.
import type { ChangingProgram } from './schema.ts';

const words = (text: string): string[] => text.split(' ');

export const changingPrograms: readonly ChangingProgram[] = [
  { names: words('rm rmdir unlink shred wipefs blkdiscard'), effect: 'deletes', because: 'deletes' },
  { names: words('userdel groupdel deluser delgroup'), effect: 'changes_users', because: 'deletes accounts' },
  {
    names: words('useradd adduser usermod groupadd addgroup groupmod gpasswd chpasswd newusers vipw vigr chfn chsh'),
    effect: 'changes_users',
    because: 'changes accounts',
  },
  {
    names: words(
      'mkdir touch cp mv ln install tee dd truncate fallocate mkfifo mknod split csplit tar unzip zip cpio gzip gunzip bzip2 bunzip2 xz unxz zstd rsync patch ed ex vi vim nano emacs sponge rename mktemp logger wall write mesg sync',
    ),
    effect: 'writes',
    because: 'is not in the read-only catalogue: it may write',
  },
  {
    names: words('chmod chown chgrp chattr setfacl setcap chcon restorecon setsebool semanage setenforce'),
    effect: 'writes',
    because: 'changes who may do what',
  },
  {
    names: words(
      'mkfs mke2fs mkswap cfdisk gdisk sgdisk partprobe resize2fs xfs_growfs fsck e2fsck umount swapoff pvcreate vgcreate lvcreate lvextend lvremove vgremove pvremove cryptsetup fstrim',
    ),
    effect: 'writes',
    because: 'changes disks or what is mounted',
  },
  {
    names: words(
      'modprobe insmod rmmod depmod hwclock adjtimex update-grub grub-install dracut update-initramfs kexec ldconfig',
    ),
    effect: 'writes',
    because: 'changes the system',
  },
  {
    names: words(
      'kill pkill killall skill renice reboot shutdown poweroff halt init telinit systemd-run at batch nohup',
    ),
    effect: 'controls_service',
    because: 'controls processes or the machine',
  },
  {
    names: words(
      'yum-config-manager add-apt-repository dpkg-reconfigure aptitude npm npx yarn pnpm pear cpan easy_install conda brew make ninja',
    ),
    effect: 'installs',
    because: 'installs or builds software',
  },
  {
    names: words(
      'curl wget nc ncat netcat socat telnet ftp sftp scp ssh rsh rlogin ping ping6 fping arping hping3 dig host nslookup whois traceroute tracepath mtr nmap tcpdump tshark iperf iperf3 lftp aria2c mail sendmail mutt snmpwalk snmpget ldapsearch smbclient showmount aws gcloud az kubectl oc helm psql mysql mongo mongosh redis-cli s3cmd ntpdate',
    ),
    effect: 'network',
    because: 'talks to other machines',
  },
  {
    names: words('ip6tables-restore iptables-restore ifup ifdown ipvsadm dhclient wpa_cli hostapd'),
    effect: 'network',
    because: 'changes the network',
  },
  {
    names: words('sudo su doas pkexec runuser setpriv chroot nsenter unshare sg newgrp capsh machinectl-shell'),
    effect: 'privilege',
    because: 'runs something as another user or elsewhere',
  },
  {
    names: words(
      'eval exec source . trap alias unalias export unset shift local declare typeset readonly builtin enable let mapfile readarray getopts bind shopt wait fg bg',
    ),
    effect: 'unknown',
    because: 'changes the shell or runs what is computed when it runs',
  },
  {
    names: words(
      'sh bash dash ash ksh zsh fish csh tcsh busybox python perl ruby node php lua tclsh expect gawk-script java osascript',
    ),
    effect: 'unknown',
    because: 'is an interpreter: what it runs can not be judged',
  },
  {
    names: words('parallel watch script setsid flock strace ltrace gdb perf start-stop-daemon run-parts entr'),
    effect: 'unknown',
    because: 'runs another program in a way that is not judged',
  },
  { names: words('crontab'), effect: 'writes', because: 'changes scheduled commands' },
  {
    names: words('less more man most view pager'),
    effect: 'unknown',
    because: 'waits for a person and can run programs; use `cat`',
  },
  { names: words('yes'), effect: 'unknown', because: 'never ends' },
];

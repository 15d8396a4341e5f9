// Data: names below /dev behind which a disk stands. Of other devices even the opening may act: /dev/watchdog counts down to a reset from
// then on, and /dev/st0 rewinds its tape.

const inDev = [
  '(?:s|v|xv|h)d[a-z]{1,3}[0-9]{0,3}',
  'nvme[0-9]+(?:n[0-9]+(?:p[0-9]+)?)?',
  'mmcblk[0-9]+(?:p[0-9]+|boot[0-9])?',
  'md(?:[0-9]+(?:p[0-9]+)?|/[A-Za-z0-9_][A-Za-z0-9_.:-]*)',
  'mapper/(?!control$)[A-Za-z0-9_][A-Za-z0-9_.+-]*',
  '(?:dm-|zd|rbd|drbd|bcache|pmem)[0-9]+(?:p[0-9]+)?',
  '(?:loop|nbd)[0-9]+(?:p[0-9]+)?',
  'cciss/c[0-9]+d[0-9]+(?:p[0-9]+)?',
  'disk/by-[a-z]+/[A-Za-z0-9_][A-Za-z0-9_.:+=@-]*',
  // Volumes by their group, as installers name it.
  '(?:vg[A-Za-z0-9_.-]*|[A-Za-z0-9_.]+[-_]vg|rhel|centos|rl|almalinux|fedora|ol)/[A-Za-z0-9_][A-Za-z0-9_.+-]*',
].join('|');

const mountPoint = '/(?:(?!dev(?:/|$))[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*)?/?';

export const disk = { pattern: `(?:/dev/)?(?:${inDev})` };
/** A disk, or where a file system is mounted. */
export const diskOrMount = { pattern: `/dev/(?:${inDev})|${mountPoint}` };
/** Controllers too, through which smartctl reaches the disks behind them. */
export const diskOrController = { pattern: `/dev/(?:${inDev}|sg[0-9]+|bus/[0-9]+)` };
export const nvmeDevice = { pattern: '/dev/(?:nvme[0-9]+(?:n[0-9]+(?:p[0-9]+)?)?|ng[0-9]+n[0-9]+)' };

// Entered by the disk-space and inodes runbooks: the POSIX table of df (`-P`), without what can't fill up.
// Pure.
import type { StepResult } from '../runbook.ts';
import { firstLine, type Reading } from './read-answers.ts';

export interface FileSystem {
  device: string;
  mountPoint: string;
  total: number;
  used: number;
  percent: number;
}

/** df exits with 1 when it could not look at a mount, and still prints the others. */
export const dfExitCodes = [0, 1];

export function readDf(result: StepResult): Reading<FileSystem[]> {
  const [header, ...lines] = result.stdout.split('\n').filter((line) => line.trim() !== '');
  if (header === undefined || !header.startsWith('Filesystem')) {
    return {
      kind: 'unreadable',
      why: `printed no table of file systems (${firstLine(result.stderr) || 'no message'})`,
    };
  }
  const rows: FileSystem[] = [];
  for (const line of lines) {
    // Amounts of "-" stand for a file system that has no such limit (inodes of btrfs).
    const match = /^(.+?)\s+(\d+|-)\s+(-?\d+|-)\s+(-?\d+|-)\s+(\d+%|-)\s+(\/.*)$/.exec(line);
    if (!match) return { kind: 'unreadable', why: `printed a line of df that can't be read (${firstLine(line)})` };
    const [, device = '', total = '', used = '', , percent = '', mountPoint = ''] = match;
    if (total === '-' || percent === '-' || Number(total) === 0) continue;
    rows.push({ device, mountPoint, total: Number(total), used: Number(used), percent: Number.parseInt(percent, 10) });
  }
  const complaint = firstLine(result.stderr);
  return {
    kind: 'read',
    value: withoutCopies(rows.filter(canFillUp)),
    ...(result.exitCode === 0
      ? {}
      : { partial: `could not look at every file system (${complaint || `df exit ${result.exitCode}`})` }),
  };
}

/** Images mounted read-only are full by design; what the kernel makes up has no size of its own. */
function canFillUp(row: FileSystem): boolean {
  if (row.mountPoint === '/dev/shm') return true;
  if (/^\/(dev|proc|sys)(\/|$)/.test(row.mountPoint)) return false;
  if (/^\/run\/(credentials|user|netns|docker|containerd)(\/|$)/.test(row.mountPoint)) return false;
  if (/^(\/var\/lib\/snapd)?\/snap\//.test(row.mountPoint)) return false;
  return !/^\/dev\/(loop|sr)\d+$/.test(row.device) && row.device !== 'squashfs' && row.device !== 'efivarfs';
}

/** One disk mounted twice (bind mounts, overlays of containers) is one file system: the shortest mount point names it. */
function withoutCopies(rows: readonly FileSystem[]): FileSystem[] {
  const kept: FileSystem[] = [];
  const isDisk = (row: FileSystem) => row.device.startsWith('/');
  for (const row of [...rows].sort(
    (a, b) => Number(isDisk(b)) - Number(isDisk(a)) || a.mountPoint.length - b.mountPoint.length,
  )) {
    const copy = kept.some(
      (other) =>
        other.total === row.total &&
        other.used === row.used &&
        (other.device === row.device ? isDisk(row) || row.device === 'overlay' : row.device === 'overlay'),
    );
    if (!copy) kept.push(row);
  }
  return kept;
}

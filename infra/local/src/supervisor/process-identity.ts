// Tells a process from a later one that was given the same number. Entered by the process table and the instance lock.
// Reads /proc, or asks ps where there is none.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A text that is equal only for the same process of the same boot; null: there is no such process. */
export function processIdentity(pid: number): string | null {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** True while exactly this process runs. */
export function isSameProcess(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

function fromProc(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The name (second field) may hold spaces and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  if (startTicks === undefined || state === 'Z' || state === 'X') return null;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startTicks}`;
}

function fromPs(pid: number): string | null {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: 5_000,
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [state, ...started] = (stdout ?? '').trim().split(/\s+/);
  if (status !== 0 || state === undefined || state.startsWith('Z')) return null;
  return started.join(' ');
}

// One lab at a time in a state directory. Entered by start-lab. Keeps keys and certificates from one start to the next;
// what a killed lab left under `run` is removed here.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export interface StateDirectory {
  /** Kept: keys, certificates. */
  identities: string;
  /** Kept: what a satellite reads. */
  sites: string;
  /** Of this start only. */
  run: string;
  release(): Promise<void>;
}

/** Throws a sentence when another living lab holds the directory. */
export async function claimStateDirectory(directory: string): Promise<StateDirectory> {
  const root = resolve(directory);
  const lock = join(root, 'lab.lock');
  await mkdir(root, { recursive: true, mode: 0o700 });
  await takeLock(lock, root);
  const run = join(root, 'run');
  const identities = join(root, 'identities');
  const sites = join(root, 'sites');
  await rm(run, { recursive: true, force: true });
  for (const path of [run, identities, sites]) await mkdir(path, { recursive: true, mode: 0o700 });
  return {
    identities,
    sites,
    run,
    async release() {
      await rm(run, { recursive: true, force: true });
      await rm(lock, { force: true });
    },
  };
}

async function takeLock(lock: string, root: string): Promise<void> {
  const mine = `${process.pid} ${startOf(process.pid)}\n`;
  for (;;) {
    try {
      await writeFile(lock, mine, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const [pid = '', start = ''] = (await readFile(lock, 'utf8')).trim().split(' ');
    if (pid !== '' && start !== '' && startOf(Number(pid)) === start) {
      throw new Error(`A lab already runs in ${root} (process ${pid}). Stop it, or give this one another directory.`);
    }
    await rm(lock, { force: true });
  }
}

/** When a process started, so that a reused process id is not taken for the old process; `gone` when there is none. */
function startOf(pid: number): string {
  if (existsSync('/proc/self/stat')) {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? 'gone';
    } catch {
      return 'gone';
    }
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return 'gone';
  }
}

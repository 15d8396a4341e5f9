// Ends a PostgreSQL that a killed supervisor left running over our data directory. Entered before PostgreSQL is started.
// Signals one process, and only if it works in exactly that directory.
import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** SIGINT: ends sessions, writes everything; SIGQUIT: ends at once, the next start recovers from the log. */
const steps = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
] as const;

/** @returns the process id that was ended, or null when nothing ran. @throws {Error} when it can't be ended. */
export async function endOrphanedPostgres(directory: string): Promise<number | null> {
  const pid = recordedPid(directory);
  if (pid === null || !worksIn(pid, directory)) return null;
  for (const { signal, waitMs } of steps) {
    process.kill(pid, signal);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if (!worksIn(pid, directory)) return pid;
      await sleep(50);
    }
  }
  throw new Error(
    `A PostgreSQL of an earlier start (process ${pid}) does not end. End it (kill -9 ${pid}) and start again.`,
  );
}

function recordedPid(directory: string): number | null {
  try {
    const pid = Number(readFileSync(path.join(directory, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The number in the file may since belong to another program: PostgreSQL's working directory is its data directory. */
function worksIn(pid: number, directory: string): boolean {
  const real = realpathSync(directory);
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === real;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ESRCH') return false; // it has ended
      if (code === 'EACCES' && !belongsToOwnerOf(directory, pid)) return false;
      throw new Error(
        `Can't see whether process ${pid} is a PostgreSQL of an earlier start, as ${directory}/postmaster.pid says (${code}). Look at it (ps -fp ${pid}). If it is, end it (kill -INT ${pid}); if not, delete that file. Then start again.`,
        { cause },
      );
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 });
  return (stdout ?? '').includes(directory);
}

/** PostgreSQL works only in a directory that its own user owns. */
function belongsToOwnerOf(directory: string, pid: number): boolean {
  const process = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  return process !== undefined && process.uid === statSync(directory).uid;
}

// Lets one supervisor at a time work in a directory. Entered by main.ts before anything is started.
// Writes supervisor.lock and supervisor.json there.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isSameProcess, processIdentity } from '../supervisor/process-identity.ts';

const holderSchema = z.object({
  pid: z.int(),
  identity: z.string(),
  url: z.string(),
  state: z.enum(['starting', 'up', 'stopping']),
});
export type Holder = z.infer<typeof holderSchema>;

export type InstanceLock = {
  /** Shown to whoever starts a second time. */
  announce(state: Holder['state']): void;
  release(): void;
};

const stoppingWaitMs = 40_000;

/**
 * `url`: told to a second start. Waits while the holder is stopping.
 * @throws {Error} when another supervisor works in the directory; the message says where it is and what to do.
 */
export async function holdInstanceLock(
  directory: string,
  url: string,
  onWait: (holder: Holder) => void = () => undefined,
): Promise<InstanceLock> {
  const holderFile = path.join(directory, 'supervisor.json');
  const deadline = Date.now() + stoppingWaitMs;
  let told = false;
  for (;;) {
    const lock = tryLock(path.join(directory, 'supervisor.lock'));
    if (lock !== null) {
      const announce = (state: Holder['state']) => {
        const holder: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '', url, state };
        try {
          writeFileSync(holderFile, JSON.stringify(holder), { mode: 0o600 });
        } catch {
          // A full disk: a second start is refused all the same, it only can't be told by whom.
        }
      };
      announce('starting');
      return { announce, release: () => lock.close() };
    }
    const holder = readHolder(holderFile);
    if (holder?.state !== 'stopping' || Date.now() > deadline) throw new Error(describeHolder(holder));
    if (!told) onWait(holder);
    told = true;
    await sleep(200);
  }
}

/** The kernel takes an open SQLite transaction's lock from whoever dies, however it dies: no lock is ever left behind. */
function tryLock(file: string): DatabaseSync | null {
  const database = new DatabaseSync(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === 5) return null;
    throw error;
  }
}

function readHolder(file: string): Holder | null {
  try {
    const holder = holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return isSameProcess(holder.pid, holder.identity) ? holder : null;
  } catch {
    // Not written yet, or half-written at this moment: the lock alone counts.
    return null;
  }
}

function describeHolder(holder: Holder | null): string {
  if (holder === null) return 'SENA is being started from this checkout already. Wait for it, or stop it first.';
  const { pid, url, state } = holder;
  switch (state) {
    case 'up':
      return `SENA is already running from this checkout: ${url} (process ${pid}). Open it there. To start anew, stop it first: Ctrl-C in its terminal, or kill ${pid}.`;
    case 'starting':
      return `SENA is already starting from this checkout (process ${pid}); it will be at ${url}. Wait for it, or stop it first: kill ${pid}.`;
    case 'stopping':
      return `The SENA that ran from this checkout (process ${pid}) does not end. End it (kill -9 ${pid}) and start again.`;
  }
}

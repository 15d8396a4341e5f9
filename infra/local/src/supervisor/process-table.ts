// Remembers on disk what the supervisor started, so that the next start can end what a killed supervisor left behind.
// Writes one file of process ids; ends only processes that this file names and that are still the same ones.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isSameProcess, processIdentity } from './process-identity.ts';

const recordSchema = z.object({ name: z.string(), pid: z.int().min(2), identity: z.string() });
type ProcessRecord = z.infer<typeof recordSchema>;

export type ProcessTable = {
  add(name: string, pid: number): void;
  remove(pid: number): void;
};

/**
 * Starts an empty table in `file`; call `endOrphans` on the old one first. When the file can't be written later on (a full
 * disk), `onError` is told and the processes go on.
 */
export function openProcessTable(file: string, onError: (error: Error) => void): ProcessTable {
  const records = new Map<number, ProcessRecord>();
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify([...records.values()], null, 2), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const rewrite = () => {
    try {
      write();
    } catch (error) {
      onError(error as Error);
    }
  };
  write();
  return {
    add(name, pid) {
      const identity = processIdentity(pid);
      if (identity === null) return;
      records.set(pid, { name, pid, identity });
      rewrite();
    },
    remove(pid) {
      if (records.delete(pid)) rewrite();
    },
  };
}

/**
 * Ends what an earlier supervisor left running: politely for `graceMs`, then by force, each with its process group.
 * @returns the names of the processes that were still there.
 */
export async function endOrphans(file: string, graceMs: number): Promise<string[]> {
  const alive = readRecords(file).filter(isAlive);
  for (const record of alive) signal(record, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (alive.some(isAlive) && Date.now() < deadline) await sleep(50);
  for (const record of alive.filter(isAlive)) signal(record, 'SIGKILL');
  rmSync(file, { force: true });
  return alive.map((record) => record.name);
}

function isAlive(record: ProcessRecord): boolean {
  return isSameProcess(record.pid, record.identity);
}

function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  try {
    // Every supervised process leads a group of its own.
    process.kill(-record.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readRecords(file: string): ProcessRecord[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return z.array(recordSchema).parse(JSON.parse(text));
}

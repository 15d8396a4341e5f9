// Written by `run` when something changes and every few seconds, read by `status`: how the running process is.
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileWhole } from '../config/state-directory.ts';

export const statusWriteMs = 5_000;

const statusSchema = z.object({
  pid: z.int(),
  version: z.string(),
  startedAt: z.string(),
  writtenAt: z.string(),
  connection: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('connecting'), detail: z.string() }),
    z.object({ kind: z.literal('connected'), relayId: z.string(), since: z.string() }),
    /** The relay said no; a person has to act. */
    z.object({ kind: z.literal('refused'), code: z.string(), message: z.string() }),
  ]),
  /** Null: the clocks agree. */
  clockProblem: z.string().nullable(),
  /** Null: it witnesses checkpoints of the audit. */
  witnessProblem: z.string().nullable(),
  isNativeCryptoLoaded: z.boolean(),
  counts: z.object({
    waiting: z.int(),
    starting: z.int(),
    running: z.int(),
    /** Null: its site has no limit. `not_told`: this connection has not said yet. */
    siteShare: z.union([z.int(), z.literal('not_told')]).nullable(),
    heldBytes: z.int(),
    connections: z.int(),
  }),
});
export type SatelliteStatus = z.infer<typeof statusSchema>;

export function writeStatus(file: string, status: SatelliteStatus): void {
  // Worth nothing after a crash, and a sync would hold up everything else.
  writeFileWhole(file, `${JSON.stringify(status, null, 2)}\n`, { flush: false });
}

/** Null when no process writes it now: never started, stopped, or killed. */
export function readLiveStatus(file: string, nowMs: number): SatelliteStatus | null {
  if (!existsSync(file)) return null;
  const parsed = statusSchema.safeParse(parse(readFileSync(file, 'utf8')));
  if (!parsed.success) return null;
  const isFresh = nowMs - Date.parse(parsed.data.writtenAt) < 3 * statusWriteMs;
  return isFresh && isAlive(parsed.data.pid) ? parsed.data : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// PostgreSQL's clock, which can be set wrong, and when it was. Entered by start-world; asked by the oracle for the audit. Writes one file.
import { chmod, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Libraries } from './build-libraries.ts';

export interface PostgresClock {
  /** Of the server's process. */
  readonly environment: Readonly<Record<string, string>>;
  set(offsetMs: number): Promise<void>;
  /** What true times PostgreSQL may have called `at`: more than one around the moments at which it was set. */
  trueTimesOf(at: Date): number[];
}

/** Setting it takes a moment. */
const blurMs = 50;
const textBytes = 24;

export async function keepPostgresClock(directory: string, libraries: Libraries | null): Promise<PostgresClock> {
  const file = path.join(directory, 'postgres-clock');
  await writeFile(file, '0'.padEnd(textBytes));
  // PostgreSQL is another user, who may read this and enter the directory, not list it.
  await chmod(file, 0o644);
  await chmod(directory, 0o711);
  const periods = [{ fromMs: 0, untilMs: Number.POSITIVE_INFINITY, offsetMs: 0 }];
  return {
    environment: libraries === null ? {} : { LD_PRELOAD: libraries.clock, SENA_FAULT_CLOCK: file },
    async set(offsetMs) {
      // In place: the server has it mapped.
      const handle = await open(file, 'r+');
      try {
        await handle.write(String(offsetMs).padEnd(textBytes), 0);
      } finally {
        await handle.close();
      }
      const last = periods.at(-1);
      if (last !== undefined) last.untilMs = Date.now();
      periods.push({ fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY, offsetMs });
    },
    trueTimesOf(at) {
      return periods
        .map(({ fromMs, untilMs, offsetMs }) => ({ fromMs, untilMs, trueMs: at.getTime() - offsetMs }))
        .filter(({ fromMs, untilMs, trueMs }) => trueMs >= fromMs - blurMs && trueMs <= untilMs + blurMs)
        .map(({ trueMs }) => trueMs);
    },
  };
}

// For tests that wait for something that another process does. Touches nothing but the clock.
import { setTimeout as sleep } from 'node:timers/promises';

const restMsMin = 10;
const restMsMax = 100;

/**
 * Calls `probe` until it returns a truthy value without throwing, and returns that value. Often at first, later ten times a
 * second, so that waiting takes little from what is waited for; `everyMs` makes it regular.
 * After `timeoutMs` (15 s) it throws an error that says what was awaited and what the last try saw.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMs = 15_000, everyMs }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Truthy<T>> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: LastTry = { kind: 'none' };
  for (let restMs = restMsMin; ; restMs = Math.min(restMs * 1.25, restMsMax)) {
    try {
      const value = await probe();
      if (value) return value as Truthy<T>;
      last = { kind: 'saw', value };
    } catch (error) {
      last = { kind: 'threw', error };
    }
    if (performance.now() >= deadlineMs) {
      throw new Error(`Waited ${timeoutMs} ms in vain: ${what}. ${describeLastTry(last)}`, {
        cause: last.kind === 'threw' ? last.error : undefined,
      });
    }
    await sleep(everyMs ?? restMs);
  }
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;
type LastTry = { kind: 'none' } | { kind: 'saw'; value: unknown } | { kind: 'threw'; error: unknown };

function describeLastTry(last: LastTry): string {
  switch (last.kind) {
    case 'none':
      return 'It was never tried.';
    case 'saw':
      return `The last try returned ${JSON.stringify(last.value) ?? String(last.value)}.`;
    case 'threw':
      return `The last try threw: ${last.error instanceof Error ? last.error.message : String(last.error)}`;
  }
}

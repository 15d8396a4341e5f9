// Bounds guessing: addresses that have shown too many wrong keys are refused unread for the rest of the minute.
// Memory of this process only; keys have 256 bits, so this saves work rather than secrets.
import { SenaError } from '@sena/contracts/errors';

const windowMs = 60_000;
const addressesMax = 10_000;

export interface FailureLimit {
  count(address: string): void;
  /** Throws `rate_limited`. */
  refuseAfterTooMany(address: string): void;
}

export function openFailureLimit(failuresPerMinute: number): FailureLimit {
  let windowEndsAtMs = 0;
  let failuresOf = new Map<string, number>();

  function current(): Map<string, number> {
    if (performance.now() >= windowEndsAtMs || failuresOf.size >= addressesMax) {
      windowEndsAtMs = performance.now() + windowMs;
      failuresOf = new Map();
    }
    return failuresOf;
  }

  return {
    count: (address) => {
      const failures = current();
      failures.set(address, (failures.get(address) ?? 0) + 1);
    },
    refuseAfterTooMany: (address) => {
      if ((current().get(address) ?? 0) < failuresPerMinute) return;
      throw new SenaError('rate_limited', 'Too many requests with a wrong key. Check the key and wait a minute.');
    },
  };
}

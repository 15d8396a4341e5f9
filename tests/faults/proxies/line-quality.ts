// How badly a proxied line behaves right now. Entered by tests that worsen it and by the proxies, for every piece they carry.
import { setTimeout as sleep } from 'node:timers/promises';

export type Quality =
  | { kind: 'good' }
  /** Nothing passes, nothing is closed: what a dead switch does. */
  | { kind: 'silent' }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'narrow'; bytesPerSecond: number };

export interface LineQuality {
  set(quality: Quality): void;
  /** Resolves when a piece of this size has made its way. */
  pass(bytes: number): Promise<void>;
}

export function createLineQuality(): LineQuality {
  let quality: Quality = { kind: 'good' };
  let changed = Promise.withResolvers<void>();

  return {
    set(next) {
      quality = next;
      changed.resolve();
      changed = Promise.withResolvers();
    },
    async pass(bytes) {
      for (;;) {
        switch (quality.kind) {
          case 'good':
            return;
          case 'silent':
            await changed.promise;
            break;
          case 'slow':
            return void (await Promise.race([sleep(quality.delayMs), changed.promise]));
          case 'narrow':
            return void (await Promise.race([sleep((bytes / quality.bytesPerSecond) * 1_000), changed.promise]));
        }
      }
    },
  };
}

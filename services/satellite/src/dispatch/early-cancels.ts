// Entered by cancel-executions for what is not known here, and by the runtime when a dispatch brings it after all: a cancel may overtake the
// dispatch that it cancels. Memory only: on every connection the relay says again what is cancelled, so the next process hears it anew.
import type { Logger } from '@sena/telemetry/logger';

export type EarlyCancels = {
  /** Of what is not known yet, or not any more: the two can't be told apart, and the latter costs a line here. */
  remember(executionId: string, isStop: boolean): void;
  /** What was said of it before it came; null: nothing. */
  find(executionId: string): { isStop: boolean } | null;
};

/** No relay keeps a dispatch that long between its decision and its sending. */
const keptMs = 3_600_000;
/** Five of the largest runs. */
const keptMax = 50_000;

export function createEarlyCancels(logger: Logger, now: () => number = () => performance.now()): EarlyCancels {
  /** The oldest first. */
  const remembered = new Map<string, { isStop: boolean; atMs: number }>();

  function forgetOld(): void {
    const nowMs = now();
    let crowded = 0;
    for (const [id, { atMs }] of remembered) {
      const isOld = nowMs - atMs > keptMs;
      if (!isOld && remembered.size <= keptMax) break;
      if (!isOld) crowded += 1;
      remembered.delete(id);
    }
    if (crowded > 0) logger.warn({ crowded }, 'more cancels of unknown executions than are remembered, the oldest go');
  }

  return {
    remember(executionId, isStop) {
      const before = remembered.get(executionId);
      // It is the youngest now.
      remembered.delete(executionId);
      remembered.set(executionId, { isStop: isStop || before?.isStop === true, atMs: now() });
      forgetOld();
    },
    find(executionId) {
      forgetOld();
      const found = remembered.get(executionId);
      return found === undefined ? null : { isStop: found.isStop };
    },
  };
}

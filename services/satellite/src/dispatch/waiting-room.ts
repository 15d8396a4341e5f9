// Executions whose node can't be reached and is waited for. Entered by the runtime; they hold no place in the queue meanwhile.
// Memory only: after a restart the journal brings them back, and they wait anew.
import type { Execution } from './execution.ts';

/** Tried again after this, later each time. */
const firstMs = 2_000;
const delayMsMax = 60_000;

export type WaitingRoom = {
  enter(execution: Execution): void;
  /** Its turn comes now. Nothing when it does not wait here. */
  call(execution: Execution): void;
  close(): void;
};

export function createWaitingRoom(leave: (execution: Execution) => void): WaitingRoom {
  const timers = new Map<Execution, NodeJS.Timeout>();

  function call(execution: Execution): void {
    clearTimeout(timers.get(execution));
    if (timers.delete(execution)) leave(execution);
  }

  return {
    enter(execution) {
      const waitedMs = Date.now() - (execution.awaited?.sinceMs ?? Date.now());
      const leftMs = Math.max(0, Date.parse(execution.envelope.expiresAt) - Date.now());
      // As long as it was waited for already, and not past the end of the validity.
      const delayMs = Math.min(Math.max(firstMs, waitedMs), delayMsMax, leftMs);
      execution.logger.info({ retryInMs: delayMs, detail: execution.awaited?.detail }, 'a node is waited for');
      timers.set(
        execution,
        setTimeout(() => call(execution), delayMs),
      );
    },
    call,
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

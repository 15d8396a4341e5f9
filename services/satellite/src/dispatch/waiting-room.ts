// Work whose node can't be reached or asked now, and that is tried again later. Entered by the runtime; it holds no place in the queue
// meanwhile. Memory only: after a restart the journal brings it back, and it waits anew.
import type { Work } from './execution.ts';

export type WaitingRoom = {
  enter(work: Work, delayMs: number): void;
  /** Its turn comes now. Nothing when it does not wait here. */
  call(work: Work): void;
  /** Takes those out, for good. */
  drop(unwanted: (work: Work) => boolean): void;
  close(): void;
};

export function createWaitingRoom(leave: (work: Work) => void): WaitingRoom {
  const timers = new Map<Work, NodeJS.Timeout>();

  function call(work: Work): void {
    clearTimeout(timers.get(work));
    if (timers.delete(work)) leave(work);
  }

  return {
    enter(work, delayMs) {
      timers.set(
        work,
        setTimeout(() => call(work), delayMs),
      );
    },
    call,
    drop(unwanted) {
      for (const [work, timer] of timers) {
        if (!unwanted(work)) continue;
        clearTimeout(timer);
        timers.delete(work);
      }
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

// Work that an answer does not wait for, but that a stopping process does.
// Holds promises, nothing else.

export interface BackgroundWork {
  /** `work` handles its own failure. */
  start(work: Promise<void>): void;
  /** Resolves when everything that was started has ended. */
  settled(): Promise<void>;
}

export function openBackgroundWork(): BackgroundWork {
  const underWay = new Set<Promise<void>>();
  return {
    start: (work) => {
      const tracked = work.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

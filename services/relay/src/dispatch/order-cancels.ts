// A cancel is told behind what it cancels. Between the commit that marks a dispatch as sent and its frame a cancel may be committed, read
// and told: it waits here until the frame has left. Entered by who sends and by who tells. Holds what is leaving, in memory.

export interface LeavingDispatches {
  /** `send`: from before dispatches are marked as sent until their frames are in the tunnels. */
  hold<Sent>(send: () => Promise<Sent>): Promise<Sent>;
  /** Resolves when everything that was marked as sent before the call is in its tunnel. Never rejects. */
  settled(): Promise<void>;
}

export function createLeavingDispatches(): LeavingDispatches {
  const leaving = new Set<Promise<unknown>>();
  return {
    async hold(send) {
      const sending = send();
      leaving.add(sending);
      try {
        return await sending;
      } finally {
        leaving.delete(sending);
      }
    },
    async settled() {
      await Promise.allSettled(leaving);
    },
  };
}

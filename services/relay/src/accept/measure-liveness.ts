// Whether what is sent now has a chance to arrive: a tunnel that has answered a recent ping. Entered by accept-connection. A process
// that was stopped for a while finds old words in its sockets; only the answer to a question says that somebody was
// there after it was asked.

export interface Liveness {
  /** With every heartbeat; returns the ping's payload. `isBusy`: the socket is not read, so an answer can't be heard. */
  beat(isBusy: boolean): Buffer;
  answered(payload: Buffer): void;
  isHeard(): boolean;
}

export function measureLiveness(heartbeatMs: number, nowMs: () => number = () => performance.now()): Liveness {
  /** When the last question that was answered had been asked. The first one is the challenge. */
  let answeredMs = nowMs();
  let beatMs = answeredMs;
  return {
    beat(isBusy) {
      const beforeMs = beatMs;
      beatMs = nowMs();
      // Silence is ours, unless the heartbeat comes late: then nobody knows what was missed.
      if (isBusy && beatMs - beforeMs < 1.5 * heartbeatMs) answeredMs = beatMs;
      return Buffer.from(String(beatMs));
    },
    answered(payload) {
      const askedMs = Number(payload.toString());
      if (askedMs <= beatMs) answeredMs = Math.max(answeredMs, askedMs);
    },
    isHeard: () => nowMs() - answeredMs < 2 * heartbeatMs,
  };
}

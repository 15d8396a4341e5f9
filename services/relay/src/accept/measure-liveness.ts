// Whether what is sent now has a chance to arrive: something was heard from the other end lately. Entered by accept-connection. A process
// that was stopped for a while finds old words in its sockets; after that only the answer to a new question says that somebody
// is there.

export interface Liveness {
  /** With every heartbeat; returns the ping's payload. `isBusy`: the socket is not read, so nothing can be heard. */
  beat(isBusy: boolean): Buffer;
  /** Any word of the other end. */
  heard(): void;
  /** The answer to a ping. */
  answered(payload: Buffer): void;
  isHeard(): boolean;
}

export function measureLiveness(heartbeatMs: number, nowMs: () => number = () => performance.now()): Liveness {
  /** The first question is the challenge. */
  let heardMs = nowMs();
  let beatMs = heardMs;
  /** A heartbeat came late: this process stood still until then. Null: what is heard is new. */
  let doubtedMs: number | null = null;

  function heard(): void {
    if (doubtedMs === null) heardMs = nowMs();
  }

  return {
    beat(isBusy) {
      const beforeMs = beatMs;
      beatMs = nowMs();
      if (beatMs - beforeMs >= 1.5 * heartbeatMs) doubtedMs = beatMs;
      if (isBusy) heard();
      return Buffer.from(String(beatMs));
    },
    heard,
    answered(payload) {
      const askedMs = Number(payload.toString());
      if (!(askedMs <= beatMs)) return;
      heardMs = Math.max(heardMs, askedMs);
      if (doubtedMs !== null && askedMs >= doubtedMs) doubtedMs = null;
    },
    isHeard: () => nowMs() - heardMs < 2 * heartbeatMs,
  };
}

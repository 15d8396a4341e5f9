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

/** There are as many of these as tunnels: one object each. */
export function measureLiveness(heartbeatMs: number, nowMs: () => number = now): Liveness {
  return new MeasuredLiveness(heartbeatMs, nowMs);
}

const now = () => performance.now();

class MeasuredLiveness implements Liveness {
  readonly #heartbeatMs: number;
  readonly #nowMs: () => number;
  /** The first question is the challenge. */
  #heardMs: number;
  #beatMs: number;
  /** A heartbeat came late: this process stood still until then. Null: what is heard is new. */
  #doubtedMs: number | null = null;

  constructor(heartbeatMs: number, nowMs: () => number) {
    this.#heartbeatMs = heartbeatMs;
    this.#nowMs = nowMs;
    this.#heardMs = nowMs();
    this.#beatMs = this.#heardMs;
  }

  beat(isBusy: boolean): Buffer {
    const beforeMs = this.#beatMs;
    this.#beatMs = this.#nowMs();
    if (this.#beatMs - beforeMs >= 1.5 * this.#heartbeatMs) this.#doubtedMs = this.#beatMs;
    if (isBusy) this.heard();
    return Buffer.from(String(this.#beatMs));
  }

  heard(): void {
    if (this.#doubtedMs === null) this.#heardMs = this.#nowMs();
  }

  answered(payload: Buffer): void {
    const askedMs = Number(payload.toString());
    if (!(askedMs <= this.#beatMs)) return;
    this.#heardMs = Math.max(this.#heardMs, askedMs);
    if (this.#doubtedMs !== null && askedMs >= this.#doubtedMs) this.#doubtedMs = null;
  }

  isHeard(): boolean {
    return this.#nowMs() - this.#heardMs < 2 * this.#heartbeatMs;
  }
}

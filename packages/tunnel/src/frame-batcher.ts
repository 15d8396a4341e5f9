// Entered by both ends for everything they send after the handshake: frames of one moment leave as one message, because
// the cost of a tunnel is per message. Holds frames in memory; the bound is the caller's duty through `room`.
import { framesPerMessageMax, type RelayFrame, type SatelliteFrame } from '@sena/contracts/frames';
import { type EncodedFrame, encodeFrame, joinFrames } from './encode-frames.ts';

/** The part of a `ws` socket that is used. */
export type BatchSocket = {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Buffer, done: (error?: Error | null) => void): void;
};

export type FrameBatcher<Frame> = {
  /** Frames leave in the order of `push`. After `close`, or on a dead socket, they are dropped: reconnecting resends. */
  push(frame: Frame): void;
  /** Resolves when less than `bufferedBytesMax` waits; at once when there is room. Also resolves when closed. */
  room(): Promise<void>;
  /** Bytes encoded here or in the socket that have not reached the kernel. */
  waitingBytes(): number;
  /** Sends what is waiting now, if the socket has room. */
  flush(): void;
  close(): void;
};

export type FrameBatcherOptions = {
  socket: BatchSocket;
  /** How long a lone frame waits for company. 0: until the end of this turn of the event loop. */
  delayMs?: number;
  /** A message is sent as soon as it would pass this. A larger single frame still goes alone. */
  messageBytes?: number;
  /** Above this nothing more is handed to the socket, and `room` waits. */
  bufferedBytesMax?: number;
};

const openState = 1;

/** A relay has thousands of these, most of them silent: one object each, and lists only while something waits. */
export function createFrameBatcher<Frame extends RelayFrame | SatelliteFrame>(
  options: FrameBatcherOptions,
): FrameBatcher<Frame> {
  return new Batcher<Frame>(options);
}

class Batcher<Frame extends RelayFrame | SatelliteFrame> implements FrameBatcher<Frame> {
  readonly #socket: BatchSocket;
  readonly #delayMs: number;
  readonly #messageBytes: number;
  readonly #bufferedBytesMax: number;
  #queue: EncodedFrame[] | null = null;
  #queuedBytes = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  #waiters: Array<() => void> | null = null;

  constructor({
    socket,
    delayMs = 0,
    messageBytes = 1024 * 1024,
    bufferedBytesMax = 8 * 1024 * 1024,
  }: FrameBatcherOptions) {
    this.#socket = socket;
    this.#delayMs = delayMs;
    this.#messageBytes = messageBytes;
    this.#bufferedBytesMax = bufferedBytesMax;
  }

  waitingBytes(): number {
    return this.#queuedBytes + this.#socket.bufferedAmount;
  }

  push(frame: Frame): void {
    if (this.#isClosed || this.#socket.readyState !== openState) return;
    const encoded = encodeFrame(frame);
    this.#queue ??= [];
    this.#queue.push(encoded);
    this.#queuedBytes += encoded.length;
    if (this.#queuedBytes >= this.#messageBytes || this.#queue.length >= framesPerMessageMax) this.flush();
    else this.#schedule();
  }

  flush(): void {
    if (this.#timer !== null) cancel(this.#timer);
    this.#timer = null;
    const socket = this.#socket;
    while (this.#queue !== null && !this.#isClosed && socket.bufferedAmount < this.#bufferedBytesMax) {
      const batch = this.#takeBatch(this.#queue);
      if (socket.readyState === openState) socket.send(joinFrames(batch), (error) => this.#sent(error));
    }
    this.#wake();
  }

  room(): Promise<void> {
    if (this.#isClosed || this.waitingBytes() < this.#bufferedBytesMax) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters ??= [];
      this.#waiters.push(resolve);
    });
  }

  close(): void {
    if (this.#timer !== null) cancel(this.#timer);
    this.#timer = null;
    this.#isClosed = true;
    this.#queue = null;
    this.#queuedBytes = 0;
    this.#wake();
  }

  #schedule(): void {
    this.#timer ??=
      this.#delayMs === 0 ? setImmediate(() => this.flush()) : setTimeout(() => this.flush(), this.#delayMs);
  }

  #takeBatch(queue: EncodedFrame[]): EncodedFrame[] {
    let count = 0;
    let bytes = 0;
    for (const frame of queue) {
      if (count === framesPerMessageMax || (count > 0 && bytes + frame.length > this.#messageBytes)) break;
      count += 1;
      bytes += frame.length;
    }
    this.#queuedBytes -= bytes;
    const batch = queue.splice(0, count);
    if (queue.length === 0) this.#queue = null;
    return batch;
  }

  #sent(error?: Error | null): void {
    if (error) this.close();
    else if (this.#queue !== null) this.#schedule();
    else this.#wake();
  }

  #wake(): void {
    const woken = this.#waiters;
    if (woken === null || (!this.#isClosed && this.waitingBytes() >= this.#bufferedBytesMax)) return;
    this.#waiters = null;
    for (const resume of woken) resume();
  }
}

function cancel(timer: NodeJS.Timeout | NodeJS.Immediate): void {
  clearImmediate(timer as NodeJS.Immediate);
  clearTimeout(timer as NodeJS.Timeout);
}

// Entered by both ends for everything they send after the handshake: frames of one moment leave as one message, because
// the cost of a tunnel is per message. Holds frames in memory; the bound is the caller's duty through `room`.
import { framesPerMessageMax, type RelayFrame, type SatelliteFrame } from '@sena/contracts/frames';
import { encodeFrame, joinFrames } from './encode-frames.ts';

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

export function createFrameBatcher<Frame extends RelayFrame | SatelliteFrame>(
  options: FrameBatcherOptions,
): FrameBatcher<Frame> {
  const { socket, delayMs = 0, messageBytes = 1024 * 1024, bufferedBytesMax = 8 * 1024 * 1024 } = options;
  let queue: Buffer[] = [];
  let queuedBytes = 0;
  let isClosed = false;
  let timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  let waiters: Array<() => void> = [];

  const waitingBytes = () => queuedBytes + socket.bufferedAmount;

  function push(frame: Frame): void {
    if (isClosed || socket.readyState !== openState) return;
    const encoded = encodeFrame(frame);
    queue.push(encoded);
    queuedBytes += encoded.length;
    if (queuedBytes >= messageBytes || queue.length >= framesPerMessageMax) flush();
    else schedule();
  }

  function schedule(): void {
    timer ??= delayMs === 0 ? setImmediate(flush) : setTimeout(flush, delayMs);
  }

  function flush(): void {
    if (timer !== null) cancel(timer);
    timer = null;
    while (queue.length > 0 && !isClosed && socket.bufferedAmount < bufferedBytesMax) {
      const batch = takeBatch();
      if (socket.readyState === openState) socket.send(joinFrames(batch), sent);
    }
    wake();
  }

  function takeBatch(): Buffer[] {
    let count = 0;
    let bytes = 0;
    for (const frame of queue) {
      if (count === framesPerMessageMax || (count > 0 && bytes + frame.length > messageBytes)) break;
      count += 1;
      bytes += frame.length;
    }
    queuedBytes -= bytes;
    return queue.splice(0, count);
  }

  function sent(error?: Error | null): void {
    if (error) close();
    else if (queue.length > 0) schedule();
    else wake();
  }

  function wake(): void {
    if (waiters.length === 0 || (!isClosed && waitingBytes() >= bufferedBytesMax)) return;
    const woken = waiters;
    waiters = [];
    for (const resume of woken) resume();
  }

  function room(): Promise<void> {
    if (isClosed || waitingBytes() < bufferedBytesMax) return Promise.resolve();
    return new Promise((resolve) => waiters.push(resolve));
  }

  function close(): void {
    if (timer !== null) cancel(timer);
    timer = null;
    isClosed = true;
    queue = [];
    queuedBytes = 0;
    wake();
  }

  return { push, room, waitingBytes, flush, close };
}

function cancel(timer: NodeJS.Timeout | NodeJS.Immediate): void {
  clearImmediate(timer as NodeJS.Immediate);
  clearTimeout(timer as NodeJS.Timeout);
}

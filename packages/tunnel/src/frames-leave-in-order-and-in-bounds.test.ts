import type { SatelliteFrame } from '@sena/contracts/frames';
import { describe, expect, it } from 'vitest';
import { decodeSatelliteFrames } from './decode-frames.ts';
import { createFrameBatcher } from './frame-batcher.ts';

/** A socket whose peer reads only when told to. */
function slowSocket() {
  const sent: Buffer[] = [];
  const done: Array<() => void> = [];
  return {
    readyState: 1,
    bufferedAmount: 0,
    sent,
    send(data: Buffer, callback: (error?: Error | null) => void) {
      this.bufferedAmount += data.length;
      sent.push(data);
      done.push(() => {
        this.bufferedAmount -= data.length;
        callback();
      });
    },
    drainOne() {
      done.shift()?.();
    },
  };
}
const frame = (offset: number, size = 10): SatelliteFrame => ({
  t: 'output',
  executionId: 'e-1',
  attempt: 1,
  stream: 'stdout',
  offset,
  data: Buffer.alloc(size),
});
const offsetsOf = (messages: Buffer[]) =>
  messages.flatMap((message) => decodeSatelliteFrames(message).map((item) => (item.t === 'output' ? item.offset : -1)));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the batcher', () => {
  it('sends the frames of one turn as one message, in order', async () => {
    const socket = slowSocket();
    const batcher = createFrameBatcher({ socket });
    for (let index = 0; index < 100; index += 1) batcher.push(frame(index));
    expect(socket.sent).toHaveLength(0);
    await turn();
    expect(socket.sent).toHaveLength(1);
    expect(offsetsOf(socket.sent)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('stops handing over when the socket is full, says so, and goes on in order when it drains', async () => {
    const socket = slowSocket();
    const batcher = createFrameBatcher({ socket, messageBytes: 1_000, bufferedBytesMax: 5_000 });
    for (let index = 0; index < 100; index += 1) batcher.push(frame(index, 400));
    await turn();
    expect(socket.bufferedAmount).toBeLessThan(7_000);
    let hasRoom = false;
    const room = batcher.room().then(() => {
      hasRoom = true;
    });
    await turn();
    expect(hasRoom).toBe(false);
    while (batcher.waitingBytes() > 0) {
      socket.drainOne();
      await turn();
      expect(socket.bufferedAmount).toBeLessThan(7_000);
    }
    await room;
    expect(offsetsOf(socket.sent)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('splits at the number of frames a message may hold', async () => {
    const socket = slowSocket();
    const batcher = createFrameBatcher({ socket });
    for (let index = 0; index < 10_000; index += 1) batcher.push(frame(index, 1));
    await turn();
    expect(socket.sent).toHaveLength(3);
    expect(offsetsOf(socket.sent)).toHaveLength(10_000);
  });

  it('drops frames after it is closed and lets nobody wait', async () => {
    const socket = slowSocket();
    const batcher = createFrameBatcher({ socket, messageBytes: 100, bufferedBytesMax: 100 });
    batcher.push(frame(0, 500));
    const room = batcher.room();
    batcher.close();
    batcher.push(frame(1));
    await room;
    await turn();
    expect(offsetsOf(socket.sent)).toEqual([0]);
  });
});

import { describe, expect, it } from 'vitest';
import { connectLoop } from './connect-loop.ts';
import type { ConnectionEnd } from './connect-once.ts';

async function delaysOf(ends: ConnectionEnd[], refusedDelayMs?: number): Promise<number[]> {
  const stopping = new AbortController();
  const delays: number[] = [];
  await connectLoop({
    ...(refusedDelayMs === undefined ? {} : { refusedDelayMs }),
    signal: stopping.signal,
    connect: async () => ends[delays.length] ?? { kind: 'closed', wasWelcomed: false, didWork: false, detail: '' },
    ended(_end, retryInMs) {
      delays.push(retryInMs);
      if (delays.length === ends.length) stopping.abort();
    },
  });
  return delays;
}
const closed: ConnectionEnd = { kind: 'closed', wasWelcomed: false, didWork: false, detail: '' };

describe('the connect loop', () => {
  it('waits longer after every failure, with a part by chance', async () => {
    const [first = 0, second = 0, third = 0] = await delaysOf([closed, closed, closed]);
    expect(first).toBeGreaterThanOrEqual(125);
    expect(first).toBeLessThanOrEqual(250);
    expect(second).toBeGreaterThanOrEqual(250);
    expect(third).toBeGreaterThanOrEqual(500);
    const samples = await Promise.all(Array.from({ length: 20 }, () => delaysOf([closed])));
    expect(new Set(samples.flat()).size).toBeGreaterThan(5);
  });

  it('does not take a welcome that ends at once for success', async () => {
    const brief: ConnectionEnd = { kind: 'closed', wasWelcomed: true, didWork: false, detail: '' };
    const [, , third = 0] = await delaysOf([brief, brief, brief]);
    expect(third).toBeGreaterThanOrEqual(500);
  });

  it('takes work that was acknowledged for success, however short it was', async () => {
    const useful: ConnectionEnd = { kind: 'closed', wasWelcomed: true, didWork: true, detail: '' };
    const [, , third = 0] = await delaysOf([useful, useful, useful]);
    expect(third).toBeLessThanOrEqual(250);
  });

  it('asks slowly after a refusal', async () => {
    const [delay = 0] = await delaysOf([{ kind: 'refused', code: 'satellite_revoked', message: '' }]);
    expect(delay).toBeGreaterThanOrEqual(30_000);
  });

  it('ends at once when it is told to, also while it waits', async () => {
    const stopping = new AbortController();
    const loop = connectLoop({
      signal: stopping.signal,
      connect: async () => ({ kind: 'refused', code: 'x', message: '' }),
      ended: () => setImmediate(() => stopping.abort()),
    });
    await expect(loop).resolves.toBeUndefined();
  });
});

// Over a real TCP connection. With Nagle's algorithm the second of two small writes waits until the first is acknowledged, which the other end
// does after 40 ms where it has nothing to say: every command would pay for it.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { expect, it } from 'vitest';
import { startScriptedNode } from './fixtures/scripted-node.ts';

/** Less than the kernel's shortest delay of an acknowledgement. */
const promptMs = 30;
/** A new connection's acknowledgements are not delayed yet. */
const unmeasured = 40;
const measured = 40;

it('the second of two small writes leaves at once', async () => {
  // It answers to the second.
  const node = await startScriptedNode((channel) => {
    channel.on('data', (data: Buffer) => {
      if (data.includes('b')) channel.write('c');
    });
  });
  try {
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      node.connection.client.exec('cat', (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    const tripsMs: number[] = [];
    for (let trip = 0; trip < unmeasured + measured; trip += 1) {
      const answered = new Promise((resolve) => channel.once('data', resolve));
      const beganAtMs = performance.now();
      channel.write('a');
      await nextTurn();
      channel.write('b');
      await answered;
      if (trip >= unmeasured) tripsMs.push(performance.now() - beganAtMs);
    }
    // A busy machine makes some of them slow; Nagle's algorithm all.
    expect(tripsMs.filter((tripMs) => tripMs < promptMs).length).toBeGreaterThan(measured / 4);
  } finally {
    await node.stop();
  }
});

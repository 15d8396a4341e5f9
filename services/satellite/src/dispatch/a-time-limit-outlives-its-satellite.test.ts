// A satellite that is stopped at once leaves its guarded commands to the next process, as one that was killed does.
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  approved,
  makeDispatch,
  startTestSatellite,
  startTestSite,
  type TestNode,
  type TestSite,
} from '../fixtures/test-site.ts';
import { startSatellite } from '../start-satellite.ts';

let site: TestSite;
let node: TestNode;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
  node = site.node('web-01');
});
afterAll(() => site?.stop());

const ofGuard = (executionId: string, part: string) =>
  node.onNode(`cat /var/lib/sena/guard/${executionId}.${part} 2>/dev/null || :`);
const change = (command: string, timeoutMs: number) =>
  makeDispatch(site, command, [node.node], { ...approved, limits: { timeoutMs, outputBytesMax: 65_536 } });

it('a command that was stopped for its time tells so, though the satellite that stopped it never heard of its end', async () => {
  const first = await site.start();
  const { relay, config } = first;
  const { frame, executionId } = await change(
    `trap 'sleep 1; touch /srv/heard; until [ -e /srv/go ]; do sleep 0.1; done; exit 9' TERM; sleep 300 & wait`,
    1_000,
  );
  relay.send(frame);
  await relay.started(executionId);
  await eventually('the command is told to stop', async () => (await ofGuard(executionId, 's')) === 'timeout\n');
  await first.satellite.stop(0);
  await node.onNode('touch /srv/go');
  await eventually('it has ended', async () => (await ofGuard(executionId, 'l')).endsWith(' end\n'));

  const second = await startTestSatellite(config, relay);
  try {
    const { outcome } = await relay.result(executionId);
    expect(outcome).toMatchObject({ kind: 'exited', reason: 'timeout' });
  } finally {
    await second.satellite.stop(0);
  }
});

it('a command is stopped in time by the next process, before any relay is there', async () => {
  const first = await site.start({ limits: { runningPerNodeMax: 1 } });
  const { relay, config } = first;
  const running = await change('sleep 300', 3_000);
  const waiting = await change('echo ran >> /srv/waiting-ran', 20_000);
  relay.send(running.frame);
  await relay.started(running.executionId);
  relay.send(waiting.frame);
  await relay.ack(waiting.envelope.dispatchId);
  await first.satellite.stop(0);

  relay.behaviour.refusesWith = { code: 'not_now', message: 'The relay is away.' };
  const second = await startSatellite(config, createLogger('satellite', 'info', { write: () => undefined }), {
    refusedDelayMs: 200,
  });
  try {
    await eventually('it is stopped', async () => (await ofGuard(running.executionId, 'l')).endsWith(' TERM end\n'));
    expect(await relay.isConnected()).toBe(false);
    // What has not begun may have been cancelled meanwhile: it waits for the relay.
    expect(await node.onNode('cat /srv/waiting-ran 2>/dev/null | wc -l')).toBe('0\n');
    relay.behaviour.refusesWith = null;
    expect((await relay.result(running.executionId)).outcome).toMatchObject({ signal: 'TERM', reason: 'timeout' });
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
  } finally {
    await second.stop(0);
  }
});

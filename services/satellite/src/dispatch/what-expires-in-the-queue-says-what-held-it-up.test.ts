import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { approved, makeDispatch, startTestSite, type TestSite } from '../fixtures/test-site.ts';
import { startSatellite } from '../start-satellite.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
});
afterAll(() => site?.stop());

const dispatch = (command: string, validMs: number, changes = {}) =>
  makeDispatch(site, command, [site.node('web-01').node], {
    ...{ ...changes, expiresAt: new Date(Date.now() + validMs).toISOString() },
  });

it('an earlier command on its node: node_busy', async () => {
  const { relay, satellite } = await site.start({ limits: { runningPerNodeMax: 1 } });
  try {
    const running = await dispatch('sleep 300', 600_000, approved);
    relay.send(running.frame);
    await relay.started(running.executionId);
    const waiting = await dispatch('hostname', 1_500);
    relay.send(waiting.frame);
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({ reason: 'node_busy' });
  } finally {
    await satellite.stop(0);
  }
});

it('output that no relay takes: expired', async () => {
  const { relay, satellite } = await site.start({
    limits: { spoolBytesTotal: 1_048_576, spoolBytesPerExecution: 1_048_576 },
  });
  relay.behaviour.acknowledgesOutput = false;
  try {
    const large = await dispatch('head -c 3000000 /dev/zero; sleep 300', 600_000, {
      ...{ ...approved, limits: { timeoutMs: 60_000, outputBytesMax: 4_000_000 } },
    });
    relay.send(large.frame);
    await relay.until('a spool that is full', () => relay.output(large.executionId).length >= 1_048_576);
    const waiting = await dispatch('hostname', 2_000);
    relay.send(waiting.frame);
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({
      ...{ kind: 'not_started', reason: 'expired' },
      detail: expect.stringContaining('output that no relay has taken yet'),
    });
  } finally {
    await satellite.stop(0);
  }
});

it('a relay that is away after a restart: expired', async () => {
  const { relay, config, satellite } = await site.start({ limits: { runningPerNodeMax: 1 } });
  const running = await dispatch('sleep 300', 600_000, approved);
  relay.send(running.frame);
  await relay.started(running.executionId);
  const waiting = await dispatch('hostname', 10_000);
  relay.send(waiting.frame);
  await relay.ack(waiting.envelope.dispatchId);
  await satellite.stop(0);

  relay.behaviour.refusesWith = { code: 'not_now', message: 'The relay is away.' };
  const logs: string[] = [];
  const next = await startSatellite(
    config,
    createLogger('satellite', 'info', { write: (line: string) => void logs.push(line) }),
    { refusedDelayMs: 200 },
  );
  try {
    await eventually(
      'its time is up',
      async () => logs.some((line) => line.includes(waiting.executionId) && line.includes('did not begin')),
      { timeoutMs: 30_000 },
    );
    expect(relay.isConnected()).toBe(false);
    relay.behaviour.refusesWith = null;
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({
      ...{ kind: 'not_started', reason: 'expired' },
      detail: expect.stringContaining('no connection to its relay'),
    });
  } finally {
    await next.stop(0);
  }
}, 60_000);

import { createLogger } from '@sena/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';
import { createEarlyCancels } from './early-cancels.ts';

let site: TestSite;
let test: TestSatellite;
beforeAll(async () => {
  site = await startTestSite(['web-01', 'web-02']);
  test = await site.start();
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

const nodes = () => [site.node('web-01').node, site.node('web-02').node];
const cancelled = { outcome: { kind: 'not_started', reason: 'cancelled' }, attempt: 0 };

describe.each([
  ['a change', 'echo ran >> /srv/witness', approved],
  ['a reading', 'hostname', {}],
])('%s', (_what, command, changes) => {
  it('that was cancelled before its dispatch came does not start; of the same dispatch, what was not cancelled does', async () => {
    const { relay } = test;
    const { frame, executionIds } = await makeDispatch(site, command, nodes(), changes);
    const [first = '', second = ''] = executionIds;
    relay.send({ t: 'cancel', executionIds: [first], stop: false });
    relay.send(frame);
    expect(await relay.result(first)).toMatchObject(cancelled);
    expect((await relay.result(second)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await site.node('web-01').onNode('cat /srv/witness 2>/dev/null | wc -l')).toBe('0\n');
    // Sent again, it is told again.
    relay.send(frame);
    expect(await relay.result(first, 2)).toMatchObject(cancelled);
  });
});

it('a cancel that comes while its dispatch is still looked at is not lost', async () => {
  const { relay } = test;
  const { frame, executionId } = await makeDispatch(
    site,
    'echo ran >> /srv/witness',
    [site.node('web-01').node],
    approved,
  );
  // Two messages: the second is heard while the first is verified and journaled.
  relay.send(frame);
  relay.send({ t: 'cancel', executionIds: [executionId], stop: false });
  const { outcome } = await relay.result(executionId);
  // It may have been sent already; but then it ran.
  const effects = Number(await site.node('web-01').onNode('cat /srv/witness 2>/dev/null | wc -l'));
  expect([outcome.kind, effects]).toEqual(outcome.kind === 'exited' ? ['exited', 1] : ['not_started', 0]);
});

describe('what was cancelled before it came is remembered', () => {
  const logs: string[] = [];
  const logger = createLogger('satellite', 'info', { write: (line: string) => void logs.push(line) });

  it('for an hour', () => {
    let nowMs = 0;
    const cancels = createEarlyCancels(logger, () => nowMs);
    cancels.remember('first', false);
    nowMs = 1_800_000;
    cancels.remember('second', false);
    expect(cancels.find('first')).toEqual({ isStop: false });
    nowMs = 3_600_001;
    expect([cancels.find('first'), cancels.find('second')]).toEqual([null, { isStop: false }]);
  });

  it('with its stop, whichever of two cancels had it', () => {
    const cancels = createEarlyCancels(logger);
    cancels.remember('it', true);
    cancels.remember('it', false);
    expect(cancels.find('it')).toEqual({ isStop: true });
    expect(cancels.find('another')).toBeNull();
  });

  it('of 50,000; of more the oldest go, and that is logged', () => {
    const cancels = createEarlyCancels(logger);
    for (let index = 0; index < 50_000; index += 1) cancels.remember(`${index}`, false);
    expect([cancels.find('0'), logs]).toEqual([{ isStop: false }, []]);
    cancels.remember('one more', false);
    expect([cancels.find('0'), cancels.find('1'), cancels.find('one more')]).toEqual([
      null,
      { isStop: false },
      { isStop: false },
    ]);
    expect(logs).toHaveLength(1);
  });
});

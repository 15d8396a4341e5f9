import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listRunEvents } from '../events/list-run-events.ts';
import { type Bench, openBench } from '../fixtures/open-bench.ts';
import { requestCancel } from '../run/request-cancel.ts';
import { type ClaimLimits, claimDispatches } from './claim-dispatches.ts';
import { markDispatchesAcknowledged } from './mark-dispatches-acknowledged.ts';
import { listUnfinishedDispatches } from './reconcile-dispatches.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 4 });
  runId = await bench.createRun(fleet);
});

const usual: ClaimLimits = { windowExecutions: 1_000, resendMs: 60_000, dispatchesMax: 64 };
const satelliteOf = (of: SeededFleet) => of.satellites[0]?.id as string;
const claim = (change: Partial<ClaimLimits> = {}, { relayId = 'relay-1', epoch = 1, of = [fleet] } = {}) =>
  claimDispatches(
    bench.relay,
    relayId,
    of.map((each) => ({ satelliteId: satelliteOf(each), connectionEpoch: epoch })),
    { ...usual, ...change },
  );
const sentAt = async (dispatchId: string) =>
  (await bench.admin.query('select sent_at from dispatches where id = $1', [dispatchId])).rows[0].sent_at;

test('a signed dispatch is given out once, marked before it leaves, with its event', async () => {
  const dispatchId = await bench.writeDispatch(fleet, runId);
  expect(await claim()).toEqual([]);
  await bench.signAndHold(fleet);
  const [claimed] = await claim();
  expect(claimed).toMatchObject({
    dispatchId,
    satelliteId: satelliteOf(fleet),
    runId,
    envelope: `jws of ${dispatchId}`,
  });
  expect(await sentAt(dispatchId)).toBeInstanceOf(Date);
  expect(await claim()).toEqual([]);
  const events = await bench.inFleet(fleet, (transaction) => listRunEvents(transaction, runId, 2));
  expect(events).toMatchObject([{ seq: claimed?.eventSeq, data: { type: 'dispatch.sent', dispatchId } }]);
});

test('relays at once: each dispatch goes to one of them', async () => {
  for (let step = 0; step < 20; step += 1) await bench.writeDispatch(fleet, runId, { step: `s${step}` });
  await bench.signAndHold(fleet);
  const claimed = (await Promise.all([claim(), claim(), claim(), claim()])).flat();
  expect(new Set(claimed.map((dispatch) => dispatch.dispatchId)).size).toBe(20);
  expect(claimed).toHaveLength(20);
});

test.each([
  ['another relay', { relayId: 'relay-2' }],
  ['a former connection', { epoch: 0 }],
  ['a connection that is not there yet', { epoch: 2 }],
])('%s gets nothing', async (_who, whose) => {
  const dispatchId = await bench.writeDispatch(fleet, runId);
  await bench.signAndHold(fleet);
  expect(await claim({}, whose)).toEqual([]);
  expect(await sentAt(dispatchId)).toBeNull();
});

test.each([
  ['a revoked satellite', `update satellites set revoked_at = now() where organization_id = $1`],
  ['a run that is being cancelled', 'update runs set cancel_requested_at = now() where organization_id = $1'],
  ['a run that has ended', `update runs set status = 'failed' where organization_id = $1`],
  ['past its validity', `update dispatches set expires_at = now() where organization_id = $1`],
  ['before its validity', `update dispatches set not_before = now() + interval '1 hour' where organization_id = $1`],
  ['everything has its outcome', 'update dispatches set pending = 0 where organization_id = $1'],
])('%s: nothing is sent', async (_when, sql) => {
  await bench.writeDispatch(fleet, runId);
  await bench.signAndHold(fleet);
  await bench.admin.query(sql, [fleet.organizationId]);
  expect(await claim()).toEqual([]);
});

test('what was not journaled in time is sent again, without another event; what was, is not', async () => {
  const lost = await bench.writeDispatch(fleet, runId, { step: 'lost' });
  const journaled = await bench.writeDispatch(fleet, runId, { step: 'journaled' });
  await bench.signAndHold(fleet);
  expect(await claim()).toHaveLength(2);
  await inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    markDispatchesAcknowledged(transaction, [{ satelliteId: satelliteOf(fleet), dispatchId: journaled }]),
  );
  expect(await claim({ resendMs: 60_000 })).toEqual([]);
  const again = await claim({ resendMs: 0 });
  expect(again).toMatchObject([{ dispatchId: lost, eventSeq: null }]);
  await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
  expect(await claim({ resendMs: 0 })).toEqual([]);
});

test('work that waits for nodes that are away holds up no other work', async () => {
  const limits = { timeoutMs: 60_000, outputBytesMax: 1_048_576, nodeWaitMs: 3_600_000 };
  await bench.writeDispatch(fleet, runId, { step: 'waiting', limits });
  await bench.signAndHold(fleet);
  expect(await claim({ windowExecutions: 1 })).toHaveLength(1);
  const next = await bench.writeDispatch(fleet, runId, { step: 'next' });
  await bench.signAndHold(fleet);
  expect(await claim({ windowExecutions: 1 })).toMatchObject([{ dispatchId: next }]);
});

test('an acknowledgement counts from the satellite it was sent to only', async () => {
  const other = await bench.seedFleet();
  const dispatchId = await bench.writeDispatch(fleet, runId);
  await bench.signAndHold(fleet);
  await claim();
  await inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    markDispatchesAcknowledged(transaction, [{ satelliteId: satelliteOf(other), dispatchId }]),
  );
  expect(await claim({ resendMs: 0 })).toHaveLength(1);
});

describe('the window of a satellite', () => {
  beforeEach(async () => {
    for (const step of ['s1', 's2', 's3']) await bench.writeDispatch(fleet, runId, { step });
    await bench.signAndHold(fleet);
  });

  test('holds so many executions, oldest first; what is done makes room', async () => {
    const first = await claim({ windowExecutions: 8 });
    expect(first).toHaveLength(2);
    expect(await claim({ windowExecutions: 8 })).toEqual([]);
    await bench.admin.query('update dispatches set pending = 0 where id = $1', [first[0]?.dispatchId]);
    expect(await claim({ windowExecutions: 8 })).toHaveLength(1);
  });

  test('lets one dispatch through that is larger than itself, alone', async () => {
    expect(await claim({ windowExecutions: 2 })).toHaveLength(1);
    expect(await claim({ windowExecutions: 2 })).toEqual([]);
  });
});

test('a flood of one organization leaves room for another in the same claim', async () => {
  const quiet = await bench.seedFleet();
  for (let step = 0; step < 20; step += 1) await bench.writeDispatch(fleet, runId, { step: `s${step}` });
  const quietDispatch = await bench.writeDispatch(quiet, await bench.createRun(quiet));
  await bench.signAndHold(fleet);
  await bench.signAndHold(quiet);
  const claimed = await claim({ dispatchesMax: 4 }, { of: [fleet, quiet] });
  expect(claimed).toHaveLength(4);
  expect(claimed.map((dispatch) => dispatch.dispatchId)).toContain(quietDispatch);
});

test('what an earlier connection was sent is asked about, what this one carries is not', async () => {
  const dispatchId = await bench.writeDispatch(fleet, runId);
  await bench.signAndHold(fleet);
  await claim();
  const asked = (epoch: number) =>
    bench.inFleet(fleet, (transaction) =>
      (async () => {
        const satelliteId = satelliteOf(fleet);
        const unfinished = await listUnfinishedDispatches(transaction, [{ satelliteId, connectionEpoch: epoch }]);
        return unfinished.get(satelliteId) ?? [];
      })(),
    );
  expect(await asked(1)).toEqual([]);
  expect(await asked(2)).toEqual([
    {
      dispatchId,
      expired: false,
      cancelled: false,
      stops: false,
      acknowledged: false,
      executionIds: expect.arrayContaining(await bench.executionsOf(dispatchId)),
    },
  ]);
});

import { executionIdFor } from '@sena/contracts/ids';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listRunEvents } from '../events/list-run-events.ts';
import { type Bench, newDispatch, openBench } from '../fixtures/open-bench.ts';
import { type NewDispatch, writeDispatches } from './write-dispatches.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 6, satellites: 2 });
  runId = await bench.createRun(fleet);
});

const write = (dispatches: NewDispatch[]) =>
  bench.inFleet(fleet, (transaction) =>
    writeDispatches(transaction, runId, dispatches, { actor: 'service:test', traceparent: 'trace' }),
  );
const halves = () => [
  newDispatch(fleet.satellites[0], fleet.nodes.slice(0, 3)),
  newDispatch(fleet.satellites[1], fleet.nodes.slice(3)),
];
const counts = async () =>
  (
    await bench.admin.query(
      `select r.execution_count as total, (select count(*)::integer from dispatches d where d.run_id = r.id) as dispatches,
         (select count(*)::integer from executions e where e.run_id = r.id) as executions,
         (select coalesce(sum(pending), 0)::integer from dispatches d where d.run_id = r.id) as pending,
         (select count(*)::integer from audit_events a where a.run_id = r.id and a.action = 'dispatch.written') as audited
       from runs r where id = $1`,
      [runId],
    )
  ).rows[0];

test('a step becomes a dispatch a satellite and an execution a node, with one event, an audit row each and the signer’s doorbell', async () => {
  const { written, outboxId, dispatchIds } = await write(halves());
  expect(written).toBe(2);
  expect(await counts()).toEqual({ total: 6, dispatches: 2, executions: 6, pending: 6, audited: 2 });
  const ids = await bench.admin.query<{ id: string }>('select id from executions where run_id = $1', [runId]);
  expect(ids.rows.map((row) => row.id).sort()).toEqual(
    fleet.nodes.map((node) => executionIdFor(runId, 's1', node.nodeId)).sort(),
  );
  const doorbell = await bench.admin.query('select job, run_id, traceparent from outbox where id = $1', [outboxId]);
  expect(doorbell.rows).toEqual([{ job: 'signDispatches', run_id: runId, traceparent: 'trace' }]);
  const events = await bench.inFleet(fleet, (transaction) => listRunEvents(transaction, runId, 1));
  expect(events.map((event) => event.data)).toEqual([{ type: 'dispatch.written', dispatchIds, executionCount: 6 }]);
});

test('written again it changes nothing and finds the same ids', async () => {
  const first = await write(halves());
  const before = await counts();
  const again = await write(halves());
  expect(again.written).toBe(0);
  expect(again.dispatchIds.sort()).toEqual(first.dispatchIds.sort());
  expect(await counts()).toEqual(before);
});

test('written again after satellites have changed places, nothing moves', async () => {
  const first = await write(halves());
  const [one, two] = fleet.satellites;
  const swapped = [newDispatch(two, fleet.nodes.slice(0, 3)), newDispatch(one, fleet.nodes.slice(3))];
  expect((await write(swapped)).dispatchIds.sort()).toEqual(first.dispatchIds.sort());
  expect((await write([newDispatch(two, fleet.nodes)])).written).toBe(0);
  expect(await counts()).toEqual({ total: 6, dispatches: 2, executions: 6, pending: 6, audited: 2 });
});

test('two who write the same step at once: one writes it, the other fails whole', async () => {
  const results = await Promise.allSettled([write(halves()), write(halves())]);
  expect(results.some((result) => result.status === 'fulfilled')).toBe(true);
  expect(await counts()).toEqual({ total: 6, dispatches: 2, executions: 6, pending: 6, audited: 2 });
});

test('another command under the same step is refused, and nothing of it is stored', async () => {
  await write(halves());
  await expect(write([{ ...newDispatch(fleet.satellites[0], fleet.nodes), command: 'reboot' }])).rejects.toThrow(
    /dispatched before with another command/,
  );
  expect(await counts()).toMatchObject({ dispatches: 2, executions: 6 });
});

test('nodes without a satellite are told so at once, and a run of only those is woken', async () => {
  await write([newDispatch(undefined, fleet.nodes)]);
  expect(await counts()).toMatchObject({ total: 6, pending: 0 });
  const outcomes = await bench.admin.query('select distinct kind, reason, revision from outcomes where run_id = $1', [
    runId,
  ]);
  expect(outcomes.rows).toEqual([{ kind: 'not_started', reason: 'satellite_offline', revision: 0 }]);
  const run = await bench.admin.query('select wake_count, not_started_count from runs where id = $1', [runId]);
  expect(run.rows[0]).toEqual({ wake_count: 2, not_started_count: 6 });
});

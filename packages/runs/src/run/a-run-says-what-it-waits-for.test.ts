// A run that goes on beyond its commands' own time says who is away since when, what of it may have begun, and until when it waits.
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { expiryGrace } from '../dispatch/expiry-grace.ts';
import { type Bench, exited, openBench } from '../fixtures/open-bench.ts';
import { recordResults } from '../results/record-results.ts';
import { listWaits } from './list-waits.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let satellite: { id: string; name: string };
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 3, satellites: 2 });
  runId = await bench.createRun(fleet);
  const id = fleet.satellites[0]?.id as string;
  const found = await bench.admin.query('select name from satellites where id = $1', [id]);
  satellite = { id, name: found.rows[0].name };
});

const timeoutMs = 60_000;
const seenAt = new Date('2026-01-01T12:00:00.000Z');
const waits = () => bench.inFleet(fleet, (transaction) => listWaits(transaction, runId));
const leave = (columns = '') =>
  bench.admin.query(`update satellites set relay_id = null, last_seen_at = $2 ${columns} where id = $1`, [
    satellite.id,
    seenAt,
  ]);
const begin = (executionId: string, agoMs: number) =>
  bench.admin.query(
    `insert into execution_starts (organization_id, execution_id, attempt, started_at)
     values ($1, $2, 1, now() - $3 * interval '1 millisecond')`,
    [fleet.organizationId, executionId, agoMs],
  );

test('nothing, while its satellite is there and its commands are within their time', async () => {
  const dispatchId = await bench.writeDispatch(fleet, runId, { readOnly: false });
  await bench.signAndHold(fleet);
  await bench.markSent(dispatchId);
  for (const id of await bench.executionsOf(dispatchId)) await begin(id, timeoutMs - 5_000);
  expect(await waits()).toEqual([]);
});

test('a satellite that is away: what was never sent waits until its validity ends, what was sent is unknown later', async () => {
  const expiresAt = new Date(Date.now() + 600_000);
  const until = new Date(expiresAt.getTime() + timeoutMs + expiryGrace.graceMs).toISOString();
  const of = (step: string, change: object) => bench.writeDispatch(fleet, runId, { step, expiresAt, ...change });
  await of('s1', { nodes: fleet.nodes.slice(0, 2) });
  const change = await of('s2', { readOnly: false });
  const reading = await of('s3', { nodes: fleet.nodes.slice(0, 1) });
  await bench.signAndHold(fleet);
  for (const id of [change, reading]) await bench.markSent(id);
  await leave();
  expect(await waits()).toEqual([
    {
      ...{ kind: 'satellite_away', satellite, site: expect.any(String), status: 'disconnected' },
      since: seenAt.toISOString(),
      unsent: { count: 2, until: expiresAt.toISOString() },
      changes: { count: 3, until },
      readings: { count: 1, until },
      finder: null,
    },
  ]);
});

test('one that never connected has no since; a revoked one is called so', async () => {
  await bench.writeDispatch(fleet, runId);
  expect(await waits()).toMatchObject([{ status: 'disconnected', since: null, changes: null, readings: null }]);
  await leave(', revoked_at = now()');
  expect(await waits()).toMatchObject([{ status: 'revoked', unsent: { count: 3 } }]);
});

test('who finds out is named while it is there, and the cloud waits longer for it', async () => {
  const dispatchId = await bench.writeDispatch(fleet, runId, { readOnly: false });
  await bench.signAndHold(fleet);
  await bench.markSent(dispatchId);
  await leave();
  const [before] = await waits();
  const finder = fleet.satellites[1]?.id as string;
  await bench.admin.query(
    `insert into inquiries (id, organization_id, dispatch_id, satellite_id, expires_at)
     values ('inq_' || $2, $1, $2, $3, now() + interval '1 minute')`,
    [fleet.organizationId, dispatchId, finder],
  );
  const [found] = await waits();
  if (before?.kind !== 'satellite_away' || found?.kind !== 'satellite_away') throw new Error('It is away.');
  expect(found.finder).not.toBeNull();
  const untilMs = (wait: typeof found) => Date.parse(wait.changes?.until as string);
  expect(untilMs(found) - untilMs(before)).toBe(expiryGrace.askedMs);
  await bench.admin.query('update satellites set relay_id = null where id = $1', [finder]);
  expect(await waits()).toEqual([before]);
});

test('a command beyond its time limit, at a satellite that is there: which nodes, and until when they are looked for', async () => {
  const expiresAt = new Date(Date.now() + 600_000);
  const dispatchId = await bench.writeDispatch(fleet, runId, { readOnly: false, expiresAt });
  await bench.signAndHold(fleet);
  await bench.admin.query(`update dispatches set sent_at = now() - interval '10 min', sent_epoch = 1 where id = $1`, [
    dispatchId,
  ]);
  const executions = await bench.executionsOf(dispatchId);
  const [over, within, ended] = executions as [string, string, string];
  await begin(over, timeoutMs + 15_000);
  await begin(within, timeoutMs - 15_000);
  await begin(ended, timeoutMs + 15_000);
  await bench.inFleet(fleet, (transaction) =>
    recordResults(transaction, [exited(satellite.id, ended)], 'service:test'),
  );
  const until = new Date(expiresAt.getTime() + timeoutMs + expiryGrace.graceMs).toISOString();
  const names = fleet.nodes.map((node) => node.name).sort();
  expect(await waits()).toEqual([
    { kind: 'no_word', satellite, nodes: names.slice(0, 1), count: 1, overdue: 1, until },
  ]);
  await bench.admin.query('update runs set cancel_requested_at = now() where id = $1', [runId]);
  expect(await waits()).toEqual([
    { kind: 'no_word', satellite, nodes: names.slice(0, 2), count: 2, overdue: 1, until },
  ]);
});

test('another organization is told nothing', async () => {
  await bench.writeDispatch(fleet, runId);
  const other = await bench.seedFleet();
  expect(await bench.inFleet(other, (transaction) => listWaits(transaction, runId))).toEqual([]);
});

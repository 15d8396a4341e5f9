import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { assignSatellites } from '@sena/fleet/assign-satellites';
import { connectSatellites, disconnectSatellites } from '@sena/fleet/satellite-presence';
import type { JobQueue } from '@sena/queue/open-queue';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseOrchestratorEnv } from '../env.ts';
import { openSweeperBench, type SweeperBench } from '../fixtures/open-sweeper-bench.ts';
import { orchestratorEnvironment } from '../fixtures/orchestrator-environment.ts';
import { startOrchestrator } from '../start-orchestrator.ts';
import { sweep } from '../sweeper/sweep.ts';
import { placeLeftBehind } from './place-left-behind.ts';

let bench: SweeperBench;
let fleet: SeededFleet;
let runId: string;
let dispatchId: string;

beforeAll(async () => {
  bench = await openSweeperBench();
});
afterAll(() => bench?.close());
beforeEach(async () => {
  bench.log.length = 0;
  fleet = await bench.seedFleet({ nodes: 60, satellites: 3 });
  runId = await bench.createRun(fleet);
  dispatchId = await bench.writeDispatch(fleet, runId);
  await bench.signAndHold(fleet);
});

const satelliteId = (index: number) => fleet.satellites[index]?.id as string;
/** As its relay does. */
const disconnect = (index: number) =>
  disconnectSatellites(bench.relay, fleet.organizationId, [
    { satelliteId: satelliteId(index), connectionEpoch: 1, leftNothingRunning: false },
  ]);
const connect = (id: string) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    connectSatellites(transaction, 'relay-1', [{ satelliteId: id, version: '1', journalId: 'j' }]),
  );
const satelliteOfNodes = async () => {
  const found = await bench.admin.query<{ node_id: string; satellite_id: string }>(
    `select e.node_id, d.satellite_id from executions e join dispatches d on d.id = e.dispatch_id where e.run_id = $1 order by e.node_id`,
    [runId],
  );
  return new Map(found.rows.map((row) => [row.node_id, row.satellite_id]));
};
/** As at first, over those that are connected now. */
const spread = () =>
  bench.inFleet(fleet, (transaction) =>
    assignSatellites(
      transaction,
      fleet.nodes.map((node) => ({ id: node.nodeId, site: { id: fleet.siteId } })),
    ),
  );
const outcomesOf = async () =>
  (await bench.admin.query('select distinct kind, reason, detail from outcomes where run_id = $1', [runId])).rows;
async function approve(): Promise<void> {
  await bench.admin.query(
    `insert into approvals (id, organization_id, run_id, status, action, action_digest, effects, reasons, requested_by, requested_by_name, expires_at)
     values ($1, $2, $3, 'approved', '{}', 'd', '[]', '[]', 'a', 'a', now() + interval '1 hour')`,
    [`appr_${runId}`, fleet.organizationId, runId],
  );
  await bench.admin.query('update dispatches set approval_id = $2, read_only = false where id = $1', [
    dispatchId,
    `appr_${runId}`,
  ]);
}

describe('what was not sent', () => {
  test('is spread over the satellites that are left, as new work would be', async () => {
    await disconnect(0);
    await placeLeftBehind(bench.shop);
    const now = await satelliteOfNodes();
    expect(now).toEqual(await spread());
    expect(new Set(now.values())).toEqual(new Set([satelliteId(1), satelliteId(2)]));
  });

  test('rings for the signer', async () => {
    const rung: string[] = [];
    const add: JobQueue['add'] = async (name, data) => void rung.push(`${name} ${'runId' in data ? data.runId : ''}`);
    await disconnect(0);
    await placeLeftBehind({ ...bench.shop, queue: { ...bench.shop.queue, add } });
    expect(rung).toEqual([`signDispatches ${runId}`]);
    const left = await bench.admin.query(`select 1 from outbox where run_id = $1 and job = 'signDispatches'`, [runId]);
    // Its own, of the first writing, was never delivered here.
    expect(left.rowCount).toBe(1);
  });

  test('waits where nobody else is connected, and goes to one that is enrolled and connects while it is valid', async () => {
    for (const index of [0, 1, 2]) await disconnect(index);
    await placeLeftBehind(bench.shop);
    expect(new Set((await satelliteOfNodes()).values())).toEqual(new Set([satelliteId(0)]));
    const newcomer = `sat_new_${fleet.siteId}`;
    await bench.admin.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint) values ($1, $2, $3, 'new', 'k', $1)`,
      [newcomer, fleet.organizationId, fleet.siteId],
    );
    await placeLeftBehind(bench.shop);
    expect(new Set((await satelliteOfNodes()).values())).toEqual(new Set([satelliteId(0)]));
    await connect(newcomer);
    await placeLeftBehind(bench.shop);
    expect(new Set((await satelliteOfNodes()).values())).toEqual(new Set([newcomer]));
  });

  test('goes on waiting for its own satellite when that comes back first', async () => {
    for (const index of [0, 1, 2]) await disconnect(index);
    await connect(satelliteId(0));
    await placeLeftBehind(bench.shop);
    const found = await bench.admin.query(
      'select id, assignment_epoch as epoch, superseded_at from dispatches where run_id = $1',
      [runId],
    );
    expect(found.rows).toEqual([{ id: dispatchId, epoch: 1, superseded_at: null }]);
  });
});

describe('what was approved for a satellite', () => {
  beforeEach(approve);

  test('is not given to another: it waits', async () => {
    await disconnect(0);
    await placeLeftBehind(bench.shop);
    expect(new Set((await satelliteOfNodes()).values())).toEqual(new Set([satelliteId(0)]));
    expect(await outcomesOf()).toEqual([]);
  });

  test('is closed at once when that is revoked, and says to ask again', async () => {
    await bench.admin.query('update satellites set revoked_at = now() where id = $1', [satelliteId(0)]);
    await placeLeftBehind(bench.shop);
    expect(await outcomesOf()).toEqual([
      {
        kind: 'not_started',
        reason: 'satellite_revoked',
        detail:
          'It was approved for satellite sat-1, which was revoked before this was sent. Ask again: then another satellite is chosen, and approved.',
      },
    ]);
    const run = await bench.admin.query('select wake_count > handled_count as woken from runs where id = $1', [runId]);
    expect(run.rows).toEqual([{ woken: true }]);
  });
});

test('one that can not be placed does not hold up the others', async () => {
  const broken = { runId, dispatchId };
  await bench.admin.query(
    `create or replace function sena.refuse_reassigning() returns trigger language plpgsql as $$
     begin if new.run_id = '${broken.runId}' and new.assignment_epoch > 1 then raise exception 'refused by the test'; end if; return new; end $$`,
  );
  await bench.admin.query(
    'create trigger refuse_reassigning before insert on sena.dispatches for each row execute function sena.refuse_reassigning()',
  );
  await disconnect(0);
  fleet = await bench.seedFleet({ nodes: 2, satellites: 2 });
  runId = await bench.createRun(fleet);
  await bench.writeDispatch(fleet, runId);
  await bench.signAndHold(fleet);
  await disconnect(0);
  await placeLeftBehind(bench.shop);
  await bench.admin.query('drop trigger refuse_reassigning on sena.dispatches');
  expect(new Set((await satelliteOfNodes()).values())).toEqual(new Set([satelliteId(1)]));
  expect(bench.log.join()).toContain('a dispatch could not be placed');
});

describe('the sweeper', () => {
  test('places it without being told', async () => {
    await disconnect(0);
    expect(await sweep(bench.shop)).toBe(true);
    expect(await satelliteOfNodes()).toEqual(await spread());
  });

  test('lets go of a satellite whose relay says nothing any more, as of when it was last seen, and places its work', async () => {
    await bench.admin.query(`update satellites set last_seen_at = now() - interval '16 seconds' where id = $1`, [
      satelliteId(0),
    ]);
    await sweep(bench.shop);
    const gone = await bench.admin.query(
      `select relay_id, connected_at, last_seen_at < now() - interval '15 seconds' as since from satellites where id = $1`,
      [satelliteId(0)],
    );
    expect(gone.rows).toEqual([{ relay_id: null, connected_at: null, since: true }]);
    expect(new Set((await satelliteOfNodes()).values())).toEqual(new Set([satelliteId(1), satelliteId(2)]));
    expect(bench.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

test('an orchestrator that is told does it at once, though another holds the sweeper’s lock', async () => {
  const lockPool: Pool = openPool(bench.database.urls.app, {
    max: 1,
    applicationName: 'lock',
    onError: () => undefined,
  });
  const lock = await lockPool.connect();
  await lock.query(`select pg_advisory_lock(hashtext('sena.sweeper'))`);
  const orchestrator = await startOrchestrator(
    parseOrchestratorEnv(orchestratorEnvironment(bench.database.urls)),
    bench.shop.logger,
  );
  try {
    await disconnect(0);
    await bench.shop.queue.add('placeDispatches', { organizationId: fleet.organizationId, traceparent: null });
    await eventually('it is placed', async () => !new Set((await satelliteOfNodes()).values()).has(satelliteId(0)));
  } finally {
    await orchestrator.stop();
    lock.release();
    await lockPool.end();
  }
});

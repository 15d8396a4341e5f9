import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeUnsentDispatches } from '../execution/close-executions.ts';
import { type Bench, exited, openBench } from '../fixtures/open-bench.ts';
import { recordResults } from '../results/record-results.ts';
import { requestCancel } from '../run/request-cancel.ts';
import { claimDispatches } from './claim-dispatches.ts';
import { expireDispatch } from './expire-dispatch.ts';
import { listDispatchesLeftBehind, readDispatchLeftBehind, reassignDispatch } from './reassign-dispatch.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let dispatchId: string;
let executions: string[];
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 4, satellites: 3 });
  runId = await bench.createRun(fleet);
  dispatchId = await bench.writeDispatch(fleet, runId);
  await bench.signAndHold(fleet);
  executions = await bench.executionsOf(dispatchId);
});

const actor = 'service:test';
const satelliteId = (index: number) => fleet.satellites[index]?.id as string;
const disconnect = (index: number) =>
  bench.admin.query('update satellites set relay_id = null, connected_at = null where id = $1', [satelliteId(index)]);
const revoke = (index: number) =>
  bench.admin.query('update satellites set revoked_at = now() where id = $1', [satelliteId(index)]);
const leftBehind = async () =>
  (await listDispatchesLeftBehind(bench.app, 1_000)).filter((row) => row.organizationId === fleet.organizationId);
/** Each node, in turn, to one of these. */
const to = (...indexes: number[]) =>
  new Map(fleet.nodes.map((node, n) => [node.nodeId, satelliteId(indexes[n % indexes.length] as number)]));
const move = (satelliteOf: ReadonlyMap<string, string> = to(1), id = dispatchId) =>
  bench.inFleet(fleet, (transaction) => reassignDispatch(transaction, id, satelliteOf, actor));
const claim = (index: number) =>
  claimDispatches(bench.relay, 'relay-1', [{ satelliteId: satelliteId(index), connectionEpoch: 1 }], {
    windowExecutions: 100_000,
    resendMs: 60_000,
    dispatchesMax: 64,
  });
const dispatchesOf = async () =>
  (
    await bench.admin.query<{
      id: string;
      satellite_id: string;
      epoch: number;
      pending: number;
      superseded: boolean;
      sent: boolean;
    }>(
      `select id, satellite_id, assignment_epoch as epoch, pending, superseded_at is not null as superseded, sent_at is not null as sent
       from dispatches where run_id = $1 order by assignment_epoch, satellite_id`,
      [runId],
    )
  ).rows;
const unchanged = () => [
  { id: dispatchId, satellite_id: satelliteId(0), epoch: 1, pending: 4, superseded: false, sent: false },
];

describe('work of a satellite that is gone and was never sent', () => {
  test('goes to others under the next assignment epoch; its executions keep their ids, and the former dispatch never leaves', async () => {
    await disconnect(0);
    expect(await leftBehind()).toEqual([{ organizationId: fleet.organizationId, dispatchId }]);
    expect(await move(to(1, 2))).toMatchObject({ runId, outboxId: expect.any(String) });

    const [former, ...successors] = await dispatchesOf();
    expect(former).toEqual({ ...unchanged()[0], pending: 0, superseded: true });
    expect(successors.map(({ id: _, ...row }) => row)).toEqual(
      [satelliteId(1), satelliteId(2)]
        .toSorted()
        .map((satellite_id) => ({ satellite_id, epoch: 2, pending: 2, superseded: false, sent: false })),
    );
    // Of age with what it takes over, valid from now on only.
    const times = await bench.admin.query(
      `select count(distinct created_at)::integer as ages, bool_and(not_before > created_at) filter (where assignment_epoch > 1) as later
       from dispatches where run_id = $1`,
      [runId],
    );
    expect(times.rows).toEqual([{ ages: 1, later: true }]);
    const moved = await Promise.all(successors.map((successor) => bench.executionsOf(successor.id)));
    expect(moved.flat().toSorted()).toEqual(executions.toSorted());
    expect(await leftBehind()).toEqual([]);

    // It comes back with its envelope still there: nothing of it is given out, to nobody.
    await bench.signAndHold(fleet);
    expect(await claim(0)).toEqual([]);
    const claimed = [...(await claim(1)), ...(await claim(2))];
    expect(claimed.map((dispatch) => dispatch.dispatchId).toSorted()).toEqual(
      successors.map((successor) => successor.id).toSorted(),
    );
    await expect(bench.markSent(dispatchId)).rejects.toMatchObject({ constraint: 'dispatches_superseded_unsent' });
  });

  test('is heard of from its new satellite only, and ends the run once', async () => {
    await disconnect(0);
    await move();
    const say = (reporter: string) =>
      inOrganization(bench.relay, fleet.organizationId, (transaction) =>
        recordResults(
          transaction,
          executions.map((id) => exited(reporter, id)),
          actor,
        ),
      );
    expect(await say(satelliteId(0))).toEqual([]);
    expect(await say(satelliteId(1))).toMatchObject([{ runId, recorded: 4, outboxId: expect.any(String) }]);
    const run = await bench.admin.query(
      'select execution_count as n, exited_zero_count as zero from runs where id = $1',
      [runId],
    );
    expect(run.rows).toEqual([{ n: 4, zero: 4 }]);
  });

  test('says so in the run and in the audit, and rings for the signer', async () => {
    await disconnect(0);
    const moved = await move(to(1, 2));
    const found = await bench.admin.query(
      `select (select data from run_events where run_id = $1 and seq = $2) as event,
         (select data from audit_events where subject = $3 and action = 'dispatch.reassigned') as audit,
         (select job from outbox where id = $4) as job`,
      [runId, moved?.eventSeq, dispatchId, moved?.outboxId],
    );
    expect(found.rows[0]).toEqual({
      event: {
        type: 'run.note',
        text: 'Satellite sat-1 is not connected: 4 commands that it was not sent yet go to sat-2 (2), sat-3 (2).',
      },
      audit: {
        from: satelliteId(0),
        assignmentEpoch: 2,
        to: expect.arrayContaining([{ dispatchId: expect.stringMatching(/^disp_/), satelliteId: satelliteId(1) }]),
      },
      job: 'signDispatches',
    });
  });

  test('moves on when the next one is gone as well, and two shares may meet at one satellite', async () => {
    await disconnect(0);
    await move(to(1, 2));
    const [first, second] = (await dispatchesOf()).slice(1);
    await disconnect(1);
    await disconnect(2);
    // The first one is back, and takes both.
    await bench.admin.query(`update satellites set relay_id = 'relay-1' where id = $1`, [satelliteId(0)]);
    expect((await leftBehind()).map((row) => row.dispatchId).toSorted()).toEqual([first?.id, second?.id].toSorted());
    expect(await move(to(0), first?.id)).not.toBeNull();
    expect(await move(to(0), second?.id)).not.toBeNull();
    const present = (await dispatchesOf()).filter((row) => !row.superseded);
    expect(present).toMatchObject([
      { satellite_id: satelliteId(0), epoch: 3, pending: 2 },
      { satellite_id: satelliteId(0), epoch: 3, pending: 2 },
    ]);
  });

  test('of a revoked satellite moves while its tunnel is still open', async () => {
    await revoke(0);
    expect(await leftBehind()).toHaveLength(1);
    expect(await move()).not.toBeNull();
  });

  test('goes to one that was enrolled later', async () => {
    for (const index of [0, 1, 2]) await disconnect(index);
    expect(await leftBehind()).toEqual([]);
    await bench.admin.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint, relay_id)
       values ($1, $2, $3, 'new', 'k', $1, 'relay-1')`,
      [`sat_new_${fleet.siteId}`, fleet.organizationId, fleet.siteId],
    );
    expect(await leftBehind()).toHaveLength(1);
    const taker = new Map(fleet.nodes.map((node) => [node.nodeId, `sat_new_${fleet.siteId}`]));
    expect(await move(taker)).not.toBeNull();
  });
});

describe('nothing moves', () => {
  const nothing = async (satelliteOf = to(1)) => {
    expect(await leftBehind()).toEqual([]);
    expect(await move(satelliteOf)).toBeNull();
    expect((await dispatchesOf()).filter((row) => row.superseded || row.epoch > 1)).toEqual([]);
  };

  test('while its satellite is connected', () => nothing());

  test('that was sent, whatever became of its satellite', async () => {
    await claim(0);
    await disconnect(0);
    await revoke(0);
    await nothing();
  });

  test('that was closed', async () => {
    const outcome = { kind: 'not_started', reason: 'cancelled', detail: '' } as const;
    await bench.inFleet(fleet, (transaction) => closeUnsentDispatches(transaction, [dispatchId], outcome, actor));
    await disconnect(0);
    await nothing();
  });

  test('of a run that is being cancelled', async () => {
    await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
    await disconnect(0);
    await nothing();
  });

  test('past its validity', async () => {
    await bench.admin.query('update dispatches set expires_at = now() where id = $1', [dispatchId]);
    await disconnect(0);
    await nothing();
  });

  test('where no other satellite is connected', async () => {
    for (const index of [0, 1, 2]) await disconnect(index);
    await nothing();
  });

  test('to a satellite that is gone, is revoked, or is of another site', async () => {
    const elsewhere = await bench.seedFleet();
    await bench.signAndHold(elsewhere);
    await disconnect(0);
    await disconnect(1);
    await revoke(2);
    const foreign = elsewhere.satellites[0]?.id as string;
    for (const taker of [satelliteId(1), satelliteId(2), foreign, 'sat_nobody']) {
      expect(await move(new Map(fleet.nodes.map((node) => [node.nodeId, taker])))).toBeNull();
    }
    expect(await dispatchesOf()).toEqual(unchanged());
  });

  test('from another organization', async () => {
    const other = await bench.seedFleet();
    await disconnect(0);
    await bench.inFleet(other, async (transaction) => {
      expect(await reassignDispatch(transaction, dispatchId, to(1), actor)).toBeNull();
    });
    expect(await dispatchesOf()).toEqual(unchanged());
  });

  test('by halves: every node of the dispatch goes somewhere, or none does', async () => {
    await disconnect(0);
    const some = new Map([...to(1)].slice(1));
    await expect(move(some)).rejects.toThrow('given to nobody');
    expect(await dispatchesOf()).toEqual(unchanged());
  });

  test('that was approved for its satellite: it waits for it, and only a revocation leaves it behind', async () => {
    await bench.admin.query(
      `insert into approvals (id, organization_id, run_id, action, action_digest, effects, reasons, requested_by, requested_by_name, expires_at)
       values ($1, $2, $3, '{}', 'd', '[]', '[]', 'a', 'a', now() + interval '1 hour')`,
      [`appr_${runId}`, fleet.organizationId, runId],
    );
    await bench.admin.query('update dispatches set approval_id = $2 where id = $1', [dispatchId, `appr_${runId}`]);
    await disconnect(0);
    await nothing();
    const read = () => bench.inFleet(fleet, (transaction) => readDispatchLeftBehind(transaction, dispatchId));
    expect(await read()).toEqual({
      siteId: fleet.siteId,
      satelliteName: 'sat-1',
      isApproved: true,
      nodeIds: fleet.nodes.map((node) => node.nodeId),
    });
    await revoke(0);
    expect(await leftBehind()).toHaveLength(1);
    expect(await move()).toBeNull();
    expect(await dispatchesOf()).toEqual(unchanged());
  });
});

describe('at the same moment', () => {
  test('as a relay claims it: it is sent or moved, never both', async () => {
    let moves = 0;
    for (let round = 0; round < 30; round += 1) {
      const id = await bench.writeDispatch(fleet, runId, { step: `race${round}` });
      await bench.signAndHold(fleet);
      // The satellite is let go of while its relay claims.
      const gone = bench.admin.query('update satellites set relay_id = null where id = $1', [satelliteId(0)]);
      const [claimed, , moved] = await Promise.all([claim(0), gone, gone.then(() => move(to(1), id))]);
      const wasSent = claimed.some((dispatch) => dispatch.dispatchId === id);
      const wasMoved = moved !== null;
      moves += wasMoved ? 1 : 0;
      expect({ round, wasSent, wasMoved }).toEqual({ round, wasSent, wasMoved: !wasSent });
    }
    expect(moves).toBeGreaterThan(0);
  });

  test('as another orchestrator moves it: it moves once', async () => {
    await disconnect(0);
    const moved = await Promise.all([move(to(1)), move(to(2)), move(to(1, 2))]);
    expect(moved.filter((each) => each !== null)).toHaveLength(1);
    const open = await bench.admin.query(
      'select sum(pending)::integer as n from dispatches where run_id = $1 and superseded_at is null',
      [runId],
    );
    expect(open.rows).toEqual([{ n: 4 }]);
  });
});

describe('what waited in vain says who was away, since when, and what to do', () => {
  const expire = async () => {
    await bench.admin.query(`update dispatches set expires_at = now() - interval '1 second' where id = $1`, [
      dispatchId,
    ]);
    await bench.inFleet(fleet, (transaction) => expireDispatch(transaction, dispatchId, actor));
    const found = await bench.admin.query<{ kind: string; reason: string; detail: string }>(
      `select distinct o.kind, o.reason, o.detail from outcomes o join executions e on e.id = o.execution_id where e.dispatch_id = $1`,
      [dispatchId],
    );
    expect(found.rows).toMatchObject([{ kind: 'not_started', reason: 'expired' }]);
    return found.rows[0]?.detail;
  };

  test('offline', async () => {
    await bench.admin.query(
      `update satellites set relay_id = null, last_seen_at = '2026-11-20T10:11:12Z' where id = $1`,
      [satelliteId(0)],
    );
    expect(await expire()).toBe(
      'Satellite sat-1 of site hall has been offline since 2026-11-20 10:11:12 UTC, and no other satellite of the site took over before its validity ended. Bring one back and ask again.',
    );
  });

  test('never there', async () => {
    await bench.admin.query('update satellites set relay_id = null, last_seen_at = null where id = $1', [
      satelliteId(0),
    ]);
    expect(await expire()).toMatch(/^Satellite sat-1 of site hall has never connected, and no other satellite/);
  });

  test('revoked', async () => {
    await revoke(0);
    expect(await expire()).toMatch(
      /^Satellite sat-1 of site hall was revoked at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, and/,
    );
  });

  test('connected, and still nothing left for it', async () => {
    expect(await expire()).toMatch(/^Satellite sat-1 of site hall is connected, but this did not leave for it/);
  });

  test('approved for the one that is away', async () => {
    await bench.admin.query(
      `insert into approvals (id, organization_id, run_id, action, action_digest, effects, reasons, requested_by, requested_by_name, expires_at)
       values ($1, $2, $3, '{}', 'd', '[]', '[]', 'a', 'a', now())`,
      [`appr_${runId}`, fleet.organizationId, runId],
    );
    await bench.admin.query('update dispatches set approval_id = $2 where id = $1', [dispatchId, `appr_${runId}`]);
    await disconnect(0);
    expect(await expire()).toMatch(/has been offline since .*the approval is for this satellite alone.*ask again now/);
  });
});

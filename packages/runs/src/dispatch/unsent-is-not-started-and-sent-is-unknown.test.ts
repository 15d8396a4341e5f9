import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeLostDispatches, closeUnsentDispatches, listUnsentDispatches } from '../execution/close-executions.ts';
import { type Bench, exited, openBench } from '../fixtures/open-bench.ts';
import { readOutput } from '../output/read-output.ts';
import { recordOutput } from '../output/record-output.ts';
import { recordResults } from '../results/record-results.ts';
import { claimDispatches } from './claim-dispatches.ts';
import { expireDispatch, listDispatchesToExpire } from './expire-dispatch.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let dispatchId: string;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 3 });
  runId = await bench.createRun(fleet);
  dispatchId = await bench.writeDispatch(fleet, runId);
});

const actor = 'service:test';
const cancelled = { kind: 'not_started', reason: 'cancelled', detail: 'The run was cancelled.' } as const;
const closeUnsent = () =>
  bench.inFleet(fleet, (transaction) => closeUnsentDispatches(transaction, [dispatchId], cancelled, actor));
const expire = () => bench.inFleet(fleet, (transaction) => expireDispatch(transaction, dispatchId, actor));
const asRelay = <T>(work: Parameters<typeof inOrganization<T>>[2]) =>
  inOrganization(bench.relay, fleet.organizationId, work);
const satelliteId = () => fleet.satellites[0]?.id as string;
const words = async () =>
  (
    await bench.admin.query(
      `select o.kind, o.reason, o.revision, count(*)::integer as n from outcomes o join executions e on e.id = o.execution_id
       where e.dispatch_id = $1 group by 1, 2, 3 order by 1`,
      [dispatchId],
    )
  ).rows;
const endValidity = (ago = '1 second') =>
  bench.admin.query('update dispatches set expires_at = now() - $2::interval where id = $1', [dispatchId, ago]);

describe('closing what was not sent', () => {
  test('ends each execution as not started and wakes the run', async () => {
    expect(await closeUnsent()).toMatchObject([{ runId, recorded: 3, outboxId: expect.any(String) }]);
    expect(await words()).toEqual([{ kind: 'not_started', reason: 'cancelled', revision: 0, n: 3 }]);
    expect(await closeUnsent()).toEqual([]);
  });

  test('leaves alone what was sent', async () => {
    await bench.markSent(dispatchId);
    expect(await closeUnsent()).toEqual([]);
    expect(await words()).toEqual([]);
  });

  test('against a relay that claims at the same moment: it is closed or sent, never both', async () => {
    for (let round = 0; round < 15; round += 1) {
      const id = await bench.writeDispatch(fleet, runId, { step: `race${round}` });
      await bench.signAndHold(fleet);
      const held = [{ satelliteId: satelliteId(), connectionEpoch: 1 }];
      const limits = { windowExecutions: 100_000, resendMs: 60_000, dispatchesMax: 64 };
      const [closed, claimed] = await Promise.all([
        bench.inFleet(fleet, (transaction) => closeUnsentDispatches(transaction, [id], cancelled, actor)),
        claimDispatches(bench.relay, 'relay-1', held, limits),
      ]);
      const wasClosed = closed.length > 0;
      const wasSent = claimed.some((dispatch) => dispatch.dispatchId === id);
      expect({ round, wasClosed, wasSent }).toEqual({ round, wasClosed, wasSent: !wasClosed });
    }
  });

  test('the unsent dispatches of a run are those with open executions', async () => {
    const sent = await bench.writeDispatch(fleet, runId, { step: 'sent' });
    await bench.markSent(sent);
    const list = () => bench.inFleet(fleet, (transaction) => listUnsentDispatches(transaction, runId));
    expect(await list()).toEqual([dispatchId]);
    await closeUnsent();
    expect(await list()).toEqual([]);
  });
});

describe('past its validity', () => {
  test('what never left is not started', async () => {
    await endValidity();
    expect(await expire()).toHaveLength(1);
    expect(await words()).toEqual([{ kind: 'not_started', reason: 'expired', revision: 0, n: 3 }]);
    expect(await expire()).toEqual([]);
  });

  test('what was sent is unknown, for those without a word; a late word of the satellite counts', async () => {
    await bench.markSent(dispatchId);
    const [first, second] = (await bench.executionsOf(dispatchId)) as [string, string];
    await asRelay((transaction) => recordResults(transaction, [exited(satelliteId(), first)], actor));
    await endValidity();
    await expire();
    expect(await words()).toEqual([
      { kind: 'exited', reason: null, revision: 1, n: 1 },
      { kind: 'unknown', reason: 'expired_without_word', revision: 0, n: 2 },
    ]);
    await asRelay((transaction) => recordResults(transaction, [exited(satelliteId(), second)], actor));
    const run = await bench.admin.query(
      'select exited_zero_count as zero, unknown_count as unknown from runs where id = $1',
      [runId],
    );
    expect(run.rows[0]).toEqual({ zero: 2, unknown: 1 });
  });

  test('before it nothing is given up', async () => {
    expect(await expire()).toEqual([]);
    expect(await words()).toEqual([]);
  });

  test('it is due at once when it never left, and after timeout and grace when it did', async () => {
    const due = async () =>
      (await listDispatchesToExpire(bench.app, { graceMs: 30_000, askedMs: 0 }, 1_000)).some(
        (row) => row.dispatchId === dispatchId,
      );
    expect(await due()).toBe(false);
    await endValidity();
    expect(await due()).toBe(true);
    await bench.markSent(dispatchId);
    expect(await due()).toBe(false);
    await endValidity('89 seconds');
    expect(await due()).toBe(false);
    await endValidity('91 seconds');
    expect(await due()).toBe(true);
  });

  test('while a satellite reports, neither waits for the other in a circle', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await bench.writeDispatch(fleet, runId, { step: `round${round}` });
      await bench.markSent(id);
      await bench.admin.query(`update dispatches set expires_at = now() - interval '1 second' where id = $1`, [id]);
      const executions = await bench.executionsOf(id);
      await Promise.all([
        bench.inFleet(fleet, (transaction) => expireDispatch(transaction, id, actor)),
        asRelay((transaction) =>
          recordResults(
            transaction,
            executions.map((each) => exited(satelliteId(), each)),
            actor,
          ),
        ),
      ]);
      // Whoever came first, the satellite's word is what counts.
      const shown = await bench.admin.query(
        `select distinct on (o.execution_id) o.kind from outcomes o join executions e on e.id = o.execution_id
         where e.dispatch_id = $1 order by o.execution_id, o.revision desc`,
        [id],
      );
      expect(shown.rows).toEqual([{ kind: 'exited' }, { kind: 'exited' }, { kind: 'exited' }]);
    }
  });
});

describe('a satellite that has lost its journal', () => {
  const lose = () => asRelay((transaction) => closeLostDispatches(transaction, satelliteId(), 'service:relay'));

  test('leaves what it was sent unknown, and what it was not sent untouched', async () => {
    const unsent = await bench.writeDispatch(fleet, runId, { step: 'unsent' });
    await bench.markSent(dispatchId);
    expect(await lose()).toMatchObject([{ runId, recorded: 3 }]);
    expect(await words()).toEqual([{ kind: 'unknown', reason: 'satellite_lost', revision: 0, n: 3 }]);
    const open = await bench.admin.query('select pending from dispatches where id = $1', [unsent]);
    expect(open.rows[0].pending).toBe(3);
    expect(await lose()).toEqual([]);
  });

  test('what had arrived of an output can still be read', async () => {
    await bench.markSent(dispatchId);
    const [executionId] = (await bench.executionsOf(dispatchId)) as [string];
    const piece = { satelliteId: satelliteId(), executionId, attempt: 2, stream: 'stdout', offset: 0 } as const;
    await asRelay((transaction) => recordOutput(transaction, [{ ...piece, data: Buffer.from('half of it') }]));
    await lose();
    const read = await bench.inFleet(fleet, (transaction) => readOutput(transaction, executionId, 'stdout', 0, 100));
    expect(read.toString()).toBe('half of it');
    const outcome = await bench.admin.query('select attempt, stdout_bytes from outcomes where execution_id = $1', [
      executionId,
    ]);
    expect(outcome.rows).toEqual([{ attempt: 2, stdout_bytes: '10' }]);
  });
});

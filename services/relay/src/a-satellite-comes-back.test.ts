import { setTimeout as sleep } from 'node:timers/promises';
import { inOrganization } from '@sena/db/tenant';
import { requestCancel } from '@sena/runs/run/request-cancel';
import { openSignals } from '@sena/signals/open-signals';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import { ackOf, connect, outputOf, resultOf, type ScriptedSatellite } from './fixtures/scripted-satellite.ts';
import { usualTiming } from './timing.ts';

let bench: RelayBench;
let fleet: SeededFleet;
let satellite: SeededSatellite;
beforeAll(async () => {
  // What is sent again here was asked about, however slow the machine.
  bench = await openRelayBench({ resendMs: 60_000 });
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 2 });
  satellite = fleet.satellites[0] as SeededSatellite;
});

const outcomesOf = async (dispatchId: string) =>
  (
    await bench.admin.query(
      `select distinct o.kind, o.reason from outcomes o join executions e on e.id = o.execution_id where e.dispatch_id = $1 order by 1`,
      [dispatchId],
    )
  ).rows;
const presence = async () =>
  (
    await bench.admin.query(
      'select relay_id, connection_epoch::integer as epoch, connected_at is not null as connected from satellites where id = $1',
      [satellite.id],
    )
  ).rows[0];
/** Sent over a connection that then ended. */
async function sendAndLeave() {
  const prepared = await bench.prepareDispatch(fleet);
  const tunnel = await connect(bench.port, satellite);
  await tunnel.next('dispatch');
  await tunnel.close();
  await eventually('it is let go', async () => (await presence()).relay_id === null);
  return prepared;
}
const absent = (executionIds: readonly string[]) => ({
  t: 'reconciled' as const,
  executions: executionIds.map((executionId) => ({ executionId, state: 'absent' as const })),
});

describe('what was sent and has no outcome is asked about', () => {
  test('what it never saw is sent again while it is valid', async () => {
    const { dispatchId, executions } = await sendAndLeave();
    const tunnel = await connect(bench.port, satellite);
    const { executionIds } = await tunnel.next('reconcile');
    expect(executionIds.toSorted()).toEqual(executions.toSorted());
    tunnel.send(absent(executionIds));
    expect(await tunnel.next('dispatch')).toMatchObject({ dispatchId, envelope: `jws of ${dispatchId}` });
    tunnel.send(ackOf(dispatchId), ...executions.map((id) => resultOf(id)));
    for (const _ of executions) await tunnel.next('outcome-ack');
    expect(await outcomesOf(dispatchId)).toEqual([{ kind: 'exited', reason: null }]);
    await tunnel.close();
  });

  test('what it never saw and is too late was not started', async () => {
    const { dispatchId } = await sendAndLeave();
    await bench.admin.query('update dispatches set expires_at = now() where id = $1', [dispatchId]);
    const tunnel = await connect(bench.port, satellite);
    tunnel.send(absent((await tunnel.next('reconcile')).executionIds));
    await eventually('it is told', async () => (await outcomesOf(dispatchId)).length === 1);
    expect(await outcomesOf(dispatchId)).toEqual([{ kind: 'not_started', reason: 'expired' }]);
    expect(tunnel.heard.some((frame) => frame.t === 'dispatch')).toBe(false);
    await tunnel.close();
  });

  test('what it never saw and nobody wants any more was not started; what it runs is told to stop', async () => {
    const { runId, dispatchId, executions } = await sendAndLeave();
    await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
    const tunnel = await connect(bench.port, satellite);
    await tunnel.next('reconcile');
    // Said first: with the question it begins what it has.
    const order = tunnel.heard.map((frame) => frame.t);
    expect(order.indexOf('cancel')).toBeGreaterThan(order.indexOf('welcome'));
    expect(order.indexOf('cancel')).toBeLessThan(order.indexOf('reconcile'));
    expect((await tunnel.next('cancel')).executionIds.toSorted()).toEqual(executions.toSorted());
    const [seen, unseen] = executions as [string, string];
    tunnel.send({
      t: 'reconciled',
      executions: [
        { executionId: seen, state: 'running' },
        { executionId: unseen, state: 'absent' },
      ],
    });
    await eventually('it is told', async () => (await outcomesOf(dispatchId)).length === 1);
    const outcomes = await bench.admin.query('select execution_id, reason from outcomes where execution_id = any($1)', [
      executions,
    ]);
    expect(outcomes.rows).toEqual([{ execution_id: unseen, reason: 'cancelled' }]);
    await tunnel.close();
  });

  describe('cancelled between the question and the answer', () => {
    const cancel = (runId: string) =>
      bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
    /** Acknowledged when everything before it was acted on. */
    async function fence(tunnel: ScriptedSatellite): Promise<void> {
      tunnel.send(resultOf(crypto.randomUUID()));
      await tunnel.next('outcome-ack');
    }

    test('what it never saw was not started, and is not sent again', async () => {
      const relay = await bench.startRelay('relay-asks', { resendMs: 60_000, presenceMs: 60_000 });
      const { runId, dispatchId } = await sendAndLeave();
      const tunnel = await connect(relay.port, satellite);
      const { executionIds } = await tunnel.next('reconcile');
      await cancel(runId);
      tunnel.send(absent(executionIds));
      await fence(tunnel);
      expect(await outcomesOf(dispatchId)).toEqual([{ kind: 'not_started', reason: 'cancelled' }]);
      expect(tunnel.heard.map((frame) => frame.t)).not.toContain('dispatch');
      await tunnel.close();
      await relay.stop();
    });

    test('what had left again before the cancel is left to its own word, whatever an older answer says', async () => {
      const relay = await bench.startRelay('relay-asks-in-parts', { resendMs: 60_000, presenceMs: 60_000 });
      const { runId, dispatchId, executions } = await sendAndLeave();
      const tunnel = await connect(relay.port, satellite);
      await tunnel.next('reconcile');
      tunnel.send(absent(executions.slice(0, 1)));
      expect(await tunnel.next('dispatch')).toMatchObject({ dispatchId });
      await cancel(runId);
      tunnel.send(absent(executions.slice(1)));
      await fence(tunnel);
      expect(await outcomesOf(dispatchId)).toEqual([]);
      expect(tunnel.heard.filter((frame) => frame.t === 'dispatch')).toHaveLength(1);
      await tunnel.close();
      await relay.stop();
    });
  });

  test('what it had journaled and knows no more is unknown, and is not sent again', async () => {
    const { dispatchId } = await bench.prepareDispatch(fleet);
    const before = await connect(bench.port, satellite);
    await before.next('dispatch');
    before.send(ackOf(dispatchId));
    await eventually('the acknowledgement is stored', async () => {
      const found = await bench.admin.query('select 1 from dispatches where id = $1 and acked_at is not null', [
        dispatchId,
      ]);
      return found.rowCount === 1;
    });
    await before.close();
    await eventually('it is let go', async () => (await presence()).relay_id === null);
    const tunnel = await connect(bench.port, satellite);
    tunnel.send(absent((await tunnel.next('reconcile')).executionIds));
    await eventually('it is told', async () => (await outcomesOf(dispatchId)).length === 1);
    expect(await outcomesOf(dispatchId)).toEqual([{ kind: 'unknown', reason: 'satellite_lost' }]);
    expect(tunnel.heard.some((frame) => frame.t === 'dispatch')).toBe(false);
    await tunnel.close();
  });

  test('what it knows is left to its own word', async () => {
    const { dispatchId, executions } = await sendAndLeave();
    const tunnel = await connect(bench.port, satellite);
    const { executionIds } = await tunnel.next('reconcile');
    tunnel.send({
      t: 'reconciled',
      executions: executionIds.map((executionId) => ({ executionId, state: 'running' })),
    });
    tunnel.send(ackOf(dispatchId), resultOf(executions[0] as string));
    await tunnel.next('outcome-ack');
    expect(tunnel.heard.some((frame) => frame.t === 'dispatch')).toBe(false);
    await tunnel.close();
  });

  test('an answer about what was not asked changes nothing', async () => {
    const { executions } = await sendAndLeave();
    const other = await bench.prepareDispatch(fleet);
    const tunnel = await connect(bench.port, satellite);
    await tunnel.next('reconcile');
    await tunnel.next('dispatch');
    tunnel.send(absent(other.executions));
    tunnel.send(absent(executions));
    await tunnel.next('dispatch');
    expect(await outcomesOf(other.dispatchId)).toEqual([]);
    await tunnel.close();
  });

  test('where nothing is open that is what it hears', async () => {
    const tunnel = await connect(bench.port, satellite);
    await bench.prepareDispatch(fleet);
    await tunnel.next('dispatch');
    expect(await tunnel.next('reconcile')).toMatchObject({ executionIds: [] });
    expect(tunnel.heard.filter((frame) => frame.t === 'reconcile')).toHaveLength(1);
    await tunnel.close();
  });
});

test('an answer that nobody asked for, or that is told twice, is passed over: the tunnel stays', async () => {
  const { dispatchId, executions } = await sendAndLeave();
  const tunnel = await connect(bench.port, satellite);
  await tunnel.next('reconcile');
  const answer = {
    t: 'reconciled' as const,
    executions: executions.map((executionId) => ({ executionId, state: 'finished' as const })),
  };
  tunnel.send(answer);
  tunnel.send(answer);
  tunnel.send(absent(executions));
  tunnel.send(...executions.map((id) => resultOf(id)));
  for (const _ of executions) await tunnel.next('outcome-ack');
  expect(await outcomesOf(dispatchId)).toEqual([{ kind: 'exited', reason: null }]);
  await tunnel.close();
});

describe('without its journal', () => {
  test('what it was sent is unknown before anything else happens, and is not sent again', async () => {
    const { dispatchId } = await sendAndLeave();
    const tunnel = await connect(bench.port, satellite, { journalId: 'a new journal' });
    expect(await outcomesOf(dispatchId)).toEqual([{ kind: 'unknown', reason: 'satellite_lost' }]);
    await sleep(600);
    expect(tunnel.heard.some((frame) => frame.t === 'dispatch')).toBe(false);
    expect(await tunnel.next('reconcile')).toMatchObject({ executionIds: [] });
    await tunnel.close();
  });

  test('and gone again at once, it is still not taken for one that never saw it', async () => {
    const { dispatchId } = await sendAndLeave();
    const hasty = await connect(bench.port, satellite, { journalId: 'a new journal' });
    await hasty.close();
    const tunnel = await connect(bench.port, satellite, { journalId: 'a new journal' });
    await sleep(300);
    expect(tunnel.heard.slice(0, 2).map((frame) => frame.t)).toEqual(['challenge', 'welcome']);
    expect(tunnel.heard.slice(2)).toMatchObject([{ t: 'reconcile', executionIds: [] }]);
    expect(await outcomesOf(dispatchId)).toEqual([{ kind: 'unknown', reason: 'satellite_lost' }]);
    await tunnel.close();
  });

  test('it takes new work', async () => {
    await sendAndLeave();
    const tunnel = await connect(bench.port, satellite, { journalId: 'a new journal' });
    const { dispatchId } = await bench.prepareDispatch(fleet);
    expect(await tunnel.next('dispatch')).toMatchObject({ dispatchId });
    await tunnel.close();
  });
});

test('a dispatch that is not acknowledged is sent again on the same connection', async () => {
  const relay = await bench.startRelay('relay-sends-again', { resendMs: 400 });
  const { dispatchId } = await bench.prepareDispatch(fleet);
  const tunnel = await connect(relay.port, satellite);
  await tunnel.next('dispatch');
  expect(await tunnel.next('dispatch')).toMatchObject({ dispatchId });
  tunnel.send(ackOf(dispatchId));
  await tunnel.close();
  await relay.stop();
});

describe('one satellite has one tunnel', () => {
  test('the second connection takes over, the first is closed, and its late close lets go of nothing', async () => {
    const first = await connect(bench.port, satellite);
    const second = await connect(bench.port, satellite);
    expect(await first.closed).toEqual({ code: 4000, reason: 'connected again' });
    expect(second.welcome.connectionEpoch).toBe(first.welcome.connectionEpoch + 1);
    await sleep(100);
    expect(await presence()).toEqual({ relay_id: 'relay-1', epoch: 2, connected: true });
    const { dispatchId } = await bench.prepareDispatch(fleet);
    expect(await second.next('dispatch')).toMatchObject({ dispatchId });
    await second.close();
    await eventually('it is let go', async () => (await presence()).relay_id === null);
  });

  test('another relay takes it over: the first closes its tunnel and sends nothing more', async () => {
    const other = await bench.startRelay('relay-2');
    const first = await connect(bench.port, satellite);
    const second = await connect(other.port, satellite);
    const { dispatchId } = await bench.prepareDispatch(fleet);
    expect(await second.next('dispatch')).toMatchObject({ dispatchId });
    expect((await first.closed).code).toBe(4403);
    expect(first.heard.some((frame) => frame.t === 'dispatch')).toBe(false);
    expect(await presence()).toEqual({ relay_id: 'relay-2', epoch: 2, connected: true });
    await second.close();
    await other.stop();
  });
});

describe('a satellite that is not to be there', () => {
  test.each([
    ['revoked, with a doorbell', 'revoked_at = now()', true],
    ['revoked, without one', 'revoked_at = now()', false],
    ['locked, without one', `locked_at = now(), lock = '{}'`, false],
  ])('loses its tunnel within 2 s: %s', async (how, change, rings) => {
    // Without a doorbell it is the clock as it is set usually; with one, a clock that is far away. What a loaded machine adds stays within that.
    const revocationMs = rings ? 60_000 : usualTiming.revocationMs;
    const relay = await bench.startRelay(`relay-${how}`, { presenceMs: 60_000, revocationMs });
    const tunnel = await connect(relay.port, satellite);
    await bench.admin.query(`update satellites set ${change} where id = $1`, [satellite.id]);
    const revokedAtMs = performance.now();
    const signals = await openSignals({ kind: 'postgres', url: bench.database.urls.app });
    if (rings) await signals.ring(fleet.organizationId, 'satelliteRevoked', { satelliteId: satellite.id });
    expect((await tunnel.closed).code).toBe(4403);
    expect(performance.now() - revokedAtMs).toBeLessThan(2_000);
    await signals.close();
    await relay.stop();
  });
});

test('a satellite that was taken for gone while its tunnel lived is there again, and gets work', async () => {
  const relay = await bench.startRelay('relay-presence', { presenceMs: 200 });
  const tunnel = await connect(relay.port, satellite);
  await bench.admin.query('update satellites set relay_id = null, connected_at = null where id = $1', [satellite.id]);
  await eventually('its relay says that it holds it', async () => (await presence()).relay_id === 'relay-presence');
  const { dispatchId } = await bench.prepareDispatch(fleet);
  expect(await tunnel.next('dispatch')).toMatchObject({ dispatchId });
  await tunnel.close();
  await relay.stop();
});

test('a cancel whose doorbell was lost reaches the satellite all the same', async () => {
  const relay = await bench.startRelay('relay-cancel', { presenceMs: 200 });
  const tunnel = await connect(relay.port, satellite);
  const { runId, dispatchId, executions } = await bench.prepareDispatch(fleet);
  await tunnel.next('dispatch');
  tunnel.send(ackOf(dispatchId));
  await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
  expect((await tunnel.next('cancel')).executionIds.toSorted()).toEqual(executions.toSorted());
  await tunnel.close();
  await relay.stop();
});

test('a cancel that wants what runs to be stopped says so to the satellite, also when it comes back', async () => {
  const { runId, dispatchId, executions } = await bench.prepareDispatch(fleet);
  const tunnel = await connect(bench.port, satellite);
  await tunnel.next('dispatch');
  tunnel.send(ackOf(dispatchId));
  await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
  expect(await tunnel.next('cancel')).toMatchObject({ stop: false });
  await bench.inFleet(fleet, (transaction) =>
    requestCancel(transaction, runId, { ref: 'member:m', key: null }, { stopRunning: true }),
  );
  await eventually('the stop is told', () => tunnel.heard.some((frame) => frame.t === 'cancel' && frame.stop));
  await tunnel.close();
  const again = await connect(bench.port, satellite);
  const cancel = await again.next('cancel');
  expect({ ...cancel, executionIds: cancel.executionIds.toSorted() }).toEqual({
    ...{ t: 'cancel', executionIds: executions.toSorted(), stop: true },
  });
  await again.close();
});

test('a cancel reaches the satellite that was sent the run', async () => {
  const { runId, dispatchId, executions } = await bench.prepareDispatch(fleet);
  const tunnel = await connect(bench.port, satellite);
  await tunnel.next('dispatch');
  tunnel.send(ackOf(dispatchId));
  await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
  const signals = await openSignals({ kind: 'postgres', url: bench.database.urls.app });
  await signals.ring(fleet.organizationId, 'runCancelled', { runId });
  expect((await tunnel.next('cancel')).executionIds.toSorted()).toEqual(executions.toSorted());
  await signals.close();
  await tunnel.close();
});

describe('PostgreSQL cuts every connection', () => {
  async function reportThroughCuts(tunnel: ScriptedSatellite, executions: readonly string[]): Promise<void> {
    let cutting = true;
    const cuts = (async () => {
      for (let count = 0; count < 6 && cutting; count += 1) {
        await bench.admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'sena_relay'`,
        );
        await sleep(60);
      }
    })();
    for (const [index, id] of executions.entries()) {
      const bytes = Buffer.from(`output of ${index}`);
      tunnel.send(outputOf(id, bytes), resultOf(id, { stdoutBytes: bytes.length, stdoutKeptBytes: bytes.length }));
      if (index % 10 === 0) await sleep(15);
    }
    for (const _ of executions) await tunnel.next('outcome-ack', 10_000);
    cutting = false;
    await cuts;
  }

  test('in the middle of reports: all of them are stored, once, and the tunnel stays', async () => {
    fleet = await bench.seedFleet({ nodes: 120 });
    satellite = fleet.satellites[0] as SeededSatellite;
    const { runId, dispatchId, executions } = await bench.prepareDispatch(fleet);
    const tunnel = await connect(bench.port, satellite);
    await tunnel.next('dispatch');
    tunnel.send(ackOf(dispatchId));
    await reportThroughCuts(tunnel, executions);
    const run = await bench.admin.query('select exited_zero_count as zero, wake_count from runs where id = $1', [
      runId,
    ]);
    expect(run.rows[0]).toEqual({ zero: 120, wake_count: 2 });
    await tunnel.close();
  });

  test('in the middle of sending: each dispatch arrives', async () => {
    const relay = await bench.startRelay('relay-is-cut', { resendMs: 400 });
    const tunnel = await connect(relay.port, satellite);
    const prepared: string[] = [];
    const cut = () =>
      bench.admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'sena_relay'`,
      );
    for (let count = 0; count < 8; count += 1) {
      prepared.push((await bench.prepareDispatch(fleet)).dispatchId);
      await cut();
    }
    await eventually(
      'all have arrived',
      () => {
        const arrived = new Set(tunnel.heard.flatMap((frame) => (frame.t === 'dispatch' ? [frame.dispatchId] : [])));
        return prepared.every((id) => arrived.has(id));
      },
      { timeoutMs: 8_000 },
    );
    await tunnel.close();
    await relay.stop();
  });
});

test('a relay that stops stores and acknowledges what it was told, lets its satellites go, and tells them to come back', async () => {
  fleet = await bench.seedFleet({ nodes: 60 });
  satellite = fleet.satellites[0] as SeededSatellite;
  const relay = await bench.startRelay('relay-stopping');
  const { dispatchId, executions } = await bench.prepareDispatch(fleet);
  const tunnel = await connect(relay.port, satellite);
  await tunnel.next('dispatch');
  tunnel.send(ackOf(dispatchId), ...executions.slice(0, 30).map((id) => resultOf(id)));
  await tunnel.next('outcome-ack');
  tunnel.send(...executions.slice(30).map((id) => resultOf(id)));
  await relay.stop();
  expect((await tunnel.closed).code).toBe(1012);
  const acknowledged = tunnel.heard.flatMap((frame) => (frame.t === 'outcome-ack' ? [frame.executionId] : []));
  const stored = await inOrganization(bench.app, fleet.organizationId, (transaction) =>
    transaction.query<{ id: string }>(
      'select execution_id::text as id from outcomes where run_id = (select run_id from dispatches where id = $1)',
      [dispatchId],
    ),
  );
  expect(stored.rows.map((row) => row.id).sort()).toEqual(acknowledged.toSorted());
  expect(acknowledged.length).toBeGreaterThanOrEqual(30);
  expect(await presence()).toMatchObject({ relay_id: null, connected: false });
  await expect(fetch(`http://127.0.0.1:${relay.port}/healthz`)).rejects.toThrow();
});

import { readOutput } from '@sena/runs/output/read-output';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import { ackOf, connect, outputOf, resultOf, type ScriptedSatellite } from './fixtures/scripted-satellite.ts';

let bench: RelayBench;
let fleet: SeededFleet;
let former: SeededSatellite;
let finder: SeededSatellite;
let dispatchId: string;
let executions: [string, string];
let inquiryId: string;
const tunnels: ScriptedSatellite[] = [];
beforeAll(async () => {
  bench = await openRelayBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 2, satellites: 3 });
  [former, finder] = fleet.satellites as [SeededSatellite, SeededSatellite];
  const prepared = await bench.prepareDispatch(fleet, { readOnly: false });
  dispatchId = prepared.dispatchId;
  executions = prepared.executions as [string, string];
  const tunnel = await enter(former);
  await tunnel.next('dispatch');
  tunnel.send(ackOf(dispatchId));
  await eventually('it is journaled', async () => (await dispatch()).acked_at !== null);
  await tunnel.close();
  inquiryId = `inq_${dispatchId}`;
  await bench.admin.query(
    `insert into inquiries (id, organization_id, dispatch_id, satellite_id, expires_at, key_id, jws, signed_at)
     values ($1, $2, $3, $4, now() + interval '10 minutes', 'key', 'jws of ' || $1, now())`,
    [inquiryId, fleet.organizationId, dispatchId, finder.id],
  );
});
afterEach(async () => {
  for (const tunnel of tunnels.splice(0)) await tunnel.close();
});

async function enter(satellite: SeededSatellite, change: Parameters<typeof connect>[2] = {}) {
  const tunnel = await connect(bench.port, satellite, change);
  tunnels.push(tunnel);
  return tunnel;
}
const dispatch = async () => (await bench.admin.query('select * from dispatches where id = $1', [dispatchId])).rows[0];
const inquiry = async () => (await bench.admin.query('select * from inquiries where id = $1', [inquiryId])).rows[0];
const answer = (accepted: boolean) =>
  ({
    ...{ t: 'inquiry-ack' as const, inquiryId, accepted },
    ...(accepted ? { code: null, message: null } : { code: 'clock_skew', message: 'The clock is wrong.' }),
  }) as const;

test('it is marked before it leaves, told again until it is journaled, and to nobody else', async () => {
  const other = await enter(fleet.satellites[2] as SeededSatellite);
  const tunnel = await enter(finder);
  expect(await tunnel.next('inquiry')).toMatchObject({ inquiryId, envelope: `jws of ${inquiryId}` });
  expect(await inquiry()).toMatchObject({ sent_at: expect.any(Date), sent_epoch: '1', acked_at: null });
  await tunnel.next('inquiry');
  tunnel.send(answer(true));
  await eventually('it is journaled', async () => (await inquiry()).acked_at !== null);
  expect(other.heard.some((frame) => frame.t === 'inquiry')).toBe(false);
});

test('one that was refused is not told again', async () => {
  const tunnel = await enter(finder);
  await tunnel.next('inquiry');
  tunnel.send(answer(false));
  await eventually('it is refused', async () => (await inquiry()).refused_at !== null);
  expect((await inquiry()).acked_at).toBeNull();
  expect(bench.log.some((line) => line.msg === 'a satellite refused an inquiry')).toBe(true);
});

test('nobody answers for another', async () => {
  const tunnel = await enter(finder);
  await tunnel.next('inquiry');
  const other = await enter(fleet.satellites[2] as SeededSatellite);
  other.send(answer(false), resultOf(executions[0]));
  await other.next('outcome-ack');
  expect(await inquiry()).toMatchObject({ acked_at: null, refused_at: null });
  expect((await dispatch()).pending).toBe(2);
});

test('what the finder says is stored and acknowledged; the former satellite comes back, and both may go on', async () => {
  const [one, two] = executions;
  const tunnel = await enter(finder);
  await tunnel.next('inquiry');
  tunnel.send(answer(true), outputOf(one, Buffer.from('abc')));
  expect(await tunnel.next('output-ack')).toMatchObject({ executionId: one, offset: 3 });
  const again = await enter(former);
  expect((await again.next('reconcile')).executionIds.toSorted()).toEqual([one, two].toSorted());
  again.send({ t: 'reconciled', executions: executions.map((executionId) => ({ executionId, state: 'running' })) });
  again.send(outputOf(one, Buffer.from('abcdef')));
  expect(await again.next('output-ack')).toMatchObject({ executionId: one, offset: 6 });
  const ended = { stdoutBytes: 6, stdoutKeptBytes: 6 };
  tunnel.send(outputOf(one, Buffer.from('def'), { offset: 3 }), resultOf(one, ended));
  await tunnel.next('outcome-ack');
  again.send(resultOf(one, ended), resultOf(two));
  for (const executionId of executions) expect((await again.next('outcome-ack')).executionId).toBe(executionId);
  expect((await dispatch()).pending).toBe(0);
  const found = await bench.admin.query('select count(*)::integer as n from outcomes where execution_id = any($1)', [
    executions,
  ]);
  expect(found.rows).toEqual([{ n: 2 }]);
  const stored = await bench.inFleet(fleet, (transaction) => readOutput(transaction, one, 'stdout', 0, 100));
  expect(stored.toString()).toBe('abcdef');
});

test('a finder that comes back without its journal is asked again, one that has it is not', async () => {
  const tunnel = await enter(finder);
  await tunnel.next('inquiry');
  tunnel.send(answer(true));
  await eventually('it is journaled', async () => (await inquiry()).acked_at !== null);
  await tunnel.close();
  const second = await enter(finder);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(second.heard.some((frame) => frame.t === 'inquiry')).toBe(false);
  await second.close();
  const third = await enter(finder, { journalId: 'another' });
  expect(await third.next('inquiry')).toMatchObject({ inquiryId });
});

test('an end whose output has not come is not acknowledged to the finder either', async () => {
  const tunnel = await enter(finder);
  await tunnel.next('inquiry');
  tunnel.send(answer(true), resultOf(executions[0], { stdoutBytes: 9, stdoutKeptBytes: 9 }));
  expect((await tunnel.closed).code).toBe(4400);
  expect(tunnel.heard.some((frame) => frame.t === 'outcome-ack')).toBe(false);
  expect((await dispatch()).pending).toBe(2);
});

test('a stop reaches the finder too', async () => {
  const tunnel = await enter(finder);
  await tunnel.next('inquiry');
  tunnel.send(answer(true));
  await bench.admin.query(
    `update runs set cancel_requested_at = now(), stop_requested = true where id = (select run_id from dispatches where id = $1)`,
    [dispatchId],
  );
  const { executionIds, stop } = await tunnel.next('cancel');
  expect({ executionIds: executionIds.toSorted(), stop }).toEqual({ executionIds: executions.toSorted(), stop: true });
});

describe('of a command whose end nobody has stored, the boot under which it was begun is', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const startedUnder = (executionId: string, bootId: string | null) =>
    ({ t: 'started', executionId, attempt: 1, at, bootId }) as const;
  const starts = async () => {
    const found = await bench.admin.query(
      'select execution_id, boot_id from execution_starts where execution_id = any($1)',
      [executions],
    );
    return found.rows;
  };

  test('with its start; one that ended in the same moment needs none', async () => {
    const again = await enter(former);
    await again.next('reconcile');
    const [one, two] = executions;
    again.send(startedUnder(one, 'boot-1'), startedUnder(two, 'boot-1'), resultOf(two));
    await again.next('outcome-ack');
    expect(await starts()).toEqual([{ execution_id: one, boot_id: 'boot-1' }]);
    expect((await dispatch()).pending).toBe(1);
  });

  test('also when its end came with it, without its output', async () => {
    const again = await enter(former);
    await again.next('reconcile');
    const [one] = executions;
    again.send(startedUnder(one, 'boot-1'), resultOf(one, { stdoutBytes: 9, stdoutKeptBytes: 9 }));
    expect((await again.closed).code).toBe(4400);
    expect(await starts()).toEqual([{ execution_id: one, boot_id: 'boot-1' }]);
    expect((await dispatch()).pending).toBe(2);
  });

  test('also when a satellite that has nothing to do with it says in the same moment that it has ended', async () => {
    const again = await enter(former);
    await again.next('reconcile');
    const other = await enter(fleet.satellites[2] as SeededSatellite);
    const [one, two] = executions;
    // While the run is locked what comes waits, and is stored together.
    await bench.admin.query('begin');
    await bench.admin.query('select 1 from runs where id = (select run_id from dispatches where id = $1) for update', [
      dispatchId,
    ]);
    again.send(startedUnder(two, 'boot-1'));
    await eventually('the recorder waits', async () => {
      const waiting = await bench.admin.query('select 1 from pg_locks where not granted');
      return waiting.rowCount !== 0;
    });
    other.send(resultOf(one));
    again.send(startedUnder(one, 'boot-1'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await bench.admin.query('commit');
    await other.next('outcome-ack');
    await eventually('both starts are stored', async () => (await starts()).length === 2);
    expect((await dispatch()).pending).toBe(2);
  });
});

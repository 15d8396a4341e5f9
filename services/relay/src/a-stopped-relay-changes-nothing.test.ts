// A relay process that is stopped in the middle (SIGSTOP: a paused machine) while its satellite connects to another one, and then goes
// on where it was. It holds sockets, claims and reports of a connection that is over.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { disconnectSatellites, reportPresence } from '@sena/fleet/satellite-presence';
import { claimDispatches } from '@sena/runs/dispatch/claim-dispatches';
import { openSignals, type Signals } from '@sena/signals/open-signals';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startCarryingDispatches } from './dispatch/carry-dispatches.ts';
import { createLeavingDispatches } from './dispatch/order-cancels.ts';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import { ackOf, connect, outputOf, resultOf } from './fixtures/scripted-satellite.ts';
import { createHeldSatellites, type HeldSatellite } from './held-satellites.ts';
import type { RelayTiming } from './timing.ts';
import { startWatchingSatellites } from './watch-satellites.ts';

/** It looks for work all the time, and learns that its satellite is elsewhere only when it is rung. */
const timing: RelayTiming = {
  handshakeMs: 10_000,
  heartbeatMs: 15_000,
  pollMs: 50,
  presenceMs: 600_000,
  revocationMs: 600_000,
  resendMs: 60_000,
  checkpointMs: 600_000,
  siteShareReservedMs: 60_000,
  closeMs: 200,
};

let bench: RelayBench;
let fleet: SeededFleet;
let satellite: SeededSatellite;
let child: ChildProcess | undefined;
let port: number;
/** What the process has logged. */
let said: string;
let signals: Signals;
beforeAll(async () => {
  bench = await openRelayBench({ resendMs: 60_000 });
  signals = await openSignals({ kind: 'postgres', url: bench.database.urls.app });
});
afterAll(async () => {
  await signals.close();
  await bench.close();
});
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 2 });
  satellite = fleet.satellites[0] as SeededSatellite;
});
afterEach(async () => {
  if (child === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  child = undefined;
});

async function start(change: Partial<typeof timing> = {}): Promise<void> {
  const { urls } = bench.database;
  const addresses = { DATABASE_URL: urls.relay, QUEUE_DATABASE_URL: urls.queue };
  const environment = { PORT: '0', RELAY_ID: 'relay-stopped', ...addresses };
  child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'fixtures/relay-process.ts'),
      JSON.stringify({ environment, timing: { ...timing, ...change } }),
    ],
    {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  said = '';
  child.stdout?.on('data', (data) => {
    said += data;
  });
  port = await eventually(
    'the relay listens',
    () => {
      const line = said.split('\n').find((each) => each.startsWith('{"port":'));
      return line === undefined ? null : (JSON.parse(line).port as number);
    },
    { timeoutMs: 30_000 },
  );
}

/** The process stands still: its state in the kernel is T. */
async function stop(): Promise<void> {
  child?.kill('SIGSTOP');
  await eventually('it stands still', async () => /\) T /.test(await readFile(`/proc/${child?.pid}/stat`, 'utf8')));
}
const goOn = () => child?.kill('SIGCONT');
/** Its next look at who holds what. */
const refusalOf = (dispatchId: string): SatelliteFrame => ({
  ...{ t: 'dispatch-ack', dispatchId, accepted: false },
  ...{ code: 'envelope_key_not_pinned', message: 'The key is not pinned here.' },
});
const ringItsWatch = () => signals.ring(fleet.organizationId, 'satelliteRevoked', { satelliteId: satellite.id });
const presence = async () =>
  (
    await bench.admin.query('select relay_id, connection_epoch::integer as epoch from satellites where id = $1', [
      satellite.id,
    ])
  ).rows[0];

test('what it had claimed, heard and held: nothing is sent twice, recorded twice or let go of', async () => {
  await start();
  const { runId, dispatchId, executions } = await bench.prepareDispatch(fleet);
  const [first, second] = executions as [string, string];
  const former = await connect(port, satellite);
  await former.next('dispatch');
  former.send(ackOf(dispatchId));
  await eventually('the acknowledgement is stored', async () =>
    Boolean((await bench.admin.query('select acked_at from dispatches where id = $1', [dispatchId])).rows[0].acked_at),
  );

  await stop();
  // In the socket of the relay that stands still; the satellite says it again where it is heard.
  former.send(
    outputOf(first, Buffer.from('one')),
    resultOf(first, { stdoutBytes: 3, stdoutKeptBytes: 3 }),
    resultOf(second),
  );
  const present = await connect(bench.port, satellite);
  expect(await presence()).toEqual({ relay_id: 'relay-1', epoch: 2 });
  await present.next('reconcile');
  present.send(
    outputOf(first, Buffer.from('one')),
    resultOf(first, { stdoutBytes: 3, stdoutKeptBytes: 3 }),
    resultOf(second),
  );
  for (const _ of executions) await present.next('outcome-ack');
  const later = await bench.prepareDispatch(fleet);
  expect(await present.next('dispatch')).toMatchObject({ dispatchId: later.dispatchId });

  goOn();
  // It records what it had heard, as told again: its acknowledgements come after its commit.
  for (const _ of executions) await former.next('outcome-ack');
  const last = await bench.prepareDispatch(fleet);
  expect(await present.next('dispatch')).toMatchObject({ dispatchId: last.dispatchId });
  await ringItsWatch();
  expect((await former.closed).code).toBe(4403);
  expect(former.heard.filter((frame) => frame.t === 'dispatch')).toHaveLength(1);
  expect(await presence()).toEqual({ relay_id: 'relay-1', epoch: 2 });
  const stored = await bench.admin.query(
    `select (select count(*)::integer from outcomes where run_id = $1) as outcomes,
       (select count(*)::integer from output_chunks c join executions e on e.id = c.execution_id where e.run_id = $1) as chunks,
       (select array_agg(sent_epoch::integer) from dispatches where run_id = $1 or run_id = $2) as epochs,
       (select jsonb_build_object('zero', exited_zero_count, 'wakes', wake_count) from runs where id = $1) as run`,
    [runId, later.runId],
  );
  expect(stored.rows[0]).toEqual({
    outcomes: 2,
    chunks: 0,
    epochs: expect.arrayContaining([1, 2]),
    run: { zero: 2, wakes: 2 },
  });
  // Still the present one's.
  const next = await bench.prepareDispatch(fleet);
  expect(await present.next('dispatch')).toMatchObject({ dispatchId: next.dispatchId });
  await present.close();
}, 60_000);

test('what it was told before the question was asked again closes nothing', async () => {
  await start();
  const { executions } = await bench.prepareDispatch(fleet);
  const before = await connect(port, satellite);
  await before.next('dispatch');
  await before.close();
  await eventually('it is let go', async () => (await presence()).relay_id === null);
  // Cancelled: for what is absent the relay would say `not_started`.
  await bench.admin.query('update runs set cancel_requested_at = now() where organization_id = $1', [
    fleet.organizationId,
  ]);
  const former = await connect(port, satellite);
  const { executionIds } = await former.next('reconcile');
  await stop();
  former.send({
    t: 'reconciled',
    executions: executionIds.map((executionId) => ({ executionId, state: 'absent' as const })),
  });
  const present = await connect(bench.port, satellite);
  goOn();
  // Heard after the answer, in its order.
  former.send(resultOf(crypto.randomUUID()));
  await former.next('outcome-ack');
  const outcomes = () => bench.admin.query('select 1 from outcomes where execution_id = any($1)', [executions]);
  expect((await outcomes()).rowCount).toBe(0);
  const asked = await present.next('reconcile');
  present.send({
    t: 'reconciled',
    executions: asked.executionIds.map((executionId) => ({ executionId, state: 'absent' as const })),
  });
  await eventually('the present answer counts', async () => (await outcomes()).rowCount === 2);
  await present.close();
}, 60_000);

test('a refusal that it heard, of what was sent again and taken since, ends nothing', async () => {
  await start();
  const { dispatchId, executions } = await bench.prepareDispatch(fleet);
  const former = await connect(port, satellite);
  await former.next('dispatch');
  await stop();
  // In the socket of the relay that stands still: the key was not pinned then.
  former.send(refusalOf(dispatchId));
  const present = await connect(bench.port, satellite);
  const { executionIds } = await present.next('reconcile');
  present.send({
    t: 'reconciled',
    executions: executionIds.map((executionId) => ({ executionId, state: 'absent' as const })),
  });
  // Now it is: it runs, and has no end yet.
  await present.next('dispatch');
  present.send(ackOf(dispatchId));
  const acknowledged = async () =>
    (await bench.admin.query('select acked_at from dispatches where id = $1', [dispatchId])).rows[0].acked_at;
  await eventually('it is taken', async () => (await acknowledged()) !== null);
  goOn();
  // Heard after the refusal, in its order.
  former.send(resultOf(crypto.randomUUID()));
  await former.next('outcome-ack');
  const outcomes = async () =>
    (await bench.admin.query('select kind from outcomes where execution_id = any($1)', [executions])).rows;
  expect(await outcomes()).toEqual([]);
  present.send(...executions.map((id) => resultOf(id)));
  for (const _ of executions) await present.next('outcome-ack');
  expect(await outcomes()).toEqual([{ kind: 'exited' }, { kind: 'exited' }]);
  await present.close();
}, 60_000);

test('an acceptance that it heard, by a satellite that has lost its journal since, does not count', async () => {
  await start();
  const { dispatchId } = await bench.prepareDispatch(fleet);
  const inquiryId = `inq_${dispatchId}`;
  await bench.admin.query(
    `insert into inquiries (id, organization_id, dispatch_id, satellite_id, expires_at, key_id, jws, signed_at)
     values ($1, $2, $3, $4, now() + interval '10 minutes', 'key', 'jws', now())`,
    [inquiryId, fleet.organizationId, dispatchId, satellite.id],
  );
  const former = await connect(port, satellite);
  await former.next('dispatch');
  await former.next('inquiry');
  await stop();
  former.send(ackOf(dispatchId), { t: 'inquiry-ack', inquiryId, accepted: true, code: null, message: null });
  const present = await connect(bench.port, satellite);
  goOn();
  // Heard after them, in its order.
  former.send(resultOf(crypto.randomUUID()));
  await former.next('outcome-ack');
  const found = await bench.admin.query(
    `select d.acked_at as dispatch, q.acked_at as inquiry from dispatches d join inquiries q on q.dispatch_id = d.id where d.id = $1`,
    [dispatchId],
  );
  expect(found.rows).toEqual([{ dispatch: null, inquiry: null }]);
  await present.close();
}, 60_000);

describe('a satellite that answers no ping any more, which a relay finds when it goes on after a stop', () => {
  /** Held, with nobody behind the socket. */
  const deaf = (): HeldSatellite & { pushed: RelayFrame[]; closes: number[] } => {
    const pushed: RelayFrame[] = [];
    const closes: number[] = [];
    const out = {
      push: (frame: RelayFrame) => void pushed.push(frame),
      room: () => Promise.resolve(),
      waitingBytes: () => 0,
      flush: () => undefined,
      close: () => undefined,
    };
    const { organizationId, siteId } = fleet;
    const close = (code: number) => void closes.push(code);
    return {
      ...{ organizationId, satelliteId: satellite.id, siteId, connectionEpoch: 1, protocol: 2 },
      ...{ share: null, out, close, pushed, closes },
      keys: { sequence: 1, newestKeyId: null, isRefusing: false },
      proof: { nonce: 'nonce', publicKey: satellite.publicKeySpki },
      isHeard: () => false,
    };
  };
  const logger = createLogger('relay', 'silent');

  test('gets no work: what waits can still go to another', async () => {
    await (await connect(bench.port, satellite)).close();
    await eventually('it is let go', async () => (await presence()).relay_id === null);
    await bench.admin.query(`update satellites set relay_id = 'relay-deaf' where id = $1`, [satellite.id]);
    const { dispatchId } = await bench.prepareDispatch(fleet);
    const held = createHeldSatellites();
    const tunnel = deaf();
    held.add(tunnel);
    const ringer = { ring: () => undefined, stop: () => Promise.resolve() };
    const leaving = createLeavingDispatches();
    const rooms = { pool: bench.relay, relayId: 'relay-deaf', held, leaving, ringer, logger };
    const carrier = startCarryingDispatches({ ...rooms, timing: { pollMs: 600_000, resendMs: 0 } });
    carrier.look();
    await carrier.stop();
    expect(tunnel.pushed).toEqual([]);
    const dispatch = await bench.admin.query('select sent_at from dispatches where id = $1', [dispatchId]);
    expect(dispatch.rows).toEqual([{ sent_at: null }]);
  });

  test('is not said to be there, and its tunnel is left to the heartbeat', async () => {
    await (await connect(bench.port, satellite)).close();
    await eventually('it is let go', async () => (await presence()).relay_id === null);
    const held = createHeldSatellites();
    const tunnel = deaf();
    held.add(tunnel);
    const watch = startWatchingSatellites({
      pool: bench.relay,
      relayId: 'relay-deaf',
      held,
      leaving: createLeavingDispatches(),
      logger,
      presenceMs: 600_000,
    });
    await watch.check();
    await watch.stop();
    expect(await presence()).toEqual({ relay_id: null, epoch: 1 });
    expect(tunnel.closes).toEqual([]);
  });
});

test('words under a former epoch change no row', async () => {
  const former = { satelliteId: satellite.id, connectionEpoch: 1 };
  await (await connect(bench.port, satellite)).close();
  const present = await connect(bench.port, satellite);
  expect(present.welcome.connectionEpoch).toBe(2);
  const { dispatchId } = await bench.prepareDispatch(fleet, { notBefore: new Date(Date.now() + 60_000) });
  await bench.admin.query('update dispatches set not_before = now() where id = $1', [dispatchId]);
  const limits = { windowExecutions: 1_000, resendMs: 0, dispatchesMax: 64 };
  expect(await claimDispatches(bench.relay, 'relay-1', [former], limits)).toEqual([]);
  expect(await reportPresence(bench.relay, 'relay-stopped', fleet.organizationId, [former])).toEqual(new Set());
  await disconnectSatellites(bench.relay, fleet.organizationId, [
    { satelliteId: satellite.id, connectionEpoch: 1, leftNothingRunning: false },
  ]);
  expect(await presence()).toEqual({ relay_id: 'relay-1', epoch: 2 });
  await present.close();
});

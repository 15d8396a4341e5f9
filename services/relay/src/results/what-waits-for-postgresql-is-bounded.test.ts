import { openPool } from '@sena/db/tenant';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from '../fixtures/open-relay-bench.ts';
import { connect, outputOf, resultOf } from '../fixtures/scripted-satellite.ts';
import type { HeldSatellite } from '../held-satellites.ts';
import { boundWaiting, usualBounds } from './bound-waiting.ts';
import { startRecorder } from './start-recorder.ts';

let bench: RelayBench;
beforeAll(async () => {
  bench = await openRelayBench();
});
afterAll(() => bench.close());

const pieceBytes = 200 * 1024;
const piece = (executionId: string, index: number) =>
  outputOf(executionId, Buffer.alloc(pieceBytes, 1), { offset: index * pieceBytes });

/** Of this execution, which has printed before, nothing more can be recorded until the answer is called. */
async function holdOutput(executionId: string): Promise<() => Promise<void>> {
  const pool = openPool(bench.database.adminUrl, { max: 1, applicationName: 'holder', onError: () => undefined });
  const holder = await pool.connect();
  await holder.query('begin');
  const held = await holder.query('select 1 from sena.output_streams where execution_id = $1 for update', [
    executionId,
  ]);
  expect(held.rowCount).toBe(1);
  return async () => {
    await holder.query('rollback');
    holder.release();
    await pool.end();
  };
}

async function seed() {
  const fleet = await bench.seedFleet({ nodes: 1, satellites: 2 });
  const { executions } = await bench.prepareDispatch(fleet);
  return { fleet, executionId: executions[0] as string };
}

const heldOf = (fleet: SeededFleet): HeldSatellite => ({
  ...{ organizationId: fleet.organizationId, satelliteId: (fleet.satellites[0] as SeededSatellite).id },
  ...{
    siteId: fleet.siteId,
    connectionEpoch: 1,
    protocol: 1,
    share: null,
    isHeard: () => true,
    close: () => undefined,
  },
  ...{ keys: { sequence: 0, newestKeyId: null, isRefusing: false }, proof: { nonce: '', publicKey: '' } },
  out: {
    ...{ push: () => undefined, room: () => Promise.resolve(), waitingBytes: () => 0 },
    ...{ flush: () => undefined, close: () => undefined },
  },
});

test('whoever comes at once, from however many sockets and organizations, no more is taken in than the bound and one message', async () => {
  const bounds = { bytesMax: 10 * pieceBytes, ofOrganizationBytesMax: 4 * pieceBytes };
  const waiting = boundWaiting(bounds);
  const logger = createLogger('relay', 'silent');
  const recorder = startRecorder({ pool: bench.relay, logger, waiting, recorded: () => undefined });
  const sides = await Promise.all([seed(), seed(), seed(), seed()]);
  for (const { fleet, executionId } of sides) {
    await recorder.push(fleet.organizationId, [{ satellite: heldOf(fleet), frame: piece(executionId, 0) as never }]);
  }
  await eventually('their first pieces are stored', () => waiting.bytes() === 0);
  const releases = await Promise.all(sides.map(({ executionId }) => holdOutput(executionId)));
  let mostBytes = 0;
  const end = waiting.watch(() => {
    mostBytes = Math.max(mostBytes, waiting.bytes());
  });
  let taken = 0;
  const pushes = sides.flatMap(({ fleet, executionId }) =>
    Array.from({ length: 20 }, async (_, index) => {
      const frame = piece(executionId, index + 1) as never;
      await recorder.push(fleet.organizationId, [{ satellite: heldOf(fleet), frame }]);
      taken += 1;
      mostBytes = Math.max(mostBytes, waiting.bytes());
    }),
  );
  await eventually('everybody is full', () => sides.every(({ fleet }) => waiting.isFull(fleet.organizationId)));
  expect(taken).toBeLessThanOrEqual(11);
  await Promise.all(releases.map((release) => release()));
  await Promise.all(pushes);
  await recorder.stop();
  end();
  expect(mostBytes).toBeLessThanOrEqual(bounds.bytesMax + pieceBytes + 1_024);
  expect(waiting.bytes()).toBe(0);
  for (const { fleet, executionId } of sides) {
    expect(waiting.isFull(fleet.organizationId)).toBe(false);
    const stored = await bench.admin.query(
      'select committed_bytes::integer as bytes from output_streams where execution_id = $1',
      [executionId],
    );
    expect(stored.rows).toEqual([{ bytes: 21 * pieceBytes }]);
  }
}, 90_000);

describe('a relay whose PostgreSQL does not answer for one organization', () => {
  test('reads none of its sockets any more, those of others it does, and goes on where it was', async () => {
    const [busy, other] = await Promise.all([seed(), seed()]);
    const satellites = busy.fleet.satellites as [SeededSatellite, SeededSatellite];
    const loud = await connect(bench.port, satellites[0]);
    const quiet = await connect(bench.port, satellites[1]);
    const stranger = await connect(bench.port, other.fleet.satellites[0] as SeededSatellite);
    expect(await quiet.answersPing(10_000)).toBe(true);
    loud.send(piece(busy.executionId, 0));
    await loud.next('output-ack');
    const release = await holdOutput(busy.executionId);
    const pieces = Math.ceil(usualBounds.ofOrganizationBytesMax / pieceBytes) + 5;
    for (let index = 1; index < pieces; index += 1) loud.send(piece(busy.executionId, index));
    await eventually('the quiet one is not read either', async () => !(await quiet.answersPing(500)), {
      timeoutMs: 30_000,
    });
    expect(await stranger.answersPing(10_000)).toBe(true);
    stranger.send(resultOf(other.executionId));
    await stranger.next('outcome-ack');
    await release();
    expect(await quiet.answersPing(30_000)).toBe(true);
    await eventually(
      'all of it is stored',
      async () => loud.heard.some((frame) => frame.t === 'output-ack' && frame.offset === pieces * pieceBytes),
      { timeoutMs: 30_000 },
    );
    for (const tunnel of [loud, quiet, stranger]) await tunnel.close();
  }, 90_000);
});

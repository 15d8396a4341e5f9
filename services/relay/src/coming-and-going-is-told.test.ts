import { Socket } from 'node:net';
import { type JobQueue, openQueue } from '@sena/queue/open-queue';
import { eventually } from '@sena/testing/eventually';
import { isSentAtOnce } from '@sena/testing/is-sent-at-once';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import { connect, dial } from './fixtures/scripted-satellite.ts';

let bench: RelayBench;
let queue: JobQueue;
let fleet: SeededFleet;
let satellite: SeededSatellite;
/** What was true when an orchestrator was told. */
const told: Array<{ organizationId: string; isConnected: boolean }> = [];

beforeAll(async () => {
  bench = await openRelayBench();
  queue = await openQueue({ kind: 'postgres', url: bench.database.urls.queue });
  await queue.work('placeDispatches', async ({ organizationId }) => {
    const found = await bench.admin.query<{ connected: boolean }>(
      'select relay_id is not null as connected from satellites where organization_id = $1',
      [organizationId],
    );
    told.push({ organizationId, isConnected: found.rows[0]?.connected ?? false });
  });
});
afterAll(async () => {
  await queue?.close();
  await bench?.close();
});
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 1 });
  satellite = fleet.satellites[0] as SeededSatellite;
});

const wasTold = (isConnected: boolean) =>
  eventually('an orchestrator is told', () =>
    told.some((each) => each.organizationId === fleet.organizationId && each.isConnected === isConnected),
  );

test('orchestrators are told when a satellite is there, and when it is gone, after PostgreSQL knows', async () => {
  const tunnel = await connect(bench.port, satellite);
  await wasTold(true);
  await tunnel.close();
  await wasTold(false);
});

test('a stranger who comes and goes is nobody’s news', async () => {
  const stranger = await dial(bench.port);
  await stranger.close();
  const tunnel = await connect(bench.port, satellite);
  await wasTold(true);
  await tunnel.close();
  await wasTold(false);
  expect(told.filter((each) => each.organizationId === fleet.organizationId).length).toBeLessThanOrEqual(2);
});

test('the relay sends small messages at once', async () => {
  const tunnel = await connect(bench.port, satellite);
  // The relay is in this process, and so is its end of the tunnel.
  const ends = (process as unknown as { _getActiveHandles(): unknown[] })
    ._getActiveHandles()
    .filter((handle) => handle instanceof Socket && handle.localPort === bench.port);
  expect(ends.map((end) => isSentAtOnce(end as Socket))).toEqual([true]);
  await tunnel.close();
});

test('the relay tells its time with every heartbeat, to those it knows', async () => {
  const relay = await bench.startRelay('relay-clock', { heartbeatMs: 100 });
  const stranger = await dial(relay.port);
  const tunnel = await connect(relay.port, satellite);
  for (let beat = 0; beat < 3; beat += 1) {
    const { relayTimeMs } = await tunnel.next('clock');
    expect(Math.abs(relayTimeMs - Date.now())).toBeLessThan(5_000);
  }
  expect(stranger.heard.map((frame) => frame.t)).toEqual(['challenge']);
  await stranger.close();
  await tunnel.close();
  await relay.stop();
});

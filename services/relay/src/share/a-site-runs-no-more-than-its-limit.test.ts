import { nothingRunsCloseCode } from '@sena/contracts/frames';
import { openSignals, type Signals } from '@sena/signals/open-signals';
import { createLogger } from '@sena/telemetry/logger';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from '../fixtures/open-relay-bench.ts';
import { connect, type ScriptedSatellite } from '../fixtures/scripted-satellite.ts';
import type { Relay } from '../start-relay.ts';

let bench: RelayBench;
let second: Relay;
let signals: Signals;
let fleet: SeededFleet;
let first: SeededSatellite;
let last: SeededSatellite;
const protocols = [4, 3, 2, 1];
const siteShareReservedMs = 1_500;

beforeAll(async () => {
  bench = await openRelayBench({ siteShareReservedMs });
  second = await bench.startRelay('relay-2');
  signals = await openSignals(
    { kind: 'postgres', url: bench.database.urls.queue },
    { logger: createLogger('relay', 'silent') },
  );
});
afterAll(async () => {
  await signals?.close();
  await bench?.close();
});
beforeEach(async () => {
  fleet = await bench.seedFleet({ satellites: 2 });
  const inOrder = fleet.satellites.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  [first, last] = inOrder as [SeededSatellite, SeededSatellite];
});

/** As the API does it. */
async function limitTo(runningMax: number | null): Promise<void> {
  const changed = await bench.admin.query<{ id: string }>(
    'update sites set running_max = $2 where organization_id = $1 returning id',
    [fleet.organizationId, runningMax],
  );
  await signals.ring(fleet.organizationId, 'siteShares', { siteId: (changed.rows[0] as { id: string }).id });
}
const arrive = (satellite: SeededSatellite, port = bench.port) =>
  connect(port, satellite, { protocols, session: null });
const share = (tunnel: ScriptedSatellite) => tunnel.next('site-share');
/** The next one that says so much; what lies between was true for a moment. */
async function shareOf(tunnel: ScriptedSatellite, runningMax: number | null) {
  for (;;) {
    const told = await share(tunnel);
    if (told.runningMax === runningMax) return told;
  }
}
const given = async () =>
  (
    await bench.admin.query<{ site_share: number | null }>(
      'select site_share from satellites where organization_id = $1 order by id',
      [fleet.organizationId],
    )
  ).rows.map((row) => row.site_share);

test('one has all of it; another one, at another relay, gets its part when the first has made room, and all when that is gone', async () => {
  await limitTo(2);
  const one = await arrive(first);
  expect(await share(one)).toMatchObject({ runningMax: 2 });
  // Before what makes work begin.
  expect(one.heard.map((frame) => frame.t)).toEqual(['challenge', 'welcome', 'site-share']);
  const other = await arrive(last, second.port);
  expect(await share(other)).toMatchObject({ runningMax: 0 });
  const lowered = await share(one);
  expect(lowered.runningMax).toBe(1);
  // What was said of an earlier share makes no room.
  one.send({ t: 'site-share-kept', sequence: lowered.sequence - 1 });
  await expect(other.next('site-share', 700)).rejects.toThrow('No site-share');
  one.send({ t: 'site-share-kept', sequence: lowered.sequence });
  expect(await share(other)).toMatchObject({ runningMax: 1 });
  expect(await given()).toEqual([1, 1]);

  const leftMs = performance.now();
  await one.close();
  expect(await share(other)).toMatchObject({ runningMax: 2 });
  expect(performance.now() - leftMs).toBeGreaterThan(siteShareReservedMs - 100);
  expect(await given()).toEqual([null, 2]);
  await other.close();
});

test('one that stops with nothing running leaves its part at once, also at another relay; when it comes back it waits for room as before', async () => {
  await limitTo(2);
  const one = await arrive(first);
  const lowered = shareOf(one, 1);
  const other = await arrive(last, second.port);
  one.send({ t: 'site-share-kept', sequence: (await lowered).sequence });
  await shareOf(other, 1);
  const leftMs = performance.now();
  await one.close(nothingRunsCloseCode);
  await shareOf(other, 2);
  expect(performance.now() - leftMs).toBeLessThan(siteShareReservedMs - 500);
  expect(await given()).toEqual([null, 2]);
  const again = await arrive(first);
  expect(await share(again)).toMatchObject({ runningMax: 0 });
  other.send({ t: 'site-share-kept', sequence: (await shareOf(other, 1)).sequence });
  await shareOf(again, 1);
  await again.close();
  await other.close();
});

test('one that comes back soon finds its share, and nobody was given it meanwhile', async () => {
  await limitTo(2);
  const other = await arrive(last);
  await shareOf(other, 2);
  const one = await arrive(first);
  other.send({ t: 'site-share-kept', sequence: (await shareOf(other, 1)).sequence });
  await shareOf(one, 1);
  await one.close();
  const again = await arrive(first);
  expect(await share(again)).toMatchObject({ runningMax: 1 });
  expect(other.heard.filter((frame) => frame.t === 'site-share').map((frame) => frame.runningMax)).toEqual([2, 1]);
  await again.close();
  await other.close();
});

test('the limit is changed and lifted while they are connected; without one they are told so', async () => {
  const one = await arrive(first);
  expect(await share(one)).toMatchObject({ runningMax: null });
  const other = await arrive(last);
  expect(await share(other)).toMatchObject({ runningMax: null });
  await limitTo(5);
  expect([await share(one), await share(other)]).toMatchObject([{ runningMax: 3 }, { runningMax: 2 }]);
  await limitTo(1);
  // More satellites than the limit: each runs one all the same.
  expect([await share(one), await share(other)]).toMatchObject([{ runningMax: 1 }, { runningMax: 1 }]);
  await limitTo(null);
  expect([await share(one), await share(other)]).toMatchObject([{ runningMax: null }, { runningMax: null }]);
  expect(await given()).toEqual([null, null]);
  await one.close();
  await other.close();
});

test('one that speaks an older protocol is never sent it, works, and counts among the others', async () => {
  await limitTo(4);
  const [older, newer] = fleet.satellites as [SeededSatellite, SeededSatellite];
  const old = await connect(bench.port, older, { protocols: [3, 2, 1], session: null });
  const other = await arrive(newer);
  expect(await share(other)).toMatchObject({ runningMax: 2 });
  const { dispatchId } = await bench.prepareDispatch(fleet);
  expect((await old.next('dispatch')).dispatchId).toBe(dispatchId);
  expect(old.heard.map((frame) => frame.t)).not.toContain('site-share');
  // It was told of none, and none is written down for it.
  expect((await given()).toSorted()).toEqual([2, null]);
  await old.close();
  await other.close();
});

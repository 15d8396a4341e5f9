import { openHalfOpenLine } from '@sena/testing/half-open-line';
import type { SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import { connect, dial, helloOf } from './fixtures/scripted-satellite.ts';

let bench: RelayBench;
beforeAll(async () => {
  bench = await openRelayBench();
});
afterAll(() => bench.close());

it('by the words with which its tunnel is closed; it gets in when the database is back', async () => {
  const { satellites } = await bench.seedFleet();
  const satellite = satellites[0] as SeededSatellite;
  const line = await openHalfOpenLine(bench.database.urls.relay);
  const relay = await bench.startRelay('relay-2', {}, line.over(bench.database.urls.relay));
  try {
    await line.cut();
    const tunnel = await dial(relay.port);
    tunnel.send(helloOf(satellite, await tunnel.next('challenge')));
    expect(await tunnel.closed).toEqual({ code: 1013, reason: 'SENA can not reach its database' });
    await line.mend();
    await (await connect(relay.port, satellite)).close();
  } finally {
    await relay.stop();
    line.stop();
  }
}, 30_000);

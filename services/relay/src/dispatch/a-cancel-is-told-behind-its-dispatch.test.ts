// A cancel that is committed while a dispatch is on its way out, at each point between the commit that marks it as sent and its frame.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayFrame } from '@sena/contracts/frames';
import type { Pool } from '@sena/db/tenant';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import { requestCancel } from '@sena/runs/run/request-cancel';
import { createLogger } from '@sena/telemetry/logger';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createHeldSatellites, type HeldSatellites } from '../held-satellites.ts';
import { startWatchingSatellites } from '../watch-satellites.ts';
import { startCarryingDispatches } from './carry-dispatches.ts';
import { createLeavingDispatches, type LeavingDispatches } from './order-cancels.ts';

const logger = createLogger('relay', 'silent');

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let executions: string[];
let held: HeldSatellites;
let leaving: LeavingDispatches;
let pushed: RelayFrame[];
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 2 });
  runId = await bench.createRun(fleet);
  executions = await bench.executionsOf(await bench.writeDispatch(fleet, runId));
  await bench.signAndHold(fleet);
  pushed = [];
  held = createHeldSatellites();
  leaving = createLeavingDispatches();
  held.add({
    organizationId: fleet.organizationId,
    satelliteId: fleet.satellites[0]?.id as string,
    connectionEpoch: 1,
    protocol: 2,
    keys: { sequence: 1, newestKeyId: null, isRefusing: false },
    siteId: 'site_1',
    share: null,
    proof: { nonce: 'nonce', publicKey: 'key' },
    isHeard: () => true,
    close: () => undefined,
    out: {
      push: (frame) => void pushed.push(frame),
      room: () => Promise.resolve(),
      waitingBytes: () => 0,
      flush: () => undefined,
      close: () => undefined,
    },
  });
});

const cancel = () =>
  bench.inFleet(fleet, (transaction) =>
    requestCancel(transaction, runId, { ref: 'member:m', key: null }, { stopRunning: true }),
  );

/** What the relay's carrier pushes over `pool`, once. */
async function carry(pool: Pool): Promise<void> {
  const ringer = { ring: () => undefined, stop: () => Promise.resolve() };
  const timing = { pollMs: 600_000, resendMs: 60_000 };
  const carrier = startCarryingDispatches({ pool, relayId: 'relay-1', held, leaving, ringer, logger, timing });
  carrier.look();
  await carrier.stop();
}

/** The relay's pool, which does `work` when a statement that begins so has been answered, before whoever asked goes on. */
function poolThat(statement: string, work: () => Promise<unknown>): Pool {
  const wrap = <Asked extends object>(asked: Asked): Asked =>
    new Proxy(asked, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const answer = (await value.apply(target, args)) as object;
          if (name === 'query' && typeof args[0] === 'string' && args[0].startsWith(statement)) await work();
          return name === 'connect' ? wrap(answer) : answer;
        };
      },
    });
  return wrap(bench.relay);
}

const expectCancelBehind = () => {
  expect(pushed.map((frame) => frame.t)).toEqual(['dispatch', 'cancel']);
  expect(pushed[1]).toMatchObject({ executionIds: expect.arrayContaining(executions), stop: true });
};

test('before its envelope is read', async () => {
  await carry(poolThat('select organization_id, dispatch_id', cancel));
  expectCancelBehind();
});

test('after its envelope was read, and told before the frame is in the tunnel', async () => {
  const presenceMs = 600_000;
  const watch = startWatchingSatellites({
    ...{ pool: bench.relay, relayId: 'relay-1', held, leaving, logger, presenceMs },
  });
  let told: Promise<void> = Promise.resolve();
  const pool = poolThat('commit', async () => {
    await cancel();
    told = watch.check();
    // Who does not wait for the frame is done by then.
    await Promise.race([told, sleep(1_000)]);
  });
  await carry(pool);
  await told;
  await watch.stop();
  expectCancelBehind();
});

test('a dispatch whose run goes on has nothing behind it', async () => {
  await carry(bench.relay);
  expect(pushed.map((frame) => frame.t)).toEqual(['dispatch']);
});

import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, openBench } from '../fixtures/open-bench.ts';
import { claimNextRun, type RunLease, releaseRun } from './claim-run.ts';

const flood = 300;

let bench: Bench;
let busy: SeededFleet;
let quiet: SeededFleet;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.admin.query('update runs set handled_count = wake_count, lease_expires_at = null');
  busy = await bench.seedFleet();
  quiet = await bench.seedFleet();
  await bench.admin.query(
    `insert into runs (id, organization_id, kind, requested_by, requested_by_name, wanted_at)
     select $1 || '_run_' || n, $1, 'ask', 'member:m', 'M', now() - interval '1 hour' from generate_series(1, $2) n`,
    [busy.organizationId, flood],
  );
});

const claim = () => claimNextRun(bench.app, 'worker', 60_000);

test('one claimer, who keeps what it has: the other organization is served second', async () => {
  const first = await claim();
  await bench.createRun(quiet);
  const second = await claim();
  expect([first?.organizationId, second?.organizationId]).toEqual([busy.organizationId, quiet.organizationId]);
});

test('four claimers, busy all the time: the other organization is served in the next claims, though it came last', async () => {
  const claimed: RunLease[] = [];
  let awaited = Number.POSITIVE_INFINITY;
  const claimer = async () => {
    while (claimed.length < 60) {
      const lease = await claim();
      if (lease === null) return;
      claimed.push(lease);
      if (claimed.length === 20) {
        await bench.createRun(quiet);
        awaited = claimed.length;
      }
      await releaseRun(bench.app, lease);
    }
  };
  await Promise.all([claimer(), claimer(), claimer(), claimer()]);
  const servedAt = claimed.findIndex((lease) => lease.organizationId === quiet.organizationId);
  expect(servedAt).toBeGreaterThanOrEqual(0);
  // Each of the four may have been half-way into a claim of its own.
  expect(servedAt - awaited).toBeLessThanOrEqual(8);
});

test('two floods share evenly', async () => {
  await bench.admin.query(
    `insert into runs (id, organization_id, kind, requested_by, requested_by_name)
     select $1 || '_run_' || n, $1, 'ask', 'member:m', 'M' from generate_series(1, 50) n`,
    [quiet.organizationId],
  );
  const leases = [];
  for (let n = 0; n < 40; n += 1) leases.push(await claim());
  const ofQuiet = leases.filter((lease) => lease?.organizationId === quiet.organizationId).length;
  expect(ofQuiet).toBe(20);
});

describe('claimers at once', () => {
  test('never get the same run, and all runs are given out', async () => {
    const claimed: string[] = [];
    const claimer = async () => {
      for (let lease = await claim(); lease !== null; lease = await claim()) claimed.push(lease.runId);
    };
    await Promise.all([claimer(), claimer(), claimer(), claimer()]);
    // A claimer that met only locked candidates may have gone away early; what it left is still to be had.
    await claimer();
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed.length).toBe(flood);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bench, openBench } from '../fixtures/open-bench.ts';
import { assertLease, claimNextRun, type RunLease, releaseRun, renewLease, returnRun } from './claim-run.ts';
import { transitionRun } from './transition-run.ts';
import { wakeRun } from './wake-run.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.admin.query('update runs set handled_count = wake_count');
  fleet = await bench.seedFleet();
  runId = await bench.createRun(fleet);
});

async function claim(leaseMs = 60_000): Promise<RunLease> {
  const lease = await claimNextRun(bench.app, 'worker', leaseMs);
  expect(lease?.runId).toBe(runId);
  return lease as RunLease;
}
const holds = (lease: RunLease) => bench.inFleet(fleet, (transaction) => assertLease(transaction, lease));
const wake = () => bench.inFleet(fleet, (transaction) => wakeRun(transaction, runId));
const expireLease = () =>
  bench.admin.query(`update runs set lease_expires_at = now() - interval '1 second' where id = $1`, [runId]);

test('a run is given out once, until it is let go or its lease ends', async () => {
  const lease = await claim();
  expect(await claimNextRun(bench.app, 'other', 60_000)).toBeNull();
  await holds(lease);
  expect(await releaseRun(bench.app, lease)).toEqual({ stillWanted: false });
  expect(await claimNextRun(bench.app, 'other', 60_000)).toBeNull();
  await wake();
  expect((await claim()).leaseEpoch).toBe(lease.leaseEpoch + 1);
});

test('a wake during the work is not lost: letting go says so, and the run is given out again', async () => {
  const lease = await claim();
  await wake();
  expect(await releaseRun(bench.app, lease)).toEqual({ stillWanted: true });
  const next = await claim();
  expect(next.wakeCount).toBe(2);
  expect(await releaseRun(bench.app, next)).toEqual({ stillWanted: false });
});

test('wakes that come at once with letting go are answered, every time', async () => {
  for (let round = 0; round < 25; round += 1) {
    const lease = await claim();
    const [, { stillWanted }] = await Promise.all([wake(), releaseRun(bench.app, lease)]);
    // Whichever came first: after both, the wake is still open.
    const open = await bench.admin.query('select wake_count > handled_count as open from runs where id = $1', [runId]);
    expect({ round, open: open.rows[0].open }).toEqual({ round, open: true });
    if (!stillWanted) await sleep(1);
  }
});

test('who was overtaken can neither renew, change, let go nor give back', async () => {
  const former = await claim();
  await expireLease();
  const present = await claim();
  expect(present.leaseEpoch).toBeGreaterThan(former.leaseEpoch);
  expect(await renewLease(bench.app, former, 60_000)).toBe(false);
  await expect(holds(former)).rejects.toMatchObject({ code: 'conflict' });
  const move = bench.inFleet(fleet, (transaction) =>
    transitionRun(transaction, { runId, to: 'running', actor: 'service:test', leaseEpoch: former.leaseEpoch }),
  );
  await expect(move).rejects.toMatchObject({ code: 'conflict' });
  expect(await releaseRun(bench.app, former)).toEqual({ stillWanted: false });
  expect(await returnRun(bench.app, former, { kind: 'stopped' })).toBeNull();
  await holds(present);
  expect(await renewLease(bench.app, present, 60_000)).toBe(true);
});

test('a lease that has ended can not be renewed, nobody having taken the run', async () => {
  const lease = await claim();
  await expireLease();
  expect(await renewLease(bench.app, lease, 60_000)).toBe(false);
  await expect(holds(lease)).rejects.toMatchObject({ code: 'conflict' });
});

test('given back it waits for its time, counts its failures, and what moves on changes nothing', async () => {
  const lease = await claim();
  expect(await returnRun(bench.app, lease, { kind: 'failed', retryFirstMs: 60_000, retryMaxMs: 60_000 })).toBe(1);
  await expect(holds(lease)).rejects.toMatchObject({ code: 'conflict' });
  expect(await renewLease(bench.app, lease, 60_000)).toBe(false);
  expect(await claimNextRun(bench.app, 'worker', 60_000)).toBeNull();
  await expireLease();
  const again = await claim();
  expect(await returnRun(bench.app, again, { kind: 'failed', retryFirstMs: 0, retryMaxMs: 0 })).toBe(2);
  const last = await claim();
  await releaseRun(bench.app, last);
  const run = await bench.admin.query('select failures, lease_owner from runs where id = $1', [runId]);
  expect(run.rows[0]).toEqual({ failures: 0, lease_owner: null });
});

test('a lease that ends in the hands of its worker counts as a failure, told to the next one', async () => {
  expect((await claim()).failures).toBe(0);
  await expireLease();
  expect((await claim()).failures).toBe(1);
  await expireLease();
  const third = await claim();
  expect(third.failures).toBe(2);
  await releaseRun(bench.app, third);
  await wake();
  expect((await claim()).failures).toBe(0);
});

test('a change under the lease keeps the run from being taken over before it commits', async () => {
  const lease = await claim(300);
  await bench.inFleet(fleet, async (transaction) => {
    await assertLease(transaction, lease);
    await sleep(350);
    // The lease has run out, the row is locked: it is passed over.
    expect(await claimNextRun(bench.app, 'other', 60_000)).toBeNull();
  });
  expect(await claimNextRun(bench.app, 'other', 60_000)).not.toBeNull();
});

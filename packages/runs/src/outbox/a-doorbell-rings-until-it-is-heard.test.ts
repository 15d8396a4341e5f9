import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bench, openBench } from '../fixtures/open-bench.ts';
import { type RunBells, ringRecordedRuns } from '../results/ring-recorded-runs.ts';
import { wakeRun } from '../run/wake-run.ts';
import { type AddJob, ringOutbox, ringOutboxLeftovers } from './ring-outbox.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let outboxId: string;
let rung: Array<{ name: string; data: unknown; jobId: string }>;
const add: AddJob = async (name, data, { jobId }) => {
  rung.push({ name, data, jobId });
};
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  rung = [];
  fleet = await bench.seedFleet();
  runId = await bench.createRun(fleet);
  await bench.admin.query('delete from outbox');
  ({ outboxId } = await bench.inFleet(fleet, (transaction) => wakeRun(transaction, runId)));
});

const ring = (with_: AddJob = add) => ringOutbox(bench.app, with_, fleet.organizationId, outboxId);
const left = async () => (await bench.admin.query('select 1 from outbox where id = $1', [outboxId])).rowCount;

test('it carries ids only and is gone once the queue has it', async () => {
  await ring();
  const { organizationId } = fleet;
  expect(rung).toEqual([
    { name: 'advanceRun', data: { organizationId, runId, traceparent: 'trace' }, jobId: `outbox-${outboxId}` },
  ]);
  expect(await left()).toBe(0);
  await ring();
  expect(rung).toHaveLength(1);
});

test('two who ring at once ring under the same job id, which the queue takes once', async () => {
  await Promise.all([ring(), ring()]);
  expect(new Set(rung.map((job) => job.jobId)).size).toBe(1);
  expect(await left()).toBe(0);
});

test('a queue that is away leaves it to be rung again', async () => {
  const away: AddJob = () => Promise.reject(new Error('the queue is away'));
  await expect(ring(away)).rejects.toThrow('the queue is away');
  expect(await left()).toBe(1);
  expect(await ringOutboxLeftovers(bench.app, add, 60_000)).toBe(0);
  expect(await ringOutboxLeftovers(bench.app, add, 0)).toBe(1);
  expect(rung).toHaveLength(1);
  expect(await left()).toBe(0);
});

test('one that names a job of which nobody knows holds up no other: it is told, and gone', async () => {
  await bench.admin.query(
    `insert into outbox (organization_id, job, run_id, created_at) values ($1, 'runCommand', $2, now() - interval '1 hour')`,
    [fleet.organizationId, runId],
  );
  await bench.admin.query('update outbox set id = default, created_at = now() where id = $1', [outboxId]);
  await expect(ringOutboxLeftovers(bench.app, add, 0)).rejects.toThrow('"runCommand"');
  expect(rung.map(({ name }) => name)).toEqual(['advanceRun']);
  expect(await ringOutboxLeftovers(bench.app, add, 0)).toBe(0);
});

test('what is rolled back never rings', async () => {
  const undone = bench.inFleet(fleet, async (transaction) => {
    await wakeRun(transaction, runId);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(await ringOutboxLeftovers(bench.app, add, 0)).toBe(1);
});

test('another organization can not ring it', async () => {
  const other = await bench.seedFleet();
  await ringOutbox(bench.app, add, other.organizationId, outboxId);
  expect(rung).toEqual([]);
  expect(await left()).toBe(1);
});

test('a recorded run rings for those who watch it and, once it waits for nothing, for its worker', async () => {
  const heard: unknown[] = [];
  const warned: object[] = [];
  const bells: RunBells = {
    pool: bench.app,
    signals: { ring: async (...ring) => void heard.push(ring) },
    queue: { add },
    logger: { warn: (fields) => void warned.push(fields) },
  };
  const { organizationId } = fleet;
  await ringRecordedRuns(bells, organizationId, [{ runId, eventSeq: 7, outboxId: null }]);
  expect(heard).toEqual([[organizationId, 'runEvents', { runId, seq: 7 }]]);
  expect(rung).toEqual([]);
  const away: AddJob = () => Promise.reject(new Error('the queue is away'));
  await ringRecordedRuns({ ...bells, queue: { add: away } }, organizationId, [{ runId, eventSeq: 8, outboxId }]);
  expect(warned).toMatchObject([{ runId }]);
  expect(await left()).toBe(1);
  await ringRecordedRuns(bells, organizationId, [{ runId, eventSeq: 8, outboxId }]);
  expect(rung).toHaveLength(1);
  expect(await left()).toBe(0);
});

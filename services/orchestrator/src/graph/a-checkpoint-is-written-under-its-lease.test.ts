import { emptyCheckpoint } from '@langchain/langgraph';
import { openPool, type Pool } from '@sena/db/tenant';
import { claimNextRun, type RunLease } from '@sena/runs/claim-run';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import { eventually } from '@sena/testing/eventually';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openCheckpointer } from './open-checkpointer.ts';

let bench: Bench;
let checkpoints: Pool;
let lease: RunLease;
/** What happens when the saver asks for a connection. */
let beforeConnection: () => Promise<unknown>;
beforeAll(async () => {
  bench = await openBench();
  checkpoints = openPool(bench.database.urls.checkpoint, {
    ...{ max: 4, applicationName: 'checkpoints', onError: () => undefined },
  });
});
afterAll(async () => {
  await checkpoints?.end();
  await bench?.close();
});
beforeEach(async () => {
  beforeConnection = async () => undefined;
  const runId = await bench.createRun(await bench.seedFleet({ nodes: 1, satellites: 1 }));
  await bench.admin.query('update runs set wake_count = handled_count where id <> $1', [runId]);
  lease = (await claimNextRun(bench.app, 'former', 60_000)) as RunLease;
  expect(lease.runId).toBe(runId);
});

async function openSaver() {
  const opened = await openCheckpointer(checkpoints);
  const connect = checkpoints.connect.bind(checkpoints);
  checkpoints.connect = (async () => {
    await beforeConnection();
    return connect();
  }) as typeof checkpoints.connect;
  const restore = () => {
    checkpoints.connect = connect as typeof checkpoints.connect;
  };
  return { saver: opened(lease), restore };
}
const config = () => ({ configurable: { thread_id: lease.runId, checkpoint_ns: '', checkpoint_id: 'first' } });
const put = (saver: Awaited<ReturnType<typeof openSaver>>['saver']) =>
  saver.put(config(), emptyCheckpoint(), { source: 'loop', step: 1, parents: {} }, {});
const putWrites = (saver: Awaited<ReturnType<typeof openSaver>>['saver']) =>
  saver.putWrites(config(), [['answer', 'an older thought']], 'task');
const stored = async () =>
  (
    await bench.admin.query(
      `select (select count(*)::integer from checkpoint.checkpoints where thread_id = $1) as checkpoints,
         (select count(*)::integer from checkpoint.checkpoint_writes where thread_id = $1) as writes`,
      [lease.runId],
    )
  ).rows[0];
const endLease = () =>
  bench.admin.query(
    `update runs set lease_expires_at = now() - interval '1 second', wake_count = wake_count + 1 where id = $1`,
    [lease.runId],
  );

test('the holder writes', async () => {
  const { saver, restore } = await openSaver();
  await put(saver);
  await putWrites(saver);
  restore();
  expect(await stored()).toEqual({ checkpoints: 1, writes: 1 });
});

test('who is stopped before the transaction begins, and goes on when another has the run, writes nothing', async () => {
  const { saver, restore } = await openSaver();
  for (const write of [put, putWrites]) {
    beforeConnection = async () => {
      await endLease();
      expect((await claimNextRun(bench.app, 'present', 60_000))?.runId).toBe(lease.runId);
    };
    await expect(write(saver)).rejects.toThrow(/taken this run over/);
  }
  restore();
  expect(await stored()).toEqual({ checkpoints: 0, writes: 0 });
});

test('while it writes nobody is given the run, though its lease ends meanwhile; results are recorded', async () => {
  const { saver, restore } = await openSaver();
  const blocker = new pg.Client({ connectionString: bench.database.adminUrl });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('lock table checkpoint.checkpoints in share mode');
  const writing = put(saver);
  await eventually('it waits in its transaction', async () => {
    const waiting = await bench.admin.query(
      `select 1 from pg_locks where relation = 'checkpoint.checkpoints'::regclass and not granted`,
    );
    return waiting.rowCount === 1;
  });
  await endLease();
  expect(await claimNextRun(bench.app, 'present', 60_000)).toBeNull();
  await bench.admin.query('update runs set exited_zero_count = exited_zero_count + 1 where id = $1', [lease.runId]);
  await blocker.query('commit');
  await blocker.end();
  await writing;
  restore();
  expect(await stored()).toMatchObject({ checkpoints: 1 });
  expect((await claimNextRun(bench.app, 'present', 60_000))?.runId).toBe(lease.runId);
});

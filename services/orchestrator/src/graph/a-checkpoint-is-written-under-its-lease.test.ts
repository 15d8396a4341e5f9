import { emptyCheckpoint } from '@langchain/langgraph';
import { openPool, type Pool } from '@sena/db/tenant';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import { claimNextRun, type RunLease } from '@sena/runs/run/claim-run';
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

test('rows that the saver inserts one by one leave together, in their order, and say the same', async () => {
  const { saver, restore } = await openSaver();
  const texts: string[] = [];
  const connect = checkpoints.connect.bind(checkpoints);
  checkpoints.connect = (async () => {
    const client = await connect();
    const query = client.query.bind(client) as (text: string, values?: unknown[]) => Promise<unknown>;
    client.query = ((text: string, values?: unknown[]) => {
      texts.push(text);
      return query(text, values);
    }) as typeof client.query;
    return { query: client.query, release: () => client.release(true) };
  }) as typeof checkpoints.connect;
  const channels = ['a', 'b', 'c', 'd', 'e'];
  const values = Object.fromEntries(channels.map((name) => [name, `the thought of ${name}`]));
  await saver.put(
    config(),
    { ...emptyCheckpoint(), id: 'second', channel_values: values, channel_versions: { a: 1, b: 1, c: 1, d: 1, e: 1 } },
    { source: 'loop', step: 1, parents: {} },
    { a: 1, b: 1, c: 1, d: 1, e: 1 },
  );
  const written = { configurable: { ...config().configurable, checkpoint_id: 'second' } };
  await saver.putWrites(
    written,
    channels.map((name) => [name, `and then ${name}`]),
    'task',
  );
  restore();
  expect(texts.filter((text) => text.includes('checkpoint_blobs'))).toHaveLength(1);
  expect(texts.filter((text) => text.includes('checkpoint_writes'))).toHaveLength(1);
  const read = await saver.getTuple({ configurable: { thread_id: lease.runId } });
  expect(read?.checkpoint.channel_values).toEqual(values);
  expect(read?.pendingWrites?.map(([, name, thought]) => [name, thought])).toEqual(
    channels.map((name) => [name, `and then ${name}`]),
  );
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

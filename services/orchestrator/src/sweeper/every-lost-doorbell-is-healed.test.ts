// No doorbell rings in here: whatever is written, its bell is taken away. What was lost is found by the sweeper, on both queues.
import { decideApproval } from '@sena/approvals/decide-approval';
import { inOrganization } from '@sena/db/tenant';
import { recordResults } from '@sena/runs/results/record-results';
import { withoutOutput } from '@sena/runs/results/without-output';
import { createRun } from '@sena/runs/run/create-run';
import { requestCancel } from '@sena/runs/run/request-cancel';
import { wakeRun } from '@sena/runs/run/wake-run';
import { eventually } from '@sena/testing/eventually';
import { startRedis, type TestRedis } from '@sena/testing/redis';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRunBench, type RunBench } from '../fixtures/open-run-bench.ts';

const patient = { timeoutMs: 25_000, everyMs: 50 };

// Each of them waits for the sweeper, all of them together.
describe.each(['PostgreSQL', 'Redis'])('with the queue on %s', (backend) => {
  let bench: RunBench;
  let admin: pg.Client;
  let redis: TestRedis | undefined;

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    bench = await openRunBench(redis === undefined ? {} : { REDIS_URL: redis.url });
    admin = await bench.openAdmin();
  });
  afterAll(async () => {
    await bench?.close();
    await redis?.stop();
  });

  type Work<T> = Parameters<typeof inOrganization<T>>[2];
  /** Commits, and the doorbell that it wrote is gone: as after a queue that took it and lost it. */
  const silently = <T>(work: Work<T>) =>
    inOrganization(bench.pool, bench.organizationId, async (transaction) => {
      const result = await work(transaction);
      await transaction.query('delete from outbox where xmin = pg_current_xact_id()::xid');
      return result;
    });
  const createSilently = (command: string) =>
    silently(async (transaction) => (await createRun(transaction, newRun(command))).id);
  const newRun = (command: string) => ({
    ...({ kind: 'command', command, prompt: null, runbook: null, selector: 'name=web-01', traceparent: '' } as const),
    requestedBy: bench.member('Grace'),
  });
  const runOf = async (runId: string) =>
    (await admin.query('select status, reason, not_started_count as not_started from runs where id = $1', [runId]))
      .rows[0];
  const ends = (runId: string) =>
    eventually(
      `${runId} has ended`,
      async () => {
        const run = await runOf(runId);
        return ['succeeded', 'failed', 'cancelled'].includes(run.status) ? run : null;
      },
      patient,
    );
  const dispatched = (runId: string) =>
    eventually('it is dispatched', async () => (await bench.executionsOf(runId))[0]?.id, patient);
  const awaitsApproval = (runId: string) =>
    eventually(
      'it awaits approval',
      async () =>
        (
          await admin.query(
            `select a.id from approvals a join runs r on r.id = a.run_id where a.run_id = $1 and r.status = 'awaiting_approval'`,
            [runId],
          )
        ).rows[0]?.id as string | undefined,
      patient,
    );
  const speakSilently = (executionId: string) =>
    silently((transaction) =>
      recordResults(
        transaction,
        [
          withoutOutput({
            reporter: bench.satelliteId,
            executionId,
            revision: 1,
            outcome: { kind: 'exited', exitCode: 0, signal: null, reason: null },
          }),
        ],
        `satellite:${bench.satelliteId}`,
      ),
    );

  test.concurrent('of a new run, and of its last result', async () => {
    const runId = await createSilently('hostname');
    await speakSilently(await dispatched(runId));
    expect(await ends(runId)).toMatchObject({ status: 'succeeded' });
  }, 60_000);

  test.concurrent('that never left the outbox', async () => {
    const runId = await inOrganization(
      bench.pool,
      bench.organizationId,
      async (transaction) => (await createRun(transaction, newRun('uptime'))).id,
    );
    await dispatched(runId);
    const left = () => admin.query(`select 1 from outbox where run_id = $1 and job = 'advanceRun'`, [runId]);
    await eventually('the outbox is empty', async () => (await left()).rowCount === 0, patient);
  }, 60_000);

  test.concurrent('of a decision', async () => {
    const runId = await createSilently('mkdir /tmp/x');
    const approvalId = await awaitsApproval(runId);
    await silently(async (transaction) => {
      await decideApproval(transaction, { approvalId, decision: 'approve', by: bench.member('Ada') });
      await wakeRun(transaction, runId);
    });
    await speakSilently(await dispatched(runId));
    expect(await ends(runId)).toMatchObject({ status: 'succeeded' });
  }, 60_000);

  test.concurrent('of an approval that nobody gave in time', async () => {
    const runId = await createSilently('mkdir /tmp/y');
    const approvalId = await awaitsApproval(runId);
    await admin.query('update approvals set expires_at = now() where id = $1', [approvalId]);
    expect(await ends(runId)).toMatchObject({
      status: 'cancelled',
      reason: 'Nobody decided in time. Ask again if it is still wanted.',
    });
  }, 60_000);

  test.concurrent('of a cancel', async () => {
    const runId = await createSilently('uname -a');
    await dispatched(runId);
    await silently((transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
    expect(await ends(runId)).toMatchObject({ status: 'cancelled', not_started: 1 });
  }, 60_000);

  test.concurrent('of a dispatch whose time has run out', async () => {
    const runId = await createSilently('df -P');
    await dispatched(runId);
    await admin.query('update dispatches set expires_at = now() where run_id = $1', [runId]);
    expect(await ends(runId)).toMatchObject({ status: 'succeeded', not_started: 1 });
    const outcome = await admin.query('select reason, detail from outcomes where run_id = $1', [runId]);
    expect(outcome.rows).toEqual([
      { reason: 'expired', detail: expect.stringMatching(/^Satellite sat of site fra1 has never connected/) },
    ]);
  }, 60_000);
});

test('Redis loses everything while runs wait: each of them goes on', async () => {
  const redis = await startRedis();
  const bench = await openRunBench({ REDIS_URL: redis.url });
  try {
    const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: 'name=web-01' });
    const [execution] = await bench.dispatched(runId, 1);
    await redis.kill();
    await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      recordResults(
        transaction,
        [
          withoutOutput({
            reporter: bench.satelliteId,
            executionId: execution?.id as string,
            revision: 1,
            outcome: { kind: 'exited', exitCode: 0, signal: null, reason: null },
          }),
        ],
        `satellite:${bench.satelliteId}`,
      ),
    );
    await redis.startAgain();
    await eventually(
      'the run has ended',
      async () => {
        const found = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
          transaction.query('select status from runs where id = $1', [runId]),
        );
        return found.rows[0]?.status === 'succeeded';
      },
      patient,
    );
  } finally {
    await bench.close();
    await redis.stop();
  }
}, 60_000);

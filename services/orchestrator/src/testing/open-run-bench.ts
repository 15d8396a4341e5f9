// For tests of the orchestrator: it runs on a real database and queue; the test speaks for the people and for the satellites.
import { randomBytes } from 'node:crypto';
import { decideApproval } from '@sena/approvals/decide-approval';
import type { Member } from '@sena/contracts/domain/principal';
import type { Run } from '@sena/contracts/http/runs';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { openQueue } from '@sena/queue/open-queue';
import { appendRunEvent } from '@sena/runs/append-run-event';
import { createRun, type NewRun } from '@sena/runs/create-run';
import { readRun } from '@sena/runs/read-run';
import { recordResults } from '@sena/runs/record-results';
import { ringOutbox } from '@sena/runs/ring-outbox';
import { wakeRun } from '@sena/runs/wake-run';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import { createTestDatabase } from '@sena/testing/postgres';
import { parseOrchestratorEnv } from '../env.ts';
import { startOrchestrator } from '../start-orchestrator.ts';

export interface WrittenExecution {
  id: string;
  node_name: string;
  step: string;
}

export type RunBench = Awaited<ReturnType<typeof openRunBench>>;

/** web-01, web-02 and db-01 at one site with one enrolled satellite. `environment` is added to the orchestrator's. */
export async function openRunBench(environment: Record<string, string> = {}) {
  const logger = createLogger('orchestrator', 'silent');
  const organizationId = newId('org');
  const satelliteId = newId('sat');
  const database = await createTestDatabase();
  const onError = () => undefined;
  const pool = openPool(database.urls.app, { max: 4, applicationName: 'test', onError });
  const relayPool = openPool(database.urls.relay, { max: 2, applicationName: 'test', onError });
  const queue = await openQueue({ kind: 'postgres', url: database.urls.queue }, { logger });
  await writeFleet(pool, organizationId, satelliteId);
  const start = () =>
    startOrchestrator(
      parseOrchestratorEnv({
        PORT: '0',
        DATABASE_URL: database.urls.app,
        CHECKPOINT_DATABASE_URL: database.urls.checkpoint,
        QUEUE_DATABASE_URL: database.urls.queue,
        SERVICE_TOKEN_SECRET: 'x'.repeat(32),
        ...environment,
      }),
      logger,
    );
  const orchestrator = await start();
  let stopping: Promise<void> | undefined;

  async function ask(run: Partial<NewRun> & Pick<NewRun, 'kind'>): Promise<string> {
    const none = { prompt: null, command: null, runbook: null, selector: null };
    const { id, outboxId } = await inOrganization(pool, organizationId, (transaction) =>
      createRun(transaction, { ...none, requestedBy: member('Grace'), traceparent: '', ...run }),
    );
    await ringOutbox(pool, queue.add, organizationId, outboxId);
    return id;
  }

  async function executionsOf(runId: string): Promise<WrittenExecution[]> {
    const found = await inOrganization(pool, organizationId, (transaction) =>
      transaction.query<WrittenExecution>(
        'select id::text, node_name, step from executions where run_id = $1 order by created_at, step, node_name',
        [runId],
      ),
    );
    return found.rows;
  }

  function dispatched(runId: string, count: number): Promise<WrittenExecution[]> {
    return eventually(`${count} executions are written`, async () => {
      const found = await executionsOf(runId);
      return found.length === count ? found : null;
    });
  }

  function awaitsApproval(runId: string): Promise<string> {
    return eventually('the run awaits approval', async () => {
      const run = await inOrganization(pool, organizationId, (transaction) => readRun(transaction, runId));
      return run?.status === 'awaiting_approval' ? run.approvalId : null;
    });
  }

  async function decide(approvalId: string, decision: 'approve' | 'reject', reason?: string): Promise<void> {
    const { outboxId } = await inOrganization(pool, organizationId, async (transaction) => {
      const by = member('Ada');
      const { runId } = await decideApproval(transaction, { approvalId, decision, reason, by });
      await appendRunEvent(transaction, runId, {
        type: 'approval.decided',
        approvalId,
        decision,
        by: by.name,
        reason: reason ?? null,
      });
      return wakeRun(transaction, runId);
    });
    await ringOutbox(pool, queue.add, organizationId, outboxId);
  }

  function finished(runId: string): Promise<Run> {
    return eventually('the run has ended', async () => {
      const run = await inOrganization(pool, organizationId, (transaction) => readRun(transaction, runId));
      return run !== null && ['succeeded', 'failed', 'cancelled'].includes(run.status) ? run : null;
    });
  }

  /** Every execution ends with this code and output. */
  async function speak(
    answers: ReadonlyArray<{ executionId: string; exitCode: number; stdout: string }>,
  ): Promise<void> {
    const rows = answers.map((answer) => exited(satelliteId, answer));
    const runs = await inOrganization(relayPool, organizationId, (transaction) =>
      recordResults(transaction, rows, `satellite:${satelliteId}`),
    );
    for (const run of runs) {
      if (run.outboxId !== null) await ringOutbox(relayPool, queue.add, organizationId, run.outboxId);
    }
  }

  function member(name: string): Member {
    return {
      kind: 'member',
      organizationId,
      userId: `user_${name}`,
      email: `${name}@example.org`,
      name,
      role: 'owner',
      by: 'session',
    };
  }

  return {
    organizationId,
    pool,
    queue,
    /** Safe to call before `close`. */
    stopOrchestrator() {
      stopping ??= orchestrator.stop();
      return stopping;
    },
    /** A second orchestrator on the same database. */
    startAnother: start,
    ask,
    executionsOf,
    dispatched,
    awaitsApproval,
    decide,
    finished,
    speak,
    async close() {
      stopping ??= orchestrator.stop();
      await stopping;
      await queue.close();
      await pool.end();
      await relayPool.end();
      await database.drop();
    },
  };
}

async function writeFleet(pool: Pool, organizationId: string, satelliteId: string): Promise<void> {
  const siteId = newId('site');
  await inOrganization(pool, organizationId, async (transaction) => {
    await transaction.query('insert into organizations (organization_id, name) values ($1, $2)', [
      organizationId,
      'Test',
    ]);
    await transaction.query('insert into sites (id, organization_id, name) values ($1, $2, $3)', [
      siteId,
      organizationId,
      'fra1',
    ]);
    await transaction.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint) values ($1, $2, $3, 'sat', 'k', $4)`,
      [satelliteId, organizationId, siteId, randomBytes(8).toString('hex')],
    );
    for (const name of ['web-01', 'web-02', 'db-01']) {
      await transaction.query(
        `insert into nodes (id, organization_id, site_id, name, address, port, run_as, credential, labels)
         values ($1, $2, $3, $4, '10.0.0.1', 22, 'root', 'default', $5)`,
        [newId('node'), organizationId, siteId, name, JSON.stringify({ role: name.slice(0, -3) })],
      );
    }
  });
}

function exited(
  reporter: string,
  { executionId, exitCode, stdout }: { executionId: string; exitCode: number; stdout: string },
) {
  const bytes = Buffer.from(stdout);
  return {
    reporter,
    executionId,
    revision: 1,
    attempt: 1,
    outcome: { kind: 'exited', exitCode, signal: null, reason: null } as const,
    startedAt: new Date().toISOString(),
    durationMs: 5,
    stdoutBytes: bytes.length,
    stderrBytes: 0,
    stdoutKeptBytes: bytes.length,
    stderrKeptBytes: 0,
    stdoutSha256: null,
    stderrSha256: null,
    groupHash: `1:${exitCode}:${bytes.toString('base64')}`,
    stdoutInline: bytes.length <= 4_096 ? bytes : null,
    stderrInline: Buffer.alloc(0),
  };
}

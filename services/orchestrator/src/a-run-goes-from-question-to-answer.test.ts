// The orchestrator on a real database and queue; the test speaks for the satellites.
import { randomBytes } from 'node:crypto';
import { decideApproval } from '@sena/approvals/decide-approval';
import type { Member } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { openQueue } from '@sena/queue/open-queue';
import { appendRunEvent } from '@sena/runs/append-run-event';
import { createRun, type NewRun } from '@sena/runs/create-run';
import { listRunEvents } from '@sena/runs/list-run-events';
import { readRun } from '@sena/runs/read-run';
import { recordResults } from '@sena/runs/record-results';
import { requestCancel } from '@sena/runs/request-cancel';
import { ringOutbox } from '@sena/runs/ring-outbox';
import { wakeRun } from '@sena/runs/wake-run';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOrchestratorEnv } from './env.ts';
import { type Orchestrator, startOrchestrator } from './start-orchestrator.ts';

const logger = createLogger('orchestrator', 'silent');
const organizationId = newId('org');
const siteId = newId('site');
const satelliteId = newId('sat');
const nodes = ['web-01', 'web-02', 'db-01'].map((name) => ({ id: newId('node'), name }));

let database: TestDatabase;
let pool: Pool;
let relayPool: Pool;
let queue: Awaited<ReturnType<typeof openQueue>>;
let orchestrator: Orchestrator;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 4, applicationName: 'test', onError: () => undefined });
  relayPool = openPool(database.urls.relay, { max: 2, applicationName: 'test', onError: () => undefined });
  queue = await openQueue({ kind: 'postgres', url: database.urls.queue }, { logger });
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
    for (const node of nodes) {
      await transaction.query(
        `insert into nodes (id, organization_id, site_id, name, address, port, run_as, credential, labels)
         values ($1, $2, $3, $4, '10.0.0.1', 22, 'root', 'default', $5)`,
        [node.id, organizationId, siteId, node.name, JSON.stringify({ role: node.name.slice(0, -3) })],
      );
    }
  });
  orchestrator = await startOrchestrator(environment({}), logger);
});

afterAll(async () => {
  await orchestrator?.stop();
  await queue?.close();
  await pool?.end();
  await relayPool?.end();
  await database?.drop();
});

describe('a command that only reads', () => {
  it('is dispatched without approval, waits without a worker, and answers from what ran', async () => {
    const runId = await ask({ kind: 'command', command: 'hostname', selector: '*' });
    const executions = await dispatched(runId, 3);
    const paused = await eventually('the worker lets go of the run', async () => {
      const found = await inOrganization(pool, organizationId, (transaction) =>
        transaction.query<{ lease_owner: string | null }>('select lease_owner from runs where id = $1', [runId]),
      );
      expect(found.rows[0]?.lease_owner).toBeNull();
      return true;
    });
    expect(paused).toBe(true);
    await speak(executions.map((execution) => exited(execution.id, 0, `${execution.node_name}\n`)));
    const run = await finished(runId);
    expect(run).toMatchObject({
      status: 'succeeded',
      planner: 'none',
      answer: 'On all 3 nodes: exit code 0.',
      counts: { total: 3, exitedZero: 3, pending: 0 },
    });
    expect(run.findings[0]?.executionIds.toSorted()).toEqual(executions.map((execution) => execution.id).toSorted());
  });

  it('narrows to the selector, and fails with a sentence when nothing matches', async () => {
    const runId = await ask({ kind: 'command', command: 'uptime', selector: 'role=db' });
    const [only, ...more] = await dispatched(runId, 1);
    expect(only?.node_name).toBe('db-01');
    expect(more).toEqual([]);
    const none = await ask({ kind: 'command', command: 'uptime', selector: 'role=cache' });
    expect(await finished(none)).toMatchObject({ status: 'failed', reason: 'No node matches role=cache.' });
  });
});

describe('a command that changes something', () => {
  it('waits for approval, and runs exactly what was approved', async () => {
    const runId = await ask({ kind: 'command', command: 'mkdir /tmp/x', selector: 'role=web' });
    const approvalId = await awaitsApproval(runId);
    expect(await countDispatches(runId)).toBe(0);
    await decide(approvalId, 'approve');
    const executions = await dispatched(runId, 2);
    const found = await inOrganization(pool, organizationId, (transaction) =>
      transaction.query<{ approval_id: string; read_only: boolean; command: string }>(
        'select approval_id, read_only, command from dispatches where run_id = $1',
        [runId],
      ),
    );
    expect(found.rows).toEqual([{ approval_id: approvalId, read_only: false, command: 'mkdir /tmp/x' }]);
    await speak([exited(executions[0]?.id ?? '', 0, ''), exited(executions[1]?.id ?? '', 1, '')]);
    expect(await finished(runId)).toMatchObject({ status: 'succeeded', counts: { exitedZero: 1, exitedNonZero: 1 } });
  });

  it('is cancelled with the reason when it is rejected, and nothing is dispatched', async () => {
    const runId = await ask({ kind: 'command', command: 'reboot', selector: '*' });
    await decide(await awaitsApproval(runId), 'reject', 'not during business hours');
    expect(await finished(runId)).toMatchObject({
      status: 'cancelled',
      reason: 'Ada rejected it: not during business hours.',
    });
    expect(await countDispatches(runId)).toBe(0);
  });
});

describe('a cancelled run', () => {
  it('closes what was never sent as not started, and says so', async () => {
    const runId = await ask({ kind: 'command', command: 'uptime', selector: '*' });
    await dispatched(runId, 3);
    const { outboxId } = await inOrganization(pool, organizationId, (transaction) =>
      requestCancel(transaction, runId, 'member:x'),
    );
    await ringOutbox(pool, queue.add, organizationId, outboxId);
    expect(await finished(runId)).toMatchObject({ status: 'cancelled', counts: { notStarted: 3, pending: 0 } });
  });
});

describe('a question without a model', () => {
  it('is answered by a runbook that names the right node, cites it, and says that no model was used', async () => {
    const runId = await ask({ kind: 'ask', prompt: 'Which nodes are running out of disk space?', selector: null });
    const executions = await dispatched(runId, 3);
    const full = (use: string) =>
      `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 100000 20000 80000 20% /\ntmpfs 2048 ${use === '97%' ? '1987 61' : '20 2028'} ${use} /srv/data\n`;
    await speak(
      executions.map((execution) => exited(execution.id, 0, full(execution.node_name === 'web-02' ? '97%' : '1%'))),
    );
    const run = await finished(runId);
    expect(run.status).toBe('succeeded');
    expect(run.planner).toBe('runbook');
    expect(run.answer).toContain('web-02');
    expect(run.answer).not.toContain('db-01');
    expect(run.answer).toContain('no model was used');
    const warning = run.findings.find((finding) => finding.severity !== 'info');
    expect(warning?.nodes.map((node) => node.name)).toEqual(['web-02']);
    expect(warning?.executionIds).toEqual([executions.find((execution) => execution.node_name === 'web-02')?.id]);
  });

  it('that no runbook fits fails with what can be asked instead', async () => {
    const runId = await ask({ kind: 'ask', prompt: 'Who won the match yesterday?', selector: null });
    const run = await finished(runId);
    expect(run.status).toBe('failed');
    expect(run.reason).toContain('No runbook answers this question');
  });
});

describe('events of a run', () => {
  it('are numbered without a gap and tell the whole story', async () => {
    const runId = await ask({ kind: 'command', command: 'hostname', selector: 'name=web-01' });
    const [execution] = await dispatched(runId, 1);
    await speak([exited(execution?.id ?? '', 0, 'web-01\n')]);
    await finished(runId);
    const events = await inOrganization(pool, organizationId, (transaction) => listRunEvents(transaction, runId, 0));
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.map((event) => event.data.type)).toEqual([
      'run.created',
      'run.status',
      'run.scoped',
      'run.planned',
      'run.gated',
      'dispatch.written',
      'executions.finished',
      'run.answered',
      'run.status',
    ]);
  });
});

function environment(more: Record<string, string>) {
  return parseOrchestratorEnv({
    PORT: '0',
    DATABASE_URL: database.urls.app,
    CHECKPOINT_DATABASE_URL: database.urls.checkpoint,
    QUEUE_DATABASE_URL: database.urls.queue,
    SERVICE_TOKEN_SECRET: 'x'.repeat(32),
    ...more,
  });
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

async function ask(run: Partial<NewRun> & Pick<NewRun, 'kind'>): Promise<string> {
  const { id, outboxId } = await inOrganization(pool, organizationId, (transaction) =>
    createRun(transaction, {
      prompt: null,
      command: null,
      runbook: null,
      selector: null,
      requestedBy: member('Grace'),
      traceparent: '',
      ...run,
    }),
  );
  await ringOutbox(pool, queue.add, organizationId, outboxId);
  return id;
}

async function dispatched(runId: string, count: number) {
  return eventually('the executions are written', async () => {
    const found = await inOrganization(pool, organizationId, (transaction) =>
      transaction.query<{ id: string; node_name: string }>(
        'select id::text, node_name from executions where run_id = $1 order by node_name',
        [runId],
      ),
    );
    expect(found.rows).toHaveLength(count);
    return found.rows;
  });
}

async function countDispatches(runId: string): Promise<number> {
  const found = await inOrganization(pool, organizationId, (transaction) =>
    transaction.query('select 1 from dispatches where run_id = $1', [runId]),
  );
  return found.rowCount ?? 0;
}

async function awaitsApproval(runId: string): Promise<string> {
  return eventually('the run awaits approval', async () => {
    const run = await inOrganization(pool, organizationId, (transaction) => readRun(transaction, runId));
    expect(run?.status).toBe('awaiting_approval');
    return run?.approvalId ?? expect.fail('no approval');
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

async function finished(runId: string) {
  return eventually('the run has ended', async () => {
    const run = await inOrganization(pool, organizationId, (transaction) => readRun(transaction, runId));
    if (run === null) return expect.fail('the run is gone');
    expect(['succeeded', 'failed', 'cancelled']).toContain(run.status);
    return run;
  });
}

function exited(executionId: string, exitCode: number, stdout: string) {
  const bytes = Buffer.from(stdout);
  return {
    reporter: satelliteId,
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
    groupHash: `1:${exitCode}:${stdout.length}`,
    stdoutInline: bytes,
    stderrInline: Buffer.alloc(0),
  };
}

async function speak(rows: Array<ReturnType<typeof exited>>): Promise<void> {
  const runs = await inOrganization(relayPool, organizationId, (transaction) =>
    recordResults(transaction, rows, `satellite:${satelliteId}`),
  );
  for (const run of runs)
    if (run.outboxId !== null) await ringOutbox(relayPool, queue.add, organizationId, run.outboxId);
}

import { newId } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { deleteNode } from '@sena/fleet/delete-node';
import { listRunEvents } from '@sena/runs/events/list-run-events';
import { ringOutbox } from '@sena/runs/outbox/ring-outbox';
import { requestCancel } from '@sena/runs/run/request-cancel';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

let bench: RunBench;
beforeAll(async () => {
  bench = await openRunBench();
});
afterAll(() => bench?.close());

describe('a command that only reads', () => {
  it('is dispatched without approval, waits without a worker, and answers from what ran', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: '*' });
    const executions = await bench.dispatched(runId, 3);
    await eventually('no worker holds the run while it waits', async () => {
      const found = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
        transaction.query<{ free: boolean }>('select lease_owner is null as free from runs where id = $1', [runId]),
      );
      return found.rows[0]?.free;
    });
    await bench.speak(
      executions.map(({ id, node_name }) => ({ executionId: id, exitCode: 0, stdout: `${node_name}\n` })),
    );
    const run = await bench.finished(runId);
    expect(run).toMatchObject({
      status: 'succeeded',
      planner: 'none',
      answer: 'On all 3 nodes: exit code 0.',
      counts: { total: 3, exitedZero: 3, pending: 0 },
    });
    expect(run.findings[0]?.executionIds.toSorted()).toEqual(executions.map(({ id }) => id).toSorted());
  });

  it('narrows to the selector, and fails with a sentence when nothing matches', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: 'role=db' });
    const executions = await bench.dispatched(runId, 1);
    expect(executions[0]?.node_name).toBe('db-01');
    const none = await bench.ask({ kind: 'command', command: 'uptime', selector: 'role=cache' });
    expect(await bench.finished(none)).toMatchObject({ status: 'failed', reason: 'No node matches role=cache.' });
  });
});

describe('a command that changes something', () => {
  it('waits for approval, and is dispatched exactly as it was approved', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'mkdir /tmp/x', selector: 'role=web' });
    const approvalId = await bench.awaitsApproval(runId);
    expect(await bench.executionsOf(runId)).toEqual([]);
    await bench.decide(approvalId, 'approve');
    const [first, second] = await bench.dispatched(runId, 2);
    const found = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      transaction.query('select approval_id, read_only, command from dispatches where run_id = $1', [runId]),
    );
    expect(found.rows).toEqual([{ approval_id: approvalId, read_only: false, command: 'mkdir /tmp/x' }]);
    await bench.speak([
      { executionId: first?.id ?? '', exitCode: 0, stdout: '' },
      { executionId: second?.id ?? '', exitCode: 1, stdout: '' },
    ]);
    expect(await bench.finished(runId)).toMatchObject({
      status: 'succeeded',
      counts: { exitedZero: 1, exitedNonZero: 1 },
      verdict: '1 of 2 ended with an error',
    });
  });

  it('says in verdict and answer that it failed everywhere, though its report is written', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: '*' });
    const executions = await bench.dispatched(runId, 3);
    await bench.speak(executions.map(({ id }) => ({ executionId: id, exitCode: 127, stdout: '' })));
    expect(await bench.finished(runId)).toMatchObject({
      status: 'succeeded',
      verdict: '3 of 3 ended with an error',
      answer: 'On all 3 nodes: exit code 127 (command not found).',
    });
  });

  it('is cancelled with the reason when it is rejected, and nothing is dispatched', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'reboot', selector: '*' });
    await bench.decide(await bench.awaitsApproval(runId), 'reject', 'not during business hours');
    const reason = 'Ada rejected it: not during business hours.';
    expect(await bench.finished(runId)).toMatchObject({ status: 'cancelled', reason });
    expect(await bench.executionsOf(runId)).toEqual([]);
  });
});

describe('a node that is deleted', () => {
  beforeAll(() =>
    inOrganization(bench.pool, bench.organizationId, async (transaction) => {
      for (const name of ['gone-01', 'gone-02', 'gone-03']) {
        await transaction.query(
          `insert into nodes (id, organization_id, site_id, name, address, port, run_as, credential, labels)
           select $1, organization_id, id, $2, '10.0.0.1', 22, 'root', 'default', '{"role":"gone"}' from sites`,
          [newId('node'), name],
        );
      }
    }),
  );
  afterAll(() => deleteByName('gone-03'));
  const deleteByName = (name: string) =>
    inOrganization(bench.pool, bench.organizationId, async (transaction) => {
      const found = await transaction.query<{ id: string }>('select id from nodes where name = $1', [name]);
      await deleteNode(transaction, found.rows[0]?.id ?? '', { ref: 'member:x', key: null });
    });

  it('while an approval names it: the approval stays, nothing of it is dispatched, and the run says why', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'mkdir /tmp/y', selector: 'role=gone' });
    const approvalId = await bench.awaitsApproval(runId);
    const digest = async () => {
      const found = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
        transaction.query('select action_digest, status from approvals where id = $1', [approvalId]),
      );
      return found.rows[0];
    };
    const before = await digest();
    await deleteByName('gone-01');
    await bench.decide(approvalId, 'approve');
    const run = await bench.finished(runId);
    expect(run).toMatchObject({ status: 'cancelled', counts: { total: 0 } });
    expect(run.reason).toMatch(/^gone-01 was deleted after .* nothing was run\. Ask again/);
    expect(await bench.executionsOf(runId)).toEqual([]);
    expect(await digest()).toEqual({ ...before, status: 'approved' });
  });

  it('keeps what ran on it under its name, and gets nothing new', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: 'name=gone-02' });
    const [execution] = await bench.dispatched(runId, 1);
    await deleteByName('gone-02');
    await bench.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: 'gone-02\n' }]);
    expect(await bench.finished(runId)).toMatchObject({ status: 'succeeded', counts: { exitedZero: 1 } });
    expect((await bench.executionsOf(runId)).map((row) => row.node_name)).toEqual(['gone-02']);
    const again = await bench.ask({ kind: 'command', command: 'hostname', selector: 'name=gone-02' });
    expect(await bench.finished(again)).toMatchObject({ status: 'failed', reason: 'No node matches name=gone-02.' });
  });
});

it('work that may wait is valid for as long, and says so to the satellite', async () => {
  const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: '*', waitMs: 3_600_000 });
  await bench.dispatched(runId, 3);
  const { rows } = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
    transaction.query<{ limits: object; valid_for_s: number }>(
      'select limits, extract(epoch from expires_at - created_at)::integer as valid_for_s from dispatches where run_id = $1',
      [runId],
    ),
  );
  expect(rows).toEqual([{ limits: expect.objectContaining({ nodeWaitMs: 3_600_000 }), valid_for_s: 3_600 }]);
});

describe('a cancelled run', () => {
  it('closes what was never sent as not started, and says so', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: '*' });
    await bench.dispatched(runId, 3);
    const { outboxId } = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      requestCancel(transaction, runId, { ref: 'member:x', key: null }),
    );
    await ringOutbox(bench.pool, bench.queue.add, bench.organizationId, outboxId);
    expect(await bench.finished(runId)).toMatchObject({
      status: 'cancelled',
      counts: { notStarted: 3, pending: 0 },
      reason: 'Never began: 3 nodes (db-01, web-01 and web-02).',
    });
  });

  it('names the nodes that had finished, and those that never began', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: '*' });
    const executions = await bench.dispatched(runId, 3);
    const byName = new Map(executions.map(({ id, node_name }) => [node_name, id]));
    await bench.speak([{ executionId: byName.get('web-01') ?? '', exitCode: 0, stdout: 'up\n' }]);
    const { outboxId } = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      requestCancel(transaction, runId, { ref: 'member:x', key: null }, { stopRunning: true }),
    );
    await ringOutbox(bench.pool, bench.queue.add, bench.organizationId, outboxId);
    const run = await bench.finished(runId);
    expect(run.status).toBe('cancelled');
    expect(run.reason).toBe('Had finished: 1 node (web-01). Never began: 2 nodes (db-01 and web-02).');
  });
});

describe('a question without a model', () => {
  it('is answered by a runbook that names the right node, cites it, and says that no model was used', async () => {
    const runId = await bench.ask({ kind: 'ask', prompt: 'Which nodes are running out of disk space?' });
    const executions = await bench.dispatched(runId, 3);
    await bench.speak(
      executions.map(({ id, node_name }) => ({ executionId: id, exitCode: 0, stdout: df(node_name === 'web-02') })),
    );
    const run = await bench.finished(runId);
    expect(run.status).toBe('succeeded');
    expect(run.planner).toBe('runbook');
    expect(run.answer).toContain('web-02');
    expect(run.answer).not.toContain('db-01');
    expect(run.answer).toContain('no model was used');
    const warning = run.findings.find((finding) => finding.severity !== 'info');
    expect(warning?.nodes.map((node) => node.name)).toEqual(['web-02']);
    expect(warning?.executionIds).toEqual([executions.find(({ node_name }) => node_name === 'web-02')?.id]);
  });

  it('that names a limit of its own is told, in the plan and in the answer, that it was not used', async () => {
    const runId = await bench.ask({ kind: 'ask', prompt: 'Which disks of db-01 are more than 5% full?' });
    const [execution] = await bench.dispatched(runId, 1);
    await bench.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: df(false) }]);
    const sentence = 'The 5% in your question was not used: without a model SENA looks by limits of its own.';
    expect((await bench.finished(runId)).answer).toContain(`\n\n${sentence}\n\n`);
    const events = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      listRunEvents(transaction, runId, 0),
    );
    expect(events.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ type: 'run.planned', summary: expect.stringContaining(sentence) }),
    );
  });

  it('that names a node looks at that node only', async () => {
    const runId = await bench.ask({ kind: 'ask', prompt: 'Is the disk of db-01 full?' });
    const executions = await bench.dispatched(runId, 1);
    expect(executions[0]?.node_name).toBe('db-01');
  });

  it('that no runbook fits is not answered, which is no failure, and says what can be asked instead', async () => {
    const runId = await bench.ask({ kind: 'ask', prompt: 'Who won the match yesterday?' });
    const run = await bench.finished(runId);
    expect(run.status).toBe('failed');
    expect(run.reason).toContain("SENA can't answer this without a model");
  });
});

describe('events of a run', () => {
  it('are numbered without a gap and tell the whole story', async () => {
    const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: 'name=web-01' });
    const [execution] = await bench.dispatched(runId, 1);
    await bench.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: 'web-01\n' }]);
    await bench.finished(runId);
    const events = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      listRunEvents(transaction, runId, 0),
    );
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

function df(isFull: boolean): string {
  const data = isFull ? 'tmpfs 2048 1987 61 97% /srv/data' : 'tmpfs 2048 20 2028 1% /srv/data';
  return `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 100000 20000 80000 20% /\n${data}\n`;
}

import { inOrganization } from '@sena/db/tenant';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

let bench: RunBench;
beforeAll(async () => {
  bench = await openRunBench();
});
afterAll(() => bench?.close());
afterEach(() => query('delete from policies'));

const query = <T extends Record<string, unknown>>(sql: string, values: unknown[] = []) =>
  inOrganization(
    bench.pool,
    bench.organizationId,
    async (transaction) => (await transaction.query<T>(sql, values)).rows,
  );
const dispatchesOf = (runId: string) =>
  query('select approval_id, read_only from dispatches where run_id = $1 order by id', [runId]);
const gatedOf = async (runId: string) =>
  (await query('select decision, approvers, rules, reasons from policy_decisions where run_id = $1', [runId]))[0];

const restart = 'systemctl restart nginx';
const onWeb = (effect: string, decision: 'permit' | 'forbid', unless = '') =>
  `${decision} (principal, action == Action::"${effect}", resource) when { resource.hasTag("role") && resource.getTag("role") == "web" } ${unless};`;

describe('a run under the organization’s policies', () => {
  it('changes something without an approval where they permit it, and is dispatched as a change', async () => {
    await bench.addPolicy('web-restarts', onWeb('controls_service', 'permit'));
    const runId = await bench.ask({ kind: 'command', command: restart, selector: 'role=web' });
    const executions = await bench.dispatched(runId, 2);
    expect(await dispatchesOf(runId)).toEqual([{ approval_id: null, read_only: false }]);
    expect(await gatedOf(runId)).toEqual({
      ...{ decision: 'allow', approvers: 0, rules: ['web-restarts'] },
      reasons: ['may run because `systemctl restart` controls a service, rule web-restarts'],
    });
    await bench.speak(executions.map(({ id }) => ({ executionId: id, exitCode: 0, stdout: '' })));
    expect(await bench.finished(runId)).toMatchObject({ status: 'succeeded' });
  });

  it('waits for a person as soon as one of its nodes needs one: it runs on all or on none', async () => {
    await bench.addPolicy('web-restarts', onWeb('controls_service', 'permit'));
    const runId = await bench.ask({ kind: 'command', command: restart, selector: '*' });
    await bench.awaitsApproval(runId);
    expect(await bench.executionsOf(runId)).toEqual([]);
    expect(await gatedOf(runId)).toMatchObject({
      ...{ decision: 'require_approval', approvers: 1 },
      reasons: [expect.stringMatching(/rule default\/second-person \(on 1 of 3 nodes, such as db-01\)$/)],
    });
  });

  it('waits for two people where they ask for two', async () => {
    await bench.addPolicy('two-for-web', onWeb('controls_service', 'forbid', 'unless { context.approvals >= 2 }'));
    const runId = await bench.ask({ kind: 'command', command: restart, selector: 'role=web' });
    const approvalId = await bench.awaitsApproval(runId);
    await bench.decide(approvalId, 'approve');
    expect(await bench.awaitsApproval(runId)).toBe(approvalId);
    expect(await bench.executionsOf(runId)).toEqual([]);
    await expect(bench.decide(approvalId, 'approve', undefined, 'Grace')).rejects.toMatchObject({
      code: 'own_request',
    });
    await bench.decide(approvalId, 'approve', undefined, 'Linus');
    expect(await bench.dispatched(runId, 2)).toHaveLength(2);
  });

  it('ends where they forbid it, with the rule and the text, and asks nobody', async () => {
    await bench.addPolicy('web-stays', onWeb('controls_service', 'forbid'));
    const runId = await bench.ask({ kind: 'command', command: restart, selector: '*' });
    expect(await bench.finished(runId)).toMatchObject({
      status: 'failed',
      reason:
        '`systemctl restart nginx` is denied because `systemctl restart` controls a service, rule web-stays (on 2 of 3 nodes, such as web-01).',
    });
    expect(await query('select 1 from approvals where run_id = $1', [runId])).toEqual([]);
    expect(await bench.executionsOf(runId)).toEqual([]);
  });

  it('reads with an approval where they ask for one', async () => {
    await bench.addPolicy('asked-reads', onWeb('reads', 'forbid', 'unless { context.approvals >= 1 }'));
    const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: 'role=web' });
    const approvalId = await bench.awaitsApproval(runId);
    await bench.decide(approvalId, 'approve');
    await bench.dispatched(runId, 2);
    expect(await dispatchesOf(runId)).toEqual([{ approval_id: approvalId, read_only: false }]);
  });

  it('is judged for the role that its requester had', async () => {
    await bench.addPolicy(
      'owners',
      'permit (principal, action == Action::"controls_service", resource) when { principal.role == "owner" && principal.via == "session" };',
    );
    const ask = (role: 'owner' | 'operator') =>
      bench.ask({
        kind: 'command',
        command: restart,
        selector: 'role=db',
        requestedBy: { ...bench.member('Grace'), role },
      });
    await bench.dispatched(await ask('owner'), 1);
    await bench.awaitsApproval(await ask('operator'));
  });

  it('runs nothing while a stored policy can not be read', async () => {
    await query(
      `insert into policies (organization_id, name, text, version, updated_by, updated_by_name) values ($1, 'torn', 'permit (', 1, 'm', 'M')`,
      [bench.organizationId],
    );
    const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: 'role=db' });
    expect(await bench.finished(runId)).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/the policies can not be read.*torn, line 1/),
    });
  });
});

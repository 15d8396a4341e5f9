// The model planner, with a scripted vendor in the model router's place: both speak the same wire format.
import { inOrganization } from '@sena/db/tenant';
import { type ScriptedVendor, startScriptedVendor, type VendorRequest } from '@sena/testing/scripted-vendor';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

let bench: RunBench;
let vendor: ScriptedVendor;
let script: (
  request: VendorRequest,
) => Parameters<typeof startScriptedVendor>[0] extends infer S
  ? S extends (request: VendorRequest, index: number) => infer T
    ? T
    : never
  : never;
beforeAll(async () => {
  vendor = await startScriptedVendor((request) => script(request));
  bench = await openRunBench({ MODEL_CONFIGURED: '1', MODEL_ROUTER_URL: vendor.url.replace(/\/v1$/, '') });
});
afterEach(() => {
  script = () => ({ kind: 'fail', status: 500, message: 'the test is over' });
});
afterAll(async () => {
  await bench?.close();
  await vendor?.stop();
});

const runDf = { name: 'run_command', arguments: { title: 'Disk space', command: 'df -P' } };

it('runs what the model asks for, shows it groups, and keeps only findings that cite executions', async () => {
  script = (request) => {
    const results = toolResults(request);
    if (results.length === 0)
      return { kind: 'call', tools: [runDf], usage: { promptTokens: 100, completionTokens: 10 } };
    const groups = JSON.parse(results[0] ?? '{}').groups as Array<{
      members: Array<{ node: string; executionId: string }>;
    }>;
    const odd = groups.find((group) => group.members.length === 1)?.members[0];
    const findings = [
      { claim: `${odd?.node} is full`, severity: 'critical', executionIds: [odd?.executionId] },
      {
        claim: 'and something that nobody looked at',
        severity: 'warning',
        executionIds: ['00000000-0000-5000-8000-000000000000'],
      },
      { claim: 'and something without evidence', severity: 'info', executionIds: [] },
    ];
    const report = { name: 'report', arguments: { answer: `${odd?.node} is full.`, findings } };
    return { kind: 'call', tools: [report], usage: { promptTokens: 200, completionTokens: 20 } };
  };
  const runId = await bench.ask({ kind: 'ask', prompt: 'Who is full?' });
  const executions = await bench.dispatched(runId, 3);
  await bench.speak(
    executions.map(({ id, node_name }) => ({
      executionId: id,
      exitCode: 0,
      stdout: node_name === 'db-01' ? '99%' : '1%',
    })),
  );
  const run = await bench.finished(runId);
  expect(run).toMatchObject({ status: 'succeeded', planner: 'model', answer: 'db-01 is full.' });
  expect(
    run.findings.map(({ claim, nodes, executionIds }) => ({
      claim,
      nodes: nodes.map((node) => node.name),
      executionIds,
    })),
  ).toEqual([
    {
      claim: 'db-01 is full',
      nodes: ['db-01'],
      executionIds: [executions.find((execution) => execution.node_name === 'db-01')?.id],
    },
  ]);
  expect(run.usage).toMatchObject({ modelCalls: 2, promptTokens: 300, completionTokens: 30 });
});

it('runs several calls of one turn side by side, and waits for all of them', async () => {
  const runUname = { name: 'run_command', arguments: { title: 'Kernel', command: 'uname -r', nodes: ['web-01'] } };
  script = (request) =>
    toolResults(request).length === 0
      ? { kind: 'call', tools: [runDf, runUname] }
      : { kind: 'say', text: `saw ${toolResults(request).length} results` };
  const runId = await bench.ask({ kind: 'ask', prompt: 'Kernel and disks?' });
  const executions = await bench.dispatched(runId, 4);
  await bench.speak(executions.slice(0, 3).map(({ id }) => ({ executionId: id, exitCode: 0, stdout: 'x' })));
  await bench.speak(executions.slice(3).map(({ id }) => ({ executionId: id, exitCode: 0, stdout: 'x' })));
  const run = await bench.finished(runId);
  expect(run.answer).toContain('saw 2 results');
});

it('a change that the model proposes waits for a person', async () => {
  script = (request) =>
    toolResults(request).length === 0
      ? {
          kind: 'call',
          tools: [{ name: 'run_command', arguments: { title: 'Restart', command: 'service shop restart' } }],
        }
      : { kind: 'say', text: 'Restarted.' };
  const runId = await bench.ask({ kind: 'ask', prompt: 'Restart the shop' });
  await bench.decide(await bench.awaitsApproval(runId), 'reject', 'no');
  expect(await bench.finished(runId)).toMatchObject({ status: 'cancelled' });
  expect(await bench.executionsOf(runId)).toEqual([]);
});

it('a change that the model proposes waits for a person although a policy lets it run alone, which a person’s own command does', async () => {
  const restart = 'systemctl restart nginx';
  await bench.addPolicy('restarts', 'permit (principal, action == Action::"controls_service", resource);');
  script = (request) =>
    toolResults(request).length === 0
      ? { kind: 'call', tools: [{ name: 'run_command', arguments: { title: 'Restart', command: restart } }] }
      : { kind: 'say', text: 'Restarted.' };
  const proposed = await bench.ask({ kind: 'ask', prompt: 'Make the shop fast' });
  const approvalId = await bench.awaitsApproval(proposed);
  expect(await bench.executionsOf(proposed)).toEqual([]);
  const decisions = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
    transaction.query('select decision, approvers, reasons from policy_decisions where run_id = $1', [proposed]),
  );
  expect(decisions.rows).toEqual([
    {
      ...{ decision: 'require_approval', approvers: 1 },
      reasons: [expect.stringMatching(/^needs approval because a model proposed it and `systemctl restart` controls/)],
    },
  ]);
  const own = await bench.ask({ kind: 'command', command: restart });
  expect(await bench.dispatched(own, 3)).toHaveLength(3);
  await bench.decide(approvalId, 'approve');
  expect(await bench.dispatched(proposed, 3)).toHaveLength(3);
  await inOrganization(bench.pool, bench.organizationId, (transaction) => transaction.query('delete from policies'));
});

it('a question to the network waits for a person when the model proposes it, and runs at once when a person wrote it', async () => {
  const ping = 'ping -c 1 10.0.0.1';
  script = (request) =>
    toolResults(request).length === 0
      ? { kind: 'call', tools: [{ name: 'run_command', arguments: { title: 'Reach', command: ping } }] }
      : { kind: 'say', text: 'Reached.' };
  const proposed = await bench.ask({ kind: 'ask', prompt: 'Is the gateway there?' });
  const approvalId = await bench.awaitsApproval(proposed);
  expect(await bench.executionsOf(proposed)).toEqual([]);
  const own = await bench.ask({ kind: 'command', command: ping });
  expect(await bench.dispatched(own, 3)).toHaveLength(3);
  await bench.decide(approvalId, 'approve');
  expect(await bench.dispatched(proposed, 3)).toHaveLength(3);
});

it('wrong arguments, unknown tools and unknown nodes are told to the model and run nothing', async () => {
  script = (request) => {
    const results = toolResults(request);
    if (results.length > 0) return { kind: 'say', text: results.join('\n') };
    return {
      kind: 'call',
      tools: [
        { name: 'run_command', arguments: { command: 'df' } },
        { name: 'run_command', arguments: { title: 'x', command: 'df', nodes: ['web-99'] } },
        { name: 'drop_database', arguments: {} },
        { name: 'list_nodes', arguments: { contains: 'db' } },
      ],
    };
  };
  const runId = await bench.ask({ kind: 'ask', prompt: 'Confuse me' });
  const run = await bench.finished(runId);
  expect(run.answer).toContain('title');
  expect(run.answer).toContain('Not in the scope: web-99');
  expect(run.answer).toContain('There is no tool drop_database');
  expect(run.answer).toContain('db-01 site=fra1 role=db');
  expect(await bench.executionsOf(runId)).toEqual([]);
});

it('words without a report are asked for once more, and are then shown for what they are', async () => {
  let asked = 0;
  script = () => {
    asked += 1;
    return { kind: 'say', text: 'All is well.' };
  };
  const run = await bench.finished(await bench.ask({ kind: 'ask', prompt: 'Is all well?' }));
  expect(asked).toBe(2);
  expect(run.findings).toEqual([]);
  expect(run.answer).toContain('Nothing above rests on a command that was run');
});

it('a model that never comes to an end is stopped by its budget', async () => {
  script = () => ({ kind: 'call', tools: [{ name: 'list_nodes', arguments: {} }] });
  const run = await bench.finished(await bench.ask({ kind: 'ask', prompt: 'Loop' }));
  expect(run).toMatchObject({ status: 'failed' });
  expect(run.reason).toContain('budget');
});

it('a model that is away is replaced by runbooks, and the run says so', async () => {
  script = () => ({ kind: 'fail', status: 503, message: 'away' });
  const runId = await bench.ask({ kind: 'ask', prompt: 'Which nodes are running out of disk space?' });
  const executions = await bench.dispatched(runId, 3);
  expect(executions[0]?.step).toContain('disk-space');
});

function toolResults(request: VendorRequest): string[] {
  return request.messages.filter((message) => message.role === 'tool').map((message) => String(message.content));
}

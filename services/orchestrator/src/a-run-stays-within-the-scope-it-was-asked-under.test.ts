// The scope of whoever asked is looked at again where nodes are resolved and where they are dispatched: labels change in between.
import { inOrganization } from '@sena/db/tenant';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

let bench: RunBench;

beforeAll(async () => {
  bench = await openRunBench();
}, 60_000);
afterAll(() => bench.close());

const operator = (scope: string) => ({ ...bench.member('Olga'), role: 'operator' as const, scope });

const label = (name: string, role: string) =>
  inOrganization(bench.pool, bench.organizationId, (transaction) =>
    transaction.query('update nodes set labels = $2 where name = $1', [name, { role }]),
  );

it('a command whose selector has come to reach beyond runs nowhere, and says where its scope ends', async () => {
  const requestedBy = operator('role=web');
  const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: 'name=*-01', requestedBy });
  const run = await bench.finished(runId);
  expect(run).toMatchObject({ status: 'failed', reason: expect.stringContaining('role=web') });
  expect(run.reason).not.toContain('db-01');
  expect(await bench.executionsOf(runId)).toEqual([]);
});

it('a command within its scope runs', async () => {
  const requestedBy = operator('role=web');
  const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: 'role=web', requestedBy });
  const written = await bench.dispatched(runId, 2);
  expect(written.map(({ node_name }) => node_name)).toEqual(['web-01', 'web-02']);
  await bench.speak(written.map(({ id }) => ({ executionId: id, exitCode: 0, stdout: 'up' })));
  expect(await bench.finished(runId)).toMatchObject({ status: 'succeeded' });
});

it('a question without a selector sees the nodes of the scope, and no others exist for it', async () => {
  const requestedBy = operator('role=db');
  const runId = await bench.ask({ kind: 'ask', prompt: 'how much disk space is left on web-01?', requestedBy });
  const run = await bench.finished(runId);
  expect(await bench.executionsOf(runId)).toEqual([]);
  expect(run.answer).toContain('web-01');
  expect(run.answer).not.toMatch(/web-02|role=web/);
  const unknown = await bench.finished(
    await bench.ask({ kind: 'ask', prompt: 'how much disk space is left on web-09?', requestedBy }),
  );
  // Said in the same words as of a node that there is not.
  expect(run.answer?.replaceAll('web-01', 'web-09')).toBe(unknown.answer);
});

it('a node that leaves the scope while a person decides is not touched, nor are the others of the approval', async () => {
  const requestedBy = operator('role=web');
  const runId = await bench.ask({
    kind: 'command',
    command: 'systemctl restart nginx',
    selector: 'role=web',
    requestedBy,
  });
  const approvalId = await bench.awaitsApproval(runId);
  await label('web-02', 'vault');
  await bench.decide(approvalId, 'approve');
  const run = await bench.finished(runId);
  expect(run).toMatchObject({ status: 'cancelled', reason: expect.stringContaining('left the scope') });
  expect(run.reason).not.toContain('web-02');
  expect(await bench.executionsOf(runId)).toEqual([]);
  await label('web-02', 'web');
});

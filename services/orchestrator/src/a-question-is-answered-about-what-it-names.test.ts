import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

let bench: RunBench;
beforeAll(async () => {
  bench = await openRunBench();
});
afterAll(() => bench?.close());

it.each<[string, string | null, string | RegExp]>([
  ['what is wrong with web-99', null, 'There is no node web-99. Nothing was run.'],
  ['is "WEB-1" healthy?', null, 'There is no node WEB-1. Did you mean web-01? Nothing was run.'],
  ['is web-98 or web-99 slow', '*', /^There is no node web-98 or web-99\..* Nothing was run\.$/],
  [
    'which nodes in amsterdam are out of disk?',
    null,
    'There is no site, node or label named amsterdam. The only site is fra1.\n\nNothing was run.',
  ],
  ['disks in fra2?', null, 'There is no site fra2. The only site is fra1. Nothing was run.'],
  ['disks of web-01', 'role=db', /^The selector role=db does not pick web-01, so nothing was run\./],
  ['which disks are full', 'role=cache', 'No node matches the selector role=cache, so nothing was run.'],
  ['is anything wrong except on web-01, web-02 and db-01', null, /so nothing was run\.$/],
])('%s (selector %s) ends with a true sentence, and nothing runs', async (prompt, selector, answer) => {
  const runId = await bench.ask({ kind: 'ask', prompt, selector });
  const run = await bench.finished(runId);
  expect({ status: run.status, reason: run.reason }).toEqual({ status: 'succeeded', reason: null });
  if (typeof answer === 'string') expect(run.answer).toBe(answer);
  else expect(run.answer).toMatch(answer);
  expect(run.findings).toEqual([]);
  expect(await bench.executionsOf(runId)).toEqual([]);
});

it('a question of another kind that names a place is refused for what it is, with what can be asked', async () => {
  const run = await bench.finished(await bench.ask({ kind: 'ask', prompt: 'what is the weather in Paris' }));
  expect(run.status).toBe('failed');
  expect(run.reason).toMatch(
    /^SENA can't answer this without a model: .*\n- Node health: .*\n- Disk space: Which disks are full\?/s,
  );
});

it('a wish for a change is told that only looking is possible', async () => {
  const runId = await bench.ask({ kind: 'ask', prompt: 'restart nginx on web-01 please' });
  expect(await bench.finished(runId)).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(/only looks\. Nothing was run\./),
  });
  expect(await bench.executionsOf(runId)).toEqual([]);
});

it('of two nodes one of which does not exist the other is asked, and the answer says which there is not', async () => {
  const runId = await bench.ask({ kind: 'ask', prompt: 'kernel versions of web-01 and web-99?' });
  const [execution] = await bench.dispatched(runId, 1);
  expect(execution?.node_name).toBe('web-01');
  await bench.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: 'Linux 6.1.0-18 x86_64\n' }]);
  const run = await bench.finished(runId);
  expect(run.answer).toMatch(/^There is no node web-99\.\n\nweb-01 runs Linux 6\.1\.0-18 \(x86_64\)\.\n/);
});

it('a selector and a name intersect, and what is left out is told', async () => {
  const runId = await bench.ask({ kind: 'ask', prompt: 'kernel versions of web-01 and db-01', selector: 'role=web' });
  const [execution] = await bench.dispatched(runId, 1);
  expect(execution?.node_name).toBe('web-01');
  await bench.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: 'Linux 6.1.0-18 x86_64\n' }]);
  expect((await bench.finished(runId)).answer).toMatch(
    /^Outside the selector role=web and left out: db-01\.\n\nweb-01 runs/,
  );
});

it('a selector is a border: nothing beyond it is read, not even to compare with', async () => {
  const runId = await bench.ask({ kind: 'ask', prompt: 'what is wrong', selector: 'name=web-01' });
  const executions = await bench.dispatched(runId, 10);
  expect(new Set(executions.map(({ node_name }) => node_name))).toEqual(new Set(['web-01']));
  await bench.speak(executions.map(({ id }) => ({ executionId: id, exitCode: 0, stdout: '' })));
  expect((await bench.finished(runId)).answer).not.toContain('Compared with');
});

it('of a node that is named everything is looked at, the rest only lends what is compared, and only it is spoken about', async () => {
  const runId = await bench.ask({ kind: 'ask', prompt: 'what is wrong with web-01' });
  const executions = await bench.dispatched(runId, 20);
  const stepsOn = (name: string) =>
    executions
      .filter(({ node_name }) => node_name === name)
      .map(({ step }) => step.replace('node-health.', ''))
      .sort();
  const compared = ['cpu-lifetime', 'load', 'memory', 'packages', 'ports'];
  expect(stepsOn('web-01')).toEqual(
    [...compared, 'certificates', 'cpu-now', 'disk-space', 'inodes', 'services'].sort(),
  );
  expect([stepsOn('web-02'), stepsOn('db-01')]).toEqual([compared, compared]);

  await bench.speak(
    executions.map(({ id, node_name, step }) => {
      const version = node_name === 'web-01' ? '2.3.0-1' : '2.4.1-1';
      const stdout = step.endsWith('packages') ? `ii  base-files 12.4\nii  shop ${version}\n` : '';
      return { executionId: id, exitCode: stdout === '' ? 1 : 0, stdout };
    }),
  );
  const run = await bench.finished(runId);
  expect(run.answer).toContain('shop on web-01 is 2.3.0-1, others have 2.4.1-1');
  expect(run.answer).toContain('web-01 did not give a complete answer');
  expect(run.answer).toContain('Compared with what 2 other nodes printed.');
  expect(run.answer).not.toMatch(/web-02|db-01/);
  const [finding] = run.findings;
  expect(run.findings).toHaveLength(1);
  expect(finding).toMatchObject({ severity: 'warning', nodes: [{ name: 'web-01' }] });
  const cited = executions.filter(({ id }) => finding?.executionIds.includes(id));
  expect(cited.map(({ step }) => step)).toEqual(['node-health.packages', 'node-health.packages']);
});

import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stepsAreComplete } from '../dispatch/steps-are-complete.ts';
import { appendRunEvent, appendRunEventOnce } from '../events/append-run-event.ts';
import { listRunEvents } from '../events/list-run-events.ts';
import { listExecutions, readExecution } from '../execution/list-executions.ts';
import { listObservations } from '../execution/list-observations.ts';
import { type Bench, exited, notStarted, openBench } from '../fixtures/open-bench.ts';
import { listOutputGroups } from '../output/list-output-groups.ts';
import { recordOutput } from '../output/record-output.ts';
import { recordResults } from '../results/record-results.ts';
import { recordStarts } from '../results/record-starts.ts';
import { addUsage } from './add-usage.ts';
import { listRuns } from './list-runs.ts';
import { readRequester } from './read-requester.ts';
import { readRun } from './read-run.ts';
import { savePolicyDecisions, setPlanner } from './save-plan.ts';
import { saveReport } from './save-report.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let executions: string[];
let satelliteId: string;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 7 });
  satelliteId = fleet.satellites[0]?.id as string;
  runId = await bench.createRun(fleet);
  const dispatchId = await bench.writeDispatch(fleet, runId);
  await bench.markSent(dispatchId);
  executions = await bench.executionsOf(dispatchId);
});

const inFleet: Bench['inFleet'] = (...args) => bench.inFleet(...args);
const record = (rows: Parameters<typeof recordResults>[1]) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) => recordResults(transaction, rows, 'satellite:s'));
const answered = (index: number, text: string, groupHash: string) =>
  exited(satelliteId, executions[index] as string, {
    groupHash,
    stdoutInline: Buffer.from(text),
    stdoutBytes: text.length,
    stdoutKeptBytes: text.length,
  });

/** 4 alike, 1 other, 1 unreachable, 1 without a word. */
async function recordSome(): Promise<void> {
  await record([
    ...[0, 1, 2, 3].map((index) => answered(index, 'up 3 days', '1:same')),
    answered(4, 'up 1 min\u0000', '1:other'),
    exited(satelliteId, executions[5] as string, {
      outcome: notStarted,
      groupHash: null,
      startedAt: null,
      durationMs: null,
    }),
  ]);
}

async function pages<Item>(
  list: (cursor: string | undefined) => Promise<{ items: Item[]; nextCursor: string | null }>,
): Promise<Item[][]> {
  const all: Item[][] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    all.push(page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

describe('executions', () => {
  const list = (query: Parameters<typeof listExecutions>[2]) =>
    inFleet(fleet, (transaction) => listExecutions(transaction, runId, query));

  test('come by name, a page at a time, each once', async () => {
    await recordSome();
    const found = await pages((cursor) => list({ limit: 3, cursor }));
    expect(found.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(found.flat().map((execution) => execution.id)).toEqual(executions);
    expect(found.flat().map((execution) => execution.outcome)).toEqual([
      ...Array(5).fill('exited'),
      'not_started',
      null,
    ]);
    expect(found.flat()[0]).toMatchObject({ command: 'uptime', exitCode: 0, durationMs: 12, stdoutBytes: 9 });
  });

  test('can be those of one outcome, or of one group', async () => {
    await recordSome();
    const names = async (query: object) =>
      (await list({ limit: 10, ...query })).items.map((execution) => executions.indexOf(execution.id));
    expect(await names({ outcome: 'not_started' })).toEqual([5]);
    expect(await names({ outcome: 'pending' })).toEqual([6]);
    expect(await names({ group: 's1~1:other' })).toEqual([4]);
    expect(await names({ group: 's1~pending' })).toEqual([6]);
    expect(await names({ group: 'no such group' })).toEqual([]);
  });

  test('say how they ran, where somebody has said so', async () => {
    await record([
      { ...answered(0, 'restarted', '1:same'), mode: 'plain' },
      { ...answered(1, 'restarted', '1:same'), mode: 'guarded' },
      answered(2, 'restarted', '1:same'),
    ]);
    const modes = (await list({ limit: 10 })).items.map((execution) => execution.mode);
    expect(modes).toEqual(['plain', 'guarded', ...Array(5).fill(null)]);
  });

  test('say what was masked in their output; the places only one alone', async () => {
    const masked = {
      ...{ rawSha256: 'a'.repeat(64), count: 2, bytes: 24, rules: { assignment: 1, 'secretlint/github': 1 } },
      spans: [
        [9, 21, 'assignment'],
        [40, 52, 'secretlint/github'],
      ] satisfies Array<[number, number, string]>,
    };
    await record([
      { ...answered(0, 'up', '1:same'), redaction: { stdout: masked, stderr: null } },
      answered(1, 'up', '1:same'),
    ]);
    const [first, second] = (await list({ limit: 10 })).items;
    const { spans, ...counts } = masked;
    expect(first?.redaction).toEqual({ stdout: counts, stderr: null });
    expect(second?.redaction).toBeNull();
    const alone = await inFleet(fleet, (transaction) => readExecution(transaction, executions[0] as string));
    expect(alone?.redaction?.stdout?.spans).toEqual([
      { start: 9, end: 21, rule: 'assignment' },
      { start: 40, end: 52, rule: 'secretlint/github' },
    ]);
  });

  test('of another organization are not there', async () => {
    const other = await bench.seedFleet();
    const found = await inFleet(other, async (transaction) => [
      (await listExecutions(transaction, runId, { limit: 10 })).items,
      await readExecution(transaction, executions[0] as string),
    ]);
    expect(found).toEqual([[], null]);
  });

  test('one that has begun says when', async () => {
    const start = {
      satelliteId,
      executionId: executions[0] as string,
      attempt: 1,
      at: '2026-05-05T05:05:05.000Z',
      bootId: null,
    };
    const record = () =>
      inOrganization(bench.relay, fleet.organizationId, (transaction) => recordStarts(transaction, [start]));
    expect(await record()).toHaveLength(1);
    expect(await record()).toEqual([]);
    const found = await inFleet(fleet, (transaction) => readExecution(transaction, executions[0] as string));
    expect(found).toMatchObject({ outcome: null, startedAt: '2026-05-05T05:05:05.000Z' });
  });
});

test('groups hold equal answers, largest first, with a head to read; pages hold each group once', async () => {
  await recordSome();
  const found = await pages((cursor) =>
    inFleet(fleet, (transaction) => listOutputGroups(transaction, runId, { limit: 2, cursor })),
  );
  const groups = found.flat();
  expect(found.map((page) => page.length)).toEqual([2, 2]);
  expect(groups.map((group) => [group.key, group.count, group.outcome])).toEqual([
    ['s1~1:same', 4, 'exited'],
    ['s1~1:other', 1, 'exited'],
    ['s1~not_started:node_unreachable', 1, 'not_started'],
    ['s1~pending', 1, null],
  ]);
  expect(groups[0]).toMatchObject({ stdout: 'up 3 days', stdoutBytes: 9, exemplarExecutionId: executions[0] });
  expect(groups[0]?.nodes).toHaveLength(4);
  expect(groups[1]?.stdout).toBe('up 1 min\u0000');
});

test('observations hold the beginning of what each node said, and say when there is more', async () => {
  const long = 'x'.repeat(10_000);
  await inOrganization(bench.relay, fleet.organizationId, async (transaction) => {
    const piece = {
      satelliteId,
      executionId: executions[0] as string,
      attempt: 1,
      stream: 'stdout',
      offset: 0,
    } as const;
    await recordOutput(transaction, [{ ...piece, data: Buffer.from(long) }]);
  });
  await record([
    exited(satelliteId, executions[0] as string, { stdoutInline: null, stdoutBytes: 10_000, stdoutKeptBytes: 10_000 }),
    answered(1, 'short', '1:short'),
  ]);
  const found = await inFleet(fleet, (transaction) =>
    listObservations(transaction, runId, ['s1'], { headBytes: 100, totalBytesMax: 1_000_000 }),
  );
  expect(found.map(({ stdout, truncated }) => [stdout, truncated])).toEqual([
    ['x'.repeat(100), true],
    ['short', false],
  ]);
  expect(await inFleet(fleet, (transaction) => stepsAreComplete(transaction, runId, ['s1']))).toBe(false);
  await record([2, 3, 4, 5, 6].map((index) => answered(index, 'y', '1:y')));
  expect(await inFleet(fleet, (transaction) => stepsAreComplete(transaction, runId, ['s1']))).toBe(true);
});

describe('runs', () => {
  test('are listed newest first, a page at a time, by status', async () => {
    for (let count = 0; count < 4; count += 1) await bench.createRun(fleet);
    const found = await pages((cursor) => inFleet(fleet, (transaction) => listRuns(transaction, { limit: 2, cursor })));
    const ids = found.flat().map((run) => run.id);
    expect(found.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(ids).toEqual(ids.toSorted().toReversed());
    const failed = await inFleet(fleet, (transaction) => listRuns(transaction, { limit: 5, status: 'failed' }));
    expect(failed.items).toEqual([]);
  });

  test('show their report; a claim without evidence of this run is dropped, one without nodes is about those of its evidence', async () => {
    await recordSome();
    const otherRun = await bench.createRun(fleet);
    const otherDispatch = await bench.writeDispatch(fleet, otherRun);
    const [stranger] = await bench.executionsOf(otherDispatch);
    const finding = { severity: 'warning', nodes: [] } as const;
    const saved = await inFleet(fleet, async (transaction) => {
      await setPlanner(transaction, runId, 'runbook');
      await addUsage(transaction, runId, { modelCalls: 1, promptTokens: 10, completionTokens: 2, models: ['m1'] });
      await addUsage(transaction, runId, { modelCalls: 1, promptTokens: 5, completionTokens: 1, models: ['m1', 'm2'] });
      return saveReport(transaction, runId, {
        ifUncited: null,
        answer: 'One was restarted.',
        findings: [
          { ...finding, claim: 'restarted', nodes: [], executionIds: [executions[4] as string] },
          { ...finding, claim: 'made up', nodes: [], executionIds: [crypto.randomUUID()] },
          { ...finding, claim: 'of another run', nodes: [], executionIds: [stranger as string] },
          { ...finding, claim: 'half', nodes: [], executionIds: [stranger as string, executions[0] as string] },
        ],
      });
    });
    expect(saved).toEqual({ saved: 2, dropped: 2 });
    const run = await inFleet(fleet, (transaction) => readRun(transaction, runId));
    expect(run).toMatchObject({
      answer: 'One was restarted.',
      planner: 'runbook',
      usage: { modelCalls: 2, promptTokens: 15, completionTokens: 3, models: ['m1', 'm2'] },
      counts: { total: 7, exitedZero: 5, notStarted: 1, pending: 1 },
      requestedBy: { id: 'user_asker', name: 'Asker' },
    });
    expect(run?.findings.map((each) => [each.claim, each.executionIds, each.nodes.map((node) => node.name)])).toEqual([
      ['restarted', [executions[4]], [expect.stringMatching(/^web-/)]],
      ['half', [executions[0]], [expect.stringMatching(/^web-/)]],
    ]);
  });

  test('know who asked, in their organization', async () => {
    const requester = (of: SeededFleet) => inFleet(of, (transaction) => readRequester(transaction, runId));
    expect(await requester(fleet)).toEqual({
      ref: 'member:user_asker',
      name: 'Asker',
      role: 'operator',
      via: 'session',
      key: null,
      kind: 'command',
      command: 'uptime',
      planner: 'none',
    });
    await expect(requester(await bench.seedFleet())).rejects.toThrow(/does not exist/);
    expect(await inFleet(await bench.seedFleet(), (transaction) => readRun(transaction, runId))).toBeNull();
  });

  test('keep what the gate said first', async () => {
    const gated = (decision: 'allow' | 'deny') => ({
      step: 's1',
      command: 'uptime',
      shell: 'sh' as const,
      decision: { decision, approvers: 0, passkey: false, rules: [], effects: [], reasons: [decision] },
    });
    for (const decision of ['allow', 'deny'] as const) {
      await inFleet(fleet, (transaction) => savePolicyDecisions(transaction, runId, [gated(decision)], 'service:test'));
    }
    const saved = await bench.admin.query('select decision from policy_decisions where run_id = $1', [runId]);
    expect(saved.rows).toEqual([{ decision: 'allow' }]);
    const audited = await bench.admin.query(
      `select 1 from audit_events where run_id = $1 and action = 'command.gated'`,
      [runId],
    );
    expect(audited.rowCount).toBe(1);
  });
});

describe('events', () => {
  const note = (text: string) => ({ type: 'run.note', text }) as const;
  const append = (text: string) => inFleet(fleet, (transaction) => appendRunEvent(transaction, runId, note(text)));
  const list = (after: number, limit?: number) =>
    inFleet(fleet, (transaction) => listRunEvents(transaction, runId, after, limit));

  test('that are written at once are numbered without a gap', async () => {
    const numbers = await Promise.all(Array.from({ length: 30 }, (_, n) => append(`${n}`)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 3));
    expect((await list(0)).map((event) => event.seq)).toEqual(Array.from({ length: 32 }, (_, n) => n + 1));
    expect((await list(5, 4)).map((event) => event.seq)).toEqual([6, 7, 8, 9]);
  });

  test('that are rolled back leave no gap', async () => {
    const undone = inFleet(fleet, async (transaction) => {
      await appendRunEvent(transaction, runId, note('undone'));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await append('done')).toBe(3);
  });

  test('of a repeated step are written once', async () => {
    const once = () =>
      inFleet(fleet, (transaction) =>
        appendRunEventOnce(transaction, runId, note('a'), { type: 'run.note', text: 'a' }),
      );
    expect(await once()).toBe(3);
    expect(await once()).toBeNull();
  });

  test('of a run that is not there are refused', async () => {
    const other = await bench.seedFleet();
    const append = inFleet(other, (transaction) => appendRunEvent(transaction, runId, note('a')));
    await expect(append).rejects.toThrow(/does not exist/);
  });
});

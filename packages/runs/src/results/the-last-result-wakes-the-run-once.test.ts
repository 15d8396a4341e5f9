import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bench, exited, newDispatch, openBench, unknown } from '../fixtures/open-bench.ts';
import { type RecordedRun, type ResultRow, recordResults } from './record-results.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let satellites: string[];
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 40, satellites: 2 });
  satellites = fleet.satellites.map((satellite) => satellite.id);
  runId = await bench.createRun(fleet);
});

const record = (rows: ResultRow[]): Promise<RecordedRun[]> =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) => recordResults(transaction, rows, 'service:relay'));

/** Two dispatches of one step, each half of the nodes; their executions. */
async function writeHalves(step = 's1'): Promise<[string[], string[]]> {
  const halves: string[][] = [];
  for (const [index, satellite] of fleet.satellites.entries()) {
    const nodes = fleet.nodes.slice(index * 20, index * 20 + 20);
    const dispatchId = await bench.writeDispatch(fleet, runId, {
      ...newDispatch(satellite, nodes),
      step: `${step}-${index}`,
    });
    await bench.markSent(dispatchId);
    halves.push(await bench.executionsOf(dispatchId));
  }
  return halves as [string[], string[]];
}
const rowsOf = (index: number, executions: string[]) => executions.map((id) => exited(satellites[index] as string, id));
const wakes = async () =>
  (
    await bench.admin.query(
      `select wake_count - 1 as wakes, (select count(*)::integer from outbox o where o.run_id = r.id and o.job = 'advanceRun') - 1 as rung
       from runs r where id = $1`,
      [runId],
    )
  ).rows[0];

test('nothing wakes it before the last execution of the last dispatch', async () => {
  const [first, second] = await writeHalves();
  expect((await record(rowsOf(0, first)))[0]?.outboxId).toBeNull();
  expect((await record(rowsOf(1, second.slice(1))))[0]?.outboxId).toBeNull();
  expect(await wakes()).toEqual({ wakes: 0, rung: 0 });
  expect((await record(rowsOf(1, second.slice(0, 1))))[0]?.outboxId).toMatch(/^\d+$/);
  expect(await wakes()).toEqual({ wakes: 1, rung: 1 });
});

test('two relays that finish the last two dispatches at once wake it exactly once, every time', async () => {
  for (let round = 1; round <= 12; round += 1) {
    const [first, second] = await writeHalves(`round${round}`);
    const recorded = (await Promise.all([record(rowsOf(0, first)), record(rowsOf(1, second))])).flat();
    expect(recorded.filter((run) => run.outboxId !== null)).toHaveLength(1);
    expect(await wakes()).toEqual({ wakes: round, rung: round });
  }
});

test('many at once, each execution told by two connections: all are counted once, nobody waits in a circle', async () => {
  const [first, second] = await writeHalves();
  const shuffled = (rows: ResultRow[]) => rows.toSorted(() => Math.random() - 0.5);
  const batches = [rowsOf(0, first), rowsOf(1, second), rowsOf(1, second), rowsOf(0, first)].flatMap((rows) => {
    const mixed = shuffled(rows);
    return [mixed.slice(0, 7), mixed.slice(7, 13), mixed.slice(13)];
  });
  await Promise.all(batches.map(record));
  const run = await bench.admin.query('select exited_zero_count as zero from runs where id = $1', [runId]);
  expect(run.rows[0].zero).toBe(40);
  expect(await wakes()).toEqual({ wakes: 1, rung: 1 });
});

test('results and the events of starts, for the same runs from two sides, do not lock each other out', async () => {
  const { recordStarts } = await import('./record-starts.ts');
  const { lockRunsOfExecutions } = await import('../run/lock-runs.ts');
  const runs = [runId, await bench.createRun(fleet), await bench.createRun(fleet)];
  const executionsOf: string[][] = [];
  for (const id of runs) {
    const dispatchId = await bench.writeDispatch(fleet, id);
    await bench.markSent(dispatchId);
    executionsOf.push(await bench.executionsOf(dispatchId));
  }
  const batch = (order: string[]) =>
    inOrganization(bench.relay, fleet.organizationId, async (transaction) => {
      await lockRunsOfExecutions(transaction, order);
      const start = (executionId: string) => ({
        satelliteId: satellites[0] as string,
        executionId,
        attempt: 1,
        at: '2026-01-01T00:00:00Z',
        bootId: null,
      });
      await recordStarts(transaction, order.slice(0, 1).map(start));
      await recordResults(transaction, rowsOf(0, order), 'service:relay');
    });
  const orders = Array.from({ length: 20 }, (_, n) => {
    const column = executionsOf.map((executions) => executions[n] as string);
    return n % 2 === 0 ? column : column.toReversed();
  });
  await Promise.all(orders.map(batch));
  const counted = await bench.admin.query(
    'select sum(exited_zero_count)::integer as zero from runs where id = any($1)',
    [runs],
  );
  expect(counted.rows[0].zero).toBe(60);
});

test('a discovery about what was unknown wakes nobody: the run has gone on', async () => {
  const [first, second] = await writeHalves();
  await record([...rowsOf(0, first), ...rowsOf(1, second)].map((row) => ({ ...row, outcome: unknown })));
  expect(await wakes()).toEqual({ wakes: 1, rung: 1 });
  const found = await record(rowsOf(0, first).map((row) => ({ ...row, revision: 2 })));
  expect(found).toMatchObject([{ recorded: 20, outboxId: null }]);
  expect(await wakes()).toEqual({ wakes: 1, rung: 1 });
});

import { inOrganization, type TenantTransaction } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, openBench } from '../fixtures/open-bench.ts';
import { requestCancel } from '../run/request-cancel.ts';
import { listExecutionsToCancel } from './list-executions-to-cancel.ts';

let bench: Bench;
let fleet: SeededFleet;
beforeAll(async () => {
  bench = await openBench();
  fleet = await bench.seedFleet({ nodes: 2 });
});
afterAll(() => bench.close());

const look = (query: (transaction: TenantTransaction) => TenantTransaction['query']) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    listExecutionsToCancel({ ...transaction, query: query(transaction) }, [fleet.satellites[0]?.id as string]),
  );

/** So many more like it, each with its dispatch under way. */
async function copyRun(runId: string, dispatchId: string, count: number): Promise<void> {
  await bench.admin.query(
    `insert into runs select c.* from runs r, generate_series(1, $2::integer) n,
       jsonb_populate_record(r, jsonb_build_object('id', r.id || n)) c where r.id = $1`,
    [runId, count],
  );
  await bench.admin.query(
    `insert into dispatches select c.* from dispatches d, generate_series(1, $2::integer) n,
       jsonb_populate_record(d, jsonb_build_object('id', d.id || n, 'run_id', d.run_id || n)) c where d.id = $1`,
    [dispatchId, count],
  );
  await bench.admin.query('analyze runs, dispatches, executions, outcomes, inquiries');
}

interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** Rows that the plan's scans have looked at. */
function rowsSeen(node: PlanNode): number {
  const own = node['Node Type'].includes('Scan')
    ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
    : 0;
  return own + (node.Plans ?? []).reduce((sum, child) => sum + rowsSeen(child), 0);
}

test('of thousands of runs under way those that are being cancelled are found without a look at the others', async () => {
  const runId = await bench.createRun(fleet);
  const dispatchId = await bench.writeDispatch(fleet, runId);
  await bench.markSent(dispatchId);
  await copyRun(runId, dispatchId, 5_000);
  expect(await look((transaction) => transaction.query)).toEqual([]);
  await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
  await bench.admin.query('analyze runs');
  const [told] = await look((transaction) => transaction.query);
  expect(told?.executionIds.toSorted()).toEqual((await bench.executionsOf(dispatchId)).toSorted());

  let plan: PlanNode | undefined;
  await look((transaction) => async (text, values) => {
    const explained = await transaction.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (analyze, format json) ${text}`,
      values,
    );
    plan = explained.rows[0]?.['QUERY PLAN'][0].Plan;
    return transaction.query(text, values);
  });
  expect(rowsSeen(plan as PlanNode)).toBeLessThan(100);
});

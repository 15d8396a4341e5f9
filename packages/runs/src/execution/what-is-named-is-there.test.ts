// Executions and outcomes refer to what they belong to without a foreign key: what holds in its place.
import { newId } from '@sena/contracts/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench } from '../fixtures/open-bench.ts';

let bench: Bench;
let named: { runId: string; dispatchId: string; executionId: string; organizationId: string };
let others: typeof named;
beforeAll(async () => {
  bench = await openBench();
  [named, others] = await Promise.all([write(), write()]);
});
afterAll(() => bench?.close());

async function write(): Promise<typeof named> {
  const fleet = await bench.seedFleet({ nodes: 1 });
  const runId = await bench.createRun(fleet);
  const dispatchId = await bench.writeDispatch(fleet, runId);
  const [executionId = ''] = await bench.executionsOf(dispatchId);
  return { runId, dispatchId, executionId, organizationId: fleet.organizationId };
}

const execute = (organizationId: string, runId: string, dispatchId: string) =>
  bench.admin.query(
    `insert into executions (id, organization_id, run_id, dispatch_id, step, node_id, node_name, address, port, run_as, credential)
     values (gen_random_uuid(), $1, $2, $3, 's2', 'node', 'web', '::1', 22, 'root', 'default')`,
    [organizationId, runId, dispatchId],
  );
const tell = (organizationId: string, runId: string, executionId: string) =>
  bench.admin.query(
    `insert into outcomes (organization_id, execution_id, run_id, revision, attempt, kind, group_hash, audit_event_id)
     values ($1, $2, $3, 1, 1, 'unknown', 'x', 'aud')`,
    [organizationId, executionId, runId],
  );
const isMissing = { code: '23503' };
const stays = { code: '42501' };

describe('even the superuser', () => {
  it('writes no execution of a dispatch that is not there, or that is another’s', async () => {
    const { organizationId, runId, dispatchId } = named;
    await execute(organizationId, runId, dispatchId);
    await expect(execute(organizationId, runId, newId('disp'))).rejects.toMatchObject(isMissing);
    await expect(execute(others.organizationId, runId, dispatchId)).rejects.toMatchObject(isMissing);
    await expect(execute(organizationId, others.runId, dispatchId)).rejects.toMatchObject(isMissing);
    await expect(
      bench.admin.query('update executions set dispatch_id = $1 where run_id = $2', [others.dispatchId, runId]),
    ).rejects.toMatchObject(isMissing);
  });

  it('writes no outcome of an execution that is not there, or that is another’s', async () => {
    const { organizationId, runId, executionId } = named;
    await expect(tell(organizationId, runId, others.executionId)).rejects.toMatchObject(isMissing);
    await expect(tell(others.organizationId, runId, executionId)).rejects.toMatchObject(isMissing);
    await expect(tell(organizationId, others.runId, executionId)).rejects.toMatchObject(isMissing);
    await tell(organizationId, runId, executionId);
  });

  it('takes neither away, nor gives it another name', async () => {
    for (const table of ['dispatches', 'executions']) {
      await expect(bench.admin.query(`delete from ${table}`)).rejects.toMatchObject(stays);
      await expect(bench.admin.query(`truncate ${table} cascade`)).rejects.toMatchObject(stays);
      for (const column of ['id', 'organization_id', 'run_id'])
        await expect(bench.admin.query(`update ${table} set ${column} = ${column}`)).rejects.toMatchObject(stays);
    }
  });
});

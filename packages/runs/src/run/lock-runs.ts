// The order in which rows are locked, wherever executions end: runs by id, then their dispatches. Two that keep to it never
// wait for each other in a circle. Each is looked up by its key: what is looked for among an organization's is looked for among all of
// them. Changes nothing.
import type { TenantTransaction } from '@sena/db/tenant';

export async function lockRunsOfDispatches(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
): Promise<void> {
  await transaction.query(
    `select 1 from runs where id = any (array(
       select distinct d.run_id from unnest($1::text[]) as i (id)
         cross join lateral (select x.run_id from dispatches x where x.id = i.id limit 1) d
     )) order by id for no key update`,
    [dispatchIds],
  );
}

export async function lockRunsOfExecutions(
  transaction: TenantTransaction,
  executionIds: readonly string[],
): Promise<void> {
  await transaction.query(
    `select 1 from runs where id = any (array(
       select distinct e.run_id from unnest($1::uuid[]) as i (id)
         cross join lateral (select x.run_id from executions x where x.id = i.id limit 1) e
     )) order by id for no key update`,
    [executionIds],
  );
}

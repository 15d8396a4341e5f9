// The order in which rows are locked, wherever executions end: runs by id, then their dispatches. Two that keep to it never
// wait for each other in a circle. Changes nothing.
import type { TenantTransaction } from '@sena/db/tenant';

export async function lockRunsOfDispatches(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
): Promise<void> {
  await transaction.query(
    'select 1 from runs where id in (select run_id from dispatches where id = any($1)) order by id for no key update',
    [dispatchIds],
  );
}

export async function lockRunsOfExecutions(
  transaction: TenantTransaction,
  executionIds: readonly string[],
): Promise<void> {
  await transaction.query(
    'select 1 from runs where id in (select run_id from executions where id = any($1::uuid[])) order by id for no key update',
    [executionIds],
  );
}

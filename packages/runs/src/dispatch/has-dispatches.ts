// Were these steps of a run dispatched already? For an orchestrator that comes back after a crash. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** True when there is a dispatch of any of them, whatever became of it. */
export async function hasDispatches(
  transaction: TenantTransaction,
  runId: string,
  steps: readonly string[],
): Promise<boolean> {
  const found = await transaction.query('select 1 from dispatches where run_id = $1 and step = any($2) limit 1', [
    runId,
    steps,
  ]);
  return found.rowCount !== 0;
}

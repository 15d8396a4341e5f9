// Is there nothing left to wait for? Entered by the orchestrator. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** True when no dispatch of these steps has an execution without an outcome. */
export async function stepsAreComplete(
  transaction: TenantTransaction,
  runId: string,
  steps: readonly string[],
): Promise<boolean> {
  const open = await transaction.query(
    'select 1 from dispatches where run_id = $1 and step = any($2) and pending > 0 limit 1',
    [runId, steps],
  );
  return open.rowCount === 0;
}

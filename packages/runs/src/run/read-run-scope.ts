// The bounds under which a run was asked for. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** A selector; null: every node. Throws when there is no such run. */
export async function readRunScope(transaction: TenantTransaction, runId: string): Promise<string | null> {
  const found = await transaction.query<{ scope: string | null }>('select scope from runs where id = $1', [runId]);
  const run = found.rows[0];
  if (run === undefined) throw new Error(`run ${runId} does not exist in ${transaction.organizationId}`);
  return run.scope;
}

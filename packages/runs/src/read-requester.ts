// Who asked for a run. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** `ref` as principalRef makes it. Throws when there is no such run. */
export async function readRequester(
  transaction: TenantTransaction,
  runId: string,
): Promise<{ ref: string; name: string }> {
  const found = await transaction.query<{ requested_by: string; requested_by_name: string }>(
    'select requested_by, requested_by_name from runs where id = $1',
    [runId],
  );
  const run = found.rows[0];
  if (run === undefined) throw new Error(`run ${runId} does not exist in ${transaction.organizationId}`);
  return { ref: run.requested_by, name: run.requested_by_name };
}

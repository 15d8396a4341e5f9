// May who asked for a run still ask for one? For a run that waited for its time. Reads only.
import { rolesWith } from '@sena/contracts/domain/role-permissions';
import type { TenantTransaction } from '@sena/db/tenant';

/** False when they have left the organization, their role does not run anything any more, or the API key they asked with is revoked or expired. */
export async function requesterMayRun(transaction: TenantTransaction, runId: string): Promise<boolean> {
  const found = await transaction.query(
    `select 1 from runs where id = $1 and requested_by in (select members_with_role($2))
       and (requested_key is null or api_key_is_good(requested_key))`,
    [runId, rolesWith('runs:write')],
  );
  return found.rowCount === 1;
}

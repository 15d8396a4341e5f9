// Who changes an organization's dispatch keys is alone with them until its transaction ends (advisory lock). Entered by whatever signs or makes
// keys.
import type { TenantTransaction } from '@sena/db/tenant';

/** To change them. Of two signers one waits until the other's transaction ends. */
export async function lockDispatchKeys(transaction: TenantTransaction): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock(hashtextextended('sena.dispatch-key:' || $1, 0))`, [
    transaction.organizationId,
  ]);
}

/** To sign with them: together with others that do. */
export async function shareDispatchKeys(transaction: TenantTransaction): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock_shared(hashtextextended('sena.dispatch-key:' || $1, 0))`, [
    transaction.organizationId,
  ]);
}

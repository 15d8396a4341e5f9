// The one lock order: a run before its approvals. A cancel holds the run and then takes its approvals; a decision that began with the
// approval would meet it half-way, and one of the two would be refused by PostgreSQL.
import type { TenantTransaction } from '@sena/db/tenant';

/** Until the transaction ends. Does nothing when there is no such approval. */
export async function lockRunOfApproval(transaction: TenantTransaction, approvalId: string): Promise<void> {
  await transaction.query(
    'select 1 from runs where id = (select run_id from approvals where id = $1) for no key update',
    [approvalId],
  );
}

// Takes a request back that nobody should decide about any more: its run was cancelled, or its action is not what it was.
// Writes the approval and its audit row in the caller's transaction.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import type { TenantTransaction } from '@sena/db/tenant';

/** Only what is pending becomes void; returns whether it was. */
export async function voidApproval(
  transaction: TenantTransaction,
  approvalId: string,
  { actor, reason }: { actor: Actor; reason: string },
): Promise<boolean> {
  const changed = await transaction.query<{ run_id: string }>(
    `update approvals set status = 'void', reason = $2, decided_at = now() where id = $1 and status = 'pending' returning run_id`,
    [approvalId, reason],
  );
  const runId = changed.rows[0]?.run_id;
  if (runId === undefined) return false;
  await appendAuditEvent(transaction, { action: 'approval.void', actor, subject: approvalId, runId, data: { reason } });
  return true;
}

/** Returns how many there were. */
export async function voidApprovalsOfRun(transaction: TenantTransaction, runId: string, actor: Actor): Promise<number> {
  const pending = await transaction.query<{ id: string }>(
    `select id from approvals where run_id = $1 and status = 'pending' order by id`,
    [runId],
  );
  for (const { id } of pending.rows) await voidApproval(transaction, id, { actor, reason: 'the run was cancelled' });
  return pending.rows.length;
}

// Takes pending approvals of a run back: it was cancelled, or what they are over has changed.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { TenantTransaction } from '@sena/db/tenant';

/** Returns how many there were. */
export async function voidApprovalsOfRun(
  transaction: TenantTransaction,
  runId: string,
  actor: string,
): Promise<number> {
  const voided = await transaction.query<{ id: string }>(
    `update approvals set status = 'void', decided_at = now() where run_id = $1 and status = 'pending' returning id`,
    [runId],
  );
  for (const { id } of voided.rows)
    await appendAuditEvent(transaction, { action: 'approval.void', actor, subject: id, runId });
  return voided.rows.length;
}

// Ends a request that nobody decided about in time. Entered by the sweeper, and by a decision that comes too late.
// Writes the approval and its audit row in the caller's transaction; the caller wakes the run.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import type { Pool, TenantTransaction } from '@sena/db/tenant';
import { lockRunOfApproval } from './lock-run-of-approval.ts';

/** Pending ones whose time is over, of all organizations. For the sweeper. */
export async function listApprovalsToExpire(
  pool: Pool,
  atMost: number,
): Promise<Array<{ organizationId: string; approvalId: string }>> {
  const found = await pool.query<{ organization_id: string; approval_id: string }>(
    'select organization_id, approval_id from approvals_to_expire($1)',
    [atMost],
  );
  return found.rows.map((row) => ({ organizationId: row.organization_id, approvalId: row.approval_id }));
}

/** The run to wake; null when it was not pending, or is not over yet. */
export async function expireApproval(
  transaction: TenantTransaction,
  approvalId: string,
  actor: Actor,
): Promise<{ runId: string } | null> {
  await lockRunOfApproval(transaction, approvalId);
  const changed = await transaction.query<{ run_id: string }>(
    `update approvals set status = 'expired', decided_at = now()
     where id = $1 and status = 'pending' and expires_at <= now() returning run_id`,
    [approvalId],
  );
  const runId = changed.rows[0]?.run_id;
  if (runId === undefined) return null;
  await appendAuditEvent(transaction, { action: 'approval.expired', actor, subject: approvalId, runId });
  return { runId };
}

// Approvals that nobody decided in time. Entered by the sweeper.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Pool, TenantTransaction } from '@sena/db/tenant';

/** Over all organizations. */
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

/** null: decided meanwhile. The caller notes it in the run and wakes it. */
export async function expireApproval(
  transaction: TenantTransaction,
  approvalId: string,
  actor: string,
): Promise<{ runId: string } | null> {
  const expired = await transaction.query<{ run_id: string }>(
    `update approvals set status = 'expired', decided_at = now() where id = $1 and status = 'pending' and expires_at <= now() returning run_id`,
    [approvalId],
  );
  const row = expired.rows[0];
  if (row === undefined) return null;
  await appendAuditEvent(transaction, { action: 'approval.expired', actor, subject: approvalId, runId: row.run_id });
  return { runId: row.run_id };
}

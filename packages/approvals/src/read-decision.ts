// What became of a request. Entered by the orchestrator, which never believes the message that woke it. Reads only.
import { type Action, actionSchema } from '@sena/contracts/envelope';
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import type { TenantTransaction } from '@sena/db/tenant';
import { isActionIntact } from './is-action-intact.ts';

export interface ReadDecision {
  readonly status: ApprovalStatus;
  readonly decidedByName: string | null;
  readonly reason: string | null;
}

/** Throws when this organization has no such approval. */
export async function readDecision(transaction: TenantTransaction, approvalId: string): Promise<ReadDecision> {
  const found = await transaction.query<{
    status: ApprovalStatus;
    decided_by_name: string | null;
    reason: string | null;
  }>('select status, decided_by_name, reason from approvals where id = $1', [approvalId]);
  const row = found.rows[0];
  if (row === undefined) throw new Error(`approval ${approvalId} does not exist in ${transaction.organizationId}`);
  return { status: row.status, decidedByName: row.decided_by_name, reason: row.reason };
}

/** When what was approved may begin. null: what is stored is not what was approved, or it is not approved any more. */
export async function readApprovedStart(transaction: TenantTransaction, approvalId: string): Promise<Date | null> {
  const found = await transaction.query<{ action: unknown; action_digest: string }>(
    `select action, action_digest from approvals where id = $1 and status = 'approved'`,
    [approvalId],
  );
  const row = found.rows[0];
  if (row === undefined || !isActionIntact(row.action, row.action_digest)) return null;
  return new Date(actionSchema.parse(row.action).notBefore);
}

/** Exactly what was approved. Throws when it is not approved, or when what is stored is not what the digest covers. */
export async function readApprovedAction(transaction: TenantTransaction, approvalId: string): Promise<Action> {
  const found = await transaction.query<{ status: ApprovalStatus; action: unknown; action_digest: string }>(
    'select status, action, action_digest from approvals where id = $1',
    [approvalId],
  );
  const row = found.rows[0];
  if (row?.status !== 'approved')
    throw new Error(`approval ${approvalId} is ${row?.status ?? 'not there'}, not approved`);
  if (!isActionIntact(row.action, row.action_digest)) {
    throw new Error(`the action of approval ${approvalId} is not the one that was approved`);
  }
  return actionSchema.parse(row.action);
}

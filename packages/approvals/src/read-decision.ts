// How an approval stands, for the orchestrator. Reads only.

import { type Action, actionSchema } from '@sena/contracts/envelope';
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import type { TenantTransaction } from '@sena/db/tenant';
import { actionDigest } from '@sena/envelope/action-digest';

export interface Decision {
  readonly status: ApprovalStatus;
  readonly decidedByName: string | null;
  readonly reason: string | null;
}

/** Throws when there is no such approval. */
export async function readDecision(transaction: TenantTransaction, approvalId: string): Promise<Decision> {
  const found = await transaction.query<{
    status: ApprovalStatus;
    decided_by_name: string | null;
    reason: string | null;
  }>('select status, decided_by_name, reason from approvals where id = $1', [approvalId]);
  const row = found.rows[0];
  if (row === undefined) throw new Error(`approval ${approvalId} does not exist in ${transaction.organizationId}`);
  return { status: row.status, decidedByName: row.decided_by_name, reason: row.reason };
}

/** The action as it was approved. Throws when it is not approved, or not what the digest was made of. */
export async function readApprovedAction(transaction: TenantTransaction, approvalId: string): Promise<Action> {
  const found = await transaction.query<{ status: ApprovalStatus; action: unknown; action_digest: string }>(
    'select status, action, action_digest from approvals where id = $1',
    [approvalId],
  );
  const row = found.rows[0];
  if (row?.status !== 'approved')
    throw new Error(`approval ${approvalId} is ${row?.status ?? 'missing'}, not approved`);
  const action = actionSchema.parse(row.action);
  if (actionDigest(action) !== row.action_digest)
    throw new Error(`approval ${approvalId} was altered after it was requested`);
  return action;
}

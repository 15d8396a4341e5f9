// Was a step of this run put to a person already? So that a gate that runs again after a crash asks once. Reads only.
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import type { TenantTransaction } from '@sena/db/tenant';

/** The latest request that covers the step; null: there is none. */
export async function findApprovalOfStep(
  transaction: TenantTransaction,
  runId: string,
  step: string,
): Promise<{ id: string; status: ApprovalStatus } | null> {
  const found = await transaction.query<{ id: string; status: ApprovalStatus }>(
    `select id, status from approvals where run_id = $1 and action @> $2::jsonb order by id desc limit 1`,
    [runId, JSON.stringify({ commands: [{ step }] })],
  );
  return found.rows[0] ?? null;
}

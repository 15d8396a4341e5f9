// For a gate that may be repeated after a crash: the approval that already covers this step of this run. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

export async function findApprovalOfStep(
  transaction: TenantTransaction,
  runId: string,
  step: string,
): Promise<{ id: string } | null> {
  const found = await transaction.query<{ id: string }>(
    `select id from approvals where run_id = $1 and action @> jsonb_build_object('commands', jsonb_build_array(jsonb_build_object('step', $2::text)))
     order by created_at desc limit 1`,
    [runId, step],
  );
  return found.rows[0] ?? null;
}

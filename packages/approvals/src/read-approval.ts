// One request with all its commands and nodes, as this member sees it. Reads only.
import type { Member } from '@sena/contracts/domain/principal';
import type { Approval } from '@sena/contracts/http/approvals';
import { noSuch } from '@sena/contracts/no-such';
import type { NodeCondition, TenantTransaction } from '@sena/db/tenant';
import { type ApprovalRow, approvalColumns, toApproval } from './approval-rows.ts';
import { approvalWithin } from './approval-within.ts';

/** Throws `not_found`, also for what lies beyond `within`. */
export async function readApproval(
  transaction: TenantTransaction,
  viewer: Member,
  approvalId: string,
  within: NodeCondition | null = null,
): Promise<Approval> {
  const values: unknown[] = [approvalId];
  const found = await transaction.query<ApprovalRow>(
    `select ${approvalColumns(null)} from approvals where id = $1 and ${approvalWithin(within, values)}`,
    values,
  );
  if (found.rows[0] === undefined) throw noSuch('approval');
  return toApproval(found.rows[0], viewer);
}

// One request with all its commands and nodes, as this member sees it. Reads only.
import type { Member } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { Approval } from '@sena/contracts/http/approvals';
import type { TenantTransaction } from '@sena/db/tenant';
import { type ApprovalRow, approvalColumns, toApproval } from './approval-rows.ts';

/** Throws `not_found`. */
export async function readApproval(
  transaction: TenantTransaction,
  viewer: Member,
  approvalId: string,
): Promise<Approval> {
  const found = await transaction.query<ApprovalRow>(`select ${approvalColumns(null)} from approvals where id = $1`, [
    approvalId,
  ]);
  if (found.rows[0] === undefined) throw new SenaError('not_found', 'There is no approval with this id.');
  return toApproval(found.rows[0], viewer);
}

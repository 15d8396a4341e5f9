// The action of a request, byte for byte, for who recomputes its digest on their own machine. Reads only.
import type { Member } from '@sena/contracts/domain/principal';
import { actionSchema } from '@sena/contracts/envelope';
import type { ApprovalAction } from '@sena/contracts/http/approvals';
import type { TenantTransaction } from '@sena/db/tenant';
import { readApproval } from './read-approval.ts';

/** Throws `not_found`. */
export async function readAction(
  transaction: TenantTransaction,
  viewer: Member,
  approvalId: string,
): Promise<ApprovalAction> {
  const { status, actionDigest, requestedBy, mayDecide, passkeys } = await readApproval(
    transaction,
    viewer,
    approvalId,
  );
  const found = await transaction.query<{ action: unknown }>('select action from approvals where id = $1', [
    approvalId,
  ]);
  const action = actionSchema.safeParse(found.rows[0]?.action).data ?? null;
  return { approvalId, status, actionDigest, requestedBy, mayDecide, passkeys, action };
}

// Requests for a second person, newest first, a page at a time. Reads only.
import type { Member } from '@sena/contracts/domain/principal';
import type { Approval, ApprovalStatus } from '@sena/contracts/http/approvals';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { NodeCondition, TenantTransaction } from '@sena/db/tenant';
import { type ApprovalRow, approvalColumns, toApproval } from './approval-rows.ts';
import { approvalWithin } from './approval-within.ts';

/** Named in a list; the approval itself names all. */
const nodesNamed = 20;

export async function listApprovals(
  transaction: TenantTransaction,
  viewer: Member,
  page: { limit: number; cursor?: string | undefined; status?: ApprovalStatus | undefined },
  within: NodeCondition | null = null,
): Promise<{ items: Approval[]; nextCursor: string | null }> {
  // Ids of approvals sort by creation.
  const [before] = decodeCursor(page.cursor, 1) ?? [];
  const values: unknown[] = [before ?? null, page.status ?? null, page.limit + 1];
  const visible = approvalWithin(within, values);
  const found = await transaction.query<ApprovalRow>(
    `select ${approvalColumns(nodesNamed)} from approvals
     where ($1::text is null or id < $1)
       and ($2::text is null or case when status = 'pending' and expires_at <= now() then 'expired' else status end = $2)
       and ${visible}
     order by id desc limit $3`,
    values,
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map((row) => toApproval(row, viewer)),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.id]) : null,
  };
}

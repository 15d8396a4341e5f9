// Approvals as people see them: what would run where, why it needs a person, and whether this member may decide. Reads only.

import type { Effect } from '@sena/contracts/domain/policy';
import type { Member } from '@sena/contracts/domain/principal';
import { actionSchema } from '@sena/contracts/envelope';
import type { Approval, ApprovalStatus } from '@sena/contracts/http/approvals';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { TenantTransaction } from '@sena/db/tenant';
import { mayDecide } from './decide-approval.ts';
import { showEscapes } from './show-escapes.ts';

const nodesShown = 200;

interface ApprovalRow {
  id: string;
  run_id: string;
  status: ApprovalStatus;
  action: unknown;
  action_digest: string;
  effects: Effect[];
  reasons: string[];
  requested_by: string;
  requested_by_name: string;
  decided_by: string | null;
  decided_by_name: string | null;
  reason: string | null;
  created_at: Date;
  expires_at: Date;
  decided_at: Date | null;
}

/** Newest first. */
export async function listApprovals(
  transaction: TenantTransaction,
  member: Member,
  page: { limit: number; cursor?: string | undefined; status?: ApprovalStatus | undefined },
): Promise<{ items: Approval[]; nextCursor: string | null }> {
  const before = decodeCursor(page.cursor, 1)?.[0] ?? null;
  const found = await transaction.query<ApprovalRow>(
    `select * from approvals where ($1::text is null or id < $1) and ($2::text is null or status = $2) order by id desc limit $3`,
    [before, page.status ?? null, page.limit + 1],
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map((row) => toApproval(row, member)),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.id]) : null,
  };
}

/** null: there is none in this organization. */
export async function readApproval(
  transaction: TenantTransaction,
  member: Member,
  approvalId: string,
): Promise<Approval | null> {
  const found = await transaction.query<ApprovalRow>('select * from approvals where id = $1', [approvalId]);
  return found.rows[0] ? toApproval(found.rows[0], member) : null;
}

function toApproval(row: ApprovalRow, member: Member): Approval {
  const action = actionSchema.parse(row.action);
  return {
    id: row.id,
    runId: row.run_id,
    status: row.status,
    actionDigest: row.action_digest,
    requestedBy: { id: withoutKind(row.requested_by), name: row.requested_by_name },
    decidedBy: row.decided_by === null ? null : { id: withoutKind(row.decided_by), name: row.decided_by_name ?? '' },
    reason: row.reason,
    commands: action.commands.map((command) => ({
      step: command.step,
      command: showEscapes(command.command),
      nodeCount: command.nodes.length,
      nodes: command.nodes.slice(0, nodesShown).map((node) => ({ id: node.nodeId, name: node.name })),
    })),
    reasons: row.reasons,
    effects: row.effects,
    mayDecide: row.status === 'pending' && mayDecide(member, row.requested_by),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
  };
}

function withoutKind(ref: string): string {
  return ref.slice(ref.indexOf(':') + 1);
}

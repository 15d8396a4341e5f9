// Another person says yes or no. The row is locked, so that each decision counts once, and one that rejects ends it; what is decided
// about is the digest of the action that is stored. Entered by the gateway, which also tells the run, in the same transaction.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { type Member, principalRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import type { TenantTransaction } from '@sena/db/tenant';
import { decidingRoles } from './approval-roles.ts';
import { expireApproval } from './expire-approval.ts';
import { isActionIntact } from './is-action-intact.ts';
import { lockRunOfApproval } from './lock-run-of-approval.ts';
import { voidApproval } from './void-approval.ts';

export interface Decision {
  readonly approvalId: string;
  readonly by: Member;
  readonly decision: 'approve' | 'reject';
  readonly reason?: string | undefined;
  /** The digest of what the person saw. */
  readonly actionDigest?: string | undefined;
}

/** `expired` and `void` were written down as well: commit, then refuse the request. */
export type Decided =
  | { readonly kind: 'decided'; readonly runId: string }
  /** Approved by this person; so many more have to. */
  | { readonly kind: 'recorded'; readonly runId: string; readonly missing: number }
  | { readonly kind: 'expired'; readonly runId: string }
  | { readonly kind: 'void'; readonly runId: string; readonly reason: string };

interface PendingRow {
  run_id: string;
  status: ApprovalStatus;
  requested_by: string;
  action: unknown;
  action_digest: string;
  has_expired: boolean;
  approvers_required: number;
  passkey_required: boolean;
}

/** Throws `not_found`, `forbidden`, `own_request`, `already_decided`, `approval_expired`, `conflict`: then nothing changed. */
export async function decideApproval(transaction: TenantTransaction, decision: Decision): Promise<Decided> {
  await lockRunOfApproval(transaction, decision.approvalId);
  const found = await transaction.query<PendingRow>(
    `select run_id, status, requested_by, action, action_digest, expires_at <= now() as has_expired,
       approvers_required, passkey_required
     from approvals where id = $1 for update`,
    [decision.approvalId],
  );
  const approval = found.rows[0];
  if (approval === undefined) throw new SenaError('not_found', 'There is no approval with this id.');
  refuseWhoMayNot(decision.by, approval);
  refuseWhatIsOver(approval.status);

  const { run_id: runId } = approval;
  const actor = principalRef(decision.by);
  if (approval.has_expired) {
    await expireApproval(transaction, decision.approvalId, 'service:gateway');
    return { kind: 'expired', runId };
  }
  if (!isActionIntact(approval.action, approval.action_digest)) {
    const reason = 'the stored action has another digest than the one that was requested';
    await voidApproval(transaction, decision.approvalId, { actor, reason });
    return { kind: 'void', runId, reason };
  }
  if (decision.actionDigest !== undefined && decision.actionDigest !== approval.action_digest) {
    throw new SenaError('conflict', 'This is not the action that you were shown. Look at it again, then decide.');
  }

  if (decision.decision === 'approve' && approval.passkey_required) {
    throw new SenaError(
      'conflict',
      'Policy asks for an approval with a passkey, which can not be given yet. An owner can change the rule that asks for it; then ask again.',
    );
  }

  const missing = await recordDecision(transaction, decision, approval.approvers_required);
  const status: ApprovalStatus = decision.decision === 'reject' ? 'rejected' : missing === 0 ? 'approved' : 'pending';
  if (status !== 'pending') {
    await transaction.query(
      `update approvals set status = $2, decided_by = $3, decided_by_name = $4, reason = $5, decided_at = now() where id = $1`,
      [decision.approvalId, status, actor, decision.by.name, decision.reason ?? null],
    );
  }
  await appendAuditEvent(transaction, {
    action: status === 'pending' ? 'approval.recorded' : `approval.${status}`,
    actor,
    subject: decision.approvalId,
    runId,
    data: { actionDigest: approval.action_digest, reason: decision.reason ?? null, by: decision.by.by, missing },
  });
  return status === 'pending' ? { kind: 'recorded', runId, missing } : { kind: 'decided', runId };
}

/** How many approvals are missing afterwards. Throws `already_decided` when this person has decided before. */
async function recordDecision(
  transaction: TenantTransaction,
  { approvalId, by, decision, reason }: Decision,
  approversRequired: number,
): Promise<number> {
  const saved = await transaction.query(
    `insert into approval_decisions (organization_id, approval_id, decided_by, decided_by_name, decision, reason)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [transaction.organizationId, approvalId, principalRef(by), by.name, decision, reason ?? null],
  );
  if (saved.rowCount === 0) {
    throw new SenaError('already_decided', 'You have approved this already. Another person has to approve it too.');
  }
  const counted = await transaction.query<{ count: number }>(
    `select count(distinct d.decided_by)::integer as count from approval_decisions d join approvals a on a.id = d.approval_id
     where d.approval_id = $1 and d.decision = 'approve' and d.decided_by <> a.requested_by`,
    [approvalId],
  );
  return Math.max(0, approversRequired - (counted.rows[0]?.count ?? 0));
}

function refuseWhoMayNot(by: Member, approval: PendingRow): void {
  if (!decidingRoles.has(by.role)) {
    throw new SenaError('forbidden', `Your role is ${by.role}; deciding needs approver, admin or owner.`);
  }
  if (approval.requested_by === principalRef(by)) {
    throw new SenaError('own_request', 'This is your own request. Ask another approver to decide about it.');
  }
}

function refuseWhatIsOver(status: ApprovalStatus): void {
  switch (status) {
    case 'pending':
      return;
    case 'approved':
    case 'rejected':
      throw new SenaError('already_decided', `The approval is already ${status}.`);
    case 'expired':
      throw new SenaError('approval_expired', 'The approval has expired. Ask for the change again.');
    case 'void':
      throw new SenaError('conflict', 'The approval is void: the run was cancelled, or its action changed. Ask again.');
  }
}

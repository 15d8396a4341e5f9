// Another person says yes or no. The row is locked, so that each decision counts once, and one that rejects ends it; what is decided
// about is the digest of the action that is stored. Entered by the gateway, which also tells the run, in the same transaction.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { actorOf, type Member, principalRef } from '@sena/contracts/domain/principal';
import type { ListedPasskey, PasskeyAssertion } from '@sena/contracts/envelope';
import { SenaError } from '@sena/contracts/errors';
import type { Approval, ApprovalStatus } from '@sena/contracts/http/approvals';
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';
import { decidingRoles } from './approval-roles.ts';
import { passkeyColumn } from './approval-rows.ts';
import { checkAssertion } from './check-assertion.ts';
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
  /** What their passkey signed. `passkey`: as they registered it here; null when they did not. */
  readonly signed?: { readonly assertion: PasskeyAssertion; readonly passkey: ListedPasskey | null } | undefined;
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
  passkeys: Approval['passkeys'];
}

/**
 * Throws `not_found`, `forbidden`, `own_request`, `already_decided`, `approval_expired`, `conflict`, `passkey_required`, `passkey_refused`:
 * then nothing changed.
 */
export async function decideApproval(transaction: TenantTransaction, decision: Decision): Promise<Decided> {
  await lockRunOfApproval(transaction, decision.approvalId);
  const found = await transaction.query<PendingRow>(
    `select run_id, status, requested_by, action, action_digest, expires_at <= now() as has_expired,
       approvers_required, passkey_required, ${passkeyColumn} as passkeys
     from approvals where id = $1 for update`,
    [decision.approvalId],
  );
  const approval = found.rows[0];
  if (approval === undefined) throw noSuch('approval');
  refuseWhoMayNot(decision.by, approval);
  refuseWhatIsOver(approval.status);

  const { run_id: runId } = approval;
  const actor = actorOf(decision.by);
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
  // By policy, and by what the satellites of it say that they demand.
  const needed = Math.max(approval.approvers_required, ...approval.passkeys.map(({ people }) => people));
  const missing = await recordDecision(transaction, decision, needed);
  if (decision.decision === 'approve') await saveAssertion(transaction, decision, approval);
  const status: ApprovalStatus = decision.decision === 'reject' ? 'rejected' : missing === 0 ? 'approved' : 'pending';
  if (status !== 'pending') {
    await transaction.query(
      `update approvals set status = $2, decided_by = $3, decided_by_name = $4, reason = $5, decided_at = now() where id = $1`,
      [decision.approvalId, status, actor.ref, decision.by.name, decision.reason ?? null],
    );
  }
  await appendAuditEvent(transaction, {
    action: status === 'pending' ? 'approval.recorded' : `approval.${status}`,
    actor,
    subject: decision.approvalId,
    runId,
    data: {
      actionDigest: approval.action_digest,
      reason: decision.reason ?? null,
      by: decision.by.by,
      passkey: credentialOf(decision),
      missing,
    },
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
    `insert into approval_decisions (organization_id, approval_id, decided_by, decided_by_name, decided_key, decision, reason)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [transaction.organizationId, approvalId, principalRef(by), by.name, by.key, decision, reason ?? null],
  );
  if (saved.rowCount === 0) {
    throw new SenaError('already_decided', 'You have approved this already. Another person has to approve it too.');
  }
  const counted = await transaction.query<{ count: number }>(
    // Whoever was removed meanwhile, or may not decide any more, does not count. This person was just asked who they are.
    `select count(distinct d.decided_by)::integer as count from approval_decisions d join approvals a on a.id = d.approval_id
     where d.approval_id = $1 and d.decision = 'approve' and d.decided_by <> a.requested_by
       and (d.decided_by = $2 or d.decided_by in (select members_with_role($3)))`,
    [approvalId, principalRef(by), [...decidingRoles]],
  );
  return Math.max(0, approversRequired - (counted.rows[0]?.count ?? 0));
}

/** The satellite verifies it; what is wrong with it for certain is said now, to who can still do something about it. */
async function saveAssertion(
  transaction: TenantTransaction,
  { approvalId, by, signed }: Decision,
  { action_digest, passkeys, passkey_required }: PendingRow,
): Promise<void> {
  // What policy asks for is for the cloud to check, and it knows the passkeys that are registered here alone.
  if (passkey_required && (signed === undefined || signed.passkey === null)) {
    throw new SenaError(
      'passkey_required',
      'Policy asks for an approval with a passkey that is registered to your account. Register it, then approve with it.',
    );
  }
  if (signed === undefined) {
    const names = passkeys.map(({ satellite }) => satellite.name).join(', ');
    if (passkeys.length === 0) return;
    throw new SenaError(
      'passkey_required',
      `${names} changes nothing without the passkey of a person listed there. Approve with your passkey, or with \`sena approve\`.`,
    );
  }
  const problem = await checkAssertion(signed.assertion, action_digest, signed.passkey);
  if (problem !== null) throw new SenaError('passkey_refused', problem);
  await transaction.query(
    'insert into approval_assertions (organization_id, approval_id, decided_by, assertion) values ($1, $2, $3, $4)',
    [transaction.organizationId, approvalId, principalRef(by), JSON.stringify(signed.assertion)],
  );
}

function credentialOf({ decision, signed }: Decision): string | null {
  return decision === 'approve' && signed !== undefined ? signed.assertion.credentialId : null;
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

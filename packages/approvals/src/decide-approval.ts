// A person says yes or no. Entered by the gateway; the caller adds the run's event and wakes the run in the same transaction.
// Writes the decision and its audit row, once.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { type Member, principalRef, type Role } from '@sena/contracts/domain/principal';
import { actionSchema } from '@sena/contracts/envelope';
import { SenaError } from '@sena/contracts/errors';
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import type { TenantTransaction } from '@sena/db/tenant';
import { actionDigest } from '@sena/envelope/action-digest';

const deciders: ReadonlySet<Role> = new Set<Role>(['owner', 'admin', 'approver']);

export function mayDecide(member: Member, requestedBy: string): boolean {
  return deciders.has(member.role) && principalRef(member) !== requestedBy;
}

export interface DecisionInput {
  readonly approvalId: string;
  readonly decision: 'approve' | 'reject';
  readonly reason: string | null;
  /** What the decider saw; must be the stored digest when given. */
  readonly actionDigest: string | null;
  readonly by: Member;
}

export interface DecidedApproval {
  readonly runId: string;
  readonly status: 'approved' | 'rejected';
}

/**
 * Throws SenaError: `not_found`; `forbidden` for a role that can't decide; `own_request`; `already_decided`; `approval_expired`;
 * `conflict` when the digest is another one, or the stored action was altered.
 */
export async function decideApproval(transaction: TenantTransaction, input: DecisionInput): Promise<DecidedApproval> {
  const found = await transaction.query<{
    run_id: string;
    status: ApprovalStatus;
    action: unknown;
    action_digest: string;
    requested_by: string;
    expired: boolean;
  }>(
    `select run_id, status, action, action_digest, requested_by, expires_at <= now() as expired from approvals where id = $1 for update`,
    [input.approvalId],
  );
  const approval = found.rows[0];
  if (approval === undefined) throw new SenaError('not_found', 'There is no approval with this id.');
  if (!deciders.has(input.by.role))
    throw new SenaError('forbidden', 'Your role can not decide approvals. Ask an approver, an admin or an owner.');
  if (approval.requested_by === principalRef(input.by))
    throw new SenaError('own_request', 'You asked for this run. Somebody else has to decide.');
  if (approval.status === 'expired') throw expired();
  if (approval.status !== 'pending')
    throw new SenaError('already_decided', `This approval is already ${approval.status}.`);
  if (approval.expired) throw expired();
  const action = actionSchema.safeParse(approval.action);
  if (!action.success || actionDigest(action.data) !== approval.action_digest) {
    throw new SenaError(
      'conflict',
      'What this approval is over has changed since it was asked for. Reject it and ask again.',
    );
  }
  if (input.actionDigest !== null && input.actionDigest !== approval.action_digest) {
    throw new SenaError('conflict', 'You decided on something else than what is stored. Load the approval again.');
  }

  const status = input.decision === 'approve' ? 'approved' : 'rejected';
  await transaction.query(
    'update approvals set status = $2, decided_by = $3, decided_by_name = $4, reason = $5, decided_at = now() where id = $1',
    [input.approvalId, status, principalRef(input.by), input.by.name, input.reason],
  );
  await appendAuditEvent(transaction, {
    action: `approval.${status}`,
    actor: principalRef(input.by),
    subject: input.approvalId,
    runId: approval.run_id,
    data: { actionDigest: approval.action_digest, reason: input.reason, by: input.by.by },
  });
  return { runId: approval.run_id, status };
}

function expired(): SenaError {
  return new SenaError('approval_expired', 'This approval has expired. Ask again if the run is still wanted.');
}

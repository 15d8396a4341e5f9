// Asks for a second person: stores the exact action, its digest, and who wants it. Entered by the orchestrator's gate.
// Writes the approval and its audit row in the caller's transaction.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Effect } from '@sena/contracts/domain/policy';
import type { ActingKey, Actor } from '@sena/contracts/domain/principal';
import { type Action, actionSchema } from '@sena/contracts/envelope';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { actionDigest } from '@sena/envelope/action-digest';

export interface ApprovalRequest {
  readonly runId: string;
  /** What is to be approved; the approval ends when the action does. */
  readonly action: Action;
  readonly effects: readonly Effect[];
  readonly reasons: readonly string[];
  /** See principalRef: this principal can't decide. */
  readonly requestedBy: string;
  readonly requestedByName: string;
  /** The API key that they asked with; the run has it too. */
  readonly requestedKey: ActingKey | null;
  /** What policy asks for. */
  readonly approversRequired: 1 | 2;
  readonly passkeyRequired: boolean;
  /** Who writes it down. */
  readonly actor: Actor;
}

/** Returns the approval's id. Throws when the action is of another run or organization: nobody can approve that. */
export async function requestApproval(transaction: TenantTransaction, request: ApprovalRequest): Promise<string> {
  const action = actionSchema.parse(request.action);
  if (action.organizationId !== transaction.organizationId || action.runId !== request.runId) {
    throw new Error('an approval was requested for an action of another run or organization');
  }
  const id = newId('appr');
  const digest = actionDigest(action);
  await transaction.query(
    `insert into approvals (id, organization_id, run_id, action, action_digest, effects, reasons, requested_by, requested_by_name,
       expires_at, approvers_required, passkey_required)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      id,
      transaction.organizationId,
      request.runId,
      JSON.stringify(action),
      digest,
      JSON.stringify(request.effects),
      JSON.stringify(request.reasons),
      request.requestedBy,
      request.requestedByName,
      action.expiresAt,
      request.approversRequired,
      request.passkeyRequired,
    ],
  );
  await appendAuditEvent(transaction, {
    action: 'approval.requested',
    actor: request.actor,
    subject: id,
    runId: request.runId,
    data: {
      actionDigest: digest,
      requestedBy: request.requestedBy,
      requestedKey: request.requestedKey,
      expiresAt: action.expiresAt,
      approversRequired: request.approversRequired,
      passkeyRequired: request.passkeyRequired,
      commands: action.commands.map(({ step, command, nodes }) => ({ step, command, nodeCount: nodes.length })),
    },
  });
  return id;
}

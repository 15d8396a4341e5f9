// Asks for a second person, over the exact texts and nodes of an action. Entered by the orchestrator's gate.
// Writes the approval and its audit row.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Effect } from '@sena/contracts/domain/policy';
import { type Action, actionSchema } from '@sena/contracts/envelope';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { actionDigest } from '@sena/envelope/action-digest';

export interface ApprovalRequest {
  readonly runId: string;
  readonly action: Action;
  readonly effects: readonly Effect[];
  readonly reasons: readonly string[];
  /** Who asked for the run: see principalRef. Can never decide. */
  readonly requestedBy: string;
  readonly requestedByName: string;
  /** Who writes this row. */
  readonly actor: string;
}

/** Returns its id. It expires when the action does. */
export async function requestApproval(transaction: TenantTransaction, request: ApprovalRequest): Promise<string> {
  const action = actionSchema.parse(request.action);
  const id = newId('appr');
  const digest = actionDigest(action);
  await transaction.query(
    `insert into approvals (id, organization_id, run_id, action, action_digest, effects, reasons, requested_by, requested_by_name, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
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
    ],
  );
  await appendAuditEvent(transaction, {
    action: 'approval.requested',
    actor: request.actor,
    subject: id,
    runId: request.runId,
    data: { actionDigest: digest, requestedBy: request.requestedBy, expiresAt: action.expiresAt },
  });
  return id;
}

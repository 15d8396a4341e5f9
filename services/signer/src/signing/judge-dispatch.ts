// May this dispatch be signed? Judged again from the text and the approval, whatever the orchestrator decided. Pure.
import { randomBytes } from 'node:crypto';
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import { type DispatchEnvelope, dispatchEnvelopeSchema } from '@sena/contracts/envelope';
import { executionIdFor } from '@sena/contracts/ids';
import { actionDigest, actionProof, isCoveredByDigest } from '@sena/envelope/action-digest';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { ApprovalToCheck, DispatchToSign } from './read-dispatch.ts';

export type Judgement =
  | { readonly kind: 'sign'; readonly envelope: DispatchEnvelope }
  /** `detail`: a sentence for the run's readers. */
  | { readonly kind: 'refuse'; readonly reason: RefusalReason; readonly detail: string };
type RefusalReason = 'signer_refused' | 'cancelled' | 'expired' | 'satellite_revoked';

export function judgeDispatch(
  parser: ShellParser,
  organizationId: string,
  dispatch: DispatchToSign,
  now: Date,
): Judgement {
  if (dispatch.run.cancelRequested)
    return { kind: 'refuse', reason: 'cancelled', detail: 'The run was cancelled before it was signed.' };
  if (terminalRunStatuses.has(dispatch.run.status)) return refuse(`Its run has already ${dispatch.run.status}.`);
  if (dispatch.expiresAt <= now)
    return { kind: 'refuse', reason: 'expired', detail: 'It was not signed while it was valid. Ask again.' };
  if (dispatch.satelliteRevoked)
    return {
      kind: 'refuse',
      reason: 'satellite_revoked',
      detail:
        'It was approved for a satellite that is revoked. Ask again: then another satellite is chosen, and approved.',
    };
  if (dispatch.nodes.length === 0) return refuse('It names no node.');
  // An execution's id follows from what it is, so that whoever carries it out twice finds the first one in a journal.
  const foreign = dispatch.nodes.find(
    (node) => node.executionId !== executionIdFor(dispatch.runId, dispatch.step, node.nodeId),
  );
  if (foreign !== undefined)
    return refuse(`The execution on ${foreign.name} does not have the id of its run, step and node.`);

  const verdict = evaluateCommand(parser, dispatch.command);
  if (verdict.decision === 'deny') return refuse(`Policy denies it: ${verdict.reasons[0] ?? 'no reason given'}`);
  if (verdict.shell !== dispatch.shell)
    return refuse(`Policy judged it for ${verdict.shell}, not for ${dispatch.shell}.`);
  const readOnly = verdict.decision === 'allow';
  if (dispatch.readOnly && !readOnly) return refuse('It is called read-only, and it is not.');

  const envelope = toEnvelope(organizationId, dispatch, readOnly);
  const flaw = dispatchEnvelopeSchema.safeParse(envelope).error?.issues[0];
  if (flaw !== undefined) return refuse(`No satellite would take it: ${flaw.path.join('.')}: ${flaw.message}.`);
  if (dispatch.approval === null) {
    return readOnly ? { kind: 'sign', envelope } : refuse('It needs an approval, and it has none.');
  }
  const refusal = whyNotApproved(dispatch.approval, dispatch, envelope, now);
  if (refusal !== null) return refuse(refusal);
  return {
    kind: 'sign',
    envelope: { ...envelope, approvals: [toEnvelopeApproval(dispatch.approval, dispatch.satelliteId)] },
  };
}

/** A sentence, or null when the approval is over exactly this. */
function whyNotApproved(
  approval: ApprovalToCheck,
  dispatch: DispatchToSign,
  envelope: DispatchEnvelope,
  now: Date,
): string | null {
  if (approval.runId !== dispatch.runId) return 'Its approval is of another run.';
  if (approval.status !== 'approved' || approval.decidedBy === null || approval.decidedAt === null)
    return `Its approval is ${approval.status}.`;
  if (approval.decidedBy === approval.requestedBy) return 'Its requester approved it.';
  if (approval.action === null) return 'Its approval holds no readable action.';
  if (actionDigest(approval.action) !== approval.actionDigest) return 'Its approval was altered after it was given.';
  if (new Date(approval.action.expiresAt) <= now) return 'Its approval has expired.';
  if (dispatch.expiresAt > new Date(approval.action.expiresAt))
    return 'It would be valid for longer than its approval.';
  const proof = actionProof(approval.action, dispatch.satelliteId);
  if (!isCoveredByDigest(envelope, proof, approval.actionDigest))
    return 'It is not what was approved: its text, nodes, shell, environment or limits differ.';
  return null;
}

function toEnvelope(organizationId: string, dispatch: DispatchToSign, readOnly: boolean): DispatchEnvelope {
  return {
    v: 1,
    dispatchId: dispatch.id,
    organizationId,
    runId: dispatch.runId,
    step: dispatch.step,
    satelliteId: dispatch.satelliteId,
    assignmentEpoch: dispatch.assignmentEpoch,
    shell: dispatch.shell,
    command: dispatch.command,
    environment: dispatch.environment,
    limits: dispatch.limits,
    readOnly,
    notBefore: dispatch.notBefore.toISOString(),
    expiresAt: dispatch.expiresAt.toISOString(),
    nonce: randomBytes(18).toString('base64url'),
    approvals: [],
    nodes: dispatch.nodes,
    traceparent: dispatch.traceparent,
  };
}

function toEnvelopeApproval(approval: ApprovalToCheck, satelliteId: string): DispatchEnvelope['approvals'][number] {
  const { action, decidedAt, decidedBy } = approval;
  if (action === null || decidedAt === null || decidedBy === null)
    throw new Error(`approval ${approval.id} was not checked`);
  return {
    approvalId: approval.id,
    actionDigest: approval.actionDigest,
    requestedBy: approval.requestedBy,
    decidedBy,
    decidedAt: decidedAt.toISOString(),
    proof: actionProof(action, satelliteId),
    assertion: approval.assertion,
  };
}

function refuse(detail: string): Judgement {
  return { kind: 'refuse', reason: 'signer_refused', detail };
}

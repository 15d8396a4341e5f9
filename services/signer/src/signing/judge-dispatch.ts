// May this dispatch be signed? Judged again from the text, the policies of now and the approval, whatever the orchestrator decided. Pure.
import { randomBytes } from 'node:crypto';
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import { type DispatchEnvelope, dispatchEnvelopeSchema } from '@sena/contracts/envelope';
import { executionIdFor } from '@sena/contracts/ids';
import { isCoveredByDigest } from '@sena/envelope/action-digest';
import { findForbiddenVariable } from '@sena/policy/environment/judge-environment';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import { decideCommand, type RuleVerdict, strictest } from '@sena/policy/rules/decide-command';
import type { Rules } from '@sena/policy/rules/rule';
import type { ApprovalToCheck } from './read-approvals.ts';
import type { DispatchToSign } from './read-dispatch.ts';

export type Judgement =
  | { readonly kind: 'sign'; readonly envelope: DispatchEnvelope }
  /** `detail`: a sentence for the run's readers. */
  | { readonly kind: 'refuse'; readonly reason: RefusalReason; readonly detail: string };
type RefusalReason = 'signer_refused' | 'cancelled' | 'expired' | 'satellite_revoked';

export function judgeDispatch(
  parser: ShellParser,
  rules: Rules,
  organizationId: string,
  dispatch: DispatchToSign,
  now: Date,
): Judgement {
  if (dispatch.run.cancelRequested)
    return { kind: 'refuse', reason: 'cancelled', detail: 'The run was cancelled before it was signed.' };
  if (terminalRunStatuses.has(dispatch.run.status)) return refuse(`Its run has already ${dispatch.run.status}.`);
  if (dispatch.expiresAt <= now)
    return { kind: 'refuse', reason: 'expired', detail: 'It was not signed while it was valid. Ask again.' };
  const { startAt } = dispatch.run;
  if (startAt !== null && dispatch.notBefore < startAt)
    return refuse(`It would begin before ${startAt.toISOString()}, for which its run was asked. Ask again.`);
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

  const isAsked = rules.kind === 'ready' && rules.questions.length > 0;
  const deleted = isAsked ? dispatch.nodes.find(({ nodeId }) => !dispatch.nodeFacts.has(nodeId)) : undefined;
  if (deleted !== undefined)
    return refuse(`The node ${deleted.name} was deleted, so that nobody can say what policy says of it. Ask again.`);
  const forbidden = findForbiddenVariable(dispatch.environment);
  if (forbidden !== undefined) return refuse(`A dispatch may not set ${forbidden}, approved or not.`);
  const { effects, shell, decision } = evaluateCommand(parser, dispatch.command, dispatch.environment);
  const verdict = strictest(
    decideCommand(rules, {
      effects,
      requester: dispatch.run.requester,
      proposer: dispatch.run.proposer,
      nodes: dispatch.nodes.map(({ nodeId: id, name, address, runAs }) => ({
        ...{ id, name, address, runAs, ...(dispatch.nodeFacts.get(id) ?? { site: '', labels: {} }) },
      })),
      at: now,
    }),
  );
  if (verdict.decision === 'deny') return refuse(`It ${verdict.reasons[0] ?? 'is denied by policy'}.`);
  if (shell !== dispatch.shell) return refuse(`Policy judged it for ${shell}, not for ${dispatch.shell}.`);
  const readOnly = decision === 'allow';
  if (dispatch.readOnly && !readOnly) return refuse('It is called read-only, and it is not.');

  const envelope = toEnvelope(organizationId, dispatch, readOnly);
  const flaw = dispatchEnvelopeSchema.safeParse(envelope).error?.issues[0];
  if (flaw !== undefined) return refuse(`No satellite would take it: ${flaw.path.join('.')}: ${flaw.message}.`);
  if (dispatch.approval === null) {
    return verdict.decision === 'allow'
      ? { kind: 'sign', envelope }
      : refuse(`It has no approval, and ${verdict.reasons[0] ?? 'needs one'}.`);
  }
  const refusal = whyNotApproved(dispatch.approval, dispatch, envelope, verdict, now);
  if (refusal !== null) return refuse(refusal);
  return {
    kind: 'sign',
    envelope: { ...envelope, approvals: toEnvelopeApprovals(dispatch.approval, dispatch.satelliteId) },
  };
}

/** A sentence, or null when the approval is over exactly this. */
function whyNotApproved(
  approval: ApprovalToCheck,
  dispatch: DispatchToSign,
  envelope: DispatchEnvelope,
  verdict: RuleVerdict,
  now: Date,
): string | null {
  if (approval.runId !== dispatch.runId) return 'Its approval is of another run.';
  if (approval.status !== 'approved') return `Its approval is ${approval.status}.`;
  const isByPasskey = approval.passkeyRequired || verdict.passkey;
  const people = new Set(
    approval.approvers.flatMap(({ by, passkey }) => (isByPasskey && passkey.kind !== 'verified' ? [] : [by])),
  );
  const everybody = approval.approvers.map(({ by }) => by);
  if (everybody.includes(approval.requestedBy) || everybody.includes(dispatch.run.requester.id))
    return 'Its requester approved it.';
  if (isByPasskey) {
    // The API stores none that is wrong: it was written past it, or this address is another one than that of the console.
    for (const { by, passkey } of approval.approvers)
      if (passkey.kind === 'wrong')
        return `Policy asks for a passkey, and the signature that is stored for ${by} ${passkey.why}. Find out who wrote it, then ask again.`;
  }
  // Policy may have become stricter since it was asked for, and is never less strict than then.
  const needed = Math.max(1, approval.approversRequired, verdict.approvers);
  if (people.size < needed) {
    const rules = verdict.rules.length > 0 ? `, rule ${verdict.rules[0]}` : '';
    return `It needs the approval of ${needed === 1 ? 'a person' : `${needed} people`}${isByPasskey ? ' with a passkey' : ''}${rules}, and has that of ${people.size}.${isByPasskey ? whyLess(approval) : ''} Ask again.`;
  }
  if (approval.action === null) return 'Its approval holds no readable action.';
  if (approval.action.digest !== approval.actionDigest) return 'Its approval was altered after it was given.';
  const { startAt } = dispatch.run;
  // A run's start that is not the one that was approved is another action, whichever of them was altered.
  if (dispatch.notBefore < approval.action.notBefore || (startAt !== null && approval.action.notBefore < startAt))
    return `It was approved to begin at ${approval.action.notBefore.toISOString()}, and is to begin at another time. Ask again.`;
  if (approval.action.expiresAt <= now) return 'Its approval has expired.';
  if (dispatch.expiresAt > approval.action.expiresAt) return 'It would be valid for longer than its approval.';
  const proof = approval.action.proofOf(dispatch.satelliteId);
  if (!isCoveredByDigest(envelope, proof, approval.actionDigest))
    return 'It is not what was approved: its text, nodes, shell, environment or limits differ.';
  return null;
}

function whyLess({ approvers }: ApprovalToCheck): string {
  const isAnyUnregistered = approvers.some(({ passkey }) => passkey.kind === 'unregistered');
  return isAnyUnregistered ? ' A passkey that is not registered for approvals to who decided does not count.' : '';
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

/** One for each person, over the same action. */
function toEnvelopeApprovals(approval: ApprovalToCheck, satelliteId: string): DispatchEnvelope['approvals'] {
  const { action } = approval;
  if (action === null) throw new Error(`approval ${approval.id} was not checked`);
  const proof = action.proofOf(satelliteId);
  return approval.approvers.map(({ by, at, assertion }) => ({
    approvalId: approval.id,
    actionDigest: approval.actionDigest,
    requestedBy: approval.requestedBy,
    decidedBy: by,
    decidedAt: at.toISOString(),
    proof,
    assertion,
  }));
}

function refuse(detail: string): Judgement {
  return { kind: 'refuse', reason: 'signer_refused', detail };
}

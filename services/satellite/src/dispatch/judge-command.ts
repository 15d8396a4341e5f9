// Entered for every dispatch after its signature: the customer's own opinion. What runs is what both ends allow; the
// envelope's word that something is read-only is never enough. Pure.
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { isCoveredByDigest } from '@sena/envelope/action-digest';
import { findForbiddenVariable } from '@sena/policy/environment/judge-environment';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import type { JudgedEffect } from '@sena/policy/explain/finding';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import { decideCommand, strictest } from '@sena/policy/rules/decide-command';
import type { Rules } from '@sena/policy/rules/rule';
import type { SatelliteConfig } from '../config/satellite-config.ts';

export type Judgement =
  /** `isReading`: by the satellite's own policy, whatever the envelope says. */
  | { kind: 'run'; mode: ExecutionMode; isReading: boolean }
  | { kind: 'refused'; reason: 'policy_refused' | 'clock_skew'; detail: string };

export function judgeCommand(
  parser: ShellParser,
  envelope: DispatchEnvelope,
  policy: SatelliteConfig['policy'],
  /** The customer's own, beside all else; null: there are none. */
  rules: Rules | null = null,
): Judgement {
  const own = evaluateCommand(parser, envelope.command, envelope.environment);
  const reason = own.reasons[0] ?? 'The policy gives no reason.';
  const isReading = own.decision === 'allow';
  if (isReading && own.shell !== envelope.shell) {
    return refused(`The command was judged for ${own.shell}, the dispatch would run it with ${envelope.shell}.`);
  }
  const forbidden = findForbiddenVariable(envelope.environment);
  if (forbidden !== undefined) return refused(`A dispatch may not set ${forbidden}.`);

  const objection = rules === null ? null : findObjection(rules, envelope, own.effects);
  if (objection !== null) return refused(objection);

  if (isReading && envelope.readOnly) return { kind: 'run', mode: 'direct', isReading: true };
  if (!policy.changesAllowed) return refused('This satellite runs read-only commands alone (policy.changesAllowed).');
  const problem = policy.approvalRequiredToChange ? findApprovalProblem(envelope) : null;
  if (problem === null) return { kind: 'run', mode: 'guarded', isReading };
  if (isReading) return refused(`The cloud does not call this read-only, and ${problem}`);
  return refused(`The satellite's own policy does not call this read-only, and ${problem} ${reason}`);
}

/** What the customer's rules have against it, or null. */
function findObjection(rules: Rules, envelope: DispatchEnvelope, effects: readonly JudgedEffect[]): string | null {
  const verdict = strictest(
    decideCommand(rules, {
      effects,
      // Its rules can't be about somebody.
      requester: { id: 'unknown', attributes: {} },
      // The envelope does not say: what the cloud holds back is the cloud's; policy.approvalRequiredToChange holds back every change.
      proposer: 'person',
      nodes: envelope.nodes.map(({ nodeId: id, name, address, runAs }) => ({
        ...{ id, name, address, runAs, site: '', labels: {} },
      })),
      at: new Date(),
    }),
  );
  const said = `By the satellite's own rules it ${verdict.reasons[0] ?? 'is denied'}`;
  if (verdict.decision === 'deny') return `${said}.`;
  if (verdict.decision === 'allow') return null;
  // The file can't ask for one: policy.passkeys does. Unknown means no.
  if (verdict.passkey) return `${said}.`;
  const problem = findApprovalProblem(envelope);
  if (problem !== null) return `${said}, and ${problem}`;
  const people = new Set(envelope.approvals.map(({ decidedBy }) => decidedBy)).size;
  return people < verdict.approvers ? `${said}, and ${people} approved.` : null;
}

/** Null: somebody else than the requester has approved exactly this. */
function findApprovalProblem(envelope: DispatchEnvelope): string | null {
  if (envelope.approvals.length === 0) return 'nobody has approved it.';
  for (const { requestedBy, decidedBy, proof, actionDigest } of envelope.approvals) {
    if (requestedBy === decidedBy) return 'its requester approved it alone.';
    if (!isCoveredByDigest(envelope, proof, actionDigest)) return 'what was approved is something else.';
    if (Date.parse(envelope.expiresAt) > Date.parse(proof.expiresAt))
      return 'its approval ends before the dispatch does.';
  }
  return null;
}

function refused(detail: string): Judgement {
  return { kind: 'refused', reason: 'policy_refused', detail: detail.slice(0, 500) };
}

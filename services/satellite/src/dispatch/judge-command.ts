// Entered for every dispatch after its signature: the customer's own opinion. What runs is what both ends allow; the
// envelope's word that something is read-only is never enough. Pure.
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { isCoveredByDigest } from '@sena/envelope/action-digest';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { SatelliteConfig } from '../config/satellite-config.ts';

export type Judgement =
  /** `isReading`: by the satellite's own policy, whatever the envelope says. */
  { kind: 'run'; mode: ExecutionMode; isReading: boolean } | { kind: 'refused'; detail: string };

/** Variables that change how an answer looks and never what a program does. */
const harmlessVariable = /^(LANG|LC_[A-Z]+|TZ|TERM|COLUMNS|LINES|NO_COLOR)$/;
/** The path is fixed, approved or not; the loader would run other code than the one that was judged. */
const forbiddenVariable = /^(PATH|LD_.*|DYLD_.*|BASH_ENV|ENV|SHELLOPTS|BASHOPTS|IFS)$/;

export function judgeCommand(
  parser: ShellParser,
  envelope: DispatchEnvelope,
  policy: SatelliteConfig['policy'],
): Judgement {
  const own = evaluateCommand(parser, envelope.command);
  const reason = own.reasons[0] ?? 'The policy gives no reason.';
  if (own.decision === 'deny') return refused(`The satellite's policy forbids this command. ${reason}`);
  const isReading = own.decision === 'allow';
  if (isReading && own.shell !== envelope.shell) {
    return refused(`The command was judged for ${own.shell}, the dispatch would run it with ${envelope.shell}.`);
  }
  const variables = Object.keys(envelope.environment);
  const forbidden = variables.find((name) => forbiddenVariable.test(name));
  if (forbidden !== undefined) return refused(`A dispatch may not set ${forbidden}.`);
  const changing = variables.find((name) => !harmlessVariable.test(name));

  const isPlainReading = isReading && changing === undefined;
  if (isPlainReading && envelope.readOnly) return { kind: 'run', mode: 'direct', isReading: true };
  if (!policy.changesAllowed) return refused('This satellite runs read-only commands alone (policy.changesAllowed).');
  const problem = policy.approvalRequiredToChange ? findApprovalProblem(envelope) : null;
  if (problem === null) return { kind: 'run', mode: 'guarded', isReading: isPlainReading };
  if (changing !== undefined)
    return refused(`The dispatch sets ${changing}, so it is no plain reading, and ${problem}`);
  if (isReading) return refused(`The cloud does not call this read-only, and ${problem}`);
  return refused(`The satellite's own policy does not call this read-only, and ${problem} ${reason}`);
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
  return { kind: 'refused', detail: detail.slice(0, 500) };
}

// Entered for every change that the satellite's policy would let run: who has said yes to it, with which passkey, and what that uses up.
// The cloud's word counts for nothing here: digest, listed people and signatures do. Touches nothing.
import { createHash } from 'node:crypto';
import type { DispatchEnvelope, EnvelopeApproval } from '@sena/contracts/envelope';
import { commandLeaf, isCoveredByDigest } from '@sena/envelope/action-digest';
import type { VerifiedAssertion } from '@sena/envelope/verify-assertion';
import type { PasskeyApprover, PasskeyPolicy } from '../config/passkey-policy.ts';
import type { ApprovedChange, PasskeyCount } from '../journal/journal-operations.ts';
import type { Judgement } from './judge-command.ts';

type Change = Extract<Judgement, { kind: 'run' }>;
type Refused = Extract<Judgement, { kind: 'refused' }>;

export type Consent =
  | { kind: 'given'; passkeyCounts: readonly PasskeyCount[]; changesOf: (nodeId: string) => readonly ApprovedChange[] }
  | Refused;

const nothing: Extract<Consent, { kind: 'given' }> = { kind: 'given', passkeyCounts: [], changesOf: () => [] };
/** How far a clock may be behind. */
const skewMsMax = 30_000;

/** What verifies weighs much, and most satellites never need it. */
const loadVerifier = () => import('@sena/envelope/verify-assertion');

export async function judgeConsent(
  { mode, isReading }: Change,
  envelope: DispatchEnvelope,
  policy: PasskeyPolicy,
  nowMs: number,
): Promise<Consent> {
  if (mode === 'direct') return nothing;
  // Thousands of nodes are hashed once.
  const leaf = envelope.approvals.length === 0 ? '' : commandLeaf(envelope);
  const covering = envelope.approvals.filter(({ proof, actionDigest }) =>
    isCoveredByDigest(envelope, proof, actionDigest, leaf),
  );
  const early = covering.find(({ proof }) => Date.parse(proof.notBefore) > nowMs + skewMsMax);
  if (early !== undefined)
    return refused(`It was approved for ${early.proof.notBefore} and later; check the clock.`, 'clock_skew');
  const changesOf = (nodeId: string) => covering.map((approval) => approvedChange(approval, leaf, nodeId));
  if (isReading || policy.requiredToChange === 0) return { ...nothing, changesOf };

  const people = new Map<string, PasskeyCount>();
  const problems: string[] = [];
  for (const approval of envelope.approvals) {
    const judged = await judgeApproval(approval, { envelope, isCovering: covering.includes(approval), policy, nowMs });
    if (judged.kind === 'wrong') problems.push(judged.why);
    else people.set(judged.approver.member, judged.count);
  }
  if (people.size < policy.requiredToChange) return refused(explain(people.size, policy, problems));
  return { kind: 'given', passkeyCounts: [...people.values()].filter(({ signCount }) => signCount > 0), changesOf };
}

type JudgedApproval =
  | { kind: 'right'; approver: PasskeyApprover; count: PasskeyCount }
  /** A sentence. */
  | { kind: 'wrong'; why: string };

async function judgeApproval(
  { assertion, actionDigest, proof, requestedBy, decidedBy }: EnvelopeApproval,
  context: { envelope: DispatchEnvelope; isCovering: boolean; policy: PasskeyPolicy; nowMs: number },
): Promise<JudgedApproval> {
  const { envelope, isCovering, policy, nowMs } = context;
  if (assertion === null) return wrong('The approval came without a passkey.');
  const { credentialId } = assertion;
  const approver = policy.approvers.find((listed) => listed.credentialId === credentialId);
  if (approver === undefined) return wrong(`The passkey ${credentialId.slice(0, 12)}… is not listed here.`);
  if (memberOf(requestedBy) === approver.member) return wrong(`${approver.name} asked for it.`);
  if (memberOf(decidedBy) !== approver.member)
    return wrong(`The passkey is ${approver.name}’s, and another member decided.`);
  if (!isCovering) return wrong('What was approved is something else.');
  const expiresAtMs = Date.parse(proof.expiresAt);
  if (expiresAtMs <= nowMs) return wrong(`The approval ended at ${proof.expiresAt}.`);
  if (Date.parse(envelope.expiresAt) > expiresAtMs) return wrong('The approval ends before the dispatch does.');
  const { verifyAssertion } = await loadVerifier();
  const verified: VerifiedAssertion = await verifyAssertion(assertion, actionDigest, approver);
  if (verified.kind === 'wrong') return wrong(`The signature of ${approver.name}’s passkey ${verified.why}.`);
  const { name } = approver;
  const count = { credentialId, name, signCount: verified.signCount, actionDigest, expiresAtMs };
  return { kind: 'right', approver, count };
}

function approvedChange({ actionDigest, proof }: EnvelopeApproval, leaf: string, nodeId: string): ApprovedChange {
  const changeKey = createHash('sha256').update(`${actionDigest}\n${leaf}\n${nodeId}`).digest();
  return { changeKey, expiresAtMs: Date.parse(proof.expiresAt) };
}

function explain(given: number, { requiredToChange, approvers }: PasskeyPolicy, problems: readonly string[]): string {
  const names = [...new Set(approvers.map(({ name }) => name))];
  const listed = names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
  const needed = requiredToChange === 1 ? 'the passkey of a person' : `the passkeys of ${requiredToChange} people`;
  const missing = given === 0 ? '' : ` It has ${given}.`;
  return (
    `This satellite changes nothing without ${needed} listed in its policy.passkeys.${missing} ` +
    `${problems.join(' ') || 'Nobody has approved it.'} Ask again, and let them approve with their passkey or \`sena approve\`. ` +
    `Listed: ${listed}.`
  );
}

/** `member:user_…` → `user_…`. */
function memberOf(principal: string): string {
  return principal.startsWith('member:') ? principal.slice('member:'.length) : principal;
}

function wrong(why: string): JudgedApproval {
  return { kind: 'wrong', why };
}

function refused(detail: string, reason: Refused['reason'] = 'policy_refused'): Refused {
  return { kind: 'refused', reason, detail: detail.slice(0, 500) };
}

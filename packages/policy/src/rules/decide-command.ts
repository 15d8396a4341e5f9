// The door. Entered by the gate, by the dry-run, by the signer again, and by the satellite with its owner's rules: what a command would
// do, who asks and on which nodes, against the rules. Pure: reads nothing but its arguments.
import type { EntityUid } from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyDecisionKind, Proposer } from '@sena/contracts/domain/policy';
import { effectOrder } from '../explain/explain-decision.ts';
import type { JudgedEffect } from '../explain/finding.ts';
import { groupsOf } from './cedar-schema.ts';
import { defaultName, noPersonWroteIt } from './default-rules.ts';
import { groupNodes, type NodeGroup, nodeValue, type RuleNode } from './group-nodes.ts';
import type { CedarAnswer, Rules } from './rule.ts';

export interface RuleQuestion {
  readonly effects: readonly JudgedEffect[];
  /** Who asked for the run. `attributes` are there in the cloud alone. */
  readonly requester: { readonly id: string; readonly attributes: Readonly<Record<string, string>> };
  /** Whose words it is. */
  readonly proposer: Proposer;
  readonly nodes: readonly RuleNode[];
  readonly at: Date;
}

/** What has to be there before it runs: nothing, or so many people besides the requester. */
export interface RuleVerdict {
  readonly decision: PolicyDecisionKind;
  readonly approvers: 0 | 1 | 2;
  readonly passkey: boolean;
  /** Names of the rules that it comes from. */
  readonly rules: readonly string[];
  /** Sentences for people, most important first. */
  readonly reasons: readonly string[];
}

export interface GroupVerdict extends RuleVerdict {
  readonly nodes: readonly RuleNode[];
}

/** Little by little: the first that the rules permit is what is asked for. */
const consents = [
  { approvers: 0, passkey: false },
  { approvers: 1, passkey: false },
  { approvers: 1, passkey: true },
  { approvers: 2, passkey: false },
  { approvers: 2, passkey: true },
] as const;

type Consent = (typeof consents)[number];
type EffectVerdict =
  | { readonly kind: 'permitted'; readonly consent: Consent; readonly rules: readonly string[] }
  | { readonly kind: 'denied'; readonly rules: readonly string[] };

const reasonsMax = 20;

/** One verdict a group of nodes that no rule tells apart. Without nodes: as for a node about which nothing is known. */
export function decideCommand(rules: Rules, question: RuleQuestion): GroupVerdict[] {
  if (rules.kind === 'broken') return [{ ...denyAll(rules.problems), nodes: question.nodes }];
  const groups = groupNodes(rules.questions, question.nodes);
  const asked: NodeGroup[] = groups.length > 0 ? groups : [{ key: 'nowhere', nodes: [] }];
  return asked.map((group) => ({ ...decideGroup(rules, question, group), nodes: group.nodes }));
}

/** What holds for all of them: a command is one thing, and runs on all its nodes or on none. */
export function strictest(verdicts: readonly GroupVerdict[]): RuleVerdict {
  const ordered = [...verdicts].sort((a, b) => weight(b) - weight(a));
  const [first] = ordered;
  if (first === undefined) return denyAll([]);
  const telling = ordered.filter(({ decision }) => first.decision === 'allow' || decision !== 'allow');
  const total = verdicts.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const reasons = [
    ...new Set(telling.flatMap((verdict) => verdict.reasons.map((reason) => reason + placeOf(verdict, total)))),
  ];
  return {
    decision: first.decision,
    approvers: first.decision === 'deny' ? 0 : (Math.max(...verdicts.map(({ approvers }) => approvers)) as 0 | 1 | 2),
    passkey: first.decision !== 'deny' && verdicts.some(({ passkey }) => passkey),
    rules: [...new Set(telling.flatMap((verdict) => verdict.rules))],
    reasons: reasons.slice(0, reasonsMax),
  };
}

/** Where groups differ, a reason says for which nodes it holds. */
function placeOf({ nodes }: GroupVerdict, total: number): string {
  const [node] = nodes;
  if (node === undefined || nodes.length === total) return '';
  return ` (on ${nodes.length} of ${total} nodes, such as ${node.name})`;
}

function weight({ decision, approvers, passkey }: RuleVerdict): number {
  return (decision === 'deny' ? 10 : 0) + approvers * 2 + (passkey ? 1 : 0);
}

function denyAll(problems: ReadonlyArray<{ document: string; line: number; message: string }>): RuleVerdict {
  const [first] = problems;
  const where = first === undefined ? '' : ` The policy ${first.document}, line ${first.line}: ${first.message}`;
  return {
    decision: 'deny',
    approvers: 0,
    passkey: false,
    rules: [],
    reasons: [`is denied because the policies can not be read. Correct them first.${where}`],
  };
}

type ReadyRules = Extract<Rules, { kind: 'ready' }>;

function decideGroup(rules: ReadyRules, question: RuleQuestion, group: NodeGroup): RuleVerdict {
  const judged = question.effects
    .map((effect) => ({ effect, verdict: decideEffect(rules, question, group, effect) }))
    .sort(
      (a, b) =>
        severity(b.verdict) - severity(a.verdict) ||
        effectOrder[a.effect.kind] - effectOrder[b.effect.kind] ||
        a.effect.start - b.effect.start,
    );
  const [worst] = judged;
  if (worst === undefined) return denyAll([]);
  const isAllowed = severity(worst.verdict) === 0;
  // Beside something to be asked about, what needs no asking says nothing.
  const telling = judged.filter(({ verdict }) => isAllowed || severity(verdict) > 0);
  const reasons = [...new Set(telling.map(({ effect, verdict }) => sentence(effect, verdict, question.proposer)))];
  const left = reasons.length - reasonsMax;
  const permitted = judged.flatMap(({ verdict }) => (verdict.kind === 'permitted' ? [verdict.consent] : []));
  const isDenied = worst.verdict.kind === 'denied';
  const approvers = isDenied ? 0 : (Math.max(...permitted.map((consent) => consent.approvers)) as 0 | 1 | 2);
  return {
    decision: isDenied ? 'deny' : approvers > 0 ? 'require_approval' : 'allow',
    approvers,
    passkey: !isDenied && permitted.some(({ passkey }) => passkey),
    rules: [...new Set(telling.flatMap(({ verdict }) => verdict.rules))],
    reasons: left > 0 ? [...reasons.slice(0, reasonsMax), `and ${left} more reasons`] : reasons,
  };
}

function severity(verdict: EffectVerdict): number {
  return verdict.kind === 'denied' ? consents.length : consents.indexOf(verdict.consent);
}

function sentence({ detail }: JudgedEffect, verdict: EffectVerdict, proposer: Proposer): string {
  const [rule] = [...verdict.rules].sort((a, b) => Number(isDefault(a)) - Number(isDefault(b)));
  const named = rule === undefined ? '' : `, rule ${rule}`;
  if (verdict.kind === 'denied') return `is denied because ${detail}${named || ', and no rule permits it'}`;
  const { approvers, passkey } = verdict.consent;
  if (approvers === 0) return `may run because ${detail}${named}`;
  const isHeld = verdict.rules.includes(`${defaultName}/${noPersonWroteIt}`);
  const whose = isHeld ? `a ${proposer} proposed it and ` : '';
  const people = approvers === 2 ? 'approval by two people' : 'approval';
  return `needs ${people}${passkey ? ' with a passkey' : ''} because ${whose}${detail}${named}`;
}

function isDefault(rule: string): boolean {
  return rule.startsWith(`${defaultName}/`);
}

function decideEffect(
  rules: ReadyRules,
  question: RuleQuestion,
  group: NodeGroup,
  effect: JudgedEffect,
): EffectVerdict {
  let refusing: readonly string[] = [];
  for (const consent of consents) {
    const answer = ask(rules, question, group, effect, consent);
    // What stood in the way without it says more than what lets it pass with it.
    if (answer.permitted) {
      return { kind: 'permitted', consent, rules: refusing.length > 0 ? refusing : answer.rules };
    }
    refusing = answer.rules;
  }
  return { kind: 'denied', rules: refusing };
}

const answersMax = 5_000;

/** Only what some rule asks about is told to Cedar, so that like questions are the same question. */
function ask(
  rules: ReadyRules,
  { requester, proposer, at }: RuleQuestion,
  group: NodeGroup,
  effect: JudgedEffect,
  consent: Consent,
): CedarAnswer {
  const { kind, call } = effect;
  const context = pick(rules.contextAttributes, {
    understood: call.understood,
    asks: call.asks === true,
    proposer,
    program: call.program,
    use: call.use,
    operands: call.operands,
    approvals: consent.approvers,
    passkey: consent.passkey,
    hour: at.getUTCHours(),
    // Monday is 1, Sunday 7.
    weekday: at.getUTCDay() === 0 ? 7 : at.getUTCDay(),
  });
  const attributes = pick(rules.principalAttributes, requester.attributes);
  const principal: EntityUid = { type: 'Member', id: rules.isAboutPerson ? requester.id : 'anybody' };
  const key = JSON.stringify([kind, context, principal, attributes, group.key]);
  const known = rules.answers.get(key);
  if (known !== undefined) return known;

  const resource: EntityUid = { type: 'Nodes', id: group.key };
  const answer = rules.engine.cedar.statefulIsAuthorized({
    principal,
    action: { type: 'Action', id: kind },
    resource,
    context,
    preparsedPolicySetId: rules.engine.prepare(rules.key, { staticPolicies: textsOf(rules) }),
    validateRequest: false,
    entities: [
      { uid: principal, attrs: attributes, parents: [] },
      { uid: resource, ...nodeAttributes(rules, group), parents: [] },
      { uid: { type: 'Action', id: kind }, attrs: {}, parents: groupsOf(kind).map((id) => ({ type: 'Action', id })) },
    ],
  });
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '));
  const { decision, diagnostics } = answer.response;
  const failed = diagnostics.errors.map(({ policyId }) => policyId);
  // A rule that can't be evaluated might have been the one that forbids.
  const saved: CedarAnswer =
    failed.length > 0
      ? { permitted: false, rules: failed }
      : { permitted: decision === 'allow', rules: [...diagnostics.reason].sort() };
  if (rules.answers.size >= answersMax) rules.answers.clear();
  rules.answers.set(key, saved);
  return saved;
}

function textsOf({ rules }: ReadyRules): Record<string, string> {
  return Object.fromEntries(rules.map(({ name, text }) => [name, text]));
}

function nodeAttributes(
  { questions }: ReadyRules,
  { nodes }: NodeGroup,
): { attrs: Record<string, string>; tags: Record<string, string> } {
  const attrs: Record<string, string> = {};
  const tags: Record<string, string> = {};
  const [node] = nodes;
  if (node === undefined) return { attrs: { name: '', site: '', address: '', runAs: '' }, tags };
  for (const question of questions) {
    const value = nodeValue(question, node);
    if (value === undefined) continue;
    if (question.attribute === 'label') tags[question.key] = value;
    else attrs[question.attribute] = value;
  }
  return { attrs, tags };
}

/** Those that are there and that a rule mentions. */
function pick<T>(mentioned: ReadonlySet<string>, values: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const picked: Record<string, T> = {};
  for (const name of mentioned) {
    const value = values[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

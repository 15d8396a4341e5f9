// What rules may speak of. Data: Cedar's schema, for each of the two ends.
import { effectKindSchema } from '@sena/contracts/domain/policy';

/** A satellite knows of a node what is signed, and of the requester no more than that there is one. */
export type RuleEnd = 'cloud' | 'satellite';

/** Effects that no organization can let run without an approval: the default rules forbid it, and forbid wins. */
export const guardedEffects = ['unknown', 'privilege', 'reads_secret'] as const;

/** What leaves a trace on the node. */
const changingEffects = ['writes', 'deletes', 'controls_service', 'installs', 'changes_users'] as const;

const principal: Record<RuleEnd, string> = {
  cloud: 'entity Member { role: String, via: String };',
  satellite: 'entity Member;',
};

const nodes: Record<RuleEnd, string> = {
  cloud: 'entity Nodes { name: String, site: String, address: String, runAs: String } tags String;',
  satellite: 'entity Nodes { name: String, address: String, runAs: String };',
};

/** The groups of actions that an effect belongs to. */
export function groupsOf(effect: string): string[] {
  if (guardedEffects.some((kind) => kind === effect)) return ['guarded'];
  return changingEffects.some((kind) => kind === effect) ? ['changes'] : [];
}

export function cedarSchema(end: RuleEnd): string {
  const appliesTo = 'appliesTo { principal: Member, resource: Nodes, context: Use }';
  return [
    principal[end],
    nodes[end],
    // `program`, `use` and `operands` are there where the command says them plainly.
    'type Use = { understood: Bool, asks: Bool, proposer: String, program?: String, use?: String, operands?: Set<String>, approvals: Long, passkey: Bool, hour: Long, weekday: Long };',
    'action guarded; action changes;',
    ...effectKindSchema.options.map(
      (effect) =>
        `action ${effect}${groupsOf(effect)
          .map((group) => ` in [${group}]`)
          .join('')} ${appliesTo};`,
    ),
  ].join('\n');
}

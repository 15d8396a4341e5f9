// Entered by the dry-run: what the nodes of a group have of all that rules ask about. Pure.
import { nodeValue, type RuleNode } from './group-nodes.ts';
import type { Rules } from './rule.ts';

export interface GroupAttribute {
  /** `site`, `label env`. */
  readonly name: string;
  /** The first few that occur; a node without the label adds none. */
  readonly values: string[];
  readonly more: number;
}

const valuesShown = 5;

export function describeGroup(rules: Rules, nodes: readonly RuleNode[]): GroupAttribute[] {
  if (rules.kind === 'broken') return [];
  const attributes = new Map<string, Set<string>>();
  for (const question of rules.questions) {
    const name = question.attribute === 'label' ? `label ${question.key}` : question.attribute;
    if (attributes.has(name)) continue;
    const values = new Set<string>();
    for (const node of nodes) {
      const value = nodeValue(question, node);
      if (value !== undefined) values.add(value);
    }
    attributes.set(name, values);
  }
  return [...attributes].map(([name, values]) => ({
    name,
    values: [...values].slice(0, valuesShown),
    more: Math.max(0, values.size - valuesShown),
  }));
}

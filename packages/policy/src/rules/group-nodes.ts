// Entered from decide-command. Puts nodes together that no rule can tell apart. Pure.
import type { NodeQuestion } from './rule.ts';

/** A node as rules see it. At a satellite there are no labels, and its site is its own. */
export interface RuleNode {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly address: string;
  readonly runAs: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface NodeGroup {
  /** At least one; the first stands for all. */
  readonly nodes: readonly RuleNode[];
  /** The answers of each to all questions. */
  readonly key: string;
}

/** In the order of their first nodes. Without nodes there is no group. */
export function groupNodes(questions: readonly NodeQuestion[], nodes: readonly RuleNode[]): NodeGroup[] {
  const groups = new Map<string, RuleNode[]>();
  for (const node of nodes) {
    const key = questions.map((question) => (answer(question, node) ? '1' : '0')).join('');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  return [...groups].map(([key, members]) => ({ key, nodes: members }));
}

export function nodeValue({ attribute, key }: NodeQuestion, node: RuleNode): string | undefined {
  if (attribute !== 'label') return node[attribute];
  return Object.hasOwn(node.labels, key) ? node.labels[key] : undefined;
}

function answer(question: NodeQuestion, node: RuleNode): boolean {
  const value = nodeValue(question, node);
  if (value === undefined) return false;
  const { test } = question;
  switch (test.kind) {
    case 'there':
      return true;
    case 'is':
      return value === test.text;
    case 'like':
      return isLike(value, test.parts);
  }
}

/** As Cedar's `like`: the pieces one after another, as far to the left as they will go. */
function isLike(value: string, parts: ReadonlyArray<string | null>): boolean {
  const pieces = [''];
  for (const part of parts) {
    if (part === null) pieces.push('');
    else pieces[pieces.length - 1] += part;
  }
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first) || value.length < first.length + last.length || !value.endsWith(last)) return false;
  let from = first.length;
  const end = value.length - last.length;
  for (const piece of rest) {
    const found = value.indexOf(piece, from);
    if (found < 0 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return from <= end;
}

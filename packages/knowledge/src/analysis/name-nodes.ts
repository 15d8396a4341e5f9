// Puts nodes into a sentence. Pure.
import type { NodeName } from '../runbook.ts';

const byName = new Intl.Collator('en', { numeric: true });

/** "web-01, web-02 and 38 more": sorted, each node once. */
export function nameNodes(nodes: readonly NodeName[], atMost = 10): string {
  const names = sortNodes(nodes).map((node) => node.name);
  if (names.length > atMost) return `${names.slice(0, atMost).join(', ')} and ${names.length - atMost} more`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** By name with numbers as numbers (web-2 before web-10), each id once. */
export function sortNodes(nodes: readonly NodeName[]): NodeName[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return [...byId.values()].sort((a, b) => byName.compare(a.name, b.name));
}

/** "1 node", "12 nodes". */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`;
}

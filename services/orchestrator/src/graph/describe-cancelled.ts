// The sentences that end a cancelled run: which nodes had finished, and what became of the others. Pure.
import type { CancelledNodes, CancelledState } from '@sena/runs/run/list-cancelled';
import { countNodes, listNames } from '../planners/describe-outcomes.ts';

const words: ReadonlyArray<[CancelledState, string]> = [
  ['finished', 'Had finished'],
  ['stopped', 'Stopped'],
  ['not_begun', 'Never began'],
  ['unknown', 'Unknown'],
];

/** What became of the nodes, and nothing about the cancel itself: the status says that. */
export function describeCancelled(nodes: readonly CancelledNodes[]): string {
  if (nodes.length === 0) return 'Nothing had begun on any node.';
  return words
    .flatMap(([state, word]) => {
      const found = nodes.find((each) => each.state === state);
      if (found === undefined) return [];
      const more = found.nodes - found.names.length;
      const names = more > 0 ? `${found.names.join(', ')} and ${more} more` : listNames(found.names);
      return [`${word}: ${countNodes(found.nodes)} (${names}).`];
    })
    .join(' ');
}

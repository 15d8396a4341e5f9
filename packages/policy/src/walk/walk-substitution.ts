// Entered from expand-word, through the judge, once for each `$( … )`. Walks what stands inside like any other
// statement and says what its output can be.
import type { Node } from 'web-tree-sitter';
import { unknown } from '../explain/finding.ts';
import { type Judge, type OutputKind, report, type SubstitutionPart } from './judge.ts';
import { outputOf } from './output-of.ts';
import { walkStatement } from './walk-statement.ts';

export function walkSubstitution(judge: Judge, part: SubstitutionPart): OutputKind {
  const place = { start: part.start, end: part.end };
  const node = substitutionNode(judge.root, part);
  if (!node) {
    report(judge, place, unknown('the shell and the grammar may read this differently'));
    return 'any';
  }
  judge.nesting += 1;
  for (const child of node.children.slice(1, -1)) walkStatement(judge, part.level, child);
  judge.nesting -= 1;
  return outputOf(part.level.tokens);
}

/** Inside quotes the grammar counts blanks before `$(` as part of it, so the node is known by where `$(` and `)` end. */
function substitutionNode(root: Node, part: SubstitutionPart): Node | undefined {
  let node = root.descendantForIndex(part.start, part.end - 1);
  while (node && node.endIndex <= part.end) {
    const opens = node.type === 'command_substitution' && node.child(0)?.endIndex === part.start + 2;
    if (opens && node.endIndex === part.end) return node;
    node = node.parent;
  }
  return undefined;
}

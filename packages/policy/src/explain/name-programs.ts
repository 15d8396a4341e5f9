// Entered when the text could not be read to its end: the programs that the tree names still tell a person what is
// at stake. Never makes a decision milder.
import type { Node } from 'web-tree-sitter';
import { findChanging } from '../catalogue/find-program.ts';
import { showText } from '../text/show-text.ts';
import { type Finding, notUnderstood } from './finding.ts';

const findingsMax = 20;

export function namePrograms(root: Node): Finding[] {
  const findings: Finding[] = [];
  const pending: Node[] = [root];
  for (let node = pending.pop(); node && findings.length < findingsMax; node = pending.pop()) {
    const changing = node.type === 'command_name' ? findChanging(node.text.replace(/^.*\//s, '')) : undefined;
    if (changing) {
      const { startIndex: start, endIndex: end } = node.parent ?? node;
      findings.push({
        kind: changing.effect,
        detail: `${showText(node.text)} ${changing.because}`,
        start,
        end,
        call: notUnderstood,
      });
    }
    pending.push(...node.children);
  }
  return findings;
}

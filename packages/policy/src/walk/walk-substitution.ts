// Entered from expand-word, through the judge, once for each `$( … )`. Walks what stands inside like any other
// statement and says what its output can be.
import type { Node } from 'web-tree-sitter';
import { unknown } from '../explain/finding.ts';
import type { Level, Token } from '../reading/token.ts';
import { type Judge, type OutputKind, report, type SubstitutionPart } from './judge.ts';
import { lookUp } from './judge-program.ts';
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
  return outputOf(part.level);
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

/** Programs through which lines pass unchanged. */
const passing = new Set(['head', 'tail', 'sort', 'uniq', 'tac']);

/** Known for one program, or one followed by programs that pass its lines on. */
function outputOf(level: Level): OutputKind {
  const stages: Token[][] = [[]];
  for (const token of level.tokens) {
    if (token.kind === 'operator' && token.text === '|') stages.push([]);
    else if (token.kind === 'word') stages.at(-1)?.push(token);
    else if (token.kind !== 'redirect') return 'any';
  }
  // The target of `2>/dev/null` is no argument of the program.
  const [first = [], ...others] = stages.map((words) =>
    words.map((word) => fixedText(word) ?? '\0').filter((word) => word !== '/dev/null'),
  );
  let cut = false;
  if (onlyDigits.test(others.at(-1)?.join(' ') ?? '')) return 'digits';
  for (const [name, ...rest] of others) {
    if (name === 'cut' && /^-d (?: |$)? ?-f *[1-9]$/.test(rest.join(' '))) {
      cut = true;
      continue;
    }
    if (name === undefined || !passing.has(name) || rest.some((word) => !/^-[a-z0-9]*$/.test(word))) return 'any';
  }
  const [name, ...words] = first;
  const output = name === undefined ? undefined : lookUp(name)?.output;
  if (!output) return 'any';
  const dashed = words.filter((word) => word.startsWith('-'));
  if (words.includes('\0') || dashed.some((word) => !output.switches.includes(word))) return 'any';
  if (output.needs && !output.needs.some((needed) => words.includes(needed))) return 'any';
  if (output.alone && words.length > dashed.length) return 'any';
  // A number cut out of numbers is one. Of anything else it may be any part.
  return cut && output.kind !== 'many-digits' ? 'any' : output.kind;
}

/** `… | tr -dc 0-9`: whatever came in, digits come out. */
const onlyDigits = /^tr -(?:dc|cd) (?:0-9|\[:digit:\])$/;

function fixedText(token: Token): string | undefined {
  if (token.kind !== 'word') return undefined;
  let text = '';
  for (const part of token.parts) {
    if (part.kind !== 'text') return undefined;
    text += part.text;
  }
  return text;
}

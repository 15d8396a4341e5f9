// Entered from evaluate-command with the root of the tree, and for the inside of each `$( … )`. Follows the tree,
// takes each simple command from the tokens, and claims every token it passes: what is left over at the end was read
// differently by the grammar and by the shell.
import type { Node } from 'web-tree-sitter';
import { type Problem, unknown } from '../explain/finding.ts';
import { type Level, plainText, type WordToken } from '../reading/token.ts';
import { expandUnsplit, expandWord } from '../words/expand-word.ts';
import { isLiteral } from '../words/piece.ts';
import { takeRun } from './command-run.ts';
import { type Judge, report } from './judge.ts';
import { isAssignable, judgeRun } from './judge-command.ts';
import { judgeRedirection } from './judge-redirection.ts';

const separators = new Set([';', ';;', '&&', '||', '|', '(', ')', '\n']);
const reservedWords = new Set('if then elif else fi for in do done while case esac { } !'.split(' '));
/** After these a command begins. */
const beforeCommand = new Set('if then elif else while do { !'.split(' '));

export function walkStatement(judge: Judge, level: Level, node: Node): undefined {
  switch (node.type) {
    case 'command':
    case 'test_command':
    case 'variable_assignment':
    case 'variable_assignments':
      return walkCommand(judge, level, node);
    case 'redirected_statement':
      return walkRedirected(judge, level, node);
    case 'program':
      return walkChildren(judge, level, node);
    case 'compound_statement':
      if (node.child(0)?.type !== '{') return refuse(judge, node, unknown('`(( … ))` computes when it runs'));
      return walkChildren(judge, level, node);
    case 'list':
    case 'pipeline':
    case 'subshell':
    case 'negated_command':
    case 'if_statement':
    case 'elif_clause':
    case 'else_clause':
    case 'do_group':
      return nested(judge, () => walkChildren(judge, level, node));
    case 'for_statement':
      return nested(judge, () => walkFor(judge, level, node));
    case 'while_statement':
      return nested(judge, () => walkWhile(judge, level, node));
    case 'case_statement':
    case 'case_item':
      return nested(judge, () => walkCase(judge, level, node));
    case 'comment':
      return undefined;
    case 'function_definition':
      return refuse(judge, node, unknown('it defines a function, which can take the name of any program'));
    case 'declaration_command':
    case 'unset_command':
      return refuse(judge, node, unknown('it changes the shell or the environment of later commands'));
    case 'c_style_for_statement':
      return refuse(judge, node, unknown('its loop is computed when it runs'));
    default:
      if (node.isNamed) return refuse(judge, node, unknown('this piece of shell is not one that is judged'));
      return claimLeaf(judge, level, node);
  }
}

function walkChildren(judge: Judge, level: Level, node: Node): undefined {
  for (const child of node.children) walkStatement(judge, level, child);
}

function nested(judge: Judge, walk: () => void): undefined {
  judge.nesting += 1;
  walk();
  judge.nesting -= 1;
}

/** Names the piece and does not go on into it. */
function refuse(judge: Judge, node: Node, problem: Problem): undefined {
  report(judge, { start: node.startIndex, end: node.endIndex }, problem);
}

function walkCommand(judge: Judge, level: Level, node: Node): undefined {
  let index = level.at.get(node.startIndex);
  if (index === undefined || !isCommandPosition(level, index)) return disagree(judge, node);
  const words = new Map<number, number>();
  for (;;) {
    const run = takeRun(level, index);
    for (const word of run.words) words.set(word.start, word.end);
    judgeRun(judge, run);
    index = run.next;
    // The grammar lets `a=1`, a line break and a command be one command; the shell doesn't.
    if (run.end >= node.endIndex) break;
    while (level.tokens[index]?.kind === 'newline') index += 1;
    const token = level.tokens[index];
    if (!token || token.start >= node.endIndex || token.start <= run.start) return disagree(judge, node);
  }
  if (node.type === 'test_command') return undefined;
  for (const child of node.children) {
    const redirection = child.type === 'file_redirect';
    if (
      !redirection &&
      child.type !== 'comment' &&
      node.type === 'command' &&
      words.get(child.startIndex) !== child.endIndex
    ) {
      return disagree(judge, child);
    }
  }
}

function walkRedirected(judge: Judge, level: Level, node: Node): undefined {
  for (const child of node.children) {
    if (child.type !== 'file_redirect') {
      walkStatement(judge, level, child);
      continue;
    }
    const index = level.at.get(child.startIndex);
    if (index === undefined) return disagree(judge, child);
    // Already taken with the command that stands before it.
    if (level.claimed.has(index)) continue;
    const run = takeRun(level, index);
    if (run.words.length > 0) return disagree(judge, child);
    for (const redirection of run.redirections) judgeRedirection(judge, redirection);
  }
}

function walkFor(judge: Judge, level: Level, node: Node): undefined {
  const [keyword, variable, into, ...rest] = node.children;
  if (keyword?.type !== 'for' || variable?.type !== 'variable_name' || into?.type !== 'in') {
    return refuse(judge, node, unknown('this kind of loop is not judged'));
  }
  claimLeaf(judge, level, keyword);
  const name = claimWord(level, variable);
  claimLeaf(judge, level, into);
  if (!name || !isAssignable(variable.text)) {
    return refuse(judge, variable, unknown('the variable of the loop may change what commands do'));
  }
  let body: Node | undefined;
  let isListWrittenOut = true;
  for (const child of rest) {
    if (child.type === 'do_group') body = child;
    else if (child.type === 'comment') continue;
    else if (!child.isNamed && separators.has(child.type)) claimLeaf(judge, level, child);
    else {
      const word = claimWord(level, child);
      if (!word) return disagree(judge, child);
      const alternatives = expandWord(judge, word);
      isListWrittenOut &&= alternatives.every((words) => words.every(isLiteral));
    }
  }
  if (!body) return disagree(judge, node);
  if (!isListWrittenOut) judge.roundsUnknown += 1;
  judge.loops.push({
    name: variable.text,
    start: node.startIndex,
    bodyStart: body.startIndex,
    bodyEnd: body.endIndex,
    soleInBody: isSoleAssignment(judge, variable.text, body),
  });
  walkStatement(judge, level, body);
  judge.loops.pop();
  if (!isListWrittenOut) judge.roundsUnknown -= 1;
}

function isSoleAssignment(judge: Judge, name: string, body: Node): boolean {
  const sites = judge.variables.get(name) ?? [];
  return sites.every((site) => {
    if (site.kind === 'read') return false;
    const at = site.kind === 'value' ? site.word.start : site.start;
    return at < body.startIndex || at >= body.endIndex;
  });
}

/** Only a loop over the lines of its input is known to end. */
function walkWhile(judge: Judge, level: Level, node: Node): undefined {
  const [keyword, condition] = node.children;
  const first = condition && level.at.get(condition.startIndex);
  const words = level.tokens.slice(first, (first ?? 0) + 8);
  const program = words.find((token) => !/^[A-Za-z_]+=/.test(judge.text.slice(token.start, token.end)));
  const parts = node.namedChildren.filter((child) => child.type !== 'comment');
  if (
    keyword?.type !== 'while' ||
    condition?.type !== 'command' ||
    parts.length !== 2 ||
    plainText(program) !== 'read'
  ) {
    report(judge, { start: node.startIndex, end: node.endIndex }, unknown('its loop may never end'));
  }
  if (keyword?.type !== 'while') return;
  // How often it goes round is not written out: each round would ask once more.
  judge.roundsUnknown += 1;
  walkChildren(judge, level, node);
  judge.roundsUnknown -= 1;
}

function walkCase(judge: Judge, level: Level, node: Node): undefined {
  let beforeBody = node.type === 'case_item';
  for (const child of node.children) {
    if (child.type === 'comment') continue;
    if (node.type === 'case_statement') {
      const isItem = child.type === 'case_item';
      if (isItem || !child.isNamed) walkStatement(judge, level, child);
      else claimAndExpand(judge, level, child);
    } else if (beforeBody && child.isNamed) claimAndExpand(judge, level, child);
    else {
      if (child.type === ')') beforeBody = false;
      walkStatement(judge, level, child);
    }
  }
}

function claimAndExpand(judge: Judge, level: Level, node: Node): undefined {
  const word = claimWord(level, node);
  if (!word) return disagree(judge, node);
  expandUnsplit(judge, word.parts);
}

/** The word token that stands exactly where the node does. */
function claimWord(level: Level, node: Node): WordToken | undefined {
  const index = level.at.get(node.startIndex);
  const token = index === undefined ? undefined : level.tokens[index];
  if (index === undefined || token?.kind !== 'word' || token.end !== node.endIndex) return undefined;
  level.claimed.add(index);
  return token;
}

function claimLeaf(judge: Judge, level: Level, node: Node): undefined {
  if (node.type === '&') {
    const index = level.at.get(node.startIndex);
    if (index !== undefined) level.claimed.add(index);
    return refuse(judge, node, unknown('`&` leaves a command running in the background'));
  }
  const index = level.at.get(node.startIndex);
  const token = index === undefined ? undefined : level.tokens[index];
  if (index === undefined || token?.end !== node.endIndex) return disagree(judge, node);
  if (node.type === ';;' && node.parent?.type !== 'case_item') return disagree(judge, node);
  const isSeparator = separators.has(node.type) && token.kind !== 'word';
  const isReserved = reservedWords.has(node.type) && plainText(token) === node.type;
  if (!isSeparator && !(isReserved && (node.type === 'in' || isCommandPosition(level, index))))
    return disagree(judge, node);
  level.claimed.add(index);
}

/** Whether the shell, having read the tokens before, would take this one for the start of a command. */
function isCommandPosition(level: Level, index: number): boolean {
  const before = level.tokens[index - 1];
  if (!before || before.kind === 'newline' || before.kind === 'operator') return true;
  if (before.kind === 'redirect') return false;
  const text = plainText(before);
  // A word that spells a reserved one is one only where a command could begin.
  return text !== undefined && beforeCommand.has(text) && isCommandPosition(level, index - 1);
}

function disagree(judge: Judge, node: Node): undefined {
  refuse(judge, node, unknown('the shell and the grammar may read this differently'));
}

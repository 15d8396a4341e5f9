// Entered from walk-statement with one simple command as the shell sees it. Reports its effects.
import { isHarmlessVariable } from '../environment/judge-environment.ts';
import { type Problem, unknown } from '../explain/finding.ts';
import { plainText, type WordToken, writtenText } from '../reading/token.ts';
import { showText } from '../text/show-text.ts';
import { assignedName } from '../words/collect-variables.ts';
import { expandUnsplit, expandWord } from '../words/expand-word.ts';
import { literalOf, type Piece, textPiece, type Word } from '../words/piece.ts';
import type { CommandRun } from './command-run.ts';
import { type Judge, report } from './judge.ts';
import { judgeProgram } from './judge-program.ts';
import { judgeRedirection } from './judge-redirection.ts';
import { lookUp } from './look-up.ts';
import { type StandardInput, standardInputOf } from './standard-input.ts';

/** More argument lists than this and the command is not judged. */
const combinationsMax = 256;

/** Upper-case names that no shell and no program gives a meaning to. */
const upperCaseNames = new Set(
  'PID PIDS FILE FILES DIR DIRS SVC SERVICE SERVICES UNIT UNITS IFACE DEV DISK PORT NAME COUNT N I F D S P'.split(' '),
);

export function judgeRun(judge: Judge, run: CommandRun): undefined {
  const assignments: WordToken[] = [];
  for (const word of run.words) {
    if (assignedName(word) === undefined) break;
    assignments.push(word);
  }
  const words = run.words.slice(assignments.length);
  for (const redirection of run.redirections) judgeRedirection(judge, redirection);
  if (words.length === 0) judgeAssignments(judge, assignments, run.redirections.length === 0);
  else judgeCall(judge, run, assignments, words);
}

/** `x=…` on its own: a variable of the shell, which no program sees. Not `certain` where a redirection may fail first. */
function judgeAssignments(judge: Judge, assignments: readonly WordToken[], certain: boolean): undefined {
  for (const word of assignments) {
    const name = assignedName(word) ?? '';
    expandUnsplit(judge, word.parts);
    if (!isAssignable(name) && !isHarmless(judge, name, word)) {
      report(judge, word, unknown(`setting ${showText(name)} may change what later commands do`));
    } else if (certain && judge.nesting === 0) judge.assigned.set(name, word.start);
  }
}

/** Not `http_proxy` and the like, which mean something in small letters. */
export function isAssignable(name: string): boolean {
  return (/^[a-z][a-z0-9_]*$/.test(name) && !name.endsWith('_proxy')) || upperCaseNames.has(name);
}

function judgeCall(
  judge: Judge,
  run: CommandRun,
  assignments: readonly WordToken[],
  words: readonly WordToken[],
): undefined {
  const [first, ...rest] = words;
  const name = plainText(first);
  for (const word of assignments) {
    const variable = assignedName(word) ?? '';
    // `read` is no special built-in: the separator is back afterwards.
    if (variable === 'IFS' && name === 'read') expandUnsplit(judge, word.parts);
    else if (!isHarmless(judge, variable, word)) {
      report(judge, word, unknown(`${showText(`${variable}=…`)} in front of a command may change what it does`));
    }
  }
  if (!first || name === undefined) {
    if (first) expandWord(judge, first);
    for (const word of rest) expandWord(judge, word);
    return report(judge, first ?? run, unknown('the name of the program is quoted, expanded or computed when it runs'));
  }
  // From where relative paths are read has to be known before anything is judged.
  const isChanging =
    name === 'cd' || (lookUp(name)?.wraps !== undefined && rest.some((word) => plainText(word) === 'cd'));
  if (isChanging && rest.some((word) => writtenText(word) === undefined)) {
    report(judge, run, unknown('the directory that `cd` goes to is computed when it runs: write it out'));
  }
  const nameWord: Word = { pieces: [textPiece(name)], loose: false, start: first.start, end: first.end };
  const given = lookUp(name)?.takesAddresses === true ? rest.map(withoutQuestion) : rest;
  const problems = judgeCombinations(judge, nameWord, given, standardInputOf(run));
  for (const problem of problems) report(judge, run, judge.roundsUnknown > 0 ? withoutAsking(problem) : problem);
  if (problems.length === 0) {
    judge.findings.push({
      kind: 'reads',
      detail: `${showText(name)} only reads`,
      start: run.start,
      end: run.end,
      call: { understood: true, program: name },
    });
  }
}

const askedPage = /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1)(?::\d{1,5})?\/[A-Za-z0-9_/-]+$/;

/** `localhost:9200/_cat/nodes?v`: no file has such a name. If one had, it would be another page of the same machine. */
function withoutQuestion(word: WordToken): WordToken {
  const [page, mark, question, ...more] = word.parts;
  const isAddress =
    page?.kind === 'text' &&
    !page.quoted &&
    askedPage.test(page.text) &&
    mark?.kind === 'glob' &&
    mark.raw === '?' &&
    more.length === 0 &&
    question?.kind === 'text' &&
    /^[a-z_]+$/.test(question.text);
  return isAddress ? { ...word, parts: [{ ...page, text: `${page.text}?${question.text}` }] } : word;
}

/** Where a loop asks again and again, a person looks at it first. */
function withoutAsking({ call, ...problem }: Problem): Problem {
  if (call === undefined) return problem;
  const { asks: _, ...rest } = call;
  return { ...problem, call: rest };
}

function judgeCombinations(judge: Judge, name: Word, rest: readonly WordToken[], input: StandardInput): Problem[] {
  let combinations: Word[][] = [[name]];
  for (const token of rest) {
    const alternatives = name.pieces.some((piece) => piece.kind === 'text' && piece.text === '[[')
      ? unsplit(judge, token)
      : expandWord(judge, token);
    const next: Word[][] = [];
    for (const before of combinations) for (const words of alternatives) next.push([...before, ...words]);
    if (next.length > combinationsMax) return [unknown('its variables have too many possible values')];
    combinations = next;
  }
  const problems: Problem[] = [];
  for (const words of combinations) problems.push(...judgeProgram(words, judge.directories, input));
  return problems;
}

/** `[[` splits nothing, but a shell that doesn't know it would: both readings. */
function unsplit(judge: Judge, token: WordToken): Word[][] {
  const values: Piece[][] = expandUnsplit(judge, token.parts);
  return values.map((pieces) => [{ pieces, loose: false, start: token.start, end: token.end }]);
}

function isHarmless(judge: Judge, name: string, word: WordToken): boolean {
  return expandUnsplit(judge, word.parts).every((pieces) => {
    const literal = literalOf(pieces);
    return literal !== undefined && isHarmlessVariable(name, literal.slice(name.length + 1));
  });
}

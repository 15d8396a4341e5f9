// Entered from check-arguments for `find … -exec PROGRAM … {} \;`, when all else of it is read. The program is judged with each place that is searched
// where `{}` stands: it is given any path below it.
import { type Problem, unknown } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';
import { unknownInput } from '../walk/standard-input.ts';
import { isLiteral, literalOf, textPiece, type Word } from '../words/piece.ts';
import type { JudgeInner } from './argument-context.ts';
import { nameOfFound } from './narrowing-name.ts';

export interface Exec {
  words: readonly Word[];
  /** `{} +`: many paths at once. */
  many: boolean;
  /** How many words it takes, its end included. */
  length: number;
}

interface Search {
  words: readonly Word[];
  operands: readonly Word[];
  used: ReadonlySet<string>;
  execs: readonly Exec[];
  judgeInner: JudgeInner;
}

/** More than any program tells apart. */
export const manyWords = 20;
/** No path below one of these begins with a dash, or is anything else than a path. */
const startPattern = /^(?:\/|\.\/|\.$)/;
const following = ['-L', '-follow'];

/** Undefined: it has no end that every version of `find` takes for one. Busybox ends it at any `+`, others at one behind `{}`. */
export function takeExec(words: readonly Word[]): Exec | undefined {
  const literals = words.map(({ pieces }) => literalOf(pieces));
  const end = literals.findIndex((literal) => literal === ';' || literal === '+');
  if (end < 0) return undefined;
  const many = literals[end] === '+';
  // A version that knows no `+` goes on to the `;`.
  if (many && literals.includes(';')) return undefined;
  const places = literals.slice(0, end).filter((literal) => literal === '{}').length;
  if (many && (literals[end - 1] !== '{}' || places > 1)) return undefined;
  return { words: words.slice(0, end), many, length: end + 1 };
}

/** More places times programs than a person writes are not judged. */
const judgedMax = 16;

export function checkExecs({ words, operands, used, execs, judgeInner }: Search): Problem[] {
  if (execs.length === 0) return [];
  // With links followed, a path below the place lies anywhere.
  if (!words.every(isLiteral) || following.some((name) => used.has(name))) return [notJudged('what it is given')];
  const written = new Set(operands.map(({ pieces }) => literalOf(pieces) ?? ''));
  const starts = written.size === 0 ? ['.'] : [...written];
  if (!starts.every((start) => startPattern.test(start))) return [notJudged('where it looks')];
  if (!execs.every(isPlain) || starts.length * execs.length > judgedMax) return [notJudged('what it runs')];
  const texts = words.map(({ pieces }) => literalOf(pieces));
  const name = nameOfFound(texts.slice(0, texts.indexOf('-exec')), texts);
  for (const { words: inner, many } of execs) {
    for (const start of starts) {
      for (const count of many ? [1, manyWords] : [1]) {
        const problems = judgeInner(filledIn(inner, { start, name }, count), { bounded: false, input: unknownInput });
        if (problems.length > 0) return ofAnother('find', problems);
      }
    }
  }
  return [];
}

/** `{}` is filled in inside of words too, and an action of `find` would be one where a version counts words in another way. */
function isPlain({ words }: Exec): boolean {
  const texts = words.map(({ pieces }) => literalOf(pieces) ?? '');
  const isPlaced = texts.includes('{}') && texts[0] !== '{}';
  return isPlaced && texts.every((text) => text === '{}' || !(text.includes('{}') || actions.has(text)));
}

const actions = new Set('-delete -exec -execdir -ok -okdir -fprint -fprint0 -fprintf -fls'.split(' '));

/** Which words the program is given is not written out, so no rule may let it run for them. */
export function ofAnother(program: string, problems: readonly Problem[]): Problem[] {
  return problems.slice(0, 1).map((problem) => ({ ...problem, call: { understood: false, program } }));
}

function filledIn(
  words: readonly Word[],
  { start, name }: { start: string; name: string | undefined },
  count: number,
): Word[] {
  return words.flatMap((word): Word[] => {
    if (literalOf(word.pieces) !== '{}') return [word];
    const found: Word = { ...word, pieces: [textPiece(start)], handed: 'found', name };
    return Array.from({ length: count }, () => found);
  });
}

function notJudged(what: string): Problem {
  return unknown(`${showText('find -exec')} runs a program for each file, and ${what} is not known`);
}

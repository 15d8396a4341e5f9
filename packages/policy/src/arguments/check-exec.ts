// Entered from check-arguments for `find … -exec PROGRAM … {} \;`, when all else of it is read. The program is judged with each place that is searched
// where `{}` stands: it is given any path below it.
import { type Problem, unknown } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';
import { isLiteral, literalOf, textPiece, type Word } from '../words/piece.ts';

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
  judgeInner: (words: readonly Word[], bounded: boolean) => Problem[];
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

export function checkExec({ words, many }: Exec, { words: all, operands, used, judgeInner }: Search): Problem[] {
  // With links followed, a path below the place lies anywhere.
  if (!all.every(isLiteral) || following.some((name) => used.has(name))) return [notJudged('what it is given')];
  const starts = operands.length === 0 ? ['.'] : operands.map(({ pieces }) => literalOf(pieces) ?? '');
  if (!starts.every((start) => startPattern.test(start))) return [notJudged('where it looks')];
  const texts = words.map(({ pieces }) => literalOf(pieces) ?? '');
  const isPlaced = texts.includes('{}') && texts[0] !== '{}';
  // `{}` is filled in inside of words too, and an action of `find` would be one where a version counts words in another way.
  if (!isPlaced || texts.some((text) => (text !== '{}' && text.includes('{}')) || actions.has(text))) {
    return [notJudged('what it runs')];
  }
  const judged = starts.flatMap((start) =>
    (many ? [1, manyWords] : [1]).flatMap((count) => judgeInner(filledIn(words, start, count), false)),
  );
  return ofAnother('find', judged);
}

const actions = new Set('-delete -exec -execdir -ok -okdir -fprint -fprint0 -fprintf -fls'.split(' '));

/** Which words the program is given is not written out, so no rule may let it run for them. */
export function ofAnother(program: string, problems: readonly Problem[]): Problem[] {
  return problems.slice(0, 1).map((problem) => ({ ...problem, call: { understood: false, program } }));
}

function filledIn(words: readonly Word[], start: string, count: number): Word[] {
  return words.flatMap((word): Word[] => {
    if (literalOf(word.pieces) !== '{}') return [word];
    const found: Word = { ...word, pieces: [textPiece(start)], handed: 'found' };
    return Array.from({ length: count }, () => found);
  });
}

function notJudged(what: string): Problem {
  return unknown(`${showText('find -exec')} runs a program for each file, and ${what} is not known`);
}

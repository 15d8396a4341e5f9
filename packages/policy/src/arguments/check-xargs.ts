// Entered from check-arguments for `… | xargs PROGRAM …`. What comes from the input is any words, options among them.
import { type Problem, unknown } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';
import type { OutputKind } from '../walk/judge.ts';
import { type Found, type StandardInput, unknownInput } from '../walk/standard-input.ts';
import { type HoleKind, isLiteral, literalOf, type Piece, textPiece, type Word } from '../words/piece.ts';
import type { JudgeInner } from './argument-context.ts';
import { manyWords, ofAnother } from './check-exec.ts';

const switches = /^-[0rt]+$/;
const valued = /^-[0rt]*([nLPI])(.*)$/s;
const values: Record<string, RegExp> = {
  n: /^[1-9]\d{0,5}$/,
  L: /^[1-9]\d{0,5}$/,
  // So many at the same time.
  P: /^(?:[1-9]|[12]\d|3[0-2])$/,
  I: /^(?:\{\}|[%@_]|[A-Za-z]{1,16})$/,
};

/** What the words are, where the program that wrote them is known for it. */
const knownWords: Readonly<Record<OutputKind, HoleKind | undefined>> = {
  ...{ digits: 'digits', 'many-digits': 'digits', token: 'token', 'many-tokens': 'token', path: 'path' },
  any: undefined,
};

export function checkXargs(words: readonly Word[], input: StandardInput, judgeInner: JudgeInner): Problem[] {
  if (!words.every(isLiteral)) return [notJudged('what it runs')];
  const texts = words.map(({ pieces }) => literalOf(pieces) ?? '');
  const used = new Map<string, string>();
  let index = 0;
  for (; texts[index]?.startsWith('-'); index += 1) {
    const text = texts[index] ?? '';
    if (switches.test(text)) continue;
    const [, name = '', attached = ''] = valued.exec(text) ?? [];
    if (attached === '') index += 1;
    const value = attached === '' ? (texts[index] ?? '') : attached;
    // Given twice, versions differ in which one counts.
    if (used.has(name) || values[name]?.test(value) !== true) return [notJudged(`the option ${showText(text)}`)];
    used.set(name, value);
  }
  const inner = words.slice(index);
  // It runs `echo`.
  if (inner.length === 0) return [];
  const place = used.get('I');
  const isByZeroByte = texts.slice(0, index).some((text) => /^-[rt]*0/.test(text));
  const fillings = isByZeroByte ? input.found.map(foundIn) : linesOf(input.output);
  const runs = place === undefined ? appended(inner, fillings) : filledIn(inner, place, fillings);
  // Beside `-n` or `-L` some versions forget the place.
  if (runs === undefined || (place !== undefined && (used.has('n') || used.has('L'))))
    return [notJudged('where the input goes')];
  return ofAnother(
    'xargs',
    runs.flatMap((run) => judgeInner(run, { bounded: false, input: unknownInput })),
  );
}

/** What stands for the input: each is tried. None: it is any words. */
type Filling = { word: Word } | { pieces: Piece[] };

const handed: Word = { pieces: [{ kind: 'hole', of: 'any' }], loose: false, handed: 'input', start: 0, end: 0 };
const none: Word = { pieces: [], loose: false, absent: true, start: 0, end: 0 };

function foundIn({ start, name }: Found): Filling {
  return { word: { pieces: [textPiece(start)], loose: false, handed: 'found', name, start: 0, end: 0 } };
}

/** Several may stand in a line, which is then one word where a place is named. */
function linesOf(lines: OutputKind): Filling[] {
  const kind = knownWords[lines];
  if (kind === undefined) return [];
  const hole: Piece = { kind: 'hole', of: kind };
  return [{ pieces: [hole] }, { pieces: [hole, textPiece(' '), hole] }];
}

function appended(inner: readonly Word[], fillings: readonly Filling[]): Word[][] {
  const words = fillings.flatMap((filling): Word[] => {
    if ('word' in filling) return [filling.word];
    return filling.pieces.length > 1 ? [] : [{ ...none, absent: false, pieces: filling.pieces }];
  });
  const given = (words.length > 0 ? words : [handed]).flatMap((word) =>
    [1, manyWords].map((count) => Array.from({ length: count }, () => word)),
  );
  // Of an empty input some versions run it as well.
  return [...given, ...(words.length > 0 ? [[none]] : [])].map((more) => [...inner, ...more]);
}

/** Undefined: the place is none that every version fills in, or what is filled in inside of a word is not known. */
function filledIn(inner: readonly Word[], place: string, fillings: readonly Filling[]): Word[][] | undefined {
  const texts = inner.map(({ pieces }) => literalOf(pieces) ?? '');
  if (texts[0]?.includes(place) === true || !texts.some((text) => text.includes(place))) return undefined;
  const tried = fillings.length > 0 ? fillings : [{ word: handed }];
  const isInside = texts.some((text) => text !== place && text.includes(place));
  if (isInside && tried.some((filling) => 'word' in filling)) return undefined;
  return tried.map((filling) =>
    inner.map((word, at) => {
      if ('pieces' in filling) return { ...word, pieces: replaced(texts[at] ?? '', place, filling.pieces) };
      return texts[at] === place ? filling.word : word;
    }),
  );
}

function replaced(text: string, place: string, filling: readonly Piece[]): Piece[] {
  const parts = text.split(place).map((part) => (part === '' ? [] : [textPiece(part)]));
  return parts.flatMap((part, at) => (at === 0 ? part : [...filling, ...part]));
}

function notJudged(what: string): Problem {
  return unknown(`${showText('xargs')} runs another program, and ${what} is not known`);
}

// Entered from check-arguments for `… | xargs PROGRAM …`. What comes from the input is any words, options among them.
import { type Problem, unknown } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';
import type { OutputKind } from '../walk/judge.ts';
import { unknownInput } from '../walk/standard-input.ts';
import { type HoleKind, isLiteral, literalOf, type Piece, textPiece, type Word } from '../words/piece.ts';
import type { JudgeInner } from './check-arguments.ts';
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

export function checkXargs(words: readonly Word[], lines: OutputKind, judgeInner: JudgeInner): Problem[] {
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
  // With `-0` all lines are one word.
  const isOneWord = texts.slice(0, index).some((text) => /^-[rt]*0/.test(text));
  const kind = isOneWord ? undefined : knownWords[lines];
  const runs = place === undefined ? appended(inner, kind) : filledIn(inner, place, kind);
  // Beside `-n` or `-L` some versions forget the place.
  if (runs === undefined || (place !== undefined && (used.has('n') || used.has('L'))))
    return [notJudged('where the input goes')];
  return ofAnother(
    'xargs',
    runs.flatMap((run) => judgeInner(run, { bounded: false, input: unknownInput })),
  );
}

const handed: Word = { pieces: [{ kind: 'hole', of: 'any' }], loose: false, handed: 'input', start: 0, end: 0 };
const none: Word = { pieces: [], loose: false, absent: true, start: 0, end: 0 };

function appended(inner: readonly Word[], kind: HoleKind | undefined): Word[][] {
  const word: Word = kind === undefined ? handed : { ...none, absent: false, pieces: [{ kind: 'hole', of: kind }] };
  const given = [1, manyWords].map((count) => Array.from({ length: count }, () => word));
  return [...given, ...(kind === undefined ? [] : [[none]])].map((more) => [...inner, ...more]);
}

/** Undefined: the place is none that every version fills in, or what is filled in inside of a word is not known. */
function filledIn(inner: readonly Word[], place: string, kind: HoleKind | undefined): Word[][] | undefined {
  const texts = inner.map(({ pieces }) => literalOf(pieces) ?? '');
  if (texts[0]?.includes(place) === true || !texts.some((text) => text.includes(place))) return undefined;
  if (kind === undefined) {
    if (texts.some((text) => text !== place && text.includes(place))) return undefined;
    return [inner.map((word, at) => (texts[at] === place ? handed : word))];
  }
  const hole: Piece = { kind: 'hole', of: kind };
  // Several may stand in a line.
  return [[hole], [hole, textPiece(' '), hole]].map((filling) =>
    inner.map((word, at) => ({ ...word, pieces: replaced(texts[at] ?? '', place, filling) })),
  );
}

function replaced(text: string, place: string, filling: readonly Piece[]): Piece[] {
  const parts = text.split(place).map((part) => (part === '' ? [] : [textPiece(part)]));
  return parts.flatMap((part, at) => (at === 0 ? part : [...filling, ...part]));
}

function notJudged(what: string): Problem {
  return unknown(`${showText('xargs')} runs another program, and ${what} is not known`);
}

// Entered from the walk for every word. Leaves with the alternatives of what the shell may make of it; walks the
// inside of `$( … )` through the judge. Changes nothing else.

import type { WordPart, WordToken } from '../reading/token.ts';
import type { Judge } from '../walk/judge.ts';
import { examplePiece, joined, leadingText, type Piece, textPiece, type Word } from './piece.ts';

/** More alternatives than this and the word counts as unknown. */
export const alternativesMax = 64;
const partsMax = 200;
const rangeMax = 60;

/** What a part may become: several texts, each standing for some words. */
type Fragment = { words: Piece[][] } | 'loose';

const home: Piece[][] = [[examplePiece('/root')], [examplePiece('/home/user')]];
const plainValue = /^[A-Za-z0-9_./:@%+,=-]*$/;
const blankOrPlain = /^[A-Za-z0-9_./:@%+,= \t\n-]*$/;

/** Alternatives of the words that one written word becomes after expansion, splitting and globbing. */
export function expandWord(judge: Judge, token: WordToken): Word[][] {
  const place = { start: token.start, end: token.end };
  if (token.parts.length > partsMax) return [[{ pieces: [{ kind: 'hole', of: 'any' }], loose: true, ...place }]];
  let alternatives: Array<{ words: Piece[][]; present: boolean }> = [{ words: [[]], present: false }];
  for (const part of token.parts) {
    const fragments = fragmentsOf(judge, part);
    const next: typeof alternatives = [];
    for (const alternative of alternatives) {
      for (const fragment of fragments) {
        if (fragment === 'loose') return [[{ pieces: [{ kind: 'hole', of: 'any' }], loose: true, ...place }]];
        next.push(append(alternative, fragment, isSure(part)));
      }
    }
    if (next.length > alternativesMax) return [[{ pieces: [{ kind: 'hole', of: 'any' }], loose: true, ...place }]];
    alternatives = next;
  }
  // One letter in brackets is that letter.
  const globbed = token.parts.some((part) => part.kind === 'glob' && !/^\[[A-Za-z0-9]\]$/.test(part.raw))
    ? { globbed: true }
    : {};
  return alternatives.map(({ words, present }) => {
    const kept = words.filter((pieces) => present || pieces.length > 0);
    if (kept.length === 0) return [{ pieces: [], loose: false, absent: true, ...place }];
    return kept.map((pieces) => ({ pieces: joined(pieces), loose: false, ...globbed, ...place }));
  });
}

/** Alternatives of one word where the shell neither splits nor globs: the value of an assignment, the word of `case`. */
export function expandUnsplit(judge: Judge, parts: readonly WordPart[]): Piece[][] {
  if (parts.length > partsMax) return [[{ kind: 'hole', of: 'any' }]];
  let alternatives: Piece[][] = [[]];
  for (const part of parts) {
    const values = unsplitValues(judge, part);
    const next = alternatives.flatMap((before) => values.map((value) => [...before, ...value]));
    if (next.length > alternativesMax) return [[{ kind: 'hole', of: 'any' }]];
    alternatives = next;
  }
  return alternatives.map(joined);
}

/** Quotes and text keep a word in place even when it is empty. */
function isSure(part: WordPart): boolean {
  switch (part.kind) {
    case 'variable':
    case 'substitution':
    case 'arithmetic':
      return part.quoted;
    case 'text':
    case 'glob':
    case 'home':
    case 'range':
      return true;
  }
}

function append(
  alternative: { words: Piece[][]; present: boolean },
  fragment: { words: Piece[][] },
  sure: boolean,
): { words: Piece[][]; present: boolean } {
  const present = alternative.present || sure;
  const [first, ...more] = fragment.words;
  if (!first) return { words: alternative.words, present };
  const last = alternative.words.at(-1) ?? [];
  return { words: [...alternative.words.slice(0, -1), [...last, ...first], ...more], present };
}

function fragmentsOf(judge: Judge, part: WordPart): Fragment[] {
  switch (part.kind) {
    case 'text':
      return [{ words: [[textPiece(part.text)]] }];
    case 'glob':
      return globFragments(part.raw);
    case 'home':
      return home.map((pieces) => ({ words: [pieces] }));
    case 'range':
      return rangeFragments(part);
    case 'arithmetic':
      return [{ words: [[{ kind: 'hole', of: judge.arithmeticKind(part.expression) }]] }];
    case 'substitution': {
      const output = judge.substitutionOutput(part);
      if (part.quoted) return unsplitValues(judge, part).map((pieces) => ({ words: [pieces] }));
      switch (output) {
        case 'any':
          return ['loose'];
        case 'digits':
        case 'token':
        case 'path':
          return [{ words: [[{ kind: 'hole', of: output }]] }, { words: [] }];
        case 'many-digits':
        case 'many-tokens':
          return [1, 2, 0].map((count) => ({
            words: Array.from({ length: count }, (): Piece[] => [
              { kind: 'hole', of: output === 'many-digits' ? 'digits' : 'token' },
            ]),
          }));
      }
      break;
    }
    case 'variable': {
      const values = judge.variableValues(part.name);
      return part.quoted ? values.map((pieces) => ({ words: [pieces] })) : values.map(splitValue);
    }
  }
}

/** Of a few letters in brackets it is one, or the brackets stay where no file has such a name: it is no dash. */
function globFragments(raw: string): Fragment[] {
  const letters = /^\[([A-Za-z0-9]{1,6})\]$/.exec(raw)?.[1];
  if (letters === undefined) return [{ words: [[{ kind: 'hole', of: 'glob' }]] }];
  return [...new Set(letters), raw].map((text) => ({ words: [[textPiece(text)]] }));
}

/** Every number. The text then runs in bash, which counts. */
function rangeFragments({ from, to }: { from: number; to: number }): Fragment[] {
  const count = Math.abs(to - from) + 1;
  if (count > rangeMax) return ['loose'];
  const step = from <= to ? 1 : -1;
  return [{ words: Array.from({ length: count }, (_, index) => [textPiece(String(from + index * step))]) }];
}

/** The kernel makes up the names here, and puts no blank and no glob into them. Disks are among them. */
const kernelNames = /^\/(?:proc\/$|sys\/class\/net\/|sys\/block\/|dev\/(?:sd|vd|xvd|nvme)$)/;

/** All its globs stand in the same name of the path, however many: `/proc/[0-9]*`. */
function isOneName(pieces: readonly Piece[]): boolean {
  const shape = pieces.map((piece) => (piece.kind === 'text' ? piece.text.replaceAll(/[^/]/g, '.') : '*')).join('');
  return /^[^*]*\*[^/]*[^*]*$/.test(shape);
}

/** An unquoted value is split at blanks and globbed; only what is plainly harmless is followed. */
function splitValue(pieces: readonly Piece[]): Fragment {
  const whole = isOneName(pieces) && kernelNames.test(leadingText(pieces));
  const single = pieces.every((piece) => {
    if (piece.kind === 'text') return plainValue.test(piece.text);
    return piece.of === 'digits' || piece.of === 'token' || piece.of === 'path' || (whole && piece.of === 'glob');
  });
  if (single) return { words: pieces.length === 0 ? [] : [[...pieces]] };
  const [only] = pieces;
  if (pieces.length === 1 && only?.kind === 'text' && blankOrPlain.test(only.text)) {
    const words = only.text.split(/[ \t\n]+/).filter((word) => word !== '');
    // Blanks at either end would part the neighbours too.
    if (/^\S.*\S$/s.test(only.text)) return { words: words.map((word) => [textPiece(word)]) };
  }
  return 'loose';
}

function unsplitValues(judge: Judge, part: WordPart): Piece[][] {
  switch (part.kind) {
    case 'text':
      return [[textPiece(part.text)]];
    case 'glob':
      return [[textPiece(part.raw)]];
    case 'home':
      return home;
    case 'range':
      return [[textPiece(`{${part.from}..${part.to}}`)]];
    case 'arithmetic':
      return [[{ kind: 'hole', of: judge.arithmeticKind(part.expression) }]];
    case 'variable':
      return judge.variableValues(part.name);
    case 'substitution': {
      const output = judge.substitutionOutput(part);
      switch (output) {
        case 'any':
        case 'many-digits':
        case 'many-tokens':
          return [[{ kind: 'hole', of: 'any' }]];
        case 'digits':
        case 'token':
        case 'path':
          return [[{ kind: 'hole', of: output }], []];
      }
    }
  }
}
